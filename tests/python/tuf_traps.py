#!/usr/bin/env python3
"""Makes the small repositories in firmware/tuf/tests/traps with python-tuf, the reference implementation: what weak clients
get wrong. honest-1, honest-2; half-signed-delegation (a delegated role below its threshold beside a revocation in the key set);
rotated-4, rotated-5 (another timestamp key from root 2 on). Each root also names a key of another kind than ours.

usage: tuf_traps.py OUT_DIR   needs: pip install tuf 'securesystemslib[crypto]'. The keys are thrown away: another run makes
other bytes that mean the same."""
import os
import sys
from datetime import datetime, timezone

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp)

OUT = sys.argv[1]
EXPIRES = datetime(2027, 9, 17, 8, 0, 0, tzinfo=timezone.utc)
KEYS = {name: CryptoSigner.generate_ed25519() for name in (
    'root', 'targets', 'snapshot', 'timestamp', 'timestamp2', 'authority-a', 'authority-b')}
OTHER_KIND = CryptoSigner.generate_ecdsa()


def root(version, timestamp):
    body = Root(version=version, expires=EXPIRES, consistent_snapshot=False)
    for role in ('root', 'targets', 'snapshot'):
        body.add_key(KEYS[role].public_key, role)
    body.add_key(KEYS[timestamp].public_key, 'timestamp')
    body.add_key(OTHER_KIND.public_key, 'targets')
    signed = Metadata(body)
    signed.sign(KEYS['root'])
    return signed


def write(folder, name, body, *signers):
    signed = Metadata(body)
    for signer in signers:
        signed.sign(KEYS[signer], append=True)
    signed.to_file(f'{folder}/metadata/{name}.json')


def repository(name, roots, timestamp, version, delegates=('authority-a', 'authority-b'), payload=b'key set'):
    folder = f'{OUT}/{name}'
    os.makedirs(folder + '/metadata')
    os.makedirs(folder + '/targets')
    for one in roots:
        one.to_file(f'{folder}/metadata/{one.signed.version}.root.json')
    path = folder + '/targets/key-set.json'
    with open(path, 'wb') as file:
        file.write(payload)
    targets = Targets(version=version, expires=EXPIRES)
    targets.targets['key-set.json'] = TargetFile.from_file('key-set.json', path, ['sha256'])
    delegated = DelegatedRole('status', [], 2, True, paths=['status/*'])
    targets.delegations = Delegations({}, {'status': delegated})
    for authority in ('authority-a', 'authority-b'):
        targets.add_key(KEYS[authority].public_key, 'status')
    write(folder, 'targets', targets, 'targets')
    write(folder, 'status', Targets(version=version, expires=EXPIRES), *delegates)
    meta = {'targets.json': MetaFile(version), 'status.json': MetaFile(version)}
    write(folder, 'snapshot', Snapshot(version=version, expires=EXPIRES, meta=meta), 'snapshot')
    write(folder, 'timestamp', Timestamp(version=version, expires=EXPIRES, snapshot_meta=MetaFile(version)), timestamp)


first, second = root(1, 'timestamp'), root(2, 'timestamp2')
os.makedirs(OUT)
first.to_file(OUT + '/shipped.root.json')
repository('honest-1', [first], 'timestamp', 1)
repository('honest-2', [first], 'timestamp', 2)
repository('half-signed-delegation', [first], 'timestamp', 3, ('authority-a',), b'key set with a revocation')
repository('rotated-4', [first, second], 'timestamp2', 4)
repository('rotated-5', [first, second], 'timestamp2', 5)
