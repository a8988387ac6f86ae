"""A step's whole change as a page: unified or side by side, the chapter's words beside its pieces."""
import html
import re
import sys
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import CLexer

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/tutorial"), str(ROOT / "tests")]
import generate  # noqa: E402: found by the line above
import hunks  # noqa: E402
from document import Document  # noqa: E402


def coloured(path):
    """The lines of a source as HTML, coloured; none where there is no such file."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return highlight(text, CLexer(stripnl=False), HtmlFormatter(nowrap=True)).split("\n")


def chapter_label(place):
    """The label of the fence in the chapter whose place in the change is PLACE."""
    return f"{place}-told"


class Row:
    """A line of a diff: the sign, its numbers in the old and the new file, and itself as HTML."""

    def __init__(self, sign, old, new, code):
        self.sign, self.old, self.new, self.code = sign, old, new, code


class Change:
    def __init__(self, step):
        self.step, self.before = step, generate.before(step)
        self.number = Path(step).name[4:6]
        self.page = f"change-{self.number}"
        self.tutorial = next(path for path in (ROOT / "TUTORIAL.md", ROOT / "beyond/TUTORIAL.md")
                             if path.exists() and f"to={step}\n" in path.read_text(encoding="utf-8"))
        self.document = Document(self.tutorial)
        self.pieces = self.read_pieces()

    # ---- the pieces, with what the chapter says of each ----

    def read_pieces(self):
        """(line of the fence, piece) in the order of the files, as the pieces of a diff."""
        pieces = []
        for fence in self.document.fences:
            if fence.language == "diff" and fence.attributes.get("to") == self.step:
                pieces += [(fence.line, piece) for piece in hunks.parse(fence.lines)]
            elif fence.language == "c" and fence.attributes.get("file", "").startswith(self.step + "/"):
                name = Path(fence.attributes["file"]).name
                if not (ROOT / self.before / name).exists():
                    whole = (ROOT / self.step / name).read_text(encoding="utf-8").split("\n")
                    start = next(i for i in range(len(whole)) if whole[i:i + len(fence.lines)] == fence.lines)
                    pieces.append((fence.line, hunks.Piece(name, 1, start + 1, ["+" + l for l in fence.lines], True)))
        return sorted(pieces, key=lambda pair: (pair[1].file, pair[1].new, pair[1].old))

    def place(self, line):
        """The label of the first piece in the fence at LINE; None where that is no piece of this change."""
        return next((f"{self.page}-piece-{number}" for number, (at, _) in enumerate(self.pieces, 1) if at == line), None)

    def words(self, line):
        """The paragraph before the fence at LINE."""
        prose = dict(self.document.prose)
        end = line - 1
        while not prose.get(end, "-").strip():
            end -= 1
        start = end
        while prose.get(start, "").strip():
            start -= 1
        text = "\n".join(prose[number] for number in range(start + 1, end + 1))
        return "" if re.match(r"^(#|!\[|<)", text) else text

    # ---- HTML ----

    def rows(self, piece):
        old_lines = coloured(ROOT / self.before / piece.file)
        new_lines = coloured(ROOT / self.step / piece.file)
        old, new = piece.old, piece.new
        for line in piece.lines:
            sign = line[:1]
            code = old_lines[old - 1] if sign == "-" else new_lines[new - 1]
            yield Row(sign, old if sign != "+" else "", new if sign != "-" else "", code)
            old += sign != "+"
            new += sign != "-"

    @staticmethod
    def unified(rows):
        kinds = {"+": ("added", "ins"), "-": ("removed", "del"), " ": ("same", "span")}
        lines = []
        for row in rows:
            kind, tag = kinds[row.sign]
            lines.append(f'<tr class="{kind}"><td class="number">{row.old}</td><td class="number">{row.new}</td>'
                         f'<td class="sign">{row.sign}</td><td class="code"><{tag}>{row.code or " "}</{tag}></td></tr>')
        return "\n".join(lines)

    @staticmethod
    def paired(rows):
        """The rows of both sides, those that were replaced beside what replaces them."""
        left, right = [], []

        def even():
            while len(left) < len(right):
                left.append(None)
            while len(right) < len(left):
                right.append(None)

        for row in rows:
            if row.sign == " ":
                even()
                left.append(row)
                right.append(row)
            else:
                (left if row.sign == "-" else right).append(row)
        even()
        return zip(left, right)

    @classmethod
    def side_by_side(cls, rows):
        lines = []
        for left, right in cls.paired(rows):
            cells = ""
            for row, kind, number in ((left, "removed", "old"), (right, "added", "new")):
                if row is None:
                    cells += '<td class="number"></td><td class="code none"></td>'
                else:
                    look = "same" if row.sign == " " else kind
                    tag = "span" if row.sign == " " else "del" if row.sign == "-" else "ins"
                    cells += (f'<td class="number {look}">{getattr(row, number)}</td>'
                              f'<td class="code {look}"><{tag}>{row.code or " "}</{tag}></td>')
            lines.append(f"<tr>{cells}</tr>")
        return "\n".join(lines)

    def text(self, book):
        """The page, in Markdown."""
        chapter = book.documents[self.tutorial]
        page = next(p for p in chapter if any(p.first <= at < p.first + len(p.lines) for at, _ in self.pieces))
        title = page.lines[0].lstrip("# ")
        lines = [f"# The change of step {int(self.number)}", "",
                 f"From `{self.before}` to `{self.step}`: {generate.size(self.step)} lines. It is told in the chapter "
                 f"[{title}]({page.name}.md).", ""]
        if book.for_screens:
            lines += ["```{raw} html", '<fieldset class="view"><legend>Show it</legend>',
                      '<input type="radio" name="view" id="unified" checked="checked" /><label for="unified">unified</label>',
                      '<input type="radio" name="view" id="side-by-side" /><label for="side-by-side">side by side</label>',
                      "</fieldset>", "```", ""]
        file, told = None, set()
        for number, (at, piece) in enumerate(self.pieces, 1):
            words = "" if at in told else self.words(at)
            told.add(at)
            if piece.file != file:
                file = piece.file
                path = ROOT / self.step / file
                lines += [f"## {file}" + (" (new)" if piece.created else ""), "",
                          f"The file as it is now: [{self.step}/{file}]({book.source_page(path)}.md)", ""]
            where = html.escape(f"{self.step}/{file}, from line {piece.new}")
            rows = list(self.rows(piece))
            lines += ["```{raw} html", '<div class="piece"><div class="words">', "```", "",
                      f"({self.page}-piece-{number})=", f"**From line {piece.new}**, [in the chapter]({chapter_label(self.place(at))})", "",
                      "\n".join(book.linked(self.tutorial, line) for line in words.split("\n")), "",
                      "```{raw} html", '</div><div class="lines" tabindex="0" role="region" '
                      f'aria-label="{where}">',
                      f'<table class="highlight unified" aria-label="{where}, unified">\n{self.unified(rows)}\n</table>',
                      f'<table class="highlight side-by-side" aria-label="{where}, side by side">\n'
                      f"{self.side_by_side(rows)}\n</table>" if book.for_screens else "",
                      "</div></div>", "```", ""]
        lines += [f"Back to the chapter: [{title}]({page.name}.md)", ""]
        return "\n".join(lines)
