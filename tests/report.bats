#!/usr/bin/env bats
# report.bats - op-mypage report: what was sold and paid, how full the musicals are, and the picture of it.

load lib/common

# at TIME CMD...: the command at that time; only trouble is shown.
at() {
  local now=$1
  shift
  OP_NOW=$now "$@" -q
}

# sold: two days of two musicals in two currencies, with cancellations; all is paid and given back.
sold() {
  at 2026-11-01T09:00:00Z op-musical register --id 1 --name '겨울왕국' --seats 100 --price 50000
  at 2026-11-01T09:00:00Z op-musical register --id 2 --name "<&\"'>" --seats 40 --price 5000 --currency USD
  at 2026-11-01T10:00:00Z op-reserve place --musical 1 --seats 10 --customer c1
  at 2026-11-01T14:59:59Z op-reserve place --musical 2 --seats 4 --customer c2
  at 2026-11-01T15:00:00Z op-reserve place --musical 1 --seats 6 --customer c3
  at 2026-11-01T16:00:00Z outerpark tick
  at 2026-11-03T10:00:00Z op-reserve place --musical 2 --seats 3 --customer c2
  at 2026-11-03T10:00:00Z op-reserve cancel 1 --seats 4
  at 2026-11-03T10:00:00Z op-reserve cancel 3
  at 2026-11-03T10:00:00Z outerpark tick
}

# report WORD...: as CSV.
report() {
  succeeds op-mypage report "$@" -o csv
}

@test "sales: seats and amounts, what was cancelled, what is left; a row for each currency" {
  sold
  report sales
  assert_equal "$output" 'reservations,seats,amount,cancelled,cancelledSeats,cancelledAmount,netSeats,netAmount,currency
2,16,800000,1,10,500000,6,300000,KRW
2,7,35000,0,0,0,7,35000,USD'
  report sales --by musical
  assert_equal "$(sed 1d <<<"$output")" '1,겨울왕국,2,16,800000,1,10,500000,6,300000,KRW
2,"<&""'"'"'>",2,7,35000,0,0,0,7,35000,USD'
  report sales --by day
  assert_equal "$(sed 1d <<<"$output")" '2026-11-01,2,16,800000,0,0,0,16,800000,KRW
2026-11-01,1,4,20000,0,0,0,4,20000,USD
2026-11-03,0,0,0,1,10,500000,-10,-500000,KRW
2026-11-03,1,3,15000,0,0,0,3,15000,USD'
  report sales --by musical,day
  assert_equal "$(cut -d, -f1,2,9-11 <<<"$output")" "$(report sales --by day,musical && cut -d, -f1,2,9-11 <<<"$output")"
  assert_equal "$(head -1 <<<"$output" | cut -d, -f1-4)" 'day,musicalId,musicalName,reservations'
  assert_equal "$(wc -l <<<"$output")" 5
  # And in the other forms.
  succeeds op-mypage report sales
  assert_json '[.currency, .netSeats, .netAmount] | join(" ")' $'KRW 6 300000\nUSD 7 35000'
  succeeds op-mypage report sales -o json
  assert_equal "$(jq length <<<"$output")" 2
  succeeds op-mypage report sales -o table
  [[ $output == *'NET SEATS'* && $output == *' 300,000 KRW'* ]]
}

@test "sales agree with what the pages and the musicals say, also after a rebuild" {
  sold
  pages=$(op-mypage | jq -s 'map(select(.status == "Reserved" or .status == "PaymentApproved")) | [(map(.seats) | add), (map(.amount) | add)]' -c)
  report sales
  before=$output
  assert_equal "$(sed 1d <<<"$output" | awk -F, '{ seats += $7; amount += $8 } END { print "[" seats "," amount "]" }')" "$pages"
  assert_equal "$(op-musical list | jq -s 'map(.heldSeats) | add')" 13
  rm -rf "$OP_STORE/state"
  report sales
  assert_equal "$output" "$before"
}

@test "--since and --until: a day or a time, from and up to; --zone says whose days" {
  sold
  report sales --since 2026-11-02
  assert_equal "$(sed 1d <<<"$output")" $'0,0,0,1,10,500000,-10,-500000,KRW\n1,3,15000,0,0,0,3,15000,USD'
  report sales --until 2026-11-03T10:00:00Z
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f2,5)" $'16,0\n4,0'
  report sales --since 2026-11-01T15:00:00Z --until 2026-11-02
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f2,9)" 6,KRW
  report sales --since 2026-11-02 --until 2026-11-03 --zone +09:00
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f2,9)" 6,KRW
  report sales --by day --zone +09:00
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f1,3,10)" $'2026-11-01,10,KRW\n2026-11-01,4,USD\n2026-11-02,6,KRW\n2026-11-03,0,KRW\n2026-11-03,3,USD'
  report sales --by day --zone -10:30
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f1 | sort -u)" $'2026-10-31\n2026-11-01\n2026-11-02'
  report payments --since 2030-01-01
  assert_equal "$(wc -l <<<"$output")" 1
}

@test "payments: approved, declined, refunded, parked, each with its amount" {
  sold
  cat >pay.yaml <<'END'
payment: {provider: exec, max_attempts: 1, command: [sh, -c, 'grep -q "\"reservationId\":\"5\"" && echo "{\"status\":\"declined\",\"reason\":\"no\"}"']}
END
  at 2026-11-04T10:00:00Z op-reserve place --musical 1 --seats 2
  at 2026-11-04T10:00:00Z op-reserve place --musical 1 --seats 1
  OP_NOW=2026-11-04T10:00:00Z op-pay --config pay.yaml -q run || true
  report payments
  assert_equal "$output" 'approved,approvedAmount,declined,declinedAmount,refunded,refundedAmount,parked,parkedAmount,netAmount,currency
2,800000,1,100000,2,500000,1,50000,300000,KRW
2,35000,0,0,0,0,0,0,35000,USD'
  report payments --by day
  assert_equal "$(sed 1d <<<"$output" | grep KRW)" '2026-11-01,2,800000,0,0,0,0,0,0,800000,KRW
2026-11-03,0,0,0,0,2,500000,0,0,-500000,KRW
2026-11-04,0,0,1,100000,0,0,1,50000,0,KRW'
  report payments --by musical
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f1,3,11)" $'1,2,300000\n2,2,35000'
}

@test "occupancy: what is held, sold and free at any moment" {
  sold
  report occupancy
  assert_equal "$output" 'musicalId,musicalName,seats,held,sold,offered,free,percent
1,겨울왕국,100,6,6,0,94,6.0
2,"<&""'"'"'>",40,7,7,0,33,17.5'
  local plain=$output
  report occupancy --by musical
  assert_equal "$output" "$plain"
  at 2026-11-05T10:00:00Z op-musical adjust 1 --seats 50
  at 2026-11-05T10:00:00Z op-musical register --id 10 --name Cats --seats 3
  at 2026-11-05T10:00:00Z op-reserve place --musical 1 --seats 5
  at 2026-11-05T10:00:00Z op-reserve cancel 4
  report occupancy # five not paid yet, three not given back yet
  assert_equal "$(sed 1d <<<"$output" | cut -d, -f1,3-)" $'1,50,11,6,0,39,22.0\n2,40,7,4,0,33,17.5\n10,3,0,0,0,3,0.0'
  assert_equal "$(cut -d, -f1,4 <<<"$output" | sed 1d)" "$(op-musical list -o json | jq -r '.[] | "\(.musicalId),\(.heldSeats)"')"
  succeeds op-mypage report occupancy
  assert_json .percent $'22\n17.5\n0'
}

# occupied: held, offered and free, as op-mypage and as op-musical have them.
occupied() {
  assert_equal "$(op-mypage report occupancy -o ndjson | jq -c '[.held, .offered, .free]')" "$1"
  assert_equal "$(op-musical show 1 | jq -c '[.heldSeats, .offeredSeats, .reservableSeats]')" "$1"
  assert_equal "$(op-mypage report occupancy --by day -o ndjson | tail -1 | jq -c '[.held, .offered, .free]')" "$1"
}

@test "occupancy: seats on offer to the waiting list are not free" {
  op-musical -q register --id 1 --name Cats --seats 10
  op-reserve -q place --musical 1 --seats 10
  for w in a b c; do op-reserve -q wait --musical 1 --seats 2 --id $w; done
  op-reserve -q cancel 1 --seats 7
  op-musical -q run
  occupied '[3,0,7]'
  op-reserve -q run
  occupied '[3,6,1]'
  op-reserve -q place --offer a
  occupied '[5,4,1]'
  op-reserve -q wait withdraw b
  occupied '[5,2,3]'
  at "$(date -u -d '+11 minutes' +%FT%TZ)" op-reserve run
  occupied '[5,0,5]'
}

# by_day OPTION...: the days as CSV without their head.
by_day() {
  report occupancy --by day "$@"
  assert_equal "$(head -1 <<<"$output")" day,musicalId,musicalName,seats,held,offered,free,percent
  output=$(sed 1d <<<"$output")
}

# last_day: the last row of each musical, in the form of the plain report, which it must be.
last_day() {
  by_day
  assert_equal "$(awk -F, '{ last[$2] = $2 "," $4 "," $5 "," $6 "," $7 "," $8 } END { for (id in last) print last[id] }' <<<"$output" | sort)" \
    "$(op-mypage report occupancy -o csv | sed 1d | cut -d, -f1,3,4,6- | sort)"
}

@test "occupancy by day: of the seats that there were, held until they are back, as now" {
  at 2026-11-01T09:00:00Z op-musical register --id 1 --name Cats --seats 10
  at 2026-11-01T10:00:00Z op-reserve place --musical 1 --seats 10
  at 2026-11-02T10:00:00Z op-reserve cancel 1 --seats 6
  last_day # cancelled, and not back before op-musical run
  assert_equal "$output" '2026-11-01,1,Cats,10,10,0,0,100.0'
  at 2026-11-02T11:00:00Z op-musical run
  last_day
  assert_equal "$output" $'2026-11-01,1,Cats,10,10,0,0,100.0\n2026-11-02,1,Cats,10,4,0,6,40.0'
  at 2026-11-02T12:00:00Z op-musical adjust 1 --seats 4
  at 2026-11-03T10:00:00Z op-musical register --id 2 --name Rent --seats 8
  at 2026-11-04T10:00:00Z op-musical adjust 1 --seats 8
  at 2026-11-04T10:00:00Z op-reserve place --musical 2 --seats 8
  local days='2026-11-01,1,Cats,10,10,0,0,100.0
2026-11-02,1,Cats,4,4,0,0,100.0
2026-11-03,2,Rent,8,0,0,8,0.0
2026-11-04,1,Cats,8,4,0,4,50.0
2026-11-04,2,Rent,8,8,0,0,100.0'
  last_day
  assert_equal "$output" "$days"
  rm -rf "$OP_STORE/state"
  by_day
  assert_equal "$output" "$days"
  # Part of the days: the totals stay.
  by_day --since 2026-11-02
  assert_equal "$output" "$(sed 1d <<<"$days")"
  by_day --until 2026-11-04
  assert_equal "$output" "$(head -3 <<<"$days")"
  by_day --since 2026-11-02T12:00:00Z --until 2026-11-03
  assert_equal "$output" "$(sed -n 2p <<<"$days")"
  by_day --since 2026-11-02T12:00:01Z --until 2026-11-03
  assert_equal "$output" ''
  by_day --until 2026-11-02T11:30:00Z
  assert_equal "$(sed -n 2p <<<"$output")" 2026-11-02,1,Cats,10,4,0,6,40.0
  # 20:00 UTC is the next morning in Seoul.
  at 2026-11-20T20:00:00Z op-reserve place --musical 1 --seats 1
  by_day
  assert_equal "$(tail -1 <<<"$output")" 2026-11-20,1,Cats,8,5,0,3,62.5
  by_day --zone +09:00 --since 2026-11-21
  assert_equal "$output" 2026-11-21,1,Cats,8,5,0,3,62.5
  local option
  for option in --zone=+09:00 --since=2026-11-20 --until=2026-11-20; do
    fails_as 64 usage op-mypage report occupancy "$option"
    fails_as 64 usage op-mypage report occupancy --by musical "$option"
  done
}

@test "a sum beyond 64 bits is one line, and nothing is printed" {
  op-musical -q register --id 1 --name Cats --seats 10 --price 5
  op-musical -q register --id 2 --name Rent --seats 2000 --currency USD
  op-reserve -q place --musical 1 --seats 1
  for ((i = 0; i < 1100; i++)); do echo '{"musicalId":"2","seats":1,"price":9007199254740991}'; done | op-reserve -q place --batch
  local wrong
  for wrong in '' '--by musical' '--by day -o json' '--svg -'; do
    # shellcheck disable=SC2086
    fails_as 65 sum_too_large op-mypage report sales $wrong
    [[ $(error_json currency) == USD && $(error_json message) == *'in USD add up to more than 9223372036854775807'* ]]
  done
  op-pay -q run
  fails_as 65 sum_too_large op-mypage report payments
  report sales --until 2000-01-01
}

@test "--svg: valid XML, whatever the musicals are called, and always the same" {
  sold
  succeeds op-mypage report sales --by day --svg sales.svg
  assert_equal "$output" ''
  xmllint --noout sales.svg
  assert_equal "$(xmllint --xpath 'count(//*[local-name()="text"][.="겨울왕국"])' sales.svg)" 1
  assert_equal "$(xmllint --xpath 'count(//*[local-name()="text"][starts-with(., "<&")])' sales.svg)" 1
  op-mypage report sales --svg - >again.svg
  cmp sales.svg again.svg
  rm -rf "$OP_STORE/state"
  op-mypage -q report sales --by day,musical --svg - >again.svg
  cmp sales.svg again.svg
  succeeds op-mypage report sales --since 2030-01-01 --svg -
  xmllint --noout - <<<"$output"
  [[ $output == *'>None.<'* ]]
  # With --since the lines start at what was sold before.
  op-mypage report sales --by day --svg all.svg
  succeeds op-mypage report sales --since 2026-11-02 --svg since.svg
  xmllint --noout since.svg
  local last='string((//*[local-name()="polyline"])[last()]/@points)'
  assert_equal "$(xmllint --xpath "$last" since.svg | sed 's/.*,//')" "$(xmllint --xpath "$last" all.svg | sed 's/.*,//')"
  assert_equal "$(xmllint --xpath '//*[local-name()="text"][contains(., "2026")]/text()' since.svg | head -1)" \
    '2026-11-03 to 2026-11-03, running total, less what was cancelled'
  assert_equal "$(xmllint --xpath 'count(//*[local-name()="circle"])' since.svg)" 2
  fails_as 73 cannot_create op-mypage report sales --svg nowhere/sales.svg
  fails_as 74 write_failed op-mypage report sales --svg /dev/full
}

# season: three weeks of three musicals.
season() {
  local day musical seats
  at 2026-10-31T09:00:00Z op-musical register --id 1 --name '겨울왕국' --seats 500 --price 50000
  at 2026-10-31T09:00:00Z op-musical register --id 2 --name 'Hadestown' --seats 300 --price 70000
  at 2026-10-31T09:00:00Z op-musical register --id 3 --name '노트르담 드 파리' --seats 200 --price 90000
  for day in {1..21}; do
    for musical in 1 2 3; do
      seats=$(((day * (7 + 4 * musical) + day * day) % (23 - 5 * musical) + 1))
      [ $((day * musical % 4)) -eq 3 ] || [ "$day" -lt $((2 * musical - 1)) ] ||
        printf '{"musicalId":"%d","seats":%d}\n' "$musical" "$seats"
    done | at "2026-11-$(printf %02d "$day")T10:00:00Z" op-reserve place --batch
  done
  for rid in 7 12 20; do
    at 2026-11-18T20:00:00Z op-reserve cancel $rid
  done
}

@test "--svg: every point of every line is a figure of the CSV, and every figure is there" {
  season
  op-mypage report sales --by day,musical -o csv >sales.csv
  op-mypage report sales --by day --svg sales.svg
  op_python - <<'END'
import collections, csv, datetime, xml.etree.ElementTree as tree
SVG = "{http://www.w3.org/2000/svg}"
root = tree.parse("sales.svg").getroot()
groups = {g.get("class"): g for g in root.iter(SVG + "g")}

def scale(group, value, place):
    """A function from places to values, by the first and the last mark of an axis."""
    marks = [(place(line), value(text.text)) for line, text in zip(group.iter(SVG + "line"), group.iter(SVG + "text"))]
    (a, x), (b, y) = marks[0], marks[-1]
    return lambda at: x + (at - a) * (y - x) / (b - a)

seats_at = scale(groups["seats"], lambda text: int(text.replace(",", "")), lambda line: float(line.get("y1")))
day_at = scale(groups["days"], lambda text: datetime.date.fromisoformat(text).toordinal(), lambda line: float(line.get("x1")))
totals, changes = collections.defaultdict(dict), collections.Counter()
for row in csv.DictReader(open("sales.csv", encoding="utf-8")):
    changes[row["musicalName"]] += int(row["netSeats"])
    totals[row["musicalName"]][datetime.date.fromisoformat(row["day"]).toordinal()] = changes[row["musicalName"]]
lines = list(groups["lines"])
assert len(lines) == len(totals) == 3, len(lines)
for line in lines:
    name = next(name for name in totals if name.startswith(line.find(SVG + "title").text.rstrip("…")))
    drawn = {}
    for point in line.get("points").split():
        x, y = map(float, point.split(","))
        drawn[round(day_at(x))] = round(seats_at(y))
        assert abs(day_at(x) - round(day_at(x))) < 0.05 and abs(seats_at(y) - round(seats_at(y))) < 0.1, point
    for day, seats in drawn.items():
        assert seats == max((at, total) for at, total in [(0, 0), *totals[name].items()] if at <= day)[1], (name, day)
    assert set(totals[name]) <= set(drawn), name
END
  cmp sales.svg "$OP_ROOT/docs/sales.svg"
}

@test "wrong calls" {
  fails_as 66 no_store op-mypage report sales
  fails_as 66 no_store op-mypage report occupancy
  succeeds op-musical register --id 1 --name Frozen --seats 1
  report sales
  assert_equal "$(wc -l <<<"$output")" 1
  fails_with 64 op-mypage report
  assert_equal "$stderr" "op-mypage: 'report' must be followed by one of: sales, occupancy, payments; see 'op-mypage report --help'"
  local wrong
  for wrong in '--by week' '--by day,' '--since yesterday' '--since 2026-02-30' '--until 2026-1-1' '--zone KST' '--zone 9' '--zone +25:00' \
    '--svg x --by musical' 'all'; do
    # shellcheck disable=SC2086
    fails_as 64 usage op-mypage report sales $wrong
  done
  fails_as 64 usage op-mypage report sales --zone ''
  for wrong in sales payments 'occupancy --by day'; do
    # shellcheck disable=SC2086
    fails_as 64 usage op-mypage report $wrong --since 2026-11-02 --until 2026-11-01
    # shellcheck disable=SC2086
    succeeds op-mypage report $wrong --since 2026-11-02 --until 2026-11-02
  done
  fails_as 64 usage op-mypage report occupancy --by week
  fails_as 64 usage op-mypage report payments --svg x
  [ ! -e x ] || fail "a wrong call wrote a file"
}
