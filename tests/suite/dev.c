// What every system has besides its files: /dev and /sys.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

static const char *const devices[] = {"full", "null", "random", "tty", "urandom", "zero"};
static const char *const others[] = {"fd",  "mqueue", "ptmx",  "pts",
                                     "shm", "stderr", "stdin", "stdout"};

static struct process *run_dev(void)
{
    struct process *p = run("run", "--rootfs", root_make(), "/bin/probe", "dev");

    expect(p->status == 0, "COMMAND should run in DIR, and end with 0: %s", describe(p));
    return p;
}

// Has the probe told of KEY?
static bool tells(const struct process *p, const char *key)
{
    return strstr(text_of("\n%s", p->output.bytes), text_of("\n%s=", key)) != NULL;
}

static void nothing_yet(void)
{
    struct process *p = run("run", "--rootfs", root_make(), "/bin/probe", "root");
    const char *mounts = fact(p, "mounts");

    expect(strstr(mounts, "/dev") == NULL && strstr(mounts, "/sys") == NULL,
           "not yet: /dev and /sys should be what DIR has: %s", describe(p));
}

static void six_devices(void)
{
    struct process *p = run_dev();
    struct stat status;

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        const char *file = text_of("/dev/%s", devices[i]);
        if (stat(file, &status) == -1)
            cannot_check(text_of("there is no %s on this machine", file));
        expect(tells(p, file), "there is no %s, and should be: bind the host's (MS_BIND): %s", file,
               describe(p));
        expect(strcmp(fact(p, file), text_of("%o %llx", (unsigned)status.st_mode,
                                             (unsigned long long)status.st_rdev)) == 0,
               "%s should be the host's device (mode and number), %o %llx; it is %s", file,
               (unsigned)status.st_mode, (unsigned long long)status.st_rdev, fact(p, file));
    }
}

static void no_others(void)
{
    struct process *p = run_dev();
    const size_t other_count = sizeof(others) / sizeof(others[0]);
    size_t count = 0;

    for (const char *line = p->output.bytes; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += strncmp(line, "/dev/", 5) == 0 && strncmp(line, "/dev/pts/", 9) != 0;
    }
    expect(count <= sizeof(devices) / sizeof(devices[0]) + other_count,
           "/dev should hold six devices, %zu others and no more: %s", other_count, describe(p));
    for (size_t i = 0; i < other_count; i++)
        expect(tells(p, text_of("/dev/%s", others[i])), "there is no /dev/%s, and should be: %s",
               others[i], describe(p));
}

static void links(void)
{
    static const char *const targets[][2] = {{"/dev/fd", "/proc/self/fd"},
                                             {"/dev/stdin", "/proc/self/fd/0"},
                                             {"/dev/stdout", "/proc/self/fd/1"},
                                             {"/dev/stderr", "/proc/self/fd/2"},
                                             {"/dev/ptmx", "pts/ptmx"}};
    struct process *p = run_dev();

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        expect(strcmp(fact(p, targets[i][0]), text_of("-> %s", targets[i][1])) == 0,
               "%s should be a link to %s, it is %s", targets[i][0], targets[i][1],
               fact(p, targets[i][0]));
}

static void devices_work(void)
{
    struct process *p = run_dev();

    expect(
        fact_number(p, "write_null") == 0 && fact_number(p, "read_zero") == 0 &&
            fact_number(p, "read_urandom") == 0,
        "/dev/null should be written to, /dev/zero and /dev/urandom read (is one mounted nodev, or "
        "a file in place of the device?): %s",
        describe(p));
    expect(fact_number(p, "write_full") == ENOSPC, "/dev/full should be full: %s", describe(p));
}

static void own_terminals(void)
{
    int hosts = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC); // one that is not to be seen inside
    struct process *p = run_dev();

    close(hosts);

    answer("mount(2) of a new devpts: the host's shows the host's terminals");
    expect(fact_number(p, "unlock") == 0 && fact_number(p, "number") == 0 &&
               strstr(text_of(" %s", fact(p, "pts")), " 0 ") != NULL &&
               strlen(fact(p, "pts")) == strlen("0 ptmx "),
           "the first pseudoterminal should be number 0, and alone: %s", describe(p));
    answer("ptmxmode=666 among the options of devpts");
    expect(fact_number(p, "/dev/pts/0") == 0 && strncmp(fact(p, "/dev/pts/ptmx"), "20666 ", 6) == 0,
           "anybody should be able to open one: %s", describe(p));
}

static void expect_mount(const struct process *p, const char *point, long type, const char *flags)
{
    const char *found = fact(p, text_of("mount_%s", point));
    const char *has = strchr(found, ' ') == NULL ? "" : strchr(found, ' ');

    expect(strtol(found, NULL, 16) == type,
           "the file system on %s should be of the type %lx (statfs(2)), it is of another: %s",
           point, type, found);
    expect(strcmp(has, flags) == 0, "%s should be mounted with%s, it is with%s", point, flags, has);
}

static void flags_of_each(void)
{
    struct process *p = run_dev();

    wanted("each is mounted with no more rights than it needs");
    expect_mount(p, "/dev", TMPFS_MAGIC, " nosuid nodev noexec");
    expect_mount(p, "/dev/pts", DEVPTS_SUPER_MAGIC, " nosuid noexec");
    expect_mount(p, "/dev/shm", TMPFS_MAGIC, " nosuid nodev noexec");
    expect_mount(p, "/dev/mqueue", 0x19800202,
                 " nosuid nodev noexec"); // MQUEUE_MAGIC, ipc/mqueue.c
    expect_mount(p, "/sys", SYSFS_MAGIC, " ro nosuid nodev noexec");
}

static void memory_is_shared_inside(void)
{
    const char *name = text_of("mydocker-test-%d", (int)getpid());
    struct process *p = run("run", "--rootfs", root_make(), "/bin/probe", "dev", name);

    expect(fact_number(p, "shm") == 0 && fact_number(p, "mqueue") == 0,
           "shared memory and message queues should have a place: %s", describe(p));
    expect(unlink(text_of("/dev/shm/%s", name)) == -1,
           "what COMMAND makes in /dev/shm should stay in there, it appeared on the host's "
           "/dev/shm, as %s",
           name);
    expect(strncmp(fact(p, "/dev/shm"), "41777 ", 6) == 0, "/dev/shm should be everybody's: %s",
           describe(p));
}

static void no_new_devices(void)
{
    struct process *p = run_dev();

    // Root of a user namespace cannot even make one.
    answer("MS_NODEV in the flags of /dev: what is bound on it has flags of its own");
    expect(fact_number(p, "mknod") != 0 || fact_number(p, "open_device") == EACCES,
           "a device that COMMAND makes in /dev should be none: %s", describe(p));
}

static void hosts_devices_stay(void)
{
    struct process *p = run_dev();

    answer("MS_REMOUNT | MS_BIND | MS_RDONLY for each device");
    expect(fact_number(p, "chmod") == EROFS,
           "a device that is bound is the host's file: chmod in here should not be possible: %s",
           describe(p));
}

static void close_errors(const void *argument)
{
    (void)argument;
    (void)close(2);
}

// 0 without -i, and 2, which the caller has closed.
static void nor_by_a_descriptor(void)
{
    const struct launch how = {.prepare = close_errors, .by_hand = "... 2>&-"};
    struct process *p = run_with(&how, "run", "--rootfs", root_make(), "/bin/probe", "dev");

    answer("open(2) of the new /dev/null, and dup2(2)");
    expect(fact_number(p, "null_0") == EROFS && fact_number(p, "null_2") == EROFS,
           "descriptors 0 and 2 lead to /dev/null, and fchmod(2) should not be able to change the "
           "host's: %s",
           describe(p));
    expect(p->status == 0, "%s", describe(p));
}

static void own_sys(void)
{
    struct process *p = run_dev();

    expect(strcmp(fact(p, "net"), "lo ") == 0,
           "/sys should be a new one, which shows the network of COMMAND: %s", describe(p));
    expect(fact_number(p, "write_sys") == EROFS, "/sys should be read-only: %s", describe(p));
}

static void narrow_umask(const void *argument)
{
    (void)argument;
    umask(0777);
}

static void whatever_umask(void)
{
    struct process *p = run_with(PREPARED(narrow_umask, NULL, "umask 0777; ..."), "run", "--rootfs",
                                 root_make(), "/bin/probe", "dev");

    expect(p->status == 0 && fact_number(p, "write_null") == 0 && fact_number(p, "shm") == 0 &&
               strncmp(fact(p, "/dev/shm"), "41777 ", 6) == 0 &&
               strncmp(fact(p, "/dev/pts"), "40755 ", 6) == 0,
           "with a umask of 0777, too, /dev/null and /dev/shm should be open to all (modes 666 and "
           "1777), and /dev/pts have the mode 0755: %s",
           describe(p));
}

static void small_and_roots_own(void)
{
    struct process *p = run_dev();

    answer("mode=755,size=64k for /dev, size=64m for /dev/shm");
    expect(strncmp(fact(p, "/dev"), "40755 ", 6) == 0,
           "nobody but root should write into /dev itself (mode 0755): %s", describe(p));
    expect(
        fact_number(p, "size_/dev") <= 1024 && fact_number(p, "size_/dev/shm") <= 1024 * 1024,
        "what is written to /dev and /dev/shm is memory, and should have a limit: 64 kB and 64 MB; "
        "they have %ld and %ld kB",
        fact_number(p, "size_/dev"), fact_number(p, "size_/dev/shm"));
}

static void directory_is_as_before(void)
{
    const char *root = root_make();
    const char *before = run_with(&by_the_test, "ls", "-laR", root)->output.bytes;
    struct process *p = run("run", "--rootfs", root, "/bin/probe", "exit", "3");

    expect(p->status == 3, "COMMAND should run in DIR, and end with 3: %s", describe(p));
    const char *after = run_with(&by_the_test, "ls", "-laR", root)->output.bytes;
    expect(strcmp(before, after) == 0, "DIR itself should be as before: %s",
           difference(before, after));
}

static void directories_that_are_missing(void)
{
    static const char *const names[] = {"dev", "sys"};

    for (size_t i = 0; i < 2; i++) {
        const char *root = root_make();
        (void)rmdir(text_of("%s/%s", root, names[i]));
        expect_failure(run("run", "--rootfs", root, "/bin/probe", "dev"), 125,
                       text_of("root has no directory %s...mkdir", names[i]));
    }
}

static void links_lead_nowhere(void)
{
    root_with_links("dev");
    root_with_links("sys");
}

static void mounts_that_fail(void)
{
    // The flags are the fourth argument: /sys alone is mounted read-only.
    const struct denied sys_denied = {SYS_mount, MS_RDONLY, 3, 0};
    const struct denied bind_denied = {SYS_mount, MS_REMOUNT, 3, 0};
    const char *root = root_make();

    wanted("a mount(2) that fails ends the run: look at what each of them returns");
    expect_failure(run_with(PREPARED(deny, &sys_denied, filtered(&sys_denied)), "run", "--rootfs",
                            root, "/bin/probe", "dev"),
                   125, "mount /sys: Operation not permitted...seccomp");
    expect_failure(run_with(PREPARED(deny, &bind_denied, filtered(&bind_denied)), "run", "--rootfs",
                            root, "/bin/probe", "dev"),
                   125, "mount /dev/...: Operation not permitted...seccomp");
}

void without_devices(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("tmpfs", "/dev", "tmpfs", 0, NULL) == -1)
        _exit(111);
}

static void host_without_devices(void)
{
    const struct launch how = {.prepare = without_devices,
                               .input = "\n",
                               .by_hand = "unshare --mount sh -c 'mount -t tmpfs none /dev; ...'"};

    expect_failure(run_with(&how, "run", "-i", "--rootfs", root_make(), "/bin/probe", "dev"), 125,
                   "bind /dev/...: No such file or directory...mount --rbind /dev");
}

// As systemd mounts it in a container. What is bound from there has these flags, too, and in a user
// namespace nobody can take them away.
static void strict_devices(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount(NULL, "/dev", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NOEXEC, NULL) == -1)
        _exit(111);
}

static void in_a_user_namespace(void)
{
    need_user_namespace(NULL);
    const char *root = root_make();

    for (int strict = 0; strict <= 1; strict++) {
        const struct launch how = {.direct = true, .prepare = strict ? strict_devices : NULL};
        struct process *p = run_with(&how, "unshare", "--user", "--map-root-user", mydocker, "run",
                                     "--rootfs", root, "/bin/probe", "dev");
        if (step >= 7 && !overlay_for_users()) {
            expect_failure(p, 125, "overlay...Linux 5.11");
            continue;
        }
        wanted(
            "root of a user namespace can do all of it: no mknod(2) of a device, no gid=5 for "
            "devpts, no flag less than the host's mount has");
        expect(p->status == 0 && fact_number(p, "write_null") == 0 && fact_number(p, "number") == 0,
               "%s", describe(p));
    }
}

static const struct promise promises[] = {
    {"not yet: /dev and /sys are what DIR has", 5, 5, nothing_yet},
    {"the host's six harmless devices", 6, LAST, six_devices},
    {"and no others", 6, LAST, no_others},
    {"links to the descriptors", 6, LAST, links},
    {"the devices work", 6, LAST, devices_work},
    {"pseudoterminals of its own", 6, LAST, own_terminals},
    {"shared memory and message queues have a place", 6, LAST, memory_is_shared_inside},
    {"a /sys of its own, read-only", 6, LAST, own_sys},
    {"the flags of each", 6, LAST, flags_of_each},
    {"a device that COMMAND makes in /dev is none", 6, LAST, no_new_devices},
    {"the host's devices cannot be changed", 6, LAST, hosts_devices_stay},
    {"nor by a descriptor", 6, LAST, nor_by_a_descriptor},
    {"whatever the umask is", 6, LAST, whatever_umask},
    {"/dev is root's own, and small", 6, LAST, small_and_roots_own},
    {"DIR itself is as before", 6, LAST, directory_is_as_before},
    {"a DIR without dev or sys is named", 6, LAST, directories_that_are_missing},
    {"links in DIR lead nowhere else, here too", 6, LAST, links_lead_nowhere},
    {"mounts that fail end it before COMMAND", 6, LAST, mounts_that_fail},
    {"a host without devices is named", 6, LAST, host_without_devices},
    {"root of a user namespace can do it, too", 6, LAST, in_a_user_namespace},
};
MECHANISM(dev, 6,
          "between pivot_root(2) and the end of the old root both are within reach: what is new in "
          "/dev, what is the host's, and by which name?");
