#!/usr/bin/env bash
# The terminal's four programs for a board's processor, the same bytes wherever the tree lies.
# Usage: tools/package/cross.sh amd64|arm64|armhf [cargo's own options]. Needs rustup and, for another processor than this one's,
# Debian's cross compiler (tools/ci/cross.sh installs both). They lie in target/TRIPLE/release afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/package/architecture.sh "${1:-}"
shift
name="${triple//-/_}"
cargo_home="${CARGO_HOME:-$HOME/.cargo}"
here="$PWD"
# No path of this machine in a program: neither Rust's (panics, line tables) nor C's (SQLite, ring).
flags="--remap-path-prefix=$here=/tianfu-gate --remap-path-prefix=$cargo_home=/cargo"
c_flags="-ffile-prefix-map=$here=/tianfu-gate -ffile-prefix-map=$cargo_home=/cargo"
env "CARGO_TARGET_${name^^}_LINKER=$tools-gcc" "CARGO_TARGET_${name^^}_RUSTFLAGS=$flags" \
  "CC_$name=$tools-gcc" "AR_$name=$tools-ar" "CFLAGS_$name=$c_flags" \
  cargo build --locked --release --target "$triple" \
  -p gate-terminal -p gate-trust -p gate-sync -p gate-field --bins "$@"
