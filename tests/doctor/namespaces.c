// Which of the calls that the steps make are allowed here, and if not, why: as this user, and as
// root of a user namespace.
//
// Each is tried in a child that ends at once, so nothing changes. What a refusal is called is what
// mydocker itself would call it: the words are those of common/refusal.c.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { TEXT_MAX = 4096 };
enum { FIVE = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC };

static void open_null(void)
{
    if (open("/dev/null", O_RDWR | O_CLOEXEC) == -1)
        die_call("open /dev/null");
}

static void make_pair(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
        die_call("socketpair");
}

static void read_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    if (signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK) == -1)
        die_call("signalfd");
}

static void die_with_parent(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        die_call("prctl PR_SET_PDEATHSIG");
}

static void close_all(void)
{
    if (syscall(__NR_close_range, STDERR_FILENO + 1, ~0U, 0) == -1)
        die_call("close_range");
}

// As steps 3 and 4 do: this program anew, which goes on in main().
static void become(char *word)
{
    execve("/proc/self/exe", (char *[]){program_invocation_name, word, NULL}, environ);
    die_call("execve /proc/self/exe");
}

static void become_init(void)
{
    become("init");
}

static void become_init_and_mount(void)
{
    become("init-and-mount");
}

static void mount_proc(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        die_mount("/");
    if (mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -1)
        die_mount("/proc");
}

static const struct attempt {
    const char *name;
    int flags;            // of clone(2)
    void (*inside)(void); // what the child does then
} attempts[] = {
    {"/dev/null", 0, open_null},
    {"signalfd", 0, read_signals},
    {"socketpair", 0, make_pair},
    {"prctl", 0, die_with_parent},
    {"close_range", 0, close_all},
    {"uts", CLONE_NEWUTS, NULL},
    {"pid", CLONE_NEWPID, NULL},
    {"mnt", CLONE_NEWNS, NULL},
    {"net", CLONE_NEWNET, NULL},
    {"ipc", CLONE_NEWIPC, NULL},
    {"all five", FIVE, NULL},
    {"init", FIVE, become_init},
    {"a new /proc", FIVE, become_init_and_mount},
};

static int child_main(void *argument)
{
    const struct attempt *attempt = argument;

    if (attempt->inside != NULL)
        attempt->inside();
    return 0;
}

// Where the user may make one, become root of a new user namespace (user_namespaces(7)).
static void enter_user_namespace(void)
{
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    const struct {
        const char *file, *format;
        unsigned id;
    } writes[] = {{"/proc/self/setgroups", "deny", 0},
                  {"/proc/self/uid_map", "0 %u 1", uid},
                  {"/proc/self/gid_map", "0 %u 1", gid}};

    if (unshare(CLONE_NEWUSER) == -1)
        die_remedy(EXIT_MYDOCKER,
                   errno == ENOSPC  ? "not the disk, a limit on namespaces: raise it with "
                                      "sudo sysctl user.max_user_namespaces=10000"
                   : errno == EPERM ? "no user namespace for an ordinary user: run it as root (a "
                                      "sysctl, a seccomp filter or a chroot may forbid it)"
                                    : "",
                   "unshare --user");
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        int fd = open(writes[i].file, O_WRONLY | O_CLOEXEC);
        // NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): one of the three above
        int length = snprintf(map, sizeof(map), writes[i].format, writes[i].id);
        if (fd == -1 || write(fd, map, (size_t)length) != length)
            die_errno("write %s", writes[i].file);
        (void)close(fd);
    }
}

// In a process of its own: what is said on standard error there is why it is refused.
static _Noreturn void try(const struct attempt *attempt, bool user_namespace)
{
    static alignas(16) char stack[64 * 1024];
    int status;

    if (user_namespace)
        enter_user_namespace();
    pid_t child =
        clone(child_main, stack + sizeof(stack), attempt->flags | SIGCHLD, (void *)attempt);
    if (child == -1)
        die_call(attempt->flags == 0 ? "fork" : "clone");
    _exit(waitpid(child, &status, 0) == child && status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

// The message in a line of mydocker's log.
static const char *message_in(char *line)
{
    char *start = strstr(line, "\"msg\":\""), *end = strstr(line, "\",\"time\"");

    if (start == NULL || end == NULL)
        return "it failed, and said nothing";
    *end = '\0';
    return start + strlen("\"msg\":\"");
}

// Returns whether it works, and prints the row of the table.
static bool report(const struct attempt *attempt, bool user_namespace)
{
    static char last[TEXT_MAX];
    char line[TEXT_MAX] = "";
    size_t size = 0;
    int ends[2], status;

    if (pipe2(ends, O_CLOEXEC) == -1)
        die_errno("pipe2");
    pid_t child = fork();
    if (child == -1)
        die_call("fork");
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        try(attempt, user_namespace);
    }
    (void)close(ends[1]);
    for (ssize_t n;
         size < sizeof(line) - 1 && (n = read(ends[0], line + size, sizeof(line) - 1 - size)) > 0;)
        size += (size_t)n;
    (void)close(ends[0]);
    if (waitpid(child, &status, 0) == -1)
        die_errno("waitpid");
    if (status == 0) {
        printf("  %-15s ok\n", attempt->name);
        return true;
    }
    const char *message = message_in(line);
    printf("  %-15s no       %s\n", attempt->name,
           strcmp(message, last) == 0 ? "for the same reason" : message);
    (void)snprintf(last, sizeof(last), "%s", message);
    return false;
}

static bool report_all(const char *title, bool user_namespace)
{
    bool all = true;

    printf("%s\n", title);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        all &= report(&attempts[i], user_namespace);
    return all;
}

// What mountinfo says of /: proc(5).
static void report_propagation(void)
{
    char line[TEXT_MAX], where[TEXT_MAX];
    bool shared = false, found = false;
    FILE *mounts = fopen("/proc/self/mountinfo", "re");

    while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL)
        if (sscanf(line, "%*d %*d %*s %*s %4095s", where) == 1 && strcmp(where, "/") == 0) {
            found = true;
            shared = strstr(line, " shared:") != NULL;
        }
    if (mounts != NULL)
        (void)fclose(mounts);
    printf("  %-15s %s\n", "mounts of /",
           mounts == NULL ? "?        what lies over /proc does not say it of this process"
           : !found ? "no       / is no mount point, as in a chroot: bind-mount it on itself first"
           : shared
               ? "ok       shared, as systemd has it: step 4's MS_PRIVATE protects this machine"
               : "ok       private: the accident that step 4 guards against cannot happen here");
}

// Exits with 0 where the whole course can be followed: as this user, or 2 in a user namespace
// alone; 1 where it cannot.
int main(int argc, char **argv)
{
    program_invocation_name = "./step04/mydocker"; // in the remedies
    if (argc > 1) {
        if (strcmp(argv[1], "init-and-mount") == 0)
            mount_proc();
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    report_propagation();
    bool direct = report_all(
        geteuid() == 0 ? "\nWhat the steps ask of the kernel, as you are (root)"
                       : "\nWhat the steps ask of the kernel, as you are (an ordinary user)",
        false);
    bool indirect = report_all("\nThe same, as root of a user namespace", true);
    return direct ? 0 : indirect ? 2 : 1;
}
