"""What mydocker does not protect: each limit that docs/security.md names, shown by an attack that works.

Usage: limits.py PROGRAMS [WORD]    the attacks with WORD in their names, in the suite's scratch world
       limits.py --list             the last step that each is shown on, or "-", and its name

PROGRAMS is a path with {} for the two digits of a step. A limit that a later step ends is shown on the
last one that has it, any other on the last step of all.

An attack that no longer works is a failure: then docs/security.md says what is not so. What this
machine or this user cannot show is told, and never counts as shown. Whatever is attacked here the
attack has made itself: files, sockets, processes and a terminal of its own.
"""
import ctypes
import errno
import fcntl
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import steps  # noqa: E402: found by the line above
from victim import Victim  # noqa: E402

LIMIT = 30  # seconds, for anything that is waited for
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


class Wrong(Exception):
    """The limit is not as it is described."""


class CannotShow(Exception):
    """Not on this machine, or not as this user."""


limits = []
LAST = int(steps.directories()[-1].name[4:6])
step = LAST  # that the attack is shown on


def limit(name, until=None):
    def add(function):
        limits.append((f"limit: {name}", until, function))
        return function
    return add


def program_of_step():
    return sys.argv[1].format(f"{step:02}")


def must(condition, otherwise):
    if not condition:
        raise Wrong(otherwise)


def is_root():
    """Of the machine, and not of a user namespace."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return os.geteuid() == 0 and file.read().split() == ["0", "0", "4294967295"]


def need_root():
    if not is_root():
        raise CannotShow("it needs root, and not root of a user namespace")


# ---- COMMAND and its victims ----

def mydocker(*words, program=None):
    return [program or program_of_step(), "--log-level", "warn", "run", *words]


def python(code, *arguments):
    """COMMAND is Python's CODE, which finds its ARGUMENTS in argv."""
    return [sys.executable, "-B", "-I", "-c", "import ctypes, os, sys\nargv = sys.argv[1:]\n" + code,
            *map(str, arguments)]


def output(command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT,
                          check=False, **how)
    must(done.returncode == 0, f"{' '.join(command[:6])} ... ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def wait_for(condition, otherwise):
    end = time.monotonic() + LIMIT
    while not condition():
        must(time.monotonic() < end, otherwise)
        time.sleep(0.005)


def text_of(file):
    with open(file, encoding="utf-8", errors="replace") as opened:
        return opened.read()


class Scratch:
    """A file system without nosuid, for root, mounted for as long as one attack takes."""

    def __enter__(self):
        os.mkdir("with-suid")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", "with-suid"], check=True)
        return os.path.abspath("with-suid")

    def __exit__(self, *_):
        subprocess.run(["umount", "with-suid"], check=True)
        os.rmdir("with-suid")


# ---- the host's files, users and capabilities ----

@limit("the host's files are COMMAND's")
def files():
    with open("of-the-host", "w", encoding="ascii") as file:
        file.write("secret")
    read = output(mydocker("sh", "-c", "cat of-the-host; echo changed >of-the-host"))
    must(read == "secret", f"COMMAND read '{read}'")
    must(text_of("of-the-host") == "changed\n", "COMMAND could not write to it")


@limit("every capability is kept", until=8)
def capabilities():
    def sets(text):
        return [line for line in text.splitlines() if line.startswith("Cap")]

    outside, inside = sets(text_of("/proc/self/status")), sets(output(mydocker("cat", "/proc/self/status")))
    must(len(inside) == 5 and inside == outside, f"outside {outside}, inside {inside}")


@limit("root makes devices", until=8)
def devices():
    need_root()
    os.mkdir("devices")
    output(mydocker("sh", "-c", "mount -t tmpfs none devices && cd devices && mknod null c 1 3 && echo >null && "
                    "test -c null"))


@limit("no filter for system calls, no no_new_privs", until=8)
def no_filter():
    def lines(text):
        return [line for line in text.splitlines() if line.startswith(("NoNewPrivs", "Seccomp"))]

    outside, inside = lines(text_of("/proc/self/status")), lines(output(mydocker("cat", "/proc/self/status")))
    must(inside == outside, f"outside {outside}, inside {inside}")


@limit("a set-user-ID program gains its owner's rights", until=8)
def set_user_id():
    need_root()
    with Scratch() as directory:
        program = shutil.copy(shutil.which("id"), f"{directory}/id")
        os.chmod(program, 0o4755)
        user = output(mydocker(*NOBODY, program, "-u"))
    must(user == "0", f"started by nobody, the program of root was user {user}")


@limit("mydocker's own program can be replaced")
def replaced():
    os.mkdir("installed")
    program = shutil.copy(program_of_step(), "installed/mydocker")
    version = output([program, "--version"])
    must(output(mydocker("/proc/self/exe", "--version", program=program)) == version, "/proc/self/exe is another")

    # While it runs its file is busy, for COMMAND as for the host. (A kernel may let both write to it.)
    attempt = """
try:
    os.close(os.open(argv[0], os.O_WRONLY))
    print(0)
except OSError as error:
    print(error.errno)
"""
    running = subprocess.Popen(mydocker("-i", "cat", program=program), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    host = output(python(attempt, program))
    running.communicate(timeout=LIMIT)
    inside = output(mydocker(*python(attempt, program), program=program))
    must(inside == host and inside in (str(errno.ETXTBSY), "0"), f"open for writing: {host} outside, {inside} inside")

    # Its name is not.
    output(mydocker("sh", "-c", "printf '#!/bin/sh\\necho gotcha\\n' >installed/new && chmod +x installed/new && "
                    "mv installed/new installed/mydocker", program=program))
    must(output([program, "--version"]) == "gotcha", "the program is as before")


@limit("with --rootfs, too, /proc/self/exe is mydocker's own program")
def own_program():
    need_root()
    # Here it lies on another file system than /, and has no name inside.
    os.mkdir("elsewhere")
    program = shutil.copy(program_of_step(), os.path.abspath("elsewhere/mydocker"))
    version = output([program, "--version"])
    inside = output(mydocker("--rootfs", "/", "/bin/sh", "-c", f"test -e {program} || echo nameless", program=program))
    must(inside == "nameless", "it has a name inside")
    must(output(mydocker("--rootfs", "/", "/proc/self/exe", "--version", program=program)) == version,
         "/proc/self/exe is another")


@limit("without --rootfs root makes devices on the host's file systems")
def devices_without_root():
    need_root()
    with Scratch() as directory:
        output(mydocker("sh", "-c", f"cd {directory} && mknod null c 1 3 && echo >null && test -c null && rm null"))


@limit("the filter lists what is forbidden, a new call is allowed")
def new_call():
    # No kernel has so many: it says that it has none of that number, and so it was asked.
    code = "C = ctypes.CDLL(None, use_errno=True)\nprint(C.syscall(9999), ctypes.get_errno())"
    must(output(mydocker(*python(code))) == f"-1 {errno.ENOSYS}", "it was not the kernel that answered")


@limit("--cap-add ALL without seccomp=unconfined mounts nothing")
def all_capabilities():
    need_root()
    tried = ["sh", "-c", "mkdir -p there; mount -t tmpfs none there 2>/dev/null && echo mounted || echo refused"]
    filtered = output(mydocker("--cap-add", "ALL", *tried))
    free = output(mydocker("--cap-add", "ALL", "--security-opt", "seccomp=unconfined", *tried))
    must((filtered, free) == ("refused", "mounted"), f"with the filter {filtered}, without {free}")


@limit("with --cap-add SYS_TIME the clock is COMMAND's")
def clock():
    need_root()
    # It gets the tick that it has: struct timex begins with an unsigned int; what is set is in there.
    code = """
C = ctypes.CDLL(None, use_errno=True)
timex = ctypes.create_string_buffer(1024)
C.adjtimex(timex)
timex[0:4] = (0x4000).to_bytes(4, sys.byteorder)  # ADJ_TICK
print("refused" if C.adjtimex(timex) == -1 else "set")"""
    got = [output(mydocker(*options, *python(code))) for options in ([], ["--cap-add", "SYS_TIME"])]
    must(got == ["refused", "set"], f"without the option it was {got[0]}, with it {got[1]}")


@limit("what a user may have of inotify is one amount")
def inotify():
    need_root()
    # As a user whom nobody else is, no other run of this test either.
    become = f"os.setuid({random.randrange(10**6, 2**31)})\n"
    take = become + """
C = ctypes.CDLL(None)
while C.inotify_init1(0) != -1:
    pass
print("taken", flush=True)
sys.stdin.read()
"""
    one = become + "print(ctypes.CDLL(None).inotify_init1(0) != -1)"
    must(output(python(one)) == "True", "outside there is none even before")
    taking = subprocess.Popen(mydocker("-i", *python(take)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        must(taking.stdout.readline() == "taken\n", "COMMAND could not take them")
        must(output(python(one)) == "False", "outside there is one left")
    finally:
        taking.communicate(timeout=LIMIT)


# ---- control groups ----

def need_groups():
    need_root()
    try:
        controllers = text_of("/sys/fs/cgroup/cgroup.controllers").split()
    except OSError:
        controllers = []
    if not {"memory", "pids"} <= set(controllers):
        raise CannotShow("it needs control groups of version 2; tests/security/groups shows it in a virtual machine")


def in_groups(name):
    """The same for a machine that has them, and need not have Python."""
    need_groups()
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "groups")
    output(["sh", script, program_of_step(), name])


@limit("a COMMAND that mounts raises its own limit", until=8)
def raises():
    in_groups("raises")


@limit("a killed mydocker leaves its control group to the next run")
def leaves():
    in_groups("leaves")


@limit("without --rootfs COMMAND as root leaves its control group")
def moves():
    in_groups("moves")


@limit("what the groups above hand down stays handed down")
def handed_down():
    in_groups("hands-down")


# ---- /proc ----

@limit("umount /proc shows the host's processes", until=8)
def umount_proc():
    with Victim() as victim:
        seen = output(mydocker("sh", "-c", f"umount /proc && tr '\\0' '\\n' </proc/{victim.pid}/environ && "
                               f"ls /proc/{victim.pid}/root/"))
    must("SECRET=of the host" in seen.split("\n"), f"it read {seen}")


@limit("another mount of the host's /proc stays in sight")
def other_proc():
    os.mkdir("other-proc")
    subprocess.run(["mount", "--rbind", "/proc", "other-proc"], check=True)
    try:
        names = output(mydocker("ls", "other-proc")).split()
    finally:
        subprocess.run(["umount", "--lazy", "other-proc"], check=True)
    must(str(os.getpid()) in names, "the host's processes are not there")


WRITE = """
if argv[2] == "inside" and ctypes.CDLL(None).umount2(b"/proc", 0) == -1:
    sys.exit("umount")
try:
    os.kill(int(argv[0]), 0)
    print("can be signalled", end=" ")
except ProcessLookupError:
    print("no such process", end=" ")
try:
    memory = os.open(f"/proc/{argv[0]}/mem", os.O_WRONLY)
    os.pwrite(memory, b"changed\\0", int(argv[1]))
    print("written")
except OSError as error:
    print(error)
"""


@limit("behind umount /proc lies the memory of the host's processes", until=8)
def memory_of_others():
    with Victim() as victim:
        if output(python(WRITE, victim.pid, victim.address, "outside")) != "can be signalled written":
            raise CannotShow("this kernel does not let root write to the memory of another process")
    with Victim() as victim:
        said = output(mydocker(*python(WRITE, victim.pid, victim.address, "inside")))
        word = victim.word()
    # There it is, but has no number in COMMAND's PID namespace.
    must(said == "no such process written" and word == "changed", f"COMMAND says '{said}', the victim '{word}'")


JOIN = """
C = ctypes.CDLL(None, use_errno=True)
C.sethostname(b"inside", 6)
if C.umount2(b"/proc", 0) == -1:
    sys.exit("umount")
for name in ("pid", "net", "ipc", "uts", "mnt"):
    joined = C.setns(os.open(f"/proc/{argv[0]}/ns/{name}", os.O_RDONLY), 0) == 0
    print(name if joined else os.strerror(ctypes.get_errno()), end=", ")
print(os.uname().nodename, os.readlink("/proc/self/ns/mnt"), sep=", ")
"""


@limit("behind umount /proc lie the host's namespaces", until=8)
def join_namespaces():
    # Not that of the PIDs: from there is no way up (setns(2)), and it may not be this user's. An
    # ordinary user's host has the machine's network, which is not his.
    no_way, not_his = os.strerror(errno.EINVAL), os.strerror(errno.EPERM)
    wanted = ", ".join(["net" if is_root() else not_his, "ipc", "uts", "mnt", os.uname().nodename,
                        os.readlink("/proc/self/ns/mnt")])
    with Victim() as victim:
        pids, _, joined = output(mydocker(*python(JOIN, victim.pid))).partition(", ")
    must(pids in (no_way, not_his) and joined == wanted, f"instead of '{wanted}' it got '{joined}', '{pids}'")


@limit("root's sysctls are the host's", until=9)
def sysctls():
    need_root()
    same = "value=$(cat /proc/sys/kernel/printk) && echo \"$value\" >/proc/sys/kernel/printk"
    if subprocess.run(["sh", "-c", same], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        raise CannotShow("/proc/sys is not for this root to write to")
    hostname = os.uname().nodename
    inside = output(mydocker("sh", "-c", same + " && echo inside >/proc/sys/kernel/hostname && uname -n"))
    must(inside == "inside" and os.uname().nodename == hostname, f"inside {inside}, outside {os.uname().nodename}")


@limit("a directory that the caller hands over leads out")
def handed_over():
    proc = os.open("/proc", os.O_RDONLY)
    names = output(mydocker("-i", "ls", "/proc/self/fd/0/"), stdin=proc).split()
    os.close(proc)
    must(str(os.getpid()) in names, "the host's processes are not there")


# ---- what is shared: limits, sockets, the terminal, the process group ----

@limit("no limits but the caller's own", until=7)
def no_limits():
    code = """
gate = os.pipe()
for started in range(256):
    if os.fork() == 0:
        os.close(gate[1])
        os.read(gate[0], 1)
        os._exit(0)
print(started + 1, open("/proc/self/cgroup").read(), end="")
"""
    must(output(mydocker(*python(code))) == f"256 {text_of('/proc/self/cgroup')}".strip(), "its cgroup is another")


@limit("a socket with a path leads out, an abstract one does not")
def sockets():
    abstract = f"\0mydocker-{os.getpid()}"
    code = """
import socket
for name in (argv[0], "\\0" + argv[1]):
    try:
        socket.socket(socket.AF_UNIX).connect(name)
        print("connected", end=" ")
    except OSError as error:
        print(error.errno, end=" ")
"""
    with socket.socket(socket.AF_UNIX) as path, socket.socket(socket.AF_UNIX) as name:
        path.bind("socket")
        name.bind(abstract)
        path.listen()
        name.listen()
        found = output(mydocker(*python(code, "socket", abstract[1:])))
    must(found == f"connected {errno.ECONNREFUSED}", f"COMMAND found {found}")


TYPE = """
import fcntl, termios
try:
    terminal = os.open("/dev/tty", os.O_RDWR)
    for byte in b"echo typed by COMMAND >typed\\n":
        fcntl.ioctl(terminal, termios.TIOCSTI, bytes([byte]))
    refused = 0
except OSError as error:
    refused = error.errno
open("refused", "w").write(str(refused))
"""


def type_into_shell(*options):
    import pexpect  # what needs no terminal works without it

    for left in ("typed", "refused"):
        if os.path.exists(left):
            os.unlink(left)
    with open("type.py", "w", encoding="ascii") as file:
        file.write("import os\n" + TYPE)
    shell = pexpect.spawn("sh", env={**os.environ, "PS1": "$ ", "ENV": ""}, encoding="utf-8", timeout=LIMIT)
    try:
        shell.expect_exact("$ ")
        shell.sendline(" ".join(mydocker(*options, sys.executable, "-B", "-I", "type.py")))
        wait_for(lambda: os.path.exists("refused") and text_of("refused"), "COMMAND did not get to type")
        if text_of("refused") == str(errno.EIO):
            raise CannotShow("dev.tty.legacy_tiocsti is 0 here, and only root may still type")
        must(text_of("refused") == "0", f"TIOCSTI on /dev/tty failed: {os.strerror(int(text_of('refused')))}")
        wait_for(lambda: os.path.exists("typed"), "the caller's shell did not execute it")
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
    finally:
        shell.close(force=True)


@limit("with -t COMMAND can type into the caller's shell", until=10)
def tiocsti():
    type_into_shell("-it")


@limit("without -t, too, COMMAND can type into the caller's shell", until=10)
def tiocsti_without():
    type_into_shell()


STEAL = """
import os, signal
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
terminal = os.open("/dev/tty", os.O_RDWR)
os.setpgid(0, 0)
os.tcsetpgrp(terminal, os.getpgrp())
open("taken", "w").close()
open("read.new", "wb").write(os.read(terminal, 99))
os.rename("read.new", "read")
"""


@limit("without -t COMMAND can take the caller's terminal")
def steal():
    import pexpect  # what needs no terminal works without it

    with open("steal.py", "w", encoding="ascii") as file:
        file.write(STEAL)
    shell = pexpect.spawn("sh", env={**os.environ, "PS1": "$ ", "ENV": ""}, encoding="utf-8", timeout=LIMIT)
    try:
        shell.expect_exact("$ ")
        shell.sendline(" ".join(mydocker(sys.executable, "-B", "-I", "steal.py")) + " &")
        wait_for(lambda: os.path.exists("taken"), "COMMAND could not take the terminal")
        end = time.monotonic() + LIMIT
        while not os.path.exists("read"):  # the shell may have begun to read the first line
            must(time.monotonic() < end, "COMMAND did not get to read")
            shell.sendline("a secret")
            time.sleep(0.1)
        must("a secret" in text_of("read"), f"COMMAND has read '{text_of('read')}'")
    finally:
        shell.close(force=True)


@limit("a terminal's line discipline is COMMAND's", until=10)
def line_discipline():
    master, terminal = os.openpty()
    none = 27  # N_NULL
    change = f"import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSETD, ({none}).to_bytes(4, sys.byteorder))"
    try:
        output(mydocker("-i", *python(change)), stdin=terminal)
        number = fcntl.ioctl(terminal, termios.TIOCGETD, bytes(4))
        must(int.from_bytes(number, sys.byteorder) == none, "it is as before")
    finally:
        os.close(master)
        os.close(terminal)


@limit("a file behind a descriptor is COMMAND's")
def behind():
    need_root()
    output(["sh", "-c", '"$@" >behind', "sh",
            *mydocker("--rootfs", "/", "/bin/sh", "-c", "/bin/chmod 4755 /proc/self/fd/1")])
    must(os.stat("behind").st_mode & 0o7777 == 0o4755, "it has the mode that it had")


@limit("without -t COMMAND can kill the caller's process group")
def process_group():
    # kill(2) with 0 knows no PID namespace. A session of its own, for the attack to end there.
    def killed(*options):
        bystander = subprocess.Popen(["sh", "-c", '"$@"; sleep 5', "sh",
                                      *mydocker(*options, "sh", "-c", "kill -KILL 0")],
                                     start_new_session=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return bystander.wait(timeout=LIMIT) == -signal.SIGKILL
        finally:
            bystander.kill()
            bystander.wait()

    must(killed(), "the shell that called mydocker has survived")


LIVE_ON = """
import signal, time
ctypes.CDLL(None).prctl(1, 0)  # PR_SET_PDEATHSIG
os.kill(0, signal.SIGKILL)  # PID 1 itself is spared: it is of this PID namespace (pid_namespaces(7))
for _ in range(100):
    try:
        with open(argv[0], "r+b") as program:
            program.write(b"#!/bin/sh\\necho gotcha\\n")
            program.truncate()
        break
    except OSError:
        time.sleep(0.02)  # mydocker has not ended yet
os.rename(argv[0], argv[0] + "-written")
"""


@limit("without -t COMMAND can kill mydocker, live on and write to its file")
def live_on():
    os.mkdir("running")
    program = shutil.copy(program_of_step(), "running/mydocker")
    runtime = subprocess.Popen(mydocker(*python(LIVE_ON, program), program=program), start_new_session=True)
    must(runtime.wait(timeout=LIMIT) == -signal.SIGKILL, "mydocker was not killed")
    wait_for(lambda: os.path.exists(program + "-written"), "COMMAND has ended with mydocker")
    must(output([program + "-written"]) == "gotcha", "the program is as before")


# ---- the lifeline ----

def outlives(*command):
    """Does COMMAND, which becomes a sleep, live on after mydocker was killed?"""
    def child():
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                stat = text_of(f"/proc/{name}/stat")
            except OSError:
                continue  # it has just ended
            comm, _, fields = stat.partition(" (")[2].rpartition(") ")
            if comm == "sleep" and int(fields.split()[1]) == runtime.pid:
                return int(name)
        return 0

    runtime = subprocess.Popen(mydocker(*command, "sleep", "30"))
    try:
        wait_for(child, "COMMAND did not become a sleep")
        handle = os.pidfd_open(child())
    finally:
        runtime.kill()
        runtime.wait()
    end = select.poll()
    end.register(handle, select.POLLIN)
    try:
        if end.poll(500):
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        return True
    finally:
        os.close(handle)


@limit("COMMAND can let go of the lifeline")
def lifeline():
    must(not outlives(), "it does not even hold a COMMAND that keeps it")
    must(outlives("setpriv", "--pdeathsig", "clear"), "COMMAND has ended with mydocker")


@limit("COMMAND lets go of the lifeline when it changes its user")
def lifeline_of_another_user():
    need_root()
    must(outlives(*NOBODY), "COMMAND has ended with mydocker")


def main():
    global step
    if sys.argv[1:] == ["--list"]:
        for name, until, _ in limits:
            print(until or "-", name, sep="\t")
        return
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    start, shown, failed, not_shown = time.monotonic(), 0, 0, 0
    for name, until, attack in limits:
        if word not in name:
            continue
        step = until or LAST
        name = f"{name} (until step {until})" if until else name
        try:
            attack()
            shown += 1
            print(f"[    SHOWN ] {name}", flush=True)
        except CannotShow as reason:
            not_shown += 1
            print(f"[  CANNOT  ] {name}: cannot be shown here: {reason}", flush=True)
        except (Wrong, OSError, subprocess.SubprocessError, ValueError) as problem:
            failed += 1
            print(f"[  FAILED  ] {name}: not as docs/security.md says: {problem}", flush=True)
    print(f"{shown} shown, {failed} failed, {not_shown} cannot be shown here, in {time.monotonic() - start:.1f} s")
    sys.exit(failed > 0 or shown == 0)


if __name__ == "__main__":
    main()
