// The floor: the system calls that no container of this kind can do without, and nothing else. What
// a mydocker takes longer than this is its own doing. With --self-exec it is executed once more in
// the child, as `init`: what a runtime of that design takes at least.
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_init(char **argv)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -1)
        return 125;
    execve(argv[0], argv, environ);
    return 127;
}

static int child_main(void *argument)
{
    char **argv = argument;

    if (strcmp(argv[0], "--self-exec") != 0)
        return run_init(argv);
    argv[0] = "init";
    execve("/proc/self/exe", argv, environ);
    return 127;
}

int main(int argc, char **argv)
{
    static alignas(16) char stack[64 * 1024];
    const int flags =
        CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | SIGCHLD;
    int status;

    if (strcmp(argv[0], "init") == 0)
        return run_init(argv + 1);
    if (argc < 2)
        errx(125, "usage: floor [--self-exec] COMMAND [ARG...]");
    pid_t child = clone(child_main, stack + sizeof(stack), flags, argv + 1);
    if (child == -1)
        err(125, "clone");
    if (waitpid(child, &status, 0) == -1)
        err(125, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
