// The table of commands: find the one that is asked for and let it have the rest.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mydocker.h"

static const char usage_text[] =
    "Usage: mydocker [--log-level LEVEL] run [OPTION...] COMMAND [ARG...]\n"
    "       mydocker help | --help | --version\n"
    "\n"
    "Start COMMAND, wait for it, and end with its exit status.\n"
    "\n"
    "  -i, --interactive  COMMAND reads standard input; without it, /dev/null\n"
    "  -t, --tty          COMMAND gets the terminal\n"
    "      --cap-add NAME, --cap-drop NAME\n"
    "                     COMMAND gets a capability, or it does not; or ALL of them\n"
    "      --cpus N       limit: the time of N processors, as 1.5\n"
    "  -m, --memory N     limit: N bytes, or 64k, 64m, 1g\n"
    "      --pids-limit N limit: N processes and threads\n"
    "      --rootfs DIR   COMMAND's root is DIR, and it starts there; what it\n"
    "                     changes is gone with it\n"
    "      --security-opt seccomp=unconfined\n"
    "                     COMMAND may use every system call\n"
    "  -h, --help         print this\n"
    "\n"
    "Before run: --log-level LEVEL, one of debug, info (the default), warn and error.\n"
    "Options end at COMMAND: what follows is its own. Exit status: COMMAND's; 128+N if\n"
    "signal N ended it; 127 if it was not found, 126 if it cannot be executed; 125 if\n"
    "mydocker itself failed.\n";

// Text that was asked for is a result: where it cannot be written, that is a failure.
static _Noreturn void print_and_exit(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
        die_errno("write standard output");
    exit(EXIT_SUCCESS);
}

_Noreturn void usage(void)
{
    print_and_exit(usage_text);
}

static int help_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    usage();
}

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"help", help_command},
    {"init", init_command},
    {"run", run_command},
};

static void parse_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {"log-level", required_argument, NULL, 'l'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };

    opterr = 0;
    while (true) {
        const char *word = argv[optind];

        // Skipped here: at the end of the options of `run` glibc's getopt_long(3) would go back to
        // the word behind a "--" that it has seen.
        if (word != NULL && strcmp(word, "--") == 0) {
            optind++;
            return;
        }
        // '+' ends the options at the first word that is none: the command, whose options are its
        // own business. ':' tells an option without its argument from one that does not exist.
        switch (getopt_long(argc, argv, "+:h", options, NULL)) {
        case -1:
            return;
        case 'h':
            usage();
        case 'l':
            if (!log_set_level(optarg))
                die("unknown log level '%s': see mydocker --help", optarg);
            break;
        case 'v':
            print_and_exit("mydocker 1.0.0\n");
        case ':':
            die("option '%s' needs an argument: see mydocker --help", word);
        default:
            die("unknown option '%s': see mydocker --help", word);
        }
    }
}

int main(int argc, char **argv)
{
    // execve(2) may have been called with no argv[0] at all (CVE-2021-4034).
    if (argc > 0)
        parse_options(argc, argv);
    if (optind >= argc)
        die("missing command: see mydocker --help");

    // The command's own options are next (getopt(3) goes on where it stopped).
    const char *name = argv[optind++];
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc, argv);
    die("unknown command '%s': see mydocker --help", name);
}
