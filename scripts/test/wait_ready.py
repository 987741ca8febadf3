"""Waits until the demo has said where it serves and answers /readyz with 200.

usage: wait_ready.py DEMO_JSON PID LOG
"""

import json
import os
import sys
import time
from pathlib import Path

import requests

DEADLINE_S = 120
POLL_S = 0.1


def first_line(path: Path) -> str | None:
    """The demo's first line of output, once it is complete."""
    text = path.read_text()
    return text.splitlines()[0] if "\n" in text else None


def is_ready(demo_json: Path) -> bool:
    line = first_line(demo_json)
    if line is None:
        return False
    url = json.loads(line)["url"].rstrip("/")
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    demo_json, pid, log = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if is_ready(demo_json):
            return
        if not is_running(pid):
            sys.exit(f"the demo ended before it was ready; it said:\n{log.read_text()}")
        time.sleep(POLL_S)
    sys.exit(f"the demo wasn't ready after {DEADLINE_S} s; it said:\n{log.read_text()}")


main()
