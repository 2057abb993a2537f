#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The first minute of README.md, as written, but for `make` and the live screen. Its namespaces have
# plain names, so it runs with a /run of its own.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
skip() {
	echo "skip: $*"
	exit 77
}
[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
for program in ip ethtool ping unshare; do
	command -v $program >/dev/null || skip "$program is missing: see .ci/packages"
done
unshare -mn true 2>/dev/null || skip "no namespaces here"
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT

# The shell block of "The first minute".
sed -n '/^## The first minute/,/^## /p' "$SRC/README.md" | sed -n '/^```sh/,/^```/p' |
	sed '/^```/d; /^make$/d; /^\$cpx top/d' | sed "s,^cpx=build/,cpx=$BUILD/," >"$DIR/block"
grep -q 'cpx run' "$DIR/block" && grep -q 'ping' "$DIR/block" || {
	echo "FAILED: README.md has no first minute any more"
	exit 1
}

cat >"$DIR/script" <<EOF
mount -t tmpfs tmpfs /run
trap 'kill -9 \$(jobs -p) 2>/dev/null || :' EXIT
cd $SRC
$(cat "$DIR/block")
wait
EOF
if ! timeout 100 unshare -mn bash -e "$DIR/script" >"$DIR/out" 2>&1 ||
	! grep -q ' 0% packet loss' "$DIR/out" || ! grep -q '^oe0/.* up ' "$DIR/out"; then
	cat "$DIR/out"
	echo "FAILED: the first minute of README.md does not go as written"
	exit 1
fi
