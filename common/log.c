// One line of JSON on standard error, in one write(2); and the last line of a run that failed.
//
// The form is that of logrus's JSONFormatter, which runC and the Go original log with.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

// A failure's share of a line: an object of any length leaves room for the reason.
enum { SUBJECT_MAX = 1024 };

// logrus's names; --log-level also takes "warn".
static const char *const level_names[] = {"debug", "info", "warning", "error", "fatal"};

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

// "2019-04-24T21:09:35-07:00", or "...Z" where local time is UTC, as in Go. strftime(3) would look
// at the time zone's file a second time.
static void rfc3339(char text[64], time_t now)
{
    struct tm local = {0}; // localtime_r(3) fails where the year is more than an int

    (void)localtime_r(&now, &local);
    int length =
        snprintf(text, 64, "%04d-%02d-%02dT%02d:%02d:%02d", local.tm_year + 1900, local.tm_mon + 1,
                 local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
    long minutes = labs(local.tm_gmtoff) / 60;
    if (minutes == 0)
        (void)strcpy(text + length, "Z");
    else
        (void)snprintf(text + length, 64 - (size_t)length, "%c%02ld:%02ld",
                       local.tm_gmtoff < 0 ? '-' : '+', minutes / 60 % 24, minutes % 60);
}

size_t log_line(char line[LOG_LINE_MAX], enum log_level level, const char *message, time_t now)
{
    char when[64], tail[96], escaped[8];

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

// A reader that has gone, or a file at its limit, must not take the run with it: write(2) is to
// report EPIPE or EFBIG here, and not to raise SIGPIPE or SIGXFSZ, now or when it is unblocked.
// Returns false where the mask is not what it was before.
static bool write_quietly(const char *line, size_t length)
{
    sigset_t raised, before;

    sigemptyset(&raised);
    sigaddset(&raised, SIGPIPE);
    sigaddset(&raised, SIGXFSZ);
    (void)sigprocmask(SIG_BLOCK, &raised, &before);
    if (write(STDERR_FILENO, line, length) == -1 && (errno == EPIPE || errno == EFBIG))
        (void)sigtimedwait(&raised, NULL, &(struct timespec){0});
    // Not SIG_SETMASK: the C library would clear the signals that it uses itself (signals.c).
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&before, signal) == 1)
            sigdelset(&raised, signal);
    return sigprocmask(SIG_UNBLOCK, &raised, NULL) == 0;
}

// Can a line be written without waiting for its reader?
static bool has_room(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) != 0;
}

// vsnprintf(3), with what did not fit replaced by "...".
__attribute__((format(printf, 3, 0))) static void
format_message(char *out, size_t size, const char *format, va_list arguments)
{
    if (vsnprintf(out, size, format, arguments) < (int)size)
        return;
    size_t end = size - sizeof("...");
    // Cut between two characters, as log_line() does, and not in one that begins before the end.
    for (size_t before = 3; before > 0; before--)
        if (utf8_sequence((const unsigned char *)out + end - before) > before)
            end -= before;
    (void)strcpy(out + end, "...");
}

// The parent's lines, which tell of signals, must not make it deaf to the next one: those do not
// wait for a reader. Returns as write_quietly().
static bool log_message(enum log_level level, const char *message)
{
    char line[LOG_LINE_MAX];
    int error = errno;

    if (level < threshold || ((level == LEVEL_DEBUG || level == LEVEL_WARN) && !has_room()))
        return true;
    if (!write_quietly(line, log_line(line, level, message, time(NULL))))
        return false;
    errno = error;
    return true;
}

// A mask that cannot be put back would be COMMAND's to inherit.
#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        char message[LOG_LINE_MAX];                                                                \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        format_message(message, sizeof(message), format, arguments);                               \
        va_end(arguments);                                                                         \
        if (!log_message(level, message))                                                          \
            die_errno("sigprocmask");                                                              \
    }

LOG_FUNCTION(log_debug, LEVEL_DEBUG)
LOG_FUNCTION(log_info, LEVEL_INFO)
LOG_FUNCTION(log_warn, LEVEL_WARN)

static void (*last_acts[2])(void);

void die_after(void (*act)(void))
{
    last_acts[last_acts[0] != NULL] = act;
}

static _Noreturn void end(int status, const char *message)
{
    (void)log_message(LEVEL_FATAL, message); // no COMMAND comes after it
    for (size_t i = 2; i-- > 0;)
        if (last_acts[i] != NULL)
            last_acts[i]();
    _exit(status);
}

void die(const char *format, ...)
{
    char message[LOG_LINE_MAX];
    va_list arguments;

    va_start(arguments, format);
    format_message(message, sizeof(message), format, arguments);
    va_end(arguments);
    end(EXIT_MYDOCKER, message);
}

void die_remedy(int status, const char *remedy, const char *format, ...)
{
    char message[LOG_LINE_MAX], subject[SUBJECT_MAX];
    const char *reason = strerror(errno);
    va_list arguments;

    va_start(arguments, format);
    format_message(subject, sizeof(subject), format, arguments);
    va_end(arguments);
    (void)snprintf(message, sizeof(message), "%s: %s%s%s", subject, reason,
                   *remedy == '\0' ? "" : ": ", remedy);
    end(status, message);
}
