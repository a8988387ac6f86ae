// An independent reader of a line of the log: it shares nothing with the writer, and is stricter
// than a program that reads such lines has to be.
#include <string.h>
#include <time.h>

#include "fuzz.h"

enum { REPLACEMENT = 0xfffd };

// The character at *TEXT, which ends at END, by arithmetic: decode, and see whether the shortest
// form has this length. Advances *TEXT; over one byte, and returns false, where there is none.
static bool character(const unsigned char **text, const unsigned char *end, uint32_t *value)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (*text)++;
    int more = *at < 0x80 ? 0 : *at >> 5 == 6 ? 1 : *at >> 4 == 14 ? 2 : *at >> 3 == 30 ? 3 : -1;

    if (more == -1 || end - at <= more)
        return false;
    *value = more == 0 ? *at : *at & (0x3fU >> more);
    for (int i = 1; i <= more; i++) {
        if (at[i] >> 6 != 2)
            return false;
        *value = *value << 6 | (at[i] & 0x3f);
    }
    if (*value < smallest[more] || *value > 0x10ffff || *value >> 11 == 0xd800 >> 11)
        return false;
    *text = at + 1 + more;
    return true;
}

static const unsigned char *literal(const unsigned char *at, const unsigned char *end,
                                    const char *text)
{
    size_t length = strlen(text);

    require((size_t)(end - at) >= length && memcmp(at, text, length) == 0);
    return at + length;
}

static uint32_t escape(const unsigned char **at, const unsigned char *end)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint32_t value = 0;

    require(*at < end);
    unsigned char name = *(*at)++;
    if (name != 'u') {
        require(name != '\0' && strchr(names, name) != NULL);
        return (unsigned char)meant[strchr(names, name) - names];
    }
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        require(*at < end && **at != '\0' && strchr(digits, **at) != NULL);
        value = value << 4 | (uint32_t)(strchr(digits, *(*at)++) - digits);
    }
    require(value >> 11 != 0xd800 >> 11);
    return value;
}

// What stands before the next quotation mark.
static const unsigned char *string(const unsigned char *at, const unsigned char *end,
                                   uint32_t *characters, size_t room, size_t *length)
{
    uint32_t value;

    for (*length = 0;; (*length)++) {
        require(*length < room && at < end);
        if (*at == '"')
            return at + 1;
        require(*at >= 0x20 && character(&at, end, &value));
        require(value < 0x7f || value > 0x9f); // a terminal obeys these, too
        characters[*length] = value == '\\' ? escape(&at, end) : value;
    }
}

// RFC 3339, with the year 0001 to 9999 and an offset in minutes, or Z.
static long long seconds(const uint32_t *text, size_t length)
{
    char plain[32];
    struct tm tm = {0};
    int n = 0, hours = 0, minutes = 0;

    require(length == 20 || length == 25);
    for (size_t i = 0; i < length; i++) {
        static const char form[] = "dddd-dd-ddTdd:dd:ddZdd:dd";
        bool zone = i == 19 && (length == 20 ? text[i] == 'Z' : text[i] == '+' || text[i] == '-');
        require(zone || (form[i] == 'd' ? text[i] >= '0' && text[i] <= '9'
                                        : i != 19 && text[i] == (unsigned char)form[i]));
        plain[i] = (char)text[i];
    }
    plain[length] = '\0';
    require(sscanf(plain, "%d-%d-%dT%d:%d:%d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                   &tm.tm_min, &tm.tm_sec, &n) == 6 &&
            n == 19);
    if (length == 25)
        require(sscanf(plain + 20, "%d:%d", &hours, &minutes) == 2 && hours < 24 && minutes < 60);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    const struct tm told = tm;
    long long time = timegm(&tm);
    require(tm.tm_mon == told.tm_mon && tm.tm_mday == told.tm_mday && tm.tm_hour == told.tm_hour &&
            tm.tm_min == told.tm_min && tm.tm_sec == told.tm_sec);
    return time - (plain[19] == '-' ? -1 : 1) * (hours * 3600LL + minutes * 60LL);
}

void line_read(struct line *line, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    uint32_t level[8], when[32];
    size_t level_length, when_length;

    at = literal(at, end, "{\"level\":\"");
    at = string(at, end, level, sizeof(level) / sizeof(level[0]), &level_length);
    for (size_t i = 0; i <= level_length; i++)
        line->level[i] = i < level_length ? (char)level[i] : '\0';
    at = literal(at, end, ",\"msg\":\"");
    at = string(at, end, line->message, sizeof(line->message) / sizeof(line->message[0]),
                &line->length);
    at = literal(at, end, ",\"time\":\"");
    at = string(at, end, when, sizeof(when) / sizeof(when[0]), &when_length);
    at = literal(at, end, "}\n");
    require(at == end);
    line->time = seconds(when, when_length);
}

void line_expect(const struct line *line, const char *wanted, bool may_be_cut)
{
    const unsigned char *at = (const unsigned char *)wanted, *end = at + strlen(wanted);
    size_t same = 0;

    while (at < end) {
        uint32_t value;
        if (!character(&at, end, &value))
            value = REPLACEMENT;
        if (same == line->length || line->message[same] != value) {
            at = NULL;
            break;
        }
        same++;
    }
    if (at == end && same == line->length)
        return;
    require(may_be_cut && line->length >= 3 && same >= line->length - 3);
    for (size_t i = line->length - 3; i < line->length; i++)
        require(line->message[i] == '.');
}
