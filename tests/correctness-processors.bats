#!/usr/bin/env bats
# correctness-processors.bats - processors that run twice at once, or are killed anywhere, do each thing exactly once.
#
# tests/correctness/check_saga.py reads the journal, the outbox and all lists: one payment outcome per reservation, one
# refund and one release per cancellation, one notice per cause. kill_processor.py kills. Seeds are printed
# (OP_TEST_SEED=N repeats the choices; where a kill lands depends on the machine as well).

load lib/common

# A seed of this run, unless one was given.
setup() {
  common_setup
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
}

check_saga() { op_python -B "$OP_TESTS/correctness/check_saga.py" "$@"; }
kill_processor() { op_python -B "$OP_TESTS/correctness/kill_processor.py" --store "$OP_STORE" --seed "$SEED" "$@"; }

two_musicals() {
  succeeds op-musical register --id 1 --name '겨울왕국' --seats 100000 --price 1000
  succeeds op-musical register --id 2 --name Wicked --seats 100000 --price 50000
}

# place N: reservations of three seats.
place() {
  local n
  for n in $(seq "$1"); do printf '{"musicalId":"%s","seats":3,"customerId":"c%s"}\n' $((n % 2 + 1)) $((n % 7)); done |
    op-reserve -q place --batch
}

# decline FROM TO: PaymentDeclined of these reservations, by another program of the payment context.
decline() {
  op-reserve list | jq -c --argjson from "$1" --argjson to "$2" '
    select((.reservationId | tonumber) >= $from and (.reservationId | tonumber) <= $to)
    | {id: "payment:\(.reservationId):declined", type: "PaymentDeclined", tags: ["reservation:\(.reservationId)"],
       correlation: .reservationId, data: {paymentId: .reservationId, reservationId, amount, currency, provider: "test",
       reason: "no money"}}' | op-journal -q append
}

# decline_one ID: the same of one reservation, unless op-pay was faster.
decline_one() {
  jq -n -c --arg id "$1" '{id: "payment:\($id):declined", type: "PaymentDeclined", tags: ["reservation:\($id)"],
    correlation: $id, data: {paymentId: $id, reservationId: $id, amount: 1, currency: "KRW", provider: "test", reason: "no money"}}' |
    op-journal -q append --unless-type PaymentApproved --unless-tag "reservation:$1" 2>/dev/null || [ $? -eq 1 ]
}

# together CMD... -- CMD... -- ...: all of them at once; each must exit 0. Their outputs are out.1, out.2, ...
together() {
  local pids=() command=() word number=0 pid
  for word in "$@" --; do
    if [ "$word" = -- ]; then
      number=$((number + 1))
      "${command[@]}" >"out.$number" &
      pids+=($!)
      command=()
    else
      command+=("$word")
    fi
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || fail "one of them ended with $?"
  done
}

# appended TYPE...: events of these types.
appended() { journal_bytes | jq -c --arg types "$*" 'select(.type | IN($types | split(" ")[])) | .seq' | wc -l; }

@test "two of the same processor at once, over hundreds of pending: each thing is done once, by one of them" {
  two_musicals
  place 400
  decline 301 400

  together op-pay run -- op-pay run
  assert_equal "$(appended PaymentApproved)" 300
  # What each printed is what it appended, and together that is all.
  assert_equal "$(cat out.1 out.2 | jq .seq | sort -n | uniq | wc -l)" 300
  assert_equal "$(cat out.1 out.2 | wc -l)" 300

  together op-reserve run -- op-reserve run
  assert_equal "$(appended ReservationCancelled)" 100
  assert_equal "$(cat out.1 out.2 | wc -l)" 100

  together op-notify run -- op-notify run
  assert_equal "$(appended NotificationSent)" 400
  assert_equal "$(cat out.1 out.2 | wc -l)" 400
  assert_equal "$(find "$OP_STORE/outbox" -name '*.txt' | wc -l)" 400

  together op-musical run -- op-musical run
  assert_equal "$(appended SeatsReleased)" 100
  assert_equal "$(cat out.1 out.2 | wc -l)" 100

  together op-ticket run -- op-ticket run
  assert_equal "$(appended TicketReady)" 300
  assert_equal "$(cat out.1 out.2 | wc -l)" 300

  succeeds check_saga "$OP_STORE"
  appends_nothing succeeds outerpark -q tick
}

@test "all processors twice at once, on cancellations in part and whole, before and after the payment" {
  two_musicals
  place 200
  local id
  for id in $(seq 1 4 60); do op-reserve -q cancel "$id"; done
  for id in $(seq 2 4 60); do op-reserve -q cancel "$id" --seats 1; done
  op-pay -q run --max 120
  for id in $(seq 61 3 150); do op-reserve -q cancel "$id" --seats 2; done
  for id in $(seq 61 6 150); do op-reserve -q cancel "$id"; done
  together op-pay run -- op-pay run -- op-musical run -- op-musical run -- op-notify run -- op-notify run -- \
    op-reserve run -- op-reserve run -- outerpark tick -- outerpark tick
  succeeds check_saga --unsettled "$OP_STORE"
  succeeds outerpark -q tick
  succeeds check_saga "$OP_STORE"
  echo "$output"
  assert_json '.PaymentRefunded >= 20 and .PaymentCancelled >= 20' true
}

@test "op-assign and op-notify twice at once, while branches come and customers cancel: one notice for each that is news" {
  two_musicals
  local n round pids pid
  # located FROM TO: near to where branches come, and one in ten far from any
  located() {
    for n in $(seq "$1" "$2"); do
      printf '{"musicalId":"1","seats":2,"id":"%s","customerId":"c%s","lat":%s,"lon":127}\n' "$n" $((n % 7)) $((n % 10 ? 37 : -37))
    done | op-reserve -q place --batch
  }
  for round in 0 1 2; do
    located $((round * 20 + 1)) $((round * 20 + 20))
    op-assign -q run
    [ $((round % 2)) -eq 0 ] || op-notify -q run --max 9
    op-assign -q branch add --id "b$round" --name "B $round" --lat 37 --lon 127 --capacity 9
    together op-assign run -- op-assign run -- op-notify run --max 12 -- op-notify run --max 12 -- op-pay run --max 9
    for n in 1 2 3 4 5; do op-reserve -q cancel $((round * 20 + n)); done
    op-reserve -q cancel $((round * 20 + 6)) --seats 1
    op-assign -q collect $((round * 20 + 7)) 2>/dev/null || true
  done
  succeeds check_saga --unsettled "$OP_STORE"
  succeeds outerpark -q tick
  succeeds check_saga "$OP_STORE"
  assert_json '.PickupAssigned >= 18 and .AssignmentFailed >= 18 and .PickupCollected >= 1' true
  assert_json '[.NotificationSent > 60]' "$(printf '[\n  true\n]')"
  # The check finds what is told twice, or was no news.
  journal_bytes | jq -c 'select(.type == "NotificationSent" and .data.template == "PickupCollected")
    | {id: "twice", type, tags, correlation, causation, data}' | head -1 >again
  op-journal -q append <again
  exits_with 1 check_saga "$OP_STORE"
  [[ $stderr == *'notice of PickupCollected '*': 2 times'* ]] || fail "$stderr"
}

@test "two of every processor follow the journal at once, and wake at the same event: each thing is done once" {
  two_musicals
  local command pids=() pid round id
  for command in op-pay op-pay op-musical op-musical op-reserve op-reserve op-ticket op-ticket op-notify op-notify; do
    "$command" run --follow >"followed.$command.${#pids[@]}" &
    pids+=($!)
  done
  for round in $(seq 0 24); do
    place 4
    id=$((round * 4))
    op-reserve -q cancel $((id + 1))
    op-reserve -q cancel $((id + 2)) --seats 1
    decline_one $((id + 3))
    op-reserve -q cancel $((id + 2)) --seats 1
  done
  wait_until 60 eval '[ "$(appended NotificationSent)" -ge 100 ]'
  kill -TERM "${pids[@]}"
  for pid in "${pids[@]}"; do
    wait "$pid" || fail "one of them ended with $?"
  done
  succeeds check_saga --unsettled "$OP_STORE"
  # What all of them printed is what was appended by them, each once. (op-reserve run: the cancellations of declined ones.)
  assert_equal "$(cat followed.* | jq .seq | sort -n | uniq -d | wc -l)" 0
  assert_equal "$(cat followed.* | jq -r 'select(.type != "ReservationCancelled") | .seq' | wc -l)" \
    "$(journal_bytes | jq -r 'select(.type | IN("ReservationPlaced", "ReservationCancelled", "MusicalRegistered") | not)
      | select(.data.provider != "test") | .seq' | wc -l)"
  succeeds outerpark -q tick
  succeeds check_saga "$OP_STORE"
}

@test "three op-reserve run follow the journal at once: one cancellation per declined payment" {
  two_musicals
  local pids=() pid round
  for round in 1 2 3; do
    op-reserve run --follow >"followed.$round" &
    pids+=($!)
  done
  for round in $(seq 40); do
    place 1
    decline_one "$round"
  done
  wait_until 60 eval '[ "$(appended ReservationCancelled)" -ge 40 ]'
  kill -TERM "${pids[@]}"
  for pid in "${pids[@]}"; do
    wait "$pid" || fail "one of them ended with $?"
  done
  succeeds check_saga --unsettled "$OP_STORE"
  assert_equal "$(cat followed.* | jq .seq | sort -n | uniq | wc -l)" 40
  assert_equal "$(cat followed.* | wc -l)" 40
}

# killed COMMAND [KILLS]: 100 kills in a row, then one tick.
killed() {
  two_musicals
  kill_processor --kills "${2:-100}" "$1"
  succeeds check_saga --unsettled "$OP_STORE"
  succeeds outerpark -q tick
  succeeds check_saga "$OP_STORE"
  echo "$output"
  appends_nothing succeeds outerpark -q tick
  succeeds op-journal verify
}

# bats test_tags=slow
@test "op-pay run killed 100 times in a row: one payment outcome per reservation" {
  killed op-pay
}

# bats test_tags=slow
@test "op-notify run killed 100 times in a row: one notice per cause, in the journal and in the outbox" {
  killed op-notify
}

# bats test_tags=slow
@test "op-musical run killed 100 times in a row: one release per cancellation" {
  killed op-musical
}

# bats test_tags=slow
@test "op-reserve run killed 100 times in a row: one cancellation per declined payment" {
  killed op-reserve
}

check_pickups() { op_python -B "$OP_TESTS/correctness/check_pickups.py" "$@"; }

# bats test_tags=slow
@test "op-assign run killed 40 times in a row: one branch per reservation, given back once, and never too many" {
  op-assign -q branch add --id a --name A --lat 37.55 --lon 126.98 --capacity 60
  op-assign -q branch add --id b --name B --lat 37.50 --lon 127.02 --capacity 30
  killed op-assign 40
  succeeds check_pickups "$OP_STORE" --settled
  echo "$output"
  assert_json '.events | .PickupAssigned > 60 and .PickupReleased > 10 and .AssignmentFailed > 0' true
}

@test "SIGTERM during --follow: exit 0, the event in hand is finished and printed" {
  two_musicals
  local command
  for command in op-pay op-notify op-musical op-reserve op-ticket op-assign; do
    kill_processor --terms 6 "$command" || fail "$command"
    succeeds check_saga --unsettled "$OP_STORE"
  done
  succeeds outerpark -q tick
  succeeds check_saga "$OP_STORE"
}

# ---- the checker finds what it is there to find ---------------------------------------------------------------------

# tampered FILTER: a copy of the store, every event of its journal through jq.
tampered() {
  rm -rf copy.broken
  cp -r "$OP_STORE" copy.broken
  rm -rf copy.broken/state copy.broken/control
  journal_bytes | jq -s -c '('"$1"') | to_entries[] | .value + {seq: (.key + 1), durable: 0}' \
    >copy.broken/journal/00000000000000000001.ndjson
}

# finds TEXT: the checker fails on the copy, and says this. (The commands refuse such a journal; that is told as well.)
finds() {
  exits_with 1 check_saga copy.broken
  [[ $stderr == *"$1"* ]] || fail "expected '$1' in: $stderr"
}

@test "the checker is not satisfied with what was done twice, or not at all" {
  two_musicals
  place 6
  decline 6 6
  op-pay -q run
  op-reserve -q cancel 1
  op-reserve -q cancel 2 --seats 1
  succeeds check_saga --unsettled "$OP_STORE"
  exits_with 1 check_saga "$OP_STORE"
  [[ $stderr == *'release of cancellation'*' 0 times'* ]] || fail "$stderr"
  succeeds outerpark -q tick
  succeeds check_saga "$OP_STORE"

  local type
  for type in PaymentApproved SeatsReleased NotificationSent PaymentCancelled PaymentRefunded; do
    tampered '. + [first(.[] | select(.type == "'$type'")) | .id = "twice"]'
    finds '2 times'
  done
  tampered '. + [first(.[] | select(.type == "SeatsReleased"))]'
  finds 'the id seats-released:'
  # One that is gone: the type is another, so that the numbers stay.
  tampered 'map(if .type == "PaymentApproved" and .correlation == "3" then .type = "Note" else . end)'
  finds 'payment outcome of reservation 3: 0 times'
  tampered 'map(if .type == "ReservationCancelled" and .correlation == "6" then .type = "Note" else . end)'
  finds 'cancellation after PaymentDeclined'
  tampered .
  rm "$(find copy.broken/outbox -name '*.txt' -print -quit)"
  finds 'is missing'
  tampered .
  echo hello >copy.broken/outbox/1.txt
  finds 'nothing says that 1.txt was sent'
  # The lists: another store's read models.
  rm -rf copy.broken
  cp -r "$OP_STORE" copy.broken
  sqlite3 copy.broken/state/pay.db "UPDATE payments SET charged = charged + 1 WHERE reservation_id = '3'"
  exits_with 1 check_saga copy.broken
  [[ $stderr == *'op-pay list'* ]] || fail "$stderr"
}
