// A root of its own: the host's files have no name in it.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mydocker.h"

void enter_root(const char *directory)
{
    int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (old_root == -1)
        die_errno("open /");
    // The log goes on in the caller's local time: a stranger's /etc/localtime is not for us to
    // read.
    tzset();
    // pivot_root(2) wants a mount point: a directory that is bound on itself is one.
    if (mount(directory, directory, NULL, MS_BIND | MS_REC, NULL) == -1)
        die_rootfs("mount", directory);
    if (chdir(directory) == -1)
        die_rootfs("chdir", directory);
    rootfs_need(directory, "proc");
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
