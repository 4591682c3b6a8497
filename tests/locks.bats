#!/usr/bin/env bats
# locks.bats - who is stopped, or dead, while it holds the store's lock: the others are told who it is within --timeout,
# readers go on, and a dead one is in nobody's way. Every instant of a commit is stopped in tests/unit/test_store_stop.c.

load lib/common

setup() {
  common_setup
  succeeds op-musical register --id 1 --name Frozen --seats 100
  HOLDER=
}

teardown() {
  [ -z "$HOLDER" ] || kill -KILL "$HOLDER" 2>/dev/null || true
  common_teardown
}

# hold_lock: another program holds the write lock; its pid is $HOLDER.
hold_lock() {
  flock --no-fork "$OP_STORE/journal" sleep 1000 3>&- &
  HOLDER=$!
  wait_until 20 grep -q "FLOCK .* WRITE $HOLDER " /proc/locks
}

# refused_for HOLDER CMD...: exit 75, and the one line tells who is in the way.
refused_for() {
  local holder=$1
  shift
  fails_as 75 busy "$@"
  [[ $(error_json message) == *"by process $holder" ]] || fail "no holder in: $stderr"
}

@test "the lock is held: writers are told by whom within --timeout, readers and lists go on" {
  hold_lock
  refused_for "$HOLDER" op-reserve --timeout 200ms place --musical 1 --seats 1
  refused_for "$HOLDER" op-journal --timeout 50ms append <<<'{"type":"Note"}'
  succeeds op-journal --timeout 50ms read
  assert_json .type MusicalRegistered
  refused_for "$HOLDER" op-journal --timeout 50ms verify # what looks torn may be a commit in flight
  succeeds op-journal --timeout 50ms stat
  succeeds op-musical --timeout 50ms list
  succeeds op-reserve --timeout 50ms list
  # Stopped, it holds it all the same.
  kill -STOP "$HOLDER"
  refused_for "$HOLDER" op-reserve --timeout 200ms place --musical 1 --seats 1
  succeeds op-journal --timeout 50ms read
  assert_equal "$(event_count)" 1
  # Dead, it is in nobody's way: not for the shortest time.
  kill -KILL "$HOLDER"
  wait "$HOLDER" || true
  HOLDER=
  succeeds op-reserve --timeout 1ms place --musical 1 --seats 1
}

@test "the lock is held and the control page is gone: the kernel tells by whom" {
  hold_lock
  rm "$OP_STORE/control"
  refused_for "$HOLDER" op-reserve --timeout 100ms place --musical 1 --seats 1
  refused_for "$HOLDER" op-journal --timeout 100ms read
  kill -KILL "$HOLDER"
  wait "$HOLDER" || true
  HOLDER=
  succeeds op-reserve --timeout 1ms place --musical 1 --seats 1
  assert_equal "$(event_count)" 2
}

@test "a consumer whose holder is stopped: exit 75, and the next one goes on where it died" {
  op-journal consume --consumer kakao --follow -- sh -c 'cat >>seen' 3>&- &
  HOLDER=$!
  wait_until 20 grep -q '"offset":1,' "$OP_STORE/consumers/kakao"
  kill -STOP "$HOLDER"
  fails_as 75 busy op-journal --timeout 100ms consume --consumer kakao -- cat
  succeeds op-reserve --timeout 5s place --musical 1 --seats 1
  kill -KILL "$HOLDER"
  wait "$HOLDER" || true
  HOLDER=
  succeeds op-journal --timeout 1ms consume --consumer kakao -- cat
  assert_json .seq 2
}
