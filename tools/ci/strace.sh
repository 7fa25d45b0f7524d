#!/usr/bin/env bash
# strace, by which a test sees which thread of a running gate touches the carriers' folder. Installed where it is missing.
set -euo pipefail
command -v strace >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends strace >/dev/null 2>&1 \
  || { echo "SKIPPED strace: it cannot be installed here; the test that traces a gate will say so too"; [ "${CI:-}" != true ]; }
