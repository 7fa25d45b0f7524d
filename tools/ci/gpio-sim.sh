#!/usr/bin/env bash
# The kernel's own simulator of lines (gpio-sim), built from Debian's source for the rig's kernel: Debian's kernels leave it out, and the
# simulator of interrupts that it needs (CONFIG_IRQ_SIM), which is linked into the same module. Nothing is installed; all is unpacked.
# Usage: tools/ci/gpio-sim.sh KERNEL OUT [STATE] ; KERNEL: an unpacked linux-image, OUT: where gpio-sim.ko goes, STATE: of foreign.sh, for arm64.
set -euo pipefail
cd "$(dirname "$0")/../.."
kernel="$1" out="$2"
[ -e "$out" ] && exit 0
version="$(basename "$kernel"/lib/modules/*)"
series="$(cut -d. -f1,2 <<<"$version")"
skip() { echo "SKIPPED lines: $1"; [ "${CI:-}" != true ]; exit; }
command -v make >/dev/null || skip "no make to build gpio-sim with"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
wanted=("linux-headers-${version%-*}-common" "linux-kbuild-$series" "linux-source-$series" "linux-headers-$version")
here="$PWD" cross=()
if [ "${version##*-}" = arm64 ]; then
  cross=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)
  command -v aarch64-linux-gnu-gcc >/dev/null || skip "no compiler for arm64 (tools/ci/cross.sh)"
  (cd "$work" && "$here/tools/ci/foreign.sh" arm64 "$3" download "${wanted[0]}" "${wanted[3]}" >/dev/null 2>&1) || skip "no headers of Linux $version"
else
  (cd "$work" && apt-get download "${wanted[0]}" "${wanted[3]}" >/dev/null 2>&1) || skip "no headers of Linux $version"
fi
(cd "$work" && apt-get download "${wanted[@]:1:2}" >/dev/null 2>&1) || skip "no source of Linux $series"
for package in "${wanted[@]:0:2}" "${wanted[3]}"; do dpkg-deb -x "$work/$package"_*.deb "$work/headers"; done
# Headers name each other by where they would be installed.
sed -i "s#/usr/src/#$work/headers/usr/src/#" "$work/headers/usr/src/linux-headers-$version/Makefile"
mkdir "$work/module"
dpkg-deb --fsys-tarfile "$work/linux-source-$series"_*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" \
  | tar -xJ -C "$work/module" --transform='s#.*/##' "linux-source-$series/drivers/gpio/gpio-sim.c" \
    "linux-source-$series/drivers/gpio/gpiolib.h" "linux-source-$series/kernel/irq/irq_sim.c"
cd "$work/module"
mv gpio-sim.c gpio-sim-main.c
# What a module may not do: export what the kernel's own header declares, and see an interrupt's descriptor.
sed -i 's/EXPORT_SYMBOL_GPL(.*irq_domain_create_sim);//; s/irq_to_desc(irqnum)/irq_data_to_desc(irq_get_irq_data(irqnum))/' irq_sim.c
printf 'obj-m += gpio-sim.o\ngpio-sim-y := gpio-sim-main.o irq_sim.o\n' > Makefile
make -s -C "$work/headers/usr/src/linux-headers-$version" M="$PWD" "${cross[@]}" modules >make.log 2>&1 || { tail -5 make.log; skip "gpio-sim does not build here"; }
cd - >/dev/null
cp "$work/module/gpio-sim.ko" "$out"
