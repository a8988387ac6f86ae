// One line of JSON on standard error, in one write(2).
//
// The form is that of logrus's JSONFormatter, which runC and the Go original log with.
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "internal.h"

// logrus's names; --log-level also takes "warn".
static const char *const level_names[] = {"debug", "info", "warning", "error", "fatal"};

static char level_option[] = "--log-level=warning";
static enum log_level threshold = LEVEL_INFO;

bool log_set_level(const char *name)
{
    for (enum log_level level = LEVEL_DEBUG; level <= LEVEL_ERROR; level++) {
        if (strcmp(name, level_names[level]) == 0 ||
            (level == LEVEL_WARN && strcmp(name, "warn") == 0)) {
            threshold = level;
            return true;
        }
    }
    return false;
}

char *log_level_option(void)
{
    if (threshold == LEVEL_INFO)
        return NULL;
    (void)strcpy(strchr(level_option, '=') + 1, level_names[threshold]);
    return level_option;
}

// The length of the UTF-8 sequence at S, or 0 if there is none: RFC 3629 has no overlong forms, no
// surrogates and nothing above U+10FFFF. A NUL ends it early like any other wrong byte.
static size_t utf8_sequence(const unsigned char *s)
{
    size_t length = s[0] < 0x80                   ? 1
                    : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                    : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                    : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                  : 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

// Write what the byte or sequence at S is inside a JSON string to OUT, NUL-terminated (a sequence
// that is not UTF-8 becomes U+FFFD, as in Go). Returns how many bytes of S that was. JSON wants the
// control characters below U+0020 escaped; a terminal obeys those from U+007F to U+009F as well.
static size_t json_escape(const char *s, char out[8])
{
    const unsigned char *bytes = (const unsigned char *)s;
    size_t length = utf8_sequence(bytes);

    if (length == 0)
        (void)strcpy(out, "\\ufffd");
    else if (*s == '"' || *s == '\\')
        (void)snprintf(out, 8, "\\%c", *s);
    else if (*s == '\n' || *s == '\r' || *s == '\t')
        (void)snprintf(out, 8, "\\%c", *s == '\n' ? 'n' : *s == '\r' ? 'r' : 't');
    else if (*bytes < 0x20 || *bytes == 0x7f || (length == 2 && *bytes == 0xc2 && bytes[1] < 0xa0))
        (void)snprintf(out, 8, "\\u%04x", (unsigned)bytes[length - 1]);
    else
        (void)snprintf(out, 8, "%.*s", (int)length, s);
    return length == 0 ? 1 : length;
}

// "2019-04-24T21:09:35-07:00", or "...Z" where local time is UTC, as in Go.
static void rfc3339(char text[32], time_t now)
{
    struct tm local = {0}; // localtime_r(3) fails where the year is more than an int

    (void)localtime_r(&now, &local);
    size_t length = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &local);
    long minutes = labs(local.tm_gmtoff) / 60;
    if (minutes == 0)
        (void)strcpy(text + length, "Z");
    else
        (void)snprintf(text + length, 32 - length, "%c%02ld:%02ld", local.tm_gmtoff < 0 ? '-' : '+',
                       minutes / 60 % 24, minutes % 60);
}

size_t log_line(char line[LOG_LINE_MAX], enum log_level level, const char *message, time_t now)
{
    char when[32], tail[64], escaped[8];

    rfc3339(when, now);
    int tail_length = snprintf(tail, sizeof(tail), "\",\"time\":\"%s\"}\n", when);
    size_t room = LOG_LINE_MAX - (size_t)tail_length - strlen("...");
    size_t length =
        (size_t)snprintf(line, room, "{\"level\":\"%s\",\"msg\":\"", level_names[level]);

    while (*message != '\0') {
        message += json_escape(message, escaped);
        size_t n = strlen(escaped);
        if (length + n > room) {
            (void)memcpy(line + length, "...", 3);
            length += 3;
            break;
        }
        (void)memcpy(line + length, escaped, n);
        length += n;
    }
    (void)memcpy(line + length, tail, (size_t)tail_length);
    return length + (size_t)tail_length;
}

// A reader that has gone must not take the run with it: write(2) is to report EPIPE here, and not
// to raise SIGPIPE, now or when the signal is unblocked.
static void write_quietly(const char *line, size_t length)
{
    sigset_t pipe, before;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    bool blocked = sigprocmask(SIG_BLOCK, &pipe, &before) == 0 && !sigismember(&before, SIGPIPE);
    if (write(STDERR_FILENO, line, length) == -1 && errno == EPIPE)
        (void)sigtimedwait(&pipe, NULL, &(struct timespec){0});
    if (blocked && sigprocmask(SIG_UNBLOCK, &pipe, NULL) == -1)
        die_errno("sigprocmask"); // or COMMAND would inherit a mask that is not its caller's
}

void format_message(char *out, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(out, size, format, arguments);

    if (length < 0) {
        out[0] = '\0';
    } else if ((size_t)length >= size) {
        size_t kept = 0;
        // Cut between two characters, as log_line() does.
        for (size_t next = 0; next + sizeof("...") <= size;) {
            size_t sequence = utf8_sequence((const unsigned char *)out + next);
            kept = next;
            next += sequence == 0 ? 1 : sequence;
        }
        (void)strcpy(out + kept, "...");
    }
}

void log_message(enum log_level level, const char *format, va_list arguments)
{
    char message[LOG_LINE_MAX], line[LOG_LINE_MAX];
    int error = errno;

    if (level < threshold)
        return;
    format_message(message, sizeof(message), format, arguments);
    write_quietly(line, log_line(line, level, message, time(NULL)));
    errno = error;
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        log_message(level, format, arguments);                                                     \
        va_end(arguments);                                                                         \
    }

LOG_FUNCTION(log_debug, LEVEL_DEBUG)
LOG_FUNCTION(log_info, LEVEL_INFO)
LOG_FUNCTION(log_warn, LEVEL_WARN)
LOG_FUNCTION(log_fatal, LEVEL_FATAL)
