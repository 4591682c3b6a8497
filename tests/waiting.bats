#!/usr/bin/env bats
# waiting.bats - the waiting list: joining, offers, accepting, declining, expiry, and many who do all of that at once.

load lib/common
load lib/waiting

setup() {
  common_setup
  export OP_NOW=2026-11-20T12:00:00Z
}

# Ten seats, all of them sold to r1 (6), r2 (3) and r3 (1).
sold_out() {
  op-musical -q register --id 1 --name 겨울왕국 --seats 10 --price 50000 "$@"
  op-reserve -q place --musical 1 --seats 6 --id r1 --customer x
  op-reserve -q place --musical 1 --seats 3 --id r2 --customer y
  op-reserve -q place --musical 1 --seats 1 --id r3 --customer z
}

# account: reservable held offered waiting.
account() { op-musical show 1 | jq -c '[.reservableSeats, .heldSeats, .offeredSeats, .waiting]'; }


@test "who waits joins, is listed in order, and leaves" {
  sold_out
  succeeds op-reserve wait --musical 1 --seats 2 --customer kim --id w1 --request-id k1
  assert_equal "$output" '{"waitingId":"w1","musicalId":"1","customerId":"kim","seats":2,"grade":null,"status":"Waiting","until":null,"reservationId":null,"reason":null,"joinedAt":"2026-11-20T12:00:00.000000Z","updatedAt":"2026-11-20T12:00:00.000000Z"}'
  first=$output
  appends_nothing succeeds op-reserve wait --musical 1 --seats 2 --customer kim --id w1 --request-id k1
  assert_equal "$output" "$first"
  appends_nothing fails_as 1 request_id_reused op-reserve wait --musical 1 --seats 3 --customer kim --id w1 --request-id k1
  appends_nothing fails_as 1 id_taken op-reserve wait --musical 1 --seats 2 --id w1
  appends_nothing succeeds op-reserve wait --musical 1 --seats 2 --dry-run
  succeeds op-reserve wait --musical 1 --seats 1 --request-id k2
  assert_json '.waitingId | test("^w[a-z2-9]{16}$")' true
  first=$output
  appends_nothing succeeds op-reserve wait --musical 1 --seats 1 --request-id k2
  assert_equal "$output" "$first"
  succeeds op-reserve wait list
  assert_equal "$(jq -r .seats <<<"$output" | tr '\n' ' ')" '2 1 '
  succeeds op-reserve wait list --customer kim -o table
  [[ $output == *WAITING*w1* ]] || fail "$output"
  succeeds op-reserve wait withdraw w1 --request-id k3
  assert_json status Withdrawn
  first=$output
  appends_nothing succeeds op-reserve wait withdraw w1 --request-id k3
  assert_equal "$output" "$first"
  appends_nothing fails_as 1 waiting_over op-reserve wait withdraw w1
  appends_nothing fails_as 1 no_such_waiting op-reserve wait withdraw nobody
  assert_equal "$(op-reserve wait list | wc -l) $(op-reserve wait list --all | wc -l)" '1 2'
  assert_equal "$(account)" '[0,10,0,1]'
}

@test "there must be something to wait for" {
  op-musical -q register --id 1 --name Frozen --seats 10 --max-per-customer 4
  op-reserve -q place --musical 1 --seats 4 --customer kim
  appends_nothing fails_as 1 seats_available op-reserve wait --musical 1 --seats 4 --customer jun
  assert_error_json '[.requested,.available]|tojson' '[4,6]'
  op-reserve -q place --musical 1 --seats 4 --customer jun
  appends_nothing fails_as 1 customer_limit op-reserve wait --musical 1 --seats 5 --customer mina
  appends_nothing fails_as 1 customer_limit op-reserve wait --musical 1 --seats 3 --customer kim
  appends_nothing fails_as 1 customer_required op-reserve wait --musical 1 --seats 3
  appends_nothing fails_as 1 no_such_grade op-reserve wait --musical 1 --seats 3 --grade VIP --customer mina
  appends_nothing fails_as 1 no_such_musical op-reserve wait --musical 2 --seats 3
  op-musical -q register --id 2 --name Cats --seats 3
  appends_nothing fails_as 1 exceeds_capacity op-reserve wait --musical 2 --seats 4
  op-musical -q close 2
  appends_nothing fails_as 1 sales_closed op-reserve wait --musical 2 --seats 3
  appends_nothing fails_with 64 op-reserve wait --musical 1
  appends_nothing fails_with 64 op-reserve wait withdraw
  appends_nothing fails_with 64 op-reserve wait lost
  appends_nothing fails_with 64 op-reserve place --offer w1 --seats 2
  succeeds op-reserve wait --musical 1 --seats 3 --customer mina
}

@test "who has reached the limit meanwhile gets no offer that could not be accepted, and blocks nobody" {
  op-musical -q register --id 1 --name Frozen --seats 10 --max-per-customer 4
  op-reserve -q place --musical 1 --seats 4 --customer x --id r1
  op-reserve -q place --musical 1 --seats 4 --customer y --id r2
  op-reserve -q place --musical 1 --seats 1 --customer z --id r3
  wait_for 3 kim-1 --customer kim
  wait_for 2 kim-2 --customer kim
  wait_for 3 kim-3 --customer kim
  wait_for 2 jun --customer jun
  gives_back r1
  # kim-1 takes 3 of 5 seats; beside that offer the customer has room for one more, so jun is next.
  assert_equal "$(run_says)" 'WaitingOffered kim-1 WaitingOffered jun '
  op-reserve -q place --offer kim-1
  gives_back r2
  # Three seats are kim's, of four: neither 2 nor 3 more can ever be had now.
  succeeds op-reserve run
  assert_equal "$(jq -r '"\(.type) \(.data.waitingId) \(.data.reason)"' <<<"$output")" \
    $'WaitingWithdrawn kim-2 customer_limit\nWaitingWithdrawn kim-3 customer_limit'
  appends_nothing succeeds op-reserve run
  assert_equal "$(account)" '[4,4,2,0]'
  assert_equal "$(op-reserve wait list --all | jq -r '"\(.waitingId) \(.status) \(.reason)"')" 'kim-1 Accepted null
kim-2 Withdrawn customer_limit
kim-3 Withdrawn customer_limit
jun Offered null'
  rm -rf "$OP_STORE/state"
  assert_equal "$(op-reserve wait list --all | jq -r .reason | tr '\n' ' ')" 'null customer_limit customer_limit null '
  succeeds check_waiting "$OP_STORE"
}

@test "seats that come back are offered to the first who fits, and are nobody else's" {
  sold_out
  wait_for 4 first --customer a
  wait_for 2 second --customer b
  wait_for 1 third --customer c
  appends_nothing succeeds op-reserve run
  gives_back r2 # 3 seats: too few for the first
  # They belong to the queue already before anybody has offered them.
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
  assert_error_json available 0
  assert_equal "$(run_says)" 'WaitingOffered second WaitingOffered third '
  assert_equal "$(account)" '[0,7,3,1]'
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
  echo '{"musicalId":"1","seats":1}' >line
  appends_nothing exits_with 1 op-reserve place --batch <line
  appends_nothing fails_as 1 seats_held op-musical adjust 1 --seats 9
  assert_error_json '[.requested,.held]|tojson' '[9,10]'
  succeeds op-reserve wait list
  assert_equal "$(jq -r '"\(.waitingId) \(.status) \(.until)"' <<<"$output")" 'first Waiting null
second Offered 2026-11-20T12:10:00.000000Z
third Offered 2026-11-20T12:10:00.000000Z'

  appends_nothing fails_as 1 no_such_offer op-reserve place --offer first
  appends_nothing fails_as 1 no_such_offer op-reserve place --offer nothing
  appends_nothing fails_as 1 price_changed op-reserve place --offer second --price 40000
  succeeds op-reserve place --offer second --price 50000 --id mine --request-id k1
  assert_json '[.reservationId,.customerId,.seats,.amount]|tojson' '["mine","b",2,100000]'
  accepted=$output
  appends_nothing succeeds op-reserve place --offer second --price 50000 --id mine --request-id k1
  assert_equal "$output" "$accepted"
  appends_nothing fails_as 1 offer_over op-reserve place --offer second
  appends_nothing fails_as 1 waiting_over op-reserve wait withdraw second
  assert_equal "$(account)" '[0,9,1,1]'
  # An offer that is declined goes to the next who fits: nobody; then to whoever comes.
  op-reserve -q wait withdraw third
  assert_equal "$(account)" '[1,9,0,1]'
  succeeds op-reserve place --musical 1 --seats 1
  # The first is served as soon as there is enough.
  gives_back r1 --seats 4
  assert_equal "$(run_says)" 'WaitingOffered first '
  assert_equal "$(account)" '[0,6,4,0]'
  succeeds op-reserve place --offer first
  # A reservation from an offer is one like any other.
  gives_back mine
  assert_equal "$(account)" '[2,8,0,0]'
  # All of it again from the journal alone.
  before=$(op-reserve wait list --all && op-musical list)
  rm -rf "$OP_STORE/state"
  assert_equal "$(op-reserve wait list --all && op-musical list)" "$before"
}

@test "an offer is open for reservation.offer, then it is the next one's" {
  sold_out
  echo 'reservation: {offer: 5m}' >config.yaml
  export OP_CONFIG=$PWD/config.yaml
  wait_for 3 first --customer a
  wait_for 3 second --customer b
  gives_back r2
  assert_equal "$(run_says)" 'WaitingOffered first '
  OP_NOW=2026-11-20T12:04:59.999999Z appends_nothing succeeds op-reserve run
  # Past its time it is nobody's to accept, and its seats are held until it is ended.
  OP_NOW=2026-11-20T12:05:00Z appends_nothing fails_as 1 offer_expired op-reserve place --offer first
  OP_NOW=2026-11-20T12:05:00Z appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
  export OP_NOW=2026-11-20T12:05:00Z
  assert_equal "$(run_says)" 'WaitingOfferExpired first WaitingOffered second '
  appends_nothing fails_as 1 offer_over op-reserve place --offer first
  assert_equal "$(op-reserve wait list | jq -r .until)" 2026-11-20T12:10:00.000000Z
  succeeds op-reserve place --offer second
  assert_equal "$(account)" '[0,10,0,0]'
  export OP_NOW=2026-11-20T13:00:00Z
  appends_nothing succeeds op-reserve run
  for bad in 0 5 off 10; do
    echo "reservation: {offer: $bad}" >config.yaml
    fails_with 78 op-reserve run
  done
}

@test "the seats of an offer that ends and those that are free go to the first who fits into both" {
  sold_out
  wait_for 2 first
  gives_back r1 --seats 2
  op-reserve -q run
  wait_for 3 second
  wait_for 1 third
  gives_back r3
  export OP_NOW=2026-11-20T12:10:00Z
  assert_equal "$(run_says)" 'WaitingOfferExpired first WaitingOffered second '
}

@test "seats come back by expiry, by more capacity, by opening; nothing is offered while sales are closed" {
  sold_out --sales-close 2026-11-20T12:07:00Z
  wait_for 1 a
  wait_for 2 b
  wait_for 3 c
  op-musical -q close 1
  op-musical -q adjust 1 --seats 11
  appends_nothing succeeds op-reserve run
  op-musical -q open 1
  assert_equal "$(run_says)" 'WaitingOffered a '
  # An offer does not outlast the sales.
  assert_equal "$(op-reserve wait list | jq -r 'select(.waitingId == "a").until')" 2026-11-20T12:07:00.000000Z
  op-musical -q adjust 1 --seats 13
  assert_equal "$(run_says)" 'WaitingOffered b '
  echo 'reservation: {hold: 1m}' >config.yaml
  export OP_CONFIG=$PWD/config.yaml OP_NOW=2026-11-20T12:02:00Z
  op-reserve -q run
  op-musical -q run
  assert_equal "$(run_says)" 'WaitingOffered c '
  OP_NOW=2026-11-20T12:07:00Z appends_nothing fails_as 1 offer_expired op-reserve place --offer c
  OP_NOW=2026-11-20T12:07:00Z assert_equal "$(OP_NOW=2026-11-20T12:07:00Z run_says)" 'WaitingOfferExpired a WaitingOfferExpired b WaitingOfferExpired c '
}

@test "who waits for a grade is offered seats of that grade" {
  printf -- '- {id: 1, name: Cats, maxPerCustomer: 2, grades: [{grade: VIP, seats: 2, price: 150}, {grade: R, seats: 2, price: 90}]}\n' >c.yaml
  op-musical -q import c.yaml
  op-reserve -q place --musical 1 --grade VIP --seats 2 --customer x --id v
  op-reserve -q place --musical 1 --grade R --seats 2 --customer y --id r
  appends_nothing fails_as 1 grade_required op-reserve wait --musical 1 --seats 1 --customer a
  wait_for 2 vip --grade VIP --customer a
  wait_for 1 second --grade R --customer b
  gives_back r
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --grade R --seats 2 --customer c
  assert_error_json available 1
  succeeds op-reserve place --musical 1 --grade R --seats 1 --customer c
  assert_equal "$(run_says)" 'WaitingOffered second '
  assert_equal "$(op-musical show 1 | jq -c '[.grades[] | [.grade, .reservableSeats, .heldSeats, .offeredSeats]]')" '[["VIP",0,2,0],["R",0,1,1]]'
  succeeds op-reserve place --offer second
  assert_json '[.grade,.price]|tojson' '["R",90]'
  # The customer's limit holds for an offer, too.
  gives_back v
  assert_equal "$(run_says)" 'WaitingOffered vip '
  gives_back "$(op-reserve list --customer c | jq -r .reservationId)"
  op-reserve -q place --musical 1 --grade R --seats 1 --customer a
  appends_nothing fails_as 1 customer_limit op-reserve place --offer vip
}

@test "an offer that is over before it was told is not told any more" {
  sold_out
  wait_for 3 accepted --customer a
  wait_for 3 expired --customer b
  wait_for 3 declined --customer c
  op-reserve -q cancel r1
  op-reserve -q cancel r2
  op-musical -q run
  op-reserve -q run
  op-reserve -q place --offer accepted
  op-reserve -q wait withdraw declined
  OP_NOW=2026-11-20T13:00:00Z op-reserve -q run
  OP_NOW=2026-11-20T13:00:00Z succeeds op-notify run
  [[ $output != *WaitingOffered* ]] || fail "$output"
  assert_equal "$(op-notify list --all | jq -r 'select(.template == "WaitingOffered") | "\(.offerId) \(.status)"')" \
    $'accepted Withdrawn\nexpired Withdrawn\ndeclined Withdrawn'
}

@test "the offer is told in the customer's language, with its time" {
  sold_out
  op-notify -q contact set b --email b@example.org --name B --lang en
  wait_for 3 w1 --customer a
  wait_for 6 w2 --customer b
  op-reserve -q cancel r2
  op-reserve -q cancel r1
  outerpark -q tick
  succeeds op-notify list
  assert_equal "$(jq -r 'select(.template == "WaitingOffered") | "\(.offerId) \(.reservationId) \(.text)"' <<<"$output")" \
    'w1 null [OuterPark] 기다리시던 좌석을 예약하실 수 있습니다. 제안 w1, 겨울왕국, 3석, 2026-11-20T12:10:00Z까지.
w2 null [OuterPark] The seats that you wait for are yours to take. Offer w2, 겨울왕국, 6 seats, until 2026-11-20T12:10:00Z.'
  echo 'notify: {templates: {ko: {WaitingOffered: {subject: "제안 {offerId}", text: "{musicalName} {seats}석: op-reserve place --offer {offerId}, {until}까지"}}}}' >config.yaml
  export OP_CONFIG=$PWD/config.yaml
  assert_equal "$(op-notify list | jq -r 'select(.offerId == "w1").text')" '겨울왕국 3석: op-reserve place --offer w1, 2026-11-20T12:10:00Z까지'
  succeeds op-reserve place --offer w1
  outerpark -q tick
  assert_equal "$(op-mypage --customer a | jq -r .status)" PaymentApproved
}

# One of many: joins, cancels what it has, accepts what it is offered, or declines, or lets it pass; and works as
# op-reserve run and op-musical run now and then.
customer() {
  local me=$1 turn id
  for turn in $(seq "${OP_TEST_ROUNDS:-2}"); do
    op-reserve -q wait --musical 1 --seats $(((me + turn) % 4 + 1)) --customer "c$me" --id "w$me-$turn" --timeout 60s 2>/dev/null || [ $? -eq 1 ]
    for id in $(op-reserve list --customer "c$me" | jq -r .reservationId); do
      op-reserve -q cancel "$id" --timeout 60s 2>/dev/null || [ $? -eq 1 ]
    done
    op-musical -q run --timeout 60s
    op-reserve -q run --timeout 60s
    for id in $(op-reserve wait list --customer "c$me" | jq -r 'select(.status == "Offered").waitingId'); do
      if [ $(((me * 7 + turn) % 5)) -eq 0 ]; then
        op-reserve -q wait withdraw "$id" --timeout 60s 2>/dev/null || [ $? -eq 1 ]
      else
        op-reserve -q place --offer "$id" --timeout 60s 2>/dev/null || [ $? -eq 1 ]
      fi
    done
    # Somebody who did not wait tries to get in between.
    op-reserve -q place --musical 1 --seats 1 --customer "j$me" --timeout 60s 2>/dev/null || [ $? -eq 1 ]
  done
}

@test "16 join, cancel, accept, decline and run at once: no seat is given twice or lost, and all are served in order" {
  unset OP_NOW
  op-musical -q register --id 1 --name Frozen --seats 24 --price 10
  seq 16 | sed 's/.*/{"musicalId":"1","seats":1,"customerId":"c&"}/' | op-reserve -q place --batch
  op-reserve -q place --musical 1 --seats 8 --customer c1
  local me pids=()
  for me in $(seq 16); do
    customer "$me" 3>&- &
    pids+=($!)
  done
  for me in "${pids[@]}"; do wait "$me"; done
  succeeds check_waiting "$OP_STORE"
  echo "$output"
  # In the end everybody gives back, and everybody who still waits is served.
  local id round
  for round in $(seq 40); do
    for id in $(op-reserve wait list | jq -r 'select(.status == "Offered").waitingId'); do op-reserve -q place --offer "$id"; done
    [ -n "$(op-reserve wait list)" ] || break
    op-reserve list | jq -r .reservationId | while read -r id; do op-reserve -q cancel "$id"; done
    op-musical -q run
    op-reserve -q run
  done
  assert_equal "$(op-reserve wait list)" ''
  succeeds check_waiting "$OP_STORE"
  echo "$output"
  assert_json '.joined == .accepted + .declined + .withdrawn + .expired and .accepted > 10' true
  assert_equal "$(account | jq '.[0] + .[1] + .[2]')" 24
}

@test "12 at once wait, accept, withdraw, place and cancel while offers expire by a moving clock: every prefix is right" {
  seed=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $seed (repeat with OP_TEST_SEED=$seed)"
  echo 'reservation: {offer: 5m}' >config.yaml
  export OP_CONFIG=$PWD/config.yaml
  op-musical -q register --id 1 --name Frozen --seats 14 --price 10
  op-musical -q register --id 2 --name Cats --seats 12
  op-reserve -q place --musical 1 --seats 14 --id hot-1 --customer driver
  op-reserve -q place --musical 2 --seats 12 --id hot-2 --customer driver
  succeeds op_python -B "$OP_TESTS/correctness/expire_offers.py" --store "$OP_STORE" --seed "$seed" --logs . \
    --rounds "${OP_TEST_ROUNDS:-30}"
  succeeds op_python -B "$OP_TESTS/correctness/check_sales.py" "$OP_STORE" calls.log
  succeeds check_waiting "$OP_STORE" waiting.log
  echo "$output"
  assert_json '.accepted > 3 and .expired > 0 and .declined > 0 and .answers["wait done"] > 10' true
  # A day later no offer of then is open, and nobody waits for seats that are there.
  export OP_NOW=2026-11-21T12:00:00Z
  op-musical -q run
  op-reserve -q run
  succeeds check_waiting "$OP_STORE" --settled waiting.log
  # And when everybody has given back, every seat is there, or offered.
  op-reserve list | jq -r .reservationId | while read -r id; do op-reserve -q cancel "$id"; done
  op-musical -q run
  op-reserve -q run
  assert_equal "$(op-musical list | jq -c '[.heldSeats, .reservableSeats + .offeredSeats]' | tr '\n' ' ')" '[0,14] [0,12] '
  succeeds check_waiting "$OP_STORE" --settled
}

# finds TEXT FILTER [ARG...]: the checker says it of a copy of the store, each of whose events went through jq.
finds() {
  rm -rf copy.broken
  mkdir -p copy.broken/journal
  journal_bytes | jq -c "$2" >copy.broken/journal/00000000000000000001.ndjson
  exits_with 1 check_waiting copy.broken "${@:3}"
  [[ $stderr == *"$1"* ]] || fail "expected '$1' of $2: $stderr"
}

# told KIND ID BEFORE AFTER EXIT ANSWER: a line of a log.
told() {
  jq -cn --arg kind "$1" --arg id "$2" --argjson before "$3" --argjson after "$4" --argjson exit "$5" --arg answer "$6" \
    '{process: 0, $kind, asked: {$id}, $before, $after, $exit, stdout: "", stderr: ""}
     + if $exit == 0 then {stdout: ($answer + "\n")} else {stderr: $answer} end'
}

@test "the checker finds what it is there to find" {
  sold_out                # 1, and the reservations 2, 3, 4
  wait_for 2 first        # 5
  first=$(op-reserve wait list)
  wait_for 1 second       # 6
  wait_for 1 third        # 7
  gives_back r2           # 8, 9
  op-reserve -q run       # 10, 11: first and second are offered
  op-reserve -q place --offer first --id mine                          # 12
  OP_NOW=2026-11-20T12:10:00Z op-reserve -q run                        # 13, 14: second expired, third is offered
  OP_NOW=2026-11-20T12:11:00Z op-reserve -q wait withdraw third        # 15
  op-reserve -q place --musical 1 --seats 1 --id late                  # 16
  assert_equal "$(journal_bytes | jq -r 'select(.seq > 9).type' | tr '\n' ' ')" \
    'WaitingOffered WaitingOffered ReservationPlaced WaitingOfferExpired WaitingOffered WaitingOfferDeclined ReservationPlaced '
  succeeds check_waiting "$OP_STORE" --settled
  finds 'of 10 seats 9 + 2 are held or on offer' 'if .seq == 11 then .data.seats = 2 else . end'
  finds 'of 10 seats 11 + 0 are held or on offer' 'if .seq == 16 then .data.seats = 2 else . end'
  finds 'event 16 (ReservationPlaced): takes 1 seats, 0 are left' 'if .seq == 15 then .type = "Note" else . end'
  finds 'second is expired, not joined' 'if .seq == 14 then .data.waitingId = "second" | .data.offerId = "second" else . end'
  finds 'second is expired, not offered' 'if .seq == 15 then .data.waitingId = "second" else . end'
  finds 'first is accepted, not offered' 'if .seq == 16 then .data.offerId = "first" else . end'
  finds 'first is open until 2026-11-20T12:10:00.000000Z, and it is 2026-11-20T12:10:00.000000Z' \
    'if .seq == 12 then .time = "2026-11-20T12:10:00.000000Z" else . end'
  finds 'second is open until' 'if .seq == 13 then .time = "2026-11-20T12:09:59.999999Z" else . end'
  finds 'seats differs from what first joined for' 'if .seq == 12 then .data.seats = 1 else . end'
  finds 'second joined before and fits' 'if .seq == 11 then .data.waitingId = "third" | .data.offerId = "third" else . end'
  finds 'third waits for 1 seats, 1 are free' 'if .seq >= 14 then .type = "Note" else . end' --settled
  OP_NOW=2026-11-20T13:00:00Z finds 'third is still offered' 'if .seq >= 15 then .type = "Note" else . end' --settled
  # What was told.
  told wait first 4 5 0 "$first" >log
  told withdraw third 14 15 0 "$(op-reserve wait list --all | jq -c 'select(.waitingId == "third")')" >>log
  told withdraw second 12 13 1 '{"error":"waiting_over"}' >>log
  told withdraw second 5 5 1 '{"error":"no_such_waiting"}' >>log
  succeeds check_waiting "$OP_STORE" log
  head -1 log >twice.log
  finds 'somebody else was told' . log twice.log
  finds 'it did not happen' 'if .seq == 15 then .type = "Note" else . end' log
  told withdraw second 11 12 1 '{"error":"waiting_over"}' >log
  finds 'it was never so meanwhile' . log
}
