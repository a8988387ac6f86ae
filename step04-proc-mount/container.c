// The child: its namespaces, its stack, what it executes.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <unistd.h>

#include "mydocker.h"

// What the child gets one of its own of (namespaces(7)). All the rest, files, users and limits
// among it, it shares with the host.
enum {
    NAMESPACES = CLONE_NEWUTS    // the hostname
                 | CLONE_NEWPID  // process IDs: the child is PID 1
                 | CLONE_NEWNS   // the mount points, as a copy of the caller's
                 | CLONE_NEWNET  // network interfaces: none but a loopback that is down
                 | CLONE_NEWIPC, // System V IPC and POSIX message queues
};

// The child returns from no call of its parent's: it starts in a function, on a stack of its own.
enum { STACK_SIZE = 64 * 1024 };

// `mydocker init COMMAND [ARG...]`. The words in front of COMMAND have been read: theirs are the
// places.
static char **init_arguments(char **argv)
{
    char *log_level = log_level_option();

    *--argv = "init";
    if (log_level != NULL)
        *--argv = log_level;
    *--argv = program_invocation_name;
    return argv;
}

// We are in the child. Our job is to become init, and with it PID 1 of the new namespaces: this
// program anew, with nothing left of the parent's memory. /proc/self/exe is the program that
// runs, whatever it is called and even if its file was deleted (proc(5)).
static int child_main(void *argument)
{
    const struct run_options *options = argument;

    prepare_child(options);
    execve("/proc/self/exe", init_arguments(options->argv), environ);
    die_errno("execve /proc/self/exe");
}

pid_t container_start(const struct run_options *options)
{
    alignas(16) char stack[STACK_SIZE]; // needed up to the child's execve(2)
    // SIGCHLD is to tell us of its end, as after fork(2). As after vfork(2), the child borrows our
    // memory, and we sleep, until it calls execve(2) or ends: that is soon now, and a copy would be
    // thrown away at once. To make one costs a run some 3 percent.
    const int flags = NAMESPACES | CLONE_VM | CLONE_VFORK | SIGCHLD;

    // The stack grows down: clone(2) wants its end, not its start.
    pid_t child = clone(child_main, stack + sizeof(stack), flags, (void *)options);
    if (child == -1)
        die_clone();
    return child;
}
