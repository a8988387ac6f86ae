// What most tests run as COMMAND: it reports facts about itself, so that no test has to read the
// output of another tool.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
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
    int top = 4096;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < 65536)
        top = (int)limit.rlim_max;
    printf("descriptors=");
    // Not by poll(2), which calls one of O_PATH closed. And not by /proc, which may be missing.
    for (int fd = 0; fd < top; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            printf("%d ", fd);
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
    (void)tcflow(0, TCOOFF);
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

// How much fits into the file system on POINT, in kilobytes.
static void report_size(const char *point)
{
    struct statfs fs;

    if (statfs(point, &fs) == 0)
        printf("size_%s=%llu\n", point,
               (unsigned long long)fs.f_blocks * (unsigned long long)fs.f_bsize / 1024);
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
// Those descriptors that lead to a /dev/null: can its file be changed? (The mode is what it is.)
static void report_null(void)
{
    struct stat status;
    char key[16];

    for (int fd = 0; fd <= 2; fd++)
        if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) {
            snprintf(key, sizeof(key), "null_%d", fd);
            report_result(key, fchmod(fd, status.st_mode & 07777));
        }
}

static int dev(char **argv)
{
    static const char *const points[] = {"/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"};
    char bytes[16] = "", terminal[32], file[64];
    int fd, number = -1, unlock = 0;

    report_devices();
    report_mode("/dev/pts/ptmx");
    report_mode("/dev");
    report_size("/dev");
    report_size("/dev/shm");
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
    report_null();
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

// The line of version 2 in a process's list of control groups: the path of its group.
static void report_group(const char *key, const char *process)
{
    char file[64], line[4096], path[4096] = "?";

    snprintf(file, sizeof(file), "/proc/%s/cgroup", process);
    FILE *stream = fopen(file, "re");
    while (stream != NULL && fgets(line, sizeof(line), stream) != NULL)
        if (sscanf(line, "0::%4095[^\n]", path) == 1)
            break;
    if (stream != NULL)
        fclose(stream);
    printf("%s=%s\n", key, path);
}

// Where it is among control groups, and what it may do there; then wait for a line.
static int limits(char **argv)
{
    char line[16];
    int fd = open("/sys/fs/cgroup/pids.max", O_WRONLY | O_CLOEXEC);

    (void)argv;
    printf("set_limit=%d\n", fd == -1 ? errno : 0);
    report_group("group", "self");
    report_mount("/sys/fs/cgroup");
    report_entries("groups", "/sys/fs/cgroup");
    printf("ready\n");
    fflush(stdout);
    return read(0, line, sizeof(line)) == -1;
}

// How many processes can there be, of those asked for?
static int make_processes(char **argv)
{
    long wanted = strtol(argv[0], NULL, 10), made = 0;
    pid_t child = 0;

    while (made < wanted && (child = fork()) > 0)
        made++;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
    }
    printf("made=%ld\nerror=%d\n", made, child == -1 ? errno : 0);
    return 0;
}

// Use so many MiB of memory.
static int use_memory(char **argv)
{
    size_t size = strtoul(argv[0], NULL, 10) << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return 1;
    memset(memory, 1, size);
    printf("used=%d\n", memory[size - 1]);
    return 0;
}

static long long clock_in_ms(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// Work for a second: how much of it did we get, in thousandths?
static int work(char **argv)
{
    long long began = clock_in_ms(CLOCK_MONOTONIC), taken;

    (void)argv;
    while ((taken = clock_in_ms(CLOCK_MONOTONIC) - began) < 1000)
        ;
    printf("share=%lld\n", clock_in_ms(CLOCK_PROCESS_CPUTIME_ID) * 1000 / taken);
    return 0;
}

// Run a program that is traced, with its children, and has stopped. Ends with 77 where nobody may
// be traced (Yama's ptrace_scope).
static pid_t start_traced(char **argv)
{
    pid_t program = fork();
    int status = 0;

    if (program == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
            _exit(77);
        raise(SIGSTOP);
        execv(argv[0], argv);
        _exit(99);
    }
    waitpid(program, &status, 0);
    if (!WIFSTOPPED(status))
        exit(77);
    ptrace(PTRACE_SETOPTIONS, program, NULL,
           PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL |
               PTRACE_O_TRACESYSGOOD);
    return program;
}

// Is PID, which has stopped at a system call, about to mount something of TYPE?
static bool mounts(pid_t pid, const char *type)
{
    char name[64], text[16] = "";
    long number;
    unsigned long address = 0;

    snprintf(name, sizeof(name), "/proc/%d/syscall", (int)pid);
    FILE *call = fopen(name, "re");
    if (call == NULL || fscanf(call, "%ld %*s %*s %lx", &number, &address) != 2)
        number = -1;
    if (call != NULL)
        fclose(call);
    if (number != SYS_mount)
        return false;
    snprintf(name, sizeof(name), "/proc/%d/mem", (int)pid);
    int memory = open(name, O_RDONLY | O_CLOEXEC);
    (void)!pread(memory, text, strlen(type) + 1, (off_t)address);
    close(memory);
    return strcmp(text, type) == 0;
}

// Run a program. ONE and OTHER change their names when it, or a child, mounts an overlay: as who
// may write there could do it, if the moment is right.
static int swap(char **argv)
{
    pid_t program = start_traced(argv + 2), pid;
    int status, end = 98;
    bool swapped = false;

    ptrace(PTRACE_SYSCALL, program, NULL, NULL);
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (pid == program && WIFEXITED(status))
            end = WEXITSTATUS(status);
        if (!WIFSTOPPED(status))
            continue;
        int signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80) && !swapped && mounts(pid, "overlay"))
            swapped = syscall(SYS_renameat2, AT_FDCWD, argv[0], AT_FDCWD, argv[1], 1 << 1) == 0;
        // Those of ptrace(2) itself; a new child begins with SIGSTOP.
        if (signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP)
            signal = 0;
        ptrace(PTRACE_SYSCALL, pid, NULL, signal);
    }
    fprintf(stderr, "swapped=%d\n", swapped);
    return end;
}

// Run a program, and tell of the first child that it makes: in which group is it at its first
// instruction? There the kernel stops it for who traces its parent (ptrace(2)).
static int first_group(char **argv)
{
    pid_t program = start_traced(argv);
    int status = 0;

    ptrace(PTRACE_CONT, program, NULL, NULL);
    while (waitpid(program, &status, __WALL) == program && WIFSTOPPED(status)) {
        unsigned long child = 0;
        char number[32];
        if (status >> 16 == 0) {
            ptrace(PTRACE_CONT, program, NULL, WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
            continue;
        }
        ptrace(PTRACE_GETEVENTMSG, program, NULL, &child);
        snprintf(number, sizeof(number), "%lu", child);
        waitpid((pid_t)child, NULL, __WALL);
        report_group("first_group", number);
        fflush(stdout);
        ptrace(PTRACE_DETACH, (pid_t)child, NULL, NULL);
        ptrace(PTRACE_DETACH, program, NULL, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

// What is below a name: nothing, or something?
static const char *content(const char *name)
{
    struct stat status;
    char byte;

    if (stat(name, &status) == -1)
        return "absent";
    if (!S_ISDIR(status.st_mode)) {
        int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        ssize_t size = read(fd, &byte, 1);
        close(fd);
        return fd != -1 && size == 0 ? "empty" : "full";
    }
    DIR *stream = opendir(name);
    bool full = false;
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;)
        full = full || (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0);
    if (stream != NULL)
        closedir(stream);
    return full ? "full" : "empty";
}

// How NAME is mounted; the key is NAME and SUFFIX.
static void report_flags(const char *suffix, const char *name)
{
    struct statfs fs;
    bool there = statfs(name, &fs) == 0;

    printf("%s%s=%s%s%s%s\n", name, suffix,
           !there                          ? "absent"
           : (fs.f_flags & MS_RDONLY) != 0 ? "ro"
                                           : "rw",
           there && (fs.f_flags & MS_NOSUID) != 0 ? " nosuid" : "",
           there && (fs.f_flags & MS_NODEV) != 0 ? " nodev" : "",
           there && (fs.f_flags & MS_NOEXEC) != 0 ? " noexec" : "");
}

// What of the machine the user ID 0 alone can open. Nothing is written.
static int masks(char **argv)
{
    static const char *const hidden[] = {
        "/proc/acpi",        "/proc/asound",  "/proc/interrupts",
        "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
        "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap",
    };
    static const char *const readonly[] = {
        "/proc/bus", "/proc/dynamic_debug", "/proc/fs",
        "/proc/irq", "/proc/sys",           "/proc/sysrq-trigger",
    };
    (void)argv;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        struct stat status;
        printf("%s=%s\n", hidden[i], content(hidden[i]));
        if (stat(hidden[i], &status) == 0 && S_ISDIR(status.st_mode))
            report_flags("/.", hidden[i]);
        else
            printf("%s/.=no directory\n", hidden[i]);
    }
    for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++)
        report_flags("", readonly[i]);
    int fd = open("/proc/sys/vm/swappiness", O_WRONLY | O_CLOEXEC);
    printf("open_sysctl=%d\n", fd == -1 ? errno : 0);
    return 0;
}

static void *nothing(void *argument)
{
    return argument;
}

static void report_clone(const char *key, unsigned long flags)
{
    pid_t child = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

    if (child == 0)
        _exit(0);
    printf("%s=%d\n", key, child == -1 ? errno : 0);
    if (child > 0)
        waitpid(child, NULL, 0);
}

// What comes of each call, with arguments that do nothing where it is allowed.
static void report_calls(void)
{
    const long bad = 8; // an address where there is nothing
    static char path[] = "no-such-file";
    const struct {
        const char *name;
        long number, arguments[5];
    } all[] = {
        {"acct", SYS_acct, {bad}},
        {"add_key", SYS_add_key, {bad, bad, bad, bad, -1}},
        {"bpf", SYS_bpf, {9999, bad, 0}},
        {"clock_settime", SYS_clock_settime, {0, bad}},
        {"delete_module", SYS_delete_module, {bad, O_NONBLOCK}},
        {"fanotify_init", SYS_fanotify_init, {-1, -1, 0}},
        {"finit_module", SYS_finit_module, {-1, bad, 0}},
        {"fsconfig", SYS_fsconfig, {-1, 0, 0, 0, 0}},
        {"fsmount", SYS_fsmount, {-1, 0, 0}},
        {"fsopen", SYS_fsopen, {bad, 0}},
        {"fspick", SYS_fspick, {-1, bad, 0}},
        {"init_module", SYS_init_module, {bad, 8, bad}},
        {"io_uring_enter", SYS_io_uring_enter, {-1, 0, 0, 0, 0}},
        {"io_uring_register", SYS_io_uring_register, {-1, 0, 0, 0}},
        {"io_uring_setup", SYS_io_uring_setup, {0, bad}},
#ifdef SYS_iopl // x86-64 has it, AArch64 not
        {"ioperm", SYS_ioperm, {1L << 20, 1, 0}},
        {"iopl", SYS_iopl, {99}},
#endif
        {"kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, bad, -1}},
        {"kexec_load", SYS_kexec_load, {0, 99999, bad, 0}},
        {"keyctl", SYS_keyctl, {9999}},
        {"mount", SYS_mount, {bad, bad, bad, 0, 0}},
        {"mount_setattr", SYS_open_tree + 14, {-1, bad, 0, bad, 0}}, // Linux 5.12
        {"move_mount", SYS_move_mount, {-1, bad, -1, bad, 0}},
        {"move_pages", SYS_move_pages, {0, 0, 0, 0, 0}},
        {"open_by_handle_at", SYS_open_by_handle_at, {-1, bad, 0}},
        {"open_tree", SYS_open_tree, {-1, bad, 0}},
        {"open_tree_attr", SYS_open_tree + 39, {-1, bad, 0, 0, 0}}, // Linux 6.15
        {"perf_event_open", SYS_perf_event_open, {bad, 0, -1, -1, 0}},
        {"pidfd_getfd", SYS_open_tree + 10, {-1, -1, 0}}, // Linux 5.6
        {"pivot_root", SYS_pivot_root, {bad, bad}},
        {"quotactl", SYS_quotactl, {-1, bad, 0, bad}},
        {"quotactl_fd", SYS_open_tree + 15, {-1, -1, 0, bad}}, // Linux 5.14
        {"reboot", SYS_reboot, {1, 2, 3, 4}},
        {"request_key", SYS_request_key, {bad, bad, bad, 0}},
        {"setns", SYS_setns, {-1, 0}},
        {"settimeofday", SYS_settimeofday, {bad, 0}},
        {"swapoff", SYS_swapoff, {(long)path}},
        {"swapon", SYS_swapon, {(long)path, 0}},
        {"syslog", SYS_syslog, {9999, 0, 0}},
        {"umount2", SYS_umount2, {bad, 0}},
        {"unshare", SYS_unshare, {0}},
        {"userfaultfd", SYS_userfaultfd, {0x7fff0000}},
#ifdef SYS_ustat
        {"ustat", SYS_ustat, {0, bad, 0}},
#endif
        {"vhangup", SYS_vhangup, {0}},
    };

    setsid(); // vhangup(2) hangs up the terminal of the session: none
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const long *a = all[i].arguments;
        long result = syscall(all[i].number, a[0], a[1], a[2], a[3], a[4]);
        printf("%s=%d\n", all[i].name, result == -1 ? errno : 0);
    }
}

// What an argument decides, the one that PLACE says: as it is, and with something in its upper
// half, where the kernel does not look.
static void report_decided(void)
{
    static const struct {
        const char *name;
        long number;
        int place;
        long arguments[3];
    } all[] = {
        {"tiocsti", SYS_ioctl, 1, {0, TIOCSTI, 0}}, // no address: nothing is typed
        {"tioclinux", SYS_ioctl, 1, {0, TIOCLINUX, 0}},
        {"tiocsetd", SYS_ioctl, 1, {0, TIOCSETD, 0}},
        {"tiocexcl", SYS_ioctl, 1, {0, TIOCEXCL, 0}},
        {"tiocvhangup", SYS_ioctl, 1, {0, TIOCVHANGUP, 0}},
        {"tcxonc", SYS_ioctl, 1, {0, TCXONC, 99}},
        {"tiocmbis", SYS_ioctl, 1, {0, TIOCMBIS, 0}},
        {"tiocmset", SYS_ioctl, 1, {0, TIOCMSET, 0}},
        {"kdskbmode", SYS_ioctl, 1, {0, KDSKBMODE, 99}},
        {"kdsetmode", SYS_ioctl, 1, {0, KDSETMODE, 99}},
        {"kdskbdiacruc", SYS_ioctl, 1, {0, KDSKBDIACRUC, 0}},
        {"vt_setmode", SYS_ioctl, 1, {0, VT_SETMODE, 0}},
        {"vt_activate", SYS_ioctl, 1, {0, VT_ACTIVATE, 0}},
        {"tcgets", SYS_ioctl, 1, {0, TCGETS, 0}},
        {"vsock", SYS_socket, 0, {AF_VSOCK, SOCK_STREAM, 0}},
        {"qipcrtr", SYS_socket, 0, {AF_QIPCRTR, SOCK_DGRAM, 0}},
        {"alg", SYS_socket, 0, {AF_ALG, SOCK_SEQPACKET, 0}},
        {"rds", SYS_socket, 0, {AF_RDS, SOCK_SEQPACKET, 0}},
        {"rxrpc", SYS_socket, 0, {AF_RXRPC, SOCK_DGRAM, PF_INET}},
        {"unix", SYS_socket, 0, {AF_UNIX, SOCK_STREAM, 0}},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        long a[3];
        memcpy(a, all[i].arguments, sizeof(a));
        long result = syscall(all[i].number, a[0], a[1], a[2]);
        printf("%s=%d\n", all[i].name, result == -1 ? errno : 0);
        a[all[i].place] |= 0x1234567800000000;
        result = syscall(all[i].number, a[0], a[1], a[2]);
        printf("%s_junk=%d\n", all[i].name, result == -1 ? errno : 0);
    }
}

static int calls(char **argv)
{
    static const struct {
        const char *name;
        unsigned long flag;
    } kinds[] = {{"clone_uts", CLONE_NEWUTS},   {"clone_pid", CLONE_NEWPID},
                 {"clone_mnt", CLONE_NEWNS},    {"clone_net", CLONE_NEWNET},
                 {"clone_user", CLONE_NEWUSER}, {"clone_cgroup", CLONE_NEWCGROUP},
                 {"clone_ipc", CLONE_NEWIPC},   {"fork", 0}};
    pthread_t thread;

    (void)argv;
    printf("seccomp=%d\nno_new_privs=%d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0),
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    fflush(stdout);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        report_clone(kinds[i].name, kinds[i].flag);
    report_clone("clone_junk", CLONE_NEWUTS | 0x1234567800000000);
    long result = syscall(SYS_clone3, NULL, 0);
    printf("clone3=%d\n", result == -1 ? errno : 0);
    int error = pthread_create(&thread, NULL, nothing, NULL);
    printf("thread=%d\n", error != 0 ? error : pthread_join(thread, NULL));
    report_decided();
    report_calls();
    return 0;
}

// getpid(2) by the number that it has on another machine whose programs this one runs.
static int call_as(char **argv)
{
    long result = -1;

#if defined(__x86_64__)
    if (strcmp(argv[0], "x32") == 0)
        result = syscall(0x40000000 | SYS_getpid);
    else
        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "a"(20L)
                         : "memory", "r8", "r9", "r10", "r11");
#else
    (void)argv;
#endif
    printf("result=%ld\n", result);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **argv);
    } commands[] = {
        {"arguments", arguments},
        {"call-as", call_as},
        {"calls", calls},
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
        {"first-group", first_group},
        {"inheritance", inheritance},
        {"leave-child", leave_child},
        {"leave-chroot", leave_chroot},
        {"leave-file", leave_file},
        {"limits", limits},
        {"lines", write_lines},
        {"loopback", loopback},
        {"masks", masks},
        {"memory", use_memory},
        {"processes", make_processes},
        {"raise", raise_signal},
        {"root", root},
        {"signals", report_signals},
        {"sleep", sleep_for_ever},
        {"spoil-terminal", spoil_terminal},
        {"swap", swap},
        {"umount-proc", umount_proc},
        {"watch-size", watch_size},
        {"work", work},
    };

    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    fprintf(stderr, "probe: unknown command\n");
    return 99;
}
