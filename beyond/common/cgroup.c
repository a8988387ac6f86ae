// The files of control groups (Documentation/admin-guide/cgroup-v2.rst of the kernel).
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "beyond.h"
#include "common.h"

static const struct reason reasons[] = {
    {"enable", ENOENT, NULL,
     "this controller belongs to version 1 here, or this is a container that was not given it"},
    {"enable", EINVAL, NULL,
     "this kernel was built without it, or started with it switched off (cgroup_disable= on its "
     "command line)"},
    {"enable", EBUSY, NULL,
     "there are processes in the group above, as in a container. Such a group hands nothing down: "
     "run mydocker outside"},
    {"any", EACCES, NULL, "only root may set limits, and not root of a user namespace"},
    {"any", EPERM, NULL, "only root may set limits, and not root of a user namespace"},
    {"mkdir, enable, set", EROFS, NULL,
     "control groups are read-only, as in a container: start the outer one with --privileged"},
    {"mkdir", EAGAIN, NULL, "a limit on groups is reached: cgroup.max.descendants"},
    {"set", EINVAL, NULL,
     "--memory takes bytes, or 64k, 64m, 1g, --pids-limit a number of processes, and both take "
     "max"},
};

void die_cgroup(const char *call, const char *target)
{
    die_refused(call, target, reasons, sizeof(reasons) / sizeof(reasons[0]));
}

int cgroup_open(void)
{
    static const char root[] = "/sys/fs/cgroup";
    struct statfs system;
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1)
        die_cgroup("open", root);
    if (fstatfs(fd, &system) == -1)
        die_errno("fstatfs %s", root);
    if (system.f_type == TMPFS_MAGIC || system.f_type == CGROUP_SUPER_MAGIC)
        die("limits need control groups of version 2, and %s has version 1: "
            "systemd.unified_cgroup_hierarchy=1 on the kernel's command line changes it",
            root);
    if (system.f_type != CGROUP2_SUPER_MAGIC)
        die("limits need control groups, and none are mounted: mount -t cgroup2 none %s", root);
    return fd;
}

// Returns false where it cannot, and errno says why.
static bool write_file(int directory, const char *file, const char *text)
{
    int fd = openat(directory, file, O_WRONLY | O_CLOEXEC);

    if (fd == -1)
        return false;
    bool written = write(fd, text, strlen(text)) != -1;
    int error = errno;
    (void)close(fd);
    errno = error;
    return written;
}

void cgroup_enable(int parent, const char *controller)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "+%s", controller);
    if (!write_file(parent, "cgroup.subtree_control", text))
        die_cgroup("enable", controller);
}

void cgroup_set(int group, const char *file, const char *value)
{
    char target[256];

    (void)snprintf(target, sizeof(target), "%s to '%s'", file, value);
    // The kernel takes an empty word for 0.
    errno = EINVAL;
    if (value[0] == '\0' || !write_file(group, file, value))
        die_cgroup("set", target);
}

long cgroup_count(int group, const char *file, const char *key)
{
    char name[64];
    long value, count = 0;
    int fd = openat(group, file, O_RDONLY | O_CLOEXEC);
    FILE *stream = fd == -1 ? NULL : fdopen(fd, "r");

    while (stream != NULL && fscanf(stream, "%63s %ld", name, &value) == 2)
        if (strcmp(name, key) == 0)
            count = value;
    if (stream != NULL)
        (void)fclose(stream);
    return count;
}

static bool is_group(const struct dirent *entry)
{
    return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
           strcmp(entry->d_name, "..") != 0;
}

static DIR *open_group(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd == -1 ? NULL : fdopendir(fd);
}

// Returns false where groups or processes are in it.
static bool remove_empty(int parent, const char *name)
{
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY;
}

// Returns false where processes are in it.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the groups are; each level takes a descriptor
static bool remove_all(int parent, const char *name)
{
    if (remove_empty(parent, name))
        return true;
    // A COMMAND that may mount can have made groups in its own.
    DIR *group = open_group(parent, name);
    for (const struct dirent *entry; group != NULL && (entry = readdir(group)) != NULL;)
        if (is_group(entry))
            (void)remove_all(dirfd(group), entry->d_name);
    if (group != NULL)
        (void)closedir(group);
    return remove_empty(parent, name);
}

// Wait until the last process has left, or something else has changed; a tenth of a second at most.
static void await_change(int parent, const char *name)
{
    char path[64], text[256] = "";

    (void)snprintf(path, sizeof(path), "%s/cgroup.events", name);
    struct pollfd events = {.fd = openat(parent, path, O_RDONLY | O_CLOEXEC), .events = POLLPRI};
    // poll(2) returns when the file has changed since we have read it.
    if (read(events.fd, text, sizeof(text) - 1) > 0 && strstr(text, "populated 1") != NULL)
        (void)poll(&events, 1, 100);
    if (events.fd != -1)
        (void)close(events.fd);
}

// Since Linux 6.19 waitpid(2) may return before the process has left its group.
void cgroup_rmdir(int parent, const char *name)
{
    for (int tenths = 0; !remove_all(parent, name) && tenths < 50; tenths++)
        await_change(parent, name);
}

bool cgroup_lock(int group)
{
    return flock(group, LOCK_EX | LOCK_NB) == 0 && faccessat(group, "cgroup.procs", F_OK, 0) == 0;
}

// PREFIX, a number, and nothing else.
static bool is_numbered(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(name, prefix, length) == 0 && name[length] != '\0' &&
           name[length + strspn(name + length, "0123456789")] == '\0';
}

void cgroup_sweep(int parent, const char *prefix)
{
    DIR *groups = open_group(parent, ".");

    for (const struct dirent *entry; groups != NULL && (entry = readdir(groups)) != NULL;) {
        if (!is_group(entry) || !is_numbered(entry->d_name, prefix))
            continue;
        int fd = openat(parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd != -1 && cgroup_lock(fd))
            (void)remove_all(parent, entry->d_name);
        if (fd != -1)
            (void)close(fd);
    }
    if (groups != NULL)
        (void)closedir(groups);
}
