#!/usr/bin/python3
"""Kills op-pay with SIGKILL at random points, over every fault of the reference provider, and compares the books.

    kill_payments.py --store S --provider PROVIDER.PY --seed N --kills 30

Reservations are placed and cancelled, wholly and in part, while the provider declines, delays, hangs, crashes before or
after it booked, loses its answer or answers garbage; op-pay runs, is killed, and runs again, an hour later by its clock. In
the end the provider is well, what was parked is asked for again, and then:

  nobody is charged twice, and no key was ever used for two requests (the provider counts that);
  nobody who cancelled stays charged, and who cancelled in part stays charged for the rest;
  nothing that the provider approved or gave back is unknown to the journal, and the other way round;
  no reservation has two outcomes.

Before the clock is moved on, calls of a killed run that are still under way are waited for (what hangs is ended): only so
the hour has really passed. Prints one JSON object of counts; fails when the kills did not land on both sides of a call.
"""

import argparse
import collections
import json
import os
import random
import select
import signal
import subprocess
import sys
import time

import journal

FAULTS = ("", "decline@operation=authorize", "decline:no_funds@operation=refund", "pending:2", "delay:0.05", "hang",
          "hang-after", "crash-before", "crash-after", "lose", "garbage", "garbage-after", "huge", "status:75",
          "status-after:75", "any")


class Shop:
    def __init__(self, arguments, rng):
        self.arguments, self.rng = arguments, rng
        self.directory = os.path.dirname(os.path.abspath(arguments.store))
        self.ledger = os.path.join(self.directory, "ledger.db")
        self.control = os.path.join(self.directory, "faults")
        self.provider = [sys.executable, "-S", "-E", "-B", arguments.provider, "--ledger", self.ledger, "--control", self.control]
        # The program that op-pay runs dies with it, what that one runs does not: such a call goes on, and books.
        command = ["sh", "-c", '"$@"; exit $?', "sh"] + self.provider
        config = os.path.join(self.directory, "kill.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("payment:\n  provider: exec\n  command: %s\n  timeout: 500ms\n  max_attempts: 4\n" % json.dumps(command))
        self.environment = dict(os.environ, OP_STORE=arguments.store, OP_CONFIG=config)
        self.hour = 0
        self.open = []

    def at(self):
        self.environment["OP_NOW"] = "2026-%02d-%02dT%02d:00:00Z" % (
            1 + self.hour // 24 // 28, 1 + self.hour // 24 % 28, self.hour % 24)
        return self.environment

    def run(self, *command, codes=(0,), stdin=None):
        done = subprocess.run(command, env=self.at(), input=stdin, capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise SystemExit("%s: exit %d: %s" % (" ".join(command), done.returncode, done.stderr))
        return done.stdout

    def faults(self, *lines):
        with open(self.control + ".new", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.replace(self.control + ".new", self.control)

    def work(self):
        lines = [json.dumps({"musicalId": "1", "seats": self.rng.randint(1, 3)}) for _ in range(3)]
        for line in self.run("op-reserve", "place", "--batch", stdin="\n".join(lines) + "\n").splitlines():
            answer = json.loads(line)
            self.open.append([answer["reservationId"], answer["seats"]])
        for _ in range(2):
            one = self.open.pop(self.rng.randrange(len(self.open)))
            if one[1] > 1 and self.rng.random() < 0.5:
                self.run("op-reserve", "cancel", one[0], "--seats", "1")
                self.open.append([one[0], one[1] - 1])
            else:
                self.run("op-reserve", "cancel", one[0])

    def calls_under_way(self):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    if os.fsencode(self.ledger) in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                pass
        return [pid for pid in found if pid != os.getpid()]

    def wait_for_calls(self):
        deadline = time.monotonic() + 2
        while (pids := self.calls_under_way()) and time.monotonic() < deadline:
            select.select([], [], [], 0.01)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(pids)

    def pay(self, kill_after=None):
        """True where it was killed."""
        command = ["op-pay", "run", "-q", "--jobs", str(self.rng.randint(1, 3))]
        with open(os.path.join(self.directory, "stderr"), "w+b") as said:  # a pipe would be held open by what hangs
            process = subprocess.Popen(command, env=self.at(), stdout=subprocess.DEVNULL, stderr=said)
        handle = os.pidfd_open(process.pid)
        ended, _, _ = select.select([handle], [], [], kill_after)
        if not ended:
            process.kill()
        code = process.wait()
        os.close(handle)
        if code not in (0, -signal.SIGKILL):
            with open(os.path.join(self.directory, "stderr"), encoding="utf-8") as said:
                raise SystemExit("op-pay run: exit %d: %s" % (code, said.read()))
        return code != 0

    def report(self):
        return json.loads(subprocess.run(self.provider + ["--report"], capture_output=True, check=True).stdout)

    def open_attempts(self):
        """Attempts that were begun and have no end yet, by their key."""
        begun = {}
        for event in journal.read(self.arguments.store):
            if event["type"] == "PaymentAttemptStarted":
                begun[event["correlation"]] = event["data"]["idempotencyKey"]
            elif event["type"].startswith("Payment") and event["correlation"] in begun and "Circuit" not in event["type"]:
                del begun[event["correlation"]]
        return set(begun.values())


def kill_again_and_again(shop, kills):
    counts = collections.Counter()
    usual = 0.4
    while counts["kills"] < kills and counts["runs"] < 3 * kills:
        fault = shop.rng.choice(FAULTS)
        shop.faults(*([fault, "any:%d@every=5" % counts["runs"]] if fault else []))
        shop.work()
        killed = shop.pay(shop.rng.random() * usual)
        counts["runs"] += 1
        usual *= 1.1 if killed else 0.8
        if killed:
            counts["kills"] += 1
            counts["hung"] += shop.wait_for_calls()
            unknown = shop.open_attempts()
            booked = {entry["idempotencyKey"] for entry in shop.report()["entries"]}
            counts["inACall" if unknown else "betweenCalls"] += 1
            counts["bookedAndUnknown"] += bool(unknown & booked)
        shop.hour += 1
    return counts


def settle(shop):
    """The provider is well: everything comes to its end."""
    shop.faults()
    for _ in range(60):
        shop.hour += 1
        for line in shop.run("op-pay", "list", "--status", "Parked").splitlines():
            shop.run("op-pay", "retry", json.loads(line)["paymentId"])
        shop.pay()
        rows = [json.loads(line) for line in shop.run("op-pay", "list").splitlines()]
        if all(row["status"] not in ("Pending", "Parked", "RefundParked") and row["retryAt"] is None for row in rows):
            return rows
    raise SystemExit("not settled: %s" % rows)


def compare(shop, rows):
    wrong = []
    report = shop.report()
    if report["conflicts"]:
        wrong.append("%d keys were used for two requests" % report["conflicts"])
    charged, refunded = collections.Counter(), collections.Counter()
    for entry in report["entries"]:
        if entry["status"] == "approved":
            charged[entry["reservationId"]] += entry["amount"]
        if entry["status"] == "refunded":
            refunded[entry["reservationId"]] += entry["amount"]
    held = {json.loads(line)["reservationId"]: json.loads(line) for line in shop.run("op-reserve", "list", "--all").splitlines()}
    for row in rows:
        name = row["reservationId"]
        ledger, books = (charged[name], refunded[name]), (row["chargedAmount"], row["refundedAmount"])
        if ledger != books:
            wrong.append("reservation %s: the ledger says %s charged and refunded, the journal %s" % (name, ledger, books))
        cancelled = held[name]["status"] in ("Cancelled", "PaymentCancelled")
        due = 0 if cancelled or row["status"] == "PaymentDeclined" else held[name]["amount"]
        if charged[name] - refunded[name] != due:
            wrong.append("reservation %s (%s, %s): %d charged, %d refunded, %d is due" % (
                name, held[name]["status"], row["status"], charged[name], refunded[name], due))
    outcomes = collections.Counter(event["correlation"] for event in journal.read(shop.arguments.store)
                                   if event["type"] in ("PaymentApproved", "PaymentDeclined"))
    wrong += ["reservation %s has %d outcomes" % item for item in outcomes.items() if item[1] > 1]
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))
    shop.run("op-pay", "reconcile")
    return sum(charged.values()), sum(refunded.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--provider", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--kills", type=int, default=30)
    arguments = parser.parse_args()
    shop = Shop(arguments, random.Random(arguments.seed))
    shop.run("op-musical", "register", "--id", "1", "--name", "Frozen", "--seats", "1000000", "--price", "1000")
    counts = kill_again_and_again(shop, arguments.kills)
    rows = settle(shop)
    counts["charged"], counts["refunded"] = compare(shop, rows)
    counts["reservations"] = len(rows)
    print(json.dumps(counts))
    if counts["kills"] < arguments.kills:
        raise SystemExit("only %d of %d runs were killed" % (counts["kills"], counts["runs"]))
    if min(counts["inACall"], counts["bookedAndUnknown"]) < 1 or (arguments.kills >= 100 and counts["betweenCalls"] < 1):
        raise SystemExit("the kills did not land on both sides of a call: %s" % dict(counts))


if __name__ == "__main__":
    main()
