"""A second reader of revocations, written from docs/formats/revocations.md and nothing else.

Usage: revocations_reader.py FILE [KID:ID | SUBJECT@ISSUED ...]   (hexadecimal; KID may be four letters)
Prints the head, checks the form throughout, and says `void` or `good` for each question.
"""
import struct
import sys

PAGE = 4096


def rows(page, size):
    prefix, count, zero = struct.unpack(">4sHH", page[:8])
    assert zero == 0 and 1 <= count <= (PAGE - 8) // size, "rows"
    body, rest = page[8 : 8 + count * size], page[8 + count * size :]
    assert not any(rest), "filling"
    return prefix, [body[i : i + size] for i in range(0, len(body), size)]


def read(data):
    assert data[:8] == b"TFREVOK1" and len(data) <= 64 << 20, "head"
    version, as_of, codes, people, code_pages, people_pages = struct.unpack(">IQIIII", data[8:36])
    assert not any(data[36:PAGE]) and len(data) == PAGE * (1 + code_pages + people_pages), "length"
    pages = [data[i : i + PAGE] for i in range(PAGE, len(data), PAGE)]
    revoked, void = [], []
    for page in pages[:code_pages]:
        kid, ids = rows(page, 8)
        revoked += [kid + one for one in ids]
    for page in pages[code_pages:]:
        zero, found = rows(page, 16)
        assert zero == bytes(4), "filling"
        void += [(row[:12], struct.unpack(">I", row[12:])[0]) for row in found]
    assert (len(revoked), len(void)) == (codes, people), "counts"
    assert all(a < b for a, b in zip(revoked, revoked[1:])), "order of credentials"
    assert all(a[0] < b[0] for a, b in zip(void, void[1:])), "order of people"
    return (version, as_of), set(revoked), dict(void)


def main():
    head, revoked, void = read(open(sys.argv[1], "rb").read())
    print("version %d as of %d: %d credentials, %d people" % (*head, len(revoked), len(void)))
    for question in sys.argv[2:]:
        if "@" in question:
            subject, issued = question.split("@")
            answer = int(issued) < void.get(bytes.fromhex(subject), 0)
        else:
            kid, one = question.split(":")
            kid = kid.encode() if len(kid) == 4 else bytes.fromhex(kid)
            answer = kid + bytes.fromhex(one) in revoked
        print("void" if answer else "good", question)


main()
