// Why the kernel said no, where errno alone misleads: a table of reasons, and the probes that tell
// whether they apply.
//
// Asked only after a refusal: a run that goes well pays nothing for it.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common.h"

enum { REMEDY_MAX = 1024, NAME_SIZE = 256 };

// What the call that failed was about: a mount point, or COMMAND's file.
static const char *object;

static bool holds_number(const char *file, int number)
{
    int found = -1;
    FILE *stream = fopen(file, "re");

    if (stream == NULL)
        return false;
    (void)fscanf(stream, "%d", &found);
    (void)fclose(stream);
    return found == number;
}

// Do two symbolic links say different things? One that is not there says nothing.
static bool differ(const char *one, const char *other)
{
    char texts[2][NAME_SIZE] = {"", ""};

    (void)readlink(one, texts[0], NAME_SIZE - 1);
    (void)readlink(other, texts[1], NAME_SIZE - 1);
    return strcmp(texts[0], texts[1]) != 0;
}

// The probes: NULL where the reason does not apply, else what %s stands for in its words.

static const char *lacks_capability(void)
{
    cap_flag_value_t value = CAP_CLEAR;
    cap_t ours = cap_get_proc();

    if (ours != NULL)
        (void)cap_get_flag(ours, CAP_SYS_ADMIN, CAP_EFFECTIVE, &value);
    (void)cap_free(ours);
    return value == CAP_SET ? NULL : program_invocation_name;
}

// There are two switches: the limit of namespaces(7), and one that is Debian's.
static const char *user_namespaces_off(void)
{
    if (lacks_capability() == NULL)
        return NULL;
    if (holds_number("/proc/sys/user/max_user_namespaces", 0))
        return "user.max_user_namespaces=10000";
    bool off = holds_number("/proc/sys/kernel/unprivileged_userns_clone", 0);
    return off ? "kernel.unprivileged_userns_clone=1" : NULL;
}

// Ubuntu's, on by default since 24.04: anybody can make a user namespace, but it holds no
// capabilities.
static const char *apparmor_restricts(void)
{
    return holds_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1) ? "" : NULL;
}

static const char *seccomp_filters(void)
{
    return prctl(PR_GET_SECCOMP) == 2 ? "" : NULL; // SECCOMP_MODE_FILTER
}

// Which of the limits of namespaces(7) is it? One that is 0 gives itself away.
static const char *zero_limit(void)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc", "cgroup"};
    char file[64];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)snprintf(file, sizeof(file), "/proc/sys/user/max_%s_namespaces", kinds[i]);
        if (holds_number(file, 0))
            return kinds[i];
    }
    return NULL;
}

// unshare(2) moves the children to a new PID namespace, and not the caller. Until the first one is
// there, its init, the second link is empty.
static const char *children_elsewhere(void)
{
    return differ("/proc/self/ns/pid", "/proc/self/ns/pid_for_children") ? "" : NULL;
}

// QEMU says that /proc/self/exe is the program it emulates, and forgets the link's other name.
static const char *emulated(void)
{
    return differ("/proc/self/exe", "/proc/thread-self/exe") ? "" : NULL;
}

// These directories are empty, and there to be mounted on.
static bool hides_nothing(const char *mount_point)
{
    return strcmp(mount_point, "/proc/sys/fs/binfmt_misc") == 0 ||
           strcmp(mount_point, "/proc/fs/nfsd") == 0 || strcmp(mount_point, "/proc/xen") == 0;
}

// FILE, which begins with /, or the same one of the old root: after pivot_root(2), where there is
// no /proc yet, that is the working directory.
static const char *in_sight(const char *file)
{
    return access(file, F_OK) == 0 ? file : file + 1;
}

// The first mount that lies over a part of /proc. In a user namespace a kernel that sees one does
// not hand out a new /proc, which would show what the mask hides. Outside of any it does; there
// /proc/self/ns/user has this number on every machine.
static const char *proc_mask(void)
{
    static char mask[NAME_SIZE];
    char user[NAME_SIZE] = "";
    FILE *mounts = setmntent(in_sight("/proc/self/mounts"), "re");

    while (mounts != NULL && mask[0] == '\0') {
        const struct mntent *entry = getmntent(mounts);
        if (entry == NULL)
            break;
        if (strncmp(entry->mnt_dir, "/proc/", 6) == 0 && !hides_nothing(entry->mnt_dir))
            (void)snprintf(mask, NAME_SIZE, "%s", entry->mnt_dir);
    }
    if (mounts != NULL)
        (void)endmntent(mounts);
    (void)readlink(in_sight("/proc/self/ns/user"), user, NAME_SIZE - 1);
    bool refused = strcmp(object, "/proc") == 0 && strcmp(user, "user:[4026531837]") != 0;
    return refused && mask[0] != '\0' ? mask : NULL;
}

static const char *it_is_root(void)
{
    return strcmp(object, "/") == 0 ? "" : NULL;
}

// A proc is there, but has no link for this process.
static const char *foreign_proc(void)
{
    struct statfs system;

    return statfs("/proc", &system) == 0 && system.f_type == PROC_SUPER_MAGIC ? "" : NULL;
}

// EACCES of execve(2) has many reasons; the file tells which.
static const char *why_not_executed(void)
{
    struct statvfs system;
    struct stat file;

    if (stat(object, &file) == -1)
        return "a directory on the way may not be searched";
    if (S_ISDIR(file.st_mode))
        return "it is a directory";
    if (!S_ISREG(file.st_mode))
        return "it is not a regular file";
    if (statvfs(object, &system) == 0 && (system.f_flag & ST_NOEXEC) != 0)
        return "its file system is mounted noexec";
    if (faccessat(AT_FDCWD, object, X_OK, AT_EACCESS) == -1)
        return "it may not be executed: chmod +x";
    return "its interpreter may not be executed, or AppArmor, SELinux or Landlock forbids it";
}

// Where the file is there, ENOENT speaks of its interpreter.
static const char *missing_interpreter(void)
{
    static char name[NAME_SIZE]; // the kernel reads no more of the line

    if (access(object, F_OK) == -1)
        return NULL;
    FILE *file = fopen(object, "re");
    bool is_script = file != NULL && fscanf(file, "#! %255[^ \t\n]", name) == 1;
    if (file != NULL)
        (void)fclose(file);
    return is_script ? name : "the program after #!, or the loader of a dynamic binary";
}

static const char *carriage_return(void)
{
    const char *name = missing_interpreter();

    return name != NULL && strchr(name, '\r') != NULL ? "" : NULL;
}

#define SECCOMP                                                                                    \
    "a seccomp filter forbids it, as inside Docker: start the outer container with "               \
    "--privileged, or with --cap-add SYS_ADMIN --security-opt seccomp=unconfined "                 \
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
#define NO_FORK                                                                                    \
    "the children of this process belong to another PID namespace: unshare --pid wants --fork"
#define EMULATED                                                                                   \
    "this program is made for another machine, and its emulator (QEMU) has no namespaces: build "  \
    "it on this one"

// All that apply are said.
static const struct reason our_reasons[] = {
    {"clone, mount", EPERM, lacks_capability,
     "CAP_SYS_ADMIN is missing: run it as root, or unshare --user --map-root-user %.255s run -it "
     "/bin/sh"},
    {"mount", EPERM, lacks_capability,
     "it was lost in execve(2): in a new mount namespace what a file gives (setcap) does not "
     "count"},
    {"clone, mount", EPERM, user_namespaces_off,
     "user namespaces are switched off: run it as root, or first: sudo sysctl %s"},
    {"mount", EPERM, proc_mask,
     "%s lies over a part of /proc, as in a nested container: unmount it, or start the outer one "
     "with --security-opt systempaths=unconfined (Docker), --security-opt unmask=ALL (Podman) or "
     "security.nesting=true (LXD, Incus)"},
    {"clone, mount", EPERM, apparmor_restricts,
     "AppArmor restricts unprivileged user namespaces: run it as root, or first: sudo sysctl "
     "kernel.apparmor_restrict_unprivileged_userns=0"},
    {"any", EPERM, seccomp_filters, SECCOMP},
    {"clone, mount", EPERM, NULL, "perhaps AppArmor, SELinux or Landlock forbids it"},
    {"clone", ENOSPC, zero_limit,
     "not the disk, a limit on namespaces: raise it with sudo sysctl user.max_%s_namespaces=10000"},
    {"clone", ENOSPC, NULL,
     "not the disk, a limit on namespaces: one of user.max_*_namespaces is reached, or PID "
     "namespaces are 32 deep"},
    {"clone", EINVAL, children_elsewhere, NO_FORK},
    {"clone", EINVAL, emulated, EMULATED},
    {"clone", EINVAL, NULL, "this kernel was built without one of the namespaces"},
    {"fork, clone", ENOMEM, children_elsewhere, NO_FORK},
    {"fork, clone", EAGAIN, NULL,
     "a limit on processes is reached: ulimit -u, a pids cgroup, kernel.pid_max or "
     "kernel.threads-max"},
    {"close_range", ENOSYS, NULL,
     "it came with Linux 5.9; on a newer one a seccomp filter or an emulator (valgrind, QEMU) "
     "answers so"},
    {"clone", ENOSYS, emulated, EMULATED}, // clone3(2)
    {"any", ENOSYS, seccomp_filters, SECCOMP},
    {"mount", EACCES, NULL,
     "AppArmor or SELinux forbids it, as inside Docker: start the outer container with "
     "--security-opt apparmor=unconfined"},
    {"mount", EINVAL, it_is_root,
     "it is no mount point, as in a chroot: bind-mount it on itself first"},
    {"open /dev/null", ENOENT, NULL,
     "as in a chroot: before chroot DIR, mount --rbind /dev DIR/dev"},
    {"execve /proc/self/exe", ENOENT, foreign_proc,
     "the proc that lies over /proc is of another PID namespace, perhaps a dead container's: "
     "umount /proc"},
    {"execve /proc/self/exe", ENOENT, NULL,
     "no /proc is mounted here, as in a chroot: mount -t proc proc /proc"},
    {"execve", ENOENT, missing_interpreter, "the file is there, its interpreter is not: %s"},
    {"execve", ENOENT, carriage_return,
     "its name ends in a carriage return, as lines do on Windows: dos2unix removes it"},
    {"execve", EACCES, why_not_executed, "%s"},
    {"execve", ENOEXEC, NULL, "neither a script that starts with #! nor a binary for this machine"},
};

// Is CALL among CALLS? There a comma follows it, or nothing.
static bool concerns(const char *calls, const char *call)
{
    const char *found = strstr(calls, call);

    return strcmp(calls, "any") == 0 || (found != NULL && strchr(",", found[strlen(call)]) != NULL);
}

static void explain(const char *call, int error, const struct reason *reasons, size_t count,
                    char remedy[REMEDY_MAX])
{
    for (size_t i = 0; i < count; i++) {
        const struct reason *reason = &reasons[i];
        size_t length = strlen(remedy);

        if (reason->error != error || !concerns(reason->calls, call))
            continue;
        const char *found = reason->probe != NULL ? reason->probe() : length == 0 ? "" : NULL;
        if (found == NULL)
            continue;
        if (length > 0)
            length += (size_t)snprintf(remedy + length, REMEDY_MAX - length, "; ");
        // NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): the words of the table
        (void)snprintf(remedy + length, REMEDY_MAX - length, reason->words, found);
    }
}

static _Noreturn void refuse(int status, const char *call, const char *on,
                             const struct reason *callers_reasons, size_t count)
{
    char remedy[REMEDY_MAX] = "";
    int error = errno;

    object = on;
    explain(call, error, callers_reasons, count, remedy);
    explain(call, error, our_reasons, sizeof(our_reasons) / sizeof(our_reasons[0]), remedy);
    errno = error;
    die_remedy(status, remedy, "%s%s%s", call, on[0] == '\0' ? "" : " ", on);
}

void die_refused(const char *call, const char *target, const struct reason *reasons, size_t count)
{
    refuse(EXIT_MYDOCKER, call, target, reasons, count);
}

void die_call(const char *call)
{
    die_refused(call, "", NULL, 0);
}

void die_clone(void)
{
    die_call("clone");
}

void die_mount(const char *target)
{
    die_refused("mount", target, NULL, 0);
}

void die_execve(const char *file)
{
    bool is_missing = errno == ENOENT || errno == ENOTDIR;

    refuse(is_missing ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, "execve", file, NULL, 0);
}
