#!/usr/bin/env bats
# op-assign.bats - branches, the best one for each reservation with a location, and what a hand-over forbids.

load lib/common

setup() {
  common_setup
  export OP_NOW=2026-11-20T10:00:00Z
  op-musical -q register --id phone --name 'Galaxy' --seats 100000
}

# branch ID LAT LON CAPACITY
branch() { op-assign -q branch add --id "$1" --name "$1 branch" --lat "$2" --lon "$3" --capacity "$4"; }

# Three in Seoul, within 12 km of each other.
seoul() {
  branch gangnam 37.4979 127.0276 "${1:-2}"
  branch jongno 37.5704 126.9921 "${1:-2}"
  branch mapo 37.5536 126.9249 "${1:-2}"
}

# place ID LAT LON [ARG...]: one reservation with a location.
place() { op-reserve -q place --musical phone --seats "${SEATS:-1}" --customer "c-$1" --id "$1" --lat "$2" --lon "$3" "${@:4}"; }

# where: "reservation branch status" of every pick-up.
where() { op-assign list | jq -r '[.reservationId, .branchId // "-", .status, .reason // ""] | join(" ") | rtrimstr(" ")'; }

# Every prefix of the journal obeys the rules of pick-ups.
check_pickups() { op_python -B "$OP_TESTS/correctness/check_pickups.py" "$@"; }

@test "branches: added once, adjusted, listed; another one with that id is refused" {
  succeeds op-assign branch add --id gangnam --name 강남점 --lat 37.4979 --lon 127.0276 --capacity 40
  assert_output '{"branchId":"gangnam","name":"강남점","lat":37.4979,"lon":127.0276,"capacity":40,"updatedAt":"2026-11-20T10:00:00.000000Z","status":"Open"}'
  appends_nothing succeeds op-assign branch add --id gangnam --name 강남점 --lat 37.4979 --lon 127.0276 --capacity 40
  appends_nothing fails_as 1 id_taken op-assign branch add --id gangnam --name 강남점 --lat 37.4979 --lon 127.0276 --capacity 41
  succeeds op-assign branch adjust gangnam --capacity 50 --request-id k
  assert_json capacity 50
  succeeds op-assign branch adjust gangnam --capacity 60
  appends_nothing succeeds op-assign branch adjust gangnam --capacity 50 --request-id k
  assert_json capacity 50
  fails_as 1 request_id_reused op-assign branch adjust gangnam --capacity 51 --request-id k
  appends_nothing succeeds op-assign branch add --id gangnam --name 강남점 --lat 37.4979 --lon 127.0276 --capacity 40
  appends_nothing succeeds op-assign branch adjust gangnam --capacity 1 --dry-run
  fails_as 1 no_such_branch op-assign branch adjust nowhere --capacity 1
  succeeds op-assign branch add --id south --name 'South Pole' --lat -90 --lon 0 --capacity 0 --request-id s
  appends_nothing succeeds op-assign branch add --id south --name 'South Pole' --lat -90 --lon 0 --capacity 0 --request-id s
  assert_json lat -90
  succeeds op-assign branch list
  assert_json '[.branchId, .capacity, .day, .assigned, .remaining] | join(" ")' $'gangnam 60 2026-11-20 0 60\nsouth 0 2026-11-20 0 0'
}

@test "branches of a file: all or none, errors with line and column, the second run appends nothing" {
  printf 'branches:\n- {id: a, name: 가, lat: 37.5, lon: 127, capacity: 3}\n- {id: b, name: B, lat: 37.6, lon: 127.1, capacity: 4}\n' >b.yaml
  appends_nothing succeeds op-assign branch import b.yaml --dry-run
  assert_json '[.branchId, .change] | join(" ")' $'a added\nb added'
  succeeds op-assign branch import b.yaml --request-id k
  assert_json '[.branchId, .change] | join(" ")' $'a added\nb added'
  appends_nothing succeeds op-assign branch import b.yaml
  assert_output ''
  appends_nothing succeeds op-assign branch import b.yaml --request-id k
  assert_json '[.branchId, .change] | join(" ")' $'a added\nb added'
  sed -i 's/capacity: 4/capacity: 5/' b.yaml
  succeeds op-assign branch import b.yaml
  assert_json '[.branchId, .capacity, .change] | join(" ")' 'b 5 adjusted'
  # refused as a whole, and told at its place: a new one before fewer places for b than it has given away
  place r1 37.6 127.1
  op-assign -q run
  printf -- '- {branchId: n, name: N, lat: 1, lon: 1, capacity: 1}\n- {id: b, name: B, lat: 37.6, lon: 127.1, capacity: 0}\n' >c.yaml
  appends_nothing fails_as 1 capacity_used op-assign branch import c.yaml
  assert_error_json '[.file, .line, .column, .branchId, .requested, .assigned] | map(tostring) | join(" ")' 'c.yaml 2 3 b 0 1'
  appends_nothing fails_with 1 op-assign branch import c.yaml --dry-run
  [[ $stderr == "op-assign: c.yaml:2:3: branch b: a capacity of 0 asked, 1 are assigned today; 'branch close' stops it" ]] || fail "$stderr"
  local row wanted
  while IFS='|' read -r row wanted; do
    printf 'branches:\n- %b\n' "$row" >bad.yaml
    appends_nothing fails_with 65 op-assign branch import bad.yaml
    [[ $stderr == "op-assign: bad.yaml:$wanted"* ]] || fail "$row: $stderr"
  done <<'END'
{id: x, name: X, lat: 91, lon: 1, capacity: 1}|2:25: lat must be
{id: x, name: X, lat: 1, lon: 1, capacity: -1}|2:46: capacity must be
{id: x, name: X, lat: 1, lon: 1}|2:3: capacity is missing
{id: x, name: X, lat: 1, lon: 1, capacity: 1, seats: 3}|2:49: seats: there is no such field
{id: x, id: y, name: X, lat: 1, lon: 1, capacity: 1}|2:11: id is given twice
{id: x, name: X, lat: [1], lon: 1, capacity: 1}|2:25: one value
{id: x, name: X, lat: 1, lon: 1, capacity: 1}\n- {id: x, name: X, lat: 1, lon: 1, capacity: 1}|3:3: branch x stands here twice
{id: ~, name: X, lat: 1, lon: 1, capacity: 1}|2:8: one value
7|2:3: a branch is expected
{id: x|3:1: 
END
  fails_as 66 no_input op-assign branch import nowhere.yaml
}

@test "a file revises names and places, tells what changes, and the new place counts from then on" {
  branch a 37.5 127.0 3
  branch b 38.5 127.0 3
  place before 37.5 127.0
  op-assign -q run
  printf -- '- {id: a, name: a branch, lat: 37.5, lon: 127, capacity: 3}\n- {id: b, name: 나, lat: 37.51, lon: 127, capacity: 9}\n- {id: c, name: C, lat: 1.5, lon: -2, capacity: 1}\n' >b.yaml
  appends_nothing succeeds op-assign branch import b.yaml --dry-run -o table
  assert_output "$(printf '%s\n' \
    'BRANCH CHANGE  FIELDS' \
    'b      revised name: b branch → 나, lat: 38.5 → 37.51, capacity: 3 → 9' \
    'c      added   name: C, lat: 1.5, lon: -2, capacity: 1')"
  succeeds op-assign branch import b.yaml --request-id k
  local first=$output
  assert_json '[.branchId, .change, (.changes | map("\(.field) \(.old) \(.new)") | join(","))] | join(" ")' \
    $'b revised name b branch 나,lat 38.5 37.51,capacity 3 9\nc added name null C,lat null 1.5,lon null -2,capacity null 1'
  assert_equal "$(journal_bytes | jq -c 'select(.type == "BranchRevised") | .data | del(.request, .requestId)')" \
    '{"branchId":"b","name":"나","lat":37.51,"lon":127}'
  appends_nothing succeeds op-assign branch import b.yaml
  assert_output ''
  # from then on: what was assigned stays, what comes goes where the branch is now
  place after 37.512 127.0
  op-assign -q run
  assert_equal "$(where)" $'before a Assigned\nafter b Assigned'
  # the place alone; and the first answer again, whatever was revised since, also from the journal alone
  sed -i 's/lat: 37.51,/lat: 38.51,/' b.yaml
  succeeds op-assign branch import b.yaml
  assert_json '[.branchId, .change, .lat, .capacity] | map(tostring) | join(" ")' 'b revised 38.51 9'
  appends_nothing succeeds op-assign branch import <(sed 's/lat: 38.51,/lat: 37.51,/' b.yaml) --request-id k
  assert_equal "$output" "$first"
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds op-assign branch import <(sed 's/lat: 38.51,/lat: 37.51,/' b.yaml) --request-id k
  assert_equal "$output" "$first"
  fails_as 1 request_id_reused op-assign branch import b.yaml --request-id k
  appends_nothing fails_as 1 id_taken op-assign branch add --id b --name 'b branch' --lat 38.5 --lon 127 --capacity 3
  appends_nothing succeeds op-assign branch add --id b --name 나 --lat 38.51 --lon 127 --capacity 9
}

@test "closed: nothing more is assigned, what it has stays, and it can be opened again" {
  branch a 37.5 127.0 9
  branch b 37.6 127.0 9
  place kept 37.5 127.0
  op-assign -q run
  appends_nothing succeeds op-assign branch close a --dry-run
  succeeds op-assign branch close a
  assert_json '[.branchId, .status, .capacity] | map(tostring) | join(" ")' 'a Closed 9'
  appends_nothing succeeds op-assign branch close a
  assert_json status Closed
  succeeds op-assign branch show a
  assert_json '[.branchId, .name, .lat, .lon, .capacity, .status, .day, .assigned, .remaining] | map(tostring) | join(",")' \
    'a,a branch,37.5,127,9,Closed,2026-11-20,1,8'
  assert_equal "$(op-assign branch list | sed -n 1p)" "$output"
  fails_as 1 no_such_branch op-assign branch show nowhere
  fails_as 1 no_such_branch op-assign branch close nowhere
  fails_as 1 no_such_branch op-assign branch open nowhere
  place next 37.5 127.0
  succeeds op-assign show next --explain
  assert_json .branchId b
  succeeds op-assign show kept --explain
  assert_json '[.branchId, .chosen] | map(tostring) | join(" ")' $'b false\na true'
  op-assign -q run
  op-assign -q branch close b
  place late 37.5 127.0
  succeeds op-assign run
  assert_json .data.reason no_branch_in_reach
  assert_equal "$(where)" $'kept a Assigned\nnext b Assigned\nlate - Failed no_branch_in_reach'
  op-assign -q collect kept
  op-assign -q branch adjust a --capacity 1
  succeeds op-assign branch open a
  assert_json status Open
  appends_nothing succeeds op-assign branch open a
  succeeds op-assign run
  assert_json .data.reason no_capacity # it is full
  op-assign -q branch open b
  op-assign -q run
  assert_equal "$(where)" $'kept a Collected\nnext b Assigned\nlate b Assigned'
  local before
  before=$(op-assign branch list)
  rm -rf "$OP_STORE/state"
  assert_equal "$(op-assign branch list)" "$before"
}

@test "a request that found everything as it is is remembered, too: later it does nothing" {
  branch c 37.5 127.0 6
  printf -- '- {id: c, name: c branch, lat: 37.5, lon: 127, capacity: 6}\n' >c.yaml
  local call answers=()
  local calls=('adjust c --capacity 6' 'open c' 'import c.yaml' 'add --id c --name c_branch --lat 37.5 --lon 127 --capacity 6')
  asked() {
    local words
    read -ra words <<<"$1"
    op-assign branch "${words[@]/c_branch/c branch}" --request-id "k-${words[0]}"
  }
  for call in "${calls[@]}"; do answers+=("$(asked "$call")"); done
  assert_equal "${answers[2]}" ''
  op-assign -q branch adjust c --capacity 7
  op-assign -q branch close c
  answers+=("$(op-assign branch close c --request-id k-close)")
  op-assign -q branch open c
  appends_nothing succeeds op-assign branch close c --request-id k-close
  assert_equal "$output" "${answers[4]}"
  op-assign -q branch close c
  local i
  for i in 0 1 2 3; do
    appends_nothing succeeds asked "${calls[i]}"
    assert_equal "$output" "${answers[i]}"
  done
  rm -rf "$OP_STORE/state"
  appends_nothing succeeds asked "${calls[0]}"
  assert_equal "$output" "${answers[0]}"
  assert_equal "$(op-assign branch show c | jq -r '[.capacity, .status] | join(" ")')" '7 Closed'
  fails_as 1 request_id_reused op-assign branch open c --request-id k-adjust
}

@test "days are those of assign.zone" {
  echo 'assign: {zone: +09:00}' >seoul.yaml
  export OP_CONFIG=$PWD/seoul.yaml
  branch b 37.5 127.0 1
  OP_NOW=2026-11-20T14:00:00Z
  place a 37.5 127.0
  place c 37.5 127.0
  op-assign -q run
  assert_equal "$(op-assign list | jq -r '[.reservationId, .status, .day // "-"] | join(" ")')" $'a Assigned 2026-11-20\nc Failed -'
  fails_as 1 capacity_used op-assign branch adjust b --capacity 0
  OP_NOW=2026-11-20T14:59:59.999999Z appends_nothing succeeds op-assign run
  OP_NOW=2026-11-20T15:00:00Z succeeds op-assign run
  assert_json '[.data.reservationId, .data.day] | join(" ")' 'c 2026-11-21'
  assert_equal "$(OP_NOW=2026-11-20T15:00:00Z op-assign branch list | jq -r '[.day, .assigned] | map(tostring) | join(" ")')" '2026-11-21 1'
  # west of UTC, a failure of the UTC day before is one of the same day
  echo 'assign: {zone: -05:00}' >seoul.yaml
  OP_NOW=2026-11-23T02:00:00Z
  place d 37.5 127.0
  place e 37.5 127.0
  op-assign -q run
  OP_NOW=2026-11-23T04:59:59Z appends_nothing succeeds op-assign run
  OP_NOW=2026-11-23T05:00:00Z succeeds op-assign run
  assert_json '[.data.reservationId, .data.day] | join(" ")' 'e 2026-11-23'
}

@test "where payment and assignment make a reservation complete, nothing is handed over that is not paid" {
  branch b 37.5 127.0 9
  place a 37.5 127.0
  place free 37.5 127.0
  op-assign -q run
  echo 'saga: {steps: [payment, assignment]}' >both.yaml
  echo 'saga: {steps: [assignment]}' >one.yaml
  OP_CONFIG=both.yaml appends_nothing fails_as 1 not_paid op-assign collect a
  assert_error_json reservationId a
  OP_CONFIG=one.yaml appends_nothing succeeds op-assign collect a --dry-run
  appends_nothing succeeds op-assign collect a --dry-run
  op-assign -q collect free
  op-pay -q run
  place gone 37.5 127.0
  op-assign -q run
  op-pay -q run
  op-reserve -q cancel gone
  op-pay -q run
  OP_CONFIG=both.yaml fails_as 1 already_cancelled op-assign collect gone
  place back 37.5 127.0
  op-assign -q run
  op-pay -q run
  # a payment that is cancelled by itself: nobody of ours does that, but it counts
  journal_bytes | jq -c 'select(.type == "PaymentCancelled") | {type, tags, correlation: "back", data: (.data + {reservationId: "back", paymentId: "back"})} | .tags |= map(sub("gone"; "back"))' |
    op-journal -q append
  OP_CONFIG=both.yaml appends_nothing fails_as 1 not_paid op-assign collect back
  OP_CONFIG=both.yaml succeeds op-assign collect a
  assert_json status Collected
}

@test "--explain shows the nearest branch where none is in reach" {
  branch far 36.0 127.0 5
  branch farther 35.0 127.0 5
  branch shut 37.4 127.0 5
  op-assign -q branch close shut
  place a 37.5 127.0
  op-assign -q run
  succeeds op-assign show a --explain
  assert_json '[.branchId, .distanceKm, .chosen, .inReach] | map(tostring) | join(" ")' 'far 166.793 false false'
  branch near 37.6 127.0 0
  succeeds op-assign show a --explain
  assert_json '[.branchId, .remaining, .chosen, .inReach] | map(tostring) | join(" ")' 'near 0 false true'
  # one that has it is shown, wherever it is
  op-assign -q --config <(echo 'assign: {radius_km: 180}') run
  succeeds op-assign show a --explain
  assert_json '[.branchId, .chosen, .inReach] | map(tostring) | join(" ")' $'near false true\nfar true false'
}

@test "the best branch: distance and load, by the weights of the configuration; --explain says why" {
  branch near 37.50 127.00 10
  branch far 37.55 127.00 10
  place a 37.505 127.0
  succeeds op-assign run
  assert_json '[.type, .correlation, .causation, .data.branchId, .data.distanceKm, .data.day, .data.fulfil] | map(tostring) | join(" ")' \
    'PickupAssigned a 4 near 0.556 2026-11-20 pickup'
  succeeds op-assign show a
  assert_json '[.branchId, .branchName, .distanceKm, .fulfil, .status, .lat, .lon] | map(tostring) | join(",")' \
    'near,near branch,0.556,pickup,Assigned,37.505,127'
  # 9 and 1 of 10 taken there cost 18 and 2 km with the default weights, so the farther one is better.
  for i in 1 2 3 4 5 6 7 8; do place "n$i" 37.5 127.0; op-assign -q run; done
  local far
  far=$(op-assign list --branch far | wc -l)
  [ "$far" -ge 2 ] && [ "$far" -lt 5 ] || fail "far has $far"
  succeeds op-assign show a --explain
  assert_json '[.branchId, .distanceKm, .capacity, .assigned, .remaining, .chosen] | map(tostring) | join(" ")' \
    "near 0.556 10 $((8 - far)) $((2 + far)) true
far 5.004 10 $far $((10 - far)) false"
  echo 'assign: {weights: {load: 0}}' >near.yaml
  echo 'assign: {weights: {distance: 0}}' >level.yaml
  echo 'assign: {radius_km: 2.5}' >reach.yaml
  place b 37.522 127.0
  assert_equal "$(op-assign --config reach.yaml show b --explain | jq -r '[.branchId, .cost] | map(tostring) | join(" ")')" \
    "near $(jq -n "2.446 / 2.5 + 0.2 * $((9 - far)) / 10")"
  OP_CONFIG=near.yaml succeeds op-assign run
  assert_json .data.branchId near
  place c 37.501 127.0
  OP_CONFIG=level.yaml succeeds op-assign run
  assert_json .data.branchId far
}

@test "what waited is assigned as a whole, at less than one by one would cost; who comes alone gets the best" {
  seoul 1
  # One by one the first would take jongno, and leave mapo, 6 km farther from it than from the first, to the second.
  place first 37.562 126.958
  place second 37.573 127.000
  succeeds op-assign run -v
  [[ $stderr == *'planned 2 reservations over 3 branches'* ]]
  assert_equal "$(where)" $'first mapo Assigned\nsecond jongno Assigned'
  appends_nothing succeeds op-assign run
  assert_output ''
  place third 37.573 127.000 --fulfil delivery
  succeeds op-assign run
  assert_json '[.data.branchId, .data.fulfil] | join(" ")' 'gangnam delivery'
  succeeds check_pickups "$OP_STORE" --settled
}

@test "no branch: told once, listed, and tried again when a branch, a place or a day comes" {
  place a 37.5 127.0
  place z -33.87 151.21
  succeeds op-assign run
  assert_json '[.type, .data.reservationId, .data.reason] | join(" ")' \
    $'AssignmentFailed a no_branch_in_reach\nAssignmentFailed z no_branch_in_reach'
  appends_nothing succeeds op-assign run
  branch only 37.5 127.0 1
  place b 37.5 127.0
  succeeds op-assign run
  assert_equal "$(where)" $'a only Assigned\nz - Failed no_branch_in_reach\nb - Failed no_capacity'
  assert_equal "$(op-assign list --status Failed | jq -r .reservationId | paste -sd,)" z,b
  appends_nothing succeeds op-assign run
  # a place comes back
  op-reserve -q cancel a
  succeeds op-assign run
  assert_json '[.type, .data.reservationId, .data.branchId] | join(" ")' $'PickupReleased a only\nPickupAssigned b only'
  # another day
  place c 37.5 127.0
  succeeds op-assign run
  assert_json .data.reason no_capacity
  OP_NOW=2026-11-20T23:59:59.999999Z appends_nothing succeeds op-assign run
  OP_NOW=2026-11-21T00:00:00Z succeeds op-assign run
  assert_json '[.data.reservationId, .data.day] | join(" ")' 'c 2026-11-21'
  # a capacity that grows, and that does not shrink below what is assigned
  place d 37.5 127.0
  OP_NOW=2026-11-21T01:00:00Z op-assign -q run
  OP_NOW=2026-11-21T01:00:00Z fails_as 1 capacity_used op-assign branch adjust only --capacity 0
  assert_error_json '[.requested, .assigned] | join(" ")' '0 1'
  OP_NOW=2026-11-21T01:00:00Z op-assign -q branch adjust only --capacity 2
  OP_NOW=2026-11-21T01:00:00Z op-assign -q run
  assert_equal "$(where)" $'a only Released\nz - Failed no_branch_in_reach\nb only Assigned\nc only Assigned\nd only Assigned'
  assert_equal "$(event_count AssignmentFailed)" 5 # a, z, b, c, d: once each
  # a wider reach, also where the branch in reach was full
  OP_NOW=2026-11-21T02:00:00Z op-assign -q branch add --id far --name Far --lat 37.55 --lon 127.0 --capacity 1
  OP_NOW=2026-11-21T02:00:00Z op-reserve -q place --musical phone --seats 1 --id e --lat 37.5 --lon 127.0
  echo 'assign: {radius_km: 1}' >narrow.yaml
  OP_NOW=2026-11-21T02:00:00Z op-assign -q --config narrow.yaml run
  assert_equal "$(op-assign show e | jq -r .reason)" no_capacity
  OP_NOW=2026-11-21T02:00:00Z succeeds op-assign run
  assert_json '[.data.reservationId, .data.branchId] | join(" ")' 'e far'
  echo 'assign: {radius_km: 20000}' >wide.yaml
  OP_NOW=2026-11-22T01:00:00Z succeeds op-assign --config wide.yaml run
  assert_json '[.data.reservationId, .data.branchId] | join(" ")' 'z only'
  succeeds check_pickups "$OP_STORE"
}

@test "a cancellation gives the place back, in part it does not, and before a branch there is nothing to give" {
  branch b 37.5 127.0 5
  SEATS=3 place whole 37.5 127.0
  SEATS=3 place part 37.5 127.0
  op-assign -q run
  SEATS=3 place early 37.5 127.0
  op-reserve -q cancel whole
  op-reserve -q cancel part --seats 2
  op-reserve -q cancel early
  succeeds op-assign run
  assert_json '[.type, .correlation, .data.branchId, .data.day] | join(" ")' 'PickupReleased whole b 2026-11-20'
  assert_equal "$(where)" $'whole b Released\npart b Assigned\nearly - Cancelled'
  assert_equal "$(op-assign branch list | jq .assigned)" 1
  appends_nothing succeeds op-assign run
}

@test "collected: once, and nothing of it can be cancelled any more" {
  branch b 37.5 127.0 5
  SEATS=2 place a 37.5 127.0
  fails_as 1 not_assigned op-assign collect a
  op-assign -q run
  appends_nothing succeeds op-assign collect a --dry-run
  succeeds op-assign collect a --request-id k
  assert_json '[.status, .branchId] | join(" ")' 'Collected b'
  appends_nothing succeeds op-assign collect a --request-id k
  assert_json status Collected
  appends_nothing fails_as 1 already_collected op-assign collect a
  appends_nothing fails_as 1 already_collected op-reserve cancel a
  appends_nothing fails_as 1 already_collected op-reserve cancel a --seats 1
  # a declined payment and a hold that is over come too late, too
  echo 'reservation: {hold: 1s}' >hold.yaml
  OP_NOW=2026-11-21T10:00:00Z appends_nothing succeeds op-reserve --config hold.yaml run
  jq -cn '{type: "PaymentDeclined", tags: ["reservation:a"], correlation: "a", data: {reservationId: "a", paymentId: "a", amount: 0, currency: "KRW", provider: "approve", reason: "card"}}' |
    op-journal -q append
  appends_nothing succeeds op-reserve run
  place gone 37.5 127.0
  op-assign -q run
  op-reserve -q cancel gone
  fails_as 1 already_cancelled op-assign collect gone
  op-assign -q run
  fails_as 1 already_cancelled op-assign collect gone
  fails_as 1 no_such_reservation op-assign collect nobody
  op-reserve -q place --musical phone --seats 1 --id plain
  fails_as 1 no_such_reservation op-assign collect plain
  assert_equal "$(op-assign branch list | jq .assigned)" 1
}

@test "12 at once assign, collect, cancel, place and change a branch: every prefix is right, and what each was told" {
  seed=${OP_TEST_SEED:-$RANDOM$RANDOM}
  echo "seed $seed (repeat with OP_TEST_SEED=$seed)"
  op-musical -q register --id 1 --name Galaxy --seats 100000
  branch a 37.55 126.98 2
  branch b 37.50 127.02 2
  succeeds op_python -B "$OP_TESTS/correctness/share_branches.py" --store "$OP_STORE" --seed "$seed" --logs . \
    --rounds "${OP_TEST_ROUNDS:-72}"
  succeeds op_python -B "$OP_TESTS/correctness/check_sales.py" "$OP_STORE" calls.log
  succeeds check_pickups "$OP_STORE" pickups.log
  echo "$output"
  assert_json '.events | .PickupAssigned > 10 and .PickupCollected > 3 and .ReservationCancelled > 3 and .BranchCapacityChanged > 5 and .BranchClosed > 3' true
  op-assign -q run
  succeeds check_pickups "$OP_STORE" --settled
}

@test "16 processes assign at once while customers place and cancel: no branch has more than its capacity, at any time" {
  seoul 30
  local i pids=()
  for i in $(seq 80); do echo "{\"musicalId\":\"phone\",\"seats\":1,\"id\":\"r$i\",\"lat\":37.5$((i % 10)),\"lon\":126.9$((i % 7))}"; done >orders
  op-reserve -q place --batch <orders
  for i in $(seq 14); do op-assign -q run & pids+=($!); done
  (for i in 1 2 3 4 5 6; do op-reserve -q cancel "r$i" || exit; done; op-assign -q run) & pids+=($!)
  (sed 's/"r/"s/' orders | head -40 | op-reserve -q place --batch && op-assign -q run) & pids+=($!)
  for i in "${pids[@]}"; do wait "$i"; done
  op-assign -q run
  succeeds check_pickups "$OP_STORE" --settled
  assert_equal "$(op-assign list --status Pending | wc -l)" 0
  assert_equal "$(op-assign branch list | jq -s 'map(.assigned) | add')" 90
  assert_equal "$(op-assign list --status Failed | wc -l)" 24
  assert_equal "$(journal_bytes | jq -r 'select(.type == "PickupAssigned") | .correlation' | sort | uniq -d)" ''
}

# finds TEXT FILTER [ARG...]: the checker says it of a copy of the store, each of whose events went through jq.
finds() {
  rm -rf copy.broken
  mkdir -p copy.broken/journal
  journal_bytes | jq -c "$2" >copy.broken/journal/00000000000000000001.ndjson
  exits_with 1 check_pickups copy.broken "${@:3}"
  [[ $stderr == *"$1"* ]] || fail "expected '$1' of $2: $stderr"
}

# told KIND ASKED BEFORE AFTER EXIT ANSWER: a line of a log.
told() {
  jq -cn --arg kind "$1" --argjson asked "$2" --argjson before "$3" --argjson after "$4" --argjson exit "$5" --arg answer "$6" \
    '{process: 0, $kind, $asked, $before, $after, $exit, stdout: "", stderr: ""}
     + if $exit == 0 then {stdout: ($answer + "\n")} else {stderr: $answer} end'
}

@test "the checker finds what it is there to find" {
  branch b 37.5 127.0 2                # 2
  SEATS=2 place one 37.5 127.0         # 3
  SEATS=2 place two 37.5 127.0         # 4
  place three 37.5 127.0               # 5
  op-assign -q run                     # 6, 7: one and two are assigned; 8: three is not
  op-assign -q collect one             # 9
  op-reserve -q cancel two --seats 1   # 10
  op-reserve -q cancel two             # 11
  op-assign -q run                     # 12: two is released; 13: three is assigned
  op-assign -q branch adjust b --capacity 3 # 14
  place four 37.5 127.0                # 15
  assert_equal "$(journal_bytes | jq -r 'select(.seq > 5 and .seq < 14).type' | tr '\n' ' ')" "PickupAssigned PickupAssigned \
AssignmentFailed PickupCollected ReservationCancelled ReservationCancelled PickupReleased PickupAssigned "
  succeeds check_pickups "$OP_STORE"
  finds 'reservation four is Pending, and a branch has a place' . --settled
  finds 'branch b has 3 of at most 2 on 2026-11-20' 'if .seq == 8 then .type = "PickupAssigned" | .data += {branchId: "b", day: "2026-11-20", fulfil: "pickup"} else . end'
  finds 'branch b has 2 of at most 1' 'if .seq == 2 then .data.capacity = 1 else . end'
  finds 'branch b has 2 of at most 1 on 2026-11-20' 'if .seq == 14 then .data.capacity = 1 else . end'
  finds 'it is Collected' 'if .seq == 13 then .data.reservationId = "one" else . end'
  finds 'it is Assigned, and cancelled' 'if .seq == 9 then .type = "Note" elif .seq == 13 then .type = "PickupCollected" | .data.reservationId = "two" elif .seq == 12 then .type = "Note" else . end'
  finds 'event 10 (ReservationCancelled): it was collected before' 'if .seq == 9 then .data.reservationId = "two" else . end'
  finds 'event 12 (PickupReleased): it is Released' 'if .seq == 10 then .data.remainingSeats = 0 elif .seq == 11 then .type = "PickupReleased" | .causation = 10 | .data += {branchId: "b", day: "2026-11-20"} else . end'
  finds 'event 12 (PickupReleased): it is Assigned' 'if .seq == 11 then .type = "Note" else . end'
  finds 'not by its cancellation' 'if .seq == 12 then .causation = 10 else . end'
  finds 'cancelled by event 11, and its branch still has it' 'if .seq == 12 then .type = "Note" else . end' --settled
  finds 'there is no branch c' 'if .seq == 6 then .data.branchId = "c" else . end'
  finds 'branch b has it' 'if .seq == 9 then .data.branchId = "c" else . end'
  finds 'pickup was asked' 'if .seq == 6 then .data.fulfil = "delivery" else . end'
  finds 'previousCapacity is 2' 'if .seq == 2 then .data.capacity = 4 else . end'
  # What was told.
  told collect '{"reservationId": "one"}' 8 9 0 "$(op-assign show one)" >log
  told collect '{"reservationId": "one"}' 9 9 1 '{"error":"already_collected"}' >>log
  told collect '{"reservationId": "two"}' 10 11 1 '{"error":"already_cancelled"}' >>log
  told collect '{"reservationId": "three"}' 8 8 1 '{"error":"not_assigned"}' >>log
  told branch '{"branchId": "b", "capacity": 3}' 13 14 0 '{}' >>log
  told branch '{"branchId": "b", "capacity": 1}' 13 13 1 '{"error":"capacity_used"}' >>log
  succeeds check_pickups "$OP_STORE" log
  head -1 log >twice.log
  finds 'somebody else was told' . log twice.log
  told collect '{"reservationId": "one"}' 7 8 1 '{"error":"already_collected"}' >log
  finds 'it was never so meanwhile' . log
  told branch '{"branchId": "b", "capacity": 5}' 7 8 0 '{}' >log
  finds 'it was never so meanwhile' . log
}

@test "reservations go on while nobody assigns, and the customer's page follows" {
  branch b 37.5 127.0 5
  place a 37.5 127.0
  place c 0 0
  op-reserve -q place --musical phone --seats 1 --id plain
  page() { op-mypage | jq -r '[.reservationId, .status, .pickup // "-", .pickupStatus // "-"] | join(" ")'; }
  assert_equal "$(page)" $'a Reserved - Pending\nc Reserved - Pending\nplain Reserved - -'
  outerpark -q tick
  assert_equal "$(page)" $'a PaymentApproved b Assigned\nc PaymentApproved - Failed\nplain PaymentApproved - -'
  op-reserve -q cancel a
  outerpark -q tick
  assert_equal "$(page)" $'a PaymentCancelled b Released\nc PaymentApproved - Failed\nplain PaymentApproved - -'
  assert_equal "$(op-mypage history a | jq -r 'select(.type | startswith("Pickup")) | .detail')" \
    $'To be picked up at branch b, 0.000 km away.\nBranch b has it no more.'
}

@test "the location is kept to a thousandth of a degree, and a request is the same by it" {
  place a 37.56651234 126.97799 --request-id k
  assert_equal "$(journal_bytes | jq -c 'select(.type == "ReservationPlaced") | .data | [.lat, .lon, .fulfil]')" \
    '[37.567,126.978,"pickup"]'
  appends_nothing succeeds place a 37.5669 126.978 --request-id k
  fails_as 1 request_id_reused op-reserve place --musical phone --seats 1 --customer c-a --id a --lat 37.5 --lon 126.978 --request-id k
  fails_as 65 bad_location op-reserve place --musical phone --seats 1 --lat 90.1 --lon 0
  fails_as 65 bad_location op-reserve place --musical phone --seats 1 --lat 0 --lon east
  fails_as 65 bad_fulfil op-reserve place --musical phone --seats 1 --lat 0 --lon 0 --fulfil post
  fails_as 64 usage op-reserve place --musical phone --seats 1 --lat 0
  fails_as 64 usage op-reserve place --musical phone --seats 1 --fulfil pickup
  succeeds op-reserve place --batch <<<'{"musicalId":"phone","seats":1,"id":"b","lat":-33.8688,"lon":151.2093,"fulfil":"delivery"}'
  assert_equal "$(journal_bytes | jq -c 'select(.type == "ReservationPlaced") | .data | [.lat, .lon, .fulfil]' | tail -1)" \
    '[-33.869,151.209,"delivery"]'
}

@test "--max ends a run, --follow goes on with what comes; a deleted read model makes no difference" {
  seoul 5
  place a 37.5 127.0
  place b 37.5 127.0
  place c 37.5 127.0
  assert_equal "$(op-assign run --max 1 | jq -r .correlation)" a
  op-assign run --follow >followed 2>errors &
  local pid=$! before
  wait_until 10 grep -q '"correlation":"c"' followed
  place d 37.57 127.0
  wait_until 10 grep -q '"correlation":"d"' followed
  kill -TERM "$pid"
  wait "$pid"
  assert_equal "$(cat errors)" ''
  before=$(where && op-assign branch list)
  rm -rf "$OP_STORE/state"
  assert_equal "$(where && op-assign branch list)" "$before"
  by_index op-assign list --status Failed
  by_index op-assign list --branch gangnam
}

@test "wrong calls" {
  unset OP_STORE
  export OP_STORE=$BATS_TEST_TMPDIR/none
  fails_as 66 no_store op-assign list
  fails_as 66 no_store op-assign branch list
  fails_as 64 usage op-assign branch add --id a
  fails_as 64 usage op-assign branch
  fails_as 64 usage op-assign list --status Gone
  fails_as 65 bad_location op-assign branch add --id a --name A --lat 91 --lon 0 --capacity 1
  fails_as 65 bad_capacity op-assign branch add --id a --name A --lat 1 --lon 0 --capacity 1.5
  fails_as 65 bad_name op-assign branch add --id a --name '' --lat 1 --lon 0 --capacity 1
  fails_as 1 no_such_reservation op-assign collect 1
  [ ! -e "$OP_STORE" ]
}
