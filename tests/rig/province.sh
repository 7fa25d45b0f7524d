#!/usr/bin/env bash
# A province of invented people, as the authority's manual makes one, in FOLDER/served; first roots as FOLDER/trust.root.json, status.root.json.
# province.sh founded FOLDER DEVICE KEY KID   terminal 7 with the device key DEVICE, a hub whose key KEY the key set names as KID; `trust` alone
# province.sh listed FOLDER BELIEVED          then the list, signed by two who read it with the keys of a terminal that believes `trust`
set -euo pipefail
export GATE_OPERATOR=rig GATE_PASSPHRASE='a holder of the rig' GATE_OFFICER_PASSPHRASE='a holder of the rig'

published() {
  gate-sign repo publish --repo "$1" --snapshot-key "$1-online.key" --timestamp-key "$1-online.key" --out "served/$1"
}

founded() {
  mkdir "$1" && cd "$1"
  echo "7,$2" > terminals.csv
  printf 'document_kind,number,second_number,colour\nresident-id,510100194001010010,,green\nresident-id,510100194001010029,,red\n' > people.csv
  gate-sign province new --dir desk --region 510000 --demo
  gate-sign status build --dir desk --people people.csv --scope population --as-of "$(date -Iseconds)"
  gate-sign keyset add --dir desk --kid "$4" --region 510000 --holder hub --public-key "$3"
  for repo in trust status; do
    for holder in root-a root-b root-c targets-a targets-b online; do
      gate-sign officer new --out $repo-$holder.key > $repo-$holder.pub
    done
    key() { cat "$repo-$1.pub"; }
    gate-sign repo new --repo $repo --root "$(key root-a)" --root "$(key root-b)" --root "$(key root-c)" \
      --targets "$(key targets-a)" --targets "$(key targets-b)" --snapshot "$(key online)" --timestamp "$(key online)"
    for holder in root-a root-c; do gate-sign repo sign --repo $repo --key $repo-$holder.key --yes; done
    cp $repo/draft/root.json $repo.root.json
  done
  gate-sign repo draft-trust --dir desk --repo trust --terminals terminals.csv --yes
  for holder in targets-a targets-b; do gate-sign repo sign --repo trust --key trust-$holder.key --yes; done
  published trust
}

listed() {
  cd "$1"
  gate-sign repo draft-status --dir desk --repo status
  for holder in targets-a targets-b; do
    gate-sign repo sign --repo status --key status-$holder.key --yes --believed "$2" --ledger $holder.json --new-ledger \
      --root "$(sha256sum < status.root.json | cut -d' ' -f1)"
  done
  published status
}

"$@"
