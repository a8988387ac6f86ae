"""Cut the course into the pages of the book, for Sphinx.

Usage: cut.py DIRECTORY

In a DIRECTORY called epub they are for an e-reader: with one theme, and one view of a change.

README.md is the cover, each chapter of the tutorials is a page, and so are the documents in docs/. Each
step's whole change is a page as well, and each source. What is written by hand stays the Markdown that
GitHub shows; this adds only what a page of a book needs: links from page to page, figures in both
themes, and a place for each piece of a change.
"""
import itertools
import json
import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/tutorial"), str(ROOT / "tests")]
import changes  # noqa: E402: found by the line above
import generate  # noqa: E402
from document import Document, GENERATED, LINK, slug  # noqa: E402

LANGUAGES = {".c": "c", ".h": "c", ".patch": "diff", ".py": "python", ".sh": "sh"}

# What is typed to a shell; who starts a shell, or ends the one that it is typed to.
TYPED = ("$ ", "# ")
OTHER_SHELL = re.compile(r"(^|[ /])(sh|shell)$|^exit\b")


def shells(transcript):
    """A transcript, cut where one types to another shell or has pressed Ctrl-C: [lines].

    A shell takes all that is pasted for itself. What is meant for a container's, as `rm -rf /bin`, must
    not come with the line that starts the container.
    """
    parts, typed, cut = [], "", False
    for line in transcript:
        if line.startswith(TYPED):
            if not parts or cut or line[:2] != typed[:2] or OTHER_SHELL.search(typed[2:]):
                parts.append([])
            typed, cut = line, False
        elif not parts:
            parts.append([])
        cut = cut or line.startswith("^C")
        parts[-1].append(line)
    return parts


class Page:
    """A part of a document that is a page by itself."""

    def __init__(self, name, origin, lines, first):
        self.name, self.origin, self.lines, self.first = name, origin, lines, first


def pages_of(path):
    """The pages of a document: a tutorial is cut at its chapters, all else is one page."""
    lines = path.read_text(encoding="utf-8").split("\n")
    folder = "" if path.parent == ROOT else path.parent.name + "-"
    if path.name != "TUTORIAL.md":
        name = "index" if path == ROOT / "README.md" else folder + path.stem.lower()
        return [Page(name, path, lines, 1)]
    pages, prose = [Page(folder + "tutorial", path, [], 1)], dict(Document(path).prose)
    for number, line in enumerate(lines, 1):
        if line.startswith("## ") and number in prose:
            pages.append(Page(folder + slug(line[3:]), path, [], number))
        # A chapter is the top of its page.
        up = line[1:] if len(pages) > 1 and line.startswith("##") and number in prose else line
        pages[-1].lines.append(up)
    # The list of chapters is Sphinx's own.
    return [page for page in pages if not page.name.endswith("contents")]


def anchors_of(path, pages):
    """Where GitHub's anchors of a document are in the book: {anchor: (page, anchor in it)}."""
    found, used, local = {}, {}, {}
    for number, line in Document(path).prose:
        page = max((p for p in pages if p.first <= number), key=lambda p: p.first)
        match = re.match(r"^#+\s+(.*?)\s*$", line)
        if match:
            title = slug(match.group(1))
            count, here = used.get(title, 0), local.get((page.name, title), 0)
            used[title], local[page.name, title] = count + 1, here + 1
            found[title + (f"-{count}" if count else "")] = page.name, title + (f"-{here}" if here else "")
    return found


class Book:
    def __init__(self, directory):
        self.directory = directory
        self.for_screens = directory.name != "epub"
        documents = [ROOT / "README.md", ROOT / "TUTORIAL.md", *sorted((ROOT / "beyond").glob("*.md")),
                     *sorted((ROOT / "docs").glob("*.md")), ROOT / "tests/README.md"]
        self.documents = {path: pages_of(path) for path in documents}
        self.anchors = {path: anchors_of(path, pages) for path, pages in self.documents.items()}
        self.changes = {step: changes.Change(step) for step in generate.STEPS[1:]}
        folders = [path for path in ROOT.glob("*") if path.is_dir()] + list(ROOT.glob("beyond/*"))
        self.sources = sorted((path for folder in folders if re.match(r"step\d\d-|common$", folder.name)
                               for path in folder.glob("*.[ch]")), key=lambda path: (path.parent.name == "common", path.parent.name, path))
        self.others = sorted(set(self.linked_files()) - set(self.documents) - set(self.sources))

    def write(self, name, text):
        path = self.directory / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    # ---- links ----

    def linked_files(self):
        """The files that the documents link to, as solutions of exercises."""
        for origin in self.documents:
            for _, _, target in Document(origin).links():
                path = (origin.parent / target.partition("#")[0]).resolve()
                if "://" not in target and path.is_file() and path.suffix != ".svg":
                    yield path

    def source_page(self, path):
        return "source/" + "-".join(path.relative_to(ROOT).parts).replace(".", "-")

    def target(self, origin, target):
        """Where a link of a document leads in the book; None where that holds no such thing."""
        if "://" in target:
            return target
        path, _, anchor = target.partition("#")
        file = (origin.parent / path).resolve() if path else origin
        if file in self.documents:
            page, here = self.anchors[file].get(anchor, (self.documents[file][0].name, ""))
            return f"{page}.md" + (f"#{here}" if here else "")
        if file in self.sources or file in self.others:
            return f"{self.source_page(file)}.md"
        return None

    def linked(self, origin, line):
        def link(match):
            image, text, target = match.groups()
            if image:
                return self.figure(origin, text, target)
            found = self.target(origin, target)
            file = (origin.parent / target).resolve()
            if file in self.documents and text.endswith(".md"):
                # A file's name means something where the files are. Here it is a page, and has a title.
                text = self.documents[file][0].lines[0].lstrip("# ")
            return f"[{text}]({found})" if found else text

        return re.sub(f"(!?){LINK.pattern}", link, line)

    def figure(self, origin, text, target):
        """A figure twice, for the theme that one has chosen and not for the system's alone."""
        path = (origin.parent / target).resolve()
        drawing = path.read_text(encoding="utf-8")
        dark = re.search(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}\n", drawing, re.S)
        (self.directory / "figures").mkdir(exist_ok=True)
        lines = []
        themes = [("light", "")] + ([("dark", dark.group(1) + "\n")] if self.for_screens else [])
        for theme, style in themes:
            name = f"figures/{path.stem}-{theme}.svg"
            (self.directory / name).write_text(drawing.replace(dark.group(0), style), encoding="utf-8")
            alt = text.replace("`", "").replace("\n", " ")
            lines += [f"```{{image}} {name}", f":alt: {json.dumps(alt, ensure_ascii=False)}", f":class: only-{theme}", "```", ""]
        return "\n".join(lines)

    # ---- text ----

    def fence(self, line, opening, body):
        language, attributes = opening
        if language == "console" and self.for_screens:
            return self.transcript(body)
        captions, label = [], []
        if language == "c" and "file" in attributes:
            path = ROOT / attributes["file"]
            captions.append(f"[{attributes['file']}]({self.source_page(path)}.md)")
        step = attributes.get("to") or str(Path(attributes.get("file", "")).parent)
        place = self.changes[step].place(line) if step in self.changes else None
        if place:
            captions.append(f"[in the whole change]({place})")
            label = [f"({changes.chapter_label(place)})=", ""]
        caption = " ".join(captions)
        kind = language or "text"
        mark = "````" if any(text.startswith("```") for text in body) else "```"
        # One at least: a first line "---" would begin options of another form.
        options = [f":caption: {json.dumps(caption)}" if caption else ":class: plain", ""]
        return [*label, f"{mark}{{code-block}} {kind}", *options, *body, mark]

    @staticmethod
    def where_the_sources_are():
        """A published book is read by who does not have them."""
        if "GITHUB_REPOSITORY" not in os.environ:
            return []
        repository = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
        return [f"All that this book explains is in [its repository]({repository}), and every command in it is typed there:", "",
                "```console", f"$ git clone {repository} mydocker && cd mydocker", "```", ""]

    @staticmethod
    def transcript(body):
        """A block for each shell, which look as one."""
        lines, parts = [], shells(body)
        for number, part in enumerate(parts):
            looks = ["inside" if part[0].startswith("# ") else "outside", *(["goes-on"] if number else []),
                     *(["to-be-continued"] if number + 1 < len(parts) else [])]
            lines += ["```{code-block} console", f":class: {' '.join(looks)}", "", *part, "```", ""]
        return lines[:-1]

    def text(self, page):
        """The lines of a page as Sphinx is to have them."""
        fences = {fence.line: fence for fence in Document(page.origin).fences}
        lines, skip = [], 0
        for offset, line in enumerate(page.lines):
            number = page.first + offset
            if skip:
                skip -= 1
            elif number in fences:
                fence = fences[number]
                lines += self.fence(number, (fence.language, fence.attributes), fence.lines)
                skip = len(fence.lines) + 1
            else:
                if page.name == "index" and line == "## Two commands":
                    lines += self.where_the_sources_are()
                lines.append(self.linked(page.origin, line))
        return re.sub(r"<!--.*?-->", "", GENERATED.sub(r"\3", "\n".join(lines)), flags=re.S).strip("\n") + "\n"

    def folders(self):
        """(title, files) of each part of the list of sources."""
        for folder, paths in itertools.groupby(self.sources, key=lambda path: path.parent):
            yield str(folder.relative_to(ROOT)), list(paths)
        yield "What the text links to", self.others

    def toctree(self, caption, names, hidden=True):
        return "\n".join(["```{toctree}", f":caption: {json.dumps(caption)}", ":maxdepth: 1", *([":hidden:"] if hidden else []),
                          "", *names, "```", ""])

    def make(self):
        for path, pages in self.documents.items():
            for page in pages:
                self.write(page.name, self.text(page))
        for change in self.changes.values():
            self.write(change.page, change.text(self))
        for path in [*self.sources, *self.others]:
            name = str(path.relative_to(ROOT))
            code = path.read_text(encoding="utf-8")
            kind = LANGUAGES.get(path.suffix, "text")
            self.write(self.source_page(path), f"# {name}\n\n```{{code-block}} {kind}\n:linenos:\n\n{code}```\n")
        self.write("source/index", "# Sources\n\nEvery line that the course explains.\n\n" + "".join(
            f"## {title}\n\n" + self.toctree(title, [Path(self.source_page(path)).name for path in paths], hidden=False)
            for title, paths in self.folders()))
        tutorials = [[page.name for page in pages] for path, pages in self.documents.items() if path.name == "TUTORIAL.md"]
        rest = [page.name for path, pages in self.documents.items() for page in pages
                if path.name != "TUTORIAL.md" and page.name != "index"]
        with open(self.directory / "index.md", "a", encoding="utf-8") as cover:
            cover.write("\n" + "".join(self.toctree(f"Part {part}", names) for part, names in zip(("one", "two"), tutorials))
                        + self.toctree("The changes", [change.page for change in self.changes.values()])
                        + self.toctree("More", rest + ["source/index"]))


def main():
    directory = Path(sys.argv[1])
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    Book(directory).make()


if __name__ == "__main__":
    main()
