// COMMAND: where it is found, and what happens when it is not, or cannot be executed.
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static const char *make_file(const char *name, mode_t mode, const char *content)
{
    const char *file = text_of("%s/%s", scratch, name);
    FILE *stream = fopen(file, "w");

    expect(stream != NULL && fputs(content, stream) >= 0 && fclose(stream) == 0 &&
               chmod(file, mode) == 0,
           "cannot write %s", file);
    return file;
}

static struct process *run_in_path(const char *path, const char *command, const char *word)
{
    char *const environment[] = {(char *)text_of("PATH=%s", path), NULL};

    return run_with(&(struct launch){.environment = environment}, "run", command, word);
}

static void found_in_path(void)
{
    struct process *p = run("run", "sh", "-c", "echo $0");

    expect(p->status == 0 && strcmp(p->output.bytes, "sh\n") == 0,
           "COMMAND without a slash is looked up in PATH, and called by the name that was typed: "
           "`echo $0` should print sh: %s",
           describe(p));
}

static void path_is_searched_in_order(void)
{
    mkdir("a", 0755);
    mkdir("b", 0755);
    make_file("a/tool", 0644, "#!/bin/sh\nexit 1\n"); // not executable: passed over
    make_file("b/tool", 0755, "#!/bin/sh\nexit 5\n");
    mkdir("a/other", 0755); // a directory: passed over
    make_file("b/other", 0755, "#!/bin/sh\nexit 6\n");
    mkdir("c", 0755);
    make_file("c/tool", 0755, "#!/bin/sh\nexit 7\n"); // too late
    const char *path = text_of("/no/such/directory:%s/a:%s/b:%s/c", scratch, scratch, scratch);
    struct process *p = run_in_path(path, "tool", NULL);
    expect(p->status == 5, "the first executable file of PATH should have run: %s", describe(p));
    p = run_in_path(path, "other", NULL);
    expect(p->status == 6,
           "a directory of COMMAND's name is not COMMAND: the file behind it in PATH should have "
           "run, and ended with 6: %s",
           describe(p));
}

static void empty_elements_of_path(void)
{
    make_file("here", 0755, "#!/bin/sh\nexit 8\n");
    static const char *const paths[] = {":/nowhere", "/nowhere:", "/nowhere::/nowhere", ""};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct process *p = run_in_path(paths[i], "here", NULL);
        expect(p->status == 8,
               "an empty element of PATH is the working directory: the file there should have run, "
               "and ended with 8: %s",
               describe(p));
    }
}

static void no_path(void)
{
    char *const none[] = {NULL};
    struct process *p =
        run_with(&(struct launch){.environment = none}, "run", "sh", "-c", "exit 9");

    expect(p->status == 9,
           "without PATH in the environment the system's default is searched: sh should have run, "
           "and ended with 9: %s",
           describe(p));
}

static void not_found(void)
{
    expect_failure(run("run", "no-such-command"), 127, "no-such-command...PATH");
    expect_failure(run("run", "/no/such/command"), 127,
                   "/no/such/command...No such file or directory");
    expect_failure(run("run", "./no-such-command"), 127, "No such file or directory");
    expect_failure(run("run", "/dev/null/command"), 127, "Not a directory");
}

static void a_directory(void)
{
    expect_failure(run("run", "/tmp"), 126, "/tmp...Permission denied...directory");
    expect_failure(run("run", "/dev/null"), 126, "/dev/null...Permission denied");
}

static void without_x(void)
{
    const char *file = make_file("no-x", 0644, "#!/bin/sh\nexit 0\n");

    expect_failure(run("run", file), 126, "Permission denied");
    expect_failure(run_in_path(scratch, "no-x", NULL), 126, "no-x...Permission denied");
    expect_failure(run_in_path(text_of("%s:%s", scratch, scratch), "no-x", NULL), 126,
                   "no-x...Permission denied");
}

static void without_shebang(void)
{
    const char *file = make_file("no-shebang", 0755, "exit 0\n");

    expect_failure(run("run", file), 126, "Exec format error");
    expect_failure(run_in_path(scratch, "no-shebang", NULL), 126, "no-shebang...Exec format error");
}

static void missing_interpreter(void)
{
    const char *file = make_file("no-interpreter", 0755, "#!/no/such/interpreter\n");

    expect_failure(run("run", file), 127, "interpreter.../no/such/interpreter");
    expect_failure(run_in_path(scratch, "no-interpreter", NULL), 127, "interpreter");
    file = make_file("not-a-directory", 0755, "#!/dev/null/interpreter\n");
    expect_failure(run("run", file), 127, "Not a directory");
    file = make_file("odd-interpreter", 0755, text_of("#!%s\n", make_file("odd", 0644, "")));
    expect_failure(run("run", file), 126, "odd-interpreter...Permission denied");
}

// A binary for this machine that wants a loader which is not there: the probe's header, and the
// name.
static void missing_loader(void)
{
    static const char name[] = "/no/such/loader.so";
    const char *file = make_file("no-loader", 0755, "");
    ElfW(Phdr) wants = {.p_type = PT_INTERP, .p_filesz = sizeof(name)};
    ElfW(Ehdr) header;
    FILE *from = fopen(probe, "r"), *to = fopen(file, "w");

    expect(from != NULL && fread(&header, sizeof(header), 1, from) == 1 && fclose(from) == 0,
           "cannot read %s", probe);
    header.e_phnum = 1;
    header.e_phoff = sizeof(header);
    wants.p_offset = sizeof(header) + sizeof(wants);
    expect(to != NULL && fwrite(&header, sizeof(header), 1, to) == 1 &&
               fwrite(&wants, sizeof(wants), 1, to) == 1 &&
               fwrite(name, sizeof(name), 1, to) == 1 && fclose(to) == 0,
           "cannot write %s", file);
    expect_failure(run("run", file), 127, "No such file or directory...loader");
}

static void made_on_windows(void)
{
    const char *file = make_file("windows", 0755, "#!/bin/sh\r\nexit 0\r\n");

    expect_failure(run("run", file), 127, "interpreter.../bin/sh\\r...carriage return");
}

static void an_image(void)
{
    expect_failure(run("run", "ubuntu:24.04", "bash"), 127, "ubuntu:24.04...image");
}

// Without them, root is to files what their owner is.
static void drop_rights_to_files(const void *argument)
{
    (void)argument;
    if (prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) == -1 ||
        prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH) == -1)
        _exit(111);
}

static void barred_directory(void)
{
    mkdir("barred", 0755);
    make_file("barred/file", 0755, "#!/bin/sh\nexit 0\n");
    chmod("barred", 0);
    struct process *p =
        run_with(PREPARED(drop_rights_to_files, NULL,
                          "setpriv --bounding-set -dac_override,-dac_read_search ..."),
                 "run", "barred/file");
    chmod("barred", 0755);
    expect_failure(p, 126, "barred/file...Permission denied");
}

static void noexec_file_system(void)
{
    mkdir("noexec", 0755);
    make_file("noexec/file", 0755, "#!/bin/sh\nexit 0\n");
    expect(mount("noexec", "noexec", NULL, MS_BIND, NULL) == 0 &&
               mount(NULL, "noexec", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC | MS_NOSUID | MS_NODEV,
                     NULL) == 0,
           "cannot mount noexec");
    struct process *p = run("run", "noexec/file");
    umount2("noexec", MNT_DETACH);
    expect_failure(p, 126, "Permission denied...noexec");
}

static void busy_file(void)
{
    const char *file = make_file("busy", 0755, "#!/bin/sh\nexit 0\n");
    int writer = open(file, O_WRONLY | O_CLOEXEC);
    struct process *p = run("run", file);

    close(writer);
    expect_failure(p, 126, "Text file busy");
}

static void long_names(void)
{
    char name[100000];

    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    struct process *p = run("run", name);
    expect(p->status == 127, "a name that is too long is not found: the status should be 127: %s",
           describe(p));
    expect(log_lines(p, "fatal") == 1 && p->errors.size < 16384,
           "one line of level fatal should say so, cut to a readable size: it has %zu bytes",
           p->errors.size);
    expect(strstr(strstr(p->errors.bytes, "\"fatal\""), "n...") != NULL,
           "what was cut should end in ...: %s", describe(p));
    name[0] = '/';
    p = run("run", name);
    expect(p->status == 126 || p->status == 127,
           "a path that is too long should end with 126 or 127: %s", describe(p));
    expect(strcasestr(p->errors.bytes, "name too long") != NULL,
           "the reason should be there, however long the object is: %s", describe(p));
    memset(name, 0xff, sizeof(name) - 1);
    p = run("run", name);
    expect(p->status == 127 && log_lines(p, "fatal") == 1,
           "a long name that is no text is not found: status 127, and one line of level fatal: %s",
           describe(p));
    // Half a character would be shown as U+FFFD.
    for (size_t start = 0; start < 4; start++) {
        memset(name, 'n', sizeof(name) - 1);
        for (size_t i = start; i + 4 < sizeof(name); i += 4)
            memcpy(name + i, "\xf0\x9f\x90\xb3", 4);
        p = run("run", name);
        expect(p->status == 127 && log_lines(p, "fatal") == 1 &&
                   strstr(p->errors.bytes, "\\ufffd") == NULL,
               "a line should be cut between two characters: %s", describe(p));
    }
}

// The lookup follows the mounts: the first of these directories exists in the host's /proc alone.
// Found too early, COMMAND is a file that has gone when it is executed.
static struct process *run_from_hosts_proc(void)
{
    mkdir("outside", 0755);
    mkdir("inside", 0755);
    make_file("outside/here", 0755, "#!/bin/sh\nexit 8\n");
    make_file("inside/here", 0755, "#!/bin/sh\nexit 9\n");
    return run_in_path(text_of("/proc/%d/cwd/outside:%s/inside", getpid(), scratch), "here", NULL);
}

static void looked_up_after_the_mounts(void)
{
    struct process *p = run_from_hosts_proc();

    expect(p->status == 9,
           "COMMAND was looked for in a /proc that is not the container's: look it up after the "
           "mounts, and the status should be 9: %s",
           describe(p));
}

static void looked_up_in_hosts_proc(void)
{
    struct process *p = run_from_hosts_proc();

    expect(p->status == 8,
           "/proc is still the host's: COMMAND should be found through it, and end with 8: %s",
           describe(p));
}

static const struct promise promises[] = {
    {"COMMAND is found in PATH", ALWAYS, LAST, found_in_path},
    {"PATH is searched in order", ALWAYS, LAST, path_is_searched_in_order},
    {"an empty element of PATH", ALWAYS, LAST, empty_elements_of_path},
    {"no PATH at all", ALWAYS, LAST, no_path},
    {"127 where COMMAND is not found", ALWAYS, LAST, not_found},
    {"COMMAND is no image, and it says so", ALWAYS, LAST, an_image},
    {"126 for a directory", ALWAYS, LAST, a_directory},
    {"126 without the execute bit", ALWAYS, LAST, without_x},
    {"126 without #!", ALWAYS, LAST, without_shebang},
    {"127 where the interpreter is missing, and it says so", ALWAYS, LAST, missing_interpreter},
    {"127 where a binary's loader is missing", ALWAYS, LAST, missing_loader},
    {"a carriage return behind the interpreter is named", ALWAYS, LAST, made_on_windows},
    {"126 in a directory that may not be searched", ALWAYS, LAST, barred_directory},
    {"126 on a file system mounted noexec", ALWAYS, LAST, noexec_file_system},
    {"126 for a file that is being written", ALWAYS, LAST, busy_file},
    {"names that are too long", ALWAYS, LAST, long_names},
    {"not yet: COMMAND is looked up through the host's /proc", ALWAYS, 3, looked_up_in_hosts_proc},
    {"COMMAND is looked up after the mounts", 4, LAST, looked_up_after_the_mounts},
};
MECHANISM(command, 1,
          "look COMMAND up in PATH yourself; what errno is after execve(2) tells 126 from 127");
