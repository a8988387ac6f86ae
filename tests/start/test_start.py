"""Do make start and make check do for a learner what they say?

Usage: test_start.py [unittest's options]
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import xml.dom.minidom
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A make of its own, whatever the one that started us was told.
for variable in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS"):
    os.environ.pop(variable, None)
# How git shows a difference is the reader's own affair.
os.environ["GIT_CONFIG_GLOBAL"] = "/dev/null"


def make(*words, directory=ROOT):
    done = subprocess.run(["make", "--no-print-directory", "-s", *words], cwd=directory, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def report(*words):
    """What the suite says, without make."""
    return subprocess.run([str(ROOT / "build/plain/tests/suite/suite"), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False).stdout.decode(errors="replace")


def check(*words):
    return make("check", "STEP=02", "ONLY=namespaces: ", *words)


class Start(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        # A space, and a letter that is none in C.
        self.mine = str(Path(self.directory.name) / "é mine")

    def tearDown(self):
        self.directory.cleanup()

    def test_it_lays_out_the_step_before(self):
        status, text, errors = make("start", "STEP=03", f"DIR={self.mine}")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Step 3: a program that runs itself", text)
        self.assertIn("init: mydocker executes itself as init, and init COMMAND", text)
        self.assertNotIn("not yet", text)
        for source in (ROOT / "step02-clone").iterdir():
            self.assertEqual(Path(self.mine, source.name).read_bytes(), source.read_bytes())
        # It builds by itself, is checked as step 3, and git does not see it.
        self.assertEqual(make(directory=self.mine)[0], 0)
        status, text, _ = make("check", "STEP=3", f"MYDOCKER={self.mine}/mydocker", "ONLY=executes itself")
        self.assertNotEqual(status, 0)
        self.assertIn("0 passed, 1 failed", text)
        self.assertEqual(Path(self.mine, ".gitignore").read_text(encoding="ascii"), "*\n")

    def test_with_the_answer_it_passes(self):
        make("start", "STEP=03", f"DIR={self.mine}")
        for source in (ROOT / "step03-init-exec").iterdir():
            shutil.copy(source, self.mine)
        self.assertEqual(make(directory=self.mine)[0], 0)
        status, text, _ = make("check", "STEP=3", f"MYDOCKER={self.mine}/mydocker", "ONLY=executes itself")
        self.assertEqual(status, 0, text)

    def test_before_the_first_step_there_is_next_to_nothing(self):
        status, text, errors = make("start", "STEP=1", f"DIR={self.mine}")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Step 1: a command line and a child", text)
        self.assertEqual(sorted(path.name for path in Path(self.mine).iterdir()),
                         [".gitignore", "GOAL", "Makefile", "main.c"])
        # It builds without a warning, and what it says is the first thing that one reads.
        status, _, errors = make(directory=self.mine)
        self.assertEqual((status, errors), (0, ""))
        _, text, _ = make("check", directory=self.mine)
        self.assertIn("nothing is written yet: main.c", text)

    def test_it_goes_on_with_what_is_one_s_own(self):
        before = Path(self.directory.name, "my step 2")
        before.mkdir()
        for name in ("run.c", "my.h", "run.o", "GOAL", "notes"):
            (before / name).write_text(name, encoding="ascii")
        status, text, errors = make("start", "STEP=03", f"DIR={self.mine}", f"FROM={before}")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn(f"your sources of {before}", text)
        self.assertEqual(sorted(path.name for path in Path(self.mine).glob("[!.]*")),
                         ["GOAL", "Makefile", "my.h", "run.c"])
        self.assertEqual(Path(self.mine, "run.c").read_text(encoding="ascii"), "run.c")

    def test_the_goal_says_what_to_type(self):
        _, text, _ = make("start", "STEP=02", f"DIR={self.mine}")
        for command in ("make check", "FIRST=1", "HINT=2", "make diff-mine", "make trace"):
            self.assertIn(f"  {command}" if command[0] == "m" else command, text)
        self.assertIn("There is no difference", make("diff-mine", "STEP=1", f"DIR={self.mine}")[1])
        self.assertIn("+ is ours, in step02-clone", make("diff-mine", directory=self.mine)[1])

    def test_what_it_refuses(self):
        for words, message in [([f"DIR={self.mine}"], "say where to start"), (["STEP=03"], "say where to start"),
                               (["STEP=03", f"DIR={self.mine}", "FROM=docs"], "there are no *.c in docs"),
                               (["STEP=77", f"DIR={self.mine}"], "there is no step 77"),
                               (["STEP=03", "DIR=common"], "is there already"),
                               (["STEP=03", "DIR=a\"b"], "without quotes")]:
            status, _, errors = make("start", *words)
            self.assertNotEqual(status, 0)
            self.assertIn(message, errors)


class Words(unittest.TestCase):
    def test_a_step_s_number_without_its_zero(self):
        for short, full in [("diff-2", "diff-02"), ("step4", "step04"), ("trace-1", "trace-01"),
                            ("test-step2", "test-step02")]:
            plans = [make("-n", word) for word in (short, full)]
            self.assertEqual(plans[0][0], 0, plans[0][2])
            self.assertEqual(*[plan[1].replace("step0", "step") for plan in plans])
        self.assertIn("no step comes before step1: try diff-02", make("diff-1")[2])


    def test_help_begins_with_what_a_reader_types(self):
        first, rest = [re.findall("^  make (\\S+) ", part, re.M) for part in make("help")[1].split("To work on it:")]
        self.assertEqual(first, ["step04", "start", "check", "doctor", "trace-04", "diff-04", "diff-mine", "test",
                                 "shell", "rootfs", "deps"])
        self.assertIn("coverage", rest)
        self.assertEqual(set(first) & set(rest), set())

    def test_make_mine(self):
        mine = ROOT / f"mine-of-test-{os.getpid()}"
        self.assertIn(f"there is no {mine.name} yet: make start STEP=02 DIR={mine.name}", make(mine.name)[2])
        try:
            make("start", "STEP=01", f"DIR={mine.name}")
            status, text, errors = make(mine.name)
            self.assertEqual((status, errors), (0, ""))
            self.assertTrue((mine / "mydocker").is_file(), text)
        finally:
            shutil.rmtree(mine)


class DiffMine(unittest.TestCase):
    def test_yours_beside_ours(self):
        with tempfile.TemporaryDirectory() as directory:
            mine = Path(directory, "my step")
            shutil.copytree(ROOT / "step02-clone", mine)
            with (mine / "run.c").open("a", encoding="ascii") as file:
                file.write("// my line\n")
            (mine / "container.c").unlink()
            (mine / "mine.c").write_text("// my file\n", encoding="ascii")
            (mine / "notes").write_text("no source\n", encoding="ascii")
            status, text, errors = make("diff-mine", "STEP=2", f"DIR={mine}/")
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(text.splitlines()[0], f"- is yours, in {mine}; + is ours, in step02-clone")
        self.assertIn("\n-// my line\n", text)
        self.assertIn("\n-// my file\n", text)
        self.assertIn("\n+// The child: its namespaces", text)
        self.assertNotIn("no source", text)
        self.assertNotIn("commands.c", text)

    def test_what_it_refuses(self):
        for words, message in [([], "make diff-mine STEP=02 DIR=mine"), (["STEP=3"], "make diff-mine STEP=03 DIR=mine"),
                               (["DIR=it"], "make diff-mine STEP=02 DIR=it"),
                               (["STEP=77", "DIR=common"], "there is no step 77"),
                               (["STEP=03", "DIR=docs"], "there are no *.c in docs")]:
            status, _, errors = make("diff-mine", *words)
            self.assertNotEqual(status, 0)
            self.assertIn(message, errors)


# Of the promises of step 2 on namespaces step 1 breaks these. Where the machine has no network, its lo is alone there,
# too.
OF_STEP_1 = 5 if any(name != "lo" for _, name in socket.if_nameindex()) else 4


class Check(unittest.TestCase):
    def test_a_score_and_a_status(self):
        status, text, _ = check("MYDOCKER=step02/mydocker")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"\nKept: 5 of the 5 that step 2 adds; all 2 from before; looked at: 7 of the \d+ of step 2\.")
        status, text, _ = check("MYDOCKER=step01/mydocker")
        self.assertNotEqual(status, 0)
        self.assertIn(f"{OF_STEP_1} failed", text)
        # The name as it was printed, with an apostrophe in it.
        _, text, _ = make("check", "STEP=01", "MYDOCKER=step01/mydocker", "ONLY=terminal: a script's shell")
        self.assertIn("1 passed, 0 failed", text)

    def test_it_stops_at_the_first_broken_promise(self):
        status, text, _ = check("MYDOCKER=step01/mydocker", "FIRST=1")
        self.assertNotEqual(status, 0)
        self.assertEqual(text.count("FAILED"), 1)
        self.assertIn("Kept: 0 of 1 promises; looked at: 1 of the ", text)
        # A machine hears of the others, too: they were not looked at.
        _, text, _ = check("MYDOCKER=step01/mydocker", "FIRST=1", "FORMAT=tap")
        self.assertRegex(text, r"\n1\.\.7\n|\A1\.\.7\n")
        self.assertEqual(len(re.findall("^not ok (?!.*# SKIP)", text, re.M)), 1, text)
        self.assertEqual(len(re.findall("^(not )?ok .*# SKIP", text, re.M)), 6, text)
        _, text, _ = check("MYDOCKER=step01/mydocker", "FIRST=1", "FORMAT=xml")
        suite = xml.dom.minidom.parseString(text[text.index("<"):]).getElementsByTagName("testsuite")[0]
        self.assertEqual(suite.getAttribute("failures"), "1")
        # Where none is broken, all are looked at.
        status, text, _ = check("MYDOCKER=step02/mydocker", "FIRST=1")
        self.assertEqual(status, 0)
        self.assertIn("7 passed", text)

    def test_the_score_shows_progress(self):
        _, text, _ = make("check", "STEP=03", "MYDOCKER=step02/mydocker", "ONLY=init: ")
        kept = re.search(r"^Kept: (\d+) of the (\d+) that step 3 adds; all \d+ from before;", text, re.M)
        self.assertTrue(kept and int(kept[1]) < int(kept[2]), text[-200:])
        # Before the first step there is none.
        _, text, _ = make("check", "STEP=01", "EXERCISE=env", "MYDOCKER=step01/mydocker")
        self.assertRegex(text, r"\nKept: \d+ of \d+ promises\.\n")

    def test_side_by_side_it_says_the_same(self):
        """In the same order, each heading once, and the same score; and the first lines come at once."""
        suite, texts, reports = str(ROOT / "build/plain/tests/suite/suite"), [], []
        for jobs in ("1", "4"):
            done = subprocess.run([suite, "--jobs", jobs, "--step", "3", "--only", "n", "--except",
                                   "terminal|lifetime|signals|load|status|privileges", "step02/mydocker"], cwd=ROOT,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stderr), (1, b""))
            text = done.stdout.decode(errors="replace")
            self.assertGreater(text.count("\n  passed"), 40)
            self.assertGreater(text.count("\n  FAILED"), 2)
            texts.append(text)
            reports.append(re.findall("^(?:[a-z]+|  (?:passed|FAILED|cannot) .*|Kept.*|\\d+ passed.*)$", text, re.M))
        self.assertEqual(*reports, "\n".join(texts))

    def test_what_is_found_again_and_again_is_counted(self):
        """Three times it is told, also by parts side by side; each promise by its name; and all to a machine."""
        with tempfile.TemporaryDirectory() as directory:
            program = Path(directory, "mydocker")
            program.write_text("#!/bin/sh\nshift\n[ $1 = -i ] && shift\nsleep 100 </dev/null >/dev/null 2>&1 &\n"
                               "exec \"$@\"\n", encoding="ascii")
            program.chmod(0o755)
            command = ["--step", "1", "--limit", "1", "--only", "s: ", "--except",
                       "namespaces|descriptors|signals|privileges|all 256|a short", str(program)]
            reports = [report(*command), report("--jobs", "4", *command)]
            machine = report("--format", "tap", *command)
            alone = report("--step", "1", "--limit", "1", "--only", "COMMAND alone", str(program))
        found = "a process was left behind, and none should be"
        for text in reports:
            self.assertEqual(text.count(f"found:  {found}: "), 3, text)
            more = re.search(f"^The same in (\\d+) more promises, named above .*: {found}$", text, re.M)
            self.assertTrue(more, text)
            self.assertEqual(machine.count(found), 3 + int(more[1]))
            # The first three of them, in the order of the report; what is the promise's own is told in any case.
            told = re.findall(f"  FAILED    (.*)\n.*\n            found:  {found}", text)
            self.assertEqual(told, ["every byte of every ARG", "COMMAND alone", "1.5 MB of arguments"], text)
            self.assertIn("  FAILED    not yet: no no_new_privs\nstatus\n  FAILED    128+N for a crash\n            did:", text)
            self.assertIsNone(re.search("[\x01\x02]", text))
        self.assertIn(f"found:  {found}: ", alone)
        self.assertNotIn("The same in", alone)

    def test_the_first_lines_come_at_once(self):
        with subprocess.Popen(["make", "-s", "check", "STEP=04", "MYDOCKER=step04/mydocker"], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True) as check_all:
            begin = time.monotonic()
            lines = [check_all.stdout.readline() for _ in range(5)]
            took = time.monotonic() - begin
            os.killpg(check_all.pid, signal.SIGTERM)
        self.assertTrue(all(line.startswith(b"  passed") for line in lines[2:]), lines)
        # A second, and what a busy machine adds.
        self.assertLess(took, 10)

    def test_a_failure_teaches(self):
        _, text, _ = check("MYDOCKER=step01/mydocker")
        for label in ("did:    mydocker run", "found:  ", "think:  ", "answer: HINT=2 tells it", 'read:   TUTORIAL.md, "Step 2:'):
            self.assertIn(label, text)

    def test_what_was_done_can_be_typed(self):
        _, text, _ = make("check", "STEP=02", "ONLY=privileges: ", "MYDOCKER=step01/mydocker")
        for words in ("setpriv --bounding-set -all mydocker run probe facts", "unshare --pid mydocker run probe facts",
                      'mydocker run probe facts (under a seccomp filter: clone(2) fails with "Operation not permitted")'):
            self.assertIn(f"did:    {words}\n", text)
        probe = re.search(r"^probe is the tests' own COMMAND.*: (/.*) facts$", text, re.M)
        self.assertIn(b"\npid=", b"\n" + subprocess.run([probe[1], "facts"], stdout=subprocess.PIPE, check=True).stdout)
        self.assertEqual(text.count("probe is the tests' own"), 1)
        _, text, _ = make("check", "STEP=04", "ONLY=a working directory on the old", "MYDOCKER=step03/mydocker")
        self.assertRegex(text, r"did:    cd /proc(/\d+)? && mydocker run probe facts\n")
        # What it found is told as far as the test has asked for it.
        self.assertIn("cwd_is_proc=", text)
        self.assertNotIn("limit0=", text)

    def test_an_exercise_belongs_to_its_chapter(self):
        for exercise, chapter in [("hostname", 2), ("loopback", 2), ("no-new-privs", 3)]:
            _, text, _ = make("check", "STEP=04", f"EXERCISE={exercise}", "MYDOCKER=step04/mydocker")
            self.assertIn("think:  ", text)
            self.assertIn(f'read:   TUTORIAL.md, "Step {chapter}:', text)

    def test_the_flag_itself_is_told_to_who_asks(self):
        for hint, told in [("1", False), ("2", True)]:
            _, text, _ = check("MYDOCKER=step01/mydocker", "FIRST=1", f"HINT={hint}")
            self.assertIn("shares these namespaces with the caller: uts pid mnt net ipc", text)
            self.assertEqual("answer: CLONE_NEWUTS | CLONE_NEWPID |" in text, told, text)
            self.assertEqual("CLONE_" in text, told, text)

    def test_what_runs_nothing_gets_one_report(self):
        """A script, and what the one report of the smoke test says of it."""
        for script, words in [("", "MYDOCKER is an empty file"),
                              ("exit 0\n", "neither a binary nor a script"),
                              ("#!/no/such/interpreter\n", "cannot be executed: is the interpreter there"),
                              ("#!/bin/sh\n", "was COMMAND started at all"),
                              ("#!/bin/sh\nexec sleep 100\n", "SIGCHLD"),
                              ("#!/bin/sh\necho 'clone: Invalid argument' >&2\nexit 125\n", "clone: Invalid argument"),
                              ("#!/bin/sh\nexit 125\n", "but not why"),
                              ("#!/bin/sh\nexit 127\n", "looked up in PATH"),
                              ("#!/bin/sh\nkill -SEGV $$\n", "mydocker itself crashed"),
                              ("#!/bin/sh\nshift\n[ $1 = -i ] && shift\n\"$@\"\nexit 0\n", "WEXITSTATUS"),
                              ("#!/bin/sh\nshift\n[ $1 = -i ] && shift\n\"$@\" </dev/null\n", "standard input")]:
            with tempfile.TemporaryDirectory() as directory:
                program = Path(directory, "mydocker")
                program.write_text(script, encoding="ascii")
                program.chmod(0o755)
                begin = time.monotonic()
                status, text, _ = make("check", "STEP=02", f"MYDOCKER={program}")
                took = time.monotonic() - begin
            with self.subTest(script=script):
                self.assertNotEqual(status, 0)
                self.assertEqual(text.count("FAILED"), 1, text)
                self.assertIn(words, " ".join(text.split()))
                self.assertNotIn("passed", text)
                # Four seconds, and what a busy machine adds.
                self.assertLess(took, 15)

    def test_the_smoke_test_comes_before_some_promises_too(self):
        _, text, _ = check("MYDOCKER=/bin/true")
        self.assertIn("smoke test", text)
        _, text, _ = make("check", "STEP=02", "ONLY=:", "FIRST=1", "MYDOCKER=/bin/true")
        self.assertNotIn("smoke test", text)

    def test_a_script_can_keep_what_init_promises(self):
        """Its interpreter is executed, too, each time, and whatever it is written with."""
        with tempfile.TemporaryDirectory() as directory:
            program = Path(directory, "mydocker")
            program.write_text('#!/bin/sh\ncase $1 in\nrun) shift; [ "$1" = -i ] && shift; exec "$0" init "$@" ;;\n'
                               'init) shift; date >&2; exec "$@" ;;\nesac\n', encoding="ascii")
            program.chmod(0o755)
            for step, promise, kept in [("03", "executes itself", 1), ("02", "without an init", 0)]:
                _, text, _ = make("check", f"STEP={step}", f"ONLY={promise}", f"MYDOCKER={program}")
                self.assertIn(f"{kept} passed, {1 - kept} failed", text)

    def test_other_words_are_no_mistake(self):
        with tempfile.TemporaryDirectory() as directory:
            program = Path(directory, "mydocker")
            program.write_text('#!/bin/sh\n[ "$1" != run ] || { shift; [ "$1" != -i ] || shift; }\ncase $1 in\n'
                               "-* | help) echo usage: run COMMAND, --interactive, --tty, --log-level, 0.1 ;;\n"
                               '*) exec "$@" ;;\nesac\n', encoding="ascii")
            program.chmod(0o755)
            for promise in ("print the usage", "version"):
                _, text, _ = make("check", "STEP=01", f"ONLY={promise}", f"MYDOCKER={program}")
                self.assertIn("1 passed, 0 failed", text)

    def test_formats_for_machines(self):
        for program, failures in [("step02", "0"), ("step01", str(OF_STEP_1))]:
            with tempfile.TemporaryFile() as file:
                subprocess.run(["make", "-s", "check", "STEP=02", "ONLY=namespaces: ", "FORMAT=xml",
                                f"MYDOCKER={program}/mydocker"], cwd=ROOT, stdout=file, stderr=subprocess.DEVNULL,
                               check=False)
                file.seek(0)
                suite = xml.dom.minidom.parse(file).getElementsByTagName("testsuite")[0]
            self.assertEqual((suite.getAttribute("tests"), suite.getAttribute("failures")), ("7", failures))
        _, text, _ = check("MYDOCKER=step01/mydocker", "FORMAT=tap")
        # Before it a newer cmocka says which version of TAP it writes.
        self.assertRegex(text, r"\A(TAP version \d+\n)?1\.\.7\nnot ok 1 - namespaces: ")

    def test_a_report_that_is_lost(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(["make", "-s", "check", "STEP=02", "ONLY=namespaces: ", "MYDOCKER=step02/mydocker"],
                                  cwd=ROOT, stdout=full, stderr=subprocess.DEVNULL, check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_what_it_refuses(self):
        for words, message in [(["STEP=089", "MYDOCKER=/bin/true"], "there is no step 089"),
                               (["STEP=4x", "MYDOCKER=/bin/true"], "there is no step 4x"),
                               ([], "STEP and MYDOCKER are missing: make check STEP=03 MYDOCKER=mine/mydocker"),
                               (["STEP=02"], "check: MYDOCKER is missing: make check STEP=02 MYDOCKER=mine/mydocker"),
                               (["MYDOCKER=it"], "check: STEP is missing: make check STEP=03 MYDOCKER=it"),
                               (["STEP=02", "MYDOCKER=step02"], "directory; step02/mydocker in it was probably"),
                               (["STEP=02", "MYDOCKER=tests/start"], "directory; tests/start/diff-mine in it"),
                               (["STEP=02", "MYDOCKER=docs"], "no program in it; one is built with: make -C docs"),
                               (["STEP=02", "MYDOCKER=no-such"], "no program that can be executed"),
                               (["STEP=02", "MYDOCKER=/bin/true", "ONLY=zzz"], "no such promise"),
                               (["STEP=02", "MYDOCKER=/bin/true", "EXERCISE=zzz"], "but there are: env hostname loopback")]:
            status, _, errors = make("check", *words)
            self.assertNotEqual(status, 0)
            self.assertIn(message, errors)


if __name__ == "__main__":
    unittest.main()
