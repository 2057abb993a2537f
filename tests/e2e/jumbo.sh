#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# jumbo.sh: packets of 9000 bytes pass whole. Only af_packet: an AF_XDP frame ends at one page.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts 9000
board af_packet 9000
start_cpx

in_ns h1 ping -n -q -i 0.02 -c 50 -W 5 -M do -s 8972 10.0.2.2 >"$DIR/ping" 2>&1 || :
grep -q '50 received, 0% packet loss' "$DIR/ping" || fail "IPv4: $(cat "$DIR/ping")"
in_ns h1 ping -n -q -i 0.02 -c 50 -W 5 -M do -s 8952 2001:db8:2::2 >"$DIR/ping" 2>&1 || :
grep -q '50 received, 0% packet loss' "$DIR/ping" || fail "IPv6: $(cat "$DIR/ping")"
