#!/usr/bin/python3
"""Checks every event in the journals below the given files and directories against schemas/.

    validate_events.py [--tally FILE] FILE_OR_DIR...

What is read is every NDJSON segment of a journal (journal/<20 digits>.ndjson). Checked are: JSON without repeated keys,
the envelope and its order of keys, the CRC-32C, seq without gaps across the segments, the format mark on the first line
of a segment and nowhere else, causation before effect, and data against the schema that is named like the type, in
schemas/ or tests/schemas/. A type without a schema is a failure. Half a line or half a commit at the end of the last
segment is the torn tail of an append that was killed; that is no failure.

Left out, because tests damage them on purpose: paths with a part that ends in .broken or contains .cut, and stores that
hold a file .damaged-on-purpose. Prints FILE:LINE: what, exits 1 when anything is wrong.
"""

import argparse
import decimal
import json
import os
import re
import sys

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA_DIRS = [os.path.join(ROOT, "schemas"), os.path.join(ROOT, "tests", "schemas")]
SEGMENT = re.compile(r"^[0-9]{20}\.ndjson$")
KEYS = ["seq", "format", "id", "time", "type", "tags", "correlation", "causation", "durable", "data", "crc"]
CRC_TAIL = len(b',"crc":"00000000"}')
MAX_FINDINGS = 20


def crc_table():
    """The table of CRC-32C (Castagnoli, reflected polynomial 0x82f63b78)."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def unique(pairs):
    """A JSON object whose keys are all different."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


class Schemas:
    """Validators by event type, made when first asked for."""

    def __init__(self):
        self.validators = {}
        self.envelope = self.load("envelope")

    def load(self, name):
        for directory in SCHEMA_DIRS:
            path = os.path.join(directory, name + ".json")
            if os.path.isfile(path):
                with open(path, encoding="utf-8") as file:
                    schema = json.load(file)
                validator = jsonschema.validators.validator_for(schema)
                validator.check_schema(schema)
                return validator(schema)
        return None

    def of_type(self, name):
        if name not in self.validators:
            plain = re.match(r"^[A-Za-z][A-Za-z0-9._-]*$", name) and name != "envelope"
            self.validators[name] = self.load(name) if plain else None
        return self.validators[name]


class Journal:
    """One directory of segments; `report(path, line, text)` is called for what is wrong."""

    def __init__(self, schemas, report):
        self.schemas = schemas
        self.report = report
        self.events = 0

    def check(self, segments):
        expected = None
        for number, path in enumerate(segments):
            last = number == len(segments) - 1
            with open(path, "rb") as file:
                content = file.read()
            lines = content.split(b"\n")
            torn = lines.pop()
            if not last and (torn or not lines or b',"durable":' not in lines[-1]):
                self.report(path, len(lines) + 1, "a torn tail in a segment that is not the last")
            name = int(os.path.basename(path)[:20])
            if expected is not None and name != expected:
                self.report(path, 1, "the segment should begin with seq %d" % expected)
            expected = name
            for index, line in enumerate(lines):
                self.check_line(path, index + 1, line, expected)
                expected += 1

    def check_line(self, path, number, line, expected):
        try:
            # Decimal, so that 1.0 and 1e3 are not taken for whole numbers.
            event = json.loads(line.decode("utf-8"), object_pairs_hook=unique, parse_float=decimal.Decimal)
        except (UnicodeDecodeError, ValueError) as error:
            self.report(path, number, "no JSON: %s" % error)
            return
        for error in self.schemas.envelope.iter_errors(event):
            self.report(path, number, "envelope: %s" % describe(error))
            return
        self.events += 1
        if list(event) != [key for key in KEYS if key in event]:
            self.report(path, number, "the keys of the envelope stand in another order: %s" % ",".join(event))
        if event["seq"] != expected:
            self.report(path, number, "seq %d, expected %d" % (event["seq"], expected))
        if ("format" in event) != (number == 1):
            self.report(path, number, "the format mark belongs on the first line of a segment, and only there")
        if event["causation"] is not None and event["causation"] >= event["seq"]:
            self.report(path, number, "caused by the later event %d" % event["causation"])
        if event.get("durable", 0) >= event["seq"]:
            self.report(path, number, "durable up to %d before it was written" % event["durable"])
        if "%08x" % crc32c(line[:-CRC_TAIL]) != event["crc"]:
            self.report(path, number, "crc %s does not fit" % event["crc"])
        validator = self.schemas.of_type(event["type"])
        if validator is None:
            self.report(path, number, "no schema for the type %s" % event["type"])
            return
        for error in validator.iter_errors(event["data"]):
            self.report(path, number, "%s: %s" % (event["type"], describe(error)))


def describe(error):
    place = "/".join(str(part) for part in error.absolute_path)
    return "%s%s" % (place + ": " if place else "", error.message[:300])


def on_purpose(path):
    """Is this part of a path named as damaged on purpose?"""
    return path.endswith(".broken") or ".cut" in path


def find_segments(place):
    """The segments at or below a file or directory, as lists, one for each journal."""
    if os.path.isfile(place):
        if not SEGMENT.match(os.path.basename(place)):
            raise SystemExit("%s: a segment is named like 00000000000000000001.ndjson" % place)
        return [[place]]
    if not os.path.isdir(place):
        raise SystemExit("%s: there is no such file or directory" % place)
    journals = []
    for directory, children, files in os.walk(place):
        children[:] = sorted(child for child in children if not on_purpose(child))
        if ".damaged-on-purpose" in files:
            children[:] = []
            continue
        if os.path.basename(directory) == "journal":
            segments = sorted(name for name in files if SEGMENT.match(name))
            if segments:
                journals.append([os.path.join(directory, name) for name in segments])
    return journals


def main():
    parser = argparse.ArgumentParser(description="Checks every event of the journals against schemas/.")
    parser.add_argument("--tally", help="append `EVENTS JOURNALS` to this file")
    parser.add_argument("places", nargs="+", metavar="FILE_OR_DIR")
    arguments = parser.parse_args()
    findings = []

    def report(path, line, text):
        findings.append("%s:%d: %s" % (path, line, text))

    schemas = Schemas()
    events = journals = 0
    for place in arguments.places:
        for segments in find_segments(place):
            journal = Journal(schemas, report)
            journal.check(segments)
            events += journal.events
            journals += 1
    if arguments.tally and journals:
        with open(arguments.tally, "a", encoding="ascii") as file:
            file.write("%d %d\n" % (events, journals))
    for finding in findings[:MAX_FINDINGS]:
        print(finding, file=sys.stderr)
    if len(findings) > MAX_FINDINGS:
        print("... and %d more" % (len(findings) - MAX_FINDINGS), file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
