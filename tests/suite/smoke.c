// The smoke test: does it run anything at all? Where it does not, nearly every promise is broken
// for one and the same reason, and one report says more than a hundred.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

// So long may one of them take, in milliseconds: the report is to come within five seconds.
enum { PATIENCE = 4000 };

// A status that other tests look at.
enum { ANY = -1000 };

static const char wait_hint[] =
    "does the parent learn of its child's end? The usual reasons: SIGCHLD is missing in the\n"
    "flags of clone(2), or is blocked or ignored; the writing end of a pipe is still open in\n"
    "the process that reads it; COMMAND waits for input where it should read /dev/null";

// In this order: each one rests on those before it.
static const struct errand {
    const char *words[6];
    const char *input, *output;
    int status;
    const char *other; // what to think of where it ends in good order, but not as it should,
    const char *hangs; // and where it does not end
} errands[] = {
    {{"run", "true"}, NULL, "", 0, "true ends with 0 and writes nothing", wait_hint},
    {{"run", "echo", "hello"},
     NULL,
     "hello\n",
     0,
     "was COMMAND started at all, with all of its words, and is standard output its own?\n"
     "Is MYDOCKER the program that you mean?",
     wait_hint},
    {{"run", "sh", "-c", "exit 7"},
     NULL,
     "",
     7,
     "COMMAND ran, its exit status was lost: WEXITSTATUS takes it out of what waitpid(2) has\n"
     "stored, and main() has to return it",
     wait_hint},
    {{"run", "-i", "cat"},
     "hello\n",
     "hello\n",
     0,
     "with -i COMMAND has the standard input that mydocker was given",
     wait_hint},
    {{"run", "/no/such/command"},
     NULL,
     "",
     ANY,
     "",
     "the child ended before it became COMMAND, and the parent does not hear of it. The usual\n"
     "reason: SIGCHLD is missing in the flags of clone(2)"},
};

static bool lost_its_child(const struct process *p)
{
    return strstr(p->errors.bytes, strerror(ECHILD)) != NULL;
}

static bool ended_as_wanted(const struct process *p, const struct errand *errand)
{
    if (errand->status == ANY)
        return p->ended && !lost_its_child(p);
    return p->ended && p->status == errand->status && strcmp(p->output.bytes, errand->output) == 0;
}

static bool is_crash(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
           signal == SIGABRT;
}

#define STACK_HINT                                                                                 \
    "The usual reasons, with clone(2): it got the start of the stack and wants its end, for a\n"   \
    "stack grows down; the stack is too small (4 kB are, for printf(3)); its memory is not\n"      \
    "there any more"

static const char *why_it_crashed(const struct process *p)
{
    if (step == 1)
        return "does argv, as execve(2) gets it, end in a NULL? Compile with -g\n"
               "-fsanitize=address,undefined, and run it once more: it says where";
    return p->status < 0 ? "mydocker itself crashed.\n" STACK_HINT
                         : "the child crashed before it became COMMAND.\n" STACK_HINT;
}

// What the kernel does not execute, execvp(3) hands to a shell, which may do nothing and succeed.
static const char *why_it_is_no_program(void)
{
    char head[EI_NIDENT] = "";
    int fd = open(mydocker, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd == -1 ? 0 : read(fd, head, sizeof(head));

    if (fd != -1)
        close(fd);
    if (size == 0)
        return "MYDOCKER is an empty file";
    if (size < 4 || (memcmp(head, ELFMAG, SELFMAG) != 0 && memcmp(head, "#!", 2) != 0))
        return "MYDOCKER is neither a binary nor a script: a script begins with #! and the path\n"
               "of its interpreter";
    return NULL;
}

// Status 112 with nothing written is the tests' own, for a program that cannot be executed.
static const char *why_it_does_not_start(const struct process *p)
{
    if (p->status != 112 || p->output.size + p->errors.size > 0)
        return NULL;
    return "MYDOCKER cannot be executed: is the interpreter there that its first line names, or\n"
           "the loader that it was linked for? Was it built for this machine?";
}

// As many containers as there can be take seconds to end, on a slow machine: it may still run.
static const char *why_there_is_no_room(const struct process *p)
{
    if (step < 3 || (p->ended && p->status != 125) ||
        strstr(p->errors.bytes, strerror(ENOSPC)) == NULL)
        return NULL;
    return "one container in another until no more can be made: does the child execute mydocker\n"
           "with init, or with run once more?";
}

static const char *why_it_failed_itself(const struct process *p)
{
    if (p->errors.size == 0)
        return "125 says that mydocker itself failed, but not why: look at what each call\n"
               "returns, and print strerror(errno) to standard error";
    if (lost_its_child(p))
        return "waitpid(2) finds no child: SIGCHLD is missing in the flags of clone(2), or\n"
               "ignored";
    return "mydocker itself failed, and standard error says at which call";
}

static const char *reason(const struct process *p, const struct errand *errand)
{
    const char *why = why_it_is_no_program();

    if (why == NULL)
        why = why_it_does_not_start(p);
    if (why == NULL)
        why = why_there_is_no_room(p);
    if (why != NULL)
        return why;
    if (!p->ended)
        return errand->hangs;
    if (is_crash(p->status < 0 ? -p->status : p->status - 128))
        return why_it_crashed(p);
    if (p->status == 125)
        return why_it_failed_itself(p);
    if (p->status == 126 || p->status == 127)
        return "COMMAND was not found, or not executed. The usual reason: without a slash it is\n"
               "to be looked up in PATH, which execve(2) does not do";
    return errand->other;
}

static const char *wanted_of(const struct errand *errand)
{
    if (errand->status == ANY)
        return "it ends, and says why";
    return *errand->output == '\0'
               ? text_of("it ends with status %d", errand->status)
               : text_of("standard output holds \"%.*s\", and it ends with status %d",
                         (int)strcspn(errand->output, "\n"), errand->output, errand->status);
}

bool smoke_test(void)
{
    for (size_t i = 0; i < sizeof(errands) / sizeof(errands[0]); i++) {
        const struct errand *errand = &errands[i];
        struct process *p = process_start(&(struct launch){.input = errand->input}, errand->words);

        (void)process_ends_within(p, time_limit < PATIENCE ? time_limit : PATIENCE);
        bool well = ended_as_wanted(p, errand);
        if (!well)
            report_smoke(wanted_of(errand), describe(p), reason(p, errand));
        world_mend();
        if (!well)
            return false;
    }
    return true;
}
