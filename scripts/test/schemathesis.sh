#!/usr/bin/env bash
# Throws generated requests, valid and not, at every endpoint of the served API, as an agent.
# usage: schemathesis.sh LONG OUT     (RINGFENCE_DEMO_JSON in the environment)
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/target/venv/bin
url=$("$bin/python" scripts/test/demo.py url)
# A page's session is signed request by request; a program's token isn't.
token=$(target/release/ringfence person token "$("$bin/python" scripts/test/demo.py person agent)" --data "$2/demo-data")
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
