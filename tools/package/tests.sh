#!/usr/bin/env bash
# tests.sh arm64|armhf: the tests of bytes, decisions, reading and storing, built for a board's processor and run under an emulated one.
# Needs what tools/package/cross.sh needs, and qemu-user (tools/ci/cross.sh installs all).
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/package/architecture.sh "${1:-}"
name="${triple//-/_}"
env "CARGO_TARGET_${name^^}_LINKER=$tools-gcc" "CARGO_TARGET_${name^^}_RUNNER=$emulator -L /usr/$tools" \
  "GATE_EMULATOR=$emulator -L /usr/$tools" \
  "CC_$name=$tools-gcc" "AR_$name=$tools-ar" \
  cargo test --locked --target "$triple" "${@:2}"
