// The child: its namespaces, its stack, what it executes.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <unistd.h>

#include "mydocker.h"

// The namespaces that the child gets anew (namespaces(7)). All else is the host's: files, users,
// limits.
enum {
    NAMESPACES = CLONE_NEWUTS    // the hostname and the NIS domain name
                 | CLONE_NEWPID  // process IDs: the child is PID 1
                 | CLONE_NEWNS   // the mount points, as a copy of the caller's
                 | CLONE_NEWNET  // network interfaces: none but a loopback that is down
                 | CLONE_NEWIPC, // System V IPC and POSIX message queues
};

// Unlike fork(2), clone(2) does not return in the child: it calls a function there, on a stack that
// we provide.
enum { STACK_SIZE = 64 * 1024 };

// `mydocker [--log-level=NAME] init COMMAND [ARG...]`, written over the words in front of COMMAND.
// They have been read, and are enough: `mydocker run`, and one more where a level was set.
static char **init_arguments(char **argv)
{
    char *log_level = log_level_option();

    *--argv = "init";
    if (log_level != NULL)
        *--argv = log_level;
    *--argv = program_invocation_name;
    return argv;
}

// We are in the child. Our job is to become init, and with it PID 1 of the new PID namespace: this
// program anew, with nothing left of the parent's memory. /proc/self/exe is the program that
// runs, whatever it is called and even if its file was deleted (proc(5)).
static int child_main(void *argument)
{
    const struct run_options *options = argument;

    prepare_child(options);
    execve("/proc/self/exe", init_arguments(options->argv), environ);
    die_remedy(EXIT_MYDOCKER, errno == ENOENT ? "no /proc is mounted here, as in a chroot" : "",
               "execve /proc/self/exe");
}

pid_t container_start(const struct run_options *options)
{
    alignas(16) char stack[STACK_SIZE]; // 16: some machines refuse less (clone(2), EINVAL)
    // SIGCHLD is to tell us of its end, as after fork(2). As after vfork(2) the child borrows our
    // memory and we sleep until it calls execve(2) or ends: a copy would be thrown away at once.
    // What it writes, it writes to ours: the stack, and words of argv that nobody reads again.
    const int flags = NAMESPACES | CLONE_VM | CLONE_VFORK | SIGCHLD;

    // The stack grows down: clone(2) wants its end, not its start.
    pid_t child = clone(child_main, stack + sizeof(stack), flags, (void *)options);
    if (child == -1)
        die_clone();
    return child;
}
