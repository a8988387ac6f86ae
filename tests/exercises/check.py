"""What becomes of the suite's promises in the tutorial's exercises, and do the solutions work?

Usage: check.py [--write] SUITE [NAME...]
       check.py --pack DIRECTORY: build those that this machine cannot check, for one that can

Each patch in this folder is what an exercise asks for. Above its diff stand the number of the exercise,
the step that it changes, and what the suite has to say of it:

Only: WORD    the promises to look at, as with ONLY=WORD of `make check`; there may be several
Breaks: NAME  of these it breaks exactly those that are named so,
Gains: NAME   and keeps these, which the step does not; only with a
Suite: N      which asks for the promises of another step than its own
Check: NAME   it is a solution: EXERCISE=NAME passes, did not pass before, and nothing else breaks
Status: N     `run echo hello` ends so
Needs: cgroup2  limits of control groups, version 2

--write makes the lines of Breaks and Gains what the suite finds.
"""
import argparse
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from patched import Patch, Wrong, built, clean_copy, no_limits, packed, patched, run, why_not  # noqa: E402: found by the line above

# What an option or a line too many could break, and the first step that has it.
REGRESSIONS = {"cli": 1, "namespaces": 1, "proc": 1, "rootfs": 5, "dev": 6, "overlay": 7, "capabilities": 9,
               "masks": 10, "seccomp": 11}


def promises(patch, suite, program):
    """What became of the promises that PATCH names, if it were PROGRAM: {outcome: their names}."""
    found = {"passed": [], "FAILED": [], "cannot": []}
    for word in patch.all("Only"):
        step = patch.one("Suite", patch.one("Step"))
        _, report = run([suite, "--limit", "3", "--step", step, "--only", word, str(program)])
        mechanism = None
        for line in report.splitlines():
            heading = re.match(r"^([a-z]+)$", line)
            outcome = re.match(r"^  (passed|FAILED|cannot)    (.*)$", line)
            if heading:
                mechanism = heading.group(1)
            elif outcome and mechanism:
                name = f"{mechanism}: {outcome.group(2)}"
                if name not in found[outcome.group(1)]:
                    found[outcome.group(1)].append(name)
        if mechanism is None:
            raise Wrong(f"nothing was looked at:\n{report}")
    return found


def changed(patch, suite, program, untouched):
    """The promises that PATCH breaks, those that it gains, and those that cannot be checked here."""
    after = promises(patch, suite, program)
    gains = []
    if patch.one("Suite"):
        before = promises(patch, suite, untouched)
        gains = [name for name in after["passed"] if name in before["FAILED"]]
    return after["FAILED"], gains, after["cannot"]


def check_promises(patch, suite, program, untouched):
    """Returns the names of those that it should change, but that cannot be checked here."""
    # On a busy machine a promise of timing is broken by chance: once more, then.
    for _ in range(3):
        breaks, gains, cannot = changed(patch, suite, program, untouched)
        wanted = [[name for name in patch.all(key) if name not in cannot] for key in ("Breaks", "Gains")]
        if [sorted(breaks), sorted(gains)] == [sorted(names) for names in wanted]:
            return [name for name in patch.all("Breaks") + patch.all("Gains") if name in cannot]
    raise Wrong("`make exercises` writes what was found:\n"
                + "\n".join([f"Breaks: {name}" for name in breaks] + [f"Gains: {name}" for name in gains]))


def check_solution(patch, suite, program, untouched):
    step = patch.one("Step")
    # Without the smoke test, which has its own patches.
    exercise = [suite, "--limit", "3", "--step", step, "--exercise", patch.one("Check"), "--only", ":"]
    status, report = run(exercise + [str(untouched)])
    if status == 0:
        raise Wrong(f"step {step} passes before anything was done:\n{report}")
    status, report = run(exercise + [str(program)])
    if status != 0:
        raise Wrong(f"the solution does not pass:\n{report}")
    for word in [word for word, first in REGRESSIONS.items() if first <= int(step)]:
        status, report = run([suite, "--step", step, "--only", f"{word}: ", str(program)])
        if status != 0:
            raise Wrong(f"the solution breaks something else:\n{report}")


def check(patch, suite, clean):
    """Raises Wrong, or returns what cannot be checked here."""
    cannot = []
    untouched = clean / f"step{int(patch.one('Step')):02}" / "mydocker"
    with tempfile.TemporaryDirectory() as directory:
        program = patched(patch, clean, Path(directory) / "project")
        if patch.one("Only"):
            cannot = check_promises(patch, suite, program, untouched)
        if patch.one("Check"):
            check_solution(patch, suite, program, untouched)
        if patch.one("Status"):
            status, text = run([suite, "--world", str(program), "run", "echo", "hello"])
            if str(status) != patch.one("Status"):
                raise Wrong(f"it should end with {patch.one('Status')}, not with {status}:\n{text}")
    return cannot


def write(patch, suite, clean):
    """Write into the head of PATCH which promises break and which are gained."""
    if not patch.one("Only"):
        return
    untouched = clean / f"step{int(patch.one('Step')):02}" / "mydocker"
    with tempfile.TemporaryDirectory() as directory:
        program = patched(patch, clean, Path(directory) / "project")
        breaks, gains, cannot = changed(patch, suite, program, untouched)
    if cannot:
        raise Wrong(f"not here, where these cannot be checked: {', '.join(cannot)}")
    head = re.sub("^(Breaks|Gains): .*\n", "", patch.head, flags=re.M).rstrip("\n") + "\n"
    head += "".join(f"Breaks: {name}\n" for name in breaks) + "".join(f"Gains: {name}\n" for name in gains)
    patch.path.write_text(head + "\n" + patch.diff, encoding="utf-8")


def all_patches():
    return [Patch(path) for path in sorted(HERE.glob("*.patch"))]


def pack(root):
    """Those that need limits."""
    with tempfile.TemporaryDirectory() as directory:
        patches = [patch for patch in all_patches() if patch.one("Needs") == "cgroup2"]
        clean_copy(Path(directory), [patch.one("Step") for patch in patches])
        for patch in patches:
            options = ["--exercise", patch.one("Check"), "--only", ":"]
            packed(patch, Path(directory), root / patch.path.stem, options)


def main():
    if sys.argv[1:2] == ["--pack"]:
        sys.exit(pack(Path(sys.argv[2])))
    parser = argparse.ArgumentParser(usage="check.py [--write] [--steps 'N...'] SUITE [NAME...]")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--steps", type=lambda text: {int(number) for number in text.split()})
    parser.add_argument("suite", type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    suite, act = str(arguments.suite.resolve()), write if arguments.write else check
    patches = [Patch(HERE / f"{name}.patch") for name in arguments.names] or all_patches()
    if arguments.steps:
        patches = [patch for patch in patches if int(patch.one("Step")) in arguments.steps]
    limits = no_limits()
    skipped = {patch: reason for patch in patches for reason in [why_not(patch, limits)] if reason}
    patches = [patch for patch in patches if patch not in skipped]
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        clean = Path(directory)
        clean_copy(clean, [patch.one("Step") for patch in patches])
        for step in sorted({int(patch.one("Step")) for patch in patches}):
            built(clean, step)
        with ThreadPoolExecutor(4) as pool:
            for patch, result in [(patch, pool.submit(act, patch, suite, clean)) for patch in
                                  sorted(patches, key=lambda patch: patch.one("Exercise"))]:
                name = f"exercise {patch.one('Exercise')}: {patch.path.stem}"
                try:
                    cannot = result.result()
                    print(f"[       OK ] {name}" + (f"; not checked here: {', '.join(cannot)}" if cannot else ""))
                except Wrong as problem:
                    failed += 1
                    print(f"[  FAILED  ] {name}: {problem}")
    for patch, reason in skipped.items():
        print(f"[  CANNOT  ] exercise {patch.one('Exercise')}: {patch.path.stem}: {reason}")
    print(f"{len(patches) - failed} passed, {failed} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    sys.exit(failed > 0 or not patches)


if __name__ == "__main__":
    main()
