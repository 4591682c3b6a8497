"""commands_model - benches of the processors and the read models: the saga, a rebuild, and what memory it all takes."""

import collections
import os
import shutil
import statistics
import subprocess

from park import PRICE, Park, launch, profile, write_requests

LIMIT_MIB = 16
# What takes the processors to the end, in the order of `outerpark tick`.
PROCESSORS = (("op-musical", "run"), ("op-pay", "run"), ("op-reserve", "run"), ("op-ticket", "run"),
              ("op-notify", "run"))


def _check_saga(ctx, park, asked):
    """All paid, all tickets ready, all told, nothing left to do."""
    count = sum(1 for _ in os.scandir(os.path.join(park.path, "outbox")))
    types = collections.Counter(event["type"] for event in park.read("op-journal", "read"))
    placed = types["ReservationPlaced"]
    ctx.check(types["PaymentApproved"] == types["TicketReady"] == types["NotificationSent"] == placed == count, f"{types}, {count} messages")
    charged = sum(row["chargedAmount"] for row in park.read("op-pay", "list"))
    ctx.check(charged == sum(asked.values()) * PRICE, f"{charged} was charged")
    before = park.events()
    park.timed("outerpark", "tick", "-q")
    ctx.check(park.events() == before, "something was left to do")


def saga(ctx):
    """Reservations placed by a batch, paid and told about by the processors, to the end; where the time goes."""
    count = 500 if ctx.quick else 100_000
    requests = os.path.join(ctx.scratch, "requests.ndjson")
    data = os.path.join(ctx.scratch, "perf.data")
    asked = write_requests(requests, count)
    park = Park(ctx)
    park.register(1_000_000_000)
    costs = {"op-reserve place": (park.timed("op-reserve", "place", "--batch", "-q", stdin=requests), None)}
    for words in PROCESSORS:
        costs[" ".join(words)] = profile(park, data, *words)
        ctx.say(f"{' '.join(words)}: {costs[' '.join(words)]}")
    _check_saga(ctx, park, asked)
    seconds = sum(cost.wall_ms for cost, _ in costs.values()) / 1000
    cpu = sum(cost.cpu_ms for cost, shares in costs.values() if shares)
    outside = sum(cost.cpu_ms * (1 - shares.get("sqlite", 0)) for cost, shares in costs.values() if shares)
    parts = {name: {"seconds": round(cost.wall_ms / 1000, 3), "cpu_seconds": round(cost.cpu_ms / 1000, 3),
                    "shares": shares} for name, (cost, shares) in costs.items()}
    ctx.row("saga", "events/s", ours=[4 * count / seconds], parts=parts,
            note="shares of CPU time by where it was spent; null without perf")
    if cpu:
        ctx.row("saga-not-sqlite", "share", ours=[outside / cpu], note="of the processors' CPU time, by perf")


def _tables(ctx, database):
    """Writes the rows of every table of a read model as CSV; returns the names and what makes the tables."""
    names = ctx.command(["sqlite3", database, "SELECT name FROM sqlite_master WHERE type = 'table'"
                         " AND name != 'meta'"]).split()
    for name in names:
        with open(os.path.join(ctx.scratch, f"{name}.csv"), "w", encoding="utf-8") as file:
            subprocess.run(["sqlite3", "-csv", database, f"SELECT * FROM {name}"], stdout=file, check=True)
    return names, ctx.command(["sqlite3", database, ".schema"])


def _import_script(ctx, names, schema):
    """What the peer does: the same tables and indexes, the settings of our read models, and the rows."""
    path = os.path.join(ctx.scratch, "import.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write("PRAGMA journal_mode=WAL;\nPRAGMA synchronous=NORMAL;\nPRAGMA cache_size=-8192;\n")
        file.write(schema + "\n.mode csv\n")
        file.writelines(f".import {os.path.join(ctx.scratch, name)}.csv {name}\n" for name in names)
    return path


def _totals(ctx, database, names):
    """How many rows the tables have, and how many seats."""
    counts = "".join(f"SELECT '{name}', count(*) FROM {name};" for name in names)
    return ctx.command(["sqlite3", database, counts + "SELECT sum(seats) FROM reservations"])


def rebuild(ctx):
    """The read model of op-reserve folded anew from the journal, beside `.import` of the rows that it then holds.

    The journal holds placements with request ids alone, so that one event is one row of `reservations` and one of
    `requests`, and "the same rows" are exactly those. The peer gets them as CSV, into the same tables with the same
    indexes, with the journal mode, the durability and the page cache of our read models."""
    events = 3000 if ctx.quick else 2_000_000
    park = Park(ctx)
    made = park.fill(events, "placed")
    park.timed("op-reserve", "show", "1")
    database = os.path.join(park.state, "reserve.db")
    names, schema = _tables(ctx, database)
    script = _import_script(ctx, names, schema)
    totals = _totals(ctx, database, names)
    ctx.check(str(made["seats"]) in totals.split() and f"reservations|{made['reservations']}" in totals.split(),
              f"the read model is wrong: {totals}")
    cpu = collections.defaultdict(list)

    def ours():
        shutil.rmtree(park.state)
        cost = park.timed("op-reserve", "show", "1")
        ctx.check(_totals(ctx, database, names) == totals, "the rebuilt read model differs")
        cpu["ours"].append(cost.cpu_ms / 1000)
        return cost.wall_ms / 1000

    def theirs():
        directory = ctx.fresh("peer")
        path = os.path.join(directory, "peer.db")
        cost = launch(ctx, [["sqlite3", path]], stdin=script)[0]
        ctx.check(cost.code == 0 and _totals(ctx, path, names) == totals, "the imported rows differ")
        cpu["sqlite3"].append(cost.cpu_ms / 1000)
        ctx.drop(directory)
        return cost.wall_ms / 1000

    results = ctx.alternate({"ours": ours, "sqlite3": theirs})
    ctx.row("rebuild", "s", ours=results["ours"], peer="sqlite3 .import", theirs=results["sqlite3"],
            higher_is_better=False, goal=0.7, events=events, rows=2 * made["reservations"],
            cpu_seconds={name: statistics.median(values) for name, values in cpu.items()})


# Every one-shot command, in this order; those of COLD fold a read model from nothing, and are run once more after it.
COMMANDS = """
op-journal stat
op-journal read --limit 1000
op-journal read --type SeatsReleased --limit 1000
op-journal read --correlation 1000
op-journal read --format cloudevents --limit 1000
op-journal consumers
op-journal seek bench 1000
op-journal consume --consumer bench --batch 1000 --max 2000 -- true
op-journal verify
op-journal repair
op-reserve show 1000
op-reserve place --musical 1 --seats 1
op-reserve place --batch
op-reserve cancel 1000
op-reserve run
op-reserve list --customer c000001
op-reserve list --all
op-reserve wait list
op-musical show 1
op-musical list
op-musical register --id 51 --name Hamilton --seats 100
op-musical import catalogue.yaml
op-musical adjust 1 --seats 999999999
op-musical close 2
op-musical open 2
op-musical run
op-pay show 1000
op-pay list
op-pay run
op-ticket show 1003
op-ticket list
op-ticket run
op-ticket issue 1003
op-assign show 1003
op-assign branch add --id b --name Branch --lat 37.5 --lon 127.5 --capacity 100000
op-assign run
op-assign show 1003 --explain
op-assign list --branch b
op-assign collect 1003
op-notify contact set c000001 --email kim@example.org
op-notify contact show c000001
op-notify list --reservation 1000
op-notify list
op-notify run
op-notify contact forget c000001
op-mypage show 1000
op-mypage history 1000
op-mypage --customer c000001
op-mypage
outerpark tick
op-journal rebuild
"""
COLD = {"op-reserve show 1000", "op-musical show 1", "op-pay show 1000", "op-ticket show 1003", "op-assign show 1003",
        "op-notify list --reservation 1000", "op-mypage show 1000"}


def _read_commands(park, batch):
    """The commands: each as it is named, as a list of words, and what its stdin is (`batch` requests)."""
    requests, catalogue = os.path.join(park.home, "requests.ndjson"), os.path.join(park.home, "catalogue.yaml")
    write_requests(requests, batch, "new")
    with open(catalogue, "w", encoding="utf-8") as file:
        file.write('musicals:\n  - id: "52"\n    name: Wicked\n    seats: 100\n')
    for line in COMMANDS.split("\n"):
        if line:
            yield line, [word.replace("catalogue.yaml", catalogue) for word in line.split()], requests


def memory(ctx):
    """The peak of resident memory of every one-shot command on a large journal."""
    park = Park(ctx)
    park.fill(5000 if ctx.quick else 5_000_000, "located")
    for name, words, requests in _read_commands(park, 200 if ctx.quick else 10_000):
        for title in (f"{name} (first)", name) if name in COLD else (name,):
            cost = park.timed(*words, stdin=requests)
            ctx.say(f"{title}: {cost.rss_mib:.1f} MiB, {cost.wall_ms / 1000:.2f} s")
            ctx.row(f"memory: {title}", "MiB", ours=[cost.rss_mib], peer="limit", theirs=[LIMIT_MIB],
                    higher_is_better=False, seconds=round(cost.wall_ms / 1000, 3))
    park.timed("op-journal", "verify")


BENCHES = {"saga": saga, "rebuild": rebuild, "memory": memory}
