// What a COMMAND would try that wants out, or up: each attack by its name.
//
// No attack does harm where it works: what is opened for writing is not written to, or gets the
// value that it has; what is made ends with the process or is taken away again. The names of what
// belongs to the host come as arguments, from who has made it.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "attack.h"

enum { WORKS, HELD, BAD_USAGE };

void works(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("works: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    (void)fflush(stdout);
    _exit(WORKS);
}

void held(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    va_start(arguments, format);
    printf("held: ");
    vprintf(format, arguments);
    printf(error != 0 ? ": %s\n" : "\n", strerror(error));
    va_end(arguments);
    (void)fflush(stdout);
    _exit(HELD);
}

bool is_secret(int fd)
{
    char text[32] = "";

    return fd != -1 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, "of the host") == 0;
}

int open_behind_proc(const char *file, int flags)
{
    int fd = open(file, flags);

    for (int i = 0; fd == -1 && i < 8 && umount2("/proc", MNT_DETACH) == 0; i++)
        fd = open(file, flags);
    return fd;
}

// To see that a runtime runs anything at all.
static void attack_nothing(char **argv)
{
    (void)argv;
    works("it runs");
}

static const struct {
    const char *name;
    void (*attack)(char **argv);
    int arguments; // at least
} attacks[] = {
    {"nothing", attack_nothing, 0},
    {"device", attack_device, 3},
    {"ports", attack_ports, 0},
    {"kernel-log", attack_kernel_log, 0},
    {"read", attack_read, 1},
    {"open", attack_open, 1},
    {"rewrite", attack_rewrite, 1},
    {"binfmt", attack_binfmt, 0},
    {"release-agent", attack_release_agent, 0},
    {"cgroup", attack_cgroup, 0},
    {"handle", attack_handle, 2},
    {"chroot", attack_chroot, 1},
    {"descriptors", attack_descriptors, 0},
    {"replace", attack_replace, 1},
    {"overwrite", attack_overwrite, 1},
    {"mount", attack_mount, 0},
    {"fsopen", attack_fsopen, 0},
    {"user-namespace", attack_user_namespace, 0},
    {"overlay", attack_overlay, 0},
    {"module", attack_module, 0},
    {"bpf", attack_bpf, 0},
    {"perf", attack_perf, 0},
    {"userfaultfd", attack_userfaultfd, 0},
    {"io-uring", attack_io_uring, 0},
    {"key", attack_key, 0},
    {"clock", attack_clock, 0},
    {"realtime", attack_realtime, 0},
    {"i386", attack_i386, 0},
    {"family", attack_family, 1},
    {"setns", attack_setns, 1},
    {"memory", attack_memory, 2},
    {"type", attack_type, 0},
    {"console", attack_console, 0},
    {"abstract", attack_abstract, 1},
    {"socket", attack_socket, 1},
    {"listen", attack_listen, 1},
    {"set-user-id", attack_set_user_id, 1},
    {"inheritable", attack_inheritable, 0},
    {"spare", attack_spare, 0},
    {"group", attack_group, 0},
    {"inotify", attack_inotify, 1},
    {"fork-bomb", attack_fork_bomb, 1},
    {"memory-bomb", attack_memory_bomb, 1},
    {"file-bomb", attack_file_bomb, 1},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(attacks[0]); i++)
        if (strcmp(argv[1], attacks[i].name) == 0 && argc - 2 >= attacks[i].arguments) {
            // Whatever it waits for: no attack takes longer.
            (void)alarm(20);
            errno = 0;
            attacks[i].attack(argv + 2);
            held("%s", argv[1]);
        }
    (void)fprintf(stderr, "usage: attack NAME [ARG...]\n");
    return BAD_USAGE;
}
