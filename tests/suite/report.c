// What a learner gets to read: a line for each promise, and more where one is broken.
//
// cmocka runs the tests and knows the two formats for machines, its XML and TAP. Its own format for
// people has no room for what one needs here, so that one is ours.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "suite.h"

enum format { TEXT, TAP, XML };
enum outcome { FAILED, PASSED, CANNOT };

// The headings of TUTORIAL.md; `make test-tutorial` looks whether they are.
static const char *const chapters[] = {
    "Step 1: a command line and a child",
    "Step 2: clone and five namespaces",
    "Step 3: a program that runs itself",
    "Step 4: a /proc that tells the truth",
};

// So many promises may wait in vain as long as they like, those after them wait only so long.
enum { TIMEOUTS = 3, SHORT_LIMIT = 2000 };

static enum format format;
static const struct mechanism *mechanism;
static int counts[3], timeouts;
static long long started;
static enum outcome outcome;
static char *message; // why, of what failed or cannot be checked
static const char *wants;

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

static const char *hidden_file(void)
{
    return text_of("%s/.report", scratch);
}

void report_begin(void)
{
    // cmocka knows no silence, but writes its XML to a file, if that is a new one.
    cmocka_set_message_output(format == TAP ? CM_OUTPUT_TAP : CM_OUTPUT_XML);
    if (format != TAP && getenv("CMOCKA_XML_FILE") == NULL)
        setenv("CMOCKA_XML_FILE", hidden_file(), 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (format == TEXT)
        printf("==== step %d: %s\n", step, mydocker);
}

void report_start(void)
{
    outcome = FAILED;
    wants = NULL;
    process_forget_words();
    started = now();
}

void report_passed(void)
{
    outcome = PASSED;
}

void wanted(const char *what)
{
    wants = what;
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

void fail_at(const char *file, int line, const char *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    free(message);
    if (vasprintf(&message, text, arguments) == -1)
        abort();
    va_end(arguments);
    _assert_true(0, message, file, line); // cuts it after 1024 bytes
    abort();
}

// A text that may have several lines, under a label.
static void print_labelled(const char *label, const char *text)
{
    printf("            %-8s", label);
    for (; *text != '\0'; text++) {
        putchar(*text);
        if (*text == '\n')
            printf("                    ");
    }
    putchar('\n');
}

static void print_failure(const struct promise *promise)
{
    size_t chapter = (size_t)promise->first - 1;

    if (process_last_words() != NULL)
        print_labelled("did:", process_last_words());
    if (wants != NULL)
        print_labelled("wanted:", wants);
    print_labelled("found:", message != NULL ? message : "the test itself came to grief");
    // What a later step adds to a mechanism has its cause in the message.
    if (promise->first <= mechanism->chapter)
        print_labelled("think:", mechanism->hint);
    if (chapter < sizeof(chapters) / sizeof(chapters[0]))
        print_labelled("read:", text_of("TUTORIAL.md, \"%s\"", chapters[chapter]));
}

void report_end(const struct promise *promise, const struct mechanism *of)
{
    static const char *const words[] = {"FAILED", "passed", "cannot"};

    counts[outcome]++;
    if (outcome == FAILED && now() - started >= time_limit && ++timeouts == TIMEOUTS &&
        time_limit > SHORT_LIMIT)
        time_limit = SHORT_LIMIT;
    if (format != TEXT)
        return;
    if (mechanism != of)
        printf("%s\n", of->name);
    mechanism = of;
    printf("  %s    %s\n", words[outcome], promise->text);
    if (outcome == FAILED)
        print_failure(promise);
    else if (outcome == CANNOT)
        print_labelled("why:", message);
}

int report_score(void)
{
    int all = counts[PASSED] + counts[FAILED] + counts[CANNOT];

    fflush(stdout);
    if (format == XML && strcmp(getenv("CMOCKA_XML_FILE"), hidden_file()) == 0) {
        int fd = open(hidden_file(), O_RDONLY | O_CLOEXEC);
        while (fd != -1 && sendfile(STDOUT_FILENO, fd, NULL, 1 << 20) > 0)
            ;
    } else if (format == TEXT) {
        printf("\n%d of %d promises of step %d are kept%s.\n", counts[PASSED], all, step,
               counts[CANNOT] > 0 ? "; what cannot be checked here does not count as kept" : "");
        printf("%d passed, %d failed, %d skipped\n", counts[PASSED], counts[FAILED],
               counts[CANNOT]);
    }
    return counts[PASSED] == all && all > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
