#!/usr/bin/env bats
# correctness-tickets.bats - 16 processes issue, admit and cancel the same reservations at once: every prefix of the
# journal obeys the rules of tickets, and nobody was told what is not so.
#
# tests/correctness/issue_tickets.py does it at random (the seed is printed; OP_TEST_SEED=N repeats the choices), so that
# all have decided before the first of them appends; tests/correctness/check_tickets.py reads the journal and what each
# process was told. OP_TEST_TICKETS=N is the number of reservations that they fight for; 12 by default. The last test
# hands the checker journals and logs that were changed on purpose, and wants it to say so.

load lib/common

setup() {
  common_setup
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  COUNT=${OP_TEST_TICKETS:-12}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
}

check_tickets() { op_python -B "$OP_TESTS/correctness/check_tickets.py" "$@"; }

# campaign MODE: they fight, with everything paid but every fourth reservation, and ready but every second.
campaign() {
  export OP_CONFIG=$PWD/config.yaml
  printf 'ticket: {after_issue: %s}\n' "$1" >config.yaml
  succeeds op-musical register --id 1 --name '공연' --seats 1000000 --price 100
  for ((i = 1; i <= COUNT; i++)); do
    printf '{"musicalId":"1","seats":40,"id":"%d"}\n' "$i"
  done | op-reserve -q place --batch
  succeeds op-pay run -q --max $((COUNT - COUNT / 4))
  succeeds op-ticket run -q --max $((COUNT / 2))
  succeeds op_python -B "$OP_TESTS/correctness/issue_tickets.py" --store "$OP_STORE" --seed "$SEED" --log log \
    --reservations "$COUNT"
  succeeds check_tickets "$OP_STORE" "$1" log
  echo "$output"
  assert_json '[.events.TicketIssued, .events.TicketAdmitted, .events.ReservationCancelled] | map(. > 0) | all' true
  # The processors come to their end, and everything that is cancelled is void and paid back.
  succeeds outerpark -q tick
  succeeds check_tickets "$OP_STORE" "$1" log
  appends_nothing succeeds outerpark -q tick
  assert_equal "$(op-ticket list --status Voided | wc -l)" "$(event_count TicketVoided)"
  assert_equal "$(op-ticket list --all | jq -r '[.ticketId, .status] | join(" ")')" \
    "$(op-mypage | jq -r 'select(.ticketStatus) | [.reservationId, .ticketStatus] | join(" ")')"
}

# bats test_tags=slow
@test "16 processes issue, admit and cancel the same reservations: every prefix obeys the rules" {
  campaign void
}

# bats test_tags=slow
@test "and where an issued ticket refuses the cancellation" {
  campaign refuse
}

@test "op-ticket run killed at forty points, two at once: every ticket ready once, and void once" {
  op-musical -q register --id 1 --name Cats --seats 1000 --price 1
  # It follows, so that it never ends before it is killed; where in its work that is, chance decides (timeout 0: never).
  hit() {
    local code=0
    timeout -s KILL "0.0$((RANDOM % 2))$((RANDOM % 10))$((RANDOM % 10))1" op-ticket run -q --follow || code=$?
    assert_equal "$code" 137
  }
  for ((i = 0; i < 20; i++)); do
    for ((n = 0; n < 10; n++)); do echo '{"musicalId":"1","seats":1}'; done | op-reserve -q place --batch
    op-pay -q run
    hit
  done
  for ((i = 1; i <= 200; i += 5)); do
    op-reserve -q cancel "$i"
    ((i % 2)) || hit
  done
  op-ticket run -q &
  succeeds op-ticket run -q
  wait $!
  appends_nothing succeeds op-ticket run
  succeeds check_tickets "$OP_STORE" void
  assert_equal "$(op-ticket list | jq -r .status | sort | uniq -c | tr -s ' ')" ' 160 Ready'
  assert_equal "$(op-ticket list --all | jq -r .status | grep -c Voided)" 40
  assert_equal "$(event_count TicketVoided)" 40
}

# changed FILTER: a copy of the store whose events went through jq.
changed() {
  rm -rf copy.broken
  cp -r "$OP_STORE" copy.broken
  jq -c "$1" "$(journal_files)" >"$(journal_files copy.broken)"
}

# finds TEXT FILTER [MODE]: the checker says it of that copy.
finds() {
  changed "$2"
  exits_with 1 check_tickets copy.broken "${3:-void}"
  [[ $stderr == *"$1"* ]] || fail "$2: $stderr"
}

@test "the checker finds what it is there to find" {
  op-musical -q register --id 1 --name Cats --seats 100 --price 1
  op-reserve -q place --musical 1 --seats 4
  op-reserve -q place --musical 1 --seats 4
  op-pay -q run
  op-ticket -q run
  op-ticket -q issue 1
  op-ticket -q issue 2
  op-reserve -q cancel 2
  op-ticket -q run
  c=$(op-ticket show 1 | jq -r .code)
  op-ticket -q admit "$c"
  # 2, 3 placed; 4, 5 paid; 6, 7 ready; 8, 9 issued; 10 cancelled 2; 11 voided 2; 12 admitted 1
  assert_equal "$(types)" 'MusicalRegistered ReservationPlaced ReservationPlaced PaymentApproved PaymentApproved TicketReady TicketReady TicketIssued TicketIssued ReservationCancelled TicketVoided TicketAdmitted'
  succeeds check_tickets "$OP_STORE" void
  changed .
  succeeds check_tickets copy.broken void
  finds 'admitted to what is cancelled' 'if .seq == 12 then .data.reservationId = "2" else . end'
  finds 'event 10 (ReservationCancelled): its ticket was admitted before' \
    'if .seq == 9 then .type = "TicketAdmitted" | .data.reservationId = "1" elif .seq == 10 then .data.reservationId = "1" else . end'
  finds 'issued for what is cancelled' 'if .seq == 8 then .type = "PaymentCancelled" elif .seq == 12 then .type = "TicketIssued" else . end'
  finds 'event 10 (ReservationCancelled): its ticket was issued before' . refuse
  finds 'ticket 1 has this code' "if .seq == 9 then .data.code = \"$c\" else . end"
  finds 'not paid' 'if .seq == 4 then .type = "Note" else . end'
  finds 'issued before it was ready' 'if .seq == 7 then .type = "Note" else . end'
  finds 'admitted before it was issued' 'if .seq == 8 then .type = "Note" else . end'
  finds 'it was admitted before' 'if .seq == 11 then .type = "TicketAdmitted" | .data.reservationId = "1" else . end'
  finds 'nothing to be voided' 'if .seq == 10 then .type = "Note" else . end'
  finds '3 seats, 4 are left' 'if .seq == 12 then .data.seats = 3 else . end'
  finds 'its code is no tag' 'if .seq == 12 then .tags = [] else . end'
  # What was told.
  told() {
    printf '{"process":0,"kind":"%s","reservation":"%s","seats":null,"before":%d,"after":%d,"exit":%d,"stdout":%s,"stderr":%s}\n' \
      "$1" "$2" "$3" "$4" "$5" "$(printf %s "$6" | jq -Rs .)" "$(printf %s "$7" | jq -Rs .)" >>"$8"
  }
  one=$(op-ticket show 1)
  told admit 1 11 12 0 "$one" '' good.log
  told admit 1 12 12 1 '' '{"error":"already_admitted"}' good.log
  told issue 2 9 10 1 '' '{"error":"payment_cancelled"}' good.log
  succeeds check_tickets "$OP_STORE" void good.log
  told admit 1 11 12 0 "$one" '' twice.log
  exits_with 1 check_tickets "$OP_STORE" void good.log twice.log
  told admit 1 11 11 1 '' '{"error":"already_admitted"}' early.log
  exits_with 1 check_tickets "$OP_STORE" void early.log
  told issue 2 9 9 1 '' '{"error":"payment_cancelled"}' wrong.log
  exits_with 1 check_tickets "$OP_STORE" void wrong.log
  told issue 1 8 12 0 "$(jq -c '.code = "0000-0000-0000-0000"' <<<"$one")" '' code.log
  exits_with 1 check_tickets "$OP_STORE" void code.log
}

# types: of all events, in order.
types() { op-journal read | jq -r .type | paste -sd' '; }
