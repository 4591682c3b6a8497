# stories.bash - a store in which everything that can happen has happened, and what all its lists say.
#
# Used by correctness-rebuild.bats and correctness-unicode.bats. $OP_STORE is filled with a fixed clock, so that the lists
# hold no chance.

# Every state of a reservation, a payment and a musical; work that is still pending at the end.
everything_happened() {
  local minute=0
  tell() {
    minute=$((minute + 1))
    OP_NOW=2026-11-20T12:$(printf %02d "$minute"):00Z "$@"
  }
  tell op-musical -q register --id 1 --name '겨울왕국 🎭' --seats 100 --price 50000 --venue 샤롯데씨어터 \
    --starts-at 2026-12-24T19:30:00+09:00 --max-per-customer 30
  tell op-musical -q register --id hidden --name 'Wicked, "the" musical' --seats 20
  tell op-musical -q register --id empty --name Empty --seats 5 --price 0
  tell op-reserve -q place --musical 1 --seats 10 --customer mina
  tell op-reserve -q place --musical 1 --seats 15 --customer jun --request-id once
  tell op-reserve -q place --musical hidden --seats 3 --price 700 --customer mina
  tell op-reserve -q place --musical 1 --seats 4 --id 가나다 --customer c-3
  tell op-reserve -q place --musical hidden --seats 2 --price 700 --customer 가람 # will be declined
  tell op-reserve -q cancel 가나다 --seats 1 --reason '하루만 🎟️'                 # in part, before the payment
  tell op-reserve -q place --musical 1 --seats 1 --customer c-4                   # whole, before the payment
  tell op-reserve -q cancel 5 --reason 'never mind'
  printf '%s\n' '{"id":"payment:4:declined","type":"PaymentDeclined","tags":["reservation:4"],"correlation":"4","data":{"paymentId":"4","reservationId":"4","customerId":"가람","amount":1400,"currency":"KRW","provider":"test","reason":"잔액 부족"}}' |
    tell op-journal -q append
  tell op-pay -q run
  tell op-ticket -q issue 2
  tell op-notify -q contact set mina --email mina@example.org --name 미나
  tell outerpark -q tick
  tell op-reserve -q cancel 1 # whole, after the payment
  tell op-reserve -q cancel 2 --seats 5
  tell outerpark -q tick
  tell op-musical -q close hidden
  tell op-musical -q adjust empty --seats 7
  tell op-assign -q branch add --id 강남 --name '강남점 📱' --lat 37.4979 --lon 127.0276 --capacity 2
  tell op-reserve -q place --musical 1 --seats 1 --id near --customer mina --lat 37.502 --lon 127.025
  tell op-reserve -q place --musical 1 --seats 1 --id back --customer jun --lat 37.502 --lon 127.025 --fulfil delivery
  tell op-reserve -q place --musical 1 --seats 1 --id far --customer jun --lat -33.87 --lon 151.21
  tell op-assign -q run
  tell op-assign -q collect near
  tell op-notify -q run
  tell op-reserve -q cancel back # pending: its place at the branch
  tell op-reserve -q place --musical 1 --seats 1 --id waits --customer c-4 --lat 37.502 --lon 127.025
  tell op-reserve -q cancel 2 --seats 2 # pending: refund, release, notices
  tell op-reserve -q place --musical 1 --seats 2 --customer mina
  tell op-journal -q consume --consumer kakao --type PaymentApproved -- cat
}

FORMATS=(ndjson json table csv)

# all_lists DIR [PREFIX...]: what every list says in every format, one file each; stderr goes to DIR.stderr. PREFIX is put
# before each command (another user).
all_lists() {
  local dir=$1 prefix=("${@:2}") format rid ids
  rm -rf "$dir"
  mkdir -p "$dir"
  : >"$dir.stderr"
  ids=$(journal_bytes | jq -r 'select(.type == "ReservationPlaced") | .data.reservationId')
  for format in "${FORMATS[@]}"; do
    one_list musicals op-musical list
    one_list musical op-musical show 1
    one_list reservations op-reserve list --all
    one_list reserved op-reserve list
    one_list payments op-pay list
    one_list tickets op-ticket list --all
    one_list notices op-notify list
    one_list pick-ups op-assign list
    one_list pages op-mypage
    one_list events op-journal read
    for rid in $ids; do
      one_list "reservation-$rid" op-reserve show "$rid"
      one_list "payment-$rid" op-pay show "$rid"
      one_list "page-$rid" op-mypage show "$rid"
      one_list "history-$rid" op-mypage history "$rid"
    done
  done
}

# For all_lists: one file. A list that cannot be had fails the test.
one_list() {
  local name=$1
  shift
  "${prefix[@]}" "$@" -o "$format" >"$dir/$name.$format" 2>>"$dir.stderr" || fail "$* -o $format: exit $?"
  [ -s "$dir/$name.$format" ] || fail "$* -o $format says nothing"
}
