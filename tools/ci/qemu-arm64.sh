#!/usr/bin/env bash
# As qemu.sh, for a guest of arm64: the emulator's other half, Debian's kernel and packages of that processor, unpacked under target/rig/arm64.
# Nothing of the guest runs while its root is made: this machine need not know that processor's programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash tools/ci/qemu.sh
rig="$PWD/target/rig" home="$PWD/target/rig/arm64"
skip() { echo "SKIPPED rig on arm64: $1"; exit 0; }
[ -d "$rig/qemu" ] || skip "no emulator"
mkdir -p "$home/debs"
foreign() { (cd "$home/debs" && "$OLDPWD/tools/ci/foreign.sh" arm64 "$home/apt" "$@" >/dev/null 2>&1); }
if [ ! -x "$rig/qemu/usr/bin/qemu-system-aarch64" ]; then
  (cd "$home/debs" && apt-get download qemu-system-arm libfdt1 >/dev/null 2>&1) || skip "its emulator cannot be downloaded"
  for package in "$home"/debs/{libfdt1,qemu-system-arm}_*.deb; do dpkg-deb -x "$package" "$rig/qemu"; done
fi
if [ ! -d "$home/kernel" ]; then
  foreign update || skip "no packages of arm64"
  # Of the machine's own series the newest that the archive has with its headers: it lets the headers of older ones go before their kernels.
  series="$(basename "$rig"/kernel/lib/modules/* | cut -d- -f1)"
  names="$(APT=apt-cache tools/ci/foreign.sh arm64 "$home/apt" pkgnames linux-)"
  named() { sed -n "s/^$1-\\($series-[0-9]*-arm64\\)\$/\\1/p" <<<"$names" | sort; }
  version="$(comm -12 <(named linux-image) <(named linux-headers) | sort -V | tail -1)"
  [ -n "$version" ] || skip "no kernel of Linux $series with its headers"
  foreign download "linux-image-$version" busybox-static || skip "no kernel $version"
  dpkg-deb -x "$home"/debs/linux-image-*.deb "$home/kernel.part"
  dpkg-deb --fsys-tarfile "$home"/debs/busybox-static_*.deb | tar -xO ./bin/busybox > "$home/busybox"
  chmod +x "$home/busybox"
  mv "$home/kernel.part" "$home/kernel"
fi
tools/ci/gpio-sim.sh "$home/kernel" "$home/gpio-sim.ko" "$home/apt"
rm -rf "$home/debs"
[ -e "$home/bookworm-video.tar" ] && exit 0
# No script of a package runs here, so what is essential is named.
essential="base-files,base-passwd,bash,bsdutils,coreutils,dash,debianutils,diffutils,findutils,grep,gzip,hostname,init-system-helpers,libc-bin"
essential+=",login,mount,ncurses-base,ncurses-bin,passwd,sed,sysvinit-utils,tar,util-linux"
mmdebstrap --quiet --variant=extract --arch=arm64 --include="$essential,systemd,systemd-sysv,udev,dbus,kmod,v4l-utils" --mode=root \
  bookworm "$home/bookworm-video.tar.part" --format=tar || skip "Debian's packages of arm64 cannot be reached"
mv "$home/bookworm-video.tar.part" "$home/bookworm-video.tar"
