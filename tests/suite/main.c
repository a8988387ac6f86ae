// The suite: what each step promises, checked on the program of that step, whoever wrote it.
#include <dirent.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

// In the order in which one would build them; what makes a container comes before what then rests
// on it, so that the first failure is the cause of the others.
// clang-format off
#define MECHANISMS(_) \
    _(cli) _(command) _(arguments) _(namespaces) _(init) _(proc) _(host) _(rootfs) _(dev) _(overlay) _(limits) _(capabilities) _(masks) _(seccomp) _(status) _(stdio) _(log) \
    _(descriptors) _(inheritance) _(signals) _(lifetime) _(terminal) _(privileges) _(load)
// clang-format on
#define DECLARE(name) extern const struct mechanism name##_mechanism;
#define LIST(name) &name##_mechanism,
MECHANISMS(DECLARE)
static const struct mechanism *const mechanisms[] = {MECHANISMS(LIST)};

enum { TESTS_MAX = 512 };

const char *mydocker, *probe;
int step, time_limit = 10000;

// Stop at the first broken promise; and whether that has come.
static bool first_only, stopped;

void test_memory_free(void);

// A promise that is to be checked, and the group that it is of.
struct entry {
    const struct promise *promise;
    const struct mechanism *mechanism;
};
static struct entry entries[TESTS_MAX];
static struct CMUnitTest tests[TESTS_MAX];

static void check(void **state)
{
    const struct entry *entry = *state;

    if (stopped)
        skip();
    report_start();
    entry->promise->check();
    answer(NULL);
    report_world();
    const char *complaint = world_complaint();
    expect(complaint == NULL, "%s", complaint);
    report_passed();
}

static int tear_down(void **state)
{
    const struct entry *entry = *state;

    if (stopped)
        return 0;
    report_end(entry->promise, entry->mechanism);
    world_mend();
    test_memory_free();
    stopped = first_only && report_has_failures();
    return 0;
}

// Does NAME hold one of the WORDS, between which a '|' stands?
static bool holds_one(const char *name, const char *words)
{
    char word[64];

    for (; *words != '\0'; words += *words == '|') {
        size_t length = strcspn(words, "|");
        (void)snprintf(word, sizeof(word), "%.*s", (int)length, words);
        if (strstr(name, word) != NULL)
            return true;
        words += length;
    }
    return false;
}

// The promises of this step, with the word ONLY in their names and without EXCEPT, where there are
// such, as cmocka wants them.
static size_t collect(const struct mechanism *const *groups, size_t n, const char *only,
                      const char *except)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < groups[i]->count && count < TESTS_MAX; j++) {
            const struct promise *promise = &groups[i]->promises[j];
            char *name;

            if (step < promise->first || step > promise->last)
                continue;
            if (asprintf(&name, "%s: %s", groups[i]->name, promise->text) == -1)
                abort();
            if ((only == NULL || strstr(name, only) != NULL) &&
                (except == NULL || !holds_one(name, except))) {
                entries[count] = (struct entry){promise, groups[i]};
                tests[count] = (struct CMUnitTest){name, check, NULL, tear_down, &entries[count]};
                count++;
            }
        }
    }
    return count;
}

// How many promises there are, of the EXERCISE or of this step.
static size_t promises_of(const struct mechanism *exercise)
{
    size_t count = 0;

    if (exercise != NULL)
        return exercise->count;
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        for (size_t j = 0; j < mechanisms[i]->count; j++)
            count +=
                step >= mechanisms[i]->promises[j].first && step <= mechanisms[i]->promises[j].last;
    return count;
}

// The steps that make a promise and its name, a line each.
static _Noreturn void list(void)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        for (size_t j = 0; j < mechanisms[i]->count; j++) {
            const struct promise *promise = &mechanisms[i]->promises[j];

            printf("%d-", promise->first);
            if (promise->last != LAST)
                printf("%d", promise->last);
            printf("\t%s: %s\n", mechanisms[i]->name, promise->text);
        }
    }
    exit(EXIT_SUCCESS);
}

// The exercise NAME; exits where there is none, and says which there are.
static const struct mechanism *exercise_called(const char *name)
{
    for (size_t i = 0; i < exercise_count; i++)
        if (strcmp(exercises[i].name, name) == 0)
            return &exercises[i];
    fprintf(stderr, "suite: there is no exercise %s, but there are:", name);
    for (size_t i = 0; i < exercise_count; i++)
        fprintf(stderr, " %s", exercises[i].name);
    fputs("\n", stderr);
    exit(EXIT_FAILURE);
}

static bool is_program(const char *file)
{
    struct stat status;

    return stat(file, &status) == 0 && S_ISREG(status.st_mode) && access(file, X_OK) == 0;
}

// The program in DIRECTORY that is meant, most likely: mydocker, else the first one; NULL if none.
static const char *program_in(const char *directory)
{
    const char *found = text_of("%s/mydocker", directory);
    DIR *files = opendir(directory);

    if (is_program(found))
        return found;
    found = NULL;
    for (struct dirent *entry; files != NULL && (entry = readdir(files)) != NULL;) {
        const char *file = text_of("%s/%s", directory, entry->d_name);
        if (is_program(file) && (found == NULL || strcmp(file, found) < 0))
            found = file;
    }
    if (files != NULL)
        closedir(files);
    return found;
}

// Exits, where DIRECTORY was named and a program is wanted.
static _Noreturn void refuse_directory(const char *directory)
{
    const char *program = program_in(directory);

    if (program != NULL)
        fprintf(stderr, "suite: %s is a directory; %s in it was probably meant\n", directory,
                program);
    else
        fprintf(stderr,
                "suite: %s is a directory, with no program in it; one is built with: make -C %s\n",
                directory, directory);
    exit(EXIT_FAILURE);
}

static char *absolute(const char *file)
{
    char *path = realpath(file, NULL);
    struct stat status;

    if (path != NULL && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        refuse_directory(file);
    if (path == NULL || !is_program(path)) {
        fprintf(stderr, "suite: %s is no program that can be executed\n", file);
        exit(EXIT_FAILURE);
    }
    return path;
}

static const char *beside_this_program(const char *name)
{
    char *self = absolute("/proc/self/exe"), *file;

    if (asprintf(&file, "%s/%s", dirname(self), name) == -1)
        abort();
    free(self);
    return absolute(file);
}

// Where MYDOCKER is, for other tools: they refuse what we refuse, in the same words.
static _Noreturn void print_path(const char *file)
{
    puts(absolute(file));
    exit(EXIT_SUCCESS);
}

// A program that asks for more and more fails alone, and does not take the machine with it.
static void limit_memory(rlim_t megabytes)
{
    const struct rlimit limit = {megabytes << 20, megabytes << 20};

    if (setrlimit(RLIMIT_DATA, &limit) == -1) {
        perror("suite: setrlimit");
        exit(EXIT_FAILURE);
    }
}

static volatile sig_atomic_t told_to_end;

static void end(int signal)
{
    (void)signal;
    told_to_end = 1;
}

// Run COMMAND, which is no test, in the world of the tests: a transcript of the tutorial. Its
// terminal's keys are not for us. Returns its exit status, but fails where it left something
// behind.
static int run_in_world(char **command)
{
    int status = 0;

    world_make(true);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGHUP, end);
    signal(SIGTERM, end);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    while (!told_to_end && waitpid(child, &status, WNOHANG) == 0)
        rest();
    const char *left = told_to_end ? NULL : world_complaint();
    if (left != NULL)
        fprintf(stderr, "suite: %s\n", left);
    if (!told_to_end && WIFSIGNALED(status))
        fprintf(stderr, "suite: %s was ended by signal %d\n", command[0], WTERMSIG(status));
    world_mend();
    world_leave();
    if (told_to_end)
        return EXIT_FAILURE;
    return left != NULL || !WIFEXITED(status) ? EXIT_FAILURE : WEXITSTATUS(status);
}

// A part of the tests, made in a world of its own: so many of them, and the smoke test before.
static struct slice {
    size_t first, count;
    bool smoke;
} slices[TESTS_MAX];

enum { SLICE = 5 };

// Make slices of COUNT tests, each of one mechanism. The first slice has none: it is the smoke
// test, or shows that a world can be made. Returns how many there are.
static size_t cut(size_t count, bool smoke)
{
    size_t n = 0;

    slices[n++] = (struct slice){.smoke = smoke};
    for (size_t i = 0; i < count; i++) {
        const struct slice *last = &slices[n - 1];
        if (last->count == 0 || last->count == SLICE ||
            entries[i].mechanism != entries[i - 1].mechanism)
            slices[n++] = (struct slice){.first = i};
        slices[n - 1].count++;
    }
    return n;
}

// Returns false where the smoke test did not go well, and all else was left out.
static bool make_tests(const struct slice *slice)
{
    char group[32];

    (void)snprintf(group, sizeof(group), "step %d", step);
    report_begin(slice->first == 0 ? NULL : entries[slice->first - 1].mechanism);
    if (slice->smoke && !smoke_test())
        return false;
    if (slice->count > 0)
        (void)_cmocka_run_group_tests(group, tests + slice->first, slice->count, NULL, report_mute);
    report_unmute();
    return true;
}

static bool make_part(size_t number)
{
    report_in_part();
    world_make(false);
    bool well = make_tests(&slices[number]);
    world_leave();
    return well;
}

static int run_side_by_side(size_t count, bool smoke, size_t at_once, size_t all_of_step)
{
    size_t n = cut(count, smoke), well = jobs_run(n, at_once, make_part);

    if (well == 0)
        return EXIT_FAILURE;
    int status = report_score(all_of_step);
    if (well == n)
        return status;
    fprintf(stderr, "suite: %zu parts of the tests did not come to their end\n", n - well);
    return EXIT_FAILURE;
}

static int run_one_by_one(size_t count, bool smoke, size_t all_of_step)
{
    world_make(false);
    bool well = make_tests(&(struct slice){.count = count, .smoke = smoke});
    int status = well ? report_score(all_of_step) : EXIT_FAILURE;
    world_leave();
    return status;
}

static _Noreturn void usage(void)
{
    fputs(
        "Usage: suite --step N [--only WORD] [--except WORD|...] [--limit SECONDS]\n"
        "             [--memory MB] [--exercise NAME] [--format text|tap|xml] [--first]\n"
        "             [--hint 1|2] [--jobs N] [--smoke] MYDOCKER\n"
        "       suite --list\n"
        "       suite --path MYDOCKER\n"
        "       suite --world COMMAND [ARG...]\n"
        "Check that the program MYDOCKER keeps the promises of step N, several at once if asked\n"
        "to; list all promises; say where MYDOCKER is, if it is a program; or run COMMAND in the\n"
        "tests' scratch world, and complain of what it leaves behind.\n",
        stderr);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"except", required_argument, NULL, 'e'},
                                            {"exercise", required_argument, NULL, 'x'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"limit", required_argument, NULL, 't'},
                                            {"first", no_argument, NULL, '1'},
                                            {"hint", required_argument, NULL, 'h'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"memory", required_argument, NULL, 'm'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"path", required_argument, NULL, 'p'},
                                            {"step", required_argument, NULL, 's'},
                                            {"smoke", no_argument, NULL, 'k'},
                                            {"world", no_argument, NULL, 'w'},
                                            {0}};
    const char *only = NULL, *except = NULL;
    const struct mechanism *exercise = NULL;
    size_t jobs = 1;
    bool smoke = false;

    settings_forget();
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'l')
            list();
        else if (option == 'p')
            print_path(optarg);
        else if (option == 'w' && optind < argc)
            return run_in_world(argv + optind);
        else if (option == 'o')
            only = optarg;
        else if (option == 'k')
            smoke = true;
        else if (option == 'e')
            except = optarg;
        else if (option == '1')
            first_only = true;
        else if (option == 'h')
            report_hints((int)strtol(optarg, NULL, 10));
        else if (option == 'j')
            jobs = strtoul(optarg, NULL, 10);
        else if (option == 'm')
            limit_memory(strtoul(optarg, NULL, 10));
        else if (option == 'x')
            exercise = exercise_called(optarg);
        else if (option == 't')
            time_limit = 1000 * (int)strtol(optarg, NULL, 10);
        else if (option == 's')
            step = (int)strtol(optarg, NULL, 10);
        else if (option != 'f' || !report_format(optarg))
            usage();
    }
    if (step < 1 || optind != argc - 1)
        usage();
    mydocker = absolute(argv[optind]);
    probe = beside_this_program("probe");
    size_t count =
        exercise != NULL
            ? collect(&exercise, 1, only, except)
            : collect(mechanisms, sizeof(mechanisms) / sizeof(mechanisms[0]), only, except);
    if (count == 0) {
        fprintf(stderr, "suite: step %d has no such promise\n", step);
        return EXIT_FAILURE;
    }
    report_open();
    // A machine wants all promises counted, and who names a few may want these alone.
    smoke = (smoke || only == NULL) && report_is_for_people();
    size_t all = promises_of(exercise);
    return jobs > 1 && report_is_for_people() && !first_only
               ? run_side_by_side(count, smoke, jobs, all)
               : run_one_by_one(count, smoke, all);
}
