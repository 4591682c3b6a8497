#!/usr/bin/python3
"""Shows from a journal that no seat was sold twice, and that what each process was told is what happened.

    check_sales.py STORE [LOG...]

At every prefix of the journal, for every musical and every grade of its seats: 0 <= held <= capacity, where held is what
was placed and not released; and no customer has more seats than the musical's limit, which is that of its registration.
A cancellation takes no more than its reservation has, and is released at most once, with its own figures. For every answer
in the logs of sell.py: an exit 0 has its event with the same figures, written between the start and the end of the call; a
refusal is right for some prefix between the two, where what there is for those who wait (check_waiting.py) is not there for
others; and every event was told to somebody, but for the reservations of the customer `driver`, which the test itself placed,
and what op-reserve run cancelled. A call with `"killed": true` was told what it had printed by then; the rest of what it
asked may stand in the journal, once, or not, and where the same request id was asked again and answered, then as that
answer says. Prints what is wrong, exits 1.
"""

import json
import sys

import check_waiting
import journal

KEEPS = {"TicketAdmitted": "ticket_admitted", "PickupCollected": "already_collected"}
OPTIONAL = ("customerId", "lat", "lon", "fulfil", "offerId")


class Reservation:
    def __init__(self, event):
        data = event["data"]
        self.placed = event
        self.musical = data["musicalId"]
        self.seats = data["seats"]
        self.amount = data["amount"]


class Sales:
    """The fold of a journal, with what it was at every prefix."""

    def __init__(self, events, report):
        self.report = report
        self.events = events
        self.capacity, self.held, self.grades = {}, {}, {}
        self.available = {}  # musical -> [(seq, what may be available)], by change
        self.waiting = check_waiting.Check()
        self.kept = {}  # reservation -> [(seq, why it is not cancelled any more)]
        self.reservations = {}
        self.seats_at = {}  # reservation -> [(seq, seats left)]
        self.cancellations, self.released = {}, {}
        self.ids = set()
        self.limits, self.of_customer = {}, {}
        for event in events:
            self.fold(event)

    def wrong(self, event, text):
        self.report("event %d (%s): %s" % (event["seq"], event["type"], text))

    def fold(self, event):
        if event["id"] in self.ids:
            self.wrong(event, "the id %s stands twice" % event["id"])
        self.ids.add(event["id"])
        data, kind = event["data"], event["type"]
        if kind == "MusicalRegistered":
            self.limits[data["musicalId"]] = data.get("maxPerCustomer")
            self.define(event)
        elif kind == "MusicalSeatsAdjusted":
            self.define(event)
        elif kind == "ReservationPlaced":
            self.place(event)
        elif kind == "ReservationCancelled":
            self.cancel(event)
        elif kind == "SeatsReleased":
            self.release(event)
        elif kind in KEEPS:
            self.kept.setdefault(data["reservationId"], []).append((event["seq"], KEEPS[kind]))
        self.wait(event)

    def wait(self, event):
        """Who waits is served before who comes: where seats have no grades, that is what is available."""
        self.waiting.fold(event)
        musical = event["data"].get("musicalId")
        if musical in self.held and musical in self.waiting.left and not self.grades.get(musical):
            history = self.available[musical]
            if history[-1][0] == event["seq"]:
                history.pop()
            history.append((event["seq"], self.waiting.left[musical][-1][1]))

    def define(self, event):
        """The capacity of a musical and of each of its grades."""
        musical = event["data"]["musicalId"]
        self.capacity[musical] = event["data"]["seats"]
        self.grades[musical] = event["data"].get("grades")
        self.hold(event, 0, musical)
        for grade in event["data"].get("grades", []):
            self.capacity[musical + " " + grade["grade"]] = grade["seats"]
            self.hold(event, 0, musical + " " + grade["grade"])

    def hold_all(self, event, seats):
        """Of the musical, and of the grade where the event names one."""
        musical, grade = event["data"]["musicalId"], event["data"].get("grade")
        self.hold(event, seats, musical)
        if grade:
            self.hold(event, seats, musical + " " + grade)

    def hold_customer(self, event, seats):
        """What a customer has, against the musical's limit."""
        key = (event["data"]["musicalId"], event["data"].get("customerId"))
        self.of_customer[key] = self.of_customer.get(key, 0) + seats
        limit = self.limits.get(key[0])
        if limit and (key[1] is None or self.of_customer[key] > limit):
            self.wrong(event, "customer %s has %d seats of at most %d" % (key[1], self.of_customer[key], limit))

    def hold(self, event, seats, musical):
        """Seats are taken or (below 0) given back; the invariant is checked here, at every prefix."""
        held = self.held.get(musical, 0) + seats
        capacity = self.capacity.get(musical, 0)
        self.held[musical] = held
        self.available.setdefault(musical, []).append((event["seq"], frozenset([capacity - held])))
        if held > capacity:
            self.wrong(event, "oversold: musical %s has %d seats, %d are held" % (musical, capacity, held))
        if held < 0:
            self.wrong(event, "musical %s: %d seats are held" % (musical, held))

    def place(self, event):
        data = event["data"]
        if data["seats"] < 1:
            self.wrong(event, "%d seats" % data["seats"])
        if data["amount"] != data["seats"] * data["price"]:
            self.wrong(event, "the amount is not seats times price")
        if data["reservationId"] in self.reservations:
            self.wrong(event, "reservation %s was placed before" % data["reservationId"])
            return
        self.reservations[data["reservationId"]] = Reservation(event)
        self.seats_at[data["reservationId"]] = [(event["seq"], data["seats"])]
        self.hold_all(event, data["seats"])
        self.hold_customer(event, data["seats"])

    def cancel(self, event):
        data = event["data"]
        reservation = self.reservations.get(data["reservationId"])
        if reservation is None or reservation.musical != data["musicalId"]:
            self.wrong(event, "there is no such reservation")
            return
        if not 1 <= data["seats"] <= reservation.seats:
            self.wrong(event, "%d seats cancelled of %d" % (data["seats"], reservation.seats))
        self.hold_customer(event, -data["seats"])
        reservation.seats -= data["seats"]
        reservation.amount -= data["amount"]
        if data["remainingSeats"] != reservation.seats:
            self.wrong(event, "remainingSeats %d, should be %d" % (data["remainingSeats"], reservation.seats))
        if reservation.amount != reservation.seats * reservation.placed["data"]["price"]:
            self.wrong(event, "%d left to pay for %d seats" % (reservation.amount, reservation.seats))
        self.cancellations[event["seq"]] = event
        self.seats_at[data["reservationId"]].append((event["seq"], reservation.seats))

    def release(self, event):
        cause = self.cancellations.get(event["causation"])
        if cause is None:
            self.wrong(event, "no cancellation is its cause")
            return
        for key in ("musicalId", "reservationId", "seats"):
            if event["data"][key] != cause["data"][key]:
                self.wrong(event, "%s differs from the cancellation %d" % (key, cause["seq"]))
        if cause["seq"] in self.released:
            self.wrong(event, "cancellation %d was released before" % cause["seq"])
        self.released[cause["seq"]] = event
        if event["data"].get("grade") != self.reservations[cause["data"]["reservationId"]].placed["data"].get("grade"):
            self.wrong(event, "the seats are given back to another grade")
        self.hold_all(event, -event["data"]["seats"])

    def values(self, history, before, after):
        """The values that a history [(seq, value)] had at any prefix from `before` to `after`."""
        return set(journal.between(history, before, after))


class Unknown:
    """What a killed call may have appended, and nobody was told: at most one event."""

    def __init__(self, call, asked):
        self.asked, self.before, self.after = asked, call["before"], call["after"]
        self.used = False

    def could_be(self, event):
        data, asked = event["data"], self.asked
        if self.used or not self.before < event["seq"] <= self.after:
            return False
        if event["type"] == "ReservationCancelled":
            return data["reservationId"] == asked.get("reservationId") and asked["seats"] in (None, data["seats"])
        return ((data["musicalId"], data["seats"], *(data.get(name) for name in OPTIONAL)) ==
                (asked.get("musicalId"), asked["seats"], *(asked.get(name) for name in OPTIONAL))
                and asked.get("id") in (None, data["reservationId"]))


def requests_of(call):
    """What a call asked, as a list; none for a processor."""
    asked = call["asked"]
    return asked if isinstance(asked, list) else [asked] if asked else []


class Answers:
    """Compares the logs with the fold."""

    def __init__(self, sales, report):
        self.sales = sales
        self.report = report
        self.told = set()  # seqs of events that somebody was told
        self.requests = {}  # request id -> answer
        self.unknown = []  # what killed calls left unsaid
        self.since = {}  # request id -> seq before the first killed call that asked it
        self.answered = set()  # request ids that got an answer in the end
        self.killed = self.half_told = 0
        self.refusals = self.successes = 0

    def wrong(self, call, text):
        self.report("process %d asked %s %s, between event %d and %d: %s" % (
            call["process"], call["kind"], json.dumps(call["asked"], ensure_ascii=False), call["before"],
            call["after"], text))

    def event(self, call, seq, before=None):
        """An event that a call appended stands between its start (or that of a killed one, asked again) and its end."""
        if seq in self.told:
            self.wrong(call, "event %d was told to somebody else, too" % seq)
        self.told.add(seq)
        if not min(call["before"], before if before is not None else call["before"]) < seq <= call["after"]:
            self.wrong(call, "event %d was not appended during the call" % seq)

    def placed(self, call, asked, answer):
        self.successes += 1
        key = asked.get("requestId")
        answer.pop("line", None)  # its place in this batch
        if key and key in self.requests:
            if self.requests[key] != answer:
                self.wrong(call, "the repeated request got another answer")
            return
        self.requests[key] = answer
        reservation = self.sales.reservations.get(answer.get("reservationId"))
        if reservation is None:
            self.wrong(call, "reservation %s is not in the journal" % answer.get("reservationId"))
            return
        data = reservation.placed["data"]
        for name in ("musicalId", "seats", "price", "amount", "currency"):
            if answer[name] != data[name]:
                self.wrong(call, "%s: told %s, the journal says %s" % (name, answer[name], data[name]))
        if asked.get("id") not in (None, answer["reservationId"]):
            self.wrong(call, "it was not given the id that it asked for")
        for name in ("musicalId", "seats", *OPTIONAL):
            if data.get(name) != asked.get(name):
                self.wrong(call, "%s of event %d is %s" % (name, reservation.placed["seq"], data.get(name)))
        self.event(call, reservation.placed["seq"], self.since.get(key))

    def refused(self, call, asked, answer):
        """A placement that got exit 1."""
        self.refusals += 1
        if asked.get("offerId"):
            self.offer_refused(call, asked["offerId"], answer.get("error"))
            return
        if answer.get("error") != "insufficient_seats":
            self.wrong(call, "refused with %s" % answer.get("error"))
            return
        history = self.sales.available.get(asked["musicalId"], [])
        possible = frozenset().union(*self.sales.values(history, call["before"], call["after"]))
        if answer["requested"] != asked["seats"] or answer["available"] >= asked["seats"]:
            self.wrong(call, "requested %d, available %d" % (answer["requested"], answer["available"]))
        if answer["available"] not in possible:
            self.wrong(call, "available %d was never right meanwhile, but %s" % (answer["available"], sorted(possible)))

    def offer_refused(self, call, offer, error):
        history = self.sales.waiting.history.get(offer, [])
        states = self.sales.values(history, call["before"], call["after"])
        right = {"no_such_offer": "joined" in states or not history or history[0][0] > call["before"],
                 "offer_expired": "offered" in states,
                 "offer_over": states.intersection(check_waiting.OVER)}
        if not right.get(error):
            self.wrong(call, "refused with %s, though the offer was %s" % (error, sorted(states)))

    def cancelled(self, call):
        self.successes += 1
        answer = json.loads(call["stdout"])
        asked = call["asked"]
        found = [event for event in self.sales.cancellations.values()
                 if event["data"]["reservationId"] == asked["reservationId"]
                 and call["before"] < event["seq"] <= call["after"] and event["seq"] not in self.told]
        # Others may have cancelled seats of the same reservation meanwhile: ours is the one that left what we were told.
        found = [event for event in found if (answer["seats"], answer["status"] == "Cancelled") ==
                 (event["data"]["remainingSeats"] or event["data"]["seats"], event["data"]["remainingSeats"] == 0)]
        if not found or answer["reservationId"] != asked["reservationId"]:
            self.wrong(call, "its cancellation is not in the journal as it was told: %s with %d seats" %
                       (answer["status"], answer["seats"]))
            return
        data = found[0]["data"]
        self.event(call, found[0]["seq"])
        if asked["seats"] and data["seats"] != asked["seats"]:
            self.wrong(call, "%d seats were cancelled" % data["seats"])
        if not asked["seats"] and data["remainingSeats"] != 0:
            self.wrong(call, "%d seats are left" % data["remainingSeats"])

    def cancel_refused(self, call):
        self.refusals += 1
        error = json.loads(call["stderr"])["error"]
        asked = call["asked"]
        history = self.sales.seats_at.get(asked["reservationId"], [])
        possible = self.sales.values(history, call["before"], call["after"])
        right = {"already_cancelled": 0 in possible,
                 "seats_exceed_reservation": any(0 < seats < (asked["seats"] or 0) for seats in possible)}
        for seq, why in self.sales.kept.get(asked["reservationId"], []):
            right[why] = seq <= call["after"]
        if not right.get(error):
            self.wrong(call, "refused with %s, though the seats left were %s" % (error, sorted(possible)))

    def check(self, call):
        kind, code = call["kind"], call["exit"]
        if call.get("killed"):
            self.check_killed(call)
        elif kind == "batch":
            self.check_batch(call)
        elif code not in (0, 1) or (kind == "release" and code != 0):
            self.wrong(call, "exit %d: %s" % (code, call["stderr"].strip()))
        elif code == 1 and call["stdout"]:
            self.wrong(call, "a refusal with something on stdout")
        elif code == 0 and call["stderr"]:
            self.wrong(call, "a success that says: %s" % call["stderr"].strip())
        elif kind == "place" and code == 0:
            self.placed(call, call["asked"], json.loads(call["stdout"]))
        elif kind == "place":
            self.refused(call, call["asked"], json.loads(call["stderr"]))
        elif kind == "cancel" and code == 0:
            self.cancelled(call)
        elif kind == "cancel":
            self.cancel_refused(call)

    def note_killed(self, call):
        """Before all checks: the answer to a repeated request may tell of an event that its killed twin appended."""
        for asked in requests_of(call):
            key = asked.get("requestId")
            if key and call.get("killed"):
                self.since[key] = min(self.since.get(key, call["before"]), call["before"])
            elif key:
                self.answered.add(key)

    def check_killed(self, call):
        """Only whole lines were said."""
        self.killed += 1
        said = call["stdout"].split("\n")[:-1]
        self.half_told += bool(said)
        asked = requests_of(call)
        for request, line in zip(asked, said):
            answer = json.loads(line)
            if call["kind"] == "cancel":
                self.cancelled(call)
            elif "error" in answer:
                self.refused(call, request, answer)
            else:
                self.placed(call, request, answer)
            if request.get("requestId"):
                self.answered.add(request["requestId"])
        self.unknown += [Unknown(call, request) for request in asked[len(said):]]

    def check_batch(self, call):
        answers = [json.loads(line) for line in call["stdout"].splitlines()]
        refusals = sum("error" in answer for answer in answers)
        if len(answers) != len(call["asked"]) or call["exit"] != (1 if refusals else 0):
            self.wrong(call, "exit %d, %d answers, %d refusals: %s" % (call["exit"], len(answers), refusals,
                                                                    call["stderr"].strip()))
        for number, (asked, answer) in enumerate(zip(call["asked"], answers)):
            if answer["line"] != number + 1:
                self.wrong(call, "answer %d is of line %d" % (number + 1, answer["line"]))
            if "error" in answer:
                self.refused(call, asked, answer)
            else:
                self.placed(call, asked, answer)

    def check_all_told(self):
        self.unknown = [one for one in self.unknown if one.asked.get("requestId") not in self.answered]
        self.unknown.sort(key=lambda one: one.after)
        for event in self.sales.events:
            kind, data = event["type"], event["data"]
            prepared = kind == "ReservationPlaced" and data.get("customerId") == "driver"
            followed = kind == "ReservationCancelled" and data.get("reason") in ("payment_declined", "expired")
            if kind not in ("ReservationPlaced", "ReservationCancelled") or event["seq"] in self.told or prepared or followed:
                continue
            cause = next((one for one in self.unknown if one.could_be(event)), None)
            if cause is None:
                self.report("event %d (%s): nobody was told of it" % (event["seq"], kind))
            else:
                cause.used = True


def main():
    findings = []
    events = journal.read(sys.argv[1])
    sales = Sales(events, findings.append)
    answers = Answers(sales, findings.append)
    calls = []
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            calls += [json.loads(line) for line in file]
    for call in calls:
        answers.note_killed(call)
    for call in calls:
        answers.check(call)
    if calls:
        answers.check_all_told()
    journal.tell(findings)
    left = {musical: sales.capacity[musical] - held for musical, held in sales.held.items()}
    print(json.dumps({"events": len(events), "calls": len(calls), "told": answers.successes,
                      "refused": answers.refusals, "killed": answers.killed, "killedHavingSaid": answers.half_told,
                      "killedHavingWritten": sum(one.used for one in answers.unknown), "cancelled": len(sales.cancellations),
                      "released": len(sales.released), "left": left}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
