#!/usr/bin/env bats
# op-journal.bats - reading, appending with a condition, consuming, and checking the journal.

load lib/common

# note ID [TAG...]: a line for append.
note() {
  local id=$1
  shift
  jq -cn --arg id "$id" '{id: $id, type: "Note", tags: $ARGS.positional, data: {note: $id}}' --args "$@"
}

# notes N: a journal with N notes n1..nN, tagged odd or even, of the saga s1 or s2, one commit each.
notes() {
  local i
  for ((i = 1; i <= $1; i++)); do
    note "n$i" "number:$i" "kind:$((i % 2))" | op-journal -q append --correlation "s$((i % 2))"
  done
}

# assert_row FILTER EXPECTED: of $output, compact.
assert_row() { assert_equal "$(jq -c "$1" <<<"$output")" "$2"; }

seqs() { jq -s -c 'map(.seq)' <<<"$output"; }

# ---- read ----------------------------------------------------------------------------------------------------------

@test "read prints the lines of the journal byte for byte" {
  notes 5
  succeeds op-journal read
  journal_bytes | cmp - "$stdout_file"
}

@test "read selects by position, type, tag, correlation and limit" {
  notes 6
  echo '{"type":"MusicalSalesClosed","tags":["musical:1"],"data":{"musicalId":"1"}}' | op-journal -q append
  succeeds op-journal read --after 4
  assert_equal "$(seqs)" '[5,6,7]'
  succeeds op-journal read --type MusicalSalesClosed
  assert_equal "$(seqs)" '[7]'
  succeeds op-journal read --type MusicalSalesClosed,Note --after 5
  assert_equal "$(seqs)" '[6,7]'
  succeeds op-journal read --tag kind:0 --tag number:4
  assert_equal "$(seqs)" '[4]'
  succeeds op-journal read --correlation s1
  assert_equal "$(seqs)" '[1,3,5]'
  succeeds op-journal read --tag kind:1 --limit 2
  assert_equal "$(seqs)" '[1,3]'
  succeeds op-journal read --tag kind:2
  assert_equal "$output" ''
}

@test "read --format data gives the data alone, cloudevents gives CloudEvents 1.0" {
  echo '{"type":"Note","id":"a\"b","tags":["k:v","name:하나, 둘"],"correlation":"r1","data":{"n":1,"이름":"🎭"}}' |
    op-journal -q append
  succeeds op-journal read --format data
  assert_equal "$output" '{"n":1,"이름":"🎭"}'
  succeeds op-journal read --format cloudevents
  assert_json specversion 1.0
  assert_json id 'a"b'
  assert_json type Note
  assert_json subject r1
  assert_json source "file://$(realpath "$OP_STORE")"
  assert_json seq 1
  assert_json tags 'k:v,name:하나, 둘'
  assert_json '.data["이름"]' 🎭
  assert_json 'has("causation")' false
  assert_json '.time | test("^[0-9]{4}-.*Z$")' true
  assert_row '[keys[] | select(test("^[a-z0-9]+$") | not)] | length' 0
}

@test "read -o json is one array, csv and table have columns" {
  notes 2
  succeeds op-journal -o json read
  assert_json '. | length' 2
  succeeds op-journal -o json read --after 2
  assert_json '. | length' 0
  succeeds op-journal -o json read --format cloudevents
  assert_json '.[1].id' n2
  succeeds op-journal -o csv read
  assert_equal "$(wc -l <"$stdout_file")" 3
  fails_with 64 op-journal -o csv read --format data
}

@test "read refuses what can never match, and calls a bad number wrong usage" {
  notes 1
  fails_as 65 bad_tag op-journal read --tag musical
  fails_as 65 bad_type op-journal read --type A,,B
  local bad
  for bad in 1e3 -1 x '' 99999999999999999999; do
    fails_as 64 usage op-journal read --after "$bad"
    fails_as 64 usage op-journal read --limit "$bad"
    fails_as 64 usage op-journal append --after "$bad" < <(note x)
    fails_as 64 usage op-journal consume --consumer c --batch "$bad" -- true
    fails_as 64 usage op-journal consume --consumer c --max "$bad" -- true
    fails_as 64 usage op-journal seek c -- "$bad"
    fails_as 64 usage op-journal repair --cut --last "$bad"
  done
  fails_as 64 usage op-journal read --limit 0
  fails_as 64 usage op-journal consume --consumer c --batch 0 -- true
  fails_with 64 op-journal read --limit x
  [[ $stderr == *"--limit"*"not 'x'"*"op-journal read --help"* ]] || fail "$stderr"
  fails_as 65 beyond_head op-journal append --after 2 < <(note x)
  fails_as 64 usage op-journal read --format xml
  fails_as 64 usage op-journal read --after
  fails_as 64 usage op-journal read --nonsense
}

@test "a store that is not there is exit 66 for every verb that reads" {
  for verb in read consumers verify stat repair rebuild 'seek x 0' 'consume --consumer x -- true'; do
    # shellcheck disable=SC2086
    fails_as 66 no_store op-journal $verb
  done
  [ ! -e "$OP_STORE" ] || fail "reading made a store"
}

@test "read | head ends quietly" {
  notes 20
  bash -c 'set -o pipefail; op-journal read | head -1 >first' || [ $? -lt 64 ]
  assert_equal "$(jq .seq first)" 1
}

@test "read --follow shows what comes, and ends with 0 on SIGTERM" {
  notes 2
  op-journal read --follow >followed 2>followed.err &
  local follower=$!
  wait_until 10 grep -q '"seq":2,' followed
  note late | op-journal -q append
  wait_until 10 grep -q '"id":"late"' followed
  kill -TERM "$follower"
  local code=0
  wait "$follower" || code=$?
  assert_equal "$code" 0
  assert_equal "$(wc -l <followed)" 3
  assert_equal "$(cat followed.err)" ''
}

# ---- append --------------------------------------------------------------------------------------------------------

@test "append prints the stored lines, and makes the store on the first append only" {
  succeeds op-journal append </dev/null
  [ ! -e "$OP_STORE" ] || fail "nothing was appended, and a store was made"
  succeeds op-journal append <<<'{"type":"Note","tags":["a:b"],"data":{"x":1},"correlation":"c","time":"2026-11-20T12:34:56Z"}'
  journal_bytes | cmp - "$stdout_file"
  assert_row '[.seq, .type, .tags, .correlation, .causation, .data, .time]' \
    '[1,"Note",["a:b"],"c",null,{"x":1},"2026-11-20T12:34:56.000000Z"]'
  assert_equal "$(stat -c %a "$OP_STORE")" 700
  succeeds op-journal append -q < <(note quiet)
  assert_equal "$output" ''
  assert_equal "$(event_count)" 2
}

@test "append is all or none: one bad line and nothing is appended" {
  for bad in '{"type":"Note","tags":[]' '[]' '17' 'null' '"x"' '{"type":"Note","data":[]}' '{"type":"Note","data":null}' \
    '{"tags":[]}' '{"type":7}' '{"type":""}' '{"type":"a b"}' '{"type":"Note","tags":"a:b"}' '{"type":"Note","tags":[1]}' \
    '{"type":"Note","tags":["nocolon"]}' '{"type":"Note","id":""}' '{"type":"Note","id":5}' \
    '{"type":"Note","corelation":"x"}' '{"type":"Note","time":"yesterday"}' '{"type":"Note","causation":-1}' \
    '{"type":"Note","causation":1.5}' '{"type":"Note","type":"Note"}' '{"type":"Note","id":"a\u0000b"}' \
    '{"type":"Note","d\u0061ta":{}}' $'{"type":"Note","data":{"x":"\xff"}}' '{"type":"Note"} {}' '{"type":"No\nte"}' \
    '{"type":"Note","correlation":"a\u0007"}'; do
    fails_as 65 bad_line op-journal append < <(note good; printf '\n%s\n' "$bad"; note after)
    assert_error_json line 3
  done
  [ ! -e "$OP_STORE" ] || fail "something was appended"
  fails_as 65 bad_line op-journal append <<<'{"type":"Note","corelation":"x"}'
  assert_error_json member corelation
  fails_as 65 duplicate_id op-journal append < <(note a; note b; note a)
  assert_error_json line 3
}

@test "what one store gives, another takes, unharmed" {
  printf '%s\n' '{"type":"Note","tags":["name:레베카 🎭"],"correlation":"예약-1","data":{"이름":"레베카 🎭\t\"x\"\\", "big": 9007199254740993, "huge":123456789012345678901234567890, "real":1.10, "exp":1e-7,"nested":{"a":[1, 2,{"b":null}]}}}' \
    '{"type":"Note","data":{},"causation":1}' | op-journal -q append
  op-journal read | op-journal -q --store "$OP_STORE-copy" append
  diff <(jq -c 'del(.crc, .durable)' < <(journal_bytes)) <(jq -c 'del(.crc, .durable)' < <(journal_bytes "$OP_STORE-copy"))
  grep -F '"big":9007199254740993,"huge":123456789012345678901234567890,"real":1.10,"exp":1e-7' "$OP_STORE-copy"/journal/*
  assert_equal "$(jq -r '.data["이름"] // empty' "$OP_STORE-copy"/journal/*)" $'레베카 🎭\t"x"\\'
  assert_equal "$(op-journal read | cut -d'"' -f4- | head -1)" \
    "$(op-journal --store "$OP_STORE-copy" read | cut -d'"' -f4- | head -1)"
}

@test "the same input again, with ids, appends nothing and prints the same" {
  { note a x:1; note b x:2; } >input
  succeeds op-journal append <input
  cp "$stdout_file" first
  appends_nothing succeeds op-journal append <input
  cmp first "$stdout_file"
  appends_nothing succeeds op-journal append < <(note b x:2)
  assert_json seq 2
}

@test "ids of another commit are a conflict, and tell where" {
  notes 3
  appends_nothing fails_as 1 conflict op-journal append < <(note new; note n2)
  assert_error_json position 2
  appends_nothing fails_as 1 conflict op-journal append < <(note n3; note n2)
}

@test "a condition: unless type, unless tag, after" {
  notes 4
  appends_nothing fails_as 1 conflict op-journal append --unless-tag number:3 < <(note x)
  assert_error_json position 3
  appends_nothing fails_as 1 conflict op-journal append --unless-type Other,Note --after 2 < <(note x)
  assert_error_json position 3
  appends_nothing fails_as 1 conflict op-journal append --after 3 < <(note x)
  assert_error_json position 4
  succeeds op-journal append --after 4 < <(note x)
  assert_json seq 5
  succeeds op-journal append --unless-tag number:3 --after 3 < <(note y)
  succeeds op-journal append --unless-tag number:3 --unless-tag kind:0 < <(note z)
  succeeds op-journal append --unless-type Other < <(note w)
  assert_equal "$(event_count)" 8
}

@test "a position beyond the head is refused: it was read from another journal" {
  notes 2
  appends_nothing fails_as 65 beyond_head op-journal append --after 3 < <(note x)
}

@test "of many who append with the same condition, one wins" {
  notes 1
  local i
  for i in $(seq 12); do
    (code=0; note "race$i" seat:A1 | op-journal append -q --unless-tag seat:A1 2>/dev/null || code=$?; echo "$code") >>codes &
  done
  wait
  assert_equal "$(grep -c '^0$' codes)" 1
  assert_equal "$(grep -c '^1$' codes)" 11
  assert_equal "$(op-journal read --tag seat:A1 | wc -l)" 1
}

@test "--request-id: the same again is the same answer, another is refused" {
  echo '{"type":"Note","data":{"x":1}}' >one
  succeeds op-journal append --request-id k1 <one
  assert_json id request:k1:1
  cp "$stdout_file" first
  notes 2
  appends_nothing succeeds op-journal append --request-id k1 <one
  cmp first "$stdout_file"
  appends_nothing succeeds op-journal append --request-id k1 --after 3 <one
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id k1 < <(echo '{"type":"Note","data":{"x":2}}')
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id k1 < <(cat one one)
  succeeds op-journal append --request-id k2 < <(cat one one)
  appends_nothing fails_as 1 request_id_reused op-journal append --request-id k2 <one
  appends_nothing fails_as 65 bad_line op-journal append --request-id k3 < <(note named)
}

@test "--dry-run decides and prints, and appends nothing" {
  succeeds op-journal append --dry-run < <(note x a:b)
  assert_row '[.id, .tags, .data.note]' '["x",["a:b"],"x"]'
  [ ! -e "$OP_STORE" ] || fail "a dry run made a store"
  notes 2
  appends_nothing succeeds op-journal append --dry-run --after 2 < <(note x)
  appends_nothing fails_as 1 conflict op-journal append --dry-run --after 1 < <(note x)
  appends_nothing fails_as 1 conflict op-journal append --dry-run < <(note n1; note n3)
  # What is too much for one commit is so, too.
  op_python -c 'for i in range(17): print("{\"type\":\"Note\",\"data\":{\"note\":\"%s\"}}" % ("x" * 1000000))' >large
  appends_nothing fails_as 65 invalid op-journal append --dry-run <large
  local refused=$stderr
  appends_nothing fails_as 65 invalid op-journal append <large
  assert_equal "$stderr" "$refused"
}

@test "OP_NOW is the time of what names none" {
  OP_NOW=2026-12-24T18:00:00Z succeeds op-journal append <<<'{"type":"Note"}'
  assert_json time 2026-12-24T18:00:00.000000Z
}

# ---- consume -------------------------------------------------------------------------------------------------------

# offset NAME: where a consumer stands.
offset() { op-journal consumers | jq -r --arg name "$1" 'select(.consumer == $name and .kind == "consumer") | .offset'; }

@test "consume gives every event once, in batches, and moves the offset" {
  notes 5
  # shellcheck disable=SC2016
  succeeds op-journal consume --consumer c --batch 2 -- sh -c 'cat >>got; echo x >>runs'
  assert_equal "$(jq -c .seq got | paste -sd,)" 1,2,3,4,5
  assert_equal "$(wc -l <runs)" 3
  assert_equal "$(offset c)" 5
  succeeds op-journal consume --consumer c -- sh -c 'echo again >>runs'
  assert_equal "$(wc -l <runs)" 3
  note more | op-journal -q append
  succeeds op-journal consume --consumer c -- cat
  assert_json id more
  succeeds op-journal consumers
  assert_row 'select(.consumer == "c") | [.offset, .head, .lag, .kind]' '[6,6,0,"consumer"]'
  assert_json 'select(.consumer == "c") | .updatedAt | test("^20.*Z$")' true
}

@test "a CMD that fails leaves the offset, is told in one line, and gets the batch again" {
  notes 5
  fails_as 75 command_failed op-journal consume --consumer c --batch 3 -- sh -c 'cat >/dev/null; exit 3'
  assert_equal "$(error_json '[.status, .first, .last, .offset] | @csv')" 3,1,3,0
  assert_equal "$(offset c)" ''
  fails_with 75 op-journal consume --consumer c --batch 3 -- sh -c 'cat >/dev/null; kill -KILL $$'
  assert_equal "$stderr" "op-journal: consumer c: sh was ended by signal 9 at events 1 to 3; offset stays 0"
  cat >second.sh <<'EOF'
grep -q '"seq":4,' && exit 4
exit 0
EOF
  fails_with 75 op-journal consume --consumer c --batch 3 -- sh second.sh
  assert_equal "$stderr" "op-journal: consumer c: sh exited 4 at events 4 to 5; offset stays 3"
  assert_equal "$(offset c)" 3
  succeeds op-journal consume --consumer c -- jq -c .seq
  assert_equal "$output" $'4\n5'
}

@test "CMD is run without a shell" {
  notes 1
  # shellcheck disable=SC2016
  succeeds op-journal consume --consumer c -- printf '%s|' 'a b' '$HOME' '; exit 1' '*'
  assert_equal "$output" 'a b|$HOME|; exit 1|*|'
  fails_with 66 op-journal consume --consumer d -- no-such-command
  fails_as 66 no_command op-journal consume --consumer d -- ./no/such
  echo data >plain
  fails_as 77 not_executable op-journal consume --consumer d -- ./plain
  assert_equal "$(offset d)" ''
  fails_as 64 usage op-journal consume --consumer d
  fails_as 64 usage op-journal consume -- cat
  fails_as 65 invalid op-journal consume --consumer ../x -- cat
}

@test "a CMD that does not read its input is no failure" {
  for i in $(seq 40); do note "long$i" | jq -c --arg pad "$(printf '%08000d' 0)" '.data.pad = $pad'; done |
    op-journal -q append
  succeeds op-journal consume --consumer c -- true
  assert_equal "$(offset c)" 40
}

@test "what the options leave out is passed over, and the offset moves past it" {
  notes 6
  succeeds op-journal consume --consumer c --tag kind:1 --type Note -- jq -c .seq
  assert_equal "$output" $'1\n3\n5'
  assert_equal "$(offset c)" 6
  succeeds op-journal consume --consumer d --tag kind:9 -- cat
  assert_equal "$output" ''
  assert_equal "$(offset d)" 6
}

@test "--max ends after so many events" {
  notes 6
  succeeds op-journal consume --consumer c --batch 2 --max 3 -- jq -c .seq
  assert_equal "$output" $'1\n2\n3'
  assert_equal "$(offset c)" 3
  fails_with 64 op-journal consume --consumer c --max 0 -- cat
  fails_with 64 op-journal consume --consumer c --batch 0 -- cat
}

@test "consume --follow goes on, and ends with 0 on SIGTERM after the batch in hand" {
  notes 2
  op-journal consume --consumer c --follow -- sh -c 'cat >>got; sync' 2>follow.err &
  local follower=$!
  wait_until 10 grep -q '"seq":2,' got
  note late | op-journal -q append
  wait_until 10 grep -q '"id":"late"' got
  wait_until 10 test "$(offset c)" = 3 || wait_until 5 sh -c "op-journal consumers | grep -q '\"consumer\":\"c\",\"offset\":3,'"
  kill -TERM "$follower"
  local code=0
  wait "$follower" || code=$?
  assert_equal "$code" 0
  assert_equal "$(cat follow.err)" ''
  assert_equal "$(offset c)" 3
}

@test "SIGTERM during a batch: CMD finishes it and the offset moves" {
  notes 1
  mkfifo started go
  op-journal consume --consumer c --follow -- sh -c 'cat >/dev/null; echo >started; read x <go' &
  local follower=$!
  read -r _ <started
  kill -TERM "$follower"
  echo >go
  local code=0
  wait "$follower" || code=$?
  assert_equal "$code" 0
  assert_equal "$(offset c)" 1
}

@test "killed at any time, every event is given at least once, and in order" {
  notes 30
  local i pid
  for i in $(seq 30); do
    op-journal consume --consumer c --batch 3 -- sh -c 'jq -c .seq >>got' 2>/dev/null &
    pid=$!
    sleep "0.00$((RANDOM % 10))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  succeeds op-journal consume --consumer c --batch 3 -- sh -c 'jq -c .seq >>got'
  assert_equal "$(sort -nu got | paste -sd,)" "$(seq -s, 30)"
  assert_equal "$(offset c)" 30
}

@test "two of the same consumer: the second waits for the lease, and says who is busy" {
  notes 1
  mkfifo started go
  op-journal consume --consumer c -- sh -c 'cat >/dev/null; echo >started; read x <go' &
  local holder=$!
  read -r _ <started
  fails_as 75 busy op-journal --timeout 50ms consume --consumer c -- cat
  fails_as 75 busy op-journal --timeout 50ms seek c 0
  echo >go
  wait "$holder"
  assert_equal "$(offset c)" 1
}

# ---- consumers, seek -----------------------------------------------------------------------------------------------

@test "seek moves a consumer back and forth, never beyond the head" {
  notes 4
  succeeds op-journal seek c 3
  assert_row '[.consumer, .offset, .head, .lag]' '["c",3,4,1]'
  succeeds op-journal consume --consumer c -- jq -c .seq
  assert_equal "$output" 4
  succeeds op-journal -q seek c 0
  assert_equal "$output" ''
  succeeds op-journal consume --consumer c -- jq -c .seq
  assert_equal "$output" $'1\n2\n3\n4'
  fails_as 65 beyond_head op-journal seek c 5
  fails_as 64 usage op-journal seek c x
  fails_as 64 usage op-journal seek c
  assert_equal "$(offset c)" 4
}

@test "an offset beyond the head is said, and never skipped over" {
  notes 4
  op-journal -q consume --consumer c -- true
  find "$OP_STORE" -mindepth 1 -maxdepth 1 -not -name consumers -exec rm -rf {} +
  notes 2
  fails_as 74 offset_beyond_head op-journal consume --consumer c -- cat
  succeeds op-journal consumers
  assert_row 'select(.consumer == "c") | [.offset, .head, .lag]' '[4,2,-2]'
  assert_equal "$(wc -l <"$stderr_file")" 1
  [[ $stderr == *"warning: the offset of consumer c, 4,"*"head"*"2"* ]] || fail "no warning: $stderr"
  succeeds op-journal --errors json consumers
  assert_error_json '.warning | contains("consumer c, 4,")' true
  succeeds op-journal seek c 0
  succeeds op-journal consume --consumer c -- jq -c .seq
  assert_equal "$output" $'1\n2'
}

@test "consumers shows the read models too; they are rebuilt and not sought" {
  op-musical -q register --id 1 --name Frozen --seats 10
  op-musical list >/dev/null
  succeeds op-journal consumers
  local model
  model=$(json 'select(.kind == "model" and .offset == 1) | .consumer' | head -1)
  [ -f "$OP_STORE/state/$model.db" ] || fail "no state/$model.db: $output"
  assert_row "select(.consumer == \"$model\") | [.offset, .head, .lag]" '[1,1,0]'
  assert_json "select(.consumer == \"$model\") | .updatedAt | test(\"^20.*Z\$\")" true
  fails_as 1 built_in op-journal seek "$model" 0
  # sqlite3 removes the log when it closes last, and any of the files may be removed by hand.
  sqlite3 "$OP_STORE/state/$model.db" 'SELECT offset FROM meta' >/dev/null
  rm -f "$OP_STORE/state/$model.db-shm" "$OP_STORE/state/$model.db-wal"
  succeeds op-journal consumers
  assert_row "select(.consumer == \"$model\") | [.offset, .head, .lag]" '[1,1,0]'
  local before
  before=$(op-musical list)
  succeeds op-journal rebuild "$model"
  assert_json consumer "$model"
  [ ! -e "$OP_STORE/state/$model.db" ] || fail "state/$model.db is still there"
  assert_equal "$(op-musical list)" "$before"
  succeeds op-journal rebuild
  assert_equal "$(find "$OP_STORE/state" -name '*.db*' | wc -l)" 0
  assert_equal "$(op-musical list)" "$before"
  fails_as 1 no_such_model op-journal rebuild nothing
  fails_as 1 no_such_model op-journal rebuild ../journal/x
}

@test "consumers lists every built-in read model, also those that never ran" {
  notes 3
  succeeds op-journal consumers
  assert_equal "$(json 'select(.kind == "model") | if .consumer == "journal" then .updatedAt = null else . end |
    [.consumer, .offset, .head, .lag, .updatedAt] | map(tostring) | join(" ")')" \
    'assign 0 3 3 null
journal 3 3 0 null
musical 0 3 3 null
mypage 0 3 3 null
notify 0 3 3 null
pay 0 3 3 null
reserve 0 3 3 null
ticket 0 3 3 null'
  fails_as 1 built_in op-journal seek reserve 0
  succeeds op-journal rebuild
  assert_json consumer journal
  succeeds op-journal rebuild reserve
  assert_json consumer reserve
}

@test "the list of the built-in read models holds all that there are" {
  op-musical -q register --id 1 --name Frozen --seats 10
  op-reserve -q place --musical 1 --seats 1
  outerpark -q tick
  op-musical list >/dev/null
  op-mypage >/dev/null
  succeeds op-journal consumers
  assert_equal "$(json 'select(.kind == "model") | .consumer')" \
    "$(find "$OP_STORE/state" -name '*.db' -printf '%f\n' | sed 's/\.db$//' | LC_ALL=C sort)"
  assert_equal "$(json 'select(.updatedAt == null) | .consumer')" ''
}

@test "a read model beyond the head is warned of" {
  op-musical -q register --id 1 --name Frozen --seats 10
  op-musical -q adjust 1 --seats 20
  op-musical list >/dev/null
  find "$OP_STORE" -mindepth 1 -maxdepth 1 -not -name state -exec rm -rf {} +
  notes 1
  succeeds op-journal consumers
  assert_row 'select(.consumer == "musical") | [.offset, .head, .lag]' '[2,1,-1]'
  [[ $stderr == *"warning: read model musical "*"beyond the head"* ]] || fail "no warning: $stderr"
  assert_equal "$(wc -l <"$stderr_file")" 1
}

@test "seek prints the time that it stored" {
  notes 2
  succeeds op-journal seek c 1
  local printed
  printed=$(json updatedAt)
  succeeds op-journal consumers
  assert_json 'select(.consumer == "c") | .updatedAt' "$printed"
}

# ---- verify, repair, stat ------------------------------------------------------------------------------------------

@test "verify and stat of a clean journal" {
  notes 3
  succeeds op-journal verify
  assert_row '[.outcome, .events, .head, .tornBytes]' '["clean",3,3,0]'
  assert_json bytes "$(journal_bytes | wc -c)"
  succeeds op-journal -q verify
  assert_equal "$output" ''
  succeeds op-journal stat
  assert_row '[.head, .written, .segments, .outcome, .tornBytes, .path]' "[3,3,1,\"clean\",0,\"$OP_STORE\"]"
  succeeds op-journal repair
  assert_json outcome clean
  succeeds op-journal repair --cut
  assert_json outcome clean
  assert_equal "$(event_count)" 3
}

@test "a torn tail is no damage: verify says so, the next append cuts it" {
  notes 3
  printf '{"seq":4,"id":"torn' >>"$(journal_files | tail -1)"
  succeeds op-journal verify
  assert_row '[.outcome, .events, .head, .tornBytes]' '["recovered",3,3,19]'
  succeeds op-journal stat
  assert_row '[.outcome, .tornBytes]' '["recovered",19]'
  succeeds op-journal repair
  assert_json outcome recovered
  note after | op-journal -q append
  succeeds op-journal verify
  assert_row '[.outcome, .events]' '["clean",4]'
}

# damage: one byte of event 3 of 6 is another.
damage() {
  notes 6
  mark_damaged
  local file
  file=$(journal_files)
  sed -i '3s/"note":"n3"/"note":"nX"/' "$file"
}

@test "damage in the middle: exit 74 with file, line and byte, and no append until it is repaired" {
  damage
  local file
  file=$(journal_files)
  exits_with 74 op-journal --errors json verify
  assert_error_json error corrupt_journal
  assert_error_json line 3
  assert_error_json byte "$(head -2 "$file" | wc -c)"
  assert_error_json file "journal/${file##*/}"
  assert_json '.file + ":" + (.line | tostring)' "journal/${file##*/}:3"
  appends_nothing fails_with 74 op-journal append < <(note x)
  appends_nothing fails_with 74 op-journal repair
  [[ $stderr == *"line 3"*"repair --cut"* ]] || fail "it does not say what to do: $stderr"
  appends_nothing fails_as 74 corrupt_journal op-journal repair
  assert_error_json '.message | contains("repair --cut")' true
  assert_error_json line 3
  fails_with 74 op-journal -q read
  fails_as 64 usage op-journal repair --last 2
  exits_with 0 op-journal repair --cut
  assert_row '[.outcome, .head]' '["cut",2]'
  [[ $stderr == *"line 3"* && $stderr == *"position 2"* ]] || fail "it does not say what was lost: $stderr"
  [ -n "$(find "$OP_STORE/journal" -name '*.cut-*')" ] || fail "what was cut is not kept"
  succeeds op-journal verify
  assert_row '[.outcome, .events]' '["clean",2]'
  succeeds op-journal append < <(note x)
  assert_json seq 3
}

@test "with --errors json a warning is a JSON object, too" {
  damage
  exits_with 0 op-journal --errors json repair --cut
  assert_error_json '.warning | type' $'string\nstring'
  assert_json outcome cut
}

@test "repair --cut --last gives up what stands behind a position" {
  notes 5
  exits_with 0 op-journal repair --cut --last 3
  assert_row '[.outcome, .head]' '["cut",3]'
  succeeds op-journal read
  assert_equal "$(seqs)" '[1,2,3]'
}

@test "a journal of a later format is refused with 78" {
  notes 1
  mark_damaged
  sed -i '1s/"format":1,/"format":2,/' "$(journal_files)"
  rm -f "$OP_STORE"/control*
  fails_as 78 unknown_format op-journal read
  fails_as 78 unknown_format op-journal verify
}

# ---- help ----------------------------------------------------------------------------------------------------------

@test "help, version, and every verb in the help" {
  local help
  succeeds op-journal --help
  help=$output
  for verb in read append consume consumers seek verify repair stat rebuild; do
    [[ $help == *"  $verb"* ]] || fail "no $verb in the help"
    succeeds op-journal "$verb" --help
    [[ $output == *"Usage: op-journal $verb"* ]] || fail "no help of $verb"
  done
  succeeds op-journal --version
  fails_with 64 op-journal
  fails_with 64 op-journal reed
}
