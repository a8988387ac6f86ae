// The fault injector: what its files share. A section for each.
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// ---- calls.c: the system calls that mydocker makes, and what their manual pages say of them ----

enum { ERRORS_MAX = 24 };

struct call {
    long number;
    const char *name;
    int string;       // which argument is a string that tells one from another, or -1
    bool done;        // close(2): the call has had its effect even where it reports an error
    const char *says; // what the fatal line calls it, where that is not the name; "a|b": either
    int errors[ERRORS_MAX]; // the section ERRORS of its manual page, up to the first 0
};

// NULL where the table lacks it.
const struct call *call_numbered(long number);

bool is_poll(long number);

// ---- tracer.c: one run of mydocker, every system call of it seen ----

enum who { PARENT, CHILD };

// A system call that mydocker made: after main() had begun, and before COMMAND was executed.
struct made {
    enum who who;
    long number;
    char object[64]; // its string argument
    bool last;       // made when COMMAND may have ended
};

enum { CALLS_MAX = 256 };

enum kind {
    NO_FAULT,
    ERROR, // the call fails, once
    KILL,  // mydocker dies while this process is just about to make it
};

// What happens to call INDEX of process WHO, counted from 0.
struct fault {
    enum kind kind;
    enum who who;
    int index;
    int error;
};

#define NOT_GIVEN_BACK "the terminal was not given back"

struct run {
    // in
    const char *program; // mydocker's file
    char *const *argv;
    bool terminal;         // as the foreground job of the terminal
    const char *directory; // where it starts
    struct fault fault;
    // out
    struct made calls[CALLS_MAX];
    int count;
    bool waits;        // it has begun to wait for COMMAND's end
    bool fired;        // the fault met the call it was meant for
    long fired_number; // which is this one
    bool timed_out;
    int status;           // mydocker's, as of waitpid(2)
    char *command;        // what COMMAND was given to live in; NULL if it was not executed
    char said[1 << 14];   // standard error
    char complaint[4096]; // what was left behind, or not as it was before; else empty
};

// Once: where PROGRAM begins, and a terminal of our own, whose foreground this process gives and
// takes as a shell does.
void tracer_begin(const char *program);

// Fill the second half of RUN. Needs nobody else's children.
void tracer_run(struct run *run);

void tracer_free(struct run *run);

#endif
