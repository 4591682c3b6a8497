#!/usr/bin/env bats
# tshop.bats - the scenario of Tshop (phone pre-orders), as examples/tshop/demo.sh plays it and for who looks on.

load lib/common
load lib/cron

@test "make demo SCENARIO=tshop: every number and every status is as the scenario says" {
  [ "$(env -u MAKEFLAGS make -n -C "$OP_ROOT" demo SCENARIO=tshop 2>/dev/null | grep -c 'examples/tshop/demo.sh')" -ge 1 ]
  succeeds env BUILD="$OP_BUILD" TMPDIR="$BATS_TEST_TMPDIR" "$OP_ROOT/examples/tshop/demo.sh"
  [ "$(grep -c '^  맞음: ' "$stdout_file")" -ge 32 ] || fail "$output"
  refute_output --partial 틀림
  # its own words, in what the commands themselves print
  local word
  for word in 예약신청 예약접수완료 예약취소 예약취소완료; do
    grep -q "= $word\$" "$stdout_file" || fail "never $word: $output"
  done
  grep -q '^op-reserve: 예약불가: ' "$stderr_file" || fail "no 예약불가: $stderr"
  # and in what the customers are told
  grep -q 'PickupAssigned .*\[Tshop\] 예약접수완료: 아이폰 18 1대, 종로점 (1.336 km)에서 배송. 예약 2번' "$stdout_file" || fail "$output"
  grep -q 'AssignmentFailed .*\[Tshop\] 배정대기: 갤럭시 S30 1대, 가까운 지점 없음. 예약 jeju번' "$stdout_file" || fail "$output"
}

@test "make demo of a scenario that is not there: one line that names those that are" {
  exits_with 2 env -u MAKEFLAGS make -C "$OP_ROOT" demo SCENARIO=nope
  [[ $(cat "$stderr_file") == *'there is no examples/nope/demo.sh: SCENARIO is one of outerpark show-booking tshop.'* ]] || fail "$stderr"
  assert_equal "$(wc -l <"$stderr_file")" 1
}

@test "the catalogue of phones and the branches are imported as they are, and again without any change" {
  export OP_CONFIG=$OP_ROOT/examples/tshop/outerpark.yaml
  succeeds op-musical import "$OP_ROOT/examples/tshop/phones.yaml"
  succeeds op-assign branch import "$OP_ROOT/examples/tshop/branches.yaml"
  appends_nothing succeeds op-musical import "$OP_ROOT/examples/tshop/phones.yaml"
  appends_nothing succeeds op-assign branch import "$OP_ROOT/examples/tshop/branches.yaml"
  # limits of a customer hold for phones as for seats
  fails_as 1 customer_limit op-reserve place --musical galaxy --seats 3 --customer minsu --lat 37.5 --lon 127
}

@test "Tshop by cron: stock and branches come and go, customers are told, nobody is charged, nobody is late" {
  local crontab=$OP_ROOT/examples/tshop/crontab
  is_crontab "$crontab" 3
  cron_run "$crontab"
  assert_equal "$(cat mail)" ''
  [ ! -e "$OP_STORE" ] || fail "cron made a store"
  export OP_CONFIG=$OP_ROOT/examples/tshop/outerpark.yaml
  op-musical -q import "$OP_ROOT/examples/tshop/phones.yaml"
  op-assign -q branch import "$OP_ROOT/examples/tshop/branches.yaml"
  # ten minutes ago, so that what nobody did by now is late
  OP_NOW=$(date -u -d '10 minutes ago' +%FT%TZ) op-reserve -q place --musical galaxy --seats 1 --id 1 --customer minsu --lat 37.503 --lon 127.025
  op-reserve -q place --musical iphone --seats 1 --id 2 --customer jiwon --lat 37.566 --lon 126.978
  cron_run "$crontab"
  assert_equal "$(cat mail)" ''
  assert_equal "$(op-mypage | jq -r .progress | paste -sd' ')" 'Completed Completed'
  op-reserve -q cancel 2
  cron_run "$crontab"
  assert_equal "$(cat mail)" ''
  assert_equal "$(op-mypage show 2 | jq -r .progress)" CancellationCompleted
  assert_equal "$(op-musical show iphone | jq .reservableSeats)" 1
  assert_equal "$(event_count PaymentApproved) $(event_count TicketReady)" '0 0'
  # Trouble is mailed: nobody can tell the customers.
  printf 'saga: {steps: [assignment]}\nnotify: {channel: exec}\n' >broken.yaml
  sed "s|^OP_CONFIG=.*|OP_CONFIG=$PWD/broken.yaml|" "$crontab" >broken
  cron_run broken
  assert_equal "$(grep -c 'notify.command names no program' mail)" 2
}

@test "an order that was handed over: both the cancellation and a second hand-over say 수령완료" {
  export OP_CONFIG=$OP_ROOT/examples/tshop/outerpark.yaml LC_ALL=ko_KR.UTF-8
  op-musical -q import "$OP_ROOT/examples/tshop/phones.yaml"
  op-assign -q branch import "$OP_ROOT/examples/tshop/branches.yaml"
  op-reserve -q place --musical galaxy --seats 1 --id 1 --customer minsu --lat 37.503 --lon 127.025
  outerpark -q tick
  op-assign -q collect 1
  fails_with 1 op-reserve cancel 1
  assert_equal "$stderr" 'op-reserve: 수령완료: reservation 1: it is collected already'
  fails_with 1 op-assign collect 1
  [[ $stderr == 'op-assign: 수령완료: '* ]] || fail "$stderr"
}
