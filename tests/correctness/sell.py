#!/usr/bin/python3
"""One of many processes that sell the same musicals: places, cancels, and logs each answer for check_sales.py.

    sell.py --roles ROLE,ROLE... --store S --seed N --round R --logs DIR [--steps N]     one process for each role
    sell.py --plan --seed N --round R --process I --role ROLE [--steps N]     prints the choices and does nothing

A role is single (place and cancel), batch (place --batch and cancel), release (as single, and op-musical run) or rush (for
K from 0: the one seat of musical last-K, and reservation gone-K cancelled; all who rush want the same at the same time).

What a process chooses depends on the seed and its number alone: every step draws the same count of numbers, whatever the
others do; only which of its own reservations a choice falls on depends on what it got. It ends when it was told of every musical that nothing is left, or after --steps.

A line of the log: kind, what was asked, seq of the journal's last line before and after the call, exit code, stdout, stderr.
"""

import argparse
import json
import os
import random
import subprocess
import sys

import journal

MUSICALS = ["1", "2", "3"]
CUSTOMERS = ["minsu", "jun", "가람", None]
HOT = ["hot-1", "hot-2", "hot-3"]  # reservations of many seats, which everybody cancels at once, seat by seat


def command(timeout, verb, *words):
    return ["op-reserve", "--errors", "json", "--timeout", timeout, "-o", "ndjson", verb, *words]


def place_command(asked, timeout="120s"):
    """The command line that asks for this reservation; where it accepts an offer, that says what and for whom."""
    options = [("id", "--id"), ("requestId", "--request-id")]
    if asked.get("offerId"):
        options = [("offerId", "--offer")] + options
    else:
        options = [("musicalId", "--musical"), ("seats", "--seats"), ("customerId", "--customer"), ("lat", "--lat"),
                   ("lon", "--lon"), ("fulfil", "--fulfil")] + options
    words = [word for name, option in options if asked.get(name) for word in (option, str(asked[name]))]
    return command(timeout, "place", *words)


def batch_command(timeout="120s"):
    return command(timeout, "place", "--batch")


def batch_input(asked):
    return "".join(json.dumps(request) + "\n" for request in asked)


def cancel_command(asked, timeout="120s"):
    """The command line that cancels these seats of a reservation, or (seats null) all of it."""
    return command(timeout, "cancel", asked["reservationId"], *(["--seats", str(asked["seats"])] if asked["seats"] else []))


def declined(reservation, amount):
    """PaymentDeclined as some other program of the payment context would record it: a line for op-journal append."""
    return {"id": "payment:%s:declined" % reservation, "type": "PaymentDeclined", "tags": ["reservation:%s" % reservation],
            "correlation": reservation,
            "data": {"paymentId": reservation, "reservationId": reservation, "amount": amount, "currency": "KRW",
                     "provider": "test", "reason": "no money"}}


class Choice:
    """What one step does, as far as that is chosen."""

    def __init__(self, rng, step):
        draws = [rng.random() for _ in range(8)]
        self.step = step
        self.action = draws[0]
        self.musical = MUSICALS[int(draws[1] * len(MUSICALS))]
        self.seats = 1 + int(draws[2] * 4)
        self.pick = draws[3]
        self.part = draws[4]
        self.customer = CUSTOMERS[int(draws[5] * len(CUSTOMERS))]
        self.again = draws[6] < 0.15
        self.names_it = draws[7] < 0.6  # an id of its own: then no two collide in the next whole number
        self.lines = int(rng.getrandbits(3)) + 2
        self.seed = rng.getrandbits(32)

    def batch(self, name):
        """The requests of a batch; ids and keys begin with `name`."""
        rng = random.Random(self.seed)
        asked = []
        for number in range(self.lines):
            request = {"musicalId": rng.choice(MUSICALS), "seats": rng.randint(1, 3)}
            if rng.random() < 0.5:
                request["customerId"] = rng.choice(CUSTOMERS)
            if self.names_it:
                request["id"] = "b%s-%d" % (name, number)
            if rng.random() < 0.3:
                request["requestId"] = "%s-%d" % (name, number)
            asked.append(request)
        return asked

    def __str__(self):
        return "%d %.6f %s %d %.6f %.6f %s %s %s %d %d" % (
            self.step, self.action, self.musical, self.seats, self.pick, self.part, self.customer, self.again,
            self.names_it, self.lines, self.seed)


class Seller:
    def __init__(self, arguments):
        self.arguments = arguments
        self.log = None
        self.mine = []  # [id, seats] of reservations that are not known to be cancelled
        self.sold_out = set()

    def call(self, kind, asked, command, stdin=None):
        """Runs a command and logs it; returns (exit code, stdout)."""
        before = journal.surely_seen(self.arguments.store)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        after = journal.last_seq(self.arguments.store)
        line = {"process": self.arguments.process, "kind": kind, "asked": asked, "before": before, "after": after,
                "exit": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        self.log.write(json.dumps(line) + "\n")
        self.log.flush()
        return done.returncode, done.stdout, done.stderr

    def request_id(self, step):
        return "r%s-%d-%d" % (self.arguments.round, self.arguments.process, step)

    def note(self, musical, refusal):
        if refusal.get("error") == "insufficient_seats" and refusal.get("available") == 0:
            self.sold_out.add(musical)

    def place(self, choice):
        asked = {"musicalId": choice.musical, "seats": choice.seats, "customerId": choice.customer, "requestId": None}
        if choice.names_it:
            asked["id"] = "p" + self.request_id(choice.step)
        if choice.again:
            asked["requestId"] = self.request_id(choice.step)
        for _ in range(2 if choice.again else 1):
            code, stdout, stderr = self.call("place", asked, place_command(asked))
        if code == 0:
            self.mine.append([json.loads(stdout)["reservationId"], choice.seats])
        elif code == 1:
            self.note(choice.musical, json.loads(stderr))

    def place_batch(self, choice):
        asked = choice.batch(self.request_id(choice.step))
        _, stdout, _ = self.call("batch", asked, batch_command(), batch_input(asked))
        for request, line in zip(asked, stdout.splitlines()):
            answer = json.loads(line)
            if "error" in answer:
                self.note(request["musicalId"], answer)
            else:
                self.mine.append([answer["reservationId"], request["seats"]])

    def cancel(self, choice):
        if not self.mine:
            return
        index = int(choice.pick * len(self.mine))
        reservation, seats = self.mine[index]
        asked = {"reservationId": reservation, "seats": None}
        if seats > 1 and choice.part < 0.4:
            asked["seats"] = 1 + int(choice.part / 0.4 * (seats - 1))
        code, _, _ = self.call("cancel", asked, cancel_command(asked))
        if code == 0 and asked["seats"]:
            self.mine[index][1] -= asked["seats"]
        elif choice.again:
            self.call("cancel", asked, cancel_command(asked))  # once more: already_cancelled
        if code == 0 and not asked["seats"]:
            self.mine.pop(index)

    def rush(self, step):
        asked = {"musicalId": "last-%d" % step, "seats": 1, "customerId": None, "id": "rush%d-%d" % (self.arguments.process, step)}
        self.call("place", asked, place_command(asked))
        asked = {"reservationId": "gone-%d" % step, "seats": None}
        self.call("cancel", asked, cancel_command(asked))

    def cancel_hot(self, choice):
        asked = {"reservationId": HOT[int(choice.pick * len(HOT))], "seats": 1}
        self.call("cancel", asked, cancel_command(asked))

    def release(self):
        self.call("release", None, ["op-musical", "--errors", "json", "--timeout", "120s", "-q", "run"])

    def step(self, choice):
        if self.arguments.role == "rush":
            self.rush(choice.step)
        elif self.arguments.role == "release" and choice.action < 0.5:
            self.release()
        elif choice.action < 0.2:
            self.cancel(choice)
        elif choice.action < 0.35:
            self.cancel_hot(choice)
        elif self.arguments.role == "batch":
            self.place_batch(choice)
        else:
            self.place(choice)


def run_one(arguments):
    """One seller: waits for its stdin to end, then sells."""
    rng = random.Random("%s:%s:%d:%s" % (arguments.seed, arguments.round, arguments.process, arguments.role))
    seller = Seller(arguments)
    if not arguments.plan:
        seller.log = open(arguments.log, "a", encoding="utf-8")
        sys.stdin.read()
    for step in range(arguments.steps):
        choice = Choice(rng, step)
        if arguments.plan:
            print(choice)
            continue
        seller.step(choice)
        if len(seller.sold_out) == len(MUSICALS):
            break
    return 0


def run_together(arguments):
    """Starts one seller for each role of --roles; they begin all at once, when the pipe that they read is closed."""
    gate, opener = os.pipe()
    processes = []
    for number, role in enumerate(arguments.roles.split(",")):
        command = [sys.executable, "-B", __file__, "--store", arguments.store, "--seed", arguments.seed, "--round",
                   arguments.round, "--steps", str(arguments.steps), "--process", str(number), "--role", role,
                   "--log", os.path.join(arguments.logs, "%d.log" % number)]
        processes.append(subprocess.Popen(command, stdin=gate))
    os.close(gate)
    os.close(opener)
    return max(process.wait() for process in processes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--store")
    parser.add_argument("--seed", required=True)
    parser.add_argument("--process", type=int)
    parser.add_argument("--role", choices=["single", "batch", "release", "rush"])
    parser.add_argument("--roles")
    parser.add_argument("--round", default="1")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--log")
    parser.add_argument("--logs")
    arguments = parser.parse_args()
    return run_together(arguments) if arguments.roles else run_one(arguments)


if __name__ == "__main__":
    sys.exit(main())
