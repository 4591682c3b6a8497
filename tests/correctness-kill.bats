#!/usr/bin/env bats
# correctness-kill.bats - whatever is killed, wherever: nothing acknowledged is lost, nothing is done twice, nothing hangs.
#
# The short version of `make kill` (tests/correctness/kill_campaign.py), and that its checks find what they are there to
# find: the campaign on programs that were broken on purpose, and the checker of sales on logs of killed calls that lie.
# bats file_tags=slow

load lib/common

# A seed of this run, unless one was given.
setup() {
  common_setup
  SEED=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $SEED (repeat with OP_TEST_SEED=$SEED)"
}

# campaign KILLS: its stores stand below the test's directory.
campaign() {
  mkdir -p stores
  op_python -B "$OP_TESTS/correctness/kill_campaign.py" --kills "$1" --seed "$SEED" --directory stores
}

check_sales() { op_python -B "$OP_TESTS/correctness/check_sales.py" "$@"; }

# bats test_tags=slow
@test "200 kills of writers, processors, consumers, readers and whoever recovers: the saga is whole" {
  succeeds campaign 200
  echo "$output"
  output=$(sed -n '/^{/,$p' <<<"$output")
  assert_json '.kills >= 200' true
  assert_json '.["checks at rest"]' 2
  # They were killed at work, not only on the way there.
  assert_json '.byPlace.syncing > 5 and .byPlace.recovering > 1 and .killedHavingWritten > 5' true
  assert_json '.byProcess | length > 10' true
  assert_equal "$(find stores -mindepth 1)" ''
}

# broken PROGRAM: reads a script that stands in the place of the program; the true one is $REAL.
broken() {
  mkdir -p broken-bin
  printf '#!/bin/bash\nREAL=%q/bin/%s\nDONE=%q\n' "$OP_BUILD" "$1" "$PWD/done" >"broken-bin/$1"
  cat >>"broken-bin/$1"
  chmod +x "broken-bin/$1"
  PATH=$PWD/broken-bin:$PATH
}

# The campaign ends at its first check, says this, and keeps the store.
campaign_finds() {
  exits_with 1 campaign 100
  [[ $stderr == *"$1"* ]] || fail "expected '$1' in: $stderr"
  [[ $stderr == *'the store is kept in '* ]] || fail "$stderr"
  mark_damaged "${stderr##*kept in }/store"
  assert [ -d "${stderr##*kept in }/store/journal" ]
}

@test "the campaign finds an acknowledged event that is gone" {
  broken op-musical <<'EOF'
# Once, its journal loses the last line of its last segment: a commit, or the end of one.
if [ "$*" = '--timeout 20s run' ] && mkdir "$DONE" 2>/dev/null; then
  store=${OP_STORE#file://}
  segment=$(find "${store%%\?*}/journal" -name '*.ndjson' -size +0 | sort | tail -n 1)
  truncate -s "-$(tail -n 1 "$segment" | wc -c)" "$segment"
fi
exec "$REAL" "$@"
EOF
  exits_with 1 campaign 100
  # Who notices first is chance: a reader, the checker of sales, a request that is answered anew, or the store itself.
  [[ $stderr == *'the store is kept in '* ]] || fail "$stderr"
  mark_damaged "${stderr##*kept in }/store"
}

@test "the campaign finds a consumer that is moved past what its command did not do" {
  broken op-journal <<'EOF'
case " $* " in
*' consume --consumer all '*)
  head=$("$REAL" stat | sed 's/.*"head":\([0-9]*\).*/\1/')
  "$REAL" -q seek all "$head" 2>/dev/null # fails while somebody holds the lease
  ;;
esac
exec "$REAL" "$@"
EOF
  campaign_finds 'consumer all: saw'
}

@test "the campaign finds a payment that is made twice" {
  broken op-pay <<'EOF'
case " $* " in *' --follow '*) exec "$REAL" "$@" ;; esac
"$REAL" "$@" || exit
store=${OP_STORE#file://}
again=$(cat "${store%%\?*}"/journal/*.ndjson | grep -m 1 '"type":"PaymentApproved"') || exit 0
mkdir "$DONE" 2>/dev/null || exit 0
jq -c '{id: "twice", type, tags, correlation, causation, data}' <<<"$again" | op-journal -q append
EOF
  campaign_finds 'check_saga.py: payment outcome of reservation'
}

# A log of one killed placement of two seats, and what else is given: lines of calls.
killed_log() {
  jq -n -c '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null, requestId: "key"}, before: 1,
    after: 4, exit: -9, killed: true, stdout: "", stderr: ""}' >calls.log
  cat >>calls.log
}

@test "a killed placement may stand in the journal once, and as its repetition was answered" {
  succeeds op-musical register --id 1 --name Frozen --seats 5
  killed_log </dev/null
  succeeds check_sales "$OP_STORE" calls.log
  assert_json '[.killed, .killedHavingWritten]' "$(printf '[\n  1,\n  0\n]')"
  succeeds op-reserve place --musical 1 --seats 2 --request-id key
  succeeds check_sales "$OP_STORE" calls.log
  assert_json .killedHavingWritten 1

  # Asked again: the answer is that of the first, though it was appended before.
  succeeds op-reserve place --musical 1 --seats 2 --request-id key
  jq -n -c --arg stdout "$output"$'\n' '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null,
    requestId: "key"}, before: 4, after: 4, exit: 0, $stdout, stderr: ""}' >again
  killed_log <again
  succeeds check_sales "$OP_STORE" calls.log
  # Asked again and refused, though it had been done.
  jq -n -c '{process: 1, kind: "place", asked: {musicalId: "1", seats: 2, customerId: null, requestId: "key"}, before: 1,
    after: 4, exit: 1, stdout: "", stderr: "{\"error\":\"insufficient_seats\",\"requested\":2,\"available\":0}"}' >again
  killed_log <again
  exits_with 1 check_sales "$OP_STORE" calls.log
  [[ $stderr == *'nobody was told of it'* ]] || fail "$stderr"

  # Twice is once too often.
  succeeds op-reserve place --musical 1 --seats 2
  killed_log </dev/null
  exits_with 1 check_sales "$OP_STORE" calls.log
  [[ $stderr == *'nobody was told of it'* ]] || fail "$stderr"
}
