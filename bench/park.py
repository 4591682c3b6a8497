"""park - a store that a bench sells from, and the commands on it.

Nothing of the caller's environment or configuration reaches the commands. What they cost is measured by bench_launch,
since an interpreter's own memory and start would be counted with it.
"""

import collections
import functools
import json
import os
import random
import subprocess

from context import BenchError

# What one command cost: milliseconds of the wall clock and of CPU, MiB of memory at the peak, and its exit code.
Cost = collections.namedtuple("Cost", "wall_ms cpu_ms rss_mib code")

MUSICALS = 50
PRICE = 50000


def launch(ctx, commands, jobs=1, stdin=None, log=None, env=None, under=()):
    """Runs the commands (lists of words), at most `jobs` at once; returns their costs in the same order. What they
    print goes to `log`, if anywhere. `under` is a program that watches all of it, such as perf."""
    args = [*under, os.path.join(ctx.build, "bench", "bench_launch"), "-j", str(jobs)]
    args += ["-i", stdin] if stdin else []
    args += ["-o", log] if log else []
    lines = "".join("\t".join(map(str, command)) + "\n" for command in commands)
    costs = json.loads(ctx.command(args, input=lines, env=env))
    return [Cost(wall / 1000, cpu / 1000, rss / 1024, code) for wall, cpu, rss, code in costs]


class Park:
    """A store of its own."""

    def __init__(self, ctx, word="park"):
        self.ctx = ctx
        self.home = ctx.fresh(word)
        self.path = os.path.join(self.home, "store")
        self.state = os.path.join(self.path, "state")
        self.log = os.path.join(self.home, "log")
        self.env = {"HOME": self.home, "OP_STORE": self.path, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                    "PATH": os.path.join(ctx.build, "bin") + ":" + os.environ["PATH"]}

    def launch(self, commands, log=None, **options):
        """Runs commands on the store, see launch()."""
        return launch(self.ctx, commands, log=log or self.log, env=self.env, **options)

    def timed(self, *words, log=None, **options):
        """Runs one command, which must succeed; returns its Cost."""
        cost = self.launch([words], log=log, **options)[0]
        if cost.code != 0:
            raise BenchError(f"exit code {cost.code} of {' '.join(words)}: {self._said(log)}")
        return cost

    def read(self, *words):
        """Runs one command and returns what it prints, a list of objects."""
        return [json.loads(line) for line in self.ctx.command(words, env=self.env).splitlines()]

    def register(self, seats, musicals=MUSICALS):
        """Registers the musicals 1, 2 ...; `seats` is a number, or a function of the id."""
        costs = self.launch([["op-musical", "register", "--id", i, "--name", f"Musical {i}", "--price", PRICE,
                              "--seats", seats(i) if callable(seats) else seats] for i in range(1, musicals + 1)])
        self.ctx.check(all(cost.code == 0 for cost in costs), f"no musicals: {self._said()}")

    def fill(self, events, *kind):
        """Makes a journal of so many events; returns what it holds."""
        made = self.ctx.program("bench_fill", self.path, events, MUSICALS, *kind)
        self.ctx.check(made["events"] == events, "the journal was not filled")
        return made

    def held(self):
        """Seats taken and not given back, by musical."""
        return {row["musicalId"]: row["heldSeats"] for row in self.read("op-musical", "list")}

    def events(self):
        """How many events are durable."""
        return self.read("op-journal", "stat")[0]["head"]

    def drop(self):
        """Gives the disk back."""
        self.ctx.drop(self.home)

    def _said(self, log=None):
        with open(log or self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-500:].strip()


def write_requests(path, count, source="web"):
    """Writes requests of a batch as a shop sends them; returns the seats that they ask for, by musical. `source` sets
    their request ids apart."""
    generator = random.Random(20260101)
    asked = collections.Counter()
    with open(path, "w", encoding="utf-8") as file:
        for i in range(1, count + 1):
            musical, seats = str(generator.randint(1, MUSICALS)), generator.randint(1, 4)
            asked[musical] += seats
            file.write(f'{{"requestId":"{source}-{i:08d}","musicalId":"{musical}",'
                       f'"customerId":"c{generator.randint(1, 200000):06d}","seats":{seats}}}\n')
    return asked


@functools.cache
def perf_works():
    """May perf be used here?"""
    try:
        done = subprocess.run(["perf", "record", "-q", "-o", os.devnull, "true"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


@functools.cache
def sqlite_symbols():
    """The functions of SQLite, by the archive that the programs are linked with; none where they are linked with the
    shared library, which perf tells by its name."""
    archive = subprocess.run(["gcc", "-print-file-name=libsqlite3.a"], stdout=subprocess.PIPE, text=True, check=False)
    listed = subprocess.run(["nm", "--defined-only", archive.stdout.strip()], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False)
    return {words[2] for words in map(str.split, listed.stdout.splitlines()) if len(words) == 3 and words[1] in "tT"}


def profile(park, data, *words):
    """Runs one command, which must succeed, and watches it by perf, where that works; returns its Cost and the shares
    of its CPU time by who ran: {"sqlite": 0.5, "kernel": 0.2, ...}, or None without perf."""
    if not perf_works():
        return park.timed(*words), None
    cost = park.timed(*words, under=["perf", "record", "-q", "-F", "499", "-o", data])
    report = park.ctx.command(["perf", "report", "-i", data, "--stdio", "--comm", words[0], "--sort", "dso,sym", "-g",
                               "none"], stderr=subprocess.DEVNULL)
    samples = collections.Counter()
    for line in report.splitlines():
        if line.strip() and not line.startswith("#"):
            percent, dso, _, symbol = line.split(None, 3)  # 1.25%  op-pay  [.]  sqlite3VdbeExec
            ours = symbol.split(".")[0].strip() in sqlite_symbols() or "sqlite" in dso
            kind = "kernel" if "kernel" in dso else "sqlite" if ours else "rest"
            samples[kind] += float(percent.rstrip("%"))
    return cost, {kind: round(percent / samples.total(), 3) for kind, percent in samples.items()}
