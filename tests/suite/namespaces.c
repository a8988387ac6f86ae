// The five namespaces: each one by what it keeps in.
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static const char *ours(const char *kind)
{
    char link[64];
    ssize_t size = readlink(text_of("/proc/self/ns/%s", kind), link, sizeof(link));

    return text_of("%.*s", (int)(size < 0 ? 0 : size), link);
}

static bool shared(const struct process *p, const char *kind)
{
    return strcmp(fact(p, text_of("ns_%s", kind)), ours(kind)) == 0;
}

static void callers(void)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc", "user", "cgroup"};
    struct process *p = run("run", probe, "facts");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        expect(shared(p, kinds[i]),
               "not yet: the %s namespace should be the caller's, it is another one, %s", kinds[i],
               fact(p, text_of("ns_%s", kinds[i])));
}

// The kinds that COMMAND shares with its caller are named, and none of the others.
static void own(void)
{
    static const struct {
        const char *kind, *flag;
    } wanted[] = {{"uts", "CLONE_NEWUTS"},
                  {"pid", "CLONE_NEWPID"},
                  {"mnt", "CLONE_NEWNS"},
                  {"net", "CLONE_NEWNET"},
                  {"ipc", "CLONE_NEWIPC"}};
    struct process *p = run("run", probe, "facts");
    const char *kinds = "", *flags = "";

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (shared(p, wanted[i].kind)) {
            kinds = text_of("%s %s", kinds, wanted[i].kind);
            flags = text_of("%s%s%s", flags, *flags == '\0' ? "" : " | ", wanted[i].flag);
        }
    }
    answer(text_of("%s in the flags of clone(2)", flags));
    expect(*kinds == '\0',
           "COMMAND shares these namespaces with the caller:%s. It should have its own of all five",
           kinds);
}

static void no_cgroup_namespace(void)
{
    struct process *p = run("run", probe, "facts");

    expect(shared(p, "cgroup"), "not yet: the cgroup namespace should be the caller's: %s",
           describe(p));
}

static void no_user_namespace(void)
{
    struct process *p = run("run", probe, "facts");

    expect(shared(p, "user"), "the user namespace should be the caller's: %s", describe(p));
    expect(fact_number(p, "uid") == getuid() && fact_number(p, "gid") == getgid(),
           "COMMAND should run as the caller: %s", describe(p));
}

static void is_pid_1(void)
{
    struct process *p = run("run", probe, "facts");

    answer("CLONE_NEWPID in the flags of clone(2)");
    expect(!shared(p, "pid"), "COMMAND should be PID 1, it is %ld in the caller's PID namespace",
           fact_number(p, "pid"));
    answer(NULL);
    think(
        "execve(2) replaces the program and keeps the process: who calls it, PID 1 or a child of "
        "it?");
    expect(fact_number(p, "pid") == 1,
           "COMMAND should be PID 1, it is %ld, in a new PID namespace: let the first process in "
           "there itself execute COMMAND",
           fact_number(p, "pid"));
    expect(fact_number(p, "ppid") == 0, "its parent should be outside of its PID namespace: %s",
           describe(p));
}

static void is_a_host_process(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "pid") > 1 && fact_number(p, "ppid") == p->pid,
           "not yet: COMMAND should be an ordinary child of mydocker, %d: %s", (int)p->pid,
           describe(p));
}

// While COMMAND, having changed its world, waits: what of it can be seen out here?
static struct process *changed_world(void)
{
    struct launch how = {.keep_input_open = true, .privileged = true};
    struct process *p = start_with(&how, "run", "-i", probe, "change-world");

    process_await_output(p, "ready\n");
    expect(fact_number(p, "sethostname") == 0 && fact_number(p, "ipc") == 0,
           "COMMAND should be allowed to change its own namespaces: %s", describe(p));
    return p;
}

static void hostname_stays_in(void)
{
    char hostname[256] = "";
    struct process *p = changed_world();

    gethostname(hostname, sizeof(hostname) - 1);
    answer("CLONE_NEWUTS in the flags of clone(2)");
    expect(strcmp(hostname, "inside") != 0,
           "the hostname that COMMAND has set appeared outside, and should stay inside");
    answer(NULL);
    process_end_input(p);
    process_finish(p);
}

static void ipc_stays_in(void)
{
    struct process *p = changed_world();
    int segment = shmget(0x6d79646f, 0, 0);

    if (segment != -1)
        shmctl(segment, IPC_RMID, NULL);
    // Whether the hostname, too, has appeared is another promise's.
    (void)sethostname("host", strlen("host"));
    answer("CLONE_NEWIPC in the flags of clone(2)");
    expect(segment == -1,
           "the shared memory that COMMAND has made appeared outside, and should stay inside");
    answer(NULL);
    process_end_input(p);
    process_finish(p);
}

static void no_interfaces(void)
{
    struct process *p = run("run", probe, "facts");

    answer("CLONE_NEWNET in the flags of clone(2)");
    expect(strcmp(fact(p, "interfaces"), "lo ") == 0,
           "COMMAND should see no network interface but lo, it sees %s", fact(p, "interfaces"));
}

static const struct promise promises[] = {
    {"not yet: all are the caller's", ALWAYS, 1, callers},
    {"not yet: COMMAND is an ordinary child", ALWAYS, 1, is_a_host_process},
    {"uts, pid, mnt, net and ipc of its own", 2, LAST, own},
    {"no user namespace", ALWAYS, LAST, no_user_namespace},
    {"not yet: the cgroup namespace is the caller's", ALWAYS, 7, no_cgroup_namespace},
    {"COMMAND is PID 1", 2, LAST, is_pid_1},
    {"a hostname set inside stays inside", 2, LAST, hostname_stays_in},
    {"shared memory made inside stays inside", 2, LAST, ipc_stays_in},
    {"no network but lo", 2, LAST, no_interfaces},
};
MECHANISM(namespaces, 2,
          "which flags does clone(2) get? Each kind of namespace has its own (namespaces(7))");
