#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# "Five minutes under your own program" of pmd/README.md, as written, but for `make` and the folder
# of the socket.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
command -v dpdk-testpmd >/dev/null || { echo "skip: dpdk-testpmd is missing: apt-get install dpdk-dev"; exit 77; }
[ "$(nproc)" -ge 2 ] || { echo "skip: two CPUs are needed"; exit 77; }
DIR=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || :; rm -rf "$DIR"' EXIT
export LD_LIBRARY_PATH="$BUILD/pmd"

broken() {
	cat "$DIR"/out*
	echo "FAILED: the guide of pmd/README.md does not go as written: $*"
	exit 1
}

# Commands, a line each, and what is typed into the first one.
sed -n '/^## Five minutes/,/^Over a network/p' "$SRC/pmd/README.md" | sed -n '/^```/,/^```/p' |
	sed ':a; /\\$/{N; s/\\\n//; ba}' | sed "s,/tmp/,$DIR/," >"$DIR/blocks"
grep '^dpdk-testpmd' "$DIR/blocks" >"$DIR/commands"
sed -n 's/^testpmd> //p' "$DIR/blocks" >"$DIR/typed"
[ "$(wc -l <"$DIR/commands")" -eq 3 ] && grep -q '^start' "$DIR/typed" || broken "not three commands"

command() {
	sed -n "$1p" "$DIR/commands"
}

# Each line after a moment, as a person types.
while read -r line; do
	sleep 1
	echo "$line"
done <"$DIR/typed" | timeout 60 sh -c "$(command 1)" >"$DIR/out" 2>&1 || broken "exit code $?"
grep -q '^lane3_rx_packets: [1-9]' "$DIR/out" || broken "lane 3 received nothing"

(sleep 5; echo 'show port stats 0'; sleep 1; echo quit) |
	timeout 60 sh -c "$(command 2)" >"$DIR/out-server" 2>&1 &
server=$!
(sleep 4; echo quit) | timeout 60 sh -c "$(command 3)" >"$DIR/out-client" 2>&1 || broken "the client: $?"
wait $server || broken "the server: $?"
grep -q 'RX-packets: [1-9]' "$DIR/out-server" || broken "nothing came from the other process"
