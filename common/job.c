// COMMAND and mydocker are one job: signals reach COMMAND, both stop and go on, both end together.
//
// What is ignored here fails because COMMAND or the terminal has gone, and waitpid(2) says that
// better.
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

enum {
    // So many times must a person ask, as with docker-run(1): PID 1 is not even sent a signal that
    // it has no handler for (pid_namespaces(7)).
    REQUESTS = 3,
    MOMENT = 50, // milliseconds; timeout(1) asks its child and then its group: that is once
    HANG_UP_GRACE = 1000, // milliseconds that COMMAND has to end after the terminal has hung up
};

static pid_t command;
static bool command_is_pid_1;
static long long deadline; // in milliseconds, as now(); 0 where there is none
static bool killed_after_hangup;

static long long now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static bool in_our_group(void)
{
    return getpgid(command) == getpgrp();
}

static void signal_command(int signal)
{
    pid_t group = getpgid(command);

    (void)kill(group == getpgrp() || group == -1 ? command : -group, signal);
}

// Where COMMAND reads from the terminal, it goes on in the foreground or not at all.
static void await_foreground(void)
{
    while (!terminal_hand_over() && signals_stop(SIGTTIN))
        ;
}

void job_start(pid_t child, bool is_pid_1)
{
    command = child;
    command_is_pid_1 = is_pid_1;
    log_debug("COMMAND is process %d", (int)child);
    terminal_start(child);
    die_after(terminal_give_back);
    await_foreground();
    terminal_let_go_on();
}

// COMMAND is stopped, BY_US or by somebody else. A group that no shell is left to continue is
// orphaned, and cannot be stopped (setpgid(2)): then COMMAND stays as somebody else wanted it.
static void stop_and_go_on(bool by_us)
{
    terminal_give_back();
    bool goes_on = signals_stop(SIGTSTP) || by_us;
    await_foreground();
    if (goes_on)
        signal_command(SIGCONT);
}

// Somebody has taken the terminal from COMMAND while SIGSTOP stopped us, which announces nothing.
static void recover(void)
{
    signal_command(SIGSTOP);
    await_foreground();
    signal_command(SIGCONT);
}

void job_stop(void)
{
    if (terminal_was_taken())
        recover();
    else
        stop_and_go_on(false);
}

static bool is_stop(int signal)
{
    return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// The terminal stops our whole group. COMMAND is not in it, or does not obey: PID 1 shrugs off
// SIGTSTP, but not a SIGSTOP from outside. Anybody else may put the terminal in order first:
// waitpid(2) reports when it has stopped.
static void stop_for_terminal(int signal)
{
    if (signals_ignored(signal) || (signal != SIGTSTP && terminal_lend(signal)))
        return;
    if (command_is_pid_1) {
        signal_command(SIGSTOP);
        stop_and_go_on(true);
    } else if (!in_our_group()) {
        signal_command(signal);
    }
}

// What the kernel sends because of the terminal, it sends to a whole group (termios(3)).
static bool is_from_terminal(int signal)
{
    return signal == SIGINT || signal == SIGQUIT || signal == SIGWINCH || signal == SIGHUP ||
           signal == SIGCONT;
}

static void pass_on(const struct signalfd_siginfo *info)
{
    int signal = (int)info->ssi_signo;
    bool by_kernel = info->ssi_code == SI_KERNEL;
    bool by_command = info->ssi_pid == (uint32_t)command;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): so signalfd(2) tells what was a pointer
    const union sigval value = {.sival_ptr = (void *)(uintptr_t)info->ssi_ptr};

    if (is_stop(signal) && (by_kernel || (by_command && in_our_group())))
        stop_for_terminal(signal);
    else if (by_kernel && is_from_terminal(signal) && in_our_group())
        log_debug("signal %d from the terminal has reached COMMAND too", signal);
    else if ((info->ssi_code == SI_QUEUE ? sigqueue(command, signal, value)
                                         : kill(command, signal)) == -1)
        log_warn("signal %d cannot be passed on: it is not permitted", signal);
    else
        log_debug("signal %d passed on", signal);
}

// A person asks COMMAND to end.
static void count_request(int signal)
{
    static int requests;
    static long long last;

    if (signals_ignored(signal) || (requests > 0 && now() - last < MOMENT))
        return;
    last = now();
    if (++requests == REQUESTS)
        (void)kill(command, SIGKILL);
}

// The terminal has hung up, or somebody sent SIGHUP who may know of it.
static void expect_end(void)
{
    if (deadline == 0 && !signals_ignored(SIGHUP))
        deadline = now() + HANG_UP_GRACE;
}

static void handle(const struct signalfd_siginfo *info)
{
    int signal = (int)info->ssi_signo;

    if (signal == SIGCHLD || (signal == SIGCONT && info->ssi_pid == (uint32_t)getpid()))
        return; // the second is our own, for our group
    if (signal == SIGHUP && deadline != 0 && terminal_has_hung_up())
        return; // COMMAND has been told
    if (signal == SIGCONT && terminal_was_taken())
        recover();
    pass_on(info);
    if (signal == SIGHUP)
        expect_end();
    if (signal == SIGINT || signal == SIGTERM)
        count_request(signal);
}

// How long to sleep at most, in milliseconds; -1 is for ever.
static int time_left(void)
{
    long long left = deadline - now();

    return deadline == 0 ? -1 : left < 0 ? 0 : (int)left;
}

void job_wait(void)
{
    struct signalfd_siginfo info;
    int terminal = terminal_watched();

    if (signals_next(&info, terminal, time_left())) {
        handle(&info);
    } else if (deadline != 0 && now() >= deadline) {
        deadline = 0;
        killed_after_hangup = terminal_has_hung_up() && kill(command, SIGKILL) == 0;
    } else if (terminal != -1 && terminal_has_hung_up()) {
        terminal_give_back();
        if (!signals_ignored(SIGHUP))
            signal_command(SIGHUP);
        expect_end();
    }
}

int exit_status(int status)
{
    return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int job_end(int status)
{
    terminal_give_back();
    if (killed_after_hangup && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return EXIT_SIGNAL + SIGHUP;
    return exit_status(status);
}
