"""Does the suite fail what is wrong on purpose, and say the right thing?

Usage: check.py SUITE [NAME...]

Each patch in this folder makes one mistake. Above its diff stand the step that it damages, the
promise that it breaks, and words that a learner has to read then; and perhaps a "Hint", which is for
those who ask for it with HINT=2, and for nobody else.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import steps  # noqa: E402: found by the line above

ROOT = HERE.parents[1]
COMPILE = ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Icommon", "-Ibeyond/common", "-w", "-c"]


class Wrong(Exception):
    """The suite did not fail this program as it should."""


def run(command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **how)
    return done.returncode, done.stdout.decode(errors="replace")


def must(command, **how):
    status, text = run(command, **how)
    if status != 0:
        raise Wrong(f"{' '.join(map(str, command))}:\n{text}")


def objects(root, files):
    """FILES below ROOT, compiled."""
    made = [file.with_suffix(".o") for file in files]
    for source, target in zip(files, made):
        if not (root / target).exists():
            must(COMPILE + [str(source), "-o", str(target)], cwd=root)
    return made


def built(root, step):
    """The program of STEP, made from the sources below ROOT."""
    files = [file.relative_to(root) for folder in steps.folders(steps.directory(step, root), root)
             for file in sorted(folder.glob("*.c"))]
    must(["gcc", "-o", "mydocker"] + [str(file) for file in objects(root, files)] + ["-lcap"], cwd=root)
    return root / "mydocker"


def copied(folders, root):
    """FOLDERS of the project, and what all steps share, copied to ROOT."""
    for folder in [*folders, ROOT / "common", ROOT / "beyond/common"]:
        if folder.is_dir():
            shutil.copytree(folder, root / folder.relative_to(ROOT))


def check(patch, suite, clean):
    """Raises Wrong where the suite passes it, or where its words are others."""
    text = patch.read_text(encoding="utf-8")
    hint = re.search("^Hint: (.*)$", text, re.M)
    step, breaks, says = (re.search(f"^{key}: (.*)$", text, re.M).group(1) for key in ("Step", "Breaks", "Says"))
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "project"
        # With the objects of what is not patched.
        shutil.copytree(clean, root)
        must(["patch", "-p1", "--batch", "--fuzz=0", "-s", "-i", str(patch)], cwd=root)
        for file in re.findall(r"^\+\+\+ b/(\S+)", text, re.M):
            stale = [file] if file.endswith(".c") else [str(f.relative_to(root)) for f in root.rglob("*.c")]
            for source in stale:
                (root / source).with_suffix(".o").unlink(missing_ok=True)
        program = built(root, int(step))
        # Two signals of a kind are one where a busy machine is slow to take the first: once more, then.
        for _ in range(3):
            # The smoke test is not run where a promise is named.
            only = [] if breaks.startswith("smoke test: ") else ["--only", breaks]
            command = [suite, "--limit", "3", "--step", step, *only, str(program)]
            status, report = run(command)
            if status != 0:
                break
        hinted = run(command[:1] + ["--hint", "2"] + command[1:])[1] if hint else ""
    name = breaks.partition(": ")[2]
    if f"  FAILED    {name}\n" not in report or status == 0:
        raise Wrong(f"the suite should fail it for '{breaks}', but says:\n{report}")
    found = report[report.index("  FAILED    "):]
    if says not in " ".join(found.split()):
        raise Wrong(f"a learner should read '{says}', but reads:\n{report}")
    if hint and (hint.group(1) in report or f"answer: {hint.group(1)} " not in hinted):
        raise Wrong(f"'{hint.group(1)}' is for HINT=2:\n{report}\nand with it:\n{hinted}")


def main():
    suite, *names = sys.argv[1:]
    suite = str(Path(suite).resolve())
    patches = [HERE / f"{name}.patch" for name in names] or sorted(HERE.glob("*.patch"))
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        clean = Path(directory)
        copied(steps.directories(), clean)
        objects(clean, [file.relative_to(clean) for file in clean.rglob("*.c")])
        with ThreadPoolExecutor(4) as pool:
            for patch, result in [(patch, pool.submit(check, patch, suite, clean)) for patch in patches]:
                try:
                    result.result()
                    print(f"[       OK ] {patch.stem}")
                except Wrong as problem:
                    failed += 1
                    print(f"[  FAILED  ] {patch.stem}: {problem}")
    print(f"{len(patches) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or len(patches) < 30 and not names)


if __name__ == "__main__":
    main()
