"""Does the book work in a browser, and does this test find what does not?

Usage: test_book.py SITE AXE [unittest's options]

SITE is the directory of the site, AXE the script of axe-core.
"""
import contextlib
import functools
import json
import shutil
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
for (const e of document.querySelectorAll("body *")) {
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


@functools.lru_cache(maxsize=None)
def read(path):
    return Reader(path.read_text(encoding="utf-8"))


def dead_links(site):
    for page in pages(site):
        for link in read(page).links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
            if not target.exists():
                yield f"{page.name}: {link} leads nowhere"
            elif parts.fragment and target.suffix == ".html" and parts.fragment not in read(target).ids:
                yield f"{page.name}: {link}: no such place in it"


def nameless_images(site):
    return [f"{page.name}: {image} has no alternative text" for page in pages(site) for image in read(page).nameless]


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


class Book(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.chapter = next(SITE.glob("step-2-*.html"))
        cls.axe = AXE.read_text(encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.browser.driver.quit()

    def setUp(self):
        self.browser.resize(1440)

    def element(self, selector):
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def test_links_and_images(self):
        self.assertGreater(len(pages(SITE)), 30)
        self.assertEqual(list(dead_links(SITE)), [])
        self.assertEqual(nameless_images(SITE), [])

    def test_each_page_at_each_width(self):
        for page in pages(SITE):
            with self.subTest(page=page.name):
                self.assertEqual(self.browser.sideways(page), [])
                self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.foreign_requests(), [])

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

    def test_answers_fold(self):
        self.browser.open(self.chapter)
        details = self.element("details")
        self.assertIsNone(details.get_attribute("open"))
        details.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        self.assertIsNotNone(details.get_attribute("open"))

    def test_copies_what_is_typed(self):
        self.browser.open(self.chapter)
        self.browser.run("document.addEventListener('copy', () => window.copied = document.activeElement.value, true)")
        block = self.element("div.highlight-console")
        self.assertIn("\n1\n", block.text)
        button = block.find_element(By.CSS_SELECTOR, "button.copybtn")
        ActionChains(self.browser.driver).move_to_element(block).click(button).perform()
        self.assertEqual(self.browser.wait(lambda: self.browser.run("return window.copied")),
                         "./step02/mydocker run -it /bin/sh\necho $$\nhostname inside\nhostname\nexit\nhostname")

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

    def test_accessibility(self):
        sources = [page for page in pages(SITE) if page.parent.name == "source"]
        # One source is like another.
        for page in [page for page in pages(SITE) if page not in sources[3:]]:
            for theme in ("light", "dark"):
                with self.subTest(page=page.name, theme=theme):
                    self.browser.open(page)
                    self.browser.run(f"document.body.dataset.theme = '{theme}'")
                    self.browser.run(self.axe)
                    result = self.browser.driver.execute_async_script(
                        "const done = arguments[0]; axe.run({resultTypes: ['violations'], preload: false}).then(r => done(r.violations))")
                    self.assertEqual([(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"][:300], len(v["nodes"]))
                                      for v in result], [])


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
