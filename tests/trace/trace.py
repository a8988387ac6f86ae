"""What the kernel was asked in one run of a step, as a story: who asked, with what PID, where it says so.

Usage: trace.py [--program MYDOCKER] NN [COMMAND [ARG...]]

MYDOCKER is somebody's own program, to be told like step NN. Its sources are looked for beside it.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import steps  # noqa: E402: found by the line above

CALLS = ["execve", "fork", "vfork", "clone", "clone3", "mount", "pivot_root", "umount2", "chdir", "fchdir", "prctl", "socketpair", "getsockopt", "poll", "ppoll",
         "dup2", "dup3", "close_range", "statfs", "rt_sigprocmask", "signalfd4", "wait4", "write", "exit_group",
         "mkdirat", "unlinkat", "capset", "seccomp"]
# Of the calls that matter: what they look like, what they are for, and the source line that makes them.
STORY = [
    (r'execve\("/proc/self/exe"', "become init: the same program anew", 'execve("/proc/self/exe"'),
    (r"execve\(", "become COMMAND", "execve(file, argv, environ)"),
    # ~[] are all, the C library's own among them; what is held back already is never quite all. fork(3)
    # holds back all for itself, too, but by SIG_BLOCK (musl, glibc 2.41).
    (r"rt_sigprocmask\(SIG_SETMASK, ~\[\]", "hold back all signals", "SIG_SETMASK, &all"),
    (r"rt_sigprocmask\(SIG_SETMASK, \[", "let them through again", "SIG_SETMASK, &callers_mask"),
    (r"signalfd4\(", "and hear of them one by one", "= signalfd("),
    (r"socketpair\(", "make the lifeline", "socketpair(AF_UNIX"),
    (r"(?:fork|vfork)\(", "make the child", "fork();"),
    (r"clone3\(.*CLONE_INTO_CGROUP", "make the child, in new namespaces and in its group", "SYS_clone3"),
    (r"clone3\(.*CLONE_NEW", "make the child, in new namespaces", "SYS_clone3"),
    (r"clone\(.*CLONE_NEW", "make the child, in new namespaces", "= clone("),
    (r'mkdirat\(\d+, "mydocker-', "make its control group", "mkdirat(parent"),
    (r'unlinkat\(\d+, "mydocker-', "remove it", "unlinkat(parent"),
    (r"clone3?\(", "make the child (this is fork)", "= fork();"),
    (r"prctl\(PR_SET_PDEATHSIG", "die when the parent dies", "PR_SET_PDEATHSIG, SIGKILL"),
    (r"dup[23]\(\d+, 3\W", "keep the lifeline", "dup2(fd, last)"),
    (r"close_range\(", "and no other descriptor", "__NR_close_range"),
    (r"getsockopt\(.*SO_PEERCRED", "does the lifeline lead out?", "SO_PEERCRED, &maker"),
    (r"p?poll\(\[\{fd=3, events=0\}\]", "is the parent still alive?", "poll(&parent"),
    (r"p?poll\(\[\{fd=\d+, events=POLLIN\}", "wait for a signal", "poll(events"),
    (r'mount\(NULL, "/"', "nothing spreads to the host", 'mount(NULL, "/"'),
    (r'mount\("dev/', "a device of the host's, by the old root's name for it", "MS_BIND, NULL)"),
    (r'mount\(NULL, "/proc/.*MS_REMOUNT', "read-only", "MS_BIND | MS_REMOUNT"),
    (r"mount\(NULL, .*MS_REMOUNT", "its file is the host's: read-only", "MS_REMOUNT | MS_BIND"),
    (r'mount\("tmpfs", "proc"', "room for what will be changed", 'mount("tmpfs", "proc"'),
    (r'mount\("overlay"', "one directory of two layers", 'mount("overlay"'),
    (r'mount\("/dev/null", "/', "a file that nobody is to read", 'mount("/dev/null"'),
    (r'mount\("tmpfs", "/(?:proc|sys)/', "a directory that nobody is to read", 'mount("tmpfs", name'),
    (r'mount\("/proc/', "what nobody is to write to", "mount(name, name"),
    (r"prctl\(PR_CAPBSET_DROP", "no program gives this capability back", "cap_drop_bound(capability)"),
    (r"capset\(", "the capabilities that are left", "cap_set_proc(ours)"),
    (r"prctl\(PR_SET_NO_NEW_PRIVS, 1", "no program gives more than there is", "PR_SET_NO_NEW_PRIVS, 1"),
    (r"seccomp\(SECCOMP_SET_MODE_FILTER, .*0x", "a filter for system calls", "seccomp_load(filter)"),
    (r'mount\("(?:sysfs|tmpfs|devpts|mqueue|cgroup2)"', "what every system has", "mount(mounts[i].type"),
    (r"mount\(.*MS_BIND", "make the directory a mount point", "MS_BIND | MS_REC"),
    (r"pivot_root\(", "make it /: the old root lies on top", "SYS_pivot_root"),
    (r"fchdir\(", "stand in the old root", "fchdir(old_root)"),
    (r"umount2\(", "the old root goes", "umount2("),
    (r'chdir\("/"', "start in /", 'chdir("/")'),
    (r'chdir\("', "enter it", None),
    (r'mount\("proc"', "a /proc of its own", 'mount("proc", "/proc"'),
    (r'statfs\("\."', "does the working directory lie on the old one?", 'statfs("."'),
    # That it has not yet ended depends on who of the two is faster.
    (r"wait4\(.* = [1-9]", "how has COMMAND ended?", "waitpid(child, &status"),
    (r"write\(2, ", "log", "write(STDERR_FILENO"),
    (r"exit_group\(", "end", None),
]
# What a call is for that comes a second time: libseccomp sets no_new_privs again before it loads a filter.
AGAIN = {"no program gives more than there is": ("libseccomp makes sure of it", "seccomp_load(filter)")}


def joined(begun, rest):
    """A call that strace has split in two, because another process came between."""
    begun = begun.replace("<unfinished ...>", "").rstrip()
    return begun + (" " if begun.endswith(",") else "") + rest.lstrip()


class Trace:
    def __init__(self, step, command, program=None):
        self.folders = [(folder, folder.relative_to(ROOT)) for folder in steps.folders(steps.directory(step))]
        if program:
            own = Path(program).resolve().parent
            self.folders[0] = (own, own.name)
        self.program = program or f"./step{step}/mydocker"
        self.command = command
        self.parent = self.child = None
        self.inside = "-"  # the child's PID in its own namespace
        self.roles = {}
        self.begun = {}  # the calls that another process has interrupted, by PID
        self.rows = []

    def run(self):
        """Run it under strace. Returns its exit status."""
        privilege = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
        with tempfile.TemporaryDirectory() as directory:
            output = Path(directory) / "trace"
            status = subprocess.run(
                privilege + ["strace", "-f", "-qq", "-s", "200", "-o", str(output), "-e",
                             f"trace={','.join('?' + call for call in CALLS)}", "-e", "signal=none",
                             self.program, "run", *self.command], cwd=ROOT, check=False).returncode
            for line in output.read_text(errors="replace").splitlines():
                self.line(line)
        return status

    def line(self, line):
        pid, _, call = line.partition(" ")
        call = call.strip()
        if self.parent is None:
            self.parent = pid
            self.roles[pid] = "mydocker"
            self.add(pid, call, "you have typed it", None)
            return
        if pid not in self.roles:
            self.child = pid
            self.roles[pid] = "the child"
        resumed = re.match(r"<\.\.\. (\w+) resumed>", call)
        if resumed and resumed.group(1) in ("clone", "clone3", "execve", "vfork", "fork"):
            self.finish(pid, resumed.group(1), call[resumed.end():])
            self.became(pid, "execve" if resumed.group(1) == "execve" else "", call)
            return  # it was told when it began
        if resumed:
            call = joined(self.begun.pop(pid, ""), call[resumed.end():])
        elif call.endswith("<unfinished ...>") and not call.startswith(("clone", "execve", "fork", "vfork")):
            self.begun[pid] = call
            return  # told when it is done
        if self.roles[pid] == "COMMAND" and not call.startswith("exit_group"):
            return  # its own affair
        if "CLONE_NEWPID" in call:
            self.inside = "1"
        for pattern, purpose, source in STORY:
            if re.match(pattern, call):
                if any(row[1] == pid and row[4] == purpose for row in self.rows):
                    purpose, source = AGAIN.get(purpose, (purpose, source))
                self.add(pid, call, purpose, source)
                break
        self.became(pid, call, call)

    def finish(self, pid, name, rest):
        """How the call ended that was told when it began: which of two processes strace sees first is chance."""
        for row in reversed(self.rows):
            if row[1] == pid and row[3].startswith(name):
                row[3] = joined(row[3], rest)
                return

    def became(self, pid, call, result):
        """After an execve(2) that went well the process runs another program."""
        if pid == self.child and call.startswith("execve") and result.endswith("= 0"):
            self.roles[pid] = "init" if "/proc/self/exe" in self.last_execve(pid) else "COMMAND"

    def last_execve(self, pid):
        return next(row[3] for row in reversed(self.rows) if row[1] == pid and row[3].startswith("execve"))

    def add(self, pid, call, purpose, source):
        inside = "-" if pid == self.parent else (self.inside if self.inside != "-" else pid)
        self.rows.append([self.roles[pid], pid, inside, call, purpose, self.where(source)])

    def where(self, source):
        """FILE:LINE of the line that makes the call."""
        for folder, name in self.folders:
            for path in sorted(folder.glob("*.c")):
                for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                    if source and source in line:
                        return f"{name}/{path.name}:{number}"
        return ""

    def print(self):
        print(f"{'who':10}{'outside':>8}{'inside':>8}  what for")
        for role, pid, inside, call, purpose, where in self.rows:
            print(f"{role:10}{pid:>8}{inside:>8}  {purpose}" + (f"  [{where}]" if where else ""))
            print(f"{'':28}{shortened(call)}")


def shortened(call):
    """The call, without what changes from run to run and teaches nothing."""
    call = re.sub(r", 0x[0-9a-f]+ /\* \d+ vars \*/", "", call)
    call = re.sub(r"child_stack=\w+, |, child_tidptr=\w+", "", call)
    call = re.sub(r"~\[[^\]]*\], (?:NULL|\[[^\]]*\]), 8", "all", call)
    call = re.sub(r"\{(f_type=\w+),.*\}", r"{\1, …}", call)
    call = re.sub(r" +(= \S)", r" \1", call)
    if call.startswith("write(2, "):
        message = re.search(r'\\"msg\\":\\"(.*?)\\",\\"time', call)
        call = message.group(1) if message else call
    return call.strip()


def main():
    words, program = sys.argv[1:], None
    if words[:1] == ["--program"]:
        program, words = words[1], words[2:]
    if not words:
        sys.exit(__doc__)
    trace = Trace(words[0], words[1:] or ["/bin/true"], program)
    status = trace.run()
    try:
        trace.print()
        sys.stdout.flush()
    except BrokenPipeError:  # into head: what is not read is not missed, here nor when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


if __name__ == "__main__":
    main()
