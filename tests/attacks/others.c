// Other processes, the terminal, the network, rights and amounts.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

// PID NAMESPACE: the number that a process of the host has there, and that of its mount namespace.
void attack_setns(char **argv)
{
    char name[64];
    struct stat status;

    (void)snprintf(name, sizeof(name), "/proc/%s/ns/mnt", argv[0]);
    int fd = open_behind_proc(name, O_RDONLY);
    // Or the namespace of the container's own init, as it is at its topmost root.
    bool is_own = fd == -1;
    if (is_own)
        fd = open("/proc/1/ns/mnt", O_RDONLY);
    if (fd == -1 || fstat(fd, &status) == -1)
        held("open %s", name);
    if (setns(fd, CLONE_NEWNS) == -1)
        held("setns");
    if (!is_own)
        works("a namespace of the host's is entered");
    errno = 0;
    if (is_secret(open(argv[1], O_RDONLY)))
        works("the host's file is read");
    held("the namespace of PID 1 shows nothing of the host's");
}

// PID ADDRESS of a word of the host's process.
void attack_memory(char **argv)
{
    pid_t pid = atoi(argv[0]);
    char name[64];

    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0) {
        (void)waitpid(pid, NULL, __WALL);
        (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
        works("a process of the host's is traced");
    }
    int error = errno;
    (void)snprintf(name, sizeof(name), "/proc/%s/mem", argv[0]);
    int fd = open_behind_proc(name, O_WRONLY);
    if (fd != -1 && pwrite(fd, "changed", 8, (off_t)strtoull(argv[1], NULL, 10)) == 8)
        works("the memory of a process of the host's is changed");
    errno = error;
    held("ptrace");
}

// One character, as if somebody had typed it; and with bits of the request that the kernel ignores.
void attack_type(char **argv)
{
    (void)argv;
    int fd = open("/dev/tty", O_RDWR);
    if (fd == -1)
        fd = 0;
    // Who looks whether it was typed looks outside: a terminal of the container's own may take it.
    if (ioctl(fd, TIOCSTI, "x") == 0 || syscall(SYS_ioctl, fd, TIOCSTI | (1UL << 32), "x") == 0)
        works("a character was typed");
    held("ioctl TIOCSTI");
}

// What is asked for is whether a shift key is down; the next number pastes.
void attack_console(char **argv)
{
    char request = 6;

    (void)argv;
    int fd = open("/dev/tty1", O_RDONLY | O_NOCTTY | O_NONBLOCK);
    if (fd == -1)
        fd = device('c', 4, 1, O_RDONLY | O_NOCTTY | O_NONBLOCK);
    if (fd == -1)
        held("open /dev/tty1");
    if (ioctl(fd, TIOCLINUX, &request) == -1)
        held("ioctl TIOCLINUX");
    works("the console does what it is told");
}

// NAME of an abstract socket.
void attack_abstract(char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(argv[0]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)strncpy(address.sun_path + 1, argv[0], sizeof(address.sun_path) - 2);
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) == 0)
        works("connected");
    held("connect");
}

// PATH of a socket.
void attack_socket(char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)strncpy(address.sun_path, argv[0], sizeof(address.sun_path) - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        works("connected");
    held("connect");
}

// WORD, which the host sends to itself.
void attack_listen(char **argv)
{
    char frame[2048];
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    struct pollfd arrival = {.fd = fd, .events = POLLIN};

    if (fd == -1)
        held("socket");
    for (int i = 0; i < 200 && poll(&arrival, 1, 200) == 1; i++) {
        ssize_t size = recv(fd, frame, sizeof(frame), 0);
        if (size > 0 && memmem(frame, (size_t)size, argv[0], strlen(argv[0])) != NULL)
            works("the host's network is heard");
    }
    errno = 0;
    held("there is nothing to be heard");
}

// PROGRAM: this one, with root's set-user-ID bit.
void attack_set_user_id(char **argv)
{
    if (strcmp(argv[0], "started") == 0) {
        if (geteuid() == 0)
            works("nobody has become root");
        held("still nobody");
    }
    if (setgid(65534) == -1 || setuid(65534) == -1)
        held("setuid");
    (void)execl(argv[0], argv[0], "set-user-id", "started", NULL);
    held("execute %s", argv[0]);
}

// What the caller's inheritable set has, a program with a file capability can use.
void attack_inheritable(char **argv)
{
    char line[256];
    unsigned long long set = 0;
    FILE *status = fopen("/proc/self/status", "re");

    (void)argv;
    while (status != NULL && fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "CapInh: %llx", &set) == 1)
            break;
    if (set != 0)
        works("CapInh is %llx", set);
    errno = 0;
    held("CapInh is empty");
}

// The last process that the kernel ends where there is no memory left.
void attack_spare(char **argv)
{
    (void)argv;
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    if (fd != -1 && write(fd, "-999", 4) == 4)
        works("all others are killed first");
    held("write to /proc/self/oom_score_adj");
}

// 0 knows no PID namespace.
void attack_group(char **argv)
{
    (void)argv;
    (void)signal(SIGTERM, SIG_IGN);
    (void)kill(0, SIGTERM);
    works("the signal is sent");
}

// USER: all instances that the user may have, until standard input ends.
void attack_inotify(char **argv)
{
    int taken = 0;
    char byte;

    // Where there is only one user, that one.
    (void)!setuid((uid_t)atoi(argv[0]));
    while (taken < 1000 && inotify_init1(IN_CLOEXEC) != -1)
        taken++;
    printf("taken: %d\n", taken);
    (void)fflush(stdout);
    (void)!read(0, &byte, 1);
    held("taken: %d", taken);
}

// LIMIT: so many, and then no more.
void attack_fork_bomb(char **argv)
{
    int limit = atoi(argv[0]), made = 0;
    int gate[2];

    if (pipe(gate) == -1)
        held("pipe");
    while (made < limit) {
        pid_t child = fork();
        char byte;
        if (child == -1)
            held("after %d processes", made);
        if (child == 0) {
            (void)close(gate[1]);
            (void)!read(gate[0], &byte, 1);
            _exit(0);
        }
        made++;
    }
    works("%d processes", made);
}

// LIMIT in MiB: so much, and then no more.
void attack_memory_bomb(char **argv)
{
    size_t limit = (size_t)atoi(argv[0]);

    for (size_t i = 0; i < limit; i++) {
        void *memory =
            mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            held("after %zu MiB", i);
        memset(memory, 1, 1 << 20);
    }
    works("%zu MiB", limit);
}

// MIB: so many, in a file of its root.
void attack_file_bomb(char **argv)
{
    static char block[1 << 20];
    size_t limit = (size_t)atoi(argv[0]);
    int fd = open("/bomb", O_CREAT | O_WRONLY | O_TRUNC, 0600);

    if (fd == -1)
        held("open /bomb");
    for (size_t i = 0; i < limit; i++)
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
            held("after %zu MiB", i);
    works("%zu MiB", limit);
}
