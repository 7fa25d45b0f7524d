#!/usr/bin/env bash
# The package's life in a Debian root of its own: installed, configured, used, upgraded over an older one, removed, purged. Each line a rule.
# Usage: tests/rig/package.sh DEB. Needs root and mmdebstrap.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
deb="$1"
. tests/rig/base.sh
[ "$(id -u)" = 0 ] || { echo "SKIPPED package: root is needed"; exit 0; }
make_base || { echo "SKIPPED package: Debian's packages cannot be reached"; exit 0; }
failed=0
holds() { local rule="$1"; shift; if "$@"; then echo "ok      $rule"; else echo "FAILED  $rule"; failed=1; fi; }
fails() { ! "$@" 2>/dev/null; }
quietly() { "$@" >>"$work/log" 2>&1; }
work="$(mktemp -d)" root="$(mktemp -d)"
trap 'umount "$root/proc" 2>/dev/null; rm -rf "$root" "$work"' EXIT
tar -xf "$base" -C "$root"
mount -t proc proc "$root/proc"
here() { chroot "$root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
home="$root/var/lib/tianfu-gate"

# An older one: the same with an older number and an older sample.
dpkg-deb -R "$deb" "$work/old"
sed -i 's/^Version: .*/Version: 0.0.9-1/' "$work/old/DEBIAN/control"
sed -i 's/^lane = 1 .*/lane = 1/' "$work/old/etc/tianfu-gate/gate.toml"
dpkg-deb -b --root-owner-group "$work/old" "$root/old.deb" >/dev/null
cp "$deb" "$root/new.deb"

holds "the older one is installed" quietly here dpkg -i /old.deb
holds "its users are there" quietly here id tianfu-gate
holds "its folders are whose they are" [ "$(here stat -c '%U %a' /var/lib/tianfu-gate/journal)" = "tianfu-gate 700" ]
holds "the lane comes with the next boot" here systemctl is-enabled --quiet gate.service
holds "its sample is a good configuration" quietly here gate config check --config /etc/tianfu-gate/gate.toml
holds "its units are ones" here systemd-analyze verify /usr/lib/systemd/system/gate{,-trust,-fold,-sync,-stick}.service
exposure() { here systemd-analyze security --offline=yes --no-pager "$1.service" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p'; }
shared=usr/lib/systemd/system/gate-.service.d/hardening.conf
holds "each but the lane asserts what they have in common" [ "$(grep -lx "AssertPathExists=/$shared" "$root/${shared%/*/*}"/gate-*.service | wc -l)" = 4 ]
for unit in gate-trust:0.5 gate-fold:0.5 gate-stick:0.5 gate-sync:1.4 gate:1.6; do
  holds "installed, ${unit%:*} is exposed by ${unit#*:}" [ "$(exposure "${unit%:*}")" = "${unit#*:}" ]
done
sbom="$root/usr/share/doc/tianfu-gate/sbom"
holds "each program says which crates it is made of" [ "$(grep -lF '"name": "gate-proof"' "$sbom"/*.cdx.json | wc -l)" = 4 ]
holds "and names no folder of the machine that built it" fails grep -rqF "$PWD" "$sbom"
holds "the man pages are there" test -s "$root/usr/share/man/man1/gate-run.1.gz"
here setpriv --reuid tianfu-gate --regid tianfu-gate --init-groups gate enrol --data /var/lib/tianfu-gate/believed --terminal 7 >/dev/null
sed -i 's/^place = 1 .*/place = 33/' "$root/etc/tianfu-gate/gate.toml"
echo record > "$home/journal/journal.db"
echo batch > "$home/spool/out/batch"
echo floors > "$home/keeper/seen"
echo TERMINAL=7 > "$root/etc/tianfu-gate/terminal"
enrolled="$(sha256sum < "$home/believed/terminal.keys.json")"

holds "a newer one is installed over it" quietly here dpkg --force-confold -i /new.deb
# shellcheck disable=SC2016
holds "the version is the newer" [ "$(here dpkg-query -W -f '${Version}' tianfu-gate)" = "$(dpkg-deb -f "$deb" Version)" ]
holds "what the integrator wrote is kept" grep -qx 'place = 33' "$root/etc/tianfu-gate/gate.toml"
holds "the newer sample lies beside it" test -e "$root/etc/tianfu-gate/gate.toml.dpkg-dist"
holds "the terminal's keys are the same" [ "$(sha256sum < "$home/believed/terminal.keys.json")" = "$enrolled" ]
holds "the journal is untouched" grep -qx record "$home/journal/journal.db"

holds "it is removed" quietly here dpkg -r tianfu-gate
holds "no program is left" fails test -e "$root/usr/bin/gate"
holds "no unit is enabled" [ -z "$(find "$root/etc/systemd" -name 'gate*')" ]
holds "removed, configuration and data are all there" test -e "$root/etc/tianfu-gate/gate.toml" -a -e "$home/journal/journal.db"

purged="$(here dpkg -P tianfu-gate 2>&1)"
holds "purged, the configuration is gone" fails test -e "$root/etc/tianfu-gate"
holds "what can be fetched again is gone" fails test -e "$home/spool/trust" -o -e "$home/line"
holds "what the keeper has seen is kept with the keys" grep -qx floors "$home/keeper/seen"
holds "records that nobody else may have are kept" test -e "$home/journal/journal.db" -a -e "$home/spool/out/batch"
holds "and it is said" grep -q 'kept in /var/lib/tianfu-gate' <<<"$purged"
holds "installed again it goes on with the same keys" quietly here dpkg -i /new.deb
holds "which are the terminal's" [ "$(sha256sum < "$home/believed/terminal.keys.json")" = "$enrolled" ]
here dpkg -r tianfu-gate >>"$work/log" 2>&1
rm -r "$home/journal" "$home/believed" "$home/spool/out"
here dpkg -P tianfu-gate >>"$work/log" 2>&1
holds "without records a purge leaves nothing" fails test -e "$home"
if [ "$failed" = 0 ]; then echo "package: whole"; else cat "$work/log"; echo "package: broken"; exit 1; fi
