# cron.bash - runs the lines of a crontab as cron does: `load lib/cron`, after lib/common.

# cron_lines CRONTAB: its commands, one a line.
cron_lines() { sed -n 's/^[0-9*][^ ]* *[^ ]* *[^ ]* *[^ ]* *[^ ]* *//p' "$1"; }

# here TEXT: with the paths of this machine in it instead of those of an installation.
here() {
  local text=${1//\/usr\/local\/share\/outerpark\//"$OP_ROOT/"}
  printf '%s\n' "${text//\/var\/log\//"$BATS_TEST_TMPDIR/"}"
}

# cron_run CRONTAB: every line of it, with the environment that it sets and no other, but for PATH and the store. What
# cron would mail goes to the file `mail`.
cron_run() {
  local line settings
  mapfile -t settings < <(here "$(grep -E '^[A-Z_]+=' "$1")")
  : >mail
  while IFS= read -r line; do
    line=$(here "$line")
    env -i HOME="$HOME" LOGNAME=root SHELL=/bin/sh "${settings[@]}" PATH="$PATH" OP_STORE="$OP_STORE" \
      /bin/sh -c "$line" >>mail 2>&1 </dev/null || echo "exit $?: $line" >>mail
  done < <(cron_lines "$1")
}

# is_crontab FILE COUNT: so many lines of five fields and a command, only settings beside; no % that would be a newline.
is_crontab() {
  assert_equal "$(cron_lines "$1" | wc -l)" "$2"
  run ! grep -vE '^(#|$|[A-Z_]+=|[0-9*])' "$1"
  run ! grep '^[^#].*%' "$1"
}
