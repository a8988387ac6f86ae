// What it takes to run COMMAND: the parent, which starts it and waits, and the child's way to it.
#include <unistd.h>

#include "mydocker.h"

void prepare_child(const struct run_options *options)
{
    lifeline_keep();
    terminal_take();
    if (!options->interactive)
        descriptors_null_stdin();
    signals_restore();
}

void exec_command(char **argv)
{
    char found[PATH_MAX];

    log_info("command %s", argv[0]);
    const char *file = path_find(argv[0], found);
    lifeline_release();
    execve(file, argv, environ);
    die_execve(file);
}

int run(const struct run_options *options)
{
    descriptors_fill();
    if (options->tty)
        terminal_claim(options->interactive);
    signals_block();
    lifeline_open();

    pid_t child = container_start(options);
    return wait_for(child);
}
