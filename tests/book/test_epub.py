"""Is the e-book whole?

Usage: test_epub.py FILE
"""
import posixpath
import sys
import unittest
import xml.etree.ElementTree
import zipfile

FILE = sys.argv.pop(1)


class Epub(unittest.TestCase):
    def setUp(self):
        self.book = zipfile.ZipFile(FILE)
        self.names = set(self.book.namelist())

    def tree(self, name):
        return xml.etree.ElementTree.fromstring(self.book.read(name))

    def test_its_type(self):
        first = self.book.infolist()[0]
        self.assertEqual((first.filename, first.compress_type), ("mimetype", zipfile.ZIP_STORED))
        self.assertEqual(self.book.read("mimetype").strip(), b"application/epub+zip")

    def test_all_that_it_lists_is_there(self):
        package = next(name for name in self.names if name.endswith(".opf"))
        items = [element.get("href") for element in self.tree(package).iter() if element.tag.endswith("}item")]
        self.assertGreater(len(items), 30)
        self.assertEqual([item for item in items if posixpath.join(posixpath.dirname(package), item) not in self.names], [])

    def test_long_lines_of_code_go_on(self):
        """An e-reader cannot scroll sideways."""
        wrapping = {posixpath.basename(name) for name in self.names if name.endswith(".css") and b"pre-wrap; overflow-wrap" in self.book.read(name)}
        for name in self.names:
            if name.endswith(".xhtml") and b"<pre" in self.book.read(name):
                sheets = {posixpath.basename(element.get("href")) for element in self.tree(name).iter() if element.tag.endswith("}link")}
                self.assertTrue(wrapping & sheets, name)

    def test_each_page(self):
        pages = [name for name in self.names if name.endswith(".xhtml")]
        self.assertGreater(len(pages), 30)
        for name in pages:
            with self.subTest(page=name):
                for element in self.tree(name).iter():
                    for attribute in ("src", "href"):
                        link = element.get(attribute, "")
                        if link and ":" not in link and not link.startswith("#"):
                            self.assertIn(posixpath.normpath(posixpath.join(posixpath.dirname(name), link.split("#")[0])),
                                          self.names)


if __name__ == "__main__":
    unittest.main()
