// The system calls that mydocker makes, and the errors that section 2 of the manual names for each.
//
// The kernel knows better than to answer some of them to these arguments. They are injected all the
// same: a seccomp filter, a debugger or next year's kernel may.
#include <errno.h>
#include <sys/syscall.h>

#include "faults.h"

#ifndef SYS_close_range // before glibc 2.32
#define SYS_close_range 436
#endif

#define CALL(name, string, ...)                                                                    \
    {                                                                                              \
        SYS_##name, #name, string, false, NULL,                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SAYS(name, string, says, ...)                                                              \
    {                                                                                              \
        SYS_##name, #name, string, false, says,                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define FILE_ERRORS                                                                                \
    EACCES, EBADF, EFAULT, EINVAL, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EPERM

#define MAKING_ERRORS                                                                              \
    EACCES, EDQUOT, EEXIST, EFAULT, EINVAL, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC,   \
        ENOTDIR, EPERM, EROFS

static const struct call calls[] = {
    // processes
    SAYS(clone, -1, "clone|fork", EAGAIN, EBUSY, EEXIST, EINVAL, ENOMEM, ENOSPC, EOPNOTSUPP, EPERM,
         EUSERS),
    SAYS(clone3, -1, "clone", EACCES, EAGAIN, EBUSY, EEXIST, EINVAL, ENOMEM, ENOSPC, ENOSYS,
         EOPNOTSUPP, EPERM, EUSERS),
    CALL(unshare, -1, EINVAL, ENOMEM, ENOSPC, EPERM, EUSERS),
    SAYS(execve, 0, "execve", E2BIG, EACCES, EAGAIN, EFAULT, EINVAL, EIO, EISDIR, ELIBBAD, ELOOP,
         EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOEXEC, ENOMEM, ENOTDIR, EPERM, ETXTBSY),
    SAYS(wait4, -1, "waitpid", ECHILD, EINTR, EINVAL),
    CALL(exit_group, -1, 0),
    CALL(getpid, -1, 0),
    CALL(getppid, -1, 0),
    CALL(getpgid, -1, ESRCH),
    CALL(setpgid, -1, EACCES, EINVAL, EPERM, ESRCH),
    CALL(kill, -1, EINVAL, EPERM, ESRCH),
    SAYS(prctl, -1, "prctl|cap_drop_bound|seccomp", EACCES, EBADF, EBUSY, EFAULT, EINVAL, ENODEV,
         ENXIO, EOPNOTSUPP, EPERM, ERANGE),
    // capabilities and the filter
    SAYS(capset, -1, "cap_set_proc", EFAULT, EINVAL, EPERM, ESRCH),
    SAYS(seccomp, -1, "seccomp", EACCES, EBUSY, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, ESRCH),
    // the lifeline
    CALL(socketpair, -1, EAFNOSUPPORT, EFAULT, EMFILE, ENFILE, EOPNOTSUPP, EPROTONOSUPPORT),
    // Not EPIPE and ECONNRESET: they say that the child is dead, and waitpid(2) says how it ended.
    SAYS(sendto, -1, "send", EACCES, EAGAIN, EALREADY, EBADF, EDESTADDRREQ, EFAULT, EINTR, EINVAL,
         EISCONN, EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP),
    // There is no lifeline, so somebody has typed `mydocker init`.
    SAYS(getsockopt, -1, "init is internal", EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK),
    // signals
    SAYS(rt_sigprocmask, -1, "sigprocmask", EFAULT, EINVAL),
    SAYS(rt_sigaction, -1, "sigaction", EFAULT, EINVAL),
    CALL(rt_sigtimedwait, -1, EAGAIN, EINTR, EINVAL),
    SAYS(signalfd4, -1, "signalfd", EBADF, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM),
#ifdef SYS_poll // a machine younger than these has only what came after them
    CALL(poll, -1, EFAULT, EINTR, EINVAL, ENOMEM),
    CALL(dup2, -1, EBADF, EBUSY, EINTR, EINVAL, EMFILE),
    CALL(getpgrp, -1, 0),
#endif
    CALL(ppoll, -1, EFAULT, EINTR, EINVAL, ENOMEM),
    // mounts
    SAYS(mount, 1, "mount|bind|overlay", EACCES, EBUSY, EFAULT, EINVAL, ELOOP, EMFILE, ENAMETOOLONG,
         ENODEV, ENOENT, ENOMEM, ENOTBLK, ENOTDIR, ENXIO, EPERM, EROFS),
    SAYS(pivot_root, -1, "pivot_root", EBUSY, EINVAL, ENOTDIR, EPERM),
    SAYS(umount2, 0, "umount2", EAGAIN, EBUSY, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOMEM, EPERM),
// what is mounted on: where it is said to be there, the mount is what fails
#ifdef SYS_mkdir
    SAYS(mkdir, 0, "mkdir|mount", MAKING_ERRORS),
    SAYS(chmod, 0, "chmod", FILE_ERRORS, EROFS),
    SAYS(symlink, 1, "symlink", MAKING_ERRORS),
#endif
    SAYS(mkdirat, 1, "mkdir|mount", MAKING_ERRORS),
    SAYS(fchmodat, 1, "chmod", FILE_ERRORS, EROFS),
    SAYS(symlinkat, 2, "symlink", MAKING_ERRORS),
    SAYS(mknodat, 1, "mknod", MAKING_ERRORS),
    CALL(setxattr, 0, EDQUOT, EEXIST, ENODATA, ENOSPC, EOPNOTSUPP, EPERM, ERANGE),
    // descriptors
    CALL(dup3, -1, EBADF, EBUSY, EINTR, EINVAL, EMFILE),
    SAYS(fcntl, -1, "fcntl|open", EACCES, EAGAIN, EBADF, EBUSY, EDEADLK, EFAULT, EINTR, EINVAL,
         EMFILE, ENOLCK, ENOTDIR, EPERM),
    CALL(close_range, -1, EINVAL, EMFILE, ENOMEM, ENOSYS),
    {SYS_close, "close", -1, true, NULL, {EINTR, EIO, ENOSPC, EDQUOT}},
    SAYS(openat, 1, "open|set|enable|lock", FILE_ERRORS, EBUSY, EDQUOT, EEXIST, EFBIG, EINTR,
         EISDIR, EMFILE, ENFILE, ENODEV, ENOSPC, ENXIO, EROFS),
    CALL(read, -1, EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR),
    SAYS(write, -1, "write|set|enable", EAGAIN, EBADF, EDESTADDRREQ, EDQUOT, EFAULT, EFBIG, EINTR,
         EINVAL, EIO, ENOSPC, EPERM, EPIPE),
    CALL(lseek, -1, EBADF, EINVAL, ENXIO, EOVERFLOW, ESPIPE),
    // tcgetpgrp(3), tcgetattr(3) and their like
    SAYS(ioctl, -1, "tcsetpgrp", EBADF, EFAULT, EINVAL, EINTR, EIO, ENOTTY, EPERM),
    // names of files
    SAYS(newfstatat, 1, "stat|find|has no directory", FILE_ERRORS, EOVERFLOW),
    SAYS(fstat, -1, "fstat", FILE_ERRORS, EOVERFLOW),
    SAYS(faccessat, 1, "find|lock", FILE_ERRORS, EROFS, ETXTBSY),
    SAYS(faccessat2, 1, "find|lock", FILE_ERRORS, EROFS, ETXTBSY, ENOSYS),
    SAYS(statfs, 0, "statfs", EACCES, EFAULT, EINTR, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM,
         ENOSYS, ENOTDIR, EOVERFLOW),
    SAYS(getcwd, -1, "getcwd|chdir", EACCES, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOMEM, ERANGE),
    CALL(chdir, 0, FILE_ERRORS),
    CALL(fchdir, -1, EACCES, EBADF, EIO, ENOTDIR),
    // control groups
    SAYS(fchmod, -1, "chmod", EBADF, EIO, EPERM, EROFS),
    SAYS(flock, -1, "lock", EBADF, EINTR, EINVAL, ENOLCK, EWOULDBLOCK),
    CALL(fstatfs, -1, EBADF, EFAULT, EINTR, EIO, ENOMEM, ENOSYS, EOVERFLOW),
    CALL(unlinkat, 1, EACCES, EBUSY, EFAULT, EINVAL, EIO, EISDIR, ELOOP, ENAMETOOLONG, ENOENT,
         ENOMEM, ENOTDIR, ENOTEMPTY, EPERM, EROFS),
    CALL(getdents64, -1, EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR),
    // the C library's own: memory, and who we are for faccessat(3)
    CALL(brk, -1, ENOMEM),
    CALL(mmap, -1, EACCES, EAGAIN, EINVAL, ENFILE, ENODEV, ENOMEM, EPERM),
    CALL(munmap, -1, EINVAL, ENOMEM),
    CALL(clock_gettime, -1, 0),
    CALL(getrandom, -1, EAGAIN, EFAULT, EINTR, EINVAL, ENOSYS),
    CALL(set_robust_list, -1, EINVAL),
    CALL(getuid, -1, 0),
    CALL(geteuid, -1, 0),
    CALL(getgid, -1, 0),
    CALL(getegid, -1, 0),
    SAYS(capget, -1, "cap_get_proc", EFAULT, EINVAL, EPERM, ESRCH),
};

bool is_poll(long number)
{
#ifdef SYS_poll
    if (number == SYS_poll)
        return true;
#endif
    return number == SYS_ppoll;
}

const struct call *call_numbered(long number)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}
