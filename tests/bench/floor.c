// The floor: the system calls that no container of this kind can do without, and nothing else. What
// a mydocker takes longer than this is its own doing. With --self-exec it is executed once more in
// the child, as `init`: what a runtime of that design takes at least. With --root 5, 6 or 7 and a
// DIR that becomes COMMAND's root: what that step calls between the two, in its order
// (trace/test_trace.py compares).
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LAYERS "lowerdir=.,upperdir=/sys/changes,workdir=/sys/work"

enum { STRICT = MS_NOEXEC | MS_NOSUID | MS_NODEV };

// In a user namespace only userxattr will do (step 7).
static bool mount_layers(void)
{
    static const char *const directories[] = {"/sys/changes",      "/sys/work",
                                              "/sys/root",         "/sys/changes/dev",
                                              "/sys/changes/proc", "/sys/changes/sys"};

    if (mount("tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV, NULL) == -1)
        return false;
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        if (mkdir(directories[i], 0755) == -1)
            return false;
    if (chmod("/sys/changes", 0755) == -1)
        return false;
    bool is_root = setxattr("/sys/work", "trusted.ours", "", 0, 0) == 0;
    return mount("overlay", "/sys/root", "overlay", MS_NODEV,
                 is_root ? LAYERS : LAYERS ",userxattr") == 0 &&
           chdir("/sys/root") == 0;
}

// Make DIRECTORY the root, and stay in the old one.
static bool enter_root(int step, const char *directory)
{
    int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (step < 7 && mount(directory, directory, NULL, MS_BIND | MS_REC, NULL) == -1)
        return false;
    return chdir(directory) == 0 && (step < 7 || mount_layers()) &&
           syscall(SYS_pivot_root, ".", ".") == 0 && fchdir(old_root) == 0;
}

static bool make_dev(void)
{
    static const char *const devices[] = {"/dev/full", "/dev/null",    "/dev/random",
                                          "/dev/tty",  "/dev/urandom", "/dev/zero"};

    // These two are DIR's own, most of the time, and the step finds out by trying.
    if ((mkdir("/sys", 0755) == -1 && errno != EEXIST) ||
        mount("sysfs", "/sys", "sysfs", MS_RDONLY | STRICT, NULL) == -1 ||
        (mkdir("/dev", 0755) == -1 && errno != EEXIST) ||
        mount("tmpfs", "/dev", "tmpfs", STRICT, "mode=755,size=64k") == -1 ||
        mkdir("/dev/pts", 0755) == -1 ||
        mount("devpts", "/dev/pts", "devpts", MS_NOEXEC | MS_NOSUID, "ptmxmode=666,mode=620") ==
            -1 ||
        mkdir("/dev/shm", 0755) == -1 ||
        mount("tmpfs", "/dev/shm", "tmpfs", STRICT, "mode=1777,size=64m") == -1 ||
        mkdir("/dev/mqueue", 0755) == -1 ||
        mount("mqueue", "/dev/mqueue", "mqueue", STRICT, NULL) == -1)
        return false;
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if (mknod(devices[i], S_IFREG | 0666, 0) == -1 ||
            mount(devices[i] + 1, devices[i], NULL, MS_BIND, NULL) == -1 ||
            mount(NULL, devices[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC | MS_NOSUID,
                  NULL) == -1)
            return false;
    return symlink("/proc/self/fd", "/dev/fd") == 0 &&
           symlink("/proc/self/fd/0", "/dev/stdin") == 0 &&
           symlink("/proc/self/fd/1", "/dev/stdout") == 0 &&
           symlink("/proc/self/fd/2", "/dev/stderr") == 0 && symlink("pts/ptmx", "/dev/ptmx") == 0;
}

static int run_init(char **argv)
{
    bool has_root = strcmp(argv[0], "--root") == 0;
    int step = has_root ? (int)strtol(argv[1], NULL, 10) : 0;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        (has_root && !enter_root(step, argv[2])) ||
        mount("proc", "/proc", "proc", STRICT, NULL) == -1 || (step >= 6 && !make_dev()) ||
        (has_root && (umount2(".", MNT_DETACH) == -1 || chdir("/") == -1)))
        return 125;
    argv += has_root ? 3 : 0;
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
        errx(125, "usage: floor [--self-exec] [--root 5|6|7 DIR] COMMAND [ARG...]");
    pid_t child = clone(child_main, stack + sizeof(stack), flags, argv + 1);
    if (child == -1)
        err(125, "clone");
    if (waitpid(child, &status, 0) == -1)
        err(125, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
