// Signals sent to mydocker reach COMMAND.
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
    expect(p->status == 0, "%s", describe(p));
    // A second one may have come after we looked.
    for (int number = 1; number < NSIG; number++)
        expect(count_of(p, text_of("signal=%d\n", number)) <= 1,
               "signal %d should reach COMMAND once: %s", number, describe(p));
}

static void third_one_kills(int number)
{
    struct process *p = start("run", probe, "signals");

    process_await_output(p, "ready\n");
    for (int i = 1; i < 3; i++) {
        process_clear(p);
        kill(p->pid, number);
        process_await_output(p, "signal=");
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

// Two signals that wait together are one: send it again and again.
static void ask_until_it_ends(struct process *p, int number)
{
    for (int i = 0; i < 20 && !process_has_ended(p); i++) {
        kill(p->pid, number);
        process_watch(p, 50);
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
    expect(!process_has_ended(p), "PID 1 without a handler is not sent SIGTERM; is COMMAND PID 1?");
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
    struct process *p = start_with(&(struct launch){.prepare = block_all}, "run", probe, "signals");

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
        start_with(&(struct launch){.prepare = leave_pending}, "run", probe, "signals");

    process_await_output(p, text_of("signal=%d\n", SIGUSR1));
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(p->status == 0, "%s", describe(p));
}

static void ignore_sigint(const void *argument)
{
    (void)argument;
    (void)signal(SIGINT, SIG_IGN);
}

// As a shell without job control starts what runs in the background.
static void ignored_sigint_is_no_request(void)
{
    struct process *p =
        start_with(&(struct launch){.prepare = ignore_sigint}, "run", probe, "sleep");

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
    {"SIGTERM ends a COMMAND without a handler", ALWAYS, 1, sigterm_ends_it},
    {"PID 1 is deaf to SIGTERM, the third request kills it", 2, LAST, pid_1_is_deaf},
    {"those that the caller blocks are passed on", ALWAYS, LAST, callers_blocked_signals},
    {"one that was pending before the start", ALWAYS, LAST, pending_signal},
    {"SIGINT that the caller ignores is no request to end", ALWAYS, LAST,
     ignored_sigint_is_no_request},
    {"those that come before COMMAND disturb nothing", ALWAYS, LAST, signals_before_the_start},
};
MECHANISM(signals, 1,
          "block all signals before the child is made, sigwaitinfo(2) and kill(2) after");
