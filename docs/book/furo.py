"""Make what Debian packages of the theme furo work in a site that is opened from the disk.

Usage: furo.py SITE

Its script is a module there, which a browser loads neither so nor from a file. Its style sheet names
another package's by a path of the web server, and has lost the rules for a system that is set to dark:
the page stayed light, with the code in colours for a dark one. And a few of its elements say too little
to a screen reader. What is whole is left alone.
"""
import re
import sys
from pathlib import Path

NORMALIZE = "/javascript/normalize.css/normalize.css"

# What begins with this is not for paper, and has all rules of the dark theme.
DARK = '@media not print {\n  body[data-theme="dark"] {'

ACCESSIBLE = [
    ('role="heading">', 'role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    ('<label class="overlay sidebar-overlay"', '<label aria-hidden="true" class="overlay sidebar-overlay"'),
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),
    ('<div class="highlight"><pre id=', '<div class="highlight"><pre tabindex="0" id='),
    ('<div id="search-results">', '<h1>Search</h1>\n<div id="search-results">'),
    ('<label class="overlay toc-overlay"', '<label aria-hidden="true" class="overlay toc-overlay"'),
]


def breakable(page):
    """PAGE where a line ends well: after a /, _ or the like in a narrow cell, and in text not inside of a short word of code."""
    def cell(match):
        return re.sub(r"([/_=.,]|[a-z](?=[A-Z]))(?=[^<>]+<)", r"\1<wbr />", match[0])

    page = re.sub(r'<span class="pre">(?=[^<]{1,28}</span>)', '<span class="pre short">', page)
    cells = re.sub(r"<t[dh](?! class=\"(?:code|number|sign|linenos))[ >].*?</t[dh]>", cell, page, flags=re.S)
    return re.sub(r"<t[dh](?! class=\"(?:code|number|sign|linenos))[ >].*?</t[dh]>", lambda match: match[0].replace('"pre short"', '"pre"'), cells, flags=re.S)


def main():
    static = Path(sys.argv[1]) / "_static"
    script = static / "scripts/furo.js"
    text = script.read_text(encoding="utf-8")
    first, rest = text.split("\n", 1)
    if first.startswith("import Gumshoe"):
        script.write_text((static / "scripts/gumshoe-patched.js").read_text(encoding="utf-8") + rest, encoding="utf-8")
    style = static / "styles/furo.css"
    text = style.read_text(encoding="utf-8")
    if NORMALIZE in text:
        (static / "styles/normalize.css").write_bytes(Path(f"/usr/share{NORMALIZE}").read_bytes())
        text = text.replace(NORMALIZE, "normalize.css")
    if "prefers-color-scheme" not in text:
        begin = text.index(DARK)
        rules = text[begin:text.index("\n\n", begin)]
        system = rules.replace('body[data-theme="dark"]', 'body:not([data-theme="light"])')
        text = text.replace(rules, f"{rules}\n\n@media (prefers-color-scheme: dark) {{\n{system}\n}}")
    style.write_text(text, encoding="utf-8")
    # Paper is white, so what is printed has the colours of the light theme.
    colours = static / "pygments.css"
    light, first, dark = colours.read_text(encoding="utf-8").partition('body[data-theme="dark"]')
    colours.write_text(f"{light}@media not print {{\n{first}{dark}\n}}\n", encoding="utf-8")
    for page in Path(sys.argv[1]).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for old, new in ACCESSIBLE:
            text = text.replace(old, new)
        page.write_text(breakable(text), encoding="utf-8")


if __name__ == "__main__":
    main()
