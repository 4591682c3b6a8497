#!/usr/bin/env bash
# demo.sh - plays the scenario of 공연예매 (show booking) in its own words: 예매, 결제, 발권, 취소, with services that are
# stopped and started again. make demo SCENARIO=show-booking
#
# Where the scenario's own system loses or halves something (a payment service that cannot cancel while the ticket service
# is down, a thousand seats sold out of a hundred) it is said what happens here instead, and checked.
set -euo pipefail
# shellcheck source=examples/play.bash
. "$(dirname "${BASH_SOURCE[0]}")/../play.bash"
word_ok=맞음 word_wrong=틀림
export OP_CONFIG=$here/outerpark.yaml
# The labels are chosen by these; that the shell itself has no such locale is no matter.
{ unset LC_ALL LC_MESSAGES && export LANG=ko_KR.UTF-8; } 2>/dev/null

# remaining SHOW, payment RID, ticket RID: what the scenario asks about.
remaining() { field reservableSeats op-musical show "$1"; }
payment() { field status op-pay show "$1"; }
ticket() { field status op-ticket show "$1"; }
# last_of_ticket RID: the last thing that was recorded of its ticket.
last_of_ticket() { op-journal read --correlation "$1" -o ndjson | sed -n 's/.*"type":"\(Ticket[A-Za-z]*\)".*/\1/p' | tail -n 1; }
# refusal CMD...: the word of its error.
refusal() { { "$@" --errors json 2>&1 >/dev/null || true; } | sed -n 's/.*"error":"\([a-z_]*\)".*/\1/p'; }

printf '%s공연예매: 예매하고, 결제하고, 발권하고, 취소한다%s\n' "$bold" "$plain"
say "명령 하나하나가 작은 프로그램이다. 저널 $OP_STORE/journal 말고는 아무것도 함께 쓰지 않는다."

section '1. 공연좌석등록'
run op-musical import "$here/shows.yaml" "${table[@]}"
expect '공연 1의 잔여좌석' 100 remaining 1

section '2. 예매처리: 10석, 10석. 서비스는 모두 떠 있다'
for program in op-pay op-musical op-ticket op-notify; do start "$program"; done
run op-reserve place --musical 1 --seats 10 --customer minsu "${table[@]}"
run op-reserve place --musical 1 --seats 10 --customer jiwon "${table[@]}"
expect '예매수량만큼 줄어든 잔여좌석' 80 remaining 1
say '결제가 되면 티켓을 발권할 수 있게 된다:'
becomes '예매 1의 결제' PaymentApproved payment 1
becomes '예매 1의 티켓' Ready ticket 1
becomes '예매 2의 티켓' Ready ticket 2

section '3. 고객이 티켓을 발권한다'
run op-ticket issue 1 "${table[@]}" --qr -
expect '예매 1의 티켓' Issued ticket 1
code=$(field code op-ticket show 1)
run op-ticket verify "$code" "${table[@]}"

section '4. 동기식 호출: 발권 서비스를 잠시 내려놓고 예매를 취소한다'
stop op-ticket
say '발권 서비스를 불러야만 취소되는 시스템이라면 여기서 결제가 "Payed" 로 남는다. 여기서는 끝까지 취소된다:'
run op-reserve cancel 1 "${table[@]}"
becomes '예매 1의 결제' PaymentCancelled payment 1
becomes '돌아온 잔여좌석' 90 remaining 1
say '발권 서비스는 꺼져 있지만, 결제가 취소된 예매건은 그 순간부터 발권도 입장도 되지 않는다:'
expect '예매 1의 발권' payment_cancelled refusal op-ticket issue 1
expect '예매 1의 입장' payment_cancelled refusal op-ticket admit "$code"
expect '예매 1의 티켓' Voided ticket 1
say '결제된 다른 예매의 발권도 기다리지 않는다:'
run op-ticket issue 2 "${table[@]}"

section '5. 발권 서비스 재기동: 잃은 것이 없다'
start op-ticket
becomes '취소된 티켓의 기록' TicketVoided last_of_ticket 1
say '예매 2도 취소한다. 이번에는 모두 떠 있다:'
run op-reserve cancel 2 "${table[@]}"
becomes '예매 2의 결제' PaymentCancelled payment 2
expect '예매 2의 티켓' Voided ticket 2
becomes '돌아온 잔여좌석' 100 remaining 1

section '6. 비동기식 호출: 결제 시스템이 내려가 있어도 예매는 받는다'
stop op-pay
run op-reserve place --musical 1 --seats 10 --customer minsu "${table[@]}"
say '1000석은 결제와 상관없이 그 자리에서 거절된다. 공연의 좌석은 100석이다:'
run op-reserve place --musical 1 --seats 1000 --customer jiwon || say "(exit $?: 규칙에 따른 거절)"
expect '1000석의 예매' insufficient_seats refusal op-reserve place --musical 1 --seats 1000
run op-reserve place --musical 1 --seats 90 --customer jiwon "${table[@]}"
expect '예매 3의 상태' Reserved field status op-reserve show 3
expect '예매 4의 상태' Reserved field status op-reserve show 4
expect '잔여좌석' 0 remaining 1
expect '결제 전의 발권' not_paid refusal op-ticket issue 3
say '결제 서비스를 기동하면 밀린 결제가 모두 된다:'
start op-pay
becomes '예매 3의 결제' PaymentApproved payment 3
becomes '예매 4의 결제' PaymentApproved payment 4

section '7. 입장: 한 번만'
run op-ticket issue 3 "${table[@]}"
code=$(field code op-ticket show 3)
run op-ticket admit "$code" "${table[@]}"
expect '두 번째 입장' already_admitted refusal op-ticket admit "$code"
expect '입장한 예매의 취소' ticket_admitted refusal op-reserve cancel 3
becomes '예매 4의 티켓' Ready ticket 4

section '8. 마이페이지: 예매 내역, 결제 상태, 발권 상태'
becomes '보낸 알림' 6 count op-notify list
run op-mypage -o table
run op-mypage history 1 -o table
expect '예매 1의 발권 상태' Voided field ticketStatus op-mypage show 1
expect '예매 3의 발권 상태' Admitted field ticketStatus op-mypage show 3
expect '예매 4의 발권 상태' Ready field ticketStatus op-mypage show 4
say '결제하고 발권까지 해야 예매가 끝난다:'
expect '예매 1' CancellationCompleted field progress op-mypage show 1
expect '예매 3' Completed field progress op-mypage show 3
expect '예매 4' Placed field progress op-mypage show 4
run op-journal verify -o table

ended '모두 시나리오대로다. 임시 저장소는 지운다.' '시나리오와 다른 것'
