#!/usr/bin/env bash
# demo.sh - plays the acceptance scenario of OuterPark: two reservations, one too many, one cancelled, everything told.
#
# Every command is shown as it is run, on a store that is made for this and removed at the end. Every number is checked;
# the exit code is 0 only if all of them came out as they should. `make demo` builds first.
set -euo pipefail
# shellcheck source=examples/play.bash
. "$(dirname "${BASH_SOURCE[0]}")/../play.bash"

printf '%sOuterPark: a musical, two reservations, and a change of mind%s\n' "$bold" "$plain"
say "Every command below is its own small program. They share one journal of events, $OP_STORE/journal, and nothing else."

section '1. A musical with 100 seats'
run op-musical register --id 1 --name Frozen --seats 100 "${table[@]}"
expect 'seats that can be reserved' 100 field reservableSeats op-musical show 1

section '2. Reserve 10 seats, then 15; 200 are refused'
run op-reserve place --musical 1 --seats 10 --price 50000 --customer mina "${table[@]}"
run op-reserve place --musical 1 --seats 15 --price 50000 --customer jun "${table[@]}"
say 'The seats are checked and taken in one step, so 200 more are refused on the spot, with what is left:'
run op-reserve place --musical 1 --seats 200 --price 50000 "${table[@]}" || say "(exit $?: refused by a rule)"
expect 'exit code of the refusal' 1 exit_code op-reserve place --musical 1 --seats 200 --price 50000

section '3. The saga goes on by itself: pay, then tell the customers'
say 'outerpark tick runs every processor until nobody has anything left to do; cron would do it once a minute.'
run outerpark tick -q
say 'It appended two payments, two tickets that can be issued and two notices behind the first three events:'
expect 'events in the journal' 9 field head op-journal stat
say '3.1 100 - 10 - 15 = 75 seats are left:'
run op-musical list "${table[@]}"
expect 'seats left' 75 field reservableSeats op-musical show 1
say '3.2 One payment for each reservation, 10 x 50,000 and 15 x 50,000 won:'
run op-pay list "${table[@]}"
expect 'payments' 2 count op-pay list
say '3.3 One notice for each payment:'
run op-notify list "${table[@]}"
expect 'notices' 2 count op-notify list
say '3.4 My page, the whole picture, projected from the events of all the others:'
run op-mypage "${table[@]}"
expect 'reservations that are paid' 2 count op-mypage --status PaymentApproved

section '4. Mina cancels reservation 1'
run op-reserve cancel 1 --reason 'cannot come' "${table[@]}"
say 'Only reservation 2 is left:'
run op-reserve list "${table[@]}"
expect 'reservations left' 1 count op-reserve list

section '5. The compensations: money back, seats back, customer told'
run outerpark tick -q
say 'After the cancellation came a refund, the release of the seats, a ticket that is void, and a notice:'
expect 'events in the journal' 14 field head op-journal stat
say '5.1 75 + 10 = 85 seats can be reserved again:'
run op-musical list "${table[@]}"
expect 'seats left' 85 field reservableSeats op-musical show 1
say '5.2 The same payment row, now cancelled:'
run op-pay list "${table[@]}"
expect 'payment of reservation 1' PaymentCancelled field status op-pay show 1
expect 'payment of reservation 2' PaymentApproved field status op-pay show 2
expect 'payments' 2 count op-pay list
say '5.3 A third notice, for the cancellation:'
run op-notify list "${table[@]}"
expect 'notices' 3 count op-notify list
say '5.4 My page, and everything that happened to reservation 1:'
run op-mypage "${table[@]}"
run op-mypage history 1 "${table[@]}"
expect 'status of reservation 1' PaymentCancelled field status op-mypage show 1

section 'The same, read as events by any program'
run op-journal read --correlation 1 --format data --limit 2 -o ndjson
if command -v python3 >/dev/null; then
  say 'A consumer in another language gets the events on its standard input; its offset moves when it exits 0:'
  run op-journal consume --consumer kakao -- python3 "$here/consumer.py"
  expect 'events that the consumer has not seen' 0 lag kakao
fi
run op-journal verify "${table[@]}"

section 'What to try next'
cat <<'EOF'
  export OP_STORE=/tmp/my-park                       your own store, made by the first event
  op-musical register --id 2 --name '레베카 🎭' --seats 50
  op-musical import examples/outerpark/musicals.yaml --dry-run       grades, performances: a catalogue
  op-reserve place --musical 2 --seats 2 --price 90000 && outerpark tick && op-mypage
  op-journal read | jq -c '[.seq, .type, .correlation]'
  tail -f /tmp/my-park/journal/*.ndjson              the journal is text; look over its shoulder
  op-reserve --help                                  every command has --help and a man page
EOF

ended 'All numbers are as they should be. The store was temporary and is removed now.' 'Numbers that are wrong'
