// The log: JSON, on standard error, a write(2) a line.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

// By hand, because not every machine has a locale whose mbstowcs(3) reads UTF-8 (RFC 3629).
static bool is_utf8(const char *text)
{
    static const unsigned least[] = {0, 0x80, 0x800, 0x10000};

    for (const unsigned char *s = (const unsigned char *)text; *s != '\0'; s++) {
        size_t more = *s < 0x80 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
        unsigned point = more == 0 ? *s : *s & (0x3fu >> more);

        if ((*s >= 0x80 && *s < 0xc0) || *s >= 0xf8)
            return false;
        for (size_t i = 0; i < more; i++) {
            if ((*++s & 0xc0) != 0x80)
                return false;
            point = point << 6 | (*s & 0x3f);
        }
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
    }
    return true;
}

static void expect_log(const struct process *p, const char *messages)
{
    const char *found = "", *next = p->errors.bytes;

    (void)log_lines(p, "info");
    while ((next = strstr(next, "\"msg\":\"")) != NULL) {
        next += strlen("\"msg\":\"");
        found = text_of("%s%.*s\n", found, (int)strcspn(next, "\""), next);
    }
    expect(strcmp(found, messages) == 0, "the log should say\n%sbut it says\n%s%s", messages, found,
           describe(p));
}

static void the_original_lines(void)
{
    expect_log(run("run", "/bin/sh", "-c", ":"), "init come on\ncommand /bin/sh\n");
}

static void one_line_without_init(void)
{
    expect_log(run("run", "/bin/sh", "-c", ":"), "command /bin/sh\n");
}

static void whatever_the_bytes(void)
{
    static const char *const names[] = {"no\"quote\\", "no\nline\ttab\x01\x7f",
                                        "no\xff\xfe\xc0\x80",
                                        "no\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82", "no\xe2\x82\xac"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct process *p = run("run", names[i]);
        expect_failure(p, 127, "no");
        expect(is_utf8(p->errors.bytes), "the log should be UTF-8 for COMMAND number %zu: %s", i,
               describe(p));
        p = run(names[i]);
        expect_failure(p, 125, "no");
        expect(is_utf8(p->errors.bytes), "the log should be UTF-8 for the command number %zu: %s",
               i, describe(p));
    }
}

static void the_time(void)
{
    char *const environment[] = {(char *)"TZ=UTC", NULL};
    struct launch how = {.environment = environment};
    char text[32];
    time_t before = time(NULL), at;
    struct process *p = run_with(&how, "run", probe, "exit");

    for (at = before; at <= time(NULL); at++) {
        (void)strftime(text, sizeof(text), "\"time\":\"%Y-%m-%dT%H:%M:%S", gmtime(&at));
        if (strstr(p->errors.bytes, text) != NULL)
            return;
    }
    fail_at(__FILE__, __LINE__, "a line should hold the time at which it was written, %s: %s", text,
            describe(p));
}

static void local_time(void)
{
    static const struct {
        const char *zone, *offset;
    } cases[] = {{"TZ=XYZ7", "-07:00"},
                 {"TZ=XYZ-5:30", "+05:30"},
                 {"TZ=XYZ3:30", "-03:30"},
                 {"TZ=UTC", NULL}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *const environment[] = {(char *)cases[i].zone, NULL};
        struct process *p =
            run_with(&(struct launch){.environment = environment}, "run", probe, "exit");
        const char *offset = cases[i].offset;
        expect(log_lines(p, "info") > 0, "there should be a log: %s", describe(p));
        expect(offset != NULL ? strstr(p->errors.bytes, text_of("%s\"}", offset)) != NULL
                              : strstr(p->errors.bytes, "Z\"}") != NULL ||
                                    strstr(p->errors.bytes, "+00:00\"}") != NULL,
               "with %s the time should be local time, with its offset: %s", cases[i].zone,
               describe(p));
    }
}

// A socket that keeps records: each write(2) comes out as one packet (unix(7)). Not a pipe in
// packet mode: where a user has many pipes, a new one holds no more than two packets (pipe(7)).
static void packets_on_stderr(const void *argument)
{
    if (dup2(*(const int *)argument, 2) == -1)
        _exit(111);
}

static void one_write_a_line(void)
{
    int ends[2], packets = 0;
    char packet[65536];
    ssize_t size;

    expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
           "cannot make a socket of packets");
    struct launch how = {.prepare = packets_on_stderr,
                         .argument = &ends[1],
                         .by_hand = "... (standard error is a socket of packets)"};
    struct process *p = run_with(&how, "run", "-t", "no-such-command");
    close(ends[1]);
    for (; (size = read(ends[0], packet, sizeof(packet))) > 0; packets++)
        expect(packet[0] == '{' && packet[size - 1] == '\n' &&
                   memchr(packet, '\n', (size_t)size) == packet + size - 1,
               "a write(2) should be one whole line: %.*s", (int)size, packet);
    close(ends[0]);
    expect(p->status == 127 && packets >= 3,
           "status 127 and three packets should come, a warning, a line and a failure; the status "
           "is %d, and %d came",
           p->status, packets);
}

static void replace_stderr(const void *argument)
{
    int fd = open(argument, O_WRONLY);

    if (fd == -1 || dup2(fd, 2) == -1)
        _exit(111);
    close(fd);
}

static void a_full_disk(void)
{
    struct launch how = {
        .prepare = replace_stderr, .argument = "/dev/full", .by_hand = "... 2>/dev/full"};

    struct process *p = run_with(&how, "run", probe, "exit", "5");
    expect(p->status == 5,
           "a full disk behind the log is no reason not to run: COMMAND should end with 5: %s",
           describe(p));
    p = run_with(&how, "run", "no-such-command");
    expect(p->status == 127, "a full disk behind the log should not change the status, 127: %s",
           describe(p));
}

static void reader_has_gone(const void *argument)
{
    int ends[2];

    (void)argument;
    if (pipe(ends) == -1 || dup2(ends[1], 2) == -1)
        _exit(111);
    close(ends[0]);
    close(ends[1]);
}

static void nobody_reads(void)
{
    struct launch how = {.prepare = reader_has_gone,
                         .by_hand = "... (standard error is a pipe whose reader has gone)"};
    struct process *p = run_with(&how, "--log-level", "debug", "run", "-t", probe, "exit", "5");

    expect(p->status == 5, "a log that nobody reads should not end anything (SIGPIPE): %s",
           describe(p));
}

static const struct promise promises[] = {
    {"not yet: one line, command COMMAND", ALWAYS, 2, one_line_without_init},
    {"init come on, command COMMAND", 3, LAST, the_original_lines},
    {"JSON and UTF-8 whatever bytes argv holds", ALWAYS, LAST, whatever_the_bytes},
    {"the time of each line", ALWAYS, LAST, the_time},
    {"local time with its offset", ALWAYS, LAST, local_time},
    {"one write(2) a line", ALWAYS, LAST, one_write_a_line},
    {"a full disk behind the log", ALWAYS, LAST, a_full_disk},
    {"nobody reads the log", ALWAYS, LAST, nobody_reads},
};
MECHANISM(log, 1,
          "one write(2) on descriptor 2 for each line of JSON, with nothing of COMMAND unescaped");
