#!/usr/bin/env bash
# A container with a systemd of its own, for the units. Installed where it is missing.
set -euo pipefail
command -v mmdebstrap >/dev/null && command -v systemd-nspawn >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends mmdebstrap systemd-container >/dev/null 2>&1 \
  || { echo "SKIPPED rig: mmdebstrap and systemd-container cannot be installed here; the units' test will say so too"; [ "${CI:-}" != true ]; }
