#!/usr/bin/env bash
# Inside the container: what the units promise, each line a rule. The last line is "rig: whole" if all hold.
set -uo pipefail
failed=0
holds() { local rule="$1"; shift; if "$@"; then echo "ok      $rule"; else echo "FAILED  $rule"; failed=1; fi; }
fails() { ! "$@" 2>/dev/null; }
within() { local s="$1"; shift; for _ in $(seq "$((s * 5))"); do "$@" && return 0; sleep 0.2; done; return 1; }
exposed() { systemd-analyze security --no-pager --threshold="$2" "$1" >/dev/null; }
main() { systemctl show -p MainPID --value gate.service; }
# A command as a unit's user, in the unit's own view of the disk.
inside() { nsenter -t "$1" -m setpriv --reuid "$2" --regid "$3" --clear-groups "${@:4}"; }

holds "the lane is ready" within 60 systemctl is-active --quiet gate.service
first="$(main)"
holds "it is its own user's" [ "$(stat -c %U "/proc/$first")" = tianfu-gate ]
holds "its network is empty" [ "$(nsenter -t "$first" -n cat /proc/net/dev | tail -n +3 | grep -vc '^ *lo:')" = 0 ]
holds "it cannot change what it believes" fails inside "$first" tianfu-gate tianfu-gate touch /var/lib/tianfu-gate/believed/x
holds "it writes its journal's folder" inside "$first" tianfu-gate tianfu-gate touch /var/lib/tianfu-gate/journal/x
holds "it writes its outbox" inside "$first" tianfu-gate tianfu-spool touch /var/lib/tianfu-gate/spool/out/x
holds "it cannot write the spool beside it" fails inside "$first" tianfu-gate tianfu-spool touch /var/lib/tianfu-gate/spool/trust/x
holds "it does not see the line's key" fails inside "$first" tianfu-gate tianfu-gate ls /var/lib/tianfu-gate/line
holds "its screen is drawn" within 30 test -s /var/lib/tianfu-gate/journal/screen

kill -STOP "$first"
another() { local now; now="$(main)"; [ "$now" != 0 ] && [ "$now" != "$first" ] && systemctl is-active --quiet gate.service; }
holds "a lane that hangs is begun anew" within 60 another
holds "by the watchdog" [ "$(systemctl show -p NRestarts --value gate.service)" = 1 ]

# What starts the keeper from here on is its path alone.
systemctl stop gate-trust.timer
# Nobody has enrolled it yet: who stands there with a stick is told so, and does not wait for a word that never comes.
spool=/var/lib/tianfu-gate/spool keeper=/var/lib/tianfu-gate/keeper
reader() { setpriv --reuid tianfu-stick --regid tianfu-spool --clear-groups "$@"; }
answered() { grep -q "\"asked\":\"$(cat "$spool/ask")\"" "$keeper/report.json"; }
asks() { reader sh -c "umask 002; printf %032d $1 > $spool/part/x && mv $spool/part/x $spool/ask"; }
holds "somebody asks a terminal without keys of its own" asks 6
holds "and is answered" within 60 answered
holds "that it is not enrolled" grep -q '"cause":"not-enrolled"' "$keeper/report.json"

holds "the carrier waits for its configuration" fails systemctl is-active --quiet gate-sync.service
setpriv --reuid tianfu-gate --regid tianfu-gate --clear-groups gate enrol --data /var/lib/tianfu-gate/believed --terminal 7 > /rig/enrolled
holds "keys are made where they stay" test -s /var/lib/tianfu-gate/believed/terminal.keys.json

# The partition of the data does not come: the folders of tmpfiles lie where it belongs, and nothing else.
keys="$(sha256sum < /var/lib/tianfu-gate/believed/terminal.keys.json)"
systemctl stop gate.service
mount -t tmpfs none /var/lib/tianfu-gate
systemd-tmpfiles --create tianfu-gate.conf
holds "without its data's partition the lane is up all the same" systemctl start gate.service
holds "and its screen is drawn" within 30 test -s /var/lib/tianfu-gate/journal/screen
holds "it records nothing where the partition belongs" fails test -e /var/lib/tianfu-gate/journal/journal.db
systemctl stop gate.service
umount /var/lib/tianfu-gate
systemctl start gate.service
holds "with it the keys are the same" [ "$(sha256sum < /var/lib/tianfu-gate/believed/terminal.keys.json)" = "$keys" ]

# A publication that a carrier takes and nobody signed, on a stick: it is visited as its unit visits it, but for the slot, which is not here.
# With a command that is run instead; 1 is a good end of a visit, so one that fails ends with 9.
echo TERMINAL=7 > /etc/tianfu-gate/terminal
believed=/var/lib/tianfu-gate/believed
slot() {
  sed -e '/^Requires=/d' -e '/^After=/d' -e '/^BindsTo=/d' ${2:+-e "s#^ExecStart=.*#ExecStart=/bin/sh -c \"$2 || exit 9\"#"} \
    /usr/lib/systemd/system/gate-stick.service > "/run/systemd/system/$1.service"
  systemctl daemon-reload && systemctl start "$1.service"
}
brought=/run/tianfu-gate/stick/trust/metadata
mkdir -p "$brought"
role() { printf '{"signed":{"_type":"%s","spec_version":"1.0.33","version":1,"expires":"2099-01-01T00:00:00Z",%s},"signatures":[]}' "$@"; }
role targets '"targets":{}' > "$brought/1.targets.json"
role snapshot '"meta":{"targets.json":{"version":1}}' > "$brought/1.snapshot.json"
role timestamp '"meta":{"snapshot.json":{"version":1}}' > "$brought/timestamp.json"
chown -R tianfu-stick: /run/tianfu-gate/stick
holds "nothing was brought yet" fails test -e "$spool/trust/metadata/timestamp.json"
# It ends well only if the keeper answered it.
holds "a stick is visited, and the keeper gives its word" slot gate-slot
holds "what was on it is in the spool" [ -n "$(find $spool/trust -name timestamp.json)" ]
holds "the word is for this visit" answered
holds "the lane reads what a visit tells" setpriv --reuid tianfu-gate --regid tianfu-gate --init-groups test -r /run/tianfu-gate/visit.json
holds "somebody asks" asks 7
holds "asking alone starts the keeper" within 60 answered
holds "the visit's own user and unit write the spool" slot gate-places "/usr/bin/touch $spool/x"
holds "and cannot write what the lane believes" fails slot gate-plants "/usr/bin/touch $believed/x"
holds "nor what the keeper remembers" fails slot gate-forges "/usr/bin/touch $keeper/x"
holds "nor the batches that wait" fails slot gate-drops "/usr/bin/touch $spool/out/x"
holds "nor can that user without the unit" fails reader touch "$believed/x"
holds "nor read it" fails reader ls "$believed"
holds "or the report" fails reader touch "$keeper/x"
systemctl reset-failed gate-plants.service gate-forges.service gate-drops.service
holds "the carrier reads its report" setpriv --reuid tianfu-line --regid tianfu-spool --clear-groups test -r /var/lib/tianfu-gate/keeper/report.json
holds "and nothing else of it" fails setpriv --reuid tianfu-line --regid tianfu-spool --clear-groups test -r /var/lib/tianfu-gate/keeper/notes.json
holds "the carrier cannot see the journal" fails setpriv --reuid tianfu-line --regid tianfu-spool --clear-groups ls /var/lib/tianfu-gate/journal
holds "the notes that it may not read are there" test -s /var/lib/tianfu-gate/keeper/notes.json

# The whole way, each program in its unit: a hub with an authority of its own, the carrier that knows no other, the keeper, the lane.
hub=/var/lib/tianfu-hub land=/rig/land
echo 'HUB_OPTIONS="--acknowledges-as 68756231"' > /etc/tianfu-gate/hub
as_hub() { setpriv --reuid tianfu-hub --regid tianfu-hub --clear-groups "$@"; }
as_gate() { setpriv --reuid tianfu-gate --regid tianfu-gate --init-groups "$@"; }
# Its key for acknowledgements is told by a first start that knows no number for it.
as_hub_first() { timeout 10 setpriv --reuid tianfu-hub --regid tianfu-hub --clear-groups gate-hub serve --data "$hub" --listen 127.0.0.1:0; }
install -d -o tianfu-hub -g tianfu-hub -m 700 "$hub"
key="$(as_hub_first | sed -n 's/.*--public-key //p')"
quietly() { "$@" >> /rig/province.log 2>&1; }
holds "a province is founded that knows terminal and hub" quietly province founded "$land" "$(sed -n 's/^device //p' /rig/enrolled)" "$key" hub1
served() { mkdir -p "$hub/repository" && cp -r "$land/served/." "$hub/repository/" && chown -R tianfu-hub: "$hub/repository"; }
for repo in trust status; do
  chmod 755 "$land" && as_gate gate-trust seed --state "$keeper" --repository "$repo" --root "$land/$repo.root.json"
done
systemctl start gate-hub.service
holds "the hub serves as its own user" within 30 sh -c "[ -s $hub/tls/authority.pem ] && [ \"\$(stat -c %U /proc/\$(systemctl show -p MainPID --value gate-hub.service))\" = tianfu-hub ]"
holds "and nobody else sees its folder" fails setpriv --reuid tianfu-line --regid tianfu-line --clear-groups ls "$hub"
served
cat > /etc/tianfu-gate/sync.toml <<END
terminal = 7
spool = "$spool"
spool_mib = 64
state = "/var/lib/tianfu-gate/line"
report = "$keeper/report.json"
[hub]
address = "https://localhost:8443"
authority = "/etc/tianfu-gate/hub-authority.pem"
[pace]
every_ms = 3000
longest_ms = 5000
END
# First somebody else's authority: the carrier runs, and brings nothing.
strange="$(mktemp -d)" && chown tianfu-hub: "$strange"
as_hub timeout 10 gate-hub serve --data "$strange" --listen 127.0.0.1:0 > /dev/null
install -m 644 "$strange/tls/authority.pem" /etc/tianfu-gate/hub-authority.pem
believes() { [ -e "$believed/manifest.json" ] && grep -q "$1" "$believed/manifest.json"; }
said() { journalctl -b -u gate-sync.service -o cat | grep -q "$1"; }
systemctl start gate-sync.service
holds "by another authority the carrier reaches no hub" within 30 said 'invalid peer certificate'
holds "and nothing of the hub is believed" fails believes key-set
install -m 644 "$hub/tls/authority.pem" /etc/tianfu-gate/hub-authority.pem
systemctl restart gate-sync.service
holds "by the hub's own it brings what the keeper believes" within 60 believes key-set
holds "the list is signed by two who read it" quietly province listed "$land" "$believed"
served
holds "and is believed, too" within 60 believes status-list
holds "by the carrier's own user" [ "$(stat -c %U $spool/status/metadata/timestamp.json)" = tianfu-line ]
code="$(as_hub gate-hub invite --data "$hub" --terminal 7 --by rig | head -n 1)"
# The lane takes back what it did not ask itself, whenever it starts: it does not start any more here.
echo "$code" | as_gate gate ask --data "$believed" --spool "$spool" > /dev/null
holds "the carrier enrols its line with the hub's code" within 60 grep -qs enrolled "$spool/acks/enrolment.json"
# Records leave within five minutes.
batches() { find "$spool/out" -name '*.tfb' | grep -q .; }
holds "the lane's records lie in its outbox" within 360 batches
arrived() { rm -rf "$hub/out" && as_hub gate-hub records --data "$hub" --terminal 7 --out "$hub/out" --by rig | grep -q '^[1-9]'; }
holds "the carrier brings them to the hub" within 60 arrived
holds "and the hub's word back" within 60 sh -c "ls $spool/acks/*.tfa >/dev/null 2>&1"
swept() { ! batches; }
holds "which the lane takes: what has arrived leaves its outbox" within 120 swept
holds "the carrier still cannot write there" fails inside "$(systemctl show -p MainPID --value gate-sync.service)" tianfu-line tianfu-spool touch "$spool/out/x"

cd /usr/lib/systemd/system || exit 1
holds "every unit is one" systemd-analyze verify gate.service gate-trust.service gate-fold.service gate-sync.service gate-stick.service gate-hub.service
for unit in gate-trust:6 gate-fold:6 gate-stick:6 gate-sync:15 gate-hub:15 gate:17; do
  holds "${unit%:*} is exposed by at most ${unit#*:} tenths of ten" exposed "${unit%:*}.service" "${unit#*:}"
done
shared=/usr/lib/systemd/system/gate-.service.d/hardening.conf
holds "what they have in common is read" grep -q "$shared" <<<"$(systemctl show -p DropInPaths gate-fold.service)"
mv "$shared" /run/ && systemctl daemon-reload
holds "without it the keeper does not start" fails systemctl start gate-trust.service
holds "the hub's own lines hold by themselves" exposed gate-hub.service 15
mv /run/hardening.conf "$shared" && systemctl daemon-reload
holds "with it, it does" systemctl start gate-trust.service
holds "no unit failed but what had to" [ "$(systemctl --failed --no-legend | grep -c gate)" = 0 ]
systemctl --failed --no-legend
[ "$failed" = 0 ] && echo "rig: whole" || { journalctl -b --no-pager -u 'gate*' | tail -40; echo "rig: broken"; }
