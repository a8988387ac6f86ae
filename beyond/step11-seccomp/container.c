// The child: its namespaces, its limits, what it executes.
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mydocker.h"

// The namespaces that the child gets anew (namespaces(7)). All else is the host's: files, users.
enum {
    NAMESPACES = CLONE_NEWCGROUP // control groups: the child's own is /, and it sees none above
                 | CLONE_NEWUTS  // the hostname and the NIS domain name
                 | CLONE_NEWPID  // process IDs: the child is PID 1
                 | CLONE_NEWNS   // the mount points, as a copy of the caller's
                 | CLONE_NEWNET  // network interfaces: none but a loopback that is down
                 | CLONE_NEWIPC, // System V IPC and POSIX message queues
};

static pid_t child = -1; // 0 in the child itself

// We are in the child, and PID 1 of the new PID namespace. Our job is to become init: this
// program anew, with nothing left of the parent's memory. /proc/self/exe is the program that
// runs, whatever it is called and even if its file was deleted (proc(5)).
static _Noreturn void child_main(const struct run_options *options)
{
    prepare_child(options);
    execve("/proc/self/exe", options->words, environ);
    die_call("execve /proc/self/exe");
}

// Only an empty group can be removed; with PID 1 all that is in it ends.
static void clean_up(void)
{
    if (child == 0)
        return; // We are the child, and in the group: the parent removes it.
    // Where it has been waited for, its ID may be somebody else's by now.
    if (child > 0 && waitpid(child, NULL, WNOHANG) == 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    cgroup_remove();
}

pid_t container_start(const struct run_options *options)
{
    die_after(clean_up);
    int group = cgroup_make(options);
    // SIGCHLD is to tell us of its end, as after fork(2).
    struct clone_args arguments = {.flags = NAMESPACES, .exit_signal = SIGCHLD};

    // It is in the group before its first instruction. Moved there afterwards, it could have
    // children outside already.
    if (group != -1) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (unsigned)group;
    }
    // Only clone3(2) can do that; the C library has no wrapper for it. It returns twice, as fork(2)
    // does: without CLONE_VM the child has a copy of our memory, and our stack in it.
    child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (child == -1)
        die_clone();
    if (child == 0)
        child_main(options);
    return child;
}
