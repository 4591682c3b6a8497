#!/usr/bin/env bats
# op-notify-channels: notices by exec and sendmail, retries and parking, templates, header injection, forgetting.

# shellcheck disable=SC2016 # what sh -c is given expands there

load lib/common

# Two paid reservations: notice 4 for customer c1, notice 5 for c2.
two_paid() {
  succeeds op-musical register --id 1 --name '겨울왕국 🎭' --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10 --customer c1
  succeeds op-reserve place --musical 1 --seats 15 --customer c2
  succeeds op-pay run
}

# contacts: those of the two, one in each language.
contacts() {
  succeeds op-notify contact set c1 --email minsu@example.org --name 김민수
  succeeds op-notify contact set c2 --email ann@example.org --name 'Ann "A." Lee' --lang en
}

# program NAME: an executable in the current directory, of what comes on stdin.
program() {
  cat >"$1"
  chmod +x "$1"
}

# by_exec [KEY: VALUE...]: notices go to ./send; further keys of notify, one an argument.
by_exec() {
  {
    printf 'notify:\n  channel: exec\n  command: [%s/send, --argument]\n  from: "아우터파크 <tickets@example.org>"\n' "$PWD"
    [ $# -eq 0 ] || printf '  %s\n' "$@"
  } >notify.yaml
  export OP_CONFIG=$PWD/notify.yaml
}

# at TIME CMD...: with the clock at that time of 2027-01-01, which is after all that the tests did.
at() { OP_NOW=2027-01-01T$1Z "${@:2}"; }

# A sender that keeps each message in a file of its own.
keeping_sender() {
  mkdir -p sent
  program send <<'SH'
#!/bin/sh
cd "$(dirname "$0")/sent" || exit 75
env | grep '^NOTICE_' | sort >"$NOTICE_ID.$NOTICE_ATTEMPT.env"
cat >"$NOTICE_ID.$NOTICE_ATTEMPT.eml"
SH
}

# read_mail FILE EXPRESSION: of the message `m` as Python's mail parser understands it.
read_mail() {
  op_python -c 'import email, email.policy, sys
with open(sys.argv[1], "rb") as file:
    m = email.message_from_binary_file(file, policy=email.policy.default)
assert not m.defects, m.defects
print(eval(sys.argv[2]))' "$@"
}

# The text stands in no file below the paths.
nowhere() {
  local text=$1
  shift
  if grep -rqaF -- "$text" "$@"; then fail "somewhere: $(grep -rlaF -- "$text" "$@")"; fi
}

@test "exec: the message on stdin, what it is about in variables, each recorded once" {
  two_paid
  contacts
  keeping_sender
  by_exec
  succeeds op-notify run
  assert_json type $'NotificationSent\nNotificationSent'
  assert_json .data.channel $'exec\nexec'
  assert_equal "$(ls sent)" $'4.1.eml\n4.1.env\n5.1.eml\n5.1.env'
  assert_equal "$(grep -v MESSAGE_ID sent/4.1.env)" "NOTICE_ATTEMPT=1
NOTICE_CUSTOMER_ID=c1
NOTICE_FROM=tickets@example.org
NOTICE_ID=4
NOTICE_LANG=ko
NOTICE_NAME=김민수
NOTICE_OFFER_ID=
NOTICE_RESERVATION_ID=1
NOTICE_SUBJECT=[OuterPark] 결제 승인: 예약 1
NOTICE_TEMPLATE=PaymentApproved
NOTICE_TEXT=[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.
NOTICE_TO=minsu@example.org"
  # Plain ASCII headers that a mail program decodes to what was meant.
  assert_equal "$(sed '/^$/q' sent/4.1.eml | LC_ALL=C grep -c '[^ -~]')" 0
  assert_equal "$(read_mail sent/4.1.eml 'm["from"], m["to"], m["subject"], m["message-id"][1:-1]')" \
    "('아우터파크 <tickets@example.org>', '김민수 <minsu@example.org>', '[OuterPark] 결제 승인: 예약 1', '$(sed -n 's/NOTICE_MESSAGE_ID=//p' sent/4.1.env)')"
  assert_equal "$(read_mail sent/4.1.eml 'm.get_content()')" \
    '[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.'
  assert_equal "$(read_mail sent/5.1.eml 'm["to"].addresses[0].display_name, m["to"].addresses[0].addr_spec')" \
    "('Ann \"A.\" Lee', 'ann@example.org')"
  appends_nothing succeeds op-notify run
  assert_equal "$(find sent -name '*.eml' | wc -l)" 2
  [ ! -e "$OP_STORE/outbox" ]
}

@test "exec: five lines of shell are a sender; what it prints is no event" {
  two_paid
  contacts
  program send <<'SH'
#!/bin/sh
echo "sending to $NOTICE_TO"
[ -n "$NOTICE_TO" ] || exit 0
printf '%s\t%s\n' "$NOTICE_TO" "$NOTICE_TEXT" >>"$(dirname "$0")/texts"
[ "$1" = --argument ]
SH
  by_exec
  succeeds op-notify run
  assert_json type $'NotificationSent\nNotificationSent'
  assert_equal "$(cut -f1 texts)" $'minsu@example.org\nann@example.org'
}

@test "exec: the example sender gives the text, the address and the Message-ID; what it cannot do now is tried again" {
  two_paid
  succeeds op-notify contact set c1 --email minsu@example.org
  ln -s "$OP_ROOT/examples/outerpark/send.sh" send
  by_exec
  mkdir bin
  program bin/curl <<'SH'
#!/bin/sh
printf '%s\n' "$@" >>"$(dirname "$0")/../called"
exit 22
SH
  PATH=$PWD/bin:$PATH succeeds at 10:00:00 op-notify run
  assert_json '[.type,.data.noticeId,.data.reason]|tojson' $'["NotificationFailed","4","try_again"]\n["NotificationSent","5",null]'
  grep -qx 'to=minsu@example.org' called
  grep -qx 'text=\[OuterPark\] 결제가 승인되었습니다. 예약 1, .*' called
  grep -qx 'Idempotency-Key: 4\.[0-9]*@example.org' called
}

@test "the settings of the example are the built-in ones" {
  two_paid
  contacts
  succeeds op-notify --config "$OP_ROOT/examples/outerpark/outerpark.yaml" --store "$OP_STORE" run
  succeeds op-notify --config "$OP_ROOT/examples/outerpark/outerpark.yaml" --store "$OP_STORE" list
  assert_equal "$output" "$(op-notify list)"
}

@test "exec: a failure is an event with its time; retried then, parked in the end, brought back by retry" {
  two_paid
  contacts
  mkdir sent
  program send <<'SH'
#!/bin/sh
cat >"$(dirname "$0")/sent/$NOTICE_ID.$NOTICE_ATTEMPT"
[ "$NOTICE_ID" != 4 ] || exit "$(cat "$(dirname "$0")/code")"
SH
  by_exec 'max_attempts: 3'
  echo 75 >code
  succeeds at 10:00:00 op-notify run
  # One bad recipient does not hold up the others.
  assert_json '[.type,.data.noticeId,.data.attempt,.data.reason]|tojson' \
    $'["NotificationFailed","4",1,"try_again"]\n["NotificationSent","5",null,null]'
  jq -se '.[0].data.retryAt | . > "2027-01-01T10:00:00.0" and . <= "2027-01-01T10:00:05.000000Z"' <<<"$output"
  assert_equal "$(op-notify list | jq -r .noticeId)" 5
  succeeds op-notify list --status Pending
  assert_json '[.noticeId,.status,.attempts,.reason,.retryAt[:17],.channel]|tojson' \
    '["4","Pending",1,"try_again","2027-01-01T10:00:","exec"]'
  # Not before its time.
  appends_nothing succeeds at 10:00:00 op-notify run
  # Attempts come from the journal: a read model that is gone forgets none.
  rm -rf "$OP_STORE/state"
  echo 1 >code
  succeeds at 10:00:05 op-notify run
  assert_json '[.type,.data.attempt,.data.reason]|tojson' '["NotificationFailed",2,"exit_1"]'
  succeeds at 10:00:15 op-notify run
  assert_json '[.type,.data.attempts,.data.reason]|tojson' '["NotificationParked",3,"exit_1"]'
  [[ $stderr == 'op-notify: '*'notice 4: parked, not delivered (exit_1)'* ]] || fail "no warning: $stderr"
  appends_nothing succeeds at 23:00:00 op-notify run
  by_index op-notify list --status Parked
  assert_json '[.noticeId,.status,.attempts,.reason,.retryAt]|tojson' '["4","Parked",3,"exit_1",null]'
  echo 0 >code
  succeeds op-notify retry 4
  assert_json '[.noticeId,.reservationId,.status]|tojson' '["4","1","Pending"]'
  appends_nothing succeeds op-notify retry 4
  succeeds at 23:00:00 op-notify run
  assert_json type NotificationSent
  succeeds op-notify list --all
  assert_json '[.noticeId,.status,.attempts,.reason]|tojson' $'["4","Sent",3,null]\n["5","Sent",0,null]'
  # The same message each time, byte for byte.
  assert_equal "$(find sent -name '4.*' | wc -l)" 4
  assert_equal "$(cat sent/4.* | grep -c '^Message-ID: ')" 4
  assert_equal "$(sha256sum sent/4.* | cut -d' ' -f1 | sort -u | wc -l)" 1
}

@test "exec: after a retry the attempts are counted anew" {
  two_paid
  program send <<<$'#!/bin/sh\nexit 1'
  by_exec 'max_attempts: 2'
  succeeds at 10:00:00 op-notify run --max 1
  succeeds at 10:00:05 op-notify run --max 1 # 5, which is due longer
  succeeds at 10:00:05 op-notify run
  assert_equal "$(op-notify list --status Parked | jq -r .noticeId | sort)" 4
  succeeds op-notify retry 4
  succeeds at 11:00:00 op-notify run
  assert_equal "$(op-notify list --status Pending | jq -c '[.noticeId,.attempts]' | head -1)" '["4",3]'
  succeeds at 12:00:00 op-notify run
  assert_equal "$(op-notify list --status Parked | jq -c '[.noticeId,.attempts]')" $'["4",4]\n["5",2]'
}

@test "retry: a notice that waits for its time is due at once" {
  two_paid
  program send <<<$'#!/bin/sh\nexit 1'
  by_exec
  succeeds at 10:00:00 op-notify run
  appends_nothing succeeds at 10:00:00 op-notify run
  succeeds at 10:00:00 op-notify retry 5
  succeeds at 10:00:00 op-notify run
  assert_json '[.data.noticeId,.data.attempt]|tojson' '["5",2]'
}

@test "retry: --dry-run, --request-id, and what cannot be retried" {
  two_paid
  contacts
  program send <<<$'#!/bin/sh\nexit 1'
  by_exec 'max_attempts: 1'
  succeeds op-notify run
  appends_nothing succeeds op-notify retry 4 --dry-run
  succeeds op-notify retry 4 --request-id k
  first=$output
  appends_nothing succeeds op-notify retry 4 # it is due
  succeeds op-notify retry 4 --request-id due
  assert_equal "$output" "$first"
  succeeds op-notify run # parked again
  appends_nothing succeeds op-notify retry 4 --request-id due
  assert_equal "$(op-notify list --status Parked | jq -r 'select(.noticeId == "4") | .noticeId')" 4
  succeeds op-notify retry 4
  program send <<<$'#!/bin/sh\nexit 0'
  succeeds op-notify run
  appends_nothing succeeds op-notify retry 4 --request-id k
  assert_equal "$output" "$first"
  appends_nothing fails_as 1 request_id_reused op-notify retry 5 --request-id k
  appends_nothing fails_as 1 already_sent op-notify retry 4
  appends_nothing fails_as 1 no_such_notice op-notify retry 3
  appends_nothing fails_as 1 no_such_notice op-notify retry nothing
  fails_as 65 bad_id op-notify retry 'a b'
  fails_as 64 usage op-notify retry
  fails_as 64 usage op-notify list --status Lost
}

@test "exec: a signal and the time limit are failures; the time limit ends what the sender started, too" {
  two_paid
  contacts
  program send <<'SH'
#!/bin/sh
[ "$NOTICE_ID" = 4 ] && kill -KILL $$
sleep 1000 &
echo $! >"$(dirname "$0")/child"
sleep 1000
SH
  by_exec 'timeout: 300ms'
  succeeds at 10:00:00 op-notify run
  assert_json '[.data.noticeId,.data.reason]|tojson' $'["4","signal_9"]\n["5","timeout"]'
  wait_until 5 sh -c '! kill -0 "$(cat child)"'
}

@test "exec: no program, none named, one that cannot be executed: nothing is recorded, nobody's attempt is used up" {
  two_paid
  by_exec
  appends_nothing fails_as 78 bad_config op-notify run
  [[ $(error_json message) == "notify.command: $PWD/send: no such program" ]] || fail "$stderr"
  echo x >send
  appends_nothing fails_as 77 not_executable op-notify run
  printf 'notify: {channel: exec}\n' >notify.yaml
  appends_nothing fails_as 78 bad_config op-notify run
  printf 'notify: {from: nobody}\n' >notify.yaml
  appends_nothing fails_as 78 bad_config op-notify run
}

@test "exec: two at once send each message once; who comes later leaves it to the first, or with --follow waits" {
  two_paid
  mkfifo gate
  program send <<'SH'
#!/bin/sh
echo "$NOTICE_ID" >>"$(dirname "$0")/log"
read -r _ <"$(dirname "$0")/gate"
SH
  by_exec
  op-notify run >first 2>&1 &
  first=$!
  wait_until 10 test -s log
  appends_nothing succeeds op-notify -o json run
  assert_equal "$output" '[]'
  op-notify run --follow >follower 2>&1 &
  follower=$!
  printf 'go\n' >gate
  wait_until 10 grep -q 5 log
  printf 'go\n' >gate
  wait "$first"
  assert_equal "$(cat log)" $'4\n5'
  # The follower takes over.
  succeeds op-reserve cancel 1
  succeeds op-pay run
  wait_until 10 sh -c '[ "$(wc -l <log)" -eq 3 ]'
  printf 'go\n' >gate
  wait_until 10 grep -q notification-sent:9 follower
  kill -TERM "$follower"
  wait "$follower"
}

@test "exec: killed while it sends, the next run sends the same message under the same Message-ID" {
  two_paid
  contacts
  mkdir sent
  program send <<'SH'
#!/bin/sh
cd "$(dirname "$0")" || exit 75
cat >"sent/$NOTICE_ID.$$"
[ -e go ] || { echo $$ >arrived; exec sleep 1000; }
SH
  by_exec
  op-notify run &
  pid=$!
  wait_until 10 test -s arrived
  kill -KILL "$pid"
  wait "$pid" || true
  kill -KILL "$(cat arrived)" # a sender outlives whoever was killed
  assert_equal "$(event_count NotificationSent)" 0
  : >go
  succeeds op-notify run
  assert_equal "$(event_count NotificationSent)" 2
  assert_equal "$(cat sent/4.* | grep -c '^Message-ID: ')" 2
  assert_equal "$(sha256sum sent/4.* | cut -d' ' -f1 | sort -u | wc -l)" 1
}

@test "outerpark tick does not wait for what is due later" {
  two_paid
  program send <<<$'#!/bin/sh\nexit 1'
  by_exec
  succeeds at 10:00:00 outerpark tick
  assert_equal "$(event_count NotificationFailed)" 2
  assert_equal "$(event_count NotificationSent)" 0
}

# ---- sendmail ----------------------------------------------------------------------------------

# by_sendmail PATH: notices go to that sendmail.
by_sendmail() {
  printf 'notify: {channel: sendmail, sendmail: %s, from: "아우터파크 <tickets@example.org>"}\n' "$1" >notify.yaml
  export OP_CONFIG=$PWD/notify.yaml
}

# mail_arrives_here: a real mailer with the interface of sendmail, which gives every mail to a program that puts it into
# ./Maildir; without a daemon and without network.
mail_arrives_here() {
  command -v esmtp >/dev/null || skip "there is no esmtp to send mail with: mk/deps test"
  mkdir -p Maildir/tmp Maildir/new Maildir/cur
  program deliver <<'SH'
#!/bin/sh
cd "$(dirname "$0")/Maildir" && cat >"tmp/$$" && mv "tmp/$$" "new/$$"
SH
  printf 'mda "%s/deliver"\nforce_mda "everybody"\n' "$PWD" >"$HOME/.esmtprc"
  chmod 600 "$HOME/.esmtprc"
  by_sendmail "$(command -v esmtp)"
}

@test "sendmail: it is called as sendmail -t -i" {
  two_paid
  contacts
  program sendmail <<'SH'
#!/bin/sh
cat >"$(dirname "$0")/mail"
printf '%s\n' "$@" >"$(dirname "$0")/arguments"
SH
  by_sendmail "$PWD/sendmail"
  succeeds op-notify run --max 1
  assert_json .data.channel sendmail
  assert_equal "$(cat arguments)" $'-t\n-i'
  grep -qx 'To: =?UTF-8?B?6rmA66+87IiY?= <minsu@example.org>' mail
  grep -qx 'Auto-Submitted: auto-generated' mail
}

@test "sendmail: a real mailer delivers; Korean names and subjects arrive whole" {
  mail_arrives_here
  two_paid
  contacts
  succeeds op-notify run
  assert_json type $'NotificationSent\nNotificationSent'
  assert_equal "$(find Maildir/new -type f | wc -l)" 2
  local korean
  korean=$(grep -rl minsu@example.org Maildir/new)
  assert_equal "$(read_mail "$korean" 'm["from"], m["to"], m["subject"], m["auto-submitted"]')" \
    "('아우터파크 <tickets@example.org>', '김민수 <minsu@example.org>', '[OuterPark] 결제 승인: 예약 1', 'auto-generated')"
  assert_equal "$(read_mail "$korean" 'm.get_content()')" \
    '[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.'
  assert_equal "$(read_mail "$korean" 'm["message-id"]')" "<4.$(op-journal read --after 3 --limit 1 |
    jq -r '.time | sub("\\.(?<f>[0-9]+)Z"; "Z") | fromdate')$(op-journal read --after 3 --limit 1 | jq -r '.time[20:26]')@example.org>"
  read_mail "$(grep -rl ann@example.org Maildir/new)" 'm["to"].addresses[0].display_name' | grep -qx 'Ann "A." Lee'
  appends_nothing succeeds op-notify run
  assert_equal "$(find Maildir/new -type f | wc -l)" 2
}

@test "sendmail: no name and no text brings a header, a recipient or a mail of its own" {
  mail_arrives_here
  # Events of somebody else, with names that no command of ours would take.
  mark_damaged
  jq -cn '{type: "MusicalRegistered", data: {musicalId: "1", name: "x\r\nBcc: evil@example.org\r\n\r\nbody\u2028X: y", seats: 9}},
    {type: "ReservationPlaced", tags: ["reservation:1"], correlation: "1", data: {reservationId: "1", musicalId: "1",
      customerId: "c1", seats: 1, amount: 5, currency: "K\r\nX: y"}},
    {type: "PaymentApproved", tags: ["reservation:1"], correlation: "1", data: {paymentId: "1", reservationId: "1",
      customerId: "c1", amount: 5, currency: "K\r\nX: "}}' | op-journal append -q
  succeeds op-notify contact set c1 --email minsu@example.org --name '=?UTF-8?Q?=0D=0ABcc:_evil@example.org?= <evil@example.org>, x'
  printf '%s\n' 'notify:' '  channel: sendmail' "  sendmail: $(command -v esmtp)" '  templates:' \
    '    ko: {PaymentApproved: {subject: "{musicalName} {customerName}", text: "{musicalName}\n.\n{customerName}"}}' >notify.yaml
  succeeds op-notify run
  local mail
  mail=$(find Maildir/new -type f)
  [ -f "$mail" ]
  assert_equal "$(read_mail "$mail" '", ".join(sorted(k.lower() for k in m.keys()))')" \
    'auto-submitted, content-transfer-encoding, content-type, date, from, message-id, mime-version, subject, to'
  assert_equal "$(read_mail "$mail" 'len(m["to"].addresses), m["to"].addresses[0].addr_spec')" "(1, 'minsu@example.org')"
  assert_equal "$(read_mail "$mail" 'm.get_content().count(chr(10))')" 3
  nowhere $'\r' Maildir
}

@test "sendmail: a mailer that cannot deliver is a failure, and tried again" {
  mail_arrives_here
  two_paid
  contacts
  printf '#!/bin/sh\ncat >/dev/null; exit 1\n' >deliver
  succeeds at 10:00:00 op-notify run
  assert_json type $'NotificationFailed\nNotificationFailed'
  assert_equal "$(find Maildir/new -type f | wc -l)" 0
  mail_arrives_here
  succeeds at 10:01:00 op-notify run
  assert_json type $'NotificationSent\nNotificationSent'
  assert_equal "$(find Maildir/new -type f | wc -l)" 2
}

@test "sendmail: no contact is parked, to be retried once there is one; no customer at all is withdrawn" {
  succeeds op-musical register --id 1 --name Frozen --seats 100 --price 50000
  succeeds op-reserve place --musical 1 --seats 10 --customer c1
  succeeds op-reserve place --musical 1 --seats 15
  succeeds op-pay run
  program sendmail <<<$'#!/bin/sh\ncat >"$(dirname "$0")/mail"'
  by_sendmail "$PWD/sendmail"
  succeeds op-notify run
  assert_json '[.type,.data.noticeId,.data.reason]|tojson' \
    $'["NotificationParked","4","no_contact"]\n["NotificationWithdrawn","5","no_customer"]'
  [ ! -e mail ]
  succeeds op-notify contact set c1 --email minsu@example.org
  succeeds op-notify retry 4
  succeeds op-notify run
  assert_json type NotificationSent
  grep -qx 'To: minsu@example.org' mail
  fails_as 1 notice_withdrawn op-notify retry 5
}

# ---- templates ---------------------------------------------------------------------------------

@test "templates: of the configuration, by event and language, in messages and in the list" {
  two_paid
  contacts
  cat >notify.yaml <<'YAML'
notify:
  templates:
    ko:
      PaymentApproved:
        subject: "{musicalName} 예매 완료"
        text: |
          {customerName}님, {musicalName} {seats}석이 예매되었습니다.
          결제 금액: {amount} {currency} (예약 {reservationId})
      PaymentCancelled:
        text: "{reason}: {amount} {currency} 환불"
    en:
      PaymentApproved:
        text: "{{{customerName}}}"
YAML
  export OP_CONFIG=$PWD/notify.yaml
  succeeds op-notify run
  grep -qx 'Subject: 겨울왕국 🎭 예매 완료' "$OP_STORE/outbox/4.txt"
  assert_equal "$(sed '1,/^$/d' "$OP_STORE/outbox/4.txt")" \
    $'김민수님, 겨울왕국 🎭 10석이 예매되었습니다.\n결제 금액: 500,000 KRW (예약 1)'
  grep -qx 'Subject: \[OuterPark\] Payment approved: Reservation 2' "$OP_STORE/outbox/5.txt"
  assert_equal "$(tail -1 "$OP_STORE/outbox/5.txt")" '{Ann "A." Lee}'
  succeeds op-reserve cancel 1 --reason 감기
  succeeds op-pay run
  succeeds op-notify run
  assert_equal "$(op-notify list --reservation 1 | jq -r .text | tail -1)" '감기: 500,000 KRW 환불'
  # The name is looked up, and never shown once it was forgotten.
  assert_equal "$(op-notify list --reservation 2 | jq -r .text)" '{Ann "A." Lee}'
  succeeds op-notify contact forget c2
  assert_equal "$(op-notify list --reservation 2 | jq -r .text)" '{customer}'
}

@test "templates: on stdout each is one line; a mistake is told with its place" {
  two_paid
  contacts
  printf 'notify: {channel: stdout, templates: {ko: {PaymentApproved: {text: "a\\nb"}}, en: {PaymentApproved: {text: c}}}}\n' >notify.yaml
  succeeds op-notify --config notify.yaml run
  assert_equal "$output" $'a b\nc'
  printf 'notify:\n  templates:\n    ko:\n      PaymentApproved: {text: "{seat}석"}\n' >notify.yaml
  fails_as 78 bad_config op-notify --config notify.yaml run
  assert_error_json message 'notify.yaml:4:31: notify.templates.ko.PaymentApproved.text: {seat} is no placeholder, did you mean {seats}?'
}

@test "an expired reservation: one notice, which says why" {
  succeeds op-musical register --id 1 --name Frozen --seats 100 --price 50000
  printf 'reservation: {hold: 15m}\n' >hold.yaml
  export OP_CONFIG=$PWD/hold.yaml
  succeeds at 10:00:00 op-reserve place --musical 1 --seats 10
  succeeds at 11:00:00 op-reserve run
  succeeds at 11:00:00 outerpark tick -q
  succeeds op-notify list
  assert_json '[.template,.text]|tojson' \
    '["ReservationCancelled","[OuterPark] 결제 기한이 지나 예약이 취소되었습니다. 예약 1, Frozen, 10석, 청구 금액 없음."]'
}

# ---- forgetting --------------------------------------------------------------------------------

# holders TEXT: the files of the store that hold it.
holders() { (cd "$OP_STORE" && grep -rlaF -- "$1" . | LC_ALL=C sort | paste -sd' '); }

@test "forgetting: personal data stands in contacts.db and the outbox alone, and then nowhere" {
  two_paid
  succeeds op-notify contact set c1 --email old@example.org --name 옛이름 --request-id k0
  contacts
  printf 'notify: {templates: {ko: {PaymentApproved: {text: "{customerName}님"}}}}\n' >file.yaml
  succeeds op-notify --config file.yaml run
  succeeds op-notify --config file.yaml list --all
  assert_equal "$(holders minsu@example.org)" './contacts.db ./outbox/4.txt'
  assert_equal "$(holders 김민수)" './contacts.db ./outbox/4.txt'
  assert_equal "$(holders 옛이름)" './contacts.db'
  # A run that was killed left half a message; a notice failed and waits; another one is parked.
  printf 'To: minsu@example.org\n' >"$OP_STORE/outbox/.notice.0.tmp"
  succeeds op-reserve cancel 1 --seats 1
  succeeds op-pay run
  program send <<<$'#!/bin/sh\ncat >&2; exit 1'
  by_exec
  succeeds at 10:00:00 op-notify run
  assert_equal "$(event_count NotificationFailed)" 1
  succeeds op-notify contact forget c1
  for text in minsu@example.org 김민수 old@example.org 옛이름 6rmA66; do
    assert_equal "$(holders "$text")" ''
  done
  assert_equal "$(ls -A "$OP_STORE/outbox")" 5.txt
  # What was still to be told is settled without being delivered, and says so.
  keeping_sender
  succeeds at 11:00:00 op-notify run
  assert_json '[.type,.data.reason]|tojson' '["NotificationWithdrawn","customer_forgotten"]'
  assert_equal "$(ls sent)" ''
  succeeds op-notify list --status Withdrawn
  assert_json '[.status,.reason,.customerId]|tojson' '["Withdrawn","customer_forgotten","c1"]'
  # So is what happens afterwards.
  succeeds op-reserve cancel 1
  succeeds op-pay run
  succeeds at 12:00:00 op-notify run
  assert_json .data.reason customer_forgotten
  # Others are not touched.
  assert_equal "$(holders ann@example.org)" './contacts.db ./outbox/5.txt'
}

@test "forgetting: exec and sendmail leave nothing in the store" {
  two_paid
  contacts
  program send <<<$'#!/bin/sh\ncat >/dev/null'
  by_exec
  succeeds op-notify run --max 1
  by_sendmail "$PWD/send"
  succeeds op-notify run
  assert_equal "$(holders minsu@example.org) $(holders ann@example.org)" './contacts.db ./contacts.db'
  succeeds op-notify contact forget c1
  assert_equal "$(holders minsu@example.org)" ''
}
