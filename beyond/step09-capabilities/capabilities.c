// What COMMAND may do as root, and all that it can ever do (capabilities(7)).
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "mydocker.h"

#define BIT(capability) (UINT64_C(1) << (capability))
static const uint64_t ALL = UINT64_MAX;

// Docker's. With --rootfs they are for root among its own files, processes and ports. Two reach
// further. AUDIT_WRITE writes lines into the machine's audit log. SETUID makes COMMAND any user of
// the host's, and it uses up what is counted for that user.
static const uint64_t usual = BIT(CAP_AUDIT_WRITE) | BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |
                              BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_MKNOD) |
                              BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SETFCAP) |
                              BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_SETUID) |
                              BIT(CAP_SYS_CHROOT);

uint64_t capabilities_named(const char *name)
{
    bool found = strcasecmp(name, "ALL") == 0;
    uint64_t named = ALL;

    // cap_from_name(3) would take "CHOWN,MKNOD" for the first of the two.
    for (cap_value_t capability = 0; !found && capability < cap_max_bits(); capability++) {
        char *known = cap_to_name(capability); // "cap_chown", or a number
        found = known != NULL && strncmp(known, "cap_", 4) == 0 &&
                (strcasecmp(name, known) == 0 || strcasecmp(name, known + 4) == 0);
        named = BIT(capability);
        (void)cap_free(known);
    }
    if (!found)
        die("unknown capability '%s': see capabilities(7)", name);
    return named;
}

void drop_capabilities(const struct run_options *options)
{
    // What is added wins over what is dropped. Where ALL are added, what is dropped wins.
    uint64_t kept = options->cap_add == ALL ? ~options->cap_drop
                                            : (usual & ~options->cap_drop) | options->cap_add;
    cap_t ours = cap_get_proc();

    if (ours == NULL)
        die_errno("cap_get_proc");
    for (cap_value_t capability = 0; capability < cap_max_bits(); capability++) {
        if ((kept & BIT(capability)) != 0)
            continue;
        // What is not in the bounding set, execve(2) gives to nobody, not even to root. Only with
        // CAP_SETPCAP one can take it out, and cap_set_proc(3) may give that up.
        if (cap_drop_bound(capability) == -1)
            die_remedy(EXIT_MYDOCKER, "this takes CAP_SETPCAP", "cap_drop_bound %d",
                       (int)capability);
        (void)cap_set_flag(ours, CAP_PERMITTED, 1, &capability, CAP_CLEAR);
        (void)cap_set_flag(ours, CAP_EFFECTIVE, 1, &capability, CAP_CLEAR);
    }
    // execve(2) does not limit the inheritable set by the bounding set. The ambient set is always a
    // part of the inheritable one, and becomes empty with it.
    (void)cap_clear_flag(ours, CAP_INHERITABLE);
    // From here on we have COMMAND's rights and no more: its file is opened with these.
    if (cap_set_proc(ours) == -1)
        die_errno("cap_set_proc");
    (void)cap_free(ours);
    // From here on no execve(2) gives more than the process has: a program's set-user-ID bit and
    // its capabilities are ignored.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        die_errno("prctl PR_SET_NO_NEW_PRIVS");
}
