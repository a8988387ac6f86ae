// What the tutorial's exercises add to a step: make check STEP=04 EXERCISE=hostname MYDOCKER=./mine
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// ---- run -e NAME=VALUE ----

// Does COMMAND, the probe, have this VARIABLE, byte for byte?
static bool has_variable(const struct process *p, const char *variable)
{
    const char *line = "environment=";

    for (; *variable != '\0'; variable++)
        line = text_of("%s%02x", line, (unsigned char)*variable);
    return p->status == 0 && strstr(p->output.bytes, text_of("%s\n", line)) != NULL;
}

static void variable_is_set(void)
{
    struct process *p = run("run", "-e", "A=b", probe, "inheritance");

    expect(has_variable(p, "A=b"), "with -e A=b COMMAND should have the variable A: putenv(3): %s",
           describe(p));
}

static void several_variables(void)
{
    struct process *p = run("run", "-e", "A=b c=\xff", "-e", "B=", probe, "inheritance");

    expect(has_variable(p, "A=b c=\xff") && has_variable(p, "B="),
           "each -e should set its variable; what stands behind the first '=' is the value, as it "
           "is, and it may be empty: %s",
           describe(p));
}

static void variable_is_replaced(void)
{
    struct process *p = run("run", "-e", "PATH=/somewhere:/bin", probe, "inheritance");

    expect(has_variable(p, "PATH=/somewhere:/bin") &&
               !has_variable(p, text_of("PATH=%s", getenv("PATH"))),
           "-e PATH=... should take the place of the caller's PATH: %s", describe(p));
}

// putenv(3) of a name alone removes it, with glibc.
static void name_alone(void)
{
    struct process *p = run("run", "-e", "PATH", probe, "inheritance");

    if (p->status != 125)
        expect(has_variable(p, text_of("PATH=%s", getenv("PATH"))),
               "-e PATH, without a value, should be refused with status 125, or leave PATH as it "
               "is, as Docker does: %s",
               describe(p));
}

static void variable_of_nobody_else(void)
{
    struct process *p = run("run", probe, "inheritance", "-e", "A=b");

    expect(p->status == 0 && !has_variable(p, "A=b"),
           "an -e behind COMMAND is COMMAND's own, and should set no variable: %s", describe(p));
}

static const struct promise env_promises[] = {
    {"COMMAND has the variable", ALWAYS, LAST, variable_is_set},
    {"several, byte for byte", ALWAYS, LAST, several_variables},
    {"one that is there already is replaced", ALWAYS, LAST, variable_is_replaced},
    {"a name alone takes nothing away", ALWAYS, LAST, name_alone},
    {"behind COMMAND it is COMMAND's", ALWAYS, LAST, variable_of_nobody_else},
};

// ---- run --hostname NAME ----

static void hostname_is_set(void)
{
    struct process *p = run("run", "--hostname", "box", probe, "facts");

    expect(p->status == 0 && strcmp(fact(p, "hostname"), "box") == 0,
           "with --hostname box COMMAND should be on a machine called box: sethostname(2), in the "
           "child: %s",
           describe(p));
}

static void hostname_stays_inside(void)
{
    char hostname[256] = "";

    (void)run("run", "--hostname", "box", "true");
    gethostname(hostname, sizeof(hostname) - 1);
    expect(strcmp(hostname, "box") != 0,
           "the host is called box now, and should be called as before: the one who calls "
           "sethostname(2) has to be in the new UTS namespace already");
}

static void hostname_is_copied(void)
{
    struct process *p = run("run", probe, "facts");

    expect(strcmp(fact(p, "hostname"), "host") == 0,
           "without --hostname the name should be the host's: %s", describe(p));
}

static void hostname_too_long(void)
{
    char name[300];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    expect_failure(run("run", "--hostname", name, probe, "facts"), 125, "sethostname");
}

static const struct promise hostname_promises[] = {
    {"COMMAND's hostname", 2, LAST, hostname_is_set},
    {"the host keeps its own", 2, LAST, hostname_stays_inside},
    {"without the option it is the host's", 2, LAST, hostname_is_copied},
    {"one that is too long is a failure", 2, LAST, hostname_too_long},
};

// ---- the loopback interface is up ----

static void loopback_answers(void)
{
    struct process *p = run("run", probe, "loopback");

    expect(p->status == 0,
           "127.0.0.1 should be reachable: IFF_UP on lo, in the child (SIOCSIFFLAGS, "
           "netdevice(7)): %s",
           describe(p));
}

static void loopback_is_its_own(void)
{
    struct process *p = run("run", probe, "facts");

    expect(strcmp(fact(p, "interfaces"), "lo ") == 0 && fact_number(p, "pid") == 1,
           "lo should be up in a network namespace of COMMAND's own: %s", describe(p));
}

static const struct promise loopback_promises[] = {
    {"127.0.0.1 can be reached", 2, LAST, loopback_answers},
    {"in a namespace of its own", 2, LAST, loopback_is_its_own},
};

// ---- run --no-new-privs ----

static void with_no_new_privs(void)
{
    struct process *p = run("run", "--no-new-privs", probe, "inheritance");

    expect(fact_number(p, "no_new_privs") == 1,
           "with --no-new-privs COMMAND should have the flag: PR_SET_NO_NEW_PRIVS, prctl(2): %s",
           describe(p));
}

static void without_no_new_privs(void)
{
    struct process *p = run("run", probe, "inheritance");

    expect(fact_number(p, "no_new_privs") == 0, "without the option COMMAND should not have it: %s",
           describe(p));
}

static const struct promise no_new_privs_promises[] = {
    {"the option sets the flag", 3, LAST, with_no_new_privs},
    {"without the option it is not set", 3, LAST, without_no_new_privs},
};

// ---- /proc/sys is read-only ----

static void sys_is_readonly(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "sys_readonly") == 1,
           "/proc/sys should be read-only: bind it on itself, MS_BIND, then change that mount, "
           "MS_REMOUNT | MS_BIND | MS_RDONLY: %s",
           describe(p));
    if (ordinary_user)
        return; // these files are root's, and tell the others something else
    p = run("run", "sh", "-c", "echo oops >/proc/sys/kernel/hostname");
    expect(p->status != 0 && strstr(p->errors.bytes, "Read-only file system") != NULL,
           "a write to /proc/sys should be refused with EROFS: %s", describe(p));
}

static void sys_can_be_read(void)
{
    struct process *p = run("run", "cat", "/proc/sys/kernel/ostype");

    expect(p->status == 0 && strcmp(p->output.bytes, "Linux\n") == 0,
           "/proc/sys should still be there, to be read: %s", describe(p));
}

static void sys_keeps_its_flags(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "sys_nosuid") == 1 && fact_number(p, "sys_nodev") == 1 &&
               fact_number(p, "sys_noexec") == 1,
           "a remount sets all flags anew: those of /proc should be named again: %s", describe(p));
}

static void proc_can_be_written(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "proc_readonly") == 0,
           "the rest of /proc should not be read-only: MS_BIND with the remount changes one mount, "
           "without it the whole file system: %s",
           describe(p));
    p = run("run", "sh", "-c", "echo COMMAND >/proc/self/comm");
    expect(p->status == 0, "a process should be able to write to its own files: %s", describe(p));
}

static const struct promise proc_sys_promises[] = {
    {"nobody writes to /proc/sys", 4, LAST, sys_is_readonly},
    {"it can be read", 4, LAST, sys_can_be_read},
    {"noexec, nosuid and nodev stay", 4, LAST, sys_keeps_its_flags},
    {"the rest of /proc can be written", 4, LAST, proc_can_be_written},
};

// ---- run --init: an init that stays ----

static void command_is_a_child(void)
{
    struct process *p = run("run", "--init", probe, "facts");

    expect(fact_number(p, "pid") > 1 && fact_number(p, "ppid") == 1,
           "with --init COMMAND should be a child of PID 1: fork(2) in init: %s", describe(p));
}

static void without_it_command_is_pid_1(void)
{
    struct process *p = run("run", probe, "facts");

    expect(fact_number(p, "pid") == 1, "without --init COMMAND should be PID 1: %s", describe(p));
}

static void status_comes_through(void)
{
    struct process *p = run("run", "--init", "sh", "-c", "exit 7");

    expect(p->status == 7, "COMMAND's exit status should be mydocker's: %s", describe(p));
    p = run("run", "--init", "sh", "-c", "kill -TERM $$");
    expect(p->status == 128 + SIGTERM,
           "signal 15 ended COMMAND, and 143 should be the status: 128 + WTERMSIG in init, too: %s",
           describe(p));
}

static void orphans_are_reaped(void)
{
    struct process *p = run("run", "--init", "sh", "-c",
                            "sh -c 'sh -c : & :'; i=0; while [ $i -lt 200 ]; do i=$((i + 1)); "
                            "grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null || exit 0; "
                            "sleep 0.01; done; exit 1");

    expect(p->status == 0,
           "an orphan that has ended should not stay a zombie: waitpid(-1, ...) in "
           "PID 1: %s",
           describe(p));
}

static void signal_reaches_it(void)
{
    struct process *p = start("run", "--init", probe, "signals");

    process_await_output(p, "ready\n");
    wanted("init passes on to COMMAND what it is sent");
    kill(p->pid, SIGHUP);
    process_await_output(p, "signal=1\n");
    kill(p->pid, SIGUSR2);
    process_finish(p);
}

static const struct promise init_promises[] = {
    {"COMMAND is a child of PID 1", 4, LAST, command_is_a_child},
    {"without the option COMMAND is PID 1", 4, LAST, without_it_command_is_pid_1},
    {"COMMAND's status comes through", 4, LAST, status_comes_through},
    {"a signal reaches COMMAND", 4, LAST, signal_reaches_it},
    {"orphans are reaped", 4, LAST, orphans_are_reaped},
};

// ---- exec PID COMMAND [ARG...] ----

struct container {
    struct process *mydocker;
    const char *pid; // of its PID 1, out here
};

// A container that P runs. Whatever mydocker puts in between: PID 1 is the child that has no child.
static struct container container_of(struct process *p)
{
    const char *pid = text_of("%d", (int)p->pid);

    process_await_output(p, "ready\n");
    while (true) {
        const char *children = content_of(text_of("/proc/%s/task/%s/children", pid, pid));
        if (*children == '\0')
            break;
        pid = text_of("%ld", strtol(children, NULL, 10));
    }
    return (struct container){p, pid};
}

static struct container container(void)
{
    return container_of(start("run", probe, "sleep"));
}

static void leave(struct container c)
{
    expect(!process_has_ended(c.mydocker), "the container should go on: %s", describe(c.mydocker));
    kill(c.mydocker->pid, SIGKILL);
    process_finish(c.mydocker);
}

static void exec_enters_all_five(void)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc"};
    struct container c = container();
    struct process *p = run("exec", c.pid, probe, "facts");

    expect(p->status == 0, "COMMAND should run in the container of process %s: %s", c.pid,
           describe(p));
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char link[64];
        const char *file = text_of("/proc/%s/ns/%s", c.pid, kinds[i]);
        ssize_t size = readlink(file, link, sizeof(link));
        const char *its = text_of("%.*s", (int)(size < 0 ? 0 : size), link);
        expect(strcmp(fact(p, text_of("ns_%s", kinds[i])), its) == 0,
               "COMMAND's %s namespace should be the container's, %s: setns(2): %s", kinds[i], its,
               describe(p));
    }
    leave(c);
}

static void exec_is_one_process_more(void)
{
    struct container c = container();
    struct process *p = run("exec", c.pid, probe, "facts");

    expect(fact_number(p, "pid") > 1,
           "COMMAND should have a process ID of the container, and 1 is taken: fork(2) after "
           "setns(2), for the children alone enter a PID namespace: %s",
           describe(p));
    expect(fact_number(p, "proc_self") == fact_number(p, "pid") &&
               fact_number(p, "proc_processes") == 2,
           "in there ps should show two processes, PID 1 and COMMAND: is it the container's /proc? "
           "%s",
           describe(p));
    leave(c);
}

static void exec_status_comes_through(void)
{
    struct container c = container();
    struct process *p = run("exec", c.pid, "sh", "-c", "exit 7");

    expect(p->status == 7, "COMMAND's exit status should be mydocker's: %s", describe(p));
    p = run("exec", c.pid, "sh", "-c", "kill -TERM $$");
    expect(p->status == 128 + SIGTERM,
           "signal 15 ended COMMAND, which is not PID 1, and 143 should be the status: %s",
           describe(p));
    p = run("exec", c.pid, "no-such-command");
    expect(p->status == 127, "a COMMAND that is not found should be 127: %s", describe(p));
    leave(c);
}

static void exec_passes_signals_on(void)
{
    struct container c = container();
    struct process *p = start("exec", c.pid, probe, "signals");

    process_await_output(p, "ready\n");
    wanted("mydocker exec passes on to COMMAND what it is sent");
    kill(p->pid, SIGUSR1);
    process_await_output(p, text_of("signal=%d\n", SIGUSR1));
    kill(p->pid, SIGUSR2);
    process_finish(p);
    leave(c);
}

static void exec_ends_with_pid_1(void)
{
    struct container c = container();
    struct process *p = start("exec", c.pid, probe, "sleep");

    process_await_output(p, "ready\n");
    leave(c);
    process_finish(p);
    expect(p->status == 128 + SIGKILL,
           "when PID 1 ends, all in its namespace are killed, and the status should be 137: %s",
           describe(p));
}

static void exec_takes_command_along(void)
{
    struct container c = container();
    struct process *p = start("exec", c.pid, probe, "sleep");

    process_await_output(p, "ready\n");
    kill(p->pid, SIGKILL);
    process_finish(p);
    // Its end closes the pipe.
    await(p->out == -1 || (process_finish(p), p->out == -1),
          "COMMAND should not outlive a mydocker exec that is killed: PR_SET_PDEATHSIG: %s",
          describe(p));
    leave(c);
}

static void exec_of_no_process(void)
{
    struct process *p = run("run", "true");

    expect_failure(run("exec", text_of("%d", (int)p->pid), "true"), 125, "");
    expect_failure(run("exec", "0", "true"), 125, "");
    expect_failure(run("exec", "1x", "true"), 125, "");
    expect_failure(run("exec", "", "true"), 125, "");
    struct container c = container();
    expect_failure(run("exec", c.pid), 125, "");
    leave(c);
}

static const struct promise exec_promises[] = {
    {"COMMAND is in the container's five namespaces", 4, LAST, exec_enters_all_five},
    {"COMMAND is one process more in there", 4, LAST, exec_is_one_process_more},
    {"COMMAND's status comes through", 4, LAST, exec_status_comes_through},
    {"a signal reaches COMMAND", 4, LAST, exec_passes_signals_on},
    {"COMMAND ends with the container", 4, LAST, exec_ends_with_pid_1},
    {"COMMAND does not outlive mydocker", 4, LAST, exec_takes_command_along},
    {"a PID that is none, and no COMMAND", 4, LAST, exec_of_no_process},
};

// ---- run --read-only ----

// COMMAND's report of a root file system of its own: what makes all of it read-only does no harm to
// the test's other files. Says whether DIR can still be WRITTEN, by its name out here.
static struct process *read_only(const char *what, const char *argument, bool as_user,
                                 bool *written)
{
    const char *root = root_make(), *copy = text_of("%s/copy", scratch);
    const struct launch direct = {.direct = true};

    (void)mkdir(copy, 0755);
    expect(mount("tmpfs", copy, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0 &&
               run_with(&direct, "cp", "-r", text_of("%s/.", root), copy)->status == 0,
           "the test cannot prepare its root file system");
    struct process *p =
        as_user ? run_with(&direct, "unshare", "--user", "--map-root-user", mydocker, "run",
                           "--rootfs", copy, "--read-only", "/bin/probe", what, argument)
                : run("run", "--rootfs", copy, "--read-only", "/bin/probe", what, argument);
    bool can_be_written = mkdir(text_of("%s/new", copy), 0755) == 0;
    if (written != NULL)
        *written = can_be_written;
    (void)umount2(copy, MNT_DETACH);
    return p;
}

static void root_is_read_only(void)
{
    struct process *p = read_only("leave-file", "/left", false, NULL);

    expect(p->status == 0 && fact_number(p, "left") == EROFS,
           "with --read-only nobody should write to COMMAND's /: a remount of it, "
           "MS_REMOUNT | MS_BIND | MS_RDONLY: %s",
           describe(p));
}

static void root_can_be_written(void)
{
    struct process *p = run("run", "--rootfs", root_make(), "/bin/probe", "leave-file", "/left");

    expect(p->status == 0 && fact_number(p, "left") == 0,
           "without --read-only COMMAND should be able to write to /: %s", describe(p));
}

static void proc_is_there(void)
{
    struct process *p = read_only("facts", "", false, NULL);

    expect(p->status == 0 && fact_number(p, "proc_processes") == 1 &&
               fact_number(p, "proc_readonly") == 0,
           "/proc should be as it was, a mount of its own: %s", describe(p));
}

static void directory_can_be_written(void)
{
    bool written;
    struct process *p = read_only("root", "", false, &written);

    expect(p->status == 0 && written,
           "the host should still be able to write to DIR, and cannot: MS_BIND with the remount "
           "changes one mount, without it the whole file system: %s",
           describe(p));
}

static void mount_keeps_its_flags(void)
{
    struct process *p = read_only("file", "/", false, NULL);

    expect(p->status == 0 && strstr(fact(p, "mount_/"), " ro nosuid nodev") != NULL,
           "a remount sets all flags anew: those that DIR's mount has should be named again "
           "(statvfs(3)): %s",
           describe(p));
}

// There the flags that the host's mounts have are locked.
static void read_only_for_users(void)
{
    need_user_namespace(NULL);
    struct process *p = read_only("leave-file", "/left", true, NULL);

    expect(p->status == 0 && fact_number(p, "left") == EROFS,
           "root of a user namespace should be able to do it; leave no flag out that the mount "
           "has: %s",
           describe(p));
}

static const struct promise read_only_promises[] = {
    {"nobody writes to COMMAND's /", 5, LAST, root_is_read_only},
    {"without the option it can be written", 5, LAST, root_can_be_written},
    {"/proc is as it was", 5, LAST, proc_is_there},
    {"DIR can be written on the host", 5, LAST, directory_can_be_written},
    {"nosuid and nodev stay", 5, 6, mount_keeps_its_flags},
    {"root of a user namespace can do it", 5, LAST, read_only_for_users},
};

// ---- run -v HOST:DIR[:ro] ----

// In the scratch directory: host/there, and in the root file system that is returned
// the directory data.
static const char *root_and_host(void)
{
    const char *root = root_make();

    (void)mkdir(text_of("%s/host", scratch), 0755);
    (void)mkdir(text_of("%s/host/there", scratch), 0755);
    expect(mkdir(text_of("%s/data", root), 0755) == 0, "the test cannot make data in DIR");
    return root;
}

static struct process *with_volume(const char *root, const char *volume, const char *what,
                                   const char *argument)
{
    return run("run", "--rootfs", root, "-v", volume, "/bin/probe", what, argument);
}

static void volume_is_there(void)
{
    const char *root = root_and_host(), *volume = text_of("%s/host:/data", scratch);
    struct process *p = with_volume(root, volume, "entries", "/data");

    expect(p->status == 0 && strstr(fact(p, "entries"), "there ") != NULL,
           "with -v HOST:/data COMMAND should find HOST's files in /data: %s", describe(p));
    p = with_volume(root, volume, "leave-file", "/data/left");
    expect(p->status == 0 && fact_number(p, "left") == 0 &&
               unlink(text_of("%s/host/left", scratch)) == 0,
           "what COMMAND writes to it should be in HOST: %s", describe(p));
    p = run("run", "--rootfs", root, "/bin/probe", "entries", "/data");
    expect(p->status == 0 && strcmp(fact(p, "entries"), "") == 0,
           "without -v /data should be DIR's own: %s", describe(p));
}

// HOST is a file system of its own: what makes all of it read-only does no harm to the test's other
// files.
static void volume_is_read_only(void)
{
    const char *root = root_and_host(), *host = text_of("%s/host", scratch);
    const char *volume = text_of("%s:/data:ro", host);

    expect(mount("tmpfs", host, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0,
           "the test cannot mount a tmpfs");
    struct process *written = with_volume(root, volume, "leave-file", "/data/left");
    struct process *flags = with_volume(root, volume, "file", "/data");
    struct process *rest = with_volume(root, volume, "leave-file", "/left");
    bool can_be_written = mkdir(text_of("%s/new", host), 0755) == 0;
    (void)umount2(host, MNT_DETACH);
    expect(written->status == 0 && fact_number(written, "left") == EROFS,
           "with :ro nobody should write to it: a second mount(2), MS_REMOUNT | MS_BIND | "
           "MS_RDONLY: %s",
           describe(written));
    expect(can_be_written,
           "HOST itself should be writable as before, and is not: MS_BIND with the remount changes "
           "one mount, without it the whole file system");
    expect(flags->status == 0 && strstr(fact(flags, "mount_/data"), " ro nosuid nodev") != NULL,
           "the flags that HOST's mount has should be named again: %s", describe(flags));
    expect(rest->status == 0 && fact_number(rest, "left") == 0,
           "the rest of COMMAND's root should be writable as before: %s", describe(rest));
}

static void several_volumes(void)
{
    const char *root = root_and_host(), *file = text_of("%s/file", root);
    const char *volume = text_of("%s/bin/probe:/file", root);

    expect(mknod(file, S_IFREG | 0644, 0) == 0, "the test cannot make a file in DIR");
    struct process *p = run("run", "--rootfs", root, "-v", text_of("%s/host:/data", scratch),
                            "--volume", volume, "/file", "entries", "/data");
    expect(p->status == 0 && strstr(fact(p, "entries"), "there ") != NULL,
           "each -v should be bound, a file on a file, too: %s", describe(p));
}

static void host_by_any_name(void)
{
    const char *root = root_and_host();

    (void)symlink(text_of("%s/host", scratch), text_of("%s/to-host", scratch));
    const char *volumes[] = {text_of("%s/to-host/there/..:/data", scratch),
                             text_of("%s/to-host:/data", scratch)};
    for (size_t i = 0; i < COUNT(volumes); i++) {
        struct process *p = with_volume(root, volumes[i], "entries", "/data");
        expect(p->status == 0 && strstr(fact(p, "entries"), "there ") != NULL,
               "HOST is the caller's name: a link on its way should be followed on the host, not "
               "in the new root: %s",
               describe(p));
    }
}

static void link_inside(void)
{
    const char *root = root_and_host();
    const char *targets[] = {"/data", "data", "../../../data", "bin/../data"};

    for (size_t i = 0; i < COUNT(targets); i++) {
        const char *link = text_of("%s/link", root);
        expect(symlink(targets[i], link) == 0, "the test cannot make a link in DIR");
        struct process *p =
            with_volume(root, text_of("%s/host:/link", scratch), "entries", "/data");
        (void)unlink(link);
        if (p->status != 125) // to refuse any link is safe, too
            expect(p->status == 0 && strstr(fact(p, "entries"), "there ") != NULL,
                   "/link leads to %s of DIR, and HOST should be there: %s", targets[i],
                   describe(p));
    }
}

static void link_outside(void)
{
    const char *root = root_and_host(), *link = text_of("%s/link", root);
    const char *outside = text_of("%s/outside", scratch);
    const char *targets[] = {outside, text_of("../../..%s", outside),
                             text_of("/proc/self/cwd%s", outside),
                             text_of("/proc/1/cwd%s", outside)};
    // A name below it that is not there: a runtime that makes it makes it on the host.
    static const char *const names[] = {"/link", "/link/new"};

    (void)mkdir(outside, 0755);
    wanted("a link in DIR leads nowhere out of it, those in /proc neither");
    for (size_t i = 0; i < COUNT(targets) * COUNT(names); i++) {
        const char *name = names[i % COUNT(names)];
        expect(symlink(targets[i / COUNT(names)], link) == 0, "the test cannot make a link in DIR");
        struct process *p =
            with_volume(root, text_of("%s/host:%s", scratch, name), "entries", name);
        (void)unlink(link);
        expect(p->status == 125 || strstr(fact(p, "entries"), "there ") != NULL,
               "DIR's /link leads to %s. That should be refused with status 125, or mean a place "
               "in DIR: %s",
               targets[i / COUNT(names)], describe(p));
        expect(rmdir(outside) == 0 && mkdir(outside, 0755) == 0,
               "something was made outside of DIR, in %s, where nothing should be", outside);
    }
}

static void volume_that_is_none(void)
{
    const char *root = root_and_host();

    expect_failure(with_volume(root, "host", "root", ""), 125, "");
    expect_failure(with_volume(root, text_of("%s/host:data", scratch), "root", ""), 125, "");
    expect_failure(with_volume(root, text_of("%s/host:", scratch), "root", ""), 125, "");
    expect_failure(with_volume(root, text_of("%s/host:/data:x", scratch), "root", ""), 125, "");
    expect_failure(with_volume(root, "/nowhere:/data", "root", ""), 125,
                   "No such file or directory");
    expect_failure(with_volume(root, text_of("%s/root/bin/probe:/data", scratch), "root", ""), 125,
                   "");
}

static void volume_for_users(void)
{
    need_user_namespace(NULL);
    const char *root = root_and_host();
    struct process *p =
        run_with(&(struct launch){.direct = true}, "unshare", "--user", "--map-root-user", mydocker,
                 "run", "--rootfs", root, "-v", text_of("%s/host:/data:ro", scratch), "/bin/probe",
                 "leave-file", "/data/left");

    expect(p->status == 0 && fact_number(p, "left") == EROFS,
           "root of a user namespace should be able to do it: MS_REC with the bind, and no flag "
           "left out of the remount: %s",
           describe(p));
}

static const struct promise volume_promises[] = {
    {"HOST's files are in DIR, and can be written", 5, LAST, volume_is_there},
    {"with :ro they can be read alone", 5, LAST, volume_is_read_only},
    {"several, and files", 5, LAST, several_volumes},
    {"HOST is a name of the caller's", 5, LAST, host_by_any_name},
    {"a link in DIR leads to DIR", 5, LAST, link_inside},
    {"a link in DIR leads nowhere else", 5, LAST, link_outside},
    {"what is no volume is refused", 5, LAST, volume_that_is_none},
    {"root of a user namespace can do it", 5, LAST, volume_for_users},
};

// ---- run --device /dev/NAME ----

// On a host with a device more, /dev/more, which is /dev/zero, and a file /dev/file. Its other ones
// are those that COMMAND gets anyway.
static void more_devices(const void *argument)
{
    static const char *const names[] = {"null",    "zero", "full", "random",
                                        "urandom", "tty",  "more", "file"};

    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mkdir("devices", 0755) == -1)
        _exit(111);
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *file = text_of("devices/%s", names[i]);
        const char *device = text_of("/dev/%s", strcmp(names[i], "more") == 0 ? "zero" : names[i]);
        if (mknod(file, S_IFREG | 0644, 0) == -1 ||
            (strcmp(names[i], "file") != 0 && mount(device, file, NULL, MS_BIND, NULL) == -1))
            _exit(111);
    }
    if (mount("devices", "/dev", NULL, MS_BIND | MS_REC, NULL) == -1)
        _exit(111);
}

// With DEVICE, or without any.
static struct process *with_device(const char *device, const char *what, const char *argument)
{
    const struct launch how = {
        .prepare = more_devices,
        .by_hand =
            "... (where /dev/more is bound to /dev/zero, and /dev/file is no "
            "device)"};
    const char *root = root_make();
    const struct launch direct = {.direct = true};

    (void)run_with(&direct, "rm", "-rf", text_of("%s/devices", scratch));
    return device == NULL ? run_with(&how, "run", "--rootfs", root, "/bin/probe", what, argument)
                          : run_with(&how, "run", "--device", device, "--rootfs", root,
                                     "/bin/probe", what, argument);
}

static void device_is_there(void)
{
    struct stat zero = {0};
    struct process *p = with_device("/dev/more", "dev", "x");

    (void)stat("/dev/zero", &zero);
    expect(p->status == 0 &&
               strstr(p->output.bytes, text_of("/dev/more=%o %llx\n", (unsigned)zero.st_mode,
                                               (unsigned long long)zero.st_rdev)) != NULL,
           "with --device /dev/more COMMAND should have it, with the host's numbers: %s",
           describe(p));
    p = with_device(NULL, "dev", "x");
    expect(p->status == 0 && strstr(p->output.bytes, "/dev/more=") == NULL,
           "without the option it should not be there: %s", describe(p));
}

static void device_is_protected(void)
{
    struct process *p = with_device("/dev/more", "file", "/dev/more");

    expect(p->status == 0 && strstr(fact(p, "mount_/dev/more"), " ro nosuid noexec") != NULL,
           "chmod of it would be one on the host: its mount should be read-only, as those of the "
           "six are: %s",
           describe(p));
}

static void device_that_is_none(void)
{
    static const char *const names[] = {"/dev/file",   "/dev/nothing", "/dev/..",
                                        "/etc/passwd", "more",         ""};

    for (size_t i = 0; i < COUNT(names); i++)
        expect_failure(with_device(names[i], "root", ""), 125, "");
}

// This one is a device, and DIR has a directory of the same name.
static void device_elsewhere(void)
{
    const char *directory = text_of("%s/devices", scratch);
    const struct launch how = {.prepare = more_devices,
                               .by_hand = "... (where that file is bound to /dev/zero)"};
    const struct launch direct = {.direct = true};
    const char *root = root_make(), *made = text_of("%s%s/more", root, directory);

    (void)run_with(&direct, "rm", "-rf", directory);
    (void)run_with(&direct, "mkdir", "-p", text_of("%s%s", root, directory));
    struct process *p = run_with(&how, "run", "--device", text_of("%s/more", directory), "--rootfs",
                                 root, "/bin/probe", "root");
    expect(access(made, F_OK) == -1, "a name outside of /dev has left a file in DIR: refuse it: %s",
           describe(p));
}

static const struct promise device_promises[] = {
    {"COMMAND has the device", 6, LAST, device_is_there},
    {"its file cannot be changed", 6, LAST, device_is_protected},
    {"what is no device is refused", 6, LAST, device_that_is_none},
    {"nothing is left in DIR", 6, LAST, device_elsewhere},
};

// ---- init is a sealed copy of mydocker ----

// A copy of mydocker in the scratch directory that nobody will miss.
static const char *victim(void)
{
    const char *copy = text_of("%s/victim", scratch);
    const struct launch direct = {.direct = true};

    expect(run_with(&direct, "cp", mydocker, copy)->status == 0 && chmod(copy, 0755) == 0,
           "the test cannot copy mydocker");
    return copy;
}

// Has PROCESS executed `mydocker init` already? It says so in the second of its words.
static bool is_init(const char *process)
{
    const char *words = content_of(text_of("%s/cmdline", process));

    return *words != '\0' && strcmp(words + strlen(words) + 1, "init") == 0;
}

// What PID 1 executes while it is init: its name in /proc. Nobody reads the log of this MYDOCKER,
// so that init is held up at its first line.
static const char *program_of_init(const char *file)
{
    static int ends[2];
    const struct launch unread = {
        .direct = true,
        .prepare = process_errors_to,
        .argument = &ends[1],
        .by_hand =
            "... (init is held up by a log that nobody reads; meanwhile root "
            "looks at its /proc/PID/exe)"};

    expect(pipe2(ends, O_CLOEXEC) == 0, "the test cannot make a pipe");
    process_fill(ends[1]);
    struct process *p =
        start_with(&unread, file, "run", "--rootfs", root_make(), "/bin/probe", "exit", "0");
    const char *children = text_of("/proc/%d/task/%d/children", (int)p->pid, (int)p->pid);
    const char *child;
    await((child = text_of("/proc/%ld", strtol(content_of(children), NULL, 10)), is_init(child)),
          "the child of mydocker should execute mydocker init: %s", describe(p));
    return text_of("%s/exe", child);
}

static void mode_cannot_be_changed(void)
{
    const char *host = victim(), *program = program_of_init(host);
    struct stat status;

    // As root in there may, if COMMAND is /proc/self/exe.
    (void)chmod(program, 04777);
    expect(stat(host, &status) == 0 && (status.st_mode & 07777) == 0755,
           "chmod 4777 /proc/1/exe, which root may in there, has made the host's mydocker a "
           "set-user-ID program that everybody can write to: init should not execute the file on "
           "the host, or see it through a mount that is read-only");
}

static void program_cannot_be_written(void)
{
    int fd = open(program_of_init(victim()), O_RDONLY | O_CLOEXEC);
    int seals = fcntl(fd, F_GET_SEALS);
    struct statvfs status = {0};

    expect(fd != -1 && fstatvfs(fd, &status) == 0, "the test cannot open what init executes");
    close(fd);
    expect((seals != -1 && (seals & F_SEAL_WRITE) != 0) || (status.f_flag & ST_RDONLY) != 0,
           "what /proc/1/exe leads to should be sealed (F_ADD_SEALS, F_SEAL_WRITE), or on a mount "
           "that is read-only: that it is busy protects it only as long as it runs");
}

static void command_is_as_before(void)
{
    struct process *p = run("run", "--rootfs", root_make(), "/bin/probe", "facts", "", "a b");

    expect(p->status == 0 && fact_number(p, "pid") == 1 &&
               strcmp(fact(p, "descriptors"), "0 1 2 ") == 0,
           "COMMAND should be PID 1, and have descriptors 0, 1 and 2 alone: MFD_CLOEXEC: %s",
           describe(p));
}

static const struct promise sealed_promises[] = {
    {"the host's mydocker keeps its mode", 7, LAST, mode_cannot_be_changed},
    {"what /proc/1/exe leads to cannot be written", 7, LAST, program_cannot_be_written},
    {"COMMAND is as before", 7, LAST, command_is_as_before},
};

// ---- run --cpuset-cpus LIST ----

// In a place of its own for limits, as "limits: " has them.
static struct process *limited(const char *const *words)
{
    const struct launch how = {
        .prepare = limits_in_place, .argument = limits_place(), .by_hand = "..."};

    return process_run(&how, words);
}

static const char *const grep_processors[] = {"grep", "Cpus_allowed_list", "/proc/self/status"};
#define GREP grep_processors[0], grep_processors[1], grep_processors[2]

static void processors_are_given(void)
{
    struct process *p = limited(WORDS("run", "--cpuset-cpus", "0", GREP));
    struct utsname kernel;

    (void)uname(&kernel);
    if (p->status == 0 && strverscmp(kernel.release, "6.1") < 0)
        cannot_check("before Linux 6.1 a clone into a group keeps the processors of its parent");

    expect(p->status == 0 && strcmp(p->output.bytes, "Cpus_allowed_list:\t0\n") == 0,
           "with --cpuset-cpus 0 COMMAND should have the first processor alone: cpuset.cpus, and "
           "the controller cpuset: %s",
           describe(p));
}

static void processors_as_before(void)
{
    const struct launch direct = {.direct = true};
    const char *ours = run_with(&direct, GREP)->output.bytes;
    struct process *p = limited(WORDS("run", "--pids-limit", "9", GREP));

    expect(p->status == 0 && strcmp(p->output.bytes, ours) == 0,
           "without the option COMMAND should have the caller's: %s", describe(p));
}

static void processors_that_are_none(void)
{
    static const char *const wrong[] = {"", "x", "-1", "0-", "100000"};

    for (size_t i = 0; i < COUNT(wrong); i++)
        expect_failure(limited(WORDS("run", "--cpuset-cpus", wrong[i], probe, "facts")), 125,
                       "cpuset");
}

static const struct promise cpuset_promises[] = {
    {"COMMAND has these processors alone", 8, LAST, processors_are_given},
    {"without the option it has the caller's", 8, LAST, processors_as_before},
    {"what is no list of processors is refused", 8, LAST, processors_that_are_none},
};

// ---- with -m all of the container goes when the memory does ----

static const char *const child_then_3[] = {"sh", "-c", "\"$0\" memory \"$1\"; exit 3"};
#define CHILD_THEN_3 child_then_3[0], child_then_3[1], child_then_3[2], probe

static void all_are_killed(void)
{
    struct process *p = limited(WORDS("run", "-m", "24m", CHILD_THEN_3, "99"));

    expect(p->status == 137 && strstr(p->errors.bytes, "out of memory") != NULL,
           "a child of COMMAND takes too much memory, and COMMAND should go with it: "
           "memory.oom.group: %s",
           describe(p));
}

static void nobody_is_killed(void)
{
    struct process *p = limited(WORDS("run", "-m", "240m", CHILD_THEN_3, "9"));

    expect(p->status == 3, "within the limit nobody should be killed: %s", describe(p));
    p = limited(WORDS("run", "--pids-limit", "9", CHILD_THEN_3, "9"));
    expect(p->status == 3, "without -m there is no such file to write to: %s", describe(p));
}

static const struct promise oom_group_promises[] = {
    {"all of them are killed", 8, LAST, all_are_killed},
    {"within the limit nobody is", 8, LAST, nobody_is_killed},
};

// ---- run --user UID[:GID] ----

static void in_more_groups(const void *argument)
{
    const gid_t groups[] = {7, 8};

    (void)argument;
    if (setgroups(2, groups) == -1)
        _exit(111);
}

static struct process *as_user(const char *user, const char *option, const char *value)
{
    need_root();
    return run_with(PREPARED(in_more_groups, NULL, "setpriv --groups 7,8 ..."), "run", "--rootfs",
                    root_make(), option, value, "--user", user, "/bin/probe", "inheritance");
}

static void command_is_the_user(void)
{
    struct process *p = as_user("1000:2000", "--cap-drop", "MKNOD");

    expect(p->status == 0 && strcmp(fact(p, "uids"), "1000:1000") == 0 &&
               strcmp(fact(p, "gids"), "2000:2000") == 0,
           "with --user 1000:2000 COMMAND should be user 1000 and group 2000: %s", describe(p));
    expect(strcmp(fact(p, "groups"), "") == 0,
           "COMMAND should be in no other group: setgroups(2): "
           "%s",
           describe(p));
    p = as_user("1000", "--cap-drop", "MKNOD");
    expect(p->status == 0 && strcmp(fact(p, "uids"), "1000:1000") == 0 &&
               strcmp(fact(p, "gids"), "1000:1000") == 0,
           "with --user 1000 the group should have the same number: %s", describe(p));
}

// Effective, permitted and inheritable set of COMMAND.
static unsigned long long capabilities_of(const struct process *p)
{
    unsigned long long sets[3] = {0};

    (void)sscanf(fact(p, "capabilities"), "%llx:%llx:%llx", &sets[0], &sets[1], &sets[2]);
    return sets[0] | sets[1] | sets[2];
}

static void user_has_no_capabilities(void)
{
    static const char *const options[][2] = {
        {"--cap-drop", "MKNOD"}, {"--cap-drop", "ALL"}, {"--cap-add", "ALL"}};

    for (size_t i = 0; i < COUNT(options); i++) {
        struct process *p = as_user("1000", options[i][0], options[i][1]);
        expect(p->status == 0 && capabilities_of(p) == 0,
               "user 1000 should have no capability, and the change of user should be possible "
               "whatever COMMAND gets: %s",
               describe(p));
    }
}

static void root_keeps_its_own(void)
{
    struct process *p = as_user("0", "--cap-add", "CHOWN");

    expect(p->status == 0 && capabilities_of(p) != 0,
           "user 0 should have the capabilities of step 9: %s", describe(p));
    p = as_user("0", "--cap-drop", "ALL");
    expect(p->status == 0 && capabilities_of(p) == 0,
           "user 0 should have those that the options leave it, here none: %s", describe(p));
}

static void user_does_not_outlive_mydocker(void)
{
    need_root();
    struct process *p =
        start("run", "--rootfs", root_make(), "--user", "1000", "/bin/probe", "sleep");

    process_await_output(p, "ready\n");
    kill(p->pid, SIGKILL);
    process_finish(p);
    // Its end closes the pipe.
    await(p->out == -1 || (process_finish(p), p->out == -1),
          "COMMAND should not outlive a mydocker that is killed: a change of user clears the "
          "parent-death signal (prctl(2), PR_SET_PDEATHSIG): %s",
          describe(p));
}

static void user_that_is_none(void)
{
    static const char *const wrong[] = {
        "", "x", "-1", "+1", " 1", "1:", ":1", "1:2:3", "1:x", "4294967295", "1x"};

    for (size_t i = 0; i < COUNT(wrong); i++)
        expect_failure(as_user(wrong[i], "--cap-drop", "MKNOD"), 125, "");
}

static void opened_by_the_user(void)
{
    need_root();
    const char *root = root_make(), *directory = text_of("%s/of-root", root);

    expect(mkdir(directory, 0700) == 0 &&
               link(text_of("%s/bin/probe", root), text_of("%s/probe", directory)) == 0,
           "the test cannot make %s/probe", directory);
    struct process *p = run("run", "--rootfs", root, "/of-root/probe", "exit", "7");
    expect(p->status == 7, "root should reach COMMAND: %s", describe(p));
    p = run("run", "--rootfs", root, "--user", "1000", "/of-root/probe", "exit", "7");
    expect(p->status == 126,
           "COMMAND is in a directory of root's alone, and user 1000 should not reach it: its file "
           "is opened with the rights that execve(2) is called with: %s",
           describe(p));
}

static const struct promise user_promises[] = {
    {"COMMAND is this user, in this group alone", 9, LAST, command_is_the_user},
    {"it has no capabilities", 9, LAST, user_has_no_capabilities},
    {"its file is opened with the user's rights", 9, LAST, opened_by_the_user},
    {"user 0 has those of step 9", 9, LAST, root_keeps_its_own},
    {"COMMAND does not outlive mydocker", 9, LAST, user_does_not_outlive_mydocker},
    {"what is no user is refused", 9, LAST, user_that_is_none},
};

// ---- run --security-opt systempaths=unconfined ----

static void nothing_is_covered(void)
{
    struct process *p = run("run", "--security-opt", "systempaths=unconfined", probe, "masks");

    expect(p->status == 0 && strcmp(fact(p, "/proc/interrupts"), "full") == 0 &&
               strncmp(fact(p, "/proc/sys"), "rw", 2) == 0,
           "with it COMMAND should find /proc/interrupts and /proc/sys as the kernel has them: %s",
           describe(p));
    p = run("run", probe, "masks");
    expect(p->status == 0 && strcmp(fact(p, "/proc/interrupts"), "empty") == 0,
           "without it all should be as before: %s", describe(p));
}

static void nested_has_a_proc(void)
{
    need_user_namespace(NULL);
    struct process *p =
        run("run", "--cap-add", "ALL", "--security-opt", "systempaths=unconfined", "unshare",
            "--user", "--map-root-user", mydocker, "run", probe, "facts");

    expect(p->status == 0 && fact_number(p, "proc_processes") == 1,
           "a container in a container should get a /proc of its own then: nothing is covered any "
           "more: %s",
           describe(p));
}

static void other_paths_are_named(void)
{
    static const char *const options[] = {"systempaths", "systempaths=", "systempaths=confined",
                                          ""};

    for (size_t i = 0; i < COUNT(options); i++)
        expect_failure(run("run", "--security-opt", options[i], probe, "facts"), 125, "");
}

static const struct promise systempaths_promises[] = {
    {"nothing is covered, and only with it", 10, LAST, nothing_is_covered},
    {"a container in a container works", 10, LAST, nested_has_a_proc},
    {"other words are refused", 10, LAST, other_paths_are_named},
};

// ---- run --security-opt seccomp=log ----

static struct process *with_filter(const char *option)
{
    return option == NULL
               ? run("run", "--cap-add", "ALL", probe, "calls")
               : run("run", "--cap-add", "ALL", "--security-opt", option, probe, "calls");
}

static void nothing_is_forbidden(void)
{
    struct process *p = with_filter("seccomp=log");

    expect(p->status == 0 && fact_number(p, "unshare") == 0 && fact_number(p, "clone_uts") == 0 &&
               fact_number(p, "alg") != EPERM && fact_number(p, "open_tree_attr") != EPERM,
           "with seccomp=log COMMAND should be able to use all calls (SCMP_ACT_LOG): %s",
           describe(p));
    expect(fact_number(p, "seccomp") == 2,
           "it should run under a filter all the same: who else tells the kernel what to log? %s",
           describe(p));
}

// What a FILTER answers to a CALL: BPF, as far as filters of libseccomp have it (seccomp(2)).
static uint32_t filtered_as(const struct sock_filter *filter, size_t length,
                            const struct seccomp_data *call)
{
    uint32_t a = 0;

    for (size_t i = 0; i < length; i++) {
        const struct sock_filter *f = &filter[i];
        bool is_true = false;
        switch (f->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            memcpy(&a, (const char *)call + f->k, sizeof(a));
            continue;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= f->k;
            continue;
        case BPF_JMP | BPF_JA:
            i += f->k;
            continue;
        case BPF_JMP | BPF_JEQ | BPF_K:
            is_true = a == f->k;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            is_true = a > f->k;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            is_true = a >= f->k;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            is_true = (a & f->k) != 0;
            break;
        case BPF_RET | BPF_K:
            return f->k & SECCOMP_RET_ACTION_FULL;
        default:
            cannot_check_here("the filter has an instruction that the test does not know");
        }
        i += is_true ? f->jt : f->jf;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

static void kernel_is_told(void)
{
    static struct sock_filter filter[BPF_MAXINSNS];
    const struct seccomp_data
#if defined(__x86_64__)
        call = {.nr = SYS_unshare, .arch = AUDIT_ARCH_X86_64};
#else
        call = {.nr = SYS_unshare, .arch = AUDIT_ARCH_AARCH64};
#endif
    struct process *p =
        start("run", "--cap-add", "ALL", "--security-opt", "seccomp=log", probe, "sleep");
    pid_t pid = atoi(container_of(p).pid);

    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == -1 ||
        ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == -1 || waitpid(pid, NULL, __WALL) != pid)
        cannot_check_here("the tests may not trace COMMAND (ptrace(2))");
    long length = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, filter);
    if (length == -1 && (errno == EACCES || errno == EIO))
        cannot_check_here(
            "to read a filter takes root, and a kernel with CONFIG_CHECKPOINT_RESTORE");
    expect(
        length > 0 && filtered_as(filter, (size_t)length, &call) == SECCOMP_RET_LOG,
        "the filter should tell the kernel to log unshare(2), and it does not (SECCOMP_RET_LOG)");
}

static void nothing_ends_command(void)
{
#if !defined(__x86_64__)
    cannot_check_here("this machine has no calls of x32");
#endif
    struct process *p =
        run("run", "--cap-add", "ALL", "--security-opt", "seccomp=log", probe, "call-as", "x32");

    expect(p->status == 0,
           "with seccomp=log a call by the number of another architecture should not end COMMAND: "
           "%s",
           describe(p));
}

static void filter_is_as_before(void)
{
    struct process *p = with_filter(NULL);

    expect(p->status == 0 && fact_number(p, "unshare") == EPERM &&
               fact_number(p, "clone3") == ENOSYS,
           "without it the filter should be as before: %s", describe(p));
    p = with_filter("seccomp=unconfined");
    expect(p->status == 0 && fact_number(p, "seccomp") == 0,
           "seccomp=unconfined should go on to mean no filter: %s", describe(p));
}

static const struct promise seccomp_log_promises[] = {
    {"nothing is forbidden, under a filter", 11, LAST, nothing_is_forbidden},
    {"nothing ends COMMAND", 11, LAST, nothing_ends_command},
    {"the kernel is told what to log", 11, LAST, kernel_is_told},
    {"without it the filter is as before", 11, LAST, filter_is_as_before},
};

// ---- run --security-opt seccomp=FILE ----

// What a static program may ask for that does no more than the probe does, on any machine and with
// any C library: it starts, asks who it is, makes a child and a thread, writes, and ends.
static const char few_calls[] =
    "access arch_prctl brk clock_gettime clock_nanosleep clone close dup dup3 execve exit "
    "exit_group faccessat faccessat2 fcntl fork fstat futex getcwd getdents64 getegid geteuid "
    "getgid getpid getppid getrandom getuid getxattr ioctl lseek lstat madvise mmap mprotect "
    "mremap munmap nanosleep newfstatat open openat poll prctl pread64 prlimit64 read readlink "
    "readlinkat rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity set_robust_list "
    "set_tid_address setsid stat statfs statx sysinfo tgkill uname vfork wait4 waitid write "
    "writev ";

// A profile in the scratch directory with these, and MORE. Returns the option.
static const char *profile(const char *more)
{
    FILE *file = fopen(text_of("%s/profile", scratch), "we");
    bool written = file != NULL;

    for (const char *name = few_calls; written && *name != '\0'; name += strcspn(name, " ") + 1)
        written = fprintf(file, "%.*s\n", (int)strcspn(name, " "), name) > 0;
    expect(written && fputs(more, file) != EOF && fclose(file) == 0,
           "the test cannot write a profile");
    return "seccomp=profile";
}

static bool is_refused(const struct process *p, const char *call)
{
    long error = fact_number(p, call);

    return error == EPERM || error == ENOSYS;
}

static void list_is_what_is_allowed(void)
{
    struct process *p = with_filter(profile(""));

    expect(p->status == 0 && fact_number(p, "seccomp") == 2 && fact_number(p, "fork") == 0,
           "what the list names COMMAND should be able to call: execve(2) comes after the filter, "
           "too: %s",
           describe(p));
    expect(is_refused(p, "unix") && is_refused(p, "unshare") && is_refused(p, "mount"),
           "what is not on the list should fail with EPERM or ENOSYS: socket(2), too: %s",
           describe(p));
    p = with_filter(profile("socket\nunshare\n"));
    expect(p->status == 0 && fact_number(p, "unix") == 0 && fact_number(p, "unshare") == 0,
           "what is on the list should be allowed, one name a line: %s", describe(p));
}

static void unknown_calls_are_left_out(void)
{
    struct process *p = with_filter(profile("no_such_call\n"));

    expect(p->status == 0 && strstr(p->errors.bytes, "\"warning\"") != NULL &&
               strstr(p->errors.bytes, "no_such_call") != NULL,
           "a name that libseccomp does not know should be left out, with a warning that names it: "
           "%s",
           describe(p));
}

static void thread_without_clone3(void)
{
    struct process *p = with_filter(profile(""));

    expect(p->status == 0 && fact_number(p, "clone3") == ENOSYS && fact_number(p, "thread") == 0,
           "clone3(2), which is not on the list, should not be there (ENOSYS), so that the C "
           "library makes its threads by clone(2): %s",
           describe(p));
}

static void profile_of_the_caller(void)
{
    const char *option = profile("");
    struct process *p =
        run("run", "--security-opt", option, "--rootfs", root_make(), "/bin/probe", "exit", "7");

    expect(p->status == 7, "FILE is a name of the caller's, also with --rootfs: %s", describe(p));
}

static void profile_is_not_there(void)
{
    expect_failure(run("run", "--security-opt", "seccomp=nowhere", probe, "facts"), 125,
                   "No such file or directory");
}

static const struct promise seccomp_file_promises[] = {
    {"what the list names is allowed, and nothing else", 11, LAST, list_is_what_is_allowed},
    {"what is no call is left out, with a warning", 11, LAST, unknown_calls_are_left_out},
    {"threads start", 11, LAST, thread_without_clone3},
    {"FILE is a name of the caller's", 11, LAST, profile_of_the_caller},
    {"a FILE that is not there is named", 11, LAST, profile_is_not_there},
    {"without it the filter is as before", 11, LAST, filter_is_as_before},
};

const struct mechanism exercises[] = {
    {"env", 1, "getopt_long(3) takes the word, putenv(3) makes it a variable, before execve(2)",
     env_promises, COUNT(env_promises)},
    {"hostname", 2, "getopt_long(3) takes the name, sethostname(2) sets it, in the new namespace",
     hostname_promises, COUNT(hostname_promises)},
    {"loopback", 2, "an ioctl(2) on any socket: SIOCGIFFLAGS, then SIOCSIFFLAGS with IFF_UP",
     loopback_promises, COUNT(loopback_promises)},
    {"no-new-privs", 3,
     "prctl(2) in the process that becomes COMMAND, last of all before execve(2)",
     no_new_privs_promises, COUNT(no_new_privs_promises)},
    {"proc-sys", 4,
     "two mount(2)s in init, after that of /proc: MS_BIND, then MS_REMOUNT | MS_BIND | MS_RDONLY",
     proc_sys_promises, COUNT(proc_sys_promises)},
    {"init", 4, "fork(2) in init; then wait for signals and for everybody until COMMAND has ended",
     init_promises, COUNT(init_promises)},
    {"exec", 4,
     "a pidfd or the files /proc/PID/ns/*, setns(2) of all five kinds, then fork(2) and execve(2)",
     exec_promises, COUNT(exec_promises)},
    {"read-only", 5,
     "one mount(2) more in init, when DIR is / already: MS_REMOUNT | MS_BIND | MS_RDONLY, and the "
     "flags that the mount has",
     read_only_promises, COUNT(read_only_promises)},
    {"volume", 5,
     "when does HOST lead where the caller means, and DIR to the new root alone? What does /.. "
     "lead "
     "to while the old root lies on top?",
     volume_promises, COUNT(volume_promises)},
    {"device", 6,
     "the host has it already: what binds the six can bind one more. Which names may it take?",
     device_promises, COUNT(device_promises)},
    {"sealed", 7,
     "what is /proc/1/exe, if COMMAND is /proc/self/exe, and who may change that file? execve(2) "
     "can have something else: memfd_create(2), or a bind mount",
     sealed_promises, COUNT(sealed_promises)},
    {"cpuset", 8,
     "one file of the group more, cpuset.cpus, and the controller that it belongs to, cpuset",
     cpuset_promises, COUNT(cpuset_promises)},
    {"oom-group", 8, "one file of the group more: memory.oom.group", oom_group_promises,
     COUNT(oom_group_promises)},
    {"user", 9,
     "groups first, then the user (setgroups(2), setresgid(2), setresuid(2)), when what that takes "
     "is still there. What does the kernel clear then? (prctl(2), PR_SET_PDEATHSIG)",
     user_promises, COUNT(user_promises)},
    {"systempaths", 10,
     "one word of the command line, and one call in init() less. What does the kernel look at "
     "before it mounts a /proc in a user namespace?",
     systempaths_promises, COUNT(systempaths_promises)},
    {"seccomp-log", 11,
     "a rule's action need not be an error: which one lets the call pass, and tells? (seccomp(2))",
     seccomp_log_promises, COUNT(seccomp_log_promises)},
    {"seccomp-file", 11,
     "what is the action of seccomp_init(3) for, and what the rules' one? Which calls does "
     "mydocker "
     "itself make after the filter? When does FILE still have its name?",
     seccomp_file_promises, COUNT(seccomp_file_promises)},
};
const size_t exercise_count = COUNT(exercises);
