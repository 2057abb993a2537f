#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The kernel and zebra as sources: what ip(8) does to the twins in namespace t is what the board
# does with packets between h1 and h2, a moment later; so is what comes by FPM.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
FEED=$BUILD/tests/e2e/fpm_feed

t() { ip -n "$NS-t" "$@"; }
reaches() { in_ns h1 ping -n -c 1 -W 1 "$1" >/dev/null; }
reaches_not() { ! reaches "$1"; }
metric() { # name, value
	"$CPX" show board -i "$INSTANCE" | grep -q "^ *$1  *$2\\b"
}

two_hosts
namespace t
board af_packet
cat >>"$DIR/cpx.yaml" <<-EOF2
	host: {twins: true, netns: $NS-t, fpm: "127.0.0.1:2620", fpm_stale: 2}
	tables: {routes4: 150000}
EOF2
start_cpx
for net in 7 8 9; do
	ip -n "$NS-h2" addr add 10.$net.0.1/16 dev lo
done
ip -n "$NS-h2" addr add 2001:db8:7::1/64 dev lo

# --- routes, plain, by next-hop objects, several ways
wait_for 10 in_ns h1 ping -n -c 1 -W 1 10.0.2.2 || fail "the hosts do not reach each other"
reaches_not 10.7.0.1
t route add 10.7.0.0/16 via 10.0.2.2
wait_for 1 reaches 10.7.0.1 || fail "not by a route"
t nexthop add id 1 via 10.0.2.2 dev p1
t nexthop add id 2 via 10.0.2.3 dev p1
t nexthop add id 10 group 1
t route add 10.8.0.0/16 nhid 10
wait_for 1 reaches 10.8.0.1 || fail "not by a next-hop object"
lossless h1 50 10.8.0.1 -i 0.01
t nexthop replace id 1 via 10.0.2.2 dev p1
t route add 10.9.0.0/16 nexthop via 10.0.2.2 nexthop via 10.0.2.2 weight 2
wait_for 1 reaches 10.9.0.1 || fail "not by several ways"
t -6 route add 2001:db8:7::/64 via 2001:db8:2::2
wait_for 1 in_ns h1 ping -n -c 1 -W 1 2001:db8:7::1 || fail "not by an IPv6 route"
t nexthop del id 10
wait_for 3 reaches_not 10.8.0.1 || fail "the object has gone, its route has not"
t route flush root 10.0.0.0/8 proto boot
wait_for 3 reaches_not 10.7.0.1 || fail "flushed, and still there"
reaches_not 10.9.0.1

# --- addresses and neighbours
t addr add 10.0.3.1/24 dev p1
ip -n "$NS-h2" addr add 10.0.3.2/24 dev eth0
wait_for 5 reaches 10.0.3.2 || fail "no subnet for an address"
t addr del 10.0.3.1/24 dev p1
wait_for 3 reaches_not 10.0.3.2 || fail "the address has gone, its subnet has not"
t neigh add 10.0.2.77 lladdr "$(in_ns h2 cat /sys/class/net/eth0/address)" dev p1 nud permanent
ip -n "$NS-h2" addr add 10.0.2.77/32 dev lo
in_ns h2 sh -c 'echo 8 >/proc/sys/net/ipv4/conf/all/arp_ignore' # it does not answer ARP
wait_for 3 reaches 10.0.2.77 || fail "not by a permanent neighbour"
in_ns h2 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore'

# --- many at once, and gone again
seq 0 49999 | awk '{ printf "route add 30.%d.%d.%d via 10.0.2.2\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }' \
	>"$DIR/routes"
ip -n "$NS-t" -batch "$DIR/routes"
wait_for 5 metric kernel_routes 50001 || fail "$("$CPX" show board -i "$INSTANCE" | grep kernel)"
t route flush root 30.0.0.0/8
wait_for 5 metric kernel_routes 1 || fail "$("$CPX" show board -i "$INSTANCE" | grep kernel)"

# --- zebra, by FPM: 100 k routes, each answered; it goes, and so do they
index=$(t -o link show dev p1 | cut -d: -f1)
mkfifo "$DIR/hold"
ip netns exec "$NS-t" "$FEED" 2620 10.0.2.2 "$index" 100000 2 <"$DIR/hold" >"$DIR/feed" &
exec 9>"$DIR/hold"
wait_for 20 sh -c "[ \$(wc -l <$DIR/feed) -ge 3 ]" || fail "fpm_feed: $(cat "$DIR/feed")"
cat "$DIR/feed"
ip -n "$NS-h2" addr add 20.0.0.77/32 dev lo
wait_for 2 reaches 20.0.0.77 || fail "not by a route of FPM"
exec 9>&-
wait $! || fail "fpm_feed: some were refused"
reaches 20.0.0.77 || fail "zebra has gone, and its routes at once"
wait_for 10 reaches_not 20.0.0.77 || fail "zebra has gone, its routes have not"
wait_for 5 balanced || fail "packets are missing: $(cat "$DIR/balance")"
"$CPX" show board -i "$INSTANCE" | grep -E 'kernel|fpm'
