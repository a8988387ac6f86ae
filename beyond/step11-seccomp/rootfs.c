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
#define LAYERS "lowerdir=.,upperdir=/sys/changes,workdir=/sys/work"

// We are in DIRECTORY. Go to a root that looks like it, where all that is changed is in memory, and
// gone with the container.
static void enter_layers(const char *directory)
{
    static const char *const directories[] = {
        "/sys/changes",
        "/sys/work",
        "/sys/root",
        // These are mounted on. Of two with one name the upper one counts, whatever DIR's is then.
        "/sys/changes/dev",
        "/sys/changes/proc",
        "/sys/changes/sys",
    };

    // Who may write in DIR can make a link of any name in it, at any moment. The old root's /sys is
    // no such name, and nobody needs it any more.
    if (mount("tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV, NULL) == -1)
        die_mount("/sys");
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        if (mkdir(directories[i], 0755) == -1)
            die_errno("mkdir %s", directories[i]);
    // It becomes /, and its mode must not depend on our umask.
    if (chmod("/sys/changes", 0755) == -1)
        die_errno("chmod /sys/changes");
    // A directory in place of a deleted one is marked by an attribute for root alone. Root of a
    // user namespace may write another, and that takes Linux 5.11 (xattr(7)).
    bool is_root = setxattr("/sys/work", "trusted.ours", "", 0, 0) == 0;
    if (mount("overlay", "/sys/root", "overlay", MS_NODEV,
              is_root ? LAYERS : LAYERS ",userxattr") == -1)
        die_rootfs("overlay", directory);
    if (chdir("/sys/root") == -1)
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
    // It leads to all of the host. O_CLOEXEC is too late: execve(2) looks COMMAND up first, and a
    // link in DIR to /proc/self/fd/4 is a name for it (CVE-2024-21626).
    (void)close(old_root);
}

void leave_old_root(void)
{
    // MNT_DETACH: with all that is mounted below it. Till here /.. leads to it, and setns(2) enters
    // a mount namespace at its topmost root: this one.
    if (umount2(".", MNT_DETACH) == -1)
        die_errno("umount2 the old root");
    // From a working directory outside of / one could go on to all of the host (CVE-2024-21626).
    if (chdir("/") == -1)
        die_errno("chdir /");
}
