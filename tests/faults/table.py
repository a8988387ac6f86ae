"""What `faults --list` has said of the steps, as the tables of docs/faults.md.

Usage: table.py LOG..., each of one step or more, as build/vm/6.1-faults.log
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
- where there was a control group, none was left but by a kill, and the next run removes that one;
- where mydocker was killed, COMMAND did not run, or died with it.

`make test-faults` is this test; each error has its turn in the last step and in one of those before,
and with `ALL=1` in all of them. The tables are what `ALL=1` has found of steps 1 to 7, and of the
others `make vm-test KIND=faults STEP='08 09 10 11'`, where there are control groups (Linux 6.1); with a
static glibc 2.36 on x86-64. `tests/faults/table.py` writes them. A fault that did not meet its call is a
failure of the test.

"""
NOTES = """
Notes: where mydocker cannot wait (`wait4`, its own `poll`), it ends, and COMMAND with it. Where the
terminal cannot be asked about (`TCGETS`, `TIOCGPGRP` before the start) or handed over (the first
`TIOCSPGRP`), mydocker warns that `-t` has no effect. Where the last `TIOCSPGRP` fails, the terminal
stays COMMAND's; a shell takes it back itself. `close` has its effect even where it reports an error.
Where a file that step 10 covers is said not to be there (ENOENT), it is not covered: not every kernel has
all of them. Where a group is said to be gone, or another's (`openat`, `faccessat2`, `flock`), mydocker makes the
next one; what is left is swept by the next run, as another's is.
"""


def normal(text):
    text = re.sub(r"(?:/\S*)?/faults-command|faults-command", lambda found: (
        "first of PATH" if found.group().startswith("/nowhere") else "COMMAND"), text)
    text = text.replace("/sys/devices/virtual/", "/sys/…/")
    text = re.sub(r"/\S*/mydocker-test-[^/ ]*/root", "DIR", text)
    return re.sub(r"(waitpid|setpgid) \d+", r"\1 PID", text)


def outcome(status, message):
    number = status.split()[1]
    if number == "7":
        return "COMMAND runs as ever"
    subject = normal(re.sub(r": .*", "", message))
    # The book's columns are as wide as the longest of these.
    if len(subject) > 28:
        return f"{number}, `{subject[:24].rsplit(' ', 1)[0]} …`"
    return f"{number}, `{subject}: …`"


def main():
    rows = collections.OrderedDict()
    totals = []
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8", errors="replace") as file:
            of_step = []
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if len(fields) >= 8:
                    of_step.append(fields)
                end = re.search(r"step(\d+)/mydocker: (\d+) errors injected, (\d+) times killed, (\d+) failures", line)
                if end is None:
                    continue
                totals.append(tuple(map(int, end.groups())))
                for good, _, who, _, call, fault, status, message, *_ in of_step:
                    if good != "ok":
                        sys.exit(f"not survived: {who} {call} {fault}")
                    if fault != "mydocker killed":
                        key = (who, normal(call), outcome(status, message))
                        errors, steps = rows.setdefault(key, (collections.OrderedDict(), set()))
                        errors[fault] = True
                        steps.add(totals[-1][0])
                of_step = []
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
