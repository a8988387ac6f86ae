"""The lists of `faults --list`, one for each step, as the table of docs/faults.md.

Usage: table.py LIST...
"""
import collections
import re
import sys

HEAD = """\
# What becomes of a system call that fails

Every system call that mydocker and its child make of their own, from main() on until COMMAND is
executed and mydocker ends, has failed once with every error that its manual page names. And before
each of them mydocker was killed. After each of these runs:

- it ended in time, and no process, mount, hostname or terminal was other than before;
- either mydocker failed, with status 125 (126 or 127 where it was COMMAND that could not be executed
  or found) and one line of level `fatal` that names the call, and COMMAND did not run;
- or COMMAND ran, its own status came back, and its surroundings were line by line those of a run
  without a fault: namespaces, mounts, descriptors, signal mask, capabilities, terminal, arguments;
- where mydocker was killed, COMMAND did not run, or died with it.

`make test-faults` is this test; each error has its turn in one of the steps, and with `ALL=1` in all
of them. The table is what `ALL=1` has found, with a static glibc 2.36 on x86-64; it is written by
`tests/faults/table.py`. A fault that did not meet its call is a failure of the test.

"""
NOTES = """
Notes: where mydocker cannot wait (`wait4`, its own `poll`), it ends, and COMMAND with it. Where the
terminal cannot be asked about (`TCGETS`, `TIOCGPGRP` before the start) or handed over (the first
`TIOCSPGRP`), mydocker warns that `-t` has no effect. Where the last `TIOCSPGRP` fails, the terminal
stays COMMAND's; a shell takes it back itself. `close` has its effect even where it reports an error.
"""


def normal(text):
    text = re.sub(r"(?:/\S*)?/faults-command|faults-command", lambda found: (
        "first of PATH" if found.group().startswith("/nowhere") else "COMMAND"), text)
    return re.sub(r"(waitpid|setpgid) \d+", r"\1 PID", text)


def outcome(status, message):
    number = status.split()[1]
    if number == "7":
        return "COMMAND runs as ever"
    subject = re.sub(r": .*", "", message)
    return f"{number}, `{normal(subject)}: …`"


def main():
    rows = collections.OrderedDict()
    totals = []
    for step, name in enumerate(sys.argv[1:], 1):
        with open(name, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if len(fields) == 1:
                    found = re.search(r"(\d+) errors injected, (\d+) times killed, (\d+) failures", line)
                    totals.append((step,) + tuple(map(int, found.groups())))
                    continue
                good, _, who, _, call, fault, status, message, *_ = fields
                if good != "ok":
                    sys.exit(f"not survived: {line}")
                if fault == "mydocker killed":
                    continue
                key = (who, normal(call), outcome(status, message))
                errors, steps = rows.setdefault(key, (collections.OrderedDict(), set()))
                errors[fault] = True
                steps.add(step)
    print(HEAD, end="")
    print("| step | errors injected | times killed | not survived |\n| --- | --- | --- | --- |")
    for step, injected, killed, failures in totals:
        print(f"| {step} | {injected} | {killed} | {failures} |")
    print("\n| who | call | in step | error | then |\n| --- | --- | --- | --- | --- |")
    for (who, call, then), (errors, steps) in sorted(rows.items(), key=lambda row: row[0][0] != "mydocker"):
        in_steps = f"{min(steps)}–{max(steps)}" if len(steps) > 1 else str(min(steps))
        print(f"| {who} | `{call}` | {in_steps} | {' '.join(errors)} | {then} |")
    print(NOTES, end="")


if __name__ == "__main__":
    main()
