// Your mydocker. `mydocker run COMMAND [ARG...]` starts COMMAND, waits for it, and ends with its
// exit status.
#include "common.h"

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    // To begin with: step over `run` and its options -i and -t, fork(2), in the child execvp(3) of
    // the rest, in the parent waitpid(2). That passes the smoke test, and `make check` goes on.
    die("nothing is written yet: main.c is yours to go on with");
}
