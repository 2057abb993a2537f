#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# frr.sh kernel|fpm: Debian's FRR as the routing of our router. Two peers announce ten thousand prefixes
# by eBGP, IPv4 and IPv6, watched by BFD; they are forwarded over both; a cut link moves everything to
# the other; FRR killed and started again, and forwarding never stops.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/e2e/frr_lib.sh"
WAY=${1:-kernel}
PREFIXES=10000
TARGETS='100.64.0.1 100.64.7.1 100.70.1.1 100.75.9.1 100.80.200.1 100.95.3.1 100.103.15.1'

# Any address of the prefixes answers, from either peer; nothing is lost.
reaches() { # pings of each
	for to in $TARGETS; do lossless h1 "$1" "$to" -i 0.01; done
	lossless h1 "$1" 2001:db8:6400:1::1 -i 0.01
	lossless h1 "$1" 2001:db8:6403:e7::1 -i 0.01
}

# How many routes we have from FRR.
learnt() {
	"$CPX" show board -i "$INSTANCE" --json >"$DIR/board.json" &&
		json "d['board']['${WAY}_routes']" "$DIR/board.json"
}

learnt_all() { [ "$(learnt)" -ge $((PREFIXES + PREFIXES / 10)) ]; }

established() { # sessions
	[ "$(frr_ask t 'show bgp summary json' |
		/usr/bin/python3 -c 'import json, sys; print(sum(p["state"] == "Established"
for f in json.load(sys.stdin).values() for p in f["peers"].values()))')" -eq "$1" ]
}

bfd_up() { # sessions
	[ "$(frr_ask t 'show bfd peers' | grep -c 'Status: up')" -eq "$1" ]
}

# 400 flows, and how many left by each port; FRR's own few frames are among them.
spread() {
	before1=$(lane_count p1 transmit_packets) before2=$(lane_count p2 transmit_packets)
	in_ns h1 /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(400):
    s.sendto(b"flow", (f"100.{64 + i % 32}.{i % 256}.1", 1000 + i))'
	wait_for 5 all_left
	SPREAD1=$(($(lane_count p1 transmit_packets) - before1))
	SPREAD2=$(($(lane_count p2 transmit_packets) - before2))
}

all_left() {
	[ $(($(lane_count p1 transmit_packets) + $(lane_count p2 transmit_packets) - before1 - before2)) -ge 400 ]
}

cut() { in_ns t ip -o link show dev p1 | grep -q NO-CARRIER; }

frr_hosts
frr_board af_packet
[ "$WAY" = kernel ] || sed -i 's/^host: {/&fpm: "127.0.0.1:2620", /' "$DIR/cpx.yaml"
start_cpx
for n in 1 2; do frr_peer $n $PREFIXES; done
[ "$WAY" = kernel ] && frr_router || frr_router -M dplane_fpm_nl
wait_for 60 established 4 || fail "BGP: $(frr_ask t 'show bgp summary')"
wait_for 20 bfd_up 2 || fail "BFD: $(frr_ask t 'show bfd peers')"
wait_for 60 learnt_all || fail "$(learnt) routes of FRR's have come: $(frr_ask t 'show ip route summary')"
echo "learnt: $(learnt)"
wait_for 20 in_ns h1 ping -n -c 1 -W 1 100.103.15.1 || fail "no way to what the peers announce"
reaches 5

# --- over both
spread
[ "$SPREAD1" -gt 100 ] && [ "$SPREAD2" -gt 100 ] || fail "p1 took $SPREAD1, p2 $SPREAD2"

# --- FRR dies, at once, and comes back: nobody loses a packet
in_ns h1 ping -n -i 0.02 -c 1000 -w 120 100.64.7.1 >"$DIR/while" 2>&1 &
pings=$!
frr_kill t KILL bgpd bfdd zebra
learnt_all || fail "routes went with FRR"
sleep 1
frr_router_daemons $([ "$WAY" = kernel ] || echo -M dplane_fpm_nl)
wait_for 60 established 4 || fail "BGP is not back: $(frr_ask t 'show bgp summary')"
wait_for 20 bfd_up 2 || fail "BFD is not back: $(frr_ask t 'show bfd peers')"
wait $pings || :
grep -q ' 0% packet loss' "$DIR/while" || fail "while FRR was away: $(tail -n 3 "$DIR/while")"
learnt_all || fail "$(learnt) routes after FRR came back"
reaches 3

# --- a link is cut: everything goes by the other, long before BGP's hold time
ip -n "$NS-x1" link set eth0 down
wait_for 5 cut || fail "the port does not see the cut"
reaches 5
wait_for 20 established 2 || fail "BGP over the cut link: $(frr_ask t 'show bgp summary')"
reaches 3
ip -n "$NS-x1" link set eth0 up
ip -n "$NS-x1" addr add 2001:db8:11::2/64 dev eth0 nodad 2>/dev/null || :
wait_for 60 established 4 || fail "BGP after the link is back: $(frr_ask t 'show bgp summary')"
reaches 3

wait_for 5 balanced || fail "packets are missing: $(cat "$DIR/balance")"
kill -TERM "$CPX_PID"
code=0
wait "$CPX_PID" || code=$?
[ $code -eq 0 ] || fail "SIGTERM: exit code $code"
