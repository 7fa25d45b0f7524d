#!/usr/bin/env bash
# stage.sh ROOT: units, users, folders and rules of a terminal into a root, as a package puts them there.
set -euo pipefail
cd "$(dirname "$0")/../../assets/systemd"
root="$1"
install -d "$root/usr/lib/systemd/system" "$root/usr/lib/udev/rules.d"
for unit in *.service *.path *.timer *.mount; do
  [ "$unit" = gate-hub.service ] || install -m 644 "$unit" "$root/usr/lib/systemd/system/"
done
install -D -m 644 tianfu-gate.sysusers "$root/usr/lib/sysusers.d/tianfu-gate.conf"
install -D -m 644 tianfu-gate.tmpfiles "$root/usr/lib/tmpfiles.d/tianfu-gate.conf"
install -m 644 70-tianfu-gate.rules "$root/usr/lib/udev/rules.d/"
