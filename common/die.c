// The last line of a run that failed: the operation, its object, the system's reason and, where
// that misleads, the remedy.
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "internal.h"

// The message's share of a line: an object of any length leaves room for the reason.
enum { SUBJECT_MAX = 1024 };

// Log "SUBJECT: the text of errno: REMEDY".
__attribute__((format(printf, 2, 0))) static void log_failure(const char *remedy,
                                                              const char *format, va_list arguments)
{
    int error = errno;
    char subject[SUBJECT_MAX];

    format_message(subject, sizeof(subject), format, arguments);
    log_fatal("%s: %s%s%s", subject, strerror(error), *remedy == '\0' ? "" : ": ", remedy);
}

void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_message(LEVEL_FATAL, format, arguments);
    va_end(arguments);
    _exit(EXIT_MYDOCKER);
}

void die_errno(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_failure("", format, arguments);
    va_end(arguments);
    _exit(EXIT_MYDOCKER);
}

void die_remedy(int status, const char *remedy, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_failure(remedy, format, arguments);
    va_end(arguments);
    _exit(status);
}
