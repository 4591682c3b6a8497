#!/usr/bin/env bash
# demo.sh - plays the scenario of Tshop (phone pre-orders) in its own words: 예약신청, 예약불가, 예약접수완료, 예약취소,
# 예약취소완료, with an assignment service that is down for a while. make demo SCENARIO=tshop
#
# op-musical keeps the stock, op-reserve takes the orders, op-assign is the assignment service; each is run where the
# scenario says so, and what it does not run is down. Where all of them are up, it is `outerpark tick`, as by cron
# (the crontab beside this).
set -euo pipefail
# shellcheck source=examples/play.bash
. "$(dirname "${BASH_SOURCE[0]}")/../play.bash"
# shellcheck disable=SC2034 # play.bash says them
word_ok=맞음 word_wrong=틀림
export OP_CONFIG=$here/outerpark.yaml
# The labels are chosen by these; that the shell itself has no such locale is no matter.
{ unset LC_ALL LC_MESSAGES && export LANG=ko_KR.UTF-8; } 2>/dev/null

# status RID: how far the order is, in the words of Tshop.
status() { op-mypage show "$1" -o table | sed -n 's/^PROGRESS *//p'; }
stock() { field reservableSeats op-musical show "$1"; }
branch_of() { field branchId op-assign show "$1"; }
refusal() { { "$@" --errors json 2>&1 >/dev/null || true; } | sed -n 's/.*"error":"\([a-z_]*\)".*/\1/p'; }
# told RID: the last that the customer was told of the order.
told() { op-notify list --reservation "$1" -o ndjson | sed -n 's/.*"text":"\([^"]*\)".*/\1/p' | tail -n 1; }
# in_status WORD: how many orders the assignment service has in it.
in_status() { count op-assign list --status "$1"; }
# fullest: the most that is assigned to one branch today.
fullest() { op-assign branch list -o ndjson | sed 's/.*"assigned":\([0-9]*\).*/\1/' | sort -n | tail -n 1; }

printf '%sTshop: 휴대폰 예약주문, 대리점 배정, 취소%s\n' "$bold" "$plain"
say "명령 하나하나가 작은 프로그램이다. 저널 $OP_STORE/journal 말고는 아무것도 함께 쓰지 않는다."

section '0. 상품과 재고, 대리점'
run op-musical import "$here/phones.yaml" "${table[@]}"
run op-assign branch import "$here/branches.yaml" "${table[@]}"

section '1. 고객이 집에서 휴대폰을 예약주문한다 [예약신청]'
say '위치는 0.001도 (약 110 m) 까지만 저널에 남는다. 집이 아니라 동네면 된다.'
run op-reserve place --musical galaxy --seats 1 --id 1 --customer minsu --lat 37.503 --lon 127.025 "${table[@]}"
expect '예약 1의 상태' 예약신청 status 1

section '2. 재고를 확인하여 예약가능/불가능을 바로 알려준다 [예약불가]'
run op-reserve place --musical iphone --seats 1 --id 2 --customer jiwon --lat 37.566 --lon 126.978 --fulfil delivery "${table[@]}"
run op-reserve place --musical iphone --seats 1 --customer minsu --lat 37.503 --lon 127.025 || say "(exit $?: 규칙에 따른 거절)"
expect '재고가 없는 예약' insufficient_seats refusal op-reserve place --musical iphone --seats 1 --customer minsu

section '3. 예약가능 시 재고가 그 자리에서 줄고, 예약정보는 배정관리시스템이 저널에서 읽는다'
expect '갤럭시 재고' 99 stock galaxy
expect '아이폰 재고' 0 stock iphone
expect '배정을 기다리는 예약' 2 in_status Pending

section '4. 배정관리시스템이 고객 위치와 거리, 대리점의 여유를 보고 최적의 대리점을 배정한다'
run op-assign -q run
run op-assign list "${table[@]}"
say '왜 그 대리점인가:'
run op-assign show 1 --explain "${table[@]}"
expect '예약 1의 대리점' gangnam branch_of 1
expect '예약 2의 대리점' jongno branch_of 2

section '5. 대리점 접수 및 할당이 끝났다 [예약접수완료]. 이후 배송, 또는 방문하여 개통한다'
expect '예약 1의 상태' 예약접수완료 status 1
expect '예약 2의 상태' 예약접수완료 status 2
say '예약 2는 종로점에서 배송되었다. 수령한 뒤에는 취소할 수 없다:'
run op-assign collect 2 "${table[@]}"
run op-reserve cancel 2 || say "(exit $?: 규칙에 따른 거절)"
expect '수령 후의 취소' already_collected refusal op-reserve cancel 2

section '6. 고객은 수령 이전에 취소할 수 있다 [예약취소]'
run op-reserve cancel 1 --reason '마음이 바뀌었다' "${table[@]}"
expect '예약 1의 상태' 예약취소 status 1

section '7. 배정된 주문을 지우고, 재고를 원복한다'
run op-assign -q run
expect '재고가 아직 돌아오지 않은 예약 1의 상태' 예약취소 status 1
run op-musical -q run
expect '갤럭시 재고' 100 stock galaxy
expect '강남점에 배정된 예약' 0 count op-assign list --branch gangnam --status Assigned

section '8. 정상 취소처리가 되었다 [예약취소완료]'
expect '예약 1의 상태' 예약취소완료 status 1
run op-mypage history 1 "${table[@]}"

section '장애격리: 배정관리 서비스가 되지 않더라도 예약은 접수된다'
say '배정관리 (op-assign) 를 돌리지 않는 동안 서울의 고객 30명과 부산, 제주의 고객이 예약한다:'
for i in $(seq 30); do
  printf '{"musicalId":"galaxy","seats":1,"id":"w%d","customerId":"c%d","lat":37.5%d,"lon":127.0%d}\n' "$i" "$i" $((i % 7)) $((i % 9))
done >"$scratch/orders"
run op-reserve -q place --batch <"$scratch/orders"
run op-reserve -q place --musical galaxy --seats 1 --id busan --customer haeun --lat 35.16 --lon 129.06
run op-reserve -q place --musical galaxy --seats 1 --id jeju --customer dohyun --lat 33.5 --lon 126.53
expect '갤럭시 재고' 68 stock galaxy
expect '예약 w1의 상태' 예약신청 status w1
expect '배정을 기다리는 예약' 32 in_status Pending
say '배정관리 재기동: 밀린 예약을 한꺼번에, 모두 합하여 가장 가깝게 배정한다.'
say 'outerpark tick 은 모든 서비스를 할 일이 없을 때까지 돌린다. cron 이 매분 하는 일이다 (examples/tshop/crontab):'
run outerpark -q tick
run op-assign branch list "${table[@]}"
expect '배정을 기다리는 예약' 0 in_status Pending
expect '배정된 예약' 31 in_status Assigned
expect '가장 바쁜 대리점의 배정 (하루 처리량 8)' 8 fullest
expect '예약 w1의 상태' 예약접수완료 status w1
say '제주에는 대리점이 없다. 잃어버리지 않고, 대리점이 생기면 배정한다:'
run op-assign list --status Failed "${table[@]}"
expect '제주 예약의 상태' 예약신청 status jeju
run op-assign branch add --id jeju --name 제주점 --lat 33.4996 --lon 126.5312 --capacity 5 -q
run outerpark -q tick
expect '제주 예약의 대리점' jeju branch_of jeju
expect '제주 예약의 상태' 예약접수완료 status jeju

expect '청구된 결제 (결제는 개통할 때 대리점에서 한다)' 0 count op-pay list --status PaymentApproved
run outerpark status "${table[@]}"

section '카톡 알림: 주문과 배송의 상태가 바뀔 때마다 고객에게 알린다'
say '알림도 tick 이 돌리는 서비스 하나다. 돌리지 않은 동안의 것은, 이미 지난 것을 빼고, 돌릴 때 한꺼번에 나간다.'
run op-notify list --reservation 2 "${table[@]}"
run op-notify list --reservation jeju "${table[@]}"
expect '예약 1의 알림' '[Tshop] 예약취소: 갤럭시 S30 1대. 예약 1번' told 1
expect '예약 1의 대리점은 취소한 뒤라 알리지 않으므로, 알림' 1 count op-notify list --reservation 1
expect '예약 2의 알림' '[Tshop] 수령완료: 아이폰 18 1대, 종로점 배송. 예약 2번은 이제 취소할 수 없습니다.' told 2
expect '부산 예약의 알림' '[Tshop] 예약접수완료: 갤럭시 S30 1대, 부산 서면점 (0.266 km)에서 방문 수령. 예약 busan번' told busan
expect '제주 예약의 알림 (배정대기, 예약접수완료)' 2 count op-notify list --reservation jeju
expect '보낸 알림' 36 count op-notify list

section '고객 화면'
run op-mypage --customer dohyun "${table[@]}"
run op-journal verify "${table[@]}"

ended '모두 맞다. 저장소는 임시로 만든 것이라 이제 지운다.' '틀린 것이 있다'
