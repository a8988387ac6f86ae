"""A transcript, typed: a shell on a real terminal, in the scratch world of the tests."""
import os
import re
import signal
import time
from dataclasses import dataclass, field

import pexpect

from transcript import Names, match

LIMIT = int(os.environ.get("TRANSCRIPT_LIMIT", "20"))  # seconds, for a command to end; more where a machine is emulated
# A prompt tells which shell it is of: dash, bash and busybox sh expand $$.
PROMPT = re.compile(r"\{\{(\d+)\}\} ")
# What a shell that edits its line tells the terminal, and nobody reads.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
KEYS = re.compile(r"^(?:\^[CZ\\D])+$")


class Mismatch(Exception):
    """What the screen shows is not what the text says."""


@dataclass
class Command:
    line: int     # where it stands in the document
    prompt: str   # "$": your shell, "#": the container's
    text: str
    output: list = field(default_factory=list)


def commands(fence):
    """What a reader types, and what should follow."""
    result = []
    for number, line in enumerate(fence.lines, fence.line + 1):
        if line[:2] in ("$ ", "# "):
            result.append(Command(number, line[0], line[2:]))
        elif not result:
            raise Mismatch("a transcript starts with a line that is typed: '$ ' or '# '")
        else:
            result[-1].output.append(line)
    if not result:
        raise Mismatch("nothing is typed here")
    return result


# The project as it is, for a transcript to change as it likes.
SET_UP = 'cp -R "$0"/. . && exec dash -i'


class Terminal:
    def __init__(self, suite, project):
        # The suite sees to the rest of the environment.
        self.child = pexpect.spawn(
            suite, ["--world", "env", "PS1={{$$}} ", "PS2=", "sh", "-c", SET_UP, project], encoding="utf-8",
            codec_errors="replace", timeout=LIMIT, dimensions=(50, 240))
        self.child.delaybeforesend = None
        # We wait for the end ourselves.
        self.child.ptyproc.delayafterclose = 0
        self.outer = self.shell = None
        self.background = False

    def await_prompt(self):
        """What came before the next prompt."""
        try:
            self.child.expect(PROMPT)
        except (pexpect.TIMEOUT, pexpect.EOF) as problem:
            screen = self.child.before.replace("\r", "")
            what = "it has not ended in time" if isinstance(problem, pexpect.TIMEOUT) else "the shell ended"
            raise Mismatch(f"{what}; on the screen was:\n{screen}") from None
        self.shell = self.child.match.group(1)
        self.outer = self.outer or self.shell
        return CONTROL.sub("", self.child.before)

    def session(self):
        return "$" if self.shell == self.outer else "#"

    def type(self, command):
        """Type COMMAND and the keys that follow it. Returns the lines that come."""
        if self.background:
            self._await_calm()
        self.child.sendline(command.text)
        screen = ""
        for line in command.output:
            if KEYS.match(line):
                self._await_program(command.text)
                for key in re.findall(r"\^(.)", line):
                    self.child.sendcontrol(key.lower())
                    screen += self._await_echo(key)
                    self._await_delivery()
        screen += self.await_prompt()
        if command.text.endswith("&"):
            self._await_program(command.text)
            self.background = True
        echoed, _, output = screen.partition("\n")
        if echoed != command.text:
            raise Mismatch(f"'{command.text}' was typed, but '{echoed}' appeared")
        return output.split("\n")

    def _processes(self):
        """(name, state, status) of the processes that have this terminal."""
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    stat = file.read()
                with open(f"/proc/{name}/status", encoding="utf-8", errors="replace") as file:
                    status = file.read()
            except (OSError, NotADirectoryError):
                continue  # it has just ended
            fields = stat[stat.rindex(")") + 2:].split()
            if int(fields[3]) == self.child.pid:
                yield stat[stat.index("(") + 1:stat.rindex(")")], fields[0], status

    def _await(self, condition, otherwise):
        limit = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > limit:
                raise Mismatch(otherwise)
            time.sleep(0.005)

    def _await_program(self, text):
        """Before a key is pressed: is one of the words that were typed running, and not starting?"""
        names = {os.path.basename(word) for word in text.split()} - {"mydocker"}
        self._await(lambda: any(name in names and state == "S" for name, state, _ in self._processes()),
                    f"none of {', '.join(sorted(names))} came to run")

    def _await_echo(self, key):
        """The terminal takes a key when it comes to it: first the signal is sent, then the echo is."""
        if key == "D":
            return ""  # not echoed
        try:
            self.child.expect_exact(f"^{key}")
        except (pexpect.TIMEOUT, pexpect.EOF):
            raise Mismatch(f"^{key} was not echoed") from None
        return (self.child.before + self.child.after).replace("\r", "")

    def _await_calm(self):
        """A reader types more slowly than what is in the background gets going, or ends."""
        looks = []

        def calm():
            looks.append(sorted((name, state) for name, state, _ in self._processes()))
            return (len(looks) >= 5 and looks[-5:] == [looks[-1]] * 5 and
                    all(state in "SZT" for _, state in looks[-1]))
        self._await(calm, "the background does not come to rest")

    def _await_delivery(self):
        """A person presses no two keys at once: two pending signals of a kind are one (signal(7))."""
        self._await(lambda: all(not re.search(r"^(?:Sig|Shd)Pnd:\s*0*[1-9a-f]", status, re.M)
                                for _, state, status in self._processes() if state != "Z"),
                    "a signal stays pending")
        time.sleep(0.1)  # and no two within a moment: two requests are one then (common/job.c)

    def leave(self):
        """Leave the shells. Complains of what is left behind in the world."""
        for _ in range(6):
            self.child.sendline("exit")
            try:
                if self.child.expect([PROMPT, pexpect.EOF]) == 1:
                    break
            except pexpect.TIMEOUT:
                break
        said = self.child.before
        self.child.close()
        if self.child.signalstatus is not None or "suite:" in said:
            raise Mismatch(f"something was left behind: {said.strip()}")

    def close(self):
        # The suite that has made the world also cleans it up, if it is given the time.
        if self.child.isalive():
            self.child.kill(signal.SIGTERM)
        limit = time.monotonic() + LIMIT
        while self.child.isalive() and time.monotonic() < limit:
            time.sleep(0.005)
        self.child.close()


def run(fence, suite, project, change=lambda text: text):
    """Type the transcript in FENCE and compare; every command CHANGEd first."""
    terminal, names = Terminal(suite, project), Names()
    try:
        terminal.await_prompt()
        for command in commands(fence):
            command.text = change(command.text)
            if command.prompt != terminal.session():
                raise Mismatch(f"line {command.line}: '{command.prompt} {command.text}' is typed to "
                               f"the {'container' if command.prompt == '#' else 'outer'} shell, "
                               "but it is the other one that asks")
            came = terminal.type(command)
            names_now = match(command.text, command.output, came, names)
            if names_now is None:
                raise Mismatch(complaint(command, came))
            names = names_now
        terminal.leave()
    finally:
        terminal.close()


def complaint(command, came):
    def block(lines):
        return "\n".join(f"    {line}" for line in lines if line.strip()) or "    (nothing)"

    return (f"line {command.line}: {command.prompt} {command.text}\n  the text says:\n{block(command.output)}\n"
            f"  the screen says:\n{block(came)}")
