#!/usr/bin/env bash
# What builds for boards need: Rust's targets, Debian's cross compilers, an emulator for the tests. Installed where missing.
set -euo pipefail
for target in aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf thumbv7em-none-eabihf; do
  rustup target list --installed | grep -qx "$target" || rustup target add "$target" >/dev/null 2>&1 \
    || echo "SKIPPED cross: rustup has no $target here"
done
command -v aarch64-linux-gnu-gcc >/dev/null && command -v arm-linux-gnueabihf-gcc >/dev/null && command -v qemu-aarch64 >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf libc6-dev-arm64-cross \
  libc6-dev-armhf-cross qemu-user >/dev/null 2>&1 \
  || echo "SKIPPED cross: cross compilers cannot be installed here"
