// Many at once.
#include <string.h>

#include "suite.h"

enum { MANY = 100 };

static void a_hundred_at_once(void)
{
    struct process *p[MANY];

    for (int i = 0; i < MANY; i++)
        p[i] = start_with(&(struct launch){.keep_input_open = true}, "run", "-i", "sh", "-c",
                          text_of("echo ready; read line; echo \"$line\"; exit %d", i));
    for (int i = 0; i < MANY; i++)
        process_await_output(p[i], "ready\n");
    for (int i = 0; i < MANY; i++)
        process_type(p[i], text_of("number %d\n", i));
    for (int i = 0; i < MANY; i++) {
        process_finish(p[i]);
        expect(p[i]->status == i && strstr(p[i]->output.bytes, text_of("number %d\n", i)) != NULL,
               "container %d of %d at once should write its number, and end with %d: %s", i, MANY,
               i, describe(p[i]));
    }
}

static const struct promise promises[] = {
    {"a hundred containers at once", ALWAYS, LAST, a_hundred_at_once},
};
MECHANISM(load, 1,
          "a hundred at once share nothing: no fixed file names, no locks, nothing left running");
