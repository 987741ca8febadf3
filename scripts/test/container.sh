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

if ! type podman mmdebstrap runc >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] && as_root= || as_root=sudo
    $as_root apt-get update >"$out/apt.log"
    $as_root apt-get install --yes --no-install-recommends podman buildah runc conmon mmdebstrap >>"$out/apt.log"
fi

pod() { podman --runtime runc --cgroup-manager cgroupfs "$@"; }
clean() {
    pod rm --force --time 1 "$name" >/dev/null 2>&1 || true
    pod volume rm --force "$data" "$keys" >/dev/null 2>&1 || true
    # They have the distributors' names, which a later build mustn't take them for.
    [ "${#made[@]}" = 0 ] || pod image rm --force "$image" "${made[@]}" >/dev/null 2>&1 || true
}
made=()
trap clean EXIT
clean

# $1 is the image, $2 what is set in it; the rest goes to mmdebstrap. One of that name that is there already is the distributor's.
base() {
    local name=$1 change=$2
    shift 2
    pod image exists "$name" && return 0
    mmdebstrap --quiet --variant=minbase "$@" bookworm "$out/base.tar"
    pod import --quiet --change "$change" "$out/base.tar" "$name" >/dev/null
    made+=("$name")
    rm "$out/base.tar"
}
# As in the distributor's image, which has the compiler under /usr/local too.
cargo_home=/usr/local/cargo
base "$debian" 'CMD ["bash"]'
base "$rust" "ENV CARGO_HOME=$cargo_home" --include=ca-certificates,gcc,g++,libc6-dev,make,perl,pkg-config \
    --customize-hook="tar -C '$(rustc --print sysroot)' -c bin/cargo bin/rustc lib libexec | tar -C \"\$1/usr/local\" -x"

# Crates that are downloaded already aren't again.
registry=${CARGO_HOME:-$HOME/.cargo}/registry
pod build --quiet --isolation chroot --network host --volume "$registry:$cargo_home/registry" \
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
