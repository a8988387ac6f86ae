"""Do programs that are not ours get the grade that they deserve?

Usage: check.py SUITE

Each program in this folder, but for this one, says in its first comment which promises of the last
step, or of another ("Keeps in step 2: ..."), it keeps and which it breaks. Some are right as far as they
go, in other languages; one makes the mistakes of the article that the course follows.
"""
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Python 3.9 cannot start where a word is no text in the C library's reading of it.
ENVIRONMENT = {**os.environ, "PYTHONUTF8": "1"}
STEP = sorted(HERE.parents[1].glob("step[0-9][0-9]-*"))[-1].name[4:6].lstrip("0")


def verdict(suite, program, step, promise):
    """Whether PROGRAM keeps PROMISE of STEP: "Keeps" or "Breaks", and what the suite said."""
    done = subprocess.run([suite, "--step", step or STEP, "--limit", "5", "--only", promise, str(program)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT, check=False)
    report = done.stdout.decode(errors="replace")
    text = promise.partition(": ")[2]
    found = re.search(f"^  (passed|FAILED)    {re.escape(text)}$", report, re.M)
    return {"passed": "Keeps", "FAILED": "Breaks"}.get(found.group(1) if found else None, "Nothing"), report


def main():
    suite, failed, count = str(Path(sys.argv[1]).resolve()), 0, 0
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        for source in sorted(HERE.iterdir()):
            text = source.read_text(encoding="utf-8")
            program = source
            if source.suffix == ".c":
                program = Path(directory) / source.stem
                subprocess.run(["gcc", "-D_GNU_SOURCE", "-o", program, source], check=True)
            wanted = [] if source.name == Path(__file__).name else re.findall(
                r"(Keeps|Breaks)(?: in step (\d+))?: (.*)", text)
            for (word, _, promise), result in [(grade, pool.submit(verdict, suite, program, *grade[1:]))
                                               for grade in wanted]:
                count += 1
                found, report = result.result()
                if found == word:
                    print(f"[       OK ] {source.name} {word.lower()} {promise}")
                else:
                    failed += 1
                    print(f"[  FAILED  ] {source.name} should be one that {word.lower()} {promise}:\n{report}")
    print(f"{count - failed} passed, {failed} failed")
    sys.exit(failed > 0 or count == 0)


if __name__ == "__main__":
    main()
