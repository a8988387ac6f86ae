// A filter for system calls: what no ordinary program asks a kernel for (seccomp(2)).
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "mydocker.h"

// Docker forbids these as well, most of them only as long as the capability for them is missing. It
// lists what is allowed, some 350 calls. A call that is new is forbidden there until somebody has
// thought about it, and allowed here.
// clang-format off
static const char *const forbidden[] = {
    // There is one kernel for all. These replace it, change a part of it, or end it.
    "bpf", "delete_module", "finit_module", "init_module", "kexec_file_load", "kexec_load",
    "reboot",
    // One clock, one swap space, one log, one account of who ran what.
    "acct", "clock_settime", "quotactl", "quotactl_fd", "settimeofday", "swapoff", "swapon",
    "syslog",
    // Keys belong to a user ID, and that is the host's.
    "add_key", "keyctl", "request_key",
    // Mounts and namespaces are made: COMMAND stays where it was put.
    "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree",
    "pivot_root", "setns", "umount2", "unshare",
    // They find files by a number, or as others use them: no root directory is in their way.
    "fanotify_init", "open_by_handle_at", "ustat",
    // It takes another process's descriptors. A socket tells who has made it (SO_PEERPIDFD), and
    // that may be a process of the host's.
    "pidfd_getfd",
    // The machine itself: its ports, its counters, where its memory lies.
    "ioperm", "iopl", "move_pages", "perf_event_open",
    // Large, and more than once the way to take over a kernel.
    "io_uring_enter", "io_uring_register", "io_uring_setup", "userfaultfd",
    // It hangs up the terminal, for all others too.
    "vhangup",
};
// clang-format on

// open_tree_attr(2), since Linux 6.15. Like mount_setattr(2) it makes a mount writable. libseccomp
// may be too old for this name. Its number is 39 above that of open_tree(2), on every architecture.
enum { OPEN_TREE_ATTR = SYS_open_tree + 39 };

static void check(int result, const char *what)
{
    if (result < 0) {
        errno = -result;
        die_errno("seccomp: %s", what);
    }
}

static int number_of(const char *name)
{
    int number = seccomp_syscall_resolve_name(name);

    if (number == __NR_SCMP_ERROR)
        die("seccomp: this libseccomp is too old, it does not know %s(2)", name);
    return number;
}

// With a COUNT of 1, only where ARGUMENT matches.
static void forbid(scmp_filter_ctx filter, int error, int call, unsigned count,
                   struct scmp_arg_cmp argument)
{
    check(seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)error), call, count, argument), "rule");
}

void filter_calls(void)
{
    // All but a time namespace, which no clone(2) makes.
    static const unsigned namespaces[] = {CLONE_NEWUTS,  CLONE_NEWPID,    CLONE_NEWNS, CLONE_NEWNET,
                                          CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWIPC};
    // The caller's terminal. The first two push characters into it, for others to read, and so do
    // the next two where it is a serial line (TIOCM_LOOP). The rest end it for others, or its
    // output.
    static const unsigned terminal[] = {TIOCSTI,  TIOCLINUX, TIOCMBIS,    TIOCMSET,
                                        TIOCSETD, TIOCEXCL,  TIOCVHANGUP, TCXONC};
    // All of KD* and all of VT_*: a virtual console's keyboard, its screen, which one is seen.
    static const unsigned console[] = {0x4b00, 0x5600};
    // Sockets past every network namespace: to the host of a virtual machine, to the processor of a
    // modem, to the host's own sockets. And two ways into the kernel that let anybody change files
    // in its memory (CVE-2026-31431, CVE-2026-43500).
    static const unsigned families[] = {AF_VSOCK, AF_QIPCRTR, AF_RDS, AF_ALG, AF_RXRPC};
    const struct scmp_arg_cmp any = {0};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (filter == NULL)
        die("seccomp: no memory for a filter");
    // An error is to be the kernel's own. Otherwise libseccomp makes ECANCELED of all of them.
    check(seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1), "SCMP_FLTATR_API_SYSRAWRC");
    // Most x86-64 kernels take calls by the numbers of i386, too, which are others.
    check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
          "SCMP_FLTATR_ACT_BADARCH");
    // A binary search, not one comparison after the other. The kernel runs the filter for each call
    // of COMMAND, since Linux 5.11 not for those that it always allows.
    check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "SCMP_FLTATR_CTL_OPTIMIZE");
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        forbid(filter, EPERM, number_of(forbidden[i]), 0, any);
    forbid(filter, EPERM, OPEN_TREE_ATTR, 0, any);
    for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
        forbid(filter, EPERM, SCMP_SYS(clone), 1,
               SCMP_A0_64(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    // Its flags are in memory, where a filter cannot look. "There is no such call": then the C
    // library makes its threads by clone(2).
    forbid(filter, ENOSYS, SCMP_SYS(clone3), 0, any);
    // The kernel looks at 32 bits of the argument, and so does the filter (CVE-2019-10063).
    for (size_t i = 0; i < sizeof(terminal) / sizeof(terminal[0]); i++)
        forbid(filter, EPERM, SCMP_SYS(ioctl), 1,
               SCMP_A1_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, terminal[i]));
    for (size_t i = 0; i < sizeof(console) / sizeof(console[0]); i++)
        forbid(filter, EPERM, SCMP_SYS(ioctl), 1,
               SCMP_A1_64(SCMP_CMP_MASKED_EQ, 0xffffff00, console[i]));
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        forbid(filter, EPERM, SCMP_SYS(socket), 1,
               SCMP_A0_64(SCMP_CMP_MASKED_EQ, UINT32_MAX, families[i]));
    check(seccomp_load(filter), "load");
    seccomp_release(filter);
}
