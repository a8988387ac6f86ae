// Limits: a control group of version 2 for each container that has some.
//
// In each of these tests /sys/fs/cgroup is a group that is empty, of this test alone: what mydocker
// makes there and leaves there can be seen, whatever else the machine runs.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "suite.h"

#define ALL_GROUPS "/sys/fs/cgroup"
enum { CGROUP2 = 0x63677270 }; // CGROUP2_SUPER_MAGIC

static bool write_to(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    bool written = fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd != -1)
        (void)close(fd);
    return written;
}

static void private_mounts(void)
{
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        _exit(111);
}

// The groups in DIRECTORY, their names each with a blank behind it.
static const char *groups_in(const char *directory)
{
    const char *names = "";
    DIR *stream = opendir(directory);
    const struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            names = text_of("%s%s ", names, entry->d_name);
    if (stream != NULL)
        (void)closedir(stream);
    return names;
}

static void remove_groups(const char *directory)
{
    char names[4096];

    (void)snprintf(names, sizeof(names), "%s", groups_in(directory));
    for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " "))
        (void)rmdir(text_of("%s/%s", directory, name));
    (void)rmdir(directory);
}

static void need_version_2(void)
{
    struct statfs system;

    if (ordinary_user)
        cannot_check_as_user("control groups are for root of the host");
    if (statfs(ALL_GROUPS, &system) == -1 || system.f_type != CGROUP2)
        cannot_check_here("there are no control groups of version 2 on " ALL_GROUPS);
}

const char *limits_place(void)
{
    static const char *const controllers[] = {"+memory", "+cpu", "+pids"};
    static char directory[] = ALL_GROUPS "/test-of-mydocker-XXXXXX";
    static bool made;

    need_version_2();
    if (made)
        remove_groups(directory); // what a test that failed has left
    for (size_t i = 0; i < 3; i++)
        if (!write_to(ALL_GROUPS "/cgroup.subtree_control", controllers[i]))
            cannot_check_here("this machine's control groups of version 2 hand down no limits");
    // One that only an exercise asks for.
    (void)write_to(ALL_GROUPS "/cgroup.subtree_control", "+cpuset");
    // A name of its own: other suites may make such tests at the same time.
    expect((made ? mkdir(directory, 0755) == 0 : mkdtemp(directory) != NULL) &&
               chmod(directory, 0755) == 0,
           "cannot make %s: %s", directory, strerror(errno));
    made = true;
    return directory;
}

void limits_in_place(const void *argument)
{
    private_mounts();
    if (mount(argument, ALL_GROUPS, NULL, MS_BIND, NULL) == -1)
        _exit(111);
}
#define IN(place)                                                                                  \
    (&(struct launch){.prepare = limits_in_place, .argument = (place), .by_hand = "..."})

static void expect_empty(const char *groups, const char *after)
{
    const char *left = groups_in(groups);

    remove_groups(groups);
    expect(*left == '\0', "after %s the control group should be gone, there is %s", after, left);
}

// Start COMMAND with LIMITS, and wait until it waits for us.
static struct process *start_limited(const char *groups, const char *limit, const char *value)
{
    struct launch how = {
        .prepare = limits_in_place, .argument = groups, .by_hand = "...", .keep_input_open = true};
    struct process *p = start_with(&how, "run", "-i", limit, value, probe, "limits");

    process_await_output(p, "ready\n");
    return p;
}

// The one group that there is while COMMAND runs.
static const char *only_group(const char *groups)
{
    char name[256] = "", other[2];

    answer("mkdir(2) of a group in " ALL_GROUPS);
    expect(sscanf(groups_in(groups), "%255s %1s", name, other) == 1,
           "there should be one control group while COMMAND runs, there is: %s", groups_in(groups));
    return text_of("%s/%s", groups, name);
}

static void no_limits(void)
{
    expect_failure(run("run", "--memory", "64m", probe, "facts"), 125, "--memory");
    expect_failure(run("run", "--pids-limit", "9", probe, "facts"), 125, "--pids-limit");
}

static void own_namespace(void)
{
    struct process *p = run("run", probe, "facts");
    char ours[64] = "";

    (void)readlink("/proc/self/ns/cgroup", ours, sizeof(ours) - 1);
    answer("CLONE_NEWCGROUP in the flags of clone3(2)");
    expect(p->status == 0 && strcmp(fact(p, "ns_cgroup"), ours) != 0,
           "COMMAND should have a cgroup namespace of its own: %s", describe(p));
}

static void own_group_is_root(void)
{
    const char *groups = limits_place();
    struct process *p = start_limited(groups, "--pids-limit", "9");

    process_end_input(p);
    process_finish(p);
    answer(
        "CLONE_NEWCGROUP in the flags of clone3(2): it takes the group that the child is put into, "
        "and unshare(2) the one that its caller is in");
    expect(strcmp(fact(p, "group"), "/") == 0, "COMMAND should be in the group /, its own: %s",
           describe(p));
    expect_empty(groups, "success");
}

static void groups_are_read_only(void)
{
    const char *groups = limits_place(), *root = root_make();
    struct process *p =
        run_with(IN(groups), "run", "--pids-limit", "9", "--rootfs", root, "/bin/probe", "limits");

    expect(p->status == 0 &&
               strcmp(fact(p, "mount_/sys/fs/cgroup"), "63677270 ro nosuid nodev noexec") == 0,
           "on /sys/fs/cgroup there should be a cgroup2, read-only: %s", describe(p));
    expect(fact_number(p, "set_limit") == EROFS, "COMMAND should not be able to write there: %s",
           describe(p));
    expect(strstr(fact(p, "groups"), "pids.max ") != NULL &&
               strstr(fact(p, "groups"), "mydocker") == NULL,
           "it should show COMMAND's own group: %s", describe(p));
    expect_empty(groups, "success");
}

static void under_a_strict_umask(const void *argument)
{
    limits_in_place(argument);
    (void)umask(077);
}

static void can_be_read(void)
{
    const char *groups = limits_place();
    struct launch how = {.prepare = under_a_strict_umask,
                         .argument = groups,
                         .by_hand = "... (after umask 077)",
                         .keep_input_open = true};
    struct process *p = start_with(&how, "run", "-i", "--pids-limit", "9", probe, "limits");
    struct stat status = {0};

    process_await_output(p, "ready\n");
    (void)stat(only_group(groups), &status);
    process_end_input(p);
    process_finish(p);
    answer("chmod(2), for mkdir(2) takes away what the umask holds");
    expect((status.st_mode & 0777) == 0755,
           "whoever COMMAND is, it should be able to read its limits: the group's mode is 0%o: %s",
           (unsigned)(status.st_mode & 0777), describe(p));
    expect_empty(groups, "success");
}

// The path of the group DIRECTORY, as the host's /proc tells it.
static const char *path_of(const char *directory)
{
    return directory + strlen(ALL_GROUPS);
}

static void from_the_first_instruction(void)
{
    const char *groups = limits_place();
    const struct launch how = {
        .direct = true, .prepare = limits_in_place, .argument = groups, .by_hand = "..."};
    struct process *p = run_with(&how, probe, "first-group", mydocker, "run", "--pids-limit", "9",
                                 probe, "exit", "3");

    if (p->status == 77)
        cannot_check_here("nobody may be traced here: kernel.yama.ptrace_scope");
    expect(p->status == 3, "%s", describe(p));
    answer("clone3(2) with CLONE_INTO_CGROUP");
    expect(strncmp(fact(p, "first_group"), path_of(groups), strlen(path_of(groups))) == 0,
           "the child should be in its group before its first instruction; it could have children "
           "outside already. It is in %s",
           fact(p, "first_group"));
    expect_empty(groups, "success");
}

static void too_many_processes(void)
{
    const char *groups = limits_place();
    struct process *p = run_with(IN(groups), "run", "--pids-limit", "5", probe, "processes", "9");

    expect(p->status == 0 && fact_number(p, "made") == 4 && fact_number(p, "error") == EAGAIN,
           "with --pids-limit 5 COMMAND should have four children and no more: %s", describe(p));
    expect(strstr(p->errors.bytes, "processes") != NULL,
           "a line should say that the limit was met (pids.events): %s", describe(p));
    expect_empty(groups, "success");
}

static void too_much_memory(void)
{
    const char *groups = limits_place();
    struct process *p = run_with(IN(groups), "run", "-m", "24m", probe, "memory", "99");

    answer("137 is 128 + SIGKILL");
    expect(p->status == 137, "the kernel should have killed COMMAND: %s", describe(p));
    expect(strstr(p->errors.bytes, "out of memory") != NULL,
           "a line should say that it was for memory (memory.events): %s", describe(p));
    p = run_with(IN(groups), "run", "-m", "240m", probe, "memory", "9");
    expect(p->status == 0 && strstr(p->errors.bytes, "memory") == NULL,
           "within its limit COMMAND should end well, and nothing be said of memory: %s",
           describe(p));
    expect_empty(groups, "out of memory");
}

static long number_in(const char *file)
{
    return strtol(content_of(file), NULL, 10);
}

static void limits_are_set(void)
{
    const char *groups = limits_place();
    struct process *p = start_limited(groups, "--memory", "64m");
    const char *group = only_group(groups), *swap = text_of("%s/memory.swap.max", group);

    expect(number_in(text_of("%s/memory.max", group)) == 64 << 20, "memory.max is %s",
           content_of(text_of("%s/memory.max", group)));
    answer("0 in memory.swap.max");
    expect(access(swap, F_OK) == -1 || (*content_of(swap) == '0' && number_in(swap) == 0),
           "what is more than its memory should not go to the disk: memory.swap.max is %s",
           content_of(swap));
    process_end_input(p);
    process_finish(p);
    p = start_limited(groups, "--cpus", "1.5");
    const char *cpus = content_of(text_of("%s/cpu.max", only_group(groups)));
    process_end_input(p);
    process_finish(p);
    expect(strcmp(cpus, "150000 100000\n") == 0, "with --cpus 1.5 cpu.max is %s", cpus);
    expect_empty(groups, "success");
}

static void a_share_of_a_processor(void)
{
    const char *groups = limits_place();
    struct process *p = run_with(IN(groups), "run", "--cpus", "0.2", probe, "work");

    expect(p->status == 0 && fact_number(p, "share") < 500,
           "with --cpus 0.2 COMMAND should have a fifth of a processor: %s", describe(p));
    expect_empty(groups, "success");
}

static void gone_afterwards(void)
{
    static const struct {
        const char *after, *word, *argument;
        int status;
    } ends[] = {{"success", "exit", "0", 0},
                {"failure", "exit", "3", 3},
                {"a crash", "crash", NULL, 139},
                {"a child that was left", "leave-child", NULL, 7}};
    const char *groups = limits_place();

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct process *p =
            run_with(IN(groups), "run", "--pids-limit", "9", probe, ends[i].word, ends[i].argument);
        expect(p->status == ends[i].status, "%s", describe(p));
        expect(*groups_in(groups) == '\0', "after %s the control group should be gone, there is %s",
               ends[i].after, groups_in(groups));
    }
    expect_failure(run_with(IN(groups), "run", "--pids-limit", "9", "no-such-command"), 127,
                   "no-such-command");
    expect_empty(groups, "a COMMAND that is not there");
}

static void gone_after_a_signal(void)
{
    const char *groups = limits_place();
    struct process *p = start_limited(groups, "--pids-limit", "9");

    for (int i = 0; i < 3; i++) {
        (void)kill(p->pid, SIGTERM);
        (void)process_ends_within(p, 80);
    }
    process_finish(p);
    expect_empty(groups, "SIGTERM");
}

static void in_place_and_no_clone(const void *argument)
{
    const struct denied clone = {.number = SYS_clone, .flags = CLONE_NEWPID};

    limits_in_place(argument);
    deny(&clone);
}

static void gone_after_a_failure(void)
{
    const char *groups = limits_place();

    expect_failure(run_with(PREPARED(in_place_and_no_clone, groups,
                                     "... (under a seccomp filter: clone3(2) fails)"),
                            "run", "--pids-limit", "9", probe, "facts"),
                   125, "Operation not permitted");
    expect_empty(groups, "a clone that fails");
    groups = limits_place();
    expect_failure(run_with(IN(groups), "run", "--pids-limit", "0", probe, "facts"), 125,
                   "Resource temporarily unavailable...limit");
    expect_empty(groups, "a clone that fails");
}

static bool is_populated(const char *group)
{
    return strstr(content_of(text_of("%s/cgroup.events", group)), "populated 1") != NULL;
}

static void swept_by_the_next(void)
{
    const char *groups = limits_place();
    struct process *killed = start_limited(groups, "--pids-limit", "9");
    const char *group = only_group(groups);

    (void)kill(killed->pid, SIGKILL);
    await(!is_populated(group), "COMMAND should die with mydocker");
    process_finish(killed);
    struct process *other = start_limited(groups, "--pids-limit", "9");
    struct process *third = run_with(IN(groups), "run", "--pids-limit", "9", probe, "exit", "0");
    const char *now_there = groups_in(groups);
    bool alive = !process_has_ended(other);
    process_end_input(other);
    process_finish(other);
    expect(third->status == 0 && other->status == 0 && alive,
           "two containers should run side by side, and neither end the other: %s",
           describe(third->status == 0 ? other : third));
    answer("a lock that ends with its process (flock(2)), and rmdir(2) of each group without one");
    expect(strchr(now_there, ' ') != NULL && strchr(now_there, ' ')[1] == '\0',
           "a killed mydocker leaves its group, and the next one should remove that, and no other: "
           "there is %s",
           now_there);
    expect_empty(groups, "success");
}

// Any user may lock what he can open for reading.
static void locked_by_a_stranger(void)
{
    const char *groups = limits_place(), *left = text_of("%s/mydocker-1", groups);
    const char *const all[] = {groups, text_of("%s/cgroup.controllers", groups), left};
    int fds[3];

    expect(mkdir(left, 0755) == 0, "cannot make a group");
    for (size_t i = 0; i < 3; i++) {
        fds[i] = open(all[i], O_RDONLY | O_CLOEXEC);
        expect(flock(fds[i], LOCK_EX) == 0, "cannot lock %s", all[i]);
    }
    struct process *p = run_with(IN(groups), "run", "--pids-limit", "9", probe, "exit", "0");
    for (size_t i = 0; i < 3; i++)
        (void)close(fds[i]);
    (void)rmdir(left);
    answer("LOCK_NB: never wait for a lock (flock(2)) on what others can open");
    expect(p->status == 0, "a lock of somebody else should not hold up a run: %s", describe(p));
    expect_empty(groups, "success");
}

static void groups_of_others_stay(void)
{
    static const char *const names[] = {"mydocker-web", "mydocker-1-web"};
    const char *groups = limits_place();

    for (size_t i = 0; i < 2; i++)
        expect(mkdir(text_of("%s/%s", groups, names[i]), 0755) == 0, "cannot make a group");
    struct process *p = run_with(IN(groups), "run", "--pids-limit", "9", probe, "exit", "0");
    for (size_t i = 0; i < 2; i++)
        expect(rmdir(text_of("%s/%s", groups, names[i])) == 0,
               "%s is no name that mydocker gives: %s", names[i], describe(p));
    expect(p->status == 0, "%s", describe(p));
    expect_empty(groups, "success");
}

static int number_of_lines(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

// Since Linux 6.19 waitpid(2) may tell of a process that is still on its way out of its group. Here
// it is one of ours that stays longer, for a fifth of a second.
static void left_late(void)
{
    static const char stay[] =
        "echo $$ >$0/cgroup.procs; while kill -0 $1; do sleep 0.01; done; sleep 0.2";
    const struct launch direct = {.direct = true};
    const char *groups = limits_place();
    struct process *p = start_limited(groups, "--pids-limit", "9");
    const char *procs = text_of("%s/cgroup.procs", only_group(groups));
    struct process *late =
        start_with(&direct, "sh", "-c", stay, only_group(groups), text_of("%ld", number_in(procs)));

    await(number_of_lines(content_of(procs)) == 2, "it should be in the group");
    process_end_input(p);
    process_finish(p);
    process_finish(late);
    answer("\"populated 0\" in cgroup.events: poll(2) waits for it");
    expect(p->status == 0, "%s", describe(p));
    expect_empty(groups, "a process that left it late");
}

static void groups_below_are_removed(void)
{
    const char *groups = limits_place();
    struct process *p = start_limited(groups, "--pids-limit", "9");
    const char *group = only_group(groups);

    // As a COMMAND can that may mount.
    expect(mkdir(text_of("%s/below", group), 0755) == 0 &&
               mkdir(text_of("%s/below/it", group), 0755) == 0,
           "cannot make groups");
    process_end_input(p);
    process_finish(p);
    bool gone = access(group, F_OK) == -1;
    (void)rmdir(text_of("%s/below/it", group));
    (void)rmdir(text_of("%s/below", group));
    expect(p->status == 0 && gone, "a group in the group should be removed with it: %s",
           describe(p));
    expect_empty(groups, "success");
}

static void none_without_limits(void)
{
    const char *groups = limits_place();
    struct launch how = {
        .prepare = limits_in_place, .argument = groups, .by_hand = "...", .keep_input_open = true};
    struct process *p = start_with(&how, "run", "-i", probe, "limits");

    process_await_output(p, "ready\n");
    const char *made = groups_in(groups);
    process_end_input(p);
    process_finish(p);
    expect(*made == '\0', "without a limit there should be no control group, there is %s", made);
    expect_empty(groups, "success");
}

static void wrong_values(void)
{
    static const char *const wrong[][2] = {
        {"--memory", "64mb"},   {"--memory", "-1"},     {"--memory", ""},     {"--memory", "lots"},
        {"--pids-limit", "-1"}, {"--pids-limit", "5x"}, {"--pids-limit", ""}, {"--cpus", "0"},
        {"--cpus", "-1"},       {"--cpus", "1,5"},      {"--cpus", "1.5x"},   {"--cpus", ""},
        {"--cpus", "nan"},      {"--cpus", "1e99"},     {"--cpus", "0.001"},
    };
    const char *groups = limits_place();

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect_failure(run_with(IN(groups), "run", wrong[i][0], wrong[i][1], probe, "facts"), 125,
                       wrong[i][0]);
    expect_empty(groups, "a wrong value");
}

// What else there may be on /sys/fs/cgroup.

static void version_1(const void *argument)
{
    (void)argument;
    private_mounts();
    if (mount("tmpfs", ALL_GROUPS, "tmpfs", 0, "size=64k") == -1)
        _exit(111);
}

static void nothing_there(const void *argument)
{
    (void)argument;
    private_mounts();
    if (mount("/sys/kernel", ALL_GROUPS, NULL, MS_BIND, NULL) == -1)
        _exit(111);
}

static void read_only_groups(const void *argument)
{
    limits_in_place(argument);
    if (mount(NULL, ALL_GROUPS, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == -1)
        _exit(111);
}

static void expect_refusal(void (*prepare)(const void *argument), const void *argument,
                           const char *by_hand, const char *text)
{
    expect_failure(
        run_with(PREPARED(prepare, argument, by_hand), "run", "-m", "64m", probe, "facts"), 125,
        text);
}

static void other_version(void)
{
    if (access(ALL_GROUPS, F_OK) == -1)
        cannot_check("there is no " ALL_GROUPS);
    expect_refusal(version_1, NULL, "... (where " ALL_GROUPS " has version 1)",
                   "version 2...version 1...systemd.unified_cgroup_hierarchy=1");
    expect_refusal(nothing_there, NULL, "... (where nothing is on " ALL_GROUPS ")",
                   "mount -t cgroup2");
}

static void cannot_be_changed(void)
{
    const char *groups = limits_place();

    expect_refusal(read_only_groups, groups, "... (where " ALL_GROUPS " is read-only)",
                   "Read-only file system...container");
    expect_empty(groups, "a refusal");
}

// A group to which none of the limits was handed down.
static void no_controllers(void)
{
    const char *groups = limits_place(), *below = text_of("%s/below", groups);

    expect(mkdir(below, 0755) == 0, "cannot make a group");
    expect_refusal(limits_in_place, below, "... (where no controller is left)",
                   "memory: No such file or directory...version 1");
    remove_groups(below);
    expect_empty(groups, "a refusal");
}

static void in_it_and_in_place(const void *argument)
{
    if (!write_to(text_of("%s/cgroup.procs", (const char *)argument), "0"))
        _exit(111);
    limits_in_place(argument);
}

static void processes_above(void)
{
    const char *groups = limits_place();

    expect_refusal(in_it_and_in_place, groups, "... (where processes are in the first group)",
                   "memory: Device or resource busy...processes in the group above");
    expect_empty(groups, "a refusal");
}

static void as_nobody(const void *argument)
{
    (void)argument;
    if (setuid(65534) == -1)
        _exit(111);
}

static void a_user(void)
{
    const struct launch direct = {.direct = true};
    struct statfs system;

    if (statfs(ALL_GROUPS, &system) == -1 || system.f_type != CGROUP2)
        cannot_check_here("there are no control groups of version 2 on " ALL_GROUPS);
    need_user_namespace(ordinary_user ? NULL : as_nobody);
    // A copy: mydocker may lie where this user may not go, as in /root.
    const char *copy = text_of("%s/mydocker", scratch);
    (void)run_with(&direct, "cp", mydocker, copy);
    struct process *p =
        ordinary_user
            ? run("run", "-m", "64m", probe, "facts")
            : run_with(&direct, "setpriv", "--reuid", "65534", "--clear-groups", "unshare",
                       "--user", "--map-root-user", copy, "run", "-m", "64m", "true");
    (void)unlink(copy);
    expect_failure(p, 125, "Permission denied...root");
}

static const struct promise promises[] = {
    {"not yet: there is no option for them", ALWAYS, 7, no_limits},
    {"a cgroup namespace of its own", 8, LAST, own_namespace},
    {"COMMAND's own group is /", 8, LAST, own_group_is_root},
    {"with --rootfs it is all that is seen, and read-only", 8, LAST, groups_are_read_only},
    {"it can be read, whatever the umask", 8, LAST, can_be_read},
    {"from the first instruction on", 8, LAST, from_the_first_instruction},
    {"a process too many fails", 8, LAST, too_many_processes},
    {"too much memory: 137, and it says so", 8, LAST, too_much_memory},
    {"memory, swap and processors as they were asked for", 8, LAST, limits_are_set},
    {"a fifth of a processor", 8, LAST, a_share_of_a_processor},
    {"the group is gone afterwards", 8, LAST, gone_afterwards},
    {"after a signal, too", 8, LAST, gone_after_a_signal},
    {"after a failure, too", 8, LAST, gone_after_a_failure},
    {"what a killed mydocker leaves is gone after the next", 8, LAST, swept_by_the_next},
    {"a stranger's lock holds up no run", 8, LAST, locked_by_a_stranger},
    {"a stranger's group stays", 8, LAST, groups_of_others_stay},
    {"a process that leaves it late is waited for", 8, LAST, left_late},
    {"groups in the group go with it", 8, LAST, groups_below_are_removed},
    {"without a limit there is no group", 8, LAST, none_without_limits},
    {"wrong values are named", 8, LAST, wrong_values},
    {"version 1 is named, and none at all", 8, LAST, other_version},
    {"groups that are read-only are named", 8, LAST, cannot_be_changed},
    {"a missing controller is named", 8, LAST, no_controllers},
    {"processes above are named", 8, LAST, processes_above},
    {"a user learns that it takes root", 8, LAST, a_user},
};
MECHANISM(limits, 8,
          "who makes the control group, who is in it from when on, and who removes it, whatever "
          "happens? (cgroups(7); Documentation/admin-guide/cgroup-v2.rst of the kernel)");
