#!/usr/bin/env python3
"""A second reader of status lists, written from docs/formats/status-list.md alone. Test only; slow on purpose of being plain.

    status_reader.py KEYS QUERIES BASE [DELTA...]

QUERIES has one subject a line, 24 hexadecimal digits. Answers one line each: green, yellow, red, - (not listed).
Needs the package `cryptography`.
"""
import hashlib
import hmac
import sqlite3
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_BITS = 57
KEY_MAX = (1 << KEY_BITS) - 1
COLOURS = ["green", "yellow", "red"]
BASE_HEAD, DELTA_HEAD, SIGNATURES, TIE = 143, 178, 136, 16


class Bits:
    """Most significant bit first."""

    def __init__(self, data, at=0):
        self.value, self.length, self.at = int.from_bytes(data, "big"), 8 * len(data), at

    def field(self, count):
        if self.at + count > self.length:
            raise ValueError("cut off")
        self.at += count
        return self.value >> (self.length - self.at) & ((1 << count) - 1)

    def end(self):
        left = self.length - self.at
        if left >= 8 or self.field(left):
            raise ValueError("more than the changes")

    def rice(self, k):
        quotient = 0
        while quotient < 48 and self.field(1):
            quotient += 1
        return self.field(57) if quotient == 48 else quotient << k | self.field(k)


def bstr(data):
    length = len(data)
    head = bytes([0x40 | length]) if length < 24 else bytes([0x58, length]) if length < 256 else b"\x59" + struct.pack(">H", length)
    return head + data


def check_signatures(head, signatures, authorities):
    """Two COSE_Sign1 with detached payload: their Sig_structure is rebuilt here (RFC 9052, 4.4)."""
    for at, (kid, key) in zip((0, 68), authorities):
        if signatures[at : at + 4] != kid:
            raise ValueError("another authority")
        protected = b"\xa2\x01\x27\x04\x44" + kid
        signed = b"\x84\x6aSignature1" + bstr(protected) + bstr(b"tianfu-gate/status-head/1") + bstr(head)
        Ed25519PublicKey.from_public_bytes(key).verify(signatures[at + 4 : at + 68], signed)


class Keys:
    def __init__(self, path):
        lines = open(path, encoding="ascii").read().splitlines()
        assert lines[0] == "tianfu-gate status keys 1"
        self.authorities, self.epochs = [], {}
        for word, *rest in (line.split(" ") for line in lines[1:]):
            if word == "store":
                self.store = bytes.fromhex(rest[0])
            elif word == "authority":
                self.authorities.append((bytes.fromhex(rest[0]), bytes.fromhex(rest[1])))
            elif word == "epoch":
                self.epochs[int(rest[0])] = bytes.fromhex(rest[1])


class List:
    def __init__(self, keys, path):
        self.db = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
        head, signatures, local = self.db.execute("SELECT head, signatures, local FROM head").fetchone()
        assert len(head) == BASE_HEAD and local == b"", "a folded base is a terminal's own"
        check_signatures(head, signatures, keys.authorities)
        self.keys = keys
        fields = struct.unpack(">4sBB6sIBQ32sQQQII16sI32sH", head)
        magic, version, self.scope, self.province, self.epoch, _, check, self.file = fields[:8]
        self.numbers, self.leaves, self.root = fields[11], fields[12], fields[15]
        assert (magic, version, fields[16]) == (b"TFSB", 1, 0)
        self.epoch_key = keys.epochs[self.epoch]
        assert self.place(b"\xff" * 12) == check, "the wrong epoch key"
        self.aead = ChaCha20Poly1305(hmac.digest(keys.store, b"tianfu-gate/status-leaf/1" + self.file, "sha256"))
        self.step, self.link, self.ranked, self.keyed, self.cache = 0, self.root, {}, {}, {}
        self.check_root()

    def check_root(self):
        digest, count = hashlib.sha256(), 0
        for last, sealed in self.db.execute("SELECT last, sealed FROM leaf ORDER BY last"):
            digest.update(struct.pack(">QH", last, len(sealed)) + sealed)
            count += 1
        assert digest.digest() == self.root and count == self.leaves

    def place(self, subject):
        return int.from_bytes(hmac.digest(self.epoch_key, subject, "sha256")[:8], "big") >> (64 - KEY_BITS)

    def leaf(self, key):
        last, sealed = self.db.execute("SELECT last, sealed FROM leaf WHERE last >= ? ORDER BY last LIMIT 1", (key,)).fetchone()
        if last not in self.cache:
            index, previous = struct.unpack(">IQ", sealed[:12])
            aad = self.file + struct.pack(">IQQ", index, previous, last)
            body = self.aead.decrypt(bytes(8) + struct.pack(">I", index), sealed[12:], aad)
            self.cache[last] = (previous, self.entries(body, previous))
        previous, entries = self.cache[last]
        assert previous < key <= last, "not the leaf that covers the key"
        return entries

    @staticmethod
    def entries(body, previous):
        rank, count, exceptional, keys_at, k, k_exceptions = struct.unpack(">IHHHBB", body[:12])
        skips = max(count - 1, 0) // 512 * 10
        bits, entries, key = Bits(body[keys_at:]), {}, previous
        order = []
        for position in range(count):
            key += bits.rice(k) + 1
            entries[key] = (rank + position, "green")
            order.append(key)
        bits, after = Bits(body[12 + skips : keys_at]), 0
        for _ in range(exceptional):
            after += bits.rice(k_exceptions)
            code = bits.field(2)
            entry = bits.field(KEY_BITS) if code == 0 else COLOURS[code]
            entries[order[after]] = (rank + after, entry)
            after += 1
        return entries

    def apply(self, data):
        head, signatures, body = data[:DELTA_HEAD], data[DELTA_HEAD : DELTA_HEAD + SIGNATURES], data[DELTA_HEAD + SIGNATURES :]
        check_signatures(head, signatures, self.keys.authorities)
        fields = struct.unpack(">4sBB6sII32sII32s32sQIII32sH", head)
        magic, version, scope, province, epoch, _, root, start, end, link_from, link_to, _, ranked, keyed, cut, digest, proof = fields
        assert (magic, version, scope, province, epoch, root, proof) == (b"TFSD", 1, self.scope, self.province, self.epoch, self.root, 0)
        assert start <= self.step < end and hashlib.sha256(body).digest() == digest
        ties, body = body[: TIE * (end - start - 1)], body[TIE * (end - start - 1) :]
        if end == start + 1:
            assert hashlib.sha256(link_from + struct.pack(">I", end) + digest).digest() == link_to
        at = TIE * (self.step - start - 1)
        assert link_from == self.link if start == self.step else ties[at : at + TIE] == self.link[:TIE], "another history"
        self.read_ranked(body[:cut], ranked)
        self.read_keyed(body[cut:], keyed)
        self.step, self.link = end, link_to

    def read_ranked(self, section, count):
        if not count:
            return
        k, codes, bits, rank = section[0], section[1], Bits(section[2:]), -1
        first, second = COLOURS[codes & 3], COLOURS[codes >> 2 & 3]
        (third,) = set(COLOURS) - {first, second}
        for _ in range(count):
            rank += bits.rice(k) + 1
            self.ranked[rank] = first if bits.field(1) == 0 else third if bits.field(1) else second
        bits.end()
        assert rank < self.numbers

    def read_keyed(self, section, count):
        if not count:
            return
        k, bits, key = section[0], Bits(section[1:]), 0
        for _ in range(count):
            key += bits.rice(k) + 1
            action = bits.field(3)
            self.keyed[key] = bits.field(KEY_BITS) if action == 4 else "removed" if action == 3 else COLOURS[action]
            assert self.keyed[key] != key
        bits.end()

    def standing(self, key):
        base, change = self.leaf(key).get(key), self.keyed.get(key)
        if change == "removed":
            return "removed"
        if base and isinstance(base[1], int):
            return base[1]
        if change is not None:
            return change
        return self.ranked.get(base[0], base[1]) if base else None

    def answer(self, subject):
        found = self.standing(max(1, self.place(subject)))
        if isinstance(found, int):
            found = self.standing(found)
            assert isinstance(found, str), "a second number leads to nobody"
        if found in (None, "removed") or (self.scope == 2 and found == "green"):
            return "-"
        return found


def main():
    keys, queries, base, *deltas = sys.argv[1:]
    status = List(Keys(keys), base)
    for delta in deltas:
        status.apply(open(delta, "rb").read())
    for line in open(queries, encoding="ascii"):
        print(status.answer(bytes.fromhex(line.strip())))


if __name__ == "__main__":
    main()
