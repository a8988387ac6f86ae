// COMMAND gets descriptors 0, 1 and 2, and no others.
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "suite.h"

static void expect_three(const struct process *p)
{
    expect(
        p->status == 0 && strcmp(fact(p, "descriptors"), "0 1 2 ") == 0,
        "COMMAND should have descriptors 0, 1 and 2 and no others, found %s (close_range(2)): %s",
        fact(p, "descriptors"), describe(p));
}

static void open_many(const void *argument)
{
    const int *highest = argument;

    for (int fd = 3; fd < *highest; fd += fd < 20 ? 1 : 37)
        if (dup2(1, fd) == -1)
            _exit(111);
}

static void extra_ones(void)
{
    const int highest = 1000;

    expect_three(run("run", probe, "facts"));
    expect_three(
        run_with(PREPARED(open_many, &highest, "... (with more descriptors open, up to 1000)"),
                 "run", "-i", probe, "facts"));
}

static void fill_the_table(const void *argument)
{
    const struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};

    (void)argument;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        _exit(111);
    while (dup(1) != -1)
        ;
}

// There may be no room for what mydocker needs; then it says so.
static void a_full_table(void)
{
    struct process *p = run_with(
        PREPARED(fill_the_table, NULL, "... (after `ulimit -n 64`, with all 64 descriptors open)"),
        "run", probe, "facts");

    if (p->status == 0)
        expect_three(p);
    else
        expect_failure(p, 125, "Too many open files");
}

static void close_some(const void *argument)
{
    const int *which = argument;

    for (int fd = 0; fd < 3; fd++)
        if (*which & 1 << fd)
            close(fd);
}

static const char *closed(int which)
{
    return text_of("...%s%s%s", which & 1 ? " <&-" : "", which & 2 ? " >&-" : "",
                   which & 4 ? " 2>&-" : "");
}

static void closed_ones(void)
{
    for (int which = 1; which < 8; which++) {
        struct launch how = {.prepare = close_some, .argument = &which, .by_hand = closed(which)};
        // The report comes through a file: standard output may be closed.
        struct process *p =
            run_with(&how, "run", "-i", "sh", "-c", "exec \"$0\" facts >report 2>&1", probe);
        expect(p->status == 0,
               "with descriptors closed (mask %d: 1 is descriptor 0, 2 is 1, 4 is 2) COMMAND "
               "should run, and end with 0: %s",
               which, describe(p));
        p = run_with(&by_the_test, "cat", "report");
        expect(strcmp(fact(p, "descriptors"), "0 1 2 ") == 0,
               "closed descriptors (mask %d) should be /dev/null, so that the table holds 0 1 2; "
               "it holds %s",
               which, fact(p, "descriptors"));
        if (which & 1)
            expect(strcmp(fact(p, "fd0"), fact(p, "null")) == 0, "closed 0 should be /dev/null: %s",
                   describe(p));
    }
}

static void closed_output_can_be_written_to(void)
{
    const int which = 6;
    struct launch how = {.prepare = close_some, .argument = &which, .by_hand = closed(which)};

    struct process *p = run_with(&how, "run", "sh", "-c", "echo out && echo err >&2");
    expect(p->status == 0,
           "a closed descriptor 1 or 2 should be a /dev/null that can be written to (O_RDWR): %s",
           describe(p));
}

static void closed_output_is_null(void)
{
    const int which = 4;
    struct launch how = {.prepare = close_some, .argument = &which, .by_hand = closed(which)};
    struct process *p = run_with(&how, "run", probe, "facts");

    expect(strcmp(fact(p, "fd2"), fact(p, "null")) == 0,
           "a closed descriptor 2 should be /dev/null: %s", describe(p));
}

static const struct promise promises[] = {
    {"0, 1 and 2 and no others", ALWAYS, LAST, extra_ones},
    {"a full table of descriptors", ALWAYS, LAST, a_full_table},
    {"any of 0, 1 and 2 closed", ALWAYS, LAST, closed_ones},
    {"closed output can be written to", ALWAYS, LAST, closed_output_can_be_written_to},
    {"a closed standard error is /dev/null", ALWAYS, LAST, closed_output_is_null},
};
MECHANISM(descriptors, 1,
          "open(2) of /dev/null where 0, 1 or 2 is closed, close_range(2) for those above");
