#!/usr/bin/env bats
# tshop.bats - the scenario of Tshop (phone pre-orders), as examples/tshop/demo.sh plays it and for who looks on.

load lib/common

@test "make demo SCENARIO=tshop: every number and every status is as the scenario says" {
  [ "$(env -u MAKEFLAGS make -n -C "$OP_ROOT" demo SCENARIO=tshop 2>/dev/null | grep -c 'examples/tshop/demo.sh')" -ge 1 ]
  succeeds env BUILD="$OP_BUILD" TMPDIR="$BATS_TEST_TMPDIR" "$OP_ROOT/examples/tshop/demo.sh"
  [ "$(grep -c '^  맞음: ' "$stdout_file")" -ge 30 ] || fail "$output"
  refute_output --partial 틀림
  # its own words, in what the commands themselves print
  local word
  for word in 예약신청 예약접수완료 예약취소 예약취소완료; do
    grep -q "= $word\$" "$stdout_file" || fail "never $word: $output"
  done
  grep -q '^op-reserve: 예약불가: ' "$stderr_file" || fail "no 예약불가: $stderr"
  # and in what the customers are told
  grep -q 'PickupAssigned .*\[Tshop\] 예약접수완료: 아이폰 18 1대, 종로점 (1.336 km)에서 배송. 예약 2번' "$stdout_file" || fail "$output"
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
