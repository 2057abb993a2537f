#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# cpx demo as a newcomer meets it: it passes, within 512 MB, on one CPU too; forwards the captures of
# the tree with every packet accounted for; refuses what is no capture; ends on SIGINT with a verdict.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
CPX=$BUILD/dataplane/cli/cpx
export LC_ALL=C
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
fail() {
	echo "FAILED: $*"
	cat "$DIR"/out "$DIR"/err 2>/dev/null || :
	exit 1
}
demo() { # exit code wanted, then arguments
	want=$1
	shift
	code=0
	"$CPX" demo "$@" >"$DIR/out" 2>"$DIR/err" || code=$?
	[ $code -eq "$want" ] || fail "cpx demo $*: exit code $code"
}
says() {
	grep -q "$@" "$DIR/out" "$DIR/err" || fail "it does not say: $*"
}

# streams: a verdict, both families, lines instead of a picture, little memory
"$CPX" demo --seconds 4 >"$DIR/out" 2>"$DIR/err" &
pid=$!
sleep 2
rss=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
wait $pid || fail "cpx demo: exit code $?"
says '^PASS: all [1-9][0-9]* packets arrived, once, in order, with the right content$'
says ' 0 lost, 0 duplicated, 0 reordered, 0 corrupted, 0 unexpected$'
says '^  2 s: .* 16/16 lanes up$'
[ "${rss:-0}" -gt 1000 ] && [ "$rss" -lt $((512 * 1024)) ] || fail "resident memory $rss kB"
if grep -q "$(printf '\033')" "$DIR/out"; then fail "escape sequences though it is no terminal"; fi
awk 'length > 80 { exit 1 }' "$DIR/out" || fail "lines longer than 80 columns"

# one CPU for control, worker and generator
cpu=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
code=0
taskset -c "$cpu" "$CPX" demo --seconds 2 >"$DIR/out" 2>"$DIR/err" || code=$?
[ $code -eq 0 ] || fail "on one CPU: exit code $code"

# interrupted: drains and judges what was sent
"$CPX" demo --seconds 60 >"$DIR/out" 2>"$DIR/err" &
pid=$!
sleep 2
kill -TERM $pid
code=0
wait $pid || code=$?
[ $code -eq 0 ] || fail "SIGTERM: exit code $code"
says '^Stopped by hand'
says '^PASS'

# captures
demo 0 --pcap "$SRC/tests/captures/lan.pcap"
says '^IPv4 TCP  *20  *20 '
says '^VLAN 10 IPv4 TCP  *12  *12 '
says '^117 packets: .* forwarded'
says '^PASS: every packet is accounted for'
demo 0 --pcap "$SRC/tests/captures/odd.pcapng"
says '^IPv4 bad checksum .* 1 ip4_checksum$'
says '^IPv4 header length < 20 .* 2 ip4_header_length$'
says '^IPv4 martian destination .* 1 ip4_destination_this_network, 1 ip4_destination_loopback, 1 ip4_destination_reserved$'
says '^88 packets:'

# refusals
demo 2 --pcap "$SRC/LICENSE"
says 'neither like pcap nor like pcapng'
demo 2 --pcap /dev/null
head -c 1000 "$SRC/tests/captures/lan.pcap" >"$DIR/cut.pcap"
demo 2 --pcap "$DIR/cut.pcap"
says 'the file ends inside a packet'
demo 2 --seconds 0
demo 2 --no-such-option
demo 0 --show-config
"$CPX" demo --show-config >"$DIR/demo.yaml"
"$CPX" check "$DIR/demo.yaml" >"$DIR/out" 2>"$DIR/err" || fail "its own configuration is refused"
