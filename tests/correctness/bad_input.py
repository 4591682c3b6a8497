#!/usr/bin/python3
"""Asks every command with what it must refuse, and looks at all that it does about it.

    bad_input.py GROUP          on the store $OP_STORE, which it fills where it is not there; GROUP as in main()

A refusal has the exit code and the stable word of bad_values.py, prints nothing on stdout and one clean line of UTF-8 on
stderr, and leaves everything in the store as it was but the read models: the journal byte for byte, the outbox, the
contacts, the consumers. With --errors json the line is one JSON object with `error` and `message`. What verbs and options
there are is read from --help, so that a new one without bad values fails. Prints what is wrong, exits 1.
"""

import hashlib
import json
import os
import re
import subprocess
import sys

import bad_values
import journal
from bad_values import VERBS

MAX_FINDINGS = 40
COMMANDS = sorted({verb.command for verb in VERBS})
REBUILT = {"state", "control"}


def show(call):
    """A call for people, cut where it is long."""
    texts = [part if isinstance(part, str) else part.decode("utf-8", "backslashreplace") for part in call]
    return " ".join(repr(text if len(text) < 80 else text[:60] + "..., %d bytes" % len(text)) for text in texts)


def contents(store):
    """A hash of all that is in the store, but for what is rebuilt."""
    result = hashlib.sha256()
    if not os.path.isdir(store):
        return "%s %s" % (os.path.lexists(store), os.path.isfile(store) and os.path.getsize(store))
    for directory, children, files in os.walk(store):
        if directory == store:
            children[:] = [child for child in children if child not in REBUILT]
        children.sort()
        result.update(directory.encode() + b"\n")
        for name in sorted(files):
            if directory == store and name in REBUILT or name.endswith(".lock"):
                continue
            with open(os.path.join(directory, name), "rb") as file:
                content = file.read()
            result.update(b"%s %d\n" % (name.encode(), len(content)) + content)
    return result.hexdigest()


class Asker:
    def __init__(self, store, report):
        self.store = store
        self.report = report
        self.count = 0

    def run(self, call, stdin=b"", environment=None, stdout=subprocess.PIPE):
        self.count += 1
        return subprocess.run(call, input=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment, check=False,
                              timeout=60)

    def refused(self, what, call, code, word, stdin=b"", environment=None, stdout=subprocess.PIPE, json_too=True):
        """The call is refused in both forms of an error, and changes nothing."""
        before = contents(self.store)
        self.check_text(what, call, code, self.run(call, stdin, environment, stdout))
        if json_too:
            json_call = call[:1] + ["--errors", "json"] + call[1:]
            self.check_json(what, json_call, code, word, self.run(json_call, stdin, environment, stdout))
        if contents(self.store) != before:
            self.report("%s: %s: something in the store changed" % (what, show(call)))

    def check_line(self, what, call, code, done):
        """What both forms have in common; the line, or None."""
        problems = []
        if done.returncode != code:
            problems.append("exit %d, expected %d" % (done.returncode, code))
        if done.stdout:
            problems.append("stdout: %r" % done.stdout[:100])
        lines = done.stderr.split(b"\n")
        if len(lines) != 2 or lines[1] != b"":
            problems.append("%d lines on stderr" % (len(lines) - 1))
        line = lines[0]
        try:
            text = line.decode("utf-8")
            if re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", text):
                problems.append("control characters on stderr")
        except UnicodeDecodeError:
            problems.append("stderr is not UTF-8")
            text = line.decode("utf-8", "replace")
        if problems:
            self.report("%s: %s: %s; stderr: %r" % (what, show(call), ", ".join(problems), done.stderr[:300]))
        return text

    def check_text(self, what, call, code, done):
        line = self.check_line(what, call, code, done)
        prefix = os.path.basename(call[0]) + ": "
        if not line.startswith(prefix) or len(line) < len(prefix) + 5 or len(line) > 1000:
            self.report("%s: %s: no clear line: %r" % (what, show(call), line[:300]))
        # The store's URL may come from the environment as well, and is no matter of one command's help.
        if code == 64 and "--help" not in line and not what.startswith("store "):
            self.report("%s: %s: the line does not point to --help: %r" % (what, show(call), line[:300]))

    def check_json(self, what, call, code, word, done):
        line = self.check_line(what, call, code, done)
        try:
            answer = json.loads(line)
            right = isinstance(answer, dict) and isinstance(answer["message"], str) and answer["message"] and \
                re.match("^[a-z][a-z0-9_]*$", answer["error"])
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            self.report("%s: %s: no object with error and message: %r" % (what, show(call), line[:300]))
        elif word is not None and answer["error"] != word:
            self.report("%s: %s: error %s, expected %s" % (what, show(call), answer["error"], word))


# ---- what there is, from --help -------------------------------------------------------------------------------------


def help_of(call):
    return subprocess.run(call + ["--help"], stdout=subprocess.PIPE, check=True, text=True).stdout


def options_of(text):
    """The options of a help text: name -> takes a value."""
    return {match.group(1): bool(match.group(2))
            for match in re.finditer(r"^  (?:-\w, |    )--([a-z-]+)( [^ ]+)?", text, re.M)}


def check_complete(report):
    """Every verb and every option that the help tells of is in the tables."""
    for command in COMMANDS:
        text = help_of([command])
        listed = re.search(r"^Verbs:\n((?:  .*\n)+)", text, re.M)
        told = set()
        for line in listed.group(1).splitlines() if listed else []:
            name = re.match(r"  ([a-z]+(?: (?:set|show|forget|sales|occupancy|payments)\b)?)", line)
            if name and not line.startswith("   "):
                told.add(name.group(1))
        known = {verb.name for verb in VERBS if verb.command == command and verb.name}
        passed = {"musical", "reserve", "pay", "ticket", "notify", "mypage", "journal"} if command == "outerpark" else set()
        for name in sorted(told ^ (known | passed)):
            report("%s %s: in --help or in bad_values.py, but not in both" % (command, name))
    for verb in VERBS:
        for name, takes in options_of(help_of([verb.command] + verb.words())).items():
            if takes and name not in bad_values.KINDS and (verb.command, name) not in bad_values.KINDS:
                report("%s --%s: bad_values.py does not know what it takes" % (verb, name))


# ---- groups ---------------------------------------------------------------------------------------------------------


def usage(asker):
    """Unknown options and verbs, missing and superfluous values and operands."""
    for command in COMMANDS:
        asker.refused("no such verb", [command, "nonsense"], 64, "usage")
        asker.refused("no such verb", [command, b"a\nb"], 64, "usage")
        asker.refused("no such verb", [command, b"\xff"], 64, "usage")
        asker.refused("no such option, no verb", [command, "--nonsense"], 64, "usage")
        if command != "op-mypage":
            asker.refused("no verb", [command], 64, "usage")
            asker.refused("an empty verb", [command, ""], 64, "usage")
    for verb in VERBS:
        options = options_of(help_of([verb.command] + verb.words()))
        for bad in ("--nonsense", "--nonsense=1", "-Z", b"--\xff", b"--a\nb"):
            asker.refused("unknown option", verb.call([bad]), 64, "usage", verb.stdin)
        for name, takes in options.items():
            if takes:
                asker.refused("missing value", [verb.command] + verb.words() + verb.options + ["--" + name], 64, "usage",
                              verb.stdin, json_too=name != "errors")
            else:
                asker.refused("a value too many", verb.call(["--%s=1" % name]), 64, "usage", verb.stdin)
        # Whatever is required is said where it is not there.
        for index in range(0, len(verb.options), 2):
            less = [verb.command] + verb.words() + verb.options[:index] + verb.options[index + 2:]
            asker.refused("missing option", less + [value for _, value in verb.operands] + verb.behind, 64, "usage",
                          verb.stdin)
        if verb.least and verb.name != "rebuild":
            fewer = [value for _, value in verb.operands][:verb.least - 1]
            asker.refused("missing operand", verb.call(operands=fewer), 64, "usage")
        if not verb.behind:
            asker.refused("an operand too many", verb.call(operands=[v for _, v in verb.operands] + ["more"]), 64, "usage",
                          verb.stdin)


def values(asker):
    """Every option and operand of every verb with everything that it must refuse."""
    for verb in VERBS:
        for name, takes in options_of(help_of([verb.command] + verb.words())).items():
            if not takes:
                continue
            kind = bad_values.KINDS.get((verb.command, name)) or bad_values.KINDS[name]
            for label, value, code, word in bad_values.BAD[kind]:
                extra = ["--" + name, value] if name != "last" else ["--cut", "--" + name, value]
                asker.refused("%s %s" % (kind, label), verb.call(extra), code, word, verb.stdin,
                              json_too=name != "errors")
        for index, (kind, _) in enumerate(verb.operands):
            for label, value, code, word in bad_values.BAD[kind]:
                operands = [value if place == index else good for place, (_, good) in enumerate(verb.operands)]
                asker.refused("%s %s" % (kind, label), verb.call(operands=operands), code, word, verb.stdin)
    # The front door hands all of this through.
    for label, value, code, word in bad_values.BAD["seats"]:
        call = ["outerpark", "reserve", "place", "--musical", "1", "--seats", value]
        before = contents(asker.store)
        done = asker.run(call)
        if done.returncode != code or done.stdout or done.stderr.count(b"\n") != 1 or contents(asker.store) != before:
            asker.report("seats %s: %s: exit %d, %r" % (label, show(call), done.returncode, done.stderr[:200]))
        assert word == "bad_seats"


def batch(asker):
    """A bad line in the middle of a batch: it gets its error, and the rest goes on."""
    for number, (label, line, word) in enumerate(bad_values.BAD_REQUESTS):
        placed = len([event for event in journal.read(asker.store) if event["type"] == "ReservationPlaced"])
        good = b'{"musicalId":"1","seats":1,"customerId":"line%d"}' % number
        done = asker.run(["op-reserve", "place", "--batch"], good + b"\n" + line + b"\n" + good + b"\n")
        problems = []
        answers = []
        try:
            answers = [json.loads(answer) for answer in done.stdout.decode("utf-8").splitlines()]
        except ValueError:
            problems.append("the answers are no NDJSON")
        if done.returncode != 65 or done.stderr:
            problems.append("exit %d, stderr %r" % (done.returncode, done.stderr[:200]))
        if [answer.get("line") for answer in answers] != [1, 2, 3]:
            problems.append("answers %r" % answers)
        elif "reservationId" not in answers[0] or "reservationId" not in answers[2]:
            problems.append("the good lines were not placed")
        elif not answers[1].get("message") or (word is not None and answers[1].get("error") != word):
            problems.append("answer %r, expected %s" % (answers[1], word))
        after = [event["data"].get("customerId") for event in journal.read(asker.store)
                 if event["type"] == "ReservationPlaced"][placed:]
        if after != ["line%d" % number] * 2:
            problems.append("appended for %s" % after)
        if problems:
            asker.report("a batch with %s: %s" % (label, "; ".join(problems)))


def events(asker):
    """A bad line in the middle of events: nothing is appended."""
    for label, line in bad_values.BAD_EVENTS:
        for stdin in (bad_values.EVENT + line + b"\n" + bad_values.EVENT, bad_values.EVENT + line, line + b"\n"):
            asker.refused("events with %s" % label, ["op-journal", "append"], 65, None, stdin)


def stores(asker):
    """A store that is a file, a path below a file, a store that is not there, and nothing that says where it is."""
    good = asker.store
    environment = dict(os.environ)
    bare = {key: value for key, value in environment.items() if key not in ("HOME", "OP_STORE")}
    for verb in VERBS:
        for path in ("a-file", "a-file/store", "a-file/a/b"):
            place = os.path.abspath(path)
            asker.store = os.path.abspath("a-file")
            makes = verb.changes and verb.name != "retry"  # there is nothing to try again where there is no store
            code, word = (73, "cannot_create") if makes else (66, "no_store")
            asker.refused("a store that is a file", verb.call(["--store", place]), code, word, verb.stdin)
            asker.refused("a store that is a file", verb.call(["--store", "file://" + place]), code, word, verb.stdin)
        asker.store = good
        asker.refused("no HOME", verb.call(), 78, "no_home", verb.stdin, bare)
        asker.refused("an empty HOME", verb.call(), 78, "no_home", verb.stdin, dict(bare, HOME="", OP_STORE=""))
        absent(asker, verb)


def absent(asker, verb):
    """Reading what is not there is told; and a refusal makes no store."""
    asker.store = os.path.abspath("absent")
    if str(verb) == "outerpark tick":  # for cron: nothing to do
        done = asker.run(verb.call(["--store", asker.store]))
        if done.returncode != 0 or done.stdout or done.stderr:
            asker.report("tick without a store: exit %d, %r" % (done.returncode, done.stderr))
    elif not verb.changes or verb.name == "retry":
        asker.refused("a store that is not there", verb.call(["--store", asker.store]), 66, "no_store")
    elif str(verb) in ("op-musical adjust", "op-musical close", "op-musical open", "op-reserve place", "op-reserve cancel",
                       "op-ticket issue", "op-ticket admit", "op-notify contact forget"):
        asker.refused("a change of what is not there", verb.call(["--store", asker.store]), 1, None)
    if os.path.lexists(asker.store):
        asker.report("%s: it made a store" % verb)
    asker.store = os.environ["OP_STORE"]


def denied(asker):
    """Run by somebody who may read the store and not write it (another user, or a read-only mount)."""
    for verb in VERBS:
        if verb.changes:
            asker.refused("a store that may not be written", verb.call(), 77, "no_permission", verb.stdin)
        elif verb.name in ("list", "show", "history", "report sales", "report occupancy", "report payments",
                           "read", "verify", "stat", "consumers", ""):
            done = asker.run(verb.call())
            if done.returncode != 0 or done.stderr:
                asker.report("%s on a read-only store: exit %d, %r" % (verb, done.returncode, done.stderr[:200]))
    # The processors have work to do, and may not.
    for command in ("op-musical", "op-pay", "op-ticket", "op-notify"):
        asker.refused("a store that may not be written", [command, "run"], 77, "no_permission")
    asker.refused("a store that may not be written", ["op-reserve", "place", "--batch"], 77, "no_permission",
                  bad_values.GOOD_LINE + b"\n")
    asker.refused("a store that may not be written", ["op-journal", "seek", "new", "1"], 77, "no_permission")
    asker.refused("a store that may not be written", ["op-journal", "consume", "--consumer", "new", "--", "true"], 77,
                  "no_permission")


def full_output(asker):
    """stdout on a full disk: an error, and not a success."""
    with open("/dev/full", "wb") as full:
        for verb in VERBS:
            if verb.changes or verb.name in ("seek", "rebuild", "repair", "run", "consume", "tick", "retry", "drop",
                                             "forget", "reconcile"):
                continue
            for form in ("ndjson", "json", "csv", "table"):
                asker.refused("a full stdout", verb.call(["-o", form]), 74, "disk_full", stdout=full)
        for command in COMMANDS:
            asker.refused("a full stdout", [command, "--help"], 74, None, stdout=full)
            asker.refused("a full stdout", [command, "--version"], 74, None, stdout=full)
        # A change is made, and the exit code tells that its answer was lost; the same request gives it.
        call = ["op-reserve", "place", "--musical", "1", "--seats", "1", "--request-id", "lost"]
        done = asker.run(call, stdout=full)
        if done.returncode != 74 or done.stderr.count(b"\n") != 1:
            asker.report("place with a full stdout: exit %d, %r" % (done.returncode, done.stderr))
        before = contents(asker.store)
        done = asker.run(call)
        if done.returncode != 0 or b'"reservationId"' not in done.stdout or contents(asker.store) != before:
            asker.report("the same request again: exit %d, %r" % (done.returncode, done.stderr))


def full_disk(asker):
    """The store on a full disk: refused changes leave every byte of the journal; room made, everything goes on.

    Runs in a mount namespace of its own; `small` is a small file system for the store."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", "small"], check=True)
    asker.store = os.path.abspath("small/store")
    environment = dict(os.environ, OP_STORE=asker.store)
    os.environ["OP_STORE"] = asker.store
    for call in (["op-musical", "register", "--id", "1", "--name", "N", "--seats", "100000"],
                 ["op-reserve", "place", "--musical", "1", "--seats", "2", "--customer", "c"]):
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    filler = os.open("small/filler", os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(filler, b"x" * 4096):
            pass
    except OSError:
        os.close(filler)
    # The page that the journal ends in has some room left.
    placed = 0
    place = ["op-reserve", "place", "--musical", "1", "--seats", "1"]
    while asker.run(place).returncode == 0:
        placed += 1
        if placed > 100:
            asker.report("the disk does not fill")
            return
    long = ["op-reserve", "cancel", "1", "--reason", "x" * 200]
    for call in (place, long, ["op-musical", "register", "--id", "2", "--name", "N", "--seats", "1", "--venue", "x" * 200], ["op-pay", "run"]):
        asker.refused("a full disk", call, 74, "disk_full", environment=environment)
    asker.refused("a full disk", ["op-journal", "append"], 74, "disk_full", bad_values.EVENT * 50)
    journal_only = journal.digest(asker.store)
    done = asker.run(["op-notify", "--errors", "json", "contact", "set", "c", "--email", "a@example.org"])
    asker.check_json("a full disk", ["op-notify", "contact", "set"], 74, "disk_full", done)
    # Nobody is kept from his work by the contacts that could not be made.
    asker.refused("no contact was made", ["op-notify", "contact", "show", "c"], 1, "no_such_contact")
    if journal.digest(asker.store) != journal_only:
        asker.report("contact set on a full disk: the journal changed")
    # What only reads goes on, without room for read models.
    for call in (["op-reserve", "list"], ["op-musical", "list"], ["op-mypage"], ["op-pay", "list"], ["op-journal", "read"]):
        done = asker.run(call)
        if done.returncode != 0 or not done.stdout:
            asker.report("%s on a full disk: exit %d, %r" % (show(call), done.returncode, done.stderr))
    os.unlink("small/filler")
    for call in (place, long, ["op-pay", "run"], ["op-notify", "run"], ["op-journal", "verify"]):
        done = asker.run(call)
        if done.returncode != 0:
            asker.report("%s after room was made: exit %d, %r" % (show(call), done.returncode, done.stderr))
    types = [event["type"] for event in journal.read(asker.store)]
    if types.count("ReservationPlaced") != placed + 2:
        asker.report("%d reservations were told, the journal has %d" % (placed + 2, types.count("ReservationPlaced")))


def self_check(asker):
    """Commands that do everything wrong must not pass."""
    def sabotage(script):
        before = len(asker.found)
        asker.refused("sabotage", ["sh", "-c", script, "sh"], 65, "bad_id", json_too=False)
        if len(asker.found) == before:
            print("not found: %s" % script, file=sys.stderr)
            sys.exit(1)

    sabotage("echo 'sh: wrong value' >&2; exit 64")
    sabotage("echo 'sh: wrong value' >&2; echo row; exit 65")
    sabotage("exit 65")
    sabotage("echo 'sh: wrong value' >&2; echo 'sh: again' >&2; exit 65")
    sabotage("printf 'sh: wrong value' >&2; exit 65")
    sabotage("printf 'sh: wrong \\033 value\\n' >&2; exit 65")
    sabotage("printf 'sh: wrong \\377 value\\n' >&2; exit 65")
    sabotage("echo 'other: wrong value' >&2; exit 65")
    sabotage("echo 'sh: wrong value' >&2; echo >>\"$OP_STORE/journal/00000000000000000001.ndjson\"; exit 65")
    sabotage("echo 'sh: wrong value' >&2; touch \"$OP_STORE/new\"; exit 65")
    for answer in ("x", "{}", '{"error":"x"}', '{"error":"bad_id","message":""}', '{"error":"other","message":"m"}',
                   '["error","message"]', '{"error":"Bad Id","message":"m"}'):
        before = len(asker.found)
        done = subprocess.CompletedProcess([], 65, b"", answer.encode() + b"\n")
        asker.check_json("sabotage", ["sh"], 65, "bad_id", done)
        if len(asker.found) == before:
            print("not found: %s" % answer, file=sys.stderr)
            sys.exit(1)
    asker.found.clear()


def main():
    groups = {"usage": usage, "values": values, "batch": batch, "events": events, "stores": stores, "denied": denied,
              "full-output": full_output, "full-disk": full_disk, "self-check": self_check}
    found = []
    asker = Asker(os.environ.get("OP_STORE", ""), found.append)
    asker.found = found
    if sys.argv[1] == "values":
        check_complete(found.append)
    groups[sys.argv[1]](asker)
    for finding in found[:MAX_FINDINGS]:
        print(finding, file=sys.stderr)
    if len(found) > MAX_FINDINGS:
        print("... and %d more" % (len(found) - MAX_FINDINGS), file=sys.stderr)
    print("%d calls" % asker.count)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
