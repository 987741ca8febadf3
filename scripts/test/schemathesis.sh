#!/usr/bin/env bash
# Throws generated requests, valid and not, at every endpoint of the served API, as an agent.
# usage: schemathesis.sh LONG OUT
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/test/lib.sh
bin=$PWD/target/venv/bin
# On a quiet day no officer has a passkey: with one, tokens are theirs to hand out, and no command's.
demo="$2/quiet-demo"
target/release/ringfence demo --quiet-day --port "$("$bin/python" scripts/test/free_port.py)" --data "$demo" \
    --output json >"$demo.json" 2>"$demo.log" &
demo_pid=$!
trap 'stop_child "$demo_pid" || true' EXIT
"$bin/python" scripts/test/wait_ready.py "$demo.json" "$demo_pid" "$demo.log"
RINGFENCE_DEMO_JSON="$(head -n 1 "$demo.json")"
export RINGFENCE_DEMO_JSON
url=$("$bin/python" scripts/test/demo.py url)
# A page's session is signed request by request; a program's token isn't.
token=$(target/release/ringfence person token "$("$bin/python" scripts/test/demo.py person agent)" --data "$demo")
# It leaves its failures and examples where it runs.
cd "$2"

# Every change meets the same requests; the long run meets new ones.
bounds=(--max-time 75 --seed 20261101 --max-examples 40)
[ "$1" = no ] || bounds=(--max-time 600 --max-examples 500)

# ignored_auth can't see a token that is sent as a header; unauthenticated.py asks that question.
"$bin/st" run "$url/openapi.json" \
    --phases coverage,fuzzing "${bounds[@]}" \
    --header "Authorization: Bearer $token" \
    --generation-with-security-parameters false --checks all --exclude-checks ignored_auth \
    --request-timeout 10 --generation-database none --continue-on-failure --no-color \
    --report junit --report-junit-path schemathesis.xml
