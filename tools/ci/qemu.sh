#!/usr/bin/env bash
# The emulator, and what its guest is made of, unpacked under target/rig: Debian's qemu cannot be installed beside a newer qemu-utils
# without removing it. Nothing is said where all is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
rig="$PWD/target/rig"
mkdir -p "$rig/debs"
skip() { echo "SKIPPED rig: $1"; [ "${CI:-}" != true ]; exit; }
missing() { for tool in "$@"; do command -v "$tool" >/dev/null || return 0; done; return 1; }
# apt may have no lists yet: it is asked again after an update.
apt() { apt-get "$@" >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1 && apt-get "$@" >/dev/null 2>&1; }; }

missing mmdebstrap mke2fs debugfs mkfs.vfat mkfs.exfat mcopy cpio depmod busybox xz && {
  apt install -y --no-remove --no-install-recommends mmdebstrap e2fsprogs dosfstools exfatprogs mtools cpio kmod busybox-static xz-utils \
    || skip "its tools cannot be installed here"; }
if [ ! -x "$rig/qemu/usr/bin/qemu-system-x86_64" ]; then
  # Only simulated: the names of what would be needed beside what is here.
  mapfile -t wanted < <(apt-get -s install --no-install-recommends qemu-system-x86 2>/dev/null | awk '/^Inst/{print $2}')
  [ "${#wanted[@]}" -gt 0 ] || skip "no package of qemu-system-x86"
  (cd "$rig/debs" && apt download "${wanted[@]}") || skip "the emulator cannot be downloaded"
  for package in "${wanted[@]}"; do dpkg-deb -x "$rig"/debs/"$package"_*.deb "$rig/qemu.part"; done
  mv "$rig/qemu.part" "$rig/qemu"
fi
if [ ! -d "$rig/kernel" ]; then
  image="$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/{print $2; exit}')"
  [ -n "$image" ] || skip "no package of a kernel"
  (cd "$rig/debs" && apt download "$image") || skip "the kernel cannot be downloaded"
  dpkg-deb -x "$rig"/debs/"$image"_*.deb "$rig/kernel.part"
  mv "$rig/kernel.part" "$rig/kernel"
fi
rm -rf "$rig/debs"
tools/ci/gpio-sim.sh "$rig/kernel" "$rig/gpio-sim.ko"
