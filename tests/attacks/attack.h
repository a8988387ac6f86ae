// What the files of the attacks tell each other.
#ifndef ATTACK_H
#define ATTACK_H

#include <stdbool.h>

// ---- attack.c: what came of it ----

// The attack has what it wanted: say so, exit with status 0.
_Noreturn void works(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Something was in its way: say what, with errno; exit with status 1.
_Noreturn void held(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The word of the host's secret, which FD leads to.
bool is_secret(int fd);

// Up to eight times, until FILE can be reached: take away what is mounted on /proc.
int open_behind_proc(const char *file, int flags);

// ---- files.c: devices, and files below /proc and /sys ----

void attack_device(char **argv);
void attack_ports(char **argv);
void attack_kernel_log(char **argv);
void attack_read(char **argv);
void attack_open(char **argv);
void attack_rewrite(char **argv);
void attack_binfmt(char **argv);
void attack_release_agent(char **argv);
void attack_cgroup(char **argv);
void attack_handle(char **argv);
void attack_chroot(char **argv);
void attack_descriptors(char **argv);
void attack_replace(char **argv);
void attack_overwrite(char **argv);

// A device of TYPE ('b' or 'c') and these numbers, opened with FLAGS: in whatever way there is one.
int device(char type, unsigned major, unsigned minor, int flags);

// ---- calls.c: the kernel's larger doors ----

void attack_mount(char **argv);
void attack_fsopen(char **argv);
void attack_user_namespace(char **argv);
void attack_overlay(char **argv);
void attack_module(char **argv);
void attack_bpf(char **argv);
void attack_perf(char **argv);
void attack_userfaultfd(char **argv);
void attack_io_uring(char **argv);
void attack_key(char **argv);
void attack_clock(char **argv);
void attack_realtime(char **argv);
void attack_i386(char **argv);
void attack_family(char **argv);

// ---- others.c: other processes, the terminal, the network, rights, amounts ----

void attack_setns(char **argv);
void attack_memory(char **argv);
void attack_type(char **argv);
void attack_console(char **argv);
void attack_abstract(char **argv);
void attack_socket(char **argv);
void attack_listen(char **argv);
void attack_set_user_id(char **argv);
void attack_inheritable(char **argv);
void attack_spare(char **argv);
void attack_group(char **argv);
void attack_inotify(char **argv);
void attack_fork_bomb(char **argv);
void attack_memory_bomb(char **argv);
void attack_file_bomb(char **argv);

#endif
