// PID 1 before COMMAND: set up the container from the inside, then hand over.
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "mydocker.h"

// A /proc that shows this PID namespace: the one we came with shows the host's processes.
static void mount_proc(void)
{
    char directory[PATH_MAX];

    // First of all: under systemd / is shared, and a mount here would appear on the host as well,
    // over its own /proc (mount_namespaces(7)).
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        die_mount("/");
    // As systemd mounts the host's: nothing in /proc is executed, changes the user or is a device.
    if (mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -1)
        die_mount("/proc");
    // The working directory may still lie on the old /proc, and show the host's processes: enter
    // the same name on the new one. What was deleted, or is too deep, is none of its directories.
    if (getcwd(directory, sizeof(directory)) == NULL) {
        if (errno != ENOENT && errno != ERANGE)
            die_errno("getcwd");
    } else if ((strcmp(directory, "/proc") == 0 ||
                strncmp(directory, "/proc/", strlen("/proc/")) == 0) &&
               chdir(directory) == -1) {
        die_remedy(EXIT_MYDOCKER, "the host's /proc stays outside: start elsewhere", "chdir %s",
                   directory);
    }
}

void init(char **argv)
{
    // Anyone can type `mydocker init`, and as COMMAND it is even PID 1. Neither may set up again
    // what is in use: the host's world, or COMMAND's.
    if (!lifeline_leads_out())
        die("init is internal: see mydocker --help");
    log_info("init come on");

    mount_proc();

    // The program changes, the process stays: COMMAND takes over PID 1, and nothing of mydocker is
    // left in the container. After a fork(2) here, init would be PID 1 and COMMAND its child.
    exec_command(argv);
}
