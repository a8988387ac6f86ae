// What the user's machine has set decides no test: every run begins with the same settings.
//
// Not changed is what only root could set back, the hard limits and the niceness: the tests pass at
// any.
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

// What a program under test may need to run at all, and what the tests themselves are told.
static const char *const kept[] = {
    "ASAN_OPTIONS=", "CMOCKA_XML_FILE=", "GEM_",  "GOROOT=", "JAVA_",       "LD_LIBRARY_PATH=",
    "LUA_",          "MSAN_OPTIONS=",    "NODE_", "PERL5",   "PYTHONPATH=", "PYTHONUTF8=",
    "RUBY",
};
// Tools speak English, are not told to be pleasant, and find no files with options.
static const char *const settings[] = {
    "GIT_CONFIG_NOSYSTEM=1", "HOME=/", "LC_ALL=C.UTF-8", "TERM=dumb", "TZ=UTC",
};

static bool is_kept(const char *variable)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
            return true;
    return false;
}

static void neutral_environment(void)
{
    char **old = environ;

    environ = NULL;
    for (; old != NULL && *old != NULL; old++)
        if (is_kept(*old) && putenv(*old) != 0)
            abort();
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (putenv((char *)settings[i]) != 0)
            abort();
}

// nohup(1) ignores SIGHUP, a shell without job control what the keys send, and others block
// signals: all of that is inherited. The C library leaves alone what it keeps to itself, but
// glibc's posix_spawn(3), with which make starts us, has it ignored: so, the calls themselves,
// where all bytes are 0.
static void neutral_signals(void)
{
    const uint64_t none = 0;
    const char defaults[64] = {0};

    for (int number = 1; number < NSIG; number++)
        (void)syscall(SYS_rt_sigaction, number, defaults, NULL, sizeof(none));
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

// A hundred containers at once have pipes, four each.
static void enough_descriptors(void)
{
    enum { FILES = 1024 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= FILES)
        return;
    limit.rlim_cur = FILES;
    if (limit.rlim_max < FILES)
        limit.rlim_max = FILES; // root may
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
    fprintf(stderr, "suite: these tests need %d open files: ulimit -n %d\n", FILES, FILES);
    exit(EXIT_FAILURE);
}

void settings_forget(void)
{
    neutral_environment();
    neutral_signals();
    enough_descriptors();
    (void)umask(022);
    // What a test opens is not to be 0, 1 or 2.
    int fd = open("/dev/null", O_RDWR);
    while (fd != -1 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    close(fd);
}
