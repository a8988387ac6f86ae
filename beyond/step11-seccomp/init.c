// PID 1 before COMMAND: set up the container from the inside, then hand over.
#include <limits.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "mydocker.h"

// First of all: under systemd / is shared, and a mount in here would appear on the host as well,
// /proc over the host's own (mount_namespaces(7)).
static void make_mounts_private(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        die_mount("/");
}

// A /proc that shows this PID namespace: the one we came with shows the host's processes. Its flags
// are those of the host's /proc under systemd: no programs, no set-user-ID, no devices.
static void mount_proc(void)
{
    if (mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -1)
        die_mount("/proc");
}

// The working directory may still lie on the old /proc, and show the host's processes: enter the
// same name on the new one. It may have no name any more (umount -l): then COMMAND does not start.
static void leave_old_proc(void)
{
    static const char remedy[] = "the host's /proc stays outside: start elsewhere";
    char directory[PATH_MAX];
    struct statfs here;

    if (statfs(".", &here) == -1)
        die_errno("statfs the working directory");
    if (here.f_type != PROC_SUPER_MAGIC)
        return;
    if (getcwd(directory, sizeof(directory)) == NULL)
        die_remedy(EXIT_MYDOCKER, remedy, "getcwd");
    if (chdir(directory) == -1)
        die_remedy(EXIT_MYDOCKER, remedy, "chdir %s", directory);
}

void init(const struct run_options *options)
{
    log_info("init come on");

    make_mounts_private();
    if (options->rootfs != NULL)
        enter_root(options->rootfs);
    // Not earlier: /proc is the old root's until here. Not later: in a user namespace the kernel
    // mounts a proc only where an old one is still mounted.
    mount_proc();
    if (options->rootfs != NULL) {
        mount_dev();
        leave_old_root();
    } else {
        leave_old_proc();
    }
    mask_files();

    // After all that takes more than COMMAND gets.
    drop_capabilities(options);
    if (!options->unconfined)
        filter_calls();

    // The program changes, the process stays: COMMAND takes over PID 1, and nothing of mydocker is
    // left in the container. After a fork(2) here, init would be PID 1 and COMMAND its child.
    exec_command(options->argv);
}
