#!/usr/bin/python3
"""Shows that every prefix of a journal obeys the rules of tickets, and that what each process was told is what happened.

    check_tickets.py STORE void|refuse [LOG...]

At every prefix: a ticket is ready only when its payment is approved, issued only when it is ready, admitted only when it is
issued, each once; none of the three stands behind the cancellation of its whole reservation or of its payment; no
cancellation, whole or partial, stands behind an admission, and with `refuse` none behind an issue; a ticket is voided once,
behind such a cancellation; every event has the seats that are left and the code of its ticket; no two tickets have the
same code. For every answer in the logs of issue_tickets.py: an admission has its event, written between the start and the
end of the call, and nobody else was told of it; whatever else was said was so at some prefix between the two. Prints what
is wrong, exits 1. A call with `"killed": true` was told what it had printed by then.
"""

import json
import sys

import journal


class Ticket:
    """A reservation and its ticket; `history` is [(seq, state)] with what it was from seq on."""

    def __init__(self, event):
        self.seats = event["data"]["seats"]
        self.approved = self.cancelled = self.ready = self.voided = self.admitted = False
        self.code = None
        self.history = []

    def status(self):
        if self.admitted:
            return "Admitted"
        if self.cancelled:
            return "Voided" if self.approved or self.ready else "None"
        return "Issued" if self.code else "Ready" if self.approved else "Unpaid"

    def note(self, event):
        self.history.append((event["seq"], {"status": self.status(), "cancelled": self.cancelled, "seats": self.seats}))


class Tickets:
    """The fold of a journal, which looks at every event against what stands before it."""

    def __init__(self, events, mode, report):
        self.mode, self.report = mode, report
        self.tickets, self.codes = {}, {}
        self.admissions = {}  # seq -> reservation
        self.cancellations = {}
        self.counts = {}
        for event in events:
            self.fold(event)

    def wrong(self, event, text):
        self.report("event %d (%s): %s" % (event["seq"], event["type"], text))

    def fold(self, event):
        kind, data = event["type"], event["data"]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind == "ReservationPlaced":
            self.tickets[data["reservationId"]] = Ticket(event)
        ticket = self.tickets.get(data.get("reservationId"))
        if ticket is None:
            if kind.startswith("Ticket"):
                self.wrong(event, "of a reservation that is not there")
            return
        step = {"PaymentApproved": self.approve, "PaymentCancelled": self.end, "ReservationCancelled": self.cancel,
                "TicketReady": self.ready, "TicketIssued": self.issue, "TicketAdmitted": self.admit,
                "TicketVoided": self.void}.get(kind)
        if step:
            step(event, ticket)
        if kind.startswith("Ticket"):
            self.look(event, ticket)
        ticket.note(event)

    def approve(self, event, ticket):
        ticket.approved = ticket.approved or not ticket.cancelled

    def end(self, event, ticket):
        if ticket.admitted:
            self.wrong(event, "the payment of a used ticket is cancelled")
        ticket.cancelled = True

    def cancel(self, event, ticket):
        if ticket.admitted:
            self.wrong(event, "its ticket was admitted before")
        if self.mode == "refuse" and ticket.code:
            self.wrong(event, "its ticket was issued before")
        if ticket.cancelled:
            self.wrong(event, "it was cancelled before")
        self.cancellations[event["seq"]] = event
        if event["data"]["remainingSeats"] == 0:
            ticket.cancelled = True
        else:
            ticket.seats -= event["data"]["seats"]

    def ready(self, event, ticket):
        if not ticket.approved or ticket.cancelled:
            self.wrong(event, "cancelled" if ticket.cancelled else "not paid")
        if ticket.ready:
            self.wrong(event, "it was ready before")
        ticket.ready = True

    def issue(self, event, ticket):
        code = event["data"]["code"]
        if ticket.cancelled or not ticket.ready:
            self.wrong(event, "issued for what is cancelled" if ticket.cancelled else "issued before it was ready")
        if ticket.code:
            self.wrong(event, "it was issued before")
        if code in self.codes:
            self.wrong(event, "ticket %s has this code" % self.codes[code])
        self.codes[code] = event["data"]["reservationId"]
        ticket.code = code

    def admit(self, event, ticket):
        if ticket.cancelled or not ticket.code:
            self.wrong(event, "admitted to what is cancelled" if ticket.cancelled else "admitted before it was issued")
        if ticket.admitted:
            self.wrong(event, "it was admitted before")
        ticket.admitted = True
        self.admissions[event["seq"]] = event["data"]["reservationId"]

    def void(self, event, ticket):
        if ticket.status() != "Voided":
            self.wrong(event, "nothing to be voided")
        if ticket.voided:
            self.wrong(event, "it was voided before")
        ticket.voided = True

    def look(self, event, ticket):
        data = event["data"]
        if data["seats"] != ticket.seats:
            self.wrong(event, "%d seats, %d are left" % (data["seats"], ticket.seats))
        if data.get("code") != (ticket.code if event["type"] != "TicketReady" else None):
            self.wrong(event, "its code is %s, that of the ticket %s" % (data.get("code"), ticket.code))
        if event["correlation"] != data["reservationId"] or data["ticketId"] != data["reservationId"]:
            self.wrong(event, "correlation %s, ticket %s" % (event["correlation"], data["ticketId"]))
        if "code" in data and "ticket:" + data["code"] not in event["tags"]:
            self.wrong(event, "its code is no tag of it")

    def states(self, reservation, before, after):
        """What the reservation was at the prefixes from `before` to `after`."""
        return journal.between(self.tickets[reservation].history, before, after)


class Answers:
    def __init__(self, tickets, report):
        self.tickets, self.report = tickets, report
        self.told = set()
        self.counts = {}

    def wrong(self, call, text):
        self.report("process %d: %s of %s between event %d and %d, exit %d %s%s: %s" % (
            call["process"], call["kind"], call["reservation"], call["before"], call["after"], call["exit"],
            call["stdout"].strip(), call["stderr"].strip(), text))

    def check(self, call):
        kind, code = call["kind"], call["exit"]
        if call.get("killed"):
            if not call["stdout"].endswith("\n"):
                return
            code = 0  # its answer was told, whatever it died of then
        if code not in (0, 1) or (kind == "run" and code != 0) or (code == 1 and call["stdout"]):
            self.wrong(call, "unexpected")
            return
        if kind == "run":
            return
        states = self.tickets.states(call["reservation"], call["before"], call["after"])
        error = json.loads(call["stderr"])["error"] if code else None
        name = "%s %s" % (kind, error or "done")
        self.counts[name] = self.counts.get(name, 0) + 1
        if error:
            self.refused(call, error, states)
        elif kind == "cancel":
            self.cancelled(call, json.loads(call["stdout"]))
        else:
            self.ticket(call, json.loads(call["stdout"]), states)

    def refused(self, call, error, states):
        seats = call["seats"] or 0
        right = {
            "payment_cancelled": any(state["cancelled"] for state in states),
            "not_paid": any(state["status"] == "Unpaid" for state in states),
            "already_admitted": any(state["status"] == "Admitted" for state in states),
            "already_cancelled": any(state["cancelled"] for state in states),
            "ticket_admitted": any(state["status"] == "Admitted" for state in states),
            "ticket_issued": self.tickets.mode == "refuse" and any(state["status"] == "Issued" for state in states),
            "seats_exceed_reservation": any(state["seats"] < seats for state in states),
        }
        if not right.get(error):
            self.wrong(call, "this was never so meanwhile, but %s" % states)

    def ticket(self, call, answer, states):
        """An issued or admitted ticket was told."""
        if answer["code"] != self.tickets.tickets[call["reservation"]].code:
            self.wrong(call, "the ticket has another code")
        if not any((state["status"], state["seats"]) == (answer["status"], answer["seats"]) for state in states):
            self.wrong(call, "this was never so meanwhile, but %s" % states)
        if call["kind"] == "admit":
            self.happened(call, [seq for seq, name in self.tickets.admissions.items() if name == call["reservation"]])

    def cancelled(self, call, answer):
        """Others may have cancelled seats of it, too: this call's is the one that left what it was told."""
        left = (answer["seats"], answer["status"] == "Cancelled")
        self.happened(call, [seq for seq, event in self.tickets.cancellations.items()
                             if event["data"]["reservationId"] == call["reservation"] and
                             call["seats"] in (None, event["data"]["seats"]) and
                             left == (event["data"]["remainingSeats"] or event["data"]["seats"],
                                      event["data"]["remainingSeats"] == 0)])

    def happened(self, call, seqs):
        """One of these events is this call's, and nobody else's."""
        mine = [seq for seq in seqs if call["before"] < seq <= call["after"] and seq not in self.told]
        if mine:
            self.told.add(mine[0])
        else:
            self.wrong(call, "it is not in the journal, or was told to somebody else")


def main():
    findings = []
    tickets = Tickets(journal.read(sys.argv[1]), sys.argv[2], findings.append)
    answers = Answers(tickets, findings.append)
    for path in sys.argv[3:]:
        with open(path, encoding="utf-8") as log:
            for line in log:
                answers.check(json.loads(line))
    journal.tell(findings)
    print(json.dumps({"events": tickets.counts, "answers": answers.counts}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
