#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Kernel twins: ports p0 and p1 have TAP interfaces of the same name in namespace t, which is the
# host that the two hosts on the lanes see.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping

in_t() {
	ip netns exec "$NS-t" "$@"
}

two_hosts
namespace t
board af_packet
echo "host: {twins: true, netns: $NS-t}" >>"$DIR/cpx.yaml"
start_cpx

for port in p0 p1; do
	in_t ip -o link show dev $port | grep -q "link/ether $(port_mac $port) " ||
		fail "the twin of $port has another MAC: $(in_t ip link show dev $port)"
done
wait_for 5 in_t ping -n -c 1 -W 1 10.0.1.2 || fail "no answer to the twin"
in_t ping -n -c 3 -i 0.2 10.0.1.2
in_t ping -n -c 3 -i 0.2 2001:db8:2::2
in_t ip addr
"$CPX" show lanes -i "$INSTANCE"
"$CPX" show drops -i "$INSTANCE"
lossless h1 20 10.0.1.1 -i 0.01
wait_for 5 balanced || { cat "$DIR/balance"; fail "unbalanced"; }
