// COMMAND gets descriptors 0, 1 and 2, and no others.
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

void descriptors_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        // open(2) returns the lowest number that is free: this one.
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) == -1)
            die_call("open /dev/null");
}

void descriptors_null_stdin(void)
{
    // Closed first, 0 is the lowest number that is free, and a full table has room.
    (void)close(STDIN_FILENO);
    if (open("/dev/null", O_RDONLY) == -1)
        die_call("open /dev/null");
}

void descriptors_keep(int fd, int last)
{
    if (dup2(fd, last) == -1)
        die_errno("dup2 %d to %d", fd, last);
    // dup2(2) clears the flag on a copy, but does nothing at all where both numbers are the same.
    if (fcntl(last, F_SETFD, 0) == -1)
        die_errno("fcntl %d F_SETFD", last);
    // No wrapper in the C library before glibc 2.34, and none in musl. The number's name is the
    // kernel's: before 2.33 glibc has no SYS_close_range.
    if (syscall(__NR_close_range, last + 1, ~0U, 0) == -1)
        die_call("close_range");
}
