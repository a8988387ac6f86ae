// PID 1 before COMMAND: set up the container from the inside, then hand over.
#include "mydocker.h"

void init(char **argv)
{
    // Anyone can type `mydocker init`, and as COMMAND it is even PID 1. Neither may set up again
    // what is in use: the host's world, or COMMAND's.
    if (!lifeline_leads_out())
        die("init is internal: see mydocker --help");
    log_info("init come on");

    // The program changes, the process stays: COMMAND takes over PID 1, and nothing of mydocker is
    // left in the container. After a fork(2) here, init would be PID 1 and COMMAND its child.
    exec_command(argv);
}
