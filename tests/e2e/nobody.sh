#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# An ordinary user, without hugepages, capabilities or a runtime folder, runs a board, looks at it,
# cuts a bank of it, and stops it. As root the test becomes such a user.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
CPX=$BUILD/dataplane/cli/cpx
if [ "$(id -u)" -eq 0 ]; then
	# The tree may lie where that user cannot go.
	copy=$(mktemp -d)
	trap 'rm -rf "$copy"' EXIT
	mkdir -p "$copy/dataplane/cli"
	cp "$CPX" "$CPX-engine" "$CPX-run" "$CPX-show" "$copy/dataplane/cli"
	cp "$0" "$copy/nobody.sh"
	chmod -R go+rX "$copy"
	cd /
	env -u XDG_RUNTIME_DIR HOME=/nonexistent SRC=/ BUILD="$copy" setpriv --reuid 65534 \
		--regid 65534 --clear-groups --no-new-privs "$copy/nobody.sh"
	exit
fi

umask 077
DIR=$(mktemp -d)
RUNTIME=/tmp/cpx-$(id -u) # where cpx keeps an ordinary user's instances
PID=
finish() {
	code=$?
	trap - EXIT
	[ -z "$PID" ] || kill -9 "$PID" 2>/dev/null || :
	[ $code -eq 0 ] || cat "$DIR/log"
	rm -rf "$DIR" "$RUNTIME/nobody$$"
	rmdir "$RUNTIME" 2>/dev/null || : # not ours while another instance is in it
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
fail() {
	echo "FAILED: $*"
	exit 1
}

cat >"$DIR/cpx.yaml" <<EOF
instance: nobody$$
memory: {hugepages: false}
workers: {count: 1}
engines: {oe0: {profile: oif-3.2t}}
ports:
  p0: {lanes: oe0/0-7, carrier: "fiber:a", addresses: [10.0.0.1/24, "2001:db8::1/64"]}
  p1: {lanes: oe0/8-15, carrier: "fiber:a", addresses: [10.0.1.1/24]}
EOF
"$CPX" run -c "$DIR/cpx.yaml" >"$DIR/log" 2>&1 &
PID=$!
tries=600
until "$CPX" show lanes -i "nobody$$" --json >"$DIR/lanes" 2>>"$DIR/show"; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 $PID || fail "does not run: $(tail -n 2 "$DIR/show")"
	sleep 0.05
done
[ "$(grep -c '"name": "oe0/' "$DIR/lanes")" -eq 16 ] || fail "not 16 lanes: $(cat "$DIR/lanes")"
"$CPX" engine breakout oe0/1 8x100G -i "nobody$$" >"$DIR/cut" 2>>"$DIR/show" || fail "breakout: $(tail -n 2 "$DIR/show")"
[ "$(grep -c '^made' "$DIR/cut")" -eq 8 ] || fail "not 8 ports made: $(cat "$DIR/cut")"
kill -TERM $PID
code=0
wait $PID || code=$?
PID=
[ $code -eq 0 ] || fail "SIGTERM: exit code $code"
