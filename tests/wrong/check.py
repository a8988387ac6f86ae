"""Does the suite fail what is wrong on purpose, and say the right thing?

Usage: check.py [--steps 'N...'] SUITE [NAME...]
       check.py --pack DIRECTORY: build those that this machine cannot check, for one that can

Each patch in this folder makes one mistake. Above its diff stand the step that it damages, the
promise that it breaks, and words that a learner has to read then; perhaps how the place to think
begins ("Thinks"), where a hint for the whole group of promises would mislead; and perhaps a "Hint",
which is for those who ask for it with HINT=2, and for nobody else. "As: root" is what root alone can
get wrong, "Needs: cgroup2" what takes limits of control groups, version 2, "Needs: network" what cannot be
seen where lo is alone, "Kernel: 6.6" what takes so new a kernel, and "On: x86_64" what can go wrong on that
machine alone.
"""
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from patched import Patch, Wrong, clean_copy, no_limits, packed, patched, run, why_not  # noqa: E402: found by the line above


def reports(patch, suite, program, limit):
    """What the suite says of PROGRAM and its status, and what it says to whom it tells the hint. It waits
    LIMIT seconds for what a program that is wrong never does."""
    breaks = patch.one("Breaks")
    # The smoke test is not run where a promise is named.
    only = [] if breaks.startswith("smoke test: ") else ["--only", breaks]
    command = [suite, "--limit", limit, "--step", patch.one("Step"), *only, program]
    status, report = run(command)
    hinted = run(command[:1] + ["--hint", "2"] + command[1:])[1] if patch.one("Hint") else ""
    return status, report, hinted


def judge(patch, status, report, hinted):
    """Raises Wrong where the suite passes it, or where its words are others."""
    hint, breaks, says = patch.one("Hint"), patch.one("Breaks"), patch.one("Says")
    name = breaks.partition(": ")[2]
    if f"  FAILED    {name}\n" not in report or status == 0:
        raise Wrong(f"the suite should fail it for '{breaks}', but says:\n{report}")
    found = report[report.index("  FAILED    "):]
    if says not in " ".join(found.split()):
        raise Wrong(f"a learner should read '{says}', but reads:\n{report}")
    thinks = patch.one("Thinks")
    if thinks and f" think: {thinks}" not in " ".join(found.split()):
        raise Wrong(f"a learner should be told to think '{thinks}', but reads:\n{report}")
    if hint and (hint in report or f"answer: {hint} " not in hinted):
        raise Wrong(f"'{hint}' is for HINT=2:\n{report}\nand with it:\n{hinted}")


def check(patch, suite, clean):
    """Raises Wrong where the suite passes it, or where its words are others."""
    with tempfile.TemporaryDirectory() as directory:
        program = str(patched(patch, clean, Path(directory) / "project"))
        try:
            return judge(patch, *reports(patch, suite, program, "1"))
        except Wrong:
            pass  # a second may be too short on a busy machine: then three decide
        # Two signals of a kind are one where a busy machine is slow to take the first: once more, then.
        for _ in range(3):
            said = reports(patch, suite, program, "3")
            if said[0] != 0:
                break
    return judge(patch, *said)


def all_patches():
    return [Patch(path) for path in sorted(HERE.glob("*.patch"))]


def pack(root):
    """Those that need limits."""
    with tempfile.TemporaryDirectory() as directory:
        patches = [patch for patch in all_patches() if patch.one("Needs") == "cgroup2"]
        clean_copy(Path(directory), [patch.one("Step") for patch in patches])
        for patch in patches:
            packed(patch, Path(directory), root / patch.path.stem, ["--only", patch.one("Breaks")])


def main():
    suite, *names = sys.argv[1:]
    if suite == "--pack":
        sys.exit(pack(Path(names[0])))
    wanted = None
    if suite == "--steps":
        wanted, suite, *names = {int(number) for number in names[0].split()}, *names[1:]
    suite = str(Path(suite).resolve())
    patches = [Patch(HERE / f"{name}.patch") for name in names] or all_patches()
    patches = [patch for patch in patches if wanted is None or int(patch.one("Step")) in wanted]
    limits = no_limits()
    skipped = {patch: reason for patch in patches for reason in [why_not(patch, limits)] if reason}
    patches = [patch for patch in patches if patch not in skipped]
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        clean = Path(directory)
        clean_copy(clean, [patch.one("Step") for patch in patches])
        with ThreadPoolExecutor(4) as pool:
            for patch, result in [(patch, pool.submit(check, patch, suite, clean)) for patch in patches]:
                try:
                    result.result()
                    print(f"[       OK ] {patch.path.stem}")
                except Wrong as problem:
                    failed += 1
                    print(f"[  FAILED  ] {patch.path.stem}: {problem}")
    for patch, reason in skipped.items():
        print(f"[  CANNOT  ] {patch.path.stem}: {reason}")
    print(f"{len(patches) - failed} passed, {failed} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    sys.exit(failed > 0 or len(patches) < 30 and not names)


if __name__ == "__main__":
    main()
