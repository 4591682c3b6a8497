#!/usr/bin/env bats
# correctness-oversell.bats - many processes sell the same musicals at once, and never a seat twice.
#
# tests/correctness/sell.py places and cancels at random (the seed is printed; OP_TEST_SEED=N repeats the choices of each
# process), tests/correctness/check_sales.py reads the journal and what each process was told. The tests below the first
# two hand the checker a journal or a log that was changed on purpose, and want it to say so.

load lib/common

# A seed of this run, unless one was given.
setup() {
  common_setup
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
}

check_sales() { op_python -B "$OP_TESTS/correctness/check_sales.py" "$@"; }

# sellers ROUND ROLES [ARG...]: one process for each role, all at once, on $OP_STORE.
sellers() {
  local round=$1 roles=$2
  shift 2
  mkdir -p logs
  (
    store=$OP_STORE
    export OP_STORE=${URL:-$store}
    op_python -B "$OP_TESTS/correctness/sell.py" --seed "$SEED" --round "$round" --store "$store" --logs logs \
      --roles "$roles" "$@"
  )
}

SIXTEEN=single,single,batch,single,single,single,single,batch,single,single,single,single,batch,single,single,single
RELEASING=release,single,batch,single,single,single,single,batch,single,single,single,single,batch,single,single,release

# Three musicals, and a reservation of each that everybody will cancel seats of.
three_musicals() {
  succeeds op-musical register --id 1 --name Frozen --seats 330 --price 50000
  succeeds op-musical register --id 2 --name '겨울왕국' --seats 150
  succeeds op-musical register --id 3 --name Wicked --seats 80 --price 7
  local musical
  for musical in 1 2 3; do
    succeeds op-reserve place --musical "$musical" --seats 40 --id "hot-$musical" --customer driver
  done
}

# The sum of the reservable seats as the command tells it.
seats_left() { op-musical list | jq -s 'map(.reservableSeats) | add'; }

# bats test_tags=slow
@test "16 processes sell three musicals out, again after cancellations, and while seats come back: never a seat twice" {
  # Small segments, so that the sale also goes over their ends.
  URL="file://$OP_STORE?segment_bytes=65536"
  three_musicals

  sellers 1 "$SIXTEEN"
  succeeds check_sales "$OP_STORE" logs/*.log
  echo "round 1: $output"
  assert_json '[.left[]] | add' 0
  assert_equal "$(seats_left)" 0

  # What was cancelled comes back, and is sold again.
  succeeds op-musical run -q
  succeeds check_sales "$OP_STORE" logs/*.log
  assert_json '.released == .cancelled and .released > 20' true
  assert_equal "$(seats_left)" "$(json '[.left[]] | add')"
  sellers 2 "$SIXTEEN"
  succeeds check_sales "$OP_STORE" logs/*.log
  echo "round 2: $output"
  assert_json '[.left[]] | add' 0
  assert_equal "$(seats_left)" 0

  # And once more with two processes that release all the time.
  sellers 3 "$RELEASING" --steps 30
  succeeds op-musical run -q
  succeeds check_sales "$OP_STORE" logs/*.log
  echo "round 3: $output"
  assert_json '.released == .cancelled' true
  assert_json '.told > 200 and .refused > 100' true
  # The command's own fold agrees with the checker's.
  assert_equal "$(op-musical list | jq -s -c 'map({key: .musicalId, value: .reservableSeats}) | from_entries')" \
    "$(json '.left | tojson')"
  [ "$(journal_files | wc -l)" -gt 1 ] || fail "the journal should have several segments"
  succeeds op-journal verify
}

# bats test_tags=slow
@test "8 processes rush for the last seat of 80 musicals, and cancel the same 80 reservations: one of them gets each" {
  local count=80
  {
    echo 'musicals:'
    seq 0 $((count - 1)) | sed 's/.*/- {id: last-&, name: Last &, seats: 1}/'
    echo '- {id: gone, name: Gone, seats: 1000}'
  } >catalogue.yaml
  succeeds op-musical -q import catalogue.yaml
  seq 0 $((count - 1)) | sed 's/.*/{"musicalId":"gone","seats":2,"id":"gone-&","customerId":"driver"}/' | op-reserve -q place --batch
  sellers 1 rush,rush,rush,rush,rush,rush,rush,rush --steps "$count"
  succeeds check_sales "$OP_STORE" logs/*.log
  echo "$output"
  assert_json '[.told, .refused, .cancelled] | join(" ")' "$((2 * count)) $((14 * count)) $count"
}

@test "the choices of a process depend on the seed and its number alone" {
  local plan=(op_python -B "$OP_TESTS/correctness/sell.py" --plan --seed 7 --round 1 --process 3 --role single)
  "${plan[@]}" >once
  "${plan[@]}" >again
  cmp once again
  [ "$(wc -l <once)" -eq 200 ]
  op_python -B "$OP_TESTS/correctness/sell.py" --plan --seed 8 --round 1 --process 3 --role single >other
  run ! cmp -s once other
}

# ---- the checker finds what it is there to find ---------------------------------------------------------------------

# A small sale with its logs: 4 processes, some seats released.
small_sale() {
  three_musicals
  sellers 1 single,batch,release,single --steps 12
  succeeds op-musical run -q
  succeeds check_sales "$OP_STORE" logs/*.log
}

# tampered FILTER: a copy of the journal, every event through jq; `$n` is the number of the first SeatsReleased, `$p` that
# of the first ReservationPlaced of a seller, `$c` that of the first ReservationCancelled.
tampered() {
  rm -rf copy.broken
  mkdir -p copy.broken/journal
  journal_bytes | jq -s -c '(map(select(.type == "SeatsReleased"))[0].seq) as $n
    | (map(select(.type == "ReservationPlaced" and .data.customerId != "driver"))[0].seq) as $p
    | (map(select(.type == "ReservationCancelled"))[0].seq) as $c
    | ('"$1"') | to_entries[] | .value + {seq: (.key + 1), durable: 0}' >copy.broken/journal/00000000000000000001.ndjson
}

# finds TEXT: the checker fails on the copy, and says this.
finds() {
  exits_with 1 check_sales copy.broken logs/*.log
  [[ $stderr == *"$1"* ]] || fail "expected '$1' in: $stderr"
}

@test "the checker is not satisfied with a journal that was changed" {
  small_sale
  tampered .
  succeeds check_sales copy.broken logs/*.log

  tampered 'map(if .seq == $p then .data.seats = 500 | .data.amount = 500 * .data.price else . end)'
  finds oversold
  tampered 'map(if .seq == $p then .data.amount += 1 else . end)'
  finds 'the amount is not seats times price'
  tampered 'map(if .seq == $p then .data.customerId = "nobody" else . end)'
  finds 'customerId of event'
  tampered 'map(if .seq == $n then .type = "Note" else . end) + [.[$n - 1], .[$n - 1]]'
  finds 'was released before'
  tampered 'map(if .seq == $n then .data.seats += 1 else . end)'
  finds 'seats differs from the cancellation'
  tampered 'map(if .seq == $c then .data.remainingSeats += 1 else . end)'
  finds 'remainingSeats'
  tampered 'map(if .seq == $p then .type = "Note" else . end)'
  finds 'is not in the journal'
  tampered 'map(if .seq == $c then .type = "Note" else . end)'
  finds 'its cancellation is not in the journal'
  tampered '. + [.[$p - 1] | .data.reservationId = "x" | .id = "x"]'
  finds 'nobody was told of it'
  tampered '. + [.[$p - 1]]'
  finds 'stands twice'
}

# lied FILTER: the logs through jq, back in place of the true ones.
lied() {
  rm -rf true-logs
  mv logs true-logs
  mkdir logs
  local log
  for log in true-logs/*.log; do
    jq -c "$1" "$log" >"logs/${log##*/}"
  done
  exits_with 1 check_sales "$OP_STORE" logs/*.log
  rm -rf logs
  mv true-logs logs
}

@test "the checker is not satisfied with answers that were changed" {
  small_sale
  # One who asked for more than there is, so that there is a refusal in any case.
  jq -n -c --arg seq "$(event_count)" '{process: 9, kind: "place", asked: {musicalId: "3", seats: 999}, before: ($seq | tonumber),
    after: ($seq | tonumber), exit: 1, stdout: ""}' >refused
  fails_as 1 insufficient_seats op-reserve place --musical 3 --seats 999
  jq -c --rawfile stderr "$stderr_file" '.stderr = $stderr' refused >logs/9.log
  succeeds check_sales "$OP_STORE" logs/*.log

  lied 'if .process == 9 then .stderr |= (fromjson | .available += 1 | tojson) else . end'
  [[ $stderr == *'was never right meanwhile'* ]] || fail "$stderr"
  lied 'if .kind == "place" and .exit == 0 then .stdout |= (fromjson | .amount += 1 | tojson) else . end'
  [[ $stderr == *'amount: told'* ]] || fail "$stderr"
  lied 'if .kind == "cancel" and .exit == 0 then .stdout |= (fromjson | .seats += 1 | tojson) else . end'
  [[ $stderr == *'not in the journal as it was told'* ]] || fail "$stderr"
  lied 'if .kind == "place" and .exit == 0 then .before += 10000 | .after += 10000 else . end'
  [[ $stderr == *'was not appended during the call'* ]] || fail "$stderr"
  lied 'if .process == 9 then .exit = 75 else . end'
  [[ $stderr == *'exit 75'* ]] || fail "$stderr"
  lied 'if .process == 0 then empty else . end'
  [[ $stderr == *'nobody was told of it'* ]] || fail "$stderr"
}
