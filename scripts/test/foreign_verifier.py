"""Checks the served log with software that the project didn't write (PyPI tlog-scales).

For every log: the checkpoint's signature and origin, the root recomputed from the tiles, every entry's place
in the lowest tiles, inclusion proofs, and growth that keeps what was there. The same for the plain files that
`ringfence log mirror` makes of it. Then one receipt, and the same checks on altered bytes, which must fail.
"""

import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import requests
from tlog_scales import backend, signing, tiles, tlog, utils
from tlog_scales.reader import TilesReader

import demo

BINARY = pathlib.Path(__file__).parents[2] / "target/release/ringfence"
RECEIPT_HEADER = "c2sp.org/tlog-proof@v1"
TILE_WIDTH = 256


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def get(path: str) -> requests.Response:
    answer = requests.get(demo.url() + path, timeout=demo.TIMEOUT_S)
    answer.raise_for_status()
    return answer


def verifier_keys(tenant: str) -> list[signing.Vkey]:
    lines = get(f"/log/{tenant}/key").text.splitlines()
    keys = [signing.Vkey.from_string(line) for line in lines if line]
    expect(bool(keys), f"{tenant}: no verifier key is served")
    for key in keys:
        expect(signing.Vkey(key.name, None, key.sig_type, key.pubkey).key_id == key.key_id, "a key's id isn't its hash")
    return keys


def check_signature(checkpoint: tlog.Checkpoint, keys: list[signing.Vkey], origin: str) -> None:
    expect(checkpoint.origin == origin, f"the checkpoint's origin is {checkpoint.origin}, the list says {origin}")
    own = [key for key in keys if key.name == origin]
    expect(bool(own), f"no key under the origin's name {origin}")
    for key in own:
        checkpoint.verify(key)


def tile_bytes(store: backend.TilesBackend, level: int, number: int, width: int) -> bytes:
    """A tile as served: the partial one if the tree ends in it, else the full one."""
    partial = width if width < TILE_WIDTH else 0
    data = store.get(*tiles.tile_path(level, number, partial))
    if data is None and partial:
        data = store.get(*tiles.tile_path(level, number))
    expect(data is not None, f"tile level {level} number {number} width {width} isn't served")
    return data


def check_entries(store: backend.TilesBackend, size: int) -> None:
    """Every entry of the entry bundles hashes to its place in the lowest tiles."""
    reader = TilesReader(store)
    reader.set_size(size)
    for number in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        hashes = tile_bytes(store, 0, number, width)
        for offset in range(width):
            entry = reader.get_entry(number * TILE_WIDTH + offset)
            expect(
                tiles.leaf_hash(entry) == hashes[offset * 32 : offset * 32 + 32],
                f"entry {number * TILE_WIDTH + offset} isn't what the tree holds",
            )


def sampled(size: int) -> list[int]:
    return sorted({0, size // 3, size // 2, size - 1})


def check_inclusion(reader: TilesReader, checkpoint: tlog.Checkpoint) -> None:
    for index in sampled(checkpoint.size):
        proof = reader.get_inclusion_proof(index, checkpoint.size)
        leaf = reader.get_entry(index)
        proof.check(tiles.leaf_hash(leaf), checkpoint.root_hash)
        expect_invalid(proof, leaf[:-1] + bytes([leaf[-1] ^ 1]), checkpoint.root_hash)


def expect_invalid(proof: tlog.InclusionProof, leaf: bytes, root: bytes) -> None:
    """The check itself can fail: one flipped bit is noticed."""
    try:
        proof.check(tiles.leaf_hash(leaf), root)
    except tlog.InclusionProofInvalid:
        return
    raise AssertionError("an altered entry passed as included")


def check_growth(reader: TilesReader, checkpoint: tlog.Checkpoint) -> None:
    for old_size in sampled(checkpoint.size):
        if old_size == 0:
            continue
        old_root = reader.mth(0, old_size)
        reader.get_consistency_proof(old_size, checkpoint.size).check(old_root, checkpoint.root_hash)


def check_log(location: str, keys: list[signing.Vkey], origin: str) -> int:
    """A log at an address or in a directory."""
    store = backend.make_backend(location)
    reader = TilesReader(store)
    checkpoint = reader.get_checkpoint()
    check_signature(checkpoint, keys, origin)
    expect(reader.calculate_root_hash() == checkpoint.root_hash, f"{location}: the tiles give another root")
    if checkpoint.size > 0:
        check_entries(store, checkpoint.size)
        check_inclusion(reader, checkpoint)
        check_growth(reader, checkpoint)
    return checkpoint.size


def check_mirror(logs: list[dict[str, Any]]) -> None:
    """Plain files, and one of them altered."""
    with tempfile.TemporaryDirectory() as folder:
        command = [BINARY, "log", "mirror", demo.url(), "--to", folder]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        for log in logs:
            place = pathlib.Path(folder, log["tenant"])
            if not place.exists():
                continue
            keys = verifier_keys(log["tenant"])
            expect(check_log(str(place), keys, log["origin"]) > 0, f"{place}: the mirror is empty")
            bundle = sorted(place.glob("tile/entries/**/[0-9]*"))[-1]
            data = bundle.read_bytes() if bundle.is_file() else b""
            expect(bool(data), f"{bundle} holds nothing")
            bundle.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
            expect(not holds(str(place), keys, log["origin"]), "an altered bundle passed")


def holds(location: str, keys: list[signing.Vkey], origin: str) -> bool:
    try:
        check_log(location, keys, origin)
    except (AssertionError, tlog.InclusionProofInvalid):
        return False
    return True


def parsed_receipt(text: str) -> tuple[tlog.InclusionProof, tlog.Checkpoint]:
    head, _, note = text.partition("\n\n")
    lines = head.splitlines()
    expect(lines[0] == RECEIPT_HEADER, "the receipt isn't a tlog-proof")
    rest = [line for line in lines[1:] if not line.startswith("extra ")]
    expect(rest[0].startswith("index "), "the receipt has no index")
    checkpoint = tlog.Checkpoint.from_text(note)
    hashes = [utils.b64dec(line) for line in rest[1:]]
    return tlog.InclusionProof(int(rest[0].removeprefix("index ")), checkpoint.size, hashes), checkpoint


def newest_receipt(security: demo.Person) -> str | None:
    for item in security.get("/v1/disclosures").json()["items"]:
        answer = security.get(f"/v1/receipts/{item['id']}")
        if answer.status_code == 200:
            return answer.content.decode()
    return None


def check_receipt(logs: list[dict[str, Any]]) -> None:
    security = demo.Person("security_officer")
    text = demo.until("a receipt that is served", 10, lambda: newest_receipt(security))
    proof, checkpoint = parsed_receipt(text)
    tenant = next((log["tenant"] for log in logs if log["origin"] == checkpoint.origin), None)
    expect(tenant is not None, f"the receipt's log {checkpoint.origin} isn't listed")
    check_signature(checkpoint, verifier_keys(tenant), checkpoint.origin)
    reader = TilesReader(backend.make_backend(f"{demo.url()}/log/{tenant}"))
    reader.get_checkpoint()
    leaf = reader.get_entry(proof.leaf_index)
    proof.check(tiles.leaf_hash(leaf), checkpoint.root_hash)
    expect_invalid(proof, leaf + b"\0", checkpoint.root_hash)


def main() -> None:
    logs = get("/log").json()["logs"]
    expect(bool(logs), "no log is listed")
    served = {log["tenant"]: f"{demo.url()}/log/{log['tenant']}" for log in logs}
    sizes = {log["tenant"]: check_log(served[log["tenant"]], verifier_keys(log["tenant"]), log["origin"]) for log in logs}
    expect(any(sizes.values()), "every log is empty")
    check_mirror(logs)
    check_receipt(logs)
    print("verified:", ", ".join(f"{tenant} {size} entries" for tenant, size in sizes.items()))


if __name__ == "__main__":
    try:
        main()
    except AssertionError as problem:
        sys.exit(str(problem))
