#!/usr/bin/env bats
# op-mypage: what the customer sees, and how it came to that.

load lib/common

# The scenario up to two paid reservations of customers c1 and c2.
two_paid() {
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10 --customer c1
  succeeds op-reserve place --musical 1 --seats 15 --customer c2
  succeeds op-pay run
}

@test "one row per reservation, with its name, figures and statuses" {
  two_paid
  succeeds op-mypage
  assert_json reservationId $'1\n2'
  succeeds op-mypage show 1
  assert_json musicalId 1
  assert_json musicalName '겨울왕국 🎭'
  assert_json customerId c1
  assert_json seats 10
  assert_json amount 500000
  assert_json currency KRW
  assert_json status PaymentApproved
  assert_json paymentStatus PaymentApproved
  assert_json ticketStatus null
  assert_json pickup null
  [[ $(json updatedAt) == *Z ]]
}

@test "the statuses of a saga, step by step" {
  succeeds op-musical register --id 1 --name Frozen --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10
  assert_equal "$(json_of '[.status, .paymentStatus] | join(" ")' op-mypage)" 'Reserved Pending'
  succeeds op-pay run
  assert_equal "$(json_of '[.status, .paymentStatus] | join(" ")' op-mypage)" 'PaymentApproved PaymentApproved'
  succeeds op-reserve cancel 1 --seats 4
  assert_equal "$(json_of '[.status, .seats, .amount] | join(" ")' op-mypage)" 'PaymentApproved 6 300000'
  succeeds op-reserve cancel 1
  assert_equal "$(json_of '[.status, .paymentStatus] | join(" ")' op-mypage)" 'Cancelled PaymentApproved'
  succeeds op-pay run
  assert_equal "$(json_of '[.status, .paymentStatus, .seats] | join(" ")' op-mypage)" 'PaymentCancelled PaymentCancelled 6'
}

@test "history: every event of the saga in order, each with its cause" {
  two_paid
  succeeds op-notify run
  succeeds op-reserve cancel 1 --reason '감기 🤧'
  succeeds op-musical run
  succeeds op-pay run
  succeeds op-notify run
  succeeds op-mypage history 1
  assert_json type \
    $'ReservationPlaced\nPaymentApproved\nNotificationSent\nReservationCancelled\nSeatsReleased\nPaymentCancelled\nNotificationSent'
  assert_json status \
    $'Reserved\nPaymentApproved\nPaymentApproved\nCancelled\nCancelled\nPaymentCancelled\nPaymentCancelled'
  assert_equal "$(json seq)" "$(op-journal read --correlation 1 | jq -r .seq)"
  assert_equal "$(json causation)" "$(op-journal read --correlation 1 | jq -r .causation)"
  assert_equal "$(json .time)" "$(op-journal read --correlation 1 | jq -r .time)"
  assert_equal "$(json 'select(.type == "ReservationPlaced") | .detail')" \
    '10 seats of 겨울왕국 🎭 reserved for 500,000 KRW.'
  assert_equal "$(json 'select(.type == "ReservationCancelled") | [.seats, .amount, .detail] | join(" ")')" \
    '10 500000 10 seats cancelled, the whole reservation (감기 🤧).'
}

@test "history has words for every event of the saga that has a schema" {
  two_paid
  local type types=()
  for type in "$OP_ROOT"/schemas/{Reservation,Seats,Payment,Notification,Consumer}*.json; do
    type=${type##*/}
    case $type in PaymentCircuit* | ConsumerPartitioned.json | PaymentAttemptStarted.json) ;; *) types+=("${type%.json}") ;; esac
  done
  [ "${#types[@]}" -ge 19 ] || fail "only ${types[*]}"
  mark_damaged # these events hold nothing
  for type in "${types[@]}"; do
    printf '{"type":"%s","correlation":"2","data":{"reservationId":"2","consumer":"c","seq":1}}\n' "$type"
  done | succeeds op-journal append
  succeeds op-mypage history 2
  assert_equal "$(jq -s length <<<"$output")" "$((${#types[@]} + 2))"
  assert_equal "$(json 'select(.detail | test("recorded")) | .type')" ''
}

@test "history shows events of other programs, too" {
  two_paid
  echo '{"type":"Applauded","correlation":"2","data":{}}' | succeeds op-journal append
  mark_damaged
  succeeds op-mypage history 2
  assert_json type $'ReservationPlaced\nPaymentApproved\nApplauded'
  assert_equal "$(json detail | tail -1)" 'Applauded recorded.'
}

@test "--customer, --status, --since choose" {
  two_paid
  succeeds op-reserve cancel 2
  succeeds op-mypage --customer c1
  assert_json reservationId 1
  succeeds op-mypage --customer nobody
  assert_equal "$output" ''
  succeeds op-mypage --status Cancelled
  assert_json reservationId 2
  updated=$(json updatedAt)
  succeeds op-mypage --since "$updated"
  assert_json reservationId 2
  succeeds op-mypage --since 2100-01-01T09:00:00+09:00
  assert_equal "$output" ''
  succeeds op-mypage --since 2000-01-01T00:00:00Z --customer c1 --status PaymentApproved
  assert_json reservationId 1
}

@test "--follow prints what changes, after the first full print, and ends with 0" {
  two_paid
  op-mypage --follow >followed &
  pid=$!
  wait_until 10 sh -c '[ "$(wc -l <followed)" -eq 2 ]'
  succeeds op-reserve cancel 1
  wait_until 10 sh -c '[ "$(wc -l <followed)" -eq 3 ]'
  succeeds op-pay run
  wait_until 10 sh -c '[ "$(wc -l <followed)" -eq 4 ]'
  kill -INT "$pid"
  wait "$pid"
  assert_equal "$(jq -r '[.reservationId, .status] | join(" ")' followed)" \
    $'1 PaymentApproved\n2 PaymentApproved\n1 Cancelled\n1 PaymentCancelled'
}

@test "--follow -o json is one array in the end" {
  two_paid
  op-mypage --follow -o json >followed &
  pid=$!
  wait_until 10 grep -q reservationId followed
  succeeds op-reserve cancel 1
  wait_until 10 grep -q '"Cancelled"' followed
  kill -TERM "$pid"
  wait "$pid"
  assert_equal "$(jq length followed)" 3
}

@test "labels translate statuses in tables only, by the language of the environment" {
  two_paid
  printf 'labels: {ko: {PaymentApproved: 결제완료}}\n' >labels.yaml
  export LC_ALL='' LANG=ko_KR.UTF-8
  succeeds op-mypage --config labels.yaml -o table
  [[ $output == *결제완료* && $output != *PaymentApproved* ]]
  succeeds op-mypage --config labels.yaml history 1 -o table
  [[ $output == *결제완료* ]]
  succeeds op-mypage --config labels.yaml
  [[ $output != *결제완료* ]]
  succeeds op-mypage --config labels.yaml -o csv
  [[ $output != *결제완료* ]]
  LANG=en_US.UTF-8 succeeds op-mypage --config labels.yaml -o table
  [[ $output != *결제완료* ]]
}

@test "progress: one word for all steps of saga.steps, and for what is undone" {
  succeeds op-musical register --id 1 --name Frozen --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10
  assert_equal "$(json_of progress op-mypage)" Placed
  succeeds op-pay run
  assert_equal "$(json_of progress op-mypage)" Completed
  printf 'saga: {steps: [payment, ticket]}\n' >ticket.yaml
  assert_equal "$(json_of progress op-mypage --config ticket.yaml show 1)" Placed
  assert_equal "$(json_of ticketStatus op-mypage --config ticket.yaml show 1)" Ready # as op-ticket has it, run or not
  assert_equal "$(json_of ticketStatus op-mypage show 1)" null                       # nobody has tickets here
  succeeds op-reserve cancel 1 --seats 3
  assert_equal "$(json_of progress op-mypage)" Completed
  succeeds op-reserve cancel 1
  assert_equal "$(json_of progress op-mypage)" Cancelled
  assert_equal "$(json_of ticketStatus op-mypage --config ticket.yaml)" Voided
  succeeds op-pay run
  assert_equal "$(json_of progress op-mypage)" Cancelled # the seats are not back
  succeeds op-musical run
  assert_equal "$(json_of '[.progress, .updatedAt] | join(" ")' op-mypage)" \
    "CancellationCompleted $(op-journal read --type SeatsReleased | jq -r .time | tail -1)"
  succeeds op-reserve place --musical 1 --seats 2
  succeeds op-reserve cancel 2
  succeeds op-musical run
  assert_equal "$(json_of progress op-mypage show 2)" Cancelled # nobody has told yet that nothing was charged
  succeeds op-pay run
  assert_equal "$(json_of progress op-mypage show 2)" CancellationCompleted
  fails_as 78 bad_config op-mypage --config <(echo 'saga: {steps: [lunch]}')
}

@test "labels: the five words of a pre-order, in every table and in a refusal, and nowhere else" {
  cat >tshop.yaml <<'END'
labels: {ko: {Placed: 예약신청, insufficient_seats: 예약불가, Completed: 예약접수완료, Cancelled: 예약취소, CancellationCompleted: 예약취소완료}}
END
  export LC_ALL='' LANG=ko_KR.UTF-8 OP_CONFIG=tshop.yaml
  succeeds op-musical register --id 1 --name Phone --seats 3 --price 50000
  succeeds op-reserve place --musical 1 --seats 2
  succeeds op-mypage -o table
  [[ $output == *' 예약신청 '* ]]
  fails_with 1 op-reserve place --musical 1 --seats 2
  assert_equal "$stderr" 'op-reserve: 예약불가: musical 1: 2 seats asked, 1 left'
  fails_as 1 insufficient_seats op-reserve place --musical 1 --seats 2
  assert_error_json message 'musical 1: 2 seats asked, 1 left'
  succeeds op-pay run
  succeeds op-mypage -o table
  [[ $output == *' 예약접수완료 '* ]]
  succeeds op-reserve cancel 1 -o table
  [[ $output == *' 예약취소'* ]]
  succeeds op-reserve list --all -o table
  [[ $output == *' 예약취소 '* ]]
  succeeds op-mypage show 1 -o table
  [[ $output == *' 예약취소'* ]]
  succeeds outerpark tick
  succeeds op-mypage -o table
  [[ $output == *' 예약취소완료 '* ]]
  assert_json_keeps_words
  LANG=en_US.UTF-8 fails_with 1 op-reserve place --musical 1 --seats 9
  assert_equal "$stderr" 'op-reserve: musical 1: 9 seats asked, 3 left'
}

@test "pick-ups: in the rows always, in the tables where assignment is a step; labelled there, and chosen by progress" {
  succeeds op-musical register --id 1 --name Phone --seats 9
  op-assign -q branch add --id g --name 강남점 --lat 37.5 --lon 127 --capacity 1
  op-reserve -q place --musical 1 --seats 1 --lat 37.503 --lon 127 --fulfil delivery
  op-reserve -q place --musical 1 --seats 1 --lat 37.503 --lon 127
  op-reserve -q place --musical 1 --seats 1 --lat -33 --lon 151
  op-reserve -q place --musical 1 --seats 1
  op-assign -q run
  succeeds op-mypage
  assert_equal "$(jq -r '[.pickup, .pickupStatus, .fulfil | tostring] | join(" ")' <<<"$output")" \
    $'g Assigned delivery\nnull Failed pickup\nnull Failed pickup\nnull null null'
  assert_json 'keys_unsorted | join(" ") | capture("(?<a>pickup .*)") | .a' \
    "$(yes 'pickup pickupStatus fulfil progress updatedAt grade' | head -4)"
  assert_equal "$(op-mypage -o csv | head -1)" \
    reservationId,musicalId,musicalName,customerId,seats,amount,currency,status,paymentStatus,ticketStatus,pickup,pickupStatus,fulfil,progress,updatedAt,grade
  # Why no branch has it is told apart.
  assert_equal "$(op-mypage history 2 | jq -r .detail | tail -1)" 'Every branch in reach is full today.'
  assert_equal "$(op-mypage history 3 | jq -r .detail | tail -1)" 'There is no branch in reach.'

  # head_of: the columns of a table from TICKET on.
  head_of() { head -1 <<<"$output" | sed 's/.* TICKET *//; s/  */ /g'; }
  succeeds op-mypage -o table
  assert_equal "$(head_of)" 'PROGRESS UPDATED'
  succeeds op-mypage show 1 -o table
  [[ $output != *BRANCH* && $output != *PICKUP* ]] || fail "$output"
  echo 'saga: {steps: [assignment]}
labels: {ko: {Assigned: 배정완료, Failed: 배정대기, delivery: 배송, pickup: 방문수령}}' >config.yaml
  export OP_CONFIG=$PWD/config.yaml LC_ALL='' LANG=ko_KR.UTF-8
  succeeds op-mypage -o table
  assert_equal "$(head_of)" 'BRANCH PICKUP FULFIL PROGRESS UPDATED'
  assert_equal "$(sed '1d; s/.*KRW *Reserved *Pending *//; s/ *20[0-9T:.Z-]*$//; s/  */ /g' <<<"$output")" \
    $'g 배정완료 배송 Completed\n배정대기 방문수령 Placed\n배정대기 방문수령 Placed\nPlaced'
  succeeds op-mypage show 1 -o table
  assert_equal "$(sed -n '/^BRANCH/,/^FULFIL/p' <<<"$output" | sed 's/  */ /')" $'BRANCH g\nPICKUP 배정완료\nFULFIL 배송'
  succeeds op-assign list -o table
  [[ $output == *배송* ]]
  assert_equal "$(op-mypage show 1 | jq -r .fulfil)" delivery

  assert_equal "$(op-mypage --progress Completed | jq -r .reservationId)" 1
  assert_equal "$(op-mypage --progress Placed | jq -r .reservationId)" $'2\n3\n4'
  op-reserve -q cancel 1
  assert_equal "$(op-mypage --progress Cancelled | jq -r .reservationId)" 1
  assert_equal "$(op-mypage --progress Completed)" ''
  fails_as 64 usage op-mypage --progress Done
}

# assert_json_keeps_words: what programs read holds no label.
assert_json_keeps_words() {
  local form command
  for form in ndjson json csv; do
    for command in 'op-mypage' 'op-reserve list --all' 'op-pay list'; do
      # shellcheck disable=SC2086
      succeeds $command -o $form
      [[ $output == *Cancel* && $output != *예약* ]] || fail "$command -o $form: $output"
    done
  done
}

@test "the read model can be deleted, and is the same when it was folded event by event" {
  two_paid
  succeeds op-mypage
  succeeds op-reserve cancel 1 --seats 3
  succeeds op-mypage
  succeeds op-pay run
  before=$(op-mypage && op-mypage history 1)
  rm -rf "$OP_STORE/state"
  assert_equal "$(op-mypage && op-mypage history 1)" "$before"
}

@test "who may not write the store gets the same answers" {
  [ "$(id -u)" -ne 0 ] || skip "root may write everywhere"
  two_paid
  before=$(op-mypage)
  rm -rf "$OP_STORE/state"
  chmod -R a-w "$OP_STORE"
  after=$(op-mypage)
  chmod -R u+w "$OP_STORE"
  assert_equal "$after" "$before"
}

@test "errors: unknown reservation, bad id, bad status, bad time, no store" {
  fails_as 66 no_store op-mypage
  fails_as 66 no_store op-mypage history 1
  two_paid
  fails_as 1 no_such_reservation op-mypage show 9
  assert_error_json reservationId 9
  fails_as 1 no_such_reservation op-mypage history 9
  fails_as 65 bad_id op-mypage show 'a/b'
  fails_as 65 bad_id op-mypage --customer ''
  fails_as 64 usage op-mypage --status Paid
  fails_as 64 usage op-mypage --since yesterday
  fails_as 64 usage op-mypage --since 2026-02-29T00:00:00Z
  fails_as 64 usage op-mypage --since 2026-11-20
  fails_with 64 op-mypage show 1 --follow
  assert_equal "$stderr" "op-mypage: show takes no --follow; see 'op-mypage show --help'"
  fails_as 64 usage op-mypage history 1 --follow
  fails_as 64 usage op-mypage history
  fails_as 64 usage op-mypage shwo 1
}

@test "--follow is an option of the page alone, and no common one" {
  succeeds op-mypage --help
  assert_equal "$(sed -n '/^Common options:/,$p' <<<"$output" | grep -c -e '^ .*--follow  ')" 0
  assert_equal "$(sed -n '/^Options without a verb:/,/^Common/p' <<<"$output" | grep -c -e '--follow  ')" 1
  local verb
  for verb in show history; do
    succeeds op-mypage "$verb" --help
    [[ $output != *--follow* ]] || fail "$output"
  done
}

@test "one customer's reservations are found by an index" {
  succeeds op-musical register --id 1 --name Frozen --seats 100 --price 100
  succeeds op-reserve place --musical 1 --seats 1 --customer c1
  succeeds op-reserve place --musical 1 --seats 1 --customer c2
  by_index op-mypage --customer c1
  assert_json reservationId 1
  by_index op-mypage --customer c2 --status Reserved --since 2000-01-01T00:00:00Z
  assert_json reservationId 2
}
