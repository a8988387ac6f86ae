// -t makes COMMAND the foreground of our terminal, and afterwards all is as before.
//
// A terminal sends Ctrl-C, Ctrl-\ and Ctrl-Z to its foreground process group, and stops any other
// group that reads from it (credentials(7), termios(3)). COMMAND needs a group of its own: an
// interactive dash gives the terminal back to the group that it found, and in a new PID namespace
// ours has no number. setsid(2) is no way out: it would cost COMMAND the terminal.
//
// The parent alone moves the terminal, while the child waits in terminal_take(). In the child's PID
// namespace our group and the shell's are both 0: it could not tell who has the terminal.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common.h"

static int ours = -1;    // the terminal of our session, or -1
static bool reads;       // COMMAND reads from descriptor 0
static bool comes_back;  // we had the foreground, and COMMAND may take it
static bool claimed;     // -t: COMMAND is to have it
static bool withheld;    // COMMAND would take it from others
static bool handed_over; // COMMAND has it now

static pid_t command;
static struct termios callers, commands;
static bool commands_known;

// Is another group than ours in the foreground of the terminal on descriptor 0, if it is ours?
static bool in_background(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);

    return foreground != -1 && foreground != getpgrp();
}

void terminal_claim(bool interactive, bool tty)
{
    ours = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    reads = interactive;
    // As any program that reads from the terminal does in the background: stop until `fg`. A shell
    // looks again after that, and so do we: `bg`, too, lets us go on.
    while (reads && in_background() && !withheld)
        withheld = signals_ignored(SIGTTIN) || !signals_stop(SIGTTIN);

    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    comes_back = foreground > 0 && foreground == getpgrp();
    claimed = tty && comes_back && tcgetattr(STDIN_FILENO, &callers) == 0;
    if (withheld)
        log_warn(
            "started in the background, and no shell can send us to the foreground: COMMAND "
            "gets no terminal");
    else if (tty && foreground == -1)
        log_warn(isatty(STDIN_FILENO) ? "standard input is the terminal of another session, as "
                                        "after su -c: -t has no effect"
                                      : "standard input is no terminal: -t has no effect");
    else if (tty && foreground != getpgrp())
        log_warn("started in the background: -t has no effect");
    else if (tty && !claimed)
        log_warn("the terminal belongs to a process outside this PID namespace: -t has no effect");
}

void terminal_take(void)
{
    if (claimed)
        lifeline_await();
    if (!withheld)
        return;
    // A shell would take the terminal from the background: out of its session, then.
    if (setsid() == -1)
        die_errno("setsid");
    descriptors_null_stdin();
}

void terminal_start(pid_t child)
{
    command = child;
    if (claimed && setpgid(command, command) == -1)
        die_errno("setpgid %d", (int)child);
}

bool terminal_hand_over(void)
{
    if (!claimed || handed_over)
        return true;
    if (in_background())
        return !reads;
    handed_over = tcsetpgrp(STDIN_FILENO, command) == 0;
    if (!handed_over) {
        log_warn("tcsetpgrp: %s: -t has no effect", strerror(errno));
        return true;
    }
    // Now nobody else can change the settings: a pager beside us may just have done so. Not
    // TCSADRAIN: where output is suspended (Ctrl-S), that would wait for ever.
    (void)tcgetattr(STDIN_FILENO, &callers);
    if (commands_known)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &commands);
    return true;
}

void terminal_let_go_on(void)
{
    if (claimed)
        lifeline_send();
}

// Has the caller's shell taken the foreground, or given it to us, while we were stopped?
bool terminal_was_taken(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);

    if (!handed_over || foreground <= 0 ||
        (foreground != getpgrp() && foreground != getpgid(getppid()) && foreground != getsid(0)))
        return false;
    handed_over = false;
    return true;
}

void terminal_give_back(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    // Another group that is alive has taken it since, and keeps it.
    bool free = foreground == command || foreground == -1 ||
                (foreground > 0 && kill(-foreground, 0) == -1 && errno == ESRCH);

    if (handed_over && free) {
        commands_known = tcgetattr(STDIN_FILENO, &commands) == 0;
        // Output that COMMAND has suspended (TCOOFF) is no setting, and no key lets it go on.
        (void)tcflow(STDIN_FILENO, TCOON);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &callers);
    }
    if (comes_back && free && tcsetpgrp(STDIN_FILENO, getpgrp()) == 0)
        (void)kill(0, SIGCONT); // a pager beside us may have wanted it, and been stopped
    handed_over = false;
}

bool terminal_lend(int signal)
{
    struct termios settings;

    if (!handed_over)
        return false;
    if (signal == SIGTTOU && tcgetattr(STDIN_FILENO, &settings) == 0 &&
        (settings.c_lflag & TOSTOP) != 0) {
        // Perhaps it only writes, as `| tee log` does after `stty tostop`. That it may do.
        settings.c_lflag &= ~(tcflag_t)TOSTOP;
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &settings);
        (void)kill(0, SIGCONT);
    } else {
        terminal_give_back();
        claimed = false;
    }
    return true;
}

int terminal_watched(void)
{
    return handed_over ? ours : -1;
}

bool terminal_has_hung_up(void)
{
    struct pollfd terminal = {.fd = ours};

    return poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLHUP) != 0;
}
