// What is sent to mydocker waits until COMMAND can have it.
//
// A signal that arrived between the clone and the wait would end mydocker and lose its meaning,
// or find no child to be passed on to. So: block first, clone, then wait for signals.
#include <signal.h>

#include "common.h"

static sigset_t newly_blocked;
static struct sigaction callers_sigchld;

void signals_block(void)
{
    const struct sigaction reported = {.sa_handler = SIG_DFL};
    sigset_t callers;

    sigfillset(&newly_blocked);
    if (sigprocmask(SIG_BLOCK, &newly_blocked, &callers) == -1)
        die_errno("sigprocmask");
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&callers, signal) == 1)
            sigdelset(&newly_blocked, signal);
    // An ignored SIGCHLD is inherited, and would make waitpid(2) lose the status.
    if (sigaction(SIGCHLD, &reported, &callers_sigchld) == -1)
        die_errno("sigaction");
}

void signals_restore(void)
{
    if (sigaction(SIGCHLD, &callers_sigchld, NULL) == -1)
        die_errno("sigaction");
    // Not SIG_SETMASK: the C library keeps a few signals to itself, and would clear them.
    if (sigprocmask(SIG_UNBLOCK, &newly_blocked, NULL) == -1)
        die_errno("sigprocmask");
}
