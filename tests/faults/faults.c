// Does mydocker survive every fault? Each system call that it makes fails once with each error that
// its manual page names, and before each of them mydocker is killed. Whatever happens then, the
// caller is told the truth, and COMMAND has either all of its container or does not run.
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../load/place.h"
#include "faults.h"

enum { STATUS_OF_COMMAND = 7, MYDOCKER_FAILED = 125, CANNOT_RUN = 126, NOT_FOUND = 127 };

// Whether COMMAND needs no C library in a root file system: the Makefile knows.
#ifndef STATIC_COMMAND
#define STATIC_COMMAND 0
#endif

static const char *program; // mydocker
static char command_name[] = "faults-command", command_path[PATH_MAX];
static char root[PATH_MAX]; // a root file system, "" where COMMAND cannot be in one
static bool has_limits;     // control groups that are ours alone
static int injected, killed, failures, hung;
static bool list, stop;  // every one; at the first that fails
static const char *only; // the call
static const char *only_mode;

// ---- the ways to run it ----

static const struct mode {
    const char *name;
    bool terminal, by_path; // on a terminal; COMMAND's path, or a name to be looked up
    const char *directory;
    const char *only; // the calls that are another matter there, each between blanks
    bool rootfs;      // with a root file system, where the step can do that
    bool limits;      // with limits, where the step and the machine can do that
} modes[] = {
    {"run", false, false, "/", NULL, false, false},
    {"run -it", true, true, "/", NULL, false, false},
    // COMMAND would find the host's processes where it starts.
    {"run in /proc", false, true, "/proc", " getcwd chdir ", false, false},
    // Not setxattr: what it says decides what the layers are told.
    {"run --rootfs", false, false, "/",
     " openat newfstatat mount umount2 pivot_root chdir fchdir mkdir mkdirat chmod fchmodat "
     "mknodat symlink symlinkat dup2 dup3 ",
     true, false},
    {"run --pids-limit", false, false, "/",
     " openat mkdirat unlinkat flock fchmod fstatfs faccessat faccessat2 write read getdents64 "
     "clone3 "
     "close ",
     false, true},
};

// Remove the groups that were left; says whether there were some.
static bool remove_groups(void)
{
    glob_t found;

    if (glob(ALL_GROUPS "/mydocker-*", GLOB_NOSORT, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++)
        (void)rmdir(found.gl_pathv[i]);
    globfree(&found);
    return true;
}

static const char *const limits[] = {"--pids-limit", "9", "--memory", "64m", "--cpus", "1.5", NULL};

static void begin(struct run *run, const struct mode *mode, struct fault fault, bool stay)
{
    static char *words[16];
    int count = 0;

    words[count++] = (char *)program;
    words[count++] = "run";
    if (mode->terminal)
        words[count++] = "-it";
    if (mode->rootfs) {
        words[count++] = "--rootfs";
        words[count++] = root;
    }
    for (const char *const *word = limits; mode->limits && *word != NULL; word++)
        words[count++] = (char *)*word;
    words[count++] = mode->by_path ? command_path : command_name;
    words[count++] = stay ? "stay" : "end";
    words[count] = NULL;
    memset(run, 0, sizeof(*run));
    run->program = program;
    run->argv = words;
    run->terminal = mode->terminal;
    run->directory = mode->directory;
    run->fault = fault;
    tracer_run(run);
}

// ---- what became of it ----

static int fatal_lines(const char *said)
{
    int count = 0;

    for (const char *at = said; (at = strstr(at, "\"level\":\"fatal\"")) != NULL; at++)
        count++;
    return count;
}

// Does the fatal line name the call? ALTERNATIVES are separated by '|'.
static bool names(const char *said, const char *alternatives)
{
    const char *fatal = strstr(said, "\"level\":\"fatal\"");
    char word[64];

    while (fatal != NULL && *alternatives != '\0') {
        size_t length = strcspn(alternatives, "|");
        (void)snprintf(word, sizeof(word), "%.*s", (int)length, alternatives);
        if (strstr(fatal, word) != NULL)
            return true;
        alternatives += length + (alternatives[length] == '|');
    }
    return false;
}

// The first line in which COMMAND's surroundings are not those of a run without a fault.
static const char *difference(const char *before, const char *after)
{
    static char text[600];

    while (*before != '\0' || *after != '\0') {
        size_t n = strcspn(before, "\n"), m = strcspn(after, "\n");
        if (n != m || strncmp(before, after, n) != 0) {
            (void)snprintf(text, sizeof(text), "'%.*s' became '%.*s'", (int)(n < 250 ? n : 250),
                           before, (int)(m < 250 ? m : 250), after);
            return text;
        }
        before += n + (before[n] == '\n');
        after += m + (after[m] == '\n');
    }
    return NULL;
}

// What step 10 covers, not every kernel has. Where the fault says so, it is left as it is.
static bool is_absent(const struct made *made, int error)
{
    const char *name = call_numbered(made->number)->name;

    return error == ENOENT && (strcmp(name, "newfstatat") == 0 || strcmp(name, "mount") == 0) &&
           (strncmp(made->object, "/proc/", 6) == 0 || strncmp(made->object, "/sys/", 5) == 0);
}

// What is wrong with how a run with ERROR ended, or NULL. WELL is the run without one.
static const char *judge_error(const struct run *run, const struct run *well,
                               const struct call *call, const struct made *made, int error)
{
    int status = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : 128 + WTERMSIG(run->status);
    int fatal = fatal_lines(run->said);
    bool last_execve = call->number == SYS_execve && strcmp(made->object, "/proc/self/exe") != 0;
    bool looks_up =
        strcmp(call->name, "newfstatat") == 0 || strncmp(call->name, "faccessat", 9) == 0;
    // Where mydocker waits for COMMAND, that may have run by now. It dies with mydocker, at any
    // moment: in the middle of what it tells, or before its execve(2), and then says so itself.
    bool waits = made->who == PARENT && (call->number == SYS_wait4 || is_poll(call->number));
    bool cut = waits && status == MYDOCKER_FAILED;

    if (run->command != NULL && !cut && !is_absent(made, error)) {
        const char *differs = difference(well->command, run->command);
        // Where the terminal cannot be had, mydocker says so and COMMAND runs without it.
        bool warned = strstr(run->said, "-t has no effect") != NULL;
        // And where mydocker could not wait for it, the terminal was given back while it ran.
        warned |= waits;
        if (differs != NULL && !(warned && strstr(differs, "process group") != NULL))
            return differs;
    }
    // The one thing that cannot be seen from outside: is COMMAND killed when mydocker dies?
    if (run->command != NULL && call->number == SYS_prctl)
        return "COMMAND runs without PR_SET_PDEATHSIG";
    if (status == STATUS_OF_COMMAND && fatal == 0 && run->command != NULL)
        return NULL;
    if (fatal != 1 && !(cut && fatal == 2))
        return "there is not one fatal line";
    if (!names(run->said, call->says == NULL ? call->name : call->says))
        return "the fatal line does not name the call";
    if (run->command != NULL && !waits)
        return "COMMAND has run";
    if (status == MYDOCKER_FAILED ||
        ((status == CANNOT_RUN || status == NOT_FOUND) && last_execve) ||
        (status == NOT_FOUND && looks_up))
        return NULL;
    return "the exit status is not the one for a failure of mydocker";
}

// One line, of fields between tabs; one that went well is of interest to a table only.
static void report(const struct mode *mode, const struct run *run, const char *wrong,
                   const struct made *made, int index, const char *fault)
{
    static const char start[] = "\"level\":\"fatal\",\"msg\":\"";
    const char *fatal = strstr(run->said, start);

    failures += wrong != NULL;
    if (wrong == NULL && !list)
        return;
    printf("%s\t%s\t%s\t%d\t%s%s%s\t%s\t%s %d\t", wrong == NULL ? "ok" : "FAILED", mode->name,
           made->who == PARENT ? "mydocker" : "child", index, call_numbered(made->number)->name,
           made->object[0] == '\0' ? "" : " ", made->object, fault,
           WIFEXITED(run->status) ? "status" : "signal",
           WIFEXITED(run->status) ? WEXITSTATUS(run->status) : WTERMSIG(run->status));
    if (fatal != NULL)
        printf("%.*s", (int)(strstr(fatal, "\",\"time\"") - fatal) - (int)strlen(start),
               fatal + strlen(start));
    else
        printf("COMMAND %s", run->command == NULL ? "did not run" : "ran");
    printf("%s%s\n", wrong == NULL ? "" : "\t", wrong == NULL ? "" : wrong);
    if (wrong != NULL && stop)
        exit(EXIT_FAILURE);
    // Each of them costs seconds, and one more says no more.
    if (run->timed_out && ++hung == 3)
        errx(EXIT_FAILURE, "three runs have not ended: enough");
}

// What holds however it ended.
static const char *complaint(const struct run *run, const struct made *made)
{
    if (!run->fired)
        return "the fault never met its call";
    if (run->fired_number != made->number)
        return "the fault met another call";
    if (run->timed_out)
        return "it did not end";
    // The very call that gives it back has failed. A shell takes it itself when its job has ended.
    if (strcmp(run->complaint, NOT_GIVEN_BACK) == 0 && made->last &&
        strcmp(made->object, "TIOCSPGRP") == 0)
        return NULL;
    return run->complaint[0] == '\0' ? NULL : run->complaint;
}

// Which of two processes is faster is chance: sometimes a call is made once more, or not.
static const char *met_another(const struct run *run, const struct made *made)
{
    return !run->fired || run->fired_number != made->number ? complaint(run, made) : NULL;
}

// The fault says that the group is gone, or that somebody else has locked it. Then it is not ours
// to remove: a run of theirs does that, or the next of ours.
static bool not_ours(const struct made *made, int error)
{
    return made->number == SYS_flock
               ? error == EWOULDBLOCK
               : error == ENOENT && (strncmp(made->object, "mydocker-", 9) == 0 ||
                                     strcmp(made->object, "cgroup.procs") == 0);
}

static void try_error(const struct mode *mode, const struct run *well, const struct made *made,
                      int index, int error)
{
    static struct run run;
    const struct call *call = call_numbered(made->number);

    begin(&run, mode, (struct fault){ERROR, made->who, index, error}, false);
    for (int again = 0; again < 3 && met_another(&run, made) != NULL; again++) {
        tracer_free(&run);
        begin(&run, mode, (struct fault){ERROR, made->who, index, error}, false);
    }
    injected++;
    const char *wrong = complaint(&run, made);
    if (wrong == NULL)
        wrong = judge_error(&run, well, call, made, error);
    // Where that itself was refused, the next run removes it.
    if (mode->limits && remove_groups() && wrong == NULL && made->number != SYS_unlinkat &&
        !not_ours(made, error))
        wrong = "a control group is left";
    report(mode, &run, wrong, made, index, strerrorname_np(error));
    tracer_free(&run);
}

static void try_kill(const struct mode *mode, const struct made *made, int index)
{
    static struct run run;

    begin(&run, mode, (struct fault){KILL, made->who, index, 0}, !made->last);
    for (int again = 0; again < 3 && met_another(&run, made) != NULL; again++) {
        tracer_free(&run);
        begin(&run, mode, (struct fault){KILL, made->who, index, 0}, !made->last);
    }
    killed++;
    const char *wrong = complaint(&run, made);
    if (wrong == NULL && (!WIFSIGNALED(run.status) || WTERMSIG(run.status) != SIGKILL))
        wrong = "mydocker was not killed";
    if (mode->limits)
        (void)remove_groups();
    report(mode, &run, wrong, made, index, "mydocker killed");
    tracer_free(&run);
}

static bool wanted(const struct mode *mode, const char *call)
{
    char word[64];

    (void)snprintf(word, sizeof(word), " %s ", call);
    return (only == NULL || strcmp(only, call) == 0) &&
           (mode->only == NULL || strstr(mode->only, word) != NULL);
}

// PART of PARTS: every error of a call has its turn in one of them.
static void try_mode(const struct mode *mode, int part, int parts)
{
    static struct run well, again;
    int index[2] = {0};

    if (mode->limits && !has_limits)
        return;
    begin(&well, mode, (struct fault){0}, false);
    if ((mode->rootfs && root[0] == '\0') ||
        ((mode->rootfs || mode->limits) && strstr(well.said, "unknown option") != NULL))
        return;
    begin(&again, mode, (struct fault){0}, false);
    if (!WIFEXITED(well.status) || WEXITSTATUS(well.status) != STATUS_OF_COMMAND ||
        well.command == NULL || well.complaint[0] != '\0')
        errx(1, "%s %s does not work at all: %s%s", program, mode->name, well.said, well.complaint);
    if (difference(well.command, again.command) != NULL || well.count != again.count)
        errx(1, "two runs without a fault differ: %s", difference(well.command, again.command));
    tracer_free(&again);
    for (int i = 0; i < well.count; i++) {
        const struct made *made = &well.calls[i];
        const struct call *call = call_numbered(made->number);
        int its = index[made->who]++;

        if (call == NULL) {
            printf("FAILED\tcall %ld is not in the table of calls\n", made->number);
            failures++;
            continue;
        }
        if (!wanted(mode, call->name))
            continue;
        for (int j = 0; call->errors[j] != 0; j++)
            if (j % parts == part % parts)
                try_error(mode, &well, made, its, call->errors[j]);
        try_kill(mode, made, its);
    }
    tracer_free(&well);
}

// In the directory where we are: COMMAND in the directories that PATH says, and where mydocker
// mounts.
static void make_root(void)
{
    char shell[4 * PATH_MAX], here[PATH_MAX];
    char *directory = strdup(command_path);

    if (directory == NULL || getcwd(here, sizeof(here)) == NULL)
        err(1, "getcwd");
    (void)snprintf(shell, sizeof(shell),
                   "mkdir -p root/dev root/proc root/sys 'root%s' && cp '%s' 'root%s'",
                   dirname(directory), command_path, command_path);
    free(directory);
    if (system(shell) != 0) // NOLINT(bugprone-command-processor,cert-env33-c)
        errx(1, "cannot make a root file system");
    (void)snprintf(root, sizeof(root), "%.4000s/root", here);
}

static _Noreturn void usage(void)
{
    fputs(
        "Usage: faults [--list] [--part N/M] [--mode MODE] MYDOCKER\n"
        "Inject all errors, or the Nth of M parts of them; list every single one.\n",
        stderr);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"list", no_argument, NULL, 'l'},       {"mode", required_argument, NULL, 'm'},
        {"only", required_argument, NULL, 'o'}, {"part", required_argument, NULL, 'p'},
        {"stop", no_argument, NULL, 's'},       {0},
    };
    char self[PATH_MAX], path[PATH_MAX + 32];
    int part = 0, parts = 1;

    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'l')
            list = true;
        else if (option == 's')
            stop = true;
        else if (option == 'o')
            only = optarg;
        else if (option == 'm')
            only_mode = optarg;
        else if (option != 'p' || sscanf(optarg, "%d/%d", &part, &parts) != 2 || parts < 1)
            usage();
    }
    if (optind != argc - 1)
        usage();
    program = realpath(argv[optind], NULL);
    if (program == NULL || realpath("/proc/self/exe", self) == NULL)
        err(1, "%s", argv[optind]);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    tracer_begin(program);
    // COMMAND is in the second directory of PATH: both have to be looked at.
    char *directory = dirname(self);
    (void)snprintf(command_path, sizeof(command_path), "%.4000s/%s", directory, command_name);
    if (STATIC_COMMAND)
        make_root();
    (void)snprintf(path, sizeof(path), "/nowhere:%s", directory);
    (void)setenv("PATH", path, 1);
    has_limits = place_enter("+memory +cpu +pids");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (only_mode == NULL || strcmp(only_mode, modes[i].name) == 0)
            try_mode(&modes[i], part, parts);
    printf("%s: %d errors injected, %d times killed, %d failures\n", argv[optind], injected, killed,
           failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
