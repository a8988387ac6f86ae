// What a black box cannot reach in common/ and beyond/common/: every byte of a log line, every wait
// status, two who want one control group.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "beyond.h"
#include "common.h"

// The line that MESSAGE makes at NOW, as a string.
static const char *line_of(const char *message, time_t now)
{
    static char line[LOG_LINE_MAX + 1];
    size_t length = log_line(line, LEVEL_INFO, message, now);

    assert_in_range(length, 1, LOG_LINE_MAX);
    line[length] = '\0';
    return line;
}

static void in_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

#define LINE(message)                                                                              \
    "{\"level\":\"info\",\"msg\":\"" message "\",\"time\":\"1970-01-01T00:00:00Z\"}\n"

static void plain_text(void **state)
{
    (void)state;
    in_zone("UTC");
    assert_string_equal(line_of("command /bin/sh", 0), LINE("command /bin/sh"));
    assert_string_equal(line_of("", 0), LINE(""));
}

static void escapes(void **state)
{
    (void)state;
    in_zone("UTC");
    assert_string_equal(line_of("\"\\\n\r\t", 0), LINE("\\\"\\\\\\n\\r\\t"));
    assert_string_equal(line_of("\x01\x1f", 0), LINE("\\u0001\\u001f"));
    // Not JSON wants these escaped, but the terminal: DEL, and U+0080 to U+009F, which are ESC and
    // a letter in one.
    assert_string_equal(line_of("\x7f\xc2\x80\xc2\x9f", 0), LINE("\\u007f\\u0080\\u009f"));
}

static void utf8(void **state)
{
    // The limits of RFC 3629, and what lies just behind them.
    static const struct {
        const char *bytes, *escaped;
    } cases[] = {
        {"\xc2\xa0", "\xc2\xa0"},                 // U+00A0
        {"\xdf\xbf", "\xdf\xbf"},                 // U+07FF
        {"\xe0\xa0\x80", "\xe0\xa0\x80"},         // U+0800
        {"\xed\x9f\xbf", "\xed\x9f\xbf"},         // U+D7FF
        {"\xee\x80\x80", "\xee\x80\x80"},         // U+E000
        {"\xf0\x90\x80\x80", "\xf0\x90\x80\x80"}, // U+10000
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"}, // U+10FFFF
        {"\x80", "\\ufffd"},
        {"\xc1\xbf", "\\ufffd\\ufffd"},                       // overlong
        {"\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd"},            // overlong
        {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            // a surrogate
        {"\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd"}, // overlong
        {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, // above U+10FFFF
        {"\xf5", "\\ufffd"},
        {"\xff", "\\ufffd"},
        {"\xe2\x82", "\\ufffd\\ufffd"}, // cut short
    };
    char wanted[256];

    (void)state;
    in_zone("UTC");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(wanted, sizeof(wanted), LINE("%s"), cases[i].escaped);
        assert_string_equal(line_of(cases[i].bytes, 0), wanted);
    }
}

static void zones(void **state)
{
    static const struct {
        const char *zone, *time;
    } cases[] = {
        {"UTC", "2019-04-25T04:09:35Z"},           {"XYZ7", "2019-04-24T21:09:35-07:00"},
        {"XYZ-5:30", "2019-04-25T09:39:35+05:30"}, {"XYZ0:30", "2019-04-25T03:39:35-00:30"},
        {"XYZ-14", "2019-04-25T18:09:35+14:00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        in_zone(cases[i].zone);
        assert_non_null(strstr(line_of("", 1556165375), cases[i].time));
    }
}

static void long_messages(void **state)
{
    static const char *const units[] = {"x", "\"", "\xff", "\xe2\x82\xac", "\xf0\x9f\x90\xb3"};

    (void)state;
    in_zone("XYZ7");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        for (size_t count = 600; count < 4200; count++) {
            size_t size = strlen(units[i]);
            char *message = calloc(count + 1, size);
            assert_non_null(message);
            for (size_t j = 0; j < count; j++)
                memcpy(message + j * size, units[i], size);
            const char *line = line_of(message, 0);
            const char *tail = strstr(line, "\",\"time\":\"1969-12-31T17:00:00-07:00\"}\n");
            assert_non_null(tail);
            // Whole, or cut between two characters and marked as such.
            size_t escaped = size == 1 && *units[i] == 'x' ? 1
                             : *units[i] == '"'            ? 2
                             : *units[i] == '\xff'         ? 6
                                                           : size;
            size_t length = (size_t)(tail - line) - strlen("{\"level\":\"info\",\"msg\":\"");
            if (length != count * escaped) {
                assert_memory_equal(tail - 3, "...", 3);
                assert_int_equal((length - 3) % escaped, 0);
            }
            free(message);
        }
    }
}

static void levels(void **state)
{
    (void)state;
    assert_false(log_set_level("fatal"));
    assert_false(log_set_level(""));
    assert_true(log_set_level("warn"));
    assert_true(log_set_level("warning"));
    assert_true(log_set_level("debug"));
    assert_true(log_set_level("info"));
}

static void wait_statuses(void **state)
{
    (void)state;
    for (int status = 0; status < 256; status++)
        assert_int_equal(exit_status(status << 8), status);
    for (int signal = 1; signal < 65; signal++) {
        assert_int_equal(exit_status(signal), 128 + signal);
        assert_int_equal(exit_status(signal | 0x80), 128 + signal); // with a core dump
    }
}

// As two mydockers lock a group. A directory with a file cgroup.procs is one, as far as this asks.
static void one_owner(void **state)
{
    char directory[] = "/tmp/group-XXXXXX", file[64];

    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(file, sizeof(file), "%s/cgroup.procs", directory);
    assert_int_equal(mknod(file, S_IFREG | 0600, 0), 0);
    int first = open(directory, O_RDONLY | O_CLOEXEC),
        second = open(directory, O_RDONLY | O_CLOEXEC);
    assert_true(cgroup_lock(first));
    assert_false(cgroup_lock(second));
    assert_int_equal(errno, EWOULDBLOCK);
    assert_int_equal(close(first), 0);
    assert_true(cgroup_lock(second));
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_false(cgroup_lock(second));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(close(second), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text),    cmocka_unit_test(escapes),
        cmocka_unit_test(utf8),          cmocka_unit_test(zones),
        cmocka_unit_test(levels),        cmocka_unit_test(long_messages),
        cmocka_unit_test(wait_statuses), cmocka_unit_test(one_owner),
    };

    return cmocka_run_group_tests_name("common", tests, NULL, NULL);
}
