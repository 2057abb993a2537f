#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# icmp.sh CARRIER: every ICMP error a router owes, as tshark sees it arrive at the host: network and
# host unreachable, time exceeded, fragmentation needed, and their ICMPv6 kin, with right checksums.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
need tshark tshark
two_hosts
board "$1"
# The way to h2 is narrower than the way from h1; one prefix is refused on purpose.
sed -i '/^  p1:/,$s/mtu: 1500/mtu: 1400/' "$DIR/cpx.yaml"
cat >>"$DIR/cpx.yaml" <<-EOF
	routes:
	  - {to: 10.9.0.0/16, type: prohibit}
	  - {to: "2001:db8:9::/48", type: prohibit}
EOF
start_cpx
in_ns h1 ping -n -q -c 1 -W 5 10.0.2.2 >"$DIR/ping" || fail "no way through: $(cat "$DIR/ping")"

ip netns exec "$NS-h1" tshark -i eth0 -l -n -o ip.check_checksum:TRUE \
	-Y 'icmp.type == 3 or icmp.type == 11 or icmpv6.type < 128' -T fields -E separator=/s \
	-e ip.src -e ipv6.src -e icmp.type -e icmp.code -e icmp.mtu -e icmp.checksum.status \
	-e icmpv6.type -e icmpv6.code -e icmpv6.mtu -e icmpv6.checksum.status -E occurrence=f \
	>>"$DIR/seen" 2>"$DIR/tshark" &
wait_for 20 grep -q 'Capturing on' "$DIR/tshark" || fail "tshark: $(cat "$DIR/tshark")"
sleep 1 # tshark says so a moment before it does

saw() { tr -s ' ' <"$DIR/seen" | sed 's/^ //; s/ $//' | grep -qxF "$1"; }

expect() { # what, the line tshark prints, then the ping that provokes it
	what=$1 line=$2
	shift 2
	: >"$DIR/seen"
	in_ns h1 ping -n -c 1 "$@" >"$DIR/ping" 2>&1 || :
	wait_for 10 saw "$line" ||
		fail "$what: wanted '$line', tshark saw '$(cat "$DIR/seen")', ping said $(cat "$DIR/ping")"
}

# source, type, code, [mtu,] checksum status 1 (good)
expect "network unreachable" "10.0.1.1 3 0 1" -W 2 192.0.2.1
expect "prohibited" "10.0.1.1 3 13 1" -W 2 10.9.1.1
expect "host unreachable" "10.0.1.1 3 1 1" -W 8 10.0.2.77
expect "time exceeded" "10.0.1.1 11 0 1" -W 2 -t 1 10.0.2.2
expect "fragmentation needed" "10.0.1.1 3 4 1400 1" -W 2 -M do -s 1450 10.0.2.2
expect "v6 no route" "2001:db8:1::1 1 0 1" -W 2 2001:db8:dead::1
expect "v6 prohibited" "2001:db8:1::1 1 1 1" -W 2 2001:db8:9::1
expect "v6 address unreachable" "2001:db8:1::1 1 3 1" -W 8 2001:db8:2::77
expect "v6 time exceeded" "2001:db8:1::1 3 0 1" -W 2 -t 1 2001:db8:2::2
expect "v6 packet too big" "2001:db8:1::1 2 0 1400 1" -W 2 -M do -s 1450 2001:db8:2::2
