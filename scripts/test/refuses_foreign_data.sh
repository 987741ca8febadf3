#!/usr/bin/env bash
# A demo must not touch a data directory that isn't a demo's.
# usage: refuses_foreign_data.sh OUT
set -euo pipefail
data="$1/not-a-demo"
mkdir -p "$data"
echo keep >"$data/ledger.db"
code=0
timeout 20 target/release/ringfence demo --port 0 --data "$data" --output json \
    >"$1/refused.out" 2>"$1/refused.err" || code=$?
if [ "$code" = 0 ] || [ "$code" = 124 ]; then
    echo "the demo ran on a foreign data directory (exit $code)" >&2
    exit 1
fi
if [ ! -s "$1/refused.err" ]; then
    echo "the demo refused without saying why" >&2
    exit 1
fi
[ "$(cat "$data/ledger.db")" = keep ]
[ "$(ls -A "$data")" = ledger.db ]
