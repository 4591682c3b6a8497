#!/usr/bin/env python3
"""provider.py - a payment provider with a ledger of its own, to try OuterPark's payments with and to test them against.

It speaks the provider protocol of op-pay(1) both ways: run without --listen it is an `exec` provider (one request on
stdin, one answer on stdout), with --listen it is an HTTP service. Its ledger is an SQLite file, so it survives whatever
happens to the process, and any number of processes may share it. No money moves.

What it keeps to: one key has one effect and one answer, however often it is sent; the same key with another request is
a mistake of the caller (exit 65, http 409) and is counted; never more is given back than was charged; and a call that
was still under way when a query of its key found nothing has no effect any more.
"""

import argparse
import contextlib
import fnmatch
import json
import os
import re
import signal
import sqlite3
import sys
import time
import zlib

HELP = """
faults: ACTION[:ARGUMENT][@CONDITION[,CONDITION...]], the first that fits a call is played. They come from --fault, then
from $PROVIDER_FAULTS and then from the file of --control, one a line, read again at every call. A ledger call and a
query can be disturbed, too, unless operation= says otherwise.

  decline[:REASON]     book a refusal and answer it (decline-402: with status 402)
  pending[:N]          book it, and say pending; the N-th query or repeated call (default 1) finds it done
  delay:SECONDS        wait, then do as asked; wait:FILE: until FILE is there
  hang                 never answer; hang-after: book first
  crash-before         die before booking (HTTP: the connection is reset); crash-after: book first
  lose                 book, and answer nothing (HTTP: close the connection)
  garbage[:TEXT]       answer TEXT instead; garbage-after: book first
  huge                 book, and answer 4 MiB
  status:N             answer with status N (exec: exit 75, or N if it is below 256); status-after: book first
  any[:SEED]           one of those that leave the outcome unknown, by the number of the call

conditions, all of which must hold:

  call=N, call=N-M     the N-th call of this ledger (to the M-th)
  every=N              every N-th call
  times=N              the first N calls that it fits
  key=PATTERN          the idempotency key, with * and ?
  operation=WORD       authorize, refund, query or ledger

examples:

  provider.py --ledger /tmp/ledger.db --listen 127.0.0.1:0 --fault 'lose@operation=authorize,every=3'
  echo 'hang@times=2' > /tmp/faults; ... --control /tmp/faults
  echo 'decline:no_funds@operation=refund,times=3' > /tmp/faults   # three refunds are refused, the fourth works
  provider.py --ledger /tmp/ledger.db --report
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, operation TEXT NOT NULL, reservation TEXT NOT NULL,
  customer TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL,
  ref TEXT NOT NULL, reason TEXT NOT NULL, queries_left INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS entries_of ON entries (reservation, operation);
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER PRIMARY KEY, operation TEXT NOT NULL, key TEXT NOT NULL, fault TEXT NOT NULL, conflict INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS calls_by_key ON calls (key, operation, number);
CREATE INDEX IF NOT EXISTS calls_by_fault ON calls (fault);
"""

OPERATIONS = ("authorize", "refund", "query", "ledger")
UNCLEAR = ("hang", "hang-after", "crash-before", "crash-after", "lose", "garbage", "garbage-after", "huge",
           "status:500", "status:503", "status:429", "status-after:500", "status-after:503")
ACTIONS = {"decline", "decline-402", "pending", "delay", "wait", "hang", "hang-after", "crash-before", "crash-after", "lose",
           "garbage", "garbage-after", "huge", "status", "status-after", "any"}
DONE = {"authorize": "approved", "refund": "refunded"}


class Refused(Exception):
    """The request cannot be served: an exit code, its HTTP status, and why."""

    def __init__(self, exit_code, status, why):
        super().__init__(why)
        self.exit_code, self.status = exit_code, status


class Fault:
    """One line of trouble: what to do, and for which calls."""

    def __init__(self, spec):
        self.spec = spec
        text, _, conditions = re.sub(r"\s*@\s*(?=(call|every|times|key|operation)=)", "\0", spec, count=1).partition("\0")
        self.action, _, self.argument = text.strip().partition(":")
        if self.action not in ACTIONS:
            raise ValueError(f"{spec}: there is no fault '{self.action}'")
        self.conditions = {}
        for condition in filter(None, conditions.split(",")):
            name, _, value = condition.strip().partition("=")
            if name not in ("call", "every", "times", "key", "operation"):
                raise ValueError(f"{spec}: there is no condition '{name}'")
            self.conditions[name] = value
        self.numbers()  # a wrong one is told at once

    def numbers(self):
        first, _, last = self.conditions.get("call", "1-").partition("-")
        last = last if "-" in self.conditions.get("call", "1-") else first
        return (int(first), int(last or sys.maxsize), int(self.conditions.get("every", 1)),
                int(self.conditions.get("times", sys.maxsize)))

    def fits(self, number, operation, key, played):
        first, last, every, times = self.numbers()
        return (first <= number <= last and number % every == 0 and played(self.spec) < times
                and fnmatch.fnmatchcase(key, self.conditions.get("key", "*"))
                and operation == self.conditions.get("operation", operation))

    def resolved(self, number):
        """`any` as the fault that it stands for at this call."""
        if self.action != "any":
            return self
        draw = zlib.crc32(f"{self.argument}/{number}".encode())
        fault = Fault(UNCLEAR[draw % len(UNCLEAR)])
        fault.spec = self.spec
        return fault


def read_faults(options):
    """All faults that hold now, in their order."""
    lines = list(options.fault) + os.environ.get("PROVIDER_FAULTS", "").splitlines()
    if options.control:
        with contextlib.suppress(FileNotFoundError), open(options.control, encoding="utf-8") as file:
            lines += file.read().splitlines()
    return [Fault(line.strip()) for line in lines if line.strip() and not line.strip().startswith("#")]


class Ledger:
    """The books. Every change is one transaction; what was answered once is answered for ever."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        if not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_by_fault'").fetchone():
            with self.change():
                for statement in filter(str.strip, SCHEMA.split(";")):
                    self.db.execute(statement)

    def close(self):
        self.db.close()

    @contextlib.contextmanager
    def change(self):
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self.db.execute("ROLLBACK")
            raise

    def count_call(self, operation, key, faults):
        """Numbers the call, and picks the fault that is played in it, or None."""
        def played(spec):
            return self.db.execute("SELECT count(*) FROM calls WHERE fault = ?", (spec,)).fetchone()[0]
        with self.change():
            number = self.db.execute("SELECT coalesce(max(number), 0) + 1 FROM calls").fetchone()[0]
            fault = next((one for one in faults if one.fits(number, operation, key, played)), None)
            self.db.execute("INSERT INTO calls VALUES (?, ?, ?, ?, 0)",
                            (number, operation, key, fault.spec if fault else ""))
        return number, fault.resolved(number) if fault else None

    def find(self, key):
        return self.db.execute("SELECT * FROM entries WHERE key = ?", (key,)).fetchone()

    def sum(self, operation, reservation, status):
        return self.db.execute("SELECT coalesce(sum(amount), 0) FROM entries WHERE operation = ? AND reservation = ?"
                               " AND status = ?", (operation, reservation, status)).fetchone()[0]

    def judge(self, request):
        """What becomes of a new request by itself: its status and the reason of a refusal."""
        if request["operation"] == "authorize":
            return "approved", ""
        charged = self.sum("authorize", request["reservationId"], "approved")
        given_back = self.sum("refund", request["reservationId"], "refunded")
        if charged == 0:
            return "declined", "nothing_charged"
        return ("declined", "more_than_charged") if given_back + request["amount"] > charged else ("refunded", "")

    def given_up(self, number, key):
        """Did a query come after this call and find nothing? Then the call must have no effect any more."""
        return self.db.execute("SELECT 1 FROM calls WHERE key = ? AND number > ? AND operation = 'query'",
                               (key, number)).fetchone() is not None

    def book(self, number, request, fault):
        """Books the request once, and gives its entry."""
        with self.change():
            entry = self.find(request["idempotencyKey"])
            if entry is None and self.given_up(number, request["idempotencyKey"]):
                raise Refused(75, 409, f"{request['idempotencyKey']}: was asked for meanwhile, and said not to be there")
            if entry is None:
                status, reason = self.judge(request)
                queries_left = 0
                if fault and fault.action.startswith("decline"):
                    status, reason = "declined", fault.argument or "no_funds"
                if fault and fault.action == "pending" and status != "declined":
                    status, queries_left = "pending", int(fault.argument or 1)
                self.db.execute(
                    "INSERT INTO entries (key, operation, reservation, customer, amount, currency, status, ref, reason,"
                    " queries_left) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (request["idempotencyKey"], request["operation"], request["reservationId"], request["customerId"],
                     request["amount"], request["currency"], status, f"ref-{number}", reason, queries_left))
                return self.find(request["idempotencyKey"])
            same = all(entry[column] == request[member] for column, member in (
                ("operation", "operation"), ("reservation", "reservationId"), ("amount", "amount"),
                ("currency", "currency")))
            if not same:
                self.db.execute("UPDATE calls SET conflict = 1 WHERE number = ?", (number,))
            elif entry["status"] == "pending":
                entry = self.look(entry)
        if not same:
            raise Refused(65, 409, f"{request['idempotencyKey']}: this key was used for another request")
        return entry

    def look(self, entry):
        """Each look at a pending entry brings it nearer to its end."""
        left = entry["queries_left"] - 1
        status = "pending" if left > 0 else DONE[entry["operation"]]
        self.db.execute("UPDATE entries SET queries_left = ?, status = ? WHERE key = ?", (left, status, entry["key"]))
        return self.find(entry["key"])

    def query(self, key):
        """The entry of a key, or None."""
        with self.change():
            entry = self.find(key)
            return self.look(entry) if entry is not None and entry["status"] == "pending" else entry

    def page(self, after, limit):
        rows = self.db.execute("SELECT * FROM entries WHERE id > ? ORDER BY id LIMIT ?", (after, limit + 1)).fetchall()
        page = {"entries": [as_entry(row) for row in rows[:limit]]}
        if len(rows) > limit:
            page["next"] = str(rows[limit - 1]["id"])
        return page

    def report(self):
        """Everything, for whoever checks the books."""
        count = dict(self.db.execute("SELECT operation, count(*) FROM calls GROUP BY operation").fetchall())
        return {
            "calls": sum(count.values()), "callsByOperation": count,
            "conflicts": self.db.execute("SELECT count(*) FROM calls WHERE conflict").fetchone()[0],
            "faults": self.db.execute("SELECT count(*) FROM calls WHERE fault != ''").fetchone()[0],
            "charged": self.db.execute("SELECT coalesce(sum(amount), 0) FROM entries WHERE status = 'approved'").fetchone()[0],
            "refunded": self.db.execute("SELECT coalesce(sum(amount), 0) FROM entries WHERE status = 'refunded'").fetchone()[0],
            "entries": self.page(0, sys.maxsize - 1)["entries"]}


def as_entry(row):
    return {"idempotencyKey": row["key"], "operation": row["operation"], "reservationId": row["reservation"],
            "status": row["status"], "amount": row["amount"], "currency": row["currency"], "providerRef": row["ref"]}


def as_answer(entry):
    """An entry as the answer to the call that made it, or to a query."""
    if entry is None:
        return {"status": "not_found"}
    answer = {"status": entry["status"], "providerRef": entry["ref"]}
    if entry["reason"]:
        answer["reason"] = entry["reason"]
    return answer


def read_request(text):
    """The request, checked."""
    try:
        request = json.loads(text)
    except ValueError as error:
        raise Refused(65, 400, f"no JSON: {error}") from error
    if not isinstance(request, dict) or request.get("operation") not in OPERATIONS:
        raise Refused(64, 400, "no operation that is known here")
    if request["operation"] == "ledger":
        wanted = {"after": str, "limit": int}
    elif request["operation"] == "query":
        wanted = {"idempotencyKey": str}
    else:
        wanted = {"idempotencyKey": str, "reservationId": str, "customerId": str, "amount": int, "currency": str}
    for name, kind in wanted.items():
        if type(request.get(name)) is not kind:  # a bool is no number
            raise Refused(65, 400, f"{name} is missing or of another type")
    if not request.get("idempotencyKey", "-") or request.get("amount", 0) < 0:
        raise Refused(65, 400, "an empty key, or an amount below 0")
    return request


def serve(options, line, text):
    """One call, from its request to its answer or to what happens instead.

    `line` is how that goes back: answer(status, text), refuse(refused), nothing(), crash() and hang(); Pipe below and
    Handler in service.py. The two transports differ in nothing else.
    """
    ledger = Ledger(options.ledger)
    try:
        request = read_request(text)
        if request["operation"] == "ledger" and options.no_ledger:
            raise Refused(64, 400, "there is no operation ledger here")
        number, fault = ledger.count_call(request["operation"], request.get("idempotencyKey", ""), read_faults(options))
        play(ledger, line, number, request, fault)
    except Refused as refused:
        line.refuse(refused)
    finally:
        ledger.close()


def play(ledger, line, number, request, fault):
    """Does what is asked, with the trouble of this call before or after it."""
    action = fault.action if fault else ""
    if action == "delay":
        time.sleep(float(fault.argument))
    while action == "wait" and not os.path.exists(fault.argument):
        time.sleep(0.02)
    if action in ("hang", "crash-before", "garbage", "status"):
        return trouble(line, action, fault.argument)
    answer = act(ledger, number, request, fault)
    if action in ("hang-after", "crash-after", "garbage-after", "status-after", "lose", "huge"):
        return trouble(line, action, fault.argument)
    declined = action == "decline-402" and answer.get("status") == "declined"
    return line.answer(402 if declined else 200, json.dumps(answer, ensure_ascii=False) + "\n")


def act(ledger, number, request, fault):
    if request["operation"] == "ledger":
        return ledger.page(int(request["after"] or 0), max(1, min(request["limit"], 1000)))
    if request["operation"] == "query":
        return as_answer(ledger.query(request["idempotencyKey"]))
    return as_answer(ledger.book(number, request, fault))


def trouble(line, action, argument):
    if action.startswith("hang"):
        line.hang()
    elif action.startswith("crash"):
        line.crash()
    elif action.startswith("garbage"):
        line.answer(200, argument or "<html>Service temporarily fine</html>\n")
    elif action.startswith("status"):
        line.answer(int(argument or 500), '{"error":"told to"}\n')
    elif action == "huge":
        line.answer(200, '{"status":"approved","reason":"' + "x" * (4 << 20) + '"}')
    else:
        line.nothing()


# ---- exec ----------------------------------------------------------------------------------------


class Pipe:
    """stdin and stdout of one process."""

    exit_code = 0

    def answer(self, status, text):
        if status not in (200, 402):
            self.exit_code = status if status < 256 else 75
            return
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()

    def refuse(self, refused):
        print(f"provider: {refused}", file=sys.stderr)
        self.exit_code = refused.exit_code

    def nothing(self):
        pass

    def crash(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def hang(self):
        while True:
            signal.pause()


def main():
    parser = argparse.ArgumentParser(
        prog="provider.py", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=HELP,
        description="A payment provider with a ledger, that can be told to fail. Without --listen: one call, exec.")
    parser.add_argument("--ledger", required=True, metavar="FILE", help="the books, an SQLite file; made when missing")
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve HTTP; port 0 takes a free one; prints the port")
    parser.add_argument("--secret", metavar="TEXT", help="HTTP: the bearer token that callers must show")
    parser.add_argument("--certificate", metavar="PEM", help="HTTP: speak TLS with this certificate")
    parser.add_argument("--key", metavar="PEM", help="and this private key")
    parser.add_argument("--fault", action="append", default=[], metavar="FAULT", help="see below; may be repeated")
    parser.add_argument("--control", metavar="FILE", help="further faults, one a line; may be missing")
    parser.add_argument("--no-ledger", action="store_true", help="do without the operation ledger")
    parser.add_argument("--report", action="store_true", help="print the books and the number of calls, and end")
    parser.add_argument("--verbose", action="store_true", help="HTTP: log every request on stderr")
    options = parser.parse_args()
    try:
        read_faults(options)
    except ValueError as error:
        parser.error(str(error))
    if options.report:
        print(json.dumps(Ledger(options.ledger).report(), ensure_ascii=False))
        return 0
    if options.listen:
        Ledger(options.ledger).close()
        sys.dont_write_bytecode = True
        import service  # what it imports costs a process of its own per call too much
        service.listen(options, serve)
        return 0
    pipe = Pipe()
    serve(options, pipe, sys.stdin.buffer.read())
    return pipe.exit_code


if __name__ == "__main__":
    sys.exit(main())
