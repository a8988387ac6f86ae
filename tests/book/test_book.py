"""Does the book work in a browser, and does this test find what does not?

Usage: test_book.py SITE AXE [unittest's options]

SITE is the directory of the site, AXE the script of axe-core.
"""
import contextlib
import functools
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

WIDTHS = (360, 768, 1440)
SITE, AXE = (Path(word).resolve() for word in (sys.argv.pop(1), sys.argv.pop(1)))

# What sticks out of the window, and what can be scrolled sideways and is no code.
SIDEWAYS = """
const bad = [];
if (document.scrollingElement.scrollWidth > window.innerWidth) bad.push("the page");
for (const e of document.querySelectorAll("body *:not(pre *, .piece *)")) {
  const style = getComputedStyle(e);
  if (!["auto", "scroll"].includes(style.overflowX) || e.scrollWidth <= e.clientWidth + 1) continue;
  if (e.closest("pre, .highlight, .lines, .sidebar-drawer, .toc-drawer") || e.querySelector(":scope > pre")) continue;
  bad.push(e.tagName + "." + e.className);
}
return bad;
"""


class Reader(HTMLParser):
    """What a page has: its anchors, its links, its images."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.nameless = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img" and not values.get("alt"):
            self.nameless.append(values.get("src"))


def pages(site):
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


# Of the text and not of the name: most pages of a damaged copy are the same.
parse = functools.lru_cache(maxsize=None)(Reader)


def read(path):
    return parse(path.read_text(encoding="utf-8"))


def dead_links(site):
    known = {}  # the anchors of what is linked to; None where it is not there
    for page in pages(site):
        for link in read(page).links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(os.path.normpath(page.parent / urllib.parse.unquote(parts.path))) if parts.path else page
            if target not in known:
                known[target] = read(target).ids if target.suffix == ".html" and target.exists() else set() if target.exists() else None
            if known[target] is None:
                yield f"{page.name}: {link} leads nowhere"
            elif parts.fragment and target.suffix == ".html" and parts.fragment not in known[target]:
                yield f"{page.name}: {link}: no such place in it"


def nameless_images(site):
    return [f"{page.name}: {image} has no alternative text" for page in pages(site) for image in read(page).nameless]


def mixed_shells(site):
    """The blocks of transcripts that hold what is typed to more than one shell: they are copied as one."""
    found = []
    for page in pages(site):
        for block in re.findall(r'<div class="[^"]*highlight-console.*?</pre>', page.read_text(encoding="utf-8"), re.S):
            lines = html.unescape(re.sub(r"<[^>]+>", "", block)).split("\n")
            typed = [line for line in lines if line.startswith(("$ ", "# "))]
            if len({line[0] for line in typed}) > 1 or any(re.search(r"(/sh| sh|^. exit.*)$", line) for line in typed[:-1]):
                found.append(f"{page.name}: {typed}")
    return found


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.run = self.driver.execute_script
        self.cdp = self.driver.execute_cdp_cmd

    def resize(self, width, height=900):
        self.cdp("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def open(self, page, query=""):
        self.driver.get(page.resolve().as_uri() + query)

    def system(self, scheme, media=""):
        """As a system set to SCHEME has it, on the screen or on paper."""
        self.cdp("Emulation.setEmulatedMedia",
                 {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def foreign_requests(self):
        """What was asked of any other place than the disk."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(("file:", "data:", "blob:", "about:")):
                    found.append(url)
        return found

    def sideways(self, page):
        """At which widths something but code scrolls sideways, and what."""
        found = []
        self.open(page)
        for width in WIDTHS:
            self.resize(width)
            bad = self.run(SIDEWAYS)
            if bad:
                found.append(f"{page.name} at {width}: {bad}")
        return found

    def wait(self, condition):
        return WebDriverWait(self.driver, 20).until(lambda driver: condition())


class InABrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.chapter = next(SITE.glob("step-2-*.html"))

    @classmethod
    def tearDownClass(cls):
        cls.browser.driver.quit()

    def setUp(self):
        self.browser.resize(1440)
        self.browser.system("light")


class Book(InABrowser):
    def element(self, selector):
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def test_links_and_images(self):
        self.assertGreater(len(pages(SITE)), 30)
        self.assertEqual(list(dead_links(SITE)), [])
        self.assertEqual(nameless_images(SITE), [])

    def test_search(self):
        for word in ("pivot_root", "MS_PRIVATE", "zombie"):
            with self.subTest(word=word):
                self.browser.open(SITE / "search.html", f"?q={word}")
                self.browser.wait(lambda: self.browser.driver.find_elements(By.CSS_SELECTOR, "#search-results ul.search li"))

    def shown(self):
        return [look for look in ("unified", "side-by-side")
                if self.element(f"table.{look}").is_displayed()]

    def test_side_by_side(self):
        self.browser.open(SITE / "change-02.html")
        self.browser.run("localStorage.clear()")
        self.browser.open(SITE / "change-02.html")
        self.assertEqual(self.shown(), ["unified"])
        self.element("label[for=side-by-side]").click()
        self.assertEqual(self.shown(), ["side-by-side"])
        # Kept for the next page, and changed by the keyboard there.
        self.browser.open(SITE / "change-03.html")
        self.assertEqual(self.shown(), ["side-by-side"])
        self.element("#side-by-side").send_keys(Keys.ARROW_LEFT)
        self.assertEqual(self.shown(), ["unified"])
        self.browser.open(SITE / "change-04.html")
        self.assertEqual(self.shown(), ["unified"])

    def theme(self):
        return self.browser.run("return document.body.dataset.theme")

    def test_theme(self):
        self.browser.open(self.chapter)
        self.browser.run("localStorage.clear()")
        self.browser.open(self.chapter)
        seen = [self.theme()]
        toggle = next(e for e in self.browser.driver.find_elements(By.CSS_SELECTOR, "button.theme-toggle") if e.is_displayed())
        toggle.click()
        seen.append(self.theme())
        toggle.send_keys(Keys.ENTER)
        seen.append(self.theme())
        self.assertEqual(sorted(seen), ["auto", "dark", "light"])
        for theme in ("light", "dark"):
            self.browser.run(f"document.body.dataset.theme = '{theme}'")
            images = self.browser.driver.find_elements(By.CSS_SELECTOR, "article img[class*=only]")
            self.assertEqual({image.get_attribute("src").rsplit("-", 1)[1] for image in images if image.is_displayed()},
                             {f"{theme}.svg"})

    COLOURS = """
        const selectors = ["body", "article h1", "article p", "article pre", "article pre .go", "article .gi", "article .gd", "article a"];
        return selectors.map(s => getComputedStyle(document.querySelector(s))).map(s => [s.color, s.backgroundColor]);
    """

    def test_theme_of_the_system(self):
        self.browser.open(self.chapter)
        self.browser.run("localStorage.clear()")
        self.browser.open(self.chapter)
        self.assertEqual(self.theme(), "auto")
        found = {"light": self.browser.run(self.COLOURS)}
        self.browser.system("dark")
        found["dark"] = self.browser.run(self.COLOURS)
        self.assertTrue(self.element("article img[src$='-dark.svg']").is_displayed())
        for scheme, colours in found.items():
            with self.subTest(scheme=scheme):
                self.browser.run(f"document.body.dataset.theme = '{scheme}'")
                self.browser.system({"light": "dark", "dark": "light"}[scheme])
                self.assertEqual(self.browser.run(self.COLOURS), colours)
        self.assertNotEqual(found["light"][0], found["dark"][0])

    def test_what_is_added_and_removed_has_a_colour(self):
        self.browser.open(self.chapter)
        for scheme in ("light", "dark"):
            self.browser.system(scheme)
            seen = {tuple(colours) for colours in self.browser.run(self.COLOURS)[5:7]}
            self.assertEqual(len(seen), 2)
            self.assertNotIn("rgba(0, 0, 0, 0)", {background for _, background in seen})

    def test_paper_is_white(self):
        self.browser.open(self.chapter)
        self.browser.system("light", "print")
        light = self.browser.run(self.COLOURS)
        self.browser.system("dark", "print")
        self.assertEqual(self.browser.run(self.COLOURS), light)
        # And nobody can unfold an answer on it.
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('details')].filter("
                                          "e => !e.open && !e.querySelector(':scope > :not(summary)').checkVisibility({contentVisibilityAuto: true})).length"), 0)

    def test_words_stay_whole(self):
        self.browser.open(self.chapter)
        broken = ("return [...document.querySelectorAll(arguments[0])].filter("
                  "e => new Set([...e.getClientRects()].map(r => r.top)).size > 1).map(e => e.textContent)")
        self.assertEqual(self.browser.run(broken, "article td a, article td code"), [])
        self.browser.resize(360)
        self.assertEqual(self.browser.run(broken, "article p .pre.short"), [])
        self.assertIn("-O", self.browser.run("return [...document.querySelectorAll('.pre.short')].map(e => e.textContent)"))

    def test_code_fits_a_desk(self):
        for page in (self.chapter, SITE / "step-4-a-proc-that-tells-the-truth.html"):
            self.browser.open(page)
            self.assertEqual(self.browser.run(
                "return [...document.querySelectorAll('.highlight-c pre, .highlight-diff pre')]"
                ".filter(e => !e.closest('details') && e.scrollWidth > e.clientWidth).map(e => e.textContent)"), [])

    def test_what_a_finger_can_hit(self):
        self.browser.resize(360)
        for page in (self.chapter, SITE / "change-02.html", SITE / "search.html"):
            self.browser.open(page)
            # A link in a sentence is as high as its line.
            self.assertEqual(self.browser.run("""
                return [...document.querySelectorAll("a, button, summary, label, input")]
                    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".sidebar-drawer, .toc-drawer, .view, .back-to-top, .overlay"))
                    .filter(e => getComputedStyle(e).display !== "inline" || e.closest(".mobile-header"))
                    .map(e => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24)
                    .map(([e, r]) => [e.outerHTML.slice(0, 100), r.width, r.height]);"""), [])

    def test_a_figure_grows_at_a_touch(self):
        self.browser.resize(360)
        self.browser.open(self.chapter)
        size = ("const e = document.querySelector('.figure.only-light img');"
                "return [e.getBoundingClientRect().width > 700, document.scrollingElement.scrollWidth]")
        seen = [self.browser.run(size)]
        for _ in range(2):
            self.element(".figure.only-light button").send_keys(Keys.ENTER)
            seen.append(self.browser.run(size))
        self.assertEqual(seen, [[False, 360], [True, 360], [False, 360]])

    def test_between_chapter_and_change(self):
        there = [link for link in read(self.chapter).links if link.startswith("change-02.html#")]
        back = [link for link in read(SITE / "change-02.html").links if link.startswith(f"{self.chapter.name}#change-02-")]
        self.assertGreater(len(there), 4)
        self.assertEqual({link.partition("#")[2] + "-told" for link in there}, {link.partition("#")[2] for link in back})

    def test_names_of_files_that_are_pages(self):
        for page in pages(SITE):
            with self.subTest(page=page.name):
                self.assertEqual(re.findall(r'<a class="reference internal"[^>]*>(?:<[^>]*>)*([^<]*\.md)<', page.read_text(encoding="utf-8")), [])

    def test_solutions_are_in_the_book(self):
        for name in ("loopback", "stack-at-its-start", "hostname"):
            # In the list of pages, and in the answer.
            self.assertEqual(read(self.chapter).links.count(f"source/tests-exercises-{name}-patch.html"), 2)

    def test_where_the_sources_are(self):
        with tempfile.TemporaryDirectory() as directory:
            for repository in (None, "someone/course"):
                environment = {key: value for key, value in os.environ.items() if key != "GITHUB_REPOSITORY"}
                if repository:
                    environment |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": repository}
                subprocess.run([sys.executable, "-B", "docs/book/cut.py", f"{directory}/html"], env=environment, check=True)
                cover = (Path(directory) / "html/index.md").read_text(encoding="utf-8")
                self.assertEqual("git clone https://github.com/someone/course" in cover, repository is not None)

    def test_answers_fold(self):
        self.browser.open(self.chapter)
        details = self.element("details")
        self.assertIsNone(details.get_attribute("open"))
        details.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        self.assertIsNotNone(details.get_attribute("open"))

    def test_copies_what_is_typed(self):
        self.assertEqual(mixed_shells(SITE), [])
        self.browser.open(self.chapter)
        self.browser.run("document.addEventListener('copy', () => window.copied = document.activeElement.value, true)")
        blocks = self.browser.driver.find_elements(By.CSS_SELECTOR, "div.highlight-console")[:3]
        for block, typed in zip(blocks, ("./step02/mydocker run -it /bin/sh",
                                         "echo $$\nhostname inside\nhostname\nexit", "hostname")):
            button = block.find_element(By.CSS_SELECTOR, "button.copybtn")
            ActionChains(self.browser.driver).move_to_element(block).click(button).perform()
            self.assertEqual(self.browser.wait(lambda: self.browser.run("return window.copied")), typed)
            self.browser.run("window.copied = null")

    def test_without_scripts(self):
        text = "return document.querySelector('article').textContent"
        for page in (SITE / "index.html", self.chapter, SITE / "change-03.html"):
            with self.subTest(page=page.name):
                self.browser.open(page)
                self.browser.run("for (const e of document.querySelectorAll('button')) e.remove()")
                whole = self.browser.run(text).split()
                self.browser.cdp("Emulation.setScriptExecutionDisabled", {"value": True})
                try:
                    self.browser.open(page)
                    found = Reader(self.browser.driver.page_source)
                    plain = self.browser.driver.find_element(By.TAG_NAME, "article").get_property("textContent").split()
                finally:
                    self.browser.cdp("Emulation.setScriptExecutionDisabled", {"value": False})
                self.assertEqual(plain, whole)
                self.assertTrue(found.ids)


class Widths(InABrowser):
    def test_each_page_at_each_width(self):
        for page in pages(SITE):
            with self.subTest(page=page.name):
                self.assertEqual(self.browser.sideways(page), [])
                self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.foreign_requests(), [])


class Accessibility(InABrowser):
    scheme, rules = "light", {}

    def test_accessibility(self):
        axe = AXE.read_text(encoding="utf-8")
        sources = [page for page in pages(SITE) if page.parent.name == "source"]
        self.browser.system(self.scheme)
        # One source is like another.
        for page in [page for page in pages(SITE) if page not in sources[3:]]:
            # The list of all pages is the same in each.
            context = None if page.name == "index.html" else {"exclude": [".sidebar-drawer"]}
            with self.subTest(page=page.name):
                self.browser.open(page)
                self.browser.run(axe)
                result = self.browser.driver.execute_async_script(
                    "const [rules, context, done] = arguments;"
                    "axe.run(context || document, {resultTypes: ['violations'], preload: false, ...rules}).then(r => done(r.violations))",
                    self.rules, context)
                self.assertEqual([(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"][:300], len(v["nodes"]))
                                  for v in result], [])


class AccessibilityInTheDark(Accessibility):
    """The dark theme, as a system has it that is set to dark, differs in its colours alone."""
    scheme, rules = "dark", {"runOnly": ["color-contrast"]}


class Checker(unittest.TestCase):
    """It finds what is wrong: each test damages a copy."""

    @contextlib.contextmanager
    def damaged(self, old, new):
        with tempfile.TemporaryDirectory() as directory:
            site = Path(directory) / "site"
            shutil.copytree(SITE, site)
            page = next(site.glob("step-2-*.html"))
            text = page.read_text(encoding="utf-8")
            self.assertIn(old, text)
            page.write_text(text.replace(old, new, 1), encoding="utf-8")
            yield site, page

    def test_a_broken_anchor(self):
        with self.damaged('href="#the-idea"', 'href="#no-idea"') as (site, _):
            self.assertEqual(len(list(dead_links(site))), 1)

    def test_a_page_that_is_not_there(self):
        with self.damaged('href="change-02.html', 'href="change-20.html') as (site, _):
            self.assertGreater(len(list(dead_links(site))), 0)

    def test_two_shells_in_one_block(self):
        with self.damaged('<span class="gp"># </span>', '<span class="gp">$ </span>') as (site, _):
            self.assertEqual(len(mixed_shells(site)), 1)

    def test_an_image_without_a_text(self):
        with self.damaged('<img alt="', '<img title="') as (site, _):
            self.assertEqual(len(nameless_images(site)), 1)

    def test_a_page_that_scrolls_sideways(self):
        with self.damaged('<h1>', '<div style="width: 2000px">wide</div><h1>') as (_, page):
            browser = Browser()
            try:
                self.assertEqual(len(browser.sideways(page)), len(WIDTHS))
            finally:
                browser.driver.quit()


if __name__ == "__main__":
    unittest.main()
