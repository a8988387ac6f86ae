"""Ways out of a container, or up, that are public: each tried in several runtimes, and what came of it.

Usage: attacks.py PROGRAMS STEP4 LAST                in the suite's scratch world
       attacks.py PROGRAMS STEP4 LAST NAME...        these attacks, and in STEP4 and LAST alone
       attacks.py --list                             their names, and where they are known from

PROGRAMS is where attack and loader are, LAST the last step's program, STEP4 that of part one. bubblewrap
and crun are tried where they are installed. A line for each attack and runtime, with tabs between its
words: the attack, the runtime, what came of it ("works", "held", "cannot"), and why. First each is tried
outside of all: what does not work there, as this user and on this machine, cannot be tried here.

No attack does harm where it works (attack.c says how). Whatever is attacked the driver has made itself:
files, sockets, keys, processes, terminals. The kernel's own files and calls are asked for what changes
nothing.
"""
import ctypes
import fcntl
import json
import os
import pty
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from victim import Victim  # noqa: E402: found by the line above

LIMIT = 20  # seconds, for anything that is waited for
# A user that this machine does not have, and who is no other run's.
SOMEBODY = random.randrange(10**6, 2**31)
C = ctypes.CDLL(None, use_errno=True)

attacks = []


class Attack:
    def __init__(self, name, known_from, words, how=None):
        self.name, self.known_from, self.words, self.how = name, known_from, words, how
        attacks.append(self)


# ---- the runtimes ----

def find(name):
    """The scratch world's PATH has the tests' tools alone."""
    return shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")


class Outside:
    """No runtime at all; a mount namespace of its own, which ends with the attack."""
    name = "outside"

    def command(self, *words, tty=False):
        return ["unshare", "--mount", program, *words]


class Step4:
    name = "step 4"

    def command(self, *words, tty=False):
        return [step4, "--log-level", "warn", "run", "-it" if tty else "-i", program, *words]


class Last:
    name = "step 11"

    def command(self, *words, tty=False, root=None, command="/bin/attack"):
        return [last, "--log-level", "warn", "run", "-it" if tty else "-i", "--rootfs", root or "root", command,
                *words]


class Bubblewrap:
    """With the options that its manual page begins with, for a root of one's own."""
    name = "bubblewrap"

    def command(self, *words, tty=False, root=None, command="/bin/attack"):
        return [find("bwrap"), "--bind", root or "root", "/", "--proc", "/proc", "--dev", "/dev", "--unshare-all",
                command, *words]


def mount_of(at, kind, *options, source=None):
    return {"destination": at, "type": kind, "source": source or kind, "options": list(options)}


# What Docker forbids a container without further capabilities, after its documentation ("Significant
# syscalls blocked by the default profile") and, for what is newer, its profile's history: a list of what
# is forbidden here, where Docker's own says what is allowed.
FORBIDDEN = """
    acct add_key bpf clock_adjtime clock_settime create_module delete_module finit_module fsconfig fsmount fsopen fspick
    get_kernel_syms get_mempolicy init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp
    kexec_file_load kexec_load keyctl lookup_dcookie mbind mount mount_setattr move_mount move_pages nfsservctl
    open_by_handle_at open_tree perf_event_open pivot_root query_module quotactl reboot request_key set_mempolicy setns
    settimeofday stime swapoff swapon sysfs syslog umount umount2 unshare uselib userfaultfd ustat vm86 vm86old
""".split()
NAMESPACES = 0x7E020000
ALG, VSOCK = 38, 40
CAPABILITIES = [f"CAP_{name}" for name in """
    AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID
    SYS_CHROOT""".split()]


def rule(names, error=1, *arguments):
    return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": error, "args": [
        {"index": index, "value": value, "op": op, **more} for index, value, op, more in arguments]}


def seccomp():
    # 38: ENOSYS.
    return {"defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
            if os.uname().machine == "x86_64" else ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
            "syscalls": [rule(FORBIDDEN), rule(["clone3"], 38),
                         *[rule(["clone"], 1, (0, 1 << bit, "SCMP_CMP_MASKED_EQ", {"valueTwo": 1 << bit}))
                           for bit in range(32) if NAMESPACES >> bit & 1],
                         *[rule(["socket"], 1, (0, family, "SCMP_CMP_EQ", {})) for family in (ALG, VSOCK)]]}


class Crun:
    """With Docker's configuration of a container that nothing was said about."""
    name = "crun"

    def command(self, *words, tty=False, root=None, command="/bin/attack"):
        usual = ("nosuid", "noexec", "nodev")
        config = {
            "ociVersion": "1.0.2",
            "root": {"path": os.path.abspath(root or "root")},
            "process": {"terminal": tty, "cwd": "/", "user": {"uid": 0, "gid": 0}, "args": [command, *words],
                        "capabilities": {of: CAPABILITIES for of in ("bounding", "effective", "permitted")}},
            "mounts": [mount_of("/proc", "proc", *usual),
                       mount_of("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                       mount_of("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
                       mount_of("/sys", "sysfs", *usual, "ro"),
                       mount_of("/sys/fs/cgroup", "cgroup", *usual, "ro"),
                       mount_of("/dev/mqueue", "mqueue", *usual),
                       mount_of("/dev/shm", "tmpfs", *usual, "mode=1777", "size=67108864")],
            "linux": {
                "namespaces": [{"type": kind} for kind in ("mount", "network", "uts", "pid", "ipc", "cgroup")],
                "resources": {"devices": [{"allow": False, "access": "rwm"}]},
                "seccomp": seccomp(),
                "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                                "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
                                "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"],
                "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]}}
        os.makedirs("bundle", exist_ok=True)
        with open("bundle/config.json", "w", encoding="ascii") as file:
            json.dump(config, file)
        # It wants no cgroup2 below a tree of version 1.
        return ["unshare", "--mount", "sh", "-c", 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "sh",
                find("crun"), "--root", os.path.abspath("state"), "--cgroup-manager=cgroupfs", "run", "-b", "bundle",
                f"mydocker-attack-{os.getpid()}"]


# ---- running one ----

def environment():
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def run(command, prefix=(), **how):
    """What it said. In a session of its own: what it kills there is itself."""
    started = subprocess.Popen([*prefix, *command], stdin=how.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True, env=environment(), **how)
    try:
        return started.communicate(timeout=LIMIT)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        return "held: it did not come to its end"
    finally:
        try:
            os.killpg(started.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        started.communicate()


def outcome(said):
    """What the attack itself said; or that it did not get to say anything."""
    found = re.search(r"^(works|held): (.*?)\r?$", said, re.M)
    if found:
        return found.group(1), found.group(2)
    return "held", " ".join(said.split())[-160:] or "nothing was said"


def simple(runtime, attack, **how):
    return outcome(run(runtime.command(*map(str, attack.words)), **how))


# ---- what belongs to the host ----

def of_a_victim(runtime, attack):
    with Victim() as victim:
        words = [{"PID": victim.pid, "ADDRESS": victim.address}.get(word, word) for word in attack.words]
        return outcome(run(runtime.command(*map(str, words))))


def disk():
    """The disk that / lies on; where that cannot be opened at all, another block device."""
    numbers = [f"{os.major(os.stat('/').st_dev)}:{os.minor(os.stat('/').st_dev)}"]
    for block in sorted(os.listdir("/sys/block")) if os.path.isdir("/sys/block") else []:
        with open(f"/sys/block/{block}/dev", encoding="ascii") as file:
            numbers.append(file.read().strip())
    return ["device", *[word for number in numbers for word in ("b", *number.split(":"))]]


def handle_of(file):
    class Handle(ctypes.Structure):
        _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("handle", ctypes.c_ubyte * 128)]

    handle, mount = Handle(bytes=128), ctypes.c_int()
    C.name_to_handle_at(-100, file.encode(), ctypes.byref(handle), ctypes.byref(mount), 0)
    return str(handle.type), bytes(handle.handle[:handle.bytes]).hex()


def shocker(runtime, attack):
    return outcome(run(runtime.command("handle", *handle_of("secret"))))


def descriptors(runtime, attack):
    """What the caller forgot to close, and its working directory: both the host's."""
    # The runtime is looked up from there, too.
    command = [os.path.abspath(word) if os.path.exists(word) else word for word in runtime.command(*attack.words)]
    kept = [os.open(".", os.O_RDONLY | os.O_DIRECTORY), os.open("/", os.O_RDONLY | os.O_DIRECTORY)]
    try:
        return outcome(run(command, pass_fds=kept))
    finally:
        for fd in kept:
            os.close(fd)


# ---- the terminal ----

def typed(runtime, attack):
    """Is the character there for who reads the terminal next? With a terminal of COMMAND's own it is not."""
    outer, inner = pty.openpty()
    settings = termios.tcgetattr(inner)
    settings[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(inner, termios.TCSANOW, settings)

    def take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    try:
        started = subprocess.Popen(runtime.command(*attack.words, tty=True), stdin=inner, stdout=inner, stderr=inner,
                                   start_new_session=True, preexec_fn=take_terminal, env=environment())
        said, end = b"", time.monotonic() + LIMIT
        os.set_blocking(outer, False)
        while started.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
            try:
                said += os.read(outer, 4096)
            except BlockingIOError:
                pass
        started.kill()
        started.wait()
        try:
            said += os.read(outer, 4096)
        except (BlockingIOError, OSError):
            pass
        pending = ctypes.c_int()
        settings[3] &= ~termios.ICANON
        termios.tcsetattr(inner, termios.TCSANOW, settings)
        C.ioctl(inner, termios.FIONREAD, ctypes.byref(pending))
        what, why = outcome(said.decode(errors="replace"))
        if pending.value > 0:
            return "works", "it was typed into the caller's terminal"
        return "held", why if what == "held" else "it was typed into a terminal of COMMAND's own"
    finally:
        os.close(outer)
        os.close(inner)


# ---- keys, sockets, the network ----

KEYCTL, ADD_KEY = {"x86_64": (250, 248), "aarch64": (219, 217)}.get(os.uname().machine, (-1, -1))


def with_a_key():
    C.syscall(KEYCTL, 1, 0)  # a new session keyring, which ends with the session
    C.syscall(ADD_KEY, b"user", b"mydocker-attack", b"of the host", 11, ctypes.c_int(-3))


def keys(runtime, attack):
    return simple(runtime, attack, preexec_fn=with_a_key)


def abstract(runtime, attack):
    name = f"mydocker-attack-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        return outcome(run(runtime.command("abstract", name)))


def path_socket(runtime, attack):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("root/tmp/socket")
        listener.listen()
        inside = isinstance(runtime, (Outside, Step4))
        try:
            return outcome(run(runtime.command("socket", os.path.abspath("root/tmp/socket") if inside
                                               else "/tmp/socket")))
        finally:
            os.unlink("root/tmp/socket")


def listen(runtime, attack):
    """The host talks to itself meanwhile."""
    done = threading.Event()

    def talk():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talking:
            while not done.wait(0.01):
                try:
                    talking.sendto(b"mydocker-attack of the host", ("127.0.0.1", 9))
                except OSError:
                    pass

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        return outcome(run(runtime.command("listen", "mydocker-attack of the host")))
    finally:
        done.set()
        thread.join()


# ---- rights ----

def set_user_id(runtime, attack):
    inside = isinstance(runtime, (Outside, Step4))
    return outcome(run(runtime.command("set-user-id", os.path.abspath("root/bin/with-suid") if inside
                                       else "/bin/with-suid")))


def inheritable(runtime, attack):
    return simple(runtime, attack, prefix=["setpriv", "--inh-caps=+sys_admin"])


# ---- the runtime itself ----

def own_program(runtime, attack):
    """Without a root of its own its name is enough; with one the image's dynamic linker is the stranger's."""
    if isinstance(runtime, (Outside, Step4)):
        copy = shutil.copy(step4, "victim")
        command = [os.path.abspath(copy), *runtime.command("replace", os.path.abspath(copy))[1:]]
        return outcome(run(command if isinstance(runtime, Step4) else [program, "replace", os.path.abspath(copy)]))
    command = runtime.command("--version", root="linked", command="/bin/link")
    place = next(i for i, word in enumerate(command) if word in (last, find("bwrap"), find("crun")))
    command[place] = os.path.abspath(shutil.copy(command[place], "victim"))
    return outcome(run(command))


def links(runtime, attack):
    """An image whose proc, dev and sys are links to a directory of the host's."""
    if isinstance(runtime, (Outside, Step4)):
        return "cannot", "it takes no image"
    words = ("rewrite", "/proc/sys/kernel/core_pattern")
    is_protected = outcome(run(runtime.command(*words)))[0] == "held"
    why = []
    for name in ("proc", "dev", "sys"):
        for target in (os.path.abspath("outside"), "../" * 20 + os.path.abspath("outside").lstrip("/")):
            make_root("with-links")
            os.rmdir(f"with-links/{name}")
            os.symlink(target, f"with-links/{name}")
            what, reason = outcome(run(runtime.command(*words, root="with-links")))
            if os.listdir("outside"):
                return "works", f"{name}: on the host there is {os.listdir('outside')}"
            if what == "works" and is_protected:
                return what, f"{name}: {reason}"
            why.append(reason)
    return "held", why[0]


def linked(runtime, attack):
    """COMMAND is a link in the image to a program of the host's, by a descriptor that execve(2) would close later."""
    if isinstance(runtime, (Outside, Step4)):
        return "cannot", "it takes no image"
    if os.stat(program).st_dev != os.stat("/").st_dev:
        return "cannot", "the attack's program lies on another file system than /"
    make_root("with-links")
    why = []
    for number in range(3, 12):
        os.symlink(f"/proc/self/fd/{number}{os.path.abspath(program)}", f"with-links/bin/by-{number}")
        said = run(runtime.command("descriptors", root="with-links", command=f"/bin/by-{number}"))
        if re.search("^(works|held): ", said, re.M):
            return "works", f"the host's program runs, by descriptor {number}"
        why.append(outcome(said)[1])
    return "held", why[0]


# ---- what is shared ----

def process_group(runtime, attack):
    """A shell that runs COMMAND, and goes on to something else."""
    command = runtime.command(*attack.words)
    if isinstance(runtime, Outside):
        command = [program, *attack.words]
    shell = subprocess.Popen(["sh", "-c", '"$@"; exit 3', "sh", *command], start_new_session=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=environment())
    try:
        status = shell.wait(timeout=LIMIT)
    finally:
        shell.kill()
        shell.wait()
    return ("works", "the caller's shell has ended") if status == -signal.SIGTERM else ("held", "the shell goes on")


def inotify(runtime, attack):
    """As a user whom nobody else is: may the same user have an instance outside, when COMMAND has taken all?"""
    code = f"import ctypes, os; os.setuid({SOMEBODY}); print(ctypes.CDLL(None).inotify_init1(0))"
    # bubblewrap has one user inside: there it is this one who starts it.
    prefix = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"] if isinstance(
        runtime, Bubblewrap) else []
    started = subprocess.Popen([*prefix, *runtime.command(*map(str, attack.words))], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                               env=environment())
    try:
        said = started.stdout.readline().decode(errors="replace")
        if not said.startswith("taken: ") or said == "taken: 1000\n":
            return "held", said.strip()
        asked = subprocess.run([sys.executable, "-B", "-I", "-c", code], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=False)
        if asked.returncode != 0:
            return "cannot", "there is no other user here"
        answer = asked.stdout
        return ("works" if answer.strip() == b"-1" else "held"), said.strip()
    finally:
        started.communicate(timeout=LIMIT)


# ---- the attacks ----

Attack("the host's disk", "mknod(2), as far back as chroot(2)", [], None)  # its words: set_up()
Attack("the machine's memory and ports", "`/dev/mem`, `/dev/kmem`, `/dev/port` by mknod",
       ["device", "c", 1, 1, "c", 1, 2, "c", 1, 4])
Attack("its ports, by ioperm", "ioperm(2)", ["ports"])
Attack("its log", "addresses in `dmesg`", ["kernel-log"])
Attack("its memory as a file", "`/proc/kcore`, `/proc/kmsg`", ["read", "/proc/kcore", "/proc/kmsg"])
Attack("sysrq", "`/proc/sysrq-trigger`, as in CVE-2025-52881", ["open", "/proc/sysrq-trigger"])
Attack("dynamic_debug", "what the kernel writes to its log; Docker's AppArmor profile forbids it",
       ["open", "/proc/dynamic_debug/control"])
Attack("core_pattern", "a program of the host's for each crash, as in CVE-2025-31133",
       ["rewrite", "/proc/sys/kernel/core_pattern"])
Attack("modprobe", "a program for each unknown file format: `/proc/sys/kernel/modprobe`",
       ["rewrite", "/proc/sys/kernel/modprobe"])
Attack("other sysctls", "those that no namespace has of its own",
       ["rewrite", "/proc/sys/kernel/printk", "/proc/sys/vm/swappiness"])
Attack("uevent_helper", "a program for each device", ["rewrite", "/sys/kernel/uevent_helper"])
Attack("binfmt_misc", "an interpreter for the host's programs", ["binfmt"])
Attack("release_agent", "CVE-2022-0492", ["release-agent"])
Attack("the host's control groups", "CVE-2023-25809", ["cgroup"])
Attack("mount", "mount(2): the disk again, or /proc once more", ["mount"])
Attack("fsopen", "CVE-2022-0185", ["fsopen"])
Attack("a user namespace", "the way to CVE-2022-0185, CVE-2023-32233 and CVE-2026-43284", ["user-namespace"])
Attack("an overlay in one", "CVE-2023-0386, CVE-2023-2640", ["overlay"])
Attack("setns", "nsenter(1)", ["setns", "PID", "SECRET"], of_a_victim)
Attack("another's memory", "ptrace(2), `/proc/PID/mem`", ["memory", "PID", "ADDRESS"], of_a_victim)
Attack("open_by_handle_at", "shocker, 2014", [], shocker)
Attack("out of a chroot", "chroot(2), chw00t", ["chroot", "SECRET"])
Attack("a descriptor left open", "CVE-2024-21626", ["descriptors"], descriptors)
Attack("a link to a descriptor", "CVE-2024-21626: it is open when execve(2) looks COMMAND up", [], linked)
Attack("links in the image", "CVE-2019-19921, CVE-2026-41579, CVE-2026-47766", [], links)
Attack("the runtime's own program", "CVE-2019-5736", [], own_program)
Attack("a kernel module", "init_module(2)", ["module"])
Attack("bpf", "CVE-2020-8835", ["bpf"])
Attack("perf_event_open", "CVE-2013-2094", ["perf"])
Attack("userfaultfd", "a part of many kernel exploits", ["userfaultfd"])
Attack("io_uring", "CVE-2022-29582", ["io-uring"])
Attack("keys", "CVE-2016-0728; the caller's session keyring", ["key"], keys)
Attack("AF_ALG", "CVE-2026-31431", ["family", "alg"])
Attack("AF_RXRPC", "CVE-2026-43500", ["family", "rxrpc"])
Attack("AF_VSOCK", "moby 44562: the host of a virtual machine", ["family", "vsock"])
Attack("calls by other numbers", "seccomp(2): i386 and x32", ["i386"])
Attack("TIOCSTI", "CVE-2017-5226, CVE-2019-10063", ["type"], typed)
Attack("TIOCLINUX", "CVE-2023-28100", ["console"])
Attack("abstract sockets", "CVE-2020-15257", ["abstract"], abstract)
Attack("a socket in DIR", "such as Docker's own, mounted into a container", ["socket"], path_socket)
Attack("the host's network", "CAP_NET_RAW, as in CVE-2020-13401", ["listen"], listen)
Attack("set-user-ID", "a program of root's in the image", ["set-user-id"], set_user_id)
Attack("inheritable capabilities", "CVE-2022-24769, CVE-2022-29162", ["inheritable"], inheritable)
Attack("the clock", "adjtimex(2)", ["clock"])
Attack("first in the processor's queue", "sched(7)", ["realtime"])
Attack("last to be killed for memory", "`/proc/self/oom_score_adj`", ["spare"])
Attack("the caller's process group", "kill(2) with 0, without -t", ["group"], process_group)
Attack("all of a user's inotify instances", "inotify(7): one amount for a user, inside and outside",
       ["inotify", SOMEBODY], inotify)


# ---- the whole ----

def make_root(name):
    shutil.rmtree(name, ignore_errors=True)
    for directory in ("bin", "dev", "proc", "sys", "tmp", "run", "lib", "lib64"):
        os.makedirs(f"{name}/{directory}")
    shutil.copy(program, f"{name}/bin/attack")


def set_up():
    os.mkdir("attacks")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", "attacks"], check=True)
    os.chdir("attacks")
    with open("secret", "w", encoding="ascii") as file:
        file.write("of the host")
    os.mkdir("outside")
    make_root("root")
    shutil.copy(program, "root/bin/with-suid")
    os.chmod("root/bin/with-suid", 0o4755)
    make_root("linked")
    os.symlink("/proc/self/exe", "linked/bin/link")
    # Where programs of x86-64 and of other machines look for their dynamic linker.
    for linker in ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1", "lib/ld-musl-x86_64.so.1"):
        shutil.copy(loader, f"linked/{linker}")
    attacks[0].words = disk()
    for attack in attacks:
        attack.words = [os.path.abspath("secret") if word == "SECRET" else word for word in attack.words]


def tear_down():
    os.chdir("..")
    subprocess.run(["umount", "--lazy", "attacks"], check=True)
    os.rmdir("attacks")


def tried(runtime, attack):
    try:
        return (attack.how or simple)(runtime, attack)
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        return "cannot", f"the driver: {problem}"


def main(names):
    runtimes = [Step4(), Last()]
    if not names:
        runtimes += [runtime for runtime, name in ((Bubblewrap(), "bwrap"), (Crun(), "crun")) if find(name)]
    set_up()
    try:
        # What runs nothing holds everything, and would be no test.
        for runtime in list(runtimes):
            said = run(runtime.command("nothing"))
            if outcome(said)[0] != "works":
                print("-", runtime.name, "broken", " ".join(said.split())[-300:], sep="\t", flush=True)
                runtimes.remove(runtime)
        for attack in attacks:
            if names and attack.name not in names:
                continue
            what, why = tried(Outside(), attack)
            is_possible = what == "works" or attack.how in (links, linked)
            print(attack.name, "outside", what, why, sep="\t", flush=True)
            for runtime in runtimes:
                what, why = tried(runtime, attack)
                # What holds by itself is still told of: it may work where the host's own attempt does not.
                what = what if is_possible or what == "works" else "cannot"
                print(attack.name, runtime.name, what, why, sep="\t", flush=True)
    finally:
        tear_down()


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        for listed in attacks:
            print(listed.name, listed.known_from, sep="\t")
    else:
        programs, step4, last = (os.path.abspath(file) for file in sys.argv[1:4])
        program, loader = f"{programs}/attack", f"{programs}/loader"
        main(sys.argv[4:])
