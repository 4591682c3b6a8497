#!/usr/bin/env bats
# scenario.bats - the acceptance scenario of the OuterPark seed, sections 1 to 5.4, with the numbers that it names.

load lib/common

# rows FILTER: the rows of $output that are not null, compact, as one array.
rows() { jq -s -c "map($1)" <<<"$output"; }

# play: the scenario, with whatever configuration there is.
play() {
  # 1. The musical, 100 seats.
  succeeds op-musical register --id 1 --name Frozen --seats 100
  assert_equal "$(rows '[.musicalId, .name, .seats, .reservableSeats]')" '[["1","Frozen",100,100]]'

  # 2.1, 2.2 Two reservations.
  succeeds op-reserve place --musical 1 --seats 10 --price 50000 --customer mina
  assert_equal "$(rows '[.reservationId, .musicalId, .customerId, .seats, .price, .amount, .currency, .status]')" \
    '[["1","1","mina",10,50000,500000,"KRW","Reserved"]]'
  succeeds op-reserve place --musical 1 --seats 15 --price 50000 --customer jun
  assert_equal "$(rows '[.reservationId, .seats, .amount, .status]')" '[["2",15,750000,"Reserved"]]'

  # 2.3 More than are left: refused, synchronously, nothing appended.
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 200 --price 50000
  assert_equal "$(error_json '[.requested, .available] | @csv')" 200,75
  fails_with 1 op-reserve place --musical 1 --seats 200 --price 50000
  [[ $stderr == *200* && $stderr == *75* ]] || fail "$stderr"

  # 3.1 Seats: at once, before any processor ran, and after.
  succeeds op-musical show 1
  assert_json reservableSeats 75
  succeeds outerpark -q tick
  succeeds op-musical show 1
  assert_json reservableSeats 75

  # 3.2 Two payments.
  succeeds op-pay list
  assert_equal "$(rows '[.reservationId, .amount, .currency, .status]')" \
    '[["1",500000,"KRW","PaymentApproved"],["2",750000,"KRW","PaymentApproved"]]'

  # 3.3 Two notices, a file each.
  succeeds op-notify list
  assert_equal "$(rows '[.reservationId, .template]')" '[["1","PaymentApproved"],["2","PaymentApproved"]]'
  assert_equal "$(find "$OP_STORE/outbox" -type f | wc -l)" 2

  # 3.4 My page.
  succeeds op-mypage
  assert_equal "$(jq -s -c 'map([.reservationId, .musicalName, .customerId, .seats, .amount, .status]) | sort' <<<"$output")" \
    '[["1","Frozen","mina",10,500000,"PaymentApproved"],["2","Frozen","jun",15,750000,"PaymentApproved"]]'

  # 4.1 Reservation 1 is cancelled; a second time is refused.
  succeeds op-reserve cancel 1
  assert_json reservationId 1
  appends_nothing fails_as 1 already_cancelled op-reserve cancel 1

  # 4.2 Only number 2 is left.
  succeeds op-reserve list
  assert_equal "$(rows '[.reservationId, .status]')" '[["2","PaymentApproved"]]'
  succeeds op-reserve list --all
  assert_equal "$(rows .reservationId)" '["1","2"]'

  # Nothing is free before the musicals' own processor has seen it.
  succeeds op-musical show 1
  assert_json reservableSeats 75

  # 5.1 Seats back.
  succeeds outerpark -q tick
  succeeds op-musical show 1
  assert_json reservableSeats 85

  # 5.2 The same payment row, updated.
  succeeds op-pay list
  assert_equal "$(rows '[.reservationId, .status]')" '[["1","PaymentCancelled"],["2","PaymentApproved"]]'

  # 5.3 A third notice.
  succeeds op-notify list
  assert_equal "$(rows '[.reservationId, .template]')" \
    '[["1","PaymentApproved"],["2","PaymentApproved"],["1","PaymentCancelled"]]'
  assert_equal "$(find "$OP_STORE/outbox" -type f | wc -l)" 3

  # 5.4 My page and its history.
  succeeds op-mypage
  assert_equal "$(jq -s -c 'map([.reservationId, .status]) | sort' <<<"$output")" \
    '[["1","PaymentCancelled"],["2","PaymentApproved"]]'
  succeeds op-mypage show 1
  assert_json status PaymentCancelled
  succeeds op-mypage history 1
  assert_equal "$(grep -c . <<<"$output")" 9

  # And again: nothing is left to do.
  appends_nothing succeeds outerpark tick
  succeeds op-journal verify
  assert_json outcome clean
}

@test "the scenario, 1 to 5.4" { play; }

@test "the scenario with the annotated configuration" {
  mkdir -p "$HOME/.config/outerpark"
  cp "$OP_ROOT/examples/outerpark/outerpark.yaml" "$HOME/.config/outerpark/"
  play
}

@test "every event of a saga names its reservation and its cause" {
  op-musical -q register --id 1 --name Frozen --seats 100
  op-reserve -q place --musical 1 --seats 10 --price 50000
  outerpark -q tick
  op-reserve -q cancel 1
  outerpark -q tick
  succeeds op-journal read --correlation 1
  assert_equal "$(rows .type | jq -c sort)" \
    '["NotificationSent","NotificationSent","PaymentApproved","PaymentCancelled","ReservationCancelled","ReservationPlaced","SeatsReleased","TicketReady","TicketVoided"]'
  # Type of the cause of each, by the position that it names.
  op-journal read >all
  assert_equal "$(jq -s -r '(map({(.seq | tostring): .type}) | add) as $type
      | .[] | select(.correlation == "1") | "\(.type) <- \($type[.causation | tostring])"' all | sort)" \
    "NotificationSent <- PaymentApproved
NotificationSent <- PaymentCancelled
PaymentApproved <- ReservationPlaced
PaymentCancelled <- ReservationCancelled
ReservationCancelled <- ReservationPlaced
ReservationPlaced <- MusicalRegistered
SeatsReleased <- ReservationCancelled
TicketReady <- PaymentApproved
TicketVoided <- ReservationCancelled"
}

@test "deleting everything but the journal, and again: the same lists, byte for byte" {
  op-musical -q register --id 1 --name '겨울왕국 ❄️' --seats 100
  op-reserve -q place --musical 1 --seats 10 --price 50000 --customer mina
  op-reserve -q place --musical 1 --seats 15 --price 50000
  outerpark -q tick
  op-reserve -q cancel 1
  outerpark -q tick
  lists() {
    op-musical list && op-reserve list --all && op-pay list && op-ticket list --all && op-notify list && op-mypage && op-mypage history 1
  }
  lists >before
  rm -rf "$OP_STORE/state"
  find "$OP_STORE" -mindepth 1 -maxdepth 1 -not -name journal -not -name outbox -exec rm -rf {} +
  lists >after
  cmp before after
  grep -q '겨울왕국 ❄️' after
}

@test "the demo plays it, and all its numbers are right" {
  succeeds env TERM=dumb "$OP_ROOT/examples/outerpark/demo.sh"
  assert_equal "$(grep -c '^  ok: ' <<<"$output")" 16
  [[ $output != *WRONG* ]] || fail "a number is wrong"
  [[ $output == *"All numbers are as they should be"* ]] || fail "it did not come to its end"
  for words in 'seats left = 75' 'seats left = 85' 'payments = 2' 'notices = 3' '200 seats asked, 75 left'; do
    grep -qF "$words" <<<"$output$stderr" || fail "the demo does not say: $words"
  done
  [ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'outerpark-demo.*' -newer "$BATS_TEST_TMPDIR/home" 2>/dev/null)" ] ||
    fail "the demo left its store"
}
