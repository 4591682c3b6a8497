#!/usr/bin/env python3
# revenue.py - keeps every payment in a database of its own, once:  op-journal consume --consumer books -- python3 revenue.py
import json
import sqlite3
import sys

db = sqlite3.connect("revenue.db")
db.execute("CREATE TABLE IF NOT EXISTS payments(event_id TEXT PRIMARY KEY, amount INTEGER)")
with db:  # one transaction: all of the batch, or none
    for event in map(json.loads, sys.stdin):
        if event["type"] == "PaymentApproved":
            db.execute("INSERT OR IGNORE INTO payments VALUES (?, ?)", (event["id"], event["data"]["amount"]))
