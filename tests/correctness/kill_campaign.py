#!/usr/bin/python3
"""Keeps stores under load and kills whatever runs on them with SIGKILL at random instants: writers, processors, consumers and
their commands, readers, those who sync for others, and those who recover after a kill.

    kill_campaign.py [--kills 10000] [--seed N] [--directory DIR]

Some slots always hold a running command (kill_load.py draws it). Half of them are marked to be killed: at a point of their
usual time, or where they are caught holding the lock, writing, recovering or syncing, straight or after a SIGSTOP; some are
stopped for a while and go on or are killed then. A kill counts when the process had the journal open (a consumer's command: when it ran) and died of it.
Meanwhile STORE/control and STORE/state/ are removed now and then, which is legal at any time. After every hundred kills all
comes to rest and kill_check.py looks at everything; after a few hundred a fresh store begins, some with small segments.

Prints a line for every check and one JSON object of figures at the end. Fails at the first finding, keeps the store and prints
its path. The choices repeat with the seed; where a kill lands depends on the machine as well.
"""

import argparse
import collections
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import journal
import kill_check
import kill_customers
import kill_load
import kill_process

KILLS_PER_CHECK = 100
KILLS_PER_STORE = 300
SLOTS = 6
FOLLOWERS = 2  # at most so many of them
HANG_SECONDS = 60  # what is not marked and not stopped ends by itself long before
HUNT_SECONDS = 0.025
HUNTS = ["holding the lock", "writing", "writing", "recovering", "syncing"]
SEGMENT_BYTES = [None, 20000, 200000]


class Finding(Exception):
    """Something is wrong: the campaign ends."""


class Fate:
    """What shall happen to a process, drawn when it starts."""

    def __init__(self, rng, call, usual):
        self.at = None
        self.stops_first = self.goes_on = self.at_child = False
        self.hunts = None  # the place where it is to be caught
        self.pause = 0.0
        draws = [rng.random() for _ in range(6)]
        if draws[0] > (0.9 if call.follows else 0.6):
            return
        self.at = draws[1] * (1.5 if call.follows else usual)
        if call.role == "large append" and draws[2] < 0.9:  # long enough in its write to be caught there
            self.hunts = "writing"
            self.at = 0.0
        elif draws[2] < 0.4:
            self.hunts = HUNTS[int(draws[2] / 0.4 * len(HUNTS))] if call.writes else "recovering"
            self.at = 0.0
        self.stops_first = draws[3] < 0.5
        if draws[4] < 0.03:  # stopped for a while: longer than the patience with a syncer, sometimes
            self.stops_first = True
            self.pause = 0.02 + draws[5] * 1.3
            self.goes_on = draws[3] < 0.5
        self.at_child = call.has_children and draws[5] < 0.5


class Slot:
    """A running call and its fate."""

    def __init__(self, call, process, fate):
        self.call, self.process, self.fate = call, process, fate
        self.target = process.pid
        self.killed = self.disturbed = False
        self.due = None if fate.at is None else process.started + fate.at
        self.stopped_until = None
        self.place = ""


class Campaign:
    def __init__(self, arguments):
        self.rng = random.Random(arguments.seed)
        self.wanted, self.directory = arguments.kills, arguments.directory
        self.kills = 0
        self.by_role, self.by_place, self.totals, self.happened, self.answers = (collections.Counter() for _ in range(5))
        self.usual = collections.defaultdict(lambda: 0.03)
        self.number = 0
        self.slots = []
        self.store = self.load = None

    def report(self, text):
        raise Finding(text)

    # ---- stores ------------------------------------------------------------------------------------------------------

    def fresh_store(self):
        self.number += 1
        self.home = os.path.join(self.directory, "store-%d" % self.number)
        os.mkdir(self.home)
        self.store = os.path.join(self.home, "store")
        size = SEGMENT_BYTES[self.number % len(SEGMENT_BYTES)]
        url = "file://%s%s" % (self.store, "?segment_bytes=%d" % size if size else "")
        self.load = kill_load.Load(self.store, url, self.rng, self.number, self.report)
        for name, seats, price in (("1", 100000, 50000), ("2", 70, 0), ("3", 50, 7)):
            self.prepare("op-musical", "register", "--id", name, "--name", "musical %s" % name, "--seats", str(seats),
                         *(["--price", str(price)] if price else []))
            self.prepare("op-reserve", "place", "--musical", name, "--seats", "40", "--id", "hot-%s" % name, "--customer",
                         "driver")
        for command in kill_customers.branches():
            self.prepare(*command)

    def prepare(self, *command):
        subprocess.run(command, env=self.load.environment, stdout=subprocess.DEVNULL, check=True)

    def drop_store(self):
        self.load.close()
        shutil.rmtree(self.home)

    # ---- one process -------------------------------------------------------------------------------------------------

    def start(self):
        call = self.load.draw(sum(slot.call.follows for slot in self.slots) < FOLLOWERS)
        self.totals["started"] += 1
        fate = Fate(self.rng, call, self.usual[call.role])
        self.slots.append(Slot(call, kill_process.Process(call.command, self.load.environment, call.stdin), fate))

    def ended(self, slot):
        self.slots.remove(slot)
        code, stdout, stderr, seconds = slot.process.finish()
        died = code == -signal.SIGKILL
        if died and not slot.killed:
            self.report("%s died of a SIGKILL that was not ours" % slot.call.command)
        if not died:
            self.usual[slot.call.role] = 0.9 * self.usual[slot.call.role] + 0.1 * min(seconds, 1.0)
        if slot.killed and died:
            self.count(slot.call.role, slot.place)
        elif code == -signal.SIGTERM and slot.call.follows:
            self.totals["ended before it could finish in peace"] += 1  # it had not begun
        elif code < 0 and not died:
            self.report("%s died of signal %d: %s" % (" ".join(slot.call.command), -code, stderr))
        self.load.ended(slot.call, code, stdout, stderr, died, slot.disturbed)

    def count(self, role, place):
        self.kills += 1
        self.by_role[role] += 1
        self.by_place[place or "elsewhere"] += 1

    def choose_target(self, slot):
        """The process itself, or a child of it that runs its own program. None where there is none yet."""
        if not slot.fate.at_child:
            return slot.process.pid
        name = kill_process.read_proc(slot.process.pid, "comm")
        found = [pid for pid in kill_process.children(slot.process.pid) if kill_process.read_proc(pid, "comm") != name]
        return found[0] if found else None

    def may_strike(self, slot, target):
        if slot.call.kind == "consume" and target != slot.process.pid:
            return kill_process.state(target) not in ("", "Z", "X")
        return kill_process.has_begun(target, self.store)

    def hunt(self, wanted, target, number):
        """Waits a little for the process to come to a place, and sends the signal in the same moment. "": it did not come."""
        if wanted == "recovering":  # so that somebody does
            self.remove_control()
        watch = kill_process.Watch(self.store)
        deadline = time.monotonic() + HUNT_SECONDS
        places = [wanted] if wanted != "holding the lock" else ["holding the lock", "writing", "recovering"]
        while time.monotonic() < deadline:
            if not watch.look(target):
                continue
            place = watch.place_of(target)
            if place in places:
                try:
                    os.kill(target, number)
                except ProcessLookupError:
                    return ""
                return place
        return ""

    def remove_control(self):
        try:
            os.unlink(os.path.join(self.store, "control"))
            self.totals["control removed"] += 1
        except FileNotFoundError:
            pass

    def place_of(self, target):
        place = kill_process.Page(self.store).place_of(target)
        return place or ("waiting" if kill_process.is_waiting(target) else "")

    def strike(self, slot):
        """It is time. Leaves it for later where it has not begun."""
        target = self.choose_target(slot)
        if target is None or not self.may_strike(slot, target):
            return
        stops = slot.fate.stops_first or target != slot.process.pid
        place = slot.fate.hunts and self.hunt(slot.fate.hunts, target, signal.SIGSTOP if stops else signal.SIGKILL)
        place = place or self.place_of(target)
        if stops:
            if not kill_process.stop(target):
                slot.due = None
                return
            place = kill_process.Page(self.store).place_of(target) or place
            self.totals["stopped"] += 1
        slot.target, slot.place = target, place
        if slot.fate.pause:
            slot.stopped_until = time.monotonic() + slot.fate.pause
            self.totals["stopped for a while"] += 1
            self.totals["stopped for a while, %s" % (place or "elsewhere")] += 1
        else:
            self.kill(slot)
        slot.due = None

    def kill(self, slot):
        child = slot.target != slot.process.pid
        if child:
            slot.disturbed = True
            self.count("%s of %s" % ("command" if slot.call.kind == "consume" else "processor", slot.call.role), slot.place)
        else:
            slot.killed = True
        try:
            os.kill(slot.target, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if slot.place in ("holding the lock", "writing", "recovering"):
            self.look_at_the_tail(slot)

    def look_at_the_tail(self, slot):
        """What a killed holder of the lock left, unless somebody was faster and recovered already."""
        while kill_process.state(slot.target) not in ("Z", "X", ""):
            pass
        page = kill_process.Page(self.store)
        if page.known and page.holder == slot.target:
            self.totals["dead holder of the lock seen"] += 1
            self.totals["dead between write and new tail seen"] += page.changing
            self.totals["torn tail seen"] += self.is_torn()

    def is_torn(self):
        """Does the last segment end in the middle of a line, or of a commit?"""
        paths = journal.segments(self.store)
        if not paths:
            return False
        with open(paths[-1], "rb") as file:
            content = file.read()
        last = content[:-1].rfind(b"\n") + 1
        return bool(content) and (not content.endswith(b"\n") or journal.END_OF_COMMIT not in content[last:])

    # ---- many --------------------------------------------------------------------------------------------------------

    def turn(self):
        """Waits for the next thing to do: an end, a due kill, the end of a stop."""
        now = time.monotonic()
        wait = 0.5
        for slot in self.slots:
            for due in (slot.due, slot.stopped_until):
                if due is not None:
                    wait = min(wait, max(due - now, 0.0003))
        handles = {slot.process.handle: slot for slot in self.slots}
        ended, _, _ = select.select(list(handles), [], [], wait)
        for handle in ended:
            self.ended(handles[handle])
        now = time.monotonic()
        for slot in self.slots:
            if slot.due is not None and now >= slot.due:
                self.strike(slot)
            elif slot.stopped_until is not None and now >= slot.stopped_until:
                slot.stopped_until = None
                if slot.fate.goes_on:
                    os.kill(slot.target, signal.SIGCONT)
                    self.totals["stopped and let on"] += 1
                else:
                    self.kill(slot)
            elif slot.due is None and slot.stopped_until is None and not slot.call.follows \
                    and slot.process.age() > HANG_SECONDS:
                self.report("%s hangs" % " ".join(slot.call.command))

    def disturb(self):
        """What is legal at any time, while all runs."""
        draw = self.rng.random()
        if draw < 0.02:
            self.remove_control()
        elif draw < 0.03:
            shutil.rmtree(os.path.join(self.store, "state"), ignore_errors=True)
            self.totals["state removed"] += 1

    def come_to_rest(self):
        for slot in self.slots:
            if slot.call.follows and not slot.killed:
                slot.due = None
                slot.process.popen.terminate()
        deadline = time.monotonic() + HANG_SECONDS
        while self.slots:
            if time.monotonic() > deadline:
                self.report("does not end: %s" % [" ".join(slot.call.command) for slot in self.slots])
            self.turn()
        self.totals["orphans"] += kill_process.reap_orphans(HANG_SECONDS)

    def check(self):
        self.come_to_rest()
        figures = kill_check.Check(self.load, self.report).all()
        self.totals["checks at rest"] += 1
        self.totals["comparisons"] += figures["checks"]
        self.totals["torn tails at rest"] += figures["tornBytes"] > 0
        self.totals["events seen again by consumers"] += figures["seenAgain"]
        return figures

    def run(self):
        started = time.monotonic()
        while self.kills < self.wanted:
            self.fresh_store()
            end_of_store = self.kills + KILLS_PER_STORE
            while self.kills < min(end_of_store, self.wanted):
                end = min(self.kills + KILLS_PER_CHECK, self.wanted)
                while self.kills < end:
                    while len(self.slots) < SLOTS:
                        self.disturb()
                        self.start()
                    self.turn()
                figures = self.check()
                print("%6.0f s  %d kills, store %d: %d events in %d segments, %d calls, %d of the killed had written" % (
                    time.monotonic() - started, self.kills, self.number, figures["events"], figures["segments"],
                    figures["sales"]["calls"], figures["sales"]["killedHavingWritten"]), flush=True)
            for name in ("killedHavingWritten", "killedHavingSaid", "calls"):
                self.totals[name] += figures["sales"][name]
            self.totals["events"] += figures["events"]
            self.happened.update(figures["happened"])
            for answers in figures["answers"]:
                self.answers.update(answers)
            self.drop_store()
        self.totals["stores"] = self.number
        print(json.dumps({"kills": self.kills, "seconds": round(time.monotonic() - started), "byProcess": dict(self.by_role),
                          "byPlace": dict(self.by_place), "happened": dict(self.happened),
                          "answers": dict(self.answers), **self.totals}, indent=2))

    def abandon(self):
        """After a finding: ends what we started, leaves the store as it is."""
        for slot in self.slots:
            slot.process.popen.kill()
            slot.process.popen.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10000)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10 ** 9)))
    parser.add_argument("--directory")
    arguments = parser.parse_args()
    arguments.directory = tempfile.mkdtemp(prefix="outerpark-kill-", dir=arguments.directory and os.path.abspath(arguments.directory))
    print("seed %s (repeat with SEED=%s)" % (arguments.seed, arguments.seed), flush=True)
    kill_process.become_subreaper()
    campaign = Campaign(arguments)
    try:
        campaign.run()
    except BaseException as finding:
        campaign.abandon()
        print("after %d kills: %s\nthe store is kept in %s" % (campaign.kills, finding, campaign.home), file=sys.stderr)
        if isinstance(finding, Finding):
            return 1
        raise
    os.rmdir(arguments.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
