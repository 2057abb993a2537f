#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# twin.sh [MTU]: ports p0 and p1 have twins of the same name in the kernel, in namespace t: the host
# that h1 and h2 see on the lanes. Its interfaces look like the ports, and reach and are reached like
# any other; large TCP segments of the kernel are cut, with right checksums on the wire.
. "$(dirname "$0")/lib.sh"
MTU=${1:-1500}
need ping iputils-ping
need iperf3 iperf3
need tshark tshark

in_t() { in_ns t "$@"; }

two_hosts "$MTU"
namespace t
board af_packet "$MTU"
echo "host: {twins: true, netns: $NS-t}" >>"$DIR/cpx.yaml"
start_cpx

# --- as the port
for port in p0 p1; do
	n=$((${port#p} + 1))
	in_t ip -o link show dev $port >"$DIR/link"
	grep -q " mtu $MTU .* link/ether $(port_mac $port) " "$DIR/link" || fail "$(cat "$DIR/link")"
	wait_for 5 in_t sh -c "ip -o link show dev $port | grep -q 'UP,LOWER_UP'" ||
		fail "$port is not up: $(in_t ip link show dev $port)"
	in_t ip -o addr show dev $port >"$DIR/addr"
	for addr in "inet 10.0.$n.1/24 brd 10.0.$n.255" "inet6 2001:db8:$n::1/64"; do
		grep -q "$addr " "$DIR/addr" || fail "$port has no $addr: $(cat "$DIR/addr")"
	done
	[ "$(grep -c 'inet6 fe80:' "$DIR/addr")" -eq 1 ] || fail "link-local: $(cat "$DIR/addr")"
	! grep -q tentative "$DIR/addr" || fail "still tentative: $(cat "$DIR/addr")"
done

# --- reaches and is reached, also what only the kernel answers: datagrams in fragments (not IPv4:
# net_af_packet lets the kernel reassemble those)
wait_for 10 in_t ping -n -c 1 -W 1 10.0.1.2 || fail "no answer to the twin"
lossless t 20 10.0.1.2 -i 0.01
lossless t 20 2001:db8:2::2 -i 0.01
lossless h1 20 10.0.1.1 -i 0.01
lossless h1 20 2001:db8:2::1 -i 0.01
lossless h2 5 2001:db8:1::1 -i 0.01 -s $((2 * MTU))
lossless t 5 10.0.1.2 -i 0.01 -M do -s $((MTU - 28))
# by a route of the kernel's to what is behind h2
ip -n "$NS-h2" addr add 10.0.9.1/32 dev lo
ip -n "$NS-t" route add 10.0.9.0/24 via 10.0.2.2
lossless t 10 10.0.9.1 -i 0.01

# --- our address is defended, and the kernel's neighbours are found
ipv6_setting h1 eth0 accept_dad 1
ip -n "$NS-h1" addr add 2001:db8:1::1/128 dev eth0
wait_for 10 sh -c "ip -n $NS-h1 -6 addr show dev eth0 | grep -q '2001:db8:1::1/128.*dadfailed'" ||
	fail "h1 may have an address of ours: $(ip -n "$NS-h1" addr show dev eth0)"
ip -n "$NS-h1" addr del 2001:db8:1::1/128 dev eth0
ip -n "$NS-t" neigh show dev p1 | grep -q '^10.0.2.2 lladdr' || fail "the kernel does not know h2"

# --- groups of the link, as OSPF and LLDP use them
ip netns exec "$NS-t" /usr/bin/python3 "$SRC/tests/e2e/groups.py" hear p0 >"$DIR/heard" 2>&1 &
wait_for 10 grep -q listening "$DIR/heard" || fail "groups.py: $(cat "$DIR/heard")"
in_ns h1 /usr/bin/python3 "$SRC/tests/e2e/groups.py" say eth0
for what in "ospf hello" "ospf6 hello" "lldp hello"; do
	wait_for 5 grep -q "$what" "$DIR/heard" || fail "$what is not heard: $(cat "$DIR/heard")"
done

# --- streams both ways; every packet of the wire has right checksums and fits it
ip netns exec "$NS-h1" tshark -i eth0 -l -n -f tcp -c 20000 -o tcp.check_checksum:TRUE \
	-o ip.check_checksum:TRUE -T fields -e frame.len -e ip.checksum.status -e tcp.checksum.status \
	-E separator=/s >"$DIR/wire" 2>"$DIR/tshark" &
wait_for 20 grep -q 'Capturing on' "$DIR/tshark" || fail "tshark: $(cat "$DIR/tshark")"
in_t ethtool -k p0 | grep -q '^tcp-segmentation-offload: on' || fail "the twin has no TSO"
ip netns exec "$NS-h1" iperf3 -s --forceflush >"$DIR/server1" 2>&1 &
ip netns exec "$NS-t" iperf3 -s --forceflush >"$DIR/servert" 2>&1 &
wait_for 10 grep -q listening "$DIR/server1" && wait_for 10 grep -q listening "$DIR/servert" ||
	fail "iperf3 -s does not listen"
stream() { # from, to, …
	from=$1
	shift
	timeout 60 ip netns exec "$NS-$from" iperf3 -J -t 2 -c "$@" >"$DIR/json" 2>&1 ||
		fail "iperf3 $from $*: $(json 'd.get("error")' "$DIR/json" || cat "$DIR/json")"
	[ "$(json 'd["end"]["sum_received"]["bytes"] > 1000000' "$DIR/json")" = True ] ||
		fail "iperf3 $from $*: $(json 'd["end"]' "$DIR/json")"
}
stream t 10.0.1.2
stream t 2001:db8:1::2
stream h1 10.0.1.1
stream h2 2001:db8:1::1
# UDP that the sender's kernel leaves to be cut: every datagram by itself
ip netns exec "$NS-h1" /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.1.2", 5300))
s.settimeout(10)
print("listening", flush=True)
got = [s.recv(4096) for _ in range(10)]
print(got == [bytes([i]) * 1000 for i in range(9)] + [b"x" * 500])' >"$DIR/datagrams" 2>&1 &
datagrams=$!
wait_for 10 grep -q listening "$DIR/datagrams" || fail "$(cat "$DIR/datagrams")"
in_t /usr/bin/python3 -c '
import socket
UDP_SEGMENT = 103
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
s.sendto(b"".join(bytes([i]) * 1000 for i in range(9)) + b"x" * 500, ("10.0.1.2", 5300))'
wait "$datagrams" || :
grep -qx True "$DIR/datagrams" || fail "datagrams in one piece: $(cat "$DIR/datagrams")"
sleep 1
[ "$(wc -l <"$DIR/wire")" -gt 1000 ] || fail "tshark saw $(wc -l <"$DIR/wire") packets"
# "LENGTH 1 1" or, IPv6, "LENGTH  1"
awk -v max=$((MTU + 14)) '$1 > max || $2 != 1 || (NF == 3 && $3 != 1)' "$DIR/wire" |
	sort | uniq -c >"$DIR/wrong"
[ ! -s "$DIR/wrong" ] || fail "packets that are too long or wrong: $(head "$DIR/wrong")"
awk '{ print $1 }' "$DIR/wire" | grep -qx $((MTU + 14)) || fail "no packet of full size"

for reason in host_frame_bad host_too_big host_no_buffer; do
	[ "$(drops $reason)" -eq 0 ] || fail "$(drops $reason) packets dropped as $reason"
done
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
