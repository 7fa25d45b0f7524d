#!/usr/bin/env bash
# The guest's disks and initial RAM disk: Debian with a systemd, the kernel's modules for the emulated devices, the terminal's programs as
# a package puts them there.
# Usage: tests/rig/guest.sh PROGRAMS WORLD OUT [arm64]; WORLD: what lies over the root (data, configuration), OUT gets root.img and initrd.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs="$1" world="$2" out="$3"
rig="$PWD/target/rig${4:+/$4}"
kernel="$rig/kernel"
version="$(basename "$kernel"/lib/modules/*)"
busybox="$rig/busybox"
[ -e "$busybox" ] || busybox="$(command -v busybox)"
. tests/rig/base.sh
mkdir -p "$out"
if [ -n "${4:-}" ]; then base="$rig/bookworm-video.tar"; else make_base; fi
early=(virtio_pci virtio_blk crc32c_generic ext4)
late=(virtio_console xhci-pci usb-storage sd_mod vfat exfat nls_ascii nls_cp437 i6300esb ftdi_sio vivid bochs configfs i2c-dev usbhid hid-generic evdev)
[ -e "$kernel/lib/modules/$version/modules.dep" ] || depmod -b "$kernel" "$version"
needs() { modprobe -d "$kernel" -S "$version" --show-depends "$1" 2>/dev/null | awk '/^insmod/{print $2}'; }

root="$(mktemp -d)" ram="$(mktemp -d)"
trap 'rm -rf "$root" "$ram"' EXIT
tar -xf "$base" -C "$root"
# A root of another processor was only unpacked: no script has made its first users, nor udev's groups.
if [ ! -e "$root/etc/group" ]; then
  for one in passwd group; do cp "$root/usr/share/base-passwd/$one.master" "$root/etc/$one"; done
  printf 'input:x:104:\nkvm:x:105:\nrender:x:106:\n' >> "$root/etc/group"
fi
for module in "${early[@]}" "${late[@]}"; do needs "$module"; done | sort -u | while read -r file; do
  install -D -m 644 "$file" "$root/lib/modules/$version/${file#*"/$version/"}"
done
[ ! -e "$rig/gpio-sim.ko" ] || install -D -m 644 "$rig/gpio-sim.ko" "$root/lib/modules/$version/updates/gpio-sim.ko"
cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
depmod -b "$root" "$version"

for one in gate gate-trust gate-field gate-sync; do install -m 755 "$programs/$one" "$root/usr/bin/$one"; done
bash tools/package/stage.sh "$root"
cp -a tests/rig/guest/. "$root/"
cp assets/boards/rig.toml "$root/usr/lib/rig/board.toml"
cp tools/package/deb/postinst "$root/usr/lib/rig/postinst"
cp -a "$world/." "$root/"
echo tianfu > "$root/etc/hostname"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
systemctl --root="$root" enable rig-shell.service rig-board.service gate.service gate-trust.path gate-fold.timer 2>/dev/null
systemctl --root="$root" mask getty.target serial-getty@ttyS0.service e2scrub_reap.service fstrim.timer apt-daily.timer 2>/dev/null
rm -f "$out/root.img"
truncate -s 600M "$out/root.img"
mke2fs -q -F -t ext4 -O ^has_journal -L root -d "$root" "$out/root.img"

mkdir -p "$ram"/{bin,dev,proc,sys,root,mods}
cp "$busybox" "$ram/bin/busybox"
for module in "${early[@]}"; do needs "$module"; done | awk '!seen[$0]++' | while read -r file; do
  cp "$file" "$ram/mods/"; basename "$file" >> "$ram/mods/order"
done
install -m 755 tests/rig/init.sh "$ram/init"
(cd "$ram" && find . | cpio -o -H newc --quiet | gzip -1) > "$out/initrd"
cp "$kernel/boot/vmlinuz-$version" "$out/kernel"
