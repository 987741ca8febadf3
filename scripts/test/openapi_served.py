"""The served description of the API is the committed one. usage: openapi_served.py COMMITTED"""

import json
import sys
from pathlib import Path

import requests

import demo

committed = json.loads(Path(sys.argv[1]).read_text())
answer = requests.get(demo.url() + "/openapi.json", timeout=demo.TIMEOUT_S)
answer.raise_for_status()
served = answer.json()

if served != committed:
    differing = sorted(
        path
        for path in served["paths"].keys() | committed["paths"].keys()
        if served["paths"].get(path) != committed["paths"].get(path)
    )
    sys.exit(f"{sys.argv[1]} is stale; paths that differ: {differing or 'none, look at the components'}")
