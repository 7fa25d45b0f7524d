#!/usr/bin/env bash
# What packs the terminal: cargo-deb, help2man, and the root that a package is tried in. Installed where missing.
set -euo pipefail
command -v help2man >/dev/null && command -v mmdebstrap >/dev/null \
  || apt-get install -y --no-remove --no-install-recommends help2man mmdebstrap binutils >/dev/null 2>&1 \
  || echo "SKIPPED package: help2man and mmdebstrap cannot be installed here"
cargo deb --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-deb@3.8.0 \
  || echo "SKIPPED package: cargo-deb cannot be installed here"
