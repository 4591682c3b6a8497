"""Reads the journal of a store for the checkers, without the help of the programs that are under test.

Torn bytes and half a commit at the end are what a killed append leaves; they are no events and are not given. Everything
else that is not a line of JSON with the next seq raises ValueError: a checker must not pass over what it cannot read.
"""

import hashlib
import json
import os
import re
import sys
import time

SEGMENT = re.compile(r"^[0-9]{20}\.ndjson$")
TAIL_BYTES = 1 << 16
MAX_FINDINGS = 20
END_OF_COMMIT = b',"durable":'


def segments(store):
    """The paths of the segments, in order."""
    directory = os.path.join(store, "journal")
    try:
        names = sorted(name for name in os.listdir(directory) if SEGMENT.match(name))
    except FileNotFoundError:
        return []
    return [os.path.join(directory, name) for name in names]


def digest(store):
    """A hash over the names and bytes of all segments."""
    result = hashlib.sha256()
    for path in segments(store):
        with open(path, "rb") as file:
            content = file.read()
        result.update(b"%s %d\n" % (os.path.basename(path).encode(), len(content)))
        result.update(content)
    return result.hexdigest()


def last_commit(store):
    """The last line of the last whole commit that is written, durable or not; empty where there is none."""
    for path in reversed(segments(store)):
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            tail = TAIL_BYTES
            while True:
                file.seek(max(0, size - tail))
                lines = file.read(min(size, tail)).split(b"\n")
                for line in reversed(lines[0 if tail >= size else 1:-1]):
                    if END_OF_COMMIT in line:
                        return line
                if tail >= size:
                    break
                tail *= 16
    return b""


def last_seq(store):
    """The seq of the last whole commit that is written, durable or not; 0 where there is none."""
    line = last_commit(store)
    return int(re.match(rb'\{"seq":([0-9]+)', line).group(1)) if line else 0


def surely_seen(store):
    """What whoever begins now must see: what was durable when the last commit was written. What follows may stand in the
    file while its writer has not moved the tail of the control page yet; others go on without it meanwhile."""
    line = last_commit(store)
    return int(re.search(rb',"durable":([0-9]+),"data":', line).group(1)) if line else 0


def read(store):
    """All events, as dicts, in order."""
    lines = []
    for path in segments(store):
        with open(path, "rb") as file:
            content = file.read()
        whole = content.split(b"\n")
        whole.pop()
        lines += whole
    while lines and END_OF_COMMIT not in lines[-1]:
        lines.pop()
    events = []
    for number, line in enumerate(lines):
        event = json.loads(line)
        if event["seq"] != number + 1:
            raise ValueError("event %d stands where %d is expected" % (event["seq"], number + 1))
        events.append(event)
    return events


def between(history, before, after):
    """The values that a history [(seq, value)] had at any prefix from `before` to `after`; none before its first."""
    result, current = [], None
    for seq, value in history:
        if seq > after:
            break
        if seq > before and current is not None:
            result.append(current)
        current = value
    return result + ([current] if current is not None else [])


def tell(findings):
    """Says on stderr what a checker found."""
    for finding in findings[:MAX_FINDINGS]:
        print(finding, file=sys.stderr)
    if len(findings) > MAX_FINDINGS:
        print("... and %d more" % (len(findings) - MAX_FINDINGS), file=sys.stderr)


def clock():
    """What the commands take for now, as it stands in events."""
    return os.environ.get("OP_NOW") or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Follower:
    """Counts the events of some types, reading only what came since the last time."""

    def __init__(self, store, types):
        self.store = store
        self.marks = [b'"type":"%s"' % name.encode() for name in types]
        self.read_to = {}  # segment -> bytes up to the end of its last whole commit
        self.count = 0

    def update(self):
        for path in segments(self.store):
            with open(path, "rb") as file:
                file.seek(self.read_to.get(path, 0))
                content = file.read()
            end = position = 0
            for line in content.split(b"\n")[:-1]:
                position += len(line) + 1
                end = position if END_OF_COMMIT in line else end
            for line in content[:end].splitlines():
                head = line[:line.find(b'"tags":')]
                self.count += any(mark in head for mark in self.marks)
            self.read_to[path] = self.read_to.get(path, 0) + end
        return self.count
