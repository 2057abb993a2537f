#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# iperf.sh CARRIER: TCP and UDP streams pass, IPv4 and IPv6, both ways. No rate is asserted.
. "$(dirname "$0")/lib.sh"
need iperf3 iperf3
two_hosts
board "$1"
start_cpx
ip netns exec "$NS-h2" iperf3 -s --forceflush >"$DIR/server" 2>&1 &
wait_for 10 grep -q listening "$DIR/server" || fail "iperf3 -s does not listen"

stream() { # what, expression that must hold, arguments of the client
	what=$1 expression=$2
	shift 2
	timeout 60 ip netns exec "$NS-h1" iperf3 -J -t 2 "$@" >"$DIR/json" 2>&1 ||
		fail "iperf3 $what: $(json 'd.get("error")' "$DIR/json" || cat "$DIR/json")"
	[ "$(json "$expression" "$DIR/json")" = True ] || {
		json 'd["end"]' "$DIR/json"
		fail "iperf3 $what: not $expression"
	}
}

tcp='d["end"]["sum_received"]["bytes"] > 100000'
udp='d["end"]["sum"]["packets"] > 100 and d["end"]["sum"]["lost_percent"] < 50'
stream "TCP" "$tcp" -c 10.0.2.2
stream "TCP back" "$tcp" -c 10.0.2.2 -R
stream "TCP IPv6" "$tcp" -c 2001:db8:2::2
stream "UDP" "$udp" -c 10.0.2.2 -u -b 20M -l 1400
stream "UDP IPv6" "$udp" -c 2001:db8:2::2 -u -b 20M -l 1400
