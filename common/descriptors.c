// COMMAND gets descriptors 0, 1 and 2, and no others.
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

// The C library has the name since glibc 2.32; Debian 11 has 2.31 and Linux 5.10.
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

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

void descriptors_keep(int fd, int kept)
{
    if (dup2(fd, kept) == -1)
        die_errno("dup2 %d to %d", fd, kept);
    // dup2(2) clears the flag on a copy, but does nothing at all where both numbers are the same.
    if (fcntl(kept, F_SETFD, 0) == -1)
        die_errno("fcntl %d F_SETFD", kept);
    // No wrapper in the C library before glibc 2.34, and none in musl. The number's name is the
    // kernel's: before 2.33 glibc has no SYS_close_range.
    if (syscall(__NR_close_range, kept + 1, ~0U, 0) == -1)
        die_call("close_range");
}
