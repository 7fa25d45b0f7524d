#!/usr/bin/env bash
# aplay, the player behind the loudspeaker: a test plays through it into ALSA's null device. Installed where it is missing.
set -euo pipefail
command -v aplay >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends alsa-utils >/dev/null 2>&1 \
  || { echo "SKIPPED alsa-utils: it cannot be installed here; the test of the loudspeaker's player will say so too"; [ "${CI:-}" != true ]; }
