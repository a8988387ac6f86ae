// What it takes to run COMMAND: the parent, which starts it and waits, and the child's way to it.
#include <sys/wait.h>
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

// The rest of the parent's life. Its end is COMMAND's as well (lifeline.c).
static int wait_for(pid_t child)
{
    int status;

    while (true) {
        // Not for any child: whoever executed mydocker may have had some.
        pid_t reported = waitpid(child, &status, WNOHANG | WUNTRACED);

        if (reported == -1)
            die_errno("waitpid %d", (int)child);
        if (reported == 0)
            job_wait(); // nothing yet: sleep until a signal arrives
        else if (WIFSTOPPED(status))
            job_stop();
        else
            return job_end(status);
    }
}

int run(const struct run_options *options)
{
    descriptors_fill();
    signals_block();
    terminal_claim(options->interactive, options->tty);
    lifeline_open();

    pid_t child = container_start(options);
    job_start(child, true); // it is PID 1, and Ctrl-Z does not stop it
    int status = wait_for(child);
    cgroup_tell();
    cgroup_remove();
    return status;
}
