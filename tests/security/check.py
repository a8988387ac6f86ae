"""Does docs/security.md say what is so?

Usage: check.py SUITE PROGRAMS DOCUMENT    PROGRAMS is a path with {} for the two digits of a step

What the document names in backticks must be there: promises of the suite that hold to this day,
the attacks of limits.py, targets of make. Each attack must be named, and must work; behind the name of
one that a later step ends stands "(until step N)". And each of these checks must be able to fail.
"""
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMITS = [sys.executable, "-B", str(HERE / "limits.py")]


def output(command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def complaints(text, promises, limits):
    """What is wrong with the names in TEXT."""
    quoted = re.findall(r"`([^`\n]+)`", text)
    named = dict.fromkeys(words for words in quoted if re.match(r"[a-z]+: ", words))
    for name in named:
        if name not in promises and name not in limits:
            yield f"there is no test `{name}`"
    one_line = " ".join(text.split())
    for name, until in limits.items():
        if name not in named:
            yield f"it does not name `{name}`"
        said = set(re.findall(re.escape(f"`{name}`") + r"(?: \(until step (\d+)\))?", one_line))
        if said - {"" if until == "-" else until}:
            yield f"`{name}` is until step {until}, not {', '.join(sorted(said)) or '-'}"
    rules = "".join(file.read_text(encoding="utf-8") for file in [ROOT / "Makefile", *ROOT.glob("tests/**/*.mk")])
    targets = [target.replace("%", "*") for rule in re.findall(r"^([\w% -]+):", rules, re.M) for target in rule.split()]
    for target in (words.split()[1] for words in quoted if words.startswith("make ")):
        if not any(fnmatch.fnmatch(target, known) for known in targets):
            yield f"there is no `make {target}`"
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > 100 and not line.startswith("|"):
            yield f"line {number} is longer than 100"


def attack(suite, programs, word=""):
    return subprocess.run([suite, "--world", *LIMITS, programs, *filter(None, [word])], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def blind_spots(suite, programs, text, promises, limits):
    """The checks that do not see what is wrong on purpose."""
    for name in ("limit: every capability is kept", "init: init as COMMAND refuses"):
        if not any(complaints(text.replace(name, name + " no more"), promises, limits)):
            yield f"`{name}` could be renamed"
    if not any(complaints(text.replace("(until step 8)", "(until step 7)"), promises, limits)):
        yield "the steps could be others"
    with tempfile.TemporaryDirectory() as directory:
        # The suite's world has no paths for other users: nobody, whom some attacks become, must get here.
        os.chmod(directory, 0o755)
        for what, word in (("--no-new-privs", "no_new_privs"), ("--bounding-set=-sys_module", "every capability")):
            tamed = f"{directory}/tamed-{{}}"
            for number in range(7, 12):
                program = Path(tamed.format(f"{number:02}"))
                program.write_text(f'#!/bin/sh\nexec setpriv {what} "{programs.format(f"{number:02}")}" "$@"\n',
                                   encoding="utf-8")
                program.chmod(0o755)
            said = attack(suite, tamed, word).stdout
            if "  FAILED  " not in said or "ended with" in said:
                yield f"with {what} '{word}' does not fail: {said}"


def main():
    suite, programs, document = (str(Path(word).resolve()) for word in sys.argv[1:])
    text = Path(document).read_text(encoding="utf-8")
    # Those that the last step makes, too.
    listed = [line.split("\t") for line in output([suite, "--list"]).splitlines()]
    promises = {promise for steps, promise in listed if steps.endswith("-")}
    limits = {name: until for until, name in (line.split("\t") for line in
                                              output([*LIMITS, "--list"]).splitlines())}
    wrong = list(complaints(text, promises, limits))
    for complaint in wrong:
        print(f"[  FAILED  ] {os.path.relpath(document, ROOT)}: {complaint}", flush=True)
    done = attack(suite, programs)
    print(done.stdout, end="", flush=True)
    blind = list(blind_spots(suite, programs, text, promises, limits))
    for spot in blind:
        print(f"[  FAILED  ] tests/security sees nothing: {spot}")
    sys.exit(bool(wrong or blind or done.returncode != 0))


if __name__ == "__main__":
    main()
