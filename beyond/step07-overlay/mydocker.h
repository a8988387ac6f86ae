// What the files of mydocker tell each other. A section for each .c file.
#ifndef MYDOCKER_H
#define MYDOCKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "beyond.h"
#include "common.h"

// ---- main.c: the table of commands ----

// Print how mydocker is used, and exit with status 0.
_Noreturn void usage(void);

// ---- commands.c: the options of each command ----

// The words behind the command's name start at ARGV[optind] (getopt_long(3)). Returns mydocker's
// exit status; dies on bad usage.
int run_command(int argc, char **argv);
// The same for init. It also dies in a process that container_start() has not made.
int init_command(int argc, char **argv);

// ---- run.c: the parent, and the child's way to COMMAND ----

struct run_options {
    bool interactive; // COMMAND reads our standard input, not /dev/null
    bool tty;         // COMMAND gets our terminal
    char *rootfs;     // the directory that becomes COMMAND's /, or NULL
    char **argv;      // COMMAND, its arguments and NULL
    char **words;     // mydocker's own command line, with `init` for `run`
};

// Start COMMAND and wait for it. Returns its exit status; dies where it cannot be started.
int run(const struct run_options *options);

// In the child: tie it to the parent, give it terminal and input as OPTIONS say, and undo the rest
// of what run() did, so that COMMAND finds what the caller left. Dies if it cannot.
void prepare_child(const struct run_options *options);

// Become COMMAND, ARGV[0]: execve(2) replaces the program and keeps the process. Dies with status
// 126 or 127 where it cannot be executed.
_Noreturn void exec_command(char **argv);

// ---- container.c: the child ----

// Start COMMAND as PID 1 of new namespaces (clone(2)). Returns its process ID out here; dies where
// the kernel refuses, and says why.
pid_t container_start(const struct run_options *options);

// ---- init.c: PID 1 before COMMAND ----

// Set up what container_start() has made and become COMMAND. Dies where a call fails, and as
// exec_command() does.
_Noreturn void init(const struct run_options *options);

// ---- rootfs.c: a root of its own ----

// Make an overlay of DIRECTORY the / of this mount namespace, whose mounts are private, and the old
// root the working directory (pivot_root(2)). Dies where the kernel refuses, and says why.
void enter_root(const char *directory);

// After that: unmount the old root, and go to /. Dies if it cannot.
void leave_old_root(void);

// ---- dev.c: the devices, and what else every system has mounted ----

// Between enter_root() and leave_old_root(): mount /sys, /dev and what is in it, with devices of
// the old root, and lead descriptors from the host's /dev/null to the new one. Dies if it cannot.
void mount_dev(void);

#endif
