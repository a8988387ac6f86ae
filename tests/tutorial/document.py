"""A Markdown document: its fences, its headings, its links and its generated parts."""
import re
from dataclasses import dataclass


def slug(title):
    """The fragment that GitHub gives a heading: lower case, no punctuation, '-' for a space."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


# [text](target)
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+(?:\([^()]*\))?)\)")
FENCE = re.compile(r"^(```+)\s*(\S*)\s*(.*)$")


@dataclass
class Fence:
    line: int  # of the fence itself, from 1; the first line of its content is the next one
    language: str
    attributes: dict
    lines: list

    def __str__(self):
        words = [self.language] + [f"{key}={value}" for key, value in self.attributes.items()]
        return " ".join(words)


class Document:
    def __init__(self, path, text=None):
        self.path = path
        self.text = path.read_text(encoding="utf-8") if text is None else text
        self.fences = []
        self.prose = []  # (line number, text) of all that is not inside a fence
        self._read()

    def _read(self):
        opening, fence = None, None
        for number, line in enumerate(self.text.split("\n"), 1):
            match = FENCE.match(line)
            if fence is None and match:
                opening, language, rest = match.groups()
                attributes = dict(word.partition("=")[::2] for word in rest.split())
                fence = Fence(number, language, attributes, [])
                self.fences.append(fence)
            elif fence is None:
                self.prose.append((number, line))
            elif line.rstrip() == opening:
                fence = None
            else:
                fence.lines.append(line)
        if fence is not None:
            raise ValueError(f"{self.path.name}:{fence.line}: this fence is never closed")

    def replaced(self, bodies):
        """The text with the lines of some fences replaced: {line of the fence: lines}."""
        lines, result, skip = self.text.split("\n"), [], 0
        fences = {fence.line: fence for fence in self.fences}
        for number, line in enumerate(lines, 1):
            if skip:
                skip -= 1
                continue
            result.append(line)
            if number in bodies:
                result.extend(bodies[number])
                skip = len(fences[number].lines)
        return "\n".join(result)

    def anchors(self):
        """The fragment of each heading; where two are the same, the second one has a number."""
        found = set()
        for _, line in self.prose:
            match = re.match(r"^#+\s+(.*?)\s*$", line)
            if match:
                title = slug(match.group(1))
                name, n = title, 0
                while name in found:
                    n += 1
                    name = f"{title}-{n}"
                found.add(name)
        return found

    def links(self):
        """(line, text, target) of each [text](target), images included."""
        for number, line in self.prose:
            for text, target in LINK.findall(line):
                yield number, text, target


# <!-- generated: KIND WORDS --> ... <!-- end -->, in one line or around several.
GENERATED = re.compile(r"(<!-- generated: ([^>]*?) -->)(.*?)(<!-- end -->)", re.S)


def regenerate(text, make):
    """TEXT with each generated part anew: make("size 02") is what stands there."""

    def part(match):
        begin, what, old, end = match.groups()
        new = make(what)
        return begin + (f"\n\n{new}\n\n" if "\n" in old else new) + end

    return GENERATED.sub(part, text)
