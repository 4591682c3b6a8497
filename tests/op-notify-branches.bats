#!/usr/bin/env bats
# op-notify-branches.bats - what customers are told of the branch that has their reservation.

load lib/common

setup() {
  common_setup
  op-musical -q register --id phone --name Galaxy --seats 100
}

# branch ID NAME CAPACITY: all of them stand at one place.
branch() { op-assign -q branch add --id "$1" --name "$2" --lat 37.4979 --lon 127.0276 --capacity "$3"; }

# place ID CUSTOMER [ARG...]: near to the branches.
place() { op-reserve -q place --musical phone --seats 1 --id "$1" --customer "$2" --lat 37.503 --lon 127.025 "${@:3}"; }

# told [ARG...]: what op-notify list says, as "RID TEMPLATE STATUS REASON".
told() { op-notify list "$@" | jq -r '[.reservationId, .template, .status, .reason // ""] | join(" ") | rtrimstr(" ")'; }

@test "which branch has it, that it was handed over, that none can take it yet: a notice for each" {
  branch gangnam 강남점 2
  op-notify -q contact set jun --email jun@example.org --lang en
  place 1 mina
  place 2 jun --fulfil delivery
  place 3 haeun
  op-reserve -q place --musical phone --seats 2 --id far --customer jun --lat -33.87 --lon 151.21
  op-reserve -q place --musical phone --seats 1 --id plain --customer mina
  succeeds op-notify run
  assert_equal "$output" ''
  op-assign -q run
  op-assign -q collect 2
  succeeds op-notify run
  assert_equal "$(op-notify list | jq -r .text)" \
    '[OuterPark] 수령하실 지점이 정해졌습니다. 예약 1, Galaxy, 1석, 강남점, 0.612 km.
[OuterPark] A branch delivers your reservation. Reservation 2, Galaxy, 1 seat, 강남점, 0.612 km away.
[OuterPark] 가까운 지점이 모두 찼습니다. 자리가 나는 대로 배정해 드립니다. 예약 3, Galaxy, 1석.
[OuterPark] No branch is near you yet. You will be told when one has your reservation. Reservation far, Galaxy, 2 seats.
[OuterPark] Your reservation was delivered. Reservation 2, Galaxy, 1 seat, 강남점.'
  grep -qx 'Subject: \[OuterPark\] 수령 지점: 예약 1' "$OP_STORE/outbox/8.txt"
  grep -qx 'Subject: \[OuterPark\] Delivered: Reservation 2' "$OP_STORE/outbox/12.txt"
  # The branch is found in the end. What was sent is rendered with the name that it had then.
  op-assign -q branch adjust gangnam --capacity 3
  op-assign -q run
  succeeds op-notify run
  assert_equal "$(told --reservation 3)" $'3 AssignmentFailed Sent\n3 PickupAssigned Sent'
  appends_nothing succeeds op-notify run
  # Folded anew it is the same; what was sent of a reservation without a location, too: its payment.
  op-pay -q run
  op-notify -q run
  assert_equal "$(told --reservation plain)" 'plain PaymentApproved Sent'
  op-notify list >before
  rm -r "$OP_STORE/state"
  op-notify list | cmp - before
}

@test "that none can take it is told once, and not at all once one has it; a cancelled one hears no more of branches" {
  place told c1
  op-assign -q run
  op-notify -q run
  place untold c2
  place again c3
  place gone c4
  op-assign -q run # no_branch_in_reach
  branch b B 0
  op-assign -q run # no_capacity
  assert_equal "$(op-journal read --type AssignmentFailed | wc -l)" 8
  succeeds op-notify run --max 1 # untold
  assert_json .data.template AssignmentFailed
  op-reserve -q cancel gone
  op-assign -q branch adjust b --capacity 9
  op-assign -q run
  op-reserve -q cancel untold
  assert_equal "$(told --all)" \
    'told AssignmentFailed Sent
untold AssignmentFailed Sent
again AssignmentFailed Withdrawn assigned
gone AssignmentFailed Withdrawn reservation_cancelled
gone ReservationCancelled Pending
told PickupAssigned Pending
untold PickupAssigned Withdrawn reservation_cancelled
again PickupAssigned Pending
untold ReservationCancelled Pending'
  fails_as 1 notice_withdrawn op-notify retry "$(op-notify list --all | jq -r 'select(.reservationId == "gone") | .noticeId' | head -1)"
  # The place is given back, which is no news of its own; one seat of several is no end.
  outerpark -q tick
  assert_equal "$(told --all --status Pending)" ''
  assert_equal "$(told --reservation untold)" $'untold AssignmentFailed Sent\nuntold ReservationCancelled Sent'
  assert_equal "$(event_count PickupReleased)" 1
  place two c5 --seats 2
  op-assign -q run
  op-reserve -q cancel two --seats 1
  op-notify -q run
  assert_equal "$(told --reservation two | head -1)" 'two PickupAssigned Sent'
}

@test "what could not be delivered in time is not brought back: a parked notice of a cancelled reservation is withdrawn" {
  printf 'notify: {channel: exec, command: ["false"], max_attempts: 1}\n' >false.yaml
  place 1 c1
  op-assign -q run
  succeeds op-notify run --config false.yaml
  assert_equal "$(told --status Parked)" '1 AssignmentFailed Parked exit_1'
  op-reserve -q cancel 1
  assert_equal "$(told --all)" $'1 AssignmentFailed Withdrawn reservation_cancelled\n1 ReservationCancelled Pending'
  # An operator's wish that came too late changes nothing, what a run sent meanwhile was sent.
  mark_damaged
  op-journal -q append <<<'{"type":"NotificationRetryRequested","causation":3,"data":{"noticeId":"3"}}'
  assert_equal "$(told --status Withdrawn)" '1 AssignmentFailed Withdrawn reservation_cancelled'
  op-journal -q append <<<'{"type":"NotificationSent","causation":3,"data":{"noticeId":"3"}}'
  assert_equal "$(told)" '1 AssignmentFailed Sent'
}

@test "texts of the configuration: the branch, how it hands over, how far it is; a branch that got another name" {
  cat >words.yaml <<'YAML'
notify:
  templates:
    ko:
      PickupAssigned:
        subject: "예약접수완료 {reservationId}"
        text: "{branchName}, {fulfil}, {distanceKm}km"
      PickupCollected: {text: "{branchName}: {fulfil}{distanceKm}"}
      AssignmentFailed: {text: "{reason}{branchName}"}
YAML
  export OP_CONFIG=$PWD/words.yaml
  branch a 강남점 1
  place 1 c1 --fulfil delivery
  place 2 c2
  op-assign -q run
  mark_damaged
  # The name comes from the last event that tells one, the id stands for who has none.
  op-journal -q append <<<'{"type":"BranchRevised","data":{"branchId":"a","name":"강남역점"}}
{"type":"BranchRevised","data":{"branchId":"a","lat":37.5,"lon":127}}
{"type":"PickupAssigned","correlation":"2","data":{"reservationId":"2","branchId":"x-1","distanceKm":"far"}}'
  op-assign -q collect 1
  op-notify -q run
  assert_equal "$(op-notify list | jq -r .text)" $'강남점, 배송, 0.612km\nx-1, 방문 수령, km\n강남역점: 배송'
  grep -qx 'Subject: 예약접수완료 1' "$OP_STORE"/outbox/*.txt
  place 3 c3
  op-assign -q run
  op-notify -q run
  assert_equal "$(op-notify list --reservation 3 | jq -r .text)" '가까운 지점 만석'
  printf 'notify: {templates: {ko: {PickupReleased: {text: x}}}}\n' >words.yaml
  fails_as 78 bad_config op-notify run
  [[ $stderr == *PickupReleased* ]]
}
