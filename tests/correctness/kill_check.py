"""The checks of the kill campaign, when everything is at rest: lets all that is pending happen, then compares.

    kill_check.py STORE [SHOWN]

checks a store by itself: calls.log and what the consumers saw stand beside it, SHOWN has the events that somebody was shown.
Prints the figures as JSON; exit 1 at the first finding, which is said on stderr.

Nothing else runs, so no command may wait for anybody: each gets a short time limit, and what is not done within it is a lock,
a lease or an office that a killed process left behind.
"""

import datetime
import json
import os
import subprocess
import sys
import time

import check_waiting
import journal
import kill_load
import kill_process

AT_REST = "5s"
LONGEST_OFFER = 10  # seconds: kill_customers.OFFER is shorter, OFFER_AT_REST longer
SECONDS = 120  # a command that takes this long hangs
HERE = os.path.dirname(os.path.abspath(__file__))


class Check:
    def __init__(self, load, report):
        self.load, self.report, self.store, self.environment = load, report, load.store, load.at_rest
        self.made = 0

    def run(self, *command, stdin=None):
        """A command that must succeed and say nothing on stderr; its stdout."""
        self.made += 1
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=self.environment, timeout=SECONDS,
                              check=False)
        if done.returncode != 0 or done.stderr:
            self.report("at rest: %s: exit %d: %s" % (" ".join(command), done.returncode, done.stderr.strip()))
        return done.stdout

    def wait_for_offers(self):
        """Until the time of those that were made under load is over; those made at rest stay open."""
        soon = time.time() + LONGEST_OFFER
        for _, until in self.open_offers():
            end = datetime.datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp()
            if end < soon:
                time.sleep(max(0, end - time.time()))

    def open_offers(self):
        waiting = check_waiting.Check()
        for event in journal.read(self.store):
            waiting.fold(event)
        return [(entry, until) for entry, until in waiting.until.items() if waiting.status[entry] == "offered"]

    def settle(self):
        """Cuts what was torn, and lets everything pending happen. Returns the bytes that were torn."""
        stat = json.loads(self.run("op-journal", "--timeout", AT_REST, "stat") or '{"tornBytes": 0}')
        self.run("op-journal", "--timeout", AT_REST, "append", stdin='{"type":"Note","data":{"text":"at rest"}}\n')
        self.wait_for_offers()
        self.run("outerpark", "--timeout", AT_REST, "tick")
        for name in kill_load.CONSUMERS:
            self.run(*kill_load.consume_command(self.store, name, timeout=AT_REST))
        return stat["tornBytes"]

    def check_journal(self):
        said = json.loads(self.run("op-journal", "--timeout", AT_REST, "verify") or "{}")
        lines = []
        for path in journal.segments(self.store):
            with open(path, encoding="utf-8") as file:
                lines += file.read().split("\n")[:-1]
        if (said.get("outcome"), said.get("events"), said.get("head")) != ("clean", len(lines), len(lines)):
            self.report("verify at rest says %s, the journal has %d lines" % (said, len(lines)))
        page = kill_process.Page(self.store)
        if page.known and (page.ready != 1 or page.tail_seq != len(lines) or page.durable != len(lines) or page.holder):
            self.report("the control page at rest is not as the journal: %s" % vars(page))
        return lines

    def check_shown(self, lines):
        """What anybody was shown, by whoever lived or died, stands in the journal as it was shown."""
        for seq, line in self.load.shown.items():
            self.made += 1
            if seq > len(lines) or lines[seq - 1] != line:
                self.report("event %d was shown as %s and is now %s" % (
                    seq, line, lines[seq - 1] if seq <= len(lines) else "gone"))

    def check_consumer(self, name, lines):
        """Every event that it wants at least once; each for the first time after all those before it."""
        arguments = kill_load.CONSUMERS[name]
        types = arguments[arguments.index("--type") + 1].split(",") if "--type" in arguments else None
        wanted = [seq for seq, line in enumerate(lines, 1) if not types or json.loads(line)["type"] in types]
        try:
            with open(kill_load.seen_path(self.store, name), encoding="utf-8") as file:
                seen = [int(line.partition(":")[2]) for line in file]
        except FileNotFoundError:
            seen = []
        first = list(dict.fromkeys(seen))
        self.made += len(seen)
        if first != wanted:
            wrong = next((pair for pair in zip(first, wanted) if pair[0] != pair[1]), (len(first), len(wanted)))
            self.report("consumer %s: saw %d events of %d; first difference %s" % (name, len(first), len(wanted), wrong))
        return len(seen) - len(first)

    def check_with(self, script, *arguments):
        """A checker of its own, which says what is wrong and exits 1."""
        self.made += 1
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, script), *arguments], capture_output=True, text=True,
                              env=self.environment, timeout=SECONDS, check=False)
        if done.returncode != 0:
            self.report("%s: %s" % (script, done.stderr.strip()))
            return {}
        return json.loads(done.stdout)

    def all(self):
        """Everything. Returns the figures."""
        torn = self.settle()
        self.load.offers = [entry for entry, _ in self.open_offers()]
        lines = self.check_journal()
        self.check_shown(lines)
        again = sum(self.check_consumer(name, lines) for name in kill_load.CONSUMERS)
        logs = self.load.log_paths
        sales = self.check_with("check_sales.py", self.store, logs["calls"])
        tickets = self.check_with("check_tickets.py", self.store, "void", logs["tickets"])
        pickups = self.check_with("check_pickups.py", self.store, "--settled", logs["pickups"])
        waiting = self.check_with("check_waiting.py", self.store, "--settled", logs["waiting"])
        happened = self.check_with("check_saga.py", self.store)
        before = journal.digest(self.store)
        self.run("outerpark", "--timeout", AT_REST, "tick")
        if journal.digest(self.store) != before:
            self.report("a second tick at rest changed the journal")
        return {"events": len(lines), "tornBytes": torn, "seenAgain": again, "checks": self.made + len(lines),
                "sales": sales, "happened": dict(happened, offersAccepted=waiting.get("accepted", 0)),
                "answers": [one.get("answers", {}) for one in (tickets, pickups, waiting)],
                "segments": len(journal.segments(self.store))}


def main():
    def report(text):
        sys.exit("kill_check.py: %s" % text)

    store, *shown = sys.argv[1:]
    load = kill_load.Load(store, "file://" + store, None, 0, report)
    for path in shown:
        with open(path, encoding="utf-8") as file:
            load.shown.update((json.loads(line)["seq"], line) for line in file.read().splitlines())
    print(json.dumps(Check(load, report).all()))
    load.close()


if __name__ == "__main__":
    main()
