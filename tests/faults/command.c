// COMMAND: `command end` ends at once with a status of its own, `command stay` never does.
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "stay") == 0)
        while (true)
            pause();
    return 7;
}
