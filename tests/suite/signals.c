// Signals sent to mydocker reach COMMAND.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

static int count_of(const struct process *p, const char *text)
{
    int count = 0;

    for (const char *at = p->output.bytes; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void each_one(void)
{
    struct process *p = start("run", probe, "signals");

    process_await_output(p, "ready\n");
    wanted("each signal that is sent to mydocker is passed on to COMMAND");
    for (int number = 1; number < NSIG; number++) {
        // Those that nobody can catch, the library's own, that of the end of a child; of the
        // orders to stop and go on, and the two that kill at the third, the tests are elsewhere.
        if (number == SIGKILL || number == SIGSTOP || number == SIGCHLD || number == SIGCONT ||
            number == SIGUSR2 || (number >= 32 && number < SIGRTMIN))
            continue;
        const char *line = text_of("signal=%d\n", number);
        kill(p->pid, number);
        process_await_output(p, line);
        expect(count_of(p, line) == 1, "signal %d should reach COMMAND once: %s", number,
               describe(p));
    }
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(p->status == 0, "SIGUSR2 should let COMMAND end with 0: %s", describe(p));
    // A second one may have come after we looked.
    for (int number = 1; number < NSIG; number++)
        expect(count_of(p, text_of("signal=%d\n", number)) <= 1,
               "signal %d should reach COMMAND once: %s", number, describe(p));
}

// Requests that follow one another sooner than this are one: milliseconds.
enum { MOMENT = 100 };

static void third_one_kills(int number)
{
    struct process *p = start("run", probe, "signals");

    process_await_output(p, "ready\n");
    for (int i = 1; i < 3; i++) {
        process_clear(p);
        kill(p->pid, number);
        process_await_output(p, "signal=");
        process_watch(p, MOMENT);
    }
    wanted("COMMAND gets SIGINT or SIGTERM twice, and SIGKILL at the third request");
    kill(p->pid, number);
    process_finish(p);
    expect(p->status == 128 + SIGKILL,
           "the third signal %d should kill COMMAND, and the status be 137: %s", number,
           describe(p));
}

static void third_kills(void)
{
    third_one_kills(SIGINT);
    third_one_kills(SIGTERM);
}

// As timeout(1) does it: first to its child, then to its group. On a machine that is too busy to
// send both at once it is tried again.
static void two_at_once_are_one_request(void)
{
    for (int tries = 0; tries < 10; tries++) {
        struct process *p = start("run", probe, "signals");
        long long longest = 0;

        process_await_output(p, "ready\n");
        for (int i = 0; i < 2; i++) {
            long long before = now();
            kill(p->pid, SIGINT);
            kill(p->pid, SIGTERM);
            longest = now() - before > longest ? now() - before : longest;
            process_watch(p, MOMENT);
        }
        bool ended = process_has_ended(p);
        kill(p->pid, SIGUSR2);
        process_finish(p);
        if (longest > 20)
            continue;
        expect(!ended, "two requests within a moment should count as one: %s", describe(p));
        expect(p->status == 0, "SIGUSR2 should let COMMAND end with 0: %s", describe(p));
        return;
    }
    cannot_check("this machine is too busy");
}

// Two signals that wait together are one: send it again and again.
static void ask_until_it_ends(struct process *p, int number)
{
    for (int i = 0; i < 20 && !process_has_ended(p); i++) {
        kill(p->pid, number);
        process_watch(p, MOMENT);
    }
    process_finish(p);
}

// PID 1 without a handler is deaf to SIGTERM; the process of step 1 is not.
static void sigterm_ends_it(void)
{
    struct process *p = start("run", probe, "sleep");

    process_await_output(p, "ready\n");
    kill(p->pid, SIGTERM);
    process_finish(p);
    expect(p->status == 128 + SIGTERM, "SIGTERM should end a COMMAND that is not PID 1: %s",
           describe(p));
}

static void pid_1_is_deaf(void)
{
    struct process *p = start("run", probe, "sleep");

    process_await_output(p, "ready\n");
    kill(p->pid, SIGTERM);
    kill(p->pid, SIGUSR1);
    process_watch(p, 50);
    expect(!process_has_ended(p),
           "PID 1 without a handler is not sent SIGTERM: COMMAND should go on. Is it PID 1? %s",
           describe(p));
    ask_until_it_ends(p, SIGINT);
    expect(p->status == 128 + SIGKILL, "the third request should kill even PID 1: %s", describe(p));
}

static void block_all(const void *argument)
{
    sigset_t all;

    (void)argument;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

static void callers_blocked_signals(void)
{
    struct process *p =
        start_with(PREPARED(block_all, NULL, "env --block-signal ..."), "run", probe, "signals");

    process_await_output(p, "ready\n");
    kill(p->pid, SIGUSR1);
    process_await_output(p, text_of("signal=%d\n", SIGUSR1));
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(p->status == 0, "blocked signals should be passed on all the same: %s", describe(p));
}

static void leave_pending(const void *argument)
{
    block_all(argument);
    raise(SIGUSR1);
}

static void pending_signal(void)
{
    struct process *p =
        start_with(PREPARED(leave_pending, NULL, "... (with SIGUSR1 blocked, and waiting)"), "run",
                   probe, "signals");

    process_await_output(p, text_of("signal=%d\n", SIGUSR1));
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(p->status == 0, "SIGUSR2 should let COMMAND end with 0: %s", describe(p));
}

// What sigqueue(3) sends has a value.
static void queued_value(void)
{
    struct process *p = start("run", probe, "signals");

    process_await_output(p, "ready\n");
    sigqueue(p->pid, SIGRTMIN + 1, (union sigval){.sival_int = 4711});
    process_await_output(p, text_of("signal=%d\n", SIGRTMIN + 1));
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(strstr(p->output.bytes, "value=4711\n") != NULL,
           "a signal's value should reach COMMAND (sigqueue(3)): %s", describe(p));
}

// Those that the C library keeps to itself have no name, but can be sent. They end a COMMAND that
// is not PID 1.
static void librarys_own_signals(void)
{
    for (int number = 32; number < SIGRTMIN; number++) {
        struct process *p = start("run", probe, "sleep");

        process_await_output(p, "ready\n");
        kill(p->pid, number);
        process_watch(p, 50);
        kill(p->pid, SIGKILL);
        process_finish(p);
        expect(p->status == 128 + number || p->status == -SIGKILL,
               "signal %d should be passed on like any other: %s", number, describe(p));
    }
}

static void log_that_is_stuck(void)
{
    int ends[2];

    expect(pipe2(ends, O_CLOEXEC) == 0, "cannot make a pipe");
    struct process *p = process_start(
        PREPARED(process_errors_to, &ends[1], "... (while nobody reads its standard error)"),
        WORDS("--log-level", "debug", "run", probe, "signals"));
    process_await_output(p, "ready\n");
    // It may still be about to write that COMMAND runs, and has seen that there is room.
    await(state_of(p->pid) == 'S', "mydocker should sleep until a signal comes: %s", describe(p));
    process_fill(ends[1]);
    for (int number = SIGRTMIN; number < SIGRTMIN + 3; number++) {
        kill(p->pid, number);
        process_await_output(p, text_of("signal=%d\n", number));
    }
    kill(p->pid, SIGUSR2);
    process_finish(p);
    close(ends[0]);
    close(ends[1]);
    expect(p->status == 0, "SIGUSR2 should let COMMAND end with 0: %s", describe(p));
}

static void ignore_sigint(const void *argument)
{
    (void)argument;
    (void)signal(SIGINT, SIG_IGN);
}

// As a shell without job control starts what runs in the background.
static void ignored_sigint_is_no_request(void)
{
    struct process *p = start_with(PREPARED(ignore_sigint, NULL, "env --ignore-signal=INT ..."),
                                   "run", probe, "sleep");

    process_await_output(p, "ready\n");
    for (int i = 0; i < 5; i++) {
        kill(p->pid, SIGINT);
        process_watch(p, 10);
    }
    expect(!process_has_ended(p), "ignored SIGINTs should not kill COMMAND: %s", describe(p));
    ask_until_it_ends(p, SIGTERM);
}

static void signals_before_the_start(void)
{
    for (int i = 0; i < 50; i++) {
        struct process *p = start("run", probe, "exit", "7");
        kill(p->pid, SIGWINCH);
        kill(p->pid, SIGCONT);
        process_finish(p);
        expect(p->status == 7, "early signals should disturb nothing: %s", describe(p));
    }
}

static const struct promise promises[] = {
    {"each of them reaches COMMAND, once", ALWAYS, LAST, each_one},
    {"the third SIGINT or SIGTERM kills", ALWAYS, LAST, third_kills},
    {"two requests within a moment are one", ALWAYS, LAST, two_at_once_are_one_request},
    {"SIGTERM ends a COMMAND without a handler", ALWAYS, 1, sigterm_ends_it},
    {"PID 1 is deaf to SIGTERM, the third request kills it", 2, LAST, pid_1_is_deaf},
    {"those that the caller blocks are passed on", ALWAYS, LAST, callers_blocked_signals},
    {"one that was pending before the start", ALWAYS, LAST, pending_signal},
    {"one that was queued keeps its value", ALWAYS, LAST, queued_value},
    {"the C library's own are like others", ALWAYS, 1, librarys_own_signals},
    {"the C library's own do not end mydocker", 2, LAST, librarys_own_signals},
    {"they are passed on while nobody reads the log", ALWAYS, LAST, log_that_is_stuck},
    {"SIGINT that the caller ignores is no request to end", ALWAYS, LAST,
     ignored_sigint_is_no_request},
    {"those that come before COMMAND disturb nothing", ALWAYS, LAST, signals_before_the_start},
};
MECHANISM(signals, 1, "block all signals before the child is made, signalfd(2) and kill(2) after");
