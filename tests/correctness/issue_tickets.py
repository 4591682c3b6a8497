#!/usr/bin/python3
"""Many processes issue, admit and cancel the same reservations at once, and log each answer for check_tickets.py.

    issue_tickets.py --store S --seed N --logs DIR [--processes 16] [--reservations 16]

They go through the reservations 1, 2, ... in step, so that all want the same ones at the same time; what each does to a
reservation depends on the seed and its number alone. A line of the log: what was done (issue, admit, cancel, run), to which
reservation, how many seats, what may have been seen before the call and what stood in the journal after it, exit code,
stdout, stderr.
"""

import argparse
import json
import os
import random
import subprocess
import sys

import journal


class Worker:
    def __init__(self, arguments, number, log):
        self.arguments, self.number, self.log = arguments, number, log
        self.rng = random.Random("%s:%d" % (arguments.seed, number))

    def call(self, kind, reservation, seats, command):
        before = journal.surely_seen(self.arguments.store)
        done = subprocess.run([command[0], "--errors", "json", "--timeout", "120s", "-o", "ndjson", *command[1:]],
                              capture_output=True, text=True, check=False)
        after = journal.last_seq(self.arguments.store)
        self.log.write(json.dumps({"process": self.number, "kind": kind, "reservation": reservation, "seats": seats,
                                   "before": before, "after": after, "exit": done.returncode, "stdout": done.stdout,
                                   "stderr": done.stderr}) + "\n")
        return done

    def issue(self, reservation):
        return self.call("issue", reservation, None, ["op-ticket", "issue", reservation])

    def admit(self, reservation):
        """With the code that the customer was given; whoever has none does what a customer does."""
        done = self.issue(reservation)
        code = json.loads(done.stdout)["code"] if done.returncode == 0 else None
        if code:
            self.call("admit", reservation, None, ["op-ticket", "admit", code])

    def cancel(self, reservation, seats):
        self.call("cancel", reservation, seats,
                  ["op-reserve", "cancel", reservation] + (["--seats", str(seats)] if seats else []))

    def step(self, reservation):
        action, seats = self.rng.random(), self.rng.randint(1, 2)
        if action < 0.4:
            self.issue(reservation)
        elif action < 0.6:
            self.admit(reservation)
        elif action < 0.75:
            self.cancel(reservation, None)
        elif action < 0.88:
            self.cancel(reservation, seats)
        else:
            self.call("run", None, None, ["op-ticket" if action < 0.95 else "op-pay", "run", "-q"])


def work(arguments, number, gate):
    """One process: waits until the gate is closed, then goes through the reservations."""
    with open(os.path.join(arguments.logs, "%d.log" % number), "w", encoding="utf-8") as log:
        worker = Worker(arguments, number, log)
        os.read(gate, 1)
        for reservation in range(1, arguments.reservations + 1):
            worker.step(str(reservation))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--reservations", type=int, default=16)
    arguments = parser.parse_args()
    gate, opener = os.pipe()
    children = []
    for number in range(arguments.processes):
        child = os.fork()
        if child == 0:
            os.close(opener)
            try:
                work(arguments, number, gate)
            except BaseException as error:  # whatever it was, this process ends here
                print("process %d: %r" % (number, error), file=sys.stderr)
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(opener)
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
