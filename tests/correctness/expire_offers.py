#!/usr/bin/python3
"""Many processes wait, accept, withdraw, place and cancel at once, while op-reserve run ends offers by a clock that moves.

    expire_offers.py --store S --seed N --logs DIR [--processes 12] [--rounds 30]

In every round all processes have decided before the first of them appends (together.py). The clock moves by minutes from
round to round, and that of each process is up to two minutes ahead of it, as it is where several machines share a store: so
an offer is over for one and open for another, who accepts it at the same instant. What each process does depends on the
seed and on what stands in the journal before the round. DIR/calls.log is for check_sales.py, DIR/waiting.log for
check_waiting.py.
"""

import datetime

import check_waiting
import journal
import sell
import together

MUSICALS = ("1", "2")
START = datetime.datetime(2026, 11, 20, 12)


class Round:
    """What may be asked in a round: the state before it, and a clock."""

    def __init__(self, store, rng, number, now):
        self.rng, self.number, self.now, self.count = rng, number, now, 0
        self.waiting, self.reservations = check_waiting.Check(), {}
        for event in journal.read(store):
            self.waiting.fold(event)
            data = event["data"]
            if event["type"] == "ReservationPlaced":
                self.reservations[data["reservationId"]] = data["seats"]
            elif event["type"] == "ReservationCancelled":
                self.reservations[data["reservationId"]] = data["remainingSeats"]

    def name(self, kind):
        self.count += 1
        return "%s%d-%d" % (kind, self.number, self.count)

    def entry(self):
        """One that is offered, or waits, or (seldom) is over."""
        status = self.waiting.status
        wanted = "offered" if self.rng.random() < 0.8 else "joined" if self.rng.random() < 0.5 else None
        found = [name for name in status if status[name] == wanted] or list(status)
        return self.rng.choice(found) if found else None

    def environment(self):
        now = self.now + datetime.timedelta(seconds=self.rng.randint(0, 120))
        return {"OP_NOW": now.strftime("%Y-%m-%dT%H:%M:%SZ")}

    # ---- each: (log, what is said of it, command) -----------------------------------------------------------------------

    def wait(self):
        asked = {"musicalId": self.rng.choice(MUSICALS), "seats": self.rng.randint(1, 3),
                 "customerId": self.rng.choice(["kim", "jun", None]), "id": self.name("w")}
        customer = ["--customer", asked["customerId"]] if asked["customerId"] else []
        return "waiting", {"kind": "wait", "asked": asked}, together.command(
            "op-reserve", "wait", "--musical", asked["musicalId"], "--seats", str(asked["seats"]), "--id", asked["id"], *customer)

    def withdraw(self):
        entry = self.entry()
        if entry is None:
            return self.wait()
        return "waiting", {"kind": "withdraw", "asked": {"id": entry}}, together.command("op-reserve", "wait", "withdraw", entry)

    def accept(self):
        entry = self.entry()
        if entry is None:
            return self.wait()
        said = self.waiting.entries[entry]
        asked = {"musicalId": said["musicalId"], "seats": said["seats"], "customerId": said.get("customerId"),
                 "offerId": entry, "id": self.name("a")}
        return "calls", {"kind": "place", "asked": asked}, sell.place_command(asked)

    def place(self):
        musicals = self.waiting.musicals
        asked = {"musicalId": max(MUSICALS, key=lambda name: musicals[name].left()), "seats": self.rng.randint(1, 3),
                 "customerId": None, "id": self.name("p")}
        return "calls", {"kind": "place", "asked": asked}, sell.place_command(asked)

    def cancel(self):
        found = [name for name, seats in self.reservations.items() if seats]
        name = self.rng.choice(found or ["hot-1"])
        asked = {"reservationId": name, "seats": 2 if name.startswith("hot") else self.rng.choice([None, 1])}
        return "calls", {"kind": "cancel", "asked": asked}, sell.cancel_command(asked)

    def run(self, program):
        return None, {"kind": "run"}, together.command(program, "run", "-q")

    def choose(self, count):
        """What the processes do: two of them work, one or two more do now and then."""
        plenty = max(musical.left() for musical in self.waiting.musicals.values()) > 2
        kinds = {self.wait: 24, self.withdraw: 6, self.accept: 16, self.place: 30 if plenty else 8,
                 self.cancel: 5 if plenty else 18}
        chosen = [self.run("op-reserve"), self.run("op-musical")]
        chosen += [self.run("op-reserve") for _ in range(2) if self.rng.random() < 0.4]
        return chosen + [self.rng.choices(list(kinds), list(kinds.values()))[0]() for _ in range(count - len(chosen))]


def choose(store, rng, number, count):
    """What the processes of a round do. The clock goes on by two minutes or so."""
    this = Round(store, rng, number, START + datetime.timedelta(seconds=120 * number + rng.randint(0, 90)))
    return [(*one, this.environment()) for one in this.choose(count)]


if __name__ == "__main__":
    together.play(("calls", "waiting"), choose)
