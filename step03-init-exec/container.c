// The child: its namespaces, its stack, what it executes.
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

// We are in the child, and PID 1 of the new PID namespace. Our job is to become init: this
// program anew, with nothing left of the parent's memory. /proc/self/exe is the program that
// runs, whatever it is called and even if its file was deleted (proc(5)).
static int child_main(void *argument)
{
    const struct run_options *options = argument;

    prepare_child(options);
    execve("/proc/self/exe", options->words, environ);
    die_call("execve /proc/self/exe");
}

pid_t container_start(const struct run_options *options)
{
    // Our own stack may not have the room (ulimit -s). The ABI aligns a stack's end to 16 bytes.
    static alignas(16) char stack[STACK_SIZE];
    // SIGCHLD is to tell us of its end, as after fork(2).
    const int flags = NAMESPACES | SIGCHLD;

    // The stack grows down: clone(2) wants its end, not its start.
    pid_t child = clone(child_main, stack + sizeof(stack), flags, (void *)options);
    if (child == -1)
        die_clone();
    return child;
}
