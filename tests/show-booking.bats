#!/usr/bin/env bats
# show-booking.bats - the scenario of the seed 공연예매 in its own words: booking, payment, ticket issuance (발권).
#
# Its section on synchronous calls stops the ticket service, cancels a booking, and finds the payment still "Payed": the
# cancellation was half done, and nobody takes it up again. The second test shows what is better here.

load lib/common

# The three statuses of a reservation, as the customer sees them.
seen() { op-mypage show "$1" | jq -r '[.status, .paymentStatus, .ticketStatus] | join(" ")'; }

# is WANTED CMD...: the command prints it.
is() { [ "$("${@:2}")" = "$1" ]; }

# service PROGRAM: its run --follow, in the background; its pid is in $pids[PROGRAM].
declare -gA pids=()
service() {
  "$1" run --follow -q 3>&- &
  pids[$1]=$!
}

teardown() {
  [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true
  common_teardown
}

@test "the demo plays it, and all of it comes out" {
  succeeds env TERM=dumb "$OP_ROOT/examples/show-booking/demo.sh"
  assert_equal "$(grep -c '^  맞음: ' <<<"$output")" 32
  [[ $output != *틀림* ]] || fail "$output"
  # Its own words, in tables; the words of the contract for programs.
  for word in 결제취소 발권불가 발권가능 입장완료 예매완료 예매진행 취소완료 '잔여좌석 부족: ' '한여름 밤의 콘서트' 'kill %op-ticket'; do
    grep -qF -e "$word" <<<"$output$stderr" || fail "the demo does not say: $word"
  done
  assert_equal "$(make -s -C "$OP_ROOT" --eval='where: ; @echo $(DEMO)' where SCENARIO=show-booking)" \
    examples/show-booking/demo.sh
}

@test "the ticket service is killed, bookings are cancelled, it is started again: nothing lost, nobody half cancelled" {
  op-musical -q register --id 1 --name showName1 --seats 100 --price 3000
  for program in op-pay op-musical op-ticket; do service "$program"; done
  op-reserve -q place --musical 1 --seats 10 --customer c1
  op-reserve -q place --musical 1 --seats 10 --customer c2
  op-reserve -q place --musical 1 --seats 5 --customer c3
  for rid in 1 2 3; do wait_until 20 is 'PaymentApproved PaymentApproved Ready' seen "$rid"; done
  first=$(op-ticket issue 1 | jq -r .code)
  third=$(op-ticket issue 3 | jq -r .code)

  # The service is down, as by a machine that lost its power.
  kill -KILL "${pids[op-ticket]}"
  unset 'pids[op-ticket]'
  succeeds op-reserve cancel 1
  succeeds op-reserve cancel 2
  # The customer does not wait for it: in this very moment, and for good, there is no ticket.
  for rid in 1 2; do appends_nothing fails_as 1 payment_cancelled op-ticket issue "$rid"; done
  appends_nothing fails_as 1 payment_cancelled op-ticket admit "$first"
  # And the payment does not wait for it either: it is cancelled, not left "Payed".
  for rid in 1 2; do wait_until 20 is 'PaymentCancelled PaymentCancelled Voided' seen "$rid"; done
  wait_until 20 is 95 json_of reservableSeats op-musical show 1
  # Tickets are issued and used meanwhile.
  op-reserve -q place --musical 1 --seats 1 --id late
  wait_until 20 is 'PaymentApproved PaymentApproved ' seen late
  succeeds op-ticket issue late
  succeeds op-ticket admit "$third"
  assert_equal "$(event_count TicketVoided)" 0

  # It is started again, and catches up with what it missed: once.
  service op-ticket
  wait_until 20 is 2 event_count TicketVoided
  succeeds op-pay list
  assert_equal "$(jq -r '[.reservationId, .status] | join(" ")' <<<"$output")" \
    $'1 PaymentCancelled\n2 PaymentCancelled\n3 PaymentApproved\nlate PaymentApproved'
  succeeds op-ticket list --all
  assert_equal "$(jq -r '[.ticketId, .status] | join(" ")' <<<"$output")" $'1 Voided\n2 Voided\n3 Admitted\nlate Issued'
  kill "${pids[@]}"
  wait "${pids[@]}"
  pids=()
  appends_nothing succeeds op-ticket run
  appends_nothing succeeds op-musical run
  appends_nothing succeeds op-pay run
  succeeds op_python -B "$OP_TESTS/correctness/check_tickets.py" "$OP_STORE" void
  assert_json '.events | [.TicketReady, .TicketIssued, .TicketAdmitted, .TicketVoided] | join(" ")' '4 3 1 2'
}

@test "the payment system is down: booked all the same, never more than there is; up again, all is paid" {
  op-musical -q register --id 1 --name showName1 --seats 100 --price 3000
  succeeds op-reserve place --musical 1 --seats 10
  fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1000
  assert_error_json available 90
  succeeds op-reserve place --musical 1 --seats 90
  assert_equal "$(op-reserve list | jq -r .status | paste -sd' ')" 'Reserved Reserved'
  for rid in 1 2; do appends_nothing fails_as 1 not_paid op-ticket issue "$rid"; done
  succeeds op-pay run
  assert_equal "$(op-pay list | jq -r .status | paste -sd' ')" 'PaymentApproved PaymentApproved'
  succeeds op-ticket issue 2
}
