// The exit status, as Docker has it.
#include <signal.h>
#include <string.h>

#include "suite.h"

static void all_256(void)
{
    for (int status = 0; status < 256; status++) {
        struct process *p = run("run", probe, "exit", text_of("%d", status));
        expect(p->status == status, "COMMAND's status %d should be mydocker's: %s", status,
               describe(p));
    }
}

static void a_crash(void)
{
    struct process *p = run("run", probe, "crash");

    expect(p->status == 128 + SIGSEGV, "signal %d ended COMMAND: the status should be 128+%d: %s",
           SIGSEGV, SIGSEGV, describe(p));
}

static void signals_of_its_own(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1, SIGABRT};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct process *p = run("run", probe, "raise", text_of("%d", signals[i]));
        expect(p->status == 128 + signals[i],
               "signal %d ended COMMAND: the status should be 128+%d: %s", signals[i], signals[i],
               describe(p));
    }
}

// PID 1 is not sent a signal that it has no handler for, not even by itself (pid_namespaces(7)).
static void pid_1_survives_its_own_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGKILL, SIGUSR1};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct process *p = run("run", probe, "raise", text_of("%d", signals[i]));
        expect(p->status == 0,
               "PID 1 cannot end itself by signal %d: COMMAND should go on, and end with 0. Is it "
               "PID 1? %s",
               signals[i], describe(p));
    }
}

static void output_is_not_lost(void)
{
    for (int i = 0; i < 100; i++) {
        struct process *p = run("run", "sh", "-c", "echo out; echo err >&2; exit 42");
        expect(p->status == 42 && strcmp(p->output.bytes, "out\n") == 0 &&
                   strstr(p->errors.bytes, "err\n") != NULL,
               "a COMMAND that ends at once should lose nothing: status 42, out on standard "
               "output, err on standard error: %s",
               describe(p));
    }
}

static const struct promise promises[] = {
    {"all 256 exit statuses", ALWAYS, LAST, all_256},
    {"128+N for a crash", ALWAYS, LAST, a_crash},
    {"128+N for COMMAND's own signals", ALWAYS, 1, signals_of_its_own},
    {"PID 1 survives its own signals", 2, LAST, pid_1_survives_its_own_signals},
    {"neither status nor output of a short COMMAND is lost", ALWAYS, LAST, output_is_not_lost},
};
MECHANISM(status, 1, "waitpid(2): WEXITSTATUS, or 128 + WTERMSIG");
