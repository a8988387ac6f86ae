"""Does the story tell what the steps do, and each step its own?

Usage: test_trace.py [unittest's options]
"""
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from trace import ROOT, Trace, steps

COMMON = ["hold back all signals", "and hear of them one by one", "make the lifeline"]
CHILD = ["die when the parent dies", "keep the lifeline", "and no other descriptor", "is the parent still alive?",
         "let them through again"]
END = ["how has COMMAND ended?", "end"]


def story(step):
    trace = Trace(step, ["/bin/true"])
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        status = trace.run()
        trace.print()
    return status, trace.rows, screen.getvalue()


class Stories(unittest.TestCase):
    def check(self, step, make, child, init, inside):
        status, rows, text = story(step)
        self.assertEqual(status, 0, text)
        told = {role: [row[4] for row in rows if row[0] == role and row[4] != "log"] for role in
                ("mydocker", "the child", "init", "COMMAND")}
        # Where COMMAND is faster than mydocker, there is nothing to wait for.
        waits = told["mydocker"].count("wait for a signal")
        self.assertIn(waits, range(3), text)
        self.assertEqual([what for what in told["mydocker"] if what != "wait for a signal"],
                         ["you have typed it"] + COMMON + [make] + END, text)
        self.assertEqual(told["the child"], CHILD + child, text)
        self.assertEqual(told["init"], init, text)
        self.assertEqual(told["COMMAND"], ["end"], text)
        for role, _, pid, _, _, _ in rows:
            if role != "mydocker":
                self.assertTrue(pid == "1" if inside else int(pid) > 1, text)
        for row in rows:
            self.assertRegex(row[3], r" = (-?\d|\?)", "every call is told with its result\n" + text)
            where = row[5]
            if where:
                file, line = where.split(":")
                self.assertTrue((ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1], where)
            else:
                self.assertIn(row[4], ("you have typed it", "end"), text)

    def test_step_1(self):
        self.check("01", "make the child (this is fork)", ["become COMMAND"], [], False)

    def test_step_2(self):
        self.check("02", "make the child, in new namespaces", ["become COMMAND"], [], True)

    def test_step_3(self):
        self.check("03", "make the child, in new namespaces", ["become init: the same program anew"],
                   ["does the lifeline lead out?", "become COMMAND"], True)

    def test_step_4(self):
        self.check("04", "make the child, in new namespaces", ["become init: the same program anew"],
                   ["does the lifeline lead out?", "nothing spreads to the host", "a /proc of its own",
                    "does the working directory lie on the old one?", "become COMMAND"], True)

    def test_last_step(self):
        """What it does depends on the machine in part; but each call has its line."""
        last = steps.directories()[-1].name[4:6]
        status, rows, text = story(last)
        self.assertEqual(status, 0, text)
        for role, _, _, _, what, where in rows:
            self.assertTrue(where or what in ("you have typed it", "end"), f"{role}: {what}: no line\n{text}")
        told = [row[4] for row in rows]
        for what in ("what nobody is to write to", "the capabilities that are left",
                     "a filter for system calls"):
            self.assertIn(what, told, text)

    def test_one_s_own(self):
        """Told like ours, with the lines of its own sources; and what is no program is refused as in make check."""
        for variable in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            os.environ.pop(variable, None)
        make = ["make", "--no-print-directory", "-s"]
        with tempfile.TemporaryDirectory() as directory:
            mine = Path(directory, "my step")
            subprocess.run(make + ["start", "STEP=03", f"DIR={mine}"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
            subprocess.run(make + ["-C", str(mine)], check=True)
            done = subprocess.run(make + ["trace-3", f"MYDOCKER={mine}/mydocker"], cwd=ROOT, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout.decode(), r"make the child, in new namespaces  \[my step/container\.c:\d+\]")
            done = subprocess.run(make + ["trace-03", f"MYDOCKER={mine}"], cwd=ROOT, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"{mine}/mydocker in it was probably meant", done.stderr.decode())

    def test_reader_that_has_gone(self):
        """As into head, which closes the pipe after ten lines."""
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([sys.executable, "-B", str(ROOT / "tests/trace/trace.py"), "01", "/bin/true"],
                              stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
        os.close(writer)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"Broken", done.stderr)

    def test_result_that_comes_late(self):
        """strace splits a call in two when another process comes between, and chance decides when."""
        calls = ['10 execve("./step04/mydocker", [], 0x7ff /* 8 vars */) = 0',
                 "10 clone(child_stack=0x7, flags=CLONE_NEWPID|SIGCHLD <unfinished ...>",
                 '11 execve("/proc/self/exe", [], 0x7ff /* 8 vars */ <unfinished ...>',
                 "10 <... clone resumed>)              = 11",
                 "11 <... execve resumed>)             = 0",
                 '11 mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL) = 0']
        for order in ([0, 1, 2, 3, 4, 5], [0, 1, 2, 4, 3, 5]):
            trace = Trace("04", [])
            for number in order:
                trace.line(calls[number])
            with contextlib.redirect_stdout(io.StringIO()) as screen:
                trace.print()
            self.assertIn("clone(flags=CLONE_NEWPID|SIGCHLD) = 11\n", screen.getvalue())
            self.assertIn('execve("/proc/self/exe", []) = 0\n', screen.getvalue())
            self.assertEqual([row[0] for row in trace.rows], ["mydocker", "mydocker", "the child", "init"])

    def test_arguments_that_come_late(self):
        """Split behind a comma, the call reads as if it were whole. Not every strace has the same blanks there."""
        for begun, rest in (("SO_PEERCRED,  <unfinished ...>", "{pid=0}, [12]) = 0"),
                            ("SO_PEERCRED, <unfinished ...>", " {pid=0}, [12]) = 0")):
            trace = Trace("03", [])
            for call in ['10 execve("./step03/mydocker", [], 0x7ff /* 8 vars */) = 0',
                         f"10 getsockopt(3, SOL_SOCKET, {begun}", f"10 <... getsockopt resumed>{rest}"]:
                trace.line(call)
            self.assertEqual(trace.rows[-1][3], "getsockopt(3, SOL_SOCKET, SO_PEERCRED, {pid=0}, [12]) = 0")

    def test_what_the_c_library_does_for_itself(self):
        trace = Trace("01", [])
        for call in ['execve("./step01/mydocker", [], 0x7ff /* 8 vars */) = 0',
                     "rt_sigprocmask(SIG_SETMASK, ~[], [], 8) = 0",
                     "rt_sigprocmask(SIG_BLOCK, ~[], ~[KILL STOP], 8) = 0",
                     "clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f) = 11",
                     "rt_sigprocmask(SIG_SETMASK, ~[KILL STOP], NULL, 8) = 0"]:
            trace.line(f"10 {call}")
        self.assertEqual([row[4] for row in trace.rows],
                         ["you have typed it", "hold back all signals", "make the child (this is fork)"])


class Floor(unittest.TestCase):
    """What make bench measures a step against calls what the step calls (bench/floor.c)."""

    # AArch64 has only those with "at".
    CALLS = ("mount", "umount2", "pivot_root", "chdir", "fchdir", "chmod", "fchmodat", "mkdir", "mkdirat", "mknod",
             "mknodat", "symlink", "symlinkat", "setxattr")

    def calls(self, *command):
        """Those of init, up to COMMAND."""
        privilege = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
        with tempfile.NamedTemporaryFile("r") as log:
            subprocess.run([*privilege, "strace", "-f", "-qq", "-o", log.name, "-e", "trace=?" + ",?".join(self.CALLS),
                            *command], cwd=ROOT, check=False, stderr=subprocess.DEVNULL)
            calls = [line.split(" ", 1)[1].strip() for line in log.read().splitlines() if "SIGCHLD" not in line]
        first = 'mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL)'
        # The number of the old root's descriptor differs.
        calls = [re.sub(r"^fchdir\(\d\)", "fchdir(N)", re.sub(" +=", " =", call)) for call in calls]
        return calls[[call.startswith(first) for call in calls].index(True):]

    def test_the_same_calls_as_the_step(self):
        floor = ROOT / "build/plain/tests/bench/floor"
        with tempfile.TemporaryDirectory() as root:
            for name in ("dev", "proc", "sys"):
                Path(root, name).mkdir()
            shutil.copy(floor, root)  # says how it is used, if its loader is there
            for step, least in [("4", 2), ("5", 7), ("6", 30), ("7", 40)]:
                of_floor, of_step = ([], []) if step == "4" else (["--root", step, root], ["--rootfs", root])
                found = self.calls(floor, "--self-exec", *of_floor, "/floor")
                wanted = self.calls(ROOT / f"step0{step}/mydocker", "--log-level", "error", "run", *of_step, "/floor")
                self.assertEqual(found, wanted)
                self.assertGreaterEqual(len(found), least)


if __name__ == "__main__":
    unittest.main()
