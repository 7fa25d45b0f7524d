#!/usr/bin/env bash
# deb.sh amd64|arm64|armhf: the terminal's package, target/package/tianfu-gate_VERSION_ARCH.deb. The same tree gives the same bytes.
# Needs what tools/package/cross.sh needs, cargo-deb and help2man (tools/ci/package.sh). PROGRAMS=DIR packs programs that are there.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/target/tools/bin:$PATH"
. tools/package/architecture.sh "${1:-}"
[ -n "${PROGRAMS:-}" ] || tools/package/cross.sh "$1" --features gate-terminal/drm,gate-terminal/spi,gate-terminal/usb
programs="${PROGRAMS:-target/$triple/release}"
# Pages say the same for every processor; these run here.
native="${NATIVE:-target/debug}"
# Whenever and wherever it is packed: pages and package bear the time of the commit.
SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"
export SOURCE_DATE_EPOCH
root=target/package/root
rm -rf "$root" && mkdir -p "$root"
tools/package/stage.sh "$root" "$programs"
for one in gate gate-trust gate-field gate-sync; do "$tools-strip" "$root/usr/bin/$one"; done
tools/package/pages.sh "$native" "$root"
tools/package/sbom.sh "$triple" "$root/usr/share/doc/tianfu-gate/sbom"
install -D -m 644 assets/gate.toml "$root/etc/tianfu-gate/gate.toml"
cargo deb -q -p gate-terminal --no-build --no-strip --target "$triple" -o target/package/
