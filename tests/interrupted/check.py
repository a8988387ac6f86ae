"""Whoever interrupts the tests is left with no process and no file.

Usage: check.py ROUNDS COMMAND [ARG...]

COMMAND is started ROUNDS times on a terminal of its own, and interrupted at a random moment: by
Ctrl-C, by SIGTERM to it and its like, by closing the terminal, by SIGKILL to the suite.
"""
import contextlib
import ctypes
import os
import pty
import random
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
LIMIT = 5  # seconds for all to end
PREFIX = "mydocker-test-"


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def descendants(pid):
    return [one for child in children(pid) for one in [child] + descendants(child)]


def directories(pids):
    """Those that the suites with these process IDs have made."""
    return [name for name in os.listdir("/tmp") for pid in pids if name.startswith(f"{PREFIX}{pid}-")]


def suites(pid):
    return [one for one in descendants(pid) if name_of(one) == "suite"]


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def drain(master, seconds):
    """Read what is written, or the writers would stop."""
    os.set_blocking(master, False)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            os.read(master, 65536)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            return


def interrupt(way, pid, master):
    if way == "Ctrl-C":
        os.write(master, b"\x03")
    elif way == "SIGTERM":
        os.kill((children(pid) or [pid])[0], signal.SIGTERM)
    elif way == "SIGKILL":
        # The first one of that name is the outer process.
        os.kill((suites(pid) or [pid])[0], signal.SIGKILL)


def once(way, seconds, command):
    """What was left after COMMAND had run for so many SECONDS, or None."""
    pid, master = pty.fork()
    if pid == 0:
        # A shell that dies of the hang-up; then the kernel tells the rest.
        os.execvp("sh", ["sh", "-c", '"$@"; true', "sh"] + command)
    drain(master, seconds)
    ours = suites(pid)
    interrupt(way, pid, master)
    if way != "closed":
        drain(master, 0.2)
    os.close(master)
    limit = time.monotonic() + LIMIT
    while True:
        reap()
        left = [name_of(one) for one in descendants(os.getpid())]
        files = directories(ours)
        if not left and not files:
            return None
        if time.monotonic() > limit:
            for one in descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            return f"processes {left}, directories {files}"
        time.sleep(0.02)


def main():
    rounds, command, failed = int(sys.argv[1]), sys.argv[2:], 0
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1:
        sys.exit("test-interrupted: no prctl")
    for i in range(rounds):
        way = ["Ctrl-C", "SIGTERM", "closed", "SIGKILL"][i % 4]
        seconds = random.uniform(0.1, 6)
        left = once(way, seconds, command)
        failed += left is not None
        print(f"[{'  FAILED  ' if left else '       OK '}] {way} after {seconds:.2f} s" +
              (f": {left}" if left else ""), flush=True)
    print(f"{rounds - failed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
