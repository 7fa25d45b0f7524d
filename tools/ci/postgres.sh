#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own (Debian's package), in a temporary folder, as a user that is not root, at a
# socket nobody else reaches: tools/ci/postgres.sh cargo test -p gate-hub. GATE_POSTGRES names the server to the command.
set -euo pipefail
if ! ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1; then
    [ "$(id -u)" = 0 ] && (apt-get install -y --no-remove --no-install-recommends postgresql > /dev/null 2>&1 || true)
fi
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -1)" 2> /dev/null || true)
if [ ! -x "$bin/initdb" ]; then
    echo "SKIPPED PostgreSQL: Debian's package postgresql is not installed"
    exit 0
fi
folder=$(mktemp -d /tmp/gate-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as=(runuser -u postgres --)
fi
chmod 755 "$folder"
cd "$folder"
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop > /dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
"${as[@]}" "$bin/initdb" -D "$folder/data" -U gate -A trust -E UTF8 --locale=C.UTF-8 > /dev/null
# Synced as a province's is; small, and at a socket in this folder alone.
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=300" start > /dev/null
export GATE_POSTGRES="postgres:///postgres?host=$folder&user=gate"
export GATE_POSTGRES_PID
GATE_POSTGRES_PID=$(head -1 "$folder/data/postmaster.pid")
cd "$OLDPWD"
"$@"
