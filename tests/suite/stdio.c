// Standard input, output and error.
#include <string.h>

#include "suite.h"

enum { MANY = 5 * 1024 * 1024 };

static void input_passes(void)
{
    char *bytes = test_memory(MANY);

    for (size_t i = 0; i < MANY; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    struct launch how = {.input = bytes, .input_size = MANY};
    struct process *p = run_with(&how, "run", "-i", "cat");
    expect(p->status == 0 && p->output.size == MANY && memcmp(p->output.bytes, bytes, MANY) == 0,
           "-i: 5 MB should pass through `cat` unchanged; %zu bytes came", p->output.size);
}

static void without_i(void)
{
    struct process *p = run_with(&(struct launch){.input = "secret"}, "run", "cat");

    expect(p->status == 0 && p->output.size == 0, "without -i COMMAND should read nothing: %s",
           describe(p));
    p = run_with(&(struct launch){.input = "secret"}, "run", probe, "facts");
    expect(strcmp(fact(p, "fd0"), fact(p, "null")) == 0,
           "without -i descriptor 0 should be /dev/null: %s", describe(p));
}

static void input_of_others_is_left(void)
{
    struct launch how = {.direct = true, .input = "one\ntwo\n"};
    struct process *p = run_with(&how, "sh", "-c", "\"$0\" run wc; cat", mydocker);

    expect(strstr(p->output.bytes, "one\ntwo\n") != NULL,
           "without -i standard input should be left to the next reader: %s", describe(p));
}

static void output_is_commands(void)
{
    struct process *p = run("run", "sh", "-c", "echo to-output; echo to-error >&2");

    expect(strcmp(p->output.bytes, "to-output\n") == 0,
           "standard output should be COMMAND's alone, without a line of the log: %s", describe(p));
    expect(strstr(p->errors.bytes, "to-error\n") != NULL,
           "standard error should be COMMAND's too: %s", describe(p));
}

static const struct promise promises[] = {
    {"-i: 5 MB through standard input", ALWAYS, LAST, input_passes},
    {"without -i COMMAND reads /dev/null", ALWAYS, LAST, without_i},
    {"without -i the input is left to others", ALWAYS, LAST, input_of_others_is_left},
    {"output and error are COMMAND's", ALWAYS, LAST, output_is_commands},
};
MECHANISM(stdio, 1, "/dev/null on descriptor 0 unless there is -i; 1 and 2 are COMMAND's");
