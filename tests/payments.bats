#!/usr/bin/env bats
# Attempts at payments: back-off, parking, the circuit breaker, and calls at once; all against the reference provider.

load lib/common
load lib/provider

# A seed of this run, unless one was given.
setup() {
  common_setup
  provider_setup
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
  use_provider exec 'timeout: 1s' 'max_attempts: 3' 'breaker: {open: 30s, minimum_calls: 3}'
  at 0
  succeeds op-musical register --id 1 --name Frozen --seats 1000 --price 1000
}

teardown() {
  provider_stop
  common_teardown
}

# at SECONDS: the clock stands there from now on.
at() { printf -v OP_NOW '2026-11-20T12:%02d:%02dZ' $(($1 / 60)) $(($1 % 60)) && export OP_NOW; }

# reserve N: so many reservations.
reserve() {
  for _ in $(seq "$1"); do printf '{"musicalId":"1","seats":1}\n'; done | succeeds op-reserve place --batch
}

# calls: how many calls the provider got.
calls() { books .calls; }

# circuit: its state.
circuit() { json_of state op-pay circuit; }

@test "a failed attempt is an event with the time of the next, which waits; no read model is needed to know" {
  reserve 1
  faults lose
  succeeds op-pay run
  assert_json 'select(.type == "PaymentAttemptFailed").data | [.attempt, .operation, .idempotencyKey, .outcome] | join(" ")' \
    '1 authorize authorize:1 unknown'
  retry_at=$(json 'select(.type == "PaymentAttemptFailed").data.retryAt')
  [[ $retry_at > 2026-11-20T12:00:00.000 && ! $retry_at > 2026-11-20T12:00:05.000000Z ]]
  appends_nothing succeeds op-pay run
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds op-pay run
  assert_equal "$(json_of '[.status, .attempts, .retryAt] | join(" ")' op-pay show 1)" "Pending 1 $retry_at"
  assert_equal "$(calls)" 1
  faults
  at 6
  succeeds op-pay run
  assert_equal "$(json_of '[.status, .attempts, .lastError] | join(" ")' op-pay show 1)" 'PaymentApproved 2 '
  assert_equal "$(books '[.callsByOperation.authorize, .callsByOperation.query, .charged] | join(" ")')" '1 1 1000'
}

@test "what came of a lost answer is asked for; what was never booked is called for again, with the same key" {
  reserve 1
  faults crash-before
  succeeds op-pay run
  faults
  at 6
  succeeds op-pay run
  assert_equal "$(json_of status op-pay show 1)" PaymentApproved
  assert_equal "$(books '[.callsByOperation.authorize, .callsByOperation.query, .charged] | join(" ")')" '2 1 1000'
}

@test "a payment that is pending at the provider is waited for" {
  reserve 1
  faults pending:2
  succeeds op-pay run
  assert_json 'select(.type == "PaymentAttemptFailed").data.outcome' pending
  at 6
  succeeds op-pay run
  at 20
  succeeds op-pay run
  assert_equal "$(json_of '[.status, .attempts] | join(" ")' op-pay show 1)" 'PaymentApproved 3'
  assert_equal "$(circuit)" closed
}

@test "after max_attempts it is parked, and retry brings it back with attempts counted anew" {
  use_provider exec 'timeout: 1s' 'max_attempts: 2' 'breaker: {minimum_calls: 100, window: 100}'
  reserve 2
  faults crash-before@key=authorize:1
  succeeds op-pay run
  at 10
  succeeds op-pay run
  assert_json type $'PaymentAttemptFailed\nPaymentParked'
  assert_equal "$(json_of '[.paymentId, .status, .attempts, .retryAt] | join(" ")' op-pay list --status Parked)" '1 Parked 2 '
  assert_equal "$(json_of .status op-pay show 2)" PaymentApproved
  at 3000
  appends_nothing succeeds op-pay run
  appends_nothing succeeds op-pay retry 1 --dry-run
  succeeds op-pay retry 1 --request-id r1
  first=$output
  assert_json '[.paymentId, .operation, .status, .attempts] | join(" ")' '1 authorize Pending 0'
  appends_nothing succeeds op-pay retry 1 --request-id r1
  assert_equal "$output" "$first"
  fails_as 1 nothing_to_retry op-pay retry 1
  fails_as 1 request_id_reused op-pay retry 2 --request-id r1
  assert_equal "$(json_of '[.status, .attempts] | join(" ")' op-pay show 1)" 'Pending 0'
  succeeds op-pay run
  assert_json 'select(.type == "PaymentAttemptFailed").data.attempt' 1
  faults
  succeeds op-pay retry 1
  succeeds op-pay run
  assert_equal "$(json_of .status op-pay show 1)" PaymentApproved
  assert_equal "$(books .charged)" 2000
}

@test "the circuit opens, nobody calls, one probes, it closes; other processes obey the same events" {
  reserve 6
  faults status:503
  succeeds op-pay run
  assert_equal "$(calls)" 3
  succeeds op-pay circuit show
  assert_json '[.state, .calls, .failedCalls, .reason] | join(" ")' 'open 3 3 failures'
  retry_at=$(json retryAt)
  [[ ! $retry_at < 2026-11-20T12:00:30 && $retry_at < 2026-11-20T12:00:33.1 ]]
  at 29
  appends_nothing succeeds op-pay run
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds op-pay run
  at 34
  succeeds op-pay run --jobs 4
  assert_json 'select(.type | startswith("PaymentCircuit")) | [.type, .data.reason] | join(" ")' \
    $'PaymentCircuitHalfOpened retry\nPaymentCircuitOpened probe_failed'
  assert_equal "$(journal_bytes | jq -c 'select(.data.probe)' | wc -l)" 1
  assert_equal "$(event_count PaymentAttemptStarted)" 4
  at 70
  faults
  succeeds op-pay run
  assert_json 'select(.type | startswith("PaymentCircuit")) | [.type, .data.reason] | join(" ")' \
    $'PaymentCircuitHalfOpened retry\nPaymentCircuitClosed recovered'
  assert_equal "$(json_of .status op-pay list | sort -u)" PaymentApproved
  assert_equal "$(books '[.charged, .conflicts] | join(" ")')" '6000 0'
  assert_equal "$(circuit)" closed
}

@test "slow calls open it, and declines do not" {
  use_provider exec 'timeout: 5s' 'breaker: {minimum_calls: 2, slow_call: 10ms, slow_rate: 100}'
  reserve 3
  faults delay:0.02
  succeeds op-pay run
  assert_equal "$(json_of '[.state, .reason] | join(" ")' op-pay circuit)" 'open slow_calls'
  use_provider exec 'timeout: 5s' 'breaker: {minimum_calls: 2, slow_call: 5s}'
  succeeds op-pay circuit close
  reserve 4
  faults decline
  succeeds op-pay run
  assert_equal "$(json_of '[.state, .calls, .failedCalls] | join(" ")' op-pay circuit)" 'closed 5 0'
}

@test "a prober that died does not wedge it: its permit is a lease" {
  reserve 2
  succeeds op-pay circuit open --for 10s
  at 10
  holder=00000000-99-99
  until=2026-11-20T12:00:17.000000Z
  jq -cn --arg holder "$holder" --arg until "$until" '{type: "PaymentCircuitHalfOpened", tags: ["provider:exec"], data:
    {provider: "exec", state: "half_open", reason: "retry", calls: 0, failedCalls: 0, slowCalls: 0, probes: 1}},
    {type: "PaymentAttemptStarted", tags: ["reservation:1", "provider:exec"], correlation: "1", data: {paymentId: "1",
    reservationId: "1", operation: "authorize", idempotencyKey: "authorize:1", amount: 1000, currency: "KRW",
    provider: "exec", attempt: 1, probe: true, holder: $holder, until: $until}}' | succeeds op-journal append
  appends_nothing succeeds op-pay run
  assert_equal "$(circuit)" half_open
  at 17
  succeeds op-pay run
  assert_equal "$(circuit)" closed
  assert_equal "$(books '[.calls, .charged] | join(" ")')" '3 2000'
}

@test "many at once begin no more probes than are wanted" {
  reserve 20
  succeeds op-pay circuit open --for 1s
  at 1
  faults delay:0.2
  for _ in 1 2 3 4; do op-pay run -q --jobs 8 & done
  wait
  first=$(journal_bytes | jq -s 'map(select(.type == "PaymentCircuitClosed"))[0].seq')
  assert_equal "$(journal_bytes | jq -c --argjson first "$first" 'select(.type == "PaymentAttemptStarted" and .seq < $first)' | wc -l)" 1
  assert_equal "$(event_count PaymentCircuitHalfOpened)" 1
}

@test "by hand: open for as long as is said, close; dry runs, requests, the built-in provider" {
  OP_CONFIG=/dev/null
  reserve 1
  succeeds op-pay circuit open --for 1h --dry-run
  assert_json '[.state, .reason, .retryAt] | join(" ")' 'open operator 2026-11-20T13:00:00.000000Z'
  assert_equal "$(circuit)" closed
  succeeds op-pay circuit open --request-id o1
  first=$output
  assert_json retryAt 2026-11-20T12:00:30.000000Z
  appends_nothing succeeds op-pay circuit open --request-id o1
  assert_equal "$output" "$first"
  fails_as 1 request_id_reused op-pay circuit close --request-id o1
  appends_nothing succeeds op-pay run
  succeeds op-pay circuit close
  assert_json '[.state, .reason, .retryAt] | join(" ")' 'closed operator '
  appends_nothing succeeds op-pay circuit close
  succeeds op-pay run
  assert_equal "$(json_of .status op-pay show 1)" PaymentApproved
}

@test "no time at all: a provider is not called that cannot answer, and a circuit does not open for nothing" {
  reserve 1
  appends_nothing fails_as 64 usage op-pay run --timeout 0s
  appends_nothing fails_as 64 usage op-pay reconcile --timeout 0s
  assert_equal "$(calls)" 0
  appends_nothing fails_as 64 usage op-pay circuit open --for 0s
  appends_nothing fails_as 64 usage op-pay circuit open --for 366d
  succeeds op-pay circuit open --for 1ms
  # Who waits for no provider may wait for nothing.
  OP_CONFIG=/dev/null succeeds op-pay run --timeout 0s
}

@test "while it is open: reservations are taken and say deferred, or are refused for a while" {
  succeeds op-pay circuit open
  succeeds op-reserve place --musical 1 --seats 1
  assert_json payment deferred
  assert_equal "$(json_of .payment op-reserve list)" deferred
  succeeds op-reserve list -o table
  assert_regex "$output" 'STATUS +PAYMENT.*Reserved +deferred'
  assert_equal "$(json_of '[.status, .paymentStatus] | join(" ")' op-mypage)" 'Reserved Deferred'
  succeeds op-mypage -o table
  assert_regex "$output" 'PAYMENT .*Reserved +Deferred'
  succeeds op-reserve place --musical 1 --seats 1 -o table
  assert_regex "$output" 'PAYMENT +deferred'
  use_provider exec 'when_open: suspend'
  fails_as 75 payments_suspended op-reserve place --musical 1 --seats 1
  assert_error_json retryAt 2026-11-20T12:00:30.000000Z
  printf '{"musicalId":"1","seats":1}\n{"musicalId":"1","seats":2000}\n' >lines
  exits_with 1 op-reserve place --batch <lines
  assert_json error $'payments_suspended\ninsufficient_seats'
  assert_equal "$(json 'select(.line == 1).retryAt')" 2026-11-20T12:00:30.000000Z
  rm -rf "$OP_STORE/state"
  fails_as 75 payments_suspended op-reserve place --musical 1 --seats 1
  at 30
  succeeds op-reserve place --musical 1 --seats 1
  assert_json payment null
  at 29
  succeeds op-pay circuit close
  succeeds op-reserve place --musical 1 --seats 1
  assert_json payment null
  at 40
  succeeds op-pay run
  assert_equal "$(json_of .payment op-reserve list | sort -u)" null
  assert_equal "$(json_of .paymentStatus op-mypage | sort -u)" PaymentApproved
}

@test "while it is open nothing expires; once it closed what waited has its whole hold, what was deferred above all" {
  printf 'reservation: {hold: 10m}\n' >>"$OP_CONFIG"
  reserve 1
  at 60
  succeeds op-pay circuit open
  reserve 1
  assert_equal "$(json_of payment op-reserve show 2)" deferred
  at 1800
  appends_nothing succeeds op-reserve run
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds op-reserve run
  # Nor while it is half open, whatever a probe comes to.
  faults status:503
  succeeds op-pay run
  assert_json 'select(.type | startswith("PaymentCircuit")).type' $'PaymentCircuitHalfOpened\nPaymentCircuitOpened'
  appends_nothing succeeds op-reserve run
  succeeds op-pay circuit close
  at 2399
  appends_nothing succeeds op-reserve run
  at 2400
  succeeds op-reserve run
  assert_json '[.data.reservationId, .data.reason] | join(" ")' $'1 expired\n2 expired'
  # The circuit of a provider that is not the configured one stops no clock.
  reserve 1
  succeeds op-pay circuit open
  use_provider http
  printf 'reservation: {hold: 10m}\n' >>"$OP_CONFIG"
  at 2999
  appends_nothing succeeds op-reserve run
  at 3000
  succeeds op-reserve run
  assert_json '.data.reservationId' 3
}

@test "parked payments that have all the seats: the open circuit closes in its time, they expire, and seats are sold again" {
  printf 'reservation: {hold: 10m}\n' >>"$OP_CONFIG"
  succeeds op-musical register --id 2 --name Small --seats 1 --price 1000
  succeeds op-reserve place --musical 2 --seats 1
  faults status:503
  for second in 0 60 120 180; do
    at $second
    succeeds outerpark tick
  done
  assert_equal "$(json_of .status op-pay show 1)" Parked
  succeeds op-pay circuit open
  faults
  at 209
  appends_nothing succeeds op-pay run
  at 240
  succeeds op-pay run
  assert_json '[.type, .data.reason] | join(" ")' 'PaymentCircuitClosed idle'
  at 839
  appends_nothing succeeds op-reserve run
  at 840
  succeeds outerpark tick
  assert_equal "$(json_of .reason op-reserve show 1)" expired
  succeeds op-reserve place --musical 2 --seats 1
}

@test "a promise is kept: what was deferred is paid when the provider comes back, however long it was down" {
  printf 'reservation: {hold: 5m}\n' >>"$OP_CONFIG"
  reserve 3
  faults status:503
  succeeds outerpark tick
  assert_equal "$(circuit)" open
  reserve 2
  at 1800
  appends_nothing succeeds op-reserve run
  succeeds outerpark tick
  at 3000
  faults
  succeeds op-reserve run
  succeeds outerpark tick
  assert_equal "$(json_of '[.status, .payment // "-"] | join(" ")' op-reserve list --all | sort | uniq -c | tr -s ' ')" ' 5 PaymentApproved -'
  assert_equal "$(event_count ReservationCancelled)" 0
}

@test "--jobs makes calls at once, and leaves one outcome each" {
  use_provider exec 'timeout: 10s' 'breaker: {slow_call: 10s}'
  reserve 8
  faults delay:0.5
  begin=${EPOCHREALTIME/./}
  succeeds op-pay run --jobs 8
  end=${EPOCHREALTIME/./}
  assert_equal "$(event_count PaymentApproved)" 8
  assert_equal "$(books '[.calls, .charged] | join(" ")')" '8 8000'
  [ $((end - begin)) -lt 4000000 ]
}

@test "a signal lets the calls in hand end, and their outcomes are appended" {
  use_provider exec 'timeout: 10s' 'breaker: {slow_call: 10s}'
  reserve 4
  faults delay:0.5
  op-pay run -q --jobs 2 &
  pid=$!
  wait_until 10 sh -c 'grep -qs Started "$OP_STORE"/journal/*'
  kill -TERM "$pid"
  wait "$pid" || true
  assert_equal "$(event_count PaymentApproved)" "$(event_count PaymentAttemptStarted)"
}

@test "killed in a call, the next run goes on at once: it asks first, and nobody is charged twice" {
  use_provider exec 'timeout: 10s'
  reserve 1
  faults delay:0.3@operation=authorize
  op-pay run -q &
  pid=$!
  wait_until 10 sh -c 'grep -qs Started "$OP_STORE"/journal/*'
  kill -KILL "$pid"
  wait "$pid" || true
  succeeds op-pay run # its program may still be at it, or be done
  wait_until 10 sh -c 'OP_NOW=2026-11-20T12:10:00Z op-pay run -q; op-pay show 1 | grep -q PaymentApproved'
  assert_equal "$(books '[.charged, .conflicts, .callsByOperation.query] | join(" ")')" '1000 0 1'
}

@test "killed again and again over every fault: in the end the ledger and the journal agree" {
  unset OP_NOW
  rm -rf "$OP_STORE"
  succeeds op_python -B "$OP_TESTS/correctness/kill_payments.py" --store "$OP_STORE" --seed "$SEED" --kills 12 \
    --provider "$OP_ROOT/examples/provider/provider.py"
}

@test "100 clients while the provider fails and recovers: calls stop, and go on" {
  unset OP_NOW
  use_provider http 'timeout: 2s' 'breaker: {open: 1s, window: 10, minimum_calls: 5}'
  reserve 10
  faults status:503
  op-pay run --follow -q --jobs 4 &
  pid=$!
  wait_until 20 sh -c 'op-pay circuit | grep -q "\"state\":\"open\""'
  seq 100 | xargs -P 100 -I{} op-reserve -q place --musical 1 --seats 1 --customer c{}
  wait_until 20 sh -c 'grep -c CircuitHalfOpened "$OP_STORE"/journal/* | grep -q "[2-9]"'
  # Five calls trip it, those in hand end; then each time one probe: a call, or a query and a call.
  halves=$(event_count PaymentCircuitHalfOpened)
  [ "$(calls)" -le $((5 + 3 + 2 * (halves + 1))) ]
  assert_equal "$(event_count PaymentApproved)" 0
  assert_equal "$(event_count ReservationPlaced)" 110
  [ "$(op-reserve list | jq -c 'select(.payment == "deferred")' | wc -l)" -gt 0 ]
  faults
  wait_until 30 sh -c '[ "$(op-pay list --status PaymentApproved | wc -l)" -ge 95 ]'
  assert_equal "$(circuit)" closed
  kill -TERM "$pid"
  wait "$pid"
  settle
  assert_equal "$(json_of .status op-pay list | sort | uniq -c | tr -s ' ')" ' 110 PaymentApproved'
  assert_equal "$(books '[.charged, .conflicts] | join(" ")')" '110000 0'
}
