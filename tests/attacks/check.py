"""Does the last step hold what docs/security.md says it holds?

Usage: check.py SUITE PROGRAMS STEP4 LAST DOCUMENT
       check.py --write SUITE PROGRAMS STEP4 LAST DOCUMENT    writes into the document's table what it sees

Every attack of attacks.py is tried. A failure is: one that works in the last step, and is not known to;
one that worked in step 4 and works there no longer, which would be a test that cannot fail; a cell of the
document's table that is not what is seen (bubblewrap and crun are compared where their versions are the
document's). What cannot be tried here, as this user, counts for nothing and
is told. An ordinary user's container is another one: then the table is not compared.

And the checks must be able to fail: each patch in this folder takes one protection out of the last step.
Above its diff stand the attacks that have to work then.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
from patched import Patch, copied, must, objects  # noqa: E402: found by the line above
import steps  # noqa: E402

ATTACKS = [sys.executable, "-B", str(HERE / "attacks.py")]
COLUMNS = ["step 4", "step 11", "bubblewrap", "crun"]
# What works in the last step as well, and where docs/security.md says so.
OPEN = {
    "the caller's process group": "limit: without -t COMMAND can kill the caller's process group",
    "all of a user's inotify instances": "limit: what a user may have of inotify is one amount",
}
# Where mydocker is not static, the image's dynamic linker runs as mydocker (docs/security.md).
DYNAMIC = {"the runtime's own program"}


def tried(suite, programs, step4, last, *names):
    """What came of each attack in each runtime, and why."""
    said = subprocess.run([suite, "--world", *ATTACKS, programs, step4, last, *names], stdout=subprocess.PIPE,
                          text=True, check=False).stdout
    facts = {}
    for line in said.splitlines():
        name, runtime, what, why = (line.split("\t") + ["", "", ""])[:4]
        facts.setdefault(name, {})[runtime] = (what, why)
    return facts


def table(text):
    """The cells of the document's table of attacks, by their names."""
    rows = re.findall(r"^\| (.+) \| (.+) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|$", text, re.M)
    return {row[0]: dict(zip(["known from", *COLUMNS], row[1:])) for row in rows if row[0] not in ("attack", "---")}


def elsewhere(text):
    """The columns of runtimes that are of another version than those that the document tells of."""
    for runtime, program in (("bubblewrap", "bwrap"), ("crun", "crun")):
        if shutil.which(program):
            said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
            if f"{runtime} {re.search('[0-9.]+', said).group()}" not in text:
                yield runtime


def is_static(program):
    return b"/ld-" not in Path(program).read_bytes()


def is_root():
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return os.geteuid() == 0 and file.read().split() == ["0", "0", "4294967295"]


def complaints(facts, cells, known, columns):
    """What is wrong with what was seen, for each attack."""
    for name, listed in known.items():
        seen, told = facts.get(name, {}), cells.get(name)
        if not seen:
            yield name, "it was not tried"
            continue
        if seen.get("step 11", ("",))[0] == "works" and name not in OPEN:
            yield name, f"it works in step 11: {seen['step 11'][1]}"
        if told is None:
            yield name, "docs/security.md does not tell of it"
            continue
        if told["known from"] != listed:
            yield name, f"docs/security.md says it is known from '{told['known from']}', not '{listed}'"
        for runtime in columns:
            what, why = seen.get(runtime, ("cannot", ""))
            # What was seen elsewhere, or nowhere, is not compared.
            if is_root() and what != "cannot" and told[runtime] not in (what, "–"):
                yield name, f"docs/security.md says that {runtime} {told[runtime]}: here it {what}: {why}"
    for name in cells:
        if name not in known:
            yield name, "docs/security.md tells of it, and there is no such attack"


def written(text, facts, known):
    """The document with what was seen in its table; what could not be tried stays as it is."""
    cells = table(text)
    rows = []
    for name, listed in known.items():
        row = [facts[name].get(runtime, ("cannot",))[0] for runtime in COLUMNS]
        row = [cells.get(name, {}).get(runtime, "–") if what == "cannot" else what
               for what, runtime in zip(row, COLUMNS)]
        rows.append("| " + " | ".join([name, listed, *row]) + " |")
    head = "| attack | known from | step 4 | step 11 | bubblewrap | crun |\n| --- | --- | --- | --- | --- | --- |\n"
    return re.sub(re.escape(head) + r"(\|.*\n)*", lambda _: head + "\n".join(rows) + "\n", text)


def damaged(patch, clean, root, static):
    """The last step with the mistake of PATCH."""
    shutil.copytree(clean, root)
    must(["patch", "-p1", "--batch", "--fuzz=0", "-s", "-i", str(patch.path)], cwd=root)
    for file in re.findall(r"^\+\+\+ b/(\S+)", patch.diff, re.M):
        (root / file).with_suffix(".o").unlink(missing_ok=True)
    return linked(root, static)


def linked(root, static):
    files = [file.relative_to(root) for folder in steps.folders(steps.directory(11, root), root)
             for file in sorted(folder.glob("*.c"))]
    must(["gcc", *(["-static"] if static else []), "-o", "mydocker", *map(str, objects(root, files)), "-lcap",
          "-lseccomp"], cwd=root)
    return str(root / "mydocker")


def blind_spot(try_it, program, names):
    """What the attacks do not see in a PROGRAM that lets NAMES through."""
    facts = try_it(program, *names)
    for name in names:
        what, why = facts.get(name, {}).get("step 11", ("not tried", str(facts)))
        if what not in ("works", "cannot"):
            yield f"'{name}' should work: {what}, {why}"


def blind_spots(suite, programs, step4, static):
    def try_it(program, *names):
        return tried(suite, programs, step4, program, *names)

    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        clean = Path(directory) / "clean"
        copied([ROOT / steps.directory(11, ROOT)], clean)
        objects(clean, [file.relative_to(clean) for file in clean.rglob("*.c")])
        for patch in [Patch(file) for file in sorted(HERE.glob("*.patch"))]:
            program = damaged(patch, clean, Path(directory) / patch.path.stem, static)
            for spot in blind_spot(try_it, program, patch.all("Works")):
                yield f"{patch.path.stem}: {spot}"
        # The one damage that needs no patch.
        if os.uname().machine == "x86_64":
            for spot in blind_spot(try_it, linked(clean, False), sorted(DYNAMIC)):
                yield f"not static: {spot}"


def report(facts, wrong):
    by_name = {}
    for name, complaint in wrong:
        by_name.setdefault(name, []).append(complaint)
    held = works = cannot = 0
    for name, seen in facts.items():
        if name == "-":
            continue
        what, why = seen.get("step 11", ("cannot", "step 11 runs nothing"))
        if name in by_name:
            print(f"[  FAILED  ] {name}: {'; '.join(by_name.pop(name))}")
        elif what == "cannot":
            cannot += 1
            print(f"[  CANNOT  ] {name}: outside of all it does not work here: {seen['outside'][1]}")
        elif what == "works":
            works += 1
            print(f"[    OPEN  ] {name}: {OPEN.get(name)}")
        else:
            held += 1
            others = ", ".join(f"{runtime} {seen[runtime][0]}" for runtime in COLUMNS if runtime != "step 11" and
                               runtime in seen)
            print(f"[   HELD   ] {name} ({others})")
    for name, complaints_of_it in by_name.items():
        print(f"[  FAILED  ] {name}: {'; '.join(complaints_of_it)}")
    print(f"step 11: {held} held, {works} open, {cannot} cannot be tried here")
    return held


def main():
    write = sys.argv[1] == "--write"
    suite, programs, step4, last, document = (str(Path(word).resolve()) for word in sys.argv[1 + write:])
    known = dict(line.split("\t") for line in subprocess.run([*ATTACKS, "--list"], stdout=subprocess.PIPE, text=True,
                                                            check=True).stdout.splitlines())
    static = is_static(last)
    if not static:
        OPEN.update(dict.fromkeys(DYNAMIC, "this mydocker is not static"))
    with ThreadPoolExecutor(2) as pool:
        blind = pool.submit(lambda: list(blind_spots(suite, programs, step4, static)))
        facts = tried(suite, programs, step4, last)
    broken = facts.get("-", {})
    if write:
        text = Path(document).read_text(encoding="utf-8")
        Path(document).write_text(written(text, facts, known), encoding="utf-8")
    text = Path(document).read_text(encoding="utf-8")
    of_others = list(elsewhere(text))
    wrong = list(complaints(facts, table(text), known, [column for column in COLUMNS if column not in of_others]))
    held = report(facts, wrong)
    for runtime, (_, why) in broken.items():
        print(f"[  CANNOT  ] {runtime} runs nothing here: {why}")
    for runtime in of_others:
        print(f"[  CANNOT  ] {runtime} is not compared: the document tells of another version")
    for spot in blind.result():
        print(f"[  FAILED  ] tests/attacks sees nothing: {spot}")
    sys.exit(bool(wrong or blind.result() or held == 0 or "step 4" in broken))


if __name__ == "__main__":
    main()
