#!/usr/bin/env bash
# valgrind, which counts the instructions of a passage beside a carrier. Installed where it is missing.
set -euo pipefail
command -v valgrind >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends valgrind >/dev/null 2>&1 \
  || { echo "SKIPPED valgrind: it cannot be installed here; the test that counts instructions will say so too"; [ "${CI:-}" != true ]; }
