"""The load of the kill campaign: what each of its processes asks for, and whether what it said may be true.

A Call is one process: its command line, and what it may exit with when nobody killed it or its children. Load draws the
next Call, and is handed each one that ended. Placements and cancellations are logged for check_sales.py, which judges them
at rest; everything else that was shown (events printed by processors, appends and readers) is kept as seq and line, and
compared with the journal at rest: what was shown or acknowledged once must stand there for good.
"""

import json
import os
import signal

import journal
import sell

TIMEOUT = "20s"  # far beyond what anything may wait for a killed process; one that is over is a finding
LISTS = [("op-reserve", "list", "--all"), ("op-pay", "list"), ("op-notify", "list"), ("op-musical", "list"), ("op-mypage",)]
CONSUMERS = {"all": [], "paid": ["--type", "PaymentApproved,PaymentDeclined,PaymentRefunded", "--batch", "3"]}
# Writes the start of every whole line, `{"seq":N`, to the end of a file.
COMMAND_OF_CONSUMER = 'while IFS= read -r line; do printf "%s\\n" "${line%%,*}" >>"$0" || exit 1; done'
PROCESSORS = ["op-pay", "op-reserve", "op-musical", "op-notify"]

# Role: how often it is drawn.
ROLES = {"place": 10, "batch": 5, "cancel": 6, "decline": 2, "append": 3, "large append": 8, "op-pay run": 5,
         "op-notify run": 5, "op-musical run": 3, "op-reserve run": 3, "tick": 2, "consume": 6, "read": 3, "verify": 1,
         "list": 4, "follow": 1}


class Call:
    def __init__(self, role, kind, command, asked=None, stdin=None, codes=(0,)):
        self.role, self.kind, self.command = role, kind, command
        self.asked, self.stdin, self.codes = asked, stdin, codes
        self.before = self.acknowledged = 0
        self.follows = "--follow" in command
        self.writes = kind not in ("read", "verify", "list", "consume")
        self.has_children = kind in ("tick", "consume")


class Load:
    """Draws calls for one store."""

    def __init__(self, store, url, rng, number, report):
        self.store, self.url, self.rng, self.number, self.report = store, url, rng, number, report
        self.step = 0
        self.environment = dict(os.environ, OP_STORE=url)
        self.log_path = os.path.join(os.path.dirname(store), "calls.log")
        self.log = open(self.log_path, "a", encoding="utf-8")
        self.shown = {}  # seq -> line, as somebody was shown it
        self.acknowledged = 0  # the highest of them
        self.mine = []  # [reservation, seats, amount] of placements that were told
        self.again = []  # request lists whose calls were killed
        self.may_follow = True
        self.consuming = set()  # names of consumers with a process

    def close(self):
        self.log.close()

    def draw(self, may_follow):
        """The next call; one that follows the journal without an end only where it may."""
        self.may_follow = may_follow
        self.step += 1
        choice = sell.Choice(self.rng, self.step)
        role = self.rng.choices(list(ROLES), list(ROLES.values()))[0]
        make = {"place": self.place, "batch": self.batch, "cancel": self.cancel, "decline": self.decline,
                "append": self.append, "large append": self.append, "consume": self.consume, "list": self.list,
                "read": self.read, "verify": self.verify, "tick": self.tick, "follow": self.follow}.get(role, self.run)
        call = make(role, choice)
        call.before, call.acknowledged = journal.surely_seen(self.store), self.acknowledged
        return call

    def name(self):
        return "k%d-%d" % (self.number, self.step)

    # ---- writers -----------------------------------------------------------------------------------------------------

    def place(self, role, choice):
        if self.again and choice.part < 0.5:
            return self.batch(role, choice, self.again.pop())
        asked = {"musicalId": choice.musical, "seats": choice.seats, "customerId": choice.customer, "requestId": None}
        if choice.names_it:
            asked["id"] = self.name()
        if choice.again or choice.part < 0.4:
            asked["requestId"] = self.name()
        return Call(role, "place", sell.place_command(asked, TIMEOUT), asked, codes=(0, 1))

    def batch(self, role, choice, asked=None):
        asked = asked or choice.batch(self.name())
        return Call(role, "batch", sell.batch_command(TIMEOUT), asked, sell.batch_input(asked), codes=(0, 1))

    def cancel(self, role, choice):
        if not self.mine or choice.action < 0.1:
            asked = {"reservationId": sell.HOT[int(choice.pick * len(sell.HOT))], "seats": 1}
        else:
            reservation, seats, amount = self.mine.pop(int(choice.pick * len(self.mine)))
            part = 1 + int(choice.part * (seats - 1)) if seats > 1 and choice.part < 0.5 else None
            asked = {"reservationId": reservation, "seats": part}
            if choice.again:
                self.mine.append([reservation, seats, amount])  # somebody will want the same again
        return Call(role, "cancel", sell.cancel_command(asked, TIMEOUT), asked, codes=(0, 1))

    def journal_append(self, role, events, *condition):
        lines = "".join(json.dumps(event) + "\n" for event in events)
        return Call(role, "append", ["op-journal", "--timeout", TIMEOUT, "append", *condition], stdin=lines,
                    codes=(0, 1) if condition else (0,))

    def decline(self, role, choice):
        """The provider declines, unless the payment or the reservation went another way meanwhile."""
        if not self.mine:
            return self.append("append", choice)
        name, _, amount = self.mine.pop(int(choice.pick * len(self.mine)))
        return self.journal_append(role, [sell.declined(name, amount)], "--unless-type",
                                   "PaymentApproved,PaymentCancelled,ReservationCancelled", "--unless-tag",
                                   "reservation:%s" % name)

    def append(self, role, choice):
        """Large ones (up to half a megabyte, now and then four) are written in many pages, so that a kill can tear them."""
        large = role == "large append"
        count = 1 + int(choice.part * (60 if large else 3))
        text = "x" * (int(choice.pick * 8000) * (8 if choice.action < 0.08 else 1) if large else 20)
        return self.journal_append(role, [{"type": "Note", "tags": ["by:%s" % self.name()], "data": {"n": n, "text": text}}
                                          for n in range(count)])

    # ---- processors, consumers, readers --------------------------------------------------------------------------------

    def run(self, role, _choice):
        return Call(role, "run", [role.split()[0], "--timeout", TIMEOUT, "run"])

    def tick(self, role, _choice):
        return Call(role, "tick", ["outerpark", "--timeout", TIMEOUT, "tick"])

    def follow(self, role, choice):
        if not self.may_follow:
            return self.place("place", choice)
        return Call(role, "run", [PROCESSORS[int(choice.pick * 4)], "--timeout", TIMEOUT, "run", "--follow"])

    def consume(self, role, choice):
        free = sorted(set(CONSUMERS) - self.consuming)
        if not free:
            return self.read("read", choice)
        name = free[int(choice.pick * len(free))]
        self.consuming.add(name)
        call = Call(role, "consume", consume_command(self.store, name, self.may_follow and choice.part < 0.2))
        call.consumer = name
        return call

    def read(self, role, choice):
        after = max(0, self.acknowledged - int(choice.pick * 300))
        call = Call(role, "read", ["op-journal", "--timeout", TIMEOUT, "read", "--after", str(after)])
        call.after = after
        return call

    def verify(self, role, _choice):
        return Call(role, "verify", ["op-journal", "--timeout", TIMEOUT, "verify"])

    def list(self, role, choice):
        program, *words = LISTS[int(choice.pick * len(LISTS))]
        return Call(role, "list", [program, "--timeout", TIMEOUT, "-o", "ndjson", *words])

    # ---- what came of it -----------------------------------------------------------------------------------------------

    def ended(self, call, code, stdout, stderr, killed, disturbed):
        """Takes a call into account: `killed` itself, or `disturbed`: a child of it was."""
        if call.kind == "consume":
            self.consuming.discard(call.consumer)
        if call.kind in ("place", "batch", "cancel"):
            self.log_sale(call, code, stdout, stderr, killed)
        if killed:
            if stdout and not stdout.endswith("\n"):
                stdout = stdout[:stdout.rfind("\n") + 1]
        elif disturbed and call.kind == "tick" and code == 137 or disturbed and call.kind == "consume" and code == 75:
            pass
        elif code not in call.codes and not (call.follows and code == -signal.SIGTERM):
            self.report("%s: exit %d: %s" % (" ".join(call.command), code, stderr.strip()))
        elif code == 0 and stderr and not (disturbed and call.kind == "consume"): # --follow says it, and tries again
            self.report("%s succeeded and said: %s" % (" ".join(call.command), stderr.strip()))
        if call.kind in ("append", "run", "tick", "read"):
            self.take_events(call, stdout, not killed and code == 0, disturbed)
        elif call.kind == "verify" and code == 0 and json.loads(stdout)["events"] < call.acknowledged:
            self.report("verify saw %s after event %d had been shown" % (stdout.strip(), call.acknowledged))

    def log_sale(self, call, code, stdout, stderr, killed):
        line = {"process": self.step, "kind": call.kind, "asked": call.asked, "before": call.before,
                "after": journal.last_seq(self.store), "exit": code, "stdout": stdout, "stderr": stderr}
        if killed:
            line["killed"] = True
            asked = call.asked if call.kind == "batch" else [call.asked]
            repeatable = [one for one in asked if one.get("requestId")]
            if repeatable:
                self.again.append(repeatable)
        self.log.write(json.dumps(line) + "\n")
        self.log.flush()
        if call.kind == "place" and code == 0:
            self.told(call.asked, json.loads(stdout))
        elif call.kind == "batch":
            for request, said in zip(call.asked, stdout.split("\n")[:-1]):
                self.told(request, json.loads(said))

    def told(self, asked, answer):
        if "error" not in answer:
            self.mine.append([answer["reservationId"], asked["seats"], answer["amount"]])

    def take_events(self, call, stdout, whole, disturbed):
        """Events that were printed: each stands where it says, for good."""
        expected = None
        for line in stdout.splitlines():
            try:
                seq = json.loads(line)["seq"]
            except ValueError:
                if not disturbed:  # a killed processor of a tick leaves half a line, and the next one goes on behind it
                    raise
                continue
            if call.kind == "read":
                if seq != (call.after if expected is None else expected) + 1:
                    self.report("%s: event %d out of order" % (" ".join(call.command), seq))
                expected = seq
            if self.shown.setdefault(seq, line) != line:
                self.report("event %d was shown as %s and as %s" % (seq, self.shown[seq], line))
            self.acknowledged = max(self.acknowledged, seq)
        if call.kind == "read" and whole and (expected or call.after) < call.acknowledged:
            self.report("%s ended at %s, though event %d had been shown before" % (" ".join(call.command), expected,
                                                                                    call.acknowledged))


def consume_command(store, name, follow=False, timeout=TIMEOUT):
    return ["op-journal", "--timeout", timeout, "consume", "--consumer", name, *CONSUMERS[name],
            *(["--follow"] if follow else []), "--", "sh", "-c", COMMAND_OF_CONSUMER, seen_path(store, name)]


def seen_path(store, name):
    """Where a consumer writes what it saw."""
    return os.path.join(os.path.dirname(store), "seen-%s" % name)
