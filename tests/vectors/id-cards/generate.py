#!/usr/bin/env python3
"""Writes the ID-card vectors beside this file: whole `30 01` answers as hex and what must be read from them.

Independent of the Rust code on purpose. Every person is invented; the photo is a fixed pattern, no picture.
Run it with --check to compare instead of writing."""
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
PREAMBLE = bytes.fromhex("AAAAAA9669")
PHOTO = bytes((i * 7 + 3) & 255 for i in range(1024))


def mod_11_2(body):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights)) % 11]


def mod_7_3_1(body):
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in body]
    return body + str(sum(value * (7, 3, 1)[i % 3] for i, value in enumerate(values)) % 10)


def frame(body):
    length = len(body) + 1
    checked = length.to_bytes(2, "big") + body
    check = 0
    for byte in checked:
        check ^= byte
    return PREAMBLE + checked + bytes([check])


def answer(text, fingerprint=None):
    lengths = b"\x01\x00\x04\x00" + (b"" if fingerprint is None else len(fingerprint).to_bytes(2, "big"))
    return frame(b"\x00\x00\x90" + lengths + text + PHOTO + (fingerprint or b""))


def fields(*pairs):
    """UTF-16LE, left-justified, padded with U+0020."""
    text = b""
    for value, size in pairs:
        raw = value.encode("utf-16-le")
        assert len(raw) <= size, value
        text += raw + b" \0" * ((size - len(raw)) // 2)
    assert len(text) == 256, len(text)
    return text


def resident(name, number, address, begin, end):
    sex = "1" if int(number[16]) % 2 else "2"
    return fields((name, 30), (sex, 2), ("01", 4), (number[6:14], 16), (address, 70), (number, 36),
                  ("成都市公安局测试分局", 30), (begin, 16), (end, 16), ("", 36))


def permit(name, number, address, dates, travel):
    sex = "1" if int(number[16]) % 2 else "2"
    return fields((name, 30), (sex, 2), ("", 4), (number[6:14], 16), (address, 70), (number, 36),
                  ("成都市公安局测试分局", 30), (dates[0], 16), (dates[1], 16), (travel, 18), ("01", 4), ("", 6),
                  ("J", 2), ("", 6))


def permanent_2017(english, chinese, number, birth, dates):
    return fields((english, 120), ("1", 2), (number, 30), (number[:3], 6), (chinese, 30), (dates[0], 16),
                  (dates[1], 16), (birth, 16), ("01", 4), ("5100", 8), ("I", 2), ("", 6))


def permanent_2023(chinese, english, number, dates, old):
    return fields((chinese, 30), ("1", 2), ("01", 4), (number[6:14], 16), (english[:35], 70), (number, 36), ("", 30),
                  (dates[0], 16), (dates[1], 16), (english[35:], 22), (old[0], 6), ("Y", 2), (old[1], 6))


RESIDENT = mod_11_2("51010019400101001")
PERMIT = mod_11_2("81000019500202002")
PR_2017 = mod_7_3_1("USA51005003030")
PR_2023 = mod_11_2("95184019500303003")
TAIWAN = mod_11_2("83000019600404001")
WRONG = RESIDENT[:17] + ("1" if RESIDENT[17] != "1" else "2")
LONG_NAME = "TESTER-WITH-A-VERY-LONG-FAMILY-NAME, DELTA ECHO"[:46]

CARDS = {
    "citizen": (resident("测试甲", RESIDENT, "四川省成都市测试路1号", "20050101", "长期"),
                ["resident-id", RESIDENT, None, None, "测*甲", "1940-01-01", None]),
    "hmt": (permit("测试乙", PERMIT, "四川省成都市测试路2号", ("20190101", "20240101"), "H12345678"),
            ["hmt-permit", PERMIT, "hmt-travel", "H12345678", "测*乙", "1950-02-02", "2024-01-01"]),
    "pr2017": (permanent_2017("TESTER, CHARLIE", "测试丙", PR_2017, "19500303", ("20170616", "20270615")),
               ["pr-2017", PR_2017, None, None, "测*丙", "1950-03-03", "2027-06-15"]),
    "pr2023": (permanent_2023("测试丙", "TESTER, CHARLIE", PR_2023, ("20231201", "20331130"), ("USA", "000")),
               ["pr-2023", PR_2023, "pr-2017", PR_2017, "测*丙", "1950-03-03", "2033-11-30"]),
    "hmt-taiwan": (permit("测试", TAIWAN, "四川省成都市测试路4号", ("20210101", "20260101"), "12345678"),
                   ["hmt-permit", TAIWAN, "taiwan-travel", "12345678", "测*", "1960-04-04", "2026-01-01"]),
    "pr2017-english": (permanent_2017("TESTER, DELTA ECHO", "", PR_2017, "19500303", ("20170616", "20270615")),
                       ["pr-2017", PR_2017, None, None, "T**O", "1950-03-03", "2027-06-15"]),
    "pr2023-english": (permanent_2023("", LONG_NAME, PR_2023, ("20231201", "20331130"), ("USA", "")),
                       ["pr-2023", PR_2023, None, None, "T**" + LONG_NAME[-1], "1950-03-03", "2033-11-30"]),
    "citizen-wrong-check-digit": (resident("测试甲", WRONG, "四川省成都市测试路1号", "20050101", "长期"), None),
}
FACTS = ["kind", "number", "other_kind", "other_number", "masked_name", "birth", "expiry"]


def expected(text, facts):
    whole = {"30 01": answer(text), "30 10": answer(text, b""), "30 10 fp": answer(text, bytes(range(256)) * 4)}
    frames = {name: {"bytes": len(raw), "check": "%02x" % raw[-1], "sha256": hashlib.sha256(raw).hexdigest()}
              for name, raw in whole.items()}
    return {"frames": frames, "read": dict(zip(FACTS, facts)) if facts else None}


def outputs():
    for name, (text, facts) in CARDS.items():
        digits = answer(text).hex()
        yield name + ".hex", "\n".join(digits[i:i + 96] for i in range(0, len(digits), 96)) + "\n"
    table = {name: expected(*card) for name, card in CARDS.items()}
    yield "expected.json", json.dumps(table, ensure_ascii=False, indent=1) + "\n"


def main():
    stale = [name for name, text in outputs() if not write_or_compare(HERE / name, text)]
    sys.exit("differ: " + ", ".join(stale) if stale else 0)


def write_or_compare(path, text):
    if "--check" in sys.argv:
        return path.exists() and path.read_text(encoding="utf-8") == text
    path.write_text(text, encoding="utf-8")
    return True


main()
