#!/usr/bin/python3
"""Many processes issue, admit and cancel the same reservation at once, and their answers are logged for check_tickets.py.

    issue_tickets.py --store S --seed N --log FILE [--processes 16] [--reservations 12] [--rounds 2]

For every round of every reservation 1, 2, ... all of them have decided before the first of them appends (together.py).
What each process does depends on the seed alone.

A line of the log: what was done (issue, admit, cancel, run), to which reservation, how many seats, what may have been seen
before the call and what stood in the journal after it, exit code, stdout, stderr.
"""

import argparse
import json
import random
import sys

import together


def choose(rng, reservation, codes):
    """What one process does."""
    action, seats = rng.random(), rng.randint(1, 2)
    whole = 0.67 if reservation not in codes else 0.73  # rarer before the ticket is issued, or few ever are
    said = {"kind": "cancel", "reservation": reservation, "seats": None}
    cancel = together.command("op-reserve", "cancel", reservation)
    if action < 0.35 or (action < 0.65 and reservation not in codes):
        return dict(said, kind="issue"), together.command("op-ticket", "issue", reservation)
    if action < 0.65:
        return dict(said, kind="admit"), together.command("op-ticket", "admit", codes[reservation])
    if action < whole:
        return said, cancel
    if action < 0.87:
        return dict(said, seats=seats), cancel + ["--seats", str(seats)]
    return dict(said, kind="run", reservation=None), together.command("op-ticket" if action < 0.94 else "op-pay", "run", "-q")


def fight(arguments, rng, reservation, codes):
    """One round."""
    lines = together.at_once(arguments.store, [choose(rng, reservation, codes) for _ in range(arguments.processes)])
    for line in lines:
        if line["kind"] == "issue" and line["exit"] == 0:
            codes[reservation] = json.loads(line["stdout"])["code"]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--reservations", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    rng, codes = random.Random(arguments.seed), {}
    with open(arguments.log, "w", encoding="utf-8") as log:
        for reservation in range(1, arguments.reservations + 1):
            for _ in range(arguments.rounds):
                for line in fight(arguments, rng, str(reservation), codes):
                    log.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
