#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# BFD of 50 ms x 3 between two bfdds of FRR, one on this box's twin: it never goes down while ten
# seconds of packets for this box and of packets whose TTL ends here flood it, and packets that only
# pass are not lost.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/e2e/frr_lib.sh"
two_hosts
namespace t
board af_packet
cat >>"$DIR/cpx.yaml" <<-EOF2
	host: {twins: true, netns: $NS-t}
EOF2
start_cpx
lossless h1 3 10.0.2.2 -i 0.2

bfdd() { # namespace, peer
	cat >"$DIR/$1.bfdd.conf" <<-CONF
		hostname $1
		bfd
		 peer $2
		  receive-interval 50
		  transmit-interval 50
		  detect-multiplier 3
	CONF
	echo "hostname $1" >"$DIR/$1.zebra.conf"
	frr_start "$1" zebra
	frr_start "$1" bfdd
}
counter() { # key
	frr_ask t 'show bfd peers counters json' | /usr/bin/python3 -c \
		"import json, sys; print(sum(p['$1'] for p in json.load(sys.stdin)))"
}
up() { frr_ask t 'show bfd peers' | grep -q 'Status: up'; }
fast() { [ "$(frr_ask t 'show bfd peers' | grep -c 'interval: 50ms')" -ge 4 ]; }

bfdd t 10.0.2.2
bfdd h2 10.0.2.1
wait_for 20 up || fail "BFD does not come up: $(frr_ask t 'show bfd peers')"
wait_for 10 fast || fail "BFD is not at 50 ms: $(frr_ask t 'show bfd peers')"
downs=$(counter session-down) heard=$(counter control-packet-input)

in_ns h1 /usr/bin/python3 -c '
import socket, time
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ends = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ends.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
end = time.monotonic() + 10
while time.monotonic() < end:
    for _ in range(50):
        own.sendto(b"flood", ("10.0.1.1", 9))
        ends.sendto(b"flood", ("10.0.2.2", 9))
    time.sleep(0.005)' &
FLOOD=$!
lossless h1 400 10.0.2.2 -i 0.02
wait $FLOOD
up || fail "BFD is down: $(frr_ask t 'show bfd peers')"
[ "$(counter session-down)" -eq "$downs" ] || fail "BFD went down: $(frr_ask t 'show bfd peers counters')"
[ "$(counter control-packet-input)" -gt $((heard + 50)) ] || fail "BFD heard nothing"
"$CPX" show punt -i "$INSTANCE" --json >"$DIR/punt.json"
[ "$(json "sum(p['policed'] for p in d['punt'] if p['class'] == 'ip2me')" "$DIR/punt.json")" -gt 0 ] ||
	fail "that was no flood"
for name in bfd arp nd; do
	[ "$(json "sum(p['policed'] + p['queue_full'] for p in d['punt'] if p['class'] == '$name')" \
		"$DIR/punt.json")" -eq 0 ] || fail "$name was dropped"
done
wait_for 5 balanced || { cat "$DIR/balance"; fail "unbalanced"; }
