#!/usr/bin/env bash
# What packs the terminal: cargo-deb, cargo-cyclonedx, help2man, and the root that a package is tried in. Installed where missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v help2man >/dev/null && command -v mmdebstrap >/dev/null \
  || apt-get install -y --no-remove --no-install-recommends help2man mmdebstrap binutils >/dev/null 2>&1 \
  || { echo "SKIPPED package: help2man and mmdebstrap cannot be installed here"; [ "${CI:-}" != true ]; }
export PATH="$PWD/target/tools/bin:$PATH"
# Used a few times only: built without optimization they are there sooner.
for tool in cargo-deb@3.8.0 cargo-cyclonedx@0.5.9; do
  command -v "${tool%@*}" >/dev/null || cargo install --debug --locked --quiet --root target/tools "$tool" \
    || { echo "SKIPPED package: ${tool%@*} cannot be installed here"; [ "${CI:-}" != true ]; }
done
