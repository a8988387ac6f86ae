// DIR is only read: what COMMAND changes is in a layer that goes with the container.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "suite.h"

// An overlay of DIRECTORY on that very directory.
static int overlay_on(const char *directory)
{
    const char *layer = text_of("%s/layer", scratch);

    (void)mkdir(layer, 0755);
    if (mount("tmpfs", layer, "tmpfs", 0, NULL) == -1 ||
        mkdir(text_of("%s/changes", layer), 0755) == -1 ||
        mkdir(text_of("%s/work", layer), 0755) == -1)
        return -1;
    return mount(
        "overlay", directory, "overlay", 0,
        text_of("lowerdir=%s,upperdir=%s/changes,workdir=%s/work", directory, layer, layer));
}

static void private_mounts(void)
{
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        _exit(111);
}

// What becomes of an overlay here: 0, or errno.
static int try_overlay(bool in_user_namespace)
{
    const char *directory = text_of("%s/layers", scratch);
    int status = 1;

    (void)mkdir(directory, 0755);
    pid_t child = fork();
    if (child == 0) {
        if (in_user_namespace)
            user_namespace(0);
        private_mounts();
        _exit(overlay_on(directory) == 0 ? 0 : errno);
    }
    expect(waitpid(child, &status, 0) == child && WIFEXITED(status), "cannot try an overlay");
    return WEXITSTATUS(status);
}

bool overlay_is_known(void)
{
    return try_overlay(false) != ENODEV;
}

bool overlay_for_users(void)
{
    return try_overlay(true) == 0;
}

static void put(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    expect(write(fd, "original\n", 9) == 9 && close(fd) == 0, "the test cannot write %s", file);
}

// A DIR with what the probe's `change` changes.
static const char *root_with_files(void)
{
    static const char *const names[] = {"changed", "deleted", "renamed", "tree/file"};
    const char *root = root_make();

    (void)mkdir(text_of("%s/tree", root), 0755);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put(text_of("%s/%s", root, names[i]));
    return root;
}

// All that is in DIRECTORY: names, modes, sizes and contents.
static const char *all_of(const char *directory)
{
    const struct launch direct = {.direct = true, .aside = true, .directory = directory};
    const char *text =
        run_with(&direct, "sh", "-c",
                 "ls -ld .; ls -lAR .; tail -n +1 changed deleted renamed tree/file 2>&1")
            ->output.bytes;

    return text;
}

// Until Linux 6.6 root of a user namespace has no attributes in a tmpfs to take notes in, and
// cannot delete a directory of DIR (EIO).
static bool takes_notes(bool in_user_namespace)
{
    bool has_attributes = setxattr(scratch, "user.test", "", 0, 0) == 0;

    (void)removexattr(scratch, "user.test");
    return has_attributes || !in_user_namespace;
}

static void expect_changed(const struct process *p, bool in_user_namespace)
{
    static const char *const changes[] = {"written", "changed", "mode",    "deleted",
                                          "renamed", "emptied", "removed", "made_anew"};
    size_t count = sizeof(changes) / sizeof(changes[0]);

    expect(p->status == 0, "COMMAND should run in DIR, and end with 0: %s", describe(p));
    for (size_t i = 0; i < (takes_notes(in_user_namespace) ? count : count - 2); i++)
        expect(fact_number(p, changes[i]) == 0,
               "%s: %s: COMMAND should be able to change its files: %s", changes[i],
               strerror((int)fact_number(p, changes[i])), describe(p));
}

static void directory_is_changed(void)
{
    const char *root = root_with_files();

    expect_changed(run("run", "--rootfs", root, "/bin/probe", "change"), false);
    expect(access(text_of("%s/written", root), F_OK) == 0 &&
               access(text_of("%s/deleted", root), F_OK) == -1,
           "not yet: what COMMAND changes should be changed in DIR: a new file written there, "
           "deleted gone; DIR holds\n%s",
           all_of(root));
}

static void directory_is_as_before(void)
{
    const char *root = root_with_files(), *before = all_of(root);
    struct process *p = run("run", "--rootfs", root, "/bin/probe", "change");

    expect_changed(p, ordinary_user);
    answer("an overlay (mount(2), type overlay) with lowerdir=. for DIR");
    expect(strcmp(before, all_of(root)) == 0, "DIR should be as before: %s",
           difference(before, all_of(root)));
}

static void changes_are_seen(void)
{
    struct process *p = run("run", "--rootfs", root_with_files(), "/bin/probe", "change");
    const char *entries = text_of(" %s", fact(p, "entries"));

    expect_changed(p, ordinary_user);
    expect(strstr(entries, " written ") != NULL && strstr(entries, " deleted ") == NULL &&
               strstr(entries, " renamed ") == NULL && strstr(entries, " renamed-too ") != NULL,
           "COMMAND should see what it has changed: %s", describe(p));
    expect(strcmp(fact(p, "tree"), "") == 0 || !takes_notes(ordinary_user),
           "what was in a directory that was deleted came back with its name; the new directory "
           "(tree=) should be empty: %s",
           describe(p));
}

static void two_at_once(void)
{
    const struct launch how = {.keep_input_open = true};
    const char *root = root_make();
    struct process *one =
        start_with(&how, "run", "-i", "--rootfs", root, "/bin/probe", "leave-file", "/one");
    struct process *other =
        start_with(&how, "run", "-i", "--rootfs", root, "/bin/probe", "leave-file", "/other");

    process_await_output(one, "ready\n");
    process_await_output(other, "ready\n");
    process_type(one, "\n");
    process_type(other, "\n");
    process_finish(one);
    process_finish(other);
    expect(strstr(fact(one, "entries"), "one ") != NULL &&
               strstr(fact(other, "entries"), "other ") != NULL,
           "each should see its own file: %s", describe(one));
    expect(strstr(fact(one, "entries"), "other ") == NULL &&
               strstr(fact(other, "entries"), "one ") == NULL,
           "two containers of one DIR should not see each other: %s", describe(one));
    struct process *third = run("run", "--rootfs", root, "/bin/probe", "root");
    expect(strstr(fact(third, "entries"), "one ") == NULL,
           "nor should a later one see what they wrote: %s", describe(third));
}

// DIR is a stranger's. When mydocker mounts its overlay, DIR/proc becomes a link to the stranger's
// place, where changes is a link to OURS, a directory of the host's.
static struct process *run_swapped(const char *root, const char *ours, const char *what,
                                   const char *argument)
{
    const struct launch direct = {.direct = true};
    const char *place = text_of("%s/place", scratch);

    expect(run_with(&by_the_test, "rm", "-rf", place, ours)->status == 0 &&
               run_with(&by_the_test, "mkdir", "-p", text_of("%s/work", place),
                        text_of("%s/root", place), ours, text_of("%s%s", root, place))
                       ->status == 0 &&
               symlink(ours, text_of("%s/changes", place)) == 0 &&
               symlink(place, text_of("%s/other", root)) == 0,
           "cannot make a place for a stranger");
    return run_with(&direct, probe, "swap", text_of("%s/proc", root), text_of("%s/other", root),
                    mydocker, "run", "--rootfs", root, "/bin/probe", what, argument);
}

static void swapped_by_a_stranger(void)
{
    const char *ours = text_of("%s/ours", scratch);
    struct process *p = run_swapped(root_make(), ours, "leave-file", "/by-COMMAND");

    if (p->status == 77)
        cannot_check_here("nobody may be traced here: kernel.yama.ptrace_scope");
    answer("a layer outside of DIR that holds dev, proc and sys already: the upper layer counts");
    if (strstr(p->errors.bytes, "swapped=1") == NULL)
        cannot_check("this mydocker makes no overlay by mount(2)");
    expect(access(text_of("%s/by-COMMAND", ours), F_OK) == -1,
           "DIR/proc became a link, and COMMAND's files are written to a directory of the host's: "
           "%s",
           describe(p));
    p = run_swapped(root_make(), ours, "root", NULL);
    expect(p->status != 0 || strstr(fact(p, "mounts"), "/proc proc,") != NULL,
           "DIR/proc became a link, and the new /proc was mounted where that leads: %s",
           describe(p));
}

static void read_only(const void *argument)
{
    private_mounts();
    if (mount(argument, argument, NULL, MS_BIND | MS_REC, NULL) == -1 ||
        mount(NULL, argument, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
              NULL) == -1)
        _exit(111);
}

static void directory_may_be_read_only(void)
{
    const char *root = root_with_files();

    expect_changed(run_with(PREPARED(read_only, root, "... (where DIR is on a read-only mount)"),
                            "run", "--rootfs", root, "/bin/probe", "change"),
                   ordinary_user);
}

static void strange_names(void)
{
    static const char *const names[] = {"a:b", "a,b", "a b", "a\\:b", "lowerdir=x,upperdir=y", ":"};
    const char *root = root_make();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *name = text_of("%s/%s", scratch, names[i]);
        expect(rename(root, name) == 0, "cannot rename");
        struct process *p = run("run", "--rootfs", name, "/bin/probe", "root");
        expect(rename(name, root) == 0, "cannot rename");
        answer("lowerdir=., after chdir(2) to DIR");
        expect(p->status == 0 && strstr(fact(p, "entries"), "this-is-DIR ") != NULL,
               "a colon or a comma in DIR is read as more than a name; COMMAND should run in the "
               "directory of that name, which holds this-is-DIR: %s",
               describe(p));
    }
}

static void mounts_stay_outside(void)
{
    const char *root = root_make(), *data = text_of("%s/data", root);

    expect(mkdir(data, 0755) == 0 && mount("tmpfs", data, "tmpfs", 0, "size=64k") == 0 &&
               mkdir(text_of("%s/data/mounted", root), 0755) == 0,
           "cannot mount");
    struct process *p = run("run", "--rootfs", root, "/bin/probe", "entries", "/data");
    const struct launch direct = {.direct = true};
    struct process *other = run_with(&direct, "unshare", "--user", "--map-root-user", mydocker,
                                     "run", "--rootfs", root, "/bin/probe", "root");
    (void)umount2(data, MNT_DETACH);
    expect(p->status == 0 && strcmp(fact(p, "entries"), "") == 0,
           "what is mounted below DIR would be changed in place: it should stay outside: %s",
           describe(p));
    // There the mount is locked: what it covers is not for root of a user namespace to see.
    need_user_namespace(NULL);
    if (overlay_for_users())
        expect_failure(other, 125, "Invalid argument...mounts below it");
}

static void host_as_directory(void)
{
    struct stat root, shell, loader;

    if (stat("/", &root) == -1 || stat("/bin/sh", &shell) == -1 || stat("/lib/.", &loader) == -1 ||
        shell.st_dev != root.st_dev || loader.st_dev != root.st_dev)
        cannot_check("the host's /bin and /lib are other file systems than its /");
    need_root();
    const char *name = text_of("/mydocker-test-%d", (int)getpid());
    struct process *p = run("run", "--rootfs", "/", "/bin/sh", "-c",
                            "echo changed 2>/dev/null >\"$0\"; echo inside; test -e /proc/self/exe "
                            "&& test -c /dev/null && echo as well",
                            name);
    if (strstr(p->errors.bytes, "two overlays already") != NULL)
        cannot_check("the host's / is an overlay on an overlay");
    // Where it may not write to /, that is the host's own affair.
    bool spread = access(name, F_OK) == 0;
    (void)unlink(name);
    expect(p->status == 0 && strcmp(p->output.bytes, "inside\nas well\n") == 0,
           "--rootfs / should be the host's own system: %s", describe(p));
    expect(!spread, "what COMMAND wrote to its / is in the host's, and should be gone: %s",
           describe(p));
}

// Below / there are always some.
static void host_in_a_user_namespace(void)
{
    const struct launch direct = {.direct = true};

    need_user_namespace(NULL);
    struct process *p = run_with(&direct, "unshare", "--user", "--map-root-user", mydocker, "run",
                                 "--rootfs", "/", "/bin/sh", "-c", ":");
    if (overlay_for_users())
        expect_failure(p, 125, "overlay /: Invalid argument...mounts below it");
}

static void no_devices(void)
{
    struct process *p = run("run", "--rootfs", root_with_files(), "/bin/probe", "change");

    // Root of a user namespace cannot even make one.
    answer("MS_NODEV in the flags of the overlay");
    expect(fact_number(p, "mknod") != 0 || fact_number(p, "open_device") == EACCES,
           "a device that COMMAND makes should be none: %s", describe(p));
}

static void narrow_umask(const void *argument)
{
    (void)argument;
    umask(0777);
}

static void root_is_open(void)
{
    struct process *p = run_with(PREPARED(narrow_umask, NULL, "umask 0777; ..."), "run", "--rootfs",
                                 root_make(), "/bin/probe", "root");

    answer("chmod(2) after mkdir(2) of the upper layer's directory");
    expect(p->status == 0 && strncmp(fact(p, "/"), "40755 ", 6) == 0,
           "with a umask of 0777 / should have the mode 0755 all the same: %s", describe(p));
}

static void in_a_user_namespace(void)
{
    const char *root = root_with_files();
    const struct launch direct = {.direct = true};

    need_user_namespace(NULL);
    struct process *p = run_with(&direct, "unshare", "--user", "--map-root-user", mydocker, "run",
                                 "--rootfs", root, "/bin/probe", "change");
    if (!overlay_for_users()) {
        expect_failure(p, 125, "overlay...Operation not permitted...Linux 5.11");
        return;
    }
    wanted(
        "the overlay's notes are in attributes that root of a user namespace may write "
        "(userxattr)");
    expect_changed(p, true);
}

// Two overlays lie on each other already, and there the kernel stops.
static void two_overlays(const void *argument)
{
    private_mounts();
    if (overlay_on(argument) == -1 || overlay_on(argument) == -1)
        _exit(111);
}

static void a_layer_too_many(void)
{
    const char *root = root_make();

    expect_failure(
        run_with(PREPARED(two_overlays, root, "... (where DIR is an overlay on an overlay)"), "run",
                 "--rootfs", root, "/bin/probe", "root"),
        125, "overlay...Invalid argument...two overlays already");
}

static const struct promise promises[] = {
    {"not yet: what COMMAND changes is changed in DIR", 5, 6, directory_is_changed},
    {"what COMMAND changes is not changed in DIR", 7, LAST, directory_is_as_before},
    {"COMMAND sees its changes", 7, LAST, changes_are_seen},
    {"two at once do not see each other", 7, LAST, two_at_once},
    {"--rootfs / is the host's own system", 7, LAST, host_as_directory},
    {"root of a user namespace is told why it cannot be", 7, LAST, host_in_a_user_namespace},
    {"DIR may be read-only", 7, LAST, directory_may_be_read_only},
    {"colons, commas and blanks in DIR", 7, LAST, strange_names},
    {"what is mounted below DIR stays outside", 7, LAST, mounts_stay_outside},
    {"a stranger who changes DIR gets nowhere", 7, LAST, swapped_by_a_stranger},
    {"a device that COMMAND makes is none", 7, LAST, no_devices},
    {"/ is open to all, whatever the umask is", 7, LAST, root_is_open},
    {"root of a user namespace can do it as well", 7, LAST, in_a_user_namespace},
    {"a layer too many is named", 7, LAST, a_layer_too_many},
};
MECHANISM(
    overlay, 7,
    "which layer is only read, and which one takes the changes? Where is that, and when does it "
    "go? (Documentation/filesystems/overlayfs.rst)");
