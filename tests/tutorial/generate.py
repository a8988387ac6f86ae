"""The parts of the tutorial and of the README that are made from the sources and the suite.

Usage: generate.py SUITE DOCUMENT...: bring them up to date.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import hunks
from document import Document, regenerate

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import steps  # noqa: E402: found by the line above
from patched import Patch  # noqa: E402

EXERCISES = ROOT / "tests/exercises"
# A patch that is longer is not printed, but linked.
LONG = 30
STEPS = [str(path.relative_to(ROOT)) for path in steps.directories()]


def steps_of(path):
    """The steps that the document at PATH is about: those of part one, or of part two."""
    return [step for step in STEPS if (Path(step).parent.name == "beyond") == (path.resolve().parent.name == "beyond")]


def number_of(step):
    return int(Path(step).name[4:6])


def step_directory(number):
    return next(step for step in STEPS if number_of(step) == int(number))


def before(directory):
    return STEPS[STEPS.index(directory) - 1]


def size(directory):
    """How much a step adds and takes away; of the first one, how many lines it has."""
    if directory == STEPS[0]:
        return f"{sum(path.read_bytes().count(10) for path in (ROOT / directory).iterdir())} in all"
    lines = [line for piece in hunks.between(before(directory), directory, ROOT) for line in piece.lines]
    return f"+{sum(line[0] == '+' for line in lines)} −{sum(line[0] == '-' for line in lines)}"


def promises(suite):
    """(first step, last step or None, mechanism, text) of each promise of the suite."""
    text = subprocess.run([suite, "--list"], stdout=subprocess.PIPE, check=True).stdout.decode()
    for line in text.splitlines():
        steps, name = line.split("\t")
        first, last = steps.split("-")
        yield (int(first), int(last) if last else None, *name.split(": ", 1))


def promise_table(suite, numbers):
    """What each step does, and does not do yet: a row for each promise that not all of them make."""
    rows = ["| of | promise | " + " | ".join(map(str, numbers)) + " |", "| --- | --- |" + " --- |" * len(numbers)]
    common = 0
    for first, last, mechanism, text in promises(suite):
        kept = [first <= n <= (last or n) for n in numbers]
        if not any(kept):
            continue  # the other part's
        if all(kept):
            common += 1
        else:
            rows.append(f"| {mechanism} | {text} | " + " | ".join("✓" if k else "" for k in kept) + " |")
    rows += ["", f"{common} more promises are kept by every step. `build/plain/tests/suite/suite --list` "
             "prints them all."]
    return "\n".join(rows)


def exercise_patches(number):
    """What the exercise NUMBER, "2.4", asks for: its patches."""
    found = [patch for patch in map(Patch, sorted(EXERCISES.glob("*.patch"))) if patch.one("Exercise") == number]
    if not found:
        raise ValueError(f"no patch in {EXERCISES.relative_to(ROOT)} is of exercise {number}")
    return found


def counted(names):
    """How many promises, for the reader of a sentence."""
    small = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    number = small[len(names)] if len(names) < len(small) else str(len(names))
    return f"{number} promise{'s' * (len(names) != 1)}"


def asked(patch):
    """What one types to have the promises looked at that PATCH names."""
    words = [f"`STEP={patch.one('Suite').zfill(2)}`"] if patch.one("Suite") else []
    words += [f"`ONLY='{word}'`" if " " in word else f"`ONLY={word}`" for word in patch.all("Only")]
    return ", ".join(words[:-1]) + " and " * (len(words) > 1) + words[-1]


def broken(patch):
    """The first words about the promises that PATCH breaks, and their names."""
    names = patch.all("Breaks")
    end = f"{'s' * (len(names) == 1)}{':' if names else '.'}"
    return f"With {asked(patch)}, {counted(names)} break{end}", names


def exercise(number, document):
    """The promises that the answer to an exercise breaks or gains, and the patch, if there is only one."""
    patches, lines = exercise_patches(number), []
    if len(patches) > 1:
        for patch in patches:
            words, names = broken(patch)
            lines += [f"- {patch.title()} {words}"] + [f"  - {name}" for name in names]
        return "\n".join(lines)
    patch = patches[0]
    if patch.one("Only"):
        words, names = broken(patch)
        lines += [words, ""] + [f"- {name}" for name in names] + [""] * bool(names)
    gains = patch.all("Gains")
    if gains:
        lines += [f"And {counted(gains)} {'is' if len(gains) == 1 else 'are'} gained:", ""]
        lines += [f"- {name}" for name in gains] + [""]
    body = patch.diff.splitlines()
    target = os.path.relpath(patch.path, document.path.resolve().parent)
    where = f"[tests/exercises/{patch.path.name}]({target})"
    step = f"`{step_directory(patch.one('Step').zfill(2))}`"
    if len(body) > LONG:
        lines.append(f"The patch on {step} is {where}.")
    else:
        lines += [f"The patch on {step}, {where}:", "", f"```diff exercise={number}", *body, "```"]
    return "\n".join(lines)


class Generator:
    def __init__(self, suite):
        self.suite = suite

    def part(self, what, document):
        kind, *words = what.split()
        if kind == "size":
            return size(step_directory(words[0]))
        if kind == "promises":
            return promise_table(self.suite, [number_of(step) for step in steps_of(document.path)])
        if kind == "exercise":
            return exercise(words[0], document)
        raise ValueError(f"nothing is known of the generated part '{what}'")

    def sizes_in_table(self, text):
        """The sizes in the README's table of steps."""
        for directory in STEPS:
            text = re.sub(rf"^(\| `{Path(directory).name}` \|.*\| )(?:\+\d+ −\d+|\d+ in all)( \|)",
                          lambda match, d=directory: match.group(1) + size(d) + match.group(2), text, flags=re.M)
        return text

    def up_to_date(self, document):
        """DOCUMENT's text with its generated parts as they should be, its diffs left alone."""
        return self.sizes_in_table(regenerate(document.text, lambda what: self.part(what, document)))


def with_diffs(document):
    """DOCUMENT's text with its diffs cut from the sources again."""
    pairs = {}
    for fence in document.fences:
        if fence.language == "diff" and "from" in fence.attributes:
            pairs.setdefault((fence.attributes["from"], fence.attributes["to"]), []).append(fence)
    bodies = {}
    for (old, new), fences in pairs.items():
        now = [hunks.parse(fence.lines) for fence in fences]
        for fence, pieces in zip(fences, hunks.recut(now, hunks.between(old, new, ROOT))):
            bodies[fence.line] = hunks.written(pieces)
    return document.replaced(bodies)


def main():
    generator = Generator(sys.argv[1])
    for name in sys.argv[2:]:
        path = Path(name)
        text = Generator.up_to_date(generator, Document(path, with_diffs(Document(path))))
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"{name} is brought up to date.")


if __name__ == "__main__":
    main()
