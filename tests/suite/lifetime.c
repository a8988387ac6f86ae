// mydocker and COMMAND end together.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

// world_complaint() finds what was left; these tests give it something to find.
static void killed_while_it_runs(void)
{
    struct process *p = start("run", probe, "sleep");

    process_await_output(p, "ready\n");
    kill(p->pid, SIGKILL);
    process_finish(p);
    expect(p->status == -SIGKILL, "SIGKILL should end mydocker: %s", describe(p));
    // Its end closes the pipe.
    await(p->out == -1 || (process_finish(p), p->out == -1),
          "mydocker was killed, and COMMAND lives on (PR_SET_PDEATHSIG, prctl(2)); it should be "
          "killed, too: %s",
          describe(p));
}

static void killed_at_any_moment(void)
{
    for (int i = 0; i < 150; i++) {
        struct process *p = start("run", probe, "sleep");
        // Spread over the first six milliseconds, where everything happens.
        (void)nanosleep(&(struct timespec){.tv_nsec = i * 40000L}, NULL);
        kill(p->pid, SIGKILL);
        process_finish(p);
        await(p->out == -1 || (process_finish(p), p->out == -1),
              "mydocker was killed %d microseconds after its start, and COMMAND lives on; it "
              "should be killed, too. PR_SET_PDEATHSIG, prctl(2) alone leaves a gap: %s",
              i * 40, describe(p));
    }
}

static void killed_while_the_log_is_stuck(void)
{
    int ends[2];

    expect(pipe2(ends, O_CLOEXEC) == 0, "cannot make a pipe");
    process_fill(ends[1]);
    struct process *p = process_start(
        PREPARED(process_errors_to, &ends[1], "... (while nobody reads its standard error)"),
        WORDS("run", probe, "exit"));
    for (int i = 0; i < 20; i++)
        rest();
    kill(p->pid, SIGKILL);
    process_finish(p);
    await(p->out == -1 || (process_finish(p), p->out == -1),
          "mydocker was killed while a line of its log was waiting for a reader, and its child "
          "lives on; it should end, too");
    close(ends[0]);
    close(ends[1]);
}

// The kernel clears PR_SET_PDEATHSIG at an execve(2) then: refuse, or see to it in another way.
static void other_real_group(const void *argument)
{
    (void)argument;
    if (setregid(getegid() + 1, (gid_t)-1) == -1)
        _exit(111);
}

static void ids_that_differ(void)
{
    need_root(); // an ordinary user's namespace has one user and one group
    struct process *p = start_with(
        PREPARED(other_real_group, NULL, "... (with another real group than the effective one)"),
        "run", probe, "sleep");

    process_watch(p, 300);
    kill(p->pid, SIGKILL);
    process_finish(p);
    await(p->out == -1 || (process_finish(p), p->out == -1),
          "real and effective group differ, mydocker was killed, and COMMAND lives on; it should "
          "be killed, or not be started: %s",
          describe(p));
}

static void children_of_the_caller(void)
{
    struct launch how = {.direct = true};
    struct process *p =
        start_with(&how, "sh", "-c", "sleep 1000 & exec \"$0\" run \"$1\" exit 6", mydocker, probe);

    process_finish(p);
    expect(p->status == 6, "a child that mydocker was born with should not be waited for: %s",
           describe(p));
    world_mend();
}

static void child_that_has_ended_before(void)
{
    struct launch how = {.direct = true};

    for (int i = 0; i < 20; i++) {
        struct process *p =
            run_with(&how, "sh", "-c", "true & exec \"$0\" run \"$1\" exit 6", mydocker, probe);
        expect(p->status == 6, "the end of another child should not be taken for COMMAND's: %s",
               describe(p));
    }
}

static void others_die_with_pid_1(void)
{
    struct process *p = run("run", probe, "leave-child");

    expect(p->status == 7, "COMMAND's status, 7, should be mydocker's: %s", describe(p));
    await(p->out == -1 || (process_finish(p), p->out == -1),
          "COMMAND has ended, and a child of its lives on; it should die with PID 1: is COMMAND "
          "PID 1 of its namespace? %s",
          describe(p));
}

static void others_live_on(void)
{
    struct process *p = run("run", probe, "leave-child");

    expect(p->status == 7, "mydocker should wait for COMMAND alone: %s", describe(p));
    // Not by its ID: what COMMAND calls 2 in a PID namespace is somebody else out here.
    expect(p->out != -1,
           "not yet: without a PID namespace COMMAND's children should live on, and keep its "
           "standard output open; it is closed");
    world_mend();
}

static const struct promise promises[] = {
    {"COMMAND dies with mydocker", ALWAYS, LAST, killed_while_it_runs},
    {"mydocker killed at any moment", ALWAYS, LAST, killed_at_any_moment},
    {"mydocker killed while its log is stuck", ALWAYS, LAST, killed_while_the_log_is_stuck},
    {"nor where real and effective IDs differ", ALWAYS, LAST, ids_that_differ},
    {"children of the caller are not waited for", ALWAYS, LAST, children_of_the_caller},
    {"nor is their end COMMAND's", ALWAYS, LAST, child_that_has_ended_before},
    {"not yet: what COMMAND leaves behind lives on", ALWAYS, 1, others_live_on},
    {"what COMMAND leaves behind dies with PID 1", 2, LAST, others_die_with_pid_1},
};
MECHANISM(
    lifetime, 1,
    "PR_SET_PDEATHSIG (prctl(2)), and a pipe or a socket pair whose other end the parent holds");
