#!/usr/bin/env bats
# install.bats - what `make install` puts down is complete: a program that knows nothing but pkg-config is built with it.
#
# The build of this test run is installed, instrumented where it is a sanitizer run.

load lib/common

# Installs once for the whole file, below PREFIX without DESTDIR.
setup_file() {
  INSTALLED=$BATS_FILE_TMPDIR/prefix
  export INSTALLED
  install_to PREFIX="$INSTALLED"
}

# install_to VARIABLE=VALUE...: make install (or $GOAL) of this build. The flags are those of the build, so nothing is compiled.
install_to() {
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$OP_ROOT" BUILD="${BUILD:-build}" \
    ${SANITIZE:+SANITIZE="$SANITIZE" CFLAGS="-O1 -g"} "$@" "${GOAL:-install}"
}

# config ARGS...: pkg-config that sees the installed evstore.pc alone.
config() { PKG_CONFIG_LIBDIR=$INSTALLED/lib/pkgconfig pkg-config "$@" evstore; }

# compile OUTPUT ARGS...: the program outside of the tree, with warnings as errors.
compile() {
  local program=$1
  shift
  cp "$OP_TESTS/install/consumer.c" .
  # shellcheck disable=SC2046 # lists of flags
  gcc -std=c11 -Wall -Wextra -Werror ${SANITIZE:+-fsanitize="$SANITIZE"} $(config --cflags) -o "$program" consumer.c "$@"
}

# check PROGRAM: it appends with a condition and reads what it should.
check() {
  succeeds "$1" "$OP_STORE"
  assert_output "1 SeatTaken 1A
2 SeatTaken 1B"
  assert_equal "$(event_count)" 2
}

@test "a program outside of the tree is built with the shared library, and runs" {
  # shellcheck disable=SC2046
  compile consumer $(config --libs)
  run readelf -d consumer
  assert_output --partial "Shared library: [libevstore.so.0]"
  export LD_LIBRARY_PATH=$INSTALLED/lib
  check ./consumer
}

@test "the same program is built with the static library, and runs" {
  # shellcheck disable=SC2046
  compile consumer $(config --variable=libdir)/libevstore.a $(config --static --libs-only-other)
  run readelf -d consumer
  refute_output --partial libevstore
  check ./consumer
}

@test "the header is enough for C++ and for strict C, by itself" {
  printf '#include <evstore.h>\nint main(void) { return evs_utf8_valid("", 0) ? 0 : 1; }\n' >alone.c
  # shellcheck disable=SC2046
  gcc -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only $(config --cflags) alone.c
  if command -v g++ >/dev/null; then
    # shellcheck disable=SC2046
    g++ -x c++ -pedantic -Wall -Wextra -Werror -fsyntax-only $(config --cflags) alone.c
  fi
}

@test "evstore.pc says the version of the header" {
  assert_equal "$(config --modversion)" "$(sed -n 's/^#define EVS_VERSION "\(.*\)"/\1/p' "$INSTALLED/include/evstore.h")"
  [ -e "$INSTALLED/lib/libevstore.so.$(config --modversion)" ]
}

@test "the shared library exports what the header declares, and nothing else" {
  gcc -E -P "$INSTALLED/include/evstore.h" | tr '\n' ' ' | tr ';' '\n' |
    grep 'visibility("default")' | grep -oE 'evs_[a-z0-9_]+ *\(' | tr -d ' (' | LC_ALL=C sort -u >declared
  [ -s declared ]
  nm -D --defined-only "$INSTALLED/lib/libevstore.so" | awk '$2 ~ /[A-Z]/ { print $3 }' | grep -vE '^(__odr|_init$|_fini$)' |
    LC_ALL=C sort -u >exported
  diff declared exported
}

@test "the static library takes no names outside of evs_" {
  run bash -c "nm -g --defined-only '$INSTALLED/lib/libevstore.a' | awk 'NF == 3 { print \$3 }' | grep -vE '^(evs_|__odr)'"
  assert_output ""
}

@test "the library stands on the C library alone" {
  [ -z "${SANITIZE:-}" ] || skip "the sanitizer brings its own"
  run bash -c "readelf -d '$INSTALLED/lib/libevstore.so' | grep NEEDED | grep -vE '\[(libc|ld-linux[a-z0-9-]*|libpthread)\.so'"
  assert_output ""
}

@test "programs, schemas, examples and man pages are where they belong" {
  local program
  for program in "$OP_BUILD"/bin/*; do
    cmp "$program" "$INSTALLED/bin/$(basename "$program")"
  done
  (cd "$OP_ROOT" && find schemas examples -type f -not -path '*/__pycache__/*' | LC_ALL=C sort) >shared
  (cd "$INSTALLED/share/outerpark" && find . -type f -printf '%P\n' | LC_ALL=C sort) >there
  diff shared there
  local file
  while IFS= read -r file; do
    cmp "$OP_ROOT/$file" "$INSTALLED/share/outerpark/$file"
    [ ! -x "$OP_ROOT/$file" ] || [ -x "$INSTALLED/share/outerpark/$file" ] || fail "$file cannot be run"
  done <shared
  local page
  for page in "$OP_ROOT"/man/*.1; do
    [ ! -e "$page" ] || cmp "$page" "$INSTALLED/share/man/man1/$(basename "$page")"
  done
}

@test "what the examples name is there: the crontab's consumer, the sender, the unit's program, a demo" {
  local path named=0
  while IFS= read -r path; do
    [ -e "$INSTALLED/${path#/usr/local/}" ] || fail "the examples name $path, which is not installed"
    named=$((named + 1))
  done < <(grep -ohE '/usr/local/[A-Za-z0-9_./-]+' "$OP_ROOT"/examples/*/* | sort -u)
  [ "$named" -ge 5 ] || fail "only $named paths"
  PATH=$INSTALLED/bin:/usr/bin:/bin
  op-musical -q register --id 1 --name Frozen --seats 5
  op-reserve -q place --musical 1 --seats 1 --price 100 --customer mina
  op-pay -q run
  succeeds op-journal -q consume --consumer kakao --type PaymentApproved -- \
    "$INSTALLED/share/outerpark/examples/outerpark/consumer.py"
  assert_output --partial mina
  env -u BUILD "$INSTALLED/share/outerpark/examples/tshop/demo.sh" >demo || fail "$(cat demo)"
}

@test "DESTDIR moves the files and not what they say; uninstall leaves nothing" {
  local stage=$BATS_TEST_TMPDIR/stage
  install_to PREFIX=/opt/park DESTDIR="$stage"
  (cd "$INSTALLED" && find . ! -type d | LC_ALL=C sort) >plain
  (cd "$stage/opt/park" && find . ! -type d | LC_ALL=C sort) >staged
  diff plain staged
  run grep -rl "$stage" "$stage/opt/park/lib/pkgconfig"
  assert_output ""
  grep -qx 'prefix=/opt/park' "$stage/opt/park/lib/pkgconfig/evstore.pc"
  GOAL=uninstall install_to PREFIX=/opt/park DESTDIR="$stage"
  assert_equal "$(find "$stage" ! -type d)" ""
  [ ! -e "$stage/opt/park/share/outerpark" ]
}
