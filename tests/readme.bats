#!/usr/bin/env bats
# readme.bats - what README.md shows is what the programs do.

load lib/common

@test "README.md: every command that it shows is run, and prints what it shows" {
  export OP_NOW=2026-11-20T19:30:00Z OP_ROOT TMPDIR=$BATS_TEST_TMPDIR
  unset OP_STORE
  ln -s "$OP_ROOT/examples" examples
  capture op_python -B "$OP_TESTS/lib/readme.py" "$OP_ROOT/README.md"
  printf '%s\n%s\n' "$output" "$stderr"
  assert_equal "$status" 0
}

@test "README.md starts with make demo and make test, and names files that are there" {
  head -30 "$OP_ROOT/README.md" >start
  grep -q 'make demo' start
  grep -q 'make test' start
  local missing=0 path
  for path in $(grep -oE '\]\([^)#]+\)' "$OP_ROOT/README.md" | tr -d '])('); do
    case $path in http*) continue ;; esac
    [ -e "$OP_ROOT/$path" ] || { echo "README.md names $path, which is not there"; missing=1; }
  done
  assert_equal "$missing" 0
}

@test "the annotated configuration is one that the programs accept" {
  op-musical -q register --id 1 --name Frozen --seats 5
  sed "s|^store: .*|store: $OP_STORE|" "$OP_ROOT/examples/outerpark/outerpark.yaml" >config.yaml
  unset OP_STORE
  succeeds op-musical --config config.yaml list
  assert_json seats 5
  succeeds outerpark --config config.yaml tick
  # Its hold is not the default: what nobody paid expires.
  OP_NOW=2027-01-01T10:00:00Z op-reserve -q --config config.yaml place --musical 1 --seats 2 --price 100
  appends_nothing succeeds env OP_NOW=2027-01-01T10:14:59Z op-reserve --config config.yaml run
  succeeds env OP_NOW=2027-01-01T10:15:00Z op-reserve --config config.yaml run
  assert_json .data.reason expired
}
