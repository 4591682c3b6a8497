#!/usr/bin/env bats
# failing-disk.bats - what the commands do when the disk fails: exit 74 and one line, nothing half written, nothing twice,
# and as soon as the disk is well, everything as before.
#
# tests/preload/failing_disk.c makes the n-th write or sync below the store fail, for every n until the command comes
# through. The last test fills a real file system.

load lib/common

EIO=5 ENOSPC=28 EDQUOT=122

setup() {
  common_setup
  FAILING=$OP_BUILD/unit/failing_disk.so
  [ -e "$FAILING" ] || skip "not built: make unit-binaries"
  FIRED=$BATS_TEST_TMPDIR/fired
}

# on_failing_disk CODE AT TIMES CMD...: runs it on a disk that fails. The sanitizer wants to come first, and need not.
on_failing_disk() {
  local code=$1 at=$2 times=$3
  shift 3
  rm -f "$FIRED"
  FAIL_BELOW=$OP_STORE FAIL_CODE=$code FAIL_AT=$at FAIL_TIMES=$times FAIL_TOLD=$FIRED \
    ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 LD_PRELOAD=$FAILING "$@"
}

# A store in which one reservation stands and work is pending, kept aside as the beginning of every try.
a_store() {
  succeeds op-musical register --id 1 --name '겨울왕국' --seats 1000 --price 50000
  succeeds op-reserve place --musical 1 --seats 2 --customer mina
  succeeds op-reserve list
  cp -a "$OP_STORE" "$BATS_TEST_TMPDIR/aside"
}

# The same store again, as it was.
begin_again() {
  rm -rf "$OP_STORE"
  cp -a "$BATS_TEST_TMPDIR/aside" "$OP_STORE"
  rm -f "$OP_STORE/control" # a copy has other inodes and times
}

# sweep CODE TIMES CHECK CMD...: call 1, 2, 3 ... fails, until the command comes through. While it does not: exit 74 and
# one line, and $AFTER_FAILURE, where it is set, says whether what is left is right. Then it is run on a disk that is
# well, and CHECK says whether all is right.
sweep() {
  local code=$1 times=$2 check=$3 at failed=0
  shift 3
  for ((at = 1; ; at++)); do
    begin_again
    capture on_failing_disk "$code" "$at" "$times" "$@" <"${INPUT:-/dev/null}"
    [ -e "$FIRED" ] || break
    if [ "$status" -ne 0 ]; then
      failed=$((failed + 1))
      [ "$status" -eq 74 ] || complain "call $at: expected exit 74" "$@"
      [ "$(wc -l <"$stderr_file")" -eq 1 ] || complain "call $at: expected one line on stderr" "$@"
      "${AFTER_FAILURE:-true}" || fail "call $at of $*: $(head -1 "$FIRED")"
    fi
    exits_with 0 "$@" <"${INPUT:-/dev/null}"
    "$check" || fail "call $at of $*"
    succeeds op-journal -q verify
  done
  [ "$status" -eq 0 ] || complain "no call failed" "$@"
  if [ "$at" -le 2 ] || [ "$failed" -eq 0 ]; then fail "$at calls, $failed failed: $*"; fi
  "$check"
}

one_more() { [ "$(event_count ReservationPlaced)" -eq 2 ] && [ "$(op-musical show 1 | jq .reservableSeats)" -eq 995 ]; }
eight_more() { [ "$(event_count ReservationPlaced)" -eq 9 ] && [ "$(op-musical show 1 | jq .reservableSeats)" -eq 982 ]; }
one_payment() { [ "$(event_count PaymentApproved)" -eq 1 ] && [ "$(op-pay list | wc -l)" -eq 1 ]; }
one_musical_more() { [ "$(event_count MusicalRegistered)" -eq 2 ]; }
one_cancellation() { [ "$(event_count ReservationCancelled)" -eq 1 ]; }
# One message a notice, and nothing half written.
all_told() {
  [ "$(event_count NotificationSent)" -eq "$NOTICES" ] && none_half &&
    [ "$(find "$OP_STORE/outbox" -name '[0-9]*.txt' | wc -l)" -eq "$NOTICES" ]
}
none_half() { [ -z "$(find "$OP_STORE" -name '.notice.*')" ]; }
# What is not durable has no name of its own. (Where the directory alone could not be synced, the messages are.)
named_when_durable() {
  head -1 "$FIRED" >>"$BATS_TEST_TMPDIR/failed"
  none_half || return 1
  case $(head -1 "$FIRED") in
  'fsync '*/outbox) [ -n "$(ls "$OP_STORE/outbox")" ] ;;
  *'/outbox'*) [ -z "$(ls "$OP_STORE/outbox")" ] ;;
  esac
}
offset_moved() { [ "$(op-journal consumers | jq 'select(.consumer == "kakao") | .offset')" -eq 2 ]; }

@test "op-reserve place: each write and sync fails, once or for good" {
  a_store
  sweep "$ENOSPC" "" one_more op-reserve place --musical 1 --seats 3 --customer jun --request-id r1
  sweep "$EIO" 1 one_more op-reserve place --musical 1 --seats 3 --customer jun --request-id r1
}

@test "op-reserve place --batch: what was told is there, the rest comes with the same requests" {
  a_store
  INPUT=$BATS_TEST_TMPDIR/requests
  for n in $(seq 8); do
    printf '{"musicalId":"1","seats":2,"customerId":"c%s","requestId":"b%s"}\n' "$n" "$n"
  done >"$INPUT"
  sweep "$EDQUOT" "" eight_more op-reserve -q place --batch
  sweep "$EIO" 2 eight_more op-reserve -q place --batch
}

# bats test_tags=slow
@test "op-reserve cancel, op-musical register: each write and sync fails" {
  a_store
  sweep "$ENOSPC" 1 one_musical_more op-musical register --id 2 --name Wicked --seats 5 --request-id m1
  sweep "$EIO" "" one_cancellation op-reserve cancel 1 --request-id c1
}

# bats test_tags=slow
@test "processors: op-pay run and a consumer" {
  a_store
  sweep "$ENOSPC" "" one_payment op-pay -q run
  sweep "$EIO" 1 one_payment op-pay -q run
  sweep "$EIO" "" offset_moved op-journal -q consume --consumer kakao -- cat
}

# some_paid N: N reservations whose customer is to be told.
some_paid() {
  NOTICES=$1
  succeeds op-musical register --id 1 --name '겨울왕국' --seats 1000 --price 50000
  for _ in $(seq "$1"); do printf '{"musicalId":"1","seats":2,"customerId":"mina"}\n'; done |
    succeeds op-reserve -q place --batch
  succeeds op-pay -q run
  succeeds op-notify contact set mina --email mina@example.org
  succeeds op-notify list
  cp -a "$OP_STORE" "$BATS_TEST_TMPDIR/aside"
}

# failed_first CALL FILES: in how many runs such a call was the first that failed.
failed_first() { grep -c "^$1 .*/outbox$2\$" "$BATS_TEST_TMPDIR/failed"; }

@test "op-notify run, a few notices, each synced by itself: nothing is named that is not durable" {
  some_paid 2
  AFTER_FAILURE=named_when_durable sweep "$ENOSPC" "" all_told op-notify -q run
  assert_equal "$(failed_first fsync '/[.].*tmp') $(failed_first fsync '')" '2 1'
  sweep "$EIO" 1 all_told op-notify -q run
}

# bats test_tags=slow
@test "op-notify run, a batch, synced at once where it may be: nothing is named that is not durable" {
  some_paid 17
  AFTER_FAILURE=named_when_durable sweep "$EIO" "" all_told op-notify -q run
  case $(stat -f -c %T "$OP_STORE") in
  ext2/ext3 | xfs | btrfs)
    assert_equal "$(failed_first syncfs '') $(failed_first sync_file_range '/[.].*tmp') $(failed_first fsync '')" '1 17 1'
    ;;
  *) assert_equal "$(failed_first fsync '/[.].*tmp') $(failed_first fsync '')" '17 1' ;;
  esac
}

# In a mount namespace of its own, with a file system of 256 KiB. $1: what it runs, in bash.
on_small_disk() {
  local mount=$BATS_TEST_TMPDIR/small as=()
  mkdir -p "$mount"
  [ "$(id -u)" -eq 0 ] || as=(--map-root-user)
  unshare --mount "${as[@]}" true 2>/dev/null || skip "no mount namespaces here"
  unshare --mount "${as[@]}" bash -c "mount -t tmpfs -o size=256k none '$mount' && $1" 2>&1
}

@test "a disk that is really full: exit 74 and one line; nothing that was told is lost, and with space it goes on" {
  run on_small_disk "
    export OP_STORE=$BATS_TEST_TMPDIR/small/store
    op-musical -q register --id 1 --name Frozen --seats 100000 --price 1 || exit 1
    head -c 100000 /dev/zero >$BATS_TEST_TMPDIR/small/ballast
    told=0
    code=0
    while [ \$code -eq 0 ]; do
      op-reserve -q place --musical 1 --seats 1 --customer c 2>errors || code=\$?
      [ \$code -ne 0 ] || told=\$((told + 1))
    done
    echo code \$code lines \$(wc -l <errors)
    op-journal -q verify || exit 2
    placed() { op-journal read --type ReservationPlaced | wc -l; }
    [ \$(placed) -eq \$told ] || { echo told \$told, placed \$(placed); exit 3; }
    [ \$told -gt 10 ] || exit 4
    rm $BATS_TEST_TMPDIR/small/ballast
    op-reserve -q place --musical 1 --seats 1 --customer c || exit 5
    [ \$(placed) -eq \$((told + 1)) ] || exit 6
    op-journal -q verify"
  assert_success
  assert_output --partial 'code 74 lines 1'
}

@test "a full disk without a control page: who reads does without, who writes is told" {
  run on_small_disk "
    export OP_STORE=$BATS_TEST_TMPDIR/small/store
    op-musical -q register --id 1 --name Frozen --seats 100 --price 1 || exit 1
    rm $BATS_TEST_TMPDIR/small/store/control
    head -c 1000000 /dev/zero >$BATS_TEST_TMPDIR/small/ballast 2>/dev/null
    op-journal stat -q || exit 2
    code=0
    op-reserve -q place --musical 1 --seats 1 2>errors || code=\$?
    echo code \$code lines \$(wc -l <errors)
    rm $BATS_TEST_TMPDIR/small/ballast
    op-reserve -q place --musical 1 --seats 1 || exit 3
    op-journal -q verify"
  assert_success
  assert_output --partial 'code 74 lines 1'
}

# limited KIB CMD...: with no file longer than that.
limited() { (ulimit -f "$1" && exec "${@:2}"); }

@test "a limit of file sizes is an error like a full disk, and no death by SIGXFSZ" {
  succeeds op-musical register --id 1 --name Frozen --seats 100000 --price 1
  local told=0
  while capture limited 8 op-reserve -q place --musical 1 --seats 1 --customer c && [ "$status" -eq 0 ] && [ "$told" -lt 100 ]; do
    told=$((told + 1))
  done
  [ "$told" -gt 10 ] || complain "only $told reservations" op-reserve place
  fails_with 74 limited 8 op-reserve place --musical 1 --seats 1 --customer c
  [[ $stderr == op-reserve:*'File too large' ]] || fail "$stderr"
  assert_equal "$(event_count ReservationPlaced)" "$told"
  # Readers go on, processors fail as the journal does, and so does what is printed into a file.
  succeeds limited 8 op-reserve list
  assert_equal "$(wc -l <<<"$output")" "$told"
  fails_with 74 limited 8 op-pay -q run
  fails_with 74 limited 8 op-notify -q contact set c --email c@example.org
  exits_with 74 limited 1 bash -c 'op-reserve list -o csv >list.csv' # what fits is there
  [[ $stderr == *'File too large' && $(wc -l <"$stderr_file") -eq 1 ]] || fail "$stderr"
  # Without the limit all goes on.
  succeeds op-reserve -q place --musical 1 --seats 1 --customer c
  succeeds op-pay -q run
  assert_equal "$(event_count PaymentApproved)" $((told + 1))
  succeeds op-journal -q verify
}
