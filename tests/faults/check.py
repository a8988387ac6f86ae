"""Does the injector find a fault that is not survived?

Usage: check.py SUITE FAULTS

Each of these mistakes is made in a copy, and has to be found with the right words.
"""
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import steps  # noqa: E402: found by the line above
from patched import Wrong, built, copied, run  # noqa: E402

# Step, call, file, what stands there, what is made of it, what has to be said.
MISTAKES = [
    (1, "prctl", "common/lifeline.c", "if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)",
     "if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -2)", "COMMAND runs without PR_SET_PDEATHSIG"),
    (1, "execve", "common/lifeline.c", "if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)",
     "if (prctl(PR_SET_PDEATHSIG, 0) == -1)", "it did not end"),
    (1, "sendto", "common/lifeline.c", 'die_errno("send to the child");', ";", "it did not end"),
    (1, "setpgid", "common/terminal.c", 'die_errno("setpgid %d", (int)child);', ";", "became 'process group the caller's"),
    (2, "wait4", "step02-clone/run.c",
     'if (reported == -1)\n            die_errno("waitpid %d", (int)child);\n        if (reported == 0)', "if (reported <= 0)",
     "it did not end"),
    (2, "rt_sigprocmask", "common/log.c", "return sigprocmask(SIG_UNBLOCK, &raised, NULL) == 0;",
     "return sigprocmask(SIG_UNBLOCK, &raised, NULL) != -2;",
     "'SigBlk:\t0000000000000000' became 'SigBlk:\t0000000001001000'"),
    (3, "wait4", "common/log.c", "            last_acts[i]();\n", "            ;\n", "the terminal was not given back"),
    (3, "close_range", "common/descriptors.c", "if (syscall(__NR_close_range, last + 1, ~0U, 0) == -1)",
     "if (syscall(__NR_close_range, last + 1, ~0U, 0) == -2)", "became 'descriptor 9 /dev/zero'"),
    (4, "mount", "step04-proc-mount/init.c", 'if (mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -1)',
     'if (mount("proc", "/proc", "proc", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == -2)',
     "- proc proc rw' became"),
    (4, "execve", "step04-proc-mount/container.c", 'die_call("execve /proc/self/exe");', "_exit(EXIT_MYDOCKER);",
     "there is not one fatal line"),
]


def check(suite, faults, mistake):
    step, call, file, right, wrong, says = mistake
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        copied([steps.directory(step)], root)
        text = (root / file).read_text(encoding="utf-8")
        if text.count(right) != 1:
            raise Wrong(f"{file} has no such line: {right}")
        (root / file).write_text(text.replace(right, wrong), encoding="utf-8")
        program = built(root, step)
        status, report = run([suite, "--world", faults, "--stop", "--only", call, str(program)])
    if status == 0 or says not in report:
        raise Wrong(f"'{says}' should be found, but the report is:\n{report}")


def main():
    suite, faults = (str(Path(path).resolve()) for path in sys.argv[1:])
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for mistake, result in [(mistake, pool.submit(check, suite, faults, mistake)) for mistake in MISTAKES]:
            try:
                result.result()
            except Wrong as wrong:
                failed += 1
                print(f"[  FAILED  ] {mistake[2]}: {wrong}")
    print(f"{len(MISTAKES) - failed} of {len(MISTAKES)} mistakes found")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
