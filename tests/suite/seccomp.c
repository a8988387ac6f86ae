// A filter for system calls. Each is called raw, with arguments that do nothing, by a COMMAND that
// has every capability: "not permitted" then comes from the filter alone.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

static struct process *calls(void)
{
    struct process *p = run("run", "--cap-add", "ALL", probe, "calls");

    expect(p->status == 0, "%s", describe(p));
    return p;
}

static void no_filter(void)
{
    const struct launch how = {.privileged = step >= 9 && step < 11};
    struct process *p = run_with(&how, "run", probe, "calls");

    expect(p->status == 0 && fact_number(p, "seccomp") == 0 && fact_number(p, "unshare") == 0,
           "not yet: COMMAND should be able to use all system calls: %s", describe(p));
}

static void is_filtered(void)
{
    struct process *p = calls();

    expect(fact_number(p, "seccomp") == 2 && fact_number(p, "no_new_privs") == 1,
           "COMMAND should run under a filter (PR_GET_SECCOMP: 2): %s", describe(p));
}

static void forbidden(void)
{
    static const char *const names[] = {
        "bpf",
        "delete_module",
        "finit_module",
        "init_module",
        "kexec_file_load",
        "kexec_load",
        "reboot",
        "acct",
        "clock_settime",
        "quotactl",
        "quotactl_fd",
        "settimeofday",
        "swapoff",
        "swapon",
        "syslog",
        "add_key",
        "keyctl",
        "request_key",
        "fsconfig",
        "fsmount",
        "fsopen",
        "fspick",
        "mount",
        "mount_setattr",
        "move_mount",
        "open_tree",
        "open_tree_attr",
        "pivot_root",
        "setns",
        "umount2",
        "unshare",
        "fanotify_init",
        "open_by_handle_at",
#ifdef SYS_ustat
        "ustat",
#endif
        "pidfd_getfd",
#ifdef SYS_iopl
        "ioperm",
        "iopl",
#endif
        "move_pages",
        "perf_event_open",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "userfaultfd",
        "vhangup",
    };
    struct process *p = calls();
    const char *allowed = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (fact_number(p, names[i]) != EPERM)
            allowed = text_of("%s %s", allowed, names[i]);
    if (strcmp(allowed, " open_tree_attr") == 0) {
        think("what does libseccomp return for a name that it does not know? A call is a number");
        answer("open_tree_attr has the number of open_tree and 39, on every architecture");
    }
    expect(*allowed == '\0', "these should be forbidden (EPERM):%s", allowed);
}

static void no_namespaces(void)
{
    static const char *const kinds[] = {"uts", "pid", "mnt", "net", "user", "cgroup", "ipc"};
    struct process *p = calls();

    think("flags are bits, and there are others beside yours: which comparison looks at one bit?");
    answer("SCMP_CMP_MASKED_EQ, with the flag as mask and as value");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        expect(fact_number(p, text_of("clone_%s", kinds[i])) == EPERM,
               "clone(2) of a %s namespace should be forbidden (EPERM): %s", kinds[i], describe(p));
    expect(fact_number(p, "clone_junk") == EPERM,
           "clone(2) of a namespace should be forbidden (EPERM) whatever is in the upper half of "
           "its flags: %s",
           describe(p));
    think(NULL);
    expect(fact_number(p, "fork") == 0, "fork(2) should go on to work: %s", describe(p));
}

static void threads_start(void)
{
    struct process *p = calls();

    answer("ENOSYS, \"there is no such call\": after EPERM the C library does not take clone(2)");
    expect(fact_number(p, "clone3") == ENOSYS,
           "clone3(2), whose flags no filter sees, should not be there (ENOSYS): %s", describe(p));
    expect(fact_number(p, "thread") == 0,
           "a thread should start: for EPERM of clone3(2) the C library gives up: %s", describe(p));
}

// Are these what an argument decides, and forbidden whatever is in its upper half? PLACE says of
// what.
static void expect_decided(const struct process *p, const char *const *names, const char *place)
{
    const char *allowed = "", *by_junk = "";

    for (; *names != NULL; names++)
        if (fact_number(p, *names) != EPERM)
            allowed = text_of("%s %s", allowed, *names);
        else if (fact_number(p, text_of("%s_junk", *names)) != EPERM)
            by_junk = text_of("%s %s", by_junk, *names);
    expect(*allowed == '\0', "these should be forbidden (EPERM):%s", allowed);
    answer("SCMP_CMP_MASKED_EQ with the mask 0xffffffff: the kernel looks at 32 bits");
    expect(*by_junk == '\0',
           "these should be forbidden (EPERM) whatever is in the upper half of %s:%s", place,
           by_junk);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void nothing_is_typed(void)
{
    expect_decided(calls(), NAMES("tiocsti", "tioclinux", "tiocmbis", "tiocmset"),
                   "ioctl's number");
}

// The terminal is the caller's, too.
static void terminal_stays(void)
{
    struct process *p = calls();

    expect_decided(p, NAMES("tiocsetd", "tiocexcl", "tiocvhangup", "tcxonc"), "ioctl's number");
    expect(fact_number(p, "tcgets") != EPERM, "a terminal's settings should be COMMAND's: %s",
           describe(p));
}

// One for all who sit at the machine.
static void console_stays(void)
{
    expect_decided(calls(),
                   NAMES("kdskbmode", "kdsetmode", "kdskbdiacruc", "vt_setmode", "vt_activate"),
                   "ioctl's number");
}

static void no_way_past_namespaces(void)
{
    struct process *p = calls();

    expect_decided(p, NAMES("vsock", "qipcrtr", "rds"), "the socket's family");
    expect(fact_number(p, "unix") == 0, "sockets of other families should work: %s", describe(p));
}

static void no_kernel_sockets(void)
{
    struct process *p = calls();

    expect_decided(p, NAMES("alg", "rxrpc"), "the socket's family");
    expect(fact_number(p, "unix") == 0, "sockets of other families should work: %s", describe(p));
}

static void killed_for_calls_of(const char *machine)
{
    struct process *p = run("run", "--cap-add", "ALL", probe, "call-as", machine);

    answer("SCMP_ACT_KILL_PROCESS for SCMP_FLTATR_ACT_BADARCH (seccomp_attr_set(3))");
    expect(p->status == 128 + SIGSYS,
           "a call with the number that it has on %s should end COMMAND (SIGSYS, 159): %s", machine,
           describe(p));
}

// A kernel may be built, or told (ia32_emulation=off), not to know these calls.
static void calls_of_i386(void)
{
    struct process *p = run_with(&by_the_test, probe, "call-as", "i386");

    if (p->status != 0 || fact_number(p, "result") <= 0)
        cannot_check_here("this machine has no calls of i386");
    killed_for_calls_of("i386");
}

// Here a kernel that does not know them is asked, too: the filter comes first.
static void calls_of_x32(void)
{
#if !defined(__x86_64__)
    cannot_check_here("this machine has no calls of x32");
#endif
    killed_for_calls_of("x32");
}

static void unconfined(void)
{
    struct process *p =
        run("run", "--cap-add", "ALL", "--security-opt", "seccomp=unconfined", probe, "calls");

    expect(p->status == 0 && fact_number(p, "seccomp") == 0 && fact_number(p, "unshare") == 0,
           "with --security-opt seccomp=unconfined COMMAND should be able to use all calls: %s",
           describe(p));
}

static void unknown_options(void)
{
    static const char *const options[] = {"seccomp", "seccomp=", "seccomp=profile.json", "label=x",
                                          ""};

    think("the message names the whole word that it was given: option 'seccomp'");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        expect_failure(run("run", "--security-opt", options[i], probe, "facts"), 125,
                       text_of("option '%s'", options[i]));
}

// Those that work without a container here: not every machine has each of them, and lets it be.
static void ordinary_programs(void)
{
    static const char *const scripts[] = {
        "for i in 1 2 3; do echo $i; done | sort -r | head -n 1 | grep -q 3",
        "sleep 9 & kill $! && ! wait $!",
        "(cd /usr && find bin -name 'c*' | wc -l | grep -q .)",
        "python3 -c 'import threading, subprocess, tempfile; "
        "t = threading.Thread(target=lambda: subprocess.run([\"true\"], check=True)); t.start(); "
        "t.join(); tempfile.TemporaryFile().write(b\"x\")'",
        "echo 'int main(void) { return 0; }' >try.c && gcc -o try try.c && ./try && rm try try.c",
        "strace -f -o /dev/null sh -c 'true | true'",
        "bash -c 'read -r a <<<$(echo x | cat); [[ $a = x ]]'",
    };
    int tried = 0;

    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        if (run_with(&by_the_test, "sh", "-c", scripts[i])->status != 0)
            continue;
        struct process *p = run("run", "sh", "-c", scripts[i]);
        expect(p->status == 0, "an ordinary program should not meet the filter: %s", describe(p));
        tried++;
    }
    expect(tried > 1, "the test is of no use: what does work here without a container?");
}

static const struct promise promises[] = {
    {"not yet: all system calls", ALWAYS, 10, no_filter},
    {"COMMAND runs under a filter", 11, LAST, is_filtered},
    {"what no ordinary program asks for is forbidden", 11, LAST, forbidden},
    {"no namespaces by clone", 11, LAST, no_namespaces},
    {"clone3 is not there, and threads start", 11, LAST, threads_start},
    {"nothing is typed into a terminal", 11, LAST, nothing_is_typed},
    {"a terminal is not ended for others", 11, LAST, terminal_stays},
    {"a console is not COMMAND's to switch", 11, LAST, console_stays},
    {"no socket past every network namespace", 11, LAST, no_way_past_namespaces},
    {"no socket of AF_ALG, none of AF_RXRPC", 11, LAST, no_kernel_sockets},
    {"no calls by the numbers of i386", 11, LAST, calls_of_i386},
    {"no calls by the numbers of x32", 11, LAST, calls_of_x32},
    {"--security-opt seccomp=unconfined", 11, LAST, unconfined},
    {"other security options are named", 11, LAST, unknown_options},
    {"ordinary programs go on working", 11, LAST, ordinary_programs},
};
MECHANISM(
    seccomp, 11,
    "which calls does a filter see, and what of their arguments? What does it answer, and what "
    "does the C library do then? (seccomp(2), seccomp_rule_add(3))");
