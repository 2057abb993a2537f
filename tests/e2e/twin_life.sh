#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# twin_life.sh: what happens to twins. Their carrier is the port's link; one that is deleted, alone or
# with its namespace, comes back within two seconds; forwarding does not notice.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping

in_t() { in_ns t "$@"; }
metric() { # of the board
	"$CPX" show lanes -i "$INSTANCE" --json >"$DIR/lanes.json"
	json "d['board']['$1']" "$DIR/lanes.json"
}
carrier() { # port, LOWER_UP or NO-CARRIER
	in_t ip -o link show dev "$1" | grep -q "[<,]$2[,>]"
}

two_hosts
board af_packet

# --- what cannot be
refused() { # exit code, what it says
	set +e
	timeout 30 ip netns exec "$NS-r" "$CPX" run -c "$DIR/cpx.yaml" >"$DIR/cpx.log" 2>&1
	code=$?
	set -e
	[ $code -eq "$1" ] || fail "exit $code, not $1: $(tail -n 3 "$DIR/cpx.log")"
	grep -q "$2" "$DIR/cpx.log" || fail "no '$2' in: $(tail -n 3 "$DIR/cpx.log")"
}
echo "host: {twins: true, netns: $NS-t}" >>"$DIR/cpx.yaml"
refused 1 "network namespace $NS-t: there is no .*make it with .ip netns add $NS-t"
sed -i 's/^host: .*/host: {twins: true}/' "$DIR/cpx.yaml"
refused 1 'twin p0: another interface of that namespace has the name; rename'
sed -i "s/^host: .*/host: {twins: true, netns: $NS-t}/" "$DIR/cpx.yaml"
: >"$DIR/cpx.log"

namespace t
start_cpx
reaches() { in_t ping -n -q -c 1 -W 1 "$1"; }
wait_for 10 reaches 10.0.1.2 || fail "h1 is not reached at first"

# --- carrier
ip -n "$NS-h2" link set eth0 down
wait_for 1 carrier p1 NO-CARRIER || fail "p1 has carrier: $(in_t ip link show dev p1)"
carrier p0 LOWER_UP || fail "p0 has lost its carrier, too"
ip -n "$NS-h2" link set eth0 up
host h2 2 2>/dev/null || : # what went with the link
wait_for 2 carrier p1 LOWER_UP || fail "p1 has no carrier: $(in_t ip link show dev p1)"
wait_for 10 reaches 10.0.2.2 || fail "h2 is not reached any more"
wait_for 10 in_ns h1 ping -n -q -c 1 -W 1 10.0.2.2 || fail "h1 does not reach h2 any more"

# --- a twin that is deleted, while packets are forwarded and come for the host
has_new() { # namespace, port, index that it had
	index=$(ip netns exec "$NS-$1" cat "/sys/class/net/$2/ifindex" 2>/dev/null) && [ "$index" != "$3" ]
}
ip netns exec "$NS-h1" ping -n -q -c 1500 -i 0.003 10.0.2.2 >"$DIR/forwarded" 2>&1 &
forwarded=$!
ip netns exec "$NS-h1" /usr/bin/python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(2000):
	try:
		s.sendto(b'x', ('10.0.1.1', 9))
	except OSError:
		pass # port unreachable: the host says so
	time.sleep(0.002)" &
for round in 1 2; do
	for port in p0 p1; do
		was=$(in_t cat /sys/class/net/$port/ifindex)
		sleep 0.3
		ip -n "$NS-t" link del $port
		wait_for 2 has_new t $port "$was" || fail "round $round: $port is not made again"
		wait_for 2 carrier $port LOWER_UP || fail "round $round: $port has no carrier"
	done
done
wait_for 5 reaches 10.0.1.2 || fail "h1 is not reached by the twin's successor"
wait_for 5 reaches 2001:db8:2::2 || fail "h2 is not reached by the twin's successor"
metric_is() { [ "$(metric "$1")" -eq "$2" ]; } # which are published ten times a second
wait_for 2 metric_is twins 2 || fail "$(metric twins) twins are counted"
wait_for 2 metric_is twins_remade 4 || fail "$(metric twins_remade) twins are counted as made again"

# --- the namespace goes, and another of its name comes
ip netns del "$NS-t"
wait_for 2 metric_is twins 0 || fail "twins are left without their namespace"
[ "$(grep -c "is gone" "$DIR/cpx.log")" -eq 1 ] || fail "said otherwise than once: $(cat "$DIR/cpx.log")"
namespace t
wait_for 2 carrier p0 LOWER_UP || fail "p0 is not made in the new namespace"
wait_for 5 reaches 10.0.1.2 || fail "h1 is not reached from the new namespace"
wait_for 5 reaches 2001:db8:2::2 || fail "h2 is not reached from the new namespace"

# --- switched off by the operator: counted as such, and not switched on by us
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
before=$(drops twin_down)
ip -n "$NS-t" link set p0 down
in_ns h1 /usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(10):
	s.sendto(b'x', ('10.0.1.1', 9))"
more_dropped() { [ "$(drops twin_down)" -ge $((before + 10)) ]; }
wait_for 5 more_dropped || fail "$before and then $(drops twin_down) packets counted as twin_down"
! carrier p0 LOWER_UP || fail "p0 was switched on again"

wait "$forwarded" || :
grep -q "1500 packets transmitted, 1500 received" "$DIR/forwarded" ||
	fail "forwarding lost packets: $(cat "$DIR/forwarded")"
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
