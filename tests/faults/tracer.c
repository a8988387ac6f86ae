// One run of mydocker, every system call of it seen: ptrace(2).
//
// strace(1) injects errors too, but counts the calls of all processes alike: what the parent has
// made as often as the child is never injected into the child. Here a call is named by the process
// and its place in that process's own sequence, which starts where main() does.
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "faults.h"

enum { TIME_LIMIT = 5 }; // seconds for a run of some milliseconds

enum phase {
    BEFORE,
    STARTING,
    OWN,
    OVER
}; // before execve, in the C library, in main(), as COMMAND

struct process {
    pid_t pid; // 0 when it has ended
    enum phase phase;
    int count;                      // its own calls up to now
    int inject;                     // the error that the call it is in will return
    unsigned long long break_asked; // of a brk(2) that is refused
    long under;                     // what the breakpoint at main() lies on
    uintptr_t main;                 // where that is
};

static struct process processes[2]; // by enum who
static int terminal = -1, said = -1, leak = -1;
static struct termios settings;
static unsigned long main_offset, entry_offset; // in the file that runs
static volatile sig_atomic_t over_time;

// ---- what differs from machine to machine ----

typedef struct user_regs_struct registers;
#if defined(__x86_64__)
enum { BREAKPOINT = 0xcc, BREAKPOINT_BYTES = 1 };
#define PC(registers) ((registers).rip)
enum { PC_AFTER_BREAKPOINT = 1 };
#define RESULT(registers) ((registers).rax)
#define FIRST_ARGUMENT(registers) ((registers).rdi)
enum { FIRST_ARGUMENT_STAYS = true };
#else // AArch64; the registers of other machines are not known here
enum { BREAKPOINT = (int)0xd4200000, BREAKPOINT_BYTES = 4 };
#define PC(registers) ((registers).pc)
enum { PC_AFTER_BREAKPOINT = 0 };
#define RESULT(registers) ((registers).regs[0])
#define FIRST_ARGUMENT(registers) ((registers).regs[0])
enum { FIRST_ARGUMENT_STAYS = false }; // the result takes its register
#endif

static registers registers_of(pid_t pid)
{
    registers values = {0};
    struct iovec all = {&values, sizeof(values)};

    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all) == -1)
        err(1, "PTRACE_GETREGSET");
    return values;
}

static void set_registers(pid_t pid, registers *values)
{
    struct iovec all = {values, sizeof(*values)};

    if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all) == -1)
        err(1, "PTRACE_SETREGSET");
}

// At the entry of a call: have the kernel make none.
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
    registers values = registers_of(pid);

    values.orig_rax = (unsigned long long)-1;
    set_registers(pid, &values);
#else
    int none = -1;
    struct iovec number = {&none, sizeof(none)};

    if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number) == -1)
        err(1, "PTRACE_SETREGSET");
#endif
}

// A brk(2): the kernel says no by answering with the break that it leaves, as it also does where it
// is asked for 0. Afterwards the C library looks at what it has asked for.
static unsigned long long replace_argument(pid_t pid, unsigned long long value)
{
    registers values = registers_of(pid);

    unsigned long long before = FIRST_ARGUMENT(values);
    FIRST_ARGUMENT(values) = value;
    set_registers(pid, &values);
    return before;
}

// ---- where main() is ----

// nm(1) says where in the file; the start address that execve(2) reports, where that came to lie.
static void find_main(const char *program)
{
    char command[PATH_MAX + 64], symbol[256];
    Elf64_Ehdr header;
    int fd = open(program, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || read(fd, &header, sizeof(header)) != sizeof(header))
        err(1, "%s", program);
    close(fd);
    entry_offset = header.e_entry;
    main_offset = 0;
    (void)snprintf(command, sizeof(command), "nm '%s'", program);
    FILE *nm = popen(command, "re");
    while (nm != NULL && fgets(symbol, sizeof(symbol), nm) != NULL)
        if (strstr(symbol, " T main\n") != NULL)
            main_offset = strtoul(symbol, NULL, 16);
    if (nm == NULL || pclose(nm) != 0 || main_offset == 0)
        errx(1, "nm finds no main() in %s", program);
}

static uintptr_t address_of_main(pid_t pid)
{
    char file[64];
    Elf64_auxv_t pair;
    uintptr_t entry = 0;

    (void)snprintf(file, sizeof(file), "/proc/%d/auxv", (int)pid);
    FILE *auxv = fopen(file, "re");
    while (auxv != NULL && fread(&pair, sizeof(pair), 1, auxv) == 1)
        if (pair.a_type == AT_ENTRY)
            entry = pair.a_un.a_val;
    if (auxv != NULL)
        fclose(auxv);
    return entry - entry_offset + main_offset;
}

static void set_breakpoint(struct process *process)
{
    process->main = address_of_main(process->pid);
    errno = 0;
    process->under = ptrace(PTRACE_PEEKTEXT, process->pid, process->main, 0);
    if (errno == ESRCH)
        return; // it has been killed meanwhile, perhaps with its parent
    if (errno != 0)
        err(1, "PTRACE_PEEKTEXT");
    long word = process->under;
    const int breakpoint = BREAKPOINT;
    memcpy(&word, &breakpoint, BREAKPOINT_BYTES);
    if (ptrace(PTRACE_POKETEXT, process->pid, process->main, word) == -1 && errno != ESRCH)
        err(1, "PTRACE_POKETEXT");
}

static void remove_breakpoint(struct process *process)
{
    if (ptrace(PTRACE_POKETEXT, process->pid, process->main, process->under) == -1)
        err(1, "PTRACE_POKETEXT");
    registers values = registers_of(process->pid);

    PC(values) -= PC_AFTER_BREAKPOINT;
    set_registers(process->pid, &values);
}

// ---- what COMMAND is given to live in ----

static void write_link(FILE *out, const char *what, const char *file)
{
    char target[PATH_MAX];
    ssize_t length = readlink(file, target, sizeof(target) - 1);

    target[length < 0 ? 0 : length] = '\0';
    fprintf(out, "%s %s\n", what, target);
}

// Mount IDs and peer groups differ from run to run, and what spreads does not.
static void write_mounts(FILE *out, const char *file)
{
    char line[4096];
    FILE *mounts = fopen(file, "re");

    while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL) {
        char *rest = line;
        for (int blanks = 0; *rest != '\0' && blanks < 3; rest++)
            blanks += *rest == ' ';
        fprintf(out, "mount%s%s %s", strstr(rest, " shared:") != NULL ? " shared" : "",
                strstr(rest, " master:") != NULL ? " slave" : "",
                strstr(rest, " - ") != NULL ? strstr(rest, " - ") + 1 : "\n");
        fprintf(out, "on %.*s\n", (int)strcspn(strchr(rest, ' ') + 1, " "), strchr(rest, ' ') + 1);
    }
    if (mounts != NULL)
        fclose(mounts);
}

static void write_status(FILE *out, const char *file)
{
    static const char *const words[] = {
        "Uid:",    "Gid:",    "SigBlk:", "SigIgn:", "SigCgt:",    "CapPrm:",
        "CapEff:", "CapBnd:", "CapAmb:", "Seccomp", "NoNewPrivs:"};
    char line[4096];
    FILE *status = fopen(file, "re");

    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (strncmp(line, words[i], strlen(words[i])) == 0)
                fputs(line, out);
        if (strncmp(line, "NSpid:", 6) == 0)
            fprintf(out, "PID namespaces below ours%s",
                    strchr(line + 7, '\t') == NULL ? ": none\n" : strrchr(line, '\t'));
    }
    if (status != NULL)
        fclose(status);
}

// As text, a line for each thing, from outside: two COMMANDs that are started alike read the same.
static char *surroundings(pid_t pid)
{
    static const char *const namespaces[] = {"uts", "pid", "mnt", "net", "ipc", "user", "cgroup"};
    static const char *const files[] = {"cmdline", "environ"};
    char file[PATH_MAX], *text, content[1 << 16];
    struct stat here, there;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        err(1, "open_memstream");
    for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
        (void)snprintf(file, sizeof(file), "/proc/self/ns/%s", namespaces[i]);
        bool known = stat(file, &here) == 0;
        (void)snprintf(file, sizeof(file), "/proc/%d/ns/%s", (int)pid, namespaces[i]);
        known = known && stat(file, &there) == 0;
        fprintf(out, "namespace %s %s\n", namespaces[i],
                !known                        ? "unknown"
                : here.st_ino == there.st_ino ? "the host's"
                                              : "its own");
    }
    for (int fd = 0; fd < 1024; fd++) {
        char what[16];
        (void)snprintf(what, sizeof(what), "descriptor %d", fd);
        (void)snprintf(file, sizeof(file), "/proc/%d/fd/%d", (int)pid, fd);
        if (lstat(file, &here) == 0)
            write_link(out, what, file);
    }
    (void)snprintf(file, sizeof(file), "/proc/%d/cwd", (int)pid);
    write_link(out, "working directory", file);
    fprintf(out, "working directory %s\n",
            stat(file, &there) == 0 && stat("/proc", &here) == 0 && there.st_dev == here.st_dev
                ? "on the host's /proc"
                : "not on the host's /proc");
    (void)snprintf(file, sizeof(file), "/proc/%d/root", (int)pid);
    write_link(out, "root", file);
    fprintf(out, "process group %s, terminal %s\n",
            getpgid(pid) == pid ? "its own" : "the caller's",
            tcgetpgrp(terminal) == getpgid(pid) ? "its own" : "not its own");
    (void)snprintf(file, sizeof(file), "/proc/%d/status", (int)pid);
    write_status(out, file);
    (void)snprintf(file, sizeof(file), "/proc/%d/mountinfo", (int)pid);
    write_mounts(out, file);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(file, sizeof(file), "/proc/%d/%s", (int)pid, files[i]);
        FILE *in = fopen(file, "re");
        size_t length = in == NULL ? 0 : fread(content, 1, sizeof(content), in);
        for (size_t j = 0; j < length; j++)
            if (content[j] == '\0')
                content[j] = '\n';
        fprintf(out, "%s\n%.*s", files[i], (int)length, content);
        if (in != NULL)
            fclose(in);
    }
    if (fclose(out) == EOF)
        err(1, "surroundings");
    return text;
}

// ---- the run ----

static void time_is_over(int signal)
{
    (void)signal;
    over_time = 1;
}

void tracer_begin(const char *program)
{
    const struct sigaction interrupt = {.sa_handler = time_is_over}; // not SA_RESTART
    int master;

    if (setsid() == -1 || openpty(&master, &terminal, NULL, NULL, NULL) == -1 ||
        ioctl(terminal, TIOCSCTTY, 0) == -1 || tcgetattr(terminal, &settings) == -1)
        err(1, "a terminal");
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(terminal, F_SETFD, FD_CLOEXEC);
    said = memfd_create("standard error", MFD_CLOEXEC);
    leak = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    if (said == -1 || leak == -1 || prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 ||
        sigaction(SIGALRM, &interrupt, NULL) == -1 || signal(SIGTTOU, SIG_IGN) == SIG_ERR)
        err(1, "prepare");
    find_main(program);
}

// We are in the child. Our job is to become mydocker, with a descriptor that COMMAND must not get.
static _Noreturn void become_mydocker(const struct run *run, int go)
{
    char byte;

    (void)signal(SIGTTOU, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (setpgid(0, 0) == -1 || read(go, &byte, 1) != 1 ||
        dup2(run->terminal ? terminal : leak, STDIN_FILENO) == -1 || dup2(leak, 9) == -1 ||
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO) == -1 ||
        dup2(said, STDERR_FILENO) == -1 || chdir(run->directory) == -1)
        _exit(111);
    execve(run->program, run->argv, environ);
    _exit(112);
}

static void start(struct run *run)
{
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    int go[2];

    if (ftruncate(said, 0) == -1 || lseek(said, 0, SEEK_SET) == -1 || pipe2(go, O_CLOEXEC) == -1)
        err(1, "start");
    pid_t pid = fork();
    if (pid == 0)
        become_mydocker(run, go[0]);
    memset(processes, 0, sizeof(processes));
    processes[PARENT].pid = pid;
    (void)setpgid(pid, pid);
    if (pid == -1 || ptrace(PTRACE_SEIZE, pid, 0, options) == -1 ||
        (run->terminal && tcsetpgrp(terminal, pid) == -1) || write(go[1], "", 1) != 1)
        err(1, "start");
    close(go[0]);
    close(go[1]);
}

static void go_on(struct process *process, int signal)
{
    long how = process->phase == BEFORE || process->phase == OVER ? PTRACE_CONT : PTRACE_SYSCALL;

    if (ptrace((enum __ptrace_request)how, process->pid, 0, signal) == -1 && errno != ESRCH)
        err(1, "PTRACE_SYSCALL"); // ESRCH: it has been killed meanwhile
}

static void read_string(pid_t pid, uintptr_t address, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; address != 0 && i + 1 < size; i++) {
        struct iovec here = {text + i, 1}, there = {(void *)(address + i), 1};
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) != 1 || text[i] == '\0')
            break;
        text[i + 1] = '\0';
    }
}

static void ended(struct run *run, struct process *process, int status)
{
    if (process == &processes[PARENT])
        run->status = status;
    process->pid = 0;
}

// mydocker dies, and nothing of it is left when this returns.
static void kill_mydocker(struct run *run)
{
    struct process *parent = &processes[PARENT];
    int status;

    if (parent->pid == 0 || kill(parent->pid, SIGKILL) == -1)
        return;
    while (waitpid(parent->pid, &status, __WALL) == parent->pid)
        if (!WIFSTOPPED(status)) {
            ended(run, parent, status);
            break;
        }
}

static const char *request_name(unsigned long long request)
{
    return request == TCGETS      ? "TCGETS"
           : request == TIOCGPGRP ? "TIOCGPGRP"
           : request == TIOCSPGRP ? "TIOCSPGRP"
           : request == TCXONC    ? "TCXONC"
                                  : "TCSETS";
}

// mydocker is about to make a call of its own.
static void entry(struct run *run, struct process *process,
                  const struct __ptrace_syscall_info *info)
{
    enum who who = process == &processes[CHILD] ? CHILD : PARENT;
    const struct fault *fault = &run->fault;
    long number = (long)info->entry.nr;
    const struct call *call = call_numbered(number);

    if (run->count < CALLS_MAX) {
        struct made *made = &run->calls[run->count++];
        *made = (struct made){.who = who, .number = number, .last = run->waits && who == PARENT};
        run->waits = run->waits || (who == PARENT && is_poll(number));
        if (number == SYS_ioctl)
            (void)snprintf(made->object, sizeof(made->object), "%s",
                           request_name(info->entry.args[1]));
        else if (call != NULL && call->string >= 0)
            read_string(process->pid, (uintptr_t)info->entry.args[call->string], made->object,
                        sizeof(made->object));
    }
    if (fault->kind != NO_FAULT && fault->who == who && fault->index == process->count) {
        run->fired = true;
        run->fired_number = number;
        if (fault->kind == KILL) {
            kill_mydocker(run);
        } else {
            process->inject = number == SYS_brk ? 0 : fault->error;
            if (number == SYS_brk)
                process->break_asked = replace_argument(process->pid, 0);
            else if (call == NULL || !call->done)
                skip_call(process->pid);
        }
    }
    process->count++;
}

static void leave(struct process *process)
{
    if (process->break_asked != 0 && FIRST_ARGUMENT_STAYS)
        (void)replace_argument(process->pid, process->break_asked);
    process->break_asked = 0;
    if (process->inject == 0)
        return;
    registers values = registers_of(process->pid);

    RESULT(values) = (unsigned long long)-(long long)process->inject;
    set_registers(process->pid, &values);
    process->inject = 0;
}

static bool runs_mydocker(pid_t pid, const char *program)
{
    char file[64];
    struct stat its, mydockers;

    (void)snprintf(file, sizeof(file), "/proc/%d/exe", (int)pid);
    return stat(file, &its) == 0 && stat(program, &mydockers) == 0 &&
           its.st_ino == mydockers.st_ino;
}

static void executed(struct run *run, struct process *process)
{
    if (runs_mydocker(process->pid, run->program)) {
        process->phase = STARTING;
        set_breakpoint(process);
    } else {
        process->phase = OVER;
        if (run->command == NULL)
            run->command = surroundings(process->pid);
    }
}

static void born(pid_t pid)
{
    processes[CHILD].pid = pid;
    processes[CHILD].phase = OWN;
}

static void stopped(struct run *run, struct process *process, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16, deliver = 0;
    struct __ptrace_syscall_info info;

    if (signal == (SIGTRAP | 0x80)) {
        if (process->phase == OWN &&
            ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) > 0) {
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
                entry(run, process, &info);
            else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
                leave(process);
        }
        if (process->pid == 0)
            return; // that was its end
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
               event == PTRACE_EVENT_CLONE) {
        unsigned long child;
        if (processes[CHILD].pid == 0 && ptrace(PTRACE_GETEVENTMSG, process->pid, 0, &child) == 0)
            born((pid_t)child);
    } else if (event == PTRACE_EVENT_EXEC) {
        executed(run, process);
    } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
        (void)ptrace(PTRACE_LISTEN, process->pid, 0, 0);
        return;
    } else if (event == 0 && signal == SIGTRAP && process->phase == STARTING) {
        remove_breakpoint(process);
        process->phase = OWN;
    } else if (event == 0) {
        deliver = signal;
    }
    go_on(process, deliver);
}

static bool anybody_left(void)
{
    return processes[PARENT].pid != 0 || processes[CHILD].pid != 0;
}

static void follow(struct run *run)
{
    const struct itimerval limit = {.it_value = {.tv_sec = TIME_LIMIT}}, none = {0};
    int status;

    over_time = 0;
    setitimer(ITIMER_REAL, &limit, NULL);
    while (anybody_left()) {
        pid_t pid = waitpid(-1, &status, __WALL);
        struct process *process = &processes[pid == processes[PARENT].pid ? PARENT : CHILD];

        // A PID 1 that crashes under ptrace(2) does so for ever, and waitpid(2) never waits.
        if (over_time) {
            run->timed_out = true;
            for (size_t i = 0; i < 2; i++)
                if (processes[i].pid != 0)
                    kill(processes[i].pid, SIGKILL);
            over_time = 0;
        }
        if (pid == -1 && errno == EINTR)
            continue;
        if (pid == -1)
            break;
        if (process->pid == 0) // its first stop may come before the clone(2) that made it returns
            born(pid);
        if (WIFSTOPPED(status))
            stopped(run, process, status);
        else
            ended(run, process, status);
    }
    setitimer(ITIMER_REAL, &none, NULL);
}

static void read_all(const char *file, char *text, size_t size)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    size_t length = 0;

    while (fd != -1 && (n = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    if (fd != -1)
        close(fd);
}

// Is all as it was before?
static void look_around(struct run *run, pid_t group, const char *mounts, const char *hostname)
{
    static char mounts_now[1 << 18];
    char hostname_now[256] = "";
    struct termios settings_now;
    pid_t left;

    while ((left = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
        ; // COMMAND that has ended and lost its parent: any init reaps that
    read_all("/proc/self/mountinfo", mounts_now, sizeof(mounts_now));
    (void)gethostname(hostname_now, sizeof(hostname_now) - 1);
    (void)tcgetattr(terminal, &settings_now);
    if (left == 0)
        (void)snprintf(run->complaint, sizeof(run->complaint), "a process was left");
    else if (strcmp(mounts, mounts_now) != 0)
        (void)snprintf(run->complaint, sizeof(run->complaint), "the host's mounts have changed");
    else if (strcmp(hostname, hostname_now) != 0)
        (void)snprintf(run->complaint, sizeof(run->complaint), "the host's name has changed");
    else if (run->terminal && run->fault.kind != KILL && tcgetpgrp(terminal) != group)
        (void)snprintf(run->complaint, sizeof(run->complaint), NOT_GIVEN_BACK);
    else if (memcmp(settings.c_cc, settings_now.c_cc, NCCS) != 0 ||
             settings.c_lflag != settings_now.c_lflag || settings.c_iflag != settings_now.c_iflag ||
             settings.c_oflag != settings_now.c_oflag || settings.c_cflag != settings_now.c_cflag)
        (void)snprintf(run->complaint, sizeof(run->complaint), "the terminal's settings changed");
}

void tracer_run(struct run *run)
{
    static char mounts[1 << 18];
    char hostname[256] = "";

    read_all("/proc/self/mountinfo", mounts, sizeof(mounts));
    (void)gethostname(hostname, sizeof(hostname) - 1);
    start(run);
    pid_t group = processes[PARENT].pid;
    follow(run);
    look_around(run, group, mounts, hostname);
    (void)tcsetpgrp(terminal, getpgrp());
    (void)tcsetattr(terminal, TCSANOW, &settings);
    if (pread(said, run->said, sizeof(run->said) - 1, 0) < 0)
        err(1, "standard error");
}

void tracer_free(struct run *run)
{
    free(run->command);
}
