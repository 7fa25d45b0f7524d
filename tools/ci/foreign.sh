#!/usr/bin/env bash
# apt for another architecture, with a state of its own: this machine's dpkg learns of no foreign one.
# Usage: [APT=apt-cache] tools/ci/foreign.sh ARCH STATE apt-get's arguments… ; STATE: a folder that is kept.
set -euo pipefail
arch="$1" state="$(realpath -m "$2")"
shift 2
mkdir -p "$state"/{lists/partial,cache/archives/partial,empty}
: > "$state/status"
signed="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
printf 'deb %s http://deb.debian.org/%s main\n' "$signed" "debian bookworm" "$signed" "debian-security bookworm-security" > "$state/sources.list"
exec "${APT:-apt-get}" -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::Etc::sourcelist="$state/sources.list" \
  -o Dir::Etc::sourceparts="$state/empty" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
  -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root "$@"
