"""Does a screen show what the tutorial says it shows?

What changes from machine to machine is matched by kind: a process ID above 10 by any other, a time
by any time, the line of a source by any line. Only where such a thing stands: every other number, a status or a count, has to be the
same. And what is one process or namespace in the text must be one on the screen: two names for it
are two. In ps's column STAT, a process that runs and one that waits are of one kind, and so are those
of any niceness.
"""
import re

# What a kind looks like, wherever it stands. The value is the first group.
EVERYWHERE = [
    ("time", r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))"),
    ("namespace", r"\[(\d{10})\]"),
    ("address", r"\b(0x[0-9a-f]{6,16})\b"),
    ("variables", r"/\* (\d+) vars \*/"),
    ("source line", r"\[[\w/-]+\.c:(\d+)\]"),
    ("pid", r"\[pid +(\d+)\]"),
    ("pid", r"\b[Pp](?:rocess|ID) (\d+)\b"),
    ("pid", r"/proc/(\d+)\b"),
    ("pid", r"^(?:Pid|PPid|Tgid|NSpid|NStgid|NSpgid|NSsid):\s+(\d+)"),
    ("pid", r"^NS\w+:\s+\d+\s+(\d+)"),
    ("pid", r"\b(?:clone|clone3|fork|vfork|getpid|getppid|gettid|waitpid|wait4)\(.*\) = (\d+)$"),
    ("pid", r"\b(?:kill|wait4|waitpid|pidfd_open|setpgid|tkill)\((\d+)"),
    ("pid", r"\bsi_pid=(\d+)"),
    ("pid", r"\bTIOCSPGRP, \[(\d+)\]"),
    ("pid", r"^\[\d\][ +-]+(\d+)\b"),
    ("pid", r"^(?:mydocker|the child|init|COMMAND) +(\d+) +[-\d]"),
    ("pid", r"^(?:the child|init|COMMAND) +<pid> +(\d+) "),
]
EVERYWHERE = [(kind, re.compile(pattern)) for kind, pattern in EVERYWHERE]

# What a kind is under, in a table that starts with a line of such headings.
COLUMNS = {
    "PID": "pid", "PPID": "pid", "PGID": "pid", "TPGID": "pid", "NS": "namespace", "%CPU": "share",
    "%MEM": "share", "VSZ": "size", "RSS": "size", "TTY": "terminal", "START": "clock",
    "STARTED": "clock", "STIME": "clock", "TIME": "clock", "C": "share", "USER": "user",
    "UID": "user",
}
HEADING = re.compile(r"^\s*(?:[A-Z%]+\s+)*(?:PID|NS|PPID)(?:\s+[A-Z%]+)*\s*$")

# The commands that answer with a process ID alone in a line.
ASKS_FOR_PID = re.compile(r"\$\$|\$!|\$PPID|\bpgrep\b|/proc/self\b")

# And those whose lines begin with a state, without a heading.
ASKS_FOR_STATE = re.compile(r"^ps -o stat=")

KNOWN = 10  # process IDs up to here are the same everywhere in a container


def state(word):
    """On a processor, before one or waiting for something: from one moment to the next. A zombie (Z)
    or a stopped process (T) is something else. N and < are the niceness of who runs the tests."""
    return re.sub("^[RSD]", "<alive>", re.sub("[N<]", "", word))


class Lines:
    """Lines as they are compared: text with the kind in place of the value, and the values."""

    def __init__(self, command):
        self.command = command
        self.columns = None

    def canonical(self, line):
        values = []

        def put(kind, value):
            if kind == "pid" and int(value) <= KNOWN:
                return value
            values.append((kind, value))
            return f"<{kind}>"

        line = line.rstrip()
        if HEADING.match(line):
            self.columns = line.split()
            return " ".join(self.columns), values
        words = line.split()
        if self.columns and len(words) >= len(self.columns):
            last = len(self.columns) - 1
            words[last:] = [" ".join(words[last:])]
            for i, column in enumerate(self.columns):
                kind = COLUMNS.get(column)
                if kind in ("pid", "namespace") and not words[i].isdigit():
                    break  # this line is no part of the table
                if kind:
                    words[i] = put(kind, words[i])
                elif column == "STAT":
                    words[i] = state(words[i])
            else:
                return " ".join(words), values
        if words and ASKS_FOR_STATE.search(self.command):
            return " ".join([state(words[0])] + words[1:]), values
        if len(words) == 1 and words[0].isdigit() and ASKS_FOR_PID.search(self.command):
            return put("pid", words[0]), values
        for kind, pattern in EVERYWHERE:
            line = pattern.sub(
                lambda match, kind=kind: match.group(0)[:match.start(1) - match.start(0)]
                + put(kind, match.group(1)) + match.group(0)[match.end(1) - match.start(0):], line)
        return " ".join(line.split()), values

    @classmethod
    def of(cls, command, lines):
        reader = cls(command)
        return [reader.canonical(line) for line in lines]


class Names:
    """Which value on the screen each value in the text stands for, in one transcript."""

    ONE_TO_ONE = ("pid", "namespace")

    def __init__(self, pairs=()):
        self.pairs = frozenset(pairs)

    def with_line(self, wanted, found):
        """The names with those of one line added, or None where they contradict."""
        pairs = set(self.pairs)
        for (kind, text), (_, screen) in zip(wanted, found):
            if kind in self.ONE_TO_ONE:
                pairs.add((kind, text, screen))
        for key in (lambda p: p[:2], lambda p: (p[0], p[2])):
            if len({key(pair) for pair in pairs}) != len(pairs):
                return None
        return Names(pairs)


def match(command, wanted, found, names):
    """The names after the lines FOUND on the screen have matched the lines WANTED, or None.
    "..." stands for any lines, none among them."""
    wanted = [line for line in wanted if line.strip()]
    found = [line for line in found if line.strip()]
    # "..." is no line of a table and none of the screen's.
    texts = Lines.of(command, wanted)
    return _match(texts, Lines.of(command, found), names)


def _match(wanted, found, names):
    if not wanted:
        return None if found else names
    (text, values), rest = wanted[0], wanted[1:]
    if text == "...":
        for i in range(len(found) + 1):
            result = _match(rest, found[i:], names)
            if result is not None:
                return result
        return None
    if not found or found[0][0] != text:
        return None
    result = names.with_line(values, found[0][1])
    return None if result is None else _match(rest, found[1:], result)
