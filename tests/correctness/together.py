"""Many commands at once, so that all of them have decided before the first of them appends.

at_once() holds the write lock of the journal until every process waits for it, or has ended; then it lets go. So all of them
decided upon the same state, and all but one at least must find that it is not the state any more. play() does that round
after round, with what a script chooses for each.
"""

import argparse
import fcntl
import json
import os
import random
import subprocess
import threading
import time

import journal

STILL_S = 0.01  # between two looks whether somebody is at work
PATIENCE_S = 60


def command(program, *words):
    """A command line that is patient, and answers in JSON."""
    return [program, "--errors", "json", "--timeout", "120s", "-o", "ndjson", *words]


class Call(threading.Thread):
    """A command with its answer: `line` is what was `said` of it, what may have been seen before the call, what stood in the
    journal after it, exit code, stdout and stderr."""

    def __init__(self, store, said, command, environment=None):
        super().__init__()
        self.store, self.said, self.before = store, said, journal.surely_seen(store)
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, **environment or {}))

    def run(self):
        stdout, stderr = self.process.communicate()
        self.line = dict(self.said, process=self.process.pid, before=self.before, after=journal.last_seq(self.store),
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


def at_once(store, wanted):
    """`wanted`: a list of (said, command) or (said, command, environment). Returns their lines."""
    lock = os.open(os.path.join(store, "journal"), os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    calls = [Call(store, *one) for one in wanted]
    try:
        for call in calls:
            call.start()
        wait_until_still(calls)
    finally:
        os.close(lock)
        for call in calls:
            call.join()
    return [call.line for call in calls]


def play(logs, choose):
    """The main function of a script: rounds of choose(store, rng, number, count), a list of (log, said, command,
    environment), where the log is one of `logs` or None: a processor, which must succeed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--processes", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    files = {name: open(os.path.join(arguments.logs, name + ".log"), "w", encoding="utf-8") for name in logs}
    for number in range(arguments.rounds):
        chosen = choose(arguments.store, rng, number, arguments.processes)
        lines = at_once(arguments.store, [one[1:] for one in chosen])
        for (log, *_), line in zip(chosen, lines):
            if log:
                files[log].write(json.dumps(line) + "\n")
            elif line["exit"] != 0 or line["stderr"]:
                raise SystemExit("run: exit %d: %s" % (line["exit"], line["stderr"]))
    for file in files.values():
        file.close()
