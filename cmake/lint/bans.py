#!/usr/bin/env python3
"""Finds what the house's style bans and no compiler or clang-tidy check sees.

usage: bans.py ROOT

Reads every .h and .cc file of the repository at ROOT and prints `file:line: [ban] what to do instead` for each
finding; exits 1 if there is one. A line that must break a ban says so, with its reason: `// NOLINT(rota-<ban>): why`.
"""

import pathlib
import re
import sys

FOLDERS = ("src", "apps", "examples", "tests", "bench", "fuzz")


class Ban:
    """A pattern that must not occur in files whose path matches `where` and not `unless`."""

    def __init__(self, name, pattern, instead, where=r"", unless=r"(?!)", raw=False, public=False):
        self.name = name
        self.pattern = re.compile(pattern)
        self.instead = instead
        self.where = re.compile(where)
        self.unless = re.compile(unless)
        self.raw = raw  # Search comments and literals too.
        self.public = public  # Only in headers that a component shows.

    def applies_to(self, path, is_public):
        return self.where.search(path) and not self.unless.search(path) and (is_public or not self.public)


HEADER = r"\.h$"
LIBRARY = r"^src/"
TIME = r"^src/rota/time/"

BANS = [
    Ban(
        "clock",
        r"\bsystem_clock\b|\b\w+_clock::now\b|\b(clock_gettime|gettimeofday)\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\)",
        "clocks are read in src/rota/time alone: take a Clock, or the instant",
        unless=TIME + r"|^bench/",
    ),
    Ban(
        "sleep",
        r"\bsleep_(for|until)\b|\bu?sleep\s*\(|\bnanosleep\s*\(",
        "nothing sleeps outside src/rota/time: wait on a Clock",
        unless=TIME + r"|^tests/(e2e|chaos)/",
    ),
    Ban(
        "coroutine",
        r"\bco_(await|return|yield|spawn)\b|\bawaitable\b",
        "g++ 12 miscompiles coroutines: use callbacks and small state machines",
    ),
    Ban(
        "public-include",
        r"^\s*#\s*include\s*<(?!tl/expected\.hpp>|sys/types\.h>)[^>]*[./][^>]*>",
        "a component's header shows the standard library and Rota alone: include it in the .cc, behind a pimpl",
        public=True,
    ),
    Ban(
        "public-include",
        r"^\s*#\s*include\s*<tl/expected\.hpp>",
        "tl::expected stays behind rota/base/status.h",
        where=LIBRARY,
        unless=r"^src/rota/base/status\.h$",
    ),
    Ban(
        "include-root",
        r"^\s*#\s*include\s*\"(?!rota/)",
        "include by the full path from src/: \"rota/...\"",
        where=LIBRARY,
    ),
    Ban("using-namespace", r"\busing\s+namespace\b", "a header imposes no namespace on its users", where=HEADER),
    Ban("disabled-test", r"\bDISABLED_|\bGTEST_SKIP\b", "repair the test or delete it", raw=True),
    Ban("todo", r"\b(TODO|FIXME|XXX|HACK)\b", "finish it or leave it out", raw=True),
    Ban(
        "raw-new",
        r"(?<!\()\bnew\s+[A-Za-z_:]|(?<!=)\s\bdelete\b",
        "own through values and std::make_unique; where that cannot construct it, owner(new T) at once",
        unless=r"^fuzz/",
    ),
    Ban(
        "raw-mutex",
        r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::condition_variable\b",
        "use the annotated Mutex and CondVar of rota/base/mutex.h",
        where=LIBRARY,
        unless=r"^src/rota/base/mutex\.h$",
    ),
    Ban("detached-thread", r"\.detach\(\)", "every thread has an owner and a join"),
    Ban(
        "bool-parameter",
        r"[(,]\s*(const\s+)?bool\s*&?\s+[a-z]\w*\s*(=[^,()]*)?[,)]",
        "a caller cannot read a bool: use an enum of two values",
        public=True,
    ),
    Ban("doc-comment", r"^\s*(///|/\*\*)", "plain // comments", raw=True),
]

LITERAL_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'|//.*')
RAW_STRING = re.compile(r'R"(\w*)\((.*?)\)\1"', re.DOTALL)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INCLUDE = re.compile(r"^\s*#\s*include\b")


def code_lines(text):
    """The lines of `text` without what comments and literals say."""

    def blank(match):
        return '""' + "\n" * match.group(0).count("\n")

    text = BLOCK_COMMENT.sub(blank, RAW_STRING.sub(blank, text))
    for line in text.split("\n"):
        yield line if INCLUDE.match(line) else LITERAL_OR_COMMENT.sub('""', line)


def public_headers(root):
    """The paths of the headers that the components list as HDRS, relative to the root."""
    paths = set()
    for lists in (root / "src").rglob("CMakeLists.txt"):
        for headers in re.findall(r"\bHDRS\s+((?:\S+\.h\s+)+)", lists.read_text(encoding="utf-8")):
            paths.update((lists.parent / header).relative_to(root).as_posix() for header in headers.split())
    return paths


def findings(path, text, is_public):
    """Yields (line number, ban, what to do instead) for the file at `path` relative to the root."""
    bans = [ban for ban in BANS if ban.applies_to(path, is_public)]
    for number, (raw, code) in enumerate(zip(text.split("\n"), code_lines(text)), start=1):
        for ban in bans:
            if ban.pattern.search(raw if ban.raw else code) and f"NOLINT(rota-{ban.name}): " not in raw:
                yield number, ban.name, ban.instead
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "pragma-once", "begin the header with #pragma once"


def check(root):
    """Yields (path, line number, ban, what to do instead) for each finding in the repository at `root`."""
    public = public_headers(root)
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            path = file.relative_to(root).as_posix()
            for finding in findings(path, file.read_text(encoding="utf-8"), path in public):
                yield path, *finding


def main():
    found = False
    for path, number, ban, instead in check(pathlib.Path(sys.argv[1])):
        print(f"{path}:{number}: [{ban}] {instead}")
        found = True
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
