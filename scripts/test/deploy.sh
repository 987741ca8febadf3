#!/usr/bin/env bash
# The systemd unit as systemd reads it, with the program where the unit expects it; and how exposed it leaves the service.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1/deploy
mkdir -p "$out"
sed "s|^ExecStart=/usr/bin/ringfence|ExecStart=$PWD/target/release/ringfence|" deploy/ringfence.service >"$out/ringfence.service"
systemd-analyze verify --man=no "$out/ringfence.service"
# In tenths, of 100 for a service with nothing set.
systemd-analyze security --offline=true --no-pager --threshold=15 "$out/ringfence.service" >"$out/security.txt"
tail -n 1 "$out/security.txt"
