#!/usr/bin/env bats
# help.bats - every verb's --help shows how to call that verb, and every man page names every option.

load lib/common

# programs: all that are built.
programs() { find "$OP_BUILD/bin" -maxdepth 1 -type f -perm -u+x -printf '%f\n' | LC_ALL=C sort; }

# verbs PROGRAM: those that its --help lists, one a line. Of outerpark only its own: the others are programs.
verbs() {
  local listed
  listed=$("$1" --help | sed -n '/^Verbs:$/,/^$/s/^  \([a-z].*\)$/\1/p' | sed 's/  .*//' |
    sed 's/ \[*[A-Z-].*//' | LC_ALL=C sort -u)
  [ "$1" != outerpark ] || listed=$'status\ntick'
  printf '%s\n' "$listed"
}

# examples: the last paragraph of $output, which must be one of examples.
examples() {
  awk 'BEGIN { RS = "" } { last = $0 } END { print last }' <<<"$output" >last
  head -1 last | grep -qE '^Examples?:$' || fail "it does not end with an example: $output"
  sed '1d; s/^  //' last
}

@test "the loops below see every program and every verb" {
  assert_equal "$(programs | paste -sd' ')" 'op-assign op-journal op-musical op-mypage op-notify op-pay op-reserve op-ticket outerpark'
  assert_equal "$(verbs op-musical | paste -sd,)" 'adjust,close,import,list,open,register,run,show'
  assert_equal "$(verbs op-assign | paste -sd,)" 'branch add,branch adjust,branch close,branch import,branch list,branch open,branch show,collect,list,run,show'
  assert_equal "$(verbs op-notify | paste -sd,)" 'contact forget,contact set,contact show,list,retry,run'
  assert_equal "$(verbs op-journal | paste -sd,)" 'append,consume,consumers,drop,forget,parked,parts,read,rebuild,repair,retry,seek,stat,verify'
  assert_equal "$(verbs op-mypage | paste -sd,)" 'history,report occupancy,report payments,report sales,show'
}

@test "the help of every verb ends with examples of that very verb" {
  local program verb example
  for program in $(programs); do
    while IFS= read -r verb; do
      # shellcheck disable=SC2086
      succeeds "$program" $verb --help
      examples >shown
      [ -s shown ] || fail "$program $verb has no example"
      while IFS= read -r example; do
        [[ $example == "$program $verb" || $example == "$program $verb "* || $example == "$program -q $verb" ]] ||
          fail "$program $verb --help shows: $example"
      done <shown
    done < <(verbs "$program")
    succeeds "$program" --help
    examples >shown
    [ "$(wc -l <shown)" -ge 2 ] && [ "$(wc -l <shown)" -le 6 ] || fail "$program --help shows: $(cat shown)"
  done
}

@test "the first word of several verbs has a help, too: that of each of them" {
  succeeds op-notify contact --help
  local verb option
  for verb in set show forget; do
    grep -qE "^(Usage:|      ) op-notify contact $verb \\[OPTION...\\] C$" <<<"$output" || fail "no usage of $verb: $output"
  done
  for option in --email --name --lang --request-id --store; do
    grep -qE -- "^ .* $option( |\$)" <<<"$output" || fail "no $option: $output"
  done
  examples >shown
  assert_equal "$(cut -d' ' -f3 shown | sort -u | paste -sd' ')" 'forget set show'
  local help=$output
  succeeds op-notify --help contact
  assert_equal "$output" "$help"
  succeeds outerpark notify contact -h
  assert_equal "$output" "$help"
  fails_with 64 op-notify contact
  assert_equal "$stderr" "op-notify: 'contact' must be followed by one of: set, show, forget; see 'op-notify contact --help'"
  # Also where the program does something without a verb.
  succeeds op-mypage report --help
  for option in --by --since --until --zone --svg; do
    grep -qE -- "^ .* $option( |\$)" <<<"$output" || fail "no $option: $output"
  done
  [[ $output == 'Usage: op-mypage report sales '* && $output != *--customer* ]] || fail "$output"
  local wrong
  for wrong in report 'report --by day' 'report week' '--errors text report --svg x'; do
    # shellcheck disable=SC2086
    fails_with 64 op-mypage $wrong
    assert_equal "$stderr" "op-mypage: 'report' must be followed by one of: sales, occupancy, payments; see 'op-mypage report --help'"
  done
}

@test "a word that is none of a few is told with those, and with the help of its verb" {
  # wrong MESSAGE CMD...: what it says.
  wrong() {
    fails_with 64 "${@:2}"
    assert_equal "$stderr" "$1"
  }
  op-journal -q append <<<'{"type":"Note"}'
  wrong "op-notify: --status must be one of Pending, Sent, Parked, Withdrawn, not 'BAD'; see 'op-notify list --help'" \
    op-notify list --status BAD
  wrong "op-pay: --status must be one of Pending, PaymentApproved, PaymentDeclined, PaymentCancelled, Parked, RefundParked, not 'BAD'; see 'op-pay list --help'" \
    op-pay list --status BAD
  wrong "op-reserve: --status must be one of Reserved, PaymentApproved, Cancelled, PaymentCancelled, not 'BAD'; see 'op-reserve list --help'" \
    outerpark reserve list --status BAD
  wrong "op-mypage: --status must be one of Reserved, PaymentApproved, Cancelled, PaymentCancelled, not 'BAD'; see 'op-mypage --help'" \
    op-mypage --status BAD
  wrong "op-notify: --lang must be one of ko, en, not 'xx'; see 'op-notify contact set --help'" \
    op-notify contact set c1 --email a@example.org --lang xx
  wrong "op-journal: --format data gives JSON: -o ndjson or json is expected with it; see 'op-journal read --help'" \
    op-journal read --format data -o csv
}

@test "every example names options that its verb takes" {
  local program verb example word
  for program in $(programs); do
    while IFS= read -r verb; do
      # shellcheck disable=SC2086
      succeeds "$program" $verb --help
      examples >shown
      while IFS= read -r example; do
        while IFS= read -r word; do
          grep -qE -- "^ .* $word( |\$)" <<<"$output" || fail "$program $verb takes no $word: $example"
        done < <(sed 's/ [|] .*//; s/ -- .*//' <<<"$example" | grep -oE -- '--[a-z-]+')
      done <shown
    done < <(verbs "$program")
  done
}

# options: those that the --help in $output lists, long and short, one a line.
options() { sed -n '/ptions.*:$/,/^$/p' <<<"$output" | grep -oE -- '^  (-[a-z], |    )--[a-z-]+' | grep -oE -- '--?[a-z-]+'; }

# plain_page PROGRAM: its man page without fonts.
plain_page() { sed 's/\\-/-/g; s/\\f[BIRP]//g; s/^\.[A-Z]* //' "$OP_ROOT/man/$1.1"; }

@test "every man page names every option of every verb, in its long form and its short one" {
  local program verb option missing=
  for program in $(programs); do
    plain_page "$program" >page
    { verbs "$program"; echo; } >of
    while IFS= read -r verb; do
      # shellcheck disable=SC2086
      succeeds "$program" $verb --help
      [ "$(options | wc -l)" -ge 10 ] || fail "no options in $program $verb --help"
      for option in $(options); do
        grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" page || missing+="$program.1 ($verb): $option"$'\n'
      done
    done <of
  done
  [ -z "$missing" ] || fail "man pages do not name: $(sort -u <<<"$missing")"
}

@test "every man page names every verb" {
  local program verb
  for program in $(programs); do
    plain_page "$program" >page
    while IFS= read -r verb; do
      grep -qF "$program $verb" page || fail "$program.1 does not name $verb"
    done < <(verbs "$program")
  done
}
