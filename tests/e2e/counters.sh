#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# counters.sh CARRIER: `cpx show lanes` counts exactly the frames that the hosts' interfaces sent and
# received, and in = out + dropped + held + used, fragments and what was cut included.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board "$1"
start_cpx
in_ns h1 ping -n -q -c 3 -i 0.1 -W 5 10.0.2.2 >"$DIR/ping" 2>&1 || fail "no way through: $(cat "$DIR/ping")"
in_ns h1 ping -n -q -c 3 -i 0.1 -W 5 2001:db8:2::2 >"$DIR/ping" 2>&1 || fail "IPv6: $(cat "$DIR/ping")"

# Hosts: sent and received; lanes: received and transmitted. One line, so that it can be compared.
snapshot() {
	echo "$(host_count h1 tx) $(host_count h1 rx) $(host_count h2 tx) $(host_count h2 rx)" \
		"$(lane_count p0 receive_packets) $(lane_count p0 transmit_packets)" \
		"$(lane_count p1 receive_packets) $(lane_count p1 transmit_packets)"
}
quiet() { # nothing moved for longer than a telemetry period
	one=$(snapshot)
	sleep 0.4
	before=$(snapshot)
	[ "$one" = "$before" ]
}
wait_for 20 quiet || fail "the hosts never fall silent: $one, then $before"

for size in 10 500 1400; do
	in_ns h1 ping -n -q -i 0.002 -c 200 -W 5 -s $size 10.0.2.2 >/dev/null || fail "ping"
	in_ns h2 ping -n -q -i 0.002 -c 200 -W 5 -s $size 2001:db8:1::2 >/dev/null || fail "ping -6"
	in_ns h1 ping -n -q -i 0.002 -c 50 -W 5 -s $size 10.0.1.1 >/dev/null || fail "ping the router"
done

same() { # what each host sent and got since `before` is what its lane got and sent
	after=$(snapshot)
	# shellcheck disable=SC2086 # two lists of numbers
	set -- $before $after
	[ $((${9} - $1)) -ge 1350 ] && [ $((${9} - $1)) -eq $((${13} - $5)) ] &&
		[ $((${10} - $2)) -eq $((${14} - $6)) ] && [ $((${11} - $3)) -eq $((${15} - $7)) ] &&
		[ $((${12} - $4)) -eq $((${16} - $8)) ]
}
wait_for 10 same || fail "hosts tx rx tx rx and lanes rx tx rx tx, before: $before; after: $after"
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
