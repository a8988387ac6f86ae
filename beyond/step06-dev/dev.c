// The devices, and what else every system has mounted.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mydocker.h"

// In this order: the last three are in /dev. That is small: what is written there is memory.
static const struct {
    const char *target, *type;
    unsigned long flags;
    const char *data;
} mounts[] = {
    {"/sys", "sysfs", MS_RDONLY | MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL},
    {"/dev", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, "mode=755,size=64k"},
    // Without gid=5, the group tty: in a user namespace that number may be nobody's (EINVAL).
    {"/dev/pts", "devpts", MS_NOEXEC | MS_NOSUID, "ptmxmode=666,mode=620"},
    {"/dev/shm", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, "mode=1777,size=64m"},
    {"/dev/mqueue", "mqueue", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL},
};

// Those that do no harm in anybody's hands.
static const char *const devices[] = {
    "/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero",
};

static const char *const links[][2] = {
    {"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"},
    {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
    {"pts/ptmx", "/dev/ptmx"},
};

// Root of a user namespace cannot make a device with mknod(2). So the host's is bound on an empty
// file. The host's name does not begin with /: it is looked up in the old root.
static void bind_device(const char *device)
{
    if (mknod(device, S_IFREG | 0666, 0) == -1)
        die_errno("mknod %s", device);
    if (mount(device + 1, device, NULL, MS_BIND, NULL) == -1)
        die_rootfs("bind", device);
    // It is still the host's file, and chmod would change it: so it is read-only. Writing to a
    // device does not change its file, and still works.
    if (mount(NULL, device, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC | MS_NOSUID, NULL) ==
        -1)
        die_mount(device);
}

// A descriptor may lead to the host's /dev/null, and fchmod(2) would change that for everybody. The
// one in here is read-only.
static void reopen_null(void)
{
    struct stat status;
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd == -1)
        die_errno("open /dev/null");
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        if (fstat(i, &status) == -1)
            die_errno("fstat %d", i);
        // null(4): these two numbers, wherever the file is.
        if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3) && dup2(fd, i) == -1)
            die_errno("dup2 %d to %d", fd, i);
    }
    (void)close(fd);
}

void mount_dev(void)
{
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        // /sys and /dev are there: they are DIR's own.
        if (mkdir(mounts[i].target, 0755) == -1 && errno != EEXIST)
            die_errno("mkdir %s", mounts[i].target);
        if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
                  mounts[i].data) == -1)
            die_mount(mounts[i].target);
    }
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        bind_device(devices[i]);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (symlink(links[i][0], links[i][1]) == -1)
            die_errno("symlink %s", links[i][1]);
    reopen_null();
}
