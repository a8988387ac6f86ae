// The suite: what the test files and the harness share. A section for each .c file of the harness.
#ifndef SUITE_H
#define SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

// ---- main.c: the promises ----

// A promise, the steps that make it, and the function that checks it. What a step must not do yet
// is a promise of the steps before.
struct promise {
    const char *text;
    int first, last;
    void (*check)(void);
};

enum { ALWAYS = 1, LAST = 99 };

// A test file ends in a table of its promises and a group that names it, with the chapter of the
// tutorial that it belongs to, and what to think of where a promise is broken; NULL where no one
// thing is the cause of all of them (think()).
struct mechanism {
    const char *name;
    int chapter;
    const char *hint;
    const struct promise *promises;
    size_t count;
};
#define MECHANISM(name, chapter, hint)                                                             \
    const struct mechanism name##_mechanism = {#name, chapter, hint, promises,                     \
                                               sizeof(promises) / sizeof(promises[0])}

// exercises.c: what the tutorial's exercises add; checked one at a time, when asked for.
extern const struct mechanism exercises[];
extern const size_t exercise_count;

// ---- report.c: what became of them ----

// Fail the test, with what to look at or to add, unless CONDITION holds. Never in a forked child:
// there a failure would return into a second test runner.
#define expect(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_at(__FILE__, __LINE__, __VA_ARGS__);                                              \
    } while (0)

_Noreturn void fail_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// What the rest of the test wants, where a failure cannot say it: a time limit that runs out.
void wanted(const char *what);

// Where to think, if the rest of the test fails: said in place of the mechanism's hint, where that
// would mislead. NULL: that hint again.
void think(const char *where);

// What exactly is missing, where the rest of the test fails: told to who asks with --hint 2. The
// message says what is wrong, and the hint where to think.
void answer(const char *what);
void report_hints(int level);

// End the test: it cannot be made on this machine, and counts as not passed.
_Noreturn void cannot_check(const char *reason);

// The same for an ordinary user's tests, and on a machine without what other machines have; but
// the tests can succeed as a whole all the same. And that where it takes root.
_Noreturn void cannot_check_as_user(const char *reason);
_Noreturn void cannot_check_here(const char *reason);
void need_root(void);

// "text" for people, or "tap" or "xml"; false where NAME is none of these. Before world_make().
bool report_format(const char *name);
bool report_is_for_people(void);

// Around all of them: report_open() before anything else, report_score() prints how many were kept,
// of ALL_OF_STEP, those that the step adds apart from those before, and returns the exit status: 0
// where it was all that were looked at.
void report_open(void);
int report_score(size_t all_of_step);

// For people: a complaint of the world's that was told three times is told no more, but counted in
// the score. The process that prints to the person decides: a part of the tests (jobs.c) marks what
// it writes, report_copy() reads the marks.
void report_in_part(void);
void report_copy(const char *text, size_t size);

// In each process that makes some of them, after world_make(). Their reports follow one of
// PREVIOUS, NULL if they are the first.
void report_begin(const struct mechanism *previous);

// Around each of them. One that does not get to report_passed() has failed, or cannot be checked;
// report_world() says that from here on the world is looked at.
int report_mute(void **state); // the teardown of a group of tests; then
void report_unmute(void);
void report_start(void);
void report_world(void);
void report_passed(void);
void report_end(const struct promise *promise, const struct mechanism *of);
bool report_has_failures(void);

// For people: the smoke test did not go well; what was wanted and found, and what to think of.
void report_smoke(const char *what_was_wanted, const char *found, const char *think);

// ---- smoke.c: does it run anything at all? ----

// Where it does not there is one report, and false: most promises would be broken for that reason.
bool smoke_test(void);

// ---- jobs.c: parts of the tests side by side ----

// Let WORK do COUNT parts, AT_ONCE at a time, each in a process of its own; what they write to
// standard output is printed in their order. The first one is done alone, and the others only if it
// went well. Returns how many did. Interrupted it ends as one that was, and so do they.
size_t jobs_run(size_t count, size_t at_once, bool (*work)(size_t part));

// ---- settings.c: what the caller has set ----

// Before anything else: from here on environment, signals and umask are always the same.
void settings_forget(void);

// ---- world.c: where mydocker is run ----

extern const char *mydocker; // its path
extern const char *probe;    // the path of the suite's own COMMAND
extern const char *scratch;  // an empty directory in memory, the working directory of every test
extern int step;             // whose promises are checked
extern int time_limit;       // how long a test waits for something, in milliseconds
extern bool ordinary_user;   // root only in a user namespace that the tests have made

// Make that place: a mount namespace whose / is shared, and a PATH without init and reboot. The
// terminal stays outside but where a COMMAND of the user's is to have it. Exits with a message
// where that is refused.
void world_make(bool with_terminal);
void world_leave(void);

// What is not as it was before: a process that was left, a mount, the hostname. NULL if nothing is.
const char *world_complaint(void);

// Is that COMPLAINT about mounts? Then it is the cause of all else that the test has found.
bool world_was_mounted_on(const char *complaint);

// Kill and unmount whatever it left.
void world_mend(void);

// Is TOOL there? Where it is not, the test cannot be made.
void need_tool(const char *tool);

// ---- keeper.c: nothing outlives the suite ----

// Go on in a PID namespace that ends with this process, whatever ends it; DIRECTORY is unmounted
// and removed then. WITH_TERMINAL: stay in the session, and leave the terminal's keys alone.
void keeper_start(const char *directory, bool with_terminal);

// Hold back what would interrupt the suite before that, or let it THROUGH.
void keeper_let(bool through);

// ---- process.c: a program that runs under the test's eyes ----

// How to start it; all zero is a good start.
struct launch {
    bool direct;                           // the words are the program, not mydocker's arguments
    bool privileged;                       // with all that COMMAND may do before step 9
    bool aside;                            // the test's own affair: no report tells of it
    bool terminal;                         // on a terminal of its own, as leader of a new session
    const char *input;                     // what standard input holds: else /dev/null,
    size_t input_size;                     // strlen(3) if 0
    bool keep_input_open;                  // or nothing yet: process_type() follows
    const char *directory;                 // where to start, else the scratch directory
    char *const *environment;              // else the suite's
    void (*prepare)(const void *argument); // called last before execve(2); nonzero exit on failure
    const void *argument;
    const char *by_hand; // what a person types for the same, or in words; "..." is what is run
};

struct text {
    char *bytes; // NUL-terminated
    size_t size;
};

struct process {
    pid_t pid;
    int pidfd, in, out, err; // a terminal is all three, as in and out
    const struct launch *how;
    size_t input_done;
    struct text output, errors;
    bool ended;
    int status; // its exit status, or minus the signal that ended it
};

// Start, wait for what it writes, and wait for its end: at most time_limit each, or the test fails.
struct process *process_start(const struct launch *how, const char *const *words);
void process_await_output(struct process *process, const char *text);
void process_await_errors(struct process *process, const char *text);
void process_finish(struct process *process);
bool process_has_ended(struct process *process);

// Read what it writes for so many MILLISECONDS, or until it ends. The second one then reads all
// that is left, and says whether it has ended; neither fails the test.
void process_watch(struct process *process, int milliseconds);
bool process_ends_within(struct process *process, int milliseconds);

// Write TEXT to its standard input; close that.
void process_type(struct process *process, const char *text);
void process_end_input(struct process *process);

// Forget what it has written up to now.
void process_clear(struct process *process);

// A log whose reader does not read: to be called before execve(2) with the address of a pipe's
// writing end, which becomes standard error; and fill that end.
void process_errors_to(const void *argument);
void process_fill(int pipe_end);

// Kill and forget all processes of this test.
void process_kill_all(void);

// The words that started the last process of this test, NULL if there was none.
const char *process_last_words(void);

// What was typed on its terminal since, a line each, NULL if nothing was.
const char *process_typed(void);
void process_forget_words(void);

// A start that is no business of the report's: a look, or a copy.
extern const struct launch by_the_test;

// start and finish in one
struct process *process_run(const struct launch *how, const char *const *words);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
// A launch with nothing but a function to be called before it.
#define PREPARED(function, its_argument, typed)                                                    \
    (&(struct launch){.prepare = (function), .argument = (its_argument), .by_hand = (typed)})
#define run(...) process_run(&(struct launch){0}, WORDS(__VA_ARGS__))
#define run_with(how, ...) process_run(how, WORDS(__VA_ARGS__))
#define start(...) process_start(&(struct launch){0}, WORDS(__VA_ARGS__))
#define start_with(how, ...) process_start(how, WORDS(__VA_ARGS__))

// Milliseconds on the monotonic clock, and a short rest between two looks at something.
long long now(void);
void rest(void);

// Look at CONDITION until it holds or the time limit is over; then fail like expect().
#define await(condition, ...)                                                                      \
    do {                                                                                           \
        long long limit_ = now() + time_limit;                                                     \
        while (!(condition) && now() < limit_)                                                     \
            rest();                                                                                \
        expect(condition, __VA_ARGS__);                                                            \
    } while (0)

// How it ended and what it wrote, for the message of a failure.
const char *describe(const struct process *process);

// ---- privileges.c: what is refused; each is called before execve(2) ----

// A filter that answers the call NUMBER, with any of FLAGS in that ARGUMENT (0: always), with EPERM
// or ERROR.
struct denied {
    unsigned number, flags, argument, error;
};
void deny(const void *denied);
const char *filtered(const struct denied *denied); // what it is called, for PREPARED()

// In a user namespace, and in those of OTHERS (unshare(2)).
void user_namespace(int others);

// A part of /proc is covered, as in a nested container.
void mask_proc_and_leave(const void *argument);

// Where the machine refuses a user namespace to who is so prepared, the test cannot be made.
void need_user_namespace(void (*prepare)(const void *argument));

// ---- rootfs.c: a root file system ----

// A new one in the scratch directory: root/bin/probe, and the directories that are mounted on.
// Returns its path. Where the probe is not static, the test cannot be made.
const char *root_make(void);

// Fails unless a symbolic link in place of its directory NAME is refused, wherever it leads, and
// leads nowhere.
void root_with_links(const char *name);

// ---- overlay.c: DIR and what was changed, in layers ----

// Does this kernel have the file system? And does it mount one in a user namespace? Since
// Linux 5.11.
bool overlay_is_known(void);
bool overlay_for_users(void);

// ---- dev.c: devices ----

// To be called before execve(2): the host has none.
void without_devices(const void *argument);

// ---- limits.c: control groups ----

// An empty group of this test's own, below which there can be others, with all limits. Returns its
// directory. Where the machine has no limits, the test cannot be made.
const char *limits_place(void);

// To be called before execve(2): that group is in place of them all.
void limits_in_place(const void *place);

// ---- facts.c: reading what was written ----

// The value of KEY in the probe's report, of lines KEY=VALUE. Fails where it is missing.
const char *fact(const struct process *process, const char *key);
long fact_number(const struct process *process, const char *key);

// Does LINE belong into the report of a failure? It does if it is no fact of the probe's, or one
// that was asked for since facts_forget().
bool fact_matters(const char *line);
void facts_forget(void);

// How many lines of LEVEL it has logged; fails where a line of its log is no JSON in UTF-8 with
// level, msg and time in this order.
int log_lines(const struct process *process, const char *level);

// Did it fail as it should: STATUS, one fatal line that holds TEXT, and no COMMAND run? "..." in
// TEXT stands for any words: how a stranger's program puts it is its own affair.
void expect_failure(const struct process *process, int status, const char *text);

// The first line in which two texts differ, as `diff -u` would show it.
const char *difference(const char *before, const char *after);

// printf(3) into memory that lives until the test ends.
const char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The whole content of FILE, likewise.
const char *content_of(const char *file);

// The letter of proc_pid_stat(5) for the process PID: 'S' sleeps, 'T' is stopped, 'Z' has ended;
// '?' where there is none.
char state_of(pid_t pid);

// Has the process PID called execve(2) since it was made? (The flags of proc_pid_stat(5).)
bool has_executed(pid_t pid);

// Memory that lives until the test ends.
void *test_memory(size_t size);

#endif
