# provider.bash - the reference provider (examples/provider) in a test, as a program and as a service: `load lib/provider`.
#
# Its ledger is $LEDGER and the faults that it plays stand in $FAULTS, both in the directory of the test. use_provider
# writes the configuration and sets $OP_CONFIG. A file whose tests start a service calls provider_stop in its teardown.

# provider_setup: names its files, for setup().
provider_setup() {
  LEDGER=$BATS_TEST_TMPDIR/ledger.db
  FAULTS=$BATS_TEST_TMPDIR/faults
  PROVIDER_PID=
  # Without what slows the start of Python down.
  PROVIDER=(python3 -S -E -B "$OP_ROOT/examples/provider/provider.py" --ledger "$LEDGER" --control "$FAULTS")
  [ ! -x /usr/bin/python3 ] || PROVIDER[0]=/usr/bin/python3
}

# use_provider exec|http [KEY: VALUE...]: payments go there from now on; the rest are lines below `payment:`.
use_provider() {
  local transport=$1 command
  shift
  {
    printf 'payment:\n  provider: %s\n' "$transport"
    printf '  %s\n' "$@"
    if [ "$transport" = exec ]; then
      command=$(printf ', "%s"' "${PROVIDER[@]}")
      printf '  command: [%s]\n' "${command#, }"
    else
      [ -n "$PROVIDER_PID" ] || provider_start || return 1
      printf '  url: %s://127.0.0.1:%s/pay\n' "${PROVIDER_SCHEME:-http}" "$PROVIDER_PORT"
    fi
  } >"$BATS_TEST_TMPDIR/provider.yaml"
  export OP_CONFIG=$BATS_TEST_TMPDIR/provider.yaml
}

# provider_start ARGS...: the service, on a free port: $PROVIDER_PORT, $PROVIDER_PID.
provider_start() {
  rm -f "$BATS_TEST_TMPDIR/port"
  "${PROVIDER[@]}" --listen 127.0.0.1:0 "$@" >"$BATS_TEST_TMPDIR/port" 2>"$BATS_TEST_TMPDIR/provider.log" 3>&- &
  PROVIDER_PID=$!
  wait_until 20 test -s "$BATS_TEST_TMPDIR/port" || return 1
  PROVIDER_PORT=$(cat "$BATS_TEST_TMPDIR/port")
}

provider_stop() {
  [ -n "${PROVIDER_PID:-}" ] || return 0
  kill "$PROVIDER_PID" 2>/dev/null || true
  wait "$PROVIDER_PID" 2>/dev/null || true
  PROVIDER_PID=
}

# faults LINE...: what it plays from now on; none: nothing.
faults() { printf '%s\n' "$@" >"$FAULTS"; }

# books FILTER: of all that it booked and was asked, by jq.
books() { "${PROVIDER[@]}" --report | jq -r "$1"; }

# settle: runs op-pay at later and later times until nothing is left to do. Runs that cannot finish are expected.
settle() {
  local number now
  for number in $(seq 1 80); do
    printf -v now '2035-01-%02dT%02d:00:00Z' $((1 + number / 24)) $((number % 24))
    capture env OP_NOW="$now" op-pay run
    case $status in 0 | 75) ;; *) complain "op-pay run" op-pay run || return 1 ;; esac
    [ "$status$output$(op-pay list --status Pending)" != 0 ] || return 0
  done
  op-pay list -o table >&2
  fail "not settled after 80 runs: $stderr"
}
