#!/usr/bin/env bats
# op-pay: charging, refunding, its lists, its errors.

load lib/common

# A musical with 100 seats at 50,000 and one reservation of ten of them by customer c1.
one_reservation() {
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10 --customer c1
}

@test "what is reserved is pending until run charges it, once" {
  one_reservation
  succeeds op-pay list
  assert_json status Pending
  assert_json amount 500000
  assert_json attempts 0
  assert_json chargedAmount 0
  assert_json provider null
  succeeds op-pay run
  assert_json type PaymentApproved
  assert_json .data.amount 500000
  assert_json correlation 1
  assert_json causation 2
  assert_json '.tags | join(" ")' 'reservation:1 customer:c1'
  appends_nothing succeeds op-pay run
  assert_equal "$output" ''
  succeeds op-pay show 1
  assert_json status PaymentApproved
  assert_json paymentId 1
  assert_json customerId c1
  assert_json attempts 1
  assert_json chargedAmount 500000
  assert_json refundedAmount 0
  assert_json currency KRW
  assert_json provider approve
  assert_json providerRef approve:1
}

@test "a cancelled reservation is refunded: the same row says PaymentCancelled" {
  one_reservation
  succeeds op-pay run
  succeeds op-reserve cancel 1
  succeeds op-pay run
  assert_json type PaymentCancelled
  assert_json .data.amount 500000
  assert_json .data.remainingAmount 0
  assert_json causation 4
  succeeds op-pay list
  assert_equal "$(json paymentId)" 1
  assert_json status PaymentCancelled
  assert_json amount 500000
  assert_json refundedAmount 500000
  appends_nothing succeeds op-pay run
}

@test "a cancellation before the charge: nothing is ever charged" {
  one_reservation
  succeeds op-reserve cancel 1
  succeeds op-pay run
  assert_json type PaymentCancelled
  assert_json .data.amount 0
  succeeds op-pay show 1
  assert_json status PaymentCancelled
  assert_json chargedAmount 0
  assert_equal "$(event_count PaymentApproved)" 0
}

@test "partial cancellations: before the charge less is due, after it a part goes back" {
  one_reservation
  succeeds op-reserve cancel 1 --seats 2
  succeeds op-pay run
  assert_json .data.amount 400000
  succeeds op-reserve cancel 1 --seats 3
  succeeds op-reserve cancel 1 --seats 1
  succeeds op-pay run
  assert_json '[.type, .data.amount, .data.remainingAmount] | join(" ")' \
    $'PaymentRefunded 150000 250000\nPaymentRefunded 50000 200000'
  succeeds op-pay show 1
  assert_json status PaymentApproved
  assert_json amount 200000
  assert_json chargedAmount 400000
  assert_json refundedAmount 200000
  succeeds op-reserve cancel 1
  succeeds op-pay run
  assert_json '[.type, .data.amount] | join(" ")' 'PaymentCancelled 200000'
  succeeds op-pay show 1
  assert_json refundedAmount 400000
}

@test "some seats, then all of them given up before one run: two answers, in order" {
  one_reservation
  succeeds op-pay run
  succeeds op-reserve cancel 1 --seats 4
  succeeds op-reserve cancel 1
  succeeds op-pay run
  assert_json '[.type, .data.amount] | join(" ")' $'PaymentRefunded 200000\nPaymentCancelled 300000'
}

@test "free seats are approved and cancelled like any other" {
  succeeds op-musical register --id 1 --name Free --seats 10 --price 0
  succeeds op-reserve place --musical 1 --seats 2
  succeeds op-pay run
  assert_json '[.type, .data.amount] | join(" ")' 'PaymentApproved 0'
  succeeds op-reserve cancel 1
  succeeds op-pay run
  assert_json '[.type, .data.amount] | join(" ")' 'PaymentCancelled 0'
}

@test "--max bounds what is handled; a second run does the rest" {
  one_reservation
  succeeds op-reserve place --musical 1 --seats 1
  succeeds op-reserve place --musical 1 --seats 2
  succeeds op-pay run --max 2
  assert_equal "$(event_count PaymentApproved)" 2
  succeeds op-pay run
  assert_equal "$(event_count PaymentApproved)" 3
}

@test "list: order of placing, --status, all formats" {
  one_reservation
  succeeds op-reserve place --musical 1 --seats 15
  succeeds op-pay run --max 1
  succeeds op-pay list
  assert_json paymentId $'1\n2'
  succeeds op-pay list --status Pending
  assert_json paymentId 2
  succeeds op-pay list --status PaymentDeclined
  assert_equal "$output" ''
  succeeds op-pay -o json list
  assert_json 'map(.status) | join(" ")' 'PaymentApproved Pending'
  succeeds op-pay list -o csv
  assert_equal "$(head -1 <<<"$output")" \
    paymentId,reservationId,customerId,amount,currency,status,attempts,chargedAmount,refundedAmount,provider,providerRef,lastError,retryAt,updatedAt
  succeeds op-pay list -o table
  [[ $output == *750,000* ]]
}

@test "two at once leave one outcome per reservation" {
  succeeds op-musical register --id 1 --name Frozen --seats 1000 --price 100
  for _ in $(seq 40); do printf '{"musicalId":"1","seats":1}\n'; done | succeeds op-reserve place --batch
  for _ in 1 2 3 4; do op-pay run -q & done
  wait
  assert_equal "$(event_count PaymentApproved)" 40
  for id in $(seq 1 2 40); do succeeds op-reserve cancel "$id"; done
  for _ in 1 2 3 4; do op-pay run -q & done
  wait
  assert_equal "$(event_count PaymentCancelled)" 20
  assert_equal "$(journal_bytes | jq -r 'select(.type|startswith("Payment")).id' | sort | uniq -d | wc -l)" 0
}

@test "killed at random, it leaves one outcome per reservation" {
  succeeds op-musical register --id 1 --name Frozen --seats 1000 --price 100
  for _ in $(seq 200); do printf '{"musicalId":"1","seats":1}\n'; done | succeeds op-reserve place --batch
  for i in $(seq 15); do
    op-pay run -q --max 20 &
    pid=$!
    sleep "0.00$((RANDOM % 10))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" || true
  done
  succeeds op-pay run
  assert_equal "$(event_count PaymentApproved)" 200
  assert_equal "$(journal_bytes | jq -r 'select(.type=="PaymentApproved").correlation' | sort -u | wc -l)" 200
}

@test "the read model can be deleted at any time" {
  one_reservation
  succeeds op-pay run
  succeeds op-reserve cancel 1 --seats 1
  before=$(op-pay list)
  rm -rf "$OP_STORE/state"
  assert_equal "$(op-pay list)" "$before"
  succeeds op-pay run
  assert_json type PaymentRefunded
}

@test "--follow charges what comes and ends with 0 at SIGTERM" {
  one_reservation
  op-pay run --follow >followed &
  pid=$!
  wait_until 10 grep -q '"payment:1:approved"' followed
  succeeds op-reserve place --musical 1 --seats 1
  wait_until 10 grep -q '"payment:2:approved"' followed
  kill -TERM "$pid"
  wait "$pid"
}

@test "odd events of others do not stop it" {
  one_reservation
  mark_damaged
  printf '%s\n' '{"type":"ReservationPlaced","data":{"reservationId":"a b\n"}}' '{"type":"ReservationPlaced","data":{}}' \
    '{"type":"ReservationCancelled","data":{"reservationId":"99"}}' '{"type":"PaymentRefunded","data":{"reservationId":"1"}}' |
    succeeds op-journal append
  succeeds op-pay run
  assert_equal "$(event_count PaymentApproved)" 1
}

@test "errors: unknown payment, bad id, bad status, no store" {
  fails_as 66 no_store op-pay list
  fails_as 66 no_store op-pay run
  one_reservation
  fails_as 1 no_such_payment op-pay show 9
  assert_error_json paymentId 9
  fails_as 65 bad_id op-pay show $'1\n2'
  fails_as 64 usage op-pay list --status Paid
  fails_as 64 usage op-pay show
  fails_as 64 usage op-pay retry
  fails_as 1 no_such_payment op-pay retry 9
  fails_as 1 nothing_to_retry op-pay retry 1
  fails_as 64 usage op-pay circuit shut
  fails_as 64 usage op-pay circuit close --for 5s
  fails_as 64 usage op-pay run --jobs 0
  assert_error_json message '--jobs must be a whole number from 1 to 64, not '\''0'\''; see '\''op-pay run --help'\'''
}
