#!/usr/bin/env bash
# Licences, bans and sources of every dependency (deny.toml). The advisories are a command of their own,
# `cargo deny check advisories`: they need the RustSec database, which lies outside the package registries.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! cargo deny --version >/dev/null 2>&1; then
    cargo install cargo-deny --locked
fi
cargo deny --locked check bans licenses sources
