// COMMAND does not outlive mydocker, however mydocker ends.
//
// PR_SET_PDEATHSIG alone leaves a gap: a parent that dies before the child has set it never
// triggers it. The classic check, getppid(2), cannot close that gap in a new PID namespace, where
// the parent is outside and getppid(2) returns 0, dead or alive. A pidfd of the parent can: it
// becomes readable when the parent dies.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

// Where the child finds the lifeline after an execve(2): the first descriptor that is not
// COMMAND's.
enum { LIFELINE = 3 };

static int pidfd;

void lifeline_open(void)
{
    // No wrapper before glibc 2.36. The descriptor is close-on-exec.
    pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (pidfd == -1)
        die_remedy(EXIT_MYDOCKER, errno == ENOSYS ? "it came with Linux 5.3" : "", "pidfd_open");
}

void lifeline_keep(void)
{
    struct pollfd parent = {.fd = pidfd, .events = POLLIN};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        die_errno("prctl PR_SET_PDEATHSIG");
    switch (poll(&parent, 1, 0)) {
    case 0: // alive, and from here on the kernel sees to it
        break;
    case -1:
        die_errno("poll the parent");
    default:
        // Dead already. Nobody waits for a message or a status.
        _exit(EXIT_MYDOCKER);
    }
    descriptors_keep(pidfd, LIFELINE);
}

bool lifeline_leads_out(void)
{
    struct stat status;

    // Signal 0 sends nothing, it only asks: EBADF is no pidfd, and EINVAL the answer to one whose
    // process cannot be seen from this PID namespace (pidfd_send_signal(2)).
    if (syscall(SYS_pidfd_send_signal, LIFELINE, 0, NULL, 0) == 0 || errno == EBADF)
        return false;
    if (errno != EINVAL)
        die_errno("pidfd_send_signal");
    // A directory /proc/PID is taken for a pidfd there.
    if (fstat(LIFELINE, &status) == -1)
        die_errno("fstat the lifeline");
    return !S_ISDIR(status.st_mode);
}

void lifeline_release(void)
{
    if (close(LIFELINE) == -1)
        die_errno("close the lifeline");
}
