#!/usr/bin/env bats
# op-musical-catalogue.bats - catalogues for real use: seat grades, performances, revisions, differences, places of errors.

load lib/common

# A show with two performances and two grades, and a musical whose seats are all alike.
catalogue() {
  cat >catalogue.yaml <<'YAML'
musicals:
  - id: cats
    name: 캣츠
    venue: 대극장
    maxPerCustomer: 4
    grades:
      - {grade: VIP, seats: 20, price: 150000}
      - {grade: S석, seats: 60, price: 90000}
    performances:
      - 2026-12-24T23:30:00-05:00
      - startsAt: 2026-12-25T14:00:00+09:00
        id: cats-christmas
        salesClose: 2026-12-25T12:00:00+09:00
        grades: [{grade: VIP, seats: 5, price: 200000}]
  - {id: 1, name: Frozen, seats: 100, price: 50000}
YAML
}

# cats SEATS GRADE [OPTION...]: seats of the first performance.
cats() {
  local seats=$1 grade=$2
  shift 2
  op-reserve "${errors[@]}" place --musical cats-2026-12-24 --seats "$seats" --grade "$grade" "$@"
}
errors=()

# grades_of ID: NAME RESERVABLE/SEATS of every grade.
grades_of() { op-musical show "$1" | jq -r '[.grades[] | "\(.grade) \(.reservableSeats)/\(.seats)"] | join(", ")'; }

@test "a show is one musical for each performance, with its own grades, prices and sales window" {
  catalogue
  succeeds op-musical import catalogue.yaml
  assert_equal "$(jq -r '"\(.musicalId) \(.name) \(.seats) \(.change)"' <<<"$output")" \
    $'cats-2026-12-24 캣츠 80 registered\ncats-christmas 캣츠 5 registered\n1 Frozen 100 registered'
  assert_equal "$(event_count)" 3
  # The date is the one that is written, whatever it is in UTC.
  succeeds op-musical show cats-2026-12-24
  assert_json '[.startsAt,.venue,.price,.maxPerCustomer,.salesClose]|tojson' '["2026-12-25T04:30:00Z","대극장",null,4,null]'
  assert_json '.grades|tojson' '[{"grade":"VIP","seats":20,"reservableSeats":20,"heldSeats":0,"offeredSeats":0,"price":150000},{"grade":"S석","seats":60,"reservableSeats":60,"heldSeats":0,"offeredSeats":0,"price":90000}]'
  succeeds op-musical show cats-christmas
  assert_json '[.startsAt,.venue,.salesClose,.maxPerCustomer]|tojson' '["2026-12-25T05:00:00Z","대극장","2026-12-25T03:00:00Z",4]'
  succeeds op-musical list -o table
  [[ $output == *GRADES* && $output == *'VIP 20/20 at 150,000, S석 60/60 at 90,000'* ]] || fail "$output"
  appends_nothing succeeds op-musical import catalogue.yaml
  assert_equal "$output$stderr" ''
  appends_nothing succeeds op-musical -v import - <catalogue.yaml # that is standard input
  [[ $stderr == *'nothing to do: all 3 musicals are as the catalogue says'* ]] || fail "$stderr"
}

@test "place takes seats of a grade at its price, and a cancellation gives them back to it" {
  catalogue
  op-musical -q import catalogue.yaml
  succeeds cats 2 VIP --customer kim
  assert_json '[.grade,.price,.amount]|tojson' '["VIP",150000,300000]'
  succeeds cats 1 S석 --customer kim --price 90000 --request-id k1
  appends_nothing succeeds cats 1 S석 --customer kim --price 90000 --request-id k1
  assert_json '[.reservationId,.grade]|tojson' '["2","S석"]'
  errors=(--errors json)
  appends_nothing fails_with 1 cats 1 VIP --customer kim --price 90000 --request-id k1
  assert_error_json error request_id_reused
  appends_nothing fails_with 1 cats 1 VIP --customer kim --price 90000
  assert_error_json '[.error,.listPrice]|tojson' '["price_changed",150000]'
  appends_nothing fails_with 1 cats 2 VIP --customer kim
  assert_error_json '[.error,.held,.limit]|tojson' '["customer_limit",3,4]'
  appends_nothing fails_with 1 cats 19 VIP --customer jun
  assert_error_json '[.error,.grade,.requested,.available]|tojson' '["insufficient_seats","VIP",19,18]'
  appends_nothing fails_with 1 cats 1 R --customer jun
  assert_error_json '[.error,.grade]|tojson' '["no_such_grade","R"]'
  appends_nothing fails_as 1 no_such_grade op-reserve place --musical 1 --seats 1 --grade VIP
  appends_nothing fails_as 1 grade_required op-reserve place --musical cats-2026-12-24 --seats 1 --customer jun
  appends_nothing fails_as 65 bad_grade op-reserve place --musical cats-2026-12-24 --seats 1 --grade 'a b'
  OP_NOW=2026-12-25T03:00:00Z appends_nothing fails_as 1 sales_closed op-reserve place --musical cats-christmas \
    --seats 1 --grade VIP --customer jun
  assert_equal "$(grades_of cats-2026-12-24)" 'VIP 18/20, S석 59/60'

  op-reserve -q cancel 1 --seats 1
  op-reserve -q cancel 2
  assert_equal "$(grades_of cats-2026-12-24)" 'VIP 18/20, S석 59/60'
  succeeds op-musical run
  assert_equal "$(jq -r .data.grade <<<"$output" | tr '\n' ' ')" 'VIP S석 '
  assert_equal "$(grades_of cats-2026-12-24)" 'VIP 19/20, S석 60/60'
  succeeds op-reserve list -o table --all
  [[ $output == *GRADE* ]] || fail "$output"
  succeeds op-reserve show 1
  assert_json '[.grade,.seats]|tojson' '["VIP",1]'
}

@test "a batch takes grades line by line" {
  catalogue
  op-musical -q import catalogue.yaml
  cat >requests <<'JSON'
{"musicalId":"cats-christmas","seats":3,"grade":"VIP","customerId":"a"}
{"musicalId":"cats-christmas","seats":3,"grade":"VIP","customerId":"b"}
{"musicalId":"cats-christmas","seats":2,"grade":"VIP","customerId":"b","price":200000}
{"musicalId":"cats-christmas","seats":1,"customerId":"c"}
{"musicalId":"1","seats":1,"grade":null}
{"musicalId":"1","seats":1,"grade":7}
{"musicalId":"1","seats":1,"grade":"a b"}
JSON
  exits_with 65 op-reserve place --batch <requests
  assert_equal "$(jq -r '.error // .grade // "-"' <<<"$output" | tr '\n' ' ')" \
    'VIP insufficient_seats VIP grade_required - no_such_grade bad_grade '
  assert_equal "$(grades_of cats-christmas)" 'VIP 0/5'
}

@test "import revises prices, windows, limits and places; --dry-run tells it field by field" {
  catalogue
  op-musical -q import catalogue.yaml
  op-reserve -q place --musical 1 --seats 3 --customer kim
  cats 4 VIP --customer kim -q
  # A grade's price and number, a limit and a price where there was none, a venue that goes.
  sed -i 's/seats: 20, price: 150000/seats: 22, price: 160000/; s/price: 50000/price: 51000, maxPerCustomer: 4/
    /venue:/d; s/- {id: 1/- {id: new, name: New, seats: 5}\n  &/' catalogue.yaml
  appends_nothing succeeds op-musical import catalogue.yaml --dry-run
  would=$output
  assert_equal "$(jq -r '.musicalId as $m | .change as $c | .changes[] | "\($m) \($c) \(.field): \(.old) → \(.new)"' <<<"$would")" \
    'cats-2026-12-24 revised seats: 80 → 82
cats-2026-12-24 revised venue: 대극장 → null
cats-2026-12-24 revised grades.VIP.seats: 20 → 22
cats-2026-12-24 revised grades.VIP.price: 150000 → 160000
cats-christmas revised venue: 대극장 → null
new registered name: null → New
new registered seats: null → 5
new registered currency: null → KRW
1 revised price: 50000 → 51000
1 revised maxPerCustomer: null → 4'
  succeeds op-musical import catalogue.yaml --dry-run -o table
  [[ $output == *'1               revised    price: 50000 → 51000, maxPerCustomer: 4'* ]] || fail "$output"
  [[ $output == *'venue: 대극장 → none'* ]] || fail "$output"
  succeeds op-musical import catalogue.yaml --request-id k1
  assert_equal "$(jq -c 'del(.updatedAt)' <<<"$output")" "$(jq -c 'del(.updatedAt)' <<<"$would")"
  first=$output
  appends_nothing succeeds op-musical import catalogue.yaml --request-id k1
  assert_equal "$output" "$first"
  appends_nothing succeeds op-musical import catalogue.yaml

  # What is revised holds at once: the price, and the limit also of what was sold before it.
  appends_nothing fails_as 1 price_changed op-reserve place --musical 1 --seats 1 --customer jun --price 50000
  appends_nothing fails_as 1 customer_limit op-reserve place --musical 1 --seats 2 --customer kim
  printf '%s\n' '{"musicalId":"1","seats":1,"customerId":"kim"}' '{"musicalId":"1","seats":1,"customerId":"kim"}' >requests
  exits_with 1 op-reserve place --batch <requests
  assert_equal "$(jq -r '.error // .amount' <<<"$output" | tr '\n' ' ')" '51000 customer_limit '
  succeeds cats 1 VIP --customer jun
  assert_json price 160000
  assert_equal "$(grades_of cats-2026-12-24)" 'VIP 17/22, S석 60/60'
}

@test "a limit that comes while a batch goes on counts what it sold before" {
  op-musical -q register --id 1 --name Frozen --seats 100
  printf -- '- {id: 1, name: Frozen, seats: 100, maxPerCustomer: 4}\n' >limited.yaml
  coproc batch { op-reserve place --batch; }
  local answer line='{"musicalId":"1","seats":3,"customerId":"kim"}'
  echo "$line" >&"${batch[1]}"
  read -r answer <&"${batch[0]}"
  assert_equal "$(jq -r .status <<<"$answer")" Reserved
  op-musical -q import limited.yaml
  echo "$line" >&"${batch[1]}"
  read -r answer <&"${batch[0]}"
  assert_equal "$(jq -c '[.error,.held,.limit]' <<<"$answer")" '["customer_limit",3,4]'
  echo '{"musicalId":"1","seats":1,"customerId":"kim"}' >&"${batch[1]}"
  read -r answer <&"${batch[0]}"
  assert_equal "$(jq -r .status <<<"$answer")" Reserved
  local closing=${batch[1]} pid=$batch_PID
  exec {closing}>&-
  wait "$pid" || true
}

@test "seats that are held stay, of each grade, and nothing is done by halves" {
  catalogue
  op-musical -q import catalogue.yaml
  cats 4 VIP --customer kim -q
  sed -i 's/seats: 20, price: 150000/seats: 3, price: 150000/; s/seats: 100/seats: 120/' catalogue.yaml
  appends_nothing fails_as 1 seats_held op-musical import catalogue.yaml
  assert_error_json '[.grade,.requested,.held,.file,.line,.column]|tojson' '["VIP",3,4,"catalogue.yaml",10,9]'
  appends_nothing fails_as 1 seats_held op-musical import catalogue.yaml --dry-run
  appends_nothing fails_as 1 seats_held op-musical adjust cats-2026-12-24 --grade VIP --seats 3
  assert_error_json '[.grade,.requested,.held]|tojson' '["VIP",3,4]'
  appends_nothing fails_as 1 grade_required op-musical adjust cats-2026-12-24 --seats 90
  appends_nothing fails_as 1 no_such_grade op-musical adjust cats-2026-12-24 --grade R --seats 90
  appends_nothing fails_as 1 no_such_grade op-musical adjust 1 --grade R --seats 90
  succeeds op-musical adjust cats-2026-12-24 --grade VIP --seats 4
  assert_json '[.seats,.grades[0].seats,.grades[0].reservableSeats]|tojson' '[64,4,0]'
  # A grade that somebody has seats of cannot go, and a name or currency never changes.
  sed -i '/seats: 3, price: 150000/d' catalogue.yaml
  appends_nothing fails_as 1 seats_held op-musical import catalogue.yaml
  catalogue
  sed -i 's/name: Frozen/name: Dogs/' catalogue.yaml
  appends_nothing fails_as 1 id_taken op-musical import catalogue.yaml
  assert_error_json line 15
  # Who has seats without a grade has none of the new ones.
  catalogue
  op-reserve -q place --musical 1 --seats 2
  sed -i 's/seats: 100, price: 50000/grades: [{grade: A, seats: 2, price: 1}]/' catalogue.yaml
  appends_nothing fails_as 1 seats_held op-musical import catalogue.yaml
  assert_error_json '[.grade,.requested,.held,.musicalId]|tojson' '[null,null,2,"1"]'
  assert_error_json .message 'catalogue.yaml:15:5: musical 1: grades asked, 2 seats are held without a grade'
  # The read model says the same when it is made anew.
  before=$(op-musical list)
  rm -rf "$OP_STORE/state"
  assert_equal "$(op-musical list)" "$before"
}

@test "the example is a catalogue" {
  succeeds op-musical import "$OP_ROOT/examples/outerpark/musicals.yaml"
  assert_equal "$(jq -r .musicalId <<<"$output" | tr '\n' ' ')" 'frozen cats-2026-12-24 cats-2026-12-25 cats-2026-12-25-matinee '
}

# bad LINE:COLUMN TEXT [WHAT]: the catalogue of this text is refused at that place, with a message that ends so.
bad() {
  printf '%b' "$2" >bad.yaml
  fails_with 65 op-musical import bad.yaml
  [[ $stderr == "op-musical: bad.yaml:$1: "*"${3:-}" ]] || complain "expected bad.yaml:$1: ${3:-}" op-musical import bad.yaml
}

@test "grades and performances are checked at their places" {
  local show='- id: a\n  name: A\n'
  bad 3:11 "${show}  grades: []\n" 'the list of grades is empty: leave it out where the seats have none'
  bad 3:11 "${show}  grades: VIP\n"
  bad 3:12 "${show}  grades: [VIP]\n"
  bad 3:12 "${show}  grades: [{grade: VIP, seats: 1}]\n"
  bad 3:32 "${show}  grades: [{grade: VIP, seats: 0, price: 1}]\n"
  bad 3:42 "${show}  grades: [{grade: VIP, seats: 1, price: -1}]\n"
  bad 3:20 "${show}  grades: [{grade: a b, seats: 1, price: 1}]\n"
  bad 3:35 "${show}  grades: [{grade: VIP, seats: 1, colour: 1}]\n"
  bad 3:35 "${show}  grades: [{grade: VIP, seats: 1, seats: 1}]\n"
  bad 4:5 "${show}  grades: [{grade: VIP, seats: 1, price: 1},\n    {grade: VIP, seats: 1, price: 1}]\n" 'grade VIP stands here twice'
  bad 3:11 "${show}  grades: [{grade: A, seats: 1000000000, price: 1}, {grade: B, seats: 1, price: 1}]\n"
  bad 4:3 "${show}  grades: [{grade: VIP, seats: 1, price: 1}]\n  seats: 1\n"
  bad 3:3 "${show}  price: 1\n  grades: [{grade: VIP, seats: 1, price: 1}]\n"
  bad 4:3 "${show}  grades: [{grade: VIP, seats: 1, price: 1}]\n  grades: [{grade: VIP, seats: 1, price: 1}]\n"
  show+='  seats: 1\n'
  bad 4:17 "${show}  performances: []\n" 'the list of performances is empty: leave it out where the musical is one'
  bad 4:18 "${show}  performances: [tomorrow]\n"
  bad 4:18 "${show}  performances: [{id: b}]\n"
  bad 4:18 "${show}  performances: [[2026-12-24T19:30:00Z]]\n"
  bad 1:3 "${show}  startsAt: 2026-12-24T19:30:00Z\n  performances: [2026-12-25T19:30:00Z]\n"
  bad 5:7 "${show}  performances:\n    - 2026-02-30T19:30:00Z\n"
  bad 6:7 "${show}  performances:\n    - 2026-12-24T14:00:00Z\n    - 2026-12-24T19:30:00Z\n"
  bad 5:40 "${show}  performances:\n    - {startsAt: 2026-12-24T14:00:00Z, performances: []}\n"
  bad 5:85 "${show}  performances:\n    - {startsAt: 2026-12-24T14:00:00Z, salesOpen: 2026-12-02T00:00:00Z, salesClose: 2026-12-01T00:00:00Z}\n"
  bad 6:51 "${show}  salesClose: 2026-12-01T00:00:00Z\n  performances:\n    - {startsAt: 2026-12-24T14:00:00Z, salesOpen: 2026-12-02T00:00:00Z}\n"
  bad 4:15 "${show}  salesClose: 2026-12-01T00:00:00Z\n  salesOpen: 2026-12-02T00:00:00Z\n"
  bad 1:3 '- {id: a, name: A}\n' 'seats is missing'
  bad 1:11 '- {id: a, id: b, name: A, seats: 1}\n' 'id is given twice'
  bad 1:18 '- {musicalId: a, musicalId: b, name: A, seats: 1}\n' 'musicalId is given twice'
  bad 1:11 '- {id: a, musicalId: b, name: A, seats: 1}\n' "the id is given twice: 'id' and 'musicalId' are one field"
  bad 1:18 '- {musicalId: a, id: b, name: A, seats: 1}\n' "the id is given twice: 'id' and 'musicalId' are one field"
  bad 4:15 "${show}  salesClose: 1970-01-01T00:00:00Z\n" "salesClose must be after 1970-01-01T00:00:00Z, not '1970-01-01T00:00:00Z'"
  bad 2:45 '- {id: a-2026-12-24, name: A, seats: 1}\n- {id: a, name: A, seats: 1, performances: [2026-12-24T14:00:00Z]}\n'
  # Aliases do not make a catalogue larger than a commit.
  op_python -c '
print("- {id: s, name: S, seats: 1, performances: &p [" + ", ".join(["2026-12-24T14:00:00Z"] * 300) + "]}")
for i in range(300): print("- {id: s%d, name: S, seats: 1, performances: *p}" % i)' >bad.yaml
  fails_as 65 bad_catalogue op-musical import bad.yaml
  [ ! -e "$OP_STORE" ]
}

@test "what is nested too deep, or too much for one commit, is refused at once, by --dry-run as without" {
  local start=$SECONDS text
  # Unbounded, each took minutes: what parses YAML needs the square of its depth.
  for text in '[' '{a: ' '- ' '? '; do
    op_python -c 'import sys; sys.stdout.write(sys.argv[1] * (1000000 // len(sys.argv[1])))' "$text" >bad.yaml
    fails_as 65 bad_catalogue op-musical import bad.yaml
    assert_error_json '[.line, .column > 30]|tojson' '[1,true]'
    fails_as 65 bad_branches op-assign branch import - <bad.yaml
    [[ $(error_json message) == '-:1:'*': lists and maps are nested more than 32 deep here' ]]
    fails_with 78 op-musical --config bad.yaml list
  done
  [ $((SECONDS - start)) -lt 60 ]
  # 20 MB of events out of a small file.
  op_python -c '
grades = ", ".join("{grade: %s, seats: 1000, price: 9007199254740991}" % (("g%02d" % i).ljust(32, "x")) for i in range(16))
print("- id: s\n  name: %s\n  venue: %s\n  grades: [%s]\n  performances:" % ("n" * 200, "v" * 200, grades))
for i in range(10000): print("    - {id: p%05d, startsAt: 2026-12-24T19:30:00Z}" % i)' >large.yaml
  fails_as 65 invalid op-musical import large.yaml
  local refused=$stderr
  fails_as 65 invalid op-musical import large.yaml --dry-run
  assert_equal "$stderr" "$refused"
  [[ $refused == *'at most 16777216 are allowed'* ]]
}

@test "thousands of entries are imported in about a second, and compared in less" {
  # OP_TEST_ENTRIES=10000 takes no longer itself, but the check of every event against its schema does.
  local entries=${OP_TEST_ENTRIES:-1000}
  op_python -c '
import datetime, sys
for show in range(int(sys.argv[1]) // 100):
    print("- id: s%d\n  name: Show %d\n  grades: [{grade: VIP, seats: 20, price: 150000}, {grade: R, seats: 60, price: 90000}]" % (show, show))
    print("  performances: [%s]" % ", ".join("%sT19:30:00+09:00" % (datetime.date(2026, 12, 1) + datetime.timedelta(day)) for day in range(100)))' "$entries" >big.yaml
  local start=${EPOCHREALTIME/./}
  succeeds op-musical -q import big.yaml
  local took=$((${EPOCHREALTIME/./} - start))
  echo "$entries entries: $((took / 1000)) ms"
  # Generous, for slow and instrumented machines.
  [ "$took" -lt 10000000 ]
  assert_equal "$(op-musical list | wc -l)" "$entries"
  appends_nothing succeeds op-musical import big.yaml --dry-run
  assert_equal "$output" ''
}
