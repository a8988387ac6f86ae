// /proc: the host's, and then the container's own.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static void own_processes(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "proc_processes") == 1 && strcmp(fact(p, "proc_self"), "1") == 0,
           "/proc should show COMMAND alone, as 1; it shows %s processes and self is %s: mount a "
           "new proc on /proc",
           fact(p, "proc_processes"), fact(p, "proc_self"));
}

static void hosts_processes(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "proc_processes") > 2 && strcmp(fact(p, "proc_self"), "1") != 0,
           "not yet: /proc should be the host's: %s", describe(p));
}

// The flags that are missing are named, and none of the others.
static void three_flags(void)
{
    static const char *const names[] = {"noexec", "nosuid", "nodev"};
    static const char *const flags[] = {"MS_NOEXEC", "MS_NOSUID", "MS_NODEV"};
    struct process *p = run("run", probe, "facts");
    const char *missing = "", *wanted_flags = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fact_number(p, text_of("proc_%s", names[i])) == 0) {
            missing = text_of("%s %s", missing, names[i]);
            wanted_flags =
                text_of("%s%s%s", wanted_flags, *wanted_flags == '\0' ? "" : " | ", flags[i]);
        }
    }
    answer(text_of("%s in the flags of mount(2)", wanted_flags));
    expect(*missing == '\0',
           "the /proc that COMMAND sees is not mounted%s. It should be noexec, nosuid and nodev",
           missing);
    answer(NULL);
    expect(!fact_number(p, "proc_readonly"), "/proc should be writable, it is mounted read-only");
}

static void ps_shows_two(void)
{
    need_tool("ps");
    struct process *p = run("run", "sh", "-c", "ps -e -o pid=,args=; :");

    int first = 0;
    expect(sscanf(p->output.bytes, "%d sh -c", &first) == 1 && first == 1,
           "ps should show COMMAND as PID 1: %s", describe(p));
    const char *second = strchr(p->output.bytes, '\n');
    expect(second != NULL && strstr(second, "ps -e") != NULL && strchr(second + 1, '\n')[1] == '\0',
           "ps should show two processes, COMMAND and ps: %s", describe(p));
}

static void in_old_proc(void)
{
    struct process *p = run_with(&(struct launch){.directory = "/proc"}, "run", probe, "facts");

    expect(p->status == 0 && fact_number(p, "cwd_is_proc") == 1 &&
               strcmp(fact(p, "cwd"), "/proc") == 0,
           "a working directory of /proc should be the new one: chdir(2) after the mount: %s",
           describe(p));
    p = run_with(&(struct launch){.directory = "/proc/sys/kernel"}, "run", probe, "facts");
    expect(fact_number(p, "cwd_is_proc") == 1 && strcmp(fact(p, "cwd"), "/proc/sys/kernel") == 0,
           "below /proc, in /proc/sys/kernel, it should be the new one as well: %s", describe(p));
    const char *directory = text_of("/proc/%d", (int)getpid());
    expect_failure(run_with(&(struct launch){.directory = directory}, "run", probe, "facts"), 125,
                   directory);
}

// A directory on the old /proc that has lost its name, as CVE-2024-21626 leaves one.
static void enter_nameless_proc(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mkdir("old", 0755) == -1 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("/proc", "old", NULL, MS_BIND | MS_REC, NULL) == -1 || chdir("old") == -1 ||
        umount2("../old", MNT_DETACH) == -1)
        _exit(111);
}

static void in_nameless_proc(void)
{
    struct process *p =
        run_with(PREPARED(enter_nameless_proc, NULL,
                          "... (in a directory of the old /proc that has lost its name)"),
                 "run", "sh", "-c", "echo *");

    expect(p->status == 125 && p->output.size == 0,
           "a working directory on the old /proc shows the host, whatever its name (statfs(2), "
           "PROC_SUPER_MAGIC): it should be refused with status 125: %s",
           describe(p));
}

static const struct promise promises[] = {
    {"not yet: /proc is the host's", ALWAYS, 3, hosts_processes},
    {"/proc shows COMMAND alone, as 1", 4, LAST, own_processes},
    {"noexec, nosuid, nodev", 4, LAST, three_flags},
    {"ps shows two processes", 4, LAST, ps_shows_two},
    {"a working directory on the old /proc", 4, LAST, in_old_proc},
    {"one that has lost its name", 4, LAST, in_nameless_proc},
};
MECHANISM(proc, 4, "PID 1 mounts proc on /proc (mount(2)) before it becomes COMMAND");
