#!/usr/bin/python3
"""Sends names of all scripts through every command, and wants them back unharmed in every output.

    check_unicode.py fill       fills $OP_STORE: musicals, reservations, contacts, reasons, events with the names below
    check_unicode.py outputs    every list, in every format, shows each text exactly
    check_unicode.py columns    the columns of the tables line up by display width

Nothing may be normalised, cut, escaped twice or replaced. Prints what is wrong, exits 1.
"""

import csv
import io
import json
import os
import subprocess
import sys
import unicodedata

# Names, venues, reasons: anything but control characters.
NAMES = [
    "겨울왕국", "뮤지컬 〈레베카〉 앙코르", unicodedata.normalize("NFD", "겨울왕국"), "각" + "ᆨ",
    "🎭", "👨‍👩‍👧‍👦 가족 관람", "🏳️‍🌈 프라이드", "🇰🇷 애국가", "👍🏽", "1️⃣ 원", "❤️",
    "Les Misérables", "Les Mise\u0301rables", "Z̸̡̛͙a̷l̶g̵o̴", "أوبرا", "האופרה 5", "オペラ座の怪人", "歌劇魅影", "โอเปร่า",
    "Оперета", "Ὀρφεύς", "𝔊𝔬𝔱𝔥", "ﬁnale", "ＦＵＬＬ", "𠮷野家", "naïve café", "\U0010fffd",
    'Wicked, "the" musical', "it's; DROP TABLE musicals;--", "back\\slash \\n \\u0041", "<b>&amp;</b>", "%s%n%d", "$(id) `id`",
    "{\"seats\":1}", "[1,2]", "null", "true", "-1", "#1", "a,b;c|d", "=1+1", "~", "- a: b", "가" * 85,
]
# Ids: no spaces and no quotes, and all else.
IDS = ["가람", "👨‍👩‍👧", "Jose\u0301", "أمل", "a#b", "x;y", "50%", "é", "$HOME", "*", "<i>", "{1}", "a,b", "k=v", "가" * 21]
# Simple characters, of whose width there is no doubt.
PLAIN = ["Frozen", "겨울왕국", "뮤지컬 레베카 앙코르", "歌劇魅影", "オペラ座", "Café", "ＦＵＬＬ", "🎭 극장", "Mise\u0301rables", "x"]


class Store:
    def __init__(self):
        self.findings = []

    def run(self, *command, stdin=""):
        done = subprocess.run(command, input=stdin.encode(), capture_output=True, check=False)
        if done.returncode != 0 or done.stderr:
            self.findings.append("%s: exit %d: %s" % (" ".join(command), done.returncode,
                                                      done.stderr.decode("utf-8", "replace")))
        return done.stdout.decode("utf-8")

    def expect(self, what, found, wanted):
        if found != wanted:
            self.findings.append("%s: %s, expected %s" % (what, ascii(found), ascii(wanted)))

    def rows(self, form, *command):
        """The rows of a list, as dicts of text."""
        text = self.run(*command, "-o", form)
        if form == "csv":
            return list(csv.DictReader(io.StringIO(text, newline="")))
        found = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
        return found if isinstance(found, list) else [found]


def customer(number):
    return IDS[number % len(IDS)]


def musical(number):
    return "m%d" % number if number >= len(IDS) else IDS[number]


def fill(store):
    """Every name once as a musical's, a venue's, a contact's and a reason; every id once in each place."""
    for number, name in enumerate(NAMES):
        answer = json.loads(store.run("op-musical", "register", "--id", musical(number), "--name", name, "--seats", "100",
                                      "--venue", name, "--price", "10"))
        store.expect("register", (answer["musicalId"], answer["name"], answer["venue"]), (musical(number), name, name))
        answer = json.loads(store.run("op-reserve", "place", "--musical", musical(number), "--seats", "3", "--customer",
                                      customer(number), "--request-id", "r" + musical(number)[:15]))
        store.expect("place", (answer["musicalId"], answer["customerId"]), (musical(number), customer(number)))
        answer = json.loads(store.run("op-reserve", "cancel", answer["reservationId"], "--seats", "1", "--reason", name))
        store.expect("cancel", answer["reason"], name)
    for name, text in zip(IDS, NAMES):
        answer = json.loads(store.run("op-notify", "contact", "set", name, "--email", "a@example.org", "--name", text))
        store.expect("contact set", (answer["customerId"], answer["name"]), (name, text))
        answer = json.loads(store.run("op-notify", "contact", "show", name))
        store.expect("contact show", (answer["customerId"], answer["name"]), (name, text))
    # A batch takes UTF-8 and escapes for the same.
    lines = [json.dumps({"musicalId": musical(0), "seats": 1, "customerId": name, "id": "b" + name[:15]}, ensure_ascii=escaped)
             for name in IDS for escaped in (False,)]
    lines += [json.dumps({"musicalId": musical(0), "seats": 1, "customerId": name}, ensure_ascii=True) for name in IDS]
    answers = [json.loads(line) for line in
               store.run("op-reserve", "place", "--batch", stdin="\n".join(lines) + "\n").splitlines()]
    store.expect("batch", [answer.get("customerId") for answer in answers], IDS + IDS)
    # A catalogue, and the same again: nothing new.
    with open("catalogue.yaml", "w", encoding="utf-8") as file:
        for number, name in enumerate(NAMES):
            quoted = name.replace("'", "''")
            file.write("- id: c%d\n  name: '%s'\n  seats: 5\n  venue: \"%s\"\n" %
                       (number, quoted, name.replace("\\", "\\\\").replace('"', '\\"')))
    with open("catalogue.yaml", encoding="utf-8") as file:
        catalogue = "musicals:\n" + file.read()
    with open("catalogue.yaml", "w", encoding="utf-8") as file:
        file.write(catalogue)
    store.run("op-musical", "import", "catalogue.yaml")
    # Events of others.
    events = [json.dumps({"type": "Note", "id": "note-%d" % number, "tags": ["note:" + name.replace("\\", "/")],
                          "correlation": name, "data": {"text": name}}, ensure_ascii=number % 2 == 0)
              for number, name in enumerate(NAMES)]
    store.run("op-journal", "append", stdin="\n".join(events) + "\n")
    store.run("outerpark", "-q", "tick")


def outputs(store):
    for form in ("ndjson", "json", "csv"):
        rows = store.rows(form, "op-musical", "list")
        store.expect("op-musical list " + form, [(row["musicalId"], row["name"], row["venue"]) for row in rows],
                     [(musical(number), name, name) for number, name in enumerate(NAMES)] +
                     [("c%d" % number, name, name) for number, name in enumerate(NAMES)])
        rows = store.rows(form, "op-reserve", "list")
        store.expect("op-reserve list " + form, [(row["customerId"], row["reason"]) for row in rows][:len(NAMES)],
                     [(customer(number), name) for number, name in enumerate(NAMES)])
        store.expect("op-reserve list of a batch " + form,
                     [row["reservationId"] for row in rows][len(NAMES):len(NAMES) + len(IDS)], ["b" + name[:15] for name in IDS])
        for name in IDS:
            rows = store.rows(form, "op-reserve", "list", "--customer", name)
            store.expect("op-reserve list --customer", {row["customerId"] for row in rows}, {name})
            rows = store.rows(form, "op-mypage", "--customer", name)
            store.expect("op-mypage --customer", {row["customerId"] for row in rows}, {name})
            rows = store.rows(form, "op-pay", "show", "b" + name[:15])
            store.expect("op-pay show", (rows[0]["reservationId"], rows[0]["customerId"]), ("b" + name[:15], name))
        rows = store.rows(form, "op-mypage")
        store.expect("op-mypage " + form, [row["musicalName"] for row in rows][:len(NAMES)], NAMES)
        rows = store.rows(form, "op-notify", "list")
        store.expect("op-notify list " + form, [row["customerId"] for row in rows][:len(NAMES)],
                     [customer(number) for number in range(len(NAMES))])
        for row, name in zip(rows, NAMES):
            if name not in row["text"]:
                store.findings.append("op-notify list %s: %s is not in %s" % (form, ascii(name), ascii(row["text"])))
        for number, name in enumerate(NAMES[:12]):
            rows = store.rows(form, "op-mypage", "history", str(number + 1))
            details = " ".join(row["detail"] for row in rows)
            store.expect("op-mypage history " + form, (name in details, "(%s)" % name in details), (True, True))
    journal(store)
    tables(store)
    notices(store)


def journal(store):
    """The journal in all of its formats, by tag and by correlation, and a consumer that gets the very bytes."""
    events = [json.loads(line) for line in store.run("op-journal", "read", "--type", "Note").splitlines()]
    store.expect("op-journal read", [(event["correlation"], event["data"]["text"]) for event in events],
                 [(name, name) for name in NAMES])
    data = store.run("op-journal", "read", "--type", "Note", "--format", "data").splitlines()
    store.expect("op-journal read --format data", [json.loads(line)["text"] for line in data], NAMES)
    clouds = store.run("op-journal", "read", "--type", "Note", "--format", "cloudevents").splitlines()
    store.expect("op-journal read --format cloudevents", [json.loads(line)["data"]["text"] for line in clouds], NAMES)
    for name in NAMES:
        for option, value in (("--correlation", name), ("--tag", "note:" + name.replace("\\", "/"))):
            found = [json.loads(line)["data"]["text"] for line in
                     store.run("op-journal", "read", "--type", "Note", option, value).splitlines()]
            store.expect("op-journal read " + option, found, [name])
    native = store.run("op-journal", "read", "--type", "Note")
    given = store.run("op-journal", "consume", "--consumer", "bytes", "--type", "Note", "--batch", "1000", "--", "cat")
    store.expect("op-journal consume", given, native)
    # What op-journal append was given stays as it was written; all else is UTF-8.
    own = store.run("op-journal", "read", "--type", "MusicalRegistered,ReservationPlaced,ReservationCancelled")
    store.expect("the journal holds UTF-8, not escapes", "\\ud83" in own or "\\uac" in own, False)


def tables(store):
    """In a table every text stands as it is."""
    for command in (["op-musical", "list"], ["op-reserve", "list"], ["op-mypage"], ["op-journal", "read", "--type", "Note"]):
        text = store.run(*command, "-o", "table")
        shown = text.replace('\\"', '"').replace("\\\\", "\\") if command[0] == "op-journal" else text
        for name in NAMES:
            if name not in shown:
                store.findings.append("%s -o table: %s is not there" % (" ".join(command), ascii(name)))
    for number, name in enumerate(NAMES[:20]):
        for form in ("table", "csv"):
            if name.replace('"', '""' if form == "csv" else '"') not in store.run("op-musical", "show", musical(number),
                                                                                  "-o", form):
                store.findings.append("op-musical show -o %s: %s is not there" % (form, ascii(name)))


def notices(store):
    """The messages are UTF-8, whole, with the name of the musical and that of the customer."""
    texts = {}
    outbox = os.path.join(os.environ["OP_STORE"], "outbox")
    for row in store.rows("ndjson", "op-notify", "list"):
        with open(os.path.join(outbox, row["noticeId"] + ".txt"), encoding="utf-8") as file:
            texts[row["reservationId"]] = file.read()
    for number, name in enumerate(NAMES):
        text = texts.get(str(number + 1), "")
        if name not in text:
            store.findings.append("notice of reservation %d: %s is not in it" % (number + 1, ascii(name)))


# ---- columns --------------------------------------------------------------------------------------------------------


def width(text):
    """How many columns of a terminal, for simple characters."""
    result = 0
    for character in text:
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        result += 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
    return result


def last_column(line):
    """Where the last word begins."""
    head, _, _ = line.rstrip().rpartition(" ")
    return width(head) + 1


def check_columns(report, what, text):
    lines = text.splitlines()
    places = {last_column(line) for line in lines}
    if len(places) != 1 or len(lines) < len(PLAIN):
        report("%s: %d lines, the last column begins at %s:\n%s" % (what, len(lines), sorted(places), text))


def columns(store):
    """A store of its own: the last column, a word without spaces, begins at the same place in every line."""
    os.environ["OP_STORE"] += ".columns"
    for number, name in enumerate(PLAIN):
        identity = name.replace(" ", "")
        store.run("op-musical", "register", "--id", identity, "--name", name, "--seats", str(10 ** (number % 7 + 1)), "--venue",
                  PLAIN[-number])
        store.run("op-reserve", "place", "--musical", identity, "--seats", "2", "--price", "12345", "--customer", identity,
                  "--id", identity)
        store.run("op-reserve", "cancel", identity, "--seats", "1", "--reason", PLAIN[-number])
    store.run("outerpark", "-q", "tick")
    for command in (["op-musical", "list"], ["op-reserve", "list"], ["op-pay", "list"], ["op-notify", "list"], ["op-mypage"]):
        text = store.run(*command, "-o", "table")
        check_columns(store.findings.append, " ".join(command), text)
        os.environ["LC_ALL"] = "C"
        store.expect("%s in another locale" % " ".join(command), store.run(*command, "-o", "table"), text)
        os.environ["LC_ALL"] = "C.UTF-8"
    # And it would be seen if they did not: padded by characters, or by bytes.
    found = []
    by_characters = "\n".join("%-12s x" % name for name in PLAIN)
    by_bytes = "\n".join(name + " " * (30 - len(name.encode())) + " x" for name in PLAIN)
    right = "\n".join(name + " " * (30 - width(name)) + " x" for name in PLAIN)
    for text in (by_characters, by_bytes, right):
        check_columns(found.append, "self-check", text)
    store.expect("self-check of the columns", len(found), 2)


def main():
    store = Store()
    {"fill": fill, "outputs": outputs, "columns": columns}[sys.argv[1]](store)
    for finding in store.findings[:30]:
        print(finding, file=sys.stderr)
    if len(store.findings) > 30:
        print("... and %d more" % (len(store.findings) - 30), file=sys.stderr)
    return 1 if store.findings else 0


if __name__ == "__main__":
    sys.exit(main())
