"""A process of the host, for somebody inside to look at, to write to or to join."""
import subprocess
import sys

LIMIT = 30  # seconds, for its end

CODE = """
import ctypes, sys
word = ctypes.create_string_buffer(b"as it was")
print(ctypes.addressof(word), flush=True)
sys.stdin.readline()
print(word.value.decode())
"""


class Victim:
    """It has a secret in its environment, and a word in its memory, at ADDRESS."""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-B", "-I", "-c", CODE], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={"SECRET": "of the host"})
        self.pid = self.process.pid
        self.address = int(self.process.stdout.readline())
        return self

    def word(self):
        return self.process.communicate("\n", timeout=LIMIT)[0].strip()

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
