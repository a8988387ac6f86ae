// The benchmark: what a whole run costs in wall time and memory, next to two floors (floor.c) and
// to unshare, bwrap, crun and runc doing the same; and apart from these, with a root file system,
// what the steps of part two cost next to a floor for each, and to bwrap, crun and runc, once with
// what step 6 mounts, once with all that step 11 forbids, and once with limits as well. In this
// order: the scratch world that everything runs in, the candidates, one run, the turns, the
// figures, memory, the targets.
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CANDIDATES_MAX = 48,
    ARGS_MAX = 128,
    RUNS_MAX = 100000,
    WARM_UP_TURNS = 10,
    SECONDS = 45,     // for all the turns, unless the caller says how many
    TIME_LIMIT = 10,  // seconds, for a run that hangs
    CONTAINERS = 100, // at once, for the memory figures
    FILTER_FD = 9,    // where bwrap reads a filter
};

// The targets of the last step.
#define RATIO_TARGET 1.10
#define MEMORY_TARGET 70.0
// With a root file system: of each step to its floor, and of two steps to two of their peers each.
#define ROOTED_TARGET 1.15
#define BWRAP_TARGET 0.9
#define CRUN_TARGET 0.5
#define STRICT_BWRAP_TARGET 1.0
#define STRICT_CRUN_TARGET 0.6

// The last six have a root file system: a step, its floor, a peer, a peer with all that the last
// step forbids, a step with limits, a peer with both.
enum kind {
    EXEC_ONLY,
    FLOOR,
    SELF_EXEC,
    MYDOCKER,
    PEER,
    ROOTED,
    ROOTED_FLOOR,
    ROOTED_PEER,
    STRICT_PEER,
    LIMITED,
    LIMITED_PEER,
};

// The steps of which floor.c knows what they do with a root file system. The last of them does the
// work of a ROOTED_PEER, and STRICT that of a STRICT_PEER.
enum { FIRST_ROOTED = 5, LAST_FLOOR = 7, FIRST_LIMITED = 8, STRICT = 11 };

struct candidate {
    const char *name;
    const char *argv[ARGS_MAX];
    double *times;                 // microseconds, by turn
    double memory, memories;       // kB per container: one alone, and CONTAINERS at once
    const struct candidate *floor; // of a ROOTED one, or NULL
    enum kind kind;
    int command; // where COMMAND is in argv
    bool failed;
};

static struct candidate candidates[CANDIDATES_MAX];
static int candidate_count;
static char directory[PATH_MAX]; // of this program; floor, true and pause are there as well
static const char *command;      // true
static int null_fd;

// ---- the scratch world: namespaces that take everything with them when they end ----

// A new string, as printf(3) has it. The few that there are last as long as we do.
__attribute__((format(printf, 1, 2))) static char *format(const char *text, ...)
{
    char *result;
    va_list arguments;

    va_start(arguments, text);
    if (vasprintf(&result, text, arguments) == -1)
        err(2, "vasprintf");
    va_end(arguments);
    return result;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF)
        err(2, "write %s", path);
}

// An ordinary user is root in a user namespace of their own, where the host allows it.
static void become_root(void)
{
    uid_t user = geteuid();
    gid_t group = getegid();

    if (unshare(CLONE_NEWUSER) == -1)
        err(2, "no user namespace for an ordinary user: run it as root (unshare)");
    // Without the first, a user may not map a group (user_namespaces(7)).
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", format("0 %u 1", user));
    write_file("/proc/self/gid_map", format("0 %u 1", group));
}

#define ALL_GROUPS "/sys/fs/cgroup"

// Where no limits can be measured, no group can be made either, and so none is left behind:
// mydocker makes none, and runc goes on without. crun wants no cgroup2 below a cgroup v1 tree, a
// "hybrid", so that one is covered.
static void mount_cgroups_readonly(void)
{
    // struct mount_attr, which <sys/mount.h> has since glibc 2.36 (mount_setattr(2)).
    const uint64_t readonly[4] = {1 /* attr_set: MOUNT_ATTR_RDONLY */};
    const unsigned int recursive = 0x8000;

    if (syscall(SYS_mount_setattr, AT_FDCWD, ALL_GROUPS, recursive, readonly,
                sizeof(readonly)) == -1 &&
        errno != ENOENT && errno != EINVAL) // no cgroups mounted there
        warn("cgroups stay writable (mount_setattr)");
    if (mount("tmpfs", ALL_GROUPS "/unified", "tmpfs", 0, NULL) == -1 && errno != ENOENT)
        warn("mount /sys/fs/cgroup/unified");
}

static const char *our_group; // an empty one, or NULL: here are no limits to measure

// mydocker has removed its own groups. A runtime that was killed leaves one.
static void remove_groups(void)
{
    DIR *group = opendir(our_group);
    const struct dirent *entry;

    while (group != NULL && (entry = readdir(group)) != NULL)
        (void)unlinkat(dirfd(group), entry->d_name, AT_REMOVEDIR);
    if (group != NULL)
        closedir(group);
    (void)rmdir(our_group);
}

// Let all groups be an empty one that is given what step 8 limits. Returns false where this machine
// has no control groups of version 2, or the controllers are not among them.
static bool make_room_for_limits(const char *scratch)
{
    static const char *const controllers[] = {"+cpu", "+memory", "+pids"};
    const char *all = format("%s/groups", scratch);

    if (mkdir(all, 0755) == -1 || mount("cgroup2", all, "cgroup2", 0, NULL) == -1)
        return false;
    for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
        int fd = open(format("%s/cgroup.subtree_control", all), O_WRONLY | O_CLOEXEC);
        ssize_t written = write(fd, controllers[i], strlen(controllers[i]));
        close(fd);
        if (written == -1)
            return false;
    }
    our_group = format("%s/bench-of-mydocker", all);
    if ((mkdir(our_group, 0755) == -1 && errno != EEXIST) ||
        mount(our_group, ALL_GROUPS, NULL, MS_BIND, NULL) == -1)
        err(2, "a group in %s", all);
    return atexit(remove_groups) == 0;
}

static void mount_scratch(const char *scratch)
{
    // Without it, on a systemd machine, these mounts would appear on the host.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        err(2, "mount /");
    if (mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -1)
        err(2, "mount /proc");
    if (mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, NULL) == -1)
        err(2, "mount %s", scratch);
    if (!make_room_for_limits(scratch))
        mount_cgroups_readonly();
}

// Returns in a child that is PID 1 of its own namespace: when it ends, in whatever way, the kernel
// kills all that it has started and drops all that it has mounted. And it ends when we do.
static void enter_scratch(const char *scratch)
{
    int status;

    if (geteuid() != 0)
        become_root();
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) == -1)
        err(2, "no namespaces without CAP_SYS_ADMIN: run it as root (unshare)");
    pid_t child = fork();
    if (child == -1)
        err(2, "fork");
    if (child != 0) {
        if (waitpid(child, &status, 0) == -1)
            err(2, "waitpid");
        exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        err(2, "prctl");
    mount_scratch(scratch);
}

// ---- the candidates ----

// Add one: a NULL-terminated list of arguments, COMMAND the last.
static struct candidate *add(enum kind kind, const char *name, const char *const *argv)
{
    struct candidate *new = &candidates[candidate_count++];
    int count = 0;

    if (candidate_count > CANDIDATES_MAX)
        errx(2, "more than %d candidates", CANDIDATES_MAX);
    *new = (struct candidate){.kind = kind, .name = name, .memory = NAN, .memories = NAN};
    for (; argv[count] != NULL; count++)
        new->argv[count] = argv[count];
    new->command = count - 1;
    return new;
}

// ".../step04/mydocker" is step04.
static const char *name_of(const char *path)
{
    char *name = format("%s", path);
    char *slash = strrchr(name, '/');

    if (slash == NULL)
        errx(2, "%s: no directory to take a name from", path);
    *slash = '\0';
    slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

static int step_number(const char *path)
{
    const char *name = name_of(path);

    return (int)strtol(name + strcspn(name, "0123456789"), NULL, 10);
}

static void add_mydocker(const char *path)
{
    add(MYDOCKER, name_of(path), (const char *[]){path, "run", command, NULL});
}

// Where NAME is, NULL where it is not installed. An ordinary user's PATH often lacks runc's place.
static const char *find(const char *name)
{
    const char *path = getenv("PATH");
    char *list = format("%s:/usr/local/sbin:/usr/sbin:/sbin", path != NULL ? path : "/usr/bin");

    for (char *entry = strtok(list, ":"); entry != NULL; entry = strtok(NULL, ":")) {
        char *file = format("%s/%s", entry, name);
        if (access(file, X_OK) == 0)
            return file;
        free(file);
    }
    printf("%s: not installed\n", name);
    return NULL;
}

static void copy_file(const char *from, const char *to)
{
    struct stat status;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

    if (in == -1 || out == -1 || fstat(in, &status) == -1 ||
        sendfile(out, in, NULL, (size_t)status.st_size) != status.st_size)
        err(2, "copy %s to %s", from, to);
    close(in);
    close(out);
}

// What crun and runc run: a bundle with the same five namespaces, MOUNTS, and a root of its own,
// which they insist on. PROCESS and MORE are more of the configuration.
static void make_bundle(const char *bundle, const char *mounts, const char *process,
                        const char *more)
{
    static const char *const directories[] = {"", "/dev", "/proc", "/sys"};
    const char *config = format(
        "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/\","
        "\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"/true\"]%s},\"mounts\":[%s],"
        "\"linux\":{\"namespaces\":[{\"type\":\"uts\"},{\"type\":\"pid\"},"
        "{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"ipc\"}]%s}}\n",
        process, mounts, more);

    write_file(format("%s/config.json", bundle), config);
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        if (mkdir(format("%s/rootfs%s", bundle, directories[i]), 0755) == -1)
            err(2, "mkdir in %s", bundle);
    copy_file(command, format("%s/rootfs/true", bundle));
}

#define MOUNT(at, type, options)                                                                   \
    "{\"destination\":\"" at "\",\"type\":\"" type "\",\"source\":\"" type                         \
    "\",\"options\":[\"nosuid\",\"noexec\"" options "]}"
#define PROC MOUNT("/proc", "proc", ",\"nodev\"")

static const char *bwrap, *crun, *runc; // where they are, or NULL

// NAME is crun or runc, of a BUNDLE. They read in there what COMMAND is; "bench" is the container.
static void add_runtime(enum kind kind, const char *name, const char *file, const char *bundle)
{
    const char *state = format("%s/state", bundle);

    if (file == NULL)
        return;
    // crun makes a group where there is something to limit. runc "rootless" as root too: it then
    // goes on where it can make none.
    add(kind, name,
        (const char *[]){file, "--root", state,
                         file == runc           ? "--rootless=true"
                         : kind == LIMITED_PEER ? "--cgroup-manager=cgroupfs"
                                                : "--cgroup-manager=disabled",
                         "run", "-b", bundle, "bench", NULL});
}

static void add_peers(const char *scratch)
{
    const char *file;

    if ((file = find("unshare")) != NULL)
        add(PEER, "unshare", (const char *[]){file, "-fpmuin", "--mount-proc", command, NULL});
    if ((bwrap = find("bwrap")) != NULL)
        add(PEER, "bwrap",
            (const char *[]){bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc",
                             "--unshare-uts", "--dev-bind", "/", "/", "--proc", "/proc", command,
                             NULL});
    // The host's /dev is in it so that they do not make a new one.
    make_bundle(scratch,
                "{\"destination\":\"/dev\",\"type\":\"bind\",\"source\":\"/dev\","
                "\"options\":[\"rbind\"]}," PROC,
                "", "");
    crun = find("crun");
    add_runtime(PEER, "crun", crun, scratch);
    runc = find("runc");
    add_runtime(PEER, "runc", runc, scratch);
}

// A step that has --rootfs, and self-exec with what that one calls.
static void add_rooted_step(const char *path, const char *root)
{
    const char *floor = format("%s/floor", directory);
    int step = step_number(path);
    const struct candidate *its_floor = NULL;

    if (step < FIRST_ROOTED)
        return;
    if (step <= LAST_FLOOR)
        its_floor = add(ROOTED_FLOOR, format("floor%02d", step),
                        (const char *[]){floor, "--self-exec", "--root", format("%d", step), root,
                                         "/true", NULL});
    add(ROOTED, name_of(path), (const char *[]){path, "run", "--rootfs", root, "/true", NULL})
        ->floor = its_floor;
}

// What step 6 mounts, for crun and runc.
#define MOUNTS                                                                                     \
    PROC "," MOUNT("/dev", "tmpfs", ",\"mode=755\",\"size=64k\"") "," MOUNT(                       \
        "/dev/pts", "devpts", ",\"newinstance\",\"ptmxmode=0666\"") ","                            \
        MOUNT("/dev/shm", "tmpfs", ",\"mode=1777\",\"size=64m\"") ","                              \
            MOUNT("/dev/mqueue", "mqueue", "") "," MOUNT("/sys", "sysfs", ",\"ro\"")

// For bwrap (it binds the host's /sys).
#define BWRAP_MOUNTS(root)                                                                         \
    "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--bind", root, "/",       \
        "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue",      \
        "--ro-bind", "/sys", "/sys"

// The STEPS that have --rootfs, and the peers with the same root and what step 6 mounts in it. None
// of these makes a layer, as step 7 does.
static void add_rooted(const char *scratch, char **steps)
{
    const char *bundle = format("%s/rooted", scratch), *root = format("%s/rootfs", bundle);

    if (mkdir(bundle, 0755) == -1)
        err(2, "mkdir %s", bundle);
    make_bundle(bundle, MOUNTS, "", "");
    for (; *steps != NULL; steps++)
        add_rooted_step(*steps, root);
    if (bwrap != NULL)
        add(ROOTED_PEER, "bwrap", (const char *[]){bwrap, BWRAP_MOUNTS(root), "/true", NULL});
    add_runtime(ROOTED_PEER, "crun", crun, bundle);
    add_runtime(ROOTED_PEER, "runc", runc, bundle);
}

// ---- the same, as strict as step 11: Docker's capabilities, masks and a filter ----

// Of each a list that ends in NULL.
// clang-format off
static const char *const capabilities[] = {
    "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
    "CAP_SYS_CHROOT", NULL,
};
static const char *const hidden[] = {
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
    "/sys/devices/virtual/powercap", NULL,
};
static const char *const readonly[] = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};
static const char *const forbidden[] = {
    "acct", "add_key", "bpf", "clock_settime", "delete_module", "finit_module", "fsconfig", "fsmount", "fsopen",
    "fspick", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
    "kexec_file_load", "kexec_load", "keyctl", "mount", "mount_setattr", "move_mount", "move_pages",
    "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "quotactl", "quotactl_fd", "reboot",
    "request_key", "setns", "settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd",
    "vhangup", NULL,
};
// clang-format on

// The call fails where the bits MASK of that argument are VALUE.
static const struct {
    const char *call;
    unsigned argument, mask, value;
} rules[] = {
    {"clone", 0, CLONE_NEWCGROUP, CLONE_NEWCGROUP},
    {"clone", 0, CLONE_NEWIPC, CLONE_NEWIPC},
    {"clone", 0, CLONE_NEWNET, CLONE_NEWNET},
    {"clone", 0, CLONE_NEWNS, CLONE_NEWNS},
    {"clone", 0, CLONE_NEWPID, CLONE_NEWPID},
    {"clone", 0, CLONE_NEWUSER, CLONE_NEWUSER},
    {"clone", 0, CLONE_NEWUTS, CLONE_NEWUTS},
    {"ioctl", 1, UINT32_MAX, TIOCLINUX},
    {"ioctl", 1, UINT32_MAX, TIOCSTI},
    {"socket", 0, UINT32_MAX, AF_ALG},
    {"socket", 0, UINT32_MAX, AF_RXRPC},
    {"socket", 0, UINT32_MAX, AF_VSOCK},
};

// NAMES as JSON.
static const char *json(const char *const *names)
{
    const char *list = format("[\"%s\"", *names);

    while (*++names != NULL)
        list = format("%s,\"%s\"", list, *names);
    return format("%s]", list);
}

static const char *strict_process(void)
{
    const char *list = json(capabilities);

    return format(
        ",\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":%s,\"effective\":%s,"
        "\"permitted\":%s}",
        list, list, list);
}

static const char *strict_linux(void)
{
    const char *calls = format(
        "{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%d},"
        "{\"names\":%s,\"action\":\"SCMP_ACT_ERRNO\"}",
        ENOSYS, json(forbidden));

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        calls = format(
            "%s,{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":%u,"
            "\"value\":%u,\"valueTwo\":%u,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}",
            calls, rules[i].call, rules[i].argument, rules[i].mask, rules[i].value);
    return format(
        ",\"maskedPaths\":%s,\"readonlyPaths\":%s,\"seccomp\":{\"defaultAction\":"
        "\"SCMP_ACT_ALLOW\",\"syscalls\":[%s]}",
        json(hidden), json(readonly), calls);
}

static const char *bwrap_filter; // a file with step 11's filter, made by the program `filter`

// bwrap's words for it. Returns the end of WORDS.
static const char **strict_words(const char **words)
{
    struct stat status;

    *words++ = "--cap-drop";
    *words++ = "ALL";
    for (size_t i = 0; capabilities[i] != NULL; i++) {
        *words++ = "--cap-add";
        *words++ = capabilities[i];
    }
    for (size_t i = 0; hidden[i] != NULL; i++) {
        if (stat(hidden[i], &status) == -1)
            continue;
        if (S_ISDIR(status.st_mode)) {
            *words++ = "--tmpfs";
            *words++ = hidden[i];
            *words++ = "--remount-ro";
        } else {
            *words++ = "--dev-bind";
            *words++ = "/dev/null";
        }
        *words++ = hidden[i];
    }
    for (size_t i = 0; readonly[i] != NULL; i++) {
        if (stat(readonly[i], &status) == -1)
            continue;
        *words++ = "--ro-bind";
        *words++ = readonly[i];
        *words++ = readonly[i];
    }
    *words++ = "--seccomp";
    *words++ = format("%d", FILTER_FD);
    return words;
}

static const char *make_strict_bundle(const char *bundle, const char *limits)
{
    if (mkdir(bundle, 0755) == -1)
        err(2, "mkdir %s", bundle);
    make_bundle(bundle, MOUNTS, strict_process(), format("%s%s", strict_linux(), limits));
    return bundle;
}

// Without limits. The filter is step 11's, call by call.
static void add_strict(const char *scratch)
{
    const char *bundle = make_strict_bundle(format("%s/strict", scratch), "");
    const char *root = format("%s/rootfs", bundle);
    const char *words[ARGS_MAX] = {bwrap, BWRAP_MOUNTS(root)}, **end = words;

    while (*end != NULL)
        end++;
    *strict_words(end) = "/true";
    bwrap_filter = format("%s/filter.bpf", scratch);
    if (bwrap != NULL && system(format("'%s/filter' >'%s'", directory, bwrap_filter)) == 0)
        add(STRICT_PEER, "bwrap-11", words);
    add_runtime(STRICT_PEER, "crun-11", crun, bundle);
    add_runtime(STRICT_PEER, "runc-11", runc, bundle);
}

// ---- with limits as well ----

static void add_limited(const char *scratch, char **steps)
{
    const char *bundle;

    if (our_group == NULL) {
        printf("limits: no control groups of version 2 with cpu, memory and pids here\n");
        return;
    }
    bundle = make_strict_bundle(format("%s/limited", scratch),
                                ",\"cgroupsPath\":\"/bench\",\"resources\":{"
                                "\"memory\":{\"limit\":67108864,\"swap\":67108864},"
                                "\"cpu\":{\"quota\":100000,\"period\":100000},"
                                "\"pids\":{\"limit\":64}}");
    for (; *steps != NULL; steps++)
        if (step_number(*steps) >= FIRST_LIMITED)
            add(LIMITED, format("%s-lim", name_of(*steps)),
                (const char *[]){*steps, "run", "-m", "64m", "--cpus", "1", "--pids-limit", "64",
                                 "--rootfs", format("%s/rootfs", bundle), "/true", NULL});
    add_runtime(LIMITED_PEER, "crun-lim", crun, bundle);
    add_runtime(LIMITED_PEER, "runc-lim", runc, bundle);
}

// ---- one run, from outside ----

// What hangs takes its whole family with it: kill(2) with -1 spares only PID 1, which is us.
static volatile sig_atomic_t timed_out;

static void on_alarm(int signal_number)
{
    (void)signal_number;
    timed_out = 1;
    kill(-1, SIGKILL);
}

static pid_t spawn(const char *const *argv, int error_fd)
{
    posix_spawn_file_actions_t actions;
    pid_t child;

    if ((errno = posix_spawn_file_actions_init(&actions)) != 0 ||
        (errno = posix_spawn_file_actions_adddup2(&actions, null_fd, 0)) != 0 ||
        (errno = posix_spawn_file_actions_adddup2(&actions, null_fd, 1)) != 0 ||
        (errno = posix_spawn_file_actions_adddup2(&actions, error_fd, 2)) != 0)
        err(2, "posix_spawn_file_actions");
    // Opened anew for each: bwrap reads it to its end.
    if (argv[0] == bwrap && bwrap_filter != NULL &&
        (errno = posix_spawn_file_actions_addopen(&actions, FILTER_FD, bwrap_filter, O_RDONLY, 0)))
        err(2, "posix_spawn_file_actions_addopen");
    errno = posix_spawn(&child, argv[0], &actions, NULL, (char *const *)argv, environ);
    if (errno != 0)
        err(2, "posix_spawn %s", argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static double now(void) // in microseconds
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

// Run COMMAND once. Returns whether it ended with status 0, and in TIME how long all of it took.
static bool run(const struct candidate *candidate, int error_fd, double *time)
{
    int status;

    timed_out = 0;
    alarm(TIME_LIMIT);
    double start = now();
    pid_t child = spawn(candidate->argv, error_fd);
    if (waitpid(child, &status, 0) == -1)
        err(2, "waitpid");
    *time = now() - start;
    alarm(0);
    // What the runtime left behind has become our child.
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    return status == 0;
}

// The last line of what is in the file FD, without its newline.
static void last_line(int fd, char *line, size_t size)
{
    ssize_t length = pread(fd, line, size - 1, 0);

    while (length > 0 && line[length - 1] == '\n')
        length--;
    line[length > 0 ? length : 0] = '\0';
    const char *newline = strrchr(line, '\n');
    if (newline != NULL)
        memmove(line, newline + 1, strlen(newline));
}

// One run, to see whether it works here. Says why not, as the candidate itself does.
static void try_run(struct candidate *candidate, const char *scratch)
{
    char line[4096] = "it takes too long";
    double time;
    int fd = open(scratch, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    if (fd == -1)
        err(2, "open %s", scratch);
    candidate->failed = !run(candidate, fd, &time);
    if (!timed_out)
        last_line(fd, line, sizeof(line));
    if (candidate->failed)
        printf("%s: does not work here: %s\n", candidate->name, line);
    close(fd);
}

// ---- the turns ----

// Whose go it is. Every turn starts with another candidate; and each follows each other equally
// often (a Williams design), since a network namespace is torn down after its last process has
// ended, which slows down whoever comes next.
static int candidate_at(int turn, int place)
{
    int n = candidate_count;
    int p = turn / n % 2 == 0 ? place : n - 1 - place;
    int zigzag = p % 2 == 1 ? (p + 1) / 2 : (n - p / 2) % n; // 0 1 n-1 2 n-2 ...

    return (zigzag + turn) % n;
}

static void take_turn(int turn)
{
    for (int place = 0; place < candidate_count; place++) {
        struct candidate *candidate = &candidates[candidate_at(turn, place)];

        if (candidate->failed || run(candidate, null_fd, &candidate->times[turn]))
            continue;
        candidate->failed = true;
        printf("%s: %s in turn %d, left out\n", candidate->name,
               timed_out ? "killed after the time limit" : "failed", turn + 1);
    }
}

// Warm up, and see how many turns fit into the time there is.
static int turns_that_fit(void)
{
    double start = now();

    for (int turn = 0; turn < WARM_UP_TURNS; turn++)
        take_turn(turn);
    double turns = SECONDS * 1e6 / ((now() - start) / WARM_UP_TURNS);
    return turns < RUNS_MAX ? (int)turns + 1 : RUNS_MAX;
}

// Take RUNS turns, or as many as fit where it is 0. Returns how many it was.
static int take_turns(int runs)
{
    for (int i = 0; i < candidate_count; i++) {
        candidates[i].times = calloc(RUNS_MAX, sizeof(double));
        if (candidates[i].times == NULL)
            err(2, "calloc");
    }
    int fit = turns_that_fit();
    if (runs == 0)
        runs = fit;
    for (int turn = 0; turn < runs; turn++)
        take_turn(turn);
    return runs;
}

// ---- the figures ----

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

// The value below which FRACTION of the sorted VALUES lie, between two of them by proportion.
static double quantile(const double *values, int count, double fraction)
{
    double position = fraction * (count - 1);
    int below = (int)position;
    int above = below + 1 < count ? below + 1 : below;

    return values[below] + (position - below) * (values[above] - values[below]);
}

static double *sorted(const double *values, int count)
{
    double *copy = calloc((size_t)count, sizeof(double));

    if (copy == NULL)
        err(2, "calloc");
    memcpy(copy, values, (size_t)count * sizeof(double));
    qsort(copy, (size_t)count, sizeof(double), compare);
    return copy;
}

// The median of the ratios of A to B in each turn. Where other processes take the CPU for a while,
// they slow down both, and their ratio stays: from one benchmark to the next this varies less than
// the ratio of the medians. NAN where one of them failed.
static double paired_ratio(const struct candidate *a, const struct candidate *b, int runs)
{
    double *ratios = calloc((size_t)runs, sizeof(double));

    if (ratios == NULL)
        err(2, "calloc");
    for (int turn = 0; turn < runs; turn++)
        ratios[turn] = a->failed || b->failed ? NAN : a->times[turn] / b->times[turn];
    qsort(ratios, (size_t)runs, sizeof(double), compare);
    double median = quantile(ratios, runs, 0.5);
    free(ratios);
    return median;
}

static double median_time(const struct candidate *candidate, int runs)
{
    double *times = sorted(candidate->times, runs);
    double median = quantile(times, runs, 0.5);

    free(times);
    return median;
}

static void print_row(const struct candidate *candidate, const struct candidate *floor,
                      const struct candidate *self_exec, int runs)
{
    double *times = sorted(candidate->times, runs);
    double median = quantile(times, runs, 0.5);

    printf("%-10s %6d %9.0f %9.0f %9.0f %8.3f %8.3f %9.3f\n", candidate->name, runs, median,
           quantile(times, runs, 0.25), quantile(times, runs, 0.75),
           median / median_time(floor, runs), paired_ratio(candidate, floor, runs),
           paired_ratio(candidate, self_exec, runs));
    free(times);
}

static void print_times(const struct candidate *floor, const struct candidate *self_exec, int runs)
{
    printf(
        "\nWall time of a whole run of a static `true`, in microseconds.\n"
        "\n"
        "\"exec only\" is `true` by itself: what each start of a static program costs here.\n"
        "\"floor\" is the least that makes a container: clone(2) with the same five namespaces, "
        "the\n"
        "same mounts and one execve(2), and nothing else. That is two starts of a program.\n"
        "\"self-exec\" is the floor that executes itself once more as init, and so has three: the\n"
        "least of this design.\n"
        "The ratios say how many times the floor a run takes: of the two medians; and, paired, "
        "the\n"
        "median of the ratios turn by turn. The last one is to self-exec, paired.\n"
        "\n%-10s %6s %9s %9s %9s %8s %8s %9s\n",
        "", "runs", "median", "quartile1", "quartile3", "medians", "paired", "self-exec");
    for (int i = 0; i < candidate_count; i++)
        if (!candidates[i].failed && candidates[i].kind < ROOTED)
            print_row(&candidates[i], floor, self_exec, runs);
}

// The last step with a root file system, or NULL.
static const struct candidate *last_rooted(void)
{
    const struct candidate *last = NULL;

    for (int i = 0; i < candidate_count; i++)
        if (candidates[i].kind == ROOTED && !candidates[i].failed)
            last = &candidates[i];
    return last;
}

static void print_rooted_row(const struct candidate *candidate, const struct candidate *last,
                             int runs)
{
    double *times = sorted(candidate->times, runs);

    printf("%-10s %6d %9.0f %9.0f %9.0f %8.3f", candidate->name, runs, quantile(times, runs, 0.5),
           quantile(times, runs, 0.25), quantile(times, runs, 0.75),
           paired_ratio(candidate, last, runs));
    if (candidate->floor != NULL)
        printf(" %9.3f", paired_ratio(candidate, candidate->floor, runs));
    putchar('\n');
    free(times);
}

// Nothing to print where no step has a root file system.
static void print_rooted(int runs)
{
    const struct candidate *last = last_rooted();

    if (last == NULL)
        return;
    printf(
        "\nThe same with a root file system. A step's floor is self-exec with that step's own "
        "calls:\npivot_root(2), the mounts, the files in /dev, the overlay. Of the peers none "
        "makes "
        "a layer,\nas step 7 does; they mount what step 6 does, and bwrap-11, crun-11 and runc-11 "
        "have step\n11's capabilities, masks and filter. Those with -lim have limits as well, for "
        "memory,\nprocessors and processes. The ratios are to %s and to the floor, paired.\n"
        "\n%-10s %6s %9s %9s %9s %8s %9s\n",
        last->name, "", "runs", "median", "quartile1", "quartile3", last->name, "its floor");
    for (int i = 0; i < candidate_count; i++)
        if (candidates[i].kind >= ROOTED && !candidates[i].failed)
            print_rooted_row(&candidates[i], last, runs);
}

// ---- memory: what waits beside COMMAND, in its share (PSS) ----

// The Pss of process NAME in kB, 0 where it has ended.
static double pss_of(const char *name)
{
    char *path = format("/proc/%s/smaps_rollup", name);
    FILE *file = fopen(path, "re");
    char line[256];
    double kilobytes = 0;

    free(path);
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "Pss: %lf kB", &kilobytes) == 1)
            break;
    fclose(file);
    return kilobytes;
}

static bool is_command(const char *name)
{
    char *path = format("/proc/%s/comm", name);
    FILE *file = fopen(path, "re");
    char line[32] = "";

    free(path);
    if (file == NULL)
        return false;
    bool read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    return read && strcmp(line, "pause\n") == 0;
}

// How many processes are COMMAND, and the Pss of all the others together. /proc shows the scratch
// world alone: whatever is in it, other than us, PID 1, belongs to a container.
static int count_commands(double *kilobytes)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    int commands = 0;

    if (proc == NULL)
        err(2, "opendir /proc");
    if (kilobytes != NULL)
        *kilobytes = 0;
    while ((entry = readdir(proc)) != NULL) {
        if (entry->d_name[strspn(entry->d_name, "0123456789")] != '\0' ||
            strcmp(entry->d_name, "1") == 0)
            continue;
        if (is_command(entry->d_name))
            commands++;
        else if (kilobytes != NULL)
            *kilobytes += pss_of(entry->d_name);
    }
    closedir(proc);
    return commands;
}

// The memory per container of COUNT containers at once, in kB. NAN where they did not all start.
static double memory_of(const struct candidate *candidate, int count)
{
    const struct timespec interval = {.tv_nsec = 20 * 1000 * 1000};
    const char *argv[ARGS_MAX];
    double deadline = now() + TIME_LIMIT * 1e6, kilobytes = NAN;

    memcpy(argv, candidate->argv, sizeof(argv));
    argv[candidate->command] = format("%s/pause", directory);
    for (int i = 0; i < count; i++)
        spawn(argv, null_fd);
    while (count_commands(NULL) < count && now() < deadline)
        nanosleep(&interval, NULL);
    // The last one has been started; now it settles down to wait.
    nanosleep(&interval, NULL);
    if (count_commands(&kilobytes) != count) {
        printf("%s: not all of %d containers have started\n", candidate->name, count);
        kilobytes = NAN;
    }
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0) {
    }
    return kilobytes / count;
}

// crun and runc are not among them: what they leave with a container differs with how they are used
// (run waits, create and start do not), and what their COMMAND is stands in the bundle.
static bool has_memory(const struct candidate *candidate, const struct candidate *last_step)
{
    return !candidate->failed &&
           (candidate->kind == FLOOR || candidate == last_step ||
            (candidate->kind == PEER && candidate->argv[candidate->command] == command));
}

static void print_memory(const struct candidate *last_step)
{
    printf(
        "\nMemory per container (PSS, COMMAND's own not counted), in kB.\n\n"
        "%-10s %12s %12s\n",
        "", "1 container", format("%d at once", CONTAINERS));
    for (int i = 0; i < candidate_count; i++) {
        struct candidate *candidate = &candidates[i];

        if (!has_memory(candidate, last_step))
            continue;
        candidate->memory = memory_of(candidate, 1);
        candidate->memories = memory_of(candidate, CONTAINERS);
        printf("%-10s %12.1f %12.1f\n", candidate->name, candidate->memory, candidate->memories);
    }
}

// ---- the targets ----

// Say whether a target is met. Not so where a figure is missing: NAN compares false.
static bool judge(bool met, const char *what)
{
    printf("  %-8s %s\n", met ? "met:" : "not met:", what);
    return met;
}

static bool judge_time(const struct candidate *step, const struct candidate *self_exec, int runs)
{
    double ratio = paired_ratio(step, self_exec, runs);
    bool met = judge(ratio <= RATIO_TARGET,
                     format("time at most %.2f x self-exec's: %.3f x", RATIO_TARGET, ratio));

    for (int i = 0; i < candidate_count; i++) {
        const struct candidate *peer = &candidates[i];
        if (peer->kind != PEER || peer->failed)
            continue;
        ratio = paired_ratio(step, peer, runs);
        met &= judge(ratio < 1, format("time less than %s's: %.3f x", peer->name, ratio));
    }
    return met;
}

// The step with a root file system that does the work of PEER, or NULL.
static const struct candidate *rooted_step(const struct candidate *peer)
{
    const char *name = format("step%02d%s", peer->kind == ROOTED_PEER ? LAST_FLOOR : STRICT,
                              peer->kind == LIMITED_PEER ? "-lim" : "");

    for (int i = 0; i < candidate_count; i++)
        if ((candidates[i].kind == ROOTED || candidates[i].kind == LIMITED) &&
            !candidates[i].failed && strcmp(candidates[i].name, name) == 0)
            return &candidates[i];
    return NULL;
}

static bool judge_rooted(int runs)
{
    bool met = true;

    if (last_rooted() != NULL)
        printf("With a root file system:\n");
    for (int i = 0; i < candidate_count; i++) {
        const struct candidate *candidate = &candidates[i];
        bool is_strict = candidate->kind >= STRICT_PEER;
        bool is_bwrap = candidate->argv[0] == bwrap;
        double target = is_strict  ? is_bwrap ? STRICT_BWRAP_TARGET : STRICT_CRUN_TARGET
                        : is_bwrap ? BWRAP_TARGET
                                   : CRUN_TARGET;
        const struct candidate *step;
        double ratio;
        if (candidate->floor != NULL) {
            ratio = paired_ratio(candidate, candidate->floor, runs);
            met &=
                judge(ratio <= ROOTED_TARGET, format("%s: time at most %.2f x its floor's: %.3f x",
                                                     candidate->name, ROOTED_TARGET, ratio));
        } else if (candidate->kind >= ROOTED_PEER && candidate->kind != LIMITED &&
                   !candidate->failed && candidate->argv[0] != runc &&
                   (step = rooted_step(candidate)) != NULL) {
            ratio = paired_ratio(step, candidate, runs);
            met &= judge(ratio <= target, format("%s: time at most %.2f x %s's: %.3f x", step->name,
                                                 target, candidate->name, ratio));
        }
    }
    return met;
}

// The figure for one alone is no target: it has all of its program's pages to itself, while those
// of a dynamic program are shared with whatever else is running on this machine.
static bool judge_memory(const struct candidate *step)
{
    bool met = judge(step->memories <= MEMORY_TARGET,
                     format("memory at most %.0f kB each, %d at once: %.1f kB", MEMORY_TARGET,
                            CONTAINERS, step->memories));

    met &= judge(step->memories <= step->memory,
                 format("memory of each no more than of one alone: %.1f and %.1f kB",
                        step->memories, step->memory));
    for (int i = 0; i < candidate_count; i++) {
        const struct candidate *peer = &candidates[i];
        if (peer->kind == PEER && !isnan(peer->memories))
            met &= judge(step->memories < peer->memories,
                         format("memory less than %s's: %.1f and %.1f kB", peer->name,
                                step->memories, peer->memories));
    }
    return met;
}

// ---- main ----

static int number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < 1 || value > RUNS_MAX)
        errx(2, "%s: not a number of turns from 1 to %d", text, RUNS_MAX);
    return (int)value;
}

// This program's directory. Returns where the scratch file system goes.
static const char *find_directory(void)
{
    ssize_t length = readlink("/proc/self/exe", directory, sizeof(directory) - 1);

    if (length == -1)
        err(2, "readlink /proc/self/exe");
    directory[length] = '\0';
    *strrchr(directory, '/') = '\0';
    command = format("%s/true", directory);
    return format("%s/scratch", directory);
}

static void prepare(void)
{
    // Without SA_RESTART, waitpid(2) would fail where a run takes too long.
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

    if (sigaction(SIGALRM, &action, NULL) == -1)
        err(2, "sigaction");
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd == -1)
        err(2, "open /dev/null");
    setlinebuf(stdout);
}

// Returns whether all targets are met.
static bool measure(const char *scratch, char **steps, int runs)
{
    const struct candidate *floor = &candidates[1], *self_exec = &candidates[2];
    const struct candidate *last_step = &candidates[candidate_count - 1];

    add_peers(scratch);
    add_rooted(scratch, steps);
    add_strict(scratch);
    add_limited(scratch, steps);
    for (int i = 0; i < candidate_count; i++)
        try_run(&candidates[i], scratch);
    runs = take_turns(runs);
    if (floor->failed || self_exec->failed)
        errx(2, "without the floors there is nothing to compare with");
    print_times(floor, self_exec, runs);
    print_rooted(runs);
    print_memory(last_step);

    printf("\nThe targets, for %s:\n", last_step->name);
    if (last_step->failed)
        return judge(false, "all, as it did not run");
    bool met = judge_time(last_step, self_exec, runs);
    met &= judge_memory(last_step);
    return judge_rooted(runs) && met;
}

// A reader is not to blame for what else the machine does.
static void say_what_a_miss_means(void)
{
    double load = 0;

    (void)getloadavg(&load, 1);
    printf(
        "A target that is not met is no failure: a busy machine misses some. Its load is %.1f "
        "now;\n"
        "below 1 the figures count.\n",
        load);
}

// Exits with 0, or with -s (strict) with 1 where a target is not met; 2 where nothing could be
// measured.
int main(int argc, char **argv)
{
    int runs = 0, option;
    bool strict = false;

    while ((option = getopt(argc, argv, "n:s")) != -1) {
        if (option == '?')
            errx(2, "usage: bench [-s] [-n TURNS] MYDOCKER...");
        strict |= option == 's';
        runs = option == 'n' ? number(optarg) : runs;
    }
    if (optind == argc)
        errx(2, "usage: bench [-s] [-n TURNS] MYDOCKER...");
    const char *scratch = find_directory();
    enter_scratch(scratch);
    prepare();

    add(EXEC_ONLY, "exec only", (const char *[]){command, NULL});
    const char *floor = format("%s/floor", directory);
    add(FLOOR, "floor", (const char *[]){floor, command, NULL});
    add(SELF_EXEC, "self-exec", (const char *[]){floor, "--self-exec", command, NULL});
    for (int i = optind; i < argc; i++)
        add_mydocker(argv[i]);
    bool met = measure(scratch, argv + optind, runs);
    if (!met && !strict)
        say_what_a_miss_means();
    return strict && !met ? 1 : 0;
}
