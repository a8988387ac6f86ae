// What a root file system must have, and why the kernel does not take one.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beyond.h"
#include "common.h"

static const char *root; // that the kernel did not take

// In a user namespace / is locked, and that is what the kernel says first (mount_namespaces(7)).
static const char *is_host(void)
{
    struct stat ours, hosts;

    return stat(root, &ours) == 0 && stat("/", &hosts) == 0 && ours.st_dev == hosts.st_dev &&
                   ours.st_ino == hosts.st_ino
               ? ""
               : NULL;
}

// Outside of any the link has this number on every machine (namespaces(7)). Where nothing can be
// read, the host's /proc is covered already.
static const char *in_user_namespace(void)
{
    char link[64] = "";

    (void)readlink("/proc/self/ns/user", link, sizeof(link) - 1);
    return strcmp(link, "user:[4026531837]") != 0 ? "" : NULL;
}

static const char *here_is_no_mount(void)
{
    struct statx status;

    return statx(AT_FDCWD, ".", 0, 0, &status) == 0 &&
                   (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
                   (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0
               ? ""
               : NULL;
}

// Is there a mount that is WANTED? Its number, its parent's and where it is
// (proc_pid_mountinfo(5)).
static bool has_mount(bool (*wanted)(int id, int parent, const char *at))
{
    char line[PATH_MAX], at[PATH_MAX];
    int id, parent;
    bool found = false;
    FILE *mounts = fopen("/proc/self/mountinfo", "re");

    while (mounts != NULL && !found && fgets(line, sizeof(line), mounts) != NULL)
        found =
            sscanf(line, "%d %d %*s %*s %4095s", &id, &parent, at) == 3 && wanted(id, parent, at);
    if (mounts != NULL)
        (void)fclose(mounts);
    return found;
}

// The mount that is / has no other one around it: it is the first of all, which the kernel made
// when it started, and unpacked the initramfs into.
static bool is_first(int id, int parent, const char *at)
{
    return id == parent && strcmp(at, "/") == 0;
}

static const char *on_initramfs(void)
{
    return has_mount(is_first) ? "" : NULL;
}

static bool is_below(int id, int parent, const char *at)
{
    char here[PATH_MAX];
    size_t length = getcwd(here, sizeof(here)) == NULL ? 0 : strlen(here);

    (void)id;
    (void)parent;
    return length > 0 && strncmp(at, here, length) == 0 && at[length] == '/';
}

static const char *locked_below(void)
{
    return in_user_namespace() != NULL && (is_host() != NULL || has_mount(is_below)) ? "" : NULL;
}

static const struct reason reasons[] = {
    {"mount, chdir", ENOENT, NULL,
     "a root file system is a directory with the files of a whole system: make rootfs makes one, "
     "docker export another"},
    {"mount, chdir", ENOTDIR, NULL,
     "a root file system is a directory: unpack an archive first (tar -x), mount an image"},
    {"mount, chdir", EACCES, NULL, "that directory, or one on the way, may not be searched"},
    {"mount", EINVAL, NULL, "it is of another mount namespace, as what is behind /proc/PID/root"},
    {"bind", ENOENT, NULL,
     "the host has none itself, as in a chroot: before chroot DIR, mount --rbind /dev DIR/dev"},
    {"overlay", EPERM, in_user_namespace,
     "in a user namespace the kernel mounts one since Linux 5.11: run it as root"},
    {"overlay", ENODEV, NULL,
     "this kernel has no overlay file system, or its module is not loaded: sudo modprobe overlay"},
    {"overlay", EINVAL, locked_below,
     "in a user namespace a directory with mounts below it, as / is one, cannot be a layer, which "
     "would show what they cover: run it as root"},
    {"overlay", EINVAL, NULL,
     "what it lies on cannot be a layer: two overlays already, as in a container in a container, "
     "or a file system in which two spellings can be one name. Or upperdir= and workdir= are no "
     "two directories in one file system. dmesg says more"},
    {"pivot_root", EBUSY, NULL, "it is / already: leave out --rootfs"},
    {"pivot_root", EINVAL, is_host, "it is / already: leave out --rootfs"},
    {"pivot_root", EINVAL, here_is_no_mount,
     "the working directory is no mount: bind it on itself (MS_BIND), and enter it after that"},
    {"pivot_root", EINVAL, on_initramfs,
     "/ is the initramfs, which nothing takes the place of: go on in another file system first "
     "(switch_root(8))"},
    {"pivot_root", EINVAL, NULL,
     "the mount around / is shared and out of reach, as in a chroot: before chroot DIR, unshare "
     "--mount makes it private"},
};

void die_rootfs(const char *call, const char *directory)
{
    root = directory;
    die_refused(call, directory, reasons, sizeof(reasons) / sizeof(reasons[0]));
}

// A name that does not begin with / cannot be looked up again.
static bool is_here(const char *directory)
{
    struct stat there, here;

    return directory[0] != '/' || stat(directory, &there) == -1 || stat(".", &here) == -1 ||
           (there.st_dev == here.st_dev && there.st_ino == here.st_ino);
}

void rootfs_need(const char *directory, const char *name)
{
    struct stat status;

    if (lstat(name, &status) == -1) {
        if (errno != ENOENT)
            die_errno("lstat %s/%s", directory, name);
        if (!is_here(directory))
            die("the working directory is not %s: chdir(2) comes first", directory);
        die("%s has no directory %s to mount on: mkdir makes one", directory, name);
    }
    if (S_ISLNK(status.st_mode))
        die("%s/%s is a symbolic link, and may lead anywhere: only a directory is mounted on",
            directory, name);
    if (!S_ISDIR(status.st_mode))
        die("%s/%s is no directory, and cannot be mounted on", directory, name);
}
