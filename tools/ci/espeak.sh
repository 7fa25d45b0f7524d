#!/usr/bin/env bash
# espeak-ng and sox, which make the voices of tests (test-voices.sh). Installed where they are missing.
set -euo pipefail
command -v espeak-ng >/dev/null && command -v sox >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends espeak-ng sox >/dev/null 2>&1 \
  || { echo "SKIPPED espeak-ng: it cannot be installed here; the test of voice packs will say so too"; [ "${CI:-}" != true ]; }
