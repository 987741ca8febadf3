#!/usr/bin/env bash
# The container file as it stands: built from the sources, then run as the file's own words say: read-only, without
# capabilities, as nobody in particular. Its two base images are made here, of the distribution's packages and of the
# compiler that is installed, so that no image registry is needed.
# usage: container.sh OUT
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1/container
mkdir -p "$out"
debian=docker.io/library/debian:bookworm-slim
rust=docker.io/library/rust:1-bookworm
image=localhost/ringfence-test
data=ringfence-test-data
keys=ringfence-test-keys
name=ringfence-test

command -v podman >/dev/null && command -v mmdebstrap >/dev/null && command -v runc >/dev/null \
    || apt-get install --yes --no-install-recommends podman buildah runc conmon mmdebstrap >"$out/apt.log"

pod() { podman --runtime runc --cgroup-manager cgroupfs "$@"; }
clean() {
    pod rm --force --time 1 "$name" >/dev/null 2>&1 || true
    pod volume rm --force "$data" "$keys" >/dev/null 2>&1 || true
}
trap clean EXIT
clean

# $1 is the image; the rest goes to mmdebstrap. A name of the same image that came from somewhere else is left alone.
base() {
    local image=$1
    shift
    pod image exists "$image" && return 0
    mmdebstrap --quiet --variant=minbase "$@" bookworm "$out/base.tar"
    pod import --quiet "$out/base.tar" "$image" >/dev/null
    rm "$out/base.tar"
}
base "$debian"
# --merged over /usr/local: where the distributor's own image has cargo on the path.
base "$rust" --include=ca-certificates,gcc,g++,libc6-dev,make,perl,pkg-config \
    --customize-hook="tar -C '$(rustc --print sysroot)' -c bin/cargo bin/rustc lib libexec | tar -C \"\$1/usr/local\" -x"

# Crates that are downloaded already aren't again.
registry=${CARGO_HOME:-$HOME/.cargo}/registry
pod build --quiet --isolation chroot --network host --volume "$registry:/root/.cargo/registry" \
    --ulimit nofile=4096:4096 --tag "$image" --file deploy/Containerfile . >"$out/build.log" 2>&1 \
    || { tail -n 40 "$out/build.log" >&2; exit 1; }

limits=(--ulimit nofile=4096:4096 --ulimit nproc=512:512)
mounts=(--volume "$data:/data" --volume "$keys:/keys")
hard=(--read-only --cap-drop=all --security-opt=no-new-privileges)
pod run --rm --network none "${limits[@]}" "${mounts[@]}" "$image" init /data --key-file /keys/root.key >"$out/init.txt"

# Nothing that opens anything is beside the data, and who runs it is nobody.
[ "$(pod run --rm --network none "${limits[@]}" "${mounts[@]}" --entrypoint /usr/bin/id "$image" -u)" = 7461 ]
if pod run --rm --network none "${limits[@]}" "${hard[@]}" --volume "$data:/data" "$image" serve >"$out/keyless.log" 2>&1; then
    echo "a node started without its keys' volume" >&2
    exit 1
fi

port=$(python3 scripts/test/free_port.py)
pod run --rm --network none "${limits[@]}" "${mounts[@]}" --entrypoint /bin/sed "$image" \
    -i "s/^listen = .*/listen = \"127.0.0.1:$port\"/" /data/ringfence.toml
pod run --detach --name "$name" --network host --stop-timeout 10 "${limits[@]}" "${hard[@]}" "${mounts[@]}" \
    "$image" >"$out/id"
answers() { curl --silent --show-error --fail "http://127.0.0.1:$port/readyz" >/dev/null 2>"$out/curl.txt"; }
end=$((SECONDS + 60))
until answers; do
    [ "$SECONDS" -lt "$end" ] || { pod logs "$name" >&2; cat "$out/curl.txt" >&2; exit 1; }
    read -r -t 0.2 <> <(:) || true
done
if pod exec "$name" /bin/sh -c 'echo written > /usr/bin/ringfence' 2>"$out/write.txt"; then
    echo "the running container's own program could be written" >&2
    exit 1
fi
began=$SECONDS
pod stop "$name" >/dev/null
[ "$((SECONDS - began))" -lt 10 ] || { echo "it had to be killed after ten seconds" >&2; exit 1; }
[ "$(pod inspect --format '{{.State.ExitCode}}' "$name")" = 0 ]
pod image inspect --format 'image: {{.Size}} bytes' "$image"
