#!/bin/bash
# Codes a second of `gate-sign serve`, in the clear and over TLS, on one core: serve_load.sh [SECONDS] [CONNECTIONS]
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-5} connections=${2:-16}
cargo build --release -q -p gate-signing --bin gate-sign --example serve_load
here=$PWD work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
cp signing/tests/data/tls-TEST-ONLY.cert.pem "$work/cert.pem"
install -m 600 signing/tests/data/tls-TEST-ONLY.key.pem "$work/key.pem"
cd "$work"
number=510100194001010010
printf 'document_kind,number,second_number,colour\nresident-id,%s,,green\n' $number > people.csv
desk="$here/target/release/gate-sign"
"$desk" province new --demo --region 510000 --dir desk > out 2>&1
"$desk" status build --dir desk --people people.csv --scope population --as-of "$(date -Iseconds)" >> out 2>&1
token=$("$desk" operator add --dir desk --operators operators.json --name load --kid sc02 --per-minute 600000 --burst 600000 2>> out)
for tls in "" cert.pem,key.pem; do
    taskset -c 0 "$desk" serve --dir desk --operators operators.json --listen 127.0.0.1:0 ${tls:+--tls $tls} 2> told &
    server=$!
    until grep -q "listening on" told; do sleep 0.1; done
    address=$(sed -n 's/.*listening on //p' told)
    name=${tls:+https}; echo "${name:-http}:"
    "$here/target/release/examples/serve_load" "$address" "$token" $number "$connections" "$seconds" ${tls:+cert.pem}
    kill "$server"; wait "$server" || true
    server=
done
