#!/usr/bin/env bash
# Builds the fuzzers with edge coverage, on the stable compiler: what cargo-fuzz does, without its sanitizers (there is
# no unsafe code here to sanitise). Prints the folder of the programs.
set -euo pipefail
cd "$(dirname "$0")"
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1"
# A target of its own: build scripts must not be instrumented.
cargo build --release --target x86_64-unknown-linux-gnu "$@" >&2
echo "$PWD/target/x86_64-unknown-linux-gnu/release"
