#!/bin/sh
# send.sh - a sender for notify.channel exec: the whole message is on stdin, what matters of it in NOTICE_ variables.
[ -n "$NOTICE_TO" ] || exit 0 # no contact is known
curl -fsS -m 20 -o /dev/null -H "Idempotency-Key: $NOTICE_MESSAGE_ID" --data-urlencode "to=$NOTICE_TO" \
  --data-urlencode "text=$NOTICE_TEXT" https://messages.example.org/send || exit 75 # not now: it is tried again
