"""Make what Debian packages of the theme furo work in a site that is opened from the disk.

Usage: furo.py SITE

Its script is a module there, which a browser loads neither so nor from a file, and its style sheet names
another package's by a path of the web server. And a few of its elements say too little to a screen
reader. What is whole is left alone.
"""
import sys
from pathlib import Path

NORMALIZE = "/javascript/normalize.css/normalize.css"

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
        style.write_text(text.replace(NORMALIZE, "normalize.css"), encoding="utf-8")
    for page in Path(sys.argv[1]).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for old, new in ACCESSIBLE:
            text = text.replace(old, new)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
