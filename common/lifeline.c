// COMMAND does not outlive mydocker, however mydocker ends.
//
// PR_SET_PDEATHSIG alone leaves a gap: a parent that dies before the child has set it never
// triggers it. The classic check, getppid(2), cannot close that gap in a new PID namespace, where
// the parent is outside and getppid(2) returns 0, dead or alive. A pair of sockets can: a process
// that dies closes its descriptors first, and only then lets go of its children.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

// Where the child finds its end after an execve(2): the first descriptor that is not COMMAND's.
enum { LIFELINE = 3 };

enum { PARENT, CHILD };
static int ends[2];

void lifeline_open(void)
{
    // Each execve(2) of the child would clear PR_SET_PDEATHSIG, as that of a set-user-ID program.
    if (getauxval(AT_UID) != getauxval(AT_EUID) || getauxval(AT_GID) != getauxval(AT_EGID))
        die("the real and the effective user or group differ, and COMMAND would outlive a mydocker "
            "that is killed: make them the same (setpriv --reuid, --regid)");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
        die_errno("socketpair");
}

void lifeline_keep(void)
{
    struct pollfd parent = {.fd = LIFELINE};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        die_errno("prctl PR_SET_PDEATHSIG");
    // This closes our copy of the parent's end, too: now nobody but the parent holds it.
    descriptors_keep(ends[CHILD], LIFELINE);
    int hung_up = poll(&parent, 1, 0);
    if (hung_up == -1)
        die_errno("poll the parent");
    // The parent is dead already, and nobody waits for a message or a status. If it is alive, from
    // here on the kernel sees to it.
    if (hung_up == 1)
        _exit(EXIT_MYDOCKER);
}

void lifeline_send(void)
{
    // Where the child is dead, waitpid(2) will say so. One that lives would wait for ever.
    if (send(ends[PARENT], "", 1, MSG_NOSIGNAL) == -1 && errno != EPIPE && errno != ECONNRESET)
        die_errno("send to the child");
}

void lifeline_await(void)
{
    char byte;
    ssize_t length = read(LIFELINE, &byte, 1);

    if (length == -1)
        die_errno("read the lifeline");
    if (length == 0)
        _exit(EXIT_MYDOCKER); // the parent is dead, and will never send it
}

bool lifeline_leads_out(void)
{
    struct ucred maker;
    socklen_t size = sizeof(maker);

    // Who made the pair? Process 0 is one that cannot be seen from this PID namespace, and user -1
    // is nobody: a socket that is not connected (unix(7), SO_PEERCRED).
    return getsockopt(LIFELINE, SOL_SOCKET, SO_PEERCRED, &maker, &size) == 0 && maker.pid == 0 &&
           maker.uid != (uid_t)-1;
}

void lifeline_release(void)
{
    if (close(LIFELINE) == -1)
        die_errno("close the lifeline");
}
