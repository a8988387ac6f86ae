// Parts of the tests side by side: each in a process and a world of its own, their reports in
// order.
//
// A test waits more than it works, so several take little longer than one. What a part writes goes
// to a file in memory. The file of the part whose turn it is is copied to standard output as it
// grows, so that a reader sees the first lines at once, and never two parts mixed.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { PARTS_MAX = 128 };

static struct part {
    pid_t pid;
    int report;    // the file
    off_t printed; // so much of it
    bool ended, well;
} parts[PARTS_MAX];

enum { SIGNALS = 4 };
static const int signals[SIGNALS] = {SIGHUP, SIGTERM, SIGINT, SIGQUIT};
static volatile sig_atomic_t interrupted;

static void remember(int signal)
{
    interrupted = signal;
}

// We are in the child. Our job is one part; whoever kills the parent ends us, too (keeper.c).
static _Noreturn void work_on(size_t number, bool (*work)(size_t part))
{
    for (size_t i = 0; i < SIGNALS; i++)
        (void)signal(signals[i], SIG_DFL);
    if (dup2(parts[number].report, STDOUT_FILENO) == -1)
        abort();
    exit(work(number) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void start_part(size_t number, bool (*work)(size_t part))
{
    struct part *part = &parts[number];
    pid_t parent = getpid();

    part->report = memfd_create("report", MFD_CLOEXEC);
    (void)fflush(NULL);
    part->pid = fork();
    if (part->report == -1 || part->pid == -1) {
        perror("suite: a part of the tests");
        exit(EXIT_FAILURE);
    }
    if (part->pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
            _exit(EXIT_FAILURE);
        work_on(number, work);
    }
}

static void reap(size_t started)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < started; i++) {
            if (parts[i].pid == pid) {
                parts[i].ended = true;
                parts[i].well = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
            }
        }
    }
}

static void copy_report(struct part *part)
{
    char bytes[4096];
    ssize_t size;

    while ((size = pread(part->report, bytes, sizeof(bytes), part->printed)) > 0) {
        report_copy(bytes, (size_t)size);
        part->printed += size;
    }
    (void)fflush(stdout);
}

// Every part has a keeper, which leaves nothing behind. Then we end as one does who was told to.
static _Noreturn void end_all(size_t started)
{
    for (size_t i = 0; i < started; i++)
        if (!parts[i].ended)
            (void)kill(parts[i].pid, SIGTERM);
    for (size_t i = 0; i < started; i++)
        if (!parts[i].ended)
            (void)waitpid(parts[i].pid, NULL, 0);
    (void)signal(interrupted, SIG_DFL);
    (void)raise(interrupted);
    _exit(EXIT_FAILURE);
}

static size_t ended_of(size_t started)
{
    size_t count = 0;

    for (size_t i = 0; i < started; i++)
        count += parts[i].ended;
    return count;
}

size_t jobs_run(size_t count, size_t at_once, bool (*work)(size_t part))
{
    size_t started = 0, printed = 0, well = 0;

    if (count > PARTS_MAX)
        abort();
    for (size_t i = 0; i < SIGNALS; i++)
        (void)signal(signals[i], remember);
    while (printed < count && (printed == 0 || parts[0].well)) {
        size_t room = parts[0].well ? at_once : 1; // the others rest on the first one
        while (started < count && started - ended_of(started) < room)
            start_part(started++, work);
        (void)poll(NULL, 0, 10);
        reap(started);
        if (interrupted != 0)
            end_all(started);
        // First the look whether it has ended: then all that it wrote is there.
        bool whole = parts[printed].ended;
        copy_report(&parts[printed]);
        if (whole)
            well += parts[printed++].well;
    }
    return well;
}
