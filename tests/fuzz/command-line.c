// Any words after `mydocker`: what they mean, compared with another reading of them.
//
// An input is the words, each with a NUL behind it. run() and init() are ours: they only look. What
// run() is told to execute has to mean the same once more, to init().
#include <getopt.h>
#include <string.h>
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
    const char *rootfs;
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
    found = (struct meaning){
        outcome,    options->interactive,         options->tty,   (int)caught.writes,
        found.name, (int)(options->argv - words), options->rootfs};
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

// The letters of one word of options of `run`.
static bool read_letters(const char *letters, struct meaning *meaning)
{
    for (; *letters != '\0'; letters++) {
        meaning->outcome = *letters == 'h' ? HELP : FAILURE;
        if (*letters == 'i')
            meaning->interactive = true;
        else if (*letters == 't')
            meaning->tty = true;
        else
            return false;
    }
    return true;
}

static bool read_run_options(int *at, struct meaning *meaning)
{
    for (; !ends_options(at); ++*at) {
        const char *word = words[*at];
        bool is_long = word[1] == '-', has_value = strchr(word, '=') != NULL;

        meaning->outcome = is_long && !has_value && means(word, "help") ? HELP : FAILURE;
        if (is_long && !has_value && means(word, "interactive"))
            meaning->interactive = true;
        else if (is_long && !has_value && means(word, "tty"))
            meaning->tty = true;
        else if (is_long && means(word, "rootfs") && (has_value || ++*at < count))
            meaning->rootfs = has_value ? strchr(word, '=') + 1 : words[*at];
        else if (is_long || !read_letters(word + 1, meaning))
            return false;
    }
    return true;
}

static struct meaning meaning_of_words(void)
{
    struct meaning meaning = {FAILURE, false, false, 2, 0, 0, NULL};
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
    require(found.rootfs == wanted->rootfs);
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
