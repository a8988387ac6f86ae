// The options of each command.
#include <getopt.h>

#include "mydocker.h"

// The words behind the command's name: its options, COMMAND and its arguments.
static struct run_options read_options(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"interactive", no_argument, NULL, 'i'},
        {"tty", no_argument, NULL, 't'},
        {0},
    };
    struct run_options options = {0};

    while (true) {
        const char *word = argv[optind];
        // '+' again: glibc keeps to the order of the first call, other C libraries need not, and
        // `run ls -i` would lose its -i to us.
        int option = getopt_long(argc, argv, "+hit", long_options, NULL);

        if (option == -1)
            break;
        switch (option) {
        case 'h':
            usage();
        case 'i':
            options.interactive = true;
            break;
        case 't':
            options.tty = true;
            break;
        default:
            die("unknown option '%s': see mydocker run --help", word);
        }
    }
    if (optind >= argc)
        die("Missing container command: see mydocker run --help");
    if (argv[optind][0] == '\0')
        die("empty container command: see mydocker run --help");
    options.argv = argv + optind;
    return options;
}

int run_command(int argc, char **argv)
{
    struct run_options options = read_options(argc, argv);

    return run(&options);
}
