#!/usr/bin/env bats
# correctness-kill.bats - whatever is killed, wherever: nothing acknowledged is lost, nothing is done twice, nothing hangs.
#
# The short version of `make kill` (tests/correctness/kill_campaign.py), and that its checks find what they are there to
# find: in stores at rest into which a fault was put by hand, and in logs of killed calls that lie.

load lib/common

# A seed of this run, unless one was given.
setup() {
  common_setup
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
}

# campaign KILLS: its stores stand below the test's directory.
campaign() {
  mkdir -p stores
  op_python -B "$OP_TESTS/correctness/kill_campaign.py" --kills "$1" --seed "$SEED" --directory stores
}

check_sales() { op_python -B "$OP_TESTS/correctness/check_sales.py" "$@"; }

# bats test_tags=slow
@test "200 kills of writers, processors, consumers, readers and whoever recovers: the saga is whole" {
  succeeds campaign 200
  echo "$output"
  output=$(sed -n '/^{/,$p' <<<"$output")
  assert_json '.kills >= 200' true
  assert_json '.["checks at rest"]' 2
  # They were killed at work, not only on the way there.
  assert_json '.byPlace.syncing > 5 and .byPlace.recovering > 1 and .killedHavingWritten > 5' true
  assert_json '.byProcess | length > 10' true
  assert_json '.happened | [.TicketIssued, .TicketAdmitted, .PickupAssigned, .PickupCollected, .PickupReleased, .WaitingOffered,
    .offersAccepted + .WaitingOfferExpired + .WaitingOfferDeclined] | map(. > 0) | all' true
  assert_equal "$(find stores -mindepth 1)" ''
}

@test "the campaign ends at its first finding, and keeps the store" {
  mkdir broken-bin
  cat >broken-bin/op-journal <<EOF
#!/bin/bash
# At rest its journal has one event more than there are lines.
case "\$*" in
'--timeout 5s verify') "$OP_BUILD/bin/op-journal" "\$@" | jq -c '.events += 1' ;;
*) exec "$OP_BUILD/bin/op-journal" "\$@" ;;
esac
EOF
  chmod +x broken-bin/op-journal
  PATH=$PWD/broken-bin:$PATH exits_with 1 campaign 10
  [[ $stderr == *'verify at rest says'* ]] || fail "$stderr"
  [[ $stderr == *'the store is kept in '* ]] || fail "$stderr"
  assert [ -d "${stderr##*kept in }/store/journal" ]
}

# ---- what the checks at rest find ------------------------------------------------------------------------------------

check_at_rest() { op_python -B "$OP_TESTS/correctness/kill_check.py" "$OP_STORE" "$@"; }

# A store as the campaign leaves it: a sale with its log, paid and notified; consumers that saw everything; and `shown`,
# the events that somebody was shown.
store_at_rest() {
  succeeds op-musical register --id 1 --name Frozen --seats 5
  succeeds op-reserve place --musical 1 --seats 2
  jq -n -c --arg stdout "$output"$'\n' '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null,
    requestId: null}, before: 1, after: 2, exit: 0, $stdout, stderr: ""}' >"$(dirname "$OP_STORE")/calls.log"
  succeeds outerpark -q tick
  succeeds check_at_rest
  op-journal read >shown
}

# check_finds TEXT: every time, and nothing else before it.
check_finds() {
  exits_with 1 check_at_rest shown
  [[ $stderr == *"$1"* ]] || fail "expected '$1' in: $stderr"
}

@test "the checks at rest are content with a store that is as it should be" {
  store_at_rest
  succeeds check_at_rest shown
  assert_json .sales.calls 1
  assert_json .seenAgain 0
}

@test "the checks at rest find an acknowledged event that is gone" {
  store_at_rest
  local segment
  segment=$(find "$OP_STORE/journal" -name '*.ndjson' | sort | tail -n 1)
  truncate -s "-$(tail -n 1 "$segment" | wc -c)" "$segment"
  rm -r "$OP_STORE/control" "$OP_STORE/state" # they would tell of it, too
  check_finds "event $(wc -l <shown) was shown as"
}

@test "the checks at rest find a consumer that was moved past what its command did not do" {
  store_at_rest
  succeeds op-journal append <<<'{"type":"Note","data":{}}'
  succeeds op-journal -q seek all "$(op-journal stat | jq .head)"
  check_finds 'consumer all: saw'
}

@test "the checks at rest find a payment that was made twice" {
  store_at_rest
  jq -c 'select(.type == "PaymentApproved") | {id: "twice", type, tags, correlation, causation, data}' shown >again
  [ -s again ]
  succeeds op-journal append <again
  check_finds 'check_saga.py: payment outcome of reservation'
}

# forged TYPE DATA: somebody appends what no command of ours would.
forged() {
  jq -cn --arg type "$1" --argjson data "$2" '{$type, tags: ["reservation:1"], correlation: "1", $data}' | op-journal -q append
}

@test "the checks at rest find an offer to nobody, a pick-up of what goes nowhere, and an admission without a ticket" {
  store_at_rest
  forged WaitingOffered '{"waitingId":"w","offerId":"w","musicalId":"1","seats":1,"until":"2099-01-01T00:00:00.000000Z"}'
  check_finds 'check_waiting.py: event'
  [[ $stderr == *'w is None, not joined'* ]] || fail "$stderr"
  forged AssignmentFailed '{"reservationId":"1","musicalId":"1","reason":"no_capacity"}'
  check_finds 'check_pickups.py: event'
  [[ $stderr == *'of a reservation without a location'* ]] || fail "$stderr"
  forged TicketAdmitted '{"ticketId":"1","reservationId":"1","musicalId":"1","seats":2,"code":"0000-0000-0000-0000"}'
  check_finds 'check_tickets.py: event'
  [[ $stderr == *'admitted before it was issued'* ]] || fail "$stderr"
}

# A log of one killed placement of two seats, and what else is given: lines of calls.
killed_log() {
  jq -n -c '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null, requestId: "key"}, before: 1,
    after: 4, exit: -9, killed: true, stdout: "", stderr: ""}' >calls.log
  cat >>calls.log
}

@test "a killed placement may stand in the journal once, and as its repetition was answered" {
  succeeds op-musical register --id 1 --name Frozen --seats 5
  killed_log </dev/null
  succeeds check_sales "$OP_STORE" calls.log
  assert_json '[.killed, .killedHavingWritten]' "$(printf '[\n  1,\n  0\n]')"
  succeeds op-reserve place --musical 1 --seats 2 --request-id key
  succeeds check_sales "$OP_STORE" calls.log
  assert_json .killedHavingWritten 1

  # Asked again: the answer is that of the first, though it was appended before.
  succeeds op-reserve place --musical 1 --seats 2 --request-id key
  jq -n -c --arg stdout "$output"$'\n' '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null,
    requestId: "key"}, before: 4, after: 4, exit: 0, $stdout, stderr: ""}' >again
  killed_log <again
  succeeds check_sales "$OP_STORE" calls.log
  # Asked again and refused, though it had been done.
  jq -n -c '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null, requestId: "key"}, before: 1,
    after: 4, exit: 1, stdout: "", stderr: "{\"error\":\"insufficient_seats\",\"requested\":2,\"available\":0}"}' >again
  killed_log <again
  exits_with 1 check_sales "$OP_STORE" calls.log
  [[ $stderr == *'nobody was told of it'* ]] || fail "$stderr"

  # Twice is once too often.
  succeeds op-reserve place --musical 1 --seats 2
  killed_log </dev/null
  exits_with 1 check_sales "$OP_STORE" calls.log
  [[ $stderr == *'nobody was told of it'* ]] || fail "$stderr"
}
