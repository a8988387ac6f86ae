// The options of each command.
#include <getopt.h>

#include "mydocker.h"

// The words behind the command's name: its options, COMMAND and its arguments.
static struct run_options read_options(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"cpus", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {"interactive", no_argument, NULL, 'i'},
        {"memory", required_argument, NULL, 'm'},
        {"pids-limit", required_argument, NULL, 'p'},
        {"rootfs", required_argument, NULL, 'r'},
        {"tty", no_argument, NULL, 't'},
        {0},
    };
    struct run_options options = {0};

    while (true) {
        const char *word = argv[optind];
        // '+' again: glibc keeps to the order of the first call, other C libraries need not, and
        // `run ls -i` would lose its -i to us.
        int option = getopt_long(argc, argv, "+:him:t", long_options, NULL);

        if (option == -1)
            break;
        switch (option) {
        case 'c':
            options.cpus = optarg;
            break;
        case 'h':
            usage();
        case 'i':
            options.interactive = true;
            break;
        case 'm':
            options.memory = optarg;
            break;
        case 'p':
            options.pids = optarg;
            break;
        case 'r':
            options.rootfs = optarg;
            break;
        case 't':
            options.tty = true;
            break;
        case ':':
            die("option '%s' needs an argument: see mydocker run --help", word);
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
    char **name = argv + optind - 1;
    struct run_options options = read_options(argc, argv);

    // The child will execute this program again, with this command line.
    *name = "init";
    options.words = argv;
    return run(&options);
}

// Internal: container_start() executes this.
int init_command(int argc, char **argv)
{
    // A guard against mistakes. Anyone can type `mydocker init`, and COMMAND even as PID 1: that
    // would set up once more what is in use, the host or the container.
    if (!lifeline_leads_out())
        die("init is internal: see mydocker --help");
    struct run_options options = read_options(argc, argv);

    init(&options);
}
