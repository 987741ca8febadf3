#!/usr/bin/env python3
"""Writes three measured numbers into README.md, between its markers, from bench/results/*.jsonl.

    scripts/readme_numbers.py            writes them
    scripts/readme_numbers.py --check    fails if README.md says something else
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
README = ROOT / "README.md"
BEGIN, END = "<!-- numbers -->\n", "<!-- /numbers -->"
OURS = "ringfence-embedded"
PEERS = {
    "postgresql-pgcrypto-audit": "PostgreSQL: pgcrypto and an audit row",
    "openbao-transit": "OpenBao: transit and file audit, which it doesn't sync",
    "hello": "hello world on the same web stack: the ceiling",
}
CONNECTIONS = 32
COMMAND = "cargo run --release -p bench -- reveal"

Line = dict[str, Any]


def lines(name: str, command: str) -> list[Line]:
    path = RESULTS / name
    if not path.exists():
        sys.exit(f"{path.relative_to(ROOT)} isn't there; next: {command}")
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def measured(found: list[Line], system: str) -> Line:
    for line in found:
        if line["system"] == system and line["connections"] == CONNECTIONS:
            return line
    sys.exit(f"reveal.jsonl has no line of {system} at {CONNECTIONS} connections; next: {COMMAND}")


def against(ours: Line, peer: Line, name: str) -> str:
    times = ours["per_s"] / peer["per_s"]
    shown = f"{times:.1f} ×" if times >= 1 else f"{times:.2f} ×"
    return f"| {name} | {peer['per_s']:,.0f} | **{ours['per_s']:,.0f}** | **{shown}** | {ours['date']} |"


def table() -> str:
    found = lines("reveal.jsonl", COMMAND)
    ours = measured(found, OURS)
    rows = [against(ours, measured(found, system), name) for system, name in PEERS.items()]
    head = (
        f"Reveals a second over HTTP with an fsynced entry each, two cores, {ours['customers']:,} customers, "
        f"{CONNECTIONS} connections (p99 {ours['p99_ms']:.1f} ms, {ours['cpu_us']:.0f} µs of CPU each). "
        f"`{COMMAND}` measures all in one run; [bench/README.md](bench/README.md) says what is fair in it.\n\n"
        "| peer | peer's per second | Ringfence | ratio | measured |\n|---|---|---|---|---|\n"
    )
    return "\n" + head + "\n".join(rows) + "\n\n"


def main() -> None:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: scripts/readme_numbers.py [--check]")
    text = README.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"README.md has no {BEGIN.strip()} and {END}; next: put the two lines in")
    before, rest = text.split(BEGIN)
    wanted = before + BEGIN + table() + END + rest.split(END)[1]
    if text == wanted:
        return
    if sys.argv[1:] == ["--check"]:
        sys.exit("README.md doesn't quote the numbers in bench/results; next: python3 scripts/readme_numbers.py")
    README.write_text(wanted)


main()
