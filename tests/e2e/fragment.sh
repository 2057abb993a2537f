#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# fragment.sh: packets of 9000 bytes go on a link of 1400. The kernel of the receiver and tshark put
# the fragments together; with DF set the sender is told instead. Only af_packet: an AF_XDP frame
# ends at one page.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
need iperf3 iperf3
need tshark tshark
for name in h1 h2 r; do namespace $name; done
veth h1 p0 9000
veth h2 p1 1400
host h1 1
host h2 2
board af_packet 9000
sed -i '/p1:/,$s/mtu: 9000/mtu: 1400/' "$DIR/cpx.yaml"
start_cpx

ip netns exec "$NS-h2" tshark -q -i eth0 -w "$DIR/pcap" ip >"$DIR/tshark" 2>&1 &
SHARK=$!
wait_for 20 grep -q "Capturing on" "$DIR/tshark" || fail "tshark does not start: $(cat "$DIR/tshark")"
for size in 1372 1373 1400 3000 8972; do
	lossless h1 20 10.0.2.2 -i 0.02 -M dont -s $size
done
lossless h1 1 10.0.2.2 -M dont -s 1372 -p 0f0f # the last: captures are written late
captured() { tshark -r "$DIR/pcap" -Y 'icmp.type == 8 and data contains 0f:0f:0f:0f:0f:0f' 2>/dev/null | grep -q .; }
wait_for 20 captured || fail "the last ping was not captured"
kill $SHARK

# h1's echo requests as tshark puts them together: size, fragments, checksum status (1: good)
tshark -r "$DIR/pcap" -o ip.check_checksum:TRUE -Y 'icmp.type == 8' -T fields -e ip.reassembled.length \
	-e ip.fragment.count -e icmp.checksum.status >"$DIR/echos" 2>/dev/null
for want in ':1' '1381 2 1' '1408 2 1' '3008 3 1' '8980 7 1'; do
	n=$(tr '\t' ' ' <"$DIR/echos" | sed 's/^ *1$/:1/' | grep -cx "$want" || :)
	[ "$n" -ge 20 ] || fail "$n requests of $want: $(sort "$DIR/echos" | uniq -c)"
done
wrong='ip.src == 10.0.1.2 and (ip.checksum.status == 0 or ip.fragment.error or
	ip.fragment.overlap or ip.len > 1400 or ip.ttl != 63)'
[ -z "$(tshark -r "$DIR/pcap" -o ip.check_checksum:TRUE -Y "$wrong" 2>/dev/null)" ] ||
	fail "$(tshark -r "$DIR/pcap" -o ip.check_checksum:TRUE -Y "$wrong")"

in_ns h1 ping -n -c 1 -W 2 -M "do" -s 3000 10.0.2.2 >"$DIR/ping" 2>&1 && fail "with DF, and yet answered"
grep -q 'mtu *= *1400' "$DIR/ping" || fail "no word of the MTU: $(cat "$DIR/ping")"
in_ns h1 ping -n -c 1 -W 2 -M "do" -s 3000 2001:db8:2::2 >"$DIR/ping" 2>&1 && fail "IPv6, answered"
grep -q 'mtu *= *1400' "$DIR/ping" || fail "IPv6: no word of the MTU: $(cat "$DIR/ping")"

in_ns h1 sh -c 'echo 1 >/proc/sys/net/ipv4/ip_no_pmtu_disc' # datagrams without DF
ip netns exec "$NS-h2" iperf3 -s --forceflush >"$DIR/server" 2>&1 &
wait_for 10 grep -q listening "$DIR/server" || fail "iperf3 -s does not listen"
timeout 60 ip netns exec "$NS-h1" iperf3 -J -t 2 -u -b 20M -l 8000 -c 10.0.2.2 >"$DIR/json" 2>"$DIR/err" ||
	fail "iperf3: $(cat "$DIR/json" "$DIR/server")"
[ "$(json 'd["end"]["sum"]["packets"] > 100 and d["end"]["sum"]["lost_percent"] < 50' "$DIR/json")" = True ] ||
	fail "iperf3: $(json 'd["end"]["sum"]' "$DIR/json")"
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
"$CPX" show lanes -i "$INSTANCE" --json >"$DIR/lanes.json"
[ "$(json 'sum(l["fragmented_packets"] for l in d["lanes"]) > 180' "$DIR/lanes.json")" = True ] ||
	fail "not counted: $(cat "$DIR/balance")"
