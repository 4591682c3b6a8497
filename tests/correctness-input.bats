#!/usr/bin/env bats
# correctness-input.bats - whatever is wrong with a call, it gets its exit code and one clear line, and changes nothing.
#
# What is asked, of which verb and option, and what must come of it stands in tests/correctness/bad_values.py, the asking
# in bad_input.py. Every refusal is asked for twice, the second time with --errors json.

load lib/common

bad_input() { op_python -B "$OP_TESTS/correctness/bad_input.py" "$@"; }

# A store in which every call of bad_values.py would do something, were it not for the bad value.
setup() {
  common_setup
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 100000
  succeeds op-musical register --id closed --name Wicked --seats 10
  succeeds op-musical close closed
  succeeds op-reserve place --musical 1 --seats 4 --customer mina
  succeeds op-reserve place --musical 1 --seats 2
  succeeds outerpark -q tick
  # Something is parked for every verb that brings it back.
  printf '%s: {%s: exec, command: [/bin/false], max_attempts: 1}\n' payment provider notify channel >failing.yaml
  succeeds op-reserve place --musical 1 --seats 1 --id paid
  succeeds op-pay run
  OP_CONFIG=failing.yaml succeeds op-notify run
  succeeds op-reserve place --musical 1 --seats 1 --id parked
  OP_CONFIG=failing.yaml succeeds op-pay run
  succeeds op-journal consume --consumer p --max-attempts 1 --max 1 -- false
  # A ticket with the code that bad_values.py knows.
  succeeds op-reserve place --musical 1 --seats 1 --id issued
  succeeds op-pay run
  succeeds op-journal append <<<'{"type":"TicketIssued","tags":["musical:1","reservation:issued","ticket:7XKQ-2M9D-VH4T-0CPR"],"correlation":"issued","data":{"ticketId":"issued","reservationId":"issued","musicalId":"1","seats":1,"code":"7XKQ-2M9D-VH4T-0CPR"}}'
  # Something is left to be done for every processor.
  succeeds op-reserve cancel 2
  succeeds op-pay run
  succeeds op-reserve place --musical 1 --seats 1
  succeeds op-notify contact set mina --email mina@example.org
  succeeds op-journal consume --consumer c --max 1 -- true
  succeeds op-mypage
  printf 'musicals:\n- {id: "8", name: Eight, seats: 8}\n' >catalogue.yaml
  succeeds op-assign branch add --id b --name North --lat 37.5 --lon 127 --capacity 5
  succeeds op-assign branch add --id closed --name South --lat 36.5 --lon 127 --capacity 5
  succeeds op-assign branch close closed
  succeeds op-reserve place --musical 1 --seats 1 --id located --lat 37.51 --lon 127.01
  succeeds op-assign run
  succeeds op-reserve place --musical 1 --seats 1 --lat 37.51 --lon 127.01
  printf 'branches:\n- {id: d, name: D, lat: 37.5, lon: 127, capacity: 8}\n' >branches.yaml
  # Somebody waits for seats.
  succeeds op-musical register --id full --name Cats --seats 1
  succeeds op-reserve place --musical full --seats 1 --id all
  succeeds op-reserve wait --musical full --seats 1 --id w
  : >a-file
}

# bats test_tags=slow
@test "ids, seats, prices, names, times and words that are none: every verb, every option, every operand" {
  succeeds bad_input values
  echo "$output"
}

@test "unknown options and verbs, missing and superfluous values and operands" {
  succeeds bad_input usage
  echo "$output"
}

@test "the calls work when nothing is bad: bad_values.py asks for something real" {
  cp -r store kept
  local call
  op_python -B - "$OP_TESTS/correctness" <<'PYTHON' >calls
import shlex, sys
sys.path.insert(0, sys.argv[1])
import bad_values
for verb in bad_values.VERBS:
    print(" ".join(shlex.quote(word) for word in verb.call()) + ("" if not verb.stdin else " <<<" + shlex.quote(verb.stdin.decode().strip())))
PYTHON
  [ "$(wc -l <calls)" -gt 30 ]
  while IFS= read -r call; do
    rm -rf store
    cp -r kept store
    succeeds bash -c "$call" || fail "$call"
  done <calls
}

@test "a broken line in the middle of a batch: it gets its error, the rest goes on" {
  succeeds bad_input batch
  echo "$output"
}

@test "a broken line among events: op-journal append appends none of them" {
  succeeds bad_input events
  echo "$output"
}

@test "a store that is a file, that is below a file, that is not there; no HOME" {
  succeeds bad_input stores
  echo "$output"
}

@test "a store that may not be written by this user" {
  public=$(mktemp -d /tmp/outerpark-public.XXXXXX)
  chmod 755 "$public"
  cp -r store "$OP_BUILD/bin" "$OP_TESTS/correctness" catalogue.yaml branches.yaml "$public"
  chmod -R a+rX,a-w "$public/store" "$public/bin" "$public/correctness" "$public/catalogue.yaml" "$public/branches.yaml"
  export OP_STORE=$public/store PATH=$public/bin:$PATH HOME=/nonexistent
  cd "$public"
  local as=()
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  succeeds "${as[@]}" /usr/bin/python3 -B correctness/bad_input.py denied
  echo "$output"
}

# in_namespace CMD...: with mounts of its own, which go when it ends. Skips where that is not permitted.
in_namespace() {
  local unshare=(unshare --mount)
  [ "$(id -u)" -eq 0 ] || unshare=(unshare --map-root-user --mount)
  "${unshare[@]}" true 2>/dev/null || skip 'mounts are not permitted here'
  "${unshare[@]}" "$@"
}

@test "a store on a read-only file system" {
  succeeds in_namespace bash -c 'mount --bind store store && mount -o remount,bind,ro store && exec "$@"' - \
    /usr/bin/python3 -B "$OP_TESTS/correctness/bad_input.py" denied
  echo "$output"
}

@test "a full disk under the store: refused, every byte of the journal stays; room made, it goes on" {
  mkdir small
  succeeds in_namespace /usr/bin/python3 -B "$OP_TESTS/correctness/bad_input.py" full-disk
  echo "$output"
}

@test "a full disk under stdout is an error, and not a success" {
  succeeds bad_input full-output
  echo "$output"
}

@test "the asker finds what it is there to find" {
  mark_damaged
  succeeds bad_input self-check
}

teardown() {
  common_teardown
  if [ -n "${public:-}" ]; then
    chmod -R u+w "$public"
    rm -rf "$public"
  fi
}
