#!/usr/bin/env bash
# The program with its optional spans: built, and its spans read by a receiver. What the other steps run is put back
# after it: both builds lie side by side, and one of them under the program's name.
set -euo pipefail
cd "$(dirname "$0")/../.."
code=0
# With --workspace, so that dependencies are shared with the build without.
cargo test --release --locked --workspace --features ringfence/opentelemetry --test live traces:: || code=$?
if [ -n "${RINGFENCE_LONG:-}" ]; then
    cargo clippy --release --locked --workspace --features ringfence/opentelemetry --all-targets -- -D warnings || code=$?
fi
cargo build --release --locked --workspace --all-targets
exit "$code"
