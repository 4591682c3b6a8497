"""store - the store itself against SQLite, Redis and the raw floor: appending one by one, many at once, in batches, and
reading it all. The workloads are bench_append.c and bench_read.c; both prove what they measured before they tell it."""

import glob
import os
import time

import peers

NO_CONDITION = "Redis appends without a condition"


def place(backend, directory):
    """Where a backend keeps its store below the directory."""
    return os.path.join(directory, {"evstore": "store", "sqlite": "events.db", "raw": "journal"}[backend])


def append(ctx, backend, *workload):
    """A function that measures the workload on a new store: events per second, all of them durable."""

    def measure():
        directory = ctx.fresh(backend)
        if backend == "redis":
            with peers.Redis(directory) as redis:
                told = ctx.program("bench_append", "--backend", backend, "--path", redis.socket, *workload)
        else:
            path = place(backend, directory)
            told = ctx.program("bench_append", "--backend", backend, "--path", path, *workload)
        ctx.drop(directory)
        return told["rate"]

    return measure


def compare(ctx, name, goals, *workload, **extra):
    """Measures ours and every peer of goals, {backend: ratio}, by turns; one row for each peer."""
    backends = ["evstore", *goals]
    rates = ctx.alternate({backend: append(ctx, backend, *workload) for backend in backends})
    for peer, goal in goals.items():
        note = {"note": NO_CONDITION} if peer == "redis" and "different" in workload else {}
        yield ctx.row(name, "events/s", rates["evstore"], peer, rates[peer], goal=goal, **note, **extra)


def timed(ctx):
    """For how long a run appends."""
    return ("--seconds", 0.2 if ctx.quick else 1)


def append_1(ctx):
    """One process, one durable event per commit."""
    return compare(ctx, "append-1", {"raw": 0.9, "sqlite": 1.0}, *timed(ctx))


def append_16(ctx):
    """16 processes, each with conditions on a musical of its own."""
    return compare(ctx, "append-16", {"sqlite": 7, "redis": 1.2}, "--procs", 16, "--condition", "different",
                   *timed(ctx))


def append_64(ctx):
    """64 of them."""
    return compare(ctx, "append-64", {"sqlite": 16, "redis": 1.5}, "--procs", 64, "--condition", "different",
                   *timed(ctx))


def append_hot(ctx):
    """16 processes take all seats of one musical."""
    seats = 500 if ctx.quick else 10000
    return compare(ctx, "append-hot", {"sqlite": 4}, "--procs", 16, "--condition", "hot", "--seats", seats, seats=seats)


def append_batch(ctx):
    """One process, 1,000 events per commit."""
    return compare(ctx, "append-batch", {"sqlite": 8, "redis": 4, "raw": 0.5}, "--batch", 1000, *timed(ctx))


def read(ctx):
    """All events of one type, every fourth, out of all that there are; ours checks every CRC on the way."""
    events = 20000 if ctx.quick else 2000000
    paths = {"evstore": place("evstore", ctx.fresh("evstore")), "sqlite": place("sqlite", ctx.fresh("sqlite"))}
    with peers.Redis(ctx.fresh("redis"), durable=False) as redis:
        paths["redis"] = redis.socket
        for backend, path in paths.items():
            ctx.say(f"filling {backend}")
            ctx.program("bench_append", "--backend", backend, "--path", path, "--batch", 1000, "--mixed",
                        "--events", events)
        files = sorted(glob.glob(os.path.join(paths["evstore"], "journal", "*.ndjson")))

        def replay(backend):
            return lambda: ctx.program("bench_read", "--backend", backend, "--path", paths[backend],
                                       "--events", events)["seconds"]

        def count_lines():
            began = time.monotonic()
            text = ctx.command(["wc", "-l", *files])
            seconds = time.monotonic() - began
            ctx.check(int(text.split("\n")[-2].split()[0]) == events, f"wc -l counts other lines than {events}: {text}")
            return seconds

        seconds = ctx.alternate({**{backend: replay(backend) for backend in paths}, "wc -l": count_lines})
    for peer, goal in {"sqlite": 1.0, "redis": 5, "wc -l": 1 / 3}.items():
        yield ctx.row("read", "s", seconds["evstore"], peer, seconds[peer], higher_is_better=False, goal=goal,
                      events=events)


BENCHES = {
    "append-1": append_1,
    "append-16": append_16,
    "append-64": append_64,
    "append-hot": append_hot,
    "append-batch": append_batch,
    "read": read,
}
