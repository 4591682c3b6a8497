#!/usr/bin/python3
"""Shows from a journal that the waiting list gave no seat twice, lost none, and served in order.

    check_waiting.py STORE

At every prefix of the journal, for every musical: 0 <= held + offered <= capacity. An entry joins once, is offered once,
what it joined for, and ends once: accepted by a reservation with the same figures, expired, declined, or withdrawn before
an offer. When an offer is made, nobody who joined before and still waits would fit into the seats that are free then. A
reservation without an offer takes no seat that somebody who waits could have had. (For musicals without grades.)
"""

import json
import sys

import journal


class Musical:
    def __init__(self):
        self.capacity = self.held = self.offered = 0
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
        self.musicals, self.entries, self.status = {}, {}, {}
        self.counts = dict.fromkeys(("joined", "offered", "accepted", "declined", "expired", "withdrawn", "placed"), 0)

    def wrong(self, event, text):
        self.findings.append("event %d (%s): %s" % (event["seq"], event["type"], text))

    def end(self, event, wanted, status):
        """An entry goes from one status to another."""
        entry = event["data"].get("offerId") or event["data"]["waitingId"]
        if self.status.get(entry) != wanted:
            self.wrong(event, "%s is %s, not %s" % (entry, self.status.get(entry), wanted))
        for key in ("musicalId", "seats", "customerId"):
            if entry in self.entries and self.entries[entry].get(key) != event["data"].get(key):
                self.wrong(event, "%s differs from what %s joined for" % (key, entry))
        self.status[entry] = status
        self.counts[status] += 1
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
        musical.waiting.pop(self.end(event, "joined", "offered"), None)
        musical.offered += event["data"]["seats"]

    def fold(self, event):
        data, kind = event["data"], event["type"]
        if "musicalId" not in data:
            return
        musical = self.musicals.setdefault(data["musicalId"], Musical())
        if kind in ("MusicalRegistered", "MusicalSeatsAdjusted"):
            musical.capacity = data["seats"]
        elif kind == "ReservationPlaced":
            self.place(event, musical)
        elif kind == "SeatsReleased":
            musical.held -= data["seats"]
        elif kind == "WaitingJoined":
            if data["waitingId"] in self.entries:
                self.wrong(event, "it joined before")
            self.entries[data["waitingId"]] = data
            self.status[data["waitingId"]] = "joined"
            self.counts["joined"] += 1
            musical.waiting[data["waitingId"]] = data["seats"]
        elif kind == "WaitingWithdrawn":
            musical.waiting.pop(self.end(event, "joined", "withdrawn"), None)
        elif kind == "WaitingOffered":
            self.offer(event, musical)
        elif kind in ("WaitingOfferExpired", "WaitingOfferDeclined"):
            self.end(event, "offered", "expired" if kind == "WaitingOfferExpired" else "declined")
            musical.offered -= data["seats"]
        if musical.held < 0 or musical.offered < 0 or musical.free() < 0:
            self.wrong(event, "of %d seats %d + %d are held or on offer" % (musical.capacity, musical.held, musical.offered))


def main():
    check = Check()
    for event in journal.read(sys.argv[1]):
        check.fold(event)
    for finding in check.findings[:20]:
        print(finding, file=sys.stderr)
    print(json.dumps(check.counts))
    return 1 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
