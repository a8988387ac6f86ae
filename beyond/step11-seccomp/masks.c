// What tells of the machine or changes it, below /proc and /sys. Most of it asks for no capability.
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "mydocker.h"

// Docker's two lists and one path more, but without thermal_throttle, a directory that each
// processor has below /sys. Not every kernel has all of these.

// These tell of the machine: of its memory, its keys, when it is busy with what.
static const char *const hidden[] = {
    "/proc/acpi",       "/proc/asound",        "/proc/interrupts",  "/proc/kcore",
    "/proc/keys",       "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
    "/proc/timer_list", "/proc/timer_stats",   "/sys/firmware",     "/sys/devices/virtual/powercap",
};

// To write to these is to change the machine. dynamic_debug decides what the kernel writes to its
// log: Docker leaves that one to AppArmor.
static const char *const readonly[] = {
    "/proc/bus", "/proc/dynamic_debug", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
enum { HARMLESS = MS_NOEXEC | MS_NOSUID | MS_NODEV };

// Something empty lies over it.
static void hide(const char *name)
{
    struct stat status;

    if (stat(name, &status) == -1) {
        if (errno == ENOENT)
            return;
        die_errno("stat %s", name);
    }
    if (S_ISDIR(status.st_mode)) {
        if (mount("tmpfs", name, "tmpfs", MS_RDONLY | HARMLESS, NULL) == -1)
            die_mount(name);
    } else if (mount("/dev/null", name, NULL, MS_BIND, NULL) == -1) {
        if (errno == ENOENT) // NAME is there
            die_rootfs("bind", "/dev/null");
        die_mount(name);
    }
}

// It lies over itself, and that mount is read-only.
static void protect(const char *name)
{
    if (mount(name, name, NULL, MS_BIND, NULL) == -1) {
        if (errno == ENOENT)
            return;
        die_mount(name);
    }
    // A bind mount has the flags of what is there. The second call sets all flags anew, so those of
    // /proc are repeated. Without MS_BIND all of /proc would be read-only.
    if (mount(NULL, name, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | HARMLESS, NULL) == -1)
        die_mount(name);
}

void mask_files(void)
{
    for (size_t i = 0; i < LENGTH(hidden); i++)
        hide(hidden[i]);
    for (size_t i = 0; i < LENGTH(readonly); i++)
        protect(readonly[i]);
}
