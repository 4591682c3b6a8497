#!/usr/bin/env bats
# correctness-rebuild.bats - read models and control files can go at any time; the lists are the same, byte for byte.
#
# The lists of every command in every format are kept before, and compared after: state/ and control gone, a read model
# that is garbage, cut, of another store or of a journal that was longer, a reader who may not write, and all of that at
# once in many processes.

load lib/common
load correctness/stories

# The store of stories.bash, and its lists in `before`. Made once for the file and copied, as it takes a while.
setup_file() {
  load lib/common
  load correctness/stories
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR common_setup
  everything_happened
  op-journal verify >/dev/null
  all_lists before
  [ ! -s before.stderr ] || fail "$(cat before.stderr)"
}

setup() {
  common_setup
  cp -r "$BATS_FILE_TMPDIR/store" "$BATS_FILE_TMPDIR/before" .
}

# same_lists [PREFIX...]: the lists are those of before.
same_lists() {
  all_lists after "$@"
  diff -r before after || fail "the lists differ"
}

# quietly: nothing was said on stderr by the lists.
quietly() { [ ! -s after.stderr ] || fail "$(cat after.stderr)"; }

# said TEXT: on stderr by the lists.
said() { grep -q -F -- "$1" after.stderr || fail "expected '$1' in: $(cat after.stderr)"; }

MODELS=(musical reserve pay assign notify mypage)

@test "the store holds every state, and the lists tell of it" {
  assert_equal "$(jq -r .status before/reservations.ndjson | sort -u | xargs)" 'Cancelled PaymentApproved PaymentCancelled Reserved'
  assert_equal "$(jq -r .status before/payments.ndjson | sort -u | xargs)" \
    'PaymentApproved PaymentCancelled PaymentDeclined Pending'
  local model
  for model in "${MODELS[@]}"; do
    [ -s "store/state/$model.db" ] || fail "there is no state/$model.db"
  done
  same_lists
  quietly
}

# bats test_tags=slow
@test "state/, control and the locks of consumers deleted: the same lists" {
  succeeds op-journal consumers
  local consumer
  consumer=$(jq -c 'select(.consumer == "kakao")' <<<"$output")
  [ -n "$consumer" ]
  rm -rf store/state store/control store/consumers/*.lock
  appends_nothing same_lists
  quietly
  succeeds op-journal consumers
  assert_equal "$(jq -c 'select(.consumer == "kakao")' <<<"$output")" "$consumer"
}

# bats test_tags=slow
@test "state/ alone, control alone, one model, its write-ahead log: the same lists" {
  local gone
  for gone in store/state store/control store/state/reserve.db 'store/state/*-wal' 'store/state/*-shm'; do
    # shellcheck disable=SC2086
    rm -rf $gone
    same_lists
    quietly
  done
}

# bats test_tags=slow
@test "everything goes on after the deletion: the processors find the same work" {
  cp -r store kept
  cp -r store twin
  rm -rf store/state store/control
  OP_NOW=2026-11-20T13:00:00Z succeeds outerpark tick
  cp "$stdout_file" one
  OP_NOW=2026-11-20T13:00:00Z OP_STORE=$PWD/twin succeeds outerpark tick
  # How far the disk was when a line was written may differ; nothing else.
  diff <(jq -c 'del(.durable, .crc)' one) <(jq -c 'del(.durable, .crc)' "$stdout_file")
  [ "$(wc -l <one)" -gt 3 ]
}

# bats test_tags=slow
@test "op-journal rebuild gives the same lists" {
  succeeds op-journal rebuild
  same_lists
  quietly
}

@test "a read model that is garbage: rebuilt, the same lists, and it is said" {
  local model
  rm -f store/state/*-wal store/state/*-shm
  for model in "${MODELS[@]}"; do
    head -c 65536 /dev/urandom >"store/state/$model.db"
  done
  appends_nothing same_lists
  for model in "${MODELS[@]}"; do
    said "read model $model"
    sqlite3 "store/state/$model.db" 'PRAGMA integrity_check' | grep -q -x ok || fail "state/$model.db was not made anew"
  done
  same_lists
  quietly
}

@test "a read model with garbage behind a good beginning, cut short, empty, or a directory: the same lists" {
  local model
  for model in "${MODELS[@]}"; do
    dd if=/dev/urandom of="store/state/$model.db" bs=4096 seek=1 count=4 conv=notrunc status=none
  done
  # A command that meets the damage in the middle may end with 75 once, and says so; the next one is right.
  for model in "${MODELS[@]}"; do
    capture "op-$model" list
    [ "$model" != mypage ] || capture op-mypage
    [ "$status" -eq 0 ] || [ "$status" -eq 75 ] || fail "$model: exit $status: $stderr"
  done
  same_lists
  for model in "${MODELS[@]}"; do
    rm -f "store/state/$model.db"-*
    truncate -s 5000 "store/state/$model.db"
  done
  for model in "${MODELS[@]}"; do
    capture "op-$model" list
    [ "$model" != mypage ] || capture op-mypage
    [ "$status" -eq 0 ] || [ "$status" -eq 75 ] || fail "$model: exit $status: $stderr"
  done
  same_lists
  for model in "${MODELS[@]}"; do
    rm -f "store/state/$model.db"*
    : >"store/state/$model.db"
  done
  same_lists
  quietly
  for model in "${MODELS[@]}"; do
    rm -f "store/state/$model.db"*
    mkdir "store/state/$model.db"
  done
  same_lists
}

# bats test_tags=slow
@test "a read model of another journal: rebuilt, the same lists, and it is said" {
  export OP_STORE=$PWD/other
  succeeds op-musical register --id 1 --name Other --seats 5
  succeeds op-musical register --id 2 --name More --seats 6
  succeeds op-reserve place --musical 1 --seats 5
  succeeds outerpark -q tick
  succeeds op-mypage
  export OP_STORE=$PWD/store
  rm -rf store/state
  cp -r other/state store/state
  same_lists
  local model
  for model in "${MODELS[@]}"; do said "read model $model is from another journal"; done
  same_lists
  quietly
}

# bats test_tags=slow
@test "another control file: one of another store, garbage, empty, of no length: the same lists" {
  cp -r store twin
  OP_STORE=$PWD/twin outerpark -q tick
  cp twin/control store/control
  appends_nothing same_lists
  head -c 4096 /dev/urandom >store/control
  appends_nothing same_lists
  : >store/control
  appends_nothing same_lists
  head -c 4096 /dev/zero >store/control
  appends_nothing same_lists
  # And the journal can be written again.
  head -c 4096 /dev/urandom >store/control
  succeeds op-reserve place --musical 1 --seats 1 --id last --customer late
  succeeds op-journal verify
}

# bats test_tags=slow
@test "a journal that is shorter than the read models (a restored backup): said loudly, the lists are those of the backup" {
  cp -r store backup
  OP_NOW=2026-11-20T13:00:00Z succeeds outerpark -q tick
  OP_NOW=2026-11-20T13:01:00Z succeeds op-reserve place --musical 1 --seats 5 --customer jun --id late
  succeeds op-pay run
  succeeds op-mypage
  assert_equal "$(op-musical show 1 | jq .reservableSeats)" "$(($(jq .reservableSeats before/musical.ndjson) - 5 + 3))"
  # The journal comes back from the backup; the read models of the longer one stay.
  rm -rf store/journal store/control
  cp -r backup/journal store/journal
  same_lists
  local model
  for model in "${MODELS[@]}"; do said "read model $model is ahead of the journal"; done
  same_lists
  quietly
  # And where the journal has grown differently since, it is another journal.
  rm -rf store
  cp -r backup store
  OP_NOW=2026-11-20T14:00:00Z succeeds op-reserve place --musical empty --seats 1 --id A
  succeeds op-reserve list
  rm -rf store/journal store/control
  cp -r backup/journal store/journal
  OP_NOW=2026-11-20T14:00:00Z succeeds op-reserve place --musical empty --seats 2 --id B
  [[ $stderr == *'read model reserve is'* ]] || fail "$stderr"
  succeeds op-reserve list --musical empty
  assert_json '[.reservationId, .seats] | join(" ")' 'B 2'
}

@test "a consumer beyond the head (a restored backup) is told loudly and never skipped over" {
  cp -r store/journal short
  OP_NOW=2026-11-20T13:00:00Z succeeds outerpark -q tick
  succeeds op-journal consume --consumer kakao -- cat
  rm -rf store/journal store/control
  mv short store/journal
  fails_as 74 offset_beyond_head op-journal consume --consumer kakao -- cat
}

# ---- readers who may not write --------------------------------------------------------------------------------------

# as_reader CMD...: as a user who owns nothing; who is not root anyway takes away his own right to write.
as_reader() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"
  else
    "$@"
  fi
}

# A place below which another user may read: the store, and the programs.
publish() {
  public=$(mktemp -d /tmp/outerpark-public.XXXXXX)
  cp -r store "$OP_BUILD/bin" "$public"
  chmod 755 "$public"
  chmod -R a+rX,a-w "$public/store" "$public/bin"
  export OP_STORE=$public/store PATH=$public/bin:$PATH
}

teardown() {
  common_teardown
  if [ -n "${public:-}" ]; then
    chmod -R u+w "$public"
    rm -rf "$public"
  fi
}

@test "an unprivileged reader gets the same lists, with and without read models, and writes nothing" {
  publish
  tar -C "$public" -cf - --sort=name store | sha256sum >sum
  same_lists as_reader
  quietly
  tar -C "$public" -cf - --sort=name store | sha256sum | diff sum -
  chmod -R u+w "$public/store"
  rm -rf "$public/store/state" "$public/store/control"
  chmod -R a-w "$public/store"
  tar -C "$public" -cf - --sort=name store | sha256sum >sum
  same_lists as_reader
  quietly
  tar -C "$public" -cf - --sort=name store | sha256sum | diff sum -
}

@test "an unprivileged reader is not led astray by read models that are behind, ahead, of another journal or garbage" {
  local model
  cp -r store/journal short
  OP_NOW=2026-11-20T13:00:00Z succeeds outerpark -q tick
  succeeds op-mypage
  rm -rf store/journal store/control
  mv short store/journal
  publish
  same_lists as_reader # ahead
  chmod -R u+w "$public/store"
  for model in "${MODELS[@]}"; do
    rm -f "$public/store/state/$model.db"-*
    head -c 20000 /dev/urandom >"$public/store/state/$model.db"
  done
  chmod -R a+rX,a-w "$public/store"
  same_lists as_reader
}

# unless_busy CMD...: as the command, again where it says that it should be tried again (75).
unless_busy() {
  local try code=75
  for try in $(seq 20); do
    [ "$code" -eq 75 ] || break
    code=0
    "$@" || code=$?
  done
  return "$code"
}

# is_like FILE CMD...: the command says just this.
is_like() {
  local file=$1
  shift
  unless_busy "$@" >"mine.$BASHPID" || return
  # What an attempt that was busy has said is nothing.
  cmp "mine.$BASHPID" "$file"
}

# bats test_tags=slow
@test "readers, a processor and one who deletes state/ and control all the time: every list is right" {
  succeeds outerpark -q tick
  all_lists before
  local reader pids=() pid
  for reader in 1 2 3; do
    (
      set -e
      for _ in 1 2 3 4 5 6; do
        is_like before/reservations.csv op-reserve list --all -o csv
        is_like before/musicals.table op-musical list -o table
        is_like before/payments.json op-pay list -o json
        is_like before/pages.ndjson op-mypage
        is_like before/notices.csv op-notify list -o csv
        unless_busy outerpark -q tick
      done
    ) >"reader.$reader" 2>&1 &
    pids+=($!)
  done
  (
    while [ ! -e enough ]; do
      rm -rf store/state || true # somebody may make it anew meanwhile
      rm -f store/control
    done
  ) 2>/dev/null &
  local deleter=$!
  local failed=0
  for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
  : >enough
  wait "$deleter"
  [ "$failed" -eq 0 ] || fail "$(cat reader.*)"
}

@test "a read model that is a symbolic link is left alone: the answers come from memory, and -v says why" {
  mv store/state/reserve.db elsewhere.db
  sha256sum elsewhere.db >sum
  ln -s ../../elsewhere.db store/state/reserve.db
  rm -f store/state/reserve.db-wal store/state/reserve.db-shm
  same_lists
  succeeds op-reserve -v list
  [[ $stderr == *'state/reserve.db is a symbolic link: the journal is folded in memory'* ]] || fail "$stderr"
  sha256sum -c sum
  [ ! -e store/state/reserve.db-wal ]
}

# ---- the comparison finds what it is there to find ------------------------------------------------------------------

@test "the comparison is not satisfied with a read model that was changed" {
  sqlite3 store/state/reserve.db "UPDATE reservations SET seats = seats + 1 WHERE reservation_id = '2'"
  run same_lists
  [ "$status" -ne 0 ]
  [[ $output == *'reservations.csv'* ]] || fail "$output"
}
