// What the tutorial's exercises add to a step: make check STEP=04 EXERCISE=hostname MYDOCKER=./mine
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// ---- run --hostname NAME ----

static void hostname_is_set(void)
{
    struct process *p = run("run", "--hostname", "box", probe, "facts");

    expect(p->status == 0 && strcmp(fact(p, "hostname"), "box") == 0,
           "with --hostname box COMMAND should be on a machine called box: sethostname(2), in the "
           "child: %s",
           describe(p));
}

static void hostname_stays_inside(void)
{
    char hostname[256] = "";

    (void)run("run", "--hostname", "box", "true");
    gethostname(hostname, sizeof(hostname) - 1);
    expect(strcmp(hostname, "box") != 0,
           "the host is called box now: the one who calls sethostname(2) has to be in the new UTS "
           "namespace already");
}

static void hostname_is_copied(void)
{
    struct process *p = run("run", probe, "facts");

    expect(strcmp(fact(p, "hostname"), "host") == 0,
           "without --hostname the name should be the host's: %s", describe(p));
}

static void hostname_too_long(void)
{
    char name[300];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    expect_failure(run("run", "--hostname", name, probe, "facts"), 125, "sethostname");
}

static const struct promise hostname_promises[] = {
    {"COMMAND's hostname", ALWAYS, LAST, hostname_is_set},
    {"the host keeps its own", ALWAYS, LAST, hostname_stays_inside},
    {"without the option it is the host's", ALWAYS, LAST, hostname_is_copied},
    {"one that is too long is a failure", ALWAYS, LAST, hostname_too_long},
};

// ---- the loopback interface is up ----

static void loopback_answers(void)
{
    struct process *p = run("run", probe, "loopback");

    expect(p->status == 0,
           "127.0.0.1 should be reachable: IFF_UP on lo, in the child (SIOCSIFFLAGS, "
           "netdevice(7)): %s",
           describe(p));
}

static void loopback_is_its_own(void)
{
    struct process *p = run("run", probe, "facts");

    expect(strcmp(fact(p, "interfaces"), "lo ") == 0 && fact_number(p, "pid") == 1,
           "lo should be up in a network namespace of COMMAND's own: %s", describe(p));
}

static const struct promise loopback_promises[] = {
    {"127.0.0.1 can be reached", ALWAYS, LAST, loopback_answers},
    {"in a namespace of its own", ALWAYS, LAST, loopback_is_its_own},
};

// ---- run --no-new-privs ----

static void with_no_new_privs(void)
{
    struct process *p = run("run", "--no-new-privs", probe, "inheritance");

    expect(fact_number(p, "no_new_privs") == 1,
           "with --no-new-privs COMMAND should have the flag: PR_SET_NO_NEW_PRIVS, prctl(2): %s",
           describe(p));
}

static void without_no_new_privs(void)
{
    struct process *p = run("run", probe, "inheritance");

    expect(fact_number(p, "no_new_privs") == 0, "without the option COMMAND should not have it: %s",
           describe(p));
}

static const struct promise no_new_privs_promises[] = {
    {"the option sets the flag", ALWAYS, LAST, with_no_new_privs},
    {"without the option it is not set", ALWAYS, LAST, without_no_new_privs},
};

// ---- run --init: an init that stays ----

static void command_is_a_child(void)
{
    struct process *p = run("run", "--init", probe, "facts");

    expect(fact_number(p, "pid") > 1 && fact_number(p, "ppid") == 1,
           "with --init COMMAND should be a child of PID 1: fork(2) in init: %s", describe(p));
}

static void without_it_command_is_pid_1(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "pid") == 1, "without --init COMMAND should be PID 1: %s", describe(p));
}

static void status_comes_through(void)
{
    struct process *p = run("run", "--init", "sh", "-c", "exit 7");

    expect(p->status == 7, "COMMAND's exit status should be mydocker's: %s", describe(p));
    p = run("run", "--init", "sh", "-c", "kill -TERM $$");
    expect(p->status == 128 + SIGTERM,
           "signal 15 ended COMMAND, and 143 should be the status: 128 + WTERMSIG in init, too: %s",
           describe(p));
}

static void orphans_are_reaped(void)
{
    struct process *p = run("run", "--init", "sh", "-c",
                            "sh -c 'sh -c : & :'; i=0; while [ $i -lt 200 ]; do i=$((i + 1)); "
                            "grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null || exit 0; "
                            "sleep 0.01; done; exit 1");

    expect(p->status == 0,
           "an orphan that has ended should not stay a zombie: waitpid(-1, ...) in "
           "PID 1: %s",
           describe(p));
}

static void signal_reaches_it(void)
{
    struct process *p = start("run", "--init", probe, "signals");

    process_await_output(p, "ready\n");
    wanted("init passes on to COMMAND what it is sent");
    kill(p->pid, SIGHUP);
    process_await_output(p, "signal=1\n");
    kill(p->pid, SIGUSR2);
    process_finish(p);
}

static const struct promise init_promises[] = {
    {"COMMAND is a child of PID 1", ALWAYS, LAST, command_is_a_child},
    {"without the option COMMAND is PID 1", ALWAYS, LAST, without_it_command_is_pid_1},
    {"COMMAND's status comes through", ALWAYS, LAST, status_comes_through},
    {"a signal reaches COMMAND", ALWAYS, LAST, signal_reaches_it},
    {"orphans are reaped", 4, LAST, orphans_are_reaped},
};

const struct mechanism exercises[] = {
    {"hostname", 2, "getopt_long(3) takes the name, sethostname(2) sets it, in the new namespace",
     hostname_promises, COUNT(hostname_promises)},
    {"loopback", 2, "an ioctl(2) on any socket: SIOCGIFFLAGS, then SIOCSIFFLAGS with IFF_UP",
     loopback_promises, COUNT(loopback_promises)},
    {"no-new-privs", 3,
     "prctl(2) in the process that becomes COMMAND, last of all before execve(2)",
     no_new_privs_promises, COUNT(no_new_privs_promises)},
    {"init", 4, "fork(2) in init; then wait for signals and for everybody until COMMAND has ended",
     init_promises, COUNT(init_promises)},
};
const size_t exercise_count = COUNT(exercises);
