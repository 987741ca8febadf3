#!/usr/bin/env bash
# A SCIM tester that isn't ours (scim2-tester) against the list of people, as an identity provider with a key of its own.
# usage: scim.sh OUT
set -euo pipefail
out="$1/scim"
rm -rf "$out"
mkdir -p "$out"
python=target/venv/bin/python
ringfence=target/release/ringfence
export RINGFENCE_DATA="$out/data" RINGFENCE_LOG=warn
"$ringfence" init --tenant acme --key-file "$out/keys/root.key" >/dev/null
client=$("$ringfence" person add --name Directory --role integrator --output json |
    "$python" -c 'import json, sys; print(json.load(sys.stdin)["person"])')
"$python" scripts/test/client_key.py make "$out/client.pem" >"$out/client.jwk"
"$ringfence" person key "$client" --key-file "$out/client.jwk" >/dev/null

port=$("$python" scripts/test/free_port.py)
"$ringfence" serve --port "$port" --output json >"$out/serve.json" 2>"$out/serve.log" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT
"$python" scripts/test/wait_ready.py "$out/serve.json" "$server" "$out/serve.log"

token=$("$python" scripts/test/client_key.py token "$out/client.pem" "$client" "http://127.0.0.1:$port")
# Arguments can be seen by other users of the machine; the environment can't.
SCIM_CLI_HEADERS="Authorization: Bearer $token" target/venv/bin/scim -u "http://127.0.0.1:$port/scim/v2" test >"$out/told" || true
grep -c '^SUCCESS' "$out/told"
if grep -E '^(ERROR|CRITICAL|SKIPPED)' -A 3 "$out/told"; then exit 1; fi
[ "$(grep -c '^SUCCESS' "$out/told")" -ge 50 ]
# It made and changed many people, and gave nobody any power.
[ "$("$ringfence" person list --output json | grep -c per_)" = 1 ]
kill "$server"
wait "$server" || true
trap - EXIT
"$ringfence" verify "$out/data"
