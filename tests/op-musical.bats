#!/usr/bin/env bats
# op-musical.bats - registering, adjusting, closing and opening, catalogues, lists, and giving seats back.

load lib/common

# The musical most tests start from.
frozen() { op-musical -q register --id 1 --name 겨울왕국 --seats 100 --price 50000; }

# place SEATS [OPTION...]: a reservation of it.
place() {
  local seats=$1
  shift
  op-reserve -q place --musical 1 --seats "$seats" "$@"
}

# ---- register ------------------------------------------------------------------------------------------------------

@test "register prints the musical with every field" {
  succeeds env OP_NOW=2026-11-20T12:00:00Z op-musical register --id 1 --name '겨울왕국 ❄️' --seats 100 --price 50000 \
    --currency KRW --venue '대극장' --starts-at 2026-12-24T19:30:00+09:00 --sales-open 2026-11-01T00:00:00Z \
    --sales-close 2026-12-24T10:00:00.5Z --max-per-customer 4
  assert_equal "$(jq -c . <<<"$output")" '{"musicalId":"1","name":"겨울왕국 ❄️","seats":100,"reservableSeats":100,"heldSeats":0,"price":50000,"currency":"KRW","venue":"대극장","startsAt":"2026-12-24T10:30:00Z","salesOpen":"2026-11-01T00:00:00Z","salesClose":"2026-12-24T10:00:00.500000Z","maxPerCustomer":4,"status":"Open","updatedAt":"2026-11-20T12:00:00.000000Z","offeredSeats":0,"waiting":0,"grades":null}'
  answered=$output
  succeeds op-musical show 1
  assert_equal "$output" "$answered"
}

@test "register leaves absent fields null, and the currency KRW" {
  succeeds op-musical register --id 1 --name Cats --seats 1
  assert_json '[.price,.venue,.startsAt,.salesOpen,.salesClose,.maxPerCustomer,.currency]|tojson' \
    '[null,null,null,null,null,null,"KRW"]'
}

@test "the same registration again is exit 0 and appends nothing, also after an adjustment" {
  frozen
  appends_nothing succeeds op-musical register --id 1 --name 겨울왕국 --seats 100 --price 50000
  assert_json reservableSeats 100
  op-musical -q adjust 1 --seats 120
  appends_nothing succeeds op-musical register --id 1 --name 겨울왕국 --seats 100 --price 50000
  assert_json seats 120
}

@test "another musical with that id is refused" {
  frozen
  local option
  appends_nothing fails_as 1 id_taken op-musical register --id 1 --name Cats --seats 100 --price 50000
  appends_nothing fails_as 1 id_taken op-musical register --id 1 --name 겨울왕국 --seats 99 --price 50000
  appends_nothing fails_as 1 id_taken op-musical register --id 1 --name 겨울왕국 --seats 100
  for option in '--currency USD' '--venue V' '--starts-at 2026-12-24T19:30:00Z' '--max-per-customer 3'; do
    # shellcheck disable=SC2086
    appends_nothing fails_as 1 id_taken op-musical register --id 1 --name 겨울왕국 --seats 100 --price 50000 $option
  done
}

@test "two who register the same id at once: one wins, the other is refused" {
  local i
  for i in 1 2 3 4 5 6 7 8; do
    (
      code=0
      op-musical register --id 1 --name "N$i" --seats "$i" >"out.$i" 2>"err.$i" || code=$?
      echo "$code" >"code.$i"
    ) &
  done
  wait
  assert_equal "$(cat code.* | sort -n | tr '\n' ' ')" '0 1 1 1 1 1 1 1 '
  assert_equal "$(event_count)" 1
  assert_equal "$(cat out.* | jq -r .name)" "$(op-musical show 1 | jq -r .name)"
}

@test "bad values are exit 65 and append nothing" {
  local seats
  for seats in 0 -1 1.5 1e3 99999999999999999999 1000000001 '' ' 1' x; do
    appends_nothing fails_as 65 bad_seats op-musical register --id 1 --name A --seats="$seats"
  done
  fails_as 65 bad_price op-musical register --id 1 --name A --seats 1 --price=-1
  fails_as 65 bad_price op-musical register --id 1 --name A --seats 1 --price 9007199254740992
  fails_as 65 bad_currency op-musical register --id 1 --name A --seats 1 --currency krw
  fails_as 65 bad_time op-musical register --id 1 --name A --seats 1 --starts-at tomorrow
  fails_as 65 bad_time op-musical register --id 1 --name A --seats 1 --sales-open 2026-12-02T00:00:00Z \
    --sales-close 2026-12-01T00:00:00Z
  for option in starts-at sales-open sales-close; do
    fails_as 65 bad_time op-musical register --id 1 --name A --seats 1 --$option 1970-01-01T09:00:00+09:00
  done
  fails_as 65 bad_max_per_customer op-musical register --id 1 --name A --seats 1 --max-per-customer 0
  fails_with 65 op-musical register --id 1 --name $'a\nb' --seats 1
  fails_with 65 op-musical register --id 1 --name "$(printf '%0257d' 0)" --seats 1
  [ ! -e "$OP_STORE" ]
}

@test "bad ids are exit 65 in every verb" {
  local id
  frozen
  for id in '' "$(printf '%065d' 0)" $'a\nb' $'a\x01b' $'\xff' 'a b' 'a/b' "a'b" 'a"b' "a\\b"; do
    appends_nothing fails_as 65 bad_id op-musical register --id="$id" --name A --seats 1
    appends_nothing fails_as 65 bad_id op-musical adjust --seats 1 -- "$id"
    appends_nothing fails_as 65 bad_id op-musical close -- "$id"
    fails_as 65 bad_id op-musical show -- "$id"
  done
  fails_with 65 op-musical close -- -1
  succeeds op-musical register --id "$(printf '%064d' 0)" --name A --seats 1
  succeeds op-musical register --id 뮤지컬:1❄ --name A --seats 1
}

@test "wrong calls are exit 64 and say what is wrong" {
  fails_as 64 usage op-musical register --id 1 --name A
  fails_as 64 usage op-musical register --id 1 --name A --seats
  fails_as 64 usage op-musical register --id 1 --name A --seats 1 --sets 1
  fails_as 64 usage op-musical adjust 1
  fails_as 64 usage op-musical adjust --seats 1
  fails_as 64 usage op-musical close
  fails_as 64 usage op-musical close 1 2
  fails_as 64 usage op-musical shut 1
  fails_as 64 usage op-musical
  fails_with 64 op-musical close
  [[ $stderr == *--help* ]]
}

# ---- adjust, close, open -------------------------------------------------------------------------------------------

@test "adjust changes the capacity, and never below what is held" {
  frozen
  place 40
  succeeds op-musical adjust 1 --seats 150
  assert_json '[.seats,.reservableSeats,.heldSeats]|tojson' '[150,110,40]'
  appends_nothing fails_as 1 seats_held op-musical adjust 1 --seats 39
  assert_error_json '[.requested,.held]|tojson' '[39,40]'
  succeeds op-musical adjust 1 --seats 40
  assert_json reservableSeats 0
  appends_nothing succeeds op-musical adjust 1 --seats 40
  fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
  appends_nothing fails_as 1 no_such_musical op-musical adjust 2 --seats 1
}

@test "close stops the sales and open resumes them" {
  frozen
  succeeds op-musical close 1
  assert_json status Closed
  appends_nothing succeeds op-musical close 1
  assert_json status Closed
  appends_nothing fails_as 1 sales_closed op-reserve place --musical 1 --seats 1
  succeeds op-musical open 1
  assert_json status Open
  appends_nothing succeeds op-musical open 1
  succeeds op-reserve place --musical 1 --seats 1
  appends_nothing fails_as 1 no_such_musical op-musical close 2
  appends_nothing fails_as 1 no_such_musical op-musical open 2
}

@test "a repeated request id answers as the first time, byte for byte, and appends nothing" {
  succeeds op-musical register --id 1 --name A --seats 100 --request-id k1
  first=$output
  succeeds op-musical adjust 1 --seats 120 --request-id k2
  second=$output
  place 10
  op-musical -q close 1
  appends_nothing succeeds op-musical register --id 1 --name A --seats 100 --request-id k1
  assert_equal "$output" "$first"
  appends_nothing succeeds op-musical adjust 1 --seats 120 --request-id k2
  assert_equal "$output" "$second"
  rm -r "$OP_STORE/state"
  appends_nothing succeeds op-musical adjust 1 --seats 120 --request-id k2
  assert_equal "$output" "$second"
  appends_nothing fails_as 1 request_id_reused op-musical adjust 1 --seats 121 --request-id k2
  appends_nothing fails_as 1 request_id_reused op-musical open 1 --request-id k2
}

@test "--dry-run prints what would be and appends nothing" {
  succeeds op-musical register --id 1 --name A --seats 100 --dry-run
  assert_json reservableSeats 100
  [ -z "$(journal_files)" ]
  frozen
  appends_nothing succeeds op-musical adjust 1 --seats 120 --dry-run
  assert_json seats 120
  appends_nothing succeeds op-musical close 1 --dry-run
  assert_json status Closed
  assert_equal "$(op-musical show 1 | jq -r '"\(.seats) \(.status)"')" '100 Open'
}

@test "-q prints nothing where it succeeds" {
  succeeds op-musical -q register --id 1 --name A --seats 100
  assert_equal "$output$stderr" ''
}

# ---- import --------------------------------------------------------------------------------------------------------

# A catalogue of two.
catalogue() {
  cat >catalogue.yaml <<'YAML'
# 공연 목록
musicals:
  - {id: 1, name: 겨울왕국, seats: 100, price: 50000}
  - id: cats
    name: "Cats: the musical"
    seats: 80
    price: 1200
    currency: USD
    venue: Main hall
    startsAt: 2026-12-24T19:30:00+09:00
    salesOpen: 2026-11-01T00:00:00Z
    salesClose: 2026-12-24T00:00:00Z
    maxPerCustomer: 4
YAML
}

@test "import makes the musicals as one commit, and the second run appends nothing" {
  catalogue
  succeeds op-musical import catalogue.yaml
  assert_equal "$(jq -r '"\(.musicalId) \(.seats) \(.change)"' <<<"$output")" $'1 100 registered\ncats 80 registered'
  assert_equal "$(event_count)" 2
  succeeds op-musical show cats
  assert_json '[.name,.price,.currency,.venue,.startsAt,.maxPerCustomer]|tojson' \
    '["Cats: the musical",1200,"USD","Main hall","2026-12-24T10:30:00Z",4]'
  appends_nothing succeeds op-musical import catalogue.yaml
  assert_equal "$output" ''
}

@test "import adjusts seats, --dry-run tells and appends nothing, and nothing is done by halves" {
  catalogue
  op-musical -q import catalogue.yaml
  place 40
  sed -i 's/seats: 100/seats: 120/; $a\  - {id: new, name: New, seats: 5}' catalogue.yaml
  appends_nothing succeeds op-musical import catalogue.yaml --dry-run
  would=$(jq -r '"\(.musicalId) \(.seats) \(.reservableSeats) \(.change)"' <<<"$output")
  assert_equal "$would" $'1 120 80 adjusted\nnew 5 5 registered'
  sed -i 's/seats: 120/seats: 39/' catalogue.yaml
  appends_nothing fails_as 1 seats_held op-musical import catalogue.yaml
  sed -i 's/seats: 39/seats: 120/; s/the musical/the other one/' catalogue.yaml
  appends_nothing fails_as 1 id_taken op-musical import catalogue.yaml
  sed -i 's/the other one/the musical/' catalogue.yaml
  succeeds op-musical import catalogue.yaml
  assert_equal "$(jq -r '"\(.musicalId) \(.seats) \(.reservableSeats) \(.change)"' <<<"$output")" "$would"
}

@test "an import with a repeated request id answers as the first time" {
  catalogue
  succeeds op-musical import catalogue.yaml --request-id k1
  first=$output
  place 40
  appends_nothing succeeds op-musical import catalogue.yaml --request-id k1
  assert_equal "$output" "$first"
  sed -i 's/seats: 100/seats: 120/' catalogue.yaml
  appends_nothing fails_as 1 request_id_reused op-musical import catalogue.yaml --request-id k1
}

@test "a catalogue may be the list alone, and an id may be called musicalId: the same musicals" {
  catalogue
  op-musical -q import catalogue.yaml
  sed '/^musicals:/d; s/id: 1/musicalId: 1/; s/- id: cats/- musicalId: cats/' catalogue.yaml >bare.yaml
  grep -q '^  - {musicalId: 1' bare.yaml
  appends_nothing succeeds op-musical import bare.yaml
  assert_equal "$output" ''
  printf -- '- {musicalId: new, name: New, seats: 5}\n- {id: 7, name: Seven, seats: 7}\n' >more.yaml
  succeeds op-musical import more.yaml --request-id k1
  assert_equal "$(jq -r '"\(.musicalId) \(.seats) \(.change)"' <<<"$output")" $'new 5 registered\n7 7 registered'
  # The same said in other words is the same request.
  first=$output
  printf -- 'musicals:\n- {id: new, name: New, seats: 5}\n- {musicalId: 7, name: Seven, seats: 7}\n' >more.yaml
  appends_nothing succeeds op-musical import more.yaml --request-id k1
  assert_equal "$output" "$first"
  printf '[]\n' >none.yaml
  appends_nothing succeeds op-musical import none.yaml
}

# bad_catalogue LINE:COLUMN TEXT: the catalogue of this text is refused at that place.
bad_catalogue() {
  printf '%b' "$2" >bad.yaml
  appends_nothing fails_with 65 op-musical import bad.yaml
  [[ $stderr == "op-musical: bad.yaml:$1: "* ]] || complain "expected bad.yaml:$1" op-musical import bad.yaml
}

@test "a broken catalogue is exit 65 with FILE:LINE:COLUMN" {
  bad_catalogue 1:1 ''
  bad_catalogue 1:1 '7\n'
  bad_catalogue 1:1 '{}\n'
  bad_catalogue 1:1 'shows: []\n'
  bad_catalogue 1:11 'musicals: 7\n'
  bad_catalogue 2:5 'musicals:\n  - 7\n'
  bad_catalogue 2:5 'musicals:\n  - {id: 1, name: A}\n'
  bad_catalogue 1:3 '- 7\n'
  bad_catalogue 2:3 '- {id: 1, name: A, seats: 1}\n- {musicalId: 2, name: B}\n'
  bad_catalogue 2:3 '- {id: 1, name: A, seats: 1}\n- {musicalId: 1, name: B, seats: 2}\n'
  bad_catalogue 2:1 'musicals: []\nmusicals: []\n'
}

@test "every field of a catalogue is checked at its place" {
  local seats
  for seats in 0 -1 1.5 1e3 99999999999999999999 many '[1]'; do
    bad_catalogue 4:12 "musicals:\n  - id: 1\n    name: A\n    seats: $seats\n"
  done
  bad_catalogue 2:9 'musicals:\n  - id: a b\n    name: A\n    seats: 1\n'
  bad_catalogue 5:5 'musicals:\n  - id: 1\n    name: A\n    seats: 1\n    sets: 1\n'
  bad_catalogue 5:5 'musicals:\n  - id: 1\n    name: A\n    seats: 1\n    seats: 1\n'
  bad_catalogue 5:5 'musicals:\n  - id: 1\n    name: A\n    seats: 1\n    musicalId: 1\n'
  bad_catalogue 2:3 '- musicalId: 1\n  id: 1\n  name: A\n  seats: 1\n'
  bad_catalogue 2:3 '- musicalId: 1\n  musicalId: 1\n  name: A\n  seats: 1\n'
  bad_catalogue 1:14 '- musicalId: a b\n  name: A\n  seats: 1\n'
  bad_catalogue 5:15 'musicals:\n  - id: 1\n    name: A\n    seats: 1\n    startsAt: tomorrow\n'
  bad_catalogue 3:5 'musicals:\n  - {id: 1, name: A, seats: 1}\n  - {id: 1, name: A, seats: 1}\n'
  bad_catalogue 4:1 'musicals:\n  - {id: 1, name: A, seats: 1}\n---\n{}\n'
  bad_catalogue 1:11 'musicals: &a\n  - *a\n'
  printf 'musicals:\n  - {id: 1, name: \xff, seats: 1}\n' >bad.yaml
  fails_with 65 op-musical import bad.yaml
  printf 'musicals:\n  - {id: 1, name: A, seats: 1\n' >bad.yaml
  fails_with 65 op-musical import bad.yaml
  [[ $stderr == "op-musical: bad.yaml:"*:* ]]
  printf 'musicals: [{id: 1, name: A, seats: 0}]' >bad.yaml
  fails_as 65 bad_seats op-musical import bad.yaml
  assert_error_json '[.file,.line,.column]|tojson' '["bad.yaml",1,36]'
  fails_with 66 op-musical import nowhere.yaml
  fails_with 66 op-musical import .
  [ ! -e "$OP_STORE" ]
}

# ---- list, show ----------------------------------------------------------------------------------------------------

@test "list shows all musicals in the order of their registration, in every format" {
  op-musical -q register --id z --name 겨울왕국 --seats 10
  op-musical -q register --id a --name '"Cats", the musical' --seats 20 --price 7
  succeeds op-musical list
  assert_equal "$(jq -r .musicalId <<<"$output" | tr '\n' ' ')" 'z a '
  succeeds op-musical list -o json
  assert_json 'length' 2
  succeeds op-musical list -o csv
  [[ $output == 'musicalId,name,seats,reservableSeats,heldSeats,price,'* ]]
  [[ $output == *'"""Cats"", the musical"'* ]]
  succeeds op-musical list -o table
  [[ $output == *겨울왕국* ]]
  succeeds op-musical show a -o json
  assert_json seats 20
  fails_as 1 no_such_musical op-musical show b
}

@test "reading a store that is not there is exit 66" {
  fails_as 66 no_store op-musical list
  fails_as 66 no_store op-musical show 1
  : >file
  fails_as 66 no_store op-musical --store "$PWD/file" list
  fails_as 73 cannot_create op-musical --store "$PWD/file" register --id 1 --name A --seats 1
}

@test "lists are the same after state/ was deleted" {
  frozen
  place 10
  op-reserve -q cancel 1
  op-musical -q run
  before=$(op-musical list)
  rm -r "$OP_STORE/state"
  assert_equal "$(op-musical list)" "$before"
}

# ---- run -----------------------------------------------------------------------------------------------------------

@test "run gives seats back exactly once for each cancellation" {
  frozen
  place 10
  place 15
  op-reserve -q cancel 1
  op-reserve -q cancel 2 --seats 5
  assert_equal "$(json_of reservableSeats op-musical show 1)" 75
  succeeds op-musical run
  assert_equal "$(jq -c '[.type,.correlation,.causation,.data.seats]' <<<"$output")" \
    $'["SeatsReleased","1",4,10]\n["SeatsReleased","2",5,5]'
  assert_equal "$(json_of reservableSeats op-musical show 1)" 90
  appends_nothing succeeds op-musical run
  assert_equal "$output" ''
  rm -r "$OP_STORE/state"
  appends_nothing succeeds op-musical run
}

@test "run takes --max" {
  frozen
  local i
  for i in 1 2 3; do
    place 1
    op-reserve -q cancel "$i"
  done
  op-musical -q run --max 2
  assert_equal "$(event_count SeatsReleased)" 2
}

@test "eight of run at once release once" {
  frozen
  local i
  for i in 1 2 3 4 5 6 7 8 9; do
    place 1
    op-reserve -q cancel "$i"
  done
  for i in 1 2 3 4 5 6 7 8; do
    op-musical -q run &
  done
  wait
  assert_equal "$(event_count SeatsReleased)" 9
  assert_equal "$(json_of reservableSeats op-musical show 1)" 100
}

@test "a cancellation of what was never placed, or of more than was, frees no seat of others" {
  frozen
  place 10
  place 5
  printf '%s\n' '{"type":"ReservationCancelled","correlation":"9","data":{"reservationId":"9","musicalId":"1","seats":10,"remainingSeats":0,"amount":0,"currency":"KRW"}}' \
    '{"type":"ReservationCancelled","correlation":"1","data":{"reservationId":"1","musicalId":"1","seats":10,"remainingSeats":0,"amount":0,"currency":"KRW"}}' \
    '{"type":"ReservationCancelled","correlation":"1","data":{"reservationId":"1","musicalId":"1","seats":10,"remainingSeats":0,"amount":0,"currency":"KRW"}}' |
    op-journal -q append
  succeeds op-musical run
  assert_equal "$(event_count SeatsReleased)" 1
  assert_equal "$(json_of heldSeats op-musical show 1)" 5
}

@test "help, version and examples" {
  succeeds op-musical --help
  [[ $output == *import* && $output == *xample* ]]
  succeeds op-musical register --help
  [[ $output == *--max-per-customer* ]]
  succeeds op-musical --version
}
