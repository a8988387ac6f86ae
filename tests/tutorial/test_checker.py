"""Does the checker find what is wrong? Each test damages something that is right.

Usage: test_checker.py SUITE [unittest's options]
"""
import contextlib
import io
import re
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import check
import generate
import hunks
import terminal
from document import Document, Fence
from terminal import Mismatch
from transcript import Names, match

TUTORIAL = check.ROOT / "TUTORIAL.md"
SUITE = str(Path(sys.argv.pop(1)).resolve()) if len(sys.argv) > 1 else None


def matches(command, wanted, found):
    return match(command, wanted, found, Names()) is not None


def damaged(line):
    """The same line with one byte changed."""
    i = len(line) // 2
    return line[:i] + ("y" if line[i] == "x" else "x") + line[i + 1:]


class Screens(unittest.TestCase):
    """What may differ between the text and the screen, and what may not."""

    HEAD = "USER  PID %CPU COMMAND"

    def test_the_same(self):
        self.assertTrue(matches("x", ["hello", "", "world"], ["hello", "world"]))

    def test_what_differs_by_machine(self):
        for command, wanted, found in [
                ("x", '"time":"2026-11-24T15:04:08Z"', '"time":"2030-01-02T03:04:05+01:00"'),
                ("readlink /proc/self/ns/pid", "pid:[4026531836]", "pid:[4026532999]"),
                ("x", "[pid 4711] execve()", "[pid   99] execve()"),
                ("x", "NSpid:\t4711\t1", "NSpid:\t32000\t1"),
                ("x", "clone(flags=SIGCHLD) = 4711", "clone(flags=SIGCHLD) = 815"),
                ("x", 'execve("a", ["a"], 0x7ffe94b42690 /* 8 vars */) = 0',
                 'execve("a", ["a"], 0x7ffd00000000 /* 31 vars */) = 0'),
                ("echo $$", "4711", "20"),
                ("make trace-04", "init  4711  1  log", "init    99  1  log"),
                ("make trace-04", "log  [common/log.c:128]", "log  [common/log.c:130]"),
        ]:
            self.assertTrue(matches(command, [wanted], [found]), wanted)
        self.assertTrue(matches("ps", [self.HEAD, "root 4711 0.0 sh -c x"],
                                ["USER     PID %CPU COMMAND", "eve    12345 99.1 sh -c x"]))

    def test_what_does_not(self):
        for command, wanted, found in [
                ("x", "hello", "hallo"),
                ("echo $?", "127", "126"),
                ("make trace-04", "init  4711  1  log", "init  4711  2  log"),
                ("make trace-04", "log  [common/log.c:128]", "log  [common/die.c:128]"),
                ("echo $?", "137", "143"),
                ("echo $$", "1", "2"),
                ("echo $$", "4711", "1"),
                ("wc -l", "21", "22"),
                ("x", "NSpid:\t4711\t1", "NSpid:\t4711\t2"),
                ("x", "flags=CLONE_NEWUTS|SIGCHLD", "flags=SIGCHLD"),
                ("x", '"level":"info"', '"level":"warn"'),
                ("x", "hello", ""),
                ("x", "", "hello"),
        ]:
            self.assertFalse(matches(command, [wanted], [found]), wanted)
        for row in ["root 1 0.0 sh", "root 4711 0.0 dash", "root 4711 0.0 sh -c"]:
            self.assertFalse(matches("ps", [self.HEAD, "root 4711 0.0 sh"], [self.HEAD, row]), row)

    def test_states(self):
        head = "PID STAT COMMAND"
        for wanted, found, same in [("S", "R", True), ("R", "S", True), ("S", "D", True), ("S", "S+", False),
                                    ("S", "Z", False), ("Z", "S", False), ("Z", "T", False), ("Z", "Z", True),
                                    ("S", "SN", True), ("R+", "R<+", True), ("S", "ZN", False)]:
            self.assertEqual(matches("ps", [head, f"1 {wanted} sh"], [head, f"1 {found} sh"]), same, (wanted, found))
            self.assertEqual(matches("ps -o stat=,args=", [f"{wanted} sh"], [f"{found} sh"]), same, (wanted, found))

    def test_order_and_number_of_lines(self):
        self.assertFalse(matches("x", ["a", "b"], ["b", "a"]))
        self.assertFalse(matches("x", ["a"], ["a", "a"]))
        self.assertFalse(matches("x", ["a", "a"], ["a"]))

    def test_left_out(self):
        self.assertTrue(matches("x", ["...", "b", "..."], ["a", "b"]))
        self.assertTrue(matches("x", ["..."], []))
        self.assertFalse(matches("x", ["...", "b"], ["b", "c"]))
        self.assertFalse(matches("x", ["a", "...", "b"], ["a"]))

    def test_one_name_for_one_thing(self):
        wanted = ["pid:[4026531836]", "pid:[4026531836]", "net:[4026531833]"]
        self.assertTrue(matches("x", wanted, ["pid:[4026532000]", "pid:[4026532000]", "net:[4026532001]"]))
        self.assertFalse(matches("x", wanted, ["pid:[4026532000]", "pid:[4026532002]", "net:[4026532001]"]))
        self.assertFalse(matches("x", wanted, ["pid:[4026532000]", "pid:[4026532000]", "net:[4026532000]"]))
        self.assertFalse(matches("x", ["[pid 4711] a", "[pid 4712] b"], ["[pid 20] a", "[pid 20] b"]))


class Sources(unittest.TestCase):
    """Excerpts, hunks and all else that is compared with files."""

    def setUp(self):
        self.document = Document(TUTORIAL)

    def fences(self, language):
        return [fence for fence in self.document.fences if fence.language == language
                and "exercise" not in fence.attributes]

    def test_a_changed_byte_in_each_line_of_each_excerpt(self):
        for fence in self.fences("c"):
            check.check_excerpt(fence)
            for i, line in enumerate(fence.lines):
                if line:
                    lines = fence.lines[:i] + [damaged(line)] + fence.lines[i + 1:]
                    with self.assertRaises(Mismatch, msg=line):
                        check.check_excerpt(Fence(fence.line, "c", fence.attributes, lines))

    def test_a_changed_byte_in_each_hunk(self):
        for fence in self.fences("diff"):
            pair = fence.attributes["from"], fence.attributes["to"]
            check.check_pair(self.document, *pair)
            whole = list(fence.lines)
            for i in {2, 3, len(whole) // 2, len(whole) - 1}:  # the @@ and three of its lines
                fence.lines = whole[:i] + [damaged(whole[i])] + whole[i + 1:]
                with self.assertRaises((Mismatch, ValueError), msg=fence.lines[i]):
                    check.check_pair(self.document, *pair)
            fence.lines = whole

    def test_a_hunk_that_is_not_where_it_says(self):
        fence = self.fences("diff")[0]
        fence.lines = [re.sub(r"^@@ -(\d+)", lambda old: f"@@ -{int(old[1]) + 1}", line) for line in fence.lines]
        with self.assertRaises(Mismatch):
            check.check_pair(self.document, fence.attributes["from"], fence.attributes["to"])

    def test_a_hunk_that_is_missing(self):
        fence = self.fences("diff")[-1]
        self.document.fences.remove(fence)
        with self.assertRaises(Mismatch):
            check.check_pair(self.document, fence.attributes["from"], fence.attributes["to"])

    def test_a_missing_piece_of_the_first_step(self):
        check.check_first_step(self.document)
        self.document.fences.remove(self.fences("c")[0])
        with self.assertRaises(Mismatch):
            check.check_first_step(self.document)

    def test_a_missing_piece_of_a_new_file(self):
        fence = next(fence for fence in self.fences("c") if "step02" in fence.attributes["file"])
        check.check_pair(self.document, "step01-cli", "step02-clone")
        self.document.fences.remove(fence)
        with self.assertRaises(Mismatch):
            check.check_pair(self.document, "step01-cli", "step02-clone")

    def test_what_is_generated(self):
        generator = generate.Generator(SUITE)
        check.check_generated(self.document, generator)
        for old, new in [("| namespaces | COMMAND is PID 1 |", "| namespaces | COMMAND is PID 2 |"),
                         ("-->+", "-->+1"), ("more promises", "more promise")]:
            self.assertIn(old, self.document.text)
            with self.assertRaises(Mismatch):
                check.check_generated(Document(TUTORIAL, self.document.text.replace(old, new, 1)), generator)

    def test_the_answers_to_exercises(self):
        generator = generate.Generator(SUITE)
        numbers = sorted({patch.one("Exercise") for patch in map(generate.Patch, generate.EXERCISES.glob("*.patch"))})
        parts = "\n\n".join(f"<!-- generated: exercise {number} -->\n<!-- end -->" for number in numbers)
        document = Document(TUTORIAL, generator.up_to_date(Document(TUTORIAL, parts)))
        check.check_generated(document, generator)
        check.check_fences(document)
        self.assertEqual(generate.with_diffs(document), document.text)
        self.assertGreater(len(document.fences), 4)
        for fence in document.fences:
            check.check_diff(fence)
            for i, line in enumerate(fence.lines):
                lines = fence.lines[:i] + [damaged(line)] + fence.lines[i + 1:]
                with self.assertRaises(Mismatch, msg=line):
                    check.check_diff(Fence(fence.line, "diff", fence.attributes, lines))
        for old, new in [("- stdio: ", "- log: "), (" promises break", " promises breaks"), ("+++ b", "+++ a")]:
            self.assertIn(old, document.text)
            with self.assertRaises(Mismatch):
                check.check_generated(Document(TUTORIAL, document.text.replace(old, new, 1)), generator)
        with self.assertRaises(ValueError):
            generator.up_to_date(Document(TUTORIAL, "<!-- generated: exercise 9.9 --><!-- end -->"))

    def test_a_chapter_that_the_suite_does_not_know(self):
        check.check_chapters(self.document, SUITE)
        with self.assertRaises(Mismatch):
            check.check_chapters(Document(TUTORIAL, "## Step 2: another title"), SUITE)

    def test_a_section_that_the_suite_does_not_know(self):
        check.check_sections(self.document)
        with self.assertRaises(Mismatch):
            check.check_sections(Document(TUTORIAL, self.document.text.replace("### Keys and jobs", "### Keys")))

    def test_prose(self):
        for text, wrong in [("it is +1 −2", check.check_sizes), ("[x](no-such-file)", check.check_links),
                            ("[x](#no-such-heading)", check.check_links),
                            ("see [a\nb](#ab)\n# ab", check.check_links),
                            ("[x](https://man7.org/linux/man-pages/man2/clon.2.html)", check.check_links),
                            ("see clone(7)", check.check_man_pages), ("![x](docs/figures/flow.svg)", check.check_figures),
                            ("```sh\nls\n```", check.check_fences), ("a\n\n    ls\n", check.check_fences),
                            ("```console step=01\n$ x\nsh: 1: x: not found\n```", check.check_fences)]:
            with self.assertRaises(Mismatch, msg=text):
                wrong(Document(TUTORIAL, text))
            wrong(self.document)

    def test_a_message_that_no_program_has(self):
        readme = Document(check.ROOT / "README.md")
        check.check_messages(readme)
        for text in ("## Troubleshooting\n\n| `no such message` | x |",
                     readme.text.replace("| `two overlays already", "| `three overlays already")):
            with self.assertRaises(Mismatch, msg=text):
                check.check_messages(Document(readme.path, text))


class Hunks(unittest.TestCase):
    """What make tutorial does to the diffs."""

    def test_nothing_where_they_are_up_to_date(self):
        document = Document(TUTORIAL)
        self.assertEqual(generate.with_diffs(document), document.text)

    def test_a_hunk_that_was_damaged_is_mended(self):
        text = Document(TUTORIAL).text
        for old in ["+    if (mount(NULL, ", "+    {\"init\", init_command},", "-    pid_t child = fork();"]:
            self.assertEqual(text.count("\n" + old), 1, old)
            broken = text.replace("\n" + old, "\n" + damaged(old))
            self.assertEqual(generate.with_diffs(Document(TUTORIAL, broken)), text)

    def test_lines_that_are_new_go_with_their_neighbours(self):
        def piece(old, new, *lines):
            return hunks.Piece("f", old, new, list(lines))

        before = [[piece(1, 1, "+a", "+b")], [piece(1, 3, "+c")]]
        after = [piece(1, 1, "+a", "+b", "+new", "+c", "+d")]
        self.assertEqual(hunks.recut(before, after),
                         [[piece(1, 1, "+a", "+b", "+new")], [piece(1, 4, "+c", "+d")]])


class Terminals(unittest.TestCase):
    """Transcripts, typed."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.project = check.project_copy(Path(cls.directory.name) / "project")

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def type(self, *lines):
        terminal.run(Fence(1, "console", {"step": "04"}, list(lines)), SUITE, self.project)

    def test_that_it_types(self):
        self.type("$ echo a b", "a b", "$ sh", "# exit 3", "$ echo $?", "3", "$ sleep 10", "^C", "$ echo $?", "130")

    def test_what_is_wrong_on_the_screen(self):
        for lines in [["$ echo a", "b"], ["$ echo a"], ["$ true", "a"], ["$ sh -c 'exit 3'", "$ echo $?", "4"],
                      ["$ echo a", "a", "# echo b", "b"],  # no container's shell asks
                      ["$ sh", "$ echo a", "a"],
                      ["$ sleep 10 & sleep 0", "..."],     # it is left behind
                      ["$ mount -t tmpfs none /mnt"],
                      ["$ exit"], ["hello"]]:
            with self.assertRaises(Mismatch, msg=lines), unittest.mock.patch("terminal.LIMIT", 3):
                self.type(*lines)

    def test_a_changed_byte_in_an_expected_line(self):
        text = Document(TUTORIAL).text
        for old, new in [("\n3\n```", "\n4\n```"), ("root           1 ", "root           2 ")]:
            line = text[:text.index("```console")].count("\n") + 1
            document = Document(TUTORIAL, text.replace(old, new, 1))
            fence = next(fence for fence in document.fences if fence.line == line)
            tests = [(f":{line}: x", lambda f=fence: check.check_transcript(f, SUITE, self.project))]
            with contextlib.redirect_stdout(io.StringIO()) as screen:
                self.assertEqual(check.run_tests(tests), [0, 1, 0, 0])
            self.assertIn("the text says", screen.getvalue())

    def test_what_takes_limits_is_skipped_in_words_where_there_are_none(self):
        fence = Fence(1, "console", {"step": "08", "needs": "cgroup2"}, ["$ echo a", "b"])
        tests = [("x", lambda: check.check_transcript(fence, SUITE, self.project))]
        for reason, counts, words in [("none here", [0, 0, 0, 1], "none here"), (None, [0, 1, 0, 0], "the text says")]:
            with unittest.mock.patch("check.no_limits", lambda r=reason: r), \
                    contextlib.redirect_stdout(io.StringIO()) as screen:
                self.assertEqual(check.run_tests(tests), counts)
            self.assertIn(words, screen.getvalue())

    def test_what_the_step_before_shows_too(self):
        fence = Fence(1, "console", {"step": "02", "not": "01"}, ["$ ./step02/mydocker --log-level warn run echo a", "a"])
        with self.assertRaises(Mismatch):
            check.check_transcript(fence, SUITE, self.project)


if __name__ == "__main__":
    unittest.main()
