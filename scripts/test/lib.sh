# Shared by ./test: one line per step with its seconds, all failures collected, one closing line.
passed=0
failed=()

# Runs a command as a named step; a failure is remembered and the next step still runs.
step() {
    local name=$1 began=$SECONDS code=0
    shift
    printf '\n== %s\n' "$name"
    "$@" || code=$?
    if [ "$code" = 0 ]; then
        passed=$((passed + 1))
        printf '== %s: ok, %d s\n' "$name" "$((SECONDS - began))"
    else
        failed+=("$name")
        printf '== %s: FAILED (exit %d), %d s\n' "$name" "$code" "$((SECONDS - began))"
    fi
}

# A step without which the rest makes no sense: its failure ends the run.
must() {
    local before=${#failed[@]}
    step "$@"
    [ "${#failed[@]}" = "$before" ] || summary
}

# Waits for the background installation, and shows what it said if it failed.
wait_installed() {
    wait "$1" && return 0
    cat "$2" >&2
    return 1
}

# A folder in memory, if 6 GB are free there; else nothing. Others may write there: PostgreSQL doesn't run as root.
scratch_in_memory() {
    local free folder
    free=$(df --output=avail --block-size=1M /dev/shm 2>/dev/null | tail -n 1) || return 0
    [ "${free:-0}" -ge 6144 ] || return 0
    folder=$(mktemp -d /dev/shm/ringfence-test.XXXXXX)
    chmod 1777 "$folder"
    echo "$folder"
}

# Ends a child that this run started, politely first.
stop_child() {
    local pid=${1:-}
    [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null || return 0
    timeout 10 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# The closing line and the exit code of the whole run.
summary() {
    printf '\n'
    [ "${#failed[@]}" = 0 ] || printf 'failed: %s\n' "${failed[@]}"
    [ ! -s "$out/flaked.txt" ] || sed 's/^/flaked (failed beside others, passed alone): /' "$out/flaked.txt"
    printf 'after %d s\n' "$SECONDS"
    printf 'steps: %d passed, %d failed\n' "$passed" "${#failed[@]}"
    [ "${#failed[@]}" = 0 ] && exit 0 || exit 1
}
