// -t makes COMMAND the foreground of our terminal, and we make up for it afterwards.
//
// A terminal sends Ctrl-C, Ctrl-\ and Ctrl-Z to its foreground process group, and stops any other
// that reads from it (credentials(7), termios(3)). Without a group of its own an interactive dash
// ends with "Cannot set tty process group": it has to name the group it found, and in a new PID
// namespace ours has no name. setsid(2) is no way out: it would cost COMMAND the terminal.
#include <signal.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

#include "common.h"

// Who has the terminal, in turns: the foreground group and the settings it wants.
struct tenant {
    pid_t group;
    struct termios settings;
};

static struct tenant caller, container;
static bool claimed;     // there is a terminal, and -t hands it over
static bool handed_over; // the container has it now

void terminal_claim(bool interactive)
{
    caller.group = tcgetpgrp(STDIN_FILENO);
    // As any program that wants to read from the terminal does in the background: stop until `fg`.
    if (interactive && caller.group != -1 && caller.group != getpgrp() && kill(0, SIGTTIN) == 0)
        caller.group = tcgetpgrp(STDIN_FILENO);
    if (caller.group == -1 || tcgetattr(STDIN_FILENO, &caller.settings) == -1)
        log_warn("standard input is not our terminal: -t has no effect");
    else if (caller.group != getpgrp())
        log_warn("started in the background: -t has no effect");
    else if (caller.group == 0)
        log_warn("the terminal belongs to a process outside this PID namespace: -t has no effect");
    else
        claimed = handed_over = true;
}

void terminal_take(void)
{
    if (!claimed)
        return;
    if (setpgid(0, 0) == -1)
        die_errno("setpgid");
    // From the background, as we now are, this would stop us, were SIGTTOU not blocked.
    if (tcsetpgrp(STDIN_FILENO, getpgrp()) == -1)
        die_errno("tcsetpgrp");
}

// The terminal may have hung up; then there is nothing left to change hands.
static void change_hands(struct tenant *from, const struct tenant *to)
{
    from->group = tcgetpgrp(STDIN_FILENO);
    (void)tcgetattr(STDIN_FILENO, &from->settings);
    // Not TCSADRAIN: where output is suspended (Ctrl-S), that would wait for ever.
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &to->settings);
    (void)tcsetpgrp(STDIN_FILENO, to->group);
}

void terminal_give_back(void)
{
    // A shell that has taken it in the meantime, while we were stopped, keeps it.
    if (handed_over && tcgetpgrp(STDIN_FILENO) != getpgid(getppid()))
        change_hands(&container, &caller);
    handed_over = false;
}

void terminal_hand_over(void)
{
    // After `bg` the terminal is the shell's: COMMAND goes on without it.
    handed_over = claimed && tcgetpgrp(STDIN_FILENO) == getpgrp();
    if (handed_over)
        change_hands(&caller, &container);
}
