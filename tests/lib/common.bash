# common.bash - what every bats file loads first: `load lib/common`.
#
# Each test gets a directory of its own with a store that is not made yet ($OP_STORE), a home ($HOME), and an environment
# without XDG_* and OP_* from outside. The programs come from $BUILD/bin (default build/bin; the sanitizer run sets BUILD).
# After each test every event in every journal below $BATS_TEST_TMPDIR is checked against its JSON Schema. What a test
# damages or invents on purpose is left out of that check by a name ending in .broken or holding .cut, or by a file named
# .damaged-on-purpose in the store (mark_damaged).
#
# A file that needs a setup or teardown of its own defines it after the load, and calls common_setup or common_teardown.
#
# Helpers set $status, $output (stdout) and $stderr, so that assert_output and the json helpers can follow them.

bats_require_minimum_version 1.5.0
load /usr/lib/bats/bats-support/load.bash
load /usr/lib/bats/bats-assert/load.bash

# The root of the project, from wherever the test file stands below tests/.
OP_TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OP_ROOT=$(dirname "$OP_TESTS")

# Where the build stands, as an absolute path.
build_dir() {
  case ${BUILD:-build} in
  /*) printf '%s\n' "$BUILD" ;;
  *) printf '%s/%s\n' "$OP_ROOT" "${BUILD:-build}" ;;
  esac
}

# A clean environment and a store of its own.
common_setup() {
  local name
  for name in $(compgen -e); do
    case $name in
    OP_TESTS | OP_ROOT | OP_TEST_*) ;;
    OP_* | XDG_*) unset "$name" ;;
    esac
  done
  unset NO_COLOR POSIXLY_CORRECT MAKEFLAGS MFLAGS MAKELEVEL
  export HOME=$BATS_TEST_TMPDIR/home
  export OP_STORE=$BATS_TEST_TMPDIR/store
  export LC_ALL=C.UTF-8 TZ=UTC
  # A finding of a sanitizer must not look like one of our own exit codes.
  export ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=exitcode=99:halt_on_error=1:print_stacktrace=1 LSAN_OPTIONS=exitcode=99
  OP_BUILD=$(build_dir)
  PATH=$OP_BUILD/bin:$PATH
  mkdir -p "$HOME"
  cd "$BATS_TEST_TMPDIR" || return 1
}

# Every event that the test appended is one that schemas/ (or tests/schemas/) knows.
common_teardown() {
  cd "$OP_ROOT" || return 1
  check_events "$BATS_TEST_TMPDIR"
}

setup() { common_setup; }
teardown() { common_teardown; }

# The Python that has the packaged jsonschema.
op_python() {
  if [ -x /usr/bin/python3 ]; then
    /usr/bin/python3 "$@"
  else
    python3 "$@"
  fi
}

# check_events DIR...: validates every journal below; fails with FILE:LINE of what is wrong.
check_events() {
  [ -n "$(find "$@" -path '*/journal/*.ndjson' -print -quit 2>/dev/null)" ] || return 0
  op_python -B "$OP_TESTS/lib/validate_events.py" ${OP_TEST_TALLY:+--tally "$OP_TEST_TALLY"} "$@"
}

# mark_damaged [STORE]: this store holds what no writer of ours would write, by the test's intent.
mark_damaged() {
  mkdir -p "${1:-$OP_STORE}"
  : >"${1:-$OP_STORE}/.damaged-on-purpose"
}

# Runs a command with its outputs apart: $status, $output, $stderr; stdin is the caller's.
# $stdout_file and $stderr_file keep the exact bytes until the end of the test.
capture() {
  local scratch
  scratch=$(mktemp -d "$BATS_TEST_TMPDIR/.capture.XXXXXX")
  stdout_file=$scratch/stdout
  stderr_file=$scratch/stderr
  status=0
  "$@" >"$stdout_file" 2>"$stderr_file" || status=$?
  output=$(tr -d '\0' <"$stdout_file")
  stderr=$(tr -d '\0' <"$stderr_file")
}

# What a failed helper says: the reason, the command, and all that it printed.
complain() {
  local reason=$1
  shift
  {
    printf -- '-- %s --\n' "$reason"
    printf 'command :'
    printf ' %q' "$@"
    printf '\nstatus  : %s\nstdout  : %s\nstderr  : %s\n--\n' "$status" "$output" "$stderr"
  } >&2
  return 1
}

# exits_with CODE CMD...: exactly this exit code, and never the death by a signal or a command that could not be run.
exits_with() {
  local expected=$1
  shift
  capture "$@"
  if [ "$status" -ge 128 ]; then
    complain "died of signal $((status - 128)), expected exit $expected" "$@"
  elif [ "$status" -eq 126 ] || [ "$status" -eq 127 ]; then
    complain "could not be run, expected exit $expected" "$@"
  elif [ "$status" -eq 99 ]; then
    complain "a sanitizer found something" "$@"
  elif [ "$status" -ne "$expected" ]; then
    complain "expected exit $expected" "$@"
  fi
}

# succeeds CMD...: exit 0, and $output holds what it said.
succeeds() { exits_with 0 "$@"; }

# fails_with CODE CMD...: exactly this exit code, nothing on stdout, one whole line on stderr.
fails_with() {
  local expected=$1
  shift
  if [ "$expected" -eq 0 ]; then
    status='' output='' stderr=''
    complain "fails_with 0 is no failure" "$@"
    return 1
  fi
  exits_with "$expected" "$@" || return 1
  if [ -s "$stdout_file" ]; then
    complain "a failure must print nothing on stdout" "$@"
  elif [ "$(wc -l <"$stderr_file")" -ne 1 ] || [ "$(tail -c 1 "$stderr_file" | od -An -tx1 | tr -d ' ')" != 0a ]; then
    complain "a failure must print exactly one line on stderr" "$@"
  elif [ "$(wc -c <"$stderr_file")" -lt 3 ]; then
    complain "a failure must say what is wrong" "$@"
  fi
}

# fails_as CODE WORD CMD ARGS...: as fails_with, asked with --errors json: one object with this `error` word and a
# message. Its figures can be read with `error_json FIELD`.
fails_as() {
  local expected=$1 word=$2 command=$3
  shift 3
  fails_with "$expected" "$command" --errors json "$@" || return 1
  if ! jq -e --arg word "$word" 'type == "object" and .error == $word and (.message | type == "string" and length > 0)' \
    "$stderr_file" >/dev/null 2>&1; then
    complain "expected one JSON object with error \"$word\" and a message" "$command" --errors json "$@"
  fi
}

# jq_program FIELD|FILTER: a bare name is a field, but for jq's own `length` and `keys`.
jq_program() {
  case $1 in
  length | keys) printf '%s\n' "$1" ;;
  [a-zA-Z_]*[!a-zA-Z0-9_]* | [!a-zA-Z_]* | '') printf '%s\n' "$1" ;;
  *) printf '.%s\n' "$1" ;;
  esac
}

# json FIELD|FILTER: of $output, raw.
json() { jq -r "$(jq_program "$1")" <<<"$output"; }

# error_json FIELD|FILTER: of $stderr, raw.
error_json() { jq -r "$(jq_program "$1")" <<<"$stderr"; }

# assert_json FIELD|FILTER EXPECTED: of $output. Several lines of $output give several lines.
assert_json() {
  local actual
  actual=$(json "$1") || fail "no JSON: $output"
  assert_equal "$actual" "$2"
}

# assert_error_json FIELD|FILTER EXPECTED: of $stderr.
assert_error_json() {
  local actual
  actual=$(error_json "$1") || fail "no JSON: $stderr"
  assert_equal "$actual" "$2"
}

# json_of FIELD|FILTER CMD...: runs the command, which must succeed, and prints the field.
json_of() {
  local program=$1
  shift
  succeeds "$@" || return 1
  json "$program"
}

# journal_files [STORE]: the segments in order.
journal_files() { find "${1:-$OP_STORE}/journal" -name '[0-9]*.ndjson' 2>/dev/null | LC_ALL=C sort; }

# journal_bytes [STORE]: all that the segments hold.
journal_bytes() { journal_files "$@" | while IFS= read -r file; do cat "$file"; done; }

# event_count [TYPE]: events in the journal of $OP_STORE.
event_count() {
  if [ $# -eq 0 ]; then
    journal_bytes | wc -l
  else
    journal_bytes | jq -c --arg type "$1" 'select(.type == $type)' | wc -l
  fi
}

# appends_nothing CMD...: the command (often another helper) leaves every byte of the journal as it was.
appends_nothing() {
  local before after
  before=$(journal_bytes | sha256sum)
  "$@" || return 1
  after=$(journal_bytes | sha256sum)
  [ "$before" = "$after" ] || complain "it must append nothing, and changed the journal" "$@"
}

# wait_until SECONDS CMD...: until the command succeeds; fails when it did not within that time.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      printf 'waited in vain for:' >&2
      printf ' %q' "$@" >&2
      printf '\n' >&2
      return 1
    fi
    sleep 0.02
  done
}

# by_index CMD...: the rows are found by an index, and no table is read from end to end. (-v says how.)
by_index() {
  succeeds "$@" -v
  [[ $stderr == *': SEARCH '* && $stderr != *': SCAN '* ]] || complain "expected SEARCH and no SCAN" "$@"
}
