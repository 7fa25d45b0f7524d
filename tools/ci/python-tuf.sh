#!/usr/bin/env bash
# python-tuf, the reference implementation, in a folder of its own: a test reads our repositories with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
if target/python-tuf/bin/python -c 'import tuf.ngclient' 2>/dev/null; then exit 0; fi
python3 -m venv target/python-tuf && target/python-tuf/bin/pip install --quiet 'tuf==7.0.1' || {
    echo "SKIPPED python-tuf: it cannot be installed here; its test will say so too"
    [ "${CI:-}" != true ]
}
