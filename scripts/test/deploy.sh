#!/usr/bin/env bash
# The systemd units as systemd reads them, with the program where they expect it; and how exposed they leave the services.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1/deploy
mkdir -p "$out"
for unit in ringfence ringfence-keyholder ringfence-drill; do
    sed "s|^ExecStart=/usr/bin/ringfence|ExecStart=$PWD/target/release/ringfence|" "deploy/$unit.service" >"$out/$unit.service"
    systemd-analyze verify --man=no "$out/$unit.service"
    # In tenths, of 100 for a service with nothing set.
    systemd-analyze security --offline=true --no-pager --threshold=15 "$out/$unit.service" >"$out/$unit.txt"
    tail -n 1 "$out/$unit.txt"
done
