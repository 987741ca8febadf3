#!/usr/bin/env bash
# What the served checks need and a fresh Debian lacks. Registries are whatever the environment configures.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DEBIAN_FRONTEND=noninteractive

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v python3 >/dev/null || missing+=(python3)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
command -v node >/dev/null || missing+=(nodejs)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v npm >/dev/null || missing+=(npm)
[ -x /usr/lib/postgresql/15/bin/initdb ] || missing+=(postgresql-15)
[ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
command -v softhsm2-util >/dev/null || missing+=(softhsm2)
ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 || missing+=(rsyslog rsyslog-gnutls)
if [ "${#missing[@]}" -gt 0 ]; then
    as_root apt-get update
    as_root apt-get install --yes --no-install-recommends "${missing[@]}"
fi

venv=target/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement scripts/test/requirements.txt
# The solver for the proofs of the rules, as the program that they start.
{ printf '#!%s\n' "$PWD/$venv/bin/python"; tail -n +2 scripts/cvc5_stdin.py; } >"$venv/bin/cvc5"
chmod +x "$venv/bin/cvc5"

# As locked, where there is a lock file.
install_npm() {
    if [ -f "$1/package-lock.json" ]; then
        npm ci --prefix "$1" --no-audit --no-fund
    else
        npm install --prefix "$1" --no-audit --no-fund --no-package-lock
    fi
}
install_npm scripts/test
install_npm e2e

major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$major" -lt 20 ]; then
    echo "node $(node --version) is too old for the browser tests; they need 20 or newer" >&2
    exit 1
fi
