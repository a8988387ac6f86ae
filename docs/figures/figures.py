#!/usr/bin/env python3
"""Draw the figures of the course: python3 docs/figures/figures.py rewrites the .svg files beside
this one. With --check nothing is written: the exit status is 1 where a file on disk differs.

The PIDs are examples, the same in all figures: 4700 the calling shell, 4711 mydocker, 4712 the
child (1 inside), 4713 a ps started there (2 inside).
"""
import argparse
import html
import pathlib
import sys

WIDTH = 880  # of every figure; a page that shows it at 440 halves all sizes below
SIZE = 19    # of the text; no text is smaller than 18, which is 9 at half width
MARGIN = 24  # from the card's edge to a panel; from a panel's edge to its boxes it is 16
GUTTER = 32  # between the left and the right panel
FULL = WIDTH - 2 * MARGIN
HALF = (FULL - GUTTER) // 2
LEFT, RIGHT = MARGIN, MARGIN + HALF + GUTTER

# Colours by what they are for. Text keeps a contrast of 4.5:1 to any fill that it stands on.
LIGHT = {"card": "#ffffff", "edge": "#d0d7de", "soft": "#f3f5f7", "line": "#6e7781",
         "ink": "#1f2328", "muted": "#57606a", "accent": "#0550ae", "tint": "#ddf0ff"}
DARK = {"card": "#0d1117", "edge": "#3d444d", "soft": "#1a2029", "line": "#8b949e",
        "ink": "#e6edf3", "muted": "#a3acb6", "accent": "#79c0ff", "tint": "#10294a"}

# What a frame looks like, and the look of the text in it: "new" is what a figure is about.
TEXT = {"plain": "ink", "new": "accent", "loose": "muted"}

FONTS = """\
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
font-size: 0.95em; }"""


def colours(palette):
    # Plain values, not CSS variables: not every program that draws SVG knows those.
    return """.card { fill: %(card)s; stroke: %(edge)s; }
.panel { fill: none; stroke: %(line)s; }
.loose { fill: none; stroke: %(line)s; stroke-dasharray: 7 6; }
.plain { fill: %(soft)s; stroke: %(line)s; }
.new { fill: %(tint)s; stroke: %(accent)s; stroke-width: 2.5; }
.arrow { fill: none; stroke: %(line)s; stroke-width: 2; }
.arrow.new { stroke: %(accent)s; stroke-width: 2.5; }
.joint { fill: %(accent)s; }
.head { fill: %(line)s; }
.ink { fill: %(ink)s; }
.muted { fill: %(muted)s; }
.accent { fill: %(accent)s; }
.on-badge { fill: %(card)s; }""" % palette


class Figure:
    """An SVG file in the making: its elements in drawing order, the origin at the top left."""

    def __init__(self, name, height, title, below, description):
        self.name, self.height, self.title, self.description = name, height, title, description
        self.elements = []
        self.label(LEFT + 4, 48, title, FULL, size=25, bold=True)
        self.label(LEFT + 4, 80, below, FULL, "muted")

    def add(self, element, *values):
        self.elements.append(element % values)

    def label(self, x, y, words, room, look="ink", anchor="start", size=SIZE, bold=False):
        """One line of text with its base line at Y; what `backquotes` enclose is code. Every
        system has other fonts: the guess at the width is a wide one, and must fit into ROOM."""
        parts = words.split("`")
        guess = len("".join(parts)) * size * (0.61 if bold else 0.58)
        if guess > room:
            sys.exit(f"{self.name}: {guess:.0f} wide, room for {room:.0f}: {words}")
        spans = [html.escape(part, quote=False) for part in parts]
        spans[1::2] = [f'<tspan class="code">{span}</tspan>' for span in spans[1::2]]
        self.add('<text class="%s" x="%g" y="%g" font-size="%g"%s%s>%s</text>', look, x, y, size,
                 "" if anchor == "start" else f' text-anchor="{anchor}"',
                 ' font-weight="600"' if bold else "", "".join(spans))

    def labels(self, x, y, lines, room, look="ink"):
        for i, line in enumerate(lines):
            self.label(x, y + i * 26, line, room, look)

    def frame(self, x, y, w, h, look="panel", radius=10):
        self.add('<rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="%g"/>',
                 look, x, y, w, h, radius)

    def panel(self, x, y, w, h, heading, look="panel"):
        self.frame(x, y, w, h, look)
        self.label(x + 16, y + 33, heading, w - 32, size=20, bold=True)

    def box(self, x, y, w, h, lines, look="plain", framed=True):
        """Centred lines in a rectangle. A text of the form "left|right" goes to both sides."""
        if framed:
            self.frame(x, y, w, h, look, 6)
        first = y + h / 2 + 7 - (len(lines) - 1) * 13
        for i, line in enumerate(lines):
            left, bar, right = line.partition("|")
            if bar:
                half = (w - 44) * len(left) / len(left + right)  # the room, shared out by length
                self.label(x + 14, first + i * 26, left, half + 16, TEXT[look])
                self.label(x + w - 14, first + i * 26, right, w - 28 - half, TEXT[look],
                           "end")
            else:
                self.label(x + w / 2, first + i * 26, line, w - 16, TEXT[look], "middle")

    def arrow(self, *points, accent=False, dashed=False):
        """Along POINTS, with the head at the last one."""
        (x0, y0), (x, y) = points[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)  # a head points along an axis
        path = " ".join(f"{px:g},{py:g}" for px, py in points[:-1] + ((x - 8 * dx, y - 8 * dy),))
        self.add('<polyline class="arrow%s" points="%s"%s/>', " new" if accent else "", path,
                 ' stroke-dasharray="6 6"' if dashed else "")
        self.add('<polygon class="%s" points="%g,%g %g,%g %g,%g"/>', "accent" if accent else "head",
                 x, y, x - 12 * dx + 6 * dy, y - 12 * dy + 6 * dx,
                 x - 12 * dx - 6 * dy, y - 12 * dy - 6 * dx)

    def badge(self, x, y, number):
        self.add('<circle class="accent" cx="%g" cy="%g" r="15"/>', x, y)
        self.label(x, y + 6.5, str(number), 30, "on-badge", "middle", 18, True)

    def processes(self, x, y, w, h, lines, look="plain"):
        """What ps lists: lines of the form "PID PROGRAM"."""
        self.frame(x, y, w, h, look, 6)
        for i, line in enumerate(lines):
            pid, _, program = line.partition(" ")
            self.label(x + 60, y + 31 + i * 28, f"`{pid}`", 60, TEXT[look], "end")
            self.label(x + 74, y + 31 + i * 28, f"`{program}`", w - 74, TEXT[look])

    def svg(self):
        title, description = (html.escape(words.replace("`", ""), quote=False)
                              for words in (self.title, self.description))
        return f"""<svg xmlns="http://www.w3.org/2000/svg" role="img" \
aria-labelledby="{self.name}-title {self.name}-desc" \
width="{WIDTH}" height="{self.height}" viewBox="0 0 {WIDTH} {self.height}">
<title id="{self.name}-title">{title}</title>
<desc id="{self.name}-desc">{description}</desc>
<style>
{FONTS}
{colours(LIGHT)}
@media (prefers-color-scheme: dark) {{
{colours(DARK)}
}}
</style>
<rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{self.height - 2}" rx="14"/>
{chr(10).join(self.elements)}
</svg>
"""


def row(f, y, h, left, right, look="plain", shared=False):
    """What host and container have: a box each, or one across both panels that they share."""
    w = HALF - 32
    if shared:
        f.frame(LEFT + 16, y, RIGHT - LEFT + w, h, look, 6)
    f.box(LEFT + 16, y, w, h, [left], look if shared else "plain", framed=not shared)
    f.box(RIGHT + 16, y, w, h, [right], look, framed=not shared)


def flow():
    f = Figure("flow", 1006, "How mydocker starts COMMAND",
               "The number says which step adds the box; step 1 has `fork(2)` for `clone(2)`.",
               "Outside, mydocker run reads its options (step 1) and calls clone(2) with five new "
               "namespaces (step 2). The child, PID 1 inside, prepares terminal, input and signals "
               "(step 1), executes /proc/self/exe as mydocker init (step 3), makes / private and "
               "mounts /proc (step 4), and executes COMMAND (step 1): the process stays, PID 1 "
               "too. Outside, mydocker waits for COMMAND's end and passes signals on until then, and "
               "ends with its exit status (step 1).")
    top = 106
    w, h, pitch = HALF - 64, 80, 116
    for x, name in ((LEFT, "`mydocker run` (outside)"), (RIGHT, "the child (PID 1 inside)")):
        f.panel(x, top, HALF, f.height - top - MARGIN, name)

    def y(number):
        return top + 66 + number * pitch

    def step(x, number, added_by, lines, rows=1):
        f.box(x + 32, y(number), w, h + (rows - 1) * pitch, lines)
        f.badge(x + 32, y(number), added_by)

    def down(x, number):
        f.arrow((x, y(number) + h), (x, y(number + 1)))

    step(LEFT, 0, 1, ["`run [-it] COMMAND`", "read the options"])
    step(LEFT, 1, 2, ["`clone(2)`", "five new namespaces"])
    step(LEFT, 2, 1, ["`waitpid(2)`", "has COMMAND ended?", "", "`poll(2)`",
                      "if not: sleep until a signal", "comes, and pass it on"], rows=4)
    step(LEFT, 6, 1, ["exit status", "COMMAND's own, or 128 + N"])
    step(RIGHT, 1, 1, ["prepare the child", "terminal, input, signals"])
    step(RIGHT, 2, 3, ["`execve /proc/self/exe`", "mydocker anew, as `init`"])
    step(RIGHT, 3, 4, ["make `/` private", "mount `proc` on `/proc`"])
    step(RIGHT, 4, 1, ["`execve` COMMAND", "the process stays, PID 1 too"])
    step(RIGHT, 5, 1, ["COMMAND runs and ends", "its status stays behind"])
    down(LEFT + HALF / 2, 0)
    down(LEFT + HALF / 2, 1)
    down(LEFT + HALF / 2, 5)
    for number in range(1, 5):
        down(RIGHT + HALF / 2, number)
    f.arrow((LEFT + 32 + w, y(1) + h / 2), (RIGHT + 32, y(1) + h / 2), accent=True)
    f.arrow((RIGHT + 32, y(5) + h / 2), (LEFT + 32 + w, y(5) + h / 2), accent=True)
    return f


STEPS = {  # the title, what is new, and the description's own part
    1: ("start COMMAND and wait",
        ["New: `fork(2)`, `execve(2)`, `waitpid(2)`.", "The child shares all with the host."],
        "fork(2) starts the child, PID 4712 on both sides, and it executes /bin/sh. It shares all "
        "namespaces and mounts with the host, and its ps lists the host's processes."),
    2: ("a child in five new namespaces",
        ["New: `clone(2)` with five namespaces, and PID 1 in them.",
         "`/proc` still shows the host's processes."],
        "clone(2) starts the child, PID 4712 outside and 1 inside, and it executes /bin/sh. New: "
        "its own uts, pid, mnt, net and ipc namespaces, and with mnt a copy of all mounts. /proc "
        "still shows the host's processes: echo $$ says 1, but ps lists 4712."),
    3: ("the child becomes `init`, then COMMAND",
        ["New: `mydocker init` is PID 1 before COMMAND is.",
         "`/proc` still shows the host's processes."],
        "clone(2) starts the child, PID 4712 outside and 1 inside. New: it executes mydocker init, "
        "which executes /bin/sh; all three are one process. Namespaces and mounts are as in step "
        "2: echo $$ says 1, but ps lists 4712."),
    4: ("a `/proc` of its own",
        ["New: `init` makes the mounts private, then mounts `proc`.",
         "`ps` and `echo $$` agree at last."],
        "clone(2) starts the child, PID 4712 outside and 1 inside; it executes mydocker init, "
        "which executes /bin/sh. New: before that, init makes the copied mounts private and mounts "
        "a new proc on /proc. Now ps lists the container's processes only: 1 sh and 2 ps."),
}


def step(number):
    """The same layout in all steps, so that flipping through them shows what changes."""
    title, news, description = STEPS[number]
    f = Figure(f"step0{number}", 784, f"Step {number}: {title}",
               f"`./step0{number}/mydocker run -it /bin/sh`",
               "Host and container side by side. On the host a shell, PID 4700, runs mydocker, "
               "PID 4711, which waits. " + description)
    shared, w, middle = number == 1, HALF - 32, RIGHT + HALF / 2
    pid = "4712" if shared else "1"
    rows = [150 + 70 * i for i in range(4)]  # of processes and programs, each 42 high

    def look(*steps):
        return "new" if number in steps else "plain"

    def section(y, left, right=""):
        f.label(LEFT + 16, y, left, w, "muted")
        f.label(RIGHT + 16, y, right, w, "muted")

    f.panel(LEFT, 100, HALF, 602, "host")
    f.panel(RIGHT, 100, HALF, 602, "no container yet" if shared else "container",
            "loose" if shared else "panel")

    f.box(LEFT + 16, rows[0], w, 42, ["calling shell|`4700`"])
    f.arrow((LEFT + HALF / 2, rows[0] + 42), (LEFT + HALF / 2, rows[1]))
    f.box(LEFT + 16, rows[1], w, 42, ["`mydocker`, waits|`4711`"], look(1))
    f.label(RIGHT + 16, rows[1] - 14, "by `fork(2)`:" if shared else "by `clone(2)`:", w)
    f.arrow((LEFT + 16 + w, rows[1] + 21), (RIGHT + 16, rows[1] + 21), accent=number < 3)
    f.box(RIGHT + 16, rows[1], w, 42, [f"child of `mydocker`|`{pid}`"], look(1, 2))
    # By execve(2) COMMAND at once, or init first.
    stops = [rows[1], rows[3]] if number < 3 else rows[1:]
    for start, end in zip(stops, stops[1:]):
        f.arrow((middle, start + 42), (middle, end), accent=number in (1, 3))
        f.label(middle + 16, (start + 42 + end) / 2 + 6, "`execve(2)`", w / 2 - 16, size=18)
    if number >= 3:
        does = ", mounts" if number == 4 else ""
        f.box(RIGHT + 16, rows[2], w, 42, [f"`mydocker init`{does}|`{pid}`"], look(3, 4))
    f.label(LEFT + 16, rows[3] - 14, "the child, seen from outside:", w, "muted")
    row(f, rows[3], 42, "`/bin/sh`|`4712`", f"`/bin/sh`|`{pid}`", look(1, 2), shared)

    section(436, "namespaces")
    row(f, 448, 38, "`uts pid mnt net ipc`|host's",
        "|shared" if shared else "`uts pid mnt net ipc`|its own", look(2), shared)

    section(514, "mounts")
    top = {1: "|shared", 4: "`/`|copy, private"}.get(number, "`/`|copy of all")
    proc = {1: "|shared", 4: "`/proc`|new `proc` on top"}.get(number, "`/proc`|host's processes")
    row(f, 526, 38, "`/`|and all below", top, look(2, 4), shared)
    row(f, 570, 38, "`/proc`|host's processes", proc, look(4), shared)

    section(636, "`ps` lists:", f"`echo $$` says `{pid}`, `ps` lists:")
    f.box(LEFT + 16, 648, w, 38, ["`… 4700 4711 4712 …`"])
    f.box(RIGHT + 16, 648, w, 38, ["`1 sh`, `2 ps`" if number == 4 else "`… 4700 4711 4712 4713 …`"],
          look(4))
    f.labels(LEFT + 4, 734, news, FULL, "accent")
    return f


def signals():
    f = Figure("signals", 1048, "Who receives a signal",
               "From step 2 on, where COMMAND is PID 1 of a PID namespace.",
               "Ctrl-C with -t: COMMAND has its own process group in the terminal's foreground; "
               "SIGINT reaches that alone, and mydocker does not see it. Ctrl-C without -t: both "
               "are in one group and receive SIGINT; mydocker passes nothing on, but sends SIGKILL "
               "at the third SIGINT or SIGTERM. SIGTERM to mydocker: passed on to COMMAND; without "
               "a handler PID 1 ignores it, and the third request kills it. SIGKILL to mydocker: "
               "by PR_SET_PDEATHSIG the kernel kills COMMAND, and with PID 1 all its namespace.")
    w, h = 128, 410  # of the boxes mydocker and COMMAND; of a case
    mine, its = 32 + w / 2, HALF - 32 - w / 2  # their middles

    def case(x, y, heading, source, middle, mydocker, text):
        f.panel(x, y, HALF, h, heading)
        f.box(x + middle - 80, y + 52, 160, 44, [source])
        f.box(x + 32, y + 164, w, 64, ["`mydocker`", mydocker],
              "loose" if mydocker == "killed" else "plain")
        f.box(x + HALF - 32 - w, y + 164, w, 64, ["COMMAND", "PID 1"])
        f.labels(x + 16, y + 306, text, HALF - 32)

    def group(x, y, width, name):
        f.frame(x, y + 146, width, 124, "loose")
        f.label(x + width / 2, y + 256, name, width - 12, "muted", "middle")

    x, y = LEFT, 104
    group(x + 16, y, w + 32, "its group")
    group(x + HALF - 48 - w, y, w + 32, "foreground")
    case(x, y, "Ctrl-C with `-t`", "terminal", its, "4711",
         ["Only COMMAND's group gets it:", "mydocker neither sees nor",
          "counts it, as in `docker run -it`."])
    f.arrow((x + its, y + 96), (x + its, y + 164), accent=True)
    f.label(x + its - 14, y + 130, "`SIGINT`", 90, "accent", "end")

    x = RIGHT
    group(x + 16, y, HALF - 32, "one group, in the foreground")
    case(x, y, "Ctrl-C without `-t`", "terminal", HALF / 2, "4711",
         ["The terminal reaches both, so", "mydocker passes nothing on. At",
          "the third SIGINT or SIGTERM", "it sends SIGKILL."])
    for middle in (mine, its):
        f.arrow((x + HALF / 2, y + 96), (x + HALF / 2, y + 128), (x + middle, y + 128),
                (x + middle, y + 164), accent=True)
    f.label(x + HALF / 2 + 14, y + 118, "`SIGINT`", 90, "accent")

    x, y = LEFT, 104 + h + MARGIN
    case(x, y, "SIGTERM to mydocker", "`kill 4711`", mine, "4711",
         ["Without a handler PID 1 ignores", "it. At the third SIGINT or", "SIGTERM mydocker sends",
          "SIGKILL."])
    f.label(x + HALF / 2, y + 256, "passed on", HALF, "accent", "middle")

    case(RIGHT, y, "SIGKILL to mydocker", "`kill -9 4711`", mine, "killed",
         ["The kernel kills COMMAND too,", "and with PID 1 every process in", "its PID namespace."])
    f.label(RIGHT + HALF / 2, y + 256, "`PR_SET_PDEATHSIG`, SIGKILL", HALF - 32, "accent", "middle")

    for x, name in ((LEFT, "`SIGTERM`"), (RIGHT, "`SIGKILL`")):
        f.arrow((x + mine, y + 96), (x + mine, y + 164), accent=True)
        f.label(x + mine + 14, y + 130, name, 100, "accent")
        f.arrow((x + 32 + w, y + 196), (x + HALF - 32 - w, y + 196), accent=True,
                dashed=x == RIGHT)
    f.labels(LEFT + 4, y + h + 40,
             ["PID 1 ignores a signal that it has no handler for, except SIGKILL and",
              "SIGSTOP from outside: `pid_namespaces(7)`."], FULL, "muted")
    return f


def execve():
    replaced = (("program text", "COMMAND's"), ("data, heap, stack", "new"),
                ("memory mappings", "new"), ("signal handlers", "the default action"),
                ("close-on-exec descriptors", "closed"),
                ("`argv` and environment", "as the call gives them"))
    survives = ("PID and parent", "all namespaces", "process group, session, terminal",
                "open descriptors without close-on-exec", "working directory and umask",
                "ignored signals and the signal mask", "resource limits", "user and group IDs *",
                "`PR_SET_PDEATHSIG` *")
    f = Figure("execve", 1036, "What `execve(2)` replaces, and what survives",
               "One process: PID 1 inside, 4712 outside.",
               "mydocker init becomes COMMAND. Replaced: "
               + "; ".join(f"{before}: {after}" for before, after in replaced) + ". Survives: "
               + "; ".join(survives) + ". (* unless COMMAND is set-user-ID or set-group-ID; "
               "PR_SET_PDEATHSIG: or has capabilities.)")
    f.panel(LEFT, 104, HALF, 846, "before: `mydocker init`")
    f.panel(RIGHT, 104, HALF, 846, "after: COMMAND")
    f.label(LEFT + 16, 174, "replaced", HALF, "accent")
    for i, (before, after) in enumerate(replaced):
        row(f, 188 + i * 46, 38, before, after, "new")
        f.arrow((LEFT + HALF - 16, 207 + i * 46), (RIGHT + 16, 207 + i * 46), accent=True)
    f.label(LEFT + 16, 508, "survives", HALF, "muted")
    for i, name in enumerate(survives):
        f.box(LEFT + 16, 522 + i * 46, RIGHT - LEFT + HALF - 32, 38, [name])
    f.labels(LEFT + 4, 984, ["* unless the file of COMMAND is set-user-ID or set-group-ID;",
                             "`PR_SET_PDEATHSIG`: or has capabilities"], FULL, "muted")
    return f


def propagation():
    f = Figure("propagation", 878, "Why the mounts are made private first",
               "The host's `/` is shared, as under systemd. Only the upper mount is seen.",
               "(a) Without MS_PRIVATE a mount of proc on /proc in the container also appears on "
               "the host, over the host's proc. After the container it is still there, the proc of "
               "a dead PID namespace: no process in it, no /proc/self, and ps fails until umount "
               "/proc. (b) With MS_REC and MS_PRIVATE on / first, the new proc stays inside and "
               "goes with the container; the host keeps its own.")
    host, container, w = LEFT + 16, LEFT + FULL - 16 - 340, 340
    gap, middle = container - host - w, (container + host + w) / 2
    y, inside = 104, "`proc` of the container"

    def mounts(x, y, name, upper, root="", look="plain"):
        """On /proc, the UPPER mount over the host's, if there is one; and the mount of /."""
        f.label(x, y + 72, name, w, "muted")
        if upper:
            f.box(x, y + 84, w, 44, [upper], "new")
        f.box(x, y + 128, w, 44, ["`proc` of the host"], "loose" if upper else "plain")
        if root:
            f.box(x, y + 192, w, 44, [root], look)

    f.panel(LEFT, y, FULL, 420, "(a) without `MS_PRIVATE`")
    mounts(host, y, "host", inside, "`/` shared")
    mounts(container, y, "container", inside, "`/` shared")
    f.arrow((container, y + 106), (host + w, y + 106), accent=True)
    f.label(middle, y + 96, "spreads", gap, "accent", "middle")
    f.arrow((middle, y + 214), (host + w, y + 214))
    f.arrow((middle, y + 214), (container, y + 214))
    f.label(middle, y + 204, "peers", gap, "muted", "middle")
    mounts(host, y + 216, "host, after the container", "`proc` of a dead namespace")
    f.label(container, y + 340, "No process, no `/proc/self`:", w)
    f.label(container, y + 366, "`ps` fails until `umount /proc`.", w)

    y += 420 + MARGIN
    f.panel(LEFT, y, FULL, 306, "(b) with `MS_REC | MS_PRIVATE` on `/` first")
    mounts(host, y, "host", "", "`/` shared")
    mounts(container, y, "container", inside, "`/` private", "new")
    f.label(middle, y + 220, "no peers", gap, "muted", "middle")
    f.label(host, y + 278, "The new mount stays inside, and goes with the container.", FULL - 32)
    return f


def proc():
    f = Figure("proc", 848, "Why `/proc` lies",
               "A `proc` mount shows the PID namespace of whoever mounted it.",
               "The host's PID namespace holds bash 4700, mydocker 4711 and, nested in it, the "
               "container's PID namespace with sh, 4712 outside and 1 inside, and ps, 4713 outside "
               "and 2 inside. In steps 2 and 3 ps reads the host's proc and lists 4700 bash, 4711 "
               "mydocker, 4712 sh and 4713 ps, though echo $$ says 1, and kill finds no process "
               "4712. In step 4 ps reads the proc that init has mounted, and lists 1 sh and 2 ps.")
    f.panel(LEFT, 104, FULL, 216, "PID namespace of the host")
    f.box(LEFT + 16, 174, 300, 42, ["`bash`|`4700`"])
    f.box(LEFT + 16, 232, 300, 42, ["`mydocker`|`4711`"])
    f.panel(RIGHT - 40, 124, HALF + 16, 172, "PID namespace of the container")
    f.box(RIGHT - 24, 174, HALF - 16, 42, ["`sh`|`4712`, inside `1`"])
    f.box(RIGHT - 24, 232, HALF - 16, 42, ["`ps`|`4713`, inside `2`"])
    for x, heading, shows, look, lines, kill in (
            (LEFT, "steps 2 and 3: host's `proc`", 320, "plain",
             ["…", "4700 bash", "4711 mydocker", "4712 sh", "4713 ps"],
             "`kill -0 4712`: no such process"),
            (RIGHT, "step 4: `proc` by `init`", 296, "new", ["1 sh", "2 ps"],
             "`kill -0 1`: success")):
        f.arrow((x + HALF / 2, 380), (x + HALF / 2, shows), accent=look == "new")
        f.label(x + HALF / 2 + 16, 356, "shows", 100, TEXT[look])
        f.panel(x, 380, HALF, 368, heading)
        f.label(x + 16, 454, "`echo $$` says `1`", HALF - 32)
        f.label(x + 16, 498, "`ps -eo pid,comm` says", HALF - 32)
        f.processes(x + 16, 512, HALF - 32, 168, lines, look)
        f.label(x + 16, 724, kill, HALF - 32)
    f.labels(LEFT + 4, 788,
             ["`ps` reads `/proc`. `echo $$` and `kill` ask the kernel, which answers in",
              "the numbers of the shell's own PID namespace."], FULL)
    return f


def groups():
    f = Figure("groups", 668, "Who gets the keys", "One session on one terminal, while a job runs.",
               "(a) Without -t: the shell, 4700, is a process group in the background. mydocker, 4711, and "
               "COMMAND, 4712, are one group, 4711, in the foreground: Ctrl-C reaches both. (b) With -t: the "
               "shell is group 4700 and mydocker group 4711, both in the background. COMMAND is group 4712 in "
               "the foreground: Ctrl-C reaches COMMAND alone.")
    alone, both = ["COMMAND|`4712`"], ["`mydocker`|`4711`", "COMMAND|`4712`"]
    for x, heading, jobs, says in (
            (LEFT, "(a) without `-t`", [("4711, foreground", both)], "Ctrl-C reaches both."),
            (RIGHT, "(b) with `-t`", [("4711, background", both[:1]), ("4712, foreground", alone)],
             "Ctrl-C reaches COMMAND alone.")):
        y = 104
        f.panel(x, y, HALF, 540, heading)
        f.box(x + 16, y + 56, HALF - 32, 44, ["terminal"])
        y += 118
        for name, members in [("4700, background", ["shell|`4700`"])] + jobs:
            ahead = "foreground" in name
            h = 54 + 50 * len(members)
            f.frame(x + 56, y, HALF - 72, h, "loose")
            f.label(x + 72, y + 28, f"group {name}", HALF - 104, "accent" if ahead else "muted")
            for i, member in enumerate(members):
                f.box(x + 72, y + 42 + 50 * i, HALF - 104, 42, [member], "new" if ahead else "plain")
            if ahead:
                f.arrow((x + 32, 204), (x + 32, y + h / 2), (x + 56, y + h / 2), accent=True)
            y += h + 18
        f.label(x + 16, 620, says, HALF - 32)
    return f


def stack():
    f = Figure("stack", 640, "Which end of the stack", "A stack grows down, from the end of the array.",
               "An array of 64 kB, high addresses at the top. Right: stack + sizeof(stack), the upper end. The "
               "child's first frame lies below it, in the array, and the stack grows down in there. Wrong: "
               "stack, the lower end. The first frame lies below the array, in other data of mydocker's, and "
               "the stack grows on from there, to where nothing may be written: SIGSEGV, status 139.")
    w, top = 208, 170
    for x, heading, right in ((LEFT, "right: its end", True), (RIGHT, "wrong: its start", False)):
        column = x + HALF - 16 - w
        f.panel(x, 104, HALF, 512, heading)
        if not right:
            f.label(column + w / 2, top + 414, "other data", w - 16, "ink", "middle")
        f.label(x + 16, top + 24, "high addresses", 160, "muted")
        f.label(x + 16, top + 420, "low addresses", 160, "muted")
        f.box(column, top, w, 56, ["other data"])
        f.frame(column, top + 56, w, 220, "panel", 0)
        f.box(column, top + 276, w, 150, [""] if not right else ["other data"])
        start = top + 56 if right else top + 276
        f.box(column + 8, start + 6, w - 16, 44, ["first frame"], "new")
        f.arrow((column + w / 2, start + 50), (column + w / 2, start + 118), accent=True)
        f.label(column + w / 2 + 12, start + 90, "grows", 80, "accent")
        f.label(column + w / 2, top + (224 if right else 150), "`stack`, 64 kB", w - 16, "ink", "middle")
        f.arrow((x + 24, start), (column, start), accent=True)
        f.labels(x + 20, start + 26, ["`stack +`", "`sizeof(stack)`"] if right else ["`stack`"], 150, "accent")
    return f


def lifeline():
    f = Figure("lifeline", 772, "A parent that dies at the wrong moment", "Time runs from left to right.",
               "(a) prctl alone: the parent calls clone, dies, and lets go of its children; only then the child "
               "calls prctl. No signal is ever sent, and the child lives on. (b) With the pair of sockets: the "
               "dying parent closes its end first and lets go of its children afterwards. A child that has "
               "called prctl before it is let go is sent SIGKILL. A child that calls it later asks poll later "
               "still: it sees the hang-up, and ends.")
    lane, h = LEFT + 110, 44

    def lanes(y):
        for name, at in (("parent", y), ("child", y + 78)):
            f.label(LEFT + 16, at + 28, name, 90, "muted")

    y = 104
    f.panel(LEFT, y, FULL, 250, "(a) `PR_SET_PDEATHSIG` alone")
    lanes(y + 56)
    f.box(lane, y + 56, 130, h, ["`clone`"])
    f.box(lane + 150, y + 56, 330, h, ["dies, lets go of its child"])
    f.box(lane + 500, y + 134, 130, h, ["`prctl`"], "new")
    f.arrow((lane + 65, y + 100), (lane + 65, y + 156), (lane + 500, y + 156))
    f.arrow((lane + 630, y + 156), (lane + 706, y + 156), accent=True)
    f.label(LEFT + 16, y + 226, "Too late: no signal is ever sent, and the child lives on.", FULL - 32)

    y += 250 + MARGIN
    f.panel(LEFT, y, FULL, 370, "(b) with a pair of sockets")
    lanes(y + 56)
    closes, lets_go = lane + 150, lane + 430
    f.box(lane, y + 56, 130, h, ["`clone`"])
    f.box(closes, y + 56, 250, h, ["closes its end"], "new")
    f.box(lets_go, y + 56, 270, h, ["lets go of its child"])
    f.arrow((lane + 65, y + 100), (lane + 65, y + 156), (lane + 706, y + 156))
    f.label(lane + 380, y + 146, "first `prctl`, then `poll`: at any time", 420, "muted", "middle")
    f.box(lane, y + 186, lets_go + 135 - lane, h, ["`prctl` until here: SIGKILL"], "new")
    f.box(closes + 125, y + 244, lane + 706 - closes - 125, h, ["`poll` from here on: a hang-up"], "new")
    f.labels(LEFT + 16, y + 322, ["The two overlap. Wherever `prctl` and `poll` fall, one of them", "ends the child."],
             FULL - 32)
    return f


def pivot():
    f = Figure("pivot", 500, "The root of a mount namespace", "Three states, and the two calls between them.",
               "Before: the topmost mount, /, is the host's root, with /proc, /home and all else below it; DIR is "
               "bound on itself, and so is a mount. After pivot_root(., .): / is DIR, and the old root lies on top "
               "of it, at the same place. After umount2: / is DIR, with its new /proc, and the old root is in this "
               "namespace no more.")
    w, gap, y = 244, 50, 104
    host = ["`/`", "the host's root"]
    for i, (heading, boxes) in enumerate((
            ("before", [(host, "plain"), (["`/home`, `/proc`, …"], "plain"), (["DIR", "bound on itself"], "new")]),
            ("then", [(["the old root", "on top"], "loose"), (["`/`", "is DIR"], "new")]),
            ("at last", [(["`/`", "is DIR"], "new"), (["`/proc`", "a new one"], "new")]))):
        x = LEFT + i * (w + gap)
        f.panel(x, y, w, 330, heading)
        top = y + 56
        for lines, look in boxes:
            h = 26 * len(lines) + 26
            f.box(x + 16, top, w - 32, h, lines, look)
            top += h + 14
    for i in (1, 2):
        x = LEFT + i * (w + gap)
        f.arrow((x - gap + 6, y + 180), (x - 6, y + 180), accent=True)
    f.label(LEFT + w + gap / 2, y + 366, "`pivot_root(2)`", 300, "accent", "middle")
    f.label(LEFT + 2 * w + 1.5 * gap, y + 366, "`umount2(2)`", 300, "accent", "middle")
    return f


def names():
    f = Figure("names", 560, "Two kinds of names", "Between `pivot_root(2)` and `umount2(2)`.",
               "init's root directory is DIR's mount; its working directory is the old root, which is the host's. "
               "/proc begins with a slash and is looked up in the new root. dev/null does not, and is looked up in "
               "the old root. A link in DIR to /etc leads to DIR's own /etc, not to the host's.")
    for x, heading, kind, name, lines in (
            (LEFT, "the new root: DIR", "root directory", "`/proc`",
             ["`/bin`, `/etc`, `/dev`", "`/proc`", "a link to `/etc`: DIR's own"]),
            (RIGHT, "the old root: the host's", "working directory", "`dev/null`",
             ["`bin`, `etc`, `home`", "`dev/null`", "`etc`: the host's"])):
        f.panel(x, 250, HALF, 286, heading)
        for i, line in enumerate(lines):
            f.box(x + 16, 304 + i * 72, HALF - 32, 54, [line], "new" if i == 1 else "plain")
        f.box(x + 16, 172, HALF - 32, 44, [f"the name {name}"], "new")
        f.label(x + 16, 240, f"from its {kind}", HALF, "muted", size=18)
        f.arrow((x + HALF - 60, 216), (x + HALF - 60, 250), accent=True)
    f.box(LEFT, 106, FULL, 44, ["`init`"])
    return f


def dev():
    f = Figure("dev", 560, "Who owns what in `/dev`", "In a container of step 6.",
               "The container's own, which go with it: the tmpfs on /dev; the links fd, stdin, stdout, stderr and "
               "ptmx; devpts on /dev/pts; a tmpfs on /dev/shm; mqueue on /dev/mqueue. The host's, bound one by one: "
               "null, zero, full, random, urandom and tty. COMMAND can write to the device, but cannot change the "
               "file's mode or owner.")
    own = ["`/dev`: `tmpfs`", "`fd stdin stdout stderr ptmx`", "`pts`: `devpts`", "`shm`: `tmpfs`", "`mqueue`: `mqueue`"]
    bound = ["`null` and `zero`", "`full`", "`random` and `urandom`", "`tty`"]
    for x, heading, lines, look, below in (
            (LEFT, "the container's own", own, "plain", ["It goes with the container."]),
            (RIGHT, "the host's, bound", bound, "new", ["The device may be written to,", "its file may not be changed."])):
        f.panel(x, 104, HALF, 432, heading)
        for i, line in enumerate(lines):
            f.box(x + 16, 158 + i * 58, HALF - 32, 46, [line], look)
        f.labels(x + 16, 484, below, HALF - 32, "muted")
    return f


def masks():
    f = Figure("masks", 620, "What lies over what", "Three ways to close something below `/proc` or `/sys`.",
               "A file, /proc/interrupts, is covered by /dev/null: who reads it reads nothing. A directory, "
               "/sys/firmware, is covered by an empty tmpfs. A directory to be read but not written, /proc/sys, lies "
               "over itself, and that mount is read-only. Who has CAP_SYS_ADMIN here can take each of them away. Who "
               "has not cannot. Root of a user namespace further in cannot either: for it they are locked, and it "
               "gets no new /proc.")
    w, gap, y = 264, 20, 104
    for i, (heading, above, below, effect) in enumerate((
            ("a file", ["`/dev/null`", "bound"], "`/proc/interrupts`", "to be read: nothing"),
            ("a directory", ["a `tmpfs`", "empty, read-only"], "`/sys/firmware`", "to be found: nothing"),
            ("what may be read", ["`/proc/sys`", "bound, read-only"], "`/proc/sys`", "to be written: nothing"))):
        x = LEFT + i * (w + gap)
        f.panel(x, y, w, 256, heading)
        f.box(x + 16, y + 52, w - 32, 78, above, "new")
        f.arrow((x + w / 2, y + 130), (x + w / 2, y + 160), accent=True)
        f.box(x + 16, y + 160, w - 32, 46, [below], "loose")
        f.label(x + 16, y + 238, effect, w - 20, "muted")
    f.panel(LEFT, 384, FULL, 212, "Who can take them away?")
    for i, (who, can) in enumerate((("COMMAND, without `CAP_SYS_ADMIN`", "no"),
                                    ("COMMAND with `--cap-add SYS_ADMIN`", "yes: `umount`"),
                                    ("root of a user namespace inside", "no: they are locked"))):
        f.box(LEFT + 16, 434 + i * 52, FULL - 32, 44, [f"{who}|{can}"], "new" if i == 1 else "plain")
    return f


def calls():
    f = Figure("calls", 660, "Which call goes where", "The filter sees an architecture, a number and six arguments.",
               "What is not on the list, as read and fork, goes to the kernel. What is on it, as mount and keyctl, fails "
               "with EPERM. Of clone, ioctl and socket an argument decides: the kernel, or EPERM. clone3's flags are "
               "in memory, where the filter cannot look: ENOSYS, and the C library takes clone. A call by the number "
               "of another architecture, as int 0x80 on x86-64, ends COMMAND with SIGSYS.")
    w, gap, y = 248, 44, 104
    columns = [LEFT + i * (w + gap) for i in range(3)]
    for x, heading in zip(columns, ("COMMAND asks", "the filter", "the answer")):
        f.panel(x, y, w, 532, heading)
    for i, (call, filtered, answer) in enumerate((
            (["`read`, `fork`, …"], ["not on the list"], ["the kernel's"]),
            (["`mount`, `keyctl`, …"], ["on the list"], ["`EPERM`"]),
            (["`clone`, `ioctl`,", "`socket`"], ["an argument", "decides"], ["the kernel's,", "or `EPERM`"]),
            (["`clone3`"], ["flags in memory:", "not to be seen"], ["`ENOSYS`: libc", "takes `clone`"]),
            (["`int 0x80`"], ["of another", "architecture"], ["`SIGSYS`:", "COMMAND ends"]))):
        top = y + 56 + i * 94
        for x, lines in zip(columns, (call, filtered, answer)):
            f.box(x + 16, top, w - 32, 78, lines, "plain" if i == 0 else "new" if x == columns[2] else "plain")
        for x in columns[:2]:
            f.arrow((x + w - 16, top + 39), (x + w + gap + 16, top + 39), accent=i > 0)
    return f


def layers():
    f = Figure("layers", 560, "Two containers, one directory", "Each has a layer of its own, in memory.",
               "Two containers look down on the same DIR, which is only read. Each has an upper layer, a tmpfs. In "
               "one /etc/passwd is changed and /bin/ls is a whiteout, a note that it is deleted. The other is empty. "
               "What one has changed the other does not see.")
    for x, heading, lines in ((LEFT, "one container", ["`/etc/passwd`, changed", "`/bin/ls`, a whiteout"]),
                              (RIGHT, "the other", ["nothing"])):
        f.panel(x, 104, HALF, 216, heading)
        f.label(x + 16, 172, "its layer, a `tmpfs`", HALF - 32, "muted")
        for i, line in enumerate(lines):
            f.box(x + 16, 188 + i * 58, HALF - 32, 46, [line], "new" if len(lines) > 1 else "loose")
        f.arrow((x + HALF / 2, 320), (x + HALF / 2, 374))
        f.label(x + HALF / 2 + 16, 354, "else from below", HALF / 2 - 20, "muted")
    f.panel(LEFT, 374, FULL, 162, "DIR, only read")
    f.box(LEFT + 16, 428, FULL - 32, 46, ["`/bin/ls`   `/bin/sh`   `/etc/passwd`   …"])
    f.label(LEFT + 16, 512, "The same for both, before, while they run, and afterwards.", FULL - 32, "muted")
    return f


def limits():
    f = Figure("limits", 572, "A tree of control groups", "Who makes, enters and removes a group.",
               "The root group holds all others. In it are the caller and mydocker, and below it the group mydocker-1. "
               "1: mydocker makes the group with mkdir(2). 2: it writes limits to its files. 3: clone3(2) with "
               "CLONE_INTO_CGROUP starts the child in it. COMMAND and its children stay in it. 4: when COMMAND has "
               "ended, mydocker removes it with rmdir(2). For COMMAND, in its cgroup namespace, mydocker-1 is /, and "
               "nothing above it has a name.")
    f.panel(LEFT, 104, FULL, 444, "the root group, on `/sys/fs/cgroup`")
    f.processes(LEFT + 16, 158, HALF - 16, 72, ["4700 sh", "4711 mydocker"])
    for i, line in enumerate(["`mkdir(2)` makes the group", "`write(2)`: its limits", "`clone3(2)` into it", "`rmdir(2)`, at last"]):
        f.badge(LEFT + 34, 276 + i * 60, i + 1)
        f.label(LEFT + 62, 282 + i * 60, line, HALF - 62)
    f.arrow((LEFT + HALF - 60, 390), (RIGHT - 4, 390), accent=True)
    f.frame(RIGHT, 158, HALF - 16, 322, "new")
    f.label(RIGHT + 16, 190, "`mydocker-1`", HALF - 48, "accent", size=20, bold=True)
    f.label(RIGHT + 16, 218, "for COMMAND it is `/`", HALF - 48, "accent", size=18)
    f.box(RIGHT + 16, 238, HALF - 48, 98, ["`memory.max`|`67108864`", "`cpu.max`|`50000 100000`", "`pids.max`|`20`"])
    f.processes(RIGHT + 16, 356, HALF - 48, 100, ["1 COMMAND", "2 a child", "3 its child"])
    f.labels(LEFT + 16, 520, ["Who is born in the group stays in it. A limit is for all in it together."], FULL - 32, "muted")
    return f


def capabilities():
    f = Figure("capabilities", 600, "Five sets of capabilities", "What `execve(2)` of user 0 makes of them.",
               "Before and after execve(2) of a program as user 0. The bounding set and the inheritable set stay as they "
               "are. The new permitted set is the two together, and the new effective set is the same. The old permitted "
               "and effective sets do not count. With no_new_privs the new permitted set has no more than the old one. The "
               "ambient set stays. In a container of step 9 bounding, permitted and effective set are Docker's 14, and the other two are empty.")
    w, x2 = 300, LEFT + FULL - 300
    f.label(LEFT, 122, "before", w, size=20, bold=True)
    f.label(x2, 122, "after", w, size=20, bold=True)
    rows = [("ambient", "plain", "plain"), ("bounding", "new", "new"), ("inheritable", "new", "new"),
            ("permitted", "loose", "new"), ("effective", "loose", "new")]
    for i, (name, before, after) in enumerate(rows):
        y = 140 + i * 76
        f.box(LEFT, y, w, 52, [name], before)
        f.box(x2, y, w, 52, [name], after)
        if i < 3:
            f.arrow((LEFT + w, y + 26), (x2, y + 26), accent=i > 0)
        else:
            f.label(LEFT + w + 14, y + 33, "does not count", 190, "muted")
    # What the new permitted set is made of.
    f.add('<polyline class="arrow new" points="%g,%g %g,%g %g,%g"/>', LEFT + w + 180, 242, LEFT + w + 180, 368,
          LEFT + w + 180, 394)
    f.arrow((LEFT + w + 180, 394), (x2, 394), accent=True)
    for y in (242, 318):
        f.add('<circle class="joint" cx="%g" cy="%g" r="6"/>', LEFT + w + 180, y)
    f.arrow((x2 + w / 2, 420), (x2 + w / 2, 444), accent=True)
    f.labels(LEFT, 546, ["The new permitted set is the inheritable and the bounding one together.",
                         "With `no_new_privs` it has no more than the old one."], FULL, "muted")
    return f


def main():
    parser = argparse.ArgumentParser(description="Draw the figures beside this script.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    check, stale = parser.parse_args().check, []
    for f in (flow(), *map(step, STEPS), signals(), execve(), propagation(), proc(), groups(), stack(),
              lifeline(), pivot(), names(), dev(), layers(), limits(), capabilities(), masks(), calls()):
        path, new = pathlib.Path(__file__).with_name(f"{f.name}.svg"), f.svg().encode()
        if not check:
            path.write_bytes(new)
        elif not path.exists() or path.read_bytes() != new:
            stale.append(f"{path}: not what figures.py draws")
    sys.exit("\n".join(stale) or 0)


if __name__ == "__main__":
    main()
