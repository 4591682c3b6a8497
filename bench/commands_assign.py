"""commands_assign - the bench of op-assign: many reservations over many branches, beside taking what is best one by one."""

import json
import math
import os
import random

from park import Park

EARTH_KM = 6371.0088
RADIUS_KM, DISTANCE, LOAD = 100, 1.0, 0.2  # as the configuration has them by default
# Where people live: latitude, longitude, share.
TOWNS = [(37.5665, 126.978, 50), (35.1796, 129.0756, 15), (35.8714, 128.6014, 10), (37.4563, 126.7052, 10),
         (35.1595, 126.8526, 7), (36.3504, 127.3845, 8)]


def _somewhere(rng, spread):
    """A place in or around a town, in thousandths of a degree, as reservations keep it."""
    lat, lon, _ = rng.choices(TOWNS, weights=[share for *_, share in TOWNS])[0]
    return round(lat + rng.gauss(0, spread), 3), round(lon + rng.gauss(0, spread), 3)


def _distance_km(a, b):
    """Haversine."""
    lat, lon = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    h = (math.sin(lat / 2) ** 2
         + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(lon / 2) ** 2)
    return 2 * EARTH_KM * math.asin(min(1, math.sqrt(h)))


class Grid:
    """Branches by tenths of a degree, so that greed finds the near ones first."""

    def __init__(self, branches):
        self.cells = {}
        for index, (place, _) in enumerate(branches):
            self.cells.setdefault(self._cell(place), []).append(index)

    @staticmethod
    def _cell(place):
        return math.floor(place[0] * 10), math.floor(place[1] * 10)

    def rings(self, place, most):
        """Lists of branches, ring by ring around the place; all in ring r+1 or later are r*8 km away at least."""
        x, y = self._cell(place)
        for r in range(most):
            ring = [(x + i, y + j) for i in range(-r, r + 1) for j in range(-r, r + 1) if max(abs(i), abs(j)) == r]
            yield [index for cell in ring for index in self.cells.get(cell, ())]


def _cost(distance_km, taken, capacity):
    return DISTANCE * distance_km / RADIUS_KM + LOAD * taken / capacity


def _greed(branches, orders):
    """Each reservation in its turn takes the best branch that is left: how many, and the sum of the costs."""
    grid, taken, total, served = Grid(branches), [0] * len(branches), 0.0, 0
    for place in orders:
        best, where = math.inf, None
        for r, ring in enumerate(grid.rings(place, 16)):
            if best <= DISTANCE * max(0, r - 1) * 8 / RADIUS_KM:
                break
            for index in ring:
                at, capacity = branches[index]
                if taken[index] < capacity:
                    km = _distance_km(place, at)
                    cost = _cost(km, taken[index], capacity)
                    if km <= RADIUS_KM and cost < best:
                        best, where = cost, index
        if where is not None:
            taken[where] += 1
            total += best
            served += 1
    return served, total


def _write(ctx, count, branch_count):
    """The instance: what is imported and placed, and the same as lists. A fifth more places than reservations in all,
    yet too few in many a quarter."""
    rng = random.Random(20261120)
    branches, orders = [], []
    with open(os.path.join(ctx.scratch, "branches.yaml"), "w", encoding="utf-8") as file:
        for index in range(branch_count):
            place = _somewhere(rng, 0.25)
            capacity = max(1, int(count * 1.2 / branch_count * rng.choice((0.5, 0.75, 1, 1.25, 1.5))))
            branches.append((place, capacity))
            file.write(f"- {{id: b{index}, name: Branch {index}, lat: {place[0]}, lon: {place[1]}, capacity: {capacity}}}\n")
    with open(os.path.join(ctx.scratch, "orders.ndjson"), "w", encoding="utf-8") as file:
        for index in range(count):
            place = _somewhere(rng, 0.15)
            orders.append(place)
            file.write(json.dumps({"musicalId": "1", "seats": 1, "customerId": f"c{index:06d}", "lat": place[0],
                                   "lon": place[1]}) + "\n")
    return branches, orders


def _check(ctx, park, branches, orders):
    """By the journal itself: each has one branch in reach, none has too many; returns how many, and the sum of the costs."""
    taken, total, served = [0] * len(branches), 0.0, set()
    for event in park.read("op-journal", "read", "--type", "PickupAssigned"):
        number, index = int(event["data"]["reservationId"]), int(event["data"]["branchId"][1:])
        ctx.check(number not in served, f"reservation {number} has two branches")
        served.add(number)
        at, capacity = branches[index]
        km = _distance_km(orders[number - 1], at)
        ctx.check(abs(km - event["data"]["distanceKm"]) < 0.002 and km <= RADIUS_KM, f"reservation {number}: {km} km")
        ctx.check(taken[index] < capacity, f"branch {index} has more than its capacity")
        total += _cost(km, taken[index], capacity)
        taken[index] += 1
    return len(served), total


def assign(ctx):
    """100,000 reservations that waited, over 1,000 branches: `op-assign run` from start to durable end, and the sum of the
    costs beside greed, which gives each in its turn the best that is left."""
    count, branch_count = (2000, 50) if ctx.quick else (100_000, 1000)
    branches, orders = _write(ctx, count, branch_count)
    seconds, ours = [], []
    for _ in range(1 if ctx.quick else min(ctx.runs, 3)):
        park = Park(ctx)
        park.timed("op-musical", "register", "--id", "1", "--name", "Phone", "--seats", 10 * count)
        park.timed("op-assign", "branch", "import", os.path.join(ctx.scratch, "branches.yaml"))
        park.timed("op-reserve", "-q", "place", "--batch", stdin=os.path.join(ctx.scratch, "orders.ndjson"))
        cost = park.timed("op-assign", "-q", "run")
        seconds.append(cost.wall_ms / 1000)
        served, total = _check(ctx, park, branches, orders)
        ours.append(total)
        ctx.say(f"{served} assigned in {seconds[-1]:.1f} s ({cost.cpu_ms / 1000:.1f} s of the processor, {cost.rss_mib:.0f} MiB)")
        park.drop()
    greedy_served, greedy = _greed(branches, orders)
    ctx.check(served >= greedy_served, f"{served} were served, and {greedy_served} by greed")
    ctx.row("assign", "s", ours=seconds, reservations=count, branches=branch_count, assigned=served)
    # Compared for one that both serve alike: the mean cost of a reservation.
    ctx.row("assign-cost", "cost/reservation", ours=[total / served for total in ours], peer="greedy",
            theirs=[greedy / greedy_served], higher_is_better=False, assigned=[served, greedy_served])


BENCHES = {"assign": assign}
