#!/usr/bin/env bats
# outerpark.bats - the front door: dispatch to the op-* programs, and tick.

load lib/common

# place_two: a musical and two reservations, nothing processed yet.
place_two() {
  op-musical -q register --id 1 --name Frozen --seats 100
  op-reserve -q place --musical 1 --seats 10 --price 50000
  op-reserve -q place --musical 1 --seats 15 --price 50000
}

@test "every context is run by its name, with its arguments and common options" {
  succeeds outerpark musical register --id 1 --name 'Frozen 겨울왕국' --seats 5
  assert_json name 'Frozen 겨울왕국'
  succeeds outerpark --store "$OP_STORE" -o json musical list
  assert_json '.[0].seats' 5
  succeeds outerpark reserve place --musical 1 --seats 2 --price 10
  assert_json status Reserved
  for verb in pay ticket assign notify mypage journal; do
    succeeds outerpark "$verb" --help
    [[ $output == *"op-$verb"* ]] || fail "this is not op-$verb: $output"
  done
  succeeds outerpark journal read --limit 1
  assert_json type MusicalRegistered
  succeeds outerpark --store "$BATS_TEST_TMPDIR/other" journal append <<<'{"type":"Note"}'
  assert_equal "$(journal_bytes "$BATS_TEST_TMPDIR/other" | wc -l)" 1
}

@test "exit codes and errors are those of the program that was run" {
  fails_with 64 outerpark reserve place
  [[ $stderr == op-reserve:* ]] || fail "$stderr"
  fails_with 66 outerpark musical list
  op-musical -q register --id 1 --name Frozen --seats 5
  fails_with 1 outerpark --errors json reserve place --musical 1 --seats 9 --price 1
  assert_error_json error insufficient_seats
  assert_error_json available 5
  fails_with 64 outerpark
  fails_with 64 outerpark reserv place
  fails_with 64 outerpark tick now
}

@test "help and version" {
  succeeds outerpark --help
  local help=$output verb
  for verb in musical reserve pay ticket assign notify mypage journal tick status; do
    [[ $help == *"  $verb"* ]] || fail "no $verb in the help"
  done
  for verb in up doctor; do
    [[ $help != *"  $verb "* ]] || fail "$verb is in the help"
  done
  succeeds outerpark tick --help
  succeeds outerpark --version
}

@test "its own programs are found from anywhere, whatever PATH says" {
  local path
  path=$(command -v outerpark)
  mkdir decoy
  printf '#!/bin/sh\necho decoy\n' >decoy/op-journal
  chmod +x decoy/op-journal
  PATH=$BATS_TEST_TMPDIR/decoy:/usr/bin:/bin succeeds "$path" journal --version
  [[ $output == op-journal* ]] || fail "$output"
  # Alone in a directory it falls back to PATH.
  mkdir alone
  cp "$path" alone/outerpark
  PATH=$BATS_TEST_TMPDIR/decoy:$PATH succeeds alone/outerpark journal
  assert_equal "$output" decoy
  PATH=/usr/bin:/bin fails_as 66 no_command alone/outerpark journal read
}

@test "tick: nothing to do without a store, and none is made" {
  succeeds outerpark tick
  assert_equal "$output$stderr" ''
  [ ! -e "$OP_STORE" ] || fail "tick made a store"
  : >"$BATS_TEST_TMPDIR/file"
  fails_with 66 outerpark --store "$BATS_TEST_TMPDIR/file" tick
}

@test "tick runs every processor until nobody has anything to do, and prints what they appended" {
  place_two
  succeeds outerpark tick
  assert_equal "$(jq -r .type <<<"$output" | sort | uniq -c | tr -s ' ')" \
    $' 2 NotificationSent\n 2 PaymentApproved\n 2 TicketReady'
  appends_nothing succeeds outerpark tick
  assert_equal "$output" ''
  op-reserve -q cancel 1
  succeeds outerpark tick
  assert_equal "$(jq -r .type <<<"$output" | sort)" $'NotificationSent\nPaymentCancelled\nSeatsReleased\nTicketVoided'
  appends_nothing succeeds outerpark tick
}

@test "tick hands on the common options, and -q says nothing" {
  place_two
  mv "$OP_STORE" "$BATS_TEST_TMPDIR/elsewhere"
  succeeds outerpark -q --store "$BATS_TEST_TMPDIR/elsewhere" tick
  assert_equal "$output$stderr" ''
  assert_equal "$(op-journal --store "$BATS_TEST_TMPDIR/elsewhere" read --type NotificationSent | wc -l)" 2
  [ ! -e "$OP_STORE" ] || fail "another store was made"
  cat >config.yaml <<EOF
store: $BATS_TEST_TMPDIR/elsewhere
notify: {channel: stdout}
EOF
  unset OP_STORE
  outerpark --config config.yaml reserve -q cancel 2
  succeeds outerpark tick --config config.yaml
  assert_equal "$(op-journal --config config.yaml read --type NotificationSent | wc -l)" 3
}

@test "tick: one array, one header, one table, whoever appended; NDJSON as it comes" {
  place_two
  succeeds outerpark tick -o json
  assert_equal "$(jq -s 'length' <<<"$output")" 1
  assert_json '[.[].type] | sort | unique | join(",")' NotificationSent,PaymentApproved,TicketReady
  assert_json '[.[].seq] | . == sort and length == 6' true
  assert_equal "$(jq -c '.[]' <<<"$output")" "$(op-journal read --after 3)"
  succeeds outerpark tick -o json
  assert_equal "$output" '[]'
  op-reserve -q cancel 1
  succeeds outerpark tick -o csv
  assert_equal "$(grep -c '^seq,' <<<"$output")" 1
  assert_equal "$(grep -oE '(Seats|Payment|Notification|Ticket)[A-Z][a-z]+,' <<<"$output" | sort | paste -sd' ')" \
    'NotificationSent, PaymentCancelled, SeatsReleased, TicketVoided,'
  op-reserve -q cancel 2
  succeeds outerpark tick -o table
  assert_equal "$(grep -c '^SEQ' <<<"$output") $(wc -l <<<"$output")" '1 5'
  # What is handed on rather than reported stands by itself, and is there before the array.
  op-reserve -q place --musical 1 --seats 2 --price 50000
  printf 'notify: {channel: stdout}\n' >stdout.yaml
  succeeds outerpark --config stdout.yaml tick -o json
  [[ ${output%%$'\n'*} == '[OuterPark]'* ]] || fail "$output"
  assert_equal "$(sed 1d <<<"$output" | jq -c '[.[].type]')" '["PaymentApproved","TicketReady"]'
  succeeds outerpark -q tick -o json
  assert_equal "$output" ''
  succeeds outerpark --store "$BATS_TEST_TMPDIR/none" tick -o json
  assert_equal "$output" '[]'
}

@test "a processor that fails: the others have their turn, and its exit code is told" {
  place_two
  mkdir bin
  cp "$(command -v outerpark)" bin/
  local program
  for program in op-reserve op-musical op-ticket op-assign op-notify; do ln -s "$(command -v "$program")" bin/; done
  printf '#!/bin/sh\necho "op-pay: not now" >&2\nexit 75\n' >bin/op-pay
  chmod +x bin/op-pay
  op-reserve -q cancel 2
  fails_with 75 bin/outerpark -q tick
  assert_equal "$stderr" 'op-pay: not now'
  assert_equal "$(event_count SeatsReleased)" 1
  succeeds outerpark -q tick
  assert_equal "$(event_count PaymentApproved)" 1
}

@test "a saga without payment: tick charges nobody, op-pay by hand does" {
  op-musical -q register --id 1 --name Phone --seats 9 --price 100
  op-assign -q branch add --id b --name B --lat 37.5 --lon 127 --capacity 9
  op-reserve -q place --musical 1 --seats 1 --customer mina --lat 37.5 --lon 127
  printf 'saga: {steps: [assignment]}\npayment: {provider: exec}\n' >assignment.yaml # and no command
  succeeds outerpark --config assignment.yaml -v tick
  assert_equal "$(sed -n 's/^outerpark: \(op-.* run\)$/\1/p' "$stderr_file" | sort -u | paste -sd,)" \
    'op-assign run,op-musical run,op-notify run,op-reserve run'
  assert_equal "$(event_count PickupAssigned) $(event_count PaymentApproved)" '1 0'
  assert_equal "$(op-mypage --config assignment.yaml show 1 | jq -r .progress)" Completed
  succeeds op-pay run
  assert_json .type PaymentApproved
  succeeds outerpark -q tick # a saga with payment, by default
  assert_equal "$(event_count TicketReady)" 1
}

@test "a slow provider keeps nobody waiting who needs none: seats are back and branches assigned before it is called" {
  op-musical -q register --id 1 --name Phone --seats 9 --price 100
  op-assign -q branch add --id b --name B --lat 37.5 --lon 127 --capacity 9
  op-reserve -q place --musical 1 --seats 1 --id gone
  op-reserve -q cancel gone
  op-reserve -q place --musical 1 --seats 1 --id near --lat 37.5 --lon 127
  cat >provider <<END
#!/bin/sh
op-journal read --type SeatsReleased,PickupAssigned | jq -r .type >>seen
exit 75
END
  chmod +x provider
  printf 'payment: {provider: exec, command: [%s]}\n' "$PWD/provider" >slow.yaml
  succeeds outerpark -q --config slow.yaml tick
  assert_equal "$(head -2 seen | sort | paste -sd' ')" 'PickupAssigned SeatsReleased'
}

@test "two ticks at once: one outcome each" {
  op-musical -q register --id 1 --name Frozen --seats 100
  local i
  for i in $(seq 20); do op-reserve -q place --musical 1 --seats 2 --price 100; done
  for i in 1 2 3 4; do outerpark -q tick 2>"tick$i.err" & done
  wait
  cat tick*.err
  assert_equal "$(cat tick*.err)" ''
  succeeds outerpark -q tick
  assert_equal "$(event_count PaymentApproved)" 20
  assert_equal "$(event_count NotificationSent)" 20
}

# ---- labels --------------------------------------------------------------------------------------------------------

@test "every status that a program can be asked for may have a label; one that none has is refused with its place" {
  op-musical -q register --id 1 --name Frozen --seats 1
  local call word
  printf 'labels:\n  ko:\n' >labels.yaml
  for call in 'op-reserve list' 'op-pay list' 'op-ticket list' 'op-assign list' 'op-notify list' op-mypage; do
    # shellcheck disable=SC2086
    fails_with 64 $call --status BAD
    for word in $(sed -n 's/.*must be one of \(.*\), not .*/\1/p' <<<"$stderr" | tr -d ,); do echo "    $word: x"; done
  done | sort -u >>labels.yaml
  [ "$(wc -l <labels.yaml)" -ge 20 ] || fail "$(cat labels.yaml)"
  succeeds op-musical --config labels.yaml list
  printf 'labels:\n  ko: {Reserved: x, no_such_code_yet: x}\n  fil: {Reservd: x}\n' >wrong.yaml
  fails_with 78 op-musical --config wrong.yaml list
  [[ $stderr == "op-musical: wrong.yaml:3:9: labels: there is no status 'Reservd', did you mean 'Reserved'? (Placed, "*', Dropped)' ]] || fail "$stderr"
}

# ---- status --------------------------------------------------------------------------------------------------------

@test "status is one object: lag of every consumer and processor, what is parked, the circuit" {
  place_two
  op-journal -q consume --consumer kakao --max-attempts 1 --type ReservationPlaced --max 1 -- false
  succeeds outerpark status -o json
  assert_json '[.live, .ready, .head, .lag] | @csv' true,true,4,4
  assert_json '.consumers[] | [.consumer, .offset, .lag, .parked] | @csv' '"kakao",2,2,1'
  assert_json '[.processors[].processor] | join(",")' op-assign,op-musical,op-notify,op-pay,op-reserve,op-ticket
  assert_json '.parked.consumers' 1
  assert_json '.circuit.state | IN("unknown", "closed")' true
  assert_json '.problems | length' 0
  outerpark -q tick
  succeeds outerpark status
  assert_json '[.processors[].lag] | max < 4' true
}

@test "status is a table for people" {
  place_two
  succeeds outerpark status -o table
  [[ $output == *"installation"*"ready"* && $output == *"processor op-pay"* && $output == *circuit* ]] || fail "$output"
}

@test "ready: who is far behind or beyond the head makes it 75, and the report is printed all the same" {
  place_two
  op-journal -q consume --consumer kakao --max 1 -- true
  exits_with 75 outerpark status --max-lag 1 --errors json
  assert_json '[.live, .ready] | @csv' true,false
  assert_error_json error not_ready
  assert_json '.problems[] | select(contains("kakao"))' 'consumer kakao is 2 events behind'
  exits_with 75 outerpark status --ready --max-lag 1
  assert_json 'keys | join(",")' head,lag,problems,ready
  assert_equal "$stderr" 'outerpark: not ready: consumer kakao is 2 events behind'
  succeeds outerpark status --ready
  succeeds outerpark -q status --ready
  assert_equal "$output" ''
  printf '{"consumer":"kakao","offset":9,"updatedAt":"2026-11-20T12:00:00Z"}\n' >"$OP_STORE/consumers/kakao"
  exits_with 75 outerpark status --ready
  [[ $output == *'consumer kakao is beyond the head'* ]] || fail "$output"
}

@test "ready: an open circuit is not; what a program cannot tell is unknown, what it fails to tell is not ready" {
  place_two
  mkdir own
  for program in op-journal op-notify op-reserve op-musical; do ln -s "$(command -v "$program")" own/; done
  cp "$(command -v outerpark)" own/
  cat >own/op-pay <<'END'
#!/bin/sh
case $1 in
circuit) [ -e circuit ] && cat circuit || { echo 'op-pay: no such verb' >&2; exit 64; } ;;
list) [ "$3" = Parked ] && echo '[{},{}]' ;;
*) exit 64 ;;
esac
END
  chmod +x own/op-pay
  succeeds own/outerpark status
  assert_json '[.circuit.state, .parked.payments] | @csv' '"unknown",2'
  assert_equal "$stderr" ''
  echo '{"provider":"http","state":"half_open","retryAt":null}' >circuit
  succeeds own/outerpark status
  assert_json .circuit.state half_open
  echo '{"provider":"http","state":"open","retryAt":"2026-11-20T12:00:30.000000Z"}' >circuit
  OP_NOW=2026-11-20T12:00:29Z fails_as_report own/outerpark status
  assert_json '[.circuit.state, .circuit.retryAt] | @csv' '"open","2026-11-20T12:00:30.000000Z"'
  [[ $stderr == *'the circuit is open until 2026-11-20T12:00:30'* ]] || fail "$stderr"
  OP_NOW=2026-11-20T12:00:30Z fails_as_report own/outerpark status
  [[ $stderr == *'the circuit of payments is open, and the next op-pay run may try since 2026-11-20T12:00:30'* ]] || fail "$stderr"
  echo 'no JSON' >circuit
  fails_as_report own/outerpark status
  [[ $stderr == *'op-pay gave no answer that can be read'* ]] || fail "$stderr"
  printf '#!/bin/sh\necho "op-pay: bad configuration" >&2\nexit 78\n' >own/op-pay
  fails_as_report own/outerpark status
  [[ $stderr == *'not ready: op-pay: bad configuration' ]] || fail "$stderr"
  assert_json .parked.payments null
  printf '#!/bin/sh\n[ "$1" = circuit ] && exec sleep 60\n[ "$1" = list ] && echo "[]" || exit 64\n' >own/op-pay
  fails_as_report own/outerpark --timeout 500ms status
  assert_json '.problems | any(. == "op-pay does not answer in time")' true
}

# fails_as_report CMD...: exit 75 with the report on stdout and one line on stderr.
fails_as_report() {
  exits_with 75 "$@" || return 1
  assert_json .ready false
  assert_equal "$(wc -l <"$stderr_file")" 1
}

@test "live: the store can be opened and read" {
  fails_as 66 no_store outerpark status --live
  fails_as 66 no_store outerpark status
  place_two
  succeeds outerpark status --live
  assert_json '[.live, .head] | @csv' true,3
  mark_damaged
  sed -i '2s/"seats":10/"seats":16/' "$(journal_files)"
  rm -f "$OP_STORE/control"
  fails_as 75 not_live outerpark status --live
  fails_with 64 outerpark status --live --ready
  fails_with 64 outerpark status --max-lag x
}
