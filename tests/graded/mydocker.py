#!/usr/bin/env python3
"""A mydocker in Python, as one might write it after chapter 4: plain, and right in the main.

Keeps: cli: Missing container command
Keeps: cli: options end at COMMAND
Keeps: arguments: every byte of every ARG
Keeps: status: neither status nor output of a short COMMAND is lost
Keeps: stdio: without -i COMMAND reads /dev/null
Keeps: stdio: output and error are COMMAND's
Keeps: log: init come on, command COMMAND
Keeps: log: JSON and UTF-8 whatever bytes argv holds
Keeps: signals: each of them reaches COMMAND, once
Keeps: lifetime: COMMAND dies with mydocker
Keeps: namespaces: COMMAND is PID 1
Keeps: namespaces: uts, pid, mnt, net and ipc of its own
Keeps: proc: noexec, nosuid, nodev
Keeps: proc: ps shows two processes
Keeps: host: COMMAND's mounts stay inside
Keeps in step 2: init: not yet: COMMAND is executed without an init
Breaks: descriptors: 0, 1 and 2 and no others
Breaks: terminal: job control in dash
Breaks: init: mydocker executes itself as init, and init COMMAND
Breaks: proc: a working directory on the old /proc
Breaks: privileges: a limit on namespaces is named
"""
import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import time

NEW = 0x04000000 | 0x20000000 | 0x00020000 | 0x40000000 | 0x08000000  # uts, pid, mnt, net, ipc
libc = ctypes.CDLL(None, use_errno=True)


def log(level, message):
    zone = time.strftime("%z")
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if zone == "+0000" else f"{zone[:3]}:{zone[3:]}")
    line = json.dumps({"level": level, "msg": message, "time": stamp}, separators=(",", ":"))
    os.write(2, line.encode(errors="replace") + b"\n")


def die(message, status=125):
    log("fatal", message)
    os._exit(status)


def checked(result, what):
    if result == -1:
        error = ctypes.get_errno()
        remedy = ""
        if what == "unshare" and error == errno.EPERM:
            remedy = (": CAP_SYS_ADMIN is missing: run it as root, or unshare --user --map-root-user "
                      f"{sys.argv[0]} run -it /bin/sh")
        die(f"{what}: {os.strerror(error)}{remedy}")


def child(words):
    """PID 1 of the new namespaces, before COMMAND."""
    libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    log("info", "init come on")
    private, proc_flags = 0x4000 | 0x40000, 8 | 2 | 4
    checked(libc.mount(None, b"/", None, private, None), "mount /")
    checked(libc.mount(b"proc", b"/proc", b"proc", proc_flags, None), "mount /proc")
    log("info", f"command {words[0]}")
    file = words[0] if "/" in words[0] else shutil.which(words[0])
    if not file:
        die(f"find {words[0]}: it is in no directory of PATH", 127)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(file, words, os.environ)
    except OSError as problem:
        die(f"execve {file}: {problem.strerror}", 127 if problem.errno == errno.ENOENT else 126)


def run(words, interactive):
    if not interactive:
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    waited = set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
    signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    # unshare(2) and fork(2), as Python has no clone(2): the next child is PID 1.
    checked(libc.unshare(NEW), "unshare")
    pid = os.fork()
    if pid == 0:
        child(words)
    asked = 0
    while True:
        number = signal.sigwait(waited)
        if number == signal.SIGCHLD:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended == pid:
                return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            continue
        asked += number in (signal.SIGINT, signal.SIGTERM)
        os.kill(pid, signal.SIGKILL if asked == 3 else number)


def main():
    words, interactive = sys.argv[1:], False
    if words[:1] in (["help"], ["--help"]):
        print("Usage: mydocker run [-i] [-t] COMMAND [ARG...]")
        return 0
    if words[:1] == ["--version"]:
        print("mydocker 0 (Python)")
        return 0
    if words[:1] != ["run"]:
        die(f"unknown command {' '.join(words[:1])}: see mydocker --help")
    words = words[1:]
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "--":
            break
        if option == "--help":
            print("Usage: mydocker run [-i] [-t] COMMAND [ARG...]")
            return 0
        if option not in ("-i", "-t", "-it", "-ti", "--interactive", "--tty"):
            die(f"unknown option '{option}': see mydocker run --help")
        interactive |= "i" in option.lstrip("-")[:2]
    if not words:
        die("Missing container command: see mydocker run --help")
    if not words[0]:
        die("empty container command: see mydocker run --help")
    return run(words, interactive)


if __name__ == "__main__":
    sys.exit(main())
