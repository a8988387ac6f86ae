// What the steps of part two need besides common.h, and none of them teaches. A section for each .c
// file. What fails here fails as there.
#ifndef BEYOND_H
#define BEYOND_H

#include <stdbool.h>

// ---- rootfs.c: what a root file system must have, and why the kernel does not take one ----

// CALL failed, "mount", "chdir", "overlay" or "pivot_root", on the root file system DIRECTORY, or
// "bind" on a device, and errno says how. Dies as die_call() does, and says what errno does not
// (pivot_root(2), ERRORS).
_Noreturn void die_rootfs(const char *call, const char *directory);

// Something is to be mounted on NAME in DIRECTORY, which is the working directory. Dies where NAME
// is not there, or is no directory: a stranger's symbolic link is not followed. It could lead out,
// too: where the old root lies on top of the new one, /.. is the old one.
void rootfs_need(const char *directory, const char *name);

// ---- cgroup.c: the files of control groups, version 2 ----
//
// A group is a descriptor of its directory.

// CALL failed, "open", "mkdir", "enable" or "set", on TARGET, and errno says how. Dies as
// die_call() does.
_Noreturn void die_cgroup(const char *call, const char *target);

// The group that holds all others, at /sys/fs/cgroup. Dies where control groups are not of version
// 2.
int cgroup_open(void);

// Let the groups in PARENT have the limits of CONTROLLER, "memory" say. Dies if it cannot.
void cgroup_enable(int parent, const char *controller);

// Write VALUE to FILE of GROUP. Dies if it cannot.
void cgroup_set(int group, const char *file, const char *value);

// The number behind KEY in FILE of GROUP, "memory.events" say; 0 where there is none.
long cgroup_count(int group, const char *file, const char *key);

// Lock GROUP for this process alone (flock(2)). Never waits: whoever can open a file can lock it.
// Returns false if it cannot, and errno is EWOULDBLOCK where somebody else has locked it, or ENOENT
// where the group is gone.
bool cgroup_lock(int group);

// Remove the group NAME in PARENT, and those in it. Waits for a process in it to leave, five
// seconds at most. If it does not, the group stays.
void cgroup_rmdir(int parent, const char *name);

// Remove all in PARENT whose names are PREFIX and a number, which nobody has locked, and in which
// there is no process.
void cgroup_sweep(int parent, const char *prefix);

#endif
