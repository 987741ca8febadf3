#!/usr/bin/env python3
"""A partner pack, as a buyer and an auditor open it: OSCAL's and CycloneDX's own readers take its parts, and any change of it is refused.

    pack.py DIR        DIR is a directory for the test's files
"""

import json
import pathlib
import re
import subprocess
import sys
import zipfile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.component import ComponentDefinition

RINGFENCE = "target/release/ringfence"
NONCE = "9b1f0c6de2a84753"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def ringfence(*words):
    return subprocess.run([RINGFENCE, "pack", *words], capture_output=True, text=True)


def verified(file, *more):
    return ringfence("verify", file, "--nonce", NONCE, "--output", "json", *more)


def members(value, name):
    """Every member of that name, wherever it lies."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from members(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner, name)


def oscal(pack, name, model):
    file = pack / "oscal" / f"{name}.json"
    assert model.oscal_read(file) is not None, name
    document = json.loads(file.read_text())
    # What the reader takes and the standard doesn't.
    assert set(members(document, "oscal-version")) == {"1.2.1"}, name
    ids = list(members(document, "uuid"))
    assert len(ids) == len(set(ids)) and all(UUID.fullmatch(one) for one in ids), name
    assert all(TOKEN.fullmatch(one) for one in members(document, "control-id")), name
    return document[name], set(ids)


def main():
    out = pathlib.Path(sys.argv[1]) / "pack"
    out.mkdir(parents=True)
    file = out / "pack.zip"
    built = ringfence("build", "--nonce", NONCE, "--out", file, "--output", "json")
    assert built.returncode == 0, built.stderr
    told = json.loads(built.stdout)
    assert told["rehearsal"] and told["held"] == told["drills"] > 50, told

    pack = out / "opened"
    with zipfile.ZipFile(file) as opened:
        assert opened.testzip() is None
        opened.extractall(pack)
    results, ids = oscal(pack, "assessment-results", AssessmentResults)
    drills = json.loads((pack / "drills.json").read_text())
    [result] = results["results"]
    assert [one["title"] for one in result["observations"]] == [one["drill"] for one in drills]
    pointed = set(members(results, "observation-uuid")) | set(members(results, "subject-uuid"))
    assert pointed <= ids, pointed - ids
    assert results["import-ap"]["href"].removeprefix("#") in ids
    assert all(one["target"]["status"]["state"] == "satisfied" for one in result["findings"])
    reviewed = {one["control-id"] for one in members(result["reviewed-controls"], "include-controls") for one in one}
    assert reviewed == {one["target"]["target-id"] for one in result["findings"]}
    definition, _ = oscal(pack, "component-definition", ComponentDefinition)
    assert set(members(definition, "control-id")) == reviewed
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for name in ("sbom.json", "cbom.json"):
        error = validator.validate_str((pack / name).read_text())
        assert error is None, (name, error)
    page = (pack / "index.html").read_text()
    assert "<script" not in page and "http://" not in page and page.count("<article") > 80

    good = verified(file)
    assert good.returncode == 0, good.stderr
    lines = json.loads(good.stdout)
    assert {line["result"] for line in lines} == {"pass", "open"}
    assert sum(line["checked"].startswith("answer ") for line in lines) == told["answers"] >= 30
    data = file.read_bytes()
    edited = out / "edited.zip"
    for at in range(0, len(data), len(data) // 60):
        edited.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1:])
        refused = verified(edited)
        assert refused.returncode == 2 and "next:" in refused.stderr, (at, refused.stderr)
    assert ringfence("verify", file, "--nonce", "another-nonce-of-mine").returncode == 2
    print(f"{len(lines)} lines, {told['in_place']} of {told['answers']} answers in place, {len(data)} bytes")


if __name__ == "__main__":
    main()
