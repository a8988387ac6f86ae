// Ten thousand containers one after another, and two hundred at once: is any of them lost, does
// anything stay behind, and does the last one take longer than the first?
//
// Namespaces that stay behind cannot be seen, but counted: in a user namespace of our own there may
// be fewer of a kind (namespaces(7), user.max_*_namespaces) than there are containers in all.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "place.h"

enum {
    TIME_LIMIT = 60, // seconds, for what takes some milliseconds, and for all at once
    PARTS = 5,       // the first of so many is compared with the last
    ENOUGH = 5000,   // containers, to tell from noise what each of them costs the next, or leaves
};

// A slower last part than this would be a trend, and not noise.
static const double FLAT = 1.3;

static const char *mydocker, *probe;
static int complaints;
// What each container gets where the step and the machine can do that: a control group.
static const char *limit_option = "--";

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("  FAILED: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    complaints++;
}

// ---- what may be left behind ----

static void write_file(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);

    if (fd == -1 || write(fd, text, strlen(text)) == -1)
        err(1, "%s", file);
    close(fd);
}

// True where more than LIMIT namespaces of a kind are refused from here on.
static bool count_namespaces(int limit)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc"};
    char text[64], file[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(CLONE_NEWUSER) == -1)
        return false;
    write_file("/proc/self/setgroups", "deny");
    (void)snprintf(text, sizeof(text), "0 %u 1", (unsigned)uid);
    write_file("/proc/self/uid_map", text);
    (void)snprintf(text, sizeof(text), "0 %u 1", (unsigned)gid);
    write_file("/proc/self/gid_map", text);
    (void)snprintf(text, sizeof(text), "%d", limit);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)snprintf(file, sizeof(file), "/proc/sys/user/max_%s_namespaces", kinds[i]);
        write_file(file, text);
    }
    return true;
}

static char *content_of(const char *file)
{
    size_t size = 1 << 18, length = 0;
    char *text = calloc(1, size);
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (text == NULL || fd == -1)
        err(1, "%s", file);
    for (ssize_t n; (n = read(fd, text + length, size - 1 - length)) > 0;)
        length += (size_t)n;
    close(fd);
    return text;
}

// The number behind KEY in FILE.
static long number_in(const char *file, const char *key)
{
    char *text = content_of(file);
    const char *at = strstr(text, key);
    long number = at == NULL ? -1 : strtol(at + strlen(key), NULL, 10);

    free(text);
    return number;
}

struct system {
    char *mounts;
    long files, kernel_memory; // open files, and kB, of the whole machine
};

static struct system look(void)
{
    return (struct system){
        .mounts = content_of("/proc/self/mountinfo"),
        .files = number_in("/proc/sys/fs/file-nr", ""),
        .kernel_memory = number_in("/proc/meminfo", "SUnreclaim:"),
    };
}

static bool grown(const struct system *before, const struct system *after, int containers)
{
    return after->kernel_memory - before->kernel_memory > containers; // 1 kB each
}

static void compare(const struct system *before, const struct system *after, int containers)
{
    pid_t left = waitpid(-1, NULL, WNOHANG);

    if (left != -1 || errno != ECHILD)
        complain("a process was left behind");
    if (strcmp(before->mounts, after->mounts) != 0)
        complain("the host's mounts have changed");
    printf(
        "  open files of the whole machine: %+ld; unreclaimable kernel memory: %+ld kB, %+.2f kB "
        "a container\n",
        after->files - before->files, after->kernel_memory - before->kernel_memory,
        (double)(after->kernel_memory - before->kernel_memory) / containers);
    // The rest of the machine is in these figures. One of each that every container leaves is much,
    // and what containers have left stays; what others have open comes and goes.
    long most = before->files + containers / 2;
    for (int i = 0; i < 200 && number_in("/proc/sys/fs/file-nr", "") > most; i++)
        (void)usleep(100000);
    if (number_in("/proc/sys/fs/file-nr", "") > most)
        complain("open files were left behind");
    if (containers >= ENOUGH && grown(before, after, containers))
        complain("the kernel's memory was not given back");
}

// ---- one after another ----

static void time_is_over(int signal)
{
    (void)signal;
}

static long long nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static pid_t start(const char *program, const char *const *words, int in, int out)
{
    pid_t pid = fork();

    if (pid == -1)
        err(1, "fork");
    if (pid == 0) {
        if ((in != -1 && dup2(in, STDIN_FILENO) == -1) ||
            (out != -1 && dup2(out, STDOUT_FILENO) == -1))
            _exit(111);
        execv(program, (char *const *)words);
        _exit(112);
    }
    return pid;
}

// The exit status of PID, minus a signal's number; -1000 where it did not come in time.
static int await(pid_t pid)
{
    int status;

    alarm(TIME_LIMIT);
    pid_t ended = waitpid(pid, &status, 0);
    alarm(0);
    if (ended != pid) {
        kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        return -1000;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int by_size(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;

    return (x > y) - (x < y);
}

static double median(const long long *times, int count)
{
    long long *sorted = malloc((size_t)count * sizeof(*sorted));

    if (sorted == NULL)
        err(1, "malloc");
    memcpy(sorted, times, (size_t)count * sizeof(*sorted));
    qsort(sorted, (size_t)count, sizeof(*sorted), by_size);
    double middle = (double)sorted[count / 2];
    free(sorted);
    return middle;
}

// Is there a limit that the program takes here? Otherwise "--", which ends the options.
static void find_limit(void)
{
    const char *const words[] = {
        "mydocker", "--log-level=error", "run", "--pids-limit=99", probe, "exit", "0", NULL};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), errors = dup(STDERR_FILENO);

    // It is refused in words that are of no interest here.
    if (null == -1 || errors == -1 || dup2(null, STDERR_FILENO) == -1)
        err(1, "/dev/null");
    if (await(start(mydocker, words, -1, -1)) == 0)
        limit_option = words[3];
    if (dup2(errors, STDERR_FILENO) == -1)
        _exit(1);
    close(null);
    close(errors);
}

static size_t groups(void)
{
    glob_t all;

    return glob(ALL_GROUPS "/mydocker-*", 0, NULL, &all) == 0 ? all.gl_pathc : 0;
}

static void count_groups(void)
{
    if (strcmp(limit_option, "--") == 0) {
        printf("  no control groups: not in this step, or not on this machine\n");
        return;
    }
    size_t count = groups();
    printf("  a control group for each: %zu left\n", count);
    if (count > 0)
        complain("control groups were left behind");
}

// Run it to its end, which should be STATUS. Returns how long it took; false in *GOOD where it did
// not end so.
static long long timed(const char *program, const char *const *words, int status, bool *good)
{
    long long begun = nanoseconds();
    int ended = await(start(program, words, -1, -1));

    if (ended != status) {
        complain("%s should end with %d, but ended with %d", program, status, ended);
        *good = false;
    }
    return nanoseconds() - begun;
}

// In turns with COMMAND alone: whatever else slows the machine down slows both.
static void one_after_another(int count)
{
    long long *times = calloc((size_t)count, sizeof(*times));
    long long *alone = calloc((size_t)count, sizeof(*alone));
    const int part = count / PARTS;
    char number[8];
    bool good = true;

    if (times == NULL || alone == NULL)
        err(1, "calloc");
    for (int i = 0; i < count && good; i++) {
        const char *const words[] = {
            "mydocker", "--log-level=error", "run", limit_option, probe, "exit", number, NULL};
        (void)snprintf(number, sizeof(number), "%d", i % 256);
        times[i] = timed(mydocker, words, i % 256, &good);
        alone[i] = timed(probe, words + 4, i % 256, &good);
    }
    double first = median(times, part) / median(alone, part);
    double last = median(times + count - part, part) / median(alone + count - part, part);
    printf(
        "  %d one after another: the median took %.2f times as long as COMMAND alone in the first "
        "fifth, %.2f times in the last: %.2f\n",
        count, first, last, last / first);
    if (count >= ENOUGH && last / first > FLAT)
        complain("the time for a container is not flat");
    free(times);
    free(alone);
}

// ---- all at once ----

static void all_at_once(int count)
{
    pid_t *pids = calloc((size_t)count, sizeof(*pids));
    int in[2], out[2], running = 0, lost = 0;
    char number[8], bytes[512];

    if (pids == NULL || pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
        err(1, "all at once");
    for (int i = 0; i < count; i++) {
        // It says that it is there, and ends when everybody may.
        const char *const words[] = {
            "mydocker", "--log-level=error",          "run",  "-i", limit_option, "sh",
            "-c",       "echo; read -r end; exit $0", number, NULL};
        (void)snprintf(number, sizeof(number), "%d", i % 256);
        pids[i] = start(mydocker, words, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    alarm(TIME_LIMIT);
    for (ssize_t n; running < count && (n = read(out[0], bytes, sizeof(bytes))) > 0;)
        running += (int)n;
    alarm(0);
    if (strcmp(limit_option, "--") != 0 && groups() != (size_t)count)
        complain("two of them had one control group");
    close(in[1]);
    for (int i = 0; i < count; i++)
        lost += await(pids[i]) != i % 256;
    close(out[0]);
    printf("  %d at once: %d were running, %d lost\n", count, running, lost);
    if (running != count || lost > 0)
        complain("not all of them ran at once, or a status was lost");
    free(pids);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"at-once", required_argument, NULL, 'a'},
                                            {"containers", required_argument, NULL, 'n'},
                                            {0}};
    const struct sigaction interrupt = {.sa_handler = time_is_over}; // not SA_RESTART
    int containers = 10000, at_once = 200;

    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'a')
            at_once = (int)strtol(optarg, NULL, 10);
        else if (option == 'n')
            containers = (int)strtol(optarg, NULL, 10);
        else
            optind = argc;
    }
    if (optind != argc - 2 || containers < 2 * PARTS || at_once < 1) {
        fputs("Usage: load [--containers N] [--at-once N] MYDOCKER PROBE\n", stderr);
        return EXIT_FAILURE;
    }
    mydocker = argv[optind];
    probe = argv[optind + 1];
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 || sigaction(SIGALRM, &interrupt, NULL) == -1)
        err(1, "prepare");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%s\n", mydocker);
    // Room for those at once and as many that the kernel is still clearing away.
    int limit = 2 * at_once + 100;
    if (!count_namespaces(limit))
        printf("  namespaces are not counted: no user namespace can be made here\n");
    else if (containers <= limit)
        printf("  namespaces are not counted: %d containers are too few\n", containers);
    (void)place_enter("+pids");
    find_limit();
    struct system before = look();
    all_at_once(at_once);
    one_after_another(containers);
    all_at_once(at_once);
    struct system after = look();
    // The kernel clears away at its leisure, and a few containers are lost in the noise.
    for (int i = 0; i < 200 && containers >= ENOUGH && grown(&before, &after, containers); i++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        free(after.mounts);
        after = look();
    }
    compare(&before, &after, containers + 2 * at_once);
    count_groups();
    free(before.mounts);
    free(after.mounts);
    return complaints == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
