// The host is safe: its mounts, hostname, /proc and processes are as before, whatever happens.
// world_complaint() looks after every test; these look while COMMAND runs, and after failures.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

// The host's mounts while COMMAND, having mounted something on the directory mnt, waits.
static const char *mounts_while_command_mounts(void)
{
    struct launch how = {.keep_input_open = true, .privileged = true};
    int mode = mkdir("mnt", 0755);

    expect(mode == 0, "cannot make a directory");
    struct process *p = start_with(&how, "run", "-i", probe, "mount");
    process_await_output(p, "ready\n");
    expect(fact_number(p, "mount") == 0, "COMMAND should be allowed to mount: %s", describe(p));
    const char *mounts = content_of("/proc/self/mountinfo");
    process_end_input(p);
    process_finish(p);
    return mounts;
}

static void on_a_shared_root(void)
{
    const char *before = content_of("/proc/self/mountinfo");

    expect(strstr(before, "shared:") != NULL, "the tests' own / should be shared");
    const char *mounts = mounts_while_command_mounts();
    answer("MS_REC | MS_PRIVATE on / (mount(2)), before any other mount");
    expect(strcmp(before, mounts) == 0,
           "a mount of the container's appeared on the host, whose / is shared, and should not: "
           "make the mount tree private first, all of it: %s",
           difference(before, mounts));
    rmdir("mnt");
}

static void not_on_a_shared_root(void)
{
    const char *mounts = mounts_while_command_mounts();

    (void)umount2("mnt", MNT_DETACH);
    rmdir("mnt");
    expect(strstr(mounts, "/mnt ") != NULL,
           "not yet: what COMMAND mounts should appear on a host whose / is shared; mnt is not "
           "among the host's mounts");
}

// Until somebody mounts on purpose, nothing does.
static void nothing_is_mounted(void)
{
    const char *before = content_of("/proc/self/mountinfo");
    struct process *p = start("run", probe, "sleep");

    process_await_output(p, "ready\n");
    const char *while_it_runs = content_of("/proc/self/mountinfo");
    expect(strcmp(before, while_it_runs) == 0, "the host's mounts should be as before: %s",
           difference(before, while_it_runs));
}

// The other way round: what the host mounts while COMMAND runs stays outside.
static void hosts_mounts_stay_outside(void)
{
    struct launch how = {.keep_input_open = true};
    int mode = mkdir("later", 0755);

    expect(mode == 0, "cannot make a directory");
    struct process *p = start_with(&how, "run", "-i", "sh", "-c",
                                   "echo ready; read line; cat /proc/self/mountinfo");
    process_await_output(p, "ready\n");
    mode = mount("tmpfs", "later", "tmpfs", 0, "size=64k");
    process_type(p, "\n");
    process_finish(p);
    umount2("later", MNT_DETACH);
    rmdir("later");
    expect(mode == 0 && p->status == 0, "cannot mount: %s", describe(p));
    answer("MS_REC | MS_PRIVATE on / (mount(2)), not MS_SLAVE");
    expect(strstr(p->output.bytes, "/later ") == NULL,
           "what the host mounts later should stay outside, and it appeared in the container: make "
           "the mount tree private, a slave of the host's still receives");
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// From step 10 on there are mounts of its own below /proc and /sys, and masks.c's promises are
// about them.
static bool may_be_masked(const char *point)
{
    return step >= 10 && (strncmp(point, "/proc/", 6) == 0 || strncmp(point, "/sys/", 5) == 0);
}

// Where a process sees mounts, one of the host or COMMAND, a line each, and what there is BESIDES.
// Sorted: the kernel copies them to a new namespace in another order than they were made in.
static const char *mount_points(bool of_host, const char *besides)
{
    struct launch how = {.direct = of_host, .aside = of_host};
    struct process *p = of_host ? run_with(&how, "cat", "/proc/self/mountinfo")
                                : run_with(&how, "run", "cat", "/proc/self/mountinfo");
    const char *points[4096], *text = "";
    size_t count = *besides != '\0';
    char point[4096];

    points[0] = besides;
    expect(p->status == 0, "`cat /proc/self/mountinfo` should end with 0: %s", describe(p));
    for (const char *line = p->output.bytes; line != NULL && *line != '\0' && count < 4096;
         line = strchr(line, '\n') + 1)
        if (sscanf(line, "%*d %*d %*s %*s %4095s", point) == 1 && !may_be_masked(point))
            points[count++] = text_of("%s\n", point);
    qsort(points, count, sizeof(points[0]), compare);
    for (size_t i = 0; i < count; i++)
        text = text_of("%s%s", text, points[i]);
    return text;
}

static void expect_mounts(const char *besides)
{
    const char *wanted = mount_points(true, besides);
    const char *found = mount_points(false, "");

    expect(strcmp(found, wanted) == 0,
           "besides the host's mounts COMMAND should see \"%s\" and no others: %s", besides,
           difference(wanted, found));
}

static void mounts_are_the_hosts(void)
{
    expect_mounts("");
}

static void mounts_are_the_hosts_and_proc(void)
{
    expect_mounts("/proc\n");
}

static void private_root(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        _exit(111);
}

static void on_a_private_root(void)
{
    struct launch how = {.direct = true, .prepare = private_root};
    struct process *p = run_with(&how, "sh", "-c",
                                 "cat /proc/self/mountinfo >before; \"$0\" run \"$1\" facts; "
                                 "cat /proc/self/mountinfo >after",
                                 mydocker, probe);

    expect(p->status == 0 && fact_number(p, "pid") > 0,
           "COMMAND should run on a host whose / is private, too, and end with 0: %s", describe(p));
    const char *before = content_of(text_of("%s/before", scratch)),
               *after = content_of(text_of("%s/after", scratch));
    expect(strcmp(before, after) == 0,
           "the mounts of a host whose / is private should be as before: %s",
           difference(before, after));
}

static void after_failures(void)
{
    const char *before = content_of("/proc/self/mountinfo");

    (void)run("run", "no-such-command");
    (void)run("run", "/tmp");
    (void)run("run", probe, "crash");
    (void)run("init", probe);
    (void)run("run");
    const char *after = content_of("/proc/self/mountinfo");
    expect(strcmp(before, after) == 0, "failed runs should leave the mounts as before: %s",
           difference(before, after));
}

static const struct promise promises[] = {
    {"not yet: COMMAND's mounts spread to a host whose / is shared", 2, 3, not_on_a_shared_root},
    {"COMMAND's mounts stay inside", 4, LAST, on_a_shared_root},
    {"its mounts stay outside", 4, LAST, hosts_mounts_stay_outside},
    {"not yet: COMMAND sees the host's mounts alone", ALWAYS, 3, mounts_are_the_hosts},
    {"COMMAND sees the host's mounts and its own /proc", 4, LAST, mounts_are_the_hosts_and_proc},
    {"while it runs", ALWAYS, LAST, nothing_is_mounted},
    {"on a host whose / is private", ALWAYS, LAST, on_a_private_root},
    {"after runs that failed", ALWAYS, LAST, after_failures},
};
MECHANISM(
    host, 4,
    "a new mount namespace is a copy whose mounts still spread: which flag ends that, for all "
    "of them, and when? (mount_namespaces(7), \"Shared subtrees\")");
