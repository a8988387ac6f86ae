// A root of its own: the host's files have no name in it.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "mydocker.h"

// The layers of an overlay: below, the working directory, whatever its name is; above, what COMMAND
// changes (Documentation/filesystems/overlayfs.rst of the kernel).
#define LAYERS "lowerdir=.,upperdir=proc/changes,workdir=proc/work"

// We are in DIRECTORY. Go to a root that looks like it, where all that is changed is in memory, and
// gone with the container.
static void enter_layers(const char *directory)
{
    // DIR's own proc is a place for that: nobody looks into it before the new /proc covers it.
    if (mount("tmpfs", "proc", "tmpfs", MS_NOSUID | MS_NODEV, NULL) == -1)
        die_mount("proc");
    if (mkdir("proc/changes", 0755) == -1 || mkdir("proc/work", 0755) == -1 ||
        mkdir("proc/root", 0755) == -1)
        die_errno("mkdir in %s/proc", directory);
    // It becomes /, and its mode must not depend on our umask.
    if (chmod("proc/changes", 0755) == -1)
        die_errno("chmod %s/proc/changes", directory);
    // A directory in place of a deleted one is marked by an attribute for root alone; root of a
    // user namespace has another (xattr(7)).
    bool is_root = setxattr("proc/work", "trusted.ours", "", 0, 0) == 0;
    if (mount("overlay", "proc/root", "overlay", MS_NODEV,
              is_root ? LAYERS : LAYERS ",userxattr") == -1)
        die_rootfs("overlay", directory);
    if (chdir("proc/root") == -1)
        die_errno("chdir to the overlay of %s", directory);
}

void enter_root(const char *directory)
{
    int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (old_root == -1)
        die_errno("open /");
    // The log goes on in the caller's local time: a stranger's /etc/localtime is not for us to
    // read.
    tzset();
    if (chdir(directory) == -1)
        die_rootfs("chdir", directory);
    rootfs_need(directory, "dev");
    rootfs_need(directory, "proc");
    rootfs_need(directory, "sys");
    enter_layers(directory);
    // Not chroot(2): that changes where names begin, and root comes out again. Here the mounts
    // themselves change places. The old one lies on top of the new one then, and needs no directory
    // in it.
    if (syscall(SYS_pivot_root, ".", ".") == -1)
        die_rootfs("pivot_root", directory);
    // Stand in the old root: a name that begins with / is the new one's now, any other the old
    // one's.
    if (fchdir(old_root) == -1)
        die_errno("fchdir to the old root");
}

void leave_old_root(void)
{
    // MNT_DETACH: with all that is mounted below it. No name leads there any more, but setns(2)
    // enters a mount namespace at its topmost root: this one.
    if (umount2(".", MNT_DETACH) == -1)
        die_errno("umount2 the old root");
    // From a working directory outside of / one could go on to all of the host (CVE-2024-21626).
    if (chdir("/") == -1)
        die_errno("chdir /");
}
