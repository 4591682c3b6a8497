#!/usr/bin/env python3
"""consumer.py - tells customers about their payments, one KakaoTalk-like line per message.

Run by:  op-journal consume --consumer kakao --type PaymentApproved,PaymentCancelled -- python3 consumer.py

It reads events as NDJSON on its standard input and writes messages. When it exits 0, op-journal remembers that these
events are done; when it fails, or is killed, it gets them again. So a real sender would pass `event["id"]` on as its
idempotency key. Fields that it does not know are ignored, and so are events that it does not care about.
"""

import json
import sys


def money(amount, currency):
    return f"{amount:,}원" if currency == "KRW" else f"{amount:,} {currency}"


def message(event):
    """The text for one event, or None where the customer need not hear of it."""
    data = event["data"]
    reservation = data.get("reservationId", event.get("correlation"))
    amount = money(data.get("amount", 0), data.get("currency", "KRW"))
    if event["type"] == "PaymentApproved":
        return f"예약 {reservation}번의 결제 {amount}이 완료되었습니다."
    if event["type"] == "PaymentCancelled":
        return f"예약 {reservation}번이 취소되어 {amount}이 환불되었습니다."
    return None


def main():
    for line in sys.stdin:
        event = json.loads(line)
        text = message(event)
        if text is not None:
            customer = event["data"].get("customerId") or "고객"
            print(f"[카카오톡] {customer}: {text}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
