// What the user ID 0 alone opens below /proc and /sys is covered, or read-only.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

// Of these some are on every kernel.
static const char *const hidden[] = {
    "/proc/acpi",       "/proc/asound",        "/proc/interrupts",  "/proc/kcore",
    "/proc/keys",       "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
    "/proc/timer_list", "/proc/timer_stats",   "/sys/firmware",     "/sys/devices/virtual/powercap",
};
static const char *const readonly[] = {
    "/proc/bus", "/proc/dynamic_debug", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void expect_masks(const struct process *p)
{
    size_t found = 0;

    think("what can lie over a file, and what over a directory? Since when is there a /dev/null?");
    answer("/dev/null over a file, an empty tmpfs over a directory, when all else is mounted");
    expect(p->status == 0, "%s", describe(p));
    for (size_t i = 0; i < LENGTH(hidden); i++) {
        const char *state = fact(p, hidden[i]);
        expect(strcmp(state, "absent") == 0 || strcmp(state, "empty") == 0,
               "COMMAND should find nothing in %s: %s", hidden[i], describe(p));
        found += strcmp(state, "empty") == 0;
    }
    expect(found > 0, "the test is of no use: there is nothing to hide");
    think("what covers can be written, too, unless it is mounted otherwise");
    answer("MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC");
    for (size_t i = 0; i < LENGTH(hidden); i++) {
        const char *mounted = fact(p, text_of("%s/.", hidden[i]));
        expect(strcmp(mounted, "no directory") == 0 ||
                   strcmp(mounted, "ro nosuid nodev noexec") == 0,
               "COMMAND should find %s mounted with ro, nosuid, nodev and noexec: it is %s",
               hidden[i], mounted);
    }
    for (size_t i = 0; i < LENGTH(readonly); i++) {
        const char *state = fact(p, readonly[i]);
        think("a mount(2) that binds looks at no other flag: when does the kernel look at them?");
        answer("in a second mount(2), with MS_REMOUNT | MS_BIND | MS_RDONLY");
        expect(strncmp(state, "rw", 2) != 0, "COMMAND should find %s mounted read-only: %s",
               readonly[i], describe(p));
        think("MS_REMOUNT sets all flags of a mount anew: what is not named is gone");
        answer("MS_NOSUID | MS_NODEV | MS_NOEXEC, as /proc has them");
        expect(
            strcmp(state, "absent") == 0 || strcmp(state, "ro nosuid nodev noexec") == 0,
            "COMMAND should find %s mounted with ro, nosuid, nodev and noexec, as /proc is: it is "
            "%s",
            readonly[i], state);
    }
    think(NULL);
    answer(NULL);
    // In a user namespace it is not root's anyway.
    long error = fact_number(p, "open_sysctl");
    expect(error == EROFS || error == EACCES,
           "COMMAND should not be able to write to a setting of the kernel's: %s", describe(p));
}

static void nothing_is_masked(void)
{
    struct process *p = run("run", probe, "masks");

    expect(p->status == 0 && strncmp(fact(p, "/proc/sys"), "rw", 2) == 0,
           "not yet: the kernel's settings should not be read-only: %s", describe(p));
}

static void in_a_root(void)
{
    expect_masks(run("run", "--rootfs", root_make(), "/bin/probe", "masks"));
}

static void without_a_root(void)
{
    expect_masks(run("run", probe, "masks"));
}

static void with_every_capability(void)
{
    expect_masks(run("run", "--cap-add", "ALL", probe, "masks"));
}

static void in_a_user_namespace(void)
{
    const struct launch direct = {.direct = true};
    const char *root = root_make();

    need_user_namespace(NULL);
    expect_masks(
        run_with(&direct, "unshare", "--user", "--map-root-user", mydocker, "run", probe, "masks"));
    if (overlay_for_users())
        expect_masks(run_with(&direct, "unshare", "--user", "--map-root-user", mydocker, "run",
                              "--rootfs", root, "/bin/probe", "masks"));
}

// What covers is not the image's (CVE-2025-31133).
static void not_the_images_null(void)
{
    const char *root = root_make(), *null = text_of("%s/dev/null", root);
    FILE *file = fopen(null, "we");

    expect(file != NULL && fputs("the image's\n", file) != EOF && fclose(file) == 0,
           "cannot write %s", null);
    expect_masks(run("run", "--rootfs", root, "/bin/probe", "masks"));
    expect(unlink(null) == 0 && symlink("/proc/sys/kernel/core_pattern", null) == 0, "cannot link");
    expect_masks(run("run", "--rootfs", root, "/bin/probe", "masks"));
}

static void without_a_null(void)
{
    const struct launch how = {.prepare = without_devices,
                               .input = "\n",
                               .by_hand = "unshare --mount sh -c 'mount -t tmpfs none /dev; ...'"};

    think("ENOENT says that a name is missing, and there are two of them");
    answer("where the one that is covered is there: die_rootfs(\"bind\", \"/dev/null\")");
    expect_failure(run_with(&how, "run", "-i", probe, "facts"), 125,
                   "bind /dev/null: No such file or directory...mount --rbind /dev");
}

// In a user namespace of its own it cannot take the masks away, and the kernel mounts no /proc that
// shows what they hide.
static void nested_is_named(void)
{
    const struct launch how = {.privileged = true};

    need_user_namespace(NULL);
    struct process *p = run_with(&how, "--log-level", "warn", "run", "unshare", "--user",
                                 "--map-root-user", mydocker, "run", probe, "facts");
    expect_failure(p, 125, "/proc...Operation not permitted...lies over a part of /proc");
}

static void own_files_go_on(void)
{
    struct process *p = run("run", "sh", "-c",
                            "cat /proc/self/comm /proc/1/comm && test -r /proc/sys/kernel/ostype "
                            "&& test -r /proc/meminfo && echo 0 >/proc/self/oom_score_adj");

    expect(p->status == 0, "COMMAND should find its own processes, and read settings: %s",
           describe(p));
}

static const struct promise promises[] = {
    {"not yet: the kernel's settings are root's", 4, 9, nothing_is_masked},
    {"in a root of its own", 10, LAST, in_a_root},
    {"on the host's files, too", 10, LAST, without_a_root},
    {"with every capability, too", 10, LAST, with_every_capability},
    {"in a user namespace, too", 10, LAST, in_a_user_namespace},
    {"what lies over them is not the image's", 10, LAST, not_the_images_null},
    {"a host without /dev/null is named", 10, LAST, without_a_null},
    {"a container in a container learns of them", 10, LAST, nested_is_named},
    {"the rest of /proc goes on", 10, LAST, own_files_go_on},
};
MECHANISM(masks, 10,
          "what below /proc and /sys does the kernel let the user ID 0 read and write, whatever "
          "capabilities it has? What hides a file, what a directory, and when? (proc(5))");
