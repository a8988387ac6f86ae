// A root of its own: --rootfs DIR.
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

static bool probe_is_static(void)
{
    ElfW(Ehdr) header = {0};
    ElfW(Phdr) segment;
    int fd = open(probe, O_RDONLY | O_CLOEXEC);
    bool has_loader = pread(fd, &header, sizeof(header), 0) != sizeof(header);

    for (int i = 0; i < header.e_phnum; i++)
        if (pread(fd, &segment, sizeof(segment),
                  (off_t)header.e_phoff + (off_t)i * header.e_phentsize) == sizeof(segment))
            has_loader |= segment.p_type == PT_INTERP;
    close(fd);
    return !has_loader;
}

static void must(int result, const char *what)
{
    expect(result == 0, "the test cannot prepare its root file system: %s: %s", what,
           strerror(errno));
}

const char *root_make(void)
{
    static const char *const directories[] = {"", "/bin", "/dev", "/proc", "/sys", "/this-is-DIR"};
    const char *root = text_of("%s/root", scratch);

    if (!probe_is_static())
        cannot_check("the probe is not static here, and would need a C library in DIR");
    if (step >= 7 && !overlay_is_known())
        cannot_check("this kernel has no overlay file system");
    if (step >= 7 && ordinary_user && !overlay_for_users())
        cannot_check_as_user("the kernel mounts no overlay in a user namespace (Linux 5.11)");
    (void)chmod(root, 0755);
    must(run_with(&by_the_test, "rm", "-rf", root)->status, "rm");
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        must(mkdir(text_of("%s%s", root, directories[i]), 0755), directories[i]);
    must(run_with(&by_the_test, "cp", probe, text_of("%s/bin/probe", root))->status, "cp");
    return root;
}

// A file as the probe tells it.
static const char *identity(const char *file)
{
    struct stat status;

    must(stat(file, &status), file);
    return text_of("%llx:%llu", (unsigned long long)status.st_dev,
                   (unsigned long long)status.st_ino);
}

// Is the root that the probe tells of DIR, or an overlay of it? Both have what is in DIR alone.
static bool is_in_root(const struct process *p)
{
    return strstr(fact(p, "entries"), "this-is-DIR ") != NULL;
}

static struct process *run_in(const char *root, const char *what)
{
    const struct launch how = {.privileged = true};
    struct process *p = run_with(&how, "run", "--rootfs", root, "/bin/probe", what);

    expect(p->status == 0, "COMMAND should run in DIR, and end with 0: %s", describe(p));
    return p;
}

static void root_is_directory(void)
{
    const char *root = root_make();
    struct process *p = run_in(root, "root");

    answer("pivot_root(\".\", \".\") in DIR, bound on itself (pivot_root(2), NOTES)");
    expect(is_in_root(p) && (step >= 7 || strcmp(fact(p, "root"), identity(root)) == 0),
           "COMMAND's / should be DIR: %s", describe(p));
    expect(strcmp(fact(p, "parent"), fact(p, "root")) == 0,
           "there should be nothing above COMMAND's /: %s", describe(p));
}

static void starts_in_root(void)
{
    struct process *p = run_in(root_make(), "root");

    answer("chdir(\"/\"), last of all");
    expect(strcmp(fact(p, "here"), fact(p, "root")) == 0 && strcmp(fact(p, "cwd"), "/") == 0,
           "COMMAND should start in its own /; here, `ls .` may list the host: %s", describe(p));
}

// What later steps mount lies below /dev, /sys and /proc.
static void no_other_mounts(void)
{
    struct process *p = run_in(root_make(), "root");
    const char *mounts = fact(p, "mounts");
    int roots = 0, procs = 0, length = 0;
    char point[1024], type[64];

    answer("umount2(2) of the old root, with MNT_DETACH");
    for (; sscanf(mounts, "%1023s %63[^,], %n", point, type, &length) == 2; mounts += length) {
        if (strcmp(point, "/") == 0)
            roots++;
        else if (strcmp(point, "/proc") == 0 && strcmp(type, "proc") == 0)
            procs++;
        else
            expect(strncmp(point, "/dev", 4) == 0 || strncmp(point, "/sys", 4) == 0 ||
                       (step >= 10 && strncmp(point, "/proc/", 6) == 0),
                   "COMMAND sees a mount of the host's, %s, and should see none: %s", point,
                   describe(p));
    }
    expect(roots == 1 && procs == 1, "COMMAND should see one mount on / and one on /proc: %s",
           describe(p));
}

static void own_proc(void)
{
    struct process *p = run_in(root_make(), "root");

    expect(fact_number(p, "proc_processes") == 1 && strcmp(fact(p, "proc_self"), "1") == 0,
           "/proc should show COMMAND alone, as 1: mount it after pivot_root(2): %s", describe(p));
    expect(fact_number(p, "proc_nosuid") && fact_number(p, "proc_nodev") &&
               fact_number(p, "proc_noexec"),
           "it should be mounted noexec, nosuid, nodev: %s", describe(p));
}

static void nothing_under_proc(void)
{
    struct process *p = run_in(root_make(), "umount-proc");

    expect(strcmp(fact(p, "proc"), "") == 0, "umount /proc should show DIR's empty directory: %s",
           describe(p));
}

static void chroot_is_no_way_out(void)
{
    struct process *p = run_in(root_make(), "leave-chroot");

    answer("pivot_root(2) in place of chroot(2)");
    expect(is_in_root(p), "a process that leaves a chroot should be in DIR, not on the host: %s",
           describe(p));
}

static void namespace_is_no_way_out(void)
{
    struct process *p = run_in(root_make(), "enter-mounts");

    answer("umount2(2) of the old root, with MNT_DETACH");
    expect(is_in_root(p),
           "nsenter -t 1 -m should be in DIR: the old root lies on top of it still: %s",
           describe(p));
}

static void no_descriptor_of_outside(void)
{
    struct process *p = run_in(root_make(), "facts");

    answer("O_CLOEXEC, or close(2)");
    expect(
        strcmp(fact(p, "descriptors"), "0 1 2 ") == 0,
        "COMMAND should have descriptors 0, 1 and 2 and no others: the one of a directory outside "
        "leads there by /proc/self/fd (CVE-2024-21626); it has %s",
        fact(p, "descriptors"));
}

// execve(2) closes descriptors late: it looks COMMAND up before. A file of the host's that is found
// is no program here, and 126 tells of that. It is one that no mount lies over.
static void no_name_of_outside(void)
{
    const char *root = root_make(), *path = "PATH=";

    for (int fd = 3; fd < 16; fd++) {
        const char *directory = text_of("/by-%d", fd);
        must(mkdir(text_of("%s%s", root, directory), 0755), directory);
        must(symlink(text_of("/proc/self/fd/%d/etc/passwd", fd),
                     text_of("%s%s/outside", root, directory)),
             "symlink");
        path = text_of("%s%s%s", path, fd == 3 ? "" : ":", directory);
    }
    char *const environment[] = {(char *)path, NULL};
    struct process *p =
        run_with(&(struct launch){.environment = environment}, "run", "--rootfs", root, "outside");

    think("which descriptors are open when execve(2) looks COMMAND up? O_CLOEXEC comes after that");
    answer("close(2) the old root's as soon as you stand in it");
    expect(p->status == 127,
           "a link in DIR to /proc/self/fd/N should not lead to the host's files: a program of the "
           "host's would run, with a C library of DIR's (CVE-2024-21626): %s",
           describe(p));
}

static void looked_up_inside(void)
{
    char *const environment[] = {"PATH=/usr/bin:/only-here", NULL};
    const struct launch how = {.environment = environment};
    const char *root = root_make();

    must(rename(text_of("%s/bin", root), text_of("%s/only-here", root)), "rename");
    struct process *p = run_with(&how, "run", "--rootfs", root, "probe", "exit", "3");
    expect(p->status == 3, "PATH should be searched in DIR: %s", describe(p));
    expect_failure(run_with(&how, "run", "--rootfs", root, "sh", "-c", "echo outside"), 127, "sh");
    expect_failure(run("run", "--rootfs", root, "/bin/sh", "-c", "echo outside"), 127, "/bin/sh");
}

// What a directory holds, and what is in its file.
static const char *listing(const char *directory)
{
    const struct launch direct = {.direct = true, .aside = true, .directory = directory};

    return run_with(&direct, "sh", "-c", "ls -lR . && cat ./*/*")->output.bytes;
}

void root_with_links(const char *name)
{
    const char *root = root_make(), *link = text_of("%s/%s", root, name);
    const char *outside = text_of("%s/outside", scratch);
    const char *targets[] = {text_of("%s/directory", outside), text_of("..%s/directory", outside),
                             "../outside/directory", text_of("/%s", name), "bin"};

    (void)mkdir(outside, 0755);
    (void)mkdir(targets[0], 0755);
    const char *before = listing(outside);
    must(rmdir(link), link);
    wanted("whatever is a link in DIR, nothing outside of it is changed or mounted on");
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        must(symlink(targets[i], link), link);
        expect_failure(run("run", "--rootfs", root, "/bin/probe", "root"), 125,
                       text_of("root/%s is a symbolic link", name));
        must(unlink(link), link);
        expect(strcmp(before, listing(outside)) == 0,
               "a link to %s has led out of DIR, where nothing should have changed: %s", targets[i],
               difference(before, listing(outside)));
    }
}

static void links_lead_nowhere(void)
{
    root_with_links("proc");
}

static void private_root(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        _exit(111);
}

static void host_is_as_before(void)
{
    const char *root = root_make(), *before = content_of("/proc/self/mountinfo");
    const struct launch how = {.direct = true, .prepare = private_root};
    struct process *p = start("run", "--rootfs", root, "/bin/probe", "sleep");

    process_await_output(p, "ready\n");
    expect(strcmp(before, content_of("/proc/self/mountinfo")) == 0,
           "the host's mounts should be as before: %s",
           difference(before, content_of("/proc/self/mountinfo")));
    // And where / is private, on which pivot_root(2) does not insist.
    p = run_with(&how, "sh", "-c",
                 "cat /proc/self/mountinfo >before; \"$0\" run --rootfs root /bin/probe root; "
                 "cat /proc/self/mountinfo >after",
                 mydocker);
    expect(is_in_root(p), "COMMAND's / should be DIR where / is private, too: %s", describe(p));
    before = content_of(text_of("%s/before", scratch));
    const char *after = content_of(text_of("%s/after", scratch));
    expect(strcmp(before, after) == 0,
           "the mounts of a host whose / is private should be as before: %s",
           difference(before, after));
}

static void by_any_name(void)
{
    const char *root = root_make();
    const char *names[] = {"root", "./root/", "../../..", root, "to-root", "root/bin/.."};

    names[2] = text_of("..%s", root);
    (void)symlink("root", text_of("%s/to-root", scratch));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct launch how = {.directory = i == 2 ? "/tmp" : scratch};
        struct process *p = run_with(&how, "run", "--rootfs", names[i], "/bin/probe", "root");
        expect(p->status == 0 && is_in_root(p), "COMMAND's / should be DIR: %s", describe(p));
        p = run_with(&how, "run", text_of("--rootfs=%s", names[i]), "/bin/probe", "root");
        expect(p->status == 0 && is_in_root(p), "COMMAND's / should be DIR: %s", describe(p));
    }
    struct process *p = run("run", "--rootfs", "/nowhere", "--rootfs", root, "/bin/probe", "root");
    expect(p->status == 0, "of two --rootfs the last one should count: %s", describe(p));
    // A name of strange characters.
    must(rename(root, text_of("%s/a \n:,\\b", scratch)), "rename");
    p = run("run", "--rootfs", "a \n:,\\b", "/bin/probe", "root");
    must(rename(text_of("%s/a \n:,\\b", scratch), root), "rename");
    expect(p->status == 0 && is_in_root(p), "COMMAND's / should be DIR: %s", describe(p));
}

static void mounts_below_come_along(void)
{
    const char *root = root_make(), *data = text_of("%s/data", root);

    must(mkdir(data, 0755), data);
    must(mount("tmpfs", data, "tmpfs", 0, "size=64k"), data);
    const char *inode = identity(data);
    struct process *p = run("run", "--rootfs", root, "/bin/probe", "file", "/data");
    (void)umount2(data, MNT_DETACH);
    answer("MS_BIND | MS_REC in the flags of mount(2)");
    expect(p->status == 0 && strcmp(fact(p, "file"), inode) == 0,
           "what is mounted below DIR belongs to it, and should be seen in /data: %s", describe(p));
}

static void drop_override(const void *argument)
{
    (void)argument;
    if (prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) == -1 ||
        prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH) == -1)
        _exit(111);
}

static void bad_directories(void)
{
    const char *root = root_make(), *proc = text_of("%s/proc", root);

    expect_failure(run("run", "--rootfs", "nowhere", "/bin/probe", "root"), 125,
                   "nowhere: No such file or directory...make rootfs");
    expect_failure(run("run", "--rootfs", "", "/bin/probe", "root"), 125,
                   "No such file or directory");
    expect_failure(run("run", "--rootfs", "root/bin/probe", "/bin/probe", "root"), 125,
                   "root/bin/probe: Not a directory...tar");
    expect_failure(run("run", "--rootfs", "root/bin/probe/", "/bin/probe", "root"), 125,
                   "root/bin/probe/: Not a directory...tar");
    must(chmod(root, 0), root);
    struct process *p = run_with(
        PREPARED(drop_override, NULL, "setpriv --bounding-set -dac_override,-dac_read_search ..."),
        "run", "--rootfs", root, "/bin/probe", "root");
    must(chmod(root, 0755), root);
    expect_failure(p, 125, "Permission denied...may not be searched");
    must(rmdir(proc), proc);
    expect_failure(run("run", "--rootfs", root, "/bin/probe", "root"), 125, "root...proc...mkdir");
    must(close(open(proc, O_CREAT | O_WRONLY, 0644)), proc);
    expect_failure(run("run", "--rootfs", root, "/bin/probe", "root"), 125,
                   "root/proc is no directory");
}

static void host_as_directory(void)
{
    const struct launch direct = {.direct = true};

    expect_failure(run("run", "--rootfs", "/", probe, "root"), 125,
                   "pivot_root /: ...leave out --rootfs");
    need_user_namespace(NULL);
    expect_failure(run_with(&direct, "unshare", "--user", "--map-root-user", mydocker, "run",
                            "--rootfs", "/", probe, "root"),
                   125, "pivot_root /: ...leave out --rootfs");
}

static void errors_of_pivot_root(void)
{
    static const struct {
        unsigned error;
        const char *text;
    } cases[] = {{EPERM, "Operation not permitted...seccomp=unconfined"},
                 {EINVAL, "Invalid argument...shared"},
                 {ENOSYS, "Function not implemented...seccomp"}};
    const char *root = root_make();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct denied denied = {SYS_pivot_root, 0, 0, cases[i].error};
        struct process *p = run_with(PREPARED(deny, &denied, filtered(&denied)), "run", "--rootfs",
                                     root, "/bin/probe", "exit", "3");
        expect_failure(p, 125, text_of("pivot_root %s: %s", root, cases[i].text));
    }
}

static void umount_that_fails(void)
{
    const struct denied umount_denied = {SYS_umount2, 0, 0, 0};
    struct process *p = run_with(PREPARED(deny, &umount_denied, filtered(&umount_denied)), "run",
                                 "--rootfs", root_make(), "/bin/probe", "root");

    wanted("where the old root cannot be unmounted, COMMAND does not run");
    expect_failure(p, 125, "umount...Operation not permitted");
}

// A chroot in a mount whose parent is shared: inside, nobody can change that.
static void chroot_below_shared(const void *argument)
{
    private_root(argument);
    if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == -1 ||
        (mkdir("jail", 0755) == -1 && errno != EEXIST) ||
        mount("/", "jail", NULL, MS_BIND | MS_REC, NULL) == -1 || chroot("jail") == -1 ||
        chdir(scratch) == -1)
        _exit(111);
}

static void below_a_shared_parent(void)
{
    struct process *p = run_with(
        PREPARED(chroot_below_shared, NULL, "... (in a chroot, below a mount that is shared)"),
        "run", "--rootfs", root_make(), "/bin/probe", "root");

    expect_failure(p, 125, "pivot_root...Invalid argument...shared...unshare --mount");
}

// In a user namespace step 7 gets no further then.
static bool is_too_old(void)
{
    return step >= 7 && !overlay_for_users();
}

static void masked_proc(void)
{
    need_user_namespace(NULL);
    struct process *p =
        run_with(PREPARED(mask_proc_and_leave, NULL,
                          "... (where /dev/null lies over /proc/version and cannot be unmounted)"),
                 "run", "--rootfs", root_make(), "/bin/probe", "root");

    expect_failure(p, 125,
                   is_too_old() ? "overlay...Linux 5.11"
                                : "/proc...Operation not permitted.../proc/version");
}

static void in_a_user_namespace(void)
{
    need_user_namespace(NULL);
    const char *root = root_make();
    struct process *p =
        run_with(&(struct launch){.direct = true}, "unshare", "--user", "--map-root-user", mydocker,
                 "run", "--rootfs", root, "/bin/probe", "root");

    if (is_too_old()) {
        expect_failure(p, 125, "overlay...Linux 5.11");
        return;
    }
    wanted("the new /proc is mounted before the old root goes: the kernel wants to see one");
    expect(p->status == 0 && is_in_root(p) && fact_number(p, "proc_processes") == 1,
           "COMMAND's / should be DIR, and its /proc show COMMAND alone: %s", describe(p));
}

// Who opens this for reading waits for ever.
static void local_time_is_the_callers(void)
{
    char *const environment[] = {"PATH=/bin", NULL}; // no TZ
    const struct launch how = {.environment = environment};
    const char *root = root_make(), *file = text_of("%s/etc/localtime", root);

    must(mkdir(text_of("%s/etc", root), 0755), "etc");
    must(mkfifo(file, 0644), file);
    wanted("what DIR says of the local time is not read: it is a stranger's");
    expect_failure(run_with(&how, "--log-level", "error", "run", "--rootfs", root, "nowhere"), 127,
                   "nowhere");
}

static void has_the_terminal(void)
{
    const struct launch how = {.terminal = true};
    struct process *p =
        run_with(&how, "run", "-it", "--rootfs", root_make(), "/bin/probe", "facts");

    expect(p->status == 0 && fact_number(p, "terminal") == 1 &&
               fact_number(p, "foreground") == fact_number(p, "pgid") &&
               fact_number(p, "columns") == 80,
           "with -t COMMAND should have the terminal in DIR, too: %s", describe(p));
}

static void directory_is_missing(void)
{
    expect_failure(run("run", "--rootfs"), 125, "--rootfs...argument");
    expect_failure(run("run", "--rootfs", "root"), 125, "Missing container command");
}

static const struct promise promises[] = {
    {"/ is DIR, and nothing is above it", 5, LAST, root_is_directory},
    {"COMMAND starts in /", 5, LAST, starts_in_root},
    {"no mount of the host's is in sight", 5, LAST, no_other_mounts},
    {"a /proc of its own", 5, LAST, own_proc},
    {"under /proc there is nothing", 5, LAST, nothing_under_proc},
    {"chroot is no way out", 5, LAST, chroot_is_no_way_out},
    {"nsenter -t 1 -m is no way out", 5, LAST, namespace_is_no_way_out},
    {"no descriptor leads out", 5, LAST, no_descriptor_of_outside},
    {"nor one that execve closes", 5, LAST, no_name_of_outside},
    {"COMMAND and PATH are looked up in DIR", 5, LAST, looked_up_inside},
    {"links in DIR lead nowhere else", 5, LAST, links_lead_nowhere},
    {"the host's mounts are as before", 5, LAST, host_is_as_before},
    {"DIR by any name", 5, LAST, by_any_name},
    {"what is mounted below DIR is there", 5, 6, mounts_below_come_along},
    {"-t gives the terminal, in DIR too", 5, LAST, has_the_terminal},
    {"--rootfs without DIR is named", 5, LAST, directory_is_missing},
    {"a DIR that is missing, a file, closed or without proc is named", 5, LAST, bad_directories},
    {"/ as DIR is named", 5, 6, host_as_directory},
    {"errors of pivot_root are explained", 5, LAST, errors_of_pivot_root},
    {"an old root that stays ends it before COMMAND", 5, LAST, umount_that_fails},
    {"in a chroot below a shared mount it says what to do", 5, LAST, below_a_shared_parent},
    {"a masked /proc is named, with --rootfs too", 5, LAST, masked_proc},
    {"root of a user namespace can do it", 5, LAST, in_a_user_namespace},
    {"DIR's local time is not read", 5, LAST, local_time_is_the_callers},
};
MECHANISM(
    rootfs, 5,
    "what does a name mean before the root is changed, and what after it? What is left of the "
    "host then, and who could still reach it? (pivot_root(2), NOTES)");
