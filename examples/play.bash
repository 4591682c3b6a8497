# play.bash - how the scenarios of examples/*/demo.sh are played: sourced by each of them.
#
# Every command is shown as it is run, on a store that is made for this and removed at the end. What is `expect`ed is
# checked; the scenario ends with `ended`, which exits 0 only if all of it came out as it should. A scenario in another
# language says its own words: $word_ok and $word_wrong, and the sentences that it hands to `ended`.

here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
# Under make: what was just built. Else what is installed, else the build in this source tree.
build=$(cd "$here/../.." && cd "${BUILD:-build}" 2>/dev/null && pwd) || build=
if [ -n "${BUILD-}" ] || ! command -v outerpark >/dev/null; then PATH=$build/bin:$PATH; fi
command -v outerpark >/dev/null || {
  echo "demo: outerpark is not on PATH; run 'make demo' at the top of the source tree" >&2
  exit 66
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/outerpark-demo.XXXXXX")
declare -A service=() # those that run: pid by command
end_all() {
  [ ${#service[@]} -eq 0 ] || kill "${service[@]}" 2>/dev/null || true
  wait
  rm -rf "$scratch"
}
trap end_all EXIT
for name in $(compgen -e OP_) $(compgen -e XDG_); do unset "$name"; done
export OP_STORE=$scratch/store HOME=$scratch
word_ok=ok word_wrong=WRONG

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-dumb}" != dumb ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
# On a terminal a table is what the programs print anyway.
table=(-o table)
if [ -t 1 ]; then table=(); fi

section() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }

# run CMD...: shows the command, then what it prints.
run() {
  printf '%s$ %s%s\n' "$bold" "$(quoted "$@")" "$plain"
  "$@"
}

# The command as one would type it.
quoted() {
  local word words=()
  for word in "$@"; do
    case $word in
    *[!a-zA-Z0-9_./:=,@%+-]* | '') words+=("'${word//\'/\'\\\'\'}'") ;;
    *) words+=("$word") ;;
    esac
  done
  printf '%s' "${words[*]}"
}

# expect WHAT WANTED CMD...: the number or word that the command prints is the one that the scenario names.
wrong=0
expect() {
  local what=$1 wanted=$2 got
  shift 2
  got=$("$@") || got="exit $?"
  if [ "$got" = "$wanted" ]; then
    printf '%s  %s: %s = %s%s\n' "$green" "$word_ok" "$what" "$wanted" "$plain"
  else
    printf '%s  %s: %s should be %s, and is %s%s\n' "$red" "$word_wrong" "$what" "$wanted" "$got" "$plain"
    wrong=$((wrong + 1))
  fi
}

# field NAME CMD...: a member of the one JSON object that the command prints; count CMD...: how many rows it prints.
field() {
  local name=$1
  shift
  "$@" -o ndjson | sed -n 's/.*"'"$name"'":"\{0,1\}\([^",}]*\).*/\1/p'
}
count() { "$@" -o ndjson | wc -l | tr -d ' '; }
# lag NAME: how many events a consumer is behind.
lag() { op-journal consumers -o ndjson | sed -n 's/.*"consumer":"'"$1"'".*"lag":\([0-9]*\).*/\1/p'; }
# exit_code CMD...: what the command exits with.
exit_code() {
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  echo "$code"
}

# start PROGRAM, stop PROGRAM: its `run --follow` in the background, as a service of its own.
start() {
  printf '%s$ %s run --follow &%s\n' "$bold" "$1" "$plain"
  "$1" run --follow -q &
  service[$1]=$!
}
stop() {
  printf '%s$ kill %%%s%s\n' "$bold" "$1" "$plain"
  kill "${service[$1]}"
  wait "${service[$1]}" || true
  unset "service[$1]"
}

# becomes WHAT WANTED CMD...: as expect, but the services get their time: ten seconds.
becomes() {
  local wanted=$2 tries=200
  until [ "$("${@:3}" 2>/dev/null)" = "$wanted" ] || [ "$tries" -eq 0 ]; do
    tries=$((tries - 1))
    sleep 0.05
  done
  expect "$@"
}

# ended GOOD BAD: the last line, and the exit code.
ended() {
  if [ "$wrong" -gt 0 ]; then
    printf '\n%s%s: %s%s\n' "$red" "$2" "$wrong" "$plain"
    exit 1
  fi
  printf '\n%s%s%s\n' "$green" "$1" "$plain"
}
