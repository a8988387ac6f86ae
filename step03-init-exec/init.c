// PID 1 before COMMAND: set up the container from the inside, then hand over.
#include "mydocker.h"

void init(const struct run_options *options)
{
    log_info("init come on");

    // The program changes, the process stays: COMMAND takes over PID 1, and nothing of mydocker is
    // left in the container. After a fork(2) here, init would be PID 1 and COMMAND its child.
    exec_command(options->argv);
}
