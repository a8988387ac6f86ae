"""The diff of two steps, as the tutorial cuts it into pieces.

A piece is a hunk, or a part of one: the reader gets them in the order in which one thinks. Put
back in the order of the files, pieces that abut become one hunk again, and the whole is what
patch(1) makes the second step of the first with.
"""
import difflib
import os
import re
import subprocess
from dataclasses import dataclass, field

HEADER = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$")


@dataclass
class Piece:
    file: str
    old: int  # the line of the old file where it starts, from 1
    new: int  # and of the new one
    lines: list = field(default_factory=list)  # each with its ' ', '-' or '+'
    created: bool = False  # there is no old file

    def counts(self):
        return (sum(line[0] != "+" for line in self.lines), sum(line[0] != "-" for line in self.lines))

    def header(self):
        old, new = self.counts()
        # Where no line is concerned, a diff names the line before (POSIX, diff -u).
        return f"@@ -{self.old - (old == 0)},{old} +{self.new - (new == 0)},{new} @@"

    def abuts(self, after):
        old, new = self.counts()
        return (self.file, self.old + old, self.new + new) == (after.file, after.old, after.new)


def parse(lines):
    """The pieces in the lines of a fence, or of `git diff`."""
    pieces, file, created, wanted = [], None, False, None

    def check(piece):
        if piece and piece.counts() != wanted:
            raise ValueError(f"{piece.header()} is what the lines say, not -{wanted[0]} +{wanted[1]}")

    for line in lines:
        match = HEADER.match(line)
        if line.startswith("--- "):
            created, file = line == "--- /dev/null", None
        elif line.startswith("+++ b/"):
            file = line[len("+++ b/"):]
        elif match and file:
            check(pieces[-1] if pieces else None)
            old, old_count, new, new_count = (1 if n is None else int(n) for n in match.groups()[:4])
            if match.group(5):
                raise ValueError(f"nothing may stand behind the second @@: {line}")
            wanted = (old_count, new_count)
            pieces.append(Piece(file, old + (old_count == 0), new + (new_count == 0), [], created))
        elif pieces and file and line[:1] in ("+", "-", " "):
            pieces[-1].lines.append(line)
        elif pieces and file and line == "":
            pieces[-1].lines.append(" ")  # an editor may have cut the space off
        else:
            raise ValueError(f"this is no line of a diff: {line!r}")
    check(pieces[-1] if pieces else None)
    if not pieces:
        raise ValueError("no hunk stands here")
    return pieces


def between(before, after, root):
    """The real diff of two directories, as pieces that are whole hunks."""
    # Without anybody's settings: of the machine, of the user, of this repository.
    alone = {"PATH": os.environ["PATH"], "HOME": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_DIR": "/dev/null"}
    text = subprocess.run(["git", "diff", "--no-index", before, after], env=alone, cwd=root, stdout=subprocess.PIPE,
                          check=False).stdout.decode()
    lines = []
    for line in text.split("\n")[:-1]:
        if line.startswith(("--- ", "+++ ")):
            lines.append(re.sub(f"^(--- a|\\+\\+\\+ b)/(?:{before}|{after})/", r"\1/", line))
        elif line.startswith("@@"):
            lines.append(re.sub(r"^(@@ .*? @@).*", r"\1", line))
        elif not line.startswith(("diff ", "index ", "new file ", "deleted file ")):
            lines.append(line)
    return parse(lines)


def joined(pieces):
    """The pieces in the order of the files, those that abut made one."""
    result = []
    for piece in sorted(pieces, key=lambda piece: (piece.file, piece.new, piece.old)):
        if result and result[-1].abuts(piece):
            result[-1].lines += piece.lines
        else:
            result.append(Piece(piece.file, piece.old, piece.new, list(piece.lines), piece.created))
    return result


def written(pieces):
    """The lines of a diff of these pieces: a header for each file, then its pieces."""
    lines, file = [], None
    for piece in pieces:
        if piece.file != file:
            file = piece.file
            lines += ["--- /dev/null" if piece.created else f"--- a/{file}", f"+++ b/{file}"]
        lines += [piece.header()] + piece.lines
    return lines


def recut(fences, real):
    """Cut the REAL diff where the pieces in FENCES, lists of pieces, are cut now. A line that is
    new goes with the one before it. Returns the pieces of each fence."""
    result = [[] for _ in fences]
    cut = {piece.file for pieces in fences for piece in pieces}
    # A new file that none of them quotes is quoted as code.
    real = [piece for piece in real if piece.file in cut or not piece.created]
    for file in dict.fromkeys(piece.file for piece in real):
        old = sorted(((piece.new, piece.old, number, piece.lines) for number, pieces in enumerate(fences)
                      for piece in pieces if piece.file == file), key=lambda entry: entry[:2])
        old_lines = [line for *_, lines in old for line in lines]
        owner = [number for *_, number, lines in old for _ in lines]
        whole = [(piece, i) for piece in real if piece.file == file for i in range(len(piece.lines))]
        new_lines = [piece.lines[i] for piece, i in whole]
        owners = [None] * len(new_lines)
        for a, b, size in difflib.SequenceMatcher(None, old_lines, new_lines, False).get_matching_blocks():
            owners[b:b + size] = owner[a:a + size]
        last = next((o for o in owners if o is not None), len(fences) - 1)
        current = None
        for (piece, i), wanted in zip(whole, owners):
            last = last if wanted is None else wanted
            line = piece.lines[i]
            if current is None or i == 0 or current[0] != last:
                if i == 0:
                    old_line, new_line = piece.old, piece.new
                current = (last, Piece(file, old_line, new_line, [], piece.created))
                result[last].append(current[1])
            current[1].lines.append(line)
            old_line += line[0] != "+"
            new_line += line[0] != "-"
    return result
