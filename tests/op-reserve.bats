#!/usr/bin/env bats
# op-reserve.bats - placing one by one and in batches, cancelling, lists, declined payments, and holds that run out.

load lib/common

# frozen [OPTION...]: the musical most tests start from.
frozen() { op-musical -q register --id 1 --name 겨울왕국 --seats 100 "$@"; }

# payment TYPE RID: what a payment context would append about a reservation.
payment() {
  jq -cn --arg type "$1" --arg id "$2" '{type: $type, correlation: $id, tags: ["reservation:" + $id],
    data: ({paymentId: $id, reservationId: $id, amount: 500000, currency: "KRW", provider: "test", providerRef: "ref"}
      + if $type == "PaymentDeclined" then {reason: "card"} elif $type == "PaymentCancelled" then {remainingAmount: 0} else {} end)}' |
    op-journal -q append
}

# ---- place ---------------------------------------------------------------------------------------------------------

@test "place prints the reservation, and ids are the next whole numbers" {
  frozen --price 50000
  succeeds env OP_NOW=2026-11-20T12:00:00Z op-reserve place --musical 1 --seats 10 --price 50000
  assert_equal "$output" '{"reservationId":"1","musicalId":"1","customerId":null,"seats":10,"grade":null,"price":50000,"amount":500000,"currency":"KRW","status":"Reserved","payment":null,"reason":null,"placedAt":"2026-11-20T12:00:00.000000Z","updatedAt":"2026-11-20T12:00:00.000000Z"}'
  answered=$output
  assert_equal "$(json_of . op-reserve show 1 | jq -c .)" "$answered"
  assert_equal "$(json_of reservationId op-reserve place --musical 1 --seats 15 --customer 김철수)" 2
  assert_equal "$(json_of reservationId op-reserve place --musical 1 --seats 1 --id 41)" 41
  assert_equal "$(json_of reservationId op-reserve place --musical 1 --seats 1 --id vip-7)" vip-7
  assert_equal "$(json_of reservationId op-reserve place --musical 1 --seats 1)" 42
}

@test "every event of a reservation carries its correlation, its cause and its tags" {
  frozen
  op-reserve -q place --musical 1 --seats 10 --customer kim --request-id k1
  op-reserve -q cancel 1
  assert_equal "$(journal_bytes | jq -c 'select(.correlation == "1") | [.type,.causation,.tags]')" \
    $'["ReservationPlaced",1,["musical:1","reservation:1","customer:kim","request:k1"]]\n["ReservationCancelled",2,["musical:1","reservation:1","customer:kim"]]'
}

@test "not enough seats: exit 1 with what was asked and what is left" {
  frozen --price 50000
  op-reserve -q place --musical 1 --seats 10
  op-reserve -q place --musical 1 --seats 15
  appends_nothing fails_with 1 op-reserve place --musical 1 --seats 200 --price 50000
  assert_equal "$stderr" 'op-reserve: musical 1: 200 seats asked, 75 left'
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 76
  assert_error_json '[.requested,.available]|tojson' '[76,75]'
  succeeds op-reserve place --musical 1 --seats 75
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
}

@test "the price: the customer's, else the list price, else nothing" {
  frozen --price 50000
  op-musical -q register --id 2 --name B --seats 10 --currency USD
  appends_nothing fails_as 1 price_changed op-reserve place --musical 1 --seats 1 --price 40000
  assert_error_json '[.price,.listPrice]|tojson' '[40000,50000]'
  assert_equal "$(json_of amount op-reserve place --musical 1 --seats 2)" 100000
  succeeds op-reserve place --musical 2 --seats 2 --price 7
  assert_json '[.price,.amount,.currency]|tojson' '[7,14,"USD"]'
  succeeds op-reserve place --musical 2 --seats 2
  assert_json '[.price,.amount]|tojson' '[0,0]'
  succeeds op-reserve place --musical 2 --seats 1 --price 9007199254740991
  assert_json amount 9007199254740991
  appends_nothing fails_as 65 bad_price op-reserve place --musical 2 --seats 2 --price 9007199254740991
}

@test "sales have their time" {
  frozen --sales-open 2026-11-20T12:00:00Z --sales-close 2026-11-21T12:00:00Z
  OP_NOW=2026-11-20T12:00:00Z succeeds op-reserve place --musical 1 --seats 1
  export OP_NOW=2026-11-20T11:59:59Z
  appends_nothing fails_as 1 sales_not_open op-reserve place --musical 1 --seats 1
  export OP_NOW=2026-11-21T12:00:00Z
  appends_nothing fails_as 1 sales_closed op-reserve place --musical 1 --seats 1
}

@test "a customer's limit counts what is not cancelled" {
  frozen --max-per-customer 4
  appends_nothing fails_as 1 customer_required op-reserve place --musical 1 --seats 1
  op-reserve -q place --musical 1 --seats 3 --customer kim
  appends_nothing fails_as 1 customer_limit op-reserve place --musical 1 --seats 2 --customer kim
  assert_error_json '[.limit,.held,.requested]|tojson' '[4,3,2]'
  op-reserve -q place --musical 1 --seats 4 --customer lee
  op-reserve -q cancel 1 --seats 2
  succeeds op-reserve place --musical 1 --seats 3 --customer kim
  op-reserve -q cancel 1
  op-reserve -q cancel 3
  succeeds op-reserve place --musical 1 --seats 4 --customer kim
  rm -r "$OP_STORE/state"
  appends_nothing fails_as 1 customer_limit op-reserve place --musical 1 --seats 1 --customer kim
  op-reserve -q list
  appends_nothing fails_as 1 customer_limit op-reserve place --musical 1 --seats 1 --customer kim
}

@test "no musical, an id that is taken" {
  appends_nothing fails_as 1 no_such_musical op-reserve place --musical 1 --seats 1
  frozen
  op-reserve -q place --musical 1 --seats 1 --id r1
  appends_nothing fails_as 1 id_taken op-reserve place --musical 1 --seats 1 --id r1
  op-reserve -q cancel r1
  appends_nothing fails_as 1 id_taken op-reserve place --musical 1 --seats 1 --id r1
}

@test "bad values are exit 65 and append nothing, wrong calls exit 64" {
  local value
  frozen
  for value in 0 -1 1.5 1e3 99999999999999999999 '' ' 1' +1 0x1; do
    appends_nothing fails_as 65 bad_seats op-reserve place --musical 1 --seats="$value"
    appends_nothing fails_as 65 bad_seats op-reserve cancel 1 --seats="$value"
  done
  for value in -1 1.5 99999999999999999999 9007199254740992 x; do
    appends_nothing fails_as 65 bad_price op-reserve place --musical 1 --seats 1 --price="$value"
  done
  for value in '' "$(printf '%065d' 0)" $'a\nb' $'a\x01b' $'\xff' 'a b' 'a/b' "a'b" 'a"b'; do
    appends_nothing fails_as 65 bad_id op-reserve place --seats 1 --musical="$value"
    appends_nothing fails_as 65 bad_id op-reserve place --musical 1 --seats 1 --customer="$value"
    appends_nothing fails_as 65 bad_id op-reserve place --musical 1 --seats 1 --id="$value"
    appends_nothing fails_as 65 bad_id op-reserve cancel -- "$value"
    fails_as 65 bad_id op-reserve show -- "$value"
  done
  appends_nothing fails_as 65 bad_text op-reserve cancel 1 --reason $'a\nb'
  fails_as 64 usage op-reserve place --musical 1
  fails_as 64 usage op-reserve place --seats 1
  fails_as 64 usage op-reserve place --musical 1 --seats
  fails_as 64 usage op-reserve place --musical 1 --seats 1 --colour red
  fails_as 64 usage op-reserve place --batch --musical 1
  fails_as 64 usage op-reserve cancel
  fails_as 64 usage op-reserve list --status Paid
  fails_as 64 usage op-reserve reserve
}

@test "a repeated request id answers as the first time, byte for byte" {
  frozen
  succeeds op-reserve place --musical 1 --seats 10 --request-id k1
  first=$output
  succeeds op-reserve cancel 1 --seats 3 --reason '아파요' --request-id k2
  second=$output
  assert_json '[.seats,.status,.reason]|tojson' '[7,"Reserved","아파요"]'
  payment PaymentApproved 1
  op-reserve -q cancel 1
  local i
  for i in 1 2; do
    appends_nothing succeeds op-reserve place --musical 1 --seats 10 --request-id k1
    assert_equal "$output" "$first"
    appends_nothing succeeds op-reserve cancel 1 --seats 3 --reason '아파요' --request-id k2
    assert_equal "$output" "$second"
    rm -r "$OP_STORE/state"
  done
  appends_nothing fails_as 1 request_id_reused op-reserve place --musical 1 --seats 11 --request-id k1
  appends_nothing fails_as 1 request_id_reused op-reserve place --musical 1 --seats 3 --request-id k2
  appends_nothing fails_as 1 request_id_reused op-reserve cancel 1 --request-id k1
}

@test "one request sent by eight at once is one reservation" {
  frozen
  local i
  for i in 1 2 3 4 5 6 7 8; do
    op-reserve place --musical 1 --seats 1 --request-id k1 >"out.$i" &
  done
  wait
  assert_equal "$(event_count ReservationPlaced)" 1
  assert_equal "$(cat out.* | sort -u | wc -l)" 1
}

@test "--dry-run decides and appends nothing" {
  frozen
  appends_nothing succeeds op-reserve place --musical 1 --seats 10 --dry-run
  assert_json reservationId 1
  appends_nothing fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 101 --dry-run
  op-reserve -q place --musical 1 --seats 10
  appends_nothing succeeds op-reserve cancel 1 --dry-run
  assert_json status Cancelled
  assert_equal "$(json_of status op-reserve show 1)" Reserved
}

@test "sixteen at once sell what is there and not one seat more, under different numbers" {
  frozen
  local i
  for i in {1..16}; do
    (for _ in {1..10}; do op-reserve place --musical 1 --seats 1 || :; done >"out.$i" 2>"err.$i") &
  done
  wait
  assert_equal "$(cat out.* | jq -r .reservationId | sort -un | wc -l)" 100
  assert_equal "$(cat err.* | sort | uniq -c | sed 's/^ *//')" '60 op-reserve: musical 1: 1 seat asked, 0 left'
  assert_equal "$(json_of reservableSeats op-musical show 1)" 0
  assert_equal "$(event_count ReservationPlaced)" 100
}

# ---- place --batch -------------------------------------------------------------------------------------------------

@test "a batch answers every line in order; 65 wins over 1" {
  frozen --price 5
  cat >batch <<'LINES'
{"musicalId":"1","seats":60,"price":5,"customerId":"kim"}
{"musicalId":1,"seats":41}

{"musicalId":"1","seats":40,"id":"vip"}
{"musicalId":"1","seats":1
{"musicalId":"2","seats":1}
{"musicalId":"1","seats":1.5}
{"musicalId":"1","seats":1,"colour":"red"}
LINES
  exits_with 65 op-reserve place --batch <batch
  assert_equal "$stderr" ''
  assert_equal "$(jq -c '[.line,.reservationId,.error,.available]' <<<"$output")" "$(
    cat <<'ROWS'
[1,"1",null,null]
[2,null,"insufficient_seats",40]
[4,"vip",null,null]
[5,null,"malformed",null]
[6,null,"no_such_musical",null]
[7,null,"bad_seats",null]
[8,null,"malformed",null]
ROWS
  )"
  assert_equal "$(event_count ReservationPlaced)" 2
  head -2 batch >again
  exits_with 1 op-reserve place --batch <again
  assert_equal "$(jq -r .message <<<"$output" | head -1)" 'musical 1: 60 seats asked, 0 left'
  succeeds op-reserve place --batch </dev/null
  assert_equal "$output" ''
}

@test "an answer of a batch has the fields of a reservation" {
  frozen
  echo '{"musicalId":"1","seats":2,"customerId":"김철수"}' >batch
  succeeds op-reserve place --batch <batch
  assert_equal "$(jq -c 'del(.line)' <<<"$output")" "$(op-reserve show 1)"
}

@test "requests of a batch with the same id are the same request, also the next time" {
  frozen
  cat >batch <<'LINES'
{"musicalId":"1","seats":2,"requestId":"k1"}
{"musicalId":"1","seats":2,"requestId":"k1"}
{"musicalId":"1","seats":3,"requestId":"k1"}
{"musicalId":"1","seats":3,"requestId":"k2"}
LINES
  exits_with 1 op-reserve place --batch <batch
  assert_equal "$(jq -c '[.line,.reservationId,.error]' <<<"$output")" \
    $'[1,"1",null]\n[2,"1",null]\n[3,null,"request_id_reused"]\n[4,"2",null]'
  first=$(jq -c 'del(.message,.position)' <<<"$output")
  appends_nothing exits_with 1 op-reserve place --batch <batch
  assert_equal "$(jq -c 'del(.message,.position)' <<<"$output")" "$first"
  appends_nothing succeeds op-reserve place --musical 1 --seats 2 --request-id k1
  assert_equal "$output" "$(head -1 <<<"$first" | jq -c 'del(.line)')"
}

@test "ids, limits and numbers hold within one batch" {
  frozen --max-per-customer 4
  cat >batch <<'LINES'
{"musicalId":"1","seats":3,"customerId":"kim","id":"7"}
{"musicalId":"1","seats":3,"customerId":"lee"}
{"musicalId":"1","seats":1,"customerId":"lee","id":"8"}
{"musicalId":"1","seats":2,"customerId":"kim"}
{"musicalId":"1","seats":1,"customerId":"kim","reservationId":"7"}
{"musicalId":"1","seats":1,"customerId":"kim"}
LINES
  exits_with 1 op-reserve place --batch <batch
  assert_equal "$(jq -c '[.reservationId,.error]' <<<"$output")" "$(
    cat <<'ROWS'
["7",null]
["8",null]
["8","id_taken"]
[null,"customer_limit"]
["7","id_taken"]
["9",null]
ROWS
  )"
}

@test "a long batch goes through in a few commits and agrees with the journal" {
  frozen
  op-musical -q adjust 1 --seats 4990
  seq 5000 | jq -c '{musicalId: "1", seats: 1, customerId: "c\(. % 7)", requestId: "k\(.)"}' >batch
  exits_with 1 op-reserve place --batch <batch
  assert_equal "$(wc -l <"$stdout_file")" 5000
  assert_equal "$(jq -r 'select(.error) | .line' "$stdout_file" | tr '\n' ' ')" \
    '4991 4992 4993 4994 4995 4996 4997 4998 4999 5000 '
  assert_equal "$(json_of reservableSeats op-musical show 1)" 0
  diff <(jq -c 'select(.error | not) | del(.line)' "$stdout_file") <(op-reserve list)
}

# placed ARG…: places a seat and prints its reservation id.
placed() {
  op-reserve place --musical 1 --seats 1 "$@" | jq -r .reservationId
}

@test "a refused line of a batch does not have the next one take a number that was passed over" {
  op-musical -q register --id 1 --name Frozen --seats 100
  local id
  for id in 2000001 1000000 2000000; do
    succeeds op-reserve -q place --musical 1 --seats 1 --id "$id" --customer first
  done
  succeeds op-reserve -q list
  exits_with 1 op-reserve place --batch <<'LINES'
{"musicalId":"1","seats":500}
{"musicalId":"1","seats":1,"customerId":"second"}
{"musicalId":"1","seats":1,"customerId":"third"}
LINES
  assert_equal "$(jq -r '.reservationId // .error' <<<"$output" | paste -sd,)" insufficient_seats,2000002,2000003
}

@test "a chosen number far ahead moves nothing, and no id is given twice when the numbers get there" {
  frozen
  assert_equal "$(placed)" 1
  assert_equal "$(placed --id 999999999999999999)" 999999999999999999
  assert_equal "$(placed --id 9007199254740991)" 9007199254740991
  assert_equal "$(placed --id 1000012)" 1000012
  assert_equal "$(placed)" 2
  assert_equal "$(placed --id 9)" 9
  assert_equal "$(placed)" 10
  assert_equal "$(placed --id 1000010)" 1000010
  printf '{"musicalId":"1","seats":1}\n%.0s' 1 2 3 >batch
  succeeds op-reserve place --batch <batch
  assert_equal "$(jq -r .reservationId <<<"$output" | tr '\n' ' ')" '1000011 1000013 1000014 '
  rm -rf store/state
  assert_equal "$(placed)" 1000015
  op-reserve show 9007199254740991 >/dev/null
}

@test "numbers chosen ahead are kept as ranges, in whatever order they come, and are passed over in one step" {
  frozen
  local id
  for id in 2000005 2000003 2000004 2000009 2000007 2000006 1999999 2000004; do
    printf '{"musicalId":"1","seats":1,"id":"%s"}\n' "$id"
  done >batch
  exits_with 1 op-reserve place --batch <batch
  assert_equal "$(placed --id 1000000)" 1000000
  succeeds op-reserve list
  ranges() { sqlite3 "$OP_STORE/state/reserve.db" 'SELECT first, last FROM ahead ORDER BY first' | paste -sd' '; }
  assert_equal "$(ranges)" '1999999|1999999 2000003|2000007 2000009|2000009'
  assert_equal "$(placed --id 2000000)" 2000000
  for id in 2000001 2000002 2000008 2000010; do
    assert_equal "$(placed)" "$id"
  done
  rm -r "$OP_STORE/state"
  assert_equal "$(placed)" 2000011
}

@test "a batch on a pipe answers each line before the next one comes" {
  frozen
  mkfifo in
  op-reserve place --batch <in >out &
  exec 7>in
  echo '{"musicalId":"1","seats":2}' >&7
  wait_until 10 grep -q '"line":1' out
  echo '{"musicalId":"1","seats":3}' >&7
  wait_until 10 grep -q '"line":2' out
  exec 7>&-
  wait $!
  assert_equal "$(event_count ReservationPlaced)" 2
}

@test "a line of more than a mebibyte is malformed, and the rest goes on" {
  frozen
  {
    printf '{"musicalId":"1","seats":1,"customerId":"%s"}\n' "$(head -c 3000000 /dev/zero | tr '\0' x)"
    printf '{"musicalId":"1","seats":1}'
  } >batch
  exits_with 65 op-reserve place --batch <batch
  assert_equal "$(jq -c '[.line,.error,.reservationId]' <<<"$output")" $'[1,"malformed",null]\n[2,null,"1"]'
}

@test "--dry-run of a batch decides all of it and appends nothing" {
  frozen
  seq 1200 | jq -c '{musicalId: "1", seats: 1}' >batch
  appends_nothing exits_with 1 op-reserve place --batch --dry-run <batch
  assert_equal "$(jq -r 'select(.error == null) | .line' <<<"$output" | wc -l)" 100
}

@test "-q leaves the answers of a batch that are no success" {
  frozen
  printf '%s\n' '{"musicalId":"1","seats":1}' '{"musicalId":"2","seats":1}' >batch
  exits_with 1 op-reserve -q place --batch <batch
  assert_equal "$(jq -c .line <<<"$output")" 2
}

@test "a closed pipe ends a batch quietly" {
  frozen
  seq 20000 | jq -c '{musicalId: "1", seats: 1}' >batch
  op-reserve place --batch <batch 2>err | head -1 >first
  assert_equal "$(jq .line first)" 1
  assert_equal "$(cat err)" ''
}

@test "batches and single placements at once sell what is there" {
  frozen
  op-musical -q adjust 1 --seats 1000
  seq 400 | jq -c '{musicalId: "1", seats: 1}' >batch
  local i
  for i in 1 2 3; do
    op-reserve place --batch <batch >"batch.$i" &
    (for _ in {1..20}; do op-reserve place --musical 1 --seats 1 || :; done >"out.$i" 2>/dev/null) &
  done
  wait
  assert_equal "$(cat batch.* out.* | jq -r '.reservationId // empty' | sort -u | wc -l)" 1000
  assert_equal "$(json_of reservableSeats op-musical show 1)" 0
}

# ---- cancel --------------------------------------------------------------------------------------------------------

@test "cancel wholly, once" {
  frozen --price 50000
  op-reserve -q place --musical 1 --seats 10
  succeeds op-reserve cancel 1 --reason '일이 생겼어요'
  assert_json '[.seats,.amount,.status,.reason]|tojson' '[10,500000,"Cancelled","일이 생겼어요"]'
  assert_equal "$output" "$(op-reserve show 1)"
  appends_nothing fails_as 1 already_cancelled op-reserve cancel 1
  appends_nothing fails_as 1 already_cancelled op-reserve cancel 1 --seats 1
  appends_nothing fails_as 1 no_such_reservation op-reserve cancel 2
  assert_equal "$(journal_bytes | tail -1 | jq -c .data)" \
    '{"reservationId":"1","musicalId":"1","seats":10,"remainingSeats":0,"amount":500000,"currency":"KRW","reason":"일이 생겼어요"}'
}

@test "cancel some of the seats" {
  frozen --price 50000
  op-reserve -q place --musical 1 --seats 10
  succeeds op-reserve cancel 1 --seats 3
  assert_json '[.seats,.amount,.status]|tojson' '[7,350000,"Reserved"]'
  appends_nothing fails_as 1 seats_exceed_reservation op-reserve cancel 1 --seats 8
  assert_error_json '[.requested,.seats]|tojson' '[8,7]'
  succeeds op-reserve cancel 1 --seats 7
  assert_json '[.seats,.amount,.status]|tojson' '[7,350000,"Cancelled"]'
}

@test "a cancellation frees nothing until op-musical has seen it" {
  frozen
  op-reserve -q place --musical 1 --seats 100
  op-reserve -q cancel 1
  fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 1
  op-musical -q run
  succeeds op-reserve place --musical 1 --seats 100
}

@test "eight who cancel at once: one does, the others hear that it is cancelled" {
  frozen
  op-reserve -q place --musical 1 --seats 8
  local i
  for i in 1 2 3 4 5 6 7 8; do
    (
      code=0
      op-reserve -q --errors json cancel 1 2>"err.$i" || code=$?
      echo "$code" >"code.$i"
    ) &
  done
  wait
  assert_equal "$(cat code.* | sort | tr '\n' ' ')" '0 1 1 1 1 1 1 1 '
  assert_equal "$(cat err.* | jq -r .error | sort -u)" already_cancelled
  assert_equal "$(event_count ReservationCancelled)" 1
}

# ---- list, show ----------------------------------------------------------------------------------------------------

@test "list by musical, customer and status; cancelled ones when asked for" {
  frozen
  op-musical -q register --id 2 --name B --seats 10
  op-reserve -q place --musical 1 --seats 1 --customer kim
  op-reserve -q place --musical 1 --seats 2 --customer lee
  op-reserve -q place --musical 2 --seats 3 --customer kim
  op-reserve -q place --musical 2 --seats 4
  payment PaymentApproved 1
  payment PaymentApproved 2
  op-reserve -q cancel 2
  op-reserve -q cancel 3
  payment PaymentCancelled 2
  ids() { succeeds op-reserve list "$@" && jq -r .reservationId <<<"$output" | tr '\n' ' '; }
  assert_equal "$(ids)" '1 4 '
  assert_equal "$(ids --all)" '1 2 3 4 '
  assert_equal "$(ids --musical 1)" '1 '
  assert_equal "$(ids --musical 1 --all)" '1 2 '
  assert_equal "$(ids --customer kim --all)" '1 3 '
  assert_equal "$(ids --status PaymentApproved)" '1 '
  assert_equal "$(ids --status Cancelled)" '3 '
  assert_equal "$(ids --status PaymentCancelled)" '2 '
  assert_equal "$(ids --status Reserved)" '4 '
  assert_equal "$(ids --musical nowhere)" ''
  succeeds op-reserve list --all -o json
  assert_json length 4
  succeeds op-reserve list --all -o table
  [[ $output == *PaymentCancelled* ]]
  fails_as 1 no_such_reservation op-reserve show 9
}

@test "lists are the same after state/ was deleted, and a closed pipe ends quietly" {
  frozen
  seq 100 | jq -c '{musicalId: "1", seats: 1}' | op-reserve -q place --batch
  op-reserve -q cancel 7
  before=$(op-reserve list --all)
  rm -r "$OP_STORE/state"
  assert_equal "$(op-reserve list --all)" "$before"
  op-reserve list 2>err | head -1 >first
  assert_equal "$(jq -r .reservationId first)$(cat err)" 1
}

@test "reading a store that is not there is exit 66" {
  fails_as 66 no_store op-reserve list
  fails_as 66 no_store op-reserve show 1
}

# ---- run -----------------------------------------------------------------------------------------------------------

@test "run cancels what was declined, once, with its reason" {
  frozen
  op-reserve -q place --musical 1 --seats 10 --customer kim
  op-reserve -q place --musical 1 --seats 5
  op-reserve -q place --musical 1 --seats 2
  payment PaymentDeclined 1
  payment PaymentApproved 2
  payment PaymentDeclined 3
  op-reserve -q cancel 3
  succeeds op-reserve run
  assert_equal "$(jq -c '[.type,.correlation,.causation,.id,.data.seats,.data.reason]' <<<"$output")" \
    '["ReservationCancelled","1",5,"reservation-cancelled:5",10,"payment_declined"]'
  assert_equal "$(op-reserve show 1 | jq -c '[.status,.reason]')" '["Cancelled","payment_declined"]'
  appends_nothing succeeds op-reserve run
  rm -r "$OP_STORE/state"
  appends_nothing succeeds op-reserve run
}

@test "eight of run at once cancel once" {
  frozen
  local i
  for i in 1 2 3 4 5; do
    op-reserve -q place --musical 1 --seats 1
    payment PaymentDeclined "$i"
  done
  for i in 1 2 3 4 5 6 7 8; do
    op-reserve -q run &
  done
  wait
  assert_equal "$(event_count ReservationCancelled)" 5
}

@test "odd events of others are folded without harm" {
  frozen
  mark_damaged
  printf '%s\n' '{"type":"ReservationPlaced"}' '{"type":"ReservationPlaced","data":{"reservationId":7,"musicalId":1,"seats":2}}' \
    '{"type":"ReservationPlaced","data":{"reservationId":"x","musicalId":"1","seats":"many"}}' \
    '{"type":"ReservationCancelled","data":{"reservationId":"7","seats":99999999999}}' \
    '{"type":"PaymentDeclined","data":{"reservationId":"nobody"}}' \
    '{"type":"ReservationPlaced","data":{"reservationId":"a b","musicalId":"1","seats":1}}' |
    op-journal -q append
  succeeds op-reserve list --all
  assert_equal "$(jq -c '[.reservationId,.seats,.status]' <<<"$output")" '["7",2,"Cancelled"]'
  appends_nothing succeeds op-reserve run
  succeeds op-musical run
  assert_equal "$(event_count SeatsReleased)" 1
  succeeds op-reserve place --musical 1 --seats 1
  assert_json reservationId 8
}

# ---- reservation.hold ----------------------------------------------------------------------------------------------

# hold TIME: the configuration of what follows.
hold() {
  printf 'reservation: {hold: %s}\n' "$1" >"$BATS_TEST_TMPDIR/hold.yaml"
  export OP_CONFIG=$BATS_TEST_TMPDIR/hold.yaml
}

# at TIME CMD...: with this clock, on 2026-11-20.
at() { OP_NOW=2026-11-20T$1Z "${@:2}"; }

@test "run expires what nobody paid within the hold, at its instant and not before, once" {
  frozen --price 50000
  hold 15m
  at 12:00:00 op-reserve -q place --musical 1 --seats 10 --customer kim
  at 12:00:01 op-reserve -q place --musical 1 --seats 5
  appends_nothing succeeds at 12:14:59.999999 op-reserve run
  assert_equal "$output" ''
  succeeds at 12:15:00 op-reserve run
  assert_equal "$(jq -c '[.type,.correlation,.causation,.id,.tags,.data]' <<<"$output")" \
    '["ReservationCancelled","1",2,"reservation-cancelled:2:expired",["musical:1","reservation:1","customer:kim"],{"reservationId":"1","musicalId":"1","customerId":"kim","seats":10,"remainingSeats":0,"amount":500000,"currency":"KRW","reason":"expired"}]'
  assert_equal "$(op-reserve show 1 | jq -c '[.status,.reason,.seats]')" '["Cancelled","expired",10]'
  appends_nothing succeeds at 12:15:00 op-reserve run
  rm -r "$OP_STORE/state"
  appends_nothing succeeds at 12:15:00 op-reserve run
  succeeds at 13:00:00 op-reserve run
  assert_json correlation 2
  appends_nothing fails_as 1 already_cancelled op-reserve cancel 1
}

@test "a circuit that is closed and closed again gives no hold more time" {
  frozen
  hold 15m
  at 12:00:00 op-reserve -q place --musical 1 --seats 10
  at 12:14:00 op-pay -q circuit close --request-id k
  at 12:15:00 op-pay -q circuit close --request-id l
  succeeds at 12:15:00 op-reserve run
  assert_json '[.type, .data.reason] | join(" ")' 'ReservationCancelled expired'
}

@test "without a hold nothing expires" {
  frozen
  at 12:00:00 op-reserve -q place --musical 1 --seats 10
  OP_NOW=2036-01-01T00:00:00Z appends_nothing succeeds op-reserve run
  hold off
  OP_NOW=2036-01-01T00:00:00Z appends_nothing succeeds op-reserve run
  local off
  for off in 0 0s; do
    hold "$off"
    OP_NOW=2036-01-01T00:00:00Z appends_nothing succeeds op-reserve run
  done
}

@test "what is left after a partial cancellation expires; what is declined, cancelled or paid in time does not" {
  frozen --price 10
  hold 15m
  local id
  for id in 1 2 3 4; do at 12:00:00 op-reserve -q place --musical 1 --seats 10; done
  op-reserve -q cancel 1 --seats 4
  op-reserve -q cancel 2
  payment PaymentDeclined 3
  payment PaymentApproved 4
  succeeds at 13:00:00 op-reserve run
  assert_equal "$(jq -c '[.correlation,.data.seats,.data.remainingSeats,.data.amount,.data.reason]' <<<"$output")" \
    $'["3",10,0,100,"payment_declined"]\n["1",6,0,60,"expired"]'
}

@test "expired: the seats come back, the payment ends without a charge, and the customer is told" {
  frozen --price 50000
  hold 15m
  at 12:00:00 op-reserve -q place --musical 1 --seats 10 --customer kim
  at 12:20:00 op-reserve -q run
  assert_equal "$(json_of reservableSeats op-musical show 1)" 90
  at 12:20:00 op-musical -q run
  assert_equal "$(json_of reservableSeats op-musical show 1)" 100
  succeeds at 12:20:00 outerpark tick
  assert_equal "$(event_count PaymentApproved)" 0
  assert_equal "$(op-pay show 1 | jq -c '[.status,.chargedAmount,.refundedAmount]')" '["PaymentCancelled",0,0]'
  assert_equal "$(journal_bytes | jq -c 'select(.type == "PaymentCancelled") | [.causation,.data.amount]')" '[3,0]'
  assert_equal "$(op-reserve show 1 | jq -c '[.status,.reason]')" '["PaymentCancelled","expired"]'
  assert_equal "$(op-notify list | jq -c '[.reservationId,.template]')" '["1","ReservationCancelled"]'
  assert_equal "$(find "$OP_STORE/outbox" -name '*.txt' | wc -l)" 1
}

@test "paid in time: it never expires" {
  frozen
  hold 15m
  at 12:00:00 op-reserve -q place --musical 1 --seats 10
  at 12:14:00 op-pay -q run
  appends_nothing succeeds at 13:00:00 op-reserve run
  at 13:00:00 outerpark -q tick
  assert_equal "$(json_of status op-reserve show 1)" PaymentApproved
  assert_equal "$(event_count ReservationCancelled)" 0
}

@test "200 are due while op-pay and op-reserve run at once: each is paid or expired, never both" {
  op-musical -q register --id 1 --name Frozen --seats 1000 --price 10
  hold 15m
  yes '{"musicalId":"1","seats":2}' | head -200 | at 12:00:00 op-reserve -q place --batch
  export OP_NOW=2026-11-20T13:00:00Z
  # Each may do 140 at most, so that the other has its share.
  run_often() {
    local i
    for i in $(seq 20); do "$1" -q run --max 7 || return 1; done
  }
  run_often op-pay &
  local pay=$!
  run_often op-reserve &
  local reserve=$!
  wait "$pay"
  wait "$reserve"
  op-pay -q run &
  pay=$!
  op-reserve -q run &
  reserve=$!
  wait "$pay"
  wait "$reserve"
  journal_bytes | jq -r 'select(.type == "PaymentApproved" or .type == "ReservationCancelled") | "\(.correlation) \(.type)"' >ends
  assert_equal "$(wc -l <ends)" 200
  assert_equal "$(cut -d' ' -f1 ends | sort -u | wc -l)" 200
  grep -q PaymentApproved ends
  grep -q ReservationCancelled ends
  outerpark -q tick
  succeeds op_python -B "$OP_TESTS/correctness/check_saga.py" "$OP_STORE"
}

@test "run --follow expires what has become due, though no event wakes it" {
  frozen
  hold 1s
  op-reserve run --follow >followed &
  local pid=$! ended=0
  op-reserve -q place --musical 1 --seats 1
  wait_until 20 grep -q '"reservation-cancelled:2:expired"' followed
  op-reserve -q place --musical 1 --seats 1
  wait_until 20 grep -q '"reservation-cancelled:4:expired"' followed
  kill -TERM "$pid"
  wait "$pid" || ended=$?
  assert_equal "$ended" 0
}

@test "the configuration of the contract is obeyed as it stands, with another store" {
  cat >outerpark.yaml <<YAML
store: $OP_STORE
reservation: {hold: 15m, offer: 10m}
payment:
  provider: approve            # approve | exec | http
  command: [/usr/lib/outerpark/provider, --sandbox]
  url: https://pay.example/v1
  secret_file: /etc/outerpark/pay.key
  timeout: 2s
  max_attempts: 8
  when_open: defer             # defer | suspend
  breaker: {window: 20, minimum_calls: 5, failure_rate: 50, slow_call: 2s, slow_rate: 80, open: 30s, probes: 1}
notify:
  channel: file                # file | stdout | exec | sendmail
  directory: outbox            # relative to the store
  command: [/usr/local/bin/send]
  from: tickets@example.org
  max_attempts: 8
ticket: {after_issue: void}    # void | refuse
assign: {radius_km: 100, weights: {distance: 1.0, load: 0.2}}
saga: {steps: [payment]}       # payment, ticket, assignment
labels: {ko: {Reserved: 예약됨}}
YAML
  local store=$OP_STORE
  unset OP_STORE
  succeeds op-musical --config outerpark.yaml register --id 1 --name Frozen --seats 100 --price 50000
  at 12:00:00 op-reserve -q --config outerpark.yaml place --musical 1 --seats 10
  at 12:10:00 outerpark -q --config outerpark.yaml tick
  at 12:10:00 op-reserve -q --config outerpark.yaml place --musical 1 --seats 2
  at 12:30:00 op-reserve -q --config outerpark.yaml run
  at 12:30:00 outerpark -q --config outerpark.yaml tick
  # A tick pays before it lets anything expire: an outage cancels nothing that can still be paid.
  at 12:31:00 op-reserve -q --config outerpark.yaml place --musical 1 --seats 3
  at 13:00:00 outerpark -q --config outerpark.yaml tick
  assert_equal "$(op-mypage --config outerpark.yaml | jq -c '[.reservationId,.status]')" \
    $'["1","PaymentApproved"]\n["2","PaymentCancelled"]\n["3","PaymentApproved"]'
  [ -d "$store/outbox" ]
}

@test "help, version and examples" {
  succeeds op-reserve --help
  [[ $output == *cancel* && $output == *xample* ]]
  succeeds op-reserve place --help
  [[ $output == *--batch* ]]
  succeeds op-reserve --version
}

@test "list: one customer's reservations are found by an index" {
  succeeds op-musical register --id 1 --name Frozen --seats 100 --price 100
  succeeds op-musical register --id 2 --name Wicked --seats 100 --price 100
  succeeds op-reserve place --musical 1 --seats 1 --customer c1
  succeeds op-reserve place --musical 2 --seats 1 --customer c1
  succeeds op-reserve place --musical 1 --seats 1 --customer c2
  by_index op-reserve list --customer c1
  assert_json reservationId $'1\n2'
  by_index op-reserve list --customer c1 --musical 2 --all
  assert_json reservationId 2
  by_index op-reserve list --customer c1 --status Cancelled
  assert_equal "$output" ''
}

@test "one seat is one seat in what is refused" {
  op-musical -q register --id 1 --name Frozen --seats 1 --max-per-customer 1
  op-reserve -q place --musical 1 --seats 1 --customer kim --id r
  fails_with 1 op-reserve place --musical 1 --seats 1 --customer jun
  assert_equal "$stderr" 'op-reserve: musical 1: 1 seat asked, 0 left'
  op-reserve -q wait --musical 1 --seats 1 --customer jun
  fails_with 1 op-reserve wait --musical 1 --seats 1 --customer kim
  assert_equal "$stderr" 'op-reserve: musical 1: 1 seat asked, the customer has 1 of at most 1'
  fails_with 1 op-reserve cancel r --seats 2
  assert_equal "$stderr" 'op-reserve: reservation r: 2 seats to cancel, it has 1'
  op-musical -q register --id 2 --name Cats --seats 3
  op-reserve -q place --musical 2 --seats 1
  op-reserve -q place --musical 2 --seats 1
  fails_with 1 op-musical adjust 2 --seats 1
  assert_equal "$stderr" 'op-musical: musical 2: 1 seat asked, 2 are held'
}
