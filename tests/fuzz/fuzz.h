// What the fuzz targets share. A target fails by abort(3), which libFuzzer reports with its input.
#ifndef FUZZ_H
#define FUZZ_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Abort, and say why, unless CONDITION holds.
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// ---- caught.c: mydocker ends, and the fuzzer goes on ----

// Between capture() and release(), exit(3), _exit(2) and what is written to standard error end up
// here; the linker leads the calls to us (--wrap).
struct caught {
    jmp_buf end;   // where exit(3) and _exit(2) go on
    bool active;   // between the two
    bool politely; // it was exit(3)
    int status;
    char errors[1 << 16];
    size_t size, writes;
};
extern struct caught caught;

// if (setjmp(caught.end) == 0) after capture(), and release() at the end of both ways.
void capture(void);
void release(void);

// ---- line.c: an independent reader of a line of the log ----

struct line {
    char level[8];
    uint32_t message[1 << 13]; // its characters
    size_t length;
    long long time; // seconds since 1970, as the line tells them
};

// Aborts where TEXT is anything but one line: RFC 8259 and RFC 3629 to the letter, the three keys
// in their order, and a time of RFC 3339.
void line_read(struct line *line, const char *text, size_t size);

// Aborts unless the message is WANTED's bytes, each one that is no UTF-8 as U+FFFD, or, if it MAY
// be cut, starts like them and ends in "...".
void line_expect(const struct line *line, const char *wanted, bool may_be_cut);

#endif
