#!/usr/bin/env bash
# The units under a real systemd: a Debian root of its own, booted in a container, with the programs of this tree.
# Shows: the lane starts as its own user without a network, is ready and watched; one that hangs is begun anew; what a carrier
# brings or asks starts the keeper, which answers a visit; nobody can write what is another's; and the whole way through a hub, by the carrier in
# its unit. Records leave within five minutes, which it waits for. Needs root, mmdebstrap and systemd-nspawn (tools/ci/rig.sh).
# Usage: tests/rig/units.sh [PROGRAMS=target/debug]
set -euo pipefail
cd "$(dirname "$0")/../.."
programs="${1:-target/debug}"
. tests/rig/base.sh
skip() { echo "SKIPPED units: $1"; [ "${CI:-}" != true ]; exit; }
[ "$(id -u)" = 0 ] || skip "root is needed for a container"
for tool in mmdebstrap systemd-nspawn; do
  command -v "$tool" >/dev/null || skip "no $tool (tools/ci/rig.sh)"
done
make_base || skip "Debian's packages cannot be reached"

all=(gate gate-trust gate-field gate-sync gate-hub gate-sign)
for one in "${all[@]}"; do
  [ -x "$programs/$one" ] || { cargo build --locked --workspace --bins; break; }
done

root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT
tar -xf "$base" -C "$root"
for one in "${all[@]}"; do install -D -m 755 "$programs/$one" "$root/usr/bin/$one"; done
bash tools/package/stage.sh "$root"
echo '127.0.0.1 localhost' > "$root/etc/hosts"
# The province's side, which no package of a terminal has.
install -D -m 644 assets/systemd/gate-hub.service "$root/usr/lib/systemd/system/gate-hub.service"
install -D -m 644 assets/systemd/tianfu-hub.sysusers "$root/usr/lib/sysusers.d/tianfu-hub.conf"
install -m 755 tests/rig/province.sh "$root/usr/bin/province"

# A board of files: pictures for a camera, a file for a screen. No devices are here.
gate=/var/lib/tianfu-gate
mkdir -p "$root/etc/tianfu-gate"
cat > "$root/etc/tianfu-gate/gate.toml" <<END
place = 1
lane = 1
data = "$gate/believed"
journal = "$gate/journal/journal.db"
reserve = "$gate/journal/reserve.bin"
keeper = "$gate/keeper"
visit = "/run/tianfu-gate/visit.json"
[camera]
frames = "$gate/frames"
[display]
framebuffer = "$gate/journal/screen"
width = 800
height = 480
[clock]
rtc = "none"
[records]
spool = "$gate/spool"
outbox_mib = 128
END
# The rig does not wait half a minute for the watchdog.
mkdir -p "$root/etc/systemd/system/gate.service.d"
printf '[Service]\nWatchdogSec=3\n' > "$root/etc/systemd/system/gate.service.d/rig.conf"
install -m 755 tests/rig/in-units.sh "$root/usr/bin/rig-check"
install -m 644 tests/rig/rig-check.service "$root/etc/systemd/system/"
mkdir -p "$root/var/lib/tianfu-gate/frames" "$root/rig"
systemctl --root="$root" enable rig-check.service gate.service gate-trust.path gate-trust.timer gate-fold.timer gate-sync.service 2>/dev/null

timeout 900 systemd-nspawn --quiet --register=no --keep-unit --private-network --boot --console=pipe -D "$root" </dev/null >"$root/rig/boot.log" 2>&1 || true
if [ ! -s "$root/rig/report" ]; then
  tail -20 "$root/rig/boot.log"
  # A container that boots tells its targets: then it is the units that never became ready.
  ! grep -q "Reached target" "$root/rig/boot.log" || { echo "FAILED units: the lane was never ready"; exit 1; }
  skip "no container can be booted here"
fi
cat "$root/rig/report"
tail -1 "$root/rig/report" | grep -qx 'rig: whole'
