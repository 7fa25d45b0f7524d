#!/usr/bin/env bash
# pages.sh PROGRAMS ROOT: man pages from the programs' own --help, one each and one for each command. Needs help2man, and programs that
# run here.
set -euo pipefail
export LC_ALL=C.UTF-8
programs="$(realpath "$1")" pages="$(realpath -m "$2")/usr/share/man/man1"
mkdir -p "$pages"
page() { # PROGRAM [COMMAND]
  local name="$*" program="$programs/$1"
  name="${name// /-}"
  # help2man takes one program: a command of ours is one by a line of shell.
  # shellcheck disable=SC2016
  printf '#!/bin/sh\ncase "$1" in --version) exec "%s" --version ;; esac\nexec "%s" %s "$@"\n' "$program" "$program" "${*:2}" > "$pages/.asked"
  chmod +x "$pages/.asked"
  help2man --locale C.UTF-8 --no-info --section 1 --manual 'Tianfu Gate' --name "$(summary "$program" "${@:2}")" --output "$pages/$name.1" "$pages/.asked"
  sed -i "s/\.asked/$*/g; s/^$1 \\\\- /$name \\\\- /; s/^\.TH [^ ]*/.TH ${name^^}/" "$pages/$name.1"
  gzip -9nf "$pages/$name.1"
}
# help2man takes its own arguments for bytes, a program's words for characters.
summary() { "$@" --help | head -1 | tr -cd ' -~' | sed 's/^ *//'; }
commands() { "$@" --help | awk '/^Commands:/{on=1;next} /^[A-Z]/{on=0} on && /^  [a-z]/ && $1 != "help" {print $1}'; }
for one in gate gate-trust gate-field gate-sync; do
  page "$one"
  for command in $(commands "$programs/$one"); do page "$one" "$command"; done
done
rm -f "$pages/.asked"
