#!/usr/bin/env bats
# provider: op-pay over a real provider with a ledger of its own, as a program and as a service, and all that can go wrong
# between the two. Whatever happens, the ledger and the journal agree in the end, and nobody is charged twice.

load lib/common
load lib/provider

setup() {
  common_setup
  provider_setup
}

teardown() {
  provider_stop
  common_teardown
}

# One musical, and one reservation of two seats at 50,000 by customer c1.
one_reservation() {
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 1000 --price 50000
  succeeds op-reserve place --musical 1 --seats 2 --customer c1
}

# pays: runs op-pay, and $output holds what became of the payments, without the attempts.
pays() {
  succeeds op-pay run "$@" || return 1
  output=$(jq -c 'select(.type | startswith("PaymentAttempt") | not)' <<<"$output")
}

# cancelled_at: the seq of the only cancellation.
cancelled_at() { op-journal read --type ReservationCancelled | jq .seq; }

# A fresh store and a fresh ledger, for tests that go through many faults.
start_over() {
  provider_stop
  rm -rf "$OP_STORE" "$LEDGER"*
  faults
}

# agrees: the provider's ledger and the journal say the same, and nobody was misunderstood.
agrees() {
  succeeds op-pay reconcile || return 1
  assert_equal "$output" ''
  assert_equal "$(books .conflicts)" 0
}

# What leaves the outcome unknown, in every way that both transports have.
UNCLEAR=(hang hang-after crash-before crash-after lose huge garbage garbage-after 'garbage:{"status":5}' 'garbage:[]'
  'garbage:{"status":"not_found"}' 'garbage:{"status":"approved","providerRef":7}'
  'garbage:{"status":"approved"}{"status":"approved"}' status:500 status:503 status:429 status:408 status-after:503)

# call OPERATION KEY AMOUNT [RESERVATION]: what the reference provider answers.
call() {
  printf '{"operation":"%s","idempotencyKey":"%s","reservationId":"%s","customerId":"","amount":%s,"currency":"KRW"}' \
    "$1" "$2" "${4:-1}" "$3" >request
  "${PROVIDER[@]}" <request
}

@test "the reference provider: one key has one effect and one answer, and no more goes back than was charged" {
  assert_equal "$(json_of status call query a 0)" not_found
  assert_equal "$(json_of '.status + .providerRef' call authorize a 500)" approvedref-2
  assert_equal "$(json_of '.status + .providerRef' call authorize a 500)" approvedref-2
  assert_equal "$(json_of '.status + .providerRef' call query a 0)" approvedref-2
  exits_with 65 call authorize a 501
  exits_with 65 call refund a 500
  assert_equal "$(json_of '.status + .reason' call refund b 501)" declinedmore_than_charged
  assert_equal "$(json_of status call refund c 300)" refunded
  assert_equal "$(json_of status call refund d 200)" refunded
  assert_equal "$(json_of '.status + .reason' call refund e 1)" declinedmore_than_charged
  assert_equal "$(json_of '.status + .reason' call refund f 1 2)" declinednothing_charged
  assert_equal "$(books '[.calls, .conflicts, .charged, .refunded] | join(" ")')" '11 2 500 500'
  exits_with 64 call pay a 1
  exits_with 65 "${PROVIDER[@]}" <<<'no JSON'
}

@test "the reference provider: faults by number, key, operation and count; a wrong one is told" {
  faults 'status:503@call=2' 'decline:no@key=b*,times=1' 'exit@never=1'
  exits_with 2 call query a 0
  faults '# a comment' '' 'status:503@call=2' 'decline:no@key=b*,times=1' 'lose @ operation=query, every=3' 'status:7@call=7-'
  assert_equal "$(json_of status call query a 0)" not_found # 1
  exits_with 75 call authorize a 5 # 2
  assert_equal "$(json_of status call authorize a 5)" approved # 3
  assert_equal "$(json_of status call authorize b1 5)" declined # 4
  assert_equal "$(json_of status call authorize b2 5)" approved # 5
  succeeds call query a 0 # 6
  assert_equal "$output" ''
  exits_with 7 call query a 0
  exits_with 7 call query a 0
  assert_equal "$(books .faults)" 5
  PROVIDER_FAULTS=decline succeeds call authorize c 1 # the environment comes before the file
  assert_json status declined
  assert_equal "$(books '.entries | map(.status) | join(" ")')" 'approved declined approved declined'
}

@test "exec: one request on stdin, one answer on stdout, charged and given back" {
  use_provider exec
  one_reservation
  pays
  assert_json type PaymentApproved
  assert_json .data.provider exec
  assert_json .data.providerRef ref-1
  succeeds op-reserve cancel 1
  pays
  assert_json type PaymentCancelled
  assert_equal "$(books '[.entries[] | [.idempotencyKey, .reservationId, .status, .amount, .currency] | join(" ")] | join(",")')" \
    "authorize:1 1 approved 100000 KRW,refund:1:$(cancelled_at) 1 refunded 100000 KRW"
  agrees
}

@test "http: a POST with the key in its header, charged and given back" {
  use_provider http
  one_reservation
  pays
  assert_json .data.provider http
  succeeds op-reserve cancel 1
  pays
  assert_json type PaymentCancelled
  assert_equal "$(books '[.charged, .refunded, .calls] | join(" ")')" '100000 100000 2'
  agrees
}

@test "ids that are not ASCII arrive whole, by both ways" {
  local transport
  for transport in exec http; do
    start_over
    use_provider "$transport"
    succeeds op-musical register --id 1 --name F --seats 10 --price 5
    succeeds op-reserve place --musical 1 --seats 1 --id '예약%41-1' --customer '고객'
    pays
    assert_json type PaymentApproved
    assert_equal "$(books '.entries[0] | .idempotencyKey + " " + .reservationId')" 'authorize:예약%41-1 예약%41-1'
    agrees
  done
}

@test "a refusal is an answer: PaymentDeclined with its reason, 402 too" {
  local transport fault
  for transport in exec http; do
    for fault in decline:card_expired decline-402:card_expired; do
      start_over
      faults "$fault"
      use_provider "$transport"
      one_reservation
      pays
      assert_json type PaymentDeclined
      assert_json .data.reason card_expired
      assert_equal "$(books .calls)" 1
      agrees
    done
  done
}

@test "402 declines whatever its body says" {
  faults 'status:402'
  use_provider http
  one_reservation
  pays
  assert_json type PaymentDeclined
  assert_json .data.reason declined
}

# unclear TRANSPORT OPERATION: each fault happens twice to that call of one reservation, all of them at once; in the end
# it is as if nothing had been.
unclear() {
  local transport=$1 operation=$2 count=${#UNCLEAR[@]} number lines=()
  use_provider "$transport" 'timeout: 1s' 'breaker: {window: 1000, minimum_calls: 1000}'
  succeeds op-musical register --id 1 --name F --seats 1000 --price 50000
  for number in $(seq "$count"); do
    succeeds op-reserve place --musical 1 --seats 2 --id "$number" -q
    lines+=("${UNCLEAR[number - 1]}@operation=$operation,key=$operation:$number$([ "$operation" = authorize ] || echo ':*'),times=2")
  done
  if [ "$operation" = refund ]; then
    settle
    for number in $(seq "$count"); do
      succeeds op-reserve cancel "$number" -q
    done
  fi
  faults "${lines[@]}"
  settle
  wait_until 20 agrees || agrees
  if [ "$operation" = refund ]; then
    assert_equal "$(books '[.charged, .refunded, (.entries | length)] | join(" ")')" \
      "$((100000 * count)) $((100000 * count)) $((2 * count))"
  else
    assert_equal "$(books '[.charged, .refunded, (.entries | length)] | join(" ")')" "$((100000 * count)) 0 $count"
  fi
  # Each was played once at least: a call that is found by a query is not made again.
  [ "$(books .faults)" -ge "$count" ]
}

@test "exec: after every fault of a charge, one charge" { unclear exec authorize; }
@test "exec: after every fault of a refund, one refund" { unclear exec refund; }
@test "http: after every fault of a charge, one charge" { unclear http authorize; }
@test "http: after every fault of a refund, one refund" { unclear http refund; }

@test "a charge that is pending at the provider is settled later" {
  local transport
  for transport in exec http; do
    start_over
    use_provider "$transport"
    one_reservation
    faults 'pending:2@operation=authorize'
    settle
    agrees
    assert_equal "$(books '[.charged, (.entries | length)] | join(" ")')" '100000 1'
  done
}

@test "many payments, any fault at any call: nobody is charged twice" {
  use_provider exec 'timeout: 300ms'
  succeeds op-musical register --id 1 --name F --seats 1000 --price 1000
  local i
  for i in 1 2 3 4 5 6 7 8; do
    succeeds op-reserve place --musical 1 --seats "$i" --customer c1
  done
  faults "any:${SEED:-4}@every=2,times=20"
  settle
  succeeds op-reserve cancel 3
  succeeds op-reserve cancel 4 --seats 1
  settle
  faults
  settle
  agrees
  assert_equal "$(books '[.charged, .refunded, (.entries | length)] | join(" ")')" '36000 4000 10'
}

@test "given up, or made smaller, while the answer to the charge was lost: nobody stays charged" {
  local transport fault
  for transport in exec http; do
    for fault in lose crash-after crash-before; do
      start_over
      use_provider "$transport" 'breaker: {window: 1000, minimum_calls: 1000}'
      one_reservation
      succeeds op-reserve place --musical 1 --seats 3 --customer c1
      faults "$fault@operation=authorize,key=authorize:1,times=1" "$fault@operation=authorize,key=authorize:2,times=1"
      capture op-pay run
      succeeds op-reserve cancel 1
      succeeds op-reserve cancel 2 --seats 1
      settle
      agrees
      assert_equal "$fault $(books '.charged - .refunded')" "$fault 100000"
    done
  done
}

@test "http: a call that was given up, asked for and not found cannot charge later" {
  provider_start --verbose
  use_provider http 'timeout: 300ms'
  one_reservation
  faults "wait:$PWD/go@operation=authorize,times=1"
  capture op-pay run
  succeeds op-reserve cancel 1
  settle
  touch go
  wait_until 20 grep -q 'POST.* 409' provider.log
  assert_equal "$(books '[.charged, (.entries | length)] | join(" ")')" '0 0'
  agrees
  assert_equal "$(op-pay list -o ndjson | jq -r .status)" PaymentCancelled
}

@test "a payment stays with the provider that was asked first, whatever the configuration says later" {
  succeeds op-musical -q register --id 1 --name Frozen --seats 1000 --price 50000
  use_provider exec 'timeout: 20s'
  faults 'lose@operation=authorize'
  succeeds op-reserve -q place --musical 1 --seats 1 --id lost
  OP_NOW=2034-12-01T00:00:00Z succeeds op-pay run
  faults ''
  succeeds op-reserve -q place --musical 1 --seats 1 --id charged
  OP_NOW=2034-12-01T00:00:00Z succeeds op-pay run
  succeeds op-reserve -q cancel charged
  mv provider.yaml exec.yaml
  printf 'payment: {provider: approve}\n' >other.yaml
  OP_CONFIG=other.yaml OP_NOW=2034-12-02T00:00:00Z exits_with 0 op-pay run
  assert_equal "$output" ''
  assert_equal "$stderr" 'op-pay: warning: payments that wait for the provider exec, which was asked first: 2; run op-pay with payment.provider: exec to settle them'
  export OP_CONFIG=$PWD/exec.yaml
  settle
  assert_equal "$(op-pay list | jq -c '[.paymentId,.status,.provider]')" '["lost","PaymentApproved","exec"]
["charged","PaymentCancelled","exec"]'
  succeeds op-pay reconcile
}

@test "a call ends with its time limit, and with it all that the provider started" {
  use_provider exec
  one_reservation
  cat >hanging <<'END'
#!/bin/sh
sh -c 'echo $$ >grandchild; sleep 600; :' &
wait
END
  chmod +x hanging
  cat >c.yaml <<END
payment: {provider: exec, command: [$PWD/hanging], timeout: 200ms}
END
  local before=$SECONDS
  capture op-pay --config c.yaml run
  [ $((SECONDS - before)) -lt 60 ]
  wait_until 20 eval '! ps -o stat= -p "$(cat grandchild)" | grep -qv "^Z"'
  assert_equal "$(event_count PaymentApproved)" 0
}

@test "--timeout bounds a call, too, where it is shorter" {
  use_provider exec 'timeout: 10m'
  one_reservation
  faults hang
  local before=$SECONDS
  capture op-pay run --timeout 200ms
  [ $((SECONDS - before)) -lt 60 ]
  assert_equal "$(event_count PaymentApproved)" 0
}

@test "exec: arguments go to the program as they are, without a shell" {
  cat >arguments <<'END'
#!/bin/sh
printf '%s\n' "$@" >seen
cat >request
echo '{"status":"approved","providerRef":"r","unknown":[1,{"a":null}]}'
END
  chmod +x arguments
  cat >c.yaml <<END
payment: {provider: exec, command: [$PWD/arguments, "two words", '\$(id); *', '']}
END
  one_reservation
  fails_with 78 op-pay --config c.yaml run # an empty text is no argument, and no silent change of the others
  sed -i "s/, '']/]/" c.yaml
  succeeds op-pay --config c.yaml run
  # shellcheck disable=SC2016 # as it is
  assert_equal "$(cat seen)" 'two words
$(id); *'
  assert_equal "$(cat request)" \
    '{"operation":"authorize","idempotencyKey":"authorize:1","reservationId":"1","customerId":"c1","amount":100000,"currency":"KRW"}'
}

@test "a provider that cannot be called is bad configuration, and is no attempt" {
  one_reservation
  echo 'payment: {provider: exec}' >c.yaml
  fails_as 78 bad_config op-pay run --config c.yaml
  echo 'payment: {provider: http}' >c.yaml
  fails_as 78 bad_config op-pay run --config c.yaml
  echo 'payment: {provider: exec, command: [/no/such/program]}' >c.yaml
  appends_nothing fails_as 78 bad_config op-pay run --config c.yaml
  echo 'payment: {provider: exec, command: [/etc/passwd]}' >c.yaml
  appends_nothing fails_as 77 not_executable op-pay run --config c.yaml
  echo 'payment: {provider: http, url: http://pay.example/v1}' >c.yaml
  appends_nothing fails_as 78 bad_config op-pay run --config c.yaml
  assert_error_json column 32
  [[ $(error_json message) == c.yaml:1:32:* ]]
}

@test "http: killed in the middle of a call, then nobody there: unknown, and charged once when it is back" {
  local paying
  use_provider http 'timeout: 20s' 'breaker: {window: 1000, minimum_calls: 1000}'
  one_reservation
  faults 'hang-after@call=1'
  op-pay run >paying.out 2>&1 3>&- &
  paying=$!
  wait_until 20 eval '[ "$(books ".entries | length")" = 1 ]'
  kill -KILL "$PROVIDER_PID"
  wait "$PROVIDER_PID" || true
  wait "$paying" || true
  PROVIDER_PID=
  refute grep -q PaymentApproved paying.out
  capture env OP_NOW=2034-01-01T00:00:00Z op-pay run
  assert_equal "$(event_count PaymentApproved)" 0
  use_provider http
  settle
  agrees
  assert_equal "$(books '[.charged, (.entries | length)] | join(" ")')" '100000 1'
}

@test "http: a redirect is not followed" {
  provider_start --verbose
  use_provider http
  one_reservation
  for status in 301 302 307 308; do
    faults "status:$status"
    capture op-pay run
  done
  assert_equal "$(event_count PaymentApproved)" 0
  assert_equal "$(grep -c 'POST /pay HTTP' provider.log)" "$(grep -c HTTP provider.log)"
  [ "$(books .calls)" -ge 1 ]
}

@test "http: the secret comes from a file that nobody else can read, and goes nowhere else" {
  provider_start --secret s3cr3t-w0rd
  echo s3cr3t-w0rd >key
  chmod 640 key
  use_provider http "secret_file: $PWD/key"
  one_reservation
  for mode in 640 604 620 602; do
    chmod "$mode" key
    appends_nothing fails_as 78 bad_secret op-pay run
    [[ $(error_json message) == *"chmod 600"* ]]
  done
  assert_equal "$(books .calls)" 0
  chmod 600 key
  pays -v
  assert_json type PaymentApproved
  agrees
  refute grep -rqs s3cr3t-w0rd "$OP_STORE" "$stdout_file" "$stderr_file"
  # What is no token is told without showing it.
  for text in '' 'two words' $'first\nX-Evil: 1' $'\x01' '비밀'; do
    printf '%s' "$text" >key
    fails_as 78 bad_secret op-pay run
    [ -z "$text" ] || refute grep -qF -- "$text" "$stderr_file"
  done
  rm key
  fails_as 78 bad_secret op-pay run
  mkdir key
  fails_as 78 bad_secret op-pay run
}

@test "http: a wrong secret charges nobody, and declines nobody" {
  provider_start --secret right
  echo wrong >key
  chmod 600 key
  use_provider http "secret_file: $PWD/key"
  one_reservation
  capture op-pay run
  assert_equal "$(event_count PaymentApproved)$(event_count PaymentDeclined)" 00
  assert_equal "$(books .calls)" 0
  echo right >key
  settle
  agrees
}

@test "https: who cannot prove its name gets nothing; with its certificate trusted it is called" {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=test \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  provider_start --certificate cert.pem --key key.pem
  PROVIDER_SCHEME=https use_provider http
  one_reservation
  capture op-pay run
  assert_equal "$(event_count PaymentApproved)" 0
  assert_equal "$(books .calls)" 0
  export SSL_CERT_FILE=$PWD/cert.pem
  settle
  agrees
  assert_equal "$(books .charged)" 100000
  # Trusted, but another name.
  succeeds op-reserve place --musical 1 --seats 1
  sed -i "s/127.0.0.1/localhost/" "$OP_CONFIG"
  capture op-pay run
  assert_equal "$(event_count PaymentApproved)" 1
  assert_equal "$(books '.callsByOperation.authorize')" 1
}

@test "reconcile: every difference has a row, and exit 1" {
  local transport
  for transport in exec http; do
    start_over
    use_provider "$transport"
    one_reservation
    local i
    for i in 2 3 4 5; do
      succeeds op-reserve place --musical 1 --seats 1 --customer c1
    done
    succeeds op-pay run -q
    succeeds op-reserve cancel 5
    succeeds op-pay run -q
    agrees
    sqlite3 "$LEDGER" "
      DELETE FROM entries WHERE key = 'authorize:1';
      UPDATE entries SET amount = 1 WHERE key = 'authorize:2';
      UPDATE entries SET currency = 'USD' WHERE key = 'authorize:3';
      UPDATE entries SET status = 'declined' WHERE key = 'authorize:4';
      UPDATE entries SET status = 'pending', queries_left = 99 WHERE key LIKE 'refund:5:%';
      INSERT INTO entries VALUES (99, 'authorize:1/again', 'authorize', '1', '', 7, 'KRW', 'approved', 'r', '', 0);
      INSERT INTO entries VALUES (98, 'authorize:1/no', 'authorize', '1', '', 7, 'KRW', 'declined', 'r', '', 0);"
    appends_nothing exits_with 1 op-pay reconcile --errors json
    assert_error_json error differences
    assert_error_json differences 6
    assert_json '[.reservationId, .key, .kind, .journal, .ledger, .journalAmount, .ledgerAmount, .currency]
      | map(tostring) | join(" ")' \
      "1 authorize:1 missing_in_ledger approved null 100000 null KRW
2 authorize:2 amount approved approved 50000 1 KRW
3 authorize:3 currency approved approved 50000 50000 KRW
4 authorize:4 missing_in_ledger approved declined 50000 50000 KRW
5 refund:5:$(cancelled_at) pending_in_ledger refunded pending 50000 50000 KRW
1 authorize:1/again missing_in_journal null approved null 7 KRW"
  done
}

@test "reconcile: a charge whose answer was lost is a difference until it is settled" {
  use_provider exec
  one_reservation
  faults 'lose@operation=authorize'
  capture op-pay run
  exits_with 1 op-pay reconcile
  assert_json kind missing_in_journal
  assert_json key authorize:1
  faults
  settle
  agrees
}

@test "reconcile: a cancelled reservation that stays charged is found" {
  use_provider exec
  one_reservation
  succeeds op-reserve cancel 1
  succeeds op-pay run
  succeeds op-pay reconcile
  echo '{"operation":"authorize","idempotencyKey":"authorize:1","reservationId":"1","customerId":"","amount":100000,"currency":"KRW"}' |
    "${PROVIDER[@]}" >/dev/null # a call that was under way meanwhile
  exits_with 1 op-pay reconcile
  assert_json kind missing_in_journal
}

@test "reconcile: without the operation ledger every key that the journal knows is asked for" {
  use_provider exec
  sed -i 's/"--control"/"--no-ledger", &/' "$OP_CONFIG"
  one_reservation
  succeeds op-reserve place --musical 1 --seats 1 --customer c1
  succeeds op-pay run -q
  succeeds op-pay reconcile
  [[ $stderr == *'has no ledger to be read'* ]]
  sqlite3 "$LEDGER" "DELETE FROM entries WHERE key = 'authorize:1'"
  exits_with 1 op-pay reconcile
  assert_json '.key + " " + .kind' 'authorize:1 missing_in_ledger'
  faults 'garbage@operation=query'
  exits_with 75 op-pay reconcile
  [[ $stderr == *'gave no answer about authorize:1: garbage'* ]]
}

@test "reconcile: long ledgers are read page by page; a page that is garbage is told" {
  use_provider http
  one_reservation
  succeeds op-pay run -q
  sqlite3 "$LEDGER" "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
    INSERT INTO entries SELECT i, 'k' || i, 'authorize', 'x' || i, '', 7, 'KRW', 'declined', 'r', '', 0 FROM n;
    UPDATE entries SET status = 'approved' WHERE id IN (1000, 1777, 2300)"
  exits_with 1 op-pay reconcile
  assert_json key 'k1000
k1777
k2300'
  faults 'garbage:{"entries":[{"idempotencyKey":"k","status":"approved","amount":1.5,"currency":"KRW"}]}@operation=ledger'
  fails_as 65 bad_ledger op-pay reconcile
  faults 'status:503@operation=ledger'
  fails_as 75 no_answer op-pay reconcile
}

@test "reconcile: the built-in provider has nothing to differ, and another provider's payments are left out" {
  fails_as 66 no_store op-pay reconcile
  one_reservation
  succeeds op-pay run -q
  succeeds op-pay reconcile
  assert_equal "$output" ''
  use_provider exec
  succeeds op-reserve place --musical 1 --seats 1 --customer c1
  succeeds op-pay run -q
  succeeds op-pay reconcile -o json
  assert_equal "$output" '[]'
  [[ $stderr == *'1 calls were made to another provider'* ]]
}

# gone PID: it does not run any more.
gone() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  [[ ${line##*) } == [ZX]* ]]
}

# shell_provider SCRIPT KEY: VALUE...: a provider that is a line of shell.
shell_provider() {
  printf 'payment:\n  provider: exec\n  command: [sh, -c, "%s"]\n' "$1" >shell.yaml
  printf '  %s\n' "${@:2}" >>shell.yaml
  export OP_CONFIG=$PWD/shell.yaml
}

@test "a provider ends with op-pay, whatever that dies of" {
  shell_provider 'echo $$ >pid; exec sleep 600' 'timeout: 1h'
  one_reservation
  op-pay run -q --jobs 2 &
  local pid=$!
  wait_until 20 test -s pid
  kill -KILL "$pid"
  wait "$pid" || true
  wait_until 20 gone "$(cat pid)"
}

@test "past its time limit nothing of a provider is left, in another session neither" {
  shell_provider "setsid sh -c 'echo \$\$ >pid; sleep 600; :' & wait" 'timeout: 500ms'
  one_reservation
  succeeds op-pay run
  assert_json 'select(.type == "PaymentAttemptFailed").data.reason' timeout
  wait_until 20 gone "$(cat pid)"
}
