// The rest of the parent's life: pass signals on, wait, give the terminal back.
//
// From here on there is no dying but where waitpid(2) fails: the parent's end is COMMAND's
// (lifeline.c). What is ignored here fails because COMMAND or the terminal has gone, and waitpid(2)
// says that better.
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

// So many times must a person ask: PID 1 is not even sent a signal that it has no handler for
// (pid_namespaces(7)).
enum { PATIENCE = 3 };

int exit_status(int status)
{
    return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

// As a shell's job stops and goes on: both processes, with the terminal given back in between.
static void stop_and_go_on(pid_t child)
{
    const struct sigaction stops = {.sa_handler = SIG_DFL};
    struct sigaction callers;
    sigset_t sigtstp;
    pid_t group = getpgid(child);

    // PID 1 shrugs off SIGTSTP, but not a SIGSTOP from an ancestor namespace.
    (void)kill(child, SIGSTOP);
    terminal_give_back();
    // SIGTSTP and not SIGSTOP for ourselves: it does not stop us where no shell is left that could
    // have us go on, in an orphaned process group (setpgid(2)).
    // The whole group: a terminal that was handed over has told the rest of a pipeline nothing.
    (void)sigaction(SIGTSTP, &stops, &callers);
    (void)kill(0, SIGTSTP);
    sigemptyset(&sigtstp);
    sigaddset(&sigtstp, SIGTSTP);
    (void)sigprocmask(SIG_UNBLOCK, &sigtstp, NULL); // we stop here, and go on here after SIGCONT
    (void)sigprocmask(SIG_BLOCK, &sigtstp, NULL);
    (void)sigaction(SIGTSTP, &callers, NULL);
    terminal_hand_over();
    (void)kill(group == getpgrp() ? child : -group, SIGCONT);
}

// No signal will report COMMAND's end a second time: waiting on would be waiting for ever.
static _Noreturn void lose(pid_t child)
{
    int error = errno;

    terminal_give_back();
    errno = error;
    die_errno("waitpid %d", (int)child);
}

// Has COMMAND ended? Then *STATUS says how.
static bool has_ended(pid_t child, int *status)
{
    pid_t reported = waitpid(child, status, WNOHANG | WUNTRACED);

    if (reported == -1)
        lose(child);
    // Other children are not ours: whoever executed mydocker may have had some.
    if (reported == 0)
        return false;
    if (!WIFSTOPPED(*status))
        return true;
    // COMMAND alone was stopped. In a group of its own, nobody but us can tell the shell.
    if (getpgid(child) != getpgrp())
        stop_and_go_on(child);
    return false;
}

// Does the terminal send SIGNAL to its whole foreground group (termios(3))?
static bool is_from_terminal(int signal)
{
    return signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP || signal == SIGWINCH;
}

static bool is_stop(int signal)
{
    return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static bool is_ignored(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void pass_on(pid_t child, const siginfo_t *info)
{
    int signal = info->si_signo;
    bool same_group = getpgid(child) == getpgrp();
    bool by_kernel = info->si_code == SI_KERNEL;

    // PID 1 that wants to read from the terminal in the background signals its group until it is
    // stopped, and with the default action never is: for the job to stop is up to us.
    if (is_stop(signal) && same_group && (by_kernel || info->si_pid == child)) {
        if (!is_ignored(signal))
            stop_and_go_on(child);
    } else if (by_kernel && (signal == SIGTTIN || signal == SIGTTOU)) {
        // We are in the background, and do not touch the terminal: somebody else in our pipeline
        // wants it, a pager for example. The foreground goes to them.
        terminal_give_back();
        (void)kill(0, SIGCONT);
    } else if (by_kernel && same_group && is_from_terminal(signal)) {
        log_debug("signal %d from the terminal has reached COMMAND too", signal);
    } else if (kill(child, signal) == -1) {
        log_warn("signal %d cannot be passed on: it is not permitted", signal);
    } else {
        log_debug("signal %d passed on", signal);
    }
}

int wait_for(pid_t child)
{
    int status, asked = 0;
    siginfo_t info;
    sigset_t any;

    log_debug("COMMAND is process %d", (int)child);
    sigfillset(&any);
    while (true) {
        int signal = sigwaitinfo(&any, &info);

        if (signal == SIGCHLD) {
            if (has_ended(child, &status))
                break;
        } else if (signal != -1) { // EINTR: we were stopped and go on
            pass_on(child, &info);
            if ((signal == SIGINT || signal == SIGTERM) && !is_ignored(signal) &&
                ++asked == PATIENCE)
                (void)kill(child, SIGKILL);
        }
    }
    terminal_give_back();
    return exit_status(status);
}
