// COMMAND starts as if it had been run directly: each test does both, and compares.
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

static void expect_the_same(const struct launch *how)
{
    struct launch direct = *how, privileged = *how;

    direct.direct = true;
    privileged.privileged = true;
    struct process *alone = run_with(&direct, probe, "inheritance");
    struct process *contained = run_with(&privileged, "run", probe, "inheritance");
    // That one thing nobody gets back.
    char *no_new_privs = strstr(contained->output.bytes, "\nno_new_privs=1");
    if (step >= 9 && no_new_privs != NULL)
        no_new_privs[strlen("\nno_new_privs=")] = '0';
    expect(alone->status == 0 && contained->status == 0, "neither should fail: %s",
           describe(contained));
    expect(strcmp(alone->output.bytes, contained->output.bytes) == 0,
           "COMMAND should find what it finds when it is run directly (-): %s",
           difference(alone->output.bytes, contained->output.bytes));
}

static void nothing_special(void)
{
    expect_the_same(&(struct launch){0});
}

static void a_directory(void)
{
    expect_the_same(&(struct launch){.directory = "/usr"});
}

static void umask_and_nice(const void *argument)
{
    (void)argument;
    umask(0137);
    setpriority(PRIO_PROCESS, 0, 7);
}

static void change_limits(const void *argument)
{
    const struct rlimit files = {.rlim_cur = 77, .rlim_max = 99};
    const struct rlimit core = {.rlim_cur = 0, .rlim_max = 4096};
    const struct rlimit stack = {.rlim_cur = 3 << 20, .rlim_max = 5 << 20};

    (void)argument;
    if (setrlimit(RLIMIT_NOFILE, &files) == -1 || setrlimit(RLIMIT_CORE, &core) == -1 ||
        setrlimit(RLIMIT_STACK, &stack) == -1)
        _exit(111);
}

static void block(const void *argument)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, argument, NULL, 8);
}

static void blocked_signals(void)
{
    static const uint64_t masks[] = {~0ULL, 1ULL << (SIGCHLD - 1),
                                     1ULL << (SIGTERM - 1) | 1ULL << 40};
    static const char *const typed[] = {"env --block-signal ...", "env --block-signal=CHLD ...",
                                        "env --block-signal=TERM,41 ..."};

    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
        expect_the_same(PREPARED(block, &masks[i], typed[i]));
}

static void ignore(const void *argument)
{
    (void)argument;
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_IGN);
}

static void ignore_sigchld(const void *argument)
{
    (void)argument;
    (void)signal(SIGCHLD, SIG_IGN);
}

static void ignored_signals(void)
{
    wanted(
        "an ignored SIGCHLD is COMMAND's to inherit, but keeps waitpid(2) from reporting its end");
    expect_the_same(PREPARED(ignore, NULL, "env --ignore-signal ..."));
    expect_the_same(PREPARED(ignore_sigchld, NULL, "env --ignore-signal=CHLD ..."));
    struct process *p = run_with(PREPARED(ignore_sigchld, NULL, "env --ignore-signal=CHLD ..."),
                                 "run", probe, "exit", "42");
    expect(p->status == 42, "where the caller ignores SIGCHLD no status should be lost: %s",
           describe(p));
}

static void umask_and_priority(void)
{
    expect_the_same(PREPARED(umask_and_nice, NULL, "umask 0137; nice -n 7 ..."));
}

static void limits(void)
{
    expect_the_same(PREPARED(change_limits, NULL,
                             "prlimit --nofile=77:99 --core=0:4096 --stack=3145728:5242880 ..."));
}

static void one_limit(const void *argument)
{
    const struct rlimit *limit = argument;

    if (setrlimit((__rlimit_resource_t)limit->rlim_cur,
                  &(struct rlimit){limit->rlim_max, limit->rlim_max}) == -1)
        _exit(111);
}

// As low as they go, but for what any process needs: so much memory, a few descriptors.
static void lowest_limits(void)
{
    static const struct rlimit limits[] = {
        {RLIMIT_STACK, 64 << 10}, {RLIMIT_FSIZE, 0}, {RLIMIT_SIGPENDING, 0}, {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0},     {RLIMIT_CORE, 0},  {RLIMIT_NICE, 0},       {RLIMIT_RTPRIO, 0},
        {RLIMIT_LOCKS, 0},        {RLIMIT_RSS, 0},   {RLIMIT_CPU, 1},        {RLIMIT_DATA, 1 << 20},
        {RLIMIT_NOFILE, 12},
    };
    static const char *const names[] = {"stack", "fsize", "sigpending", "memlock", "msgqueue",
                                        "core",  "nice",  "rtprio",     "locks",   "rss",
                                        "cpu",   "data",  "nofile"};

    wanted(
        "a low limit stops nothing: the child's stack is not a part of the caller's (ulimit -s)");
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        expect_the_same(
            PREPARED(one_limit, &limits[i],
                     text_of("prlimit --%s=%lu ...", names[i], (unsigned long)limits[i].rlim_max)));
}

// A line of the log that is too much for a limit raises SIGXFSZ, which is mydocker's own affair.
static void limit_of_the_log(void)
{
    struct launch how = {.direct = true};

    for (int i = 0; i < 2; i++) {
        struct process *p = run_with(
            &how, "sh", "-c", "ulimit -f 0; exec \"$0\" --log-level $1 run \"$2\" exit 6 2>>log",
            mydocker, i == 0 ? "info" : "debug", probe);
        expect(p->status == 6, "with `ulimit -f 0` and the log in a file the run should go on: %s",
               describe(p));
    }
}

static void a_directory_that_is_gone(const void *argument)
{
    (void)argument;
    if (mkdir("gone", 0755) == -1 || chdir("gone") == -1 || rmdir("../gone") == -1)
        _exit(111);
}

static void deleted_directory(void)
{
    expect_the_same(
        PREPARED(a_directory_that_is_gone, NULL, "mkdir gone && cd gone && rmdir ../gone && ..."));
}

static const struct promise promises[] = {
    {"everything", ALWAYS, LAST, nothing_special},
    {"the working directory", ALWAYS, LAST, a_directory},
    {"a working directory that was deleted", ALWAYS, LAST, deleted_directory},
    {"umask and nice value", ALWAYS, LAST, umask_and_priority},
    {"limits", ALWAYS, LAST, limits},
    {"limits as low as they go", ALWAYS, LAST, lowest_limits},
    {"a limit that the log reaches", ALWAYS, LAST, limit_of_the_log},
    {"blocked signals", ALWAYS, LAST, blocked_signals},
    {"ignored signals, SIGCHLD among them", ALWAYS, LAST, ignored_signals},
};
MECHANISM(inheritance, 1,
          "what you change before the child is made, undo in the child before execve(2)");
