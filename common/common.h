// What every step needs and none of them teaches. A section for each .c file.
//
// One failure policy throughout: mydocker lives as long as one COMMAND, so it dies at the call
// that failed, with one line that says which, and leaves the cleaning up to the kernel. Where a
// comment does not say how a function fails, it dies or cannot fail.
#ifndef COMMON_H
#define COMMON_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

// The exit statuses that are not COMMAND's own: 125 to 127 as docker-run(1), 128+N as a shell.
enum {
    EXIT_MYDOCKER = 125,   // mydocker itself failed; COMMAND did not run
    EXIT_CANNOT_RUN = 126, // COMMAND was found, but cannot be executed
    EXIT_NOT_FOUND = 127,  // COMMAND was not found
    EXIT_SIGNAL = 128,     // plus N: signal N ended COMMAND
};

// ---- log.c: one line of JSON on standard error, in one write(2) ----

// The longest line, its newline included. write(2) does not mix a line that is no longer than
// PIPE_BUF with those of other writers to the same pipe (pipe(7)).
enum { LOG_LINE_MAX = 4096 };

// Nothing is logged as LEVEL_ERROR: it is the threshold that hides warnings.
enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL };

// Drop the lines below the level NAME: "debug", "info" (the default), "warn" or "error".
// Returns false where NAME is none of these.
bool log_set_level(const char *name);

// Log one line; printf(3)'s arguments, errno stays as it was. What is too long ends in "...". A
// line that cannot be written (a full disk, a reader that has gone) is lost; the run goes on. For a
// slow reader log_info() waits; a line of the other two is lost.
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Write the line to be logged into LINE, not NUL-terminated: valid JSON (RFC 8259) in valid UTF-8
// whatever bytes MESSAGE holds, and NOW in local time (RFC 3339). Returns its length in bytes.
size_t log_line(char line[LOG_LINE_MAX], enum log_level level, const char *message, time_t now);

// ---- log.c, too: the last line of a run that failed ----

// Log one line of level "fatal" and _exit(2) with EXIT_MYDOCKER. Never exit(3): in the child of a
// clone that would run the parent's atexit(3) handlers and flush its buffers a second time.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same with a STATUS, and more behind the message, which names the operation and its object:
// ": " and the text of errno, then ": " and a REMEDY, which may be empty.
_Noreturn void die_remedy(int status, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The usual case, without a remedy: die_errno("open %s", path).
#define die_errno(...) die_remedy(EXIT_MYDOCKER, "", __VA_ARGS__)

// From here on these functions call ACT last, once, for what the kernel does not clean up; of two
// the later one first. A child of this process that dies calls it, too.
void die_after(void (*act)(void));

// ---- refusal.c: why the kernel said no, where errno alone misleads ----

// CALL failed, a system call with or without its object ("fork", "open /dev/null"), and errno says
// how. Dies with EXIT_MYDOCKER, and says what errno does not: which capability is missing
// (capabilities(7)), which limit is reached (namespaces(7)) or what else forbids it, and what to
// do. Where nothing is known of it, as die_errno() does.
_Noreturn void die_call(const char *call);

// The same for clone(2), and for mount(2) on TARGET.
_Noreturn void die_clone(void);
_Noreturn void die_mount(const char *target);

// The same for a TARGET, and with reasons of the caller's own, COUNT of them, which are looked at
// first.
struct reason {
    const char *calls;          // those that may fail for it, with commas between them; "any"
    int error;                  // what errno is then
    const char *(*probe)(void); // NULL: it applies where none above does
    const char *words; // %s is what the probe returns; where that is NULL, it does not apply
};
_Noreturn void die_refused(const char *call, const char *target, const struct reason *reasons,
                           size_t count);

// The same for execve(2) of FILE, which path_find() has returned: status 127 where there is no such
// file or no interpreter for it (ENOENT, ENOTDIR), else 126.
_Noreturn void die_execve(const char *file);

// ---- descriptors.c: COMMAND gets descriptors 0, 1 and 2, and no others ----

// Open /dev/null for each of 0, 1 and 2 that the caller left closed, so that no file opened later
// takes that place. Dies if it cannot.
void descriptors_fill(void);

// Make descriptor 0 read /dev/null. Dies if it cannot.
void descriptors_null_stdin(void);

// Give FD the number LAST, keep it open across execve(2), and close all above it: what leaks into a
// container is a way out of it (CVE-2024-21626). Dies if it cannot. dup2(2), close_range(2).
void descriptors_keep(int fd, int last);

// ---- lifeline.c: COMMAND does not outlive mydocker ----

// Before the clone: make a pair of sockets that this process and its child share. Dies where real
// and effective IDs differ: the child could not keep its parent-death signal (prctl(2)).
void lifeline_open(void);

// In the child, first of all: be killed when the parent dies (prctl(2)), and end here if it is dead
// already. Keep the child's end of the pair across execve(2), and no other descriptor above 2.
void lifeline_keep(void);

// "Go on" is the only message that goes through the pair. In the parent: send it. In the child,
// after lifeline_keep(): wait for it, and end here if the parent dies first. Both die if they
// cannot.
void lifeline_send(void);
void lifeline_await(void);

// Was this process started by a mydocker outside of its PID namespace? A guard against mistakes,
// not against COMMAND: that can make such a descriptor 3, but gains nothing by it.
bool lifeline_leads_out(void);

// Last of all before COMMAND, which must not see it: close the lifeline. The parent-death signal
// stays. But the kernel clears it where COMMAND changes its user or its group, executes a file that
// is set-user-ID or has capabilities, or changes its AppArmor profile or SELinux domain.
void lifeline_release(void);

// ---- signals.c: what is sent to mydocker waits until COMMAND can have it ----

// Before the clone: block every signal, and see to it that the death of a child is reported, even
// where the caller ignored SIGCHLD (waitpid(2)).
void signals_block(void);

// In the child: make mask and dispositions what the caller left.
void signals_restore(void);

// Sleep until a signal arrives, or TERMINAL (a descriptor, or -1) hangs up, or so many MILLISECONDS
// have passed (-1: for ever). Returns true where it was a signal, with INFO (signalfd(2)).
struct signalfd_siginfo;
bool signals_next(struct signalfd_siginfo *info, int terminal, int milliseconds);

// Did the caller ignore SIGNAL?
bool signals_ignored(int signal);

// Stop our whole process group by SIGNAL, as a terminal does it. Returns true after SIGCONT; false
// at once where no shell is left that could send it: our group is orphaned (setpgid(2)).
bool signals_stop(int signal);

// ---- terminal.c: -t makes COMMAND the foreground of our terminal (credentials(7)) ----

// Before the clone, after signals_block(): look at the terminal on descriptor 0, which COMMAND is
// to have if TTY, and reads from if INTERACTIVE. Warns where it cannot have it. In the background
// the whole job stops first until `fg`, if COMMAND reads; if not, the terminal is left alone.
void terminal_claim(bool interactive, bool tty);

// In the child, after lifeline_keep(): wait until the parent has handed the terminal over.
void terminal_take(void);

// In the parent, first: give CHILD a process group of its own, if it is to have the terminal.
void terminal_start(pid_t child);

// In the parent: give the terminal to COMMAND, with the settings that it had when we took it back.
// Returns false where COMMAND reads from it and another group is in the foreground.
bool terminal_hand_over(void);

// In the parent, after that: let the child go on, which waits in terminal_take().
void terminal_let_go_on(void);

// In the parent: take the terminal back for our group, with the settings that it had before, unless
// another group has it by now.
void terminal_give_back(void);

// In the parent, after a SIGCONT: true where somebody has taken the terminal from COMMAND, as a
// shell does after SIGSTOP stopped us. Then terminal_hand_over() is next.
bool terminal_was_taken(void);

// In the parent: SIGNAL, SIGTTIN or SIGTTOU, has stopped another process of our group, which wants
// the terminal. Let it have it for good, and go on. Returns false where COMMAND did not have it.
bool terminal_lend(int signal);

// In the parent: the descriptor of the terminal while COMMAND has it, or -1; has ours hung up?
int terminal_watched(void);
bool terminal_has_hung_up(void);

// ---- job.c: COMMAND and mydocker are one job ----

// In the parent, right after the clone: let CHILD go on, with the terminal if it is to have it.
void job_start(pid_t child, bool is_pid_1);

// Sleep until a signal arrives, and pass it on to COMMAND; kill it on the third SIGINT or SIGTERM,
// and where it outlives its terminal.
void job_wait(void);

// COMMAND has stopped: give the terminal back and stop, too. Afterwards both go on.
void job_stop(void);

// COMMAND has ended with STATUS, as waitpid(2) reported it: give the terminal back. Returns
// mydocker's exit status: COMMAND's, or 128+N where signal N ended it.
int job_end(int status);

// What job_end() makes of a STATUS.
int exit_status(int status);

// ---- path.c: where COMMAND is ----

// The file that NAME stands for, looked up in PATH as a shell does it: the first one that is
// executable, else the first that is there. Returns it, in FOUND; or NAME itself, and FOUND is left
// alone, where NAME has a slash. Dies with EXIT_NOT_FOUND where there is none.
const char *path_find(const char *name, char found[PATH_MAX]) __attribute__((warn_unused_result));

#endif
