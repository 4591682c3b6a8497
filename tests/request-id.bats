#!/usr/bin/env bats
# request-id.bats - request ids are shared by all commands: a key belongs to the first event that carries it.

load lib/common

setup() {
  common_setup
  succeeds op-musical register --id 1 --name Frozen --seats 100 --request-id registered
}

note() { printf '{"type":"Note","data":{"note":"%s"}}\n' "$1"; }

# reused KEY CMD...: this request is refused with the key, whether the read models are folded or not, and for good.
reused() {
  local key=$1
  shift
  appends_nothing fails_as 1 request_id_reused "$@" --request-id "$key" </dev/null
  rm -rf "$OP_STORE/state"
  appends_nothing fails_as 1 request_id_reused "$@" --request-id "$key" </dev/null
  appends_nothing fails_as 1 request_id_reused "$@" --request-id "$key" --dry-run </dev/null
}

@test "a key of one command is another request for every other" {
  succeeds op-reserve place --musical 1 --seats 2 --customer c1 --request-id placed
  reused registered op-reserve place --musical 1 --seats 2
  reused placed op-musical adjust 1 --seats 50
  reused placed op-reserve cancel 1
  reused placed op-notify contact forget c1
  reused placed op-notify contact set c1 --email a@example.org
  succeeds op-notify contact forget c1 --request-id forgotten
  reused forgotten op-notify contact set c1 --email a@example.org
  reused forgotten op-reserve place --musical 1 --seats 2
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id placed < <(note x)
  assert_error_json requestId placed
  assert_error_json position 2
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id placed --dry-run < <(note x)
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id placed --after 1 < <(note x)
}

# found KEY CMD...: it finds everything as it asks for, and is remembered by one event.
found() {
  local key=$1
  shift
  succeeds "$@" --request-id "$key"
  answers[$key]=$output
  assert_equal "$(op-journal read --tag "request:$key" | wc -l)" 1
}

# again KEY CMD...: the same answer as then, and nothing else, whatever was changed since.
again() {
  local key=$1
  shift
  appends_nothing succeeds "$@" --request-id "$key"
  assert_equal "$output" "${answers[$key]}"
}

# each DO: with the requests of the next test.
each() {
  "$1" register op-musical register --id 1 --name Frozen --seats 100
  "$1" adjust op-musical adjust 1 --seats 100
  "$1" grade op-musical adjust cats --grade VIP --seats 20
  "$1" open op-musical open 1
  "$1" import op-musical import now.yaml
  "$1" circuit op-pay circuit close
}

@test "a request that found everything as it is never does later what it found done" {
  local -A answers=()
  printf -- '- {id: 1, name: Frozen, seats: 100}\n- {id: cats, name: Cats, grades: [{grade: VIP, seats: 20, price: 5}]}\n' >now.yaml
  op-musical -q import now.yaml
  each found
  assert_equal "${answers[import]}" ''
  # they changed nothing
  appends_nothing succeeds op-musical import now.yaml
  appends_nothing succeeds op-pay circuit close
  op-musical -q adjust cats --grade VIP --seats 30
  op-musical -q adjust 1 --seats 200
  op-musical -q close 1
  op-pay -q circuit open
  found close op-musical close 1
  each again
  assert_equal "$(op-musical list | jq -r '[.musicalId, .seats, .status] | map(tostring) | join(" ")')" $'1 200 Closed\ncats 30 Open'
  assert_equal "$(op-pay circuit | jq -r .state)" open
  op-musical -q open 1
  again close op-musical close 1
  rm -r "$OP_STORE/state"
  each again
  again close op-musical close 1
  fails_as 1 request_id_reused op-musical adjust 1 --seats 101 --request-id adjust
}

@test "a key of op-journal append is known to every command" {
  succeeds op-journal append --request-id k < <(note first; note second)
  assert_equal "$(jq -c .tags <<<"$output")" $'["request:k"]\n[]'
  first=$output
  appends_nothing succeeds op-journal append --request-id k < <(note first; note second)
  assert_equal "$output" "$first"
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id k < <(note first)
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id k < <(note other; note second)
  reused k op-musical close 1
  reused k op-reserve place --musical 1 --seats 2
  reused k op-notify contact set c1 --email a@example.org
  # In what is pending, too: the read models were folded before.
  succeeds op-reserve list
  succeeds op-journal append --request-id late < <(note late)
  appends_nothing fails_as 1 request_id_reused op-reserve place --musical 1 --seats 2 --request-id late
  # And for a request of a batch.
  succeeds op-reserve place --musical 1 --seats 1 --request-id batch
  exits_with 1 op-reserve place --batch <<<'{"musicalId":"1","seats":1,"requestId":"late"}'
  assert_json error request_id_reused
}

@test "the tag alone makes an event of anyone the owner of a key" {
  printf '%s\n' '{"type":"Note","tags":["a:b","request:한글 key","request:tagged"],"data":{}}' | op-journal -q append
  reused tagged op-musical close 1
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id tagged < <(note x)
  # What is only data is no key, and the tag is not added twice.
  printf '%s\n' '{"type":"Note","data":{"requestId":"data","request":"close 1"}}' | op-journal -q append
  succeeds op-musical close 1 --request-id data
  succeeds op-journal append --request-id mine <<<'{"type":"Note","tags":["request:mine"]}'
  assert_equal "$(jq -c .tags <<<"$output")" '["request:mine"]'
  appends_nothing succeeds op-journal append --request-id mine <<<'{"type":"Note","tags":["request:mine"]}'
}

@test "an event with all its tags leaves no room for that of --request-id" {
  tags=$(seq 64 | jq -sc 'map("n:\(.)")')
  succeeds op-journal append <<<"{\"type\":\"Note\",\"tags\":$tags}"
  fails_as 65 bad_line op-journal append --request-id k <<<"{\"type\":\"Note\",\"tags\":$tags}"
  assert_error_json member tags
}

@test "of many with the same key and another request each, one wins" {
  for i in $(seq 8); do
    note "$i" | op-journal -q append --request-id k 2>/dev/null &
    op-reserve -q place --musical 1 --seats "$i" --request-id k 2>/dev/null &
  done
  wait
  assert_equal "$(op-journal read --tag request:k | wc -l)" 1
}

@test "a key of contact set stays with the contacts: its own repetition is known, also after somebody else used it" {
  succeeds op-notify contact set c1 --email a@example.org --request-id k
  first=$output
  assert_equal "$(op-journal read --tag request:k)" ''
  succeeds op-reserve place --musical 1 --seats 1 --request-id k
  succeeds op-notify contact set c1 --email a@example.org --request-id k
  assert_equal "$output" "$first"
  fails_as 1 request_id_reused op-notify contact set c1 --email b@example.org --request-id k
}

@test "a batch that goes on keeps to the first event with a key, though it has read only the second" {
  succeeds op-reserve place --musical 1 --seats 2 --request-id twice
  succeeds op-reserve list
  mkfifo in
  op-reserve place --batch <in >out &
  exec 7>in
  echo '{"musicalId":"1","seats":1}' >&7
  wait_until 10 grep -q '"line":1' out
  echo '{"type":"Note","tags":["request:twice"],"data":{}}' | op-journal append -q
  echo '{"musicalId":"1","seats":1}' >&7
  wait_until 10 grep -q '"line":2' out
  echo '{"musicalId":"1","seats":2,"requestId":"twice"}' >&7
  exec 7>&-
  wait $!
  assert_equal "$(jq -c 'select(.line == 3) | [.error, .reservationId]' out)" '[null,"1"]'
}
