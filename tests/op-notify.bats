#!/usr/bin/env bats
# op-notify: notices, channels, contacts, and forgetting.

load lib/common

# Two paid reservations: the first by customer c1, the second by nobody known.
two_paid() {
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10 --customer c1
  succeeds op-reserve place --musical 1 --seats 15
  succeeds op-pay run
}

# The text stands in a file below one of the paths.
somewhere() {
  local text=$1
  shift
  grep -rqaF -- "$text" "$@" || fail "nowhere: $text"
}

# It stands in none. (A bare `! grep` in the middle of a test would not fail it.)
nowhere() {
  local text=$1
  shift
  if grep -rqaF -- "$text" "$@"; then fail "somewhere: $text"; fi
}

@test "one notice per cause: two paid reservations are two, the cancellation of one adds a third" {
  two_paid
  succeeds op-notify run
  assert_json type $'NotificationSent\nNotificationSent'
  assert_json causation $'4\n5'
  assert_json .data.noticeId $'4\n5'
  assert_json correlation $'1\n2'
  appends_nothing succeeds op-notify run
  succeeds op-reserve cancel 1
  succeeds op-pay run
  succeeds op-notify run
  succeeds op-notify list
  assert_json template $'PaymentApproved\nPaymentApproved\nPaymentCancelled'
  assert_json status $'Sent\nSent\nSent'
  assert_json channel $'file\nfile\nfile'
  succeeds op-notify list --reservation 1
  assert_json template $'PaymentApproved\nPaymentCancelled'
  assert_json text \
    $'[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.\n[OuterPark] 예약과 결제가 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW 환불.'
  assert_json 'has("sentAt") and .lang == "ko" and .customerId == "c1"' $'true\ntrue'
}

@test "a notice is listed only once it was sent" {
  two_paid
  succeeds op-notify list
  assert_equal "$output" ''
  succeeds op-notify run --max 1
  succeeds op-notify list
  assert_json noticeId 4
}

@test "a partial refund tells the seats and the amount given back" {
  two_paid
  succeeds op-reserve cancel 2 --seats 4
  succeeds op-pay run
  succeeds op-notify run
  succeeds op-notify list
  assert_equal "$(json text | tail -1)" \
    '[OuterPark] 예약 일부가 취소되어 환불되었습니다. 예약 2, 겨울왕국 🎭, 4석 취소, 200,000 KRW 환불.'
  # The notice of the payment still tells what it told then.
  assert_equal "$(json text | sed -n 2p)" '[OuterPark] 결제가 승인되었습니다. 예약 2, 겨울왕국 🎭, 15석, 750,000 KRW.'
}

@test "channel file: one message a file, private, addressed where a contact is known" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org --name 김민수 --lang en
  succeeds op-notify run
  assert_equal "$(ls -A "$OP_STORE/outbox")" $'4.txt\n5.txt'
  assert_equal "$(stat -c %a "$OP_STORE/outbox")" 700
  assert_equal "$(stat -c %a "$OP_STORE/outbox/4.txt")" 600
  grep -qx 'To: 김민수 <minsu@example.org>' "$OP_STORE/outbox/4.txt"
  grep -qx 'Subject: \[OuterPark\] Payment approved: Reservation 1' "$OP_STORE/outbox/4.txt"
  grep -q '^Message-ID: <4\.[0-9]*@localhost>$' "$OP_STORE/outbox/4.txt"
  grep -q '^Date: [A-Z][a-z][a-z], ' "$OP_STORE/outbox/4.txt"
  assert_equal "$(tail -1 "$OP_STORE/outbox/4.txt")" \
    '[OuterPark] Your payment is approved. Reservation 1, 겨울왕국 🎭, 10 seats, 500,000 KRW.'
  nowhere 'To:' "$OP_STORE/outbox/5.txt"
  succeeds op-notify list --reservation 1
  assert_json lang en
  assert_json text '[OuterPark] Your payment is approved. Reservation 1, 겨울왕국 🎭, 10 seats, 500,000 KRW.'
}

@test "notify.directory and notify.from are obeyed" {
  two_paid
  printf 'notify: {directory: %s/mail/out, from: tickets@example.org}\n' "$PWD" >notify.yaml
  succeeds op-notify --config notify.yaml run
  grep -qx 'From: tickets@example.org' mail/out/4.txt
  grep -q '^Message-ID: <4\..*@example.org>$' mail/out/4.txt
}

@test "channel stdout: one line per notice and nothing else, recorded all the same" {
  two_paid
  printf 'notify: {channel: stdout}\n' >stdout.yaml
  succeeds op-notify --config stdout.yaml run
  assert_equal "$output" "$(op-notify list | jq -r .text)"
  assert_equal "$(wc -l <<<"$output")" 2
  assert_equal "$(op-notify list | jq -r .channel | sort -u)" stdout
  appends_nothing succeeds op-notify --config stdout.yaml run
  assert_equal "$output" ''
  [ ! -e "$OP_STORE/outbox" ]
}

@test "channel stdout: -q and -o json change nothing in what is handed on" {
  two_paid
  printf 'notify: {channel: stdout}\n' >stdout.yaml
  succeeds op-notify --config stdout.yaml -q -o json run
  assert_equal "$output" "$(op-notify list | jq -r .text)"
}

@test "channel stdout: what nobody read was not sent" {
  two_paid
  printf 'notify: {channel: stdout}\n' >stdout.yaml
  succeeds op_python -c 'import os, subprocess, sys
read_end, write_end = os.pipe()
os.close(read_end)
sys.exit(subprocess.run(sys.argv[1:], stdout=write_end).returncode)' op-notify --config stdout.yaml run
  assert_equal "$stderr" ''
  assert_equal "$(event_count NotificationSent)" 0
  succeeds op-notify --config stdout.yaml run
  assert_equal "$(wc -l <<<"$output")" 2
}

@test "an outbox that cannot be written: nothing is recorded" {
  two_paid
  touch "$OP_STORE/outbox"
  appends_nothing fails_as 73 cannot_create op-notify run
  rm "$OP_STORE/outbox"
  succeeds op-notify run
  assert_equal "$(event_count NotificationSent)" 2
}

@test "two at once, and killed ones, leave one record and one file per cause" {
  succeeds op-musical register --id 1 --name Frozen --seats 1000 --price 100
  for _ in $(seq 100); do printf '{"musicalId":"1","seats":1,"customerId":"c1"}\n'; done | succeeds op-reserve place --batch
  succeeds op-pay run -q
  for i in $(seq 10); do
    op-notify run -q --max 10 &
    pid=$!
    sleep "0.00$((RANDOM % 10))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" || true
  done
  for _ in 1 2 3; do op-notify run -q & done
  wait
  succeeds op-notify run
  assert_equal "$(event_count NotificationSent)" 100
  assert_equal "$(journal_bytes | jq -r 'select(.type=="NotificationSent").causation' | sort -u | wc -l)" 100
  assert_equal "$(find "$OP_STORE/outbox" -type f | wc -l)" 100
}

@test "--follow sends what comes and ends with 0" {
  two_paid
  op-notify run --follow >followed &
  pid=$!
  wait_until 10 test -e "$OP_STORE/outbox/5.txt"
  wait_until 10 grep -q 'notification-sent:5' followed
  succeeds op-reserve cancel 1
  succeeds op-pay run
  wait_until 10 sh -c '[ "$(wc -l <followed)" -eq 3 ]'
  kill -TERM "$pid"
  wait "$pid"
}

@test "contact set and show; a contact is replaced as a whole" {
  succeeds op-notify contact set c1 --email a@example.org --name '김 "철수" 🎭' --lang en
  assert_json customerId c1
  assert_json name '김 "철수" 🎭'
  succeeds op-notify contact show c1
  assert_json email a@example.org
  assert_json lang en
  succeeds op-notify contact set c1 --email b@example.org
  succeeds op-notify contact show c1
  assert_json '[.email, .name, .lang] | map(tostring) | join(" ")' 'b@example.org null ko'
  assert_equal "$(stat -c %a "$OP_STORE/contacts.db")" 600
  assert_equal "$(stat -c %a "$OP_STORE")" 700
}

@test "personal data is in contacts.db and the outbox, never in the journal or a read model" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org --name 김민수
  succeeds op-notify run
  succeeds op-notify list
  nowhere minsu@example.org "$OP_STORE/journal" "$OP_STORE/state"
  nowhere 김민수 "$OP_STORE/journal" "$OP_STORE/state"
  rm -rf "$OP_STORE/state"
  succeeds op-notify contact show c1
  assert_json name 김민수
}

@test "contact set --request-id and --dry-run" {
  succeeds op-notify contact set c1 --email a@b --request-id k
  first=$output
  succeeds op-notify contact set c1 --email c@d
  succeeds op-notify contact set c1 --email a@b --request-id k
  assert_equal "$output" "$first"
  succeeds op-notify contact show c1
  assert_json email c@d
  fails_as 1 request_id_reused op-notify contact set c1 --email x@y --request-id k
  fails_as 1 request_id_reused op-notify contact forget c1 --request-id k
  succeeds op-notify contact set c2 --email a@b --dry-run
  assert_json email a@b
  fails_as 1 no_such_contact op-notify contact show c2
}

@test "forgetting removes every personal byte, and is recorded once" {
  two_paid
  for i in $(seq 2 60); do succeeds op-notify contact set "c$i" --email "x$i@example.org" --name "Somebody $i"; done
  succeeds op-notify contact set c1 --email old-address@example.org --name 옛이름
  succeeds op-notify contact set c1 --email minsu@example.org --name 김민수 --request-id k1
  succeeds op-notify run
  somewhere minsu@example.org "$OP_STORE/contacts.db"
  somewhere minsu@example.org "$OP_STORE/outbox"
  succeeds op-notify contact forget c1
  assert_json customerId c1
  first=$output
  for text in minsu@example.org 김민수 old-address 옛이름; do
    nowhere "$text" "$OP_STORE"
  done
  assert_equal "$(ls -A "$OP_STORE/outbox")" 5.txt
  fails_as 1 no_such_contact op-notify contact show c1
  assert_equal "$(event_count CustomerForgotten)" 1
  appends_nothing succeeds op-notify contact forget c1
  assert_equal "$output" "$first"
  succeeds op-notify contact show c2
  # What was sent is listed still: the text is the journal's, and holds nothing personal.
  succeeds op-notify list
  assert_json noticeId $'4\n5'
}

@test "who was forgotten hears nothing any more, unless a new contact is left, which can be forgotten again" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org
  succeeds op-notify contact forget c1
  succeeds op-notify run
  assert_json type $'NotificationWithdrawn\nNotificationSent'
  assert_equal "$(ls -A "$OP_STORE/outbox")" 5.txt
  succeeds op-notify contact set c1 --email again@example.org
  succeeds op-reserve cancel 1
  succeeds op-pay run
  succeeds op-notify run
  assert_json type NotificationSent
  somewhere again@example.org "$OP_STORE/outbox"
  succeeds op-notify contact forget c1
  assert_equal "$(event_count CustomerForgotten)" 2
  nowhere again@example.org "$OP_STORE"
}

@test "forget: --request-id, --dry-run, who was never seen, who only reserved" {
  two_paid
  appends_nothing fails_as 1 no_such_contact op-notify contact forget nobody
  appends_nothing succeeds op-notify contact forget c1 --dry-run
  succeeds op-notify contact forget c1 --request-id f1
  first=$output
  appends_nothing succeeds op-notify contact forget c1 --request-id f1
  assert_equal "$output" "$first"
  fails_as 1 request_id_reused op-notify contact forget c2 --request-id f1
  assert_equal "$(journal_bytes | jq -r 'select(.type=="CustomerForgotten") | .correlation, (.causation|tostring)')" \
    $'customer:c1\nnull'
  # who is forgotten already: remembered, too
  appends_nothing succeeds op-notify contact forget c1
  succeeds op-notify contact forget c1 --request-id f2
  first=$output
  appends_nothing succeeds op-notify contact forget c1 --request-id f2
  assert_equal "$output" "$first"
  fails_as 1 request_id_reused op-notify contact forget c2 --request-id f2
}

@test "forget: a customer without a contact, whom the journal knows" {
  two_paid
  succeeds op-notify run
  [ -e "$OP_STORE/outbox/4.txt" ]
  assert_equal "$(sqlite3 "$OP_STORE/contacts.db" 'SELECT count(*) FROM contacts')" 0
  succeeds op-notify contact forget c1
  assert_json customerId c1
  first=$output
  assert_equal "$(event_count CustomerForgotten)" 1
  assert_equal "$(ls -A "$OP_STORE/outbox")" 5.txt
  appends_nothing succeeds op-notify contact forget c1
  assert_equal "$output" "$first"
}

# into DIRECTORY: the configuration names this one from now on.
into() {
  printf 'notify: {directory: %s}\n' "$1" >op.yaml
  export OP_CONFIG=$PWD/op.yaml
}

@test "forgetting finds what was written under an earlier notify.directory, in the store or elsewhere" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org --name 김민수
  into first
  succeeds op-notify run --max 1
  succeeds op-reserve cancel 1
  succeeds op-pay run
  into "$PWD/second"
  succeeds op-notify run
  into third
  rm -r "$OP_STORE/state"
  printf 'To: minsu@example.org\n' >"$OP_STORE/first/.notice.3.tmp"
  assert_equal "$(grep -rlF minsu@example.org "$OP_STORE/first" second | sort | paste -sd' ')" \
    "$(printf '%s\n' "$OP_STORE/first/.notice.3.tmp" "$OP_STORE/first/4.txt" second/8.txt | sort | paste -sd' ')"
  succeeds op-notify contact forget c1
  nowhere minsu@example.org "$OP_STORE" second
  nowhere 김민수 "$OP_STORE" second
  assert_equal "$(ls second)" 5.txt
  [ ! -e "$OP_STORE/third" ]
}

@test "forgetting: what cannot be removed is an error that names it, and what can be is removed all the same" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org
  into "$PWD/first"
  succeeds op-notify run
  succeeds op-reserve cancel 1
  succeeds op-pay run
  into second
  succeeds op-notify run
  # A directory in the place of the file, as no permission keeps root from removing one.
  rm first/4.txt
  mkdir first/4.txt
  fails_with 74 op-notify contact forget c1
  assert_equal "$stderr" "op-notify: customer c1: notice 4 cannot be removed from $PWD/first: Is a directory"
  assert_equal "$(ls "$OP_STORE/second")" ''
  rmdir first/4.txt
  mv first away
  fails_as 75 outbox_missing op-notify contact forget c1
  mv away first
  : >first/4.txt
  appends_nothing succeeds op-notify contact forget c1
  assert_equal "$(ls first)" 5.txt
}

@test "the outboxes are remembered in a contact store of an earlier version, too" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org
  sqlite3 "$OP_STORE/contacts.db" 'DROP TABLE outboxes'
  succeeds op-notify run --max 1
  into other
  succeeds op-notify contact forget c1
  nowhere minsu@example.org "$OP_STORE"
}

@test "forgetting waits for a run that is writing" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org
  mkdir -m 700 "$OP_STORE/outbox"
  exec 9<"$OP_STORE/outbox"
  flock -x 9
  fails_as 75 busy op-notify --timeout 100ms contact forget c1
  fails_as 75 busy op-notify --timeout 100ms run
  exec 9<&-
  succeeds op-notify contact forget c1
  nowhere minsu@example.org "$OP_STORE"
}

# left_behind: what a killed run leaves, under the first and the last of the names that there are.
left_behind() {
  printf 'To: minsu@example.org\n' | tee "$OP_STORE/outbox/.notice.0.tmp" >"$OP_STORE/outbox/.notice.255.tmp"
}

@test "what a killed run left is removed by the next run, also by one with nothing to send, and by forgetting" {
  two_paid
  succeeds op-notify run --max 1
  left_behind
  succeeds op-notify run
  nowhere minsu@example.org "$OP_STORE/outbox"
  left_behind
  appends_nothing succeeds op-notify run
  nowhere minsu@example.org "$OP_STORE/outbox"
  left_behind
  succeeds op-notify contact forget c1
  nowhere minsu@example.org "$OP_STORE"
  # Another run that is writing is let alone, and not waited for.
  left_behind
  exec 9<"$OP_STORE/outbox"
  flock -x 9
  appends_nothing succeeds op-notify --timeout 100ms run
  somewhere minsu@example.org "$OP_STORE/outbox"
  exec 9<&-
}

@test "more notices than a batch holds: a message for each" {
  succeeds op-musical register --id 1 --name Frozen --seats 1000 --price 100
  for _ in $(seq 300); do printf '{"musicalId":"1","seats":1,"customerId":"c1"}\n'; done |
    succeeds op-reserve -q place --batch
  succeeds op-pay run -q
  succeeds op-notify run -q
  assert_equal "$(event_count NotificationSent)" 300
  assert_equal "$(find "$OP_STORE/outbox" -name '[0-9]*.txt' | wc -l)" 300
  assert_equal "$(find "$OP_STORE/outbox" -mindepth 1 | wc -l)" 300
  assert_equal "$(find "$OP_STORE/outbox" -type f -size 0 | wc -l)" 0
}

@test "addresses that could break a header are refused" {
  local email
  for email in '' a @b a@ a@b@c 'a b@c' $'a@b\nBcc: x@y' 'a@b>' 'a,b@c' $'a@\xff\xfe'; do
    fails_as 65 bad_email op-notify contact set c1 --email "$email"
  done
  fails_as 65 bad_text op-notify contact set c1 --email a@b --name $'x\ny'
  fails_as 65 bad_id op-notify contact set 'a b' --email a@b
  [ ! -e "$OP_STORE" ]
}

@test "errors: usage, missing store" {
  fails_as 66 no_store op-notify run
  fails_as 66 no_store op-notify list
  fails_as 66 no_store op-notify contact show c1
  fails_as 1 no_such_contact op-notify contact forget c1
  [ ! -e "$OP_STORE" ]
  fails_as 64 usage op-notify contact set c1
  fails_as 64 usage op-notify contact set c1 --email a@b --lang fr
  fails_as 64 usage op-notify contact show
  fails_as 64 usage op-notify contact
  fails_as 64 usage op-notify contact show c1 --email a@b
  fails_as 66 no_store op-notify retry 1
  printf 'x' >afile
  OP_STORE=$PWD/afile fails_as 73 cannot_create op-notify contact set c1 --email a@b
  # A contact alone makes no journal.
  succeeds op-notify contact set c1 --email a@b
  fails_as 66 no_store op-pay list
  fails_as 1 no_such_contact op-notify contact show c2
}

@test "list: the notices about one reservation are found by an index" {
  two_paid
  succeeds op-notify run
  by_index op-notify list --reservation 2
  assert_json noticeId 5
}
