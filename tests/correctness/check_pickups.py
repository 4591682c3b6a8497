#!/usr/bin/python3
"""Shows that every prefix of a journal obeys the rules of pick-ups, and that what each process was told is what happened.

    check_pickups.py STORE [--settled] [LOG...]

At every prefix: a branch has no more of a day than its capacity, also when that changes, and gets nothing while it is
closed; a reservation with a location is
assigned once at most, and not when it is cancelled; collected once, at the branch that has it, and not when it is
cancelled; neither as a whole nor in part is it cancelled once it is collected; its place is given back once, by the
cancellation of all of it, to the branch and the day that it was taken from; that no branch can take it is said of one
that waits. A branch is added once, and a new capacity names the old one.

With --settled (op-assign run has nothing to do any more) whatever is cancelled is given back, and nobody waits while a
branch in reach (100 km) has a place today. For every answer in the logs: a collection, a new branch and a new capacity
have their event, written between the start and the end of the call; a refusal was right for some prefix between the two.
A call with `"killed": true` was told what it had printed by then. Prints what is wrong, exits 1.
"""

import argparse
import json
import math
import sys

import journal

RADIUS_KM = 100  # assign.radius_km
EARTH_KM = 6371.0088


def distance_km(a, b):
    """Haversine, of two (lat, lon)."""
    lat, lon = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    h = (math.sin(lat / 2) ** 2
         + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(lon / 2) ** 2)
    return 2 * EARTH_KM * math.asin(min(1, math.sqrt(h)))


class Pickup:
    """A reservation with a location; `history` is [(seq, (status, cancelled))]."""

    def __init__(self, event):
        self.at = (event["data"]["lat"], event["data"]["lon"])
        self.fulfil = event["data"]["fulfil"]
        self.status, self.cancelled = "Pending", None  # cancelled: the seq of what cancelled all of it
        self.branch = self.day = None
        self.history = []

    def note(self, event):
        self.history.append((event["seq"], (self.status, self.cancelled is not None)))

    def waits(self):
        return self.status in ("Pending", "Failed")


class Pickups:
    """The fold of a journal, which looks at every event against what stands before it."""

    def __init__(self, events, report):
        self.report = report
        self.pickups = {}
        self.places, self.used = {}, {}  # branch -> (lat, lon); (branch, day) -> reservations that have it
        self.capacities = {}  # branch -> [(seq, capacity)]
        self.closed = set()
        self.counts = {}
        for event in events:
            self.fold(event)

    def wrong(self, event, text):
        self.report("event %d (%s): %s" % (event["seq"], event["type"], text))

    def fold(self, event):
        kind = event["type"]
        step = {"BranchAdded": self.add, "BranchCapacityChanged": self.change, "BranchRevised": self.revise,
                "BranchClosed": self.close, "BranchOpened": self.open, "ReservationPlaced": self.place,
                "ReservationCancelled": self.cancel, "PickupAssigned": self.assign, "PickupReleased": self.release,
                "PickupCollected": self.collect, "AssignmentFailed": self.fail}.get(kind)
        if not step:
            return
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind.startswith("Branch"):
            step(event)
            return
        pickup = self.pickups.get(event["data"]["reservationId"])
        if kind == "ReservationPlaced":
            pickup = step(event)
        elif pickup is not None:
            step(event, pickup)
        elif kind != "ReservationCancelled":
            self.wrong(event, "of a reservation without a location")
        if pickup is not None:
            pickup.note(event)

    # ---- branches ----------------------------------------------------------------------------------------------------

    def capacity(self, branch):
        return self.capacities[branch][-1][1] if branch in self.capacities else 0

    def add(self, event):
        data = event["data"]
        if data["branchId"] in self.places:
            self.wrong(event, "branch %s was added before" % data["branchId"])
        self.places[data["branchId"]] = (data["lat"], data["lon"])
        self.capacities[data["branchId"]] = [(event["seq"], data["capacity"])]

    def change(self, event):
        data = event["data"]
        if data["previousCapacity"] != self.capacity(data["branchId"]):
            self.wrong(event, "previousCapacity is %d, not %d" % (data["previousCapacity"], self.capacity(data["branchId"])))
        self.capacities.setdefault(data["branchId"], []).append((event["seq"], data["capacity"]))
        self.look(event, data["branchId"], event["time"][:10])

    def revise(self, event):
        data = event["data"]
        lat, lon = self.places[data["branchId"]]
        self.places[data["branchId"]] = (data.get("lat", lat), data.get("lon", lon))

    def close(self, event):
        self.closed.add(event["data"]["branchId"])

    def open(self, event):
        self.closed.discard(event["data"]["branchId"])

    def look(self, event, branch, day):
        used = self.used.get((branch, day), 0)
        if not 0 <= used <= self.capacity(branch):
            self.wrong(event, "branch %s has %d of at most %d on %s" % (branch, used, self.capacity(branch), day))

    def take(self, event, pickup, count):
        self.used[pickup.branch, pickup.day] = self.used.get((pickup.branch, pickup.day), 0) + count
        self.look(event, pickup.branch, pickup.day)

    # ---- pick-ups ----------------------------------------------------------------------------------------------------

    def place(self, event):
        if "lat" not in event["data"]:
            return None
        return self.pickups.setdefault(event["data"]["reservationId"], Pickup(event))

    def cancel(self, event, pickup):
        if pickup.status == "Collected":
            self.wrong(event, "it was collected before")
        if event["data"]["remainingSeats"] == 0:
            pickup.cancelled = event["seq"]
            if pickup.waits():
                pickup.status = "Cancelled"

    def needs(self, event, pickup, right, cancelled=False):
        """It must be `right`, and cancelled or not."""
        if not right or (pickup.cancelled is not None) != cancelled:
            self.wrong(event, "it is %s%s" % (pickup.status, ", and cancelled" if pickup.cancelled else ""))

    def at_its_branch(self, event, pickup):
        data = event["data"]
        if (data["branchId"], data.get("day", pickup.day)) != (pickup.branch, pickup.day):
            self.wrong(event, "branch %s has it on %s" % (pickup.branch, pickup.day))

    def assign(self, event, pickup):
        data = event["data"]
        self.needs(event, pickup, pickup.waits())
        if pickup.status in ("Assigned", "Collected"):
            self.take(event, pickup, -1)
        if data["branchId"] not in self.places:
            self.wrong(event, "there is no branch %s" % data["branchId"])
        if data["branchId"] in self.closed:
            self.wrong(event, "branch %s is closed" % data["branchId"])
        if data["fulfil"] != pickup.fulfil:
            self.wrong(event, "%s was asked" % pickup.fulfil)
        pickup.status, pickup.branch, pickup.day = "Assigned", data["branchId"], data["day"]
        self.take(event, pickup, 1)

    def fail(self, event, pickup):
        self.needs(event, pickup, pickup.waits())
        pickup.status = "Failed"

    def release(self, event, pickup):
        self.needs(event, pickup, pickup.status == "Assigned", cancelled=True)
        self.at_its_branch(event, pickup)
        if event["causation"] != pickup.cancelled:
            self.wrong(event, "it is caused by %s, not by its cancellation" % event["causation"])
        pickup.status = "Released"
        self.take(event, pickup, -1)

    def collect(self, event, pickup):
        self.needs(event, pickup, pickup.status == "Assigned")
        self.at_its_branch(event, pickup)
        pickup.status = "Collected"

    def settled(self):
        """Nothing is left to be done."""
        today = journal.clock()[:10]
        free = [place for branch, place in self.places.items()
                if branch not in self.closed and self.used.get((branch, today), 0) < self.capacity(branch)]
        for name, pickup in self.pickups.items():
            if pickup.cancelled and pickup.status == "Assigned":
                self.report("reservation %s: cancelled by event %d, and its branch still has it" % (name, pickup.cancelled))
            if pickup.waits() and (pickup.status == "Pending" or
                                   any(distance_km(pickup.at, place) <= RADIUS_KM for place in free)):
                self.report("reservation %s is %s, and a branch has a place for it" % (name, pickup.status))


class Answers:
    """Compares what was told with the fold."""

    def __init__(self, pickups, report):
        self.pickups, self.report = pickups, report
        self.told = set()
        self.counts = {}

    def wrong(self, call, text):
        self.report("process %d: %s %s between event %d and %d, exit %d %s%s: %s" % (
            call["process"], call["kind"], json.dumps(call["asked"]), call["before"], call["after"], call["exit"],
            call["stdout"].strip(), call["stderr"].strip(), text))

    def check(self, call):
        said = call["stdout"].endswith("\n")
        if call.get("killed") and not said:
            return
        error = None if said else json.loads(call["stderr"])["error"]
        name = "%s %s" % (call["kind"], error or "done")
        self.counts[name] = self.counts.get(name, 0) + 1
        if call["kind"] == "collect":
            self.collect(call, error)
        else:
            self.branch(call, error)

    def collect(self, call, error):
        name = call["asked"]["reservationId"]
        pickup = self.pickups.pickups.get(name)
        history = pickup.history if pickup else []
        states = journal.between(history, call["before"], call["after"])
        if error:
            right = {"already_collected": any(status == "Collected" for status, _ in states),
                     "already_cancelled": any(cancelled for _, cancelled in states),
                     "not_assigned": any(status in ("Pending", "Failed") for status, _ in states),
                     "no_such_reservation": not states}
            if not right.get(error):
                self.wrong(call, "it was never so meanwhile, but %s" % states)
            return
        answer = json.loads(call["stdout"])
        seqs = [seq for seq, (status, _) in history if status == "Collected" and call["before"] < seq <= call["after"]]
        if not seqs or seqs[0] in self.told:
            self.wrong(call, "it did not happen, or somebody else was told")
        self.told.update(seqs)
        if pickup and (answer["status"], answer["branchId"]) != ("Collected", pickup.branch):
            self.wrong(call, "branch %s had it" % pickup.branch)

    def branch(self, call, error):
        asked = call["asked"]
        history = self.pickups.capacities.get(asked["branchId"], [])
        capacities = journal.between(history, call["before"], call["after"])
        right = {None: asked["capacity"] in capacities,
                 "capacity_used": any(capacity > asked["capacity"] for capacity in capacities),
                 "no_such_branch": not history or history[0][0] > call["before"]}
        if not right.get(error):
            self.wrong(call, "it was never so meanwhile, but %s" % capacities)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("logs", nargs="*")
    parser.add_argument("--settled", action="store_true")
    arguments = parser.parse_intermixed_args()
    findings = []
    pickups = Pickups(journal.read(arguments.store), findings.append)
    answers = Answers(pickups, findings.append)
    if arguments.settled:
        pickups.settled()
    for path in arguments.logs:
        with open(path, encoding="utf-8") as log:
            for line in log:
                answers.check(json.loads(line))
    journal.tell(findings)
    print(json.dumps({"events": pickups.counts, "answers": answers.counts}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
