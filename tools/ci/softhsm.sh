#!/usr/bin/env bash
# SoftHSM2, a PKCS#11 token in software, for the tests of the desk's token custody. Installed where it is missing.
set -euo pipefail
[ -e /usr/lib/softhsm/libsofthsm2.so ] && command -v softhsm2-util >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends softhsm2 >/dev/null 2>&1 \
  || { echo "SKIPPED softhsm2: it cannot be installed here; the token tests will say so too"; [ "${CI:-}" != true ]; }
