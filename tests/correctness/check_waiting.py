#!/usr/bin/python3
"""Shows from a journal that the waiting list gave no seat twice, lost none, and served in order.

    check_waiting.py STORE [--settled] [LOG...]

At every prefix of the journal, for every musical: 0 <= held + offered <= capacity. An entry joins once, is offered once,
what it joined for, and ends once: accepted by a reservation with the same figures, expired, declined, or withdrawn before
an offer. By the clocks of those who wrote it, an offer is accepted before its time is over, and expires after that; the
time begins again when closed sales are opened. When an offer is made, nobody who joined before, still waits, and has room
under the limit of a customer, would fit into the seats that are free then or on an offer that is over by the clock; and the
customer has room for it. Nobody who has room is withdrawn for a limit. A reservation without an offer takes no seat that
somebody who waits could have had, those of offers that are over among them. (For musicals without grades, whose sales do
not close by themselves, and payments that are not suspended.)

With --settled (op-reserve run has nothing to do any more) nobody waits for seats that are there, and no offer is open
whose time is over. For every answer in the logs: who was told to have joined or left did so, during the call, and nobody
else was told of it; a refusal is right for some prefix between its start and its end. A call with `"killed": true` was
told what it had printed by then.
"""

import argparse
import datetime
import json
import sys

import journal

OVER = ("accepted", "declined", "expired", "withdrawn")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Musical:
    def __init__(self):
        self.capacity = self.held = self.offered = 0
        self.closed, self.opened = False, None
        self.waiting = {}  # id -> seats, in the order of joining
        self.offers = {}  # id of an open one -> (seats, customer, since, until)
        self.limit, self.has = 0, {}  # customer -> seats

    def free(self):
        return self.capacity - self.held - self.offered

    def end(self, entry):
        """When its offer is over; None: not while the sales are closed."""
        _, _, since, until = self.offers[entry]
        return None if self.closed else until + max(self.opened - since, datetime.timedelta()) if self.opened else until

    def is_over(self, entry, now):
        end = self.end(entry)
        return bool(now and end) and end <= now

    def within_reach(self, now):
        """The seats of who waits: those that are free, and those of offers that are over, though nobody ended them."""
        return self.free() + sum(offer[0] for entry, offer in self.offers.items() if self.is_over(entry, now))

    def left(self, now=None):
        """What is free after all who wait got what there is for them at this time, None: before any offer is over."""
        reach = self.within_reach(now)
        for seats in self.waiting.values():
            reach -= seats if seats <= reach else 0
        return min(reach, self.free())

    def lefts(self):
        """The same by any clock."""
        ends = filter(None, map(self.end, self.offers))
        return frozenset(map(self.left, [None, *ends]))

    def room(self, customer):
        """How many seats more the customer may have, and how many of them are not on offer to the same one."""
        if not self.limit:
            return self.capacity, self.capacity
        room = self.limit - self.has.get(customer, 0) if customer else 0
        return room, room - sum(offer[0] for offer in self.offers.values() if offer[1] == customer)

    def take(self, customer, seats):
        if customer:
            self.has[customer] = self.has.get(customer, 0) + seats


class Check:
    def __init__(self):
        self.findings = []
        self.musicals, self.entries, self.until = {}, {}, {}
        self.left = {}  # musical -> [(seq, how many seats may be left for who did not wait)]
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
        self.become(event, entry, status)
        return entry

    def end_offer(self, event, musical, status):
        """Nobody accepts an offer that is over by the clock, and none expires that is not."""
        entry = self.end(event, "offered", status)
        if entry in musical.offers:
            if status != "declined" and musical.is_over(entry, moment(event["time"])) != (status == "expired"):
                end = musical.end(entry)
                self.wrong(event, "%s is open until %s, and it is %s" % (
                    entry, end.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if end else "the sales go on", event["time"]))
            del musical.offers[entry]
        musical.offered -= event["data"]["seats"]

    def place(self, event, musical):
        seats, left = event["data"]["seats"], musical.left(moment(event["time"]))
        if "offerId" in event["data"]:
            self.end_offer(event, musical, "accepted")
        else:
            self.counts["placed"] += 1
            if seats > left:
                self.wrong(event, "takes %d seats, %d are left for who did not wait" % (seats, left))
        musical.held += seats
        musical.take(event["data"].get("customerId"), seats)

    def offer(self, event, musical):
        data, now = event["data"], moment(event["time"])
        for entry, seats in musical.waiting.items():
            if entry == data["waitingId"]:
                break
            if seats <= musical.within_reach(now) and seats <= musical.room(self.entries[entry].get("customerId"))[1]:
                self.wrong(event, "%s joined before and fits" % entry)
        if data["seats"] > musical.room(data.get("customerId"))[1]:
            self.wrong(event, "the customer may not have them")
        entry = self.end(event, "joined", "offered")
        musical.waiting.pop(entry, None)
        musical.offered += data["seats"]
        musical.offers[entry] = (data["seats"], data.get("customerId"), now, moment(data["until"]))
        self.until[entry] = data["until"]

    def withdraw(self, event, musical):
        data = event["data"]
        musical.waiting.pop(self.end(event, "joined", "withdrawn"), None)
        if data.get("reason", "").startswith("customer_") and data["seats"] <= musical.room(data.get("customerId"))[0]:
            self.wrong(event, "the customer may have them")

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
        if kind in ("MusicalRegistered", "MusicalRevised"):
            musical.limit = data.get("maxPerCustomer", 0)
        if kind in ("MusicalRegistered", "MusicalSeatsAdjusted"):
            musical.capacity = data["seats"]
        elif kind == "MusicalSalesClosed":
            musical.closed = True
        elif kind == "MusicalSalesOpened":
            musical.closed, musical.opened = False, moment(event["time"])
        elif kind == "ReservationCancelled":
            musical.take(data.get("customerId"), -data["seats"])
        elif kind == "ReservationPlaced":
            self.place(event, musical)
        elif kind == "SeatsReleased":
            musical.held -= data["seats"]
        elif kind == "WaitingJoined":
            self.join(event, musical)
        elif kind == "WaitingWithdrawn":
            self.withdraw(event, musical)
        elif kind == "WaitingOffered":
            self.offer(event, musical)
        elif kind in ("WaitingOfferExpired", "WaitingOfferDeclined"):
            self.end_offer(event, musical, "expired" if kind == "WaitingOfferExpired" else "declined")
        else:
            return
        self.left.setdefault(data["musicalId"], []).append((event["seq"], musical.lefts()))
        if musical.held < 0 or musical.offered < 0 or musical.free() < 0:
            self.wrong(event, "of %d seats %d + %d are held or on offer" % (musical.capacity, musical.held, musical.offered))

    def settled(self):
        """Nothing is left to be done."""
        now = moment(journal.clock())
        for name, musical in self.musicals.items():
            for entry, seats in musical.waiting.items():
                room = musical.room(self.entries[entry].get("customerId"))[1]
                if seats <= musical.free() and seats <= room and not musical.closed:
                    self.findings.append("musical %s: %s waits for %d seats, %d are free" % (name, entry, seats, musical.free()))
            for entry in musical.offers:
                if musical.is_over(entry, now):
                    self.findings.append("%s is still offered, it was open until %s" % (entry, self.until[entry]))


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
        right = {"seats_available": any(seats >= asked.get("seats", 0) for seats in frozenset().union(*left)),
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
