"""The load of the kill campaign: what each of its processes asks for, and whether what it said may be true.

A Call is one process: its command line, and what it may exit with when nobody killed it or its children. Load draws the
next Call, and is handed each one that ended. Placements and cancellations are logged for check_sales.py, which judges them
at rest, other wishes of customers for their checkers (kill_customers.py); everything else that was shown (events printed by
processors, appends and readers) is kept as seq and line, and compared with the journal at rest: what was shown or
acknowledged once must stand there for good.
"""

import json
import os
import signal

import journal
import kill_customers
import sell

TIMEOUT = "20s"  # far beyond what anything may wait for a killed process; one that is over is a finding
LISTS = [("op-reserve", "list", "--all"), ("op-reserve", "wait", "list", "--all"), ("op-pay", "list"), ("op-notify", "list"),
         ("op-musical", "list"), ("op-ticket", "list", "--all"), ("op-assign", "list"), ("op-assign", "branch", "list"),
         ("op-mypage",)]
CONSUMERS = {"all": [], "paid": ["--type", "PaymentApproved,PaymentDeclined,PaymentRefunded", "--batch", "3"]}
# Writes the start of every whole line, `{"seq":N`, to the end of a file.
COMMAND_OF_CONSUMER = 'while IFS= read -r line; do printf "%s\\n" "${line%%,*}" >>"$0" || exit 1; done'
PROCESSORS = ["op-pay", "op-reserve", "op-musical", "op-notify", "op-ticket", "op-assign"]
LOGS = ("calls", "tickets", "pickups", "waiting")

# Role: how often it is drawn.
ROLES = {"place": 10, "batch": 5, "cancel": 7, "decline": 2, "append": 3, "large append": 8, "issue": 5, "admit": 4,
         "branch": 2, "collect": 4, "wait": 5, "accept": 5, "withdraw": 2, "op-pay run": 5, "op-notify run": 5,
         "op-musical run": 4, "op-reserve run": 5, "op-ticket run": 3, "op-assign run": 4, "tick": 2, "consume": 6, "read": 3,
         "verify": 1, "list": 4, "follow": 2}


class Call:
    def __init__(self, role, kind, command, asked=None, stdin=None, codes=(0,)):
        self.role, self.kind, self.command = role, kind, command
        self.asked, self.stdin, self.codes = asked, stdin, codes
        self.before = self.acknowledged = 0
        self.wish = None
        self.follows = "--follow" in command
        self.writes = kind not in ("read", "verify", "list", "consume")
        self.has_children = kind in ("tick", "consume")


class Load:
    """Draws calls for one store."""

    def __init__(self, store, url, rng, number, report):
        self.store, self.url, self.rng, self.number, self.report = store, url, rng, number, report
        self.step = 0
        self.environment = dict(os.environ, OP_STORE=url, OP_CONFIG=self.configure("offers.yaml", kill_customers.OFFER))
        self.at_rest = dict(self.environment, OP_CONFIG=self.configure("at-rest.yaml", kill_customers.OFFER_AT_REST))
        self.log_paths = {name: self.beside("%s.log" % name) for name in LOGS}
        self.logs = {name: open(path, "a", encoding="utf-8") for name, path in self.log_paths.items()}
        self.shown = {}  # seq -> line, as somebody was shown it
        self.acknowledged = 0  # the highest of them
        self.mine = []  # [reservation, seats, amount, musical] of placements that were told
        self.located, self.tickets = [], []  # reservations with a location; (reservation, code)
        self.waits, self.offers = {}, []  # waiting id -> what was asked; ids that were offered
        self.branch_capacity, self.scarce = 0, None  # scarce: the musical that had too few seats for somebody
        self.open_wishes, self.timeout = [], TIMEOUT
        self.again = []  # request lists whose calls were killed
        self.may_follow = True
        self.consuming = set()  # names of consumers with a process

    def beside(self, name):
        return os.path.join(os.path.dirname(self.store), name)

    def configure(self, name, offer):
        """Writes a configuration with this time of offers; its path."""
        with open(self.beside(name), "w", encoding="utf-8") as file:
            file.write("reservation: {offer: %s}\n" % offer)
        return self.beside(name)

    def close(self):
        for log in self.logs.values():
            log.close()

    def draw(self, may_follow):
        """The next call; one that follows the journal without an end only where it may."""
        self.may_follow = may_follow
        self.step += 1
        choice = sell.Choice(self.rng, self.step)
        role = self.rng.choices(list(ROLES), list(ROLES.values()))[0]
        make = {"place": self.place, "batch": self.batch, "cancel": self.cancel, "decline": self.decline,
                "append": self.append, "large append": self.append, "consume": self.consume, "list": self.list,
                "read": self.read, "verify": self.verify, "tick": self.tick, "follow": self.follow, "accept": self.accept,
                **dict.fromkeys(kill_customers.ROLES, self.wish)}.get(role, self.run)
        call = make(role, choice)
        call.before, call.acknowledged = journal.surely_seen(self.store), self.acknowledged
        if call.wish:
            call.wish.before = call.before = call.before if call.wish.before is None else call.wish.before
        return call

    def name(self):
        return "k%d-%d" % (self.number, self.step)

    # ---- writers -----------------------------------------------------------------------------------------------------

    def place(self, role, choice):
        if self.again and choice.part < 0.5:
            asked = self.again.pop()
            return self.place_one(role, asked[0]) if asked[0].get("offerId") else self.batch(role, choice, asked)
        asked = {"musicalId": choice.musical, "seats": choice.seats, "customerId": choice.customer, "requestId": None}
        if choice.names_it:
            asked["id"] = self.name()
        if choice.again or choice.part < 0.4:
            asked["requestId"] = self.name()
        if self.rng.random() < 0.5:
            asked.update(kill_customers.somewhere(self.rng))
        return self.place_one(role, asked)

    def place_one(self, role, asked):
        return Call(role, "place", sell.place_command(asked, TIMEOUT), asked, codes=(0, 1))

    def accept(self, role, choice):
        """Of an offer, which is no line of a batch."""
        asked = kill_customers.acceptance(self, choice)
        return self.place_one(role, asked) if asked else self.wish("wait", choice)

    def wish(self, role, choice):
        wish = kill_customers.wish(self, role, choice)
        if wish is None:
            return self.place("place", choice)
        call = Call(role, "wish", wish.command, codes=(0, 1))
        call.wish = wish
        return call

    def batch(self, role, choice, asked=None):
        if asked is None:
            asked = choice.batch(self.name())
            for request in asked[::2]:
                request.update(kill_customers.somewhere(self.rng))
        return Call(role, "batch", sell.batch_command(TIMEOUT), asked, sell.batch_input(asked), codes=(0, 1))

    def cancel(self, role, choice):
        if not self.mine or choice.action < 0.25:
            asked = {"reservationId": sell.HOT[int(choice.pick * len(sell.HOT))], "seats": 1}
        else:
            reservation, seats, amount, musical = self.mine.pop(self.one_of_mine(choice))
            part = 1 + int(choice.part * (seats - 1)) if seats > 1 and choice.part < 0.5 else None
            asked = {"reservationId": reservation, "seats": part}
            if choice.again:
                self.mine.append([reservation, seats, amount, musical])  # somebody will want the same again
        return Call(role, "cancel", sell.cancel_command(asked, TIMEOUT), asked, codes=(0, 1))

    def one_of_mine(self, choice):
        """Often one that somebody waits for."""
        found = [i for i, one in enumerate(self.mine) if one[3] in kill_customers.SOLD_OUT and choice.action > 0.45]
        return found[int(choice.pick * len(found))] if found else int(choice.pick * len(self.mine))

    def journal_append(self, role, events, *condition):
        lines = "".join(json.dumps(event) + "\n" for event in events)
        return Call(role, "append", ["op-journal", "--timeout", TIMEOUT, "append", *condition], stdin=lines,
                    codes=(0, 1) if condition else (0,))

    def decline(self, role, choice):
        """The provider declines, unless the payment or the reservation went another way meanwhile."""
        if not self.mine:
            return self.append("append", choice)
        name, _, amount, _ = self.mine.pop(int(choice.pick * len(self.mine)))
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
        return Call(role, "run", [PROCESSORS[int(choice.pick * len(PROCESSORS))], "--timeout", TIMEOUT, "run", "--follow"])

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
        elif call.wish:
            self.log_wish(call, code, stdout, stderr, killed)
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

    def write(self, log, call, said, code, stdout, stderr, killed):
        line = dict(said, process=self.step, before=call.before, after=journal.last_seq(self.store), exit=code, stdout=stdout,
                    stderr=stderr)
        if killed:
            line["killed"] = True
        self.logs[log].write(json.dumps(line) + "\n")
        self.logs[log].flush()

    def log_sale(self, call, code, stdout, stderr, killed):
        if killed:
            asked = call.asked if call.kind == "batch" else [call.asked]
            repeatable = [one for one in asked if one.get("requestId")]
            if repeatable:
                self.again.append(repeatable)
        self.write("calls", call, {"kind": call.kind, "asked": call.asked}, code, stdout, stderr, killed)
        if call.kind == "place" and code == 0:
            self.told(call.asked, json.loads(stdout))
        elif call.kind == "place" and code == 1:
            self.scarce = call.asked["musicalId"]
        elif call.kind == "batch":
            for request, said in zip(call.asked, stdout.split("\n")[:-1]):
                self.told(request, json.loads(said))

    def log_wish(self, call, code, stdout, stderr, killed):
        wish = call.wish
        self.write(wish.log, call, wish.line, code, stdout, stderr, killed)
        if killed and not stdout.endswith("\n"):
            self.open_wishes.append(wish)
        elif wish.role == "issue" and stdout:
            self.tickets.append((wish.line["reservation"], json.loads(stdout)["code"]))

    def told(self, asked, answer):
        if "error" not in answer:
            self.mine.append([answer["reservationId"], asked["seats"], answer["amount"], asked["musicalId"]])
            if "lat" in asked:
                self.located.append(answer["reservationId"])

    def take_events(self, call, stdout, whole, disturbed):
        """Events that were printed: each stands where it says, for good."""
        expected = None
        for line in stdout.splitlines():
            try:
                event = json.loads(line)
                seq = event["seq"]
            except ValueError:
                if not disturbed:  # a killed processor of a tick leaves half a line, and the next one goes on behind it
                    raise
                continue
            if call.kind == "read":
                if seq != (call.after if expected is None else expected) + 1:
                    self.report("%s: event %d out of order" % (" ".join(call.command), seq))
                expected = seq
            if seq not in self.shown and event["type"] == "WaitingOffered":
                self.offers.append(event["data"]["waitingId"])
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
