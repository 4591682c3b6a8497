#!/usr/bin/python3
"""Many processes assign, collect, cancel, place, close branches and change what they can take, all at once.

    share_branches.py --store S --seed N --logs DIR [--processes 12] [--rounds 30]

In every round all processes have decided before the first of them appends (together.py), and most of them want something of
the same two reservations. What each process does depends on the seed and on what stands in the journal before the round.
The branches `a` and `b` are there already. DIR/pickups.log is for check_pickups.py, DIR/calls.log for check_sales.py.
"""

import check_pickups
import journal
import kill_customers
import sell
import together

BRANCHES = ("a", "b")


class Round:
    """What may be asked in a round: the state before it."""

    def __init__(self, store, rng, number):
        self.rng, self.number, self.count = rng, number, 0
        self.branches = check_pickups.Pickups(journal.read(store), lambda text: None)
        pickups = self.branches.pickups
        found = [name for name in pickups if pickups[name].status == "Assigned" and not pickups[name].cancelled]
        self.waiting = [name for name in pickups if pickups[name].waits()]
        self.wanted = rng.sample(found, min(2, len(found))) + rng.sample(self.waiting, min(1, len(self.waiting)))

    # ---- each: (log, what is said of it, command) -----------------------------------------------------------------------

    def run(self):
        return None, {"kind": "run"}, together.command("op-assign", "run", "-q")

    def adjust(self, branch, more):
        """So many more than it has."""
        used = max([count for (name, _), count in self.branches.used.items() if name == branch], default=0)
        asked = {"branchId": branch, "capacity": used + more}
        return "pickups", {"kind": "branch", "asked": asked}, together.command(
            "op-assign", "branch", "adjust", branch, "--capacity", str(asked["capacity"]))

    def turn(self, verb, branch):
        """Closes or opens it."""
        return None, {"kind": verb}, together.command("op-assign", "branch", verb, branch, "-q")

    def collect(self):
        if not self.wanted:
            return self.place()
        asked = {"reservationId": self.rng.choice(self.wanted)}
        return "pickups", {"kind": "collect", "asked": asked}, together.command("op-assign", "collect", asked["reservationId"])

    def cancel(self):
        if not self.wanted:
            return self.place()
        asked = {"reservationId": self.rng.choice(self.wanted), "seats": self.rng.choice([None, None, 1])}
        return "calls", {"kind": "cancel", "asked": asked}, sell.cancel_command(asked)

    def place(self):
        self.count += 1
        asked = {"musicalId": "1", "seats": 3, "customerId": None, "id": "p%d-%d" % (self.number, self.count),
                 **kill_customers.somewhere(self.rng)}
        return "calls", {"kind": "place", "asked": asked}, sell.place_command(asked)


def choose(store, rng, number, count):
    """By turns: what was cancelled is given back; there are new orders and places for all, and nobody assigns; then some
    assign, while all that is free is taken away or a branch is closed, and the orders are collected and cancelled."""
    this = Round(store, rng, number)
    if number % 3 == 0:
        return [this.run(), this.run(), *(this.collect() for _ in range(count // 2))]
    if number % 3 == 1:
        return [*(this.adjust(branch, len(this.waiting) + 4) for branch in BRANCHES), *(this.place() for _ in range(4)),
                *(this.turn("open", branch) for branch in BRANCHES)]
    away = [this.turn("close", rng.choice(BRANCHES))] if number % 2 else [this.adjust(branch, 0) for branch in BRANCHES]
    chosen = [*away, this.run(), this.run(), this.run()]
    return chosen + [rng.choice([this.collect, this.cancel])() for _ in range(count - len(chosen))]


if __name__ == "__main__":
    together.play(("calls", "pickups"), choose)
