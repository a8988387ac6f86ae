// -t: COMMAND in the foreground of the terminal, and the terminal afterwards.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "suite.h"

#define CTRL_C "\x03"
#define CTRL_D "\x04"
#define CTRL_Z "\x1a"
#define CTRL_BACKSLASH "\x1c"

// Where to think, in place of one hint for all.
static const char own_group[] =
    "who has the keys? The process group in the foreground (credentials(7)). COMMAND needs a group "
    "of its own, setpgid(2), and that group the foreground, tcsetpgrp(3), before COMMAND starts";
static const char not_asked_for[] =
    "without -t COMMAND stays in mydocker's process group, and the terminal as it is";
static const char given_back[] =
    "when COMMAND has ended, or could not be started: the foreground is to be mydocker's group "
    "again (tcsetpgrp(3), with SIGTTOU blocked), and the settings what they were (tcsetattr(3))";
static const char stops_too[] =
    "waitpid(2) tells of a COMMAND that has stopped only with WUNTRACED. The calling shell waits "
    "for mydocker: that has to stop, too, by SIGTSTP to its own group, and later to send SIGCONT";
static const char pid_1_shrugs[] =
    "PID 1 is not sent the SIGTSTP of Ctrl-Z: who stops it from outside, and by which signal? The "
    "calling shell waits for mydocker, which has to stop, too (in C: job_start() is told that "
    "COMMAND is PID 1)";
static const char whose_foreground[] =
    "ask whose the foreground is (tcgetpgrp(3)) before you give the terminal away or take it: "
    "after each SIGCONT it may be somebody else's";
static const char reads_in_background[] =
    "who is in the background and reads from the terminal stops by SIGTTIN, with the whole process "
    "group, until fg: mydocker itself, before it makes the child";
static const char no_shell[] =
    "in an orphaned process group (setpgid(2)) nobody can say fg: SIGTTIN does not stop it, and "
    "COMMAND must have no terminal to read from or to take";
static const char hangs_up[] =
    "the kernel sends SIGHUP to the leader of the session, not to everybody: mydocker has to look "
    "at /dev/tty itself (poll(2): POLLHUP), and to tell COMMAND";
static const char beside_us[] =
    "what stands beside mydocker in the pipeline is of mydocker's group, and is stopped where it "
    "wants the terminal that COMMAND has: SIGTTIN or SIGTTOU meets mydocker, too";

// The program at PATH as one word of a command line: a path with a space is behind a script.
static const char *word_for(const char *path, const char *name)
{
    if (strpbrk(path, " \t\n*?[\\") == NULL)
        return path;
    const char *script = text_of("%s/bin/%s", scratch, name);
    const char *content = text_of("#!/bin/sh\nexec '%s' \"$@\"\n", path);
    FILE *file = fopen(script, "we");
    expect(file != NULL && fputs(content, file) >= 0 && fclose(file) == 0 &&
               chmod(script, 0755) == 0,
           "cannot write %s", script);
    return script;
}

// A shell that asks "ready> ", as COMMAND or as the one that calls mydocker ($M) with the probe
// ($P).
static char *const *shell_environment(void)
{
    // The last two: a sanitizer that looks for leaks never ends where there is no terminal any
    // more.
    static const char *const sanitizers[] = {"ASAN_OPTIONS", "MSAN_OPTIONS"};
    char **variables = test_memory(9 * sizeof(*variables));
    size_t n = 6;

    variables[0] = (char *)text_of("PATH=%s", getenv("PATH"));
    variables[1] = (char *)text_of("M=%s", word_for(mydocker, "mydocker"));
    variables[2] = (char *)text_of("P=%s", word_for(probe, "probe"));
    variables[3] = (char *)"PS1=ready> ";
    variables[4] = (char *)"TERM=dumb";
    variables[5] = (char *)"LC_ALL=C";
    for (size_t i = 0; i < 2; i++)
        if (getenv(sanitizers[i]) != NULL)
            variables[n++] = (char *)text_of("%s=%s", sanitizers[i], getenv(sanitizers[i]));
    return variables;
}

static struct process *calling_shell(void)
{
    need_tool("bash");
    struct launch how = {.direct = true, .terminal = true, .environment = shell_environment()};
    struct process *p = start_with(&how, "bash", "--norc", "--noprofile", "-i");

    process_await_output(p, "ready> ");
    process_clear(p);
    return p;
}

// Type LINE at the prompt and wait for WANTED, which must not stand in LINE.
static void converse(struct process *p, const char *line, const char *wanted)
{
    process_clear(p);
    process_type(p, line);
    process_await_output(p, wanted);
}

// The same, and wait for the prompt that follows.
static void ask(struct process *p, const char *line, const char *wanted)
{
    converse(p, line, wanted);
    for (long long limit = now() + time_limit; now() < limit;) {
        if (strstr(strstr(p->output.bytes, wanted), "ready> ") != NULL)
            return;
        process_watch(p, 5);
    }
    fail_at(__FILE__, __LINE__, "waited in vain for the calling shell's prompt: %s", describe(p));
}

// The calling shell ends.
static void leave(struct process *p)
{
    process_type(p, "exit 0\n");
    process_finish(p);
}

// COMMAND, which is cat, is in the foreground again.
static void reads_again(struct process *p)
{
    converse(p, "fg\n", "run -it");
    process_watch(p, 50);
    converse(p, "two\n", "two\r\ntwo\r\n");
}

static struct process *start_on_terminal(const char *const *words)
{
    return process_start(&(struct launch){.terminal = true, .environment = shell_environment()},
                         words);
}

static int count_of(const struct process *p, const char *text)
{
    int count = 0;

    for (const char *at = p->output.bytes; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void has_the_foreground(void)
{
    think(own_group);
    struct process *p = start_on_terminal(WORDS("run", "-it", probe, "facts"));

    process_finish(p);
    expect(fact_number(p, "pgid") == fact_number(p, "pid"),
           "COMMAND should lead a process group of its own: %s", describe(p));
    expect(fact_number(p, "foreground") == fact_number(p, "pgid"),
           "COMMAND's process group should be the terminal's foreground (tcsetpgrp(3)): %s",
           describe(p));
    expect(fact_number(p, "rows") == 24 && fact_number(p, "columns") == 80,
           "the window should be 24 by 80: %s", describe(p));
}

static void without_t_nothing_changes(void)
{
    think(not_asked_for);
    struct process *p = start_on_terminal(WORDS("run", "-i", probe, "facts"));

    process_finish(p);
    expect(fact_number(p, "terminal") == 1, "standard input should be the terminal: %s",
           describe(p));
    expect(fact_number(p, "pgid") != fact_number(p, "pid"),
           "without -t COMMAND should stay in mydocker's process group: %s", describe(p));
}

static void t_without_i(void)
{
    think(
        "-t and -i are two things: the one is the foreground, the other is what descriptor 0 "
        "reads");
    struct process *p = start_on_terminal(WORDS("run", "-t", probe, "facts"));

    process_finish(p);
    expect(strcmp(fact(p, "fd0"), fact(p, "null")) == 0 &&
               fact_number(p, "foreground") == fact_number(p, "pgid"),
           "with -t and without -i COMMAND should have the foreground, and read /dev/null: %s",
           describe(p));
}

// In a script, after COMMAND has ended: is the script in the foreground again, with its settings?
static void expect_given_back(const char *command)
{
    struct launch how = {.direct = true, .terminal = true, .environment = shell_environment()};
    struct process *p = run_with(&how, "sh", "-c",
                                 text_of("stty -g >before; %s; stty -g >after; $P facts", command));

    expect(fact_number(p, "foreground") == fact_number(p, "pgid"),
           "after `%s` the foreground should be the caller's again: %s", command, describe(p));
    expect(strcmp(content_of(text_of("%s/before", scratch)),
                  content_of(text_of("%s/after", scratch))) == 0,
           "after `%s` the terminal's settings should be as before: %s", command, describe(p));
}

static void is_given_back(void)
{
    think(given_back);
    need_tool("stty");
    expect_given_back("$M run -it $P exit 3");
    expect_given_back("$M run -it $P crash");
    expect_given_back("$M run -it no-such-command");
    expect_given_back("$M run -it /tmp");
    expect_given_back("$M run -t stty -echo");
    wanted("after COMMAND has suspended the terminal's output (tcflow(3), TCOOFF) it should go on");
    answer("tcflow(3) with TCOON: that is no setting, and no key ends it");
    expect_given_back("$M run -it $P spoil-terminal");
}

// A key's echo, ^C, is written after its signal is sent: on a slow machine it comes between what
// COMMAND writes about the signal and the end of that line.
static void without_echo(struct process *process)
{
    struct termios settings;

    expect(tcgetattr(process->in, &settings) == 0, "no settings");
    settings.c_lflag &= ~(tcflag_t)ECHO;
    expect(tcsetattr(process->in, TCSANOW, &settings) == 0, "cannot change the settings");
}

static void keys_reach_command_once(void)
{
    think(own_group);
    static const struct {
        const char *key;
        int signal;
    } keys[] = {{CTRL_C, SIGINT}, {CTRL_BACKSLASH, SIGQUIT}, {CTRL_Z, SIGTSTP},
                {CTRL_C, SIGINT}, {CTRL_C, SIGINT},          {CTRL_C, SIGINT}};
    struct process *p = start_on_terminal(WORDS("run", "-it", probe, "signals"));

    wanted("with -t COMMAND has a process group of its own (setpgid(2)), and gets each key once");
    process_await_output(p, "ready");
    without_echo(p);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        converse(p, keys[i].key, text_of("signal=%d\r\n", keys[i].signal));
        process_watch(p, 10);
    }
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(p->status == 0 && count_of(p, "signal=2\r\n") == 1,
           "with -t a key should reach COMMAND once, and mydocker never: %s", describe(p));
}

// A second one that comes before the first was taken is none: so, many keys.
static void without_t_keys_reach_command_once(void)
{
    think(
        "who has sent the signal? The kernel (si_code is SI_KERNEL), for a key: then COMMAND, of "
        "the same group, has it already. Only what others send, as with kill(2), is to be passed "
        "on");
    struct process *p = start_on_terminal(WORDS("run", "-i", probe, "signals"));

    process_await_output(p, "ready");
    without_echo(p);
    converse(p, CTRL_C, "signal=2\r\n");
    for (int i = 0; i < 10; i++) {
        converse(p, CTRL_BACKSLASH, "signal=3\r\n");
        process_watch(p, 20);
        expect(count_of(p, "signal=3\r\n") == 1 && count_of(p, "signal=2\r\n") == 0,
               "a key signals the whole process group; passed on as well, it reaches COMMAND "
               "twice. It should reach it once: %s",
               describe(p));
    }
    // A new size of the window is told in the same way.
    process_clear(p);
    expect(ioctl(p->out, TIOCSWINSZ, &(struct winsize){.ws_row = 33, .ws_col = 111}) == 0,
           "cannot change the window's size");
    process_await_output(p, text_of("signal=%d\r\n", SIGWINCH));
    kill(p->pid, SIGUSR2);
    process_finish(p);
}

static void three_ctrl_c(void)
{
    think(
        "count the requests to end, whether the kernel sends them or a process; SIGKILL is what "
        "even PID 1 gets from outside");
    struct process *p = start_on_terminal(WORDS("run", "-i", probe, "signals"));

    process_await_output(p, "ready");
    converse(p, CTRL_C, "signal=2");
    converse(p, CTRL_C, "signal=2");
    // COMMAND may have had the second before mydocker looked: two that wait together are one.
    for (int i = 0; i < 20 && !process_has_ended(p); i++) {
        process_type(p, CTRL_C);
        process_watch(p, 100);
    }
    process_finish(p);
    expect(p->status == 128 + SIGKILL, "the third Ctrl-C should kill: %s", describe(p));
}

static void window_is_resized(void)
{
    think("the kernel sends SIGWINCH to the foreground process group: is COMMAND in it?");
    struct winsize size = {.ws_row = 33, .ws_col = 111};
    struct process *p = start_on_terminal(WORDS("run", "-it", probe, "watch-size"));

    process_await_output(p, "ready");
    expect(ioctl(p->out, TIOCSWINSZ, &size) == 0, "cannot change the window's size");
    process_finish(p);
    expect(fact_number(p, "rows") == 33 && fact_number(p, "columns") == 111,
           "COMMAND should learn of a new window size: %s", describe(p));
}

// COMMAND is a shell, and the person at the terminal uses its job control.
static void shell_with_job_control(const char *tool, const char *const *words)
{
    need_tool(tool);
    struct process *p = start_on_terminal(words);

    wanted(
        "an interactive shell as COMMAND: a process group of its own, in the foreground of the "
        "terminal (setpgid(2), tcsetpgrp(3))");
    process_await_output(p, "ready> ");
    pid_t shell = tcgetpgrp(p->out);
    converse(p, "sleep 1000\n", "\n");
    // Too early, Ctrl-Z would meet the shell. Or its child before execve(2), which ignores it as
    // the shell does, or stops where a shell that has used vfork(2) does not learn of it.
    await(tcgetpgrp(p->out) != shell && has_executed(tcgetpgrp(p->out)) && state_of(shell) == 'S',
          "%s should give its job the foreground, and wait for it: %s", tool, describe(p));
    converse(p, CTRL_Z, "topped");
    converse(p, "jobs\n", "topped");
    converse(p, "fg\n", "sleep 1000");
    await(tcgetpgrp(p->out) != shell, "after fg the foreground should be the job's: %s",
          describe(p));
    converse(p, CTRL_C, "ready> ");
    ask(p, "echo status-$?-\n", "status-130-");
    process_type(p, "exit 3\n");
    process_finish(p);
    expect(p->status == 3, "after `exit 3` in %s the status should be 3: %s", tool, describe(p));
    expect(strstr(p->output.bytes, "annot") == NULL && strstr(p->errors.bytes, "annot") == NULL,
           "%s should not complain about its terminal: %s", tool, describe(p));
}

static void bash_as_command(void)
{
    think(own_group);
    wanted(
        "an interactive shell as COMMAND: a process group of its own, in the foreground of the "
        "terminal (setpgid(2), tcsetpgrp(3))");
    shell_with_job_control("bash", WORDS("run", "-it", "bash", "--norc", "--noprofile", "-i"));
}

static void dash_as_command(void)
{
    think(own_group);
    wanted(
        "an interactive shell as COMMAND: a process group of its own, in the foreground of the "
        "terminal (setpgid(2), tcsetpgrp(3))");
    shell_with_job_control("dash", WORDS("run", "-it", "dash"));
}

static void busybox_as_command(void)
{
    think(own_group);
    wanted(
        "an interactive shell as COMMAND: a process group of its own, in the foreground of the "
        "terminal (setpgid(2), tcsetpgrp(3))");
    shell_with_job_control("busybox", WORDS("run", "-it", "busybox", "sh"));
}

static void stopped_and_continued(void)
{
    think(step == 1 ? stops_too : pid_1_shrugs);
    struct process *p = calling_shell();

    converse(p, "$M run -i $P sleep\n", "ready\r\n");
    converse(p, CTRL_Z, "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    converse(p, "fg\n", "run -i");
    for (int i = 0; i < 20 && strstr(p->output.bytes, "ready> ") == NULL; i++) {
        process_type(p, CTRL_C);
        process_watch(p, 150);
    }
    ask(p, "echo status-$?-\n", "status-1");
    leave(p);
}

// Ctrl-Z stops a COMMAND that is not PID 1; the calling shell is to learn of it.
static void stopped_with_the_terminal(void)
{
    think(stops_too);
    struct process *p = calling_shell();

    converse(p, "$M run -it $P sleep\n", "ready\r\n");
    converse(p, CTRL_Z, "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    converse(p, "fg\n", "run -it");
    process_watch(p, 40);
    converse(p, CTRL_C, "ready> ");
    ask(p, "echo status-$?-\n", "status-130-");
    leave(p);
}

static void in_the_background(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "$M run -t $P sleep &\n", "ready\r\n");
    expect(tcgetpgrp(p->out) == p->pid,
           "a mydocker in the background should leave the foreground to the shell: %s",
           describe(p));
    ask(p, "echo at-$((40+2))\n", "at-42");
    // By its process ID: a job that was reported is one no more.
    converse(p, "kill -KILL $!; wait $!; echo status-$?-\n", "status-137-");
    converse(p, "$M run -t $P exit 6 & wait $!; echo status-$?-\n", "status-6-");
    leave(p);
}

static void background_that_reads(void)
{
    think(reads_in_background);
    struct process *p = calling_shell();

    converse(p, "set -b; $M run -it cat &\n", "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    converse(p, "fg\n", "command cat");
    converse(p, "round trip\n", "round trip\r\nround trip\r\n");
    converse(p, CTRL_D, "ready> ");
    leave(p);
}

// A shell in the background would take the terminal from the one that called: in its PID namespace
// neither's process group has a name.
static void background_shell(void)
{
    think(reads_in_background);
    struct process *p = calling_shell();

    converse(p, "set -b; $M run -it bash --norc &\n", "topped");
    expect(tcgetpgrp(p->out) == p->pid, "the foreground should be the calling shell's: %s",
           describe(p));
    converse(p, "fg\n", "command bash");
    process_await_output(p, "ready> ");
    converse(p, "echo inside-$((40+2)); exit 3\n", "inside-42");
    process_await_output(p, "ready> ");
    ask(p, "echo status-$?-\n", "status-3-");
    leave(p);
    expect(p->status == 0, "the calling shell should have lived to its end: %s", describe(p));
}

static void background_without_t_that_reads(void)
{
    think(reads_in_background);
    struct process *p = calling_shell();

    converse(p, "set -b; $M run -i cat &\n", "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    converse(p, "fg\n", "command cat"); // it has been stopped before that
    converse(p, "round trip\n", "round trip\r\nround trip\r\n");
    converse(p, CTRL_D, "ready> ");
}

// PID 1 shrugs off the SIGTSTP of Ctrl-Z: mydocker has to stop it.
static void command_is_stopped_too(void)
{
    think(step == 1 ? stops_too : pid_1_shrugs);
    need_tool("ps");
    struct process *p = calling_shell();

    converse(p, "$M run -i $P sleep\n", "ready\r\n");
    converse(p, CTRL_Z, "topped");
    ask(p, "echo state-$(ps -o stat= --ppid $(jobs -p))\n", "state-T");
    process_type(p, "kill -KILL %1\n");
    process_watch(p, 50);
}

static void background_pipeline_that_reads(void)
{
    think(reads_in_background);
    struct process *p = calling_shell();

    converse(p, "set -b; $M run -it cat | cat &\n", "topped"); // both, or the job is not stopped
    ask(p, "echo at-$((40+2))\n", "at-42");
    process_type(p, "kill -KILL %1; exit 0\n");
}

static void foreground_after_the_background(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "set -b; $M run -it $P facts >report &\n", "topped");
    ask(p, "fg >/dev/null; echo at-$((40+2))\n", "at-42");
    struct process *report = run_with(&by_the_test, "cat", "report");
    expect(fact_number(report, "pgid") == fact_number(report, "pid"),
           "after fg COMMAND should be given the terminal: %s", describe(p));
    process_type(p, "exit 0\n");
}

// COMMAND that is stopped and goes on has the terminal again, and can read from it.
static void reads_after_fg(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "$M run -it cat\n", "command cat");
    converse(p, "one\n", "one\r\none\r\n");
    converse(p, CTRL_Z, "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    reads_again(p);
    expect(tcgetpgrp(p->out) != p->pid, "the foreground should be COMMAND's: %s", describe(p));
    converse(p, CTRL_D, "ready> ");
}

static void goes_on_in_the_background(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "$M run -it $P sleep\n", "ready\r\n");
    converse(p, CTRL_Z, "topped");
    ask(p, "bg >/dev/null; echo at-$((40+2))\n", "at-42");
    process_watch(p, 100);
    expect(tcgetpgrp(p->out) == p->pid, "after bg the foreground should stay the shell's: %s",
           describe(p));
    process_type(p, "kill -KILL %1\n");
    process_watch(p, 50);
}

static void without_t_settings_stay(void)
{
    think(not_asked_for);
    need_tool("stty");
    struct process *p = calling_shell();

    ask(p, "stty -g >before; $M run -i $P exit; stty -g >after; echo at-$((40+2))\n", "at-42");
    expect(strcmp(content_of(text_of("%s/before", scratch)),
                  content_of(text_of("%s/after", scratch))) == 0,
           "without -t the terminal's settings are not mydocker's business, and should be as "
           "before: %s",
           describe(p));
}

static void in_a_container_without_one(void)
{
    think(given_back);
    expect_given_back("$M run -i $M run -it $P exit");
}

static void in_front_of_a_pager(void)
{
    think(beside_us);
    need_tool("busybox");
    struct process *p = calling_shell();

    converse(p, "$M run -it $P lines | busybox less\n", "line 20");
    process_type(p, "q");
    process_await_output(p, "ready> ");
    ask(p, "echo at-$((40+2))\n", "at-42");
    leave(p);
}

static void pipeline_is_stopped(void)
{
    think(stops_too);
    struct process *p = calling_shell();

    converse(p, "$M run -it $P sleep | cat\n", "ready\r\n");
    converse(p, CTRL_Z, "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    converse(p, "fg\n", "run -it");
    process_watch(p, 40);
    converse(p, CTRL_C, "ready> ");
    leave(p);
}

static void in_a_pipeline(void)
{
    think(
        "-t looks at descriptor 0 alone: where that is no terminal it does nothing, and warns; "
        "what 1 is does not matter");
    struct process *p = calling_shell();

    converse(p, "echo through-$((40+2)) | $M run -it cat | cat\n", "through-42");
    converse(p, "$M run -it echo through-$((40+3)) | cat\n", "through-43");
    ask(p, "echo at-$((40+2))\n", "at-42");
    leave(p);
}

static void hang_up(void)
{
    think(hangs_up);
    struct process *p = start_on_terminal(WORDS("run", "-it", "sh", "-c", "echo ready; exec cat"));

    process_await_output(p, "ready\r\n");
    close(p->out);
    p->out = p->in = -1;
    process_finish(p);
}

// The window is closed.
static void close_terminal(struct process *p)
{
    close(p->out);
    p->out = p->in = -1;
}

// COMMAND pays no heed to SIGHUP; mydocker is the leader of the session.
static void deaf_to_hang_up(void)
{
    think(hangs_up);
    static const char *const options[] = {"-it", "-i", "--"};
    struct process *p[3];

    wanted("the terminal hangs up: COMMAND gets SIGHUP, then SIGKILL if it is deaf to it; 129");
    for (size_t i = 0; i < 3; i++) {
        p[i] = start_on_terminal(WORDS("run", options[i], probe, "signals"));
        process_await_output(p[i], "ready\r\n");
        close_terminal(p[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        process_finish(p[i]);
        expect(p[i]->status == 128 + SIGHUP,
               "`run %s`, and its terminal is closed: COMMAND should get SIGHUP, then SIGKILL, and "
               "the status be 129: %s",
               options[i], describe(p[i]));
    }
}

static void heeds_hang_up(void)
{
    think(hangs_up);
    struct process *p = start_on_terminal(WORDS(
        "run", "-it", "sh", "-c", "trap 'exit 5' HUP; echo ready; while :; do sleep .05; done"));

    process_await_output(p, "ready\r\n");
    close_terminal(p);
    process_finish(p);
    expect(p->status == 5, "COMMAND should be sent SIGHUP, and its own status count: %s",
           describe(p));
}

// The process that wrote its ID to FILE: has it ended?
static bool has_ended(const char *file)
{
    const char *id = content_of(text_of("%s/%s", scratch, file));

    return strchr("?Z", state_of((pid_t)strtol(id, NULL, 10))) != NULL;
}

// The same behind shells, which die of it, and of which not all pass it on.
static void hang_up_of_a_shell(void)
{
    think(hangs_up);
    static const char *const callers[] = {"bash --norc --noprofile -i", "dash -i"};
    static const char *const commands[] = {
        "sh -c 'echo $$ >id%zu; exec $M run -it $P sleep'\n",
        "sh -c 'echo $$ >id%zu; exec $M run -i $P sleep'\n",
        "sh -c 'echo $$ >id%zu; exec $M run $P sleep'\n",
        "sh -c 'sh -c \"echo \\$\\$ >id%zu; exec $M run -it $P sleep\"; true'\n",
    };
    struct launch how = {.direct = true, .terminal = true, .environment = shell_environment()};
    char words[128];

    need_tool("bash");
    need_tool("dash");
    for (size_t i = 0; i < 8; i++) {
        struct process *p = start_with(&how, "sh", "-c", text_of("exec %s", callers[i / 4]));

        process_await_output(p, "ready> ");
        (void)snprintf(words, sizeof(words), commands[i % 4], i);
        converse(p, words, "ready\r\n");
        close_terminal(p);
        process_finish(p);
    }
    for (size_t i = 0; i < 8; i++)
        await(has_ended(text_of("id%zu", i)),
              "%s was told to: %s and its terminal was closed: mydocker lives on, and should end",
              callers[i / 4], commands[i % 4]);
}

static void ignore_hang_up(const void *argument)
{
    (void)argument;
    (void)signal(SIGHUP, SIG_IGN);
}

static void hang_up_that_the_caller_ignores(void)
{
    think(
        "a caller that ignores SIGHUP means it: what was its disposition (sigaction(2)) before "
        "mydocker changed it?");
    struct launch how = {
        .terminal = true, .prepare = ignore_hang_up, .by_hand = "env --ignore-signal=HUP ..."};
    struct process *p = start_with(&how, "run", "-t", probe, "sleep");

    process_await_output(p, "ready\r\n");
    close_terminal(p);
    process_watch(p, 1500);
    expect(!process_has_ended(p), "who ignores SIGHUP, as after nohup(1), should go on: %s",
           describe(p));
}

static void hang_up_by_hand(void)
{
    think(
        "is it a hang-up? Only where the terminal says so (poll(2): POLLHUP); else it is a signal "
        "to pass on");
    struct process *p = start_on_terminal(WORDS("run", "-it", probe, "signals"));

    process_await_output(p, "ready\r\n");
    kill(p->pid, SIGHUP);
    process_await_output(p, "signal=1\r\n");
    process_watch(p, 1500);
    expect(!process_has_ended(p),
           "SIGHUP without a hang-up is a signal like others: COMMAND, which has a handler, should "
           "go on: %s",
           describe(p));
    kill(p->pid, SIGUSR2);
    process_finish(p);
}

// A shell that managed its jobs leaves the terminal to a group that has died with it.
static void shell_without_t(void)
{
    think(given_back);
    need_tool("bash");
    struct launch how = {.direct = true, .terminal = true, .environment = shell_environment()};
    struct process *p =
        start_with(&how, "sh", "-c", "$M run -i bash --norc --noprofile -i; read x; echo got-$x");

    process_await_output(p, "ready> ");
    process_type(p, "exit\n");
    process_await_output(p, "exit\r\n");
    process_type(p, "word\n");
    process_await_output(p, "got-word");
    process_finish(p);
}

// COMMAND that has a handler for Ctrl-Z is stopped when it has put the terminal in order.
static void stops_in_order(void)
{
    think(
        "COMMAND has the signal from the terminal, and a handler for it: wait until waitpid(2) "
        "with WUNTRACED tells that it has stopped");
    static const char *const options[] = {"-i", "-it"};

    need_tool("stty");
    wanted(
        "a COMMAND that is not PID 1 stops when its handler for SIGTSTP has done, not by SIGSTOP");
    for (size_t i = 0; i < 2; i++) {
        struct process *p = calling_shell();

        converse(p, text_of("$M run %s $P edit\n", options[i]), "ready\r\n");
        converse(p, "x", "key=x");
        converse(p, CTRL_Z, "topped");
        ask(p, "stty -a; echo at-$((40+2))\n", "at-42");
        expect(strstr(p->output.bytes, " icanon") != NULL &&
                   strstr(p->output.bytes, " echo ") != NULL,
               "the terminal was left raw: COMMAND was stopped in the middle of its handler, and "
               "should first put the terminal in order (stty: icanon, echo): %s",
               describe(p));
        converse(p, "fg\n", text_of("run %s", options[i]));
        process_watch(p, 50);
        converse(p, "y", "key=y");
        process_type(p, "q");
        process_await_output(p, "ready> ");
        leave(p);
    }
}

static pid_t only_child(pid_t parent)
{
    const char *ids = content_of(text_of("/proc/%d/task/%d/children", (int)parent, (int)parent));

    return (pid_t)strtol(ids, NULL, 10);
}

// The same where there has to be one, which is sent a signal: 0 would be the tests themselves.
static pid_t living_child(pid_t parent)
{
    pid_t child = only_child(parent);

    expect(child > 0, "the shell's child, or COMMAND, has ended already");
    return child;
}

// SIGSTOP announces nothing: the shell has the terminal, and COMMAND, which was not stopped, not.
static void stopped_without_a_word(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "$M run -it cat\n", "command cat");
    converse(p, "one\n", "one\r\none\r\n");
    pid_t ours = living_child(p->pid);
    process_clear(p);
    kill(ours, SIGSTOP);
    process_await_output(p, "topped");
    process_type(p, "\n"); // cat is reading already, and gets this line
    process_watch(p, 100);
    ask(p, "echo at-$((40+2))\n", "at-42");
    reads_again(p);
    converse(p, CTRL_D, "ready> ");
    leave(p);
}

static void stopped_and_sent_to_the_background(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "$M run -t sleep 1\n", "command sleep");
    pid_t ours = living_child(p->pid);
    process_clear(p);
    kill(ours, SIGSTOP);
    process_await_output(p, "topped");
    ask(p, "bg; echo at-$((40+2))\n", "at-42");
    converse(p, "cat\n", "cat\r\n");
    converse(p, "one\n", "one\r\none\r\n");
    await(kill(ours, 0) == -1 || (process_watch(p, 5), false) || kill(ours, 0) == -1,
          "COMMAND should have ended by now");
    converse(p, "two\n", "two\r\ntwo\r\n");
    converse(p, CTRL_D, "ready> ");
    leave(p);
}

// After `bg` the job stops once more. The shell need not say so at once.
static void stopped_again(struct process *p)
{
    // The shell may not know yet that it has stopped. And where a SIGCHLD meets bash while it looks
    // for those before, it is forgotten until the next one: the end of `sh` is that.
    long long limit = now() + time_limit;
    do
        ask(p, "sh -c :; bg; echo bg-$((40+2))\n", "bg-42");
    while (strstr(p->output.bytes, "already in background") != NULL && now() < limit);
    expect(strstr(p->output.bytes, "already in background") == NULL,
           "the shell should have learned that mydocker stopped: %s", describe(p));
    await(state_of(living_child(p->pid)) == 'T',
          "after bg mydocker should stop again, as it is in the background still: %s", describe(p));
}

static void in_a_session_of_its_own(const void *argument)
{
    (void)argument;
    (void)setsid();
}

// Who stops COMMAND where nobody manages jobs (a service, ssh -t) wants it to stay so.
static void stopped_where_nobody_manages_jobs(void)
{
    think(
        "a process group that no shell manages is orphaned (setpgid(2)), and cannot be stopped: "
        "then leave COMMAND stopped");
    for (int on_terminal = 0; on_terminal < 2; on_terminal++) {
        struct process *p = on_terminal
                                ? start_on_terminal(WORDS("run", "-it", "cat"))
                                : start_with(PREPARED(in_a_session_of_its_own, NULL, "setsid ..."),
                                             "run", probe, "sleep");
        process_await_output(p, on_terminal ? "command cat" : "ready\n");
        if (on_terminal)
            converse(p, "one\n", "one\r\none\r\n");
        pid_t command = living_child(p->pid);
        kill(command, SIGSTOP);
        await(state_of(command) == 'T',
              "SIGSTOP to COMMAND was undone, and nobody asked for it: its state should be T, it "
              "is %c",
              state_of(command));
        process_watch(p, 100);
        expect(state_of(command) == 'T',
               "SIGSTOP to COMMAND was undone, and nobody asked for it: its state should be T, it "
               "is %c",
               state_of(command));
        kill(command, SIGCONT);
        if (on_terminal) {
            converse(p, "two\n", "two\r\ntwo\r\n");
            process_type(p, CTRL_D);
            process_finish(p);
        }
    }
}

// A shell in the background does not get the terminal, whatever lets it go on.
static void background_shell_after_bg(void)
{
    think(reads_in_background);
    static const char *const options[] = {"-it", "-i"};

    for (size_t i = 0; i < 2; i++) {
        struct process *p = calling_shell();

        // Without `set -b` the shell tells of a job only before a prompt: nothing comes between.
        ask(p, text_of("$M run %s bash --norc -i & echo at-$((40+1))\n", options[i]), "at-41");
        pid_t ours = living_child(p->pid);
        await(state_of(ours) == 'T', "mydocker should stop in the background: %s", describe(p));
        for (int j = 0; j < 3; j++) {
            stopped_again(p);
            expect(tcgetpgrp(p->out) == p->pid, "the foreground should be the calling shell's: %s",
                   describe(p));
        }
        (void)kill(ours, SIGKILL);
        await(only_child(p->pid) == 0, "the calling shell should learn of its job's end");
        leave(p);
        expect(p->status == 0, "the calling shell should have lived to its end: %s", describe(p));
        world_mend();
    }
}

static void background_shell_of_a_script(void)
{
    think(no_shell);
    for (int i = 0; i < 5; i++) {
        struct process *p = calling_shell();

        // Until it has its prompt, a shell itself may take the terminal from whoever has it.
        converse(p,
                 "sh -c '$M run -it bash --norc -i </dev/tty & until [ -e go ]; do sleep .01; "
                 "done'; echo at-$((40+1))\n",
                 "ready> ");
        const char *go = text_of("%s/go", scratch);
        expect(mknod(go, S_IFREG | 0600, 0) == 0, "%s could not be made", go);
        process_await_output(p, "at-41");
        unlink(go);
        process_watch(p, 100);
        ask(p, "echo at-$((40+2))\n", "at-42");
        expect(tcgetpgrp(p->out) == p->pid, "the foreground should be the calling shell's: %s",
               describe(p));
        leave(p);
        expect(p->status == 0, "the calling shell should have lived to its end: %s", describe(p));
        world_mend();
    }
}

// Started in the background when the script has ended, and nobody is left who could say `fg`.
static void background_of_no_shell(void)
{
    think(no_shell);
    struct process *p = calling_shell();

    ask(p,
        "sh -c '(until [ -e go ]; do sleep .01; done; exec $M run -it $P facts </dev/tty >behind "
        "2>log) &'; echo at-$((40+1))\n",
        "at-41");
    ask(p, "echo >go; echo at-$((40+2))\n", "at-42");
    await(strstr(content_of(text_of("%s/behind", scratch)), "\nfd0=") != NULL ||
              (process_watch(p, 5), false),
          "COMMAND should run, without a terminal: %s", content_of(text_of("%s/log", scratch)));
    struct process *report = run_with(&by_the_test, "cat", "behind");
    expect(strcmp(fact(report, "fd0"), fact(report, "null")) == 0,
           "what no shell can send to the foreground should read /dev/null: %s", describe(report));
    expect(tcgetpgrp(p->out) == p->pid, "the foreground should be the calling shell's: %s",
           describe(p));
    process_type(p, "exit 0\n");
    process_finish(p);
}

// What a script started has the terminal, the script ends, and the shell takes it back.
static void foreground_of_a_shell(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p,
             "sh -c 'echo $$ >id; $M run -it sleep .4 </dev/tty & sleep .1'; echo at-$((40+1))\n",
             "at-41");
    process_watch(p, 600);
    expect(tcgetpgrp(p->out) == p->pid,
           "the calling shell had the foreground, and it was taken from it: it should be the "
           "shell's still: %s",
           describe(p));
    ask(p, "echo at-$((40+2))\n", "at-42");
    leave(p);
}

// The settings that are put back must not be older than what stands beside us has made of them.
static void pager_keeps_its_settings(void)
{
    think(
        "when were the settings read that are put back? Not before the terminal was COMMAND's: "
        "until then others may change them");
    need_tool("stty");
    struct process *p = calling_shell();

    for (int i = 0; i < 6; i++) {
        ask(p,
            "$M --log-level warn run -it sleep .1 | sh -c 'exec </dev/tty; stty -icanon; "
            "sleep .2; stty -a'; stty icanon; echo at-$((40+2))\n",
            "at-42");
        expect(strstr(p->output.bytes, "topped") == NULL,
               "the job has stopped by itself, and should go on: %s", describe(p));
        expect(strstr(p->output.bytes, " -icanon") != NULL,
               "the next one in the pipeline had set the terminal to -icanon, and it should be so "
               "still: %s",
               describe(p));
    }
    leave(p);
}

// The foreground is our group's, since a pager wanted it. Ctrl-Z then stops COMMAND as well.
static void stopped_behind_a_pager(void)
{
    think(beside_us);
    need_tool("busybox");
    struct process *p = calling_shell();

    // A screen full at once: a pager may wait for one before it shows anything. And no child: who
    // waits for vfork(2) cannot stop, and its child has stopped before execve(2).
    converse(p,
             "$M --log-level warn run -it sh -c 'for i in 1 2 3 4 5 6 7 8 9; do printf "
             "\"t-$((40+2))\\n\\n\\n\\n\\n\"; done; exec sleep 99' | busybox less\n",
             "t-42");
    // It reads a key, and is given the terminal for that.
    process_type(p, "j");
    await(tcgetpgrp(p->out) == only_child(p->pid) || (process_watch(p, 5), false),
          "the pager wants the terminal, and should get it: %s", describe(p));
    process_watch(p, 100); // until the pager goes on: a SIGCONT undoes a SIGTSTP that waits
    // One that comes before the pager was told to go on is undone by that.
    for (int i = 0; i < 20 && strstr(p->output.bytes, "topped") == NULL; i++) {
        process_type(p, CTRL_Z);
        process_watch(p, 300);
    }
    process_await_output(p, "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    process_type(p, "kill -KILL %1; exit 0\n");
    process_watch(p, 100);
}

// Ctrl-Z meets our own group, or COMMAND that has the terminal by now: PID 1 is told, and no more.
static void stopped_right_after_the_start(void)
{
    think(
        "Ctrl-Z may come before COMMAND has the terminal, and meets mydocker's group then: who "
        "stops, and who goes on?");
    const char *obeys = step == 1 ? "topped" : "signal=20";
    int tries = 20; // who pays no heed to so many keys need not be asked so often again

    for (int i = 0; i < 6; i++) {
        struct process *p = calling_shell();

        process_type(p, text_of("$M run -it $P %s | cat\n", step == 1 ? "sleep" : "signals"));
        process_await_output(p, "| cat\r\n");
        process_watch(p, i + 1);
        int j = 0;
        for (; j < tries && strstr(p->output.bytes, "topped") == NULL &&
               strstr(p->output.bytes, obeys) == NULL;
             j++) {
            process_type(p, CTRL_Z);
            process_watch(p, 300);
        }
        tries = j == tries ? 1 : tries;
        kill(living_child(p->pid), SIGKILL);
        ask(p, "kill -CONT %1; echo at-$((40+2))\n", "at-42");
        leave(p);
        world_mend();
    }
}

// After `bg` COMMAND, which reads, would spin without the terminal if it is PID 1.
static void reads_after_bg_and_fg(void)
{
    think(whose_foreground);
    struct process *p = calling_shell();

    converse(p, "set -b; $M run -it cat\n", "command cat");
    converse(p, "one\n", "one\r\none\r\n");
    process_clear(p);
    kill(living_child(living_child(p->pid)), SIGSTOP);
    process_await_output(p, "topped");
    ask(p, "echo at-$((40+2))\n", "at-42");
    stopped_again(p);
    reads_again(p);
    converse(p, CTRL_D, "ready> ");
    leave(p);
}

// `stty tostop` stops whoever writes from the background: not what stands beside us in a pipeline.
static void writer_in_the_pipeline(void)
{
    think(beside_us);
    need_tool("stty");
    struct process *p = calling_shell();

    ask(p, "stty tostop; stty -g >before; echo at-$((40+2))\n", "at-42");
    converse(p, "$M run -it bash --norc -i 2>&1 | cat\n", "ready> ");
    ask(p, "echo in-$((40+2))\n", "in-42");
    ask(p, "echo in-$((40+3))\n", "in-43");
    process_type(p, "exit\n");
    process_await_output(p, "exit\r\n");
    ask(p, "stty -g >after; echo at-$((40+4))\n", "at-44");
    expect(strcmp(content_of(text_of("%s/before", scratch)),
                  content_of(text_of("%s/after", scratch))) == 0,
           "the terminal's settings should be as before: %s", describe(p));
    leave(p);
}

static const struct promise promises[] = {
    {"COMMAND has the foreground, and the window its size", ALWAYS, LAST, has_the_foreground},
    {"without -t nothing changes", ALWAYS, LAST, without_t_nothing_changes},
    {"-t without -i", ALWAYS, LAST, t_without_i},
    {"it is given back, whatever happened", ALWAYS, LAST, is_given_back},
    {"a key reaches COMMAND once, and mydocker never", ALWAYS, LAST, keys_reach_command_once},
    {"without -t a key reaches COMMAND once", ALWAYS, LAST, without_t_keys_reach_command_once},
    {"without -t the third Ctrl-C kills", ALWAYS, LAST, three_ctrl_c},
    {"a window that is resized", ALWAYS, LAST, window_is_resized},
    {"job control in bash", ALWAYS, LAST, bash_as_command},
    {"job control in dash", ALWAYS, LAST, dash_as_command},
    {"job control in busybox sh", ALWAYS, LAST, busybox_as_command},
    {"without -t: Ctrl-Z and fg in the calling shell", ALWAYS, LAST, stopped_and_continued},
    {"with -t: Ctrl-Z and fg in the calling shell", ALWAYS, 1, stopped_with_the_terminal},
    {"in the background it leaves the terminal alone", ALWAYS, LAST, in_the_background},
    {"in the background it stops when it reads", ALWAYS, LAST, background_that_reads},
    {"a shell started in the background waits for fg", ALWAYS, LAST, background_shell},
    {"without -t, too, it stops in the background when it reads", ALWAYS, LAST,
     background_without_t_that_reads},
    {"Ctrl-Z stops COMMAND, not mydocker alone", ALWAYS, LAST, command_is_stopped_too},
    {"in the background the whole pipeline stops", ALWAYS, LAST, background_pipeline_that_reads},
    {"from the background to the foreground", ALWAYS, LAST, foreground_after_the_background},
    {"after Ctrl-Z and fg COMMAND reads again", ALWAYS, 1, reads_after_fg},
    {"after Ctrl-Z and bg the terminal stays the shell's", ALWAYS, 1, goes_on_in_the_background},
    {"without -t its settings stay", ALWAYS, LAST, without_t_settings_stay},
    {"in a container whose terminal is another's", 2, LAST, in_a_container_without_one},
    {"in front of a pager", ALWAYS, LAST, in_front_of_a_pager},
    {"Ctrl-Z stops the whole pipeline", ALWAYS, 1, pipeline_is_stopped},
    {"in a pipeline", ALWAYS, LAST, in_a_pipeline},
    {"a terminal that hangs up", ALWAYS, LAST, hang_up},
    {"a COMMAND that is deaf to a hang-up is killed", ALWAYS, LAST, deaf_to_hang_up},
    {"one that is not ends as it likes", ALWAYS, LAST, heeds_hang_up},
    {"a hang-up behind a shell", ALWAYS, LAST, hang_up_of_a_shell},
    {"a hang-up that the caller ignores", ALWAYS, LAST, hang_up_that_the_caller_ignores},
    {"SIGHUP alone is no hang-up", ALWAYS, LAST, hang_up_by_hand},
    {"without -t, too, it comes back from a shell", ALWAYS, LAST, shell_without_t},
    {"Ctrl-Z waits for COMMAND's own handler", ALWAYS, 1, stops_in_order},
    {"after SIGSTOP to mydocker and fg COMMAND reads again", ALWAYS, LAST, stopped_without_a_word},
    {"after SIGSTOP and bg the terminal is taken from nobody", ALWAYS, LAST,
     stopped_and_sent_to_the_background},
    {"SIGSTOP to COMMAND is not undone", ALWAYS, LAST, stopped_where_nobody_manages_jobs},
    {"a shell in the background waits for fg after bg, too", ALWAYS, LAST,
     background_shell_after_bg},
    {"a script's shell does not take the terminal from the caller", ALWAYS, LAST,
     background_shell_of_a_script},
    {"in the background of no shell it gets no terminal", ALWAYS, LAST, background_of_no_shell},
    {"a shell that has the terminal keeps it", ALWAYS, LAST, foreground_of_a_shell},
    {"who stands beside it keeps its settings", ALWAYS, LAST, pager_keeps_its_settings},
    {"Ctrl-Z behind a pager stops both", ALWAYS, LAST, stopped_behind_a_pager},
    {"Ctrl-Z right after the start leaves no half of a job", ALWAYS, LAST,
     stopped_right_after_the_start},
    {"after bg and fg COMMAND reads again", ALWAYS, LAST, reads_after_bg_and_fg},
    {"a writer in the pipeline is not stopped", ALWAYS, LAST, writer_in_the_pipeline},
};
MECHANISM(terminal, 1, NULL);
