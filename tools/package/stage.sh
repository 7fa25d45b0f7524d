#!/usr/bin/env bash
# stage.sh ROOT [PROGRAMS]: units, users, folders, rules, examples and completions of a terminal into a root, as a package puts them
# there; with PROGRAMS the four programs, too.
set -euo pipefail
root="$(realpath -m "$1")"
programs="${2:+$(realpath "$2")}"
cd "$(dirname "$0")/../../assets"
for unit in systemd/*.service systemd/*.path systemd/*.timer systemd/*.mount; do
  [ "$unit" = systemd/gate-hub.service ] || install -D -m 644 "$unit" "$root/usr/lib/systemd/system/${unit#*/}"
done
install -D -m 644 -t "$root/usr/lib/systemd/system/gate-.service.d" systemd/gate-.service.d/hardening.conf
install -D -m 644 systemd/tianfu-gate.sysusers "$root/usr/lib/sysusers.d/tianfu-gate.conf"
install -D -m 644 systemd/tianfu-gate.tmpfiles "$root/usr/lib/tmpfiles.d/tianfu-gate.conf"
install -D -m 644 systemd/70-tianfu-gate.rules "$root/usr/lib/udev/rules.d/70-tianfu-gate.rules"
for sample in gate.toml sync.toml; do
  install -D -m 644 "$sample" "$root/usr/share/doc/tianfu-gate/examples/$sample"
done
for one in gate gate-trust gate-field gate-sync; do
  install -D -m 644 ../tools/package/completion.bash "$root/usr/share/bash-completion/completions/$one"
  [ -z "$programs" ] || install -D -m 755 "$programs/$one" "$root/usr/bin/$one"
done
