#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# traceroute.sh CARRIER: the appliance is the first hop and the host the second, IPv4 and IPv6.
. "$(dirname "$0")/lib.sh"
need traceroute traceroute
two_hosts
board "$1"
start_cpx

hops() { # destination, first hop
	in_ns h1 traceroute -n -q 1 -w 5 -m 4 "$1" >"$DIR/trace" 2>&1 || :
	grep -q "^ 1  $2 " "$DIR/trace" && grep -q "^ 2  $1 " "$DIR/trace" ||
		fail "traceroute $1: $(cat "$DIR/trace")"
}

hops 10.0.2.2 10.0.1.1
hops 2001:db8:2::2 2001:db8:1::1
