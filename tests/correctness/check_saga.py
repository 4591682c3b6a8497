#!/usr/bin/python3
"""Shows that every processor did each thing exactly once, and that the lists of all commands tell the same story.

    check_saga.py STORE [--unsettled]

For every reservation one payment outcome; for every cancellation one release and, where money was taken, one refund; for
every declined payment one cancellation, unless the goods were collected; for everything that its customer is told one notice
in the journal and one file in the outbox (of an offer that is over, and of what is no news any more of a branch, none is needed,
see branch_notices.py).
With --unsettled a thing may still be missing (the processors were not run to the end), but nothing may be there twice.
Prints what is wrong, exits 1. Without the lists where the commands are not in PATH is not an option: they are compared, too.
"""

import argparse
import collections
import json
import os
import subprocess
import sys

import branch_notices
import check_pickups
import check_tickets
import check_waiting
import journal

WAITING_WORDS = {"joined": "Waiting", "declined": "Withdrawn"}
CAUSES = ("PaymentApproved", "PaymentDeclined", "PaymentRefunded", "PaymentCancelled")


class Reservation:
    """What a reservation should look like after its events."""

    def __init__(self, event):
        self.placed = event
        self.seats, self.amount = event["data"]["seats"], event["data"]["amount"]
        self.status, self.payment = "Reserved", "Pending"
        self.collected = False
        self.charged = self.refunded = 0
        self.outcomes, self.due = [], []  # payment outcomes; cancellations that must be answered by op-pay

    def cancel(self, event):
        data = event["data"]
        if self.payment in ("Pending", "PaymentApproved") and (data["remainingSeats"] == 0 or self.payment != "Pending"):
            self.due.append(event)
        if data["remainingSeats"] == 0:
            self.status = "Cancelled"
        else:
            self.seats -= data["seats"]
            self.amount -= data["amount"]

    def pay(self, event):
        kind, data = event["type"], event["data"]
        if kind in ("PaymentApproved", "PaymentDeclined"):
            self.outcomes.append(event)
            self.payment = kind
            # Cancelled in part before the charge: less was due, and nothing is to be given back.
            if kind == "PaymentApproved":
                self.charged = data["amount"]
                if self.status == "Reserved":
                    self.status = kind
        else:
            self.refunded += data["amount"]
            if kind == "PaymentCancelled":
                self.payment = kind
                self.status = kind


class Saga:
    def __init__(self, store, report):
        self.store = store
        self.report = report
        self.events = journal.read(store)
        self.by_seq = {event["seq"]: event for event in self.events}
        self.reservations, self.musicals = collections.OrderedDict(), collections.OrderedDict()
        self.effects = collections.defaultdict(list)  # (type, causation) -> events
        self.given_up, self.told = set(), set()  # reservations that were, unpaid; events that the customer is told about
        self.waiting, self.branches = check_waiting.Check(), branch_notices.BranchNotices()
        for event in self.events:
            self.fold(event)
            self.waiting.fold(event)
        self.maybe_told = self.branches.superseded | {
            event["seq"] for event in self.events
            if event["type"] == "WaitingOffered" and self.waiting.status[event["data"]["waitingId"]] != "offered"}

    def fold(self, event):
        kind, data = event["type"], event["data"]
        if self.branches.tells(event) or self.is_told(event):
            self.told.add(event["seq"])
        if kind == "MusicalRegistered":
            self.musicals[data["musicalId"]] = {"seats": data["seats"], "held": 0}
        elif kind == "PickupCollected":
            self.reservations[data["reservationId"]].collected = True
        elif kind == "ReservationPlaced":
            self.reservations[data["reservationId"]] = Reservation(event)
            self.musicals[data["musicalId"]]["held"] += data["seats"]
        elif kind == "ReservationCancelled":
            self.reservations[data["reservationId"]].cancel(event)
        elif kind == "SeatsReleased":
            self.musicals[data["musicalId"]]["held"] -= data["seats"]
        elif kind in CAUSES:
            self.reservations[data["reservationId"]].pay(event)
        self.effects[kind, event["causation"]].append(event)

    def is_told(self, event):
        """Is it a cause of a notice? What was given up unpaid is told at once, and then only what went back."""
        kind, data = event["type"], event["data"]
        name = data.get("reservationId")
        if kind == "WaitingOffered":
            return True
        if kind == "ReservationCancelled":
            unpaid = data["remainingSeats"] == 0 and not self.reservations[name].outcomes
            if unpaid:
                self.given_up.add(name)
            return unpaid
        if kind in ("PaymentRefunded", "PaymentCancelled"):
            return name not in self.given_up or data["amount"] > 0
        return kind in CAUSES and name not in self.given_up

    def expect(self, what, found, settled, allowed=1):
        """Exactly `allowed` effects; fewer where the processors were not run to the end."""
        if len(found) > allowed or (settled and len(found) != allowed):
            self.report("%s: %d times, at %s" % (what, len(found), [event["seq"] for event in found]))

    def check_ids(self):
        for name, count in collections.Counter(event["id"] for event in self.events).items():
            if count > 1:
                self.report("the id %s stands %d times" % (name, count))
        for event in self.events:
            cause = event["causation"]
            if cause is not None and not 0 < cause < event["seq"]:
                self.report("event %d is caused by %s" % (event["seq"], cause))

    def check_reservation(self, name, reservation, settled):
        never_charged = reservation.payment == "PaymentCancelled" and not reservation.outcomes
        self.expect("payment outcome of reservation %s" % name, reservation.outcomes, settled and not never_charged)
        if never_charged and reservation.charged:
            self.report("reservation %s was charged and has no outcome" % name)
        for event in reservation.due:
            whole = event["data"]["remainingSeats"] == 0
            if not whole and reservation.payment == "Pending":
                continue
            self.expect("answer of op-pay to cancellation %d" % event["seq"],
                        self.effects["PaymentCancelled", event["seq"]] + self.effects["PaymentRefunded", event["seq"]],
                        settled)
        if reservation.refunded > reservation.charged:
            self.report("reservation %s: %d refunded of %d" % (name, reservation.refunded, reservation.charged))
        ended = reservation.status in ("Cancelled", "PaymentCancelled")
        left = 0 if ended else reservation.amount
        if settled and reservation.payment != "PaymentDeclined" and reservation.charged - reservation.refunded != left:
            self.report("reservation %s: %d charged, %d refunded, %d due" % (name, reservation.charged,
                                                                            reservation.refunded, left))

    def check_effects(self, settled):
        for event in self.events:
            kind, seq = event["type"], event["seq"]
            if kind == "ReservationCancelled":
                found = self.effects["SeatsReleased", seq]
                self.expect("release of cancellation %d" % seq, found, settled)
                for release in found:
                    if release["data"]["seats"] != event["data"]["seats"]:
                        self.report("release %d: %d seats" % (release["seq"], release["data"]["seats"]))
            if seq in self.told:
                self.expect("notice of %s %d" % (kind, seq), self.effects["NotificationSent", seq],
                            settled and seq not in self.maybe_told)
            elif self.effects["NotificationSent", seq]:
                self.report("%s %d was told" % (kind, seq))
            if kind == "PaymentDeclined" and not self.reservations[event["data"]["reservationId"]].collected:
                whole = [one for one in self.events if one["type"] == "ReservationCancelled"
                         and one["data"]["reservationId"] == event["data"]["reservationId"]
                         and one["data"]["remainingSeats"] == 0]
                self.expect("cancellation after PaymentDeclined %d" % seq, whole, settled)

    def check_outbox(self, settled):
        try:
            files = set(os.listdir(os.path.join(self.store, "outbox")))
        except FileNotFoundError:
            files = set()
        if not settled:  # of a killed run: until the next one
            files -= {".notice.%d.tmp" % index for index in range(256)}
        sent = {"%s.txt" % event["data"]["noticeId"] for event in self.events if event["type"] == "NotificationSent"}
        for name in sorted(sent - files):
            self.report("outbox: %s is missing" % name)
        allowed = {"%d.txt" % seq for seq in self.told}
        if settled:  # written before it was no news any more, and not recorded
            allowed = sent | {"%d.txt" % seq for seq in self.maybe_told}
        for name in sorted(files - allowed):
            self.report("outbox: nothing says that %s was sent" % name)
        for event in self.events:
            name = "%d.txt" % event["seq"]
            if event["seq"] in self.told and name in files:
                with open(os.path.join(self.store, "outbox", name), encoding="utf-8") as file:
                    text = file.read()
                if event["data"].get("reservationId", event["data"].get("offerId")) not in text or not text.endswith("\n"):
                    self.report("outbox: %s is not whole" % name)

    # ---- lists -------------------------------------------------------------------------------------------------------

    def rows(self, *command):
        done = subprocess.run(command[:1] + ("--store", self.store, "-o", "json") + command[1:], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0 or done.stderr:
            self.report("%s: exit %d: %s" % (" ".join(command), done.returncode, done.stderr.strip()))
            return []
        return json.loads(done.stdout)

    def compare(self, what, rows, wanted):
        """rows and wanted: lists of tuples."""
        has, wants = set(rows), set(wanted)
        for row in [row for row in rows if row not in wants][:3]:
            self.report("%s has %s" % (what, row))
        for row in [row for row in wanted if row not in has][:3]:
            self.report("%s lacks %s" % (what, row))
        if len(rows) != len(wanted):
            self.report("%s has %d rows, not %d" % (what, len(rows), len(wanted)))

    def check_lists(self):
        reservations = self.reservations.items()
        self.compare("op-reserve list --all",
                     [(row["reservationId"], row["seats"], row["amount"], row["status"])
                      for row in self.rows("op-reserve", "list", "--all")],
                     [(name, one.seats, one.amount, one.status) for name, one in reservations])
        self.compare("op-mypage",
                     [(row["reservationId"], row["seats"], row["amount"], row["status"], row["paymentStatus"])
                      for row in self.rows("op-mypage")],
                     [(name, one.seats, one.amount, one.status, one.payment) for name, one in reservations])
        self.compare("op-pay list",
                     [(row["reservationId"], row["status"], row["chargedAmount"], row["refundedAmount"])
                      for row in self.rows("op-pay", "list")],
                     [(name, one.payment, one.charged, one.refunded) for name, one in reservations])
        self.compare("op-notify list",
                     [(row["noticeId"], row["reservationId"], row["template"]) for row in self.rows("op-notify", "list")],
                     [(event["data"]["noticeId"], event["data"].get("reservationId"), event["data"]["template"])
                      for event in self.events if event["type"] == "NotificationSent"])
        self.compare("op-musical list",
                     [(row["musicalId"], row["seats"], row["reservableSeats"]) for row in self.rows("op-musical", "list")],
                     [(name, one["seats"], one["seats"] - one["held"] - self.waiting.musicals[name].offered)
                      for name, one in self.musicals.items()])
        self.check_other_lists()

    def check_other_lists(self):
        """Of the waiting list, of the tickets and of the pick-ups, and what the customer's page says of these."""
        tickets = check_tickets.Tickets(self.events, "void", lambda text: None).tickets
        pickups = check_pickups.Pickups(self.events, lambda text: None).pickups
        self.compare("op-reserve wait list --all",
                     [(row["waitingId"], row["seats"], row["status"]) for row in self.rows("op-reserve", "wait", "list", "--all")],
                     [(name, self.waiting.entries[name]["seats"], WAITING_WORDS.get(status, status.capitalize()))
                      for name, status in self.waiting.status.items()])
        said = {name for name, one in tickets.items() if one.ready or one.code or one.voided}  # the page tells of these alone
        tickets = {name: one.status() for name, one in tickets.items() if one.status() not in ("None", "Unpaid")}
        self.compare("op-ticket list --all",
                     [(row["reservationId"], row["status"]) for row in self.rows("op-ticket", "list", "--all")],
                     list(tickets.items()))
        self.compare("op-assign list", [(row["reservationId"], row["branchId"], row["status"])
                                        for row in self.rows("op-assign", "list")],
                     [(name, one.branch, one.status) for name, one in pickups.items()])
        self.compare("op-mypage", [(row["reservationId"], row["ticketStatus"], row["pickup"])
                                   for row in self.rows("op-mypage")],
                     [(name, tickets.get(name) if name in said else None, pickups[name].branch if name in pickups else None)
                      for name in self.reservations])

    def check(self, settled):
        self.check_ids()
        for name, reservation in self.reservations.items():
            self.check_reservation(name, reservation, settled)
        self.check_effects(settled)
        self.check_outbox(settled)
        self.check_lists()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--unsettled", action="store_true")
    arguments = parser.parse_args()
    findings = []
    saga = Saga(arguments.store, findings.append)
    saga.check(not arguments.unsettled)
    journal.tell(findings)
    counts = collections.Counter(event["type"] for event in saga.events)
    print(json.dumps(dict(counts, events=len(saga.events))))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
