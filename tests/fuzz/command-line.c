// Any words after `mydocker`: what they mean, compared with another reading of them.
//
// An input is the words, each with a NUL behind it. run() and init() are ours: they only look. What
// run() is told to execute has to mean the same once more, to init().
#include <getopt.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fuzz.h"
#include "mydocker.h"

enum { WORDS_MAX = 64 };
enum outcome { RUN, INIT, HELP, VERSION, FAILURE };

// What a command line means.
struct meaning {
    enum outcome outcome;
    bool interactive, tty;
    int lines;   // so many of debug, info and warn are logged
    int name;    // the index of `run` or `init`
    int command; // the index of COMMAND
    const char *rootfs, *memory, *cpus, *pids;
    uint64_t cap_add, cap_drop;
    bool unconfined;
};

int mydocker_main(int argc, char **argv);
int __real_getopt_long(int argc, char *const *argv, const char *letters,
                       const struct option *options, int *index);
int __wrap_getopt_long(int argc, char *const *argv, const char *letters,
                       const struct option *options, int *index);

static struct meaning found;
static char **words;
static int count;

// As the first call in a program finds it: with nothing left of a word that an earlier input ended
// in the middle of. Setting optind to 0 does that (getopt(3), NOTES), but mydocker would see it.
static bool getopt_is_new;

int __wrap_getopt_long(int argc, char *const *argv, const char *letters,
                       const struct option *options, int *index)
{
    if (getopt_is_new) {
        int at = optind;
        optind = 0;
        (void)__real_getopt_long(1, (char *[]){(char *)"", NULL}, letters, options, index);
        optind = at;
        getopt_is_new = false;
    }
    return __real_getopt_long(argc, argv, letters, options, index);
}

// Any caller of init is a mydocker.
bool __wrap_lifeline_leads_out(void);
bool __wrap_lifeline_leads_out(void)
{
    return true;
}

static void note(enum outcome outcome, const struct run_options *options)
{
    require(caught.writes == 0);
    log_debug("a");
    log_info("b");
    log_warn("c");
    found = (struct meaning){.outcome = outcome,
                             .interactive = options->interactive,
                             .tty = options->tty,
                             .lines = (int)caught.writes,
                             .name = found.name,
                             .command = (int)(options->argv - words),
                             .rootfs = options->rootfs,
                             .memory = options->memory,
                             .cpus = options->cpus,
                             .pids = options->pids,
                             .cap_add = options->cap_add,
                             .cap_drop = options->cap_drop,
                             .unconfined = options->unconfined};
    caught.size = caught.writes = 0;
}

int run(const struct run_options *options)
{
    note(RUN, options);
    require(options->words == words);
    return 42;
}

void init(const struct run_options *options)
{
    note(INIT, options);
    _exit(42);
}

// Is WORD, up to its '=', the beginning of NAME, with two dashes in front?
static bool means(const char *word, const char *name)
{
    size_t length = strcspn(word + 2, "=");

    return length > 0 && strncmp(word + 2, name, length) == 0;
}

// Does this word end the options? One that is "--" is skipped.
static bool ends_options(int *at)
{
    if (*at < count && strcmp(words[*at], "--") == 0) {
        ++*at;
        return true;
    }
    return *at == count || words[*at][0] != '-' || words[*at][1] == '\0';
}

static bool level_is_known(const char *name, struct meaning *meaning)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};

    for (size_t i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0 || (i == 2 && strcmp(name, "warn") == 0)) {
            meaning->lines = 3 - (int)i;
            return true;
        }
    }
    return false;
}

// The options in front of the command. Returns false where they end the program, and how.
static bool read_options(int *at, struct meaning *meaning)
{
    for (; !ends_options(at); ++*at) {
        const char *word = words[*at], *value = strchr(word, '=');

        meaning->outcome = FAILURE;
        if (word[1] == 'h' || (value == NULL && word[1] == '-' && means(word, "help")))
            meaning->outcome = HELP;
        else if (value == NULL && word[1] == '-' && means(word, "version"))
            meaning->outcome = VERSION;
        else if (word[1] == '-' && means(word, "log-level") && (value != NULL || ++*at < count) &&
                 level_is_known(value != NULL ? value + 1 : words[*at], meaning))
            continue;
        return false;
    }
    return true;
}

// The options of `run` with a letter for each: 'h', 'i' and 't' have no value.
static const struct {
    const char *name;
    char letter;
} run_names[] = {
    {"cap-add", 'A'},      {"cap-drop", 'D'}, {"cpus", 'c'},       {"help", 'h'},
    {"interactive", 'i'},  {"memory", 'm'},   {"pids-limit", 'p'}, {"rootfs", 'r'},
    {"security-opt", 's'}, {"tty", 't'},
};

// The letter of the one whose name begins like WORD, or is it; 0 where there is none, or several.
static char letter_of(const char *word)
{
    size_t length = strcspn(word + 2, "=");
    char letter = 0;
    int count_of = 0;

    for (size_t i = 0; i < sizeof(run_names) / sizeof(run_names[0]); i++) {
        if (!means(word, run_names[i].name))
            continue;
        if (strlen(run_names[i].name) == length)
            return run_names[i].letter;
        letter = run_names[i].letter;
        count_of++;
    }
    return count_of == 1 ? letter : 0;
}

// In the order of their numbers (capabilities(7), linux/capability.h).
static const char *const capabilities[] = {
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
};

static bool add_capability(uint64_t *set, const char *name)
{
    if (strcasecmp(name, "all") == 0) {
        *set = UINT64_MAX;
        return true;
    }
    for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
        bool has_prefix = strncasecmp(name, "cap_", 4) == 0;
        if (strcasecmp(has_prefix ? name + 4 : name, capabilities[i]) == 0) {
            *set |= (uint64_t)1 << i;
            return true;
        }
    }
    return false;
}

// One option with its VALUE. Returns false where it ends the program.
static bool apply(char letter, const char *value, struct meaning *meaning)
{
    switch (letter) {
    case 'A':
        return add_capability(&meaning->cap_add, value);
    case 'D':
        return add_capability(&meaning->cap_drop, value);
    case 'c':
        meaning->cpus = value;
        return true;
    case 'i':
        meaning->interactive = true;
        return true;
    case 'm':
        meaning->memory = value;
        return true;
    case 'p':
        meaning->pids = value;
        return true;
    case 'r':
        meaning->rootfs = value;
        return true;
    case 's':
        meaning->unconfined = strcmp(value, "seccomp=unconfined") == 0;
        return meaning->unconfined;
    case 't':
        meaning->tty = true;
        return true;
    default:
        meaning->outcome = letter == 'h' ? HELP : FAILURE;
        return false;
    }
}

static bool takes_value(char letter)
{
    return letter != 0 && strchr("ADcmprs", letter) != NULL;
}

// The letters of one word: the first that takes a value has the rest of it, or the next word.
static bool read_letters(int *at, struct meaning *meaning)
{
    for (const char *letter = words[*at] + 1; *letter != '\0'; letter++) {
        if (*letter == 'm') {
            const char *value = letter[1] != '\0' ? letter + 1 : ++*at < count ? words[*at] : NULL;
            return value != NULL && apply('m', value, meaning);
        }
        if (strchr("hit", *letter) == NULL || !apply(*letter, NULL, meaning))
            return false;
    }
    return true;
}

static bool read_long(int *at, struct meaning *meaning)
{
    const char *word = words[*at], *value = strchr(word, '=');
    char letter = letter_of(word);

    if (takes_value(letter))
        value = value != NULL ? value + 1 : ++*at < count ? words[*at] : NULL;
    else if (value != NULL)
        letter = 0;
    return (value != NULL || !takes_value(letter)) && apply(letter, value, meaning);
}

static bool read_run_options(int *at, struct meaning *meaning)
{
    for (; !ends_options(at); ++*at) {
        meaning->outcome = FAILURE;
        if (words[*at][1] == '-' ? !read_long(at, meaning) : !read_letters(at, meaning))
            return false;
    }
    return true;
}

static struct meaning meaning_of_words(void)
{
    struct meaning meaning = {.outcome = FAILURE, .lines = 2};
    int at = 1;

    if (count == 0 || !read_options(&at, &meaning))
        return meaning;
    meaning.outcome = FAILURE;
    if (at == count)
        return meaning;
    meaning.name = at;
    const char *command = words[at++];
    enum outcome outcome = strcmp(command, "init") == 0 ? INIT : RUN;
    if (strcmp(command, "help") == 0)
        meaning.outcome = HELP;
    else if ((outcome == INIT || strcmp(command, "run") == 0) && read_run_options(&at, &meaning))
        meaning.outcome = at < count && words[at][0] != '\0' ? outcome : FAILURE;
    meaning.command = at;
    return meaning;
}

// Exactly one line of its log, in which it says so.
static void check_failure(void)
{
    static struct line line;

    require(caught.status == EXIT_MYDOCKER && !caught.politely && caught.writes == 1);
    line_read(&line, caught.errors, caught.size);
    require(strcmp(line.level, "fatal") == 0);
}

// Read the words once. Returns how it ended, -1 where mydocker did not return.
static int read_words(const struct meaning *wanted)
{
    int status = -1;

    optind = 1;
    getopt_is_new = true;
    require(log_set_level("info"));
    found = (struct meaning){.outcome = FAILURE, .name = wanted->name};
    capture();
    if (setjmp(caught.end) == 0) {
        int returned = mydocker_main(count, words);
        status = returned;
    }
    release();
    return status;
}

static void check_command(const struct meaning *wanted)
{
    require(found.outcome == wanted->outcome && found.command == wanted->command);
    require(found.rootfs == wanted->rootfs && found.memory == wanted->memory &&
            found.cpus == wanted->cpus && found.pids == wanted->pids);
    require(found.cap_add == wanted->cap_add && found.cap_drop == wanted->cap_drop &&
            found.unconfined == wanted->unconfined);
    require(found.interactive == wanted->interactive && found.tty == wanted->tty &&
            found.lines == wanted->lines);
}

// Returns whether the words meant that COMMAND is run.
static bool check(void)
{
    struct meaning wanted = meaning_of_words();
    int status = read_words(&wanted);

    if (wanted.outcome == FAILURE) {
        check_failure();
        return false;
    }
    require(caught.writes == 0);
    if (wanted.outcome == HELP || wanted.outcome == VERSION) {
        require(status == -1 && caught.politely && caught.status == 0);
        return false;
    }
    check_command(&wanted);
    require(wanted.outcome == INIT ? status == -1 && caught.status == 42 : status == 42);
    if (wanted.outcome == INIT)
        return false;
    // The child executes these.
    require(strcmp(words[wanted.name], "init") == 0);
    wanted.outcome = INIT;
    require(read_words(&wanted) == -1 && caught.status == 42 && caught.writes == 0);
    check_command(&wanted);
    return true;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return freopen("/dev/null", "w", stdout) == NULL; // the usage
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *argv[WORDS_MAX + 1], *before[WORDS_MAX + 1];

    // In memory of its own, the smallest step beyond its end is seen.
    memcpy(text, data, size);
    text[size] = '\0';
    char *copy = malloc(size + 1);
    memcpy(copy, text, size + 1);
    count = 0;
    words = argv;
    for (size_t at = 0; at < size && count < WORDS_MAX; at += strlen(text + at) + 1)
        argv[count++] = text + at;
    argv[count] = NULL;
    memcpy(before, argv, sizeof(before[0]) * ((size_t)count + 1));
    bool ran = check();
    // COMMAND gets its words as they were; `run` alone was written over.
    int changed = 0;
    for (int i = 0; i <= count; i++)
        changed += before[i] != argv[i];
    require(changed == (ran ? 1 : 0));
    require(memcmp(copy, text, size + 1) == 0);
    free(copy);
    free(text);
    return 0;
}
