#!/usr/bin/env bats
# correctness-unicode.bats - Korean, emoji, combining and right-to-left text goes through every command unharmed.
#
# The texts and what must come of them stand in tests/correctness/check_unicode.py.

load lib/common

check_unicode() { op_python -B "$OP_TESTS/correctness/check_unicode.py" "$@"; }

# Filled once for the file.
setup_file() {
  load lib/common
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR common_setup
  succeeds check_unicode fill
  echo "$output"
}

setup() {
  common_setup
  cp -r "$BATS_FILE_TMPDIR/store" "$BATS_FILE_TMPDIR/catalogue.yaml" .
}

@test "every list and every format shows each text exactly" {
  succeeds check_unicode outputs
}

# bats test_tags=slow
@test "the same in a locale that is not UTF-8" {
  LC_ALL=C succeeds op-musical list -o table
  cp "$stdout_file" posix
  succeeds op-musical list -o table
  cmp posix "$stdout_file"
  LC_ALL=C LANG=C fails_as 1 no_such_musical op-musical show 없음
  assert_error_json .musicalId 없음
}

# bats test_tags=slow
@test "the same after the read models were deleted" {
  rm -rf store/state store/control
  succeeds check_unicode outputs
}

@test "a catalogue that was imported is the same catalogue" {
  appends_nothing succeeds op-musical import catalogue.yaml
}

@test "a repeated request is the same request" {
  appends_nothing succeeds op-reserve place --musical 가람 --seats 3 --customer 가람 --request-id r가람
  assert_json customerId 가람
  appends_nothing fails_as 1 request_id_reused op-reserve place --musical 가람 --seats 3 --customer Jun --request-id r가람
}

@test "an error names what was asked, in the words of the caller" {
  fails_with 1 op-reserve show '없는👨‍👩‍👧예약'
  [[ $stderr == *'없는👨‍👩‍👧예약'* ]] || fail "$stderr"
  fails_as 1 no_such_reservation op-mypage history '없는👨‍👩‍👧예약'
}

@test "a copy of the journal is the same journal" {
  op-journal read | op-journal --store copy append -q
  op-journal read | jq -c '[.id, .type, .tags, .correlation, .data]' >one
  op-journal --store copy read | jq -c '[.id, .type, .tags, .correlation, .data]' >two
  cmp one two
}

@test "the columns of tables line up by display width" {
  succeeds check_unicode columns
}

@test "the check is not satisfied with a text that was harmed" {
  mark_damaged
  local harm
  for harm in "s/겨울왕국/겨울 왕국/" 's/\xf0\x9f\x8e\xad/?/' 's/\xe2\x80\x8d//' 's/é/e/'; do
    op-journal read | sed "$harm" | op-journal --store harmed append -q
    OP_STORE=$PWD/harmed exits_with 1 check_unicode outputs
    rm -rf harmed
  done
}
