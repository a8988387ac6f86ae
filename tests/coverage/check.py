"""Which lines and branches does no test reach, and is there a reason for each?

Usage: check.py [--faults] REASONS PROGRAM...

The counters of a PROGRAM's runs are in a folder `counters` above it. What is not covered has to
stand in the file REASONS, and what stands there must not be covered, but for what a race or the machine
decides ("Sometimes"). "*" stands for all lines of a file. With --faults, what only a failed system call reaches ("Faults") has to be covered.
"""
import collections
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import steps  # noqa: E402: found by the line above


def llvm(*words):
    return subprocess.run([f"llvm-{words[0]}", *map(str, words[1:])], check=True, stdout=subprocess.PIPE).stdout


def within_project(file):
    return str(Path(file).resolve().relative_to(ROOT))


def measured(program):
    """({(file, line): count}, {(file, place): (times true, times false)}) of one program."""
    lines, branches = {}, {}
    counters = next(folder / "counters" for folder in program.parents if (folder / "counters").is_dir())
    merged = counters.with_suffix(".merged")
    llvm("profdata", "merge", "-o", merged, *counters.iterdir())
    export = ["cov", "export", program, f"-instr-profile={merged}"]
    for record in llvm(*export, "-format=lcov").decode().splitlines():
        kind, _, value = record.partition(":")
        if kind == "SF":
            file = within_project(value)
        elif kind == "DA":
            line, count = map(int, value.split(",")[:2])
            lines[file, line] = count
    for entry in json.loads(llvm(*export, "-format=text"))["data"][0]["files"]:
        file = within_project(entry["filename"])
        for branch in entry["branches"]:
            branches[file, tuple(branch[:4])] = tuple(branch[4:6])
    # The unit tests themselves are not judged.
    return tuple({place: count for place, count in counts.items() if not place[0].startswith("tests/")}
                 for counts in (lines, branches))


def added(builds):
    """The sum over all programs: the files of common/ are in each of them."""
    lines, branches = collections.Counter(), {}
    for some_lines, some_branches in builds:
        for place, count in some_lines.items():
            lines[place] += count
        for place, counts in some_branches.items():
            old = branches.get(place, (0, 0))
            branches[place] = (old[0] + counts[0], old[1] + counts[1])
    return lines, branches


class Source(dict):
    """The lines of a file, read once."""

    def __missing__(self, file):
        self[file] = (ROOT / file).read_text(encoding="utf-8").splitlines()
        return self[file]

    def between(self, file, place):
        first, start, last, end = place
        lines = self[file][first - 1:last]
        lines[-1] = lines[-1][:end - 1]
        lines[0] = lines[0][start - 1:]
        return " ".join(line.strip() for line in lines)


def uncovered(lines, branches):
    """What no test reaches: a line's text, or "CONDITION: never true"."""
    source = Source()
    missed = collections.Counter()
    for (file, line), count in sorted(lines.items()):
        if count == 0:
            missed[f"{file}: {source[file][line - 1].strip()}"] += 1
    for (file, place), counts in sorted(branches.items()):
        # What is not reached at all is in a line, or behind a condition, that is listed already; so
        # is a condition that is never true before a line that is never reached.
        guards = [lines.get((file, line)) for line in (place[0], place[2] + 1)]
        if sum(counts) > 0 and 0 in counts and not (counts[0] == 0 and 0 in guards):
            word = "true" if counts[0] == 0 else "false"
            missed[f"{file}: {source.between(file, place)}: never {word}"] += 1
    return missed


def everywhere(what):
    """WHAT begins with a file: with step*/FILE it is one in each step that has such a line."""
    file, _, line = what.partition(": ")
    if not file.startswith("step*/"):
        return [what]
    paths = [directory / file[len("step*/"):] for directory in steps.directories()]
    text = line.partition(": never ")[0]
    return [f"{path.relative_to(ROOT)}: {line}" for path in paths
            if path.exists() and text in path.read_text(encoding="utf-8")]


def listed(reasons):
    """{what is not covered: its reasons, one for each time that it stands there}."""
    found, reason = {}, None
    for line in Path(reasons).read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            for what in everywhere(line.strip()):
                found.setdefault(what, []).append(reason)
        elif line and not line.startswith("#"):
            reason = line
    return found


def judged(missed, known, faults, files):
    """The complaints about FILES. FAULTS: was every system call made to fail as well?"""
    no_reason, no_need = [], []
    known = {what: reasons for what, reasons in known.items() if what.partition(": ")[0] in files}
    for what in sorted(missed.keys() | known.keys()):
        if what.partition(": ")[0] + ": *" in known:
            continue
        reasons = known.get(what, [])
        if faults:
            reasons = [reason for reason in reasons if not reason.startswith("Faults")]
        at_least = sum(not reason.startswith("Sometimes") for reason in reasons)
        if missed[what] > len(reasons):
            no_reason.append(what)
        elif missed[what] < at_least:
            no_need.append(what)
    return no_reason, no_need


def table(lines, branches):
    rows = [("file", "lines", "", "branches", "")]
    files = sorted({file for file, _ in lines})
    for file in files + [""]:
        counts = [count for (of, _), count in lines.items() if of == file or not file]
        sides = [side for (of, _), both in branches.items() if of == file or not file for side in both]
        rows.append((file or "all",
                     f"{sum(c > 0 for c in counts)}/{len(counts)}",
                     f"{100 * sum(c > 0 for c in counts) / len(counts):.1f} %",
                     f"{sum(c > 0 for c in sides)}/{len(sides)}",
                     f"{100 * sum(c > 0 for c in sides) / max(1, len(sides)):.1f} %"))
    for row in rows:
        print(f"{row[0]:32}{row[1]:>9}{row[2]:>9}{row[3]:>11}{row[4]:>9}")


def main():
    faults = sys.argv[1] == "--faults"
    reasons, *programs = sys.argv[1 + faults:]
    lines, branches = added(measured(Path(program).resolve()) for program in programs)
    table(lines, branches)
    complaints = judged(uncovered(lines, branches), listed(reasons), faults, {file for file, _ in lines})
    for whats, problem in zip(complaints, ("not covered, and without a reason", "listed, but covered or gone")):
        if whats:
            print(f"{reasons}: {problem}:", *whats, sep="\n  ")
    sys.exit(any(complaints))


if __name__ == "__main__":
    main()
