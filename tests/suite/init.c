// init: mydocker executes itself, then COMMAND.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

static void become_tracee(const void *argument)
{
    (void)argument;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
}

// PID's command line, the words separated by blanks, as it is just after an execve(2).
static const char *command_line(pid_t pid)
{
    char *words = (char *)text_of("%s", "");
    FILE *file = fopen(text_of("/proc/%d/cmdline", (int)pid), "re");
    size_t size = 0;

    if (file != NULL) {
        words = test_memory(4096);
        size = fread(words, 1, 4095, file);
        fclose(file);
    }
    for (size_t i = 0; i + 1 < size; i++)
        if (words[i] == '\0')
            words[i] = ' ';
    return words;
}

// All that mydocker and its children execute, mydocker itself first: a command line each.
static const char *trace_executions(const char *const *words, int *status)
{
    struct launch how = {.prepare = become_tracee};
    struct process *p = process_start(&how, words);
    const char *found = "";
    long long limit = now() + time_limit;
    pid_t pid;

    while (!p->ended && now() < limit) {
        if ((pid = waitpid(-1, status, __WALL)) == -1)
            break;
        if (pid == p->pid && !WIFSTOPPED(*status)) {
            p->ended = true;
        } else if (WIFSTOPPED(*status)) {
            int number = WSTOPSIG(*status), event = *status >> 16;
            if (pid == p->pid && number == SIGSTOP && event == 0 && *found == '\0')
                ptrace(PTRACE_SETOPTIONS, pid, NULL,
                       PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                           PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL);
            if (event == PTRACE_EVENT_EXEC)
                found = text_of("%s%s\n", found, command_line(pid));
            // A new child's first stop and the events are ptrace's own, not signals.
            ptrace(PTRACE_CONT, pid, NULL,
                   event != 0 || number == SIGSTOP || number == SIGTRAP ? 0 : number);
        }
    }
    p->status = WEXITSTATUS(*status);
    *status = p->status;
    return found;
}

// Programs of other kinds execute more: a script its interpreter, and tools on the way. What they
// all share is the word init, and that COMMAND comes last.
static bool executed_as_init(const char *found)
{
    return strstr(found, text_of(" init %s exit 4\n", probe)) != NULL;
}

static bool command_comes_last(const char *found)
{
    const char *last = text_of("\n%s exit 4\n", probe), *at = strstr(found, last);

    return at != NULL && strcmp(at, last) == 0;
}

static void without_init(void)
{
    int status;
    const char *found = trace_executions(WORDS("run", probe, "exit", "4"), &status);

    expect(status == 4 && command_comes_last(found),
           "the child should execute COMMAND, in its own place; executed were\n%s", found);
    expect(!executed_as_init(found),
           "not yet: COMMAND should be executed without an init, which is the next step's; "
           "executed were\n%s",
           found);
}

static void through_init(void)
{
    int status;
    const char *found = trace_executions(WORDS("run", probe, "exit", "4"), &status);

    expect(executed_as_init(found),
           "the child should execute itself as `mydocker init COMMAND [ARG...]`; executed were\n%s",
           found);
    expect(status == 4 && command_comes_last(found),
           "init should execute COMMAND, in its own place; executed were\n%s", found);
}

// Where to think, of refusals.
static const char who_calls[] =
    "init sets up what is not there yet, and does it once: who has started it? Only a mydocker "
    "outside of this PID namespace may. What does its child have that nobody else has? (In C: "
    "lifeline_leads_out())";

static void by_a_person(void)
{
    think(who_calls);
    expect_failure(run("init", probe, "facts"), 125, "init");
    expect_failure(run("init"), 125, "init");
}

static void open_three(const void *argument)
{
    (void)argument;
    if (dup2(0, 3) == -1)
        _exit(111);
}

static void by_a_person_with_descriptors(void)
{
    think(who_calls);
    struct launch how = {.prepare = open_three, .by_hand = "... 3<&0", .keep_input_open = true};
    struct process *p = start_with(&how, "init", probe, "facts");

    process_finish(p);
    expect_failure(p, 125, "init");
}

// A pidfd that leads nowhere but to a neighbour is no proof of a parent outside.
static void open_pidfd(const void *argument)
{
    (void)argument;
    int fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
    if (fd == -1 || dup2(fd, 3) == -1 || fcntl(3, F_SETFD, 0) == -1)
        _exit(111);
}

static void by_a_person_with_a_pidfd(void)
{
    think(who_calls);
    expect_failure(
        run_with(PREPARED(open_pidfd, NULL, "... (with a pidfd of its parent as descriptor 3)"),
                 "init", probe, "facts"),
        125, "init");
}

// pidfd_send_signal(2) takes a directory of /proc for a pidfd, too.
static void by_a_person_with_a_directory(void)
{
    think(who_calls);
    need_tool("unshare");
    struct launch how = {.direct = true};
    struct process *p =
        run_with(&how, "unshare", "--fork", "--pid", "--propagation", "unchanged", "sh", "-c",
                 "exec 3</proc/1; exec \"$0\" init \"$1\" facts", mydocker, probe);

    expect_failure(p, 125, "init");
}

// As in a chroot.
static void cover_proc(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("tmpfs", "/proc", "tmpfs", 0, NULL) == -1)
        _exit(111);
}

static void without_proc(void)
{
    think("what does execve(2) of /proc/self/exe return, and is there a /proc at all?");
    expect_failure(run_with(PREPARED(cover_proc, NULL,
                                     "unshare --mount sh -c 'mount -t tmpfs tmpfs /proc; ...'"),
                            "run", probe, "facts"),
                   125, "/proc/self/exe...No such file or directory...no /proc");
}

// A refusal of init's own: an init that is not told who calls it may come to grief later, too, and
// that is no guard.
static void as_command(void)
{
    think(who_calls);
    struct process *p = run("run", mydocker, "init", probe, "facts");

    wanted(
        "init as COMMAND is PID 1, and refuses all the same: it says that init is not for COMMAND");
    expect_failure(p, 125, "init");
    expect(p->output.size == 0, "COMMAND should not have run: %s", describe(p));
    p = run("run", "/proc/self/exe", "init", probe, "facts");
    // By this name a program of another language is its interpreter, or nothing at all.
    if (p->status != 127)
        expect_failure(p, 125, "init");
    expect(p->output.size == 0, "COMMAND should not have run: %s", describe(p));
}

static void nested(void)
{
    const struct launch how = {.privileged = true};
    struct process *p = run_with(&how, "--log-level", "error", "run", mydocker, "--log-level",
                                 "error", "run", probe, "facts");

    expect(
        p->status == 0 && fact_number(p, "pid") == 1,
        "COMMAND should be PID 1 also where it is started in a container, by another mydocker: %s",
        describe(p));
}

static void deleted_program(void)
{
    struct launch how = {.direct = true};
    struct process *p =
        run_with(&how, "sh", "-c",
                 "cat \"$0\" >copy && chmod +x copy && PATH=$PWD:$PATH exec copy run \"$1\" exit 5",
                 mydocker, probe);

    expect(p->status == 5,
           "mydocker under another name, and deleted, should run COMMAND, and end with 5: %s",
           describe(p));
}

// argv[0] is whatever the caller says, and no way back to the program.
static void under_a_false_name(const void *argument)
{
    (void)argument;
    execve(mydocker, (char *const[]){"no-such-file", "run", (char *)probe, "exit", "5", NULL},
           environ);
}

static void false_name(void)
{
    struct process *p = run_with(
        PREPARED(under_a_false_name, NULL, "exec -a no-such-file mydocker run probe exit 5"),
        "unused");

    expect(p->status == 5,
           "mydocker should find itself by /proc/self/exe, not by argv[0], which can be anything: "
           "%s",
           describe(p));
}

static const struct promise promises[] = {
    {"not yet: COMMAND is executed without an init", ALWAYS, 2, without_init},
    {"mydocker executes itself as init, and init COMMAND", 3, LAST, through_init},
    {"init called by a person refuses", 3, LAST, by_a_person},
    {"init called with a descriptor 3 refuses", 3, LAST, by_a_person_with_descriptors},
    {"init called with a pidfd refuses", 3, LAST, by_a_person_with_a_pidfd},
    {"without a /proc it says so", 3, LAST, without_proc},
    {"init called with a directory of /proc refuses", 3, LAST, by_a_person_with_a_directory},
    {"init as COMMAND refuses", 3, LAST, as_command},
    {"a container in a container", 2, LAST, nested},
    {"under another name", ALWAYS, LAST, deleted_program},
    {"under a name that is no file", ALWAYS, LAST, false_name},
};
MECHANISM(init, 3,
          "in the child: execve(2) of /proc/self/exe, with init where run stood; in there: "
          "execve(2) of COMMAND");
