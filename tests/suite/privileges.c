// What is refused, and what is said about it.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

// User 0 with no more rights than any other: what an ordinary user is to the kernel.
static void drop_capabilities(const void *argument)
{
    cap_t none = cap_init();

    (void)argument;
    if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) == -1 || none == NULL ||
        cap_set_proc(none) == -1)
        _exit(111);
}

static void without_capabilities(void)
{
    struct launch how = {.prepare = drop_capabilities,
                         .by_hand = "setpriv --bounding-set -all ..."};
    struct process *p = run_with(&how, "run", probe, "facts");

    wanted(
        "without CAP_SYS_ADMIN clone(2) fails, and the line that says so names both ways on (in C, "
        "die_clone() of common.h does)");
    expect_failure(p, 125, "Operation not permitted...CAP_SYS_ADMIN...root");
    if (prctl(PR_GET_SECCOMP) == 0)
        expect(strstr(p->errors.bytes, "seccomp") == NULL,
               "there is no seccomp filter, and the line should not name one: %s", describe(p));
    expect_failure(p, 125, text_of("unshare --user --map-root-user %s run -it /bin/sh", mydocker));
}

// An ordinary user can always map itself to root; user 0 needs this one for it
// (user_namespaces(7)).
static void keep_setfcap_alone(const void *argument)
{
    const cap_value_t setfcap = CAP_SETFCAP;
    cap_t one = cap_init();

    (void)argument;
    if (one == NULL || cap_set_flag(one, CAP_PERMITTED, 1, &setfcap, CAP_SET) == -1 ||
        cap_set_flag(one, CAP_EFFECTIVE, 1, &setfcap, CAP_SET) == -1 ||
        cap_set_flag(one, CAP_INHERITABLE, 1, &setfcap, CAP_SET) == -1 ||
        prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) == -1 ||
        cap_set_proc(one) == -1 || cap_set_ambient(setfcap, CAP_SET) == -1)
        _exit(111);
}

// Where the machine itself refuses a user namespace, to everybody or to ordinary users, a promise
// that needs one can be neither kept nor broken.
void need_user_namespace(void (*prepare)(const void *argument))
{
    need_tool("unshare");
    struct launch how = {.direct = true, .prepare = prepare};
    struct process *p = run_with(&how, "unshare", "--user", "--map-root-user", "true");

    p->errors.bytes[strcspn(p->errors.bytes, "\n")] = '\0';
    if (p->status != 0)
        cannot_check(text_of("this machine refuses a user namespace: %s", p->errors.bytes));
}

static void the_way_on_works(void)
{
    struct launch how = {.direct = true, .prepare = ordinary_user ? NULL : keep_setfcap_alone};
    need_user_namespace(how.prepare);
    struct process *p =
        run_with(&how, "unshare", "--user", "--map-root-user", mydocker, "run", probe, "facts");

    expect(p->status == 0 && fact_number(p, "pid") == 1 && fact_number(p, "uid") == 0,
           "unshare --user --map-root-user mydocker run COMMAND should work for an ordinary user: "
           "%s",
           describe(p));
}

static void none_needed(void)
{
    struct launch how = {.prepare = drop_capabilities,
                         .by_hand = "setpriv --bounding-set -all ..."};
    struct process *p = run_with(&how, "run", probe, "exit", "3");

    expect(p->status == 3,
           "this step needs no privilege: COMMAND should run without one, and end with 3: %s",
           describe(p));
}

static void write_or_exit(const char *file, const char *content)
{
    int fd = open(file, O_WRONLY | O_CREAT, 0644);

    if (fd == -1 || write(fd, content, strlen(content)) == -1)
        _exit(111);
    close(fd);
}

void user_namespace(int others)
{
    if (unshare(CLONE_NEWUSER | others) == -1)
        _exit(111);
    write_or_exit("/proc/self/setgroups", "deny");
    write_or_exit("/proc/self/uid_map", "0 0 1");
    write_or_exit("/proc/self/gid_map", "0 0 1");
}

static void limit_namespaces(const void *argument)
{
    user_namespace(0);
    write_or_exit(text_of("/proc/sys/user/max_%s_namespaces", (const char *)argument), "0");
}

// A switch of the whole machine's, put where it is on the machines that have it.
static void put_switch(const char *name, const char *content)
{
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("tmpfs", "/proc/sys/kernel", "tmpfs", 0, NULL) == -1)
        _exit(111);
    write_or_exit(text_of("/proc/sys/kernel/%s", name), content);
}

static void no_user_namespaces(const void *argument)
{
    limit_namespaces("user");
    drop_capabilities(argument);
}

static void no_user_namespaces_on_debian(const void *argument)
{
    put_switch("unprivileged_userns_clone", "0\n");
    drop_capabilities(argument);
}

static void limits(void)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "ipc"};
    static const char *const flags[] = {"UTS", "PID", "NS", "NET", "IPC"};

    need_user_namespace(NULL);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct launch how = {
            .prepare = limit_namespaces,
            .argument = kinds[i],
            .by_hand = text_of("unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_%s_namespaces; ...'",
                               kinds[i])};
        struct process *p = run_with(&how, "run", probe, "facts");
        answer(text_of("CLONE_NEW%s in the flags of clone(2)", flags[i]));
        think("which flags does clone(2) get? Each kind of namespace has its own (namespaces(7))");
        expect(p->status != 0,
               "no %s namespace could be made here, and it ran: none was asked for. It should have "
               "failed",
               kinds[i]);
        answer(NULL);
        think(NULL);
        expect_failure(p, 125, "No space left on device...limit");
        expect_failure(p, 125, text_of("user.max_%s_namespaces", kinds[i]));
    }

    // A user namespace is no way on where there is none to be had.
    struct process *p =
        run_with(PREPARED(no_user_namespaces, NULL,
                          "... (without capabilities, where user.max_user_namespaces is 0)"),
                 "run", probe, "facts");
    expect_failure(p, 125, "CAP_SYS_ADMIN...switched off...user.max_user_namespaces");
    p = run_with(
        PREPARED(no_user_namespaces_on_debian, NULL,
                 "... (without capabilities, where kernel.unprivileged_userns_clone is 0)"),
        "run", probe, "facts");
    expect_failure(p, 125, "CAP_SYS_ADMIN...switched off...kernel.unprivileged_userns_clone");
}

static void deny_call(const struct denied *denied)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied->number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 (unsigned)offsetof(struct seccomp_data, args) + 8 * denied->argument),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, denied->flags, 0, denied->flags == 0 ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (denied->error == 0 ? EPERM : denied->error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
        _exit(111);
}

void deny(const void *argument)
{
    const struct denied *denied = argument;
    const struct denied clone3 = {.number = SYS_clone3, .error = denied->error};

    deny_call(denied);
    // Its flags are where no filter can look.
    if (denied->number == SYS_clone && step >= 8)
        deny_call(&clone3);
}

const char *filtered(const struct denied *denied)
{
    static const struct {
        unsigned number;
        const char *name;
    } calls[] = {{SYS_clone, "clone"},           {SYS_mount, "mount"},     {SYS_kill, "kill"},
                 {SYS_pivot_root, "pivot_root"}, {SYS_umount2, "umount2"}, {0, "close_range"}};
    size_t i = 0;

    while (calls[i].number != 0 && calls[i].number != denied->number)
        i++;
    const char *call = calls[i].name;
    return text_of("... (under a seccomp filter: %s(2) fails with \"%s\")", call,
                   strerror(denied->error == 0 ? EPERM : (int)denied->error));
}

static void seccomp_filter(void)
{
    const struct denied clone_denied = {SYS_clone, CLONE_NEWNS | CLONE_NEWPID, 0, 0};
    struct process *p =
        run_with(PREPARED(deny, &clone_denied, filtered(&clone_denied)), "run", probe, "facts");

    expect_failure(p, 125, "Operation not permitted...seccomp");
    expect_failure(p, 125, "seccomp=unconfined");
}

static void mount_that_fails(void)
{
    // The one that makes the tree private, and the one that mounts proc: the flags are the fourth
    // argument.
    const struct denied root_denied = {SYS_mount, MS_PRIVATE, 3, 0};
    const struct denied proc_denied = {SYS_mount, MS_NOSUID, 3, 0};

    wanted("a mount(2) that fails ends the run: look at what each of them returns");
    expect_failure(
        run_with(PREPARED(deny, &root_denied, filtered(&root_denied)), "run", probe, "facts"), 125,
        "mount...Operation not permitted...seccomp");
    expect_failure(
        run_with(PREPARED(deny, &proc_denied, filtered(&proc_denied)), "run", probe, "facts"), 125,
        "mount.../proc...Operation not permitted...seccomp");
}

// The errors that mislead, as answers of a filter.
static void expect_explained(unsigned number, unsigned flags, unsigned argument, unsigned error,
                             const char *text)
{
    const struct denied denied = {number, flags, argument, error};

    expect_failure(run_with(PREPARED(deny, &denied, filtered(&denied)), "run", probe, "facts"), 125,
                   text);
}

static void errors_of_clone(void)
{
    const unsigned flags = CLONE_NEWNS | CLONE_NEWPID;

    expect_explained(SYS_clone, flags, 0, EINVAL, "Invalid argument...namespace");
    expect_explained(SYS_clone, flags, 0, ENOMEM, "memory"); // each C library has its own words
    expect_explained(SYS_clone, flags, 0, EAGAIN,
                     "Resource temporarily unavailable...limit...pid_max...threads-max");
    expect_explained(SYS_clone, flags, 0, ENOSPC, "No space left on device...user.max_");
    expect_explained(SYS_clone, flags, 0, ENOSYS, "Function not implemented");
}

static void errors_of_mount(void)
{
    expect_explained(SYS_mount, MS_NOSUID, 3, EACCES, "/proc...Permission denied...AppArmor");
    expect_explained(SYS_mount, MS_PRIVATE, 3, EINVAL, "mount...Invalid argument...mount point");
    expect_explained(SYS_mount, MS_NOSUID, 3, ENODEV, "/proc...No such device");
    // It is / that may be no mount point. Of others EINVAL says something else.
    const struct denied denied = {SYS_mount, MS_NOSUID, 3, EINVAL};
    struct process *p = run_with(PREPARED(deny, &denied, filtered(&denied)), "run", probe, "facts");
    expect_failure(p, 125, "/proc...Invalid argument");
    expect(strstr(p->errors.bytes, "mount point") == NULL,
           "what is said of / is not true of /proc: %s", describe(p));
}

// 0 where CHILD has ended well.
static int end_of(pid_t child)
{
    int status = 1;

    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 111;
}

// What `unshare --pid` without `--fork` makes: the next child is the init of a new PID namespace.
static void unshare_pid(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWPID) == -1)
        _exit(111);
}

// And what its second command finds: that init is dead.
static void unshare_pid_and_fork(const void *argument)
{
    unshare_pid(argument);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (end_of(child) != 0)
        _exit(111);
}

static void without_fork(void)
{
    struct process *p =
        run_with(PREPARED(unshare_pid, NULL, "unshare --pid ..."), "run", probe, "facts");

    wanted("after `unshare --pid` without `--fork` the kernel makes no other PID namespace");
    expect_failure(p, 125, "Invalid argument...--fork");
}

static void dead_init(void)
{
    struct process *p =
        run_with(PREPARED(unshare_pid_and_fork, NULL, "unshare --pid sh -c '/bin/true; ...'"),
                 "run", probe, "facts");

    wanted(
        "where the init of the children's PID namespace is dead, no child can be made, and the "
        "line that says so names the --fork that unshare --pid wants");
    expect_failure(p, 125, "--fork");
}

// What the container of a program that does not make its mount tree private leaves on a host whose
// / is shared.
static void leave_dead_proc(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
        _exit(111);
    pid_t child = fork();
    if (child == 0) {
        pid_t init = unshare(CLONE_NEWPID) == -1 ? -1 : fork();
        if (init == 0)
            _exit(mount("proc", "/proc", "proc", 0, NULL) == 0 ? 0 : 111);
        _exit(end_of(init));
    }
    if (end_of(child) != 0)
        _exit(111);
}

static void dead_proc(void)
{
    struct process *p =
        run_with(PREPARED(leave_dead_proc, NULL,
                          "... (where the /proc of a container that has ended lies over /proc)"),
                 "run", probe, "facts");

    expect_failure(p, 125, "/proc/self/exe...No such file or directory...umount /proc");
}

static void without_dev_null(void)
{
    struct process *p = run_with(
        PREPARED(without_devices, NULL, "unshare --mount sh -c 'mount -t tmpfs tmpfs /dev; ...'"),
        "run", probe, "facts");

    expect_failure(p, 125, "/dev/null: No such file or directory...mount");
}

// Not every program needs the call: whom its refusal does not stop has nothing to explain.
static void close_range_that_fails(void)
{
    static const struct {
        unsigned error;
        const char *text;
    } cases[] = {{EPERM, "close_range...Operation not permitted...seccomp"},
                 {ENOSYS, "close_range...Function not implemented...5.9"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct denied denied = {__NR_close_range, 0, 0, cases[i].error};
        struct process *p =
            run_with(PREPARED(deny, &denied, filtered(&denied)), "run", probe, "exit", "3");
        if (p->status != 3)
            expect_failure(p, 125, cases[i].text);
    }
}

static void file_capabilities(void)
{
    const cap_value_t sys_admin = CAP_SYS_ADMIN;
    const char *copy = text_of("%s/capable/mydocker", scratch);
    cap_t of_file = cap_init();

    need_tool("cp");
    mkdir("capable", 0755);
    // The scratch directory is mounted nosuid, where no file gives any.
    expect(mount("tmpfs", "capable", "tmpfs", 0, NULL) == 0, "cannot mount a tmpfs");
    struct process *p = run_with(&by_the_test, "cp", mydocker, copy);
    bool made = p->status == 0 && of_file != NULL &&
                cap_set_flag(of_file, CAP_PERMITTED, 1, &sys_admin, CAP_SET) == 0 &&
                cap_set_flag(of_file, CAP_EFFECTIVE, 1, &sys_admin, CAP_SET) == 0 &&
                cap_set_file(copy, of_file) == 0;
    const struct launch how = {
        .direct = true, .prepare = drop_capabilities, .by_hand = "setpriv --bounding-set -all ..."};
    if (made)
        p = run_with(&how, copy, "run", probe, "facts");
    umount2("capable", MNT_DETACH);
    if (!made)
        cannot_check("a file in memory cannot be given capabilities");
    wanted(
        "in the new mount namespace the capabilities of mydocker's file are lost, and the line "
        "that says so names them");
    expect_failure(p, 125, "mount...Operation not permitted...setcap");
}

static void drop_capabilities_and_deny(const void *argument)
{
    deny(argument);
    drop_capabilities(argument);
}

static void both_reasons(void)
{
    const struct denied denied = {SYS_clone, CLONE_NEWNS | CLONE_NEWPID, 0, 0};
    struct process *p =
        run_with(PREPARED(drop_capabilities_and_deny, &denied,
                          text_of("setpriv --bounding-set -all %s", filtered(&denied))),
                 "run", probe, "facts");

    expect_failure(p, 125, "CAP_SYS_ADMIN");
    expect_failure(p, 125, "seccomp");
}

static void apparmor_restricts(void)
{
    put_switch("apparmor_restrict_unprivileged_userns", "1\n");
}

static void apparmor_and_no_capabilities(const void *argument)
{
    apparmor_restricts();
    drop_capabilities(argument);
}

static void apparmor_and_a_filter(const void *argument)
{
    apparmor_restricts();
    deny(argument);
}

static void apparmor(void)
{
    const struct denied clone_denied = {SYS_clone, CLONE_NEWNS | CLONE_NEWPID, 0, 0};
    struct process *p = run_with(
        PREPARED(
            apparmor_and_no_capabilities, NULL,
            "... (without capabilities, where kernel.apparmor_restrict_unprivileged_userns is 1)"),
        "run", probe, "facts");

    expect_failure(p, 125, "CAP_SYS_ADMIN...AppArmor");
    expect_failure(p, 125, "apparmor_restrict_unprivileged_userns=0");
    // Root of a user namespace has the capability, and is refused all the same.
    p = run_with(PREPARED(apparmor_and_a_filter, &clone_denied,
                          "... (where kernel.apparmor_restrict_unprivileged_userns is 1, and "
                          "clone(2) is refused)"),
                 "run", probe, "facts");
    expect_failure(p, 125, "Operation not permitted...AppArmor");
    expect(strstr(p->errors.bytes, "CAP_SYS_ADMIN is missing") == NULL,
           "CAP_SYS_ADMIN is not missing, and the line should not say so: %s", describe(p));
}

// Of the signals that this test sends, SIGWINCH alone has this bit.
enum { SIGWINCH_ALONE = 16 };

static void signal_that_is_refused(void)
{
    const struct denied kill_denied = {SYS_kill, SIGWINCH_ALONE, 1, 0};
    struct process *p =
        start_with(PREPARED(deny, &kill_denied, filtered(&kill_denied)), "run", probe, "signals");

    process_await_output(p, "ready\n");
    wanted("a signal that COMMAND cannot have is told in a warning, and the run goes on");
    kill(p->pid, SIGWINCH);
    process_await_errors(p, "\"warning\"");
    kill(p->pid, SIGUSR2);
    process_finish(p);
    expect(p->status == 0 && log_lines(p, "warning") == 1, "%s", describe(p));
}

static void mask_proc(const void *argument)
{
    (void)argument;
    if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        (mount("tmpfs", "/proc/sys/fs/binfmt_misc", "tmpfs", 0, NULL) == -1 && errno != ENOENT) ||
        (mount("tmpfs", "/proc/fs/nfsd", "tmpfs", 0, NULL) == -1 && errno != ENOENT) ||
        mount("/dev/null", "/proc/version", NULL, MS_BIND, NULL) == -1)
        _exit(111); // the first two are no masks: they lie where there is nothing to be hidden
}

void mask_proc_and_leave(const void *argument)
{
    mask_proc(argument);
    // Out of reach of this namespace, the mask is locked, as that of a container's /proc is.
    user_namespace(CLONE_NEWNS);
}

static void mask_proc_and_deny(const void *argument)
{
    mask_proc(NULL);
    deny(argument);
}

static void masked_proc(void)
{
    need_user_namespace(NULL);
    struct process *p =
        run_with(PREPARED(mask_proc_and_leave, NULL,
                          "... (where /dev/null lies over /proc/version and cannot be unmounted)"),
                 "run", probe, "facts");

    expect_failure(p, 125, "/proc...Operation not permitted.../proc/version");
    expect_failure(p, 125, "systempaths=unconfined");
    expect_failure(p, 125, "unmask=ALL");
}

// Outside of any user namespace the kernel does not look at masks.
static void mask_is_not_blamed(void)
{
    const struct denied proc_denied = {SYS_mount, MS_NOSUID, 3, 0};
    char link[64] = "";

    (void)readlink("/proc/self/ns/user", link, sizeof(link) - 1);
    bool outside = strcmp(link, "user:[4026531837]") == 0; // the first one's number (namespaces(7))
    struct process *p = run_with(
        PREPARED(mask_proc_and_deny, &proc_denied,
                 "... (where /dev/null lies over /proc/version, and a filter refuses mount(2))"),
        "run", probe, "facts");
    expect_failure(p, 125, "/proc...Operation not permitted...seccomp=unconfined");
    expect(!outside || strstr(p->errors.bytes, "/proc/version") == NULL,
           "what lies over a part of /proc does not stop root, and should not be named: %s",
           describe(p));
}

static void proc_is_not_needed(void)
{
    need_user_namespace(NULL);
    struct process *p =
        run_with(PREPARED(mask_proc_and_leave, NULL,
                          "... (where /dev/null lies over /proc/version and cannot be unmounted)"),
                 "run", probe, "exit", "3");

    expect(p->status == 3,
           "this step mounts nothing, a masked /proc is no obstacle: COMMAND should run, and end "
           "with 3: %s",
           describe(p));
}

static const struct promise promises[] = {
    {"none are needed", ALWAYS, 1, none_needed},
    {"without CAP_SYS_ADMIN: its name, and both ways on", 2, LAST, without_capabilities},
    {"the way on for an ordinary user works", 2, LAST, the_way_on_works},
    {"a limit on namespaces is named", 2, LAST, limits},
    {"a seccomp filter is named", 2, LAST, seccomp_filter},
    {"a filter and a missing capability are both named", 2, LAST, both_reasons},
    {"AppArmor's restriction is named", 2, LAST, apparmor},
    {"other errors of clone are explained", 2, LAST, errors_of_clone},
    {"unshare --pid without --fork is named", 2, LAST, without_fork},
    {"a PID namespace whose init is dead is named", ALWAYS, LAST, dead_init},
    {"without a /proc of its own: a dead container's is named", 3, LAST, dead_proc},
    {"without a /dev/null it says what to mount", ALWAYS, LAST, without_dev_null},
    {"a refused close_range is explained", ALWAYS, LAST, close_range_that_fails},
    {"other errors of mount are explained", 4, LAST, errors_of_mount},
    {"a signal that may not be passed on is told", ALWAYS, LAST, signal_that_is_refused},
    {"not yet: nothing is mounted, a masked /proc is no obstacle", ALWAYS, 3, proc_is_not_needed},
    {"a mount that fails ends it before COMMAND", 4, LAST, mount_that_fails},
    {"a masked /proc is named", 4, LAST, masked_proc},
    {"a mask is not blamed for a filter's refusal", 4, LAST, mask_is_not_blamed},
    {"capabilities of mydocker's file are lost, and it says so", 4, LAST, file_capabilities},
};
MECHANISM(privileges, 2,
          "look at what clone(2) and mount(2) return; errno, and libcap, say why (in C: "
          "die_clone(), die_mount())");
