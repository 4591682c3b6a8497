# waiting.bash - the waiting list of musical 1, for the tests of it.

# wait_for SEATS ID [OPTION...]
wait_for() {
  local seats=$1 id=$2
  shift 2
  op-reserve -q wait --musical 1 --seats "$seats" --id "$id" "$@"
}

# gives_back RID [OPTION...]: cancelled, and its seats are free again.
gives_back() {
  op-reserve -q cancel "$@"
  op-musical -q run
}

# What op-reserve run appends, the offers and what else: TYPE ID ...
run_says() { op-reserve run | jq -r '"\(.type) \(.data.waitingId)"' | tr '\n' ' '; }

check_waiting() { op_python -B "$OP_TESTS/correctness/check_waiting.py" "$@"; }
