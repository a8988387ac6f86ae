// Reading what was written.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

enum { PIECES_MAX = 65536 };
static void *pieces[PIECES_MAX];
static size_t piece_count;

void *test_memory(size_t size)
{
    if (piece_count == PIECES_MAX)
        abort();
    void *piece = calloc(1, size);
    if (piece == NULL)
        abort();
    pieces[piece_count++] = piece;
    return piece;
}

void test_memory_free(void);
void test_memory_free(void)
{
    while (piece_count > 0)
        free(pieces[--piece_count]);
}

const char *text_of(const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    va_end(arguments);
    char *text = test_memory(size);
    (void)vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

const char *content_of(const char *file)
{
    static char bytes[1 << 20]; // not for every look at a small file
    size_t size = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    while (fd != -1 && (n = read(fd, bytes + size, sizeof(bytes) - size)) > 0)
        size += (size_t)n;
    if (fd != -1)
        close(fd);
    return memcpy(test_memory(size + 1), bytes, size);
}

// The line at *TEXT, which is set to the next one.
static const char *take_line(const char **text)
{
    size_t length = strcspn(*text, "\n");
    const char *line = text_of("%.*s", (int)length, *text);

    *text += length + ((*text)[length] == '\n');
    return line;
}

const char *difference(const char *before, const char *after)
{
    while (*before != '\0' || *after != '\0') {
        const char *old = take_line(&before), *new = take_line(&after);
        if (strcmp(old, new) != 0)
            return text_of("\n-%s\n+%s", old, new);
    }
    return "none";
}

static const char *find_fact(const struct process *process, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = process->output.bytes; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == '=')
            return text_of("%.*s", (int)strcspn(line + length + 1, "\r\n"), line + length + 1);
    }
    return NULL;
}

// What this test has asked for: in a failure's report these are the facts that matter.
enum { ASKED_MAX = 64 };
static const char *asked[ASKED_MAX];
static size_t asked_count;

bool fact_matters(const char *line)
{
    size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz_0123456789");

    if (length == 0 || line[length] != '=')
        return true; // no fact
    for (size_t i = 0; i < asked_count; i++)
        if (strncmp(asked[i], line, length) == 0 && asked[i][length] == '\0')
            return true;
    return false;
}

void facts_forget(void)
{
    asked_count = 0;
}

const char *fact(const struct process *process, const char *key)
{
    if (asked_count < ASKED_MAX)
        asked[asked_count++] = text_of("%s", key);
    const char *value = find_fact(process, key);

    expect(value != NULL, "the probe, run as COMMAND, did not report %s: %s", key,
           describe(process));
    return value;
}

long fact_number(const struct process *process, const char *key)
{
    return strtol(fact(process, key), NULL, 10);
}

// Step over LITERAL, if it stands at TEXT. NULL is passed on.
static const char *skip_literal(const char *text, const char *literal)
{
    return text != NULL && strncmp(text, literal, strlen(literal)) == 0 ? text + strlen(literal)
                                                                        : NULL;
}

// Step over the inside of a JSON string (RFC 8259), up to its closing quote.
static const char *skip_string(const char *text)
{
    while (text != NULL && *text != '"') {
        if (*text == '\\' && strchr("\"\\/bfnrt", text[1]) != NULL && text[1] != '\0')
            text += 2;
        else if (*text == '\\' && text[1] == 'u' && strspn(text + 2, "0123456789abcdefABCDEF") >= 4)
            text += 6;
        else if (*text == '\\' || (unsigned char)*text < 0x20)
            return NULL;
        else
            text++;
    }
    return text;
}

// Step over an RFC 3339 time.
static const char *skip_time(const char *text)
{
    const char *form = "dddd-dd-ddTdd:dd:dd";

    for (; text != NULL && *form != '\0'; form++, text++)
        if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
            return NULL;
    if (text == NULL || *text == 'Z')
        return text == NULL ? NULL : text + 1;
    form = "dd:dd";
    if (*text != '+' && *text != '-')
        return NULL;
    for (text++; *form != '\0'; form++, text++)
        if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
            return NULL;
    return text;
}

// The line at TEXT, if it is one of the log; else NULL.
static const char *skip_log_line(const char *text, const char **level, size_t *level_length)
{
    *level = skip_literal(text, "{\"level\":\"");
    text = skip_string(*level);
    *level_length = text == NULL ? 0 : (size_t)(text - *level);
    text = skip_string(skip_literal(text, "\",\"msg\":\""));
    text = skip_time(skip_literal(text, "\",\"time\":\""));
    return skip_literal(text, "\"}\n");
}

int log_lines(const struct process *process, const char *level)
{
    const char *found;
    size_t length;
    int count = 0;

    for (const char *line = process->errors.bytes; *line != '\0';) {
        const char *next = skip_log_line(line, &found, &length);

        expect(
            next != NULL,
            "standard error holds a line that is not of the log's form, and should be of this one: "
            "{\"level\":\"info\",\"msg\":\"...\",\"time\":\"2019-04-24T21:09:35-07:00\"}: %s",
            describe(process));
        count += length == strlen(level) && strncmp(found, level, length) == 0;
        line = next;
    }
    return count;
}

// Do the parts of PATTERN, with "..." between them, stand in TEXT in this order? Small letters or
// capitals: other languages have other habits.
static bool holds(const char *text, const char *pattern)
{
    while (*pattern != '\0') {
        const char *dots = strstr(pattern, "...");
        size_t length = dots == NULL ? strlen(pattern) : (size_t)(dots - pattern);
        text = strcasestr(text, text_of("%.*s", (int)length, pattern));
        if (text == NULL)
            return false;
        text += length;
        pattern += length + (dots == NULL ? 0 : strlen("..."));
    }
    return true;
}

void expect_failure(const struct process *process, int status, const char *text)
{
    expect(process->status == status, "it should have failed with status %d%s: %s", status,
           strstr(process->errors.bytes, "No child processes") == NULL
               ? ""
               : ", and had a child (SIGCHLD in the flags of clone(2)?)",
           describe(process));
    expect(log_lines(process, "fatal") == 1,
           "a failure should be exactly one line of level fatal, there are %d: %s",
           log_lines(process, "fatal"), describe(process));
    expect(holds(strstr(process->errors.bytes, "\"fatal\""), text),
           "the fatal line should say \"%s\": %s", text, describe(process));
    expect(strstr(process->errors.bytes, ": \",\"time\"") == NULL,
           "the fatal line ends in a colon, and behind it should stand the reason: %s",
           describe(process));
    expect(process->output.size == 0, "standard output should be empty, COMMAND not run: %s",
           describe(process));
}

char state_of(pid_t pid)
{
    const char *end = strrchr(content_of(text_of("/proc/%d/stat", (int)pid)), ')');

    return end == NULL ? '?' : end[2];
}

bool has_executed(pid_t pid)
{
    const char *end = strrchr(content_of(text_of("/proc/%d/stat", (int)pid)), ')');
    const unsigned forked_only = 0x40; // PF_FORKNOEXEC of the kernel's sched.h
    unsigned flags = forked_only;

    if (end != NULL)
        (void)sscanf(end, ") %*c %*d %*d %*d %*d %*d %u", &flags);
    return (flags & forked_only) == 0;
}
