// The command line: commands, options, usage.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

static const char options_end[] =
    "getopt_long(3) moves options to the front, wherever they stand, unless its letters begin with "
    "\"+\". Each call of it needs that";

static void help_is_printed(void)
{
    think("text that was asked for is a result: standard output, and status 0");
    const char *const *const lines[] = {WORDS("help"), WORDS("--help"), WORDS("-h"),
                                        WORDS("run", "--help"), WORDS("run", "-h")};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct process *p = process_run(&(struct launch){0}, lines[i]);
        expect(p->status == 0 && strcasestr(p->output.bytes, "usage") != NULL &&
                   strstr(p->output.bytes, "COMMAND") != NULL &&
                   strstr(p->output.bytes, "--interactive") != NULL &&
                   strstr(p->output.bytes, "--tty") != NULL &&
                   strstr(p->output.bytes, "--log-level") != NULL &&
                   strstr(p->output.bytes, " init ") == NULL && p->errors.size == 0,
               "%s should print the usage on standard output, with COMMAND, --interactive, --tty "
               "and --log-level, without init: %s",
               lines[i][0], describe(p));
    }
}

static void version_is_printed(void)
{
    think("text that was asked for is a result: standard output, and status 0");
    struct process *p = run("--version");

    expect(p->status == 0 && strpbrk(p->output.bytes, "0123456789") != NULL,
           "--version should print a number on standard output: %s", describe(p));
}

static void full_stdout(const void *argument)
{
    (void)argument;
    int full = open("/dev/full", O_WRONLY);
    if (full == -1 || dup2(full, 1) == -1)
        _exit(111);
    close(full);
}

static void help_that_is_lost_is_a_failure(void)
{
    think("the text may wait in a buffer: what does fflush(3) return where the disk is full?");
    expect_failure(run_with(PREPARED(full_stdout, NULL, "... >/dev/full"), "--help"), 125,
                   "No space left on device");
}

static void without_a_command(void)
{
    struct process *p = process_run(&(struct launch){0}, WORDS(NULL));

    expect_failure(p, 125, "help");
}

static void without_argv(const void *argument)
{
    (void)argument;
    execve(mydocker, (char *const[]){NULL}, environ);
}

static void without_a_name(void)
{
    think("execve(2) takes any argv, also one without a word: argc is 0, and argv[0] is NULL");
    struct process *p =
        run_with(PREPARED(without_argv, NULL,
                          "mydocker (executed with no words at all, not even its own name)"),
                 "run", probe, "exit");

    expect_failure(p, 125, "ommand");
}

static void missing_container_command(void)
{
    think(
        "behind the options optind is the index of COMMAND (getopt_long(3)): is there such a "
        "word?");
    expect_failure(run("run"), 125, "Missing container command");
    expect_failure(run("run", "-it"), 125, "Missing container command");
    expect_failure(run("run", "-i", "--"), 125, "Missing container command");
}

static void empty_container_command(void)
{
    think("COMMAND may be an empty word: refuse it before you look for it in PATH");
    expect_failure(run("run", ""), 125, "help");
}

static void unknown_words(void)
{
    think(
        "getopt_long(3) returns '?', and writes a line of its own unless opterr is 0; the word is "
        "the one that optind pointed to before the call");
    expect_failure(run("walk"), 125, "walk");
    expect_failure(run("r", probe, "facts"), 125, "r"); // no abbreviations
    expect_failure(run("runs", probe, "facts"), 125, "runs");
    expect_failure(run("--fast"), 125, "--fast");
    expect_failure(run("-z"), 125, "-z");
    expect_failure(run("run", "-x", probe, "facts"), 125, "-x");
    expect_failure(run("run", "-ix", probe, "facts"), 125, "-ix");
    expect_failure(run("run", "--fast", probe, "facts"), 125, "--fast");
    expect_failure(run("run", "--tty=no", probe, "facts"), 125, "--tty=no");
}

static void usage_is_named(void)
{
    think("the line that refuses a word also says how to see the usage: mydocker help, or --help");
    expect_failure(run("walk"), 125, "help");
    expect_failure(run("--fast"), 125, "help");
    expect_failure(run("--log-level"), 125, "help");
    expect_failure(run("--log-level", "loud"), 125, "help");
    expect_failure(run("run", "-x", "true"), 125, "help");
    expect_failure(run("run", "-i"), 125, "help");
}

static void options_end_at_command(void)
{
    think(options_end);
    struct process *p = run("run", "-i", probe, "arguments", "-l", "--help", "-t");

    expect(p->status == 0 && strstr(p->output.bytes, "arg=2d6c\narg=2d2d68656c70\narg=2d74\n"),
           "what follows COMMAND is COMMAND's (a '+' in front of getopt's options): it should get "
           "-l, --help and -t (arg=, in hexadecimal): %s",
           describe(p));
}

static void double_dash_ends_options(void)
{
    think(options_end);
    struct process *p = run("run", "-i", "--", probe, "arguments", "--", "-t");

    expect(p->status == 0 && strstr(p->output.bytes, "arg=2d2d\narg=2d74\n"),
           "-- ends the options, and a second one is COMMAND's: it should get -- and -t (arg=, in "
           "hexadecimal): %s",
           describe(p));
    p = run("--", "run", "-i", "--", probe, "arguments", "-t");
    expect(p->status == 0 && strstr(p->output.bytes, "arg=2d74\n"),
           "-- ends the options in front of run, and another one those of run: COMMAND should get "
           "-t (arg=, in hexadecimal): %s",
           describe(p));
    expect_failure(run("--", "run", "-i"), 125, "Missing container command");
}

static void every_spelling_of_i(void)
{
    think(
        "which characters are the letters of getopt_long(3), and which words its long options? "
        "With -i descriptor 0 stays as it is");
    static const char *const spellings[] = {"-i", "-it", "-ti", "--interactive"};

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct launch how = {.input = "hello"};
        struct process *p = run_with(&how, "run", spellings[i], "cat");
        expect(p->status == 0 && strcmp(p->output.bytes, "hello") == 0,
               "run %s cat should copy standard input: %s", spellings[i], describe(p));
    }
}

static void t_without_a_terminal(void)
{
    think(
        "tcgetpgrp(3) fails where descriptor 0 is no terminal: a warning is enough, COMMAND can do "
        "without");
    static const char *const spellings[] = {"-t", "-it", "-ti", "--tty"};

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct process *p = run("run", spellings[i], probe, "exit", "3");
        expect(p->status == 3 && log_lines(p, "warning") == 1,
               "run %s without a terminal should warn once and go on: %s", spellings[i],
               describe(p));
    }
}

static void log_levels(void)
{
    think(step >= 3
              ? "each process of mydocker logs, also init: by which of its words does it learn the "
                "level?"
              : "a threshold: a line below it is not written. Who sets it before the first line?");
    static const struct {
        const char *level;
        bool info, warning;
    } cases[] = {{"debug", true, true},
                 {"info", true, true},
                 {"warn", false, true},
                 {"error", false, false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct process *p = run("--log-level", cases[i].level, "run", "-t", probe, "exit");
        expect(p->status == 0 && (log_lines(p, "info") > 0) == cases[i].info &&
                   (log_lines(p, "warning") > 0) == cases[i].warning,
               "--log-level %s should hide what is below it, in every process of mydocker: %s",
               cases[i].level, describe(p));
    }
    expect_failure(run("--log-level", "loud", "run", probe, "facts"), 125, "loud");
    expect_failure(run("--log-level"), 125, "--log-level");
    expect_failure(run("--log-level=error", "run", "no-such-command"), 127, "no-such-command");
}

// What is said about a command, without the time.
static const char *message_about(const char *command)
{
    struct process *p = run(command, probe, "facts");

    expect_failure(p, 125, command);
    const char *message = strstr(p->errors.bytes, "\"msg\"");
    return text_of("%.*s", (int)(strstr(message, "\"time\"") - message), message);
}

static void no_init_yet(void)
{
    const char *walk = message_about("walk"), *init = message_about("init");
    const char *name = strstr(walk, "walk");

    expect(strcmp(init, text_of("%.*sinit%s", (int)(name - walk), walk, name + 4)) == 0,
           "not yet: init should be as unknown a command as any other, walk: %s is said of init, "
           "and %s of walk",
           init, walk);
}

static const struct promise promises[] = {
    {"help, --help and run --help print the usage", ALWAYS, LAST, help_is_printed},
    {"--version prints the version", ALWAYS, LAST, version_is_printed},
    {"help that cannot be written is a failure", ALWAYS, LAST, help_that_is_lost_is_a_failure},
    {"no command at all", ALWAYS, LAST, without_a_command},
    {"an empty argv", ALWAYS, LAST, without_a_name},
    {"Missing container command", ALWAYS, LAST, missing_container_command},
    {"an empty COMMAND", ALWAYS, LAST, empty_container_command},
    {"unknown commands and options are named", ALWAYS, LAST, unknown_words},
    {"bad usage says where the usage is", ALWAYS, LAST, usage_is_named},
    {"options end at COMMAND", ALWAYS, LAST, options_end_at_command},
    {"-- ends the options", ALWAYS, LAST, double_dash_ends_options},
    {"-i, -it, -ti, --interactive", ALWAYS, LAST, every_spelling_of_i},
    {"-t without a terminal warns and goes on", ALWAYS, LAST, t_without_a_terminal},
    {"--log-level", ALWAYS, LAST, log_levels},
    {"not yet: init is an unknown command", ALWAYS, 2, no_init_yet},
};
MECHANISM(cli, 1, NULL);
