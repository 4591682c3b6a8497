#!/usr/bin/python3
"""Shows from a journal that the waiting list gave no seat twice, lost none, and served in order.

    check_waiting.py STORE

At every prefix of the journal, for every musical: 0 <= held + offered <= capacity. An entry joins once, is offered once,
what it joined for, and ends once: accepted by a reservation with the same figures, expired, declined, or withdrawn before
an offer. An offer ends by time, or is accepted, after its end or before that, by the time of the event: its end is put off
by closed sales that were opened again. When an offer is made, nobody who joined before, still waits, and whose customer has
room for it under the limit, would fit into the seats that are free then or on offer to who let the time pass; and the
customer has room for it. Nobody is withdrawn for a limit who has room. A reservation without an offer takes no seat that
somebody who waits could have had, of those, too. (For musicals without grades and with sales that never close by
themselves, and payments that are never suspended.)
"""

import datetime
import json
import sys

import journal


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Musical:
    def __init__(self):
        self.capacity = self.held = self.offered = 0
        self.waiting = {}  # id -> seats, in the order of joining
        self.offers = {}  # id of an open one -> (seats, customer, since, until)
        self.closed, self.opened = False, None
        self.limit, self.has = 0, {}  # customer -> seats

    def free(self):
        return self.capacity - self.held - self.offered

    def end(self, entry):
        """When its offer is over; None: while the sales are closed it is not."""
        _, _, since, until = self.offers[entry]
        put_off = max(self.opened - since, datetime.timedelta()) if self.opened else datetime.timedelta()
        return None if self.closed else until + put_off

    def is_over(self, entry, now):
        end = self.end(entry)
        return end is not None and end <= now

    def within_reach(self, now):
        """The seats of who waits: those that are free, and those of offers whose time is over, ended or not."""
        return self.free() + sum(offer[0] for entry, offer in self.offers.items() if self.is_over(entry, now))

    def left(self, now):
        """What is free after all who wait got what there is for them."""
        reach = self.within_reach(now)
        for seats in self.waiting.values():
            reach -= seats if seats <= reach else 0
        return min(reach, self.free())

    def room(self, customer):
        """How many seats more the customer may have, and how many beside the offers that are open."""
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

    def over(self, event, musical, wanted, status):
        """An offer is over, by the clock too where that is the reason."""
        entry, now = self.end(event, wanted, status), moment(event["time"])
        if entry in musical.offers:
            if status != "declined" and musical.is_over(entry, now) != (status == "expired"):
                self.wrong(event, "%s is open until %s" % (entry, musical.end(entry)))
            del musical.offers[entry]
        musical.offered -= event["data"]["seats"]

    def place(self, event, musical):
        seats, left = event["data"]["seats"], musical.left(moment(event["time"]))
        if "offerId" in event["data"]:
            self.over(event, musical, "offered", "accepted")
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
            self.wrong(event, "its customer may not have them")
        entry = self.end(event, "joined", "offered")
        musical.waiting.pop(entry, None)
        musical.offered += data["seats"]
        musical.offers[entry] = (data["seats"], data.get("customerId"), now, moment(data["until"]))

    def withdraw(self, event, musical):
        data = event["data"]
        musical.waiting.pop(self.end(event, "joined", "withdrawn"), None)
        if data.get("reason", "").startswith("customer_") and data["seats"] <= musical.room(data.get("customerId"))[0]:
            self.wrong(event, "its customer may have them")

    def fold(self, event):
        data, kind = event["data"], event["type"]
        if "musicalId" not in data:
            return
        musical = self.musicals.setdefault(data["musicalId"], Musical())
        if kind in ("MusicalRegistered", "MusicalSeatsAdjusted"):
            musical.capacity = data["seats"]
        if kind in ("MusicalRegistered", "MusicalRevised"):
            musical.limit = data.get("maxPerCustomer", 0)
        elif kind in ("MusicalSalesClosed", "MusicalSalesOpened"):
            musical.closed = kind == "MusicalSalesClosed"
            musical.opened = musical.opened if musical.closed else moment(event["time"])
        elif kind == "ReservationCancelled":
            musical.take(data.get("customerId"), -data["seats"])
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
            self.withdraw(event, musical)
        elif kind == "WaitingOffered":
            self.offer(event, musical)
        elif kind in ("WaitingOfferExpired", "WaitingOfferDeclined"):
            self.over(event, musical, "offered", "expired" if kind == "WaitingOfferExpired" else "declined")
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
