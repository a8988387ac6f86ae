"""Do the worked exercises work, and do their checks fail where the work was not done?

Usage: check.py SUITE

Each patch here is a solution, to be applied to the step that it names.
"""
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "wrong"))
from check import Wrong, built, copied, must, run, steps  # noqa: E402: found by the line above

HERE = Path(__file__).resolve().parent
# What an option or a line too many could break.
REGRESSIONS = ["cli", "namespaces", "proc"]


def check(patch, suite):
    number = int(re.search(r"^--- a/\S*step(\d\d)-", patch.read_text(encoding="utf-8"), re.M).group(1))
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        copied([steps.directory(number)], root)
        exercise = [suite, "--step", str(number), "--exercise", patch.stem]
        status, report = run(exercise + [str(built(root, number))])
        if status == 0:
            raise Wrong(f"step {number} passes before anything was done:\n{report}")
        must(["patch", "-p1", "--batch", "--fuzz=0", "-s", "-i", str(patch)], cwd=root)
        for made in root.rglob("*.o"):
            made.unlink()
        program = str(built(root, number))
        status, report = run(exercise + [program])
        if status != 0:
            raise Wrong(f"the solution does not pass:\n{report}")
        for word in REGRESSIONS:
            status, report = run([suite, "--step", str(number), "--only", f"{word}: ", program])
            if status != 0:
                raise Wrong(f"the solution breaks something else:\n{report}")


def main():
    suite, failed = str(Path(sys.argv[1]).resolve()), 0
    patches = sorted(HERE.glob("*.patch"))
    for patch in patches:
        try:
            check(patch, suite)
            print(f"[       OK ] exercise {patch.stem}")
        except Wrong as problem:
            failed += 1
            print(f"[  FAILED  ] exercise {patch.stem}: {problem}")
    print(f"{len(patches) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not patches)


if __name__ == "__main__":
    main()
