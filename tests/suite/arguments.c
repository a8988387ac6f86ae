// What COMMAND is given: argv and environment, byte for byte.
#include <stdlib.h>
#include <string.h>

#include "suite.h"

static const char *hex(const char *bytes)
{
    char *text = test_memory(2 * strlen(bytes) + 1);

    for (size_t i = 0; bytes[i] != '\0'; i++) {
        static const char digits[] = "0123456789abcdef";
        text[2 * i] = digits[(unsigned char)bytes[i] >> 4];
        text[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
    }
    return text;
}

static void every_byte(void)
{
    char all[256];

    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    all[255] = '\0';
    struct process *p = run("run", probe, "arguments", all, "", "two words", "", "last");
    expect(strstr(p->output.bytes, text_of("arg=%s\narg=\narg=%s\narg=\narg=%s\n", hex(all),
                                           hex("two words"), hex("last"))) != NULL,
           "every ARG should reach COMMAND byte for byte, empty ones too: %s", describe(p));
}

static void none(void)
{
    struct process *p = run("run", probe);

    expect(p->status == 99, "COMMAND alone, without arguments, should run, and end with 99: %s",
           describe(p));
}

// 1.5 MB: near the limit of a third of the stack's, in pieces below that for one (execve(2)).
static void many(void)
{
    enum { COUNT = 1500, SIZE = 1000 };
    const char **words = test_memory((COUNT + 5) * sizeof(*words));
    size_t count = 0;
    unsigned long sum = 0;

    words[count++] = "run";
    words[count++] = probe;
    words[count++] = "checksum";
    for (int i = 0; i < COUNT; i++) {
        char *word = test_memory(SIZE + 1);
        for (int j = 0; j < SIZE; j++) {
            word[j] = (char)(1 + (i * 7 + j) % 255);
            sum = sum * 31 + (unsigned char)word[j];
        }
        words[count++] = word;
    }
    struct process *p = process_run(&(struct launch){0}, words);
    expect(p->status == 0 && fact_number(p, "count") == COUNT &&
               fact_number(p, "size") == COUNT * SIZE && strtoul(fact(p, "sum"), NULL, 10) == sum,
           "1.5 MB of arguments should arrive whole: %s", describe(p));
}

static void environment(void)
{
    char *const variables[] = {
        "B=2", "A=1", "B=twice", "EMPTY=", "NOT_A_VARIABLE", "BYTES=\xff\x01", NULL};
    struct launch how = {.environment = variables};
    struct process *p = run_with(&how, "run", probe, "inheritance");
    const char *wanted = "";

    for (size_t i = 0; variables[i] != NULL; i++)
        wanted = text_of("%senvironment=%s\n", wanted, hex(variables[i]));
    const char *found = strstr(p->output.bytes, "environment=");
    expect(found != NULL && strcmp(found, wanted) == 0,
           "the environment should be the caller's, in its order, with nothing added: wanted\n%s%s",
           wanted, describe(p));
}

static const struct promise promises[] = {
    {"every byte of every ARG", ALWAYS, LAST, every_byte},
    {"COMMAND alone", ALWAYS, LAST, none},
    {"1.5 MB of arguments", ALWAYS, LAST, many},
    {"the environment", ALWAYS, LAST, environment},
};
MECHANISM(arguments, 1, "hand argv and environ on as they are: no shell, no text put together");
