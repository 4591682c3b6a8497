#!/usr/bin/env bats
# correctness-grades.bats - 16 processes buy and give back seats of three grades, with a limit for each customer: never a
# seat of a grade too many, never more than a customer may have. check_sales.py looks at every prefix of the journal.
#
# OP_TEST_ROUNDS=N makes it larger; OP_TEST_SEED=N repeats the requests.

load lib/common

check_sales() { op_python -B "$OP_TESTS/correctness/check_sales.py" "$@"; }

# The requests of a process: its grades, customers and seats by chance.
requests() {
  op_python -c '
import json, random, sys
rng = random.Random(sys.argv[1])
for number in range(int(sys.argv[2])):
    print(json.dumps({"musicalId": rng.choice(["a", "a", "b"]), "seats": rng.randint(1, 3), "grade": rng.choice(["VIP", "R", "S"]),
                      "customerId": "c%d" % rng.randint(1, 40), "id": "%s-%d" % (sys.argv[3], number)}))' "$@"
}

# One process: batches of ten lines, or one call for each line; every third of its reservations is cancelled.
buy() {
  local number=$1 rounds=$2 round musical seats grade customer id
  for round in $(seq "$rounds"); do
    requests "$SEED-$number-$round" 10 "p$number-$round" >"asked.$number"
    if [ $((number % 4)) -ne 0 ]; then
      op-reserve place --batch --timeout 60s <"asked.$number" >>"told.$number" || [ $? -eq 1 ]
    else
      while read -r musical seats grade customer id; do
        op-reserve place --timeout 60s --errors json --musical "$musical" --seats "$seats" --grade "$grade" \
          --customer "$customer" --id "$id" >>"told.$number" 2>>"refused.$number" || [ $? -eq 1 ]
      done < <(jq -r '"\(.musicalId) \(.seats) \(.grade) \(.customerId) \(.id)"' "asked.$number")
    fi
    for id in $(jq -r "select(.status) | .reservationId | select(startswith(\"p$number-$round-\"))" "told.$number" | awk 'NR % 3 == 0'); do
      op-reserve -q cancel "$id" --timeout 60s
    done
    [ $((number % 5)) -ne 0 ] || op-musical -q run --timeout 60s
  done
}

@test "16 processes buy seats of grades under a limit: no grade is oversold, no customer has too many" {
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
  cat >catalogue.yaml <<'YAML'
- id: a
  name: A
  maxPerCustomer: 4
  grades: &g [{grade: VIP, seats: 20, price: 150000}, {grade: R, seats: 30, price: 90000}, {grade: S, seats: 25, price: 60000}]
- {id: b, name: B, maxPerCustomer: 3, grades: *g}
YAML
  succeeds op-musical -q import catalogue.yaml
  local number pids=()
  for number in $(seq 16); do
    buy "$number" "${OP_TEST_ROUNDS:-1}" 3>&- &
    pids+=($!)
  done
  for number in "${pids[@]}"; do wait "$number"; done
  succeeds op-musical -q run
  succeeds check_sales "$OP_STORE"
  echo "$output"
  assert_json '.released == .cancelled and .released > 0' true
  # All grades were wanted by more than they have, and what is left is what the command says.
  assert_equal "$(op-musical list | jq -s -c '[.[] | {key: .musicalId, value: .reservableSeats}, (.musicalId as $m | .grades[] | {key: "\($m) \(.grade)", value: .reservableSeats})] | from_entries | tojson' | jq -r . | jq -S -c .)" \
    "$(json .left | jq -S -c .)"
  grep -qs insufficient_seats told.* refused.*
  grep -qs customer_limit told.* refused.*

  # The checker would see it.
  mkdir -p copy.broken/journal
  journal_bytes | jq -s -c '(map(select(.type == "ReservationPlaced"))[0].seq) as $p
    | map(if .seq == $p then .data.seats = 31 | .data.amount = 31 * .data.price else . end)[] | .durable = 0' >copy.broken/journal/00000000000000000001.ndjson
  exits_with 1 check_sales copy.broken
  [[ $stderr == *oversold* && $stderr == *' seats of at most '* ]] || fail "$stderr"
}
