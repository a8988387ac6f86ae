// Nothing outlives the suite, whatever it was doing and however it ends.
//
// Three processes. The outer one is the one that was started, and that a person interrupts. The
// keeper is PID 1 of a PID namespace: when it ends, the kernel kills everything in there. The third
// goes on with the tests. The outer one holds the only writing end of a pipe: when that closes, for
// an end, a signal or SIGKILL, the keeper cleans up and ends.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { NO_PROC = 250 }; // the keeper's status where the kernel gives it no /proc

// What interrupts the suite. Held back until there is somebody to clean up.
enum { SIGNALS = 4 };
static const int signals[SIGNALS] = {SIGHUP, SIGTERM, SIGINT, SIGQUIT};

static int pipe_ends[2];
static volatile sig_atomic_t interrupted;

void keeper_let(bool through)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(through ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

static int status_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void let_go(int signal)
{
    if (interrupted == 0)
        close(pipe_ends[1]);
    interrupted = signal;
}

// We are outside. Our job is to wait, and to let go of the pipe where somebody interrupts us.
static int outside(pid_t keeper, bool keys_are_ours)
{
    int status;

    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    int pidfd = (int)syscall(SYS_pidfd_open, keeper, 0);
    struct pollfd ends[] = {{.fd = pidfd, .events = POLLIN}, {.fd = terminal}};

    close(pipe_ends[0]);
    for (size_t i = 0; i < SIGNALS; i++)
        (void)signal(signals[i], i < 2 || keys_are_ours ? let_go : SIG_IGN);
    keeper_let(true);
    while (poll(ends, 2, -1) == -1)
        ;
    if (ends[0].revents == 0)
        let_go(SIGHUP); // not everybody passes on that the terminal has hung up
    while (waitpid(keeper, &status, 0) == -1)
        if (errno != EINTR)
            abort();
    if (interrupted != 0) {
        (void)signal(interrupted, SIG_DFL);
        raise(interrupted);
    }
    return status_of(status);
}

// The processes of a machine have higher numbers than those of a container. The kernel is told that
// it has given 300 (pid_namespaces(7)); where it is built without that file, it gives them.
static void raise_numbers(void)
{
    static const char last[] = "300";
    int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    bool told = fd != -1 && write(fd, last, strlen(last)) == (ssize_t)strlen(last);

    if (fd != -1)
        close(fd);
    for (pid_t pid = 0; !told && pid < 300 && pid != -1; waitpid(pid, NULL, 0))
        if ((pid = fork()) == 0)
            _exit(0);
}

// Reap what has ended. Returns true where it was TESTS, with its STATUS.
static bool reap(pid_t tests, int *status)
{
    bool found = false;
    int any;
    pid_t pid;

    while ((pid = waitpid(-1, &any, WNOHANG)) > 0) {
        if (pid == tests) {
            *status = any;
            found = true;
        }
    }
    return found;
}

// We are PID 1. Our job is to outlive what goes on with the tests, and to leave nothing behind.
static _Noreturn void keep(pid_t tests, const char *directory)
{
    int pidfd = (int)syscall(SYS_pidfd_open, tests, 0), status = SIGKILL;
    struct pollfd events[] = {{.fd = pipe_ends[0]}, {.fd = pidfd, .events = POLLIN}};

    while (!reap(tests, &status) && events[0].revents == 0)
        (void)poll(events, 2, 1000);
    kill(-1, SIGKILL);
    (void)chdir("/");
    (void)umount2(directory, MNT_DETACH);
    (void)rmdir(directory);
    _exit(status_of(status));
}

void keeper_start(const char *directory, bool with_terminal)
{
    if (pipe2(pipe_ends, O_CLOEXEC) == -1)
        abort();
    fflush(NULL);
    // As fork(2), but into a PID namespace.
    pid_t keeper = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
    if (keeper != 0) {
        int status = keeper == -1 ? NO_PROC : outside(keeper, !with_terminal);
        if (status != NO_PROC)
            _exit(status);
        // Where /proc is masked an ordinary user gets no other one, and does without.
        keeper_let(true);
        return;
    }
    close(pipe_ends[1]);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1)
        _exit(NO_PROC);
    raise_numbers();
    pid_t tests = fork();
    if (tests == -1)
        abort();
    if (tests != 0)
        keep(tests, directory);
    close(pipe_ends[0]);
    keeper_let(true);
    // A program under test that signals its process group is to meet us alone, and cannot stop us:
    // no shell could have us go on.
    if (!with_terminal && setsid() == -1)
        abort();
}
