// Any bytes in, exactly one line of JSON out, which says the same.
//
// An input is a byte for the level, one for the time zone, four for the time, and the message.
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "fuzz.h"

// What a line holds at the least before it is cut: its longest character, as \uXXXX, and "..."
// may not have fitted.
enum { FULL = LOG_LINE_MAX - 6 - 3 };

static void check_log_line(enum log_level level, const char *message, time_t now)
{
    static const char *const names[] = {"debug", "info", "warning", "error", "fatal"};
    static char text[LOG_LINE_MAX];
    static struct line line;
    size_t size = log_line(text, level, message, now);

    require(size <= LOG_LINE_MAX);
    line_read(&line, text, size);
    require(strcmp(line.level, names[level]) == 0 && line.time == now);
    line_expect(&line, message, size >= FULL);
}

// The same by way of printf(3)'s arguments and write(2).
static void check_one_write(const char *message)
{
    static struct line line;

    capture();
    errno = ENOENT;
    log_warn("%s", message);
    release();
    require(errno == ENOENT && caught.writes == 1);
    line_read(&line, caught.errors, caught.size);
    line_expect(&line, message, caught.size >= FULL);
}

// A failure has its reason, however long its object is.
static void check_failure(const char *message)
{
    static const char reason[] = ": No such file or directory: look there";
    static struct line line;

    capture();
    errno = ENOENT;
    if (setjmp(caught.end) == 0)
        die_remedy(EXIT_NOT_FOUND, "look there", "%s", message);
    release();
    require(caught.status == EXIT_NOT_FOUND && !caught.politely && caught.writes == 1);
    line_read(&line, caught.errors, caught.size);
    if (caught.size >= FULL)
        return; // the object was short, but long when escaped
    require(line.length >= strlen(reason));
    line.length -= strlen(reason);
    for (size_t i = 0; i < strlen(reason); i++)
        require(line.message[line.length + i] == (unsigned char)reason[i]);
    line_expect(&line, message, strlen(message) > 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"UTC", "XYZ7", "XYZ-5:30", "XYZ0:30", "XYZ-14"};
    static const char *zone;
    static char message[1 << 14];
    uint32_t now;

    if (size < 6 || size - 6 >= sizeof(message))
        return 0;
    if (zone != zones[data[1] % 5]) {
        zone = zones[data[1] % 5];
        setenv("TZ", zone, 1);
        tzset();
    }
    memcpy(&now, data + 2, sizeof(now));
    memcpy(message, data + 6, size - 6);
    message[size - 6] = '\0';
    // Twice as far as the kernel's clock goes, in four bytes.
    check_log_line(data[0] % 5, message, (time_t)now * 4);
    check_one_write(message);
    check_failure(message);
    return 0;
}
