"""commands_place - benches of placing: one process, a batch, and a hundred clients at once."""

import collections
import contextlib
import json
import os
import sqlite3
import statistics

from park import MUSICALS, PRICE, Park, launch, write_requests

# An event as the journal has it, in a table that finds it by its position and refuses a second one of its id.
EVENTS_TABLE = ("CREATE TABLE events(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time TEXT NOT NULL,"
                " type TEXT NOT NULL, tags TEXT NOT NULL, data TEXT NOT NULL)")


def _place_command(park, number):
    """Another customer, another musical."""
    return ["op-reserve", "place", "--store", park.path, "--musical", number % MUSICALS + 1, "--seats", 1,
            "--customer", f"c{number:06d}"]


def _insert_command(path, number):
    """The same event, without any decision about seats."""
    musical, customer = number % MUSICALS + 1, f"c{number:06d}"
    data = json.dumps({"reservationId": str(number), "musicalId": str(musical), "customerId": customer, "seats": 1,
                       "price": PRICE, "amount": PRICE, "currency": "KRW"}, separators=(",", ":"))
    tags = f'"musical:{musical}","reservation:{number}","customer:{customer}"'
    return ["sqlite3", path, "PRAGMA synchronous=FULL; INSERT INTO events(id,time,type,tags,data) VALUES"
            f" ('reservation-placed:{number}',strftime('%Y-%m-%dT%H:%M:%f000Z'),'ReservationPlaced','{tags}','{data}')"]


@contextlib.contextmanager
def _peer(path):
    """The database, held open in WAL mode meanwhile, so that no insert pays for a checkpoint at its close."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(EVENTS_TABLE)
        database.commit()
        yield database


def _cold_round(ctx, sides, parks, count, first):
    """`count` processes of each side, by turns within the round; returns the median of each side, in ms."""
    names = list(sides)
    order = [names[(turn + i) % len(names)] for turn in range(count) for i in range(len(names))]
    commands = [sides[name](first + i // len(names)) for i, name in enumerate(order)]
    costs = launch(ctx, commands, env=parks[0].env)
    ctx.check(all(cost.code == 0 for cost in costs), "a placement or an INSERT failed")
    return {name: statistics.median(cost.wall_ms for cost, side in zip(costs, order) if side == name)
            for name in names}


def place_cold(ctx):
    """One `op-reserve place` process from start to durable exit, beside one `sqlite3 FILE 'INSERT ...'`.

    Both journals have their read model up to date, as a shop that sells has. The table of the peer stays small: it is
    the same for both, which is in its favour."""
    few, many = (100, 5000) if ctx.quick else (1000, 5_000_000)
    count = 3 if ctx.quick else 100
    parks = [Park(ctx, "small"), Park(ctx, "large")]
    for park, events in zip(parks, (few, many)):
        ctx.say(f"a journal of {events:,} events")
        park.fill(events)
        park.timed("op-reserve", "show", "1")
    before = [park.events() for park in parks]
    path = os.path.join(ctx.scratch, "peer.db")
    results = collections.defaultdict(list)
    with _peer(path) as database:
        sides = {"small": lambda n: _place_command(parks[0], n), "large": lambda n: _place_command(parks[1], n),
                 "sqlite3": lambda n: _insert_command(path, n)}
        _cold_round(ctx, sides, parks, 3, 1)
        for run in range(ctx.runs):
            for name, median in _cold_round(ctx, sides, parks, count, 1000 + run * count).items():
                results[name].append(median)
        placed = 3 + ctx.runs * count
        ctx.check(database.execute("SELECT count(*) FROM events").fetchone() == (placed,), "rows are missing")
    for park, events in zip(parks, before):
        ctx.check(park.events() == events + placed, "placements are missing")
    note = "medians of rounds in which the three sides take turns"
    ctx.row("place-cold-1k", "ms", ours=results["small"], peer="sqlite3", theirs=results["sqlite3"],
            higher_is_better=False, note=note)
    ctx.row("place-cold-5m", "ms", ours=results["large"], peer="sqlite3", theirs=results["sqlite3"],
            higher_is_better=False, note=note)
    ctx.row("place-cold-growth", "ms", ours=results["large"], peer="the small journal", theirs=results["small"],
            higher_is_better=False, goal=1 / 1.1, note=note)


def _check_answers(ctx, path, count, asked, park):
    """Every request was placed, and the seats are those that were asked for."""
    answered = collections.Counter()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            answer = json.loads(line)
            ctx.check(answer["line"] == number and "reservationId" in answer, f"answer {number}: {line.strip()}")
            answered[answer["musicalId"]] += answer["seats"]
    ctx.check(number == count, f"{number} answers to {count} requests")
    ctx.check(answered == asked, "the answers tell of other seats than were asked for")
    ctx.check(park.held() == asked, "other seats are held than were asked for")


def place_batch(ctx):
    """Requests through `op-reserve place --batch`, beside the parsing and printing of the same lines by `jq -c .`."""
    count = 2000 if ctx.quick else 500_000
    requests = os.path.join(ctx.scratch, "requests.ndjson")
    printed = os.path.join(ctx.scratch, "jq.ndjson")
    asked = write_requests(requests, count)
    cpu = collections.defaultdict(list)

    def ours():
        park = Park(ctx)
        answers = os.path.join(park.home, "answers.ndjson")
        park.register(1_000_000_000)
        cost = park.timed("op-reserve", "place", "--batch", stdin=requests, log=answers)
        _check_answers(ctx, answers, count, asked, park)
        park.drop()
        cpu["ours"].append(cost.cpu_ms / 1000)
        return count * 1000 / cost.wall_ms

    def theirs():
        if os.path.exists(printed):
            os.remove(printed)
        cost = launch(ctx, [["jq", "-c", "."]], stdin=requests, log=printed)[0]
        ctx.check(cost.code == 0, "jq failed")
        with open(printed, encoding="utf-8") as file, open(requests, encoding="utf-8") as asked_for:
            ctx.check(file.read() == asked_for.read(), "jq printed something else")
        cpu["jq"].append(cost.cpu_ms / 1000)
        return count * 1000 / cost.wall_ms

    results = ctx.alternate({"ours": ours, "jq": theirs})
    ctx.row("place-batch", "requests/s", ours=results["ours"], peer="jq", theirs=results["jq"],
            cpu_seconds={name: statistics.median(values) for name, values in cpu.items()})


def _check_siege(ctx, park, seats, costs):
    """By the journal itself: as many placements as were told, and never more seats than there are."""
    sold = collections.Counter()
    for event in park.read("op-journal", "read", "--type", "ReservationPlaced"):
        sold[event["data"]["musicalId"]] += event["data"]["seats"]
    oversold = [musical for musical, number in sold.items() if number > seats(int(musical))]
    ctx.check(not oversold, f"OVERSOLD: {oversold}")
    asked = collections.Counter(str(n % MUSICALS + 1) for n in range(len(costs)))
    ctx.check(all(sold[musical] == min(number, seats(int(musical))) for musical, number in asked.items()),
              "seats were refused that were there")
    ctx.check(sum(cost.code == 0 for cost in costs) == sum(sold.values()), "a placement was told that is not there")
    ctx.check(all(cost.code in (0, 1) for cost in costs), "a placement failed")


def siege(ctx):
    """Clients at once, each a process that places one seat; half of the musicals have half of the seats asked for."""
    count, clients = (200, 20) if ctx.quick else (10_000, 100)
    each = count // MUSICALS
    p50, p99, rate = [], [], []

    def seats(musical):
        return each if musical % 2 else each // 2

    for run in range(ctx.runs):
        park = Park(ctx)
        park.register(seats)
        costs = park.launch([["op-reserve", "place", "--musical", n % MUSICALS + 1, "--seats", 1, "--customer",
                              f"c{n:06d}"] for n in range(count)], jobs=clients)
        _check_siege(ctx, park, seats, costs)
        walls = sorted(cost.wall_ms for cost in costs)
        p50.append(walls[count // 2])
        p99.append(walls[count * 99 // 100])
        rate.append(1000 * clients / statistics.mean(walls))
        ctx.say(f"run {run + 1}: p50 {p50[-1]:.0f} ms, p99 {p99[-1]:.0f} ms, none oversold")
        park.drop()
    ctx.row("siege-p50", "ms", ours=p50, clients=clients, placements=count, oversold=0)
    ctx.row("siege-p99", "ms", ours=p99, clients=clients, placements=count, oversold=0)
    ctx.row("siege-rate", "processes/s", ours=rate, clients=clients, placements=count, oversold=0)


BENCHES = {"place-cold": place_cold, "place-batch": place_batch, "siege": siege}
