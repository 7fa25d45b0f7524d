#!/usr/bin/env bash
# Licences, bans and sources of every crate. Builds cargo-deny once into target/tools where the machine lacks it.
# The advisory database lives on a host that closed networks do not reach: set DENY_ADVISORIES=1 where it can be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.20.2
tools="$PWD/target/tools"
export PATH="$tools/bin:$PATH"
command -v cargo-deny >/dev/null || cargo install --debug cargo-deny --version "^$version" --locked --quiet --root "$tools"
# What no build here needs, other systems' crates, is looked at too.
cargo fetch --locked --quiet
cargo deny --offline check bans licenses sources
if [ "${DENY_ADVISORIES:-0}" = 1 ]; then cargo deny check advisories; else echo "SKIPPED advisories: DENY_ADVISORIES is not set"; fi
