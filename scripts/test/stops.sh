#!/usr/bin/env bash
# Asks the demo to stop, and expects it gone within ten seconds and without a panic in its log.
# usage: stops.sh PID LOG
set -euo pipefail
if ! kill -TERM "$1"; then
    echo "the demo had stopped by itself; its log:" >&2
    tail -n 40 "$2" >&2
    exit 1
fi
if ! timeout 10 tail --pid="$1" -f /dev/null; then
    echo "the demo didn't stop within 10 s of SIGTERM" >&2
    exit 1
fi
if grep -n 'panicked at' "$2"; then
    echo "the demo panicked while the checks ran" >&2
    exit 1
fi
