#!/usr/bin/env bats
# crontab.bats - the example crontab does what it says: each of its lines is run as cron runs it.

load lib/common
load lib/cron

CRONTAB=$OP_ROOT/examples/outerpark/crontab

@test "the crontab is one: five fields and a command, only settings beside" {
  is_crontab "$CRONTAB" 4
}

@test "no mail before there is a store" {
  cron_run "$CRONTAB"
  assert_equal "$(cat mail)" ''
  [ ! -e "$OP_STORE" ] || fail "cron made a store"
}

@test "the saga runs by cron, with no mail" {
  op-musical -q register --id 1 --name Frozen --seats 100
  op-reserve -q place --musical 1 --seats 10 --price 50000 --customer mina
  cron_run "$CRONTAB"
  assert_equal "$(cat mail)" ''
  assert_equal "$(event_count PaymentApproved)" 1
  op-reserve -q cancel 1
  cron_run "$CRONTAB"
  cron_run "$CRONTAB"
  assert_equal "$(cat mail)" ''
  assert_equal "$(op-musical show 1 | jq .reservableSeats)" 100
  assert_equal "$(event_count NotificationSent)" 2
  assert_equal "$(wc -l <outerpark-kakao.log)" 2
  grep -q 'mina.*500,000원.*완료' outerpark-kakao.log
  assert_equal "$(sed 1d outerpark-sales.csv | cut -d, -f2-8)" 1,Frozen,1,10,500000,1,10
}

@test "trouble is mailed: a damaged journal" {
  op-musical -q register --id 1 --name Frozen --seats 100
  op-musical -q adjust 1 --seats 90
  op-musical -q adjust 1 --seats 80
  mark_damaged
  sed -i '2s/"seats":90/"seats":91/' "$(journal_files)"
  cron_run "$CRONTAB"
  grep -q 'line 2' mail || fail "nobody was told: $(cat mail)"
}

@test "the systemd units are sound" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
  mkdir units
  sed "s|/usr/local/bin/outerpark|$(command -v outerpark)|; s/^User=.*/User=root/" \
    "$OP_ROOT/examples/outerpark/outerpark-tick.service" >units/outerpark-tick.service
  cp "$OP_ROOT/examples/outerpark/outerpark-tick.timer" units/
  capture systemd-analyze verify units/outerpark-tick.service units/outerpark-tick.timer
  [[ $stderr != *outerpark-tick* ]] || fail "$stderr"
}
