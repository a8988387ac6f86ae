// COMMAND for the memory figures: it waits until it is killed.
#include <unistd.h>

int main(void)
{
    for (;;)
        (void)pause(); // returns only to be interrupted
}
