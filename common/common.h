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

// The option that makes another mydocker log as this one does: "--log-level=NAME", or NULL where
// that is the default. Not to be freed.
char *log_level_option(void);

// Log one line; printf(3)'s arguments, errno stays as it was. What is too long ends in "...". A
// line that cannot be written (a full disk, a reader that has gone) is lost; the run goes on.
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Write the line to be logged into LINE, not NUL-terminated: valid JSON (RFC 8259) in valid UTF-8
// whatever bytes MESSAGE holds, and NOW in local time (RFC 3339). Returns its length in bytes.
size_t log_line(char line[LOG_LINE_MAX], enum log_level level, const char *message, time_t now);

// ---- die.c: the last line of a run that failed ----

// Log one line of level "fatal" and _exit(2) with EXIT_MYDOCKER. Never exit(3): in the child of a
// clone that would run the parent's atexit(3) handlers and flush its buffers a second time.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same with ": " and the text of errno behind the message, which names the operation and its
// object: die_errno("open %s", path).
_Noreturn void die_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same with a STATUS, and a remedy behind the text of errno; REMEDY may be empty.
_Noreturn void die_remedy(int status, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- refusal.c: why the kernel said no, where errno alone misleads ----

// clone(2) failed, and errno says how: say which capability is missing (capabilities(7)), which
// limit is reached (namespaces(7)) or what else forbids it, and what to do.
_Noreturn void die_clone(void);

// mount(2) on TARGET failed: the same.
_Noreturn void die_mount(const char *target);

// execve(2) of COMMAND failed: the same, with status 127 where there is no such file and 126
// where there is.
_Noreturn void die_execve(const char *command);

// ---- descriptors.c: COMMAND gets descriptors 0, 1 and 2, and no others ----

// Open /dev/null for each of 0, 1 and 2 that the caller left closed, so that no file opened later
// takes that place. Dies if it cannot.
void descriptors_fill(void);

// Make descriptor 0 read /dev/null. Dies if it cannot.
void descriptors_null_stdin(void);

// Make FD descriptor KEPT, to survive execve(2), and close all above it: what leaks into a
// container is a way out of it (CVE-2024-21626). Dies if it cannot. dup2(2), close_range(2).
void descriptors_keep(int fd, int kept);

// ---- lifeline.c: COMMAND does not outlive mydocker ----

// Before the clone: take hold of this process, as a pidfd that its child inherits (pidfd_open(2)).
void lifeline_open(void);

// In the child, first of all: be killed when the parent dies (prctl(2)), and end here if it is dead
// already; keep the lifeline across execve(2), and no other descriptor above 2.
void lifeline_keep(void);

// Was this process started by a mydocker outside of its PID namespace? Only such a one leaves its
// child a lifeline that leads out, and no COMMAND ever gets to see it.
bool lifeline_leads_out(void);

// Last of all before COMMAND, which must not see it: let go of the lifeline.
// PR_SET_PDEATHSIG stays; but COMMAND sheds it when it changes its user or executes a set-user-ID
// program: the kernel clears it then.
void lifeline_release(void);

// ---- signals.c: what is sent to mydocker waits until COMMAND can have it ----

// Before the clone: block every signal (the C library keeps a few to itself), and see to it that
// the death of a child is reported, even where the caller ignored SIGCHLD (waitpid(2)).
void signals_block(void);

// In the child: make mask and dispositions what the caller left.
void signals_restore(void);

// ---- terminal.c: -t makes COMMAND the foreground of our terminal (credentials(7)) ----

// Before the clone, and before signals_block(): remember the terminal on descriptor 0, to be handed
// over. Warns where there is none. In the background it leaves the terminal alone; where COMMAND
// is INTERACTIVE, going to read from it, the whole job stops first until it is in the foreground.
void terminal_claim(bool interactive);

// In the child: a process group of its own, and the terminal's foreground.
void terminal_take(void);

// In the parent: foreground and settings as they were when claimed. What the group that had the
// terminal till now made of it is remembered.
void terminal_give_back(void);

// In the parent, in the foreground again after a stop: undo terminal_give_back().
void terminal_hand_over(void);

// ---- wait.c: the rest of the parent's life ----

// Pass on the signals that arrive until CHILD ends; kill it on the third SIGINT or SIGTERM; stop
// and go on with it as one job. Returns its exit status, 128+N where signal N ended it.
int wait_for(pid_t child);

// What wait_for() makes of a STATUS that waitpid(2) reported for a process that ended.
int exit_status(int status);

// ---- path.c: where COMMAND is ----

// The file that NAME stands for, looked up in PATH as a shell does it: the first one that is
// executable, else the first that is there. A NAME with a slash is itself. Writes to FOUND and
// returns it; dies with EXIT_NOT_FOUND where there is none.
const char *path_find(const char *name, char found[PATH_MAX]);

#endif
