#!/usr/bin/env bats
# op-ticket.bats - a ticket is ready once it is paid, issued with a code that nobody guesses, and admitted once; what is
# cancelled is void at that instant, in every combination with partial cancellations, --request-id and the configuration.

load lib/common

# Reservations 1 (10 seats, mina) and 2 (3 seats), paid where the argument is `paid`.
two() {
  op-musical -q register --id 1 --name 겨울왕국 --seats 100 --price 50000
  op-reserve -q place --musical 1 --seats 10 --customer mina
  op-reserve -q place --musical 1 --seats 3
  [ "${1-}" != paid ] || op-pay -q run
}

# code RID: that of its ticket, issued where it is not.
code() { op-ticket issue "$1" | jq -r .code; }

# types: of all events, in order.
types() { op-journal read | jq -r .type | paste -sd' '; }

@test "not paid, ready, issued, issued again: the same ticket" {
  two
  appends_nothing fails_as 1 not_paid op-ticket issue 1
  assert_error_json reservationId 1
  fails_as 1 not_paid op-ticket show 1
  fails_as 1 no_such_reservation op-ticket issue 9
  fails_as 1 no_such_reservation op-ticket show 9
  appends_nothing succeeds op-ticket run
  assert_equal "$(op-ticket list)" ''
  op-pay -q run
  succeeds op-ticket run
  assert_equal "$(jq -r .type <<<"$output" | paste -sd' ')" 'TicketReady TicketReady'
  appends_nothing succeeds op-ticket run
  succeeds op-ticket show 1
  assert_json '[.ticketId,.reservationId,.musicalId,.customerId,.seats,.status,.code,.reason,.issuedAt,.admittedAt]|tojson' \
    '["1","1","1","mina",10,"Ready",null,null,null,null]'
  export OP_NOW=2026-11-20T12:00:00Z
  succeeds op-ticket issue 1
  assert_json '[.ticketId,.reservationId,.musicalId,.customerId,.seats,.status,.reason,.issuedAt,.admittedAt,.updatedAt]|tojson' \
    '["1","1","1","mina",10,"Issued",null,"2026-11-20T12:00:00.000000Z",null,"2026-11-20T12:00:00.000000Z"]'
  [[ $(json code) =~ ^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$ ]] || fail "code $(json code)"
  issued=$output
  appends_nothing succeeds op-ticket issue 1
  assert_equal "$output" "$issued"
  assert_equal "$(op-ticket show 1)" "$issued"
  succeeds op-ticket list
  assert_equal "$(jq -c '[.ticketId,.status,.seats]' <<<"$output" | paste -sd' ')" '["1","Issued",10] ["2","Ready",3]'
}

@test "issue waits for no processor, and every event names its reservation, its cause and its code" {
  two paid
  succeeds op-ticket issue 1
  c=$(json code)
  op-ticket -q run
  op-ticket -q admit "$c"
  op-reserve -q cancel 2
  op-ticket -q run
  assert_equal "$(types)" "MusicalRegistered ReservationPlaced ReservationPlaced PaymentApproved PaymentApproved \
TicketReady TicketIssued TicketReady TicketAdmitted ReservationCancelled TicketVoided"
  assert_equal "$(op-journal read --after 5 | jq -c '[.seq,.causation,.correlation,(.tags|join(" "))]')" \
    "[6,4,\"1\",\"musical:1 reservation:1 customer:mina\"]
[7,4,\"1\",\"musical:1 reservation:1 customer:mina ticket:$c\"]
[8,5,\"2\",\"musical:1 reservation:2\"]
[9,7,\"1\",\"musical:1 reservation:1 customer:mina ticket:$c\"]
[10,3,\"2\",\"musical:1 reservation:2\"]
[11,10,\"2\",\"musical:1 reservation:2\"]"
  assert_equal "$(op-journal read --tag "ticket:$c" | jq -r .type | paste -sd' ')" 'TicketIssued TicketAdmitted'
}

@test "a code admits once, however it is typed; verify tells without doing it" {
  two paid
  c=$(code 1)
  lower=$(tr '[:upper:]' '[:lower:]' <<<"${c//-/}")
  appends_nothing succeeds op-ticket verify "$lower"
  assert_json '[.ticketId,.status,.code]|join(" ")' "1 Issued $c"
  appends_nothing succeeds op-ticket admit "$c" --dry-run
  assert_json status Admitted
  export OP_NOW=2026-11-20T19:00:00Z
  succeeds op-ticket admit "$(tr 01 oL <<<"${lower:0:5} ${lower:5}")"
  assert_json '[.ticketId,.status,.seats,.admittedAt]|join(" ")' '1 Admitted 10 2026-11-20T19:00:00.000000Z'
  unset OP_NOW
  appends_nothing fails_as 1 already_admitted op-ticket admit "$c"
  assert_error_json '[.ticketId,.reservationId,.status,.admittedAt]|join(" ")' '1 1 Admitted 2026-11-20T19:00:00.000000Z'
  fails_as 1 already_admitted op-ticket verify "$c"
  appends_nothing succeeds op-ticket issue 1
  assert_json '[.status,.code]|join(" ")' "Admitted $c"
  for typed in 0000-0000-0000-0000 nonsense '' "${c}0" "${c%?}" "${c/-/_}"; do
    appends_nothing fails_as 1 no_such_ticket op-ticket admit -- "$typed"
    fails_as 1 no_such_ticket op-ticket verify -- "$typed"
  done
  fails_as 65 bad_code op-ticket admit $'7XKQ\n'
}

@test "a cancellation counts at its instant: nothing is issued, shown, verified or admitted, whoever runs or not" {
  two paid
  c=$(code 1)
  op-ticket -q run
  op-reserve -q cancel 1
  op-reserve -q cancel 2
  # Neither op-pay nor op-ticket has seen it.
  appends_nothing fails_as 1 payment_cancelled op-ticket issue 1
  appends_nothing fails_as 1 payment_cancelled op-ticket issue 2
  appends_nothing fails_as 1 payment_cancelled op-ticket admit "$c"
  fails_as 1 payment_cancelled op-ticket verify "$c"
  assert_error_json status Voided
  assert_equal "$(op-ticket show 1 | jq -c '[.status,.reason]')" '["Voided","reservation_cancelled"]'
  assert_equal "$(op-mypage | jq -c .ticketStatus | paste -sd' ')" '"Voided" "Voided"'
  assert_equal "$(op-ticket list)" ''
  assert_equal "$(op-ticket list --all | wc -l)" 2
  succeeds op-ticket run
  assert_equal "$(jq -c '[.type,.data.ticketId,.data.reason,.data.code]' <<<"$output")" \
    "[\"TicketVoided\",\"1\",\"reservation_cancelled\",\"$c\"]
[\"TicketVoided\",\"2\",\"reservation_cancelled\",null]"
  op-pay -q run
  appends_nothing succeeds op-ticket run
  appends_nothing fails_as 1 payment_cancelled op-ticket issue 1
  assert_equal "$(op-ticket list --status Voided | jq -r .ticketId | paste -sd' ')" '1 2'
  # Cancelled before it was paid, and charged all the same: there never is a ticket.
  op-reserve -q place --musical 1 --seats 1
  op-reserve -q cancel 3
  fails_as 1 payment_cancelled op-ticket issue 3
  op-pay -q run
  op-journal -q append <<<'{"type":"PaymentApproved","tags":["reservation:3"],"correlation":"3","data":{"paymentId":"3","reservationId":"3","amount":50000,"currency":"KRW","provider":"late","providerRef":"late"}}'
  appends_nothing fails_as 1 payment_cancelled op-ticket issue 3
  appends_nothing succeeds op-ticket run
  fails_as 1 payment_cancelled op-ticket show 3
}

@test "a partial cancellation leaves the ticket for the seats that are left" {
  two paid
  op-reserve -q cancel 1 --seats 2
  c=$(code 1)
  assert_equal "$(op-ticket show 1 | jq .seats)" 8
  op-reserve -q cancel 1 --seats 3
  assert_equal "$(op-ticket issue 1 | jq -c '[.seats,.status,.code]')" "[5,\"Issued\",\"$c\"]"
  succeeds op-ticket admit "$c"
  assert_json seats 5
  assert_equal "$(op-journal read --type TicketIssued,TicketAdmitted | jq .data.seats | paste -sd' ')" '8 5'
  assert_equal "$(event_count TicketVoided)" 0
}

@test "a used ticket keeps its reservation; an issued one where ticket.after_issue is refuse" {
  two paid
  one=$(code 1)
  printf 'ticket: {after_issue: refuse}\n' >refuse.yaml
  appends_nothing fails_as 1 ticket_issued op-reserve --config refuse.yaml cancel 1
  assert_error_json reservationId 1
  appends_nothing fails_as 1 ticket_issued op-reserve --config refuse.yaml cancel 1 --seats 1
  succeeds op-reserve --config refuse.yaml cancel 2 --seats 1 # not issued yet
  # The configuration decides when it is cancelled, also for a model that was folded before.
  rm -rf "$OP_STORE/state"
  appends_nothing fails_as 1 ticket_issued op-reserve --config refuse.yaml cancel 1
  succeeds op-reserve cancel 1 --seats 1
  op-ticket -q admit "$one"
  for config in refuse.yaml /dev/null; do
    appends_nothing fails_as 1 ticket_admitted op-reserve --config "$config" cancel 1
    appends_nothing fails_as 1 ticket_admitted op-reserve --config "$config" cancel 1 --seats 1
  done
  rm -rf "$OP_STORE/state"
  appends_nothing fails_as 1 ticket_admitted op-reserve cancel 1
  printf 'ticket: {after_issue: shred}\n' >bad.yaml
  fails_as 78 bad_config op-reserve --config bad.yaml cancel 1
}

@test "the same request again gets the same answer, whatever came after it" {
  two paid
  succeeds op-ticket issue 1 --request-id i1
  issued=$output c=$(json code)
  succeeds op-ticket admit "$c" --request-id a1
  admitted=$output
  appends_nothing succeeds op-ticket issue 1 --request-id i1
  assert_equal "$output" "$issued"
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds op-ticket admit "${c//-/}" --request-id a1
  assert_equal "$output" "$admitted"
  appends_nothing fails_as 1 already_admitted op-ticket admit "$c" --request-id a2
  appends_nothing fails_as 1 request_id_reused op-ticket issue 2 --request-id i1
  appends_nothing fails_as 1 request_id_reused op-ticket admit "$c" --request-id i1
  appends_nothing fails_as 1 request_id_reused op-reserve cancel 2 --request-id a1
  op-reserve -q cancel 2 --seats 1 --request-id c1
  appends_nothing fails_as 1 request_id_reused op-ticket issue 2 --request-id c1
}

@test "a ticket says its show, when it starts and the grade, as they were for a request that is repeated" {
  cat >catalogue.yaml <<'YAML'
- id: cats
  name: 캣츠
  grades: [{grade: VIP, seats: 20, price: 150000}, {grade: R, seats: 20, price: 90000}]
  performances: [2026-12-24T19:30:00+09:00, 2026-12-25T19:30:00+09:00]
YAML
  op-musical -q import catalogue.yaml
  op-reserve -q place --musical cats-2026-12-24 --seats 2 --grade VIP
  op-musical -q register --id plain --name Rent --seats 5 --price 1
  op-reserve -q place --musical plain --seats 1
  op-pay -q run
  local told='[.musicalId,.musicalName,.startsAt,.grade]|tojson' vip='["cats-2026-12-24","캣츠","2026-12-24T10:30:00Z","VIP"]'
  succeeds op-ticket issue 1 --request-id i1
  assert_json "$told" "$vip"
  local issued=$output c other
  c=$(json code) other=$(code 2)
  succeeds op-ticket verify "$c"
  assert_json "$told" "$vip"
  succeeds op-ticket list
  assert_json "$told" "$vip"$'\n["plain","Rent",null,null]'
  assert_equal "$(op-mypage | jq -c .grade | paste -sd' ')" '"VIP" null'
  succeeds op-ticket show 1 -o table
  [[ $output =~ NAME\ +캣츠 && $output =~ STARTS\ +2026-12-24T10:30:00Z && $output =~ GRADE\ +VIP ]] || fail "$output"
  succeeds op-ticket list -o table
  [[ $output == *'NAME'*'GRADE'* && $output == *캣츠*VIP* && $output != *STARTS* ]] || fail "$output"
  # It is put off, which a request that was answered before it does not say.
  sed -i 's/12-24T19:30:00+09:00/12-24T20:00:00+09:00/' catalogue.yaml
  op-musical -q import catalogue.yaml
  appends_nothing succeeds op-ticket issue 1 --request-id i1
  assert_equal "$output" "$issued"
  appends_nothing succeeds op-ticket issue 1
  assert_json startsAt 2026-12-24T11:00:00Z
  # The door of a performance admits nobody else's tickets, and uses nothing up.
  local verb
  for verb in admit verify; do
    appends_nothing fails_as 1 wrong_musical op-ticket "$verb" "$c" --musical cats-2026-12-25
    assert_error_json '[.ticketId,.musicalId,.requestedMusicalId]|tojson' '["1","cats-2026-12-24","cats-2026-12-25"]'
    appends_nothing fails_as 1 wrong_musical op-ticket "$verb" "$other" --musical cats-2026-12-24
    fails_as 65 bad_id op-ticket "$verb" "$c" --musical 'a b'
    fails_as 1 no_such_ticket op-ticket "$verb" 0000-0000-0000-0000 --musical plain
  done
  succeeds op-ticket verify "$c" --musical cats-2026-12-24
  succeeds op-ticket admit "$c" --musical cats-2026-12-24 --request-id a1
  assert_json '[.status,.startsAt,.grade]|join(" ")' 'Admitted 2026-12-24T11:00:00Z VIP'
  local admitted=$output
  appends_nothing fails_as 1 wrong_musical op-ticket admit "$c" --musical plain # before it was used, too
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds op-ticket admit "$c" --musical cats-2026-12-24 --request-id a1
  assert_equal "$output" "$admitted"
  appends_nothing fails_as 1 request_id_reused op-ticket admit "$c" --request-id a1
}

@test "--dry-run issues nothing, draws nothing and tells no code" {
  two paid
  appends_nothing succeeds op-ticket issue 1 --dry-run --qr not-made.png
  assert_json '[.status,.code]|tojson' '["Issued",null]'
  [ ! -e not-made.png ]
  c=$(code 1)
  appends_nothing succeeds op-ticket issue 1 --dry-run
  assert_json code "$c"
}

@test "a hundred codes are a hundred codes, and every symbol comes" {
  op-musical -q register --id 1 --name Cats --seats 100
  for ((i = 0; i < 100; i++)); do echo '{"musicalId":"1","seats":1}'; done | op-reserve -q place --batch
  op-pay -q run
  for ((i = 1; i <= 100; i++)); do op-ticket issue "$i"; done | jq -r .code >codes
  assert_equal "$(sort -u codes | wc -l)" 100
  # 1600 symbols of 32: that one is missing has a chance of 1e-20.
  assert_equal "$(tr -d '\n-' <codes | fold -w1 | sort -u | tr -d '\n')" 0123456789ABCDEFGHJKMNPQRSTVWXYZ
}

# ---- QR codes ------------------------------------------------------------------------------------------------------

# decode FILE: what a real decoder reads.
decode() {
  command -v zbarimg >/dev/null || skip 'zbar-tools is not installed'
  zbarimg --quiet --raw --nodbus "$1"
}

@test "--qr FILE draws the code, and nothing else, so that a decoder reads it" {
  two paid
  umask 022
  succeeds op-ticket issue 1 --qr ticket.png
  assert_equal "$(decode ticket.png)" "$(json code)"
  assert_equal "$(stat -c %a ticket.png)" 600
  head -c 100000 /dev/zero >old.png # it is replaced whole
  succeeds op-ticket issue 2 --qr old.png
  assert_equal "$(stat -c %a old.png)" 600
  assert_equal "$(decode old.png)" "$(json code)"
  [ "$(stat -c %s old.png)" -lt 5000 ]
  succeeds op-ticket issue 2 --qr /dev/null
  mkfifo pipe
  appends_nothing fails_as 75 no_reader op-ticket issue 2 --qr pipe --timeout 20ms
  cat pipe >piped.png &
  succeeds op-ticket issue 2 --qr pipe
  wait $!
  cmp piped.png old.png
}

@test "--qr of a place that cannot be written leaves everything as it was, and a refusal leaves no picture" {
  two paid
  appends_nothing fails_as 73 cannot_create op-ticket issue 1 --qr nowhere/ticket.png
  appends_nothing fails_as 73 cannot_create op-ticket issue 1 --qr .
  appends_nothing fails_as 64 usage op-ticket issue 1 --qr ''
  fails_as 1 no_such_reservation op-ticket issue 9 --qr nine.png
  [ ! -e nine.png ]
  echo mine >mine.png
  chmod 644 mine.png
  fails_as 1 no_such_reservation op-ticket issue 9 --qr mine.png
  assert_equal "$(cat mine.png) $(stat -c %a mine.png)" 'mine 644'
  succeeds op-ticket issue 1 --dry-run --qr mine.png
  assert_equal "$(cat mine.png) $(stat -c %a mine.png)" 'mine 644'
  fails_as 74 write_failed op-ticket issue 1 --qr /dev/full
  [[ $(error_json message) == *'the ticket is issued'* ]]
  assert_equal "$(op-ticket show 1 | jq -r .status)" Issued
}

@test "the answer to a request is the same again, but what is void by now is not drawn" {
  two paid
  succeeds op-ticket issue 1 --request-id k --qr ticket.png
  local issued=$output
  cp ticket.png old.png
  chmod 644 old.png
  rm ticket.png
  op-reserve -q cancel 1
  for file in ticket.png old.png; do
    appends_nothing succeeds op-ticket issue 1 --request-id k --qr "$file"
    assert_equal "$output" "$issued"
    assert_equal "$stderr" 'op-ticket: warning: ticket 1 is void by now: no QR code is drawn'
  done
  [ ! -e ticket.png ]
  assert_equal "$(stat -c %a old.png)" 644
  appends_nothing succeeds op-ticket issue 1 --request-id k -q --qr -
  assert_equal "$output" ''
}

@test "--qr - draws in text, beneath the table or alone, and a decoder reads it" {
  two paid
  succeeds op-ticket issue 1 -o table --qr -
  c=$(sed -n 's/^CODE *//p' <<<"$output")
  sed '1,/^ADMITTED/d' <<<"$output" >beneath
  succeeds op-ticket issue 1 -q --qr -
  assert_equal "$output" "$(cat beneath)"
  # Light modules are full blocks; the picture of that, 8 pixels a module, as a PGM.
  op_python -c '
import sys
light = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
rows = []
for line in open("beneath", encoding="utf-8").read().splitlines():
    for half in (0, 1):
        rows.append(b"".join(bytes([light[c][half]]) * 8 for c in line))
sys.stdout.buffer.write(b"P5 %d %d 255\n" % (len(rows[0]), len(rows) * 8) + b"".join(row * 8 for row in rows))' >text.pgm
  assert_equal "$(decode text.pgm)" "$c"
  for format in ndjson json csv; do
    appends_nothing fails_as 64 usage op-ticket issue 2 -o "$format" --qr -
  done
}

# ---- the frame -----------------------------------------------------------------------------------------------------

@test "lists: filters, formats, indexes, and what was deleted is the same again" {
  two paid
  c=$(code 1)
  op-ticket -q run
  op-musical -q register --id 2 --name Cats --seats 10 --price 1
  op-reserve -q place --musical 2 --seats 1 --customer jun
  op-pay -q run
  lists() {
    op-ticket list --all && op-ticket list -o table && op-ticket list --status Issued -o csv && op-ticket show 1 -o json
  }
  lists >before
  assert_equal "$(op-ticket list --customer jun | jq -r .ticketId)" 3
  assert_equal "$(op-ticket list --musical 1 | jq -r .ticketId | paste -sd' ')" '1 2'
  assert_equal "$(op-ticket list --musical 1 --status Ready | jq -r .ticketId)" 2
  succeeds op-ticket list -o table
  [[ $output != *"$c"* ]] || fail 'a table of many shows no codes'
  by_index op-ticket list --musical 2
  by_index op-ticket list --customer jun
  by_index op-ticket list --status Issued
  rm -rf "$OP_STORE/state"
  lists >after
  cmp before after
  fails_as 64 usage op-ticket list --status Lost
}

@test "run --pending says what is owed, and since when" {
  OP_NOW=2026-11-20T10:00:00Z two
  succeeds op-ticket run --pending
  assert_json '[.pending, .oldestAt] | tojson' '[0,null]'
  OP_NOW=2026-11-20T10:01:00Z op-pay -q run --max 1
  OP_NOW=2026-11-20T10:02:00Z op-pay -q run
  appends_nothing succeeds op-ticket run --pending
  assert_json '[.pending, .waiting, .oldestAt] | tojson' '[2,0,"2026-11-20T10:01:00.000000Z"]'
  op-ticket -q run --max 1
  OP_NOW=2026-11-20T10:03:00Z op-reserve -q cancel 1
  assert_equal "$(op-ticket run --pending | jq -c '[.pending, .dueAt]')" '[2,"2026-11-20T10:02:00.000000Z"]'
  assert_equal "$(outerpark status | jq -c '.processors[] | select(.processor == "op-ticket").pending')" 2
  op-ticket -q run
  assert_equal "$(op-ticket run --pending | jq .pending)" 0
}

@test "run: --max, and a model that is not there; outerpark ticket and tick; the consumers" {
  two paid
  succeeds op-ticket run --max 1
  assert_equal "$(jq -r .data.ticketId <<<"$output")" 1
  rm -rf "$OP_STORE/state"
  succeeds outerpark -q tick
  succeeds outerpark ticket list
  assert_equal "$(jq -r .status <<<"$output" | paste -sd' ')" 'Ready Ready'
  assert_equal "$(event_count TicketReady)" 2
  assert_equal "$(op-journal consumers | jq -r 'select(.consumer == "ticket") | .kind')" model
  succeeds op-journal rebuild ticket
  succeeds outerpark ticket issue 1
  outerpark reserve -q cancel 1
  outerpark -q tick
  assert_equal "$(op-mypage history 1 | jq -r 'select(.type | startswith("Ticket")).detail' | paste -sd' ')" \
    'Ticket can be issued. Ticket issued for 10 seats. Ticket is void.'
  assert_equal "$(op-mypage show 1 | jq -r '[.status,.paymentStatus,.ticketStatus]|join(" ")')" \
    'PaymentCancelled PaymentCancelled Voided'
}
