#!/usr/bin/env bash
# The font of paper sheets, and the tools that their tests look at a PDF with. Installed where they are missing.
set -euo pipefail
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] && command -v pdftoppm >/dev/null && exit 0
apt-get install -y --no-remove --no-install-recommends fonts-noto-cjk poppler-utils >/dev/null 2>&1 \
  || { echo "SKIPPED fonts-noto-cjk, poppler-utils: they cannot be installed here; the tests of paper sheets will say so too"; [ "${CI:-}" != true ]; }
