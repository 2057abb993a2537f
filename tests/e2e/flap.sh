#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# flap.sh CARRIER: a peer that goes away takes its port down, shown and counted as such; it comes back
# and packets pass again. Five times; the other port never notices.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board "$1"
start_cpx

reaches() { in_ns h1 ping -n -q -c 1 -W 1 "$1"; }
port_is() { # port, "True" or "False"
	"$CPX" show ports -i "$INSTANCE" --json >"$DIR/ports" &&
		[ "$(json "[p['up'] for p in d['ports'] if p['name'] == '$1']" "$DIR/ports")" = "[$2]" ]
}
wait_for 10 reaches 10.0.2.2 || fail "h2 is not reached at first"

for round in 1 2 3 4 5; do
	before=$(drops port_down)
	ip -n "$NS-h2" link set eth0 down
	wait_for 10 port_is p1 False || fail "round $round: p1 is not shown as down"
	wait_for 5 port_is p0 True || fail "round $round: p0 is down too"
	reaches 10.0.1.1 >/dev/null || fail "round $round: the appliance does not answer on p0"
	! reaches 10.0.2.2 >/dev/null || fail "round $round: h2 answers though its link is down"
	more_dropped() { [ "$(drops port_down)" -gt "$before" ]; }
	wait_for 5 more_dropped || fail "round $round: nothing is counted as port_down"

	ip -n "$NS-h2" link set eth0 up
	ip -n "$NS-h2" route replace default via 10.0.2.1
	wait_for 10 port_is p1 True || fail "round $round: p1 stays down"
	wait_for 10 reaches 10.0.2.2 || fail "round $round: h2 is not reached again"
done
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
