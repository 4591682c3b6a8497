#!/usr/bin/env bats
# pending.bats - `run --pending` of every processor, and what outerpark status makes of it: work that lies, work that
# waits on purpose, and a configuration with which nobody could work.

load lib/common

# at TIME CMD...: with the clock at that time of 2027-01-01.
at() {
  local time=$1
  shift
  OP_NOW=2027-01-01T${time}Z "$@"
}

# place N [TIME]: a musical and N reservations, nothing processed.
place() {
  local i
  at "${2:-10:00:00}" op-musical -q register --id 1 --name Frozen --seats 100
  for i in $(seq "$1"); do at "${2:-10:00:00}" op-reserve -q place --musical 1 --seats 2 --price 100; done
}

# owes PROGRAM TIME PENDING WAITING OLDEST DUE: what it says at that time; OLDEST and DUE are times of the day or null.
owes() {
  appends_nothing succeeds at "$2" "$1" run --pending
  assert_json '[.pending, .waiting, (.oldestAt // "null" | .[11:19]), (.dueAt // "null" | .[11:19])] | join(" ")' \
    "$(sed 's/null//g' <<<"$3 $4 $5 $6")"
}

# processor NAME FILTER: of the processors in $output.
processor() { json ".processors[] | select(.processor == \"$1\") | $2"; }

# config YAML: the configuration of what follows.
config() {
  printf '%s\n' "$1" >config.yaml
  export OP_CONFIG=$PWD/config.yaml
}

@test "every processor says what it owes and since when, and appends nothing" {
  place 3
  owes op-pay 10:01:00 3 0 10:00:00 10:00:00
  owes op-notify 10:01:00 0 0 null null
  at 10:02:00 op-pay -q run --max 2
  owes op-pay 10:03:00 1 0 10:00:00 10:00:00
  owes op-notify 10:03:00 2 0 10:02:00 10:02:00
  at 10:04:00 op-notify -q run
  owes op-notify 10:05:00 0 0 null null
  owes op-musical 10:05:00 0 0 null null
  at 10:06:00 op-reserve -q cancel 1
  at 10:06:30 op-reserve -q cancel 3
  owes op-musical 10:07:00 2 0 10:06:00 10:06:00
  owes op-pay 10:07:00 2 0 10:06:00 10:06:00
  # The hold of what was not paid.
  owes op-reserve 10:14:00 0 0 null null
  at 10:07:00 op-reserve -q place --musical 1 --seats 1 --price 100
  config 'reservation: {hold: 15m}'
  owes op-reserve 10:21:59 0 0 null null
  owes op-reserve 10:23:00 1 0 10:22:00 10:22:00
  # Declined, and by whom does not matter here.
  at 10:24:00 op-journal -q append <<<'{"type":"PaymentDeclined","tags":["reservation:4"],"correlation":"4","data":{"paymentId":"4","reservationId":"4","amount":100,"currency":"KRW","reason":"card","provider":"approve"}}' ||
    fail 'not appended'
  mark_damaged # this event is made up
  owes op-reserve 10:25:00 1 0 10:24:00 10:24:00
  fails_as 64 usage op-pay run --pending --follow
  fails_as 64 usage op-musical run --pending --max 3
  fails_as 64 usage op-musical list --pending
}

@test "status: work that nobody does makes it 75, asking or not, and a run makes it well again" {
  place 2
  succeeds at 10:05:00 outerpark status
  assert_equal "$(processor op-pay '[.pending, .waiting, .oldestSeconds, .dueSeconds] | @csv')" 2,0,300,300
  assert_equal "$(processor op-musical '[.pending, .oldestSeconds, .dueSeconds] | @csv')" 0,,
  at 10:05:01 op-pay list >/dev/null # which catches its read model up
  appends_nothing exits_with 75 at 10:06:00 outerpark status --ready
  assert_json '.problems | join("; ")' 'processor op-pay is far behind: 2 to do, the first for 6 min'
  assert_equal "$stderr" 'outerpark: not ready: processor op-pay is far behind: 2 to do, the first for 6 min'
  succeeds at 10:06:00 outerpark status --ready --max-age 10m
  exits_with 75 at 10:01:30 outerpark status --max-age 1m
  assert_json '.problems[0]' 'processor op-pay is far behind: 2 to do, the first for 90 s'
  fails_as 64 usage outerpark status --max-age soon
  exits_with 75 at 10:06:00 outerpark status -o csv
  [[ $output == *'processor op-pay,behind,0,2,0,360,,'* ]] || fail "$output"
  at 10:06:10 outerpark -q tick
  succeeds at 10:06:10 outerpark status --ready
  # A tick leaves nothing, so time alone changes nothing.
  succeeds at 23:00:00 outerpark status --ready
}

@test "a back-off is shown as waiting and not as late, until it is over; so is who has it in hand" {
  place 2
  printf '#!/bin/sh\nexit 75\n' >provider
  chmod +x provider
  config "payment: {provider: exec, command: [$PWD/provider]}"
  at 10:00:10 op-pay -q run
  local retry
  retry=$(at 10:00:10 op-pay list | jq -r .retryAt | sort | head -1)
  owes op-pay 10:00:10 2 2 10:00:00 null
  succeeds at 10:00:10 outerpark status --max-age 0s
  assert_equal "$(processor op-pay '[.pending, .waiting, .oldestSeconds, .dueSeconds] | @csv')" 2,2,10,
  # Nobody comes back when it is over.
  owes op-pay 10:30:00 2 0 10:00:00 "${retry:11:8}"
  exits_with 75 at 10:30:00 outerpark status --ready
  assert_json '.problems[0]' 'processor op-pay is far behind: 2 to do, the first for 29 min'
  # What an operator asks for was not late before; the other one is.
  retry=$(at 10:30:00 op-pay show 2 | jq -r .retryAt)
  OP_CONFIG='' at 10:31:00 op-pay -q retry 1
  owes op-pay 10:31:30 2 0 10:00:00 "${retry:11:8}"
  # Killed in the call: in somebody's hands until the time in the journal is over.
  printf '#!/bin/sh\nkill -KILL $PPID\n' >provider
  at 10:40:00 op-pay -q run 2>/dev/null || true
  owes op-pay 10:40:01 2 1 10:00:00 "${retry:11:8}"
}

@test "behind an open circuit work waits; it is late when the circuit would let it through and nobody comes" {
  place 2
  at 10:01:00 op-pay -q circuit open --for 1h
  owes op-pay 10:30:00 2 2 10:00:00 null
  exits_with 75 at 10:30:00 outerpark status
  assert_json '.problems | join("; ")' 'payments wait, the circuit is open until 2027-01-01T11:01:00.000000Z'
  owes op-pay 11:02:00 2 0 10:00:00 11:01:00
  # The backlog of an outage is not late at the instant at which it ends.
  at 11:10:00 op-pay -q circuit close
  owes op-pay 11:11:00 2 0 10:00:00 11:10:00
  succeeds at 11:11:00 outerpark status --ready
  exits_with 75 at 11:16:00 outerpark status --ready
  # A cancellation of what nobody was asked for needs no provider, and waits for none.
  at 11:20:00 op-pay -q circuit open --for 1h
  at 11:21:00 op-reserve -q cancel 2
  owes op-pay 11:30:00 2 1 10:00:00 11:21:00
}

@test "notices: a back-off waits, an operator's retry is due from then on, what is parked is not owed" {
  place 1
  at 10:01:00 op-pay -q run
  at 10:01:30 op-ticket -q run
  printf '#!/bin/sh\nexit 1\n' >send
  chmod +x send
  config "notify: {channel: exec, command: [$PWD/send], max_attempts: 2}"
  at 10:02:00 op-notify -q run 2>/dev/null
  owes op-notify 10:02:00 1 1 10:01:00 null
  at 10:20:00 op-notify -q run 2>/dev/null
  owes op-notify 10:21:00 0 0 null null
  succeeds at 10:30:00 outerpark status
  assert_json .parked.notices 1
  at 10:40:00 op-notify -q retry "$(op-notify list --status Parked | jq -r .noticeId)"
  owes op-notify 10:41:00 1 0 10:01:00 10:40:00
  succeeds at 10:41:00 outerpark status --ready
}

@test "a configuration with which nobody could work is not ready, and the line names the key" {
  local key
  place 1
  # not_ready YAML PROBLEM: status says so, and so does the run itself, which does nothing.
  not_ready() {
    config "$1"
    appends_nothing exits_with 75 outerpark status --ready --max-age 1000000h
    assert_json '.problems | join("; ")' "$3"
    appends_nothing fails_as 78 "$4" "$2" run
    assert_equal "$2: $(error_json message)" "$3"
  }
  not_ready 'payment: {provider: exec, command: [/nowhere/pay]}' op-pay \
    'op-pay: payment.command: /nowhere/pay: no such program' bad_config
  not_ready 'payment: {provider: exec}' op-pay 'op-pay: payment.provider is exec, and payment.command names no program' bad_config
  not_ready "payment: {provider: http, url: 'http://127.0.0.1:1/', secret_file: $PWD/secret}" op-pay \
    "op-pay: payment.secret_file: $PWD/secret: No such file or directory" bad_secret
  not_ready 'notify: {channel: exec, command: [nowhere-to-be-found]}' op-notify \
    'op-notify: notify.command: nowhere-to-be-found: no such program' bad_config
  not_ready 'notify: {channel: exec}' op-notify 'op-notify: notify.channel is exec, and notify.command names no program' bad_config
  not_ready 'notify: {channel: sendmail, sendmail: /nowhere/sendmail}' op-notify \
    'op-notify: notify.sendmail: /nowhere/sendmail: no such program' bad_config
  printf 'key\n' >secret
  chmod 644 secret
  config "payment: {provider: http, url: 'http://127.0.0.1:1/', secret_file: $PWD/secret}"
  exits_with 75 outerpark status --ready
  [[ $stderr == *"payment.secret_file: $PWD/secret: mode 0644"* ]] || fail "$stderr"
  chmod 600 secret
  succeeds outerpark status --ready --max-age 1000000h
}

@test "what was handed over is owed no cancellation: neither declined nor unpaid past its hold" {
  at 10:00:00 op-musical -q register --id 1 --name Phone --seats 9
  at 10:00:00 op-assign -q branch add --id b --name B --lat 37.5 --lon 127 --capacity 9
  local id
  for id in collected declined waits; do
    at 10:00:00 op-reserve -q place --musical 1 --seats 1 --price 100 --id $id --lat 37.5 --lon 127
  done
  at 10:00:00 op-assign -q run
  at 10:01:00 op-assign -q collect collected
  at 10:01:00 op-assign -q collect declined
  mark_damaged # this event is made up
  at 10:02:00 op-journal -q append <<<'{"type":"PaymentDeclined","tags":["reservation:declined"],"correlation":"declined","data":{"paymentId":"declined","reservationId":"declined","amount":100,"currency":"KRW","reason":"card","provider":"approve"}}'
  config 'reservation: {hold: 15m}'
  owes op-reserve 10:20:00 1 0 10:15:00 10:15:00
  at 10:20:00 op-reserve -q run
  assert_equal "$(op-reserve list --all | jq -r '"\(.reservationId) \(.status)"' | paste -sd,)" \
    'collected Reserved,declined Reserved,waits Cancelled'
  owes op-reserve 23:00:00 0 0 null null
  exits_with 75 at 23:00:00 outerpark status # because of the others, who were not run
  assert_equal "$(processor op-reserve '[.pending, .dueSeconds] | @csv')" 0,
  [[ $output != *'processor op-reserve is'* ]] || fail "$output$stderr"
}

@test "offers that nobody makes are late, since seats came back, the sales opened, or the entry joined" {
  at 10:00:00 op-musical -q register --id 1 --name Frozen --seats 10 --price 100
  at 10:00:00 op-reserve -q place --musical 1 --seats 6 --id r1
  at 10:00:00 op-reserve -q place --musical 1 --seats 4 --id r2
  at 10:01:00 op-reserve -q wait --musical 1 --seats 4 --id w1
  at 10:02:00 op-reserve -q wait --musical 1 --seats 2 --id w2
  at 10:03:00 op-pay -q run
  at 10:03:00 op-ticket -q run
  at 10:03:00 op-notify -q run
  owes op-reserve 10:05:00 0 0 null null
  at 10:06:00 op-reserve -q cancel r1
  owes op-reserve 10:07:00 0 0 null null
  at 10:08:00 op-musical -q run
  owes op-reserve 10:09:00 2 0 10:08:00 10:08:00
  for program in op-pay op-ticket op-notify; do at 10:08:00 "$program" -q run; done
  succeeds at 10:13:00 outerpark status --ready
  exits_with 75 at 10:14:00 outerpark status --ready
  assert_json '.problems | join("; ")' 'processor op-reserve is far behind: 2 to do, the first for 6 min'
  # Another reservation that comes or goes, and an entry that joins behind, change nothing of that; an entry that gives up does.
  at 10:15:00 op-reserve -q wait --musical 1 --seats 5 --id w3
  at 10:15:00 op-reserve -q cancel r2 --seats 1
  owes op-reserve 10:15:00 2 0 10:08:00 10:08:00
  at 10:16:00 op-reserve -q wait withdraw w1
  owes op-reserve 10:17:00 1 0 10:16:00 10:16:00
  at 10:18:00 op-reserve -q run --max 1
  at 10:18:00 op-notify -q run
  owes op-reserve 10:18:00 0 0 null null
  # Its time is over: due since then; afterwards its seats are w3's, in the same run.
  owes op-reserve 10:29:00 1 0 10:28:00 10:28:00
  at 10:29:00 op-reserve -q run
  assert_equal "$(op-reserve wait list --all | jq -r '"\(.waitingId) \(.status)"' | paste -sd,)" 'w1 Withdrawn,w2 Expired,w3 Offered'
  owes op-reserve 10:30:00 0 0 null null
  # Nothing is due while nothing is sold; when the sales open, it is from then on.
  printf -- '- {id: 2, name: Cats, seats: 2, price: 1, salesOpen: "2027-01-01T11:00:00Z"}\n' >cats.yaml
  at 10:31:00 op-musical -q register --id 2 --name Cats --seats 2 --price 1
  at 10:31:00 op-reserve -q place --musical 2 --seats 2 --id r3
  at 10:32:00 op-reserve -q wait --musical 2 --seats 2 --id w4
  at 10:33:00 op-reserve -q cancel r3
  at 10:33:00 op-musical -q run
  at 10:34:00 op-musical -q import cats.yaml
  owes op-reserve 10:38:00 0 0 null null
  owes op-reserve 11:20:00 2 0 10:39:00 10:39:00
  at 11:20:00 op-reserve wait withdraw w3 2>/dev/null || true
  owes op-reserve 11:20:00 1 0 11:00:00 11:00:00
}

@test "a saga without payment: nobody is behind with one, nothing expires for want of one" {
  config $'saga: {steps: [assignment]}\nreservation: {hold: 15m}\npayment: {provider: exec, when_open: suspend}'
  place 2
  owes op-reserve 23:00:00 0 0 null null
  appends_nothing succeeds at 23:00:00 op-reserve run
  # Neither a provider that is not there, nor an open circuit of it, has anything to do with it.
  OP_CONFIG='' at 10:30:00 op-pay -q circuit open --for 24h
  mark_damaged
  op-journal read --type PaymentCircuitOpened --format native -o ndjson |
    jq -c '{type, tags: ["provider:exec"], data: (.data | .provider = "exec")}' | op-journal -q append
  succeeds at 10:31:00 op-reserve place --musical 1 --seats 1
  assert_json payment null
  succeeds at 23:00:00 outerpark status -o json
  assert_json '[.ready, .circuit, .parked.payments] | tojson' '[true,null,null]'
  assert_json '[.processors[].processor] | sort | join(" ")' 'op-assign op-musical op-notify op-reserve'
  succeeds at 23:00:00 outerpark status -o table
  [[ $output != *op-pay* && $output != *circuit* && $output != *payments* ]] || fail "$output"
  # The same store and a saga that has a payment, by itself or for a ticket.
  OP_CONFIG='' at 10:32:00 op-pay -q circuit close
  config $'saga: {steps: [ticket]}\nreservation: {hold: 15m}'
  exits_with 75 at 23:00:00 outerpark status --ready
  [[ $output == *'processor op-pay is far behind: 3 to do'*'processor op-reserve is far behind'* ]] || fail "$output"
}

@test "what no branch could take waits, until one could: then op-assign is late" {
  config 'saga: {steps: [assignment]}'
  at 10:00:00 op-musical -q register --id 1 --name Phone --seats 100
  at 10:00:00 op-assign -q branch add --id b --name B --lat 37.5 --lon 127 --capacity 1
  for i in 1 2 3; do at 10:0$i:00 op-reserve -q place --musical 1 --seats 1 --lat 37.5 --lon 127; done
  at 10:05:00 op-assign -q run
  owes op-assign 10:10:00 2 2 10:02:00 null
  at 10:20:00 op-assign -q branch adjust b --capacity 2
  owes op-assign 20:00:00 2 1 10:02:00 10:20:00
  exits_with 75 at 20:00:00 outerpark status --ready
  at 20:00:00 op-assign -q run
  owes op-assign 20:00:00 1 1 10:03:00 null
  # The next day has places again, since its midnight.
  OP_NOW=2027-01-02T09:00:00Z succeeds op-assign run --pending
  assert_json '[.pending, .waiting, .dueAt[:19]] | join(" ")' '1 0 2027-01-02T00:00:00'
}
