#!/usr/bin/python3
"""Many processes issue, admit and cancel the same reservation at once, and their answers are logged for check_tickets.py.

    issue_tickets.py --store S --seed N --log FILE [--processes 16] [--reservations 12] [--rounds 2]

For every round of every reservation 1, 2, ... the write lock of the journal is held until all processes have decided what
they want to append and wait for it; then it is let go. So all of them decided upon the same state, and all but one at least
must find that it is not the state any more. What each process does depends on the seed alone.

A line of the log: what was done (issue, admit, cancel, run), to which reservation, how many seats, what may have been seen
before the call and what stood in the journal after it, exit code, stdout, stderr.
"""

import argparse
import fcntl
import json
import os
import random
import subprocess
import sys
import threading
import time

import journal

STILL_S = 0.01  # between two looks whether somebody is at work
PATIENCE_S = 60


class Call(threading.Thread):
    """A command with its answer."""

    def __init__(self, store, kind, reservation, seats, command):
        super().__init__()
        self.store, self.before = store, journal.surely_seen(store)
        self.asked = {"kind": kind, "reservation": reservation, "seats": seats}
        self.process = subprocess.Popen(
            [command[0], "--errors", "json", "--timeout", "120s", "-o", "ndjson", *command[1:]],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self):
        stdout, stderr = self.process.communicate()
        after = journal.last_seq(self.store)
        self.line = dict(self.asked, process=self.process.pid, before=self.before, after=after,
                         exit=self.process.returncode, stdout=stdout, stderr=stderr)

    def work_done(self):
        """The time that it has used, None where it cannot be at work: it ended. A process that runs is never still."""
        try:
            with open("/proc/%d/stat" % self.process.pid, encoding="ascii", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[11:13] if fields[0] == "S" else [object()]


def wait_until_still(calls):
    """Until all of them wait or have ended: nobody can do more before the lock is let go."""
    deadline = time.monotonic() + PATIENCE_S
    seen = [call.work_done() for call in calls]
    while time.monotonic() < deadline:
        time.sleep(STILL_S)
        now = [call.work_done() for call in calls]
        if now == seen:
            return
        seen = now
    raise TimeoutError("the processes do not come to wait for the lock")


def choose(arguments, rng, reservation, codes):
    """What one process does."""
    action, seats = rng.random(), rng.randint(1, 2)
    whole = 0.67 if reservation not in codes else 0.73  # rarer before the ticket is issued, or few ever are
    cancel = ["op-reserve", "cancel", reservation]
    if action < 0.35 or (action < 0.65 and reservation not in codes):
        return Call(arguments.store, "issue", reservation, None, ["op-ticket", "issue", reservation])
    if action < 0.65:
        return Call(arguments.store, "admit", reservation, None, ["op-ticket", "admit", codes[reservation]])
    if action < whole:
        return Call(arguments.store, "cancel", reservation, None, cancel)
    if action < 0.87:
        return Call(arguments.store, "cancel", reservation, seats, cancel + ["--seats", str(seats)])
    return Call(arguments.store, "run", None, None, ["op-ticket" if action < 0.94 else "op-pay", "run", "-q"])


def fight(arguments, rng, reservation, codes):
    """One round: they all decide, and only then the first of them appends."""
    lock = os.open(os.path.join(arguments.store, "journal"), os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    calls = [choose(arguments, rng, reservation, codes) for _ in range(arguments.processes)]
    try:
        for call in calls:
            call.start()
        wait_until_still(calls)
    finally:
        os.close(lock)
        for call in calls:
            call.join()
    for call in calls:
        if call.line["kind"] == "issue" and call.line["exit"] == 0:
            codes[reservation] = json.loads(call.line["stdout"])["code"]
    return [call.line for call in calls]


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
