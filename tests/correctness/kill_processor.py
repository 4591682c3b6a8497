#!/usr/bin/python3
"""Kills a processor with SIGKILL at random points of its run, again and again, while work comes in.

    kill_processor.py --store S --seed N --kills 100 COMMAND        COMMAND: one of OUTCOMES
    kill_processor.py --store S --seed N --terms 20 COMMAND         SIGTERM during --follow instead

First it measures how long a run with the usual work takes. Then each run is killed at a point between 0 and that time,
until --kills of them were killed before they ended on their own; the time grows a little with every kill and shrinks with
every run that was not caught, since killed runs leave work behind. Fails when more than a third of the runs got away, or
when a quarter of the time saw hardly a kill, or when too few landed before, or after, the run had its first effect. New work
is placed by other processes while the processor runs. Prints one JSON object of counts.
"""

import argparse
import json
import os
import random
import select
import signal
import statistics
import subprocess
import time

import journal
import kill_customers
import sell

OUTCOMES = {
    "op-pay": ("PaymentApproved", "PaymentDeclined", "PaymentRefunded", "PaymentCancelled"),
    "op-notify": ("NotificationSent",),
    "op-musical": ("SeatsReleased",),
    "op-reserve": ("ReservationCancelled",),
    "op-ticket": ("TicketReady", "TicketVoided"),
    "op-assign": ("PickupAssigned", "PickupReleased", "AssignmentFailed"),
}


class Work:
    """Makes work for a processor: a unit is some reservations, and what this processor waits for."""

    def __init__(self, store, command, rng):
        self.store, self.command, self.rng = store, command, rng
        self.open = []  # [reservation, seats]
        self.running = None

    def run(self, *command, stdin=None):
        done = subprocess.run(command[:1] + ("--store", self.store) + command[1:], input=stdin, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise SystemExit("%s: exit %d: %s" % (" ".join(command), done.returncode, done.stderr))
        return done.stdout

    def place(self, count):
        lines = [json.dumps({"musicalId": self.rng.choice("12"), "seats": self.rng.randint(1, 3),
                             "customerId": "c%d" % self.rng.randint(1, 5), **kill_customers.somewhere(self.rng)})
                 for _ in range(count)]
        for line in self.run("op-reserve", "place", "--batch", stdin="\n".join(lines) + "\n").splitlines():
            answer = json.loads(line)
            self.open.append([answer["reservationId"], answer["seats"], answer["amount"]])

    def take(self):
        return self.open.pop(self.rng.randrange(len(self.open)))

    def cancel(self, count):
        for _ in range(count):
            name, seats, amount = self.take()
            if seats > 1 and self.rng.random() < 0.5:
                self.run("op-reserve", "cancel", name, "--seats", "1")
                self.open.append([name, seats - 1, amount])
            else:
                self.run("op-reserve", "cancel", name)

    def decline(self, count):
        lines = []
        for _ in range(count):
            name, _, amount = self.take()
            lines.append(json.dumps(sell.declined(name, amount)))
        self.run("op-journal", "append", stdin="\n".join(lines) + "\n")

    def unit(self):
        if self.command == "op-pay":
            self.place(8)
            self.cancel(2)
        elif self.command == "op-notify":
            self.place(3)
            self.cancel(1)
            self.run("op-pay", "run")
        elif self.command == "op-ticket":
            self.place(4)
            self.run("op-pay", "run")
            self.cancel(2)
        elif self.command in ("op-musical", "op-assign"):
            self.place(5)
            self.cancel(3)
        else:
            self.place(8)
            self.decline(6)

    def begin(self):
        """A unit in a process of its own, while the processor runs; what it did is read in end()."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            code = 1
            try:
                self.unit()
                with open(write, "w", encoding="utf-8") as file:
                    json.dump([self.open, self.rng.getstate()], file)
                code = 0
            finally:
                os._exit(code)
        os.close(write)
        self.running = (pid, read)

    def end(self):
        pid, read = self.running
        with open(read, encoding="utf-8") as file:
            said = file.read()
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise SystemExit("making work failed")
        self.open, state = json.loads(said)
        self.rng.setstate((state[0], tuple(state[1]), state[2]))


class Processor:
    def __init__(self, arguments):
        self.arguments = arguments
        self.command = [arguments.command, "--store", arguments.store, "run"]
        self.types = OUTCOMES[arguments.command]
        self.follower = journal.Follower(arguments.store, self.types)

    def outcomes(self):
        return self.follower.update()

    def effects(self):
        """Changes with every effect outside of the journal: the files of op-notify."""
        try:
            return os.stat(os.path.join(self.arguments.store, "outbox")).st_mtime_ns
        except FileNotFoundError:
            return 0

    def run_to_end(self):
        started = time.monotonic()
        subprocess.run(self.command, stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - started

    def run_and_kill(self, delay):
        """True where it was killed, false where it ended on its own before."""
        started = time.monotonic()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        handle = os.pidfd_open(process.pid)
        ended, _, _ = select.select([handle], [], [], max(0.0, delay - (time.monotonic() - started)))
        if not ended:
            process.kill()
        code = process.wait()
        os.close(handle)
        if code not in (0, -signal.SIGKILL):
            raise SystemExit("%s run: exit %d" % (self.arguments.command, code))
        return code != 0


def kill_again_and_again(arguments, rng):
    work = Work(arguments.store, arguments.command, rng)
    processor = Processor(arguments)
    measured = []
    for _ in range(5):
        work.unit()
        measured.append(processor.run_to_end())
    usual = statistics.median(measured)
    kills = runs = before_append = after_append = half_done = 0
    quarters = [0, 0, 0, 0]
    while kills < arguments.kills and runs < arguments.kills * 3 // 2:
        before, effects = processor.outcomes(), processor.effects()
        work.begin()
        point = rng.random()
        killed = processor.run_and_kill(point * usual)
        work.end()
        runs += 1
        usual *= 1.05 if killed else 0.75
        if not killed:
            continue
        kills += 1
        quarters[int(point * 4)] += 1
        if processor.outcomes() > before:
            after_append += 1
        elif processor.effects() != effects:
            half_done += 1
        else:
            before_append += 1
    print(json.dumps({"command": arguments.command, "measuredMs": round(1000 * statistics.median(measured), 1),
                      "usualMs": round(1000 * usual, 1), "runs": runs, "kills": kills, "quarters": quarters,
                      "beforeAppend": before_append, "afterAppend": after_append, "halfDone": half_done}))
    if kills < arguments.kills:
        raise SystemExit("only %d of %d runs were killed before they ended" % (kills, runs))
    if min(quarters) < arguments.kills * 5 // 100:
        raise SystemExit("the kills are not spread over the run: %s" % quarters)
    # The notices of a batch are files before they are events, and that is most of the time of a run.
    both = (before_append, half_done + after_append)
    if min(both) < arguments.kills * 3 // 100:
        raise SystemExit("the kills did not land on both sides of the effect: %d before, %d after" % both)


def terminate_again_and_again(arguments, rng):
    """SIGTERM at a random point of --follow at work: exit 0, and all that it appended it has printed."""
    work = Work(arguments.store, arguments.command, rng)
    processor = Processor(arguments)
    for _ in range(arguments.terms):
        work.unit()
        before = processor.outcomes()
        output = os.path.join(arguments.store, "..", "follow.out")
        with open(output, "wb") as file:
            process = subprocess.Popen(processor.command + ["--follow"], stdout=file)
        work.begin()
        handle = os.pidfd_open(process.pid)
        # It follows once it has appended something; then a random number of outcomes later it is told to end.
        deadline = time.monotonic() + 60
        while processor.outcomes() == before and time.monotonic() < deadline:
            if select.select([handle], [], [], 0.002)[0]:
                raise SystemExit("--follow ended on its own")
        select.select([handle], [], [], rng.random() * 0.04)
        process.terminate()
        if not select.select([handle], [], [], 60)[0]:
            raise SystemExit("it did not end within a minute of SIGTERM")
        os.close(handle)
        code = process.wait()
        work.end()
        if code != 0:
            raise SystemExit("SIGTERM during --follow: exit %d" % code)
        with open(output, encoding="utf-8") as file:
            said = [json.loads(line)["seq"] for line in file]
        done = [event["seq"] for event in journal.read(arguments.store) if event["type"] in processor.types]
        if arguments.command != "op-reserve" and done[before:] != said:
            raise SystemExit("it appended %s and printed %s" % (done[before:], said))
        check_no_half_notice(arguments.store)
    print(json.dumps({"command": arguments.command, "terms": arguments.terms}))


def check_no_half_notice(store):
    """After SIGTERM (not SIGKILL) what was written into the outbox is recorded, and nothing lies around."""
    try:
        files = set(os.listdir(os.path.join(store, "outbox")))
    except FileNotFoundError:
        return
    sent = {"%s.txt" % event["data"]["noticeId"] for event in journal.read(store) if event["type"] == "NotificationSent"}
    if files != sent:
        raise SystemExit("the outbox and the journal differ in %s" % sorted(files ^ sent))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--terms", type=int, default=0)
    parser.add_argument("command", choices=sorted(OUTCOMES))
    arguments = parser.parse_args()
    rng = random.Random("%s:%s" % (arguments.seed, arguments.command))
    if arguments.kills:
        kill_again_and_again(arguments, rng)
    if arguments.terms:
        terminate_again_and_again(arguments, rng)


if __name__ == "__main__":
    main()
