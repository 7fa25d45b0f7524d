#!/usr/bin/env python3
"""Checks our credentials with a COSE library of someone else (pycose), and makes one with it.

What it is: the proof that a credential is standard COSE_Sign1 (RFC 9052) with EdDSA and external_aad, carried
as TF1: + Base45 (RFC 9285). It shares no code with the project.
What it promises: exit code 0 only if every text verified. It must not be part of any build.

    python3 -m venv /tmp/cose && /tmp/cose/bin/pip install pycose==1.1.0 "cbor2<6"
    /tmp/cose/bin/python firmware/proof/interop/cose_check.py --key <64 hex: issuer's public key> 'TF1:...' ...
    /tmp/cose/bin/python firmware/proof/interop/cose_check.py --make --seed <64 hex: private key> --kid <8 hex>
    /tmp/cose/bin/python firmware/proof/interop/cose_check.py --selftest

`--make` prints one screen code on standard output and its public key on standard error. The seed stands in the
command line: demo keys only.
"""

import argparse
import secrets
import sys
import time

import cbor2
from pycose.headers import KID, Algorithm
from pycose.algorithms import EdDSA
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import CoseMessage, Sign1Message

PREFIX = "TF1:"
AAD = b"tianfu-gate/credential/1"
PRIVATE_CLAIM = -65537
SCREEN_CODE = 1
COLOURS = {"green": 0, "yellow": 1, "red": 2}
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45_encode(data: bytes) -> str:
    """RFC 9285 §4: two bytes are three characters, a last single byte is two."""
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            text += ALPHABET[digit]
    return text


def base45_decode(text: str) -> bytes:
    """The inverse; raises ValueError on anything that is not Base45."""
    data = b""
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        if len(group) == 1:
            raise ValueError("the text ends inside a group")
        number = sum(ALPHABET.index(character) * 45**power for power, character in enumerate(group))
        try:
            data += number.to_bytes(len(group) - 1, "big")
        except OverflowError:
            raise ValueError("a group is larger than its bytes") from None
    return data


def verify(text: str, public: bytes, aad: bytes) -> dict:
    """The claims of a credential text whose signature holds; raises ValueError otherwise."""
    if not text.startswith(PREFIX):
        raise ValueError("not a TF1 text")
    message = CoseMessage.decode(base45_decode(text[len(PREFIX) :]))
    if not isinstance(message, Sign1Message):
        raise ValueError("not a COSE_Sign1")
    if message.phdr.get(Algorithm) is not EdDSA:
        raise ValueError("not EdDSA")
    message.external_aad = aad
    message.key = OKPKey(crv=Ed25519, x=public)
    if not message.verify_signature():
        raise ValueError("the signature does not verify")
    return {"kid": message.phdr[KID], "claims": cbor2.loads(message.payload)}


def make(seed: bytes, kid: bytes, claims: dict, aad: bytes) -> tuple[str, bytes]:
    """A credential text and the public key it verifies under."""
    public = public_key(seed)
    message = Sign1Message(phdr={Algorithm: EdDSA, KID: kid}, payload=cbor2.dumps(claims), external_aad=aad)
    message.key = OKPKey(crv=Ed25519, x=public, d=seed)
    return PREFIX + base45_encode(message.encode()), public


def public_key(seed: bytes) -> bytes:
    """The public half of a private key (cryptography comes with pycose)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def screen_code(args: argparse.Namespace) -> dict:
    """Claims in the order of deterministic CBOR: exp, iat, cti, and the private one."""
    issued = int(time.time()) if args.now is None else args.now
    cti = secrets.token_bytes(8) if args.cti is None else args.cti
    private = [SCREEN_CODE, args.subject, COLOURS[args.colour], args.name]
    return {4: issued + args.life, 6: issued, 7: cti, PRIVATE_CLAIM: private}


def selftest() -> None:
    """The examples of RFC 9285 §4.3 and §4.4, and no changed bit of a credential verifies."""
    for data, text in [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581")]:
        assert (base45_encode(data), base45_decode(text)) == (text, data)
    claims = {4: 1_700_000_900, 6: 1_700_000_000, 7: bytes(8), PRIVATE_CLAIM: [SCREEN_CODE, bytes(12), 0, "张*"]}
    text, public = make(bytes(range(32)), b"sc01", claims, AAD)
    assert verify(text, public, AAD)["claims"] == claims
    signed = base45_decode(text[len(PREFIX) :])
    for bit in range(8 * len(signed)):
        changed = bytearray(signed)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verifies(PREFIX + base45_encode(bytes(changed)), public, AAD), f"bit {bit}"
    assert not verifies(text, public, b""), "external_aad must count"
    print(f"selftest: ok, {8 * len(signed)} changed bits refused")


def verifies(text: str, public: bytes, aad: bytes) -> bool:
    """Whether `verify` gives claims; whatever a foreign parser raises on changed bytes is a refusal."""
    try:
        verify(text, public, aad)
    except Exception:  # pycose and cbor2 raise many kinds
        return False
    return True


def hex_of(length: int):
    """An argparse type: exactly `length` bytes in hexadecimal."""

    def parse(text: str) -> bytes:
        data = bytes.fromhex(text)
        if len(data) != length:
            raise argparse.ArgumentTypeError(f"{length} bytes expected, {len(data)} given")
        return data

    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="*", metavar="TF1:...", help="credentials to verify")
    parser.add_argument("--key", type=hex_of(32), help="the issuer's Ed25519 public key")
    parser.add_argument("--aad", type=str.encode, default=AAD, help="external_aad (default: a credential's)")
    parser.add_argument("--selftest", action="store_true")
    parser.add_argument("--make", action="store_true", help="make a screen code")
    parser.add_argument("--seed", type=hex_of(32), help="the issuer's private key")
    parser.add_argument("--kid", type=hex_of(4), default=b"sc01")
    parser.add_argument("--cti", type=hex_of(8), help="credential id (default: random)")
    parser.add_argument("--subject", type=hex_of(12), default=bytes(12), help="blinded subject")
    parser.add_argument("--colour", choices=COLOURS, default="green")
    parser.add_argument("--name", default="测*", help="masked name")
    parser.add_argument("--now", type=int, help="issue time, Unix seconds (default: now)")
    parser.add_argument("--life", type=int, default=900, help="seconds of life")
    args = parser.parse_args()
    if args.make and args.seed is None or not (args.make or args.selftest) and (args.key is None or not args.texts):
        parser.error("give --key and a text, or --make --seed, or --selftest")
    return args


def main() -> int:
    args = arguments()
    if args.selftest:
        selftest()
        return 0
    if args.make:
        text, public = make(args.seed, args.kid, screen_code(args), args.aad)
        print(f"public key {public.hex()}", file=sys.stderr)
        print(text)
        return 0
    failed = 0
    for text in args.texts:
        try:
            proven = verify(text, args.key, args.aad)
            print(f"verified: kid {proven['kid'].hex()} claims {proven['claims']}")
        except Exception as error:  # pycose and cbor2 raise many kinds
            print(f"REFUSED: {type(error).__name__}: {error}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
