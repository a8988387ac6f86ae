// What most tests run as COMMAND: it reports facts about itself, so that no test has to read the
// output of another tool.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void report_hex(const char *key, const char *bytes)
{
    printf("%s=", key);
    for (; *bytes != '\0'; bytes++)
        printf("%02x", (unsigned char)*bytes);
    printf("\n");
}

// Which namespaces and processes.
static void report_process(void)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc", "user", "cgroup"};
    char file[64], link[64], hostname[256] = "";

    printf("pid=%d\nppid=%d\npgid=%d\nsid=%d\nuid=%d\ngid=%d\n", getpid(), getppid(), getpgrp(),
           getsid(0), getuid(), getgid());
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        snprintf(file, sizeof(file), "/proc/self/ns/%s", kinds[i]);
        ssize_t size = readlink(file, link, sizeof(link) - 1);
        printf("ns_%s=%.*s\n", kinds[i], size < 0 ? 1 : (int)size, size < 0 ? "?" : link);
    }
    gethostname(hostname, sizeof(hostname) - 1);
    printf("hostname=%s\n", hostname);
    struct if_nameindex *interfaces = if_nameindex();
    printf("interfaces=");
    for (size_t i = 0; interfaces != NULL && interfaces[i].if_index != 0; i++)
        printf("%s ", interfaces[i].if_name);
    printf("\n");
}

// Who it is and what it may do: capabilities, groups, and the root of its files.
static void report_rights(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0}};
    unsigned long long bounding = 0, ambient = 0;
    gid_t groups[1024];
    struct stat root = {0};
    char hostname[256] = "";

    syscall(SYS_capget, &header, sets);
    for (int i = 0; i < 64; i++) {
        bounding |= (unsigned long long)(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) << i;
        ambient |= (unsigned long long)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
                   << i;
    }
    printf("capabilities=%x%08x:%x%08x:%x%08x:%llx:%llx\nsecurebits=%x\n", sets[1].effective,
           sets[0].effective, sets[1].permitted, sets[0].permitted, sets[1].inheritable,
           sets[0].inheritable, bounding, ambient, (unsigned)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
    int count = getgroups(1024, groups);
    printf("uids=%d:%d\ngids=%d:%d\ngroups=", getuid(), geteuid(), getgid(), getegid());
    for (int i = 0; i < count; i++)
        printf("%d ", groups[i]);
    (void)stat("/", &root);
    gethostname(hostname, sizeof(hostname) - 1);
    printf("\nroot=%llx:%llu\nhostname=%s\n", (unsigned long long)root.st_dev,
           (unsigned long long)root.st_ino, hostname);
    char score[16] = "";
    int fd = open("/proc/self/oom_score_adj", O_RDONLY);
    ssize_t size = read(fd, score, sizeof(score) - 1);
    close(fd);
    printf("oom_score_adj=%.*s\n", size < 1 ? 0 : (int)size - 1, score);
}

// What a process inherits, whatever it executes; the order is fixed, so that two can be compared.
static void report_inheritance(void)
{
    char directory[4096];
    unsigned long mask = 0;
    unsigned long long ignored = 0;
    struct sigaction action;

    printf("cwd=%s\n", getcwd(directory, sizeof(directory)) == NULL ? "?" : directory);
    mode_t creation = umask(0);
    umask(creation);
    printf("umask=%03o\nnice=%d\n", creation, getpriority(PRIO_PROCESS, 0));
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
            printf("limit%d=%llu:%llu\n", i, (unsigned long long)limit.rlim_cur,
                   (unsigned long long)limit.rlim_max);
    }
    // The system call: the library's function hides two signals.
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
    for (int signal = 1; signal < NSIG; signal++)
        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            ignored |= 1ULL << (signal - 1);
    printf("blocked=%016lx\nignored=%016llx\n", mask, ignored);
    report_rights();
    printf("dumpable=%d\nno_new_privs=%d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    for (char **variable = environ; *variable != NULL; variable++)
        report_hex("environment", *variable);
}

static void report_descriptors(void)
{
    struct stat status;
    struct rlimit limit;
    struct pollfd some[64];
    int top = 4096, at_once = 64;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        if (limit.rlim_max < 65536)
            top = (int)limit.rlim_max;
        // poll(2) takes no more than that.
        if (limit.rlim_cur < 64)
            at_once = (int)limit.rlim_cur;
    }
    printf("descriptors=");
    // One poll(2) says of many whether they are open, and needs no /proc for it.
    for (int fd = 0; fd < top; fd += at_once) {
        for (int i = 0; i < at_once; i++)
            some[i] = (struct pollfd){.fd = fd + i};
        (void)poll(some, (nfds_t)at_once, 0);
        for (int i = 0; i < at_once; i++)
            if ((some[i].revents & POLLNVAL) == 0)
                printf("%d ", fd + i);
    }
    printf("\n");
    for (int fd = 0; fd < 3; fd++)
        if (fstat(fd, &status) == 0)
            printf("fd%d=%llx:%llu:%llx\n", fd, (unsigned long long)status.st_dev,
                   (unsigned long long)status.st_ino, (unsigned long long)status.st_rdev);
    if (stat("/dev/null", &status) == 0)
        printf("null=%llx:%llu:%llx\n", (unsigned long long)status.st_dev,
               (unsigned long long)status.st_ino, (unsigned long long)status.st_rdev);
}

// The terminal, looked at through whichever of 0, 1 and 2 is one.
static void report_terminal(void)
{
    int fd = isatty(0) ? 0 : isatty(1) ? 1 : 2;
    struct winsize size = {0};

    printf("terminal=%d\nforeground=%d\n", isatty(fd), tcgetpgrp(fd));
    (void)ioctl(fd, TIOCGWINSZ, &size);
    printf("rows=%d\ncolumns=%d\n", size.ws_row, size.ws_col);
}

// /proc, as COMMAND sees it.
static void report_proc(void)
{
    struct statfs fs;
    char link[32] = "";
    int processes = 0;
    DIR *proc = opendir("/proc");

    for (struct dirent *entry; proc != NULL && (entry = readdir(proc)) != NULL;)
        processes += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    if (proc != NULL)
        closedir(proc);
    printf("proc_processes=%d\n", processes);
    printf("proc_self=%s\n", readlink("/proc/self", link, sizeof(link) - 1) == -1 ? "?" : link);
    if (statfs("/proc", &fs) == 0)
        printf("proc_readonly=%d\nproc_nosuid=%d\nproc_nodev=%d\nproc_noexec=%d\n",
               (fs.f_flags & MS_RDONLY) != 0, (fs.f_flags & MS_NOSUID) != 0,
               (fs.f_flags & MS_NODEV) != 0, (fs.f_flags & MS_NOEXEC) != 0);
    if (statfs("/proc/sys", &fs) == 0)
        printf("sys_readonly=%d\nsys_nosuid=%d\nsys_nodev=%d\nsys_noexec=%d\n",
               (fs.f_flags & MS_RDONLY) != 0, (fs.f_flags & MS_NOSUID) != 0,
               (fs.f_flags & MS_NODEV) != 0, (fs.f_flags & MS_NOEXEC) != 0);
    struct stat here, there;
    printf("cwd_is_proc=%d\n",
           stat(".", &here) == 0 && stat("/proc", &there) == 0 && here.st_dev == there.st_dev);
}

static int facts(char **argv)
{
    (void)argv;
    report_process();
    report_inheritance();
    report_descriptors();
    report_terminal();
    report_proc();
    return 0;
}

static int inheritance(char **argv)
{
    (void)argv;
    report_inheritance();
    return 0;
}

// argv, with its bytes in hexadecimal.
static int arguments(char **argv)
{
    report_hex("arg", argv[-1]);
    for (; *argv != NULL; argv++)
        report_hex("arg", *argv);
    return 0;
}

// Long ones: how many, how long, and a checksum over all bytes.
static int checksum(char **argv)
{
    unsigned long count = 0, size = 0, sum = 0;

    for (; *argv != NULL; argv++, count++)
        for (const char *byte = *argv; *byte != '\0'; byte++, size++)
            sum = sum * 31 + (unsigned char)*byte;
    printf("count=%lu\nsize=%lu\nsum=%lu\n", count, size, sum);
    return 0;
}

static int exit_with(char **argv)
{
    return argv[0] == NULL ? 0 : (int)strtol(argv[0], NULL, 10);
}

// By a fault, which ends even PID 1.
static int crash(char **argv)
{
    (void)argv;
    volatile int *volatile nowhere = NULL;
    *nowhere = 0; // cppcheck-suppress nullPointer
    return 0;
}

static int raise_signal(char **argv)
{
    raise((int)strtol(argv[0], NULL, 10));
    return 0;
}

// All that a caller can hand over or has to get back; argv[0] says how to end: "status N", or a
// fault.
static int everything(char **argv)
{
    struct termios settings = {0};
    unsigned long sum = 0, size = 0;
    unsigned char bytes[4096];
    char name[16] = "";

    report_inheritance();
    report_descriptors();
    arguments(argv);
    (void)prctl(PR_GET_NAME, name, 0, 0, 0);
    printf("name=%s\ntimer_slack=%d\npersonality=%x\nscheduler=%d\n", name,
           prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), (unsigned)personality(0xffffffff),
           sched_getscheduler(0));
    (void)tcgetattr(0, &settings);
    printf("terminal=%d\nforeground=%d\nsettings=%x:%x:%x:%x\n", isatty(0),
           isatty(0) && tcgetpgrp(0) == getpgrp(), settings.c_iflag, settings.c_oflag,
           settings.c_cflag, settings.c_lflag);
    for (ssize_t n; !isatty(0) && (n = read(0, bytes, sizeof(bytes))) > 0;)
        for (ssize_t i = 0; i < n; i++, size++)
            sum = sum * 31 + bytes[i];
    printf("input=%lu:%lu\n", size, sum);
    fflush(stdout);
    fprintf(stderr, "the end: %s\n", argv[0]);
    if (strcmp(argv[0], "segmentation") == 0)
        return crash(argv);
    if (strcmp(argv[0], "trap") == 0)
        __builtin_trap();
    return exit_with(argv + 1);
}

// Report every signal that arrives, until SIGUSR2 or the end of standard input.
static int report_signals(char **argv)
{
    sigset_t all;
    siginfo_t info;

    (void)argv;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    printf("ready\n");
    fflush(stdout);
    do {
        if (sigwaitinfo(&all, &info) == -1)
            continue;
        printf("signal=%d\n", info.si_signo);
        if (info.si_code == SI_QUEUE)
            printf("value=%d\n", info.si_value.sival_int);
        fflush(stdout);
    } while (info.si_signo != SIGUSR2);
    return 0;
}

static int sleep_for_ever(char **argv)
{
    (void)argv;
    printf("ready\n");
    fflush(stdout);
    while (true)
        pause();
    return 0;
}

static struct termios cooked, uncooked;

// As an editor: put the terminal in order, stop, and take it again.
static void stop_in_order(int signal)
{
    sigset_t one;

    (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    (void)tcsetattr(0, TCSANOW, &cooked);
    (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigemptyset(&one);
    sigaddset(&one, signal);
    (void)raise(signal);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
    (void)sigaction(signal, &(struct sigaction){.sa_handler = stop_in_order}, NULL);
    (void)tcsetattr(0, TCSANOW, &uncooked);
}

// Wait for keys without echo, and report each, until 'q'.
static int edit(char **argv)
{
    char key = 0;

    (void)argv;
    if (tcgetattr(0, &cooked) == -1)
        return 1;
    uncooked = cooked;
    uncooked.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    (void)tcsetattr(0, TCSANOW, &uncooked);
    (void)sigaction(SIGTSTP, &(struct sigaction){.sa_handler = stop_in_order}, NULL);
    printf("ready\n");
    fflush(stdout);
    while (key != 'q') {
        if (read(0, &key, 1) != 1)
            continue;
        printf("key=%c\n", key);
        fflush(stdout);
    }
    return tcsetattr(0, TCSANOW, &cooked);
}

// More than a pipe holds.
static int write_lines(char **argv)
{
    (void)argv;
    for (int i = 1; i <= 100000; i++)
        printf("line %d\n", i);
    return 0;
}

// A child that stays when we end.
static int leave_child(char **argv)
{
    (void)argv;
    pid_t child = fork();
    if (child == 0) {
        while (true)
            pause();
    }
    printf("child=%d\n", child);
    return 7;
}

// Mount something on the directory MNT, then wait for a line.
static int mount_something(char **argv)
{
    char line[16];

    (void)argv;
    printf("mount=%d\n", mount("tmpfs", "mnt", "tmpfs", 0, "size=64k"));
    printf("ready\n");
    fflush(stdout);
    return read(0, line, sizeof(line)) == -1;
}

// Set a hostname and make shared memory, then wait for a line.
static int change_world(char **argv)
{
    char line[16];

    (void)argv;
    printf("sethostname=%d\n", sethostname("inside", 6));
    printf("ipc=%d\n", shmget(0x6d79646f, 4096, IPC_CREAT | 0600) == -1 ? -1 : 0);
    printf("ready\n");
    fflush(stdout);
    return read(0, line, sizeof(line)) == -1;
}

// Leave the terminal as an editor that has crashed does.
static int spoil_terminal(char **argv)
{
    struct termios raw;

    if (tcgetattr(0, &raw) == -1)
        return 1;
    cfmakeraw(&raw);
    if (tcsetattr(0, TCSANOW, &raw) == -1)
        return 1;
    return crash(argv);
}

// Read the terminal's size whenever it changes.
static int watch_size(char **argv)
{
    sigset_t winch;
    int signal;

    sigemptyset(&winch);
    sigaddset(&winch, SIGWINCH);
    sigprocmask(SIG_BLOCK, &winch, NULL);
    printf("ready\n");
    fflush(stdout);
    sigwait(&winch, &signal);
    report_terminal();
    (void)argv;
    return 0;
}

// A file: its device and its number, as report_rights() tells the root.
static void report_file(const char *key, const char *file)
{
    struct stat status;

    if (stat(file, &status) == 0)
        printf("%s=%llx:%llu\n", key, (unsigned long long)status.st_dev,
               (unsigned long long)status.st_ino);
    else
        printf("%s=%s\n", key, strerror(errno));
}

static void report_mode(const char *file)
{
    struct stat status;

    if (lstat(file, &status) == 0)
        printf("%s=%o %llx\n", file, (unsigned)status.st_mode, (unsigned long long)status.st_rdev);
}

static void report_entries(const char *key, const char *directory)
{
    DIR *stream = opendir(directory);

    printf("%s=", key);
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;)
        if (entry->d_name[0] != '.')
            printf("%s ", entry->d_name);
    printf("\n");
    if (stream != NULL)
        closedir(stream);
}

// What the root is, what lies around it and which mounts can be seen: "POINT TYPE, ...".
static int root(char **argv)
{
    char line[4096], point[1024], type[64], directory[4096];
    FILE *mounts = fopen("/proc/self/mountinfo", "re");

    (void)argv;
    report_mode("/");
    report_file("root", "/");
    report_file("parent", "/..");
    report_file("here", ".");
    printf("cwd=%s\n", getcwd(directory, sizeof(directory)) == NULL ? "?" : directory);
    report_entries("entries", "/");
    printf("mounts=");
    while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL) {
        const char *rest = strstr(line, " - ");
        if (rest != NULL && sscanf(line, "%*d %*d %*s %*s %1023s", point) == 1 &&
            sscanf(rest, " - %63s", type) == 1)
            printf("%s %s, ", point, type);
    }
    printf("\n");
    if (mounts != NULL)
        fclose(mounts);
    report_proc();
    return 0;
}

// "NAME=TYPE ..." of each file in /dev: a device's number, or where a link leads.
static void report_devices(void)
{
    DIR *dev = opendir("/dev");

    for (struct dirent *entry; dev != NULL && (entry = readdir(dev)) != NULL;) {
        char file[512], link[256] = "";
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "/dev/%s", entry->d_name);
        if (readlink(file, link, sizeof(link) - 1) > 0)
            printf("%s=-> %s\n", file, link);
        else
            report_mode(file);
    }
    if (dev != NULL)
        closedir(dev);
}

static void report_mount(const char *point)
{
    struct statfs fs;

    if (statfs(point, &fs) == 0)
        printf("mount_%s=%lx%s%s%s%s\n", point, (unsigned long)fs.f_type,
               (fs.f_flags & MS_RDONLY) != 0 ? " ro" : "",
               (fs.f_flags & MS_NOSUID) != 0 ? " nosuid" : "",
               (fs.f_flags & MS_NODEV) != 0 ? " nodev" : "",
               (fs.f_flags & MS_NOEXEC) != 0 ? " noexec" : "");
}

// What came of it: 0, or errno.
static void report_result(const char *what, long result)
{
    printf("%s=%d\n", what, result < 0 ? errno : 0);
}

static int open_and_close(const char *file, int flags)
{
    int fd = open(file, flags | O_CLOEXEC, 0600);

    if (fd != -1)
        close(fd);
    return fd;
}

// /dev and /sys, as COMMAND sees them, and what can be done with them. A file argv[0] in shared
// memory is left.
static int dev(char **argv)
{
    static const char *const points[] = {"/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"};
    char bytes[16] = "", terminal[32], file[64];
    int fd, number = -1, unlock = 0;

    report_devices();
    report_mode("/dev/pts/ptmx");
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        report_mount(points[i]);
    report_result("write_null", write(fd = open("/dev/null", O_WRONLY | O_CLOEXEC), "x", 1));
    close(fd);
    report_result("write_full", write(fd = open("/dev/full", O_WRONLY | O_CLOEXEC), "x", 1));
    close(fd);
    report_result("read_zero", read(fd = open("/dev/zero", O_RDONLY | O_CLOEXEC), bytes, 16));
    close(fd);
    report_result("read_urandom", read(fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC), bytes, 16));
    close(fd);
    fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    report_result("unlock", ioctl(fd, TIOCSPTLCK, &unlock));
    report_result("number", ioctl(fd, TIOCGPTN, &number));
    snprintf(terminal, sizeof(terminal), "/dev/pts/%d", number);
    report_result(terminal, open_and_close(terminal, O_RDWR | O_NOCTTY));
    report_entries("pts", "/dev/pts");
    close(fd);
    report_result("chmod", chmod("/dev/null", 0666)); // what it is
    snprintf(file, sizeof(file), "/dev/shm/%s", argv[0] != NULL ? argv[0] : "probe");
    report_result("shm", open_and_close(file, O_RDWR | O_CREAT));
    if (argv[0] == NULL)
        unlink(file);
    report_result("mqueue", open_and_close("/dev/mqueue/probe", O_RDWR | O_CREAT));
    report_result("mknod", mknod("/dev/device", S_IFCHR | 0666, makedev(1, 3)));
    report_result("open_device", open_and_close("/dev/device", O_RDWR));
    report_result("write_sys", open_and_close("/sys/kernel/uevent_seqnum", O_WRONLY));
    report_entries("net", "/sys/class/net");
    return 0;
}

static int write_to(const char *file, int flags)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC | flags, 0644);

    if (fd == -1)
        return -1;
    ssize_t size = write(fd, "changed\n", 8);
    close(fd);
    return size == 8 ? 0 : -1;
}

// Write, change, delete and rename what the test has put into /, and a device besides.
static int change(char **argv)
{
    (void)argv;
    report_result("written", write_to("/written", O_CREAT | O_EXCL));
    report_result("changed", write_to("/changed", O_APPEND));
    report_result("mode", chmod("/changed", 0600));
    report_result("deleted", unlink("/deleted"));
    report_result("renamed", rename("/renamed", "/renamed-too"));
    report_result("emptied", unlink("/tree/file"));
    report_result("removed", rmdir("/tree"));
    report_result("made_anew", mkdir("/tree", 0755));
    report_entries("tree", "/tree");
    report_result("mknod", mknod("/device", S_IFCHR | 0666, makedev(1, 3)));
    report_result("open_device", open_and_close("/device", O_RDWR));
    report_entries("entries", "/");
    return 0;
}

// Leave a file argv[0], and list / after a line.
static int leave_file(char **argv)
{
    char line[16];

    report_result("left", write_to(argv[0], O_CREAT));
    printf("ready\n");
    fflush(stdout);
    (void)!read(0, line, sizeof(line));
    report_entries("entries", "/");
    return 0;
}

static int entries(char **argv)
{
    report_entries("entries", argv[0]);
    return 0;
}

// The file argv[0], and the mount that it is on.
static int file_facts(char **argv)
{
    report_file("file", argv[0]);
    report_mount(argv[0]);
    return 0;
}

// The way out of a chroot(2) that every root knows: a second one leaves the working directory out.
static int leave_chroot(char **argv)
{
    (void)argv;
    if (mkdir("/way-out", 0755) == -1 || chroot("/way-out") == -1)
        return 1;
    for (int i = 0; i < 64; i++)
        if (chdir("..") == -1)
            return 1;
    if (chroot(".") == -1)
        return 1;
    report_entries("entries", "/");
    return 0;
}

// As nsenter(1) does it: into the mount namespace of PID 1, which is our own.
static int enter_mounts(char **argv)
{
    int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

    (void)argv;
    if (fd == -1 || setns(fd, CLONE_NEWNS) == -1)
        return 1;
    report_entries("entries", "/");
    return 0;
}

static int umount_proc(char **argv)
{
    (void)argv;
    if (umount2("/proc", MNT_DETACH) == -1)
        return 1;
    report_entries("proc", "/proc");
    return 0;
}

// Is 127.0.0.1 within reach? Nobody has to listen there.
static int loopback(char **argv)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)argv;
    if (fd == -1 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1) {
        perror("connect 127.0.0.1");
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **argv);
    } commands[] = {
        {"arguments", arguments},
        {"change", change},
        {"change-world", change_world},
        {"checksum", checksum},
        {"crash", crash},
        {"dev", dev},
        {"edit", edit},
        {"enter-mounts", enter_mounts},
        {"mount", mount_something},
        {"entries", entries},
        {"everything", everything},
        {"exit", exit_with},
        {"facts", facts},
        {"file", file_facts},
        {"inheritance", inheritance},
        {"leave-child", leave_child},
        {"leave-chroot", leave_chroot},
        {"leave-file", leave_file},
        {"lines", write_lines},
        {"loopback", loopback},
        {"raise", raise_signal},
        {"root", root},
        {"signals", report_signals},
        {"sleep", sleep_for_ever},
        {"spoil-terminal", spoil_terminal},
        {"umount-proc", umount_proc},
        {"watch-size", watch_size},
    };

    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    fprintf(stderr, "probe: unknown command\n");
    return 99;
}
