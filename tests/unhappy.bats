#!/usr/bin/env bats
# The unhappy paths of the saga, end to end: what every command says when payments fail. The rows of docs/SAGA.md.

load lib/common
load lib/provider

setup() {
  common_setup
  provider_setup
  use_provider exec 'timeout: 1s' 'max_attempts: 2'
  at 0
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10 --customer c1
}

# at MINUTES: the clock stands there from now on.
at() { printf -v OP_NOW '2026-11-20T%02d:%02d:00Z' $((12 + $1 / 60)) $(($1 % 60)) && export OP_NOW; }

# everyone: all processors, as cron runs them.
everyone() { succeeds outerpark tick; }

# last_seq TYPE: the number of its last event.
last_seq() { journal_bytes | jq -r --arg type "$1" 'select(.type == $type).seq' | tail -1; }

# notices: what the customer was told.
notices() { op-notify list | jq -c '[.template, .text]'; }

# page FILTER: of the customer's page.
page() { json_of "$1" op-mypage show 1; }

@test "declined: cancelled with that reason, the seats are back, the customer is told" {
  faults decline:no_funds
  everyone
  assert_equal "$(json_of '[.status, .reason] | join(" ")' op-reserve show 1)" 'Cancelled payment_declined'
  assert_equal "$(json_of reservableSeats op-musical show 1)" 100
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'Cancelled PaymentDeclined'
  assert_equal "$(op-notify list | jq -r .template)" PaymentDeclined
  assert_equal "$(books .charged)" 0
  appends_nothing everyone
}

@test "unpaid past its hold: expired, the seats are back, and never charged" {
  printf 'reservation: {hold: 15m}\n' >>"$OP_CONFIG"
  faults crash-before
  everyone
  at 14
  everyone
  assert_equal "$(json_of status op-reserve show 1)" Reserved
  at 15
  everyone
  assert_equal "$(json_of '[.status, .reason] | join(" ")' op-reserve show 1)" 'Cancelled expired'
  assert_equal "$(json_of reservableSeats op-musical show 1)" 100
  faults
  at 30
  everyone
  assert_equal "$(json_of '[.status, .chargedAmount] | join(" ")' op-pay show 1)" 'PaymentCancelled 0'
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'PaymentCancelled PaymentCancelled'
  assert_equal "$(books .charged)" 0
}

@test "approved after it was cancelled: refunded" {
  faults lose
  succeeds op-pay run
  succeeds op-reserve cancel 1
  assert_equal "$(books .charged)" 500000
  faults
  at 1
  everyone
  assert_equal "$(json_of '[.status, .chargedAmount, .refundedAmount] | join(" ")' op-pay show 1)" \
    'PaymentCancelled 500000 500000'
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'PaymentCancelled PaymentCancelled'
  assert_equal "$(books '"\(.charged) \(.refunded)"')" '500000 500000'
  appends_nothing everyone
}

@test "approved after it expired: refunded" {
  printf 'reservation: {hold: 15m}\n' >>"$OP_CONFIG"
  faults hang-after
  succeeds op-pay run
  at 15
  succeeds op-reserve run
  assert_json .data.reason expired
  # It is told at once, though nobody knows yet whether it was charged; then only that the money went back.
  succeeds op-notify run
  assert_json '[.data.template, .causation] | join(" ")' "ReservationCancelled $(last_seq ReservationCancelled)"
  faults
  everyone
  assert_equal "$(json_of '[.status, .refundedAmount] | join(" ")' op-pay show 1)" 'PaymentCancelled 500000'
  assert_equal "$(books '"\(.charged) \(.refunded)"')" '500000 500000'
  assert_equal "$(event_count PaymentApproved)" 1
  assert_equal "$(notices)" '["ReservationCancelled","[OuterPark] 결제 기한이 지나 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW 청구된 경우 환불."]
["PaymentCancelled","[OuterPark] 결제 기한이 지나 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW 환불."]'
  rm -rf "$OP_STORE/state"
  appends_nothing everyone
}

@test "cancelled before the payment: the provider is never called" {
  succeeds op-reserve cancel 1
  everyone
  assert_equal "$(json_of '[.status, .chargedAmount] | join(" ")' op-pay show 1)" 'PaymentCancelled 0'
  assert_equal "$(books .calls)" 0
  assert_equal "$(notices)" \
    '["ReservationCancelled","[OuterPark] 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 청구 금액 없음."]'
}

@test "cancelled while nobody knows: it is asked for, and charged no more" {
  faults crash-before
  succeeds op-pay run
  succeeds op-reserve cancel 1
  faults
  succeeds op-pay run
  assert_equal "$(json_of '[.status, .lastError] | join(" ")' op-pay show 1)" 'Pending pending'
  at 1
  everyone
  assert_equal "$(json_of '[.status, .chargedAmount] | join(" ")' op-pay show 1)" 'PaymentCancelled 0'
  assert_equal "$(books '[.callsByOperation.authorize, .callsByOperation.query, .charged] | join(" ")')" '1 2 0'
  assert_equal "$(op-notify list | jq -r .template)" ReservationCancelled
}

@test "partial cancellation: a part goes back, and a part of what was asked for meanwhile, too" {
  everyone
  succeeds op-reserve cancel 1 --seats 3
  everyone
  assert_equal "$(json_of '[.status, .amount, .refundedAmount] | join(" ")' op-pay show 1)" \
    'PaymentApproved 350000 150000'
  succeeds op-reserve place --musical 1 --seats 2 --customer c2
  faults lose@key=authorize:2
  everyone
  succeeds op-reserve cancel 2 --seats 1
  faults
  at 1
  everyone
  assert_equal "$(json_of '[.status, .amount, .chargedAmount, .refundedAmount] | join(" ")' op-pay show 2)" \
    'PaymentApproved 50000 100000 50000'
  assert_equal "$(books '[.charged, .refunded, .conflicts] | join(" ")')" '600000 200000 0'
}

@test "the refund fails: tried again, parked, and the page says so; an operator brings it back" {
  everyone
  succeeds op-reserve cancel 1
  faults crash-before@operation=refund hang@operation=query
  everyone
  assert_equal "$(json_of '[.status, .attempts] | join(" ")' op-pay show 1)" 'PaymentApproved 1'
  assert_equal "$(page paymentStatus)" PaymentApproved
  at 1
  everyone
  assert_equal "$(json_of '[.status, .attempts, .lastError] | join(" ")' op-pay list --status Parked)" \
    'RefundParked 2 timeout'
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'Cancelled RefundParked'
  at 59
  appends_nothing everyone
  faults
  succeeds op-pay retry 1
  assert_json '[.operation, .amount, .status] | join(" ")' 'refund 500000 PaymentApproved'
  everyone
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'PaymentCancelled PaymentCancelled'
  assert_equal "$(books '"\(.charged) \(.refunded)"')" '500000 500000'
}

@test "a refund that the provider declines is owed all the same: each decline uses its key up, and the next one may succeed" {
  everyone
  succeeds op-reserve cancel 1
  faults decline:no_funds@operation=refund,times=3
  everyone
  succeeds op-mypage history 1
  assert_json 'select(.type == "PaymentAttemptFailed").detail | sub("at 2.*"; "at T")' 'Refund refused (no_funds), tried again at T'
  at 1
  everyone
  assert_equal "$(json_of '[.status, .lastError] | join(" ")' op-pay show 1)" 'RefundParked no_funds'
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'Cancelled RefundParked'
  rm -rf "$OP_STORE/state"
  succeeds op-pay retry 1
  everyone
  at 2
  everyone
  assert_equal "$(page '[.status, .paymentStatus] | join(" ")')" 'PaymentCancelled PaymentCancelled'
  assert_equal "$(books '[.charged, .refunded, .conflicts] | join(" ")')" '500000 500000 0'
  cancelled=$(journal_bytes | jq -r 'select(.type == "ReservationCancelled").seq')
  assert_equal "$(books '.entries[] | select(.operation == "refund") | [.idempotencyKey, .status] | join(" ")')" \
    "refund:1:$cancelled declined
refund:1:$cancelled:1 declined
refund:1:$cancelled:2 declined
refund:1:$cancelled:3 refunded"
  succeeds op-pay reconcile
  appends_nothing everyone
}

@test "a declined refund under a new key that nobody knows about is asked for before anything else" {
  everyone
  succeeds op-reserve cancel 1
  faults decline:no_funds@operation=refund,times=1 lose@operation=refund
  everyone
  at 1
  succeeds op-pay run
  assert_equal "$(books .refunded)" 500000
  succeeds op-pay retry 1
  succeeds op-pay run
  assert_json type PaymentCancelled
  assert_equal "$(books '[.refunded, .callsByOperation.refund, .callsByOperation.query] | join(" ")')" '500000 2 1'
  succeeds op-pay reconcile
}

@test "a whole cancellation takes over the part whose refund was declined: all is given back, once" {
  everyone
  succeeds op-reserve cancel 1 --seats 3
  faults decline:no_funds@operation=refund
  everyone
  at 1
  everyone
  assert_equal "$(json_of '[.status, .refundedAmount] | join(" ")' op-pay show 1)" 'RefundParked 0'
  faults
  succeeds op-reserve cancel 1
  everyone
  assert_equal "$(json_of '[.status, .chargedAmount, .refundedAmount] | join(" ")' op-pay show 1)" \
    'PaymentCancelled 500000 500000'
  assert_equal "$(books '[.charged, .refunded, .conflicts] | join(" ")')" '500000 500000 0'
  succeeds op-pay reconcile
  # What nobody knows is settled first, however the whole is given up meanwhile.
  succeeds op-reserve place --musical 1 --seats 10 --customer c2
  everyone
  succeeds op-reserve cancel 2 --seats 3
  faults lose@operation=refund
  everyone
  succeeds op-reserve cancel 2
  faults
  at 2
  everyone
  assert_equal "$(books '[.charged, .refunded, .conflicts] | join(" ")')" '1000000 1000000 0'
  assert_equal "$(event_count PaymentRefunded)" 1
  # The provider without a ledger is asked for every key.
  sed -i 's/^  command: \[\(.*\)\]/  command: [\1, "--no-ledger"]/' "$OP_CONFIG"
  exits_with 0 op-pay reconcile
  [[ $stderr == *'has no ledger'* ]]
}
