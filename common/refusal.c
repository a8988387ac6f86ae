// Why the kernel said no, where errno alone misleads.
//
// Asked only after a refusal: a run that goes well pays nothing for it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common.h"

enum { REMEDY_MAX = 1024 };

// The number in the first line of FILE, or -1.
static long number_in(const char *file)
{
    char digits[32];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd == -1 ? -1 : read(fd, digits, sizeof(digits) - 1);

    if (fd != -1)
        (void)close(fd);
    if (length <= 0)
        return -1;
    digits[length] = '\0';
    return strtol(digits, NULL, 10);
}

static bool is_effective(cap_value_t capability)
{
    cap_flag_value_t value = CAP_CLEAR;
    cap_t ours = cap_get_proc();

    if (ours == NULL)
        return false;
    (void)cap_get_flag(ours, capability, CAP_EFFECTIVE, &value);
    (void)cap_free(ours);
    return value == CAP_SET;
}

// Ubuntu's, on by default since 24.04: anybody can make a user namespace, but it holds no
// capabilities.
static bool apparmor_restricts(void)
{
    return number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1;
}

static bool seccomp_filters(void)
{
    return prctl(PR_GET_SECCOMP) == 2; // SECCOMP_MODE_FILTER
}

#define SWITCHED_OFF "; user namespaces are switched off: run it as root, or first: sudo sysctl "
#define APPARMOR                                                                                   \
    "AppArmor restricts unprivileged user namespaces: run it as root, or first: "                  \
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
#define SECCOMP                                                                                    \
    "a seccomp filter forbids it, as inside Docker: start the outer container with "               \
    "--privileged, or with --cap-add SYS_ADMIN --security-opt seccomp=unconfined "                 \
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"

// There are two switches: the limit of namespaces(7), and one that is Debian's.
static const char *user_namespaces_off(void)
{
    if (number_in("/proc/sys/user/max_user_namespaces") == 0)
        return SWITCHED_OFF "user.max_user_namespaces=10000";
    if (number_in("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        return SWITCHED_OFF "kernel.unprivileged_userns_clone=1";
    return "";
}

static void explain_eperm(char remedy[REMEDY_MAX])
{
    if (!is_effective(CAP_SYS_ADMIN))
        (void)snprintf(remedy, REMEDY_MAX,
                       "CAP_SYS_ADMIN is missing: run it as root, or "
                       "unshare --user --map-root-user %.256s run -it /bin/sh%s%s%s",
                       program_invocation_name, user_namespaces_off(),
                       apparmor_restricts() ? "; " APPARMOR : "",
                       seccomp_filters() ? "; " SECCOMP : "");
    else if (apparmor_restricts())
        (void)snprintf(remedy, REMEDY_MAX, APPARMOR);
    else if (seccomp_filters())
        (void)snprintf(remedy, REMEDY_MAX, SECCOMP);
}

// Which of the limits of namespaces(7) is it? One that is 0 gives itself away.
static void explain_enospc(char remedy[REMEDY_MAX])
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc"};
    char file[64];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)snprintf(file, sizeof(file), "/proc/sys/user/max_%s_namespaces", kinds[i]);
        if (number_in(file) == 0) {
            (void)snprintf(remedy, REMEDY_MAX,
                           "not the disk, a limit on namespaces: raise it with "
                           "sudo sysctl user.max_%s_namespaces=10000",
                           kinds[i]);
            return;
        }
    }
    (void)snprintf(remedy, REMEDY_MAX,
                   "not the disk, a limit on namespaces: one of user.max_*_namespaces is reached, "
                   "or PID namespaces are 32 deep");
}

void die_clone(void)
{
    char remedy[REMEDY_MAX] = "";
    int error = errno;

    switch (error) {
    case EPERM:
        explain_eperm(remedy);
        break;
    case ENOSPC:
        explain_enospc(remedy);
        break;
    case EINVAL:
        (void)strcpy(remedy, "this kernel was built without one of the namespaces");
        break;
    case ENOMEM:
        (void)strcpy(remedy,
                     "or the init of this PID namespace is dead (unshare --pid wants "
                     "--fork)");
        break;
    case EAGAIN:
        (void)strcpy(remedy, "a limit on processes is reached (ulimit -u, or a pids cgroup)");
        break;
    default:
        break;
    }
    errno = error;
    die_remedy(EXIT_MYDOCKER, remedy, "clone");
}

// The first mount that lies over a part of /proc, written to MASK. In a user namespace a kernel
// that sees one does not hand out a new /proc, which would show what the mask hides.
static bool proc_mask(char mask[256])
{
    char line[4096];
    bool found = false;
    FILE *mounts = fopen("/proc/self/mountinfo", "re");

    while (!found && mounts != NULL && fgets(line, sizeof(line), mounts) != NULL)
        // proc(5), mountinfo: the fifth field is where. One place is there to be mounted on, and
        // hides nothing.
        found = sscanf(line, "%*d %*d %*s %*s %255s", mask) == 1 &&
                strncmp(mask, "/proc/", strlen("/proc/")) == 0 &&
                strcmp(mask, "/proc/sys/fs/binfmt_misc") != 0;
    if (mounts != NULL)
        (void)fclose(mounts);
    return found;
}

void die_mount(const char *target)
{
    char remedy[REMEDY_MAX] = "", mask[256];
    int error = errno;

    if (error == EPERM && strcmp(target, "/proc") == 0 && proc_mask(mask))
        (void)snprintf(remedy, sizeof(remedy),
                       "%s lies over a part of /proc, as in a nested container: start the outer "
                       "one with --security-opt systempaths=unconfined",
                       mask);
    else if (error == EPERM)
        explain_eperm(remedy);
    else if (error == EACCES)
        (void)strcpy(remedy,
                     "AppArmor or SELinux forbids it, as inside Docker: start the outer "
                     "container with --security-opt apparmor=unconfined");
    else if (error == EINVAL)
        (void)strcpy(remedy, "it is no mount point, as in a chroot: bind-mount it on itself first");
    errno = error;
    die_remedy(EXIT_MYDOCKER, remedy, "mount %s", target);
}

// EACCES has many reasons; the file tells which.
static const char *explain_eacces(const char *command)
{
    struct statvfs system;
    struct stat file;

    if (stat(command, &file) == -1)
        return "a directory on the way may not be searched";
    if (S_ISDIR(file.st_mode))
        return "it is a directory";
    if (!S_ISREG(file.st_mode))
        return "it is not a regular file";
    if (statvfs(command, &system) == 0 && (system.f_flag & ST_NOEXEC) != 0)
        return "its file system is mounted noexec";
    if (faccessat(AT_FDCWD, command, X_OK, AT_EACCESS) == -1)
        return "it may not be executed: chmod +x";
    return "its interpreter may not be executed";
}

void die_execve(const char *command)
{
    int status = EXIT_CANNOT_RUN, error = errno;
    const char *remedy = "";

    if (error == ENOENT && access(command, F_OK) == 0)
        remedy =
            "the file is there, its interpreter is not (the program after #!, or the loader "
            "of a dynamic binary)";
    else if (error == ENOENT || error == ENOTDIR)
        status = EXIT_NOT_FOUND;
    else if (error == EACCES)
        remedy = explain_eacces(command);
    else if (error == ENOEXEC)
        remedy = "neither a script that starts with #! nor a binary for this machine";
    errno = error;
    die_remedy(status, remedy, "execve %s", command);
}
