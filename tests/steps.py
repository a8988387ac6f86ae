"""Where the steps are: at the top level and, in part two, in beyond/, in the order of their numbers."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def directories(root=ROOT):
    """All of them, below ROOT."""
    return sorted(root.glob("step[0-9][0-9]-*"), key=lambda path: path.name) + sorted(
        root.glob("beyond/step[0-9][0-9]-*"), key=lambda path: path.name)


def directory(number, root=ROOT):
    """That of the step NUMBER, a number or its two digits."""
    return next(path for path in directories(root) if path.name.startswith(f"step{int(number):02}-"))


def folders(step, root=ROOT):
    """What a step is built from: itself, and what it shares with others."""
    return [step, root / "common", *([root / "beyond/common"] if step.parent.name == "beyond" else [])]
