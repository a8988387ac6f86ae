// Where mydocker is run: a place that a program which is wrong can do no harm to.
//
// Mount, UTS and IPC namespaces of its own, so that what a wrong program does to them is done to no
// machine, and to no other copy of the suite. The / is shared as on every systemd machine: a mount
// that spreads out of a container shows on every machine, and spreads no farther than here. A PATH
// without init, reboot and shutdown: a program that takes the word init for COMMAND would start a
// second system. An ordinary user first gets a user namespace.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

// Besides what the tests need: what a program under test that is a script may be made of, and what
// the tutorial's transcripts type.
static const char *const tools[] = {
    "as",      "awk",     "basename", "bash", "busybox", "cat",      "chmod",   "cmp",   "cp",
    "cut",     "dash",    "date",     "diff", "dirname", "echo",     "env",     "expr",  "find",
    "findmnt", "gcc",     "git",      "grep", "head",    "hostname", "id",      "ip",    "ipcmk",
    "ipcs",    "kill",    "ld",       "ln",   "ls",      "lsns",     "lua",     "make",  "mkdir",
    "mknod",   "mktemp",  "mount",    "mv",   "nm",      "node",     "nsenter", "patch", "perl",
    "pgrep",   "pkill",   "printf",   "ps",   "python3", "readlink", "rm",      "rmdir", "ruby",
    "sed",     "setpriv", "setsid",   "sh",   "sleep",   "sort",     "strace",  "stty",  "tail",
    "tar",     "timeout", "touch",    "tr",   "true",    "tty",      "umount",  "uname", "unshare",
    "wc",
};

const char *scratch;
bool ordinary_user;
static char scratch_path[64];
static char bin[80];
static int mountinfo = -1; // opened while /proc is still what it was
static char mounts_before[1 << 18], mounts_now[1 << 18], hostname_before[256];
static dev_t proc_before;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "suite: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void write_file(const char *file, const char *content)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);

    if (fd == -1 || write(fd, content, strlen(content)) != (ssize_t)strlen(content))
        give_up(file);
    close(fd);
}

// The way that mydocker's own message shows an ordinary user (user_namespaces(7)).
static void become_root(void)
{
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (uid == 0)
        return;
    ordinary_user = true;
    if (unshare(CLONE_NEWUSER) == -1)
        give_up(
            "an ordinary user needs a user namespace for these tests, and it is refused "
            "(user.max_user_namespaces, AppArmor or a seccomp filter); run them as root");
    write_file("/proc/self/setgroups", "deny");
    (void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
    write_file("/proc/self/uid_map", map);
    (void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
    write_file("/proc/self/gid_map", map);
}

static void link_tools(void)
{
    static const char *const directories[] = {"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin",
                                              "/sbin"};
    char link[PATH_MAX], tool[PATH_MAX];

    (void)snprintf(bin, sizeof(bin), "%s/bin", scratch_path);
    if (mkdir(bin, 0755) == -1)
        give_up(bin);
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        (void)snprintf(link, sizeof(link), "%s/%s", bin, tools[i]);
        for (size_t j = 0; j < sizeof(directories) / sizeof(directories[0]); j++) {
            (void)snprintf(tool, sizeof(tool), "%s/%s", directories[j], tools[i]);
            if (access(tool, X_OK) == 0 && symlink(tool, link) == 0)
                break;
        }
    }
    if (setenv("PATH", bin, 1) == -1)
        give_up("setenv");
}

void need_tool(const char *tool)
{
    if (access(text_of("%s/%s", bin, tool), X_OK) == -1)
        cannot_check(text_of("%s is not installed", tool));
}

// In a user namespace the kernel mounts a proc where it finds one that nothing covers, wherever
// that is (mount_too_revealing() in its fs/namespace.c). In here there is none but the one on
// /proc: what an ordinary user cannot unmount is covered.
static void forget_other_procs(void)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char *line = NULL, at[PATH_MAX];
    size_t room = 0;

    while (mounts != NULL && getline(&line, &room, mounts) > 0)
        if (strstr(line, " - proc ") != NULL && sscanf(line, "%*d %*d %*s / %4000s", at) == 1 &&
            strcmp(at, "/proc") != 0 && umount2(at, MNT_DETACH) == -1)
            (void)mount("/dev/null", text_of("%s/version", at), NULL, MS_BIND, NULL);
    free(line);
    if (mounts != NULL)
        fclose(mounts);
}

static void read_mounts(char text[1 << 18])
{
    ssize_t n, size = 0;

    lseek(mountinfo, 0, SEEK_SET);
    while (size < (1 << 18) - 1 &&
           (n = read(mountinfo, text + size, (size_t)((1 << 18) - 1 - size))) > 0)
        size += n;
    text[size] = '\0';
}

static dev_t device_of(const char *file)
{
    struct stat status;

    return stat(file, &status) == -1 ? 0 : status.st_dev;
}

void world_make(bool with_terminal)
{
    keeper_let(false); // until keeper_start()
    become_root();
    (void)snprintf(scratch_path, sizeof(scratch_path), "/tmp/mydocker-test-%d-XXXXXX",
                   (int)getpid());
    if (mkdtemp(scratch_path) == NULL)
        give_up(scratch_path);
    scratch = scratch_path;
    if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) == -1 ||
        sethostname("host", strlen("host")) == -1)
        give_up("namespaces for the tests");
    // Cut the ropes to the machine first; what is shared then is shared in here alone.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == -1 ||
        mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == -1)
        give_up("mount");
    keeper_start(scratch, with_terminal);
    forget_other_procs();
    link_tools();
    // A shell without job control ignores these in what it starts in the background.
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    // What loses its parent becomes our child, and is found.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        give_up("prctl");
    mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (mountinfo == -1 || chdir(scratch) == -1)
        give_up("/proc/self/mountinfo");
    read_mounts(mounts_before);
    proc_before = device_of("/proc");
    gethostname(hostname_before, sizeof(hostname_before) - 1);
}

void world_leave(void)
{
    (void)chdir("/");
    (void)umount2(scratch, MNT_DETACH);
    (void)rmdir(scratch);
}

// A process that is our child now without having been started by the test: its ID, or 0. Those
// that have ended are reaped on the way.
static pid_t orphan(char command[256])
{
    pid_t found = 0, ended;

    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
        ;
    if (ended == -1)
        return 0; // we have no child at all
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc != NULL && found == 0 && (entry = readdir(proc)) != NULL;) {
        char file[PATH_MAX], stat_text[512] = "";
        int parent = 0, fd;

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue; // no process
        (void)snprintf(file, sizeof(file), "/proc/%s/stat", entry->d_name);
        if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
            continue;
        ssize_t size = read(fd, stat_text, sizeof(stat_text) - 1);
        close(fd);
        const char *end = size > 0 ? strrchr(stat_text, ')') : NULL;
        if (end != NULL && sscanf(end, ") %*c %d", &parent) == 1 && parent == getpid()) {
            found = (pid_t)strtol(entry->d_name, NULL, 10);
            (void)snprintf(command, 256, "%.*s", (int)(end - stat_text + 1), stat_text);
        }
    }
    if (proc != NULL)
        closedir(proc);
    return found;
}

static const char spread[] =
    "the host's mounts have changed, and should be as before: is the mount tree made private, all "
    "of it, before anything is mounted? ";

bool world_was_mounted_on(const char *complaint)
{
    return complaint != NULL && strncmp(complaint, spread, strlen(spread)) == 0;
}

const char *world_complaint(void)
{
    static int left_behind;
    char hostname[256] = "", command[256] = "";

    process_kill_all();
    // What dies on its own in a moment has not been left behind. From a program that does it again
    // and again there is nothing to wait for.
    for (long long limit = now() + (left_behind < 3 ? time_limit / 5 : 100);
         orphan(command) != 0 && now() < limit;)
        rest();
    if (orphan(command) != 0) {
        left_behind++;
        return text_of("a process was left behind, and none should be: %s", command);
    }
    read_mounts(mounts_now);
    if (strcmp(mounts_before, mounts_now) != 0) {
        answer("MS_REC | MS_PRIVATE on / (mount(2)), before any other mount");
        return text_of("%s%s", spread, difference(mounts_before, mounts_now));
    }
    gethostname(hostname, sizeof(hostname) - 1);
    if (strcmp(hostname_before, hostname) != 0)
        return text_of("the host's name has changed to %s, and should still be %s", hostname,
                       hostname_before);
    return NULL;
}

void world_mend(void)
{
    char command[256];
    pid_t pid;

    process_kill_all();
    for (int i = 0; i < 100 && device_of("/proc") != proc_before; i++)
        if (umount2("/proc", MNT_DETACH) == -1)
            break;
    for (int i = 0; i < 1000 && (pid = orphan(command)) > 0; i++) {
        kill(pid, SIGKILL);
        rest();
    }
    (void)sethostname(hostname_before, strlen(hostname_before));
    read_mounts(mounts_before);
}
