#!/usr/bin/env bash
# An S3-compatible server as a program of its own, for the hub's test that kills it: s3s-fs, once into target/tools where the machine lacks it.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/tools"
export PATH="$tools/bin:$PATH"
command -v s3s-fs >/dev/null && exit 0
cargo install --debug s3s-fs --version '=0.11.1' --features binary --locked --quiet --root "$tools" \
  || { echo "SKIPPED store: s3s-fs cannot be installed here; the test that kills a store will say so too"; [ "${CI:-}" != true ]; }
