"""Is each refusal that a learner may meet named rightly? Each is simulated.

Usage: test_doctor.py NAMESPACES [unittest's options]
"""
import ctypes
import errno
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

NAMESPACES = str(Path(sys.argv.pop(1)).resolve())
DOCTOR = str(Path(__file__).with_name("doctor"))
ROOT_DIRECTORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT_DIRECTORY / "tests"))
import steps  # noqa: E402: found by the line above

STEPS = [path.name[:6] for path in steps.directories()]
ROOT = os.geteuid() == 0
# Root of a user namespace: what an ordinary user can be, and root too.
IN_USER_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
IN_MOUNT_NAMESPACE = ["unshare", "--mount", "sh", "-c"] if ROOT else IN_USER_NAMESPACE
WITHOUT_CAPABILITY = "setpriv --bounding-set -sys_admin"


def shell(wrapper, commands, **how):
    """What the doctor says at the end of COMMANDS, $0 being the program: (exit status, lines)."""
    done = subprocess.run(wrapper + [commands, NAMESPACES], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=30, check=False, **how)
    return done.returncode, done.stdout.decode().splitlines()


def rows(lines, direct=True):
    """{name: state and reason} of the namespaces, as one is or in a user namespace."""
    part, result = None, {}
    for line in lines:
        if line.startswith(("What the steps ask", "The same", "The steps")):
            part = "user namespace" not in line and not line.startswith("The steps")
        elif line.startswith("  ") and part is direct:
            result[line[2:17].strip()] = line[18:].strip()
    return result


def deny(call, error):
    """A seccomp filter, as Docker's: CALL is answered with ERROR; clone only with any CLONE_NEW flag."""
    numbers = {"clone": {"x86_64": 56, "aarch64": 220}, "close_range": {"x86_64": 436, "aarch64": 436}}
    number = numbers[call][os.uname().machine]
    new = 0x7E020000  # all CLONE_NEW* flags, the user namespace's among them

    class Instruction(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]

    code = (Instruction * 6)(
        (0x20, 0, 0, 0),         # load the number
        (0x15, 0, 3, number),    # is it the call's?
        (0x20, 0, 0, 16),        # load its first argument
        (0x45, 0, 1 if call == "clone" else 0, new),  # any of the flags?
        (0x06, 0, 0, 0x50000 + error),
        (0x06, 0, 0, 0x7FFF0000))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(Program(6, code))):
        raise OSError(ctypes.get_errno(), "prctl")


def behind_filter(call, error, program):
    """A command that runs PROGRAM behind that filter."""
    script = Path(__file__).read_text(encoding="utf-8")
    body = script[script.index("def deny("):script.index("def behind_filter")]
    return [sys.executable, "-c", f"import ctypes, os, sys\n{body}\ndeny('{call}', {error})\n"
            "os.execvp(sys.argv[1], sys.argv[1:])"] + program


KNOWN_MACHINE = unittest.skipUnless(os.uname().machine in ("x86_64", "aarch64"), "the calls' numbers are not known")
# What the container of a program without MS_PRIVATE leaves on a host whose / is shared.
LEAVE_DEAD_PROC = "unshare --pid --fork mount -t proc proc /proc; "


class Refusals(unittest.TestCase):
    def test_nothing_is_refused(self):
        status, lines = shell(IN_USER_NAMESPACE, '"$0"')
        self.assertEqual(status, 0, lines)
        self.assertEqual(set(rows(lines).values()) | set(rows(lines, False).values()), {"ok"})

    @unittest.skipUnless(ROOT, "an ordinary user has no capability to lose")
    def test_a_missing_capability(self):
        status, lines = shell(["sh", "-c"], WITHOUT_CAPABILITY + ' "$0"')
        self.assertEqual(status, 2, lines)
        self.assertIn("CAP_SYS_ADMIN is missing: run it as root, or unshare --user --map-root-user", rows(lines)["uts"])
        self.assertEqual(rows(lines)["all five"], "no       for the same reason")
        self.assertEqual(set(rows(lines, False).values()), {"ok"})

    @unittest.skipIf(ROOT, "root has it")
    def test_an_ordinary_user(self):
        status, lines = shell(["sh", "-c"], '"$0"')
        self.assertEqual(status, 2, lines)
        self.assertIn("CAP_SYS_ADMIN is missing", rows(lines)["uts"])

    def test_a_limit(self):
        for kind in ["uts", "pid", "mnt", "net", "ipc"]:
            status, lines = shell(IN_USER_NAMESPACE, f'echo 0 > /proc/sys/user/max_{kind}_namespaces; "$0"')
            self.assertEqual(status, 1, lines)
            for name, row in rows(lines).items():
                concerned = name in (kind, "all five", "init", "a new /proc")
                self.assertEqual(row != "ok", concerned, (kind, name, row))
            self.assertIn(f"sudo sysctl user.max_{kind}_namespaces", rows(lines)[kind])

    def test_no_user_namespaces(self):
        status, lines = shell(IN_USER_NAMESPACE, 'echo 0 > /proc/sys/user/max_user_namespaces; "$0"')
        self.assertEqual(status, 0, lines)
        self.assertIn("sudo sysctl user.max_user_namespaces", rows(lines, False)["/dev/null"])

    def test_apparmor(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "apparmor_restrict_unprivileged_userns").write_text("1\n", encoding="ascii")
            status, lines = shell(IN_MOUNT_NAMESPACE, f'mount --bind "{directory}" /proc/sys/kernel && '
                                  + WITHOUT_CAPABILITY + ' "$0"')
        self.assertIn("AppArmor restricts unprivileged user namespaces", rows(lines)["uts"])
        self.assertIn("sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0", rows(lines)["uts"])

    @KNOWN_MACHINE
    def test_a_seccomp_filter(self):
        # Set inside the user namespace, which the filter would forbid to make.
        for call, error, row in [("clone", errno.EPERM, "uts"), ("close_range", errno.EPERM, "close_range"),
                                 ("close_range", errno.ENOSYS, "close_range")]:
            done = subprocess.run(IN_USER_NAMESPACE[:-2] + behind_filter(call, error, [NAMESPACES]), check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
            lines = done.stdout.decode().splitlines()
            self.assertEqual(done.returncode, 1, lines)
            self.assertIn("a seccomp filter forbids it, as inside Docker", rows(lines)[row])
            if error == errno.ENOSYS:
                self.assertIn("Linux 5.9", rows(lines)[row])

    def test_a_dead_proc(self):
        status, lines = shell(IN_MOUNT_NAMESPACE, LEAVE_DEAD_PROC + '"$0"')
        self.assertEqual(status, 1, lines)
        self.assertEqual(rows(lines)["all five"], "ok")
        self.assertIn("umount /proc", rows(lines)["init"])

    def test_capabilities_of_a_file(self):
        capability = struct.pack("<5I", 0x02000001, 1 << 21, 0, 0, 0)  # cap_sys_admin+ep, as setcap writes it
        setcap = f"import os; os.setxattr('/mnt/doctor', 'security.capability', {capability})"
        status, lines = shell(
            IN_MOUNT_NAMESPACE, f'mount -t tmpfs none /mnt && cp "$0" /mnt/doctor && {sys.executable} -c "{setcap}" && '
            "setpriv --securebits +noroot,+noroot_locked /mnt/doctor")
        self.assertNotEqual(status, 0, lines)
        self.assertEqual(rows(lines)["all five"], "ok", lines)
        self.assertIn("in a new mount namespace what a file gives (setcap)", rows(lines)["a new /proc"])

    def test_unshare_without_fork(self):
        status, lines = shell(IN_MOUNT_NAMESPACE[:-2] + ["--pid"] + IN_MOUNT_NAMESPACE[-2:], 'exec "$0"')
        self.assertNotEqual(status, 0, lines)
        self.assertIn("unshare --pid wants --fork", "\n".join(lines))

    @unittest.skipUnless(shutil.which(f"qemu-{os.uname().machine}"), "qemu-user is not installed")
    def test_an_emulator(self):
        status, lines = shell(["sh", "-c"], f'qemu-{os.uname().machine} "$0"')
        self.assertEqual(status, 1, lines)
        self.assertIn("its emulator (QEMU) has no namespaces", rows(lines)["uts"])

    def test_a_masked_proc(self):
        # Another proc that nothing covers is as good to the kernel: without it, then.
        others = "awk '/ - proc / && $4 == \"/\" && $5 != \"/proc\" {print $5}' /proc/self/mountinfo"
        status, lines = shell(IN_MOUNT_NAMESPACE, f'{others} | xargs -r umount -l; mount -t tmpfs none /proc/sys && '
                              'exec unshare --user --map-root-user "$0"')
        self.assertEqual(status, 1, lines)
        self.assertEqual(rows(lines)["all five"], "ok")
        self.assertIn("/proc/sys lies over a part of /proc, as in a nested container", rows(lines)["a new /proc"])

    def test_a_shared_and_a_private_root(self):
        for kind, word in [("shared", "shared, as systemd has it"), ("private", "private")]:
            _, lines = shell(IN_MOUNT_NAMESPACE, f'mount --make-r{kind} / && "$0"')
            self.assertIn(word, lines[0])


class Table(unittest.TestCase):
    """The rest of it: what is missing, what works, and what to do."""

    def doctor(self, compiler="gcc", path=None, wrapper=()):
        done = subprocess.run([*wrapper, "/bin/sh", DOCTOR, compiler, NAMESPACES, *STEPS], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, check=False, cwd=ROOT_DIRECTORY,
                              env=dict(os.environ, PATH=path or os.environ["PATH"]))
        return done.returncode, done.stdout.decode()

    def test_a_machine_that_is_fit(self):
        status, text = self.doctor()
        self.assertEqual(status, 0, text)
        self.assertIn("You can follow", text)

    # Where a step fails, it is never said that the course works.
    def check_steps(self, text, working):
        for step in STEPS:
            self.assertEqual(f"  {step:15} ok" in text, step in working, (step, text))
        self.assertNotIn("You can follow", text)
        self.assertIn(f"What works as you are: {' '.join(working) or 'no step'}.", text)

    def test_steps_that_fail_on_a_dead_proc(self):
        status, text = self.doctor(wrapper=IN_MOUNT_NAMESPACE + [LEAVE_DEAD_PROC + 'exec "$0" "$@"'])
        self.assertEqual(status, 1, text)
        self.check_steps(text, STEPS[:2])

    @KNOWN_MACHINE
    def test_steps_that_fail_behind_a_filter(self):
        for error in errno.EPERM, errno.ENOSYS:
            status, text = self.doctor(wrapper=IN_USER_NAMESPACE[:-2] + behind_filter("close_range", error, []))
            self.assertEqual(status, 1, text)
            self.check_steps(text, [])

    def test_no_compiler(self):
        status, text = self.doctor("no-such-compiler")
        self.assertEqual(status, 1, text)
        self.assertIn("no-such-compiler is not installed: make deps", text)
        self.assertIn("First mend", text)

    def test_a_tool_that_is_missing(self):
        with tempfile.TemporaryDirectory() as directory:
            for tool in ["sh", "uname", "sort", "head", "gcc", "as", "ld", "git", "ps", "unshare", "make", "id",
                         "sed", "timeout", "true", "mkdir", "cmp", "find"]:
                os.symlink(shutil.which(tool), Path(directory, tool))
            status, text = self.doctor(path=directory)
        self.assertIn("strace", text)
        self.assertIn("not installed: make deps; without it: the views of what the kernel was asked", text)
        self.assertEqual(status, 0, text)


if __name__ == "__main__":
    unittest.main()
