#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# vanish.sh CARRIER: the interface under one port is deleted while packets pass. The process lives,
# that port is down, the other ports forward.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
namespace h3
veth h3 p2
host h3 3
board "$1"
sed -i "s/^ports:/$(device "$1" 2 p2)\nports:/" "$DIR/cpx.yaml"
cat >>"$DIR/cpx.yaml" <<-EOF
	  p2:
	    lanes: oe0/16
	    carrier: dev:net_$1$((2))
	    addresses: [10.0.3.1/24, "2001:db8:3::1/64"]
EOF
start_cpx
reaches() { in_ns h1 ping -n -q -c 1 -W 1 "$1"; }
wait_for 10 reaches 10.0.3.2 || fail "h3 is not reached at first"
wait_for 10 reaches 10.0.2.2 || fail "h2 is not reached at first"

ip netns exec "$NS-h1" ping -n -i 0.005 10.0.3.2 >"$DIR/ping3" 2>&1 &
ip -n "$NS-r" link del p2
lossless h1 100 10.0.2.2 -i 0.02
! gone "$CPX_PID" || fail "cpx ended"

port_down() {
	"$CPX" show ports -i "$INSTANCE" --json >"$DIR/ports" &&
		[ "$(json '[p["up"] for p in d["ports"] if p["name"] == "p2"]' "$DIR/ports")" = "[False]" ]
}
wait_for 10 port_down || fail "p2 is not shown as down: $(cat "$DIR/ports")"
kill -TERM "$CPX_PID"
wait "$CPX_PID" || fail "SIGTERM afterwards: exit code $?"
