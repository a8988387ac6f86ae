"""What is said where the machine lacks something: one clear line, and no success.

Usage: test_machine.py [unittest's options]
"""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAILS = "#!/bin/sh\nexit 1\n"
USER = "#!/bin/sh\necho 1000\n"


class Machine(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.bin = Path(self.directory.name)

    def tearDown(self):
        self.directory.cleanup()

    def add(self, name, script):
        (self.bin / name).write_text(script, encoding="ascii")
        (self.bin / name).chmod(0o755)

    def says(self, text, *command, path):
        """COMMAND fails with TEXT in the first of its lines on standard error."""
        done = subprocess.run(command, cwd=ROOT, env={"PATH": path}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertNotEqual(done.returncode, 0, done)
        self.assertIn(text, done.stderr.split("\n", 1)[0], done)

    def test_deps_without_sudo(self):
        for tool in ("sh", "dirname"):
            (self.bin / tool).symlink_to(f"/bin/{tool}" if os.path.exists(f"/bin/{tool}") else f"/usr/bin/{tool}")
        self.add("id", USER)
        self.add("apt-get", FAILS)
        self.says("there is no sudo here", "sh", ".ci/deps", path=str(self.bin))

    def test_shell_without_sudo(self):
        # Every tool that there is but sudo.
        for folder in os.environ["PATH"].split(":"):
            for tool in os.listdir(folder) if os.path.isdir(folder) else []:
                if tool != "sudo" and not os.path.lexists(self.bin / tool):
                    (self.bin / tool).symlink_to(Path(folder) / tool)
        for tool, script in [("id", USER), ("unshare", FAILS)]:
            (self.bin / tool).unlink()
            self.add(tool, script)
        self.says("there is no sudo", "make", "-s", "shell", path=str(self.bin))
        self.add("sudo", "#!/bin/sh\necho you may not >&2\nexit 1\n")
        self.says("you may not", "make", "-s", "shell", path=str(self.bin))

    def test_compilers(self):
        path = f"{self.bin}:{os.environ['PATH']}"
        self.add("broken-cc", FAILS)
        # As one for another C library, whose directories libcap is not in.
        self.add("other-cc", "#!/bin/sh\ncase $* in *-lcap*) exit 1 ;; esac\nexec gcc \"$@\"\n")
        program = str(self.bin / "program")
        for compiler, text in [("no-such-cc", "no-such-cc is missing"), ("broken-cc", "builds no program at all"),
                               ("other-cc", "libcap is installed for gcc, but not for 'other-cc'")]:
            self.says(text, ".ci/compiler", "libcap", program, compiler, path=path)


if __name__ == "__main__":
    unittest.main()
