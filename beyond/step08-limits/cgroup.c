// Limits: a control group for each container that has some (cgroups(7), version 2).
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mydocker.h"

enum { PERIOD = 100000 }; // microseconds: in each such period COMMAND has its share

static int parent, group; // their directories
static char name[32];     // the group's, in its parent
static bool made;         // there is one

// We hold a lock on our group as long as we live; the kernel releases it, however we end. A group
// without a lock is left from a mydocker that was killed: the kernel does not remove it, so we do.
static void lock_group(void)
{
    group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group == -1 && errno != ENOENT)
        die_cgroup("open", name);
    if (group != -1 && cgroup_lock(group)) {
        // COMMAND may read its limits, whoever it is and whatever our umask is.
        if (fchmod(group, 0755) == -1)
            die_errno("chmod %s", name);
        return;
    }
    // Until now it had no lock. Another mydocker may have taken it for one that was left, and even
    // made one of that name, which is not ours.
    if (errno != EWOULDBLOCK && errno != ENOENT)
        die_errno("lock %s", name);
    made = false;
    (void)close(group);
}

static void make_group(void)
{
    parent = cgroup_open();
    cgroup_sweep(parent, "mydocker-");
    for (int number = 1; !made; number++) {
        (void)snprintf(name, sizeof(name), "mydocker-%d", number);
        // Until it has our lock nobody else may open it, and lock it.
        made = mkdirat(parent, name, 0700) == 0;
        if (made)
            lock_group();
        else if (errno != EEXIST)
            die_cgroup("mkdir", name);
    }
}

static void limit(const char *controller, const char *file, const char *value)
{
    // What a group is to limit, the one above it has to hand down.
    cgroup_enable(parent, controller);
    cgroup_set(group, file, value);
}

// 1.5 processors are 150,000 microseconds of every 100,000.
static void limit_cpus(const char *text)
{
    char *end, quota[64];
    double processors = strtod(text, &end);

    if (*end != '\0' || !(processors >= 0.01 && processors <= 1e6))
        die("--cpus '%s': a number of processors from 0.01 on, as 1.5", text);
    (void)snprintf(quota, sizeof(quota), "%.0f %d", processors * PERIOD, PERIOD);
    limit("cpu", "cpu.max", quota);
}

int cgroup_make(const struct run_options *options)
{
    if (options->memory == NULL && options->cpus == NULL && options->pids == NULL)
        return -1;
    make_group();
    if (options->memory != NULL) {
        limit("memory", "memory.max", options->memory);
        // Without this, what is too much goes to the disk. A kernel without swap has no such file,
        // nor one before Linux 6.1 that does not count it (swapaccount=0).
        if (faccessat(group, "memory.swap.max", F_OK, 0) == 0)
            cgroup_set(group, "memory.swap.max", "0");
    }
    if (options->cpus != NULL)
        limit_cpus(options->cpus);
    if (options->pids != NULL)
        limit("pids", "pids.max", options->pids);
    return group;
}

void cgroup_tell(void)
{
    if (!made)
        return;
    long killed = cgroup_count(group, "memory.events", "oom_kill");
    long refused = cgroup_count(group, "pids.events", "max");
    if (killed > 0)
        log_warn("out of memory: the kernel killed %ld of COMMAND's processes", killed);
    if (refused > 0)
        log_warn("too many processes: the kernel refused COMMAND %ld more", refused);
}

void cgroup_remove(void)
{
    if (made)
        cgroup_rmdir(parent, name);
}
