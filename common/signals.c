// What is sent to mydocker waits until COMMAND can have it.
//
// A signal that arrived between the clone and the wait would end mydocker and lose its meaning, or
// find no child to be passed on to. So: block first, clone, then read the signals one by one.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

// The size of the kernel's own mask in bytes. The C library's functions leave a few signals out,
// which it uses itself (nptl(7)); but one of these, too, can be sent by anybody, and would end
// mydocker while COMMAND has the terminal.
enum { MASK_SIZE = NSIG / 8 };

static sigset_t callers_mask;
static struct sigaction callers_sigchld;
static int arrivals = -1; // signalfd(2)

void signals_block(void)
{
    const struct sigaction reported = {.sa_handler = SIG_DFL};
    sigset_t all;

    (void)memset(&all, 0xff, sizeof(all));
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &callers_mask, MASK_SIZE) == -1)
        die_errno("rt_sigprocmask");
    // An ignored SIGCHLD is inherited, and would make waitpid(2) lose the status.
    if (sigaction(SIGCHLD, &reported, &callers_sigchld) == -1)
        die_errno("sigaction");
    arrivals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (arrivals == -1)
        die_errno("signalfd");
}

void signals_restore(void)
{
    if (sigaction(SIGCHLD, &callers_sigchld, NULL) == -1)
        die_errno("sigaction");
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &callers_mask, NULL, MASK_SIZE) == -1)
        die_errno("rt_sigprocmask");
}

bool signals_next(struct signalfd_siginfo *info, int terminal, int milliseconds)
{
    if (arrivals == -1)
        die("signals_block() has to come before the child is made");
    struct pollfd events[] = {{.fd = arrivals, .events = POLLIN}, {.fd = terminal}};

    if (poll(events, 2, milliseconds) == -1 && errno != EINTR)
        die_errno("poll");
    return read(arrivals, info, sizeof(*info)) == (ssize_t)sizeof(*info);
}

bool signals_ignored(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool signals_stop(int signal)
{
    const struct sigaction stops = {.sa_handler = SIG_DFL};
    struct sigaction callers;
    sigset_t one, pending;

    sigemptyset(&one);
    sigaddset(&one, signal);
    (void)sigaction(signal, &stops, &callers);
    (void)kill(0, signal);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL); // we stop here, and go on here after SIGCONT
    (void)sigprocmask(SIG_BLOCK, &one, NULL);
    (void)sigaction(signal, &callers, NULL);
    return sigpending(&pending) == 0 && sigismember(&pending, SIGCONT) == 1;
}
