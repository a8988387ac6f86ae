// What the article's Go program does, in C: its mistakes are kept, and pointed out.
//
// Breaks: cli: options end at COMMAND
// Breaks: command: COMMAND is found in PATH
// Breaks: arguments: every byte of every ARG
// Breaks: status: all 256 exit statuses
// Breaks: stdio: -i: 5 MB through standard input
// Breaks: stdio: output and error are COMMAND's
// Breaks: log: init come on, command COMMAND
// Breaks: lifetime: COMMAND dies with mydocker
// Breaks: terminal: job control in dash
// Breaks: init: init called by a person refuses
// Breaks: host: COMMAND's mounts stay inside
// Breaks: privileges: without CAP_SYS_ADMIN: its name, and both ways on
// Breaks: privileges: a mount that fails ends it before COMMAND
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char stack[64 * 1024];
static char **words;
static int tty;

static void log_line(const char *level, const char *message, const char *object)
{
    char when[64];
    time_t now = time(NULL);

    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", localtime(&now));
    // On standard output, where COMMAND writes.
    printf("{\"level\":\"%s\",\"msg\":\"%s%s\",\"time\":\"%s\"}\n", level, message, object, when);
    fflush(stdout);
}

static int init(const char *command)
{
    log_line("info", "init come on", "");
    log_line("info", "command ", command);
    log_line("info", "command ", command); // twice
    // Not made private first, and nobody looks at the result.
    (void)!mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, "");
    // No search in PATH, and no argument but COMMAND itself.
    execve(command, (char *[]){(char *)command, NULL}, environ);
    log_line("error", "no such file or directory", "");
    return 0;
}

static int child_main(void *argument)
{
    (void)argument;
    if (tty)
        dup2(STDOUT_FILENO, STDIN_FILENO); // cmd.Stdin = os.Stdout
    else if (freopen("/dev/null", "r+", stdin) != NULL)
        for (int fd = 1; fd <= 2; fd++)
            dup2(STDIN_FILENO, fd); // a nil stream is /dev/null
    execl("/proc/self/exe", "/proc/self/exe", "init", words[0], (char *)NULL);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "init") == 0)
        return init(argv[2]);
    if (argc < 2 || strcmp(argv[1], "run") != 0)
        return 0; // the library prints its help
    words = argv + 2;
    if (*words != NULL && strcmp(*words, "-it") == 0) {
        tty = 1;
        words++;
    }
    if (*words == NULL || **words == '-') {
        log_line("fatal", "Missing container command", "");
        return 1;
    }
    pid_t child = clone(child_main, stack + sizeof(stack),
                        CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
                            SIGCHLD,
                        NULL);
    if (child == -1)
        log_line("error", "fork/exec /proc/self/exe: operation not permitted", "");
    else
        waitpid(child, NULL, 0);
    return 255; // os.Exit(-1)
}
