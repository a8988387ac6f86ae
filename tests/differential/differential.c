// Run directly and run under mydocker, must COMMAND find and do the same? Ten thousand times, with
// random arguments, environments, descriptors, signal masks, limits, terminals and ends.
//
// What mydocker promises to do differently is done to the direct run by hand: /dev/null where a
// descriptor is closed or -i is missing, and no other descriptors.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/close_range.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef SYS_close_range // before glibc 2.32
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC // before Linux 5.11
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

enum {
    WORDS_MAX = 40,
    VARIABLES_MAX = 40,
    TIME_LIMIT = 20, // seconds for a run of some milliseconds
    NOT_FOUND = 127,
    CANNOT_RUN = 126,
};

// Where a descriptor of COMMAND leads.
enum place { CLOSED, NOTHING, A_FILE, A_PIPE, AN_OUTPUT };

// One case: all that the caller hands over.
struct plan {
    char *words[WORDS_MAX]; // COMMAND first
    char *environment[VARIABLES_MAX + 1];
    bool interactive, terminal;
    enum place in, out, err;
    int extra; // so many descriptors more are open
    uint64_t blocked, ignored;
    struct rlimit limits[RLIM_NLIMITS];
    mode_t umask;
    int nice, scheduler, cpu, slack;
    bool no_new_privs, not_random;
    const char *directory;
};

struct result {
    int status;
    char *out, *err;
    size_t out_size, err_size;
};

static const char *mydocker, *probe;
// From step 9 and 11 on COMMAND loses something unless it is asked for, and no_new_privs is set.
static bool drops, filters;
static char *scratch; // the working directory
static int terminal, in_file, out_file, err_file;

// ---- chance ----

static uint64_t state;

// splitmix64: the same case from the same number, on every machine.
static uint64_t any(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// From 0 to N-1.
static int below(int n)
{
    return (int)(any() % (uint64_t)n);
}

static bool one_in(int n)
{
    return below(n) == 0;
}

#define ONE_OF(...)                                                                                \
    ((const char *const[]){                                                                        \
        __VA_ARGS__}[below(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))])

static void *memory(size_t size)
{
    void *bytes = calloc(1, size);

    if (bytes == NULL)
        err(1, "calloc");
    return bytes;
}

static char *text_of(const char *text)
{
    return strcpy(memory(strlen(text) + 1), text);
}

// Any bytes but NUL; sometimes what options, JSON, shells and terminals take for something else.
static char *word(void)
{
    if (one_in(4))
        return text_of(ONE_OF("", "-", "--", "-i", "-t", "-it", "--tty", "--help", "--log-level",
                              "run", "init", "--log-level=debug", "\"", "\\", "'", "$HOME", "*",
                              "\n", "\x1b[31m", "{\"a\":1}", "%s%n%d", "\xff\xfe", "\xc3\xa9",
                              "a b", "=", ";reboot"));
    int size = one_in(50) ? below(20000) : below(40);
    char *bytes = memory((size_t)size + 1);
    for (int i = 0; i < size; i++)
        bytes[i] = (char)(1 + below(255));
    return bytes;
}

static char *variable(void)
{
    if (one_in(3))
        return text_of(ONE_OF("TZ=Nowhere/At_All", "TZ=<+14>-14", "POSIXLY_CORRECT=1",
                              "LC_ALL=C.UTF-8", "LANG=xx", "PATH=/bin",
                              "PATH=", "HOME=", "LD_PRELOAD=/nonexistent.so", "MALLOC_ARENA_MAX=1",
                              "GLIBC_TUNABLES=glibc.malloc.check=3", "=", "A", "A=1", "A=2"));
    char *name = word(), *value = word(), *both = memory(strlen(name) + strlen(value) + 2);
    (void)sprintf(both, "%s%s%s", name, one_in(20) ? "" : "=", value);
    free(name);
    free(value);
    return both;
}

// ---- a case ----

static void lower(struct rlimit *limit, rlim_t least)
{
    rlim_t current = least + any() % 100000;

    if (current < limit->rlim_cur)
        limit->rlim_cur = current;
    if (one_in(2) && limit->rlim_cur < limit->rlim_max)
        limit->rlim_max = limit->rlim_cur;
}

// Not so low that mydocker itself cannot live: it needs a descriptor, and a page or two, of its
// own.
static void plan_limits(struct plan *plan)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (getrlimit((__rlimit_resource_t)i, &plan->limits[i]) == -1)
            err(1, "getrlimit");
    if (one_in(3))
        lower(&plan->limits[RLIMIT_NOFILE], 12);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_STACK], 8 << 20);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_DATA], 64 << 20);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_AS], 512 << 20);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_FSIZE], 1 << 20);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_CPU], 100);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_SIGPENDING], 0);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_MSGQUEUE], 0);
    if (one_in(3))
        lower(&plan->limits[RLIMIT_MEMLOCK], 0);
    plan->limits[RLIMIT_CORE] = (struct rlimit){0}; // nobody wants these files
}

static uint64_t some_signals(void)
{
    return one_in(2) ? 0 : one_in(4) ? UINT64_MAX : any() & any();
}

static void make_plan(struct plan *plan)
{
    int words = 0;

    memset(plan, 0, sizeof(*plan));
    if (one_in(20)) { // no COMMAND at all
        plan->words[words++] =
            text_of(ONE_OF("/nonexistent", "/etc", "/etc/passwd", "/etc/passwd/x",
                           "nowhere-in-path", "./no-loader", "/"));
    } else {
        char status[8];
        (void)snprintf(status, sizeof(status), "%d", below(256));
        plan->words[words++] = text_of(probe);
        plan->words[words++] = text_of("everything");
        plan->words[words++] = text_of(one_in(10)  ? ONE_OF("segmentation", "trap")
                                       : one_in(2) ? "status"
                                                   : "exit");
        plan->words[words++] = text_of(status);
    }
    for (int more = below(12); more > 0; more--)
        plan->words[words++] = word();
    int variables = below(VARIABLES_MAX);
    for (int i = 0; i < variables; i++)
        plan->environment[i] = variable();
    plan->terminal = one_in(4);
    plan->interactive = plan->terminal || one_in(2);
    plan->in = (enum place)below(3);
    plan->out = (enum place)below(4);
    plan->err = (enum place)below(5);
    plan->extra = one_in(2) ? 0 : below(5);
    plan->blocked = some_signals();
    plan->ignored = some_signals();
    plan_limits(plan);
    plan->umask = (mode_t)below(512);
    plan->nice = below(20);
    plan->scheduler = one_in(4) ? SCHED_BATCH : SCHED_OTHER;
    plan->cpu = one_in(4) ? below(2) : -1;
    plan->slack = 1 + below(100000);
    plan->no_new_privs = one_in(4);
    plan->not_random = one_in(4);
    plan->directory = ONE_OF(scratch, "/", "/usr", "/dev");
}

static void forget_plan(struct plan *plan)
{
    for (int i = 0; plan->words[i] != NULL; i++)
        free(plan->words[i]);
    for (int i = 0; plan->environment[i] != NULL; i++)
        free(plan->environment[i]);
}

// ---- its two runs ----

// Descriptor FD of the process to be. A pipe keeps its identity for both runs, like a file.
static void place(int fd, enum place place, int file, const int pipe[2], bool direct)
{
    int source = place == A_FILE ? file : STDOUT_FILENO;

    if (place == A_PIPE && pipe != NULL)
        source = pipe[1];
    if (place == CLOSED && !direct) {
        close(fd);
        return;
    }
    if (place == CLOSED || place == NOTHING)
        source = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (source == -1 || dup2(source, fd) == -1)
        _exit(111);
}

static void set_signals(const struct plan *plan)
{
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action = {.sa_handler =
                                       plan->ignored >> (signal - 1) & 1 ? SIG_IGN : SIG_DFL};
        (void)sigaction(signal, &action, NULL); // the C library keeps two to itself
    }
    // The system call, for the same reason.
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &plan->blocked, NULL, 8);
}

static void set_attributes(const struct plan *plan)
{
    cpu_set_t cpus;

    CPU_ZERO(&cpus);
    if (plan->cpu >= 0) {
        CPU_SET((size_t)plan->cpu, &cpus);
        (void)sched_setaffinity(0, sizeof(cpus), &cpus);
    }
    (void)umask(plan->umask);
    if (sched_setscheduler(0, plan->scheduler, &(struct sched_param){0}) == -1 ||
        setpriority(PRIO_PROCESS, 0, plan->nice) == -1 ||
        prctl(PR_SET_TIMERSLACK, (unsigned long)plan->slack, 0, 0, 0) == -1 ||
        ((plan->no_new_privs || drops) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) ||
        (plan->not_random && personality(ADDR_NO_RANDOMIZE) == -1) || chdir(plan->directory) == -1)
        _exit(111);
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (setrlimit((__rlimit_resource_t)i, &plan->limits[i]) == -1)
            _exit(111);
}

// What bash answers where execve(2) fails: a file whose interpreter is missing is a missing file.
static int refusal(void)
{
    return errno == ENOENT || errno == ENOTDIR ? NOT_FOUND : CANNOT_RUN;
}

// We are in the child. Our job is to become COMMAND, or mydocker that runs it.
static _Noreturn void become(const struct plan *plan, bool direct, const int out_pipe[2],
                             const int err_pipe[2])
{
    char *words[WORDS_MAX + 8];
    int count = 0;

    // What this program's caller left open is no part of the case.
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == -1)
        _exit(111);
    if (setpgid(0, 0) == -1 || (plan->terminal && tcsetpgrp(terminal, getpid()) == -1))
        _exit(111);
    if (plan->terminal && dup2(terminal, STDIN_FILENO) == -1)
        _exit(111);
    else if (!plan->terminal && direct && !plan->interactive)
        place(STDIN_FILENO, NOTHING, in_file, NULL, direct);
    else if (!plan->terminal)
        place(STDIN_FILENO, plan->in, in_file, NULL, direct);
    // Whatever is closed comes last, or the next one opened would take its place.
    place(STDERR_FILENO,
          plan->err == CLOSED      ? NOTHING
          : plan->err == AN_OUTPUT ? NOTHING
                                   : plan->err,
          err_file, err_pipe, direct);
    place(STDOUT_FILENO, plan->out, out_file, out_pipe, true);
    if (plan->err == AN_OUTPUT || plan->err == CLOSED)
        place(STDERR_FILENO, plan->err, -1, NULL, direct);
    if (!direct && plan->out == CLOSED)
        close(STDOUT_FILENO);
    if (!direct)
        for (int i = 0; i < plan->extra; i++)
            (void)dup2(terminal, 40 + 13 * i);
    set_attributes(plan);
    set_signals(plan);
    if (!direct) {
        words[count++] = (char *)mydocker;
        words[count++] = "--log-level=error";
        words[count++] = "run";
        if (drops)
            words[count++] = "--cap-add=ALL";
        if (filters)
            words[count++] = "--security-opt=seccomp=unconfined";
        if (plan->interactive)
            words[count++] = "-i";
        if (plan->terminal)
            words[count++] = "-t";
    }
    for (int i = 0; plan->words[i] != NULL; i++)
        words[count++] = plan->words[i];
    words[count] = NULL;
    execve(words[0], words, plan->environment);
    _exit(refusal());
}

static char *content(int fd, bool is_pipe, size_t *size)
{
    char *bytes = memory(1 << 18);
    ssize_t n;

    for (*size = 0; *size < (1 << 18) - 1; *size += (size_t)n) {
        n = is_pipe ? read(fd, bytes + *size, (1 << 18) - 1 - *size)
                    : pread(fd, bytes + *size, (1 << 18) - 1 - *size, (off_t)*size);
        if (n <= 0)
            break;
    }
    return bytes;
}

static void rewind_files(void)
{
    if (ftruncate(out_file, 0) == -1 || ftruncate(err_file, 0) == -1 ||
        lseek(out_file, 0, SEEK_SET) == -1 || lseek(err_file, 0, SEEK_SET) == -1 ||
        lseek(in_file, 0, SEEK_SET) == -1)
        err(1, "rewind");
}

static struct result run(const struct plan *plan, bool direct, const int out_pipe[2],
                         const int err_pipe[2])
{
    struct result result = {0};
    int status;

    rewind_files();
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid == 0)
        become(plan, direct, out_pipe, err_pipe);
    alarm(TIME_LIMIT);
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
        else if (kill(pid, SIGKILL) == 0)
            warnx("%s has not ended in time", direct ? "COMMAND" : "mydocker");
    alarm(0);
    (void)tcsetpgrp(terminal, getpgrp());
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = content(plan->out == A_PIPE ? out_pipe[0] : out_file, plan->out == A_PIPE,
                         &result.out_size);
    result.err = content(plan->err == A_PIPE ? err_pipe[0] : err_file, plan->err == A_PIPE,
                         &result.err_size);
    return result;
}

// ---- the comparison ----

static void show(const char *who, const struct result *result)
{
    printf("  %s: status %d, %zu bytes of output, %zu of errors: %.*s\n", who, result->status,
           result->out_size, result->err_size,
           (int)(result->err_size < 400 ? result->err_size : 400), result->err);
}

static bool differ(uint64_t number, const struct result *direct, const struct result *contained,
                   bool command)
{
    size_t at = 0;
    bool same_out = direct->out_size == contained->out_size &&
                    memcmp(direct->out, contained->out, direct->out_size) == 0;
    // Where COMMAND cannot be executed, mydocker says so and a direct execve(2) is silent.
    bool same_err = !command || (direct->err_size == contained->err_size &&
                                 memcmp(direct->err, contained->err, direct->err_size) == 0);

    if (direct->status == contained->status && (same_out || !command) && same_err)
        return false;
    printf("case %llu differs\n", (unsigned long long)number);
    show("directly      ", direct);
    show("under mydocker", contained);
    if (!same_out && command) {
        while (at < direct->out_size && direct->out[at] == contained->out[at])
            at++;
        while (at > 0 && direct->out[at - 1] != '\n')
            at--;
        printf("  - %.200s\n  + %.200s\n", direct->out + at, contained->out + at);
    }
    return true;
}

static bool try_case(uint64_t number)
{
    struct plan plan;
    int out_pipe[2], err_pipe[2];

    state = number;
    make_plan(&plan);
    if (pipe2(out_pipe, O_CLOEXEC | O_NONBLOCK) == -1 ||
        pipe2(err_pipe, O_CLOEXEC | O_NONBLOCK) == -1 ||
        fcntl(out_pipe[1], F_SETPIPE_SZ, 1 << 18) == -1)
        err(1, "pipe");
    struct result direct = run(&plan, true, out_pipe, err_pipe);
    struct result contained = run(&plan, false, out_pipe, err_pipe);
    bool command = strcmp(plan.words[0], probe) == 0;
    bool found = differ(number, &direct, &contained, command);
    for (int i = 0; i < 2; i++) {
        close(out_pipe[i]);
        close(err_pipe[i]);
    }
    free(direct.out);
    free(direct.err);
    free(contained.out);
    free(contained.err);
    forget_plan(&plan);
    return found;
}

static void time_is_over(int signal)
{
    (void)signal;
}

static void prepare(void)
{
    const struct sigaction interrupt = {.sa_handler = time_is_over}; // not SA_RESTART
    static const char broken[] = "#!/nonexistent/interpreter\n";
    int master;

    if (setsid() == -1 || openpty(&master, &terminal, NULL, NULL, NULL) == -1 ||
        ioctl(terminal, TIOCSCTTY, 0) == -1)
        err(1, "a terminal");
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(terminal, F_SETFD, FD_CLOEXEC);
    in_file = memfd_create("input", MFD_CLOEXEC);
    out_file = memfd_create("output", MFD_CLOEXEC);
    err_file = memfd_create("errors", MFD_CLOEXEC);
    if (in_file == -1 || out_file == -1 || err_file == -1 || (scratch = getcwd(NULL, 0)) == NULL ||
        sigaction(SIGALRM, &interrupt, NULL) == -1 || signal(SIGTTOU, SIG_IGN) == SIG_ERR)
        err(1, "prepare");
    for (int i = 0; i < 1000; i++)
        dprintf(in_file, "%llx", (unsigned long long)any());
    int script = open("no-loader", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    if (script == -1 || write(script, broken, strlen(broken)) == -1)
        err(1, "no-loader");
    close(script);
}

// Is OPTION in what `mydocker run --help` prints?
static bool knows(const char *option)
{
    char text[4096] = "";
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        err(1, "pipe2");
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        execl(mydocker, "mydocker", "run", "--help", (char *)NULL);
        _exit(112);
    }
    close(ends[1]);
    for (size_t size = 0; size < sizeof(text) - 1;) {
        ssize_t n = read(ends[0], text + size, sizeof(text) - 1 - size);
        if (n <= 0)
            break;
        size += (size_t)n;
    }
    close(ends[0]);
    (void)waitpid(pid, NULL, 0);
    return strstr(text, option) != NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"cases", required_argument, NULL, 'n'}, {"first", required_argument, NULL, 'f'}, {0}};
    uint64_t cases = 1000, first = 1, differences = 0;

    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'n')
            cases = strtoull(optarg, NULL, 10);
        else if (option == 'f')
            first = strtoull(optarg, NULL, 10);
        else
            optind = argc;
    }
    if (optind != argc - 2) {
        fputs("Usage: differential [--cases N] [--first NUMBER] MYDOCKER PROBE\n", stderr);
        return EXIT_FAILURE;
    }
    mydocker = realpath(argv[optind], NULL);
    probe = realpath(argv[optind + 1], NULL);
    if (mydocker == NULL || probe == NULL)
        err(1, "%s", argv[optind]);
    drops = knows("--cap-add");
    filters = knows("--security-opt");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    prepare();
    for (uint64_t i = first; i < first + cases && differences < 10; i++)
        differences += try_case(i);
    (void)unlink("no-loader");
    printf("%s: %llu cases from number %llu on, %llu differences\n", argv[optind],
           (unsigned long long)cases, (unsigned long long)first, (unsigned long long)differences);
    return differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
