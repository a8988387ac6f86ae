// What the steps of part two need besides common.h, and none of them teaches. A section for each .c
// file. What fails here fails as there.
#ifndef BEYOND_H
#define BEYOND_H

// ---- rootfs.c: what a root file system must have, and why the kernel does not take one ----

// CALL failed, "mount", "chdir", "overlay" or "pivot_root", on the root file system DIRECTORY, or
// "bind" on a device, and errno says how. Dies as die_call() does, and says what errno does not
// (pivot_root(2), ERRORS).
_Noreturn void die_rootfs(const char *call, const char *directory);

// Something is to be mounted on NAME in DIRECTORY, which is the working directory. Dies where NAME
// is not there, or is no directory: a stranger's symbolic link is not followed. It could lead out,
// too: where the old root lies on top of the new one, /.. is the old one.
void rootfs_need(const char *directory, const char *name);

#endif
