#!/usr/bin/env bash
# The package's life in a Debian root of its own: installed, configured, used, upgraded over an older one, removed, purged. Each line a rule.
# The lane of the older one serves people: what it believes and has recorded is what the newer one begins with.
# Usage: tests/rig/package.sh DEB [OLDER]; OLDER: a package of an earlier commit; without it the older one is DEB with an older number.
# Needs root, mmdebstrap, python3, and `gate-sign` in NATIVE (target/debug).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
deb="$1" older="${2:-$1}" native="${NATIVE:-target/debug}"
. tests/rig/base.sh
[ "$(id -u)" = 0 ] || { echo "SKIPPED package: root is needed"; [ "${CI:-}" != true ]; exit; }
make_base || { echo "SKIPPED package: Debian's packages cannot be reached"; [ "${CI:-}" != true ]; exit; }
for tool in "$native/gate-sign" python3; do
  command -v "$tool" >/dev/null || { echo "SKIPPED package: no $tool"; [ "${CI:-}" != true ]; exit; }
done
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

# An older one, by its number; its sample is another.
dpkg-deb -R "$older" "$work/old"
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
as_lane=(setpriv --reuid tianfu-gate --regid tianfu-gate --init-groups)
here "${as_lane[@]}" gate enrol --data /var/lib/tianfu-gate/believed --terminal 7 > "$work/enrolled"
desk="$work/desk"
sign() { "$native/gate-sign" "$@" >>"$work/log" 2>&1; }
numbers=(510100194001010010 510100194001010029 510100194001010037 510100194001010045 510100194001010053 510100194001010061)
{ echo document_kind,number,second_number,colour; printf 'resident-id,%s,,green\n' "${numbers[@]}"; } > "$work/people.csv"
sign province new --dir "$desk" --region 510000 --demo
sign status build --dir "$desk" --people "$work/people.csv" --scope population --as-of "$(date -Iseconds)"
sign province publish --dir "$desk" --out "$home/believed" --terminal 7 --device "$(sed -n 's/^device //p' "$work/enrolled")"
here chown -R tianfu-gate:tianfu-gate /var/lib/tianfu-gate/believed
mkdir "$home/frames"
cat > "$root/etc/tianfu-gate/gate.toml" <<END
# The integrator's own.
place = 1
lane = 1
data = "/var/lib/tianfu-gate/believed"
journal = "/var/lib/tianfu-gate/journal/journal.db"
reserve = "/var/lib/tianfu-gate/journal/reserve.bin"
[camera]
frames = "/var/lib/tianfu-gate/frames"
[display]
framebuffer = "/var/lib/tianfu-gate/journal/screen"
width = 800
height = 480
[clock]
rtc = "none"
END
cp "$root/etc/tianfu-gate/gate.toml" "$work/gate.toml"
within() { local s="$1"; shift; for _ in $(seq "$((s * 5))"); do "$@" && return 0; sleep 0.2; done; return 1; }
verdicts() { [ "$(grep -c 'lamps: Verdict' "$work/said")" -gt "$1" ]; }
lane() { exec chroot "$root" env PATH=/usr/bin:/bin "${as_lane[@]}" gate run --config /etc/tianfu-gate/gate.toml; }
# The lane serves, and three people come with codes: nothing vouches for its clock, so the third is the first who passes.
serves() {
  local served before number
  : > "$work/said"
  lane >"$work/said" 2>&1 &
  served=$!
  for number in "$@"; do
    before="$(grep -c 'lamps: Verdict' "$work/said")"
    rm -f "$work/code.png"
    sign issue screen --dir "$desk" --number "$number" --name 测试甲 --colour green --png "$work/code.png"
    # A code is its desk's alone to read; held up, anybody sees it.
    install -m 644 "$work/code.png" "$home/frames/code.png"
    within 60 verdicts "$before"
    rm -f "$home/frames/code.png"
    sleep 1
  done
  kill "$served"
  wait "$served"
  cat "$work/said" >> "$work/log"
  grep -q 'latch: open' "$work/said"
}
# A copy is read: nothing of ours is left beside a journal.
rows() {
  rm -rf "$work/copy"
  cp -r "$home/journal" "$work/copy"
  python3 - "$work/copy/journal.db" <<'END'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT sequence, hex(previous), hex(hash) FROM record ORDER BY sequence"):
    print(*row)
END
}
holds "people pass at the older one" serves "${numbers[@]:0:3}"
rows > "$work/rows"
holds "and are recorded" [ "$(wc -l < "$work/rows")" -ge 3 ]
believed="$(sha256sum < "$home/believed/manifest.json")"
echo batch > "$home/spool/out/batch"
echo asked > "$home/spool/ask"
echo floors > "$home/keeper/seen"
echo TERMINAL=7 > "$root/etc/tianfu-gate/terminal"
enrolled="$(sha256sum < "$home/believed/terminal.keys.json")"

holds "a newer one is installed over it" quietly here dpkg --force-confold -i /new.deb
# shellcheck disable=SC2016
holds "the version is the newer" [ "$(here dpkg-query -W -f '${Version}' tianfu-gate)" = "$(dpkg-deb -f "$deb" Version)" ]
sbom="$root/usr/share/doc/tianfu-gate/sbom"
holds "each program says which crates it is made of" [ "$(grep -lF '"name": "gate-proof"' "$sbom"/*.cdx.json | wc -l)" = 4 ]
holds "and names no folder of the machine that built it" fails grep -rqF "$PWD" "$sbom"
holds "the man pages are there" test -s "$root/usr/share/man/man1/gate-run.1.gz"
holds "what the integrator wrote is kept" cmp "$work/gate.toml" "$root/etc/tianfu-gate/gate.toml"
holds "the newer sample lies beside it" test -e "$root/etc/tianfu-gate/gate.toml.dpkg-dist"
holds "the terminal's keys are the same" [ "$(sha256sum < "$home/believed/terminal.keys.json")" = "$enrolled" ]
holds "the journal is untouched" cmp "$work/rows" <(rows)
holds "people pass at the newer one" serves "${numbers[@]:3:3}"
holds "by what the older one believed" [ "$(sha256sum < "$home/believed/manifest.json")" = "$believed" ]
rows > "$work/both"
before="$(wc -l < "$work/rows")"
holds "every record of the older one is there" cmp "$work/rows" <(head -n "$before" "$work/both")
holds "and the newer one's follow in the same chain" \
  [ "$(sed -n "$((before + 1))p" "$work/both" | cut -d' ' -f2)" = "$(tail -1 "$work/rows" | cut -d' ' -f3)" ]
echo "        records: $before of the older one, $(($(wc -l < "$work/both") - before)) of the newer one"

holds "it is removed" quietly here dpkg -r tianfu-gate
holds "no program is left" fails test -e "$root/usr/bin/gate"
holds "no unit is enabled" [ -z "$(find "$root/etc/systemd" -name 'gate*')" ]
holds "removed, configuration and data are all there" test -e "$root/etc/tianfu-gate/gate.toml" -a -e "$home/journal/journal.db"

purged="$(here dpkg -P tianfu-gate 2>&1)"
holds "purged, the configuration is gone" fails test -e "$root/etc/tianfu-gate"
holds "what can be fetched again is gone" fails test -e "$home/spool/trust" -o -e "$home/spool/ask" -o -e "$home/line"
holds "what the keeper has seen is kept with the keys" grep -qx floors "$home/keeper/seen"
holds "records that nobody else may have are kept" test -e "$home/journal/journal.db" -a -e "$home/spool/out/batch"
holds "and it is said" grep -q 'kept in /var/lib/tianfu-gate' <<<"$purged"
holds "who reads sticks and who has the line are no users any more" fails here getent passwd tianfu-stick tianfu-line
holds "and leave nothing that is theirs" [ -z "$(here find /var/lib/tianfu-gate -nouser -o -nogroup)" ]
holds "the lane's user stays with its records" [ "$(here stat -c %U /var/lib/tianfu-gate/journal)" = tianfu-gate ]
holds "installed again it goes on with the same keys" quietly here dpkg -i /new.deb
holds "which are the terminal's" [ "$(sha256sum < "$home/believed/terminal.keys.json")" = "$enrolled" ]
here dpkg -r tianfu-gate >>"$work/log" 2>&1
rm -r "$home/journal" "$home/believed" "$home/spool/out" "$home/frames"
here dpkg -P tianfu-gate >>"$work/log" 2>&1
holds "without records a purge leaves nothing" fails test -e "$home"
holds "nor a user" fails here getent passwd tianfu-gate tianfu-stick tianfu-line
holds "nor a group" fails here getent group tianfu-gate tianfu-spool tianfu-stick tianfu-line
if [ "$failed" = 0 ]; then echo "package: whole"; else cat "$work/log"; echo "package: broken"; exit 1; fi
