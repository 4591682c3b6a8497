#!/usr/bin/env bats
# offers.bats - the time of an offer: whose its seats are when it is over, and that it runs only while somebody could
# accept it; and what ends an entry of the waiting list without an offer.

load lib/common
load lib/waiting

setup() {
  common_setup
  export OP_NOW=2026-11-20T12:00:00Z
}

# at TIME CMD...: the same at this time of that day.
at() {
  local time=$1
  shift
  OP_NOW=2026-11-20T$time "$@"
}

# configured [LINE...]: offers are open for five minutes, and these lines.
configured() {
  printf '%s\n' 'reservation: {offer: 5m}' "$@" >config.yaml
  export OP_CONFIG=$PWD/config.yaml
}

# sold SEATS...: a musical of so many seats, each part of them sold to one, r1, r2 ...
sold() {
  local seats i=1
  op-musical -q register --id 1 --name Frozen --seats $((${*/%/+}0))
  for seats; do op-reserve -q place --musical 1 --seats "$seats" --id "r$((i++))"; done
}

# sees TEXT FILTER: the checker says it of a copy of the journal, whose events went through jq.
sees() {
  rm -rf copy.broken
  mkdir -p copy.broken/journal
  journal_bytes | jq -c "$2" >copy.broken/journal/00000000000000000001.ndjson
  exits_with 1 check_waiting copy.broken
  [[ $stderr == *"$1"* ]] || fail "expected '$1' of $2: $stderr"
}

@test "who is first gets the seats of two offers that end at the same time" {
  configured
  sold 4 2
  wait_for 4 u1
  wait_for 2 u2
  op-reserve -q cancel r1
  op-reserve -q cancel r2
  outerpark -q tick
  wait_for 6 w1
  wait_for 2 w2
  at 12:04:59Z op-reserve -q wait withdraw u2
  export OP_NOW=2026-11-20T12:05:00Z
  outerpark -q tick
  assert_equal "$(op-reserve wait list --all | jq -r '"\(.waitingId) \(.status)"' | tr '\n' ' ')" \
    'u1 Expired u2 Withdrawn w1 Offered w2 Waiting '
  succeeds op-reserve place --offer w1
  succeeds check_waiting "$OP_STORE"
  sees 'w1 joined before and fits' 'if .type == "WaitingOffered" and .data.waitingId == "w1" then .data += {waitingId: "w2", seats: 2} else . end'
}

@test "the seats of an offer that is over belong to who waits for them before anybody has ended it" {
  configured
  sold 4 2 4
  wait_for 4 w1
  gives_back r1
  op-reserve -q run
  wait_for 6 w2
  gives_back r2
  # Two are free, and nobody who waits can have them until the offer is over.
  at 12:04:59Z succeeds op-reserve place --musical 1 --seats 2 --dry-run
  at 12:04:59Z appends_nothing fails_as 1 seats_available op-reserve wait --musical 1 --seats 2
  export OP_NOW=2026-11-20T12:05:00Z
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 2
  assert_error_json available 0
  printf '%s\n' '{"musicalId":"1","seats":1}' '{"musicalId":"1","seats":2}' >lines
  appends_nothing exits_with 1 op-reserve place --batch <lines
  wait_for 2 w3
  assert_equal "$(run_says)" 'WaitingOfferExpired w1 WaitingOffered w2 '
  # It was first; now w3 is alone, and what it could have is too little for it.
  gives_back r3 --seats 1
  succeeds op-reserve place --musical 1 --seats 1
  succeeds check_waiting "$OP_STORE"
  sees 'takes 2 seats, 0 are left' 'if .type == "WaitingOfferExpired" then .type = "ReservationPlaced" | .data.seats = 2 else . end'
  sees 'w2 joined before and fits' 'if .type == "WaitingOfferExpired" then .type = "Note"
    elif .type == "WaitingOffered" and .data.waitingId == "w2" then .data += {waitingId: "w3", seats: 2} else . end'
}

@test "while payments are suspended no offer is made or ended, and then its time begins again" {
  configured 'payment: {when_open: suspend}'
  sold 4 2 4
  wait_for 4 w1
  gives_back r1
  assert_equal "$(run_says)" 'WaitingOffered w1 '
  at 12:04:00Z op-pay -q circuit open --for 10m
  wait_for 2 w2
  gives_back r2
  for time in 12:04:00Z 12:05:00Z; do
    at $time appends_nothing succeeds op-reserve run
    at $time appends_nothing fails_as 75 payments_suspended op-reserve place --offer w1
    assert_equal "$(at $time op-reserve run --pending | jq .pending)" 0
  done
  # Nobody knows yet whether the provider is back: there is nothing to be had for who waits, but for what they have.
  export OP_NOW=2026-11-20T12:14:00Z
  appends_nothing succeeds op-reserve run
  appends_nothing succeeds op-reserve place --offer w1 --dry-run
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
  at 12:20:00Z op-pay -q circuit close
  at 12:20:00Z assert_equal "$(at 12:20:00Z run_says)" 'WaitingOffered w2 '
  at 12:24:59Z appends_nothing succeeds op-reserve run
  at 12:24:59Z appends_nothing succeeds op-reserve place --offer w1 --dry-run
  export OP_NOW=2026-11-20T12:25:00Z
  appends_nothing fails_as 1 offer_expired op-reserve place --offer w1
  [[ $stderr == *'open until 2026-11-20T12:25:00.000000Z'* ]] || fail "$stderr"
  assert_equal "$(op-reserve run --pending | jq -c '[.pending, .dueAt]')" '[2,"2026-11-20T12:25:00.000000Z"]'
  assert_equal "$(run_says)" 'WaitingOfferExpired w1 WaitingOfferExpired w2 '
}

@test "where payments are deferred an open circuit is no matter for an offer" {
  configured
  sold 4
  wait_for 4 w1
  wait_for 4 w2
  op-pay -q circuit open --for 1h
  gives_back r1
  assert_equal "$(run_says)" 'WaitingOffered w1 '
  assert_equal "$(at 12:05:00Z run_says)" 'WaitingOfferExpired w1 WaitingOffered w2 '
  at 12:09:59Z succeeds op-reserve place --offer w2
  assert_json payment deferred
}

@test "the time of an offer begins again when closed sales go on" {
  configured
  sold 4
  wait_for 4 w1
  wait_for 4 w2
  gives_back r1
  assert_equal "$(run_says)" 'WaitingOffered w1 '
  at 12:04:00Z op-musical -q close 1
  at 13:00:00Z appends_nothing succeeds op-reserve run
  at 13:00:00Z appends_nothing fails_as 1 sales_closed op-reserve place --offer w1
  at 13:00:00Z op-musical -q open 1
  rm -rf "$OP_STORE/state"
  at 13:04:59Z appends_nothing succeeds op-reserve run
  at 13:04:59Z appends_nothing succeeds op-reserve place --offer w1 --dry-run
  export OP_NOW=2026-11-20T13:05:00Z
  appends_nothing fails_as 1 offer_expired op-reserve place --offer w1
  assert_equal "$(run_says)" 'WaitingOfferExpired w1 WaitingOffered w2 '
  succeeds check_waiting "$OP_STORE"
  sees 'w1 is open until 2026-11-20T13:05:00.000000Z, and it is' 'if .type == "WaitingOfferExpired" then .time = "2026-11-20T13:04:59.999999Z" else . end'
  # It is declined as ever, closed or not.
  op-musical -q close 1
  succeeds op-reserve wait withdraw w2
}

@test "who can never be served any more leaves the list with a reason" {
  catalogue() { printf -- '- {id: 1, name: Cats%s}\n' "$1" >c.yaml && op-musical -q import c.yaml; }
  catalogue ', grades: [{grade: VIP, seats: 2, price: 150}, {grade: R, seats: 2, price: 90}]'
  op-reserve -q place --musical 1 --grade VIP --seats 2 --customer x --id v
  op-reserve -q place --musical 1 --grade R --seats 2 --customer y --id r
  wait_for 2 anonymous --grade R
  wait_for 2 vip --grade VIP --customer a
  for i in 1 2 3 4; do wait_for 1 "kim$i" --grade R --customer kim; done
  gives_back v
  # The grade is gone before anybody has offered its seats; sales are closed, so nobody gets any.
  op-musical -q close 1
  catalogue ', maxPerCustomer: 2, grades: [{grade: R, seats: 2, price: 90}]'
  assert_equal "$(op-reserve run --pending | jq .pending)" 1
  succeeds op-reserve run
  assert_equal "$(jq -r '"\(.type) \(.data.waitingId) \(.data.reason)"' <<<"$output")" 'WaitingWithdrawn vip no_such_grade'
  succeeds op-reserve wait show vip
  assert_equal "$output" "$(op-reserve wait list --all | jq -c 'select(.waitingId == "vip")')"
  assert_json '[.status, .reason]|tojson' '["Withdrawn","no_such_grade"]'
  fails_as 1 no_such_waiting op-reserve wait show nobody
  appends_nothing succeeds op-reserve run
  op-musical -q open 1
  # The limit came later: who names nobody is out, and who has two already, too.
  gives_back r
  assert_equal "$(run_says)" 'WaitingWithdrawn anonymous WaitingOffered kim1 WaitingOffered kim2 '
  op-reserve -q place --offer kim1
  op-reserve -q place --offer kim2 --id k
  catalogue ', maxPerCustomer: 2, grades: [{grade: R, seats: 3, price: 90}]'
  assert_equal "$(run_says)" 'WaitingWithdrawn kim3 WaitingWithdrawn kim4 '
  assert_equal "$(op-reserve wait list --all | jq -r '"\(.waitingId) \(.reason)"' | tr '\n' ' ')" \
    'anonymous customer_required vip no_such_grade kim1 null kim2 null kim3 customer_limit kim4 customer_limit '
  # Seats of a musical that had no grades when they were waited for.
  op-musical -q register --id 2 --name Dogs --seats 2
  op-reserve -q place --musical 2 --seats 2 --id d
  op-reserve -q wait --musical 2 --seats 2 --id plain
  op-musical -q close 2
  gives_back d
  catalogue ', maxPerCustomer: 2, grades: [{grade: R, seats: 3, price: 90}]}
- {id: 2, name: Dogs, grades: [{grade: S, seats: 2, price: 1}]'
  assert_equal "$(op-reserve run | jq -r '"\(.data.waitingId) \(.data.reason)"')" 'plain grade_required'
}

@test "an offer is not told when its time is over, though op-reserve run has not ended it" {
  configured
  sold 4
  wait_for 4 w1 --customer kim
  gives_back r1
  op-reserve -q run
  export OP_NOW=2026-11-20T12:05:00Z
  succeeds op-notify run
  assert_equal "$(jq -c 'select(.data.offerId) | [.type, .data.template, .data.reason]' <<<"$output")" '["NotificationWithdrawn","WaitingOffered","offer_over"]'
  appends_nothing succeeds op-notify run
  op-reserve -q run
  appends_nothing succeeds op-notify run
  assert_equal "$(op-notify list --all | jq -c 'select(.offerId) | [.offerId, .status]')" '["w1","Withdrawn"]'
}
