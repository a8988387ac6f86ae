// The kernel's larger doors: calls that few programs need.
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

// The C library's headers may be older than the kernel's calls.
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef AF_ALG
#define AF_ALG 38
#endif
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

void attack_mount(char **argv)
{
    (void)argv;
    // What is read-only becomes writable; what is there is covered.
    if (mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
        works("/proc/sys is writable");
    if (mount("none", "/proc", "tmpfs", 0, NULL) == 0)
        works("a tmpfs lies on /proc");
    held("mount");
}

// The newer way to mount.
void attack_fsopen(char **argv)
{
    (void)argv;
    if (syscall(SYS_fsopen, "tmpfs", 0) != -1)
        works("a file system is open");
    int error = errno;
    if (syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */) != -1)
        works("a copy of a mount is there");
    errno = error;
    held("fsopen");
}

static void write_text(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY);

    if (fd != -1) {
        (void)!write(fd, text, strlen(text));
        (void)close(fd);
    }
}

// In the three ways that there are. A process for each; exit status 0: it has a tmpfs.
static int try_mount_as_root_of_a_namespace(int way)
{
    const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS;
    struct clone_args arguments = {.flags = flags, .exit_signal = SIGCHLD};
    int status = -1;
    pid_t child = way == 0   ? fork()
                  : way == 1 ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0)
                             : (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

    if (child == 0) {
        if (way == 0 && unshare((int)flags) == -1)
            _exit(errno);
        write_text("/proc/self/setgroups", "deny");
        write_text("/proc/self/uid_map", "0 0 1");
        write_text("/proc/self/gid_map", "0 0 1");
        _exit(mount("none", "/proc", "tmpfs", 0, NULL) == 0 ? 0 : errno);
    }
    if (child == -1)
        return errno;
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

void attack_user_namespace(char **argv)
{
    static const char *const ways[] = {"unshare", "clone", "clone3"};

    (void)argv;
    for (int way = 0; way < 3; way++) {
        int error = try_mount_as_root_of_a_namespace(way);
        if (error == 0)
            works("root of a user namespace made by %s, which mounts", ways[way]);
        if (errno == 0 || way < 2)
            errno = error;
    }
    held("unshare, clone, clone3");
}

// An overlay of files that a user namespace's root has made.
void attack_overlay(char **argv)
{
    (void)argv;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
        held("unshare");
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", "0 0 1");
    write_text("/proc/self/gid_map", "0 0 1");
    if (mount("none", "/proc", "tmpfs", 0, NULL) == -1 || mkdir("/proc/lower", 0755) == -1 ||
        mkdir("/proc/upper", 0755) == -1 || mkdir("/proc/work", 0755) == -1 ||
        mkdir("/proc/all", 0755) == -1)
        held("mount a tmpfs");
    if (mount("none", "/proc/all", "overlay", 0,
              "lowerdir=/proc/lower,upperdir=/proc/upper,workdir=/proc/work,userxattr") == -1)
        held("mount an overlay");
    works("an overlay is mounted");
}

// It is no module, but the kernel looks at it before it says so.
void attack_module(char **argv)
{
    static char text[] = "no module";

    (void)argv;
    if (syscall(SYS_init_module, text, sizeof(text), "") == -1 && errno == ENOEXEC)
        works("the kernel looks at a module");
    held("init_module");
}

void attack_bpf(char **argv)
{
    // r0 = 0; exit
    static const struct bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attribute = {
        .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
        .insn_cnt = 2,
        .insns = (__u64)(unsigned long)program,
        .license = (__u64)(unsigned long)"GPL",
    };

    (void)argv;
    if (syscall(SYS_bpf, BPF_PROG_LOAD, &attribute, sizeof(attribute)) != -1)
        works("a program is in the kernel");
    held("bpf");
}

// Of all processes on the first processor, the kernel's own work too.
void attack_perf(char **argv)
{
    struct perf_event_attr attribute = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof(attribute), .config = PERF_COUNT_SW_CPU_CLOCK};

    (void)argv;
    if (syscall(SYS_perf_event_open, &attribute, -1, 0, -1, 0) != -1)
        works("the whole machine is measured");
    held("perf_event_open");
}

// It can stop the kernel in the middle of a copy.
void attack_userfaultfd(char **argv)
{
    (void)argv;
    if (syscall(SYS_userfaultfd, O_CLOEXEC) != -1)
        works("a userfaultfd that stops the kernel, too");
    held("userfaultfd");
}

void attack_io_uring(char **argv)
{
    char parameters[256] = {0}; // struct io_uring_params

    (void)argv;
    if (syscall(SYS_io_uring_setup, 1, parameters) != -1)
        works("a ring is there");
    held("io_uring_setup");
}

// In the session keyring of who called the runtime.
void attack_key(char **argv)
{
    char text[32] = "";

    (void)argv;
    long key = syscall(SYS_keyctl, 10 /* SEARCH */, -3 /* @s */, "user", "mydocker-attack", 0);
    if (key == -1)
        held("keyctl: search");
    if (syscall(SYS_keyctl, 11 /* READ */, key, text, sizeof(text) - 1) == -1)
        held("keyctl: read");
    works("the caller's key is %s", text);
}

// The clock's frequency gets the value that it has.
void attack_clock(char **argv)
{
    struct timex clock = {0};

    (void)argv;
    if (syscall(SYS_adjtimex, &clock) == -1)
        held("adjtimex");
    clock.modes = ADJ_FREQUENCY;
    // By either call: the C library's adjtimex() may be the other one.
    if (syscall(SYS_clock_adjtime, CLOCK_REALTIME, &clock) != -1 ||
        syscall(SYS_adjtimex, &clock) != -1)
        works("the machine's clock is set");
    held("adjtimex");
}

// For as long as it takes to say so: before all others.
void attack_realtime(char **argv)
{
    const struct sched_param first = {.sched_priority = 1};

    (void)argv;
    if (sched_setscheduler(0, SCHED_FIFO, &first) == 0) {
        const struct sched_param usual = {0};
        (void)sched_setscheduler(0, SCHED_OTHER, &usual);
        works("it is scheduled before all ordinary processes");
    }
    held("sched_setscheduler");
}

// A filter that knows a call by its number does not know it by another one. This is setns, of no
// namespace: the kernel says so (EBADF), if it is asked.
void attack_i386(char **argv)
{
    (void)argv;
#ifdef __x86_64__
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        long answer;
        __asm__ volatile("int $0x80" : "=a"(answer) : "a"(346L), "b"(-1L), "c"(0L) : "memory");
        if (answer != -EBADF)
            answer = syscall(0x40000000 | SYS_setns, -1, 0) == -1 ? -errno : 0;
        _exit((int)-answer);
    }
    (void)waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EBADF)
        works("setns by the number of another machine");
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (WIFSIGNALED(status))
        held("killed by signal %d", WTERMSIG(status));
    held("setns by the number of i386 or x32");
#else
    errno = ENOSYS;
#endif
}

// NAME of a family of sockets.
void attack_family(char **argv)
{
    static const struct {
        const char *name;
        int family, type, protocol;
    } families[] = {
        {"alg", AF_ALG, SOCK_SEQPACKET, 0},
        {"rxrpc", AF_RXRPC, SOCK_DGRAM, PF_INET},
        {"vsock", AF_VSOCK, SOCK_STREAM, 0},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        if (strcmp(families[i].name, argv[0]) == 0 &&
            socket(families[i].family, families[i].type, families[i].protocol) != -1)
            works("a socket of the family %s", argv[0]);
    held("socket");
}
