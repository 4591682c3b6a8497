#!/usr/bin/python3
"""Shows from a journal that the waiting list gave no seat twice, lost none, and served in order.

    check_waiting.py STORE [--settled] [LOG...]

At every prefix of the journal, for every musical: 0 <= held + offered <= capacity. An entry joins once, is offered once,
what it joined for, and ends once: accepted by a reservation with the same figures, expired, declined, or withdrawn before
an offer. By the clocks of those who wrote it, an offer is accepted before its time is over, and expires after that. When
an offer is made, nobody who joined before and still waits would fit into the seats that are free then. A reservation
without an offer takes no seat that somebody who waits could have had. (For musicals without grades, and without a limit for
a customer.)

With --settled (op-reserve run has nothing to do any more) nobody waits for seats that are there, and no offer is open
whose time is over. For every answer in the logs: who was told to have joined or left did so, during the call, and nobody
else was told of it; a refusal is right for some prefix between its start and its end. A call with `"killed": true` was
told what it had printed by then.
"""

import argparse
import json
import sys

import journal

OVER = ("accepted", "declined", "expired", "withdrawn")


class Musical:
    def __init__(self):
        self.capacity = self.held = self.offered = 0
        self.closed = False
        self.waiting = {}  # id -> seats, in the order of joining

    def free(self):
        return self.capacity - self.held - self.offered

    def left(self):
        """What is free after all who wait got what there is for them."""
        free = self.free()
        for seats in self.waiting.values():
            free -= seats if seats <= free else 0
        return free


class Check:
    def __init__(self):
        self.findings = []
        self.musicals, self.entries, self.until = {}, {}, {}
        self.left = {}  # musical -> [(seq, seats left for who did not wait)]
        self.status, self.history = {}, {}  # entry -> its status now; [(seq, status)]
        self.counts = dict.fromkeys(("joined", "offered", *OVER, "placed"), 0)

    def wrong(self, event, text):
        self.findings.append("event %d (%s): %s" % (event["seq"], event["type"], text))

    def become(self, event, entry, status):
        self.status[entry] = status
        self.history.setdefault(entry, []).append((event["seq"], status))
        self.counts[status] += 1

    def end(self, event, wanted, status):
        """An entry goes from one status to another."""
        entry = event["data"].get("offerId") or event["data"]["waitingId"]
        if self.status.get(entry) != wanted:
            self.wrong(event, "%s is %s, not %s" % (entry, self.status.get(entry), wanted))
        for key in ("musicalId", "seats", "customerId"):
            if entry in self.entries and self.entries[entry].get(key) != event["data"].get(key):
                self.wrong(event, "%s differs from what %s joined for" % (key, entry))
        over = event["time"] >= self.until.get(entry, event["time"])
        if (status == "accepted" and over) or (status == "expired" and not over):
            self.wrong(event, "%s is open until %s, and it is %s" % (entry, self.until.get(entry), event["time"]))
        self.become(event, entry, status)
        return entry

    def place(self, event, musical):
        if "offerId" in event["data"]:
            self.end(event, "offered", "accepted")
            musical.offered -= event["data"]["seats"]
        else:
            self.counts["placed"] += 1
            if event["data"]["seats"] > musical.left():
                self.wrong(event, "takes %d seats, %d are left for who did not wait" % (event["data"]["seats"], musical.left()))
        musical.held += event["data"]["seats"]

    def offer(self, event, musical):
        for entry, seats in musical.waiting.items():
            if entry == event["data"]["waitingId"]:
                break
            if seats <= musical.free():
                self.wrong(event, "%s joined before and fits" % entry)
        entry = self.end(event, "joined", "offered")
        musical.waiting.pop(entry, None)
        musical.offered += event["data"]["seats"]
        self.until[entry] = event["data"]["until"]

    def join(self, event, musical):
        entry = event["data"]["waitingId"]
        if entry in self.entries:
            self.wrong(event, "it joined before")
        self.entries[entry] = event["data"]
        self.become(event, entry, "joined")
        musical.waiting[entry] = event["data"]["seats"]

    def fold(self, event):
        data, kind = event["data"], event["type"]
        if "musicalId" not in data:
            return
        musical = self.musicals.setdefault(data["musicalId"], Musical())
        if kind in ("MusicalRegistered", "MusicalSeatsAdjusted"):
            musical.capacity = data["seats"]
        elif kind in ("MusicalSalesClosed", "MusicalSalesOpened"):
            musical.closed = kind == "MusicalSalesClosed"
        elif kind == "ReservationPlaced":
            self.place(event, musical)
        elif kind == "SeatsReleased":
            musical.held -= data["seats"]
        elif kind == "WaitingJoined":
            self.join(event, musical)
        elif kind == "WaitingWithdrawn":
            musical.waiting.pop(self.end(event, "joined", "withdrawn"), None)
        elif kind == "WaitingOffered":
            self.offer(event, musical)
        elif kind in ("WaitingOfferExpired", "WaitingOfferDeclined"):
            self.end(event, "offered", "expired" if kind == "WaitingOfferExpired" else "declined")
            musical.offered -= data["seats"]
        else:
            return
        self.left.setdefault(data["musicalId"], []).append((event["seq"], musical.left()))
        if musical.held < 0 or musical.offered < 0 or musical.free() < 0:
            self.wrong(event, "of %d seats %d + %d are held or on offer" % (musical.capacity, musical.held, musical.offered))

    def settled(self):
        """Nothing is left to be done."""
        now = journal.clock()
        for name, musical in self.musicals.items():
            for entry, seats in musical.waiting.items():
                if seats <= musical.free() and not musical.closed:
                    self.findings.append("musical %s: %s waits for %d seats, %d are free" % (name, entry, seats, musical.free()))
        for entry, until in self.until.items():
            if self.status[entry] == "offered" and until <= now:
                self.findings.append("%s is still offered, it was open until %s" % (entry, until))


class Answers:
    """Compares what was told with the fold."""

    def __init__(self, check):
        self.of, self.told = check, set()
        self.counts = {}

    def wrong(self, call, text):
        self.of.findings.append("process %d asked %s %s between event %d and %d, exit %d %s%s: %s" % (
            call["process"], call["kind"], json.dumps(call["asked"]), call["before"], call["after"], call["exit"],
            call["stdout"].strip(), call["stderr"].strip(), text))

    def check(self, call):
        said = call["stdout"].endswith("\n")
        if call.get("killed") and not said:
            return
        error = None if said else json.loads(call["stderr"])["error"]
        name = "%s %s" % (call["kind"], error or "done")
        self.counts[name] = self.counts.get(name, 0) + 1
        history = self.of.history.get(call["asked"]["id"], [])
        if error:
            self.refused(call, error, journal.between(history, call["before"], call["after"]), history)
        else:
            self.done(call, json.loads(call["stdout"]), history)

    def done(self, call, answer, history):
        statuses = ("joined",) if call["kind"] == "wait" else ("withdrawn", "declined")
        found = [seq for seq, status in history if status in statuses and call["before"] < seq <= call["after"]]
        if not found or found[0] in self.told:
            self.wrong(call, "it did not happen, or somebody else was told")
            return
        self.told.add(found[0])
        entry = self.of.entries[call["asked"]["id"]]
        for key in ("waitingId", "musicalId", "customerId", "seats"):
            if answer[key] != entry.get(key) or (key in call["asked"] and call["asked"][key] != entry.get(key)):
                self.wrong(call, "%s is %s in the journal" % (key, entry.get(key)))

    def refused(self, call, error, states, history):
        asked = call["asked"]
        left = journal.between(self.of.left.get(asked.get("musicalId"), []), call["before"], call["after"])
        right = {"seats_available": any(seats >= asked.get("seats", 0) for seats in left),
                 "id_taken": bool(states),
                 "waiting_over": any(state in OVER for state in states),
                 "no_such_waiting": not history or history[0][0] > call["before"]}
        if not right.get(error):
            self.wrong(call, "it was never so meanwhile, but %s" % states)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("logs", nargs="*")
    parser.add_argument("--settled", action="store_true")
    arguments = parser.parse_intermixed_args()
    check = Check()
    answers = Answers(check)
    for event in journal.read(arguments.store):
        check.fold(event)
    if arguments.settled:
        check.settled()
    for path in arguments.logs:
        with open(path, encoding="utf-8") as log:
            for line in log:
                answers.check(json.loads(line))
    for finding in check.findings[:20]:
        print(finding, file=sys.stderr)
    print(json.dumps(dict(check.counts, answers=answers.counts)))
    return 1 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
