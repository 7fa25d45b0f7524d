#!/usr/bin/env bash
# Chromium for the tests of pages (tests/tests/phone_page.rs, terminal_page.rs, hub_page.rs). Where it cannot be had they say SKIPPED by name.
set -euo pipefail
if command -v chromium >/dev/null; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get install -y --no-remove --no-install-recommends chromium fonts-noto-cjk >/dev/null || true
fi
command -v chromium >/dev/null || { echo "SKIPPED chromium: it is not installed and could not be"; [ "${CI:-}" != true ]; }
