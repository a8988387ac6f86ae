// What a learner gets to read: a line for each promise, and more where one is broken.
//
// cmocka runs the tests and knows the two formats for machines, its XML and TAP. Its own format for
// people has no room for what one needs here, so that one is ours.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

enum format { TEXT, TAP, XML };
enum outcome { FAILED, PASSED, CANNOT };

// The headings of the two TUTORIAL.md; `make test-tutorial` looks whether they are.
static const char *const chapters[] = {
    "Step 1: a command line and a child",
    "Step 2: clone and five namespaces",
    "Step 3: a program that runs itself",
    "Step 4: a /proc that tells the truth",
    "Step 5: a root of its own",
    "Step 6: devices that do no harm",
    "Step 7: a directory that is only read",
    "Step 8: limits from the first instruction on",
    "Step 9: fewer capabilities",
    "Step 10: what the user ID 0 alone opens",
    "Step 11: fewer system calls",
};
enum { PART_TWO = 5 }; // begins with this step

// The section of a chapter that a mechanism has to itself, where it is a long one.
static const struct section {
    const char *mechanism, *heading;
} sections[] = {
    {"cli", "The command line"},
    {"terminal", "Keys and jobs"},
};

// So many promises may wait in vain as long as they like, those after them wait only so long.
enum { TIMEOUTS = 3, SHORT_LIMIT = 2000 };

// So often the same complaint of the world is told in full.
enum { REPEATS = 3, FINDINGS_MAX = 8 };

// Around what is told of a failure: the mark, the world's complaint, if there is one, and the end
// of its line; then all of it, and the other mark. No text holds them (print_labelled()).
enum { MARK = '\001', END_MARK = '\002' };

static enum format format;
static const struct mechanism *mechanism;
// What all processes count that make some of the tests (jobs.c).
static struct tally {
    _Atomic int counts[3], timeouts;
    _Atomic int excused; // of those that cannot be checked, what is nobody's fault
    _Atomic int added;   // of them all, those that this step is the first to make
    _Atomic int added_kept;
    _Atomic bool probe_was_named; // in a failure
} * tally;
static long long started;
static enum outcome outcome;
static char *message; // why, of what failed or cannot be checked
static const char *wants, *thinks, *answers;
static int hints = 1;
static bool world_was_examined;
static FILE *out; // where print_failure() writes
static bool in_part;
// What the world complained of, and how often.
static struct finding {
    char text[256];
    int count;
} findings[FINDINGS_MAX];

bool report_format(const char *name)
{
    static const char *const names[] = {"text", "tap", "xml"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            format = (enum format)i;
            return true;
        }
    }
    return false;
}

bool report_is_for_people(void)
{
    return format == TEXT;
}

static const char *hidden_file(void)
{
    return text_of("%s/.report", scratch);
}

void report_open(void)
{
    tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        abort();
    setvbuf(stdout, NULL, _IOLBF, 0);
    out = stdout;
    if (format == TEXT)
        printf("==== step %d: %s\n", step, mydocker);
}

void report_begin(const struct mechanism *previous)
{
    mechanism = previous;
    // cmocka knows no silence, but writes its XML to a file, if that is a new one.
    cmocka_set_message_output(format == TAP ? CM_OUTPUT_TAP : CM_OUTPUT_XML);
    if (format != TAP && getenv("CMOCKA_XML_FILE") == NULL)
        setenv("CMOCKA_XML_FILE", hidden_file(), 1);
}

// After the last test cmocka writes its XML; a newer one does it to the screen as well, where a
// person reads our report.
static int muted[] = {-1, -1}; // what descriptors 1 and 2 were

int report_mute(void **state)
{
    int null = format == TEXT ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

    (void)state;
    if (null == -1)
        return 0;
    (void)fflush(stdout);
    for (int i = 0; i < 2; i++) {
        muted[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
        (void)dup2(null, STDOUT_FILENO + i);
    }
    close(null);
    return 0;
}

void report_unmute(void)
{
    (void)fflush(stdout);
    for (int i = 0; i < 2; i++) {
        if (muted[i] == -1)
            continue;
        (void)dup2(muted[i], STDOUT_FILENO + i);
        close(muted[i]);
        muted[i] = -1;
    }
}

void report_start(void)
{
    if (tally->timeouts >= TIMEOUTS && time_limit > SHORT_LIMIT)
        time_limit = SHORT_LIMIT;
    outcome = FAILED;
    wants = thinks = answers = NULL;
    world_was_examined = false;
    process_forget_words();
    facts_forget();
    started = now();
}

void report_world(void)
{
    world_was_examined = true;
}

void report_passed(void)
{
    outcome = PASSED;
}

void wanted(const char *what)
{
    wants = what;
}

void think(const char *where)
{
    thinks = where;
}

void answer(const char *what)
{
    answers = what;
}

void report_hints(int level)
{
    hints = level;
}

static void set_message(const char *text)
{
    free(message);
    message = strdup(text);
}

void cannot_check(const char *reason)
{
    outcome = CANNOT;
    set_message(reason);
    if (format == TAP)
        printf("# cannot be checked on this machine: %s\n", reason);
    skip();
    abort();
}

void cannot_check_as_user(const char *reason)
{
    tally->excused++;
    cannot_check(reason);
}

void cannot_check_here(const char *reason)
{
    cannot_check_as_user(reason);
}

void need_root(void)
{
    if (ordinary_user)
        cannot_check_as_user("this takes root");
}

void fail_at(const char *file, int line, const char *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    free(message);
    if (vasprintf(&message, text, arguments) == -1)
        abort();
    va_end(arguments);
    // XML has no place for most control characters, nor for what is no UTF-8. On a terminal a line
    // ends in two of them.
    for (char *c = message; (c = strstr(c, "\r\n")) != NULL;)
        memmove(c, c + 1, strlen(c));
    for (char *c = message; *c != '\0'; c++)
        if ((*c < ' ' && *c != '\n' && *c != '\t') || *c > '~')
            *c = '?';
    _assert_true(0, message, file, line); // cuts it after 1024 bytes
    abort();
}

static struct finding *finding_called(const char *text)
{
    for (size_t i = 0; i < FINDINGS_MAX; i++) {
        if (findings[i].count == 0)
            (void)snprintf(findings[i].text, sizeof(findings[i].text), "%s", text);
        if (strcmp(findings[i].text, text) == 0)
            return &findings[i];
    }
    return NULL; // too many: each of them is told
}

void report_in_part(void)
{
    in_part = true;
}

void report_copy(const char *text, size_t size)
{
    static enum { TOLD, MARKED, HIDDEN } state;
    static char name[sizeof(findings[0].text)];
    static size_t length;

    for (const char *c = text; c < text + size; c++) {
        if (*c == MARK) {
            state = MARKED;
            length = 0;
        } else if (*c == END_MARK) {
            state = TOLD;
        } else if (state == MARKED && *c == '\n') {
            name[length] = '\0';
            struct finding *finding = length == 0 ? NULL : finding_called(name);
            state = finding == NULL || finding->count++ < REPEATS ? TOLD : HIDDEN;
        } else if (state == MARKED) {
            if (length < sizeof(name) - 1)
                name[length++] = *c;
        } else if (state == TOLD) {
            putchar(*c);
        }
    }
}

// A text that may have several lines, under a label. What a program writes is no command to the
// reader's terminal.
static void print_labelled(const char *label, const char *text)
{
    fprintf(out, "            %-8s", label);
    for (; *text != '\0'; text++) {
        fputc((*text < ' ' && *text != '\n' && *text != '\t') || *text > '~' ? '?' : *text, out);
        if (*text == '\n')
            fprintf(out, "                    ");
    }
    fputc('\n', out);
}

// SECTION may be NULL.
static void print_chapter(int of_step, const char *section)
{
    size_t chapter = (size_t)of_step - 1;

    if (chapter < sizeof(chapters) / sizeof(chapters[0]))
        print_labelled("read:",
                       text_of("%sTUTORIAL.md, \"%s\"%s%s%s", of_step < PART_TWO ? "" : "beyond/",
                               chapters[chapter], section == NULL ? "" : ", \"",
                               section == NULL ? "" : section, section == NULL ? "" : "\""));
}

static const char *section_of(const struct mechanism *group)
{
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (strcmp(sections[i].mechanism, group->name) == 0)
            return sections[i].heading;
    return NULL;
}

void report_smoke(const char *what_was_wanted, const char *found, const char *think)
{
    printf("smoke test\n  FAILED    it runs COMMAND at all\n");
    print_labelled("did:", process_last_words());
    print_labelled("wanted:", what_was_wanted);
    print_labelled("found:", found);
    print_labelled("think:", think);
    print_chapter(step, NULL);
    printf(
        "\nThe promises of step %d rest on this: none of them was looked at. With ONLY=: "
        "they are.\n",
        step);
}

static bool is_exercise(const struct mechanism *group)
{
    return group >= exercises && group < exercises + exercise_count;
}

static void print_failure(const struct promise *promise, const char *left)
{
    if (process_last_words() != NULL) {
        print_labelled("did:", process_last_words());
        tally->probe_was_named |= strstr(process_last_words(), "probe") != NULL;
    }
    if (process_typed() != NULL) {
        print_labelled("typed:", process_typed());
        tally->probe_was_named |= strstr(process_typed(), "probe") != NULL;
    }
    if (wants != NULL)
        print_labelled("wanted:", wants);
    print_labelled("found:", message != NULL ? message : "the test itself came to grief");
    if (left != NULL)
        print_labelled("left:", left);
    // What has spread is the cause of the rest.
    bool is_left = world_was_examined || world_was_mounted_on(left);
    // What another step adds to a mechanism has its cause in the message.
    if (thinks == NULL && (promise->first == mechanism->chapter || is_exercise(mechanism)))
        thinks = mechanism->hint;
    if (thinks != NULL && !is_left)
        print_labelled("think:", thinks);
    if (answers != NULL)
        print_labelled("answer:", hints > 1 ? answers : "HINT=2 tells it");
    // What is left behind, or has spread, is nothing that this promise is about.
    int chapter = is_left ? step : is_exercise(mechanism) ? mechanism->chapter : promise->first;
    print_chapter(chapter,
                  chapter == mechanism->chapter && !is_left ? section_of(mechanism) : NULL);
}

// The same between two marks. What the world complains of has one cause, whatever the promise is,
// and is told up to its first colon; a finding of the promise's own stands for itself.
static void print_marked(const struct promise *promise, const char *left)
{
    const char *complaint = world_was_examined ? message : world_was_mounted_on(left) ? left : "";
    char *text = NULL;
    size_t size;

    out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    fprintf(out, "%c%.*s\n", MARK, (int)strcspn(complaint, ":\n"), complaint);
    print_failure(promise, left);
    fputc(END_MARK, out);
    fclose(out);
    out = stdout;
    if (in_part)
        (void)fwrite(text, 1, size, stdout);
    else
        report_copy(text, size);
    free(text);
}

// What is not to be done yet is nothing that the step adds; and before the first there is none.
static bool is_new(const struct promise *promise)
{
    return step > 1 && promise->first == step && promise->last == LAST;
}

void report_end(const struct promise *promise, const struct mechanism *of)
{
    static const char *const words[] = {"FAILED", "passed", "cannot"};
    // What a test that failed before it looked would hide.
    const char *its_answer = answers;
    const char *left = outcome == FAILED && !world_was_examined ? world_complaint() : NULL;

    if (its_answer != NULL)
        answers = its_answer;

    tally->counts[outcome]++;
    if (is_new(promise)) {
        tally->added++;
        tally->added_kept += outcome == PASSED;
    }
    if (outcome == FAILED && now() - started >= time_limit)
        tally->timeouts++;
    if (format != TEXT)
        return;
    if (mechanism != of)
        printf("%s\n", of->name);
    mechanism = of;
    printf("  %s    %s\n", words[outcome], promise->text);
    if (outcome == FAILED)
        print_marked(promise, left);
    else if (outcome == CANNOT)
        print_labelled("why:", message);
}

bool report_has_failures(void)
{
    return tally->counts[FAILED] > 0;
}

static bool copy_to_stdout(const char *name)
{
    char bytes[4096];
    size_t n;
    FILE *file = fopen(name, "re");

    if (file == NULL)
        return false;
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
        (void)fwrite(bytes, 1, n, stdout);
    return fclose(file) == 0;
}

// How many are kept of those that the step adds, and of those that it has from the steps before.
static void print_progress(int all)
{
    int old = all - tally->added, old_kept = tally->counts[PASSED] - tally->added_kept;

    printf("\nKept: %d of the %d that step %d adds; ", tally->added_kept, tally->added, step);
    if (old_kept == old)
        printf("all %d from before", old);
    else
        printf("%d of the %d from before", old_kept, old);
}

static void print_repeated(void)
{
    for (size_t i = 0; i < FINDINGS_MAX && findings[i].count > 0; i++)
        if (findings[i].count > REPEATS)
            printf("\nThe same in %d more promises, named above (ONLY= tells of one): %s\n",
                   findings[i].count - REPEATS, findings[i].text);
}

static void print_score(int all_of_step)
{
    const _Atomic int *counts = tally->counts;
    int all = counts[PASSED] + counts[FAILED] + counts[CANNOT];

    print_repeated();
    if (tally->probe_was_named)
        printf("\nprobe is the tests' own COMMAND, and tells what it finds. By itself: %s facts\n",
               probe);
    if (tally->added > 0 && tally->added < all)
        print_progress(all);
    else
        printf("\nKept: %d of %d promises", counts[PASSED], all);
    if (all != all_of_step)
        printf("; looked at: %d of the %d of step %d", all, all_of_step, step);
    printf("%s.\n%d passed, %d failed, %d skipped\n",
           counts[CANNOT] > 0 ? "; what cannot be checked here does not count as kept" : "",
           counts[PASSED], counts[FAILED], counts[CANNOT]);
}

int report_score(size_t all_of_step)
{
    bool written = true;

    if (format == XML && strcmp(getenv("CMOCKA_XML_FILE"), hidden_file()) == 0)
        written = copy_to_stdout(hidden_file());
    else if (format == TEXT)
        print_score((int)all_of_step);
    // A report that nobody gets to see is none.
    written &= fflush(stdout) == 0 && ferror(stdout) == 0;
    return written && tally->counts[PASSED] > 0 &&
                   tally->counts[FAILED] + tally->counts[CANNOT] == tally->excused
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
