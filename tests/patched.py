"""Programs that are made of a step and a patch: those that are wrong on purpose, and the exercises'.

Above the diff of such a patch stand a description and lines of "Key: value".
"""
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import steps

ROOT = Path(__file__).resolve().parents[1]
COMPILE = ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Icommon", "-Ibeyond/common", "-w", "-c"]


class Wrong(Exception):
    """Something is not as it should be."""


def run(command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **how)
    return done.returncode, done.stdout.decode(errors="replace")


def must(command, **how):
    status, text = run(command, **how)
    if status != 0:
        raise Wrong(f"{' '.join(map(str, command))}:\n{text}")


def no_limits():
    """Why limits cannot be tried on this machine, or None: they are for root, and take cgroup v2."""
    if os.geteuid() != 0:
        return "it takes root"
    try:
        # A file that version 1 has not: there a stray cgroup.subtree_control can be written to as well.
        Path("/sys/fs/cgroup/cgroup.controllers").read_bytes()
        # Not open(): where there is no such file, that would make one.
        handed_down = os.open("/sys/fs/cgroup/cgroup.subtree_control", os.O_WRONLY)
        try:
            os.write(handed_down, b"+memory +cpu +pids")
        finally:
            os.close(handed_down)
    except OSError:
        return "it takes limits of cgroup v2, and this machine has none: see make vm-test KIND=wrong"
    return None


def kernel_before(version):
    return [*map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups())] < [*map(int, version.split("."))]


def why_not(patch, limits):
    """Why PATCH cannot be checked here, or None. LIMITS is what no_limits() says."""
    if patch.one("As") == "root" and os.geteuid() != 0:
        return "it takes root"
    if patch.one("On", os.uname().machine) != os.uname().machine:
        return f"it takes {patch.one('On')}"
    if kernel_before(patch.one("Kernel", "0.0")):
        return f"it takes Linux {patch.one('Kernel')}"
    if patch.one("Needs") == "network" and all(name == "lo" for _, name in socket.if_nameindex()):
        return "it takes a network: without one lo is alone outside, too"
    return limits if patch.one("Needs") == "cgroup2" else None


def packed(patch, clean, root, options):
    """Build the program of PATCH for another machine. ROOT gets it as `mydocker`, the suite's OPTIONS, a
    line each, and where it should fail what it `breaks` and what the suite `says` then."""
    with tempfile.TemporaryDirectory() as directory:
        program = patched(patch, clean, Path(directory) / "project")
        root.mkdir(parents=True)
        shutil.copy(program, root / "mydocker")
    texts = {"options": "\n".join(["--step", patch.one("Step"), *options])}
    if patch.one("Says"):
        texts.update(breaks=patch.one("Breaks").partition(": ")[2], says=patch.one("Says"))
    for name, text in texts.items():
        (root / name).write_text(text + "\n", encoding="utf-8")


class Patch:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        start = re.search("^--- ", self.text, re.M).start()
        self.head, self.diff = self.text[:start], self.text[start:]

    def all(self, key):
        """The values of KEY."""
        return re.findall(f"^{key}: (.*)$", self.head, re.M)

    def one(self, key, otherwise=None):
        return (self.all(key) + [otherwise])[0]

    def title(self):
        """The first line of its description."""
        return self.head.split("\n", 1)[0]


def objects(root, files):
    """FILES below ROOT, compiled."""
    made = [file.with_suffix(".o") for file in files]
    for source, target in zip(files, made):
        if not (root / target).exists():
            must(COMPILE + [str(source), "-o", str(target)], cwd=root)
    return made


def copied(folders, root):
    """FOLDERS of the project, and what all steps share, copied to ROOT."""
    for folder in [*folders, ROOT / "common", ROOT / "beyond/common"]:
        if folder.is_dir():
            shutil.copytree(folder, root / folder.relative_to(ROOT))


def clean_copy(root, numbers):
    """The sources of the steps with these NUMBERS at ROOT, compiled."""
    copied([steps.directory(number) for number in sorted(set(map(int, numbers)))], root)
    objects(root, [file.relative_to(root) for file in root.rglob("*.c")])


def built(root, step):
    """The program of STEP, made from the sources below ROOT."""
    files = [file.relative_to(root) for folder in steps.folders(steps.directory(step, root), root)
             for file in sorted(folder.glob("*.c"))]
    program = root / f"step{step:02}" / "mydocker"
    program.parent.mkdir(exist_ok=True)
    libraries = ["-lcap"] + ["-lseccomp"] * any(file.name == "seccomp.c" for file in files)
    must(["gcc", "-o", str(program)] + [str(file) for file in objects(root, files)] + libraries, cwd=root)
    return program


def patched(patch, clean, root):
    """The program that PATCH makes of its step, built at ROOT from a copy of the tree CLEAN."""
    # With the objects of what is not patched.
    for folder in steps.folders(steps.directory(patch.one("Step"), clean), clean):
        shutil.copytree(folder, root / folder.relative_to(clean))
    must(["patch", "-p1", "--batch", "--fuzz=0", "-s", "-i", str(patch.path)], cwd=root)
    for file in re.findall(r"^\+\+\+ b/(\S+)", patch.diff, re.M):
        # A header is its directory's, or everybody's.
        folder = root if "common/" in file else root / Path(file).parent
        stale = [root / file] if file.endswith(".c") else folder.rglob("*.c")
        for source in stale:
            source.with_suffix(".o").unlink(missing_ok=True)
    return built(root, int(patch.one("Step")))
