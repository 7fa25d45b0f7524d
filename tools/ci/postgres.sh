#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own (Debian's package), in a temporary folder, as a user that is not root, at a
# socket nobody else reaches, and over TLS with a password at a port of this machine: tools/ci/postgres.sh cargo test -p gate-hub.
# GATE_POSTGRES names the server to the command, GATE_POSTGRES_TLS the other way to it, GATE_POSTGRES_AUTHORITY whose certificate it has.
set -euo pipefail
if ! ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1; then
    [ "$(id -u)" = 0 ] && (apt-get install -y --no-remove --no-install-recommends postgresql > /dev/null 2>&1 || true)
fi
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -1)" 2> /dev/null || true)
if [ ! -x "$bin/initdb" ]; then
    echo "SKIPPED PostgreSQL: Debian's package postgresql is not installed"
    [ "${CI:-}" != true ]
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
password=$(openssl rand -hex 16)
"${as[@]}" bash -c "umask 077; echo $password > $folder/password"
"${as[@]}" "$bin/initdb" -D "$folder/data" -U gate -A trust --pwfile="$folder/password" -E UTF8 --locale=C.UTF-8 > /dev/null
printf 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n' > "$folder/data/pg_hba.conf"
# An authority for this run, and a certificate of its for one name.
new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
"${as[@]}" openssl req -x509 "${new[@]}" -days 2 -subj /CN=authority -addext basicConstraints=critical,CA:TRUE \
    -keyout "$folder/authority.key" -out "$folder/authority.pem" 2> /dev/null
echo 'subjectAltName = DNS:localhost' > "$folder/names"
"${as[@]}" openssl req "${new[@]}" -subj /CN=localhost -keyout "$folder/data/server.key" 2> /dev/null |
    "${as[@]}" openssl x509 -req -days 2 -CA "$folder/authority.pem" -CAkey "$folder/authority.key" -set_serial 2 \
        -extfile "$folder/names" -out "$folder/data/server.crt" 2> /dev/null
# Synced as a province's is; small; a port that is free.
for _ in 1 2 3 4 5; do
    port=$(shuf -i 20000-29999 -n 1)
    "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
        -o "-c listen_addresses=127.0.0.1 -c port=$port -c ssl=on -c unix_socket_directories='$folder' -c max_connections=300" \
        start > /dev/null && break
done
export GATE_POSTGRES="postgres:///postgres?host=$folder&port=$port&user=gate"
export GATE_POSTGRES_TLS="postgres://gate:$password@localhost:$port/postgres"
export GATE_POSTGRES_AUTHORITY="$folder/authority.pem"
export GATE_POSTGRES_PID
GATE_POSTGRES_PID=$(head -1 "$folder/data/postmaster.pid")
cd "$OLDPWD"
"$@"
