#!/usr/bin/env bats
# harness.bats - the helpers of the tests bite: each of them fails when it should.
# Nothing here runs a program of ours: no use for the sanitizers' quick run.
# bats file_tags=slow

load lib/common

# refuses HELPER ARGS...: the helper must fail, without the death of a signal or an error of the shell itself.
refuses() {
  local code=0
  ("$@") >refused.out 2>&1 || code=$?
  [ "$code" -eq 1 ] || fail "expected the helper to fail with 1, got $code: $* ($(cat refused.out))"
}

# A command that says what it is told to: say STDOUT STDERR CODE.
say() {
  printf '%b' "$1"
  printf '%b' "$2" >&2
  return "$3"
}

# journal STORE LINE...: a journal of these events without their crc, which is added.
journal() {
  local store=$1
  shift
  mkdir -p "$store/journal"
  printf '%s\n' "$@" | op_python -B -c '
import sys
sys.path.insert(0, sys.argv[1])
import validate_events
for line in sys.stdin.buffer:
    line = line.rstrip(b"\n")
    sys.stdout.buffer.write(line + b",\"crc\":\"%08x\"}\n" % validate_events.crc32c(line))
' "$OP_TESTS/lib" >"$store/journal/00000000000000000001.ndjson"
}

# event SEQ TYPE DATA [FORMAT]: a line for journal(), a commit of its own.
event() {
  printf '{"seq":%s%s,"id":"e%s","time":"2026-11-20T12:34:56.789012Z","type":"%s","tags":["musical:1"],' \
    "$1" "${4:-}" "$1" "$2"
  printf '"correlation":null,"causation":null,"durable":%s,"data":%s' $(($1 - 1)) "$3"
}

@test "fails_with accepts a failure with one line on stderr" {
  fails_with 64 say '' 'op-x: what is this?\n' 64
  assert_equal "$stderr" "op-x: what is this?"
  assert_equal "$status" 64
}

@test "fails_with refuses another exit code, and success" {
  refuses fails_with 64 say '' 'no\n' 65
  refuses fails_with 64 say '' 'no\n' 0
  refuses fails_with 0 say '' 'no\n' 0
}

@test "fails_with never accepts the death by a signal" {
  refuses fails_with 139 bash -c 'echo no >&2; kill -SEGV $$'
  refuses fails_with 134 bash -c 'echo no >&2; kill -ABRT $$'
  refuses fails_with 1 bash -c 'echo no >&2; kill -SEGV $$'
}

@test "fails_with never accepts a command that is not there or a finding of a sanitizer" {
  refuses fails_with 127 no-such-command-anywhere
  refuses fails_with 99 say '' 'no\n' 99
}

@test "fails_with refuses anything on stdout" {
  refuses fails_with 1 say 'text\n' 'no\n' 1
  refuses fails_with 1 say '\n' 'no\n' 1
}

@test "fails_with refuses no line, two lines, an empty line and half a line on stderr" {
  refuses fails_with 1 say '' '' 1
  refuses fails_with 1 say '' 'no\nreally not\n' 1
  refuses fails_with 1 say '' '\n' 1
  refuses fails_with 1 say '' 'no' 1
}

@test "fails_with gives the command the stdin of its caller" {
  fails_with 1 bash -c 'read -r word && echo "read $word" >&2; exit 1' <<<"this"
  assert_equal "$stderr" "read this"
}

@test "fails_as wants the error word and a message" {
  says_json() { say '' '{"error":"bad_seats","message":"no","asked":200}\n' 65; }
  fails_as 65 bad_seats says_json
  assert_error_json asked 200
  refuses fails_as 65 bad_price says_json
  refuses fails_as 64 bad_seats says_json
  says_json() { say '' '{"error":"bad_seats"}\n' 65; }
  refuses fails_as 65 bad_seats says_json
  says_json() { say '' 'bad_seats: no\n' 65; }
  refuses fails_as 65 bad_seats says_json
}

@test "succeeds wants exit 0 and keeps the outputs apart" {
  succeeds say 'data\n' 'noise\n' 0
  assert_equal "$output" data
  assert_equal "$stderr" noise
  refuses succeeds say '' '' 1
}

@test "json reads a field or a filter, raw" {
  succeeds say '{"name":"하데스타운","seats":[1,2],"none":null}\n' '' 0
  assert_json name 하데스타운
  assert_json '.seats | length' 2
  assert_json none null
  refuses assert_json name Hadestown
  succeeds say 'no json\n' '' 0
  refuses assert_json name Hadestown
}

@test "appends_nothing sees a changed byte of the journal" {
  journal "$OP_STORE" "$(event 1 MusicalSalesClosed '{"musicalId":"1"}' ',"format":1')"
  appends_nothing true
  refuses appends_nothing bash -c "printf x >>'$OP_STORE/journal/00000000000000000001.ndjson'"
  mark_damaged
}

@test "wait_until comes back when it is so, and fails when it never is" {
  wait_until 5 true
  refuses wait_until 1 false
}

@test "the environment of a test is its own" {
  [ "$HOME" = "$BATS_TEST_TMPDIR/home" ]
  [ "$OP_STORE" = "$BATS_TEST_TMPDIR/store" ]
  [ ! -e "$OP_STORE" ]
  export OP_CONFIG=x XDG_STATE_HOME=y OP_NOW=z
  common_setup
  [ -z "${OP_CONFIG:-}${XDG_STATE_HOME:-}${OP_NOW:-}" ]
}

@test "check_events passes good events, in one segment or in several" {
  journal "$OP_STORE" "$(event 1 MusicalSalesClosed '{"musicalId":"1"}' ',"format":1')" \
    "$(event 2 MusicalSalesOpened '{"musicalId":"1"}')"
  journal other "$(event 3 MusicalSalesClosed '{"musicalId":"1"}' ',"format":1')"
  check_events "$OP_STORE"
  mv other/journal/*1.ndjson "$OP_STORE/journal/00000000000000000003.ndjson"
  check_events "$OP_STORE"
}

@test "check_events refuses data that its schema refuses, and a type without a schema" {
  mark_damaged
  for data in '{}' '{"musicalId":1}' '{"musicalId":""}' '{"musicalId":"a b"}' '{"musicalId":"1\n"}' '{"musicalId":"1","more":1}'; do
    journal stores/a "$(event 1 MusicalSalesClosed "$data" ',"format":1')"
    refuses check_events stores
    grep -q '00000000000000000001.ndjson:1: MusicalSalesClosed: ' refused.out
  done
  for seats in 0 -1 1.5 1.0 1e3 99999999999999999999 '"10"' null true; do
    journal stores/a "$(event 1 MusicalSeatsAdjusted '{"musicalId":"1","previousSeats":5,"seats":'"$seats}" ',"format":1')"
    refuses check_events stores
  done
  journal stores/a "$(event 1 NobodyKnowsThis '{}' ',"format":1')"
  refuses check_events stores
  journal stores/a "$(event 1 envelope '{}' ',"format":1')"
  refuses check_events stores
  rm -r stores
}

@test "check_events refuses gaps, misplaced marks, a bad crc, effects before causes and text that is no JSON" {
  local good='{"musicalId":"1"}' first
  first=$(event 1 MusicalSalesClosed "$good" ',"format":1')
  refuse_journal() {
    journal stores/a "$@"
    refuses check_events stores
  }
  refuse_journal "$first" "$(event 3 MusicalSalesOpened "$good")"
  refuse_journal "$(event 1 MusicalSalesClosed "$good")"
  refuse_journal "$(event 1 MusicalSalesClosed "$good" ',"format":2')"
  refuse_journal "$first" "$(event 2 MusicalSalesOpened "$good" ',"format":1')"
  refuse_journal "${first/\"causation\":null/\"causation\":1}"
  refuse_journal "${first/\"durable\":0/\"durable\":1}"
  refuse_journal "${first/12:34:56.789012Z/12:34:56Z}"
  refuse_journal "${first/\"musical:1\"/\"musical\"}"
  refuse_journal "${first/\"correlation\":null,/}"
  refuse_journal "${first/\"data\"/\"more\":1,\"data\"}"
  refuse_journal "$(sed -E 's/("id":"e1"),("time":"[^"]*")/\2,\1/' <<<"$first")"
  refuse_journal "${first/\"musicalId\":\"1\"/\"musicalId\":\"1\",\"musicalId\":\"1\"}"
  journal stores/a "$first" "$(event 2 MusicalSalesOpened "$good")"
  check_events stores
  sed -i '1s/e1/e9/' stores/a/journal/*.ndjson
  refuses check_events stores
  sed -i '1s/.*/{/' stores/a/journal/*.ndjson
  refuses check_events stores
  rm -r stores
}

@test "check_events takes a torn tail for what it is, at the very end only" {
  journal "$OP_STORE" "$(event 1 MusicalSalesClosed '{"musicalId":"1"}' ',"format":1')"
  printf '{"seq":2,"id' >>"$OP_STORE/journal/00000000000000000001.ndjson"
  check_events "$OP_STORE"
  journal other "$(event 2 MusicalSalesOpened '{"musicalId":"1"}' ',"format":1')"
  mv other/journal/*1.ndjson "$OP_STORE/journal/00000000000000000002.ndjson"
  refuses check_events "$OP_STORE"
  mark_damaged
}

@test "check_events leaves out what is named as damaged" {
  journal a.broken "$(event 1 NobodyKnowsThis '{}')"
  journal a.cut-3 "$(event 1 NobodyKnowsThis '{}')"
  journal "$OP_STORE" "$(event 1 NobodyKnowsThis '{}')"
  refuses check_events "$BATS_TEST_TMPDIR"
  mark_damaged
  check_events "$BATS_TEST_TMPDIR"
}

@test "every schema is closed, strict and named like its type" {
  op_python -B - "$OP_ROOT" <<'PYTHON'
import glob, json, os, sys
import jsonschema
for path in glob.glob(os.path.join(sys.argv[1], "schemas", "*.json")):
    schema = json.load(open(path, encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == os.path.basename(path)[:-5], path
    assert schema["additionalProperties"] is False, path
    assert set(schema["required"]) <= set(schema["properties"]), path
    # jsonschema passes over `format` without a word where a package is not there: patterns only.
    assert not any("format" in value for value in schema["properties"].values()), path
PYTHON
}

@test "every event type of the domain has a schema, and every schema an event type" {
  local header=$OP_ROOT/cmd/common/domain.h types schemas
  # What has IS, STATUS or PROGRESS in its name is a status, and so are two of a payment.
  types=$(sed -nE 's/^#define (OP_[A-Z_]+) "([A-Z][A-Za-z]+)".*/\1 \2/p' "$header" |
    grep -vE '^OP_(PROGRESS|STATUS)_|_IS_|^OP_PAYMENT_(PENDING|REFUND_PARKED) ' | cut -d' ' -f2 | LC_ALL=C sort -u)
  schemas=$(cd "$OP_ROOT/schemas" && printf '%s\n' *.json | sed 's/\.json$//' | grep -v '^envelope$' | LC_ALL=C sort)
  assert_equal "$types" "$schemas"
}

@test "the check of the layers finds every forbidden include" {
  mkdir -p tree/libevstore tree/cmd/common tree/cmd/op-a tree/cmd/op-b
  touch tree/libevstore/{evstore,inner}.h tree/cmd/common/app.h tree/cmd/op-a/a.h tree/cmd/op-b/b.h
  layers() { "$OP_TESTS/lint/layers" tree; }
  printf '#include "inner.h"\n#include <stdio.h>\n' >tree/libevstore/x.c
  printf '#include <evstore.h>\n#include <sqlite3.h>\n' >tree/cmd/common/app.c
  printf '#include "a.h"\n#include "app.h"\n#include <evstore.h>\n' >tree/cmd/op-a/main.c
  layers
  forbid() {
    local file=tree/$1
    cp "$file" saved
    printf '%s\n' "$2" >>"$file"
    refuses layers
    assert_equal "$(grep -c "^$1:" refused.out)" 1
    cp saved "$file"
  }
  forbid libevstore/x.c '#include <sqlite3.h>'
  forbid libevstore/x.c '#include <jansson.h>'
  forbid libevstore/x.c '#include "../cmd/common/app.h"'
  forbid cmd/common/app.c '#include "inner.h"'
  forbid cmd/common/app.c '#include "../op-a/a.h"'
  forbid cmd/op-a/main.c '  #  include "../op-b/b.h"'
  forbid cmd/op-a/main.c '#include "cmd/op-b/b.h"'
  forbid cmd/op-a/main.c '#include "../../libevstore/inner.h"'
}

@test "the runner counts, and fails on a failure, a crash and on nothing" {
  mkdir -p copy/tests
  cp "$OP_TESTS/run" copy/tests/
  run_copy() { (cd copy && BUILD=out tests/run "$@"); }
  printf '@test "a" { true; }\n@test "b" { skip; }\n' >copy/tests/good.bats
  succeeds run_copy tests/good.bats
  assert_equal "$(tail -n 1 <<<"$output")" "1 passed, 0 failed"
  printf '@test "a" { true; }\n@test "b" { echo why; false; }\n' >copy/tests/bad.bats
  exits_with 1 run_copy tests/good.bats tests/bad.bats
  assert_equal "$(tail -n 1 <<<"$output")" "2 passed, 1 failed"
  [[ $output == *why* ]]
  mkdir -p copy/out/unit copy/tests/unit
  unit() {
    : >copy/tests/unit/test_it.c
    printf '#!/bin/sh\n%s\n' "$1" >copy/out/unit/test_it
    chmod +x copy/out/unit/test_it
    exits_with "$2" run_copy tests/unit/test_it.c
    assert_equal "$(tail -n 1 <<<"$output")" "$3"
  }
  unit 'echo 1..2; echo ok 1 - a; echo ok 2 - b' 0 "2 passed, 0 failed"
  unit 'echo 1..2; echo "noiseok 1 - a"; echo not ok 2 - b; exit 1' 1 "1 passed, 1 failed"
  unit 'echo 1..3; echo ok 1 - a; kill -SEGV $$' 1 "1 passed, 2 failed"
  unit 'echo 1..2; echo ok 1 - a; echo ok 2 - b; exit 99' 1 "2 passed, 1 failed"
  unit 'echo 1..1; echo "not ok 1 # SKIP a"' 1 "0 passed, 0 failed"
}
