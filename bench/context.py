"""context - what a bench is given, and what becomes of its rows.

A bench is a function of a Context. It measures by ctx.alternate(), compares by ctx.row(), and proves that what was
measured is true by ctx.check(): a fast wrong answer fails the run.
"""

import inspect
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class BenchError(Exception):
    """A result is wrong, or something that the bench stands on could not run."""


def build_dir():
    """The build tree, as an absolute path."""
    return os.path.join(ROOT, os.environ.get("BUILD") or "build")


def scratch_parent():
    """The directory whose disk is measured."""
    return os.environ.get("BENCH_DIR") or os.environ.get("TMPDIR") or "/var/tmp"


class Report:
    """The rows of a run: a file of objects, and a table."""

    HEAD = ("name", "unit", "ours", "peer", "theirs", "ratio", "goal", "")

    def __init__(self):
        self.rows = []
        self.path = os.path.join(build_dir(), "bench.ndjson")
        with open(self.path, "w", encoding="utf-8"):
            pass

    def add(self, row):
        """Takes a row; it is in the file when this returns."""
        self.rows.append(row)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def table(self):
        """All rows, for people."""
        lines = [self.HEAD] + [self._cells(row) for row in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.HEAD))]
        text = [f"On {scratch_parent()} ({filesystem(scratch_parent())}), {os.cpu_count()} processors."
                " Ratio above 1: ours is better."]
        for line in lines:
            cells = [cell.ljust(width) if i in (0, 1, 3, 7) else cell.rjust(width)
                     for i, (cell, width) in enumerate(zip(line, widths))]
            text.append("  ".join(cells).rstrip())
        return "\n".join(text)

    @staticmethod
    def _cells(row):
        verdict = "" if row["goal"] is None else "ok" if row["ratio"] >= row["goal"] else "MISSED"
        return (row["name"], row["unit"], figure(row["ours"]), row["peer"] or "", figure(row["theirs"]),
                figure(row["ratio"]), figure(row["goal"]), verdict)


def figure(number):
    """A number with as many digits as mean something."""
    if number is None:
        return ""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def filesystem(path):
    """The type of the filesystem that holds the path."""
    found = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


class Context:
    """What a bench works with.

    quick    tiny sizes: whether it works, not how fast
    runs     how often each side is measured
    scratch  a directory of this bench's own on the disk that is measured
    build    the build tree: the commands in build/bin, the bench programs in build/bench
    """

    def __init__(self, name, quick, runs, scratch, report):
        self.name = name
        self.quick = quick
        self.runs = runs
        self.scratch = scratch
        self.build = build_dir()
        self._report = report
        self._fresh = 0

    def fresh(self, word):
        """The path of a new, empty directory in scratch."""
        self._fresh += 1
        path = os.path.join(self.scratch, f"{word}-{self._fresh}")
        os.mkdir(path)
        return path

    def drop(self, path):
        """Removes a directory of scratch that is done with, for the next one's sake."""
        shutil.rmtree(path)

    def say(self, text):
        """Tells who waits what is going on."""
        print(f"bench: {self.name}: {text}", file=sys.stderr, flush=True)

    def command(self, args, **options):
        """Runs a program to its end and returns its standard output; BenchError unless it succeeds."""
        try:
            done = subprocess.run(args, stdout=subprocess.PIPE, text=True, check=False, **options)
        except FileNotFoundError as error:
            raise BenchError(f"cannot run {args[0]}: {error.strerror}; 'make bench-deps' installs the peers") from error
        if done.returncode != 0:
            raise BenchError(f"exit code {done.returncode} of {' '.join(map(str, args))}")
        return done.stdout

    def program(self, name, *args, **options):
        """Runs a bench program of build/bench, which prints one JSON object; returns that."""
        return json.loads(self.command([os.path.join(self.build, "bench", name), *map(str, args)], **options))

    def alternate(self, measured, runs=None):
        """Calls the functions of the dict by turns, each `runs` times; returns {name: [what each call returned]}.

        Every other round goes backwards, so that neither side always comes first."""
        results = {name: [] for name in measured}
        for run in range(runs or self.runs):
            for name in list(measured) if run % 2 == 0 else reversed(list(measured)):
                results[name].append(measured[name]())
                self.say(f"{name}, run {run + 1}: {figure(results[name][-1])}")
        return results

    def row(self, name, unit, ours, peer=None, theirs=None, higher_is_better=True, goal=1.0, **extra):
        """Reports the median of `ours` beside that of `theirs`. Without a peer there is no ratio and no goal.

        Where both were measured by turns, the ratio is the median of the rounds' own: a machine that is faster at one
        time than at another is as fast for both sides of a round."""
        ours_median = statistics.median(ours)
        theirs_median = statistics.median(theirs) if peer else None
        ratio = None
        if peer:
            self.check(min(*ours, *theirs) > 0, f"{name}: nothing was measured")
            rounds = list(zip(ours, theirs)) if len(ours) == len(theirs) else [(ours_median, theirs_median)]
            ratio = statistics.median(mine / other if higher_is_better else other / mine for mine, other in rounds)
        row = {"name": name, "unit": unit, "ours": ours_median, "peer": peer, "theirs": theirs_median, "ratio": ratio,
               "goal": goal if peer else None, "runs": len(ours),
               "spread": {"ours": [min(ours), max(ours)], "theirs": [min(theirs), max(theirs)] if peer else None},
               **extra}
        self._report.add(row)
        return row

    def check(self, condition, message):
        """A result that is not true makes the run fail."""
        if not condition:
            raise BenchError(message)


def run_bench(name, function, quick, runs, report):
    """Runs one bench in a directory of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="outerpark-bench-", dir=scratch_parent()) as scratch:
        rows = function(Context(name, quick, runs, scratch, report))
        if inspect.isgenerator(rows):
            for _ in rows:  # ctx.row() has reported it
                pass
