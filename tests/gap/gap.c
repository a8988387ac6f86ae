// Does a child outlive a parent that dies while the child ties itself to it?
//
// Usage: gap pidfd|sockets FILL RUNS
//
// In each run a process dies at once, and its child, on another processor, arms its parent-death
// signal and then looks whether the parent is alive. FILL processes in the parent's group make it
// slow to die. "sockets" is common/lifeline.c. "pidfd" is what seems simpler: before about Linux
// 6.18 a dying process lets go of its children first, and only then is dead for its pidfd.
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

static struct {
    atomic_int ready, go, passed, outlived;
} * shared;

static void tie_by_pidfd(int parent)
{
    struct pollfd end = {.fd = parent, .events = POLLIN};

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&end, 1, 0) != 0)
        _exit(0); // dead already
}

// We are in the child. Our job is to outlive the parent, if it lets us.
static _Noreturn void be_child(bool sockets, int parent, long delay)
{
    struct pollfd dead = {.fd = STDIN_FILENO, .events = POLLIN};

    (void)dup2(parent, STDIN_FILENO); // lifeline_keep() closes all others
    shared->ready = 1;
    while (shared->go == 0)
        ;
    for (volatile long i = 0; i < delay; i++)
        ;
    if (sockets)
        lifeline_keep();
    else
        tie_by_pidfd(parent);
    shared->passed = 1;
    // Until the parent is dead, and a signal that is on its way has had its time.
    (void)poll(&dead, 1, -1);
    (void)usleep(20000);
    shared->outlived = 1;
    _exit(0);
}

// We are the parent. Our job is to die while the child looks.
static _Noreturn void be_parent(bool sockets, long delay)
{
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

    lifeline_open();
    if (fork() == 0)
        be_child(sockets, self, delay);
    while (shared->ready == 0)
        ;
    shared->go = 1;
    _exit(0);
}

// A process group of so many.
static pid_t fill(long count)
{
    pid_t leader = fork();

    if (leader != 0) {
        while (shared->ready == 0)
            (void)usleep(1000);
        return leader;
    }
    (void)setpgid(0, 0);
    for (long i = 0; i < count; i++) {
        if (fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (true)
                pause();
        }
    }
    shared->ready = 1;
    while (true)
        pause();
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    bool sockets = strcmp(argv[1], "sockets") == 0;
    long runs = strtol(argv[3], NULL, 10), passed = 0, outlived = 0;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
        return 2;
    pid_t group = fill(strtol(argv[2], NULL, 10));

    for (long run = 0; run < runs; run++) {
        shared->ready = shared->go = shared->passed = shared->outlived = 0;
        pid_t parent = fork();
        if (parent == 0) {
            (void)setpgid(0, group);
            be_parent(sockets, run % 300);
        }
        // The child is ours when its parent has died.
        (void)waitpid(parent, NULL, 0);
        while (waitpid(-1, NULL, WNOHANG) == 0 && shared->outlived == 0)
            (void)usleep(200);
        passed += shared->passed;
        outlived += shared->outlived;
    }
    printf("vm: %s, a group of %s: %ld runs, %ld times alive, of these %ld outlived their parent\n",
           argv[1], argv[2], runs, passed, outlived);
    (void)kill(group, SIGKILL);
    return outlived != 0;
}
