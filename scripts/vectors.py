#!/usr/bin/env python3
"""Known-answer vectors for every byte format of docs/cryptography.md, computed without Ringfence's code.

Writes crates/vault/tests/vectors/formats.txt: lines of `name = hex`. Needs Python's `cryptography` (AES-GCM and
ChaCha20-Poly1305 only); HKDF-Expand and HMAC are written out here with hashlib and hmac.

    python3 scripts/vectors.py            writes the file
    python3 scripts/vectors.py --check    fails if the file differs
"""

import hashlib
import hmac
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/vault/tests/vectors/formats.txt"


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts, how=hashlib.sha256):
    return hmac.new(key, b"".join(parts), how).digest()


def expand(key, info, length, how=hashlib.sha256):
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = mac(key, block, info, bytes([counter]), how=how)
        out += block
        counter += 1
    return out[:length]


def seal(key, plain, aad):
    return AESGCM(key).encrypt(bytes(12), plain, aad)


def lp(data):
    return struct.pack(">H", len(data)) + data


def run(first, length):
    """`length` bytes counting up from `first`."""
    return bytes((first + i) % 256 for i in range(length))


# CBOR, deterministic form (RFC 8949, 4.2), as far as it is used here.
def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for code, size in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if value < 1 << (8 * struct.calcsize(size)):
            return bytes([major << 5 | code]) + struct.pack(size, value)
    raise ValueError(value)


def cbor(value):
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in sorted(value.items()))


def envelope(out):
    tenant, customer = struct.pack(">I", 7), run(0x10, 16)
    field, instance, version, epoch = 3, 2, 5, 9
    customer_key, salt = run(0x40, 32), run(0x80, 24)
    hdr = b"\x01" + struct.pack(">HI", 1, epoch)
    ctx = lp(tenant) + lp(customer) + struct.pack(">HIQ", field, instance, version)
    okm = expand(customer_key, b"rf1/field" + hdr + salt + sha(ctx), 64)
    plain = b"+442079460018"
    out["envelope.customer_key"] = customer_key
    out["envelope.context"] = ctx
    out["envelope.okm"] = okm
    out["envelope.plain"] = plain
    out["envelope.sealed"] = hdr + salt + okm[32:] + seal(okm[:32], plain, hdr + salt + ctx)
    empty = hdr + salt + okm[32:] + seal(okm[:32], b"", hdr + salt + ctx)
    out["envelope.sealed_empty"] = empty
    # Suite 2 in the same place.
    hdr = b"\x01" + struct.pack(">HI", 2, epoch)
    okm = expand(customer_key, b"rf1/field" + hdr + salt + ctx, 64, how=hashlib.sha512)
    head, cipher = hdr + salt + okm[32:], ChaCha20Poly1305(okm[:32])
    out["envelope_2.okm"] = okm
    out["envelope_2.sealed"] = head + cipher.encrypt(bytes(12), plain, hdr + salt + ctx)
    out["envelope_2.sealed_empty"] = head + cipher.encrypt(bytes(12), b"", hdr + salt + ctx)


def entry(out):
    tenant_key, log_key = run(0x01, 32), run(0x61, 32)
    audit_key = expand(tenant_key, b"rf1/audit", 32)
    view = expand(log_key, b"rf1/view", 32)
    body_key = expand(view, b"rf1/c", 32)
    alias = struct.unpack(">I", expand(view, b"rf1/alias", 4))[0]
    chance = run(0, 128)
    ra, rc, label_chance, salt_a, salt_c = chance[:32], chance[32:64], chance[64:96], chance[96:112], chance[112:]
    entry_id, person, customer, interaction = run(0xE0, 16), run(0xA0, 16), run(0xC0, 16), run(0x1C, 16)
    counter = b"\x01\x01" + person
    audit = cbor({
        1: 1767225600123, 2: 1, 3: 0, 4: "delivery", 5: 2, 6: person, 7: 300, 8: alias,
        9: [[counter, run(0xD0, 16), 17]], 10: 70000,
    })
    body = cbor({1: customer, 2: interaction, 3: 1, 4: 6, 5: 42})
    label = mac(view, b"rf1/label", struct.pack(">Q", 42))
    commit = sha(b"rf1/e", sha(ra, audit), sha(rc, body))
    key_a, key_c = expand(audit_key, b"rf1/a" + salt_a, 32), expand(body_key, b"rf1/c" + salt_c, 32)
    out["entry.audit_key"] = audit_key
    out["entry.view_key"] = view
    out["entry.chance"] = chance
    out["entry.alias"] = struct.pack(">I", alias)
    out["entry.counter_name"] = mac(view, b"rf1/counter", customer)[:16]
    out["entry.audit_body"] = audit
    out["entry.leaf"] = b"\x01" + label + commit
    out["entry.audit_half"] = salt_a + seal(key_a, ra + sha(rc, body) + audit, entry_id)
    out["entry.customer_half"] = salt_c + seal(key_c, rc + body, entry_id)
    # A refused sign-in: nobody's entry. The label is chance, the customer half empty.
    audit = cbor({1: 1767225600123, 2: 20, 3: 16, 7: 0})
    commit = sha(b"rf1/e", sha(ra, audit), sha(rc))
    out["entry.nobody_audit_body"] = audit
    out["entry.nobody_leaf"] = b"\x01" + label_chance + commit
    out["entry.nobody_audit_half"] = salt_a + seal(key_a, ra + sha(rc) + audit, entry_id)
    # Three of a node's allotment of everybody's reveals go back.
    out["entry.allotment_audit_body"] = cbor({
        1: 1767225600123, 2: 40, 3: 0, 7: 0, 9: [[b"\x05\x01" + bytes(16), run(0xD0, 16), 17]], 10: 3,
        11: [[run(0xB0, 16), 3]], 12: [run(0x90, 16), 1767225600000, 250000],
    })


def closes(out):
    """A list of two customers, and the leaf that signs it."""
    number, size, covers, at = 7, 2, 300, 1767225600123
    views = [expand(run(first, 32), b"rf1/view", 32) for first in (0x61, 0x91)]
    heads = [sha(sha(bytes(32), sha(b"\x00" + run(0x11, 65))), sha(b"\x00" + run(0x22, 65))), sha(bytes(32), sha(b"\x00" + run(0x33, 65)))]
    rows = []
    for view, n, last in zip(views, (2, 1), heads):
        label = mac(view, b"rf1/led", struct.pack(">Q", number))
        state = sha(mac(view, b"rf1/r", struct.pack(">Q", number)), struct.pack(">Q", n), last)
        rows.append(label + state)
    out["close.view_a"], out["close.view_b"] = views
    out["close.row_a"], out["close.row_b"] = rows
    page = b"".join(sorted(rows))
    root = sha(b"\x01", *(sha(b"\x00" + row) for row in sorted(rows)))
    out["close.page"] = page
    out["close.leaf"] = b"\x02" + struct.pack(">QQQQ", number, covers, at, size) + root
    ra, salt, entry_id = run(0, 32), run(96, 16), run(0xE0, 16)
    audit_key = expand(run(0x01, 32), b"rf1/audit", 32)
    audit = cbor({1: at, 2: 36, 3: 0, 7: 0, 10: number})
    out["close.audit_half"] = salt + seal(expand(audit_key, b"rf1/a" + salt, 32), ra + sha(run(32, 32)) + audit, entry_id)


def ring(out):
    """What a key holder keeps, wrapped, and what it gives out from it."""
    root, tenant_key, shelf_key = run(0x21, 32), run(0x01, 32), run(0x81, 32)
    customer_keys = run(0x40, 32) + run(0x61, 32)
    tenant, customer, nonce = struct.pack(">I", 7), run(0x10, 16), run(0xF0, 12)
    wrap = lambda key, plain, aad: nonce + AESGCM(key).encrypt(nonce, plain, aad)
    out["ring.root"] = root
    made = 1767225600123
    entries = [(0, tenant_key), (9, shelf_key)]
    said = b"ringfence keyring v1\n" + struct.pack(">QI", 3, len(entries)) + b"".join(
        tenant + struct.pack(">Iq", epoch, made) + wrap(root, key, b"rf1/ring" + tenant + struct.pack(">I", epoch))
        for epoch, key in entries
    )
    out["ring.file"] = said + mac(expand(root, b"rf1/keyring", 32), said)
    # With suites: nothing older than 2 is sealed, 1 still opens.
    said = said.replace(b"keyring v1", b"keyring v2") + struct.pack(">I", 1) + tenant + struct.pack(">HH", 2, 1)
    out["ring.file_2"] = said + mac(expand(root, b"rf1/keyring", 32), said)
    out["ring.row"] = wrap(shelf_key, customer_keys, b"rf1/shelf" + tenant + customer + struct.pack(">I", 9))
    out["ring.log_ed25519"] = expand(tenant_key, b"rf1/log/ed25519", 32)
    out["ring.log_ml_dsa"] = expand(tenant_key, b"rf1/log/ml-dsa-44", 32)


def tags(out):
    row_key = expand(run(0x01, 32), b"rf1/row", 32)
    material = struct.pack(">H", 1) + run(0x30, 16) + run(0xC0, 16)
    out["tag.row_key"] = row_key
    out["tag.index"] = mac(row_key, lp(b"index"), struct.pack(">I", 7), material)[:16]
    index_key = expand(run(0x01, 32), b"rf1/idx" + struct.pack(">H", 1), 32)
    out["index.phone"] = mac(index_key, b"+442079460018")[:16]


def main():
    out = {}
    for part in (envelope, entry, closes, ring, tags):
        part(out)
    text = "# Made by scripts/vectors.py, not by Ringfence's code.\n"
    text += "".join(f"{name} = {value.hex()}\n" for name, value in out.items())
    if "--check" in sys.argv:
        if OUT.read_text() != text:
            sys.exit(f"{OUT.name} is not what scripts/vectors.py makes")
        return
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(text)


main()
