"""Is every line of the tutorial true: its code, its diffs, its transcripts, its links?

Usage: check.py [--only LINE] SUITE DOCUMENT...

A test for each fence, named after its line; others for what concerns a whole document. Exits 0
where all have passed.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import generate
import hunks
import terminal
from document import Document, LINK
from patched import kernel_before, no_limits
from terminal import Mismatch


class CannotCheck(Exception):
    """Not on this machine, or not as this user. Never counts as passed."""


class NoLimits(CannotCheck):
    """Not even as root: most machines where tests are made have no limits of cgroup v2, and some an older kernel."""


ROOT = generate.ROOT
TUTORIALS = [ROOT / "TUTORIAL.md", ROOT / "beyond/TUTORIAL.md"]
PAGES = set(Path(__file__).with_name("man-pages").read_text(encoding="utf-8").split())
MAN7 = re.compile(r"^https://man7\.org/linux/man-pages/man(\d)/([^/]+)\.(\d)\.html$")


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


# ---- a fence each ----

def check_excerpt(fence):
    """These lines stand in that file, one after the other."""
    path = fence.attributes["file"]
    if not fence.lines:
        raise Mismatch("it quotes nothing")
    if "\n" + "\n".join(fence.lines) + "\n" in "\n" + read(path):
        return
    lines = read(path).split("\n")
    missing = [line for line in fence.lines if line not in lines]
    raise Mismatch(f"{path} has no such lines" + "".join(f"\n    not in there: {line}" for line in missing)
                   + ("" if missing else ", though each of them somewhere"))


def check_hunks(fence):
    hunks.parse(fence.lines)
    old, new = fence.attributes["from"], fence.attributes["to"]
    if new not in generate.STEPS[1:] or old != generate.before(new):
        raise Mismatch(f"{old} and {new} are no neighbours")


def check_exercise(fence):
    """This is the whole patch of that exercise, which `make test-exercises` tries."""
    patches = generate.exercise_patches(fence.attributes["exercise"])
    if len(patches) != 1 or fence.lines != patches[0].diff.splitlines():
        raise Mismatch(f"{' and '.join(patch.path.name for patch in patches)} says something else")


def check_diff(fence):
    (check_exercise if "exercise" in fence.attributes else check_hunks)(fence)


def check_transcript(fence, suite, project):
    if fence.attributes.get("as") == "root" and os.geteuid() != 0:
        raise CannotCheck("it needs root, and not root of a user namespace")
    if fence.attributes.get("needs") == "cgroup2" and no_limits():
        raise NoLimits(no_limits())
    if kernel_before(fence.attributes.get("kernel", "0.0")):
        raise NoLimits(f"it takes Linux {fence.attributes['kernel']}")
    terminal.run(fence, suite, project)
    wrong = fence.attributes.get("not")
    if not wrong:
        return
    # What a step brings, the step before cannot show.
    right = fence.attributes["step"]
    try:
        terminal.run(fence, suite, project, lambda text: text.replace(f"/step{right}/", f"/step{wrong}/"))
    except Mismatch:
        return
    raise Mismatch(f"step {wrong} shows the very same, and should not")


# ---- a document each ----

def check_whole(document, path):
    """The excerpts of this file are all of it, but for empty lines."""
    lines = read(path).split("\n")[:-1]
    quoted = set()
    for fence in document.fences:
        if fence.attributes.get("file") == path:
            for start in range(len(lines)):
                if lines[start:start + len(fence.lines)] == fence.lines:
                    quoted.update(range(start, start + len(fence.lines)))
    missing = [line for number, line in enumerate(lines) if number not in quoted and line]
    if missing:
        raise Mismatch(f"{path} is not quoted as a whole; not there:\n    " + "\n    ".join(missing))


def check_pair(document, old, new):
    """The pieces of this pair's diff, put together, make the one step of the other. A new file may be
    quoted as code: its excerpts are all of it."""
    pieces = [piece for fence in document.fences if fence.language == "diff"
              and (fence.attributes.get("from"), fence.attributes.get("to")) == (old, new)
              for piece in hunks.parse(fence.lines)]
    patch = "\n".join(hunks.written(hunks.joined(pieces))) + "\n"
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "copy"
        shutil.copytree(ROOT / old, copy)
        for path in sorted((ROOT / new).iterdir()):
            if not (copy / path.name).exists() and not any(piece.file == path.name for piece in pieces):
                check_whole(document, f"{new}/{path.name}")
                shutil.copy(path, copy)
        done = subprocess.run(["patch", "-p1", "--batch", "--fuzz=0", "--no-backup-if-mismatch"], cwd=copy,
                              input=patch.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        said = done.stdout.decode()
        if done.returncode != 0 or "offset" in said:
            raise Mismatch(f"patch -p1 in {old} says:\n{said}")
        rest = subprocess.run(["diff", "-ru", copy, ROOT / new], stdout=subprocess.PIPE, check=False)
        if rest.returncode != 0:
            raise Mismatch(f"patched, {old} is not {new} yet:\n{rest.stdout.decode()}")


def check_generated(document, generator):
    wanted, found = generator.up_to_date(document).split("\n"), document.text.split("\n")
    for number, (should, line) in enumerate(zip(wanted, found), 1):
        if should != line:
            raise Mismatch(f"line {number}, which make tutorial mends, should be\n    {should}\n  and is\n    {line}")
    if len(wanted) != len(found):
        raise Mismatch("a generated part has another length; make tutorial mends it")


def check_sizes(document):
    """A size in prose is the real one of some step."""
    real = {generate.size(directory) for directory in generate.STEPS[1:]}
    for number, line in document.prose:
        for size in re.findall(r"\+\d+ −\d+", line):
            if size not in real:
                raise Mismatch(f"line {number}: no step is {size}; they are {', '.join(sorted(real))}")


def check_links(document):
    anchors = document.anchors()
    for number, text, target in document.links():
        if target.startswith("#"):
            found = target[1:] in anchors
        elif "://" in target:
            found = not MAN7.match(target) or "{1}({0})".format(*MAN7.match(target).groups()) in PAGES
        else:
            path, _, anchor = target.partition("#")
            file = document.path.parent / path
            found = file.exists() and (not anchor or anchor in Document(file).anchors())
        if not found:
            raise Mismatch(f"line {number}: [{text}]({target}) leads nowhere")
    for number, line in document.prose:
        # The book rewrites links line by line, as they are read here.
        if "](" in re.sub(r"`[^`]*`", "", LINK.sub("", line)):
            raise Mismatch(f"line {number}: a link is broken over two lines")


def check_man_pages(document):
    """A name with a section is a manual page."""
    for number, line in document.prose:
        for name, section in re.findall(r"(?<![\w.])([a-z_][\w.\-]*)\((\d)\)", line):
            if f"{name}({section})" not in PAGES:
                raise Mismatch(f"line {number}: there is no manual page {name}({section})")


def check_figures(document):
    """Each figure has a text for those who cannot see it, and each file is shown in some tutorial."""
    for number, text, target in document.links():
        if target.endswith(".svg") and len(text) < 40:
            raise Mismatch(f"line {number}: {target} needs an alternative text that carries its content")
    shown = {Path(target).name for tutorial in TUTORIALS for _, _, target in Document(tutorial).links()}
    for path in sorted((ROOT / "docs/figures").glob("*.svg")):
        if path.name not in shown:
            raise Mismatch(f"{path.name} is shown nowhere")


def check_messages(document):
    """A message in the first column of a table of troubles is one that the last step has."""
    program = (ROOT / f"step{generate.number_of(generate.STEPS[-1]):02}" / "mydocker").read_bytes()
    section, count = False, 0
    for number, line in document.prose:
        if line.startswith("#"):
            section = "troubleshooting" in line.lower()
        row = re.match(r"^\| `([^`]*)`([^|]*)\|", line)
        if not section or not row or "own)" in row.group(2):
            continue
        count += 1
        if row.group(1).encode() not in program:
            raise Mismatch(f"line {number}: no message says: {row.group(1)}")
    if count < 8:
        raise Mismatch("the messages are not where they were")


def check_chapters(document, suite):
    """The suite sends its readers to the chapters by their headings."""
    program = Path(suite).read_bytes()
    for number, line in document.prose:
        if line.startswith("## Step ") and line[3:].encode() + b"\0" not in program:
            raise Mismatch(f"line {number}: the suite (report.c) knows no chapter '{line[3:]}'")


def check_sections(document, report=ROOT / "tests/suite/report.c"):
    """And to the sections in them."""
    table = report.read_text(encoding="utf-8").partition("} sections[] = {")[2].partition("};")[0]
    headings = re.findall(r'\{"[a-z]+", "(.*)"\}', table)
    if not headings:
        raise Mismatch("the sections are not where they were in report.c")
    for heading in headings:
        if not any(line == f"### {heading}" for _, line in document.prose):
            raise Mismatch(f"the suite (report.c) knows a section '{heading}', the text does not")


def check_first_step(document):
    """The excerpts of the first step are all of it: a reader has nothing else to write it from."""
    for path in sorted((ROOT / generate.STEPS[0]).iterdir()):
        check_whole(document, f"{generate.STEPS[0]}/{path.name}")


def check_fences(document):
    """Nothing that looks like code or a screen stands outside of a fence that is checked."""
    after_blank = True
    for number, line in document.prose:
        if after_blank and re.match(r"^(    |\t)\S", line):
            raise Mismatch(f"line {number}: an indented block is not checked; make it a fence")
        after_blank = not line.strip()
    for fence in document.fences:
        known = {"c": [{"file"}], "diff": [{"from", "to"}, {"exercise"}], "console": [{"step"}]}.get(fence.language, [])
        if not any(words <= set(fence.attributes) for words in known):
            raise Mismatch(f"line {fence.line}: a fence is c file=, diff from= to=, diff exercise= or console step=")
        if fence.attributes.get("needs", "cgroup2") != "cgroup2":
            raise Mismatch(f"line {fence.line}: needs={fence.attributes['needs']} is not known")
        # A tool that was not there when the transcript was made shows the reader nothing.
        for number, line in enumerate(fence.lines, fence.line + 1):
            if fence.language == "console" and line.endswith(": not found"):
                raise Mismatch(f"line {number}: {line}")


# ---- all of them ----

def tests_of(document, suite, project):
    name, generator = str(document.path.resolve().relative_to(ROOT)), generate.Generator(suite)
    steps = generate.steps_of(document.path)
    yield f"{name}: its generated parts", lambda: check_generated(document, generator)
    yield f"{name}: the sizes in its prose", lambda: check_sizes(document)
    yield f"{name}: its links", lambda: check_links(document)
    yield f"{name}: the manual pages it names", lambda: check_man_pages(document)
    if document.path.resolve() == ROOT / "README.md":
        yield f"{name}: the messages it explains", lambda: check_messages(document)
    if document.path.name == "TUTORIAL.md":
        yield f"{name}: its figures", lambda: check_figures(document)
        yield f"{name}: its chapters", lambda: check_chapters(document, suite)
        yield f"{name}: its fences", lambda: check_fences(document)
        if steps[0] == generate.STEPS[0]:
            yield f"{name}: the whole of {steps[0]}", lambda: check_first_step(document)
            yield f"{name}: its sections", lambda: check_sections(document)
        for new in steps[steps[0] == generate.STEPS[0]:]:
            old = generate.before(new)
            yield f"{name}: the whole diff of {old} and {new}", lambda o=old, n=new: check_pair(document, o, n)
    for fence in document.fences:
        check = {"c": check_excerpt, "diff": check_diff,
                 "console": lambda fence: check_transcript(fence, suite, project)}.get(fence.language)
        if check:
            yield f"{name}:{fence.line}: {fence}", lambda c=check, f=fence: c(f)


def project_copy(directory):
    """What a transcript may change: the sources and the programs, but nothing else that was built."""
    def ignore(folder, names):
        return {".git", "build"} & set(names) if Path(folder) == ROOT else set()

    shutil.copytree(ROOT, directory, ignore=ignore, symlinks=True)
    return str(directory)


def run_tests(tests, only=None):
    """Run them and print what became of each. Returns how many passed, failed, were not made, and could not
    be made even by root."""
    counts = [0, 0, 0, 0]
    for name, test in tests:
        if only and f":{only}:" not in name:
            continue
        try:
            test()
            outcome, said = 0, f"[       OK ] {name}"
        except CannotCheck as reason:
            outcome, said = 2 + isinstance(reason, NoLimits), f"[  CANNOT  ] {name}: {reason}"
        except (Mismatch, ValueError, OSError, LookupError, StopIteration) as problem:
            outcome, said = 1, f"[  FAILED  ] {name}\n  {problem}"
        counts[outcome] += 1
        print(said, flush=True)
    return counts


def main():
    parser = argparse.ArgumentParser(usage="check.py [--only LINE] SUITE DOCUMENT...")
    parser.add_argument("--only")
    parser.add_argument("suite")
    parser.add_argument("documents", nargs="+", type=Path)
    arguments = parser.parse_args()
    start, total = time.monotonic(), [0, 0, 0, 0]
    with tempfile.TemporaryDirectory() as directory:
        project = project_copy(Path(directory) / "project")
        for path in arguments.documents:
            document = Document(path)
            tests = tests_of(document, str(Path(arguments.suite).resolve()), project)
            total = [sum(pair) for pair in zip(total, run_tests(tests, arguments.only))]
    passed, failed, not_made, no_machine = total
    print(f"The documents were checked in {time.monotonic() - start:.0f} s.")
    print(f"{passed} passed, {failed} failed" + (f", {not_made + no_machine} skipped" if not_made + no_machine else ""))
    # As root there is nothing else that cannot be checked.
    sys.exit(failed > 0 or passed == 0 or (not_made > 0 and os.geteuid() == 0))


if __name__ == "__main__":
    main()
