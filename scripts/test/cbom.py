#!/usr/bin/env python3
"""`ringfence crypto inventory` writes what CycloneDX's own schema takes, and says what isn't declared.

    cbom.py DIR        DIR is a directory for the test's files
"""

import copy
import json
import pathlib
import sqlite3
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

RINGFENCE = "target/release/ringfence"
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def ringfence(data, *words, fails=False):
    done = subprocess.run([RINGFENCE, *words, "--data", data], capture_output=True, text=True)
    assert (done.returncode == 2) == fails and done.returncode in (0, 2), (words, done.returncode, done.stderr)
    return done


def valid(document):
    return VALIDATOR.validate_str(json.dumps(document)) is None


def told(document, name):
    said = document["metadata"]["properties"]
    return int(next(one["value"] for one in said if one["name"] == f"ringfence:{name}"))


def main():
    out = pathlib.Path(sys.argv[1]) / "cbom"
    data = out / "data"
    out.mkdir(parents=True)
    subprocess.run(
        [RINGFENCE, "init", data, "--tenant", "acme", "--key-file", out / "keys" / "root.key"],
        check=True, capture_output=True,
    )
    customer = out / "customer.json"
    customer.write_text(json.dumps({"name": "Ana Example", "phone": "+44 20 7946 0018"}))
    ringfence(data, "customer", "add", "--file", customer)

    file = out / "cbom.json"
    ringfence(data, "crypto", "inventory", "--to", file)
    document = json.loads(file.read_text())
    error = VALIDATOR.validate_str(file.read_text())
    assert error is None, error
    assert told(document, "undeclared") == 0
    names = {component["name"] for component in document["components"]}
    assert {"AES-256-GCM", "ML-DSA-44", "X-Wing", "envelopes of suite 1"} <= names, names
    references = {component["bom-ref"] for component in document["components"]}
    pointed = json.dumps(document).split('"algorithmRef": "')[1:]
    assert pointed and all(one.split('"')[0] in references for one in pointed)
    assert json.loads(ringfence(data, "crypto", "inventory").stdout)["bomFormat"] == "CycloneDX"

    # The schema is one that refuses.
    for place, value in [("primitive", "rot13"), ("nistQuantumSecurityLevel", 7), ("cryptoFunctions", ["hope"])]:
        wrong = copy.deepcopy(document)
        algorithm = next(one for one in wrong["components"] if one["cryptoProperties"]["assetType"] == "algorithm")
        algorithm["cryptoProperties"]["algorithmProperties"][place] = value
        assert not valid(wrong), place

    # An envelope of a suite that nobody declared.
    with sqlite3.connect(data / "ringfence.db") as database:
        database.execute("UPDATE field SET sealed = CAST(x'010009' || substr(sealed, 4) AS BLOB) WHERE field = 3")
    database.close()
    failed = ringfence(data, "crypto", "inventory", fails=True)
    document = json.loads(failed.stdout)
    assert valid(document) and told(document, "undeclared") == 1
    assert "envelopes of suite 9" in failed.stderr, failed.stderr


if __name__ == "__main__":
    main()
