#!/usr/bin/env bats
# op-journal-parking.bats - consumers that fail: attempts, narrowing, parking, what operators do about it, and groups.

load lib/common

# notes FIRST LAST [SAGA]: a journal with Notes nFIRST..nLAST in one commit, of this saga.
notes() {
  local saga=${3:-}
  seq "$1" "$2" | jq -c --arg saga "$saga" '{id: "n\(.)", type: "Note", data: {note: "n\(.)"}} +
    if $saga == "" then {} else {correlation: $saga} end' | op-journal -q append
}

# A CMD that writes down what it takes, and takes nothing while it was given one of the events in the file `bad`.
write_taker() {
  : >bad
  : >got
  cat >take <<'EOF'
#!/bin/sh
cat >"$0.$$"
echo "$(jq -r .data.note "$0.$$" | paste -sd,)" >>"$(dirname "$0")/runs"
if jq -r .data.note "$0.$$" | grep -qxFf "$(dirname "$0")/bad"; then rm "$0.$$"; exit 3; fi
jq -r .data.note "$0.$$" >>"$(dirname "$0")/got"
rm "$0.$$"
EOF
  chmod +x take
}

setup() {
  common_setup
  write_taker
}

# No follower outlives its test, which would wait for it.
teardown() {
  [ -z "${follower:-}" ] || kill -KILL "$follower" 2>/dev/null || true
  common_teardown
}

# got: the notes taken so far, in order.
got() { paste -sd, got; }
# row_of CONSUMER FIELD: of `op-journal consumers`.
row_of() { op-journal consumers | jq -c --arg name "$1" "select(.consumer == \$name and .kind == \"consumer\") | $2"; }
# states [CONSUMER]: SEQ:STATUS of what waits.
states() { op-journal parked "$@" | jq -r '"\(.seq):\(.status)"' | paste -sd' '; }
nothing_waits() { [ -z "$(states)" ]; }

# take ...: a run an hour after the last one, when everything that waits for its next attempt is due.
take() {
  echo >>hours
  take_again "$@"
}
# take_again ...: one at the same time.
take_again() {
  OP_NOW=$(date -u -d "2031-01-01 $(wc -l <hours) hours" +%FT%TZ) op-journal consume --consumer c "$@" -- ./take
}

@test "a batch that fails is narrowed to the event that fails, which steps aside for those behind it" {
  notes 1 10
  echo n7 >bad
  fails_as 75 command_failed take --max-attempts 3
  assert_equal "$(error_json '[.status, .first, .last, .attempts] | @csv')" 3,7,7,1
  [[ $(error_json .retryAt) == 2031-01-01T01:00:0* ]] || fail "$stderr"
  assert_equal "$(got)" n1,n2,n3,n4,n5,n6,n8,n9,n10
  assert_equal "$(sed 's/.*,//' runs | paste -sd,)" n10,n5,n8,n7,n6,n7,n10 # by halves
  assert_equal "$(states)" 7:Failing
  assert_equal "$(row_of c '[.lag, .parked]')" '[0,0]'
  fails_with 75 take --max-attempts 3
  [[ $stderr == 'op-journal: consumer c: ./take exited 3 at event 7; attempt 2 of 3, the next from 2031-01-01T02:00:0'* ]] ||
    fail "$stderr"
  assert_equal "$(tail -1 runs)" n7
  succeeds take --max-attempts 3
  [[ $stderr == *"event 7 is parked after 3 attempts"*"op-journal retry c 7"* ]] || fail "$stderr"
  assert_equal "$(wc -l <"$stderr_file")" 1
  assert_equal "$(states)" 7:Parked
  assert_equal "$(row_of c '[.lag, .parked]')" '[0,1]'
}

# An outage of SECONDS that begins at 01:00, with a run every 10 seconds; a run that is late is one of the outage's, too.
outage() {
  local second
  for ((second = 0; second < $1; second += 10)); do
    OP_NOW=$(date -u -d "2031-01-01 01:00 $second seconds" +%FT%TZ) \
      op-journal consume --consumer c --max-attempts 8 -- false 2>/dev/null || [ $? -eq 75 ]
  done
}

@test "an outage of what CMD needs parks nothing: attempts come ever later, few events have any, and all is given after" {
  notes 1 6
  echo >>hours
  outage 40
  assert_equal "$(event_count ConsumerEventParked)" 0
  # Nobody is tried but the two that failed first, and these not at every run.
  assert_equal "$(states)" '1:Failing 2:Failing'
  local made
  made=$(event_count ConsumerAttemptFailed)
  ((made >= 3 && made <= 10)) || fail "$made attempts"
  OP_NOW=2031-01-01T01:00:00Z fails_as 75 consumer_suspended op-journal consume --consumer c --max-attempts 8 -- ./take
  assert_equal "$(error_json .retryAt)" "$(op-journal parked | jq -r .retryAt | sort | head -1)"
  assert_equal "$(got)" ''
  succeeds take --max-attempts 8
  assert_equal "$(got)" n1,n2,n3,n4,n5,n6
  assert_equal "$(states)" ''
}

@test "what is not due yet is left alone, and no run waits for it" {
  notes 1 2
  echo n1 >bad
  fails_with 75 take --max-attempts 3
  : >bad
  OP_NOW=2031-01-01T00:59:59Z succeeds op-journal consume --consumer c --max-attempts 3 -- ./take
  assert_equal "$(got)" n2
  rm -r "$OP_STORE/state"
  fails_as 64 usage op-journal retry c 1 2
  succeeds take_again --max-attempts 3 # the attempt was made in this second
  assert_equal "$(got)" n2
  succeeds take --max-attempts 3
  assert_equal "$(got)" n2,n1
}

@test "what comes for the correlation of an event that failed waits for it, also without --part, until it is parked" {
  notes 1 1 a
  notes 2 2 b
  notes 3 3 a
  echo n1 >bad
  fails_with 75 take --max-attempts 2
  assert_equal "$(got)" n2
  assert_equal "$(states)" '1:Failing 3:Held'
  fails_as 1 parked_behind op-journal retry c 3
  succeeds take --max-attempts 2
  assert_equal "$(got)" n2,n3
  assert_equal "$(states)" 1:Parked
}

@test "an operator brings back, or gives up, what waits for its next attempt" {
  notes 1 2
  echo n1 >bad
  fails_with 75 take --max-attempts 9
  succeeds op-journal retry c 1
  assert_json '[.status, .attempts, .retryAt] | @csv' '"Retried",0,'
  fails_as 75 command_failed take_again --max-attempts 9
  assert_error_json attempts 1
  succeeds op-journal drop c 1
  succeeds take --max-attempts 9
  assert_equal "$(states)" ''
}

@test "retry, drop and parts know a request again, and give the same answer from the journal alone" {
  notes 1 4
  printf 'n1\nn2\nn3\n' >bad
  succeeds take --max-attempts 1
  local call answer
  for call in 'retry c 1' 'drop c 2' 'retry c' 'parts c 2'; do
    # shellcheck disable=SC2086
    succeeds op-journal $call --request-id "k-${call// /.}"
    answer=$output
    [ -n "$answer" ] || fail "no answer of $call"
    : >bad
    rm -r "$OP_STORE/state"
    # shellcheck disable=SC2086
    appends_nothing succeeds op-journal $call --request-id "k-${call// /.}"
    assert_equal "$output" "$answer"
    appends_nothing fails_as 1 request_id_reused op-journal retry c 4 --request-id "k-${call// /.}"
    appends_nothing fails_as 1 request_id_reused op-journal parts c 5 --request-id "k-${call// /.}"
    [ "$call" != 'retry c' ] || succeeds take # what becomes of it later does not change the answer
  done
  appends_nothing succeeds op-journal retry c --request-id k-retry.c
  assert_json '[.seq, .status, .reason] | @csv' '3,"Retried","exited 3"'
}

@test "retry, drop and parts that found it done are remembered: later they do nothing" {
  notes 1 2
  printf 'n1\nn2\n' >bad
  succeeds take --max-attempts 1
  op-journal -q retry c 1
  op-journal -q drop c 2
  op-journal -q parts c 2
  local offsets call i=0 calls=('retry c 1' 'drop c 2' 'parts c 2') answers=()
  offsets=$(op-journal consumers | jq -c 'select(.kind == "consumer") | [.consumer, .offset]')
  for call in "${calls[@]}"; do
    # shellcheck disable=SC2086
    succeeds op-journal $call --request-id "k-${call%% *}"
    answers+=("$output")
  done
  assert_equal "$(event_count ConsumerEventRetried)$(event_count ConsumerEventDropped)$(event_count ConsumerPartitioned)" 222
  assert_equal "$(op-journal consumers | jq -c 'select(.kind == "consumer") | [.consumer, .offset]')" "$offsets"
  op-journal -q parts c 0
  succeeds take --max-attempts 1
  assert_equal "$(states)" 1:Parked
  for call in "${calls[@]}"; do
    # shellcheck disable=SC2086
    appends_nothing succeeds op-journal $call --request-id "k-${call%% *}"
    assert_equal "$output" "${answers[i++]}"
  done
  assert_equal "$(states)" 1:Parked
}

@test "attempts and what is parked are events; deleting the caches forgets neither" {
  notes 1 3
  echo n2 >bad
  fails_with 75 take --max-attempts 2
  rm -rf "$OP_STORE/state" "$OP_STORE/control"
  succeeds take --max-attempts 2
  rm -rf "$OP_STORE/state"
  succeeds op-journal parked
  assert_json '[.consumer, .seq, .type, .correlation, .status, .attempts, .reason] | @json' '["c",2,"Note",null,"Parked",2,"exited 3"]'
  assert_equal "$(row_of c .parked)" 1
  succeeds op-journal read --type ConsumerAttemptFailed,ConsumerEventParked --tag consumer:c
  assert_json '[.type, .causation, .data.seq, .data.attempts] | @csv' '"ConsumerAttemptFailed",2,2,1
"ConsumerEventParked",2,2,2'
}

@test "no consumer is given the book-keeping of consumers, unless it names it" {
  notes 1 2
  echo n1 >bad
  succeeds take --max-attempts 1
  succeeds op-journal consume --consumer c -- cat
  assert_equal "$output" ''
  succeeds op-journal consume --consumer d -- jq -r .type
  assert_equal "$output" $'Note\nNote'
  succeeds op-journal consume --consumer alarm --type ConsumerEventParked -- jq -r '.data.seq'
  assert_equal "$output" 1
  assert_equal "$(row_of d .lag)" 0
}

@test "killed after it was parked and before the offset moved: it is not given again" {
  notes 1 3
  echo n1 >bad
  succeeds take --max-attempts 1
  op-journal -q seek c 0
  : >got
  succeeds take --max-attempts 1
  assert_equal "$(got)" n2,n3
  assert_equal "$(event_count ConsumerEventParked)" 1
}

@test "killed at any time while events fail: each is taken in order or parked once, and none is forgotten" {
  notes 1 12
  printf 'n4\nn9\n' >bad
  local i pid
  for i in $(seq 25); do
    op-journal consume --consumer c --batch 4 --max-attempts 2 -- ./take 2>/dev/null &
    pid=$!
    sleep "0.0$((RANDOM % 10))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  # Four attempts that nobody kills are enough; what was killed may have left its program behind for a moment.
  for i in 1 2 3 4; do
    take --batch 4 --max-attempts 2 2>/dev/null || true
  done
  succeeds take --max-attempts 2
  assert_equal "$(awk '!seen[$0]++' got | paste -sd,)" n1,n2,n3,n5,n6,n7,n8,n10,n11,n12
  assert_equal "$(states)" '4:Parked 9:Parked'
  assert_equal "$(event_count ConsumerEventParked)" 2
  assert_equal "$(row_of c .lag)" 0
}

@test "what works in the end was no failure: its attempts begin anew" {
  notes 1 2
  echo n1 >bad
  fails_with 75 take --max-attempts 3
  fails_with 75 take --max-attempts 3
  : >bad
  succeeds take --max-attempts 3
  assert_equal "$(got)" n2,n1
  assert_equal "$(event_count ConsumerEventDelivered)" 1
  op-journal -q seek c 0
  echo n1 >bad
  fails_as 75 command_failed take --max-attempts 3
  assert_error_json attempts 1
}

@test "retry brings an event back, alone and first; fails it again, it is parked again" {
  notes 1 3
  echo n2 >bad
  succeeds take --max-attempts 1
  notes 4 5
  assert_equal "$(states)" 2:Parked
  appends_nothing succeeds op-journal retry c 2 --dry-run
  assert_json status Retried
  succeeds op-journal retry c 2
  assert_json '[.consumer, .seq, .status, .attempts] | @csv' '"c",2,"Retried",0'
  appends_nothing succeeds op-journal retry c 2
  assert_json status Retried
  assert_equal "$(row_of c .parked)" 0
  succeeds take --max-attempts 1
  assert_equal "$(states c)" 2:Parked
  assert_equal "$(got)" n1,n3,n4,n5
  : >bad
  op-journal -q retry c
  notes 6 6
  succeeds take --max-attempts 1
  assert_equal "$(got)" n1,n3,n4,n5,n2,n6
  assert_equal "$(states)" ''
  succeeds take --max-attempts 1
  assert_equal "$(got)" n1,n3,n4,n5,n2,n6
}

@test "one that was brought back and fails does not hold up what is new, and the run says so" {
  notes 1 1
  echo n1 >bad
  succeeds take --max-attempts 1
  op-journal -q retry c 1
  notes 2 3
  fails_as 75 command_failed take --max-attempts 2
  assert_equal "$(error_json '[.first, .attempts] | @csv')" 1,1
  assert_equal "$(wc -l <"$stderr_file")" 1
  assert_equal "$(got)" n2,n3
  assert_equal "$(states)" 1:Retried
}

@test "drop gives an event up" {
  notes 1 2
  printf 'n1\nn2\n' >bad
  succeeds take --max-attempts 1
  assert_equal "$(states)" '1:Parked 2:Parked'
  succeeds op-journal drop c 1
  assert_json status Dropped
  appends_nothing succeeds op-journal drop c 1
  assert_equal "$(states)" 2:Parked
  fails_as 1 not_parked op-journal retry c 1
  fails_as 1 not_parked op-journal drop c 9
  fails_as 1 not_parked op-journal retry nobody 2
  fails_as 64 usage op-journal retry c two
  succeeds op-journal retry nobody
  assert_equal "$output" ''
}

@test "wrong calls of consume" {
  notes 1 1
  local bad
  for bad in 0 -1 x 1001; do
    fails_as 64 usage take --max-attempts "$bad"
  done
  for bad in 0/1 1/0 2/1 1 a/b 1/1001 01/2 1/2/3 /2 '1/ 2'; do
    fails_as 64 usage take --part "$bad"
  done
  fails_as 64 usage op-journal consume --consumer c.1-of-2 -- cat
  fails_as 65 invalid op-journal consume --consumer "$(printf 'c%.0s' $(seq 60))" --part 1/2 -- cat
  fails_as 64 usage op-journal parts c -1
  fails_as 64 usage op-journal parts c.1-of-2 3
}

# failed SEQ ATTEMPTS MS: an attempt at this Note failed, and the next one comes in so many milliseconds.
failed() {
  local at ms
  ms=$(($(date +%s%3N) + $3))
  at=$(date -u -d "@$((ms / 1000))" +%FT%T).$(printf %03d $((ms % 1000)))000Z
  jq -nc --argjson seq "$1" --argjson attempts "$2" --arg at "$at" '{type: "ConsumerAttemptFailed", tags: ["consumer:c"],
    data: {consumer: "c", seq: $seq, eventType: "Note", attempts: $attempts, reason: "exited 3", retryAt: $at}}' |
    op-journal -q append
}

@test "--follow: what failed is given again when its time has come, then parked; SIGTERM ends the waiting" {
  notes 1 3
  failed 2 1 700
  echo n2 >bad
  op-journal consume --consumer c --follow --max-attempts 2 -- ./take 2>follow.err &
  local code=0
  follower=$!
  wait_until 20 grep -qx n3 got
  assert_equal "$(got)" n1,n3
  assert_equal "$(event_count ConsumerEventParked)" 0
  wait_until 20 grep -q 'event 2 is parked after 2 attempts' follow.err
  assert_equal "$(states)" 2:Parked
  : >bad
  op-journal -q retry c 2
  wait_until 20 grep -qx n2 got
  wait_until 20 nothing_waits
  echo n4 >bad
  notes 4 4
  wait_until 20 sh -c 'tail -1 follow.err | grep -q "attempt 1 of 2"'
  kill -TERM "$follower"
  wait "$follower" || code=$?
  assert_equal "$code" 0
}

@test "--follow without --max-attempts waits, too, and gives the whole batch again" {
  notes 1 2
  echo n2 >bad
  op-journal consume --consumer c --follow -- ./take 2>follow.err &
  follower=$!
  wait_until 20 test -s follow.err
  : >bad
  wait_until 20 grep -qx n2 got
  kill -TERM "$follower"
  wait "$follower"
  assert_equal "$(got)" n1,n2
  assert_equal "$(sort -u runs)" n1,n2
}

# ---- groups --------------------------------------------------------------------------------------------------------

# sagas N: N notes in each of the sagas a..f, turn by turn, and one without a saga.
sagas() {
  local saga i
  for ((i = 1; i <= $1; i++)); do
    for saga in a b c d e f; do
      printf '{"id":"%s%s","type":"Note","correlation":"%s","data":{"note":"%s%s"}}\n' "$saga" "$i" "$saga" "$saga" "$i"
    done
  done | op-journal -q append
  op-journal -q append <<<'{"id":"none","type":"Note","data":{"note":"none"}}'
}

@test "the parts of a group share the events by their correlation, in order, and none is left out" {
  sagas 3
  local part
  for part in 1 2 3; do
    : >got
    succeeds take --part "$part/3" --batch 2
    cp got "got.$part"
  done
  assert_equal "$(sort got.1 got.2 got.3 | paste -sd,)" \
    "$(op-journal read --type Note | jq -r .data.note | sort | paste -sd,)"
  grep -qx none got.1
  local saga
  for saga in a b c d e f; do
    assert_equal "$(grep -l "^${saga}[0-9]" got.1 got.2 got.3 | wc -l)" 1
    assert_equal "$(cat got.1 got.2 got.3 | grep "^${saga}[0-9]" | paste -sd,)" "${saga}1,${saga}2,${saga}3"
  done
  assert_equal "$(op-journal consumers | jq -r 'select(.kind == "consumer") | "\(.consumer):\(.lag)"' | paste -sd' ')" \
    'c.1-of-3:0 c.2-of-3:0 c.3-of-3:0'
}

@test "a part that never runs is shown, with all that it leaves undone" {
  notes 1 4
  succeeds take --part 1/2
  assert_equal "$(row_of c.2-of-2 '[.offset, .lag, .updatedAt]')" "[0,$(event_count),null]"
}

@test "parts run at once, and two of the same do not" {
  notes 1 1 a
  mkfifo started go
  # shellcheck disable=SC2016
  op-journal consume --consumer c --part 1/1 -- sh -c 'cat >/dev/null; echo >started; read x <go' &
  local holder=$!
  read -r _ <started
  fails_as 75 busy op-journal --timeout 50ms consume --consumer c --part 1/1 -- cat
  fails_as 75 busy op-journal --timeout 50ms parts c 2
  echo >go
  wait "$holder"
}

@test "in a group what comes behind a parked event of its correlation waits for it, and comes in order" {
  notes 1 1 a
  notes 2 2 b
  notes 3 3 a
  echo n1 >bad
  succeeds take --part 1/1 --max-attempts 1
  assert_equal "$(got)" n2
  notes 6 6 a
  notes 7 7 b
  succeeds take --part 1/1 --max-attempts 1
  assert_equal "$(got)" n2,n7
  assert_equal "$(op-journal parked | jq -r '"\(.status) \(.attempts) \(.reason)"' | paste -sd,)" \
    'Parked 1 exited 3,Held 0 behind event 1,Held 0 behind event 1'
  assert_equal "$(row_of c.1-of-1 '[.lag, .parked]')" '[0,3]'
  fails_as 1 parked_behind op-journal retry c 3
  assert_error_json behind 1
  : >bad
  op-journal -q retry c 1
  notes 9 9 a
  succeeds take --part 1/1 --max-attempts 1
  assert_equal "$(got)" n2,n7,n1,n3,n6,n9
  assert_equal "$(states)" ''
}

@test "a held event that fails when its turn comes is parked itself; dropping it lets the rest go" {
  notes 1 3 a
  printf 'n1\nn2\n' >bad
  succeeds take --part 1/1 --max-attempts 1
  assert_equal "$(states)" '1:Parked 2:Held 3:Held'
  echo n2 >bad
  op-journal -q retry c
  succeeds take --part 1/1 --max-attempts 1
  assert_equal "$(got)" n1
  assert_equal "$(states)" '2:Parked 3:Held'
  op-journal -q drop c 2
  succeeds take --part 1/1 --max-attempts 1
  assert_equal "$(got)" n1,n3
}

@test "another number of parts is refused, whoever begins; parts changes it and nothing is left out" {
  sagas 2
  succeeds take --part 1/2 --max 3
  appends_nothing fails_as 1 parts_differ take --part 1/3
  assert_equal "$(error_json '[.parts, .asked] | @csv')" 2,3
  appends_nothing fails_as 1 parts_differ take
  fails_as 1 parts_differ op-journal seek c 0
  fails_as 1 parts_differ op-journal seek c.1-of-3 0
  op-journal -q seek c.1-of-2 1
  appends_nothing succeeds op-journal parts c 3 --dry-run
  succeeds op-journal parts c 3
  assert_json '[.consumer, .parts, .offset] | @csv' '"c",3,0'
  appends_nothing succeeds op-journal parts c 3
  fails_as 1 parts_differ take --part 1/2
  local part
  for part in 1 2 3; do succeeds take --part "$part/3"; done
  assert_equal "$(sort -u got | paste -sd,)" "$(op-journal read --type Note | jq -r .data.note | sort | paste -sd,)"
  assert_equal "$(op-journal consumers | jq -r 'select(.kind == "consumer") | .consumer' | paste -sd' ')" \
    'c.1-of-3 c.2-of-3 c.3-of-3'
  local head
  head=$(event_count)
  succeeds op-journal parts c 0
  assert_json offset "$head"
  : >got
  succeeds take
  assert_equal "$(got)" ''
  assert_equal "$(op-journal consumers | jq -r 'select(.kind == "consumer") | .consumer' | paste -sd' ')" c
}

# ---- forget --------------------------------------------------------------------------------------------------------

@test "forget: an abandoned consumer is gone, with its offset and what is parked, and may begin anew" {
  notes 1 3 a
  succeeds op-journal -q consume --consumer gone --max-attempts 1 --max 2 -- false
  succeeds op-journal -q consume --consumer stays -- cat
  [ "$(op-journal parked gone | wc -l)" -ge 1 ] || fail 'nothing is parked'
  local parked
  parked=$(op-journal parked gone | wc -l)
  appends_nothing fails_as 1 no_such_consumer op-journal forget goner
  appends_nothing fails_as 1 built_in op-journal forget pay
  fails_as 64 usage op-journal forget
  fails_as 64 usage op-journal forget gone.1-of-2
  appends_nothing succeeds op-journal forget gone --dry-run
  assert_json '[.consumer, .dropped] | @csv' "\"gone\",$parked"
  [ -e "$OP_STORE/consumers/gone" ] || fail 'removed by a dry run'
  exits_with 75 outerpark status --ready --max-lag 0
  succeeds op-journal forget gone
  assert_json '[.consumer, .dropped] | @csv' "\"gone\",$parked"
  assert_equal "$(op-journal consumers | jq -r 'select(.kind == "consumer") | .consumer')" stays
  assert_equal "$(op-journal parked)" ''
  succeeds op-journal -q consume --consumer stays -- cat
  succeeds outerpark status --ready --max-lag 0
  fails_as 1 no_such_consumer op-journal forget gone
  # From the beginning, as if it had never been.
  succeeds op-journal -q consume --consumer gone -- cat
  assert_equal "$(jq -r 'select(.type == "Note") | .seq' <<<"$output" | head -1)" 1
}

@test "forget: who runs right now is not forgotten, part by part, all or nothing; one beyond the head can be" {
  sagas 1
  succeeds take --part 1/2
  mkfifo started go
  # shellcheck disable=SC2016
  op-journal consume --consumer c --part 2/2 -- sh -c 'cat >/dev/null; echo >started; read x <go' &
  local holder=$!
  read -r _ <started
  appends_nothing fails_as 75 busy op-journal --timeout 50ms forget c
  assert_equal "$(op-journal consumers | jq -r 'select(.kind == "consumer") | .consumer' | paste -sd' ')" 'c.1-of-2 c.2-of-2'
  echo >go
  wait "$holder"
  printf '{"consumer":"c.1-of-2","offset":999,"updatedAt":"2026-11-20T12:00:00Z"}\n' >"$OP_STORE/consumers/c.1-of-2"
  succeeds op-journal forget c
  assert_equal "$(op-journal consumers | jq -r 'select(.kind == "consumer") | .consumer')" ''
  assert_equal "$(find "$OP_STORE/consumers" -name '[!.]*')" "$OP_STORE/consumers"
  succeeds take
}

@test "a consumer that was run as a whole is not divided by accident" {
  notes 1 3 a
  succeeds take
  fails_as 1 parts_differ take --part 1/2
  succeeds op-journal parts c 2
  assert_json offset 3
  : >got
  succeeds take --part 1/2
  succeeds take --part 2/2
  assert_equal "$(got)" ''
}
