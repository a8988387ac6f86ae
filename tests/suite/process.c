// A program that runs under the test's eyes.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum { PROCESSES_MAX = 256 };
static struct process *processes[PROCESSES_MAX];
static size_t process_count;

static char last_words[512];
static char typed_lines[512]; // on the terminal of that process, a line each

const struct launch by_the_test = {.direct = true, .aside = true};

static const char *quotes_for(const char *word)
{
    bool quote = *word == '\0' || strpbrk(word, " \t\n\"'$&;|<>\\*?") != NULL;

    return !quote ? "" : strpbrk(word, "'") != NULL ? "\"" : "'";
}

// Does the program know this option? A step that is looked at as the next one does not.
static bool takes(const char *option, const char *value)
{
    struct process *p = process_start(&(struct launch){.aside = true},
                                      WORDS("run", option, value, probe, "exit", "0"));

    return process_ends_within(p, time_limit) && p->status == 0;
}

// From step 9 on COMMAND asks for what it always had until then.
static const char *const *with_privileges(const char *const *words)
{
    static const struct {
        int first;
        const char *option, *value;
    } options[] = {{9, "--cap-add", "ALL"}, {11, "--security-opt", "seccomp=unconfined"}};
    static int known[] = {-1, -1};
    size_t count = 0, i = 0, filled = 0;

    while (words[count] != NULL)
        count++;
    const char **all = test_memory((count + 5) * sizeof(*all));
    do
        all[filled++] = words[i++];
    while (i < count && strcmp(words[i - 1], "run") != 0);
    for (size_t j = 0; j < 2 && i < count; j++) {
        if (known[j] == -1)
            known[j] = step >= options[j].first && takes(options[j].option, options[j].value);
        if (known[j] == 1) {
            all[filled++] = options[j].option;
            all[filled++] = options[j].value;
        }
    }
    memcpy(all + filled, words + i, (count - i + 1) * sizeof(*all));
    return all;
}

// As it is typed: the program, and its WORDS, quoted where a shell would want it, without the
// directories of our own programs.
static const char *words_by_hand(const struct launch *how, const char *const *words)
{
    enum { WORD = 100 };
    const char *typed = how->direct ? "" : "mydocker";

    for (; *words != NULL; words++) {
        const char *word = strcmp(*words, mydocker) == 0 ? "mydocker"
                           : strcmp(*words, probe) == 0  ? "probe"
                                                         : *words;
        const char *quotes = quotes_for(word);
        typed = text_of("%s%s%s%.*s%s%s", typed, *typed == '\0' ? "" : " ", quotes, WORD, word,
                        strlen(word) > WORD ? "..." : "", quotes);
        if (strlen(typed) >= sizeof(last_words))
            break;
    }
    return typed;
}

// What stands before the words where the situation is not by_hand's.
static const char *situation(const struct launch *how)
{
    const char *typed = how->directory == NULL ? "" : text_of("cd %s && ", how->directory);

    if (how->environment != NULL && !how->direct && !how->terminal) {
        typed = text_of("%senv -i", typed);
        for (char *const *variable = how->environment; *variable != NULL; variable++)
            typed = text_of("%s %.*s", typed, (int)sizeof(last_words), *variable);
        typed = text_of("%s ", typed);
    }
    return typed;
}

static void remember(const struct launch *how, const char *const *words)
{
    if (how->aside)
        return;
    typed_lines[0] = '\0';
    const char *by_hand = how->by_hand == NULL ? "..." : how->by_hand;
    const char *dots = strstr(by_hand, "...");
    int before = dots == NULL ? (int)strlen(by_hand) : (int)(dots - by_hand);
    int size = snprintf(last_words, sizeof(last_words), "%s%.*s%s%s", situation(how), before,
                        by_hand, dots == NULL ? "" : words_by_hand(how, words),
                        dots == NULL ? "" : dots + strlen("..."));

    if (size >= (int)sizeof(last_words))
        memcpy(last_words + sizeof(last_words) - 4, "...", 4);
    for (char *c = last_words; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

const char *process_last_words(void)
{
    return last_words[0] == '\0' ? NULL : last_words;
}

void process_forget_words(void)
{
    last_words[0] = typed_lines[0] = '\0';
}

// TEXT as a person types it: our own programs by their names, keys by theirs, without the last
// newline.
static const char *keys_by_hand(const char *text)
{
    const char *line = strcmp(text, "\n") == 0 ? "Enter" : "";

    for (; *text != '\0'; text++) {
        if (text[0] == '$' && (text[1] == 'M' || text[1] == 'P'))
            line = text_of("%s%s", line, *++text == 'M' ? "mydocker" : "probe");
        else if (*text != '\n' && *text < ' ')
            line = text_of("%sCtrl-%c", line, *text + '@');
        else if (*text != '\n' || text[1] != '\0')
            line = text_of("%s%c", line, *text);
    }
    return line;
}

// What is typed again and again is told once; where it is too much, the last of it.
static void remember_typed(const char *text)
{
    const char *line = keys_by_hand(text), *last = strrchr(typed_lines, '\n');

    if (strcmp(last == NULL ? typed_lines : last + 1, line) == 0)
        return;
    while (strlen(typed_lines) + strlen(line) + 2 > sizeof(typed_lines) &&
           strchr(typed_lines, '\n') != NULL)
        memmove(typed_lines, strchr(typed_lines, '\n') + 1, strlen(strchr(typed_lines, '\n')));
    size_t length = strlen(typed_lines);
    (void)snprintf(typed_lines + length, sizeof(typed_lines) - length, "%s%s",
                   length == 0 ? "" : "\n", line);
}

const char *process_typed(void)
{
    return typed_lines[0] == '\0' ? NULL : typed_lines;
}

long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void append(struct text *text, const char *bytes, size_t size)
{
    text->bytes = realloc(text->bytes, text->size + size + 1);
    if (text->bytes == NULL)
        abort();
    if (size > 0)
        memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

// We are in the child. Our job is to be the program under test: no cmocka from here on.
static _Noreturn void become(const struct launch *how, const char *const *words)
{
    const char *argv[4096];
    size_t count = 0;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL); // the suite itself ignores it, and that would be inherited
    if (!how->direct)
        argv[count++] = mydocker;
    while (*words != NULL && count < sizeof(argv) / sizeof(argv[0]) - 1)
        argv[count++] = *words++;
    argv[count] = NULL;
    if (chdir(how->directory == NULL ? scratch : how->directory) == -1)
        _exit(111);
    if (how->environment != NULL)
        environ = (char **)how->environment;
    if (how->prepare != NULL)
        how->prepare(how->argument);
    execvp(argv[0], (char *const *)argv);
    _exit(112);
}

static void pipe_pair(int *mine, int *its, bool i_write)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        abort();
    *mine = ends[i_write ? 1 : 0];
    *its = ends[i_write ? 0 : 1];
    fcntl(*mine, F_SETFL, O_NONBLOCK);
}

static void start_on_pipes(struct process *process, const char *const *words)
{
    int in, out, err;

    process->in = -1;
    if (process->how->input != NULL || process->how->keep_input_open)
        pipe_pair(&process->in, &in, true);
    else
        in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pipe_pair(&process->out, &out, false);
    pipe_pair(&process->err, &err, false);
    process->pid = fork();
    if (process->pid == 0) {
        dup2(in, 0);
        dup2(out, 1);
        dup2(err, 2);
        become(process->how, words);
    }
    close(in);
    close(out);
    close(err);
}

static void start_on_terminal(struct process *process, const char *const *words)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    process->pid = forkpty(&process->out, NULL, NULL, &size);
    if (process->pid == 0)
        become(process->how, words);
    if (process->pid != -1)
        fcntl(process->out, F_SETFL, O_NONBLOCK);
    process->err = -1;
    process->in = process->out;
}

struct process *process_start(const struct launch *how, const char *const *words)
{
    struct process *process = calloc(1, sizeof(*process));
    struct launch *copy = test_memory(sizeof(*copy));

    if (how->privileged)
        words = with_privileges(words);
    remember(how, words);
    if (process == NULL || process_count == PROCESSES_MAX)
        abort();
    *copy = *how;
    if (copy->input != NULL && copy->input_size == 0)
        copy->input_size = strlen(copy->input);
    process->how = copy;
    append(&process->output, "", 0);
    append(&process->errors, "", 0);
    if (how->terminal)
        start_on_terminal(process, words);
    else
        start_on_pipes(process, words);
    processes[process_count++] = process;
    expect(process->pid > 0, "cannot start a process: %s", strerror(errno));
    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    return process;
}

// Read what there is. At the end of a terminal read(2) fails with EIO.
static void drain(int *fd, struct text *text)
{
    char bytes[65536];
    ssize_t size;

    while (*fd != -1 && (size = read(*fd, bytes, sizeof(bytes))) != -1) {
        if (size == 0) {
            close(*fd);
            *fd = -1;
        } else {
            append(text, bytes, (size_t)size);
        }
    }
}

static void feed(struct process *process)
{
    const struct launch *how = process->how;

    if (process->in == -1 || process->in == process->out || how->keep_input_open)
        return;
    ssize_t size =
        write(process->in, how->input + process->input_done, how->input_size - process->input_done);
    if (size > 0)
        process->input_done += (size_t)size;
    if (process->input_done == how->input_size || (size == -1 && errno != EAGAIN)) {
        close(process->in);
        process->in = -1;
    }
}

// Move what there is to be moved, and wait a little where there is nothing.
static void pump(struct process *process)
{
    bool feeding = process->in != process->out && !process->how->keep_input_open;
    struct pollfd waits[] = {
        {.fd = process->out, .events = POLLIN},
        {.fd = process->err, .events = POLLIN},
        {.fd = feeding ? process->in : -1, .events = POLLOUT},
        {.fd = process->ended ? -1 : process->pidfd, .events = POLLIN},
    };

    (void)poll(waits, 4, 20);
    feed(process);
    drain(&process->out, &process->output);
    drain(&process->err, &process->errors);
}

static void await_text(struct process *process, const struct text *text, const char *wanted)
{
    long long limit = now() + time_limit;

    // One that has ended writes no more; what it has written is there at once.
    while (strstr(text->bytes, wanted) == NULL && !process_has_ended(process) && now() < limit)
        pump(process);
    pump(process);
    // "Stopped" in one shell is "stopped" in another.
    expect(strstr(text->bytes, wanted) != NULL, "waited in vain for \"%s%.*s\": %s",
           strcmp(wanted, "topped") == 0 ? "s" : "", (int)strcspn(wanted, "\r\n"), wanted,
           describe(process));
}

void process_await_output(struct process *process, const char *text)
{
    await_text(process, &process->output, text);
}

void process_await_errors(struct process *process, const char *text)
{
    await_text(process, &process->errors, text);
}

bool process_has_ended(struct process *process)
{
    int status;

    if (!process->ended && waitpid(process->pid, &status, WNOHANG) == process->pid) {
        process->ended = true;
        process->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    return process->ended;
}

void process_watch(struct process *process, int milliseconds)
{
    long long limit = now() + milliseconds;

    while (!process_has_ended(process) && now() < limit)
        pump(process);
}

bool process_ends_within(struct process *process, int milliseconds)
{
    process_watch(process, milliseconds);
    drain(&process->out, &process->output);
    drain(&process->err, &process->errors);
    return process->ended;
}

void process_finish(struct process *process)
{
    expect(process_ends_within(process, time_limit),
           "it did not end within %d seconds (does the parent learn of its child's end? SIGCHLD in "
           "the flags of clone(2), waitpid(2)): %s",
           time_limit / 1000, describe(process));
    expect(process->status < 111 || process->status > 112 || !process->how->prepare,
           "the test could not prepare its process: status %d", process->status);
}

struct process *process_run(const struct launch *how, const char *const *words)
{
    struct process *process = process_start(how, words);

    process_finish(process);
    return process;
}

void process_type(struct process *process, const char *text)
{
    if (process->how->terminal)
        remember_typed(text);
    expect(write(process->in, text, strlen(text)) == (ssize_t)strlen(text), "cannot type \"%s\"",
           text);
}

void process_end_input(struct process *process)
{
    close(process->in);
    process->in = -1;
}

void process_clear(struct process *process)
{
    process->output.size = process->errors.size = 0;
    process->output.bytes[0] = process->errors.bytes[0] = '\0';
}

void process_errors_to(const void *argument)
{
    const int *end = argument;

    if (dup2(*end, STDERR_FILENO) == -1)
        _exit(111);
}

void process_fill(int pipe_end)
{
    const char bytes[4096] = {0};

    fcntl(pipe_end, F_SETFL, O_NONBLOCK);
    while (write(pipe_end, bytes, sizeof(bytes)) > 0)
        ;
    fcntl(pipe_end, F_SETFL, 0);
}

void process_kill_all(void)
{
    for (size_t i = 0; i < process_count; i++) {
        struct process *process = processes[i];

        if (process->pid > 0 && !process->ended) {
            kill(process->pid, SIGKILL);
            waitpid(process->pid, NULL, 0);
        }
        if (process->in != -1 && process->in != process->out)
            close(process->in);
        if (process->out != -1)
            close(process->out);
        if (process->err != -1)
            close(process->err);
        close(process->pidfd);
        free(process->output.bytes);
        free(process->errors.bytes);
        free(process);
    }
    process_count = 0;
}

enum { EXCERPT = 400, LINE = 800 };

// TEXT, or more than enough of it, without the probe's facts that the test did not ask for: its
// reports are long.
static const char *what_matters(const char *text)
{
    const char *kept = "";
    bool dots = false;

    while (*text != '\0' && strlen(kept) <= EXCERPT + LINE) {
        size_t length = strcspn(text, "\n");
        bool matters = fact_matters(text);
        if (matters || !dots)
            kept =
                matters ? text_of("%s%.*s\n", kept, (int)length, text) : text_of("%s...\n", kept);
        dots = !matters;
        text += length + (text[length] == '\n');
    }
    return kept;
}

// The beginning of what it wrote.
static const char *excerpt(const struct text *text)
{
    const char *bytes = what_matters(text->bytes);
    size_t whole = strlen(bytes), size = whole;

    if (size > EXCERPT) {
        const char *end = strchr(bytes + EXCERPT, '\n');
        size = end == NULL ? size : (size_t)(end - bytes);
        size = size > LINE ? LINE : size;
    }
    bool cut = size < whole;
    while (size > 0 && bytes[size - 1] == '\n')
        size--;
    if (strcmp(bytes, "...\n") == 0)
        return "(the probe's facts)";
    return size == 0 ? "(nothing)"
                     : text_of("%.*s%s", (int)size, bytes, cut && size + 1 < whole ? "\n..." : "");
}

// What a status of 128 and a SIGNAL means, where it is no end that anybody wants.
static const char *crash(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
                   signal == SIGABRT
               ? text_of(" (128 + %d, a crash: %s)", signal, strsignal(signal))
               : "";
}

const char *describe(const struct process *process)
{
    const char *end = !process->ended ? "still running"
                      : process->status < 0
                          ? text_of("ended by signal %d", -process->status)
                          : text_of("status %d%s", process->status, crash(process->status - 128));

    return text_of("%s\nstandard error: %s\nstandard output: %s", end, excerpt(&process->errors),
                   excerpt(&process->output));
}
