#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Offloads as dpdk-testpmd asks for them: its checksum engine leaves all checksums of a capture to a
# net_cpx port, and they are right when the frames come back; tags go in at one end of a fiber and
# out at the other, VLANs and addresses are filtered.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
export LD_LIBRARY_PATH="$BUILD/pmd"

fail() {
	echo "FAILED: $*"
	cat "$DIR/out"
	exit 1
}

command -v dpdk-testpmd >/dev/null || {
	echo "skip: dpdk-testpmd is missing: apt-get install dpdk"
	exit 77
}
# Two CPUs we may use, or one twice.
cpus=$(taskset -pc $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= ($2 ? $2 : $1); i++) print i }' | head -2)
first=$(echo "$cpus" | head -1)
second=$(echo "$cpus" | tail -1)

# testpmd COMMANDS OPTION…: the commands, a moment of forwarding, then statistics.
testpmd() {
	commands=$1
	shift
	: >"$DIR/out"
	# shellcheck disable=SC2094 # the output is watched as it grows
	{
		printf '%b' "$commands"
		tries=600
		until grep -q 'forwards packets on\|Bye\|EAL: Error' "$DIR/out" || [ $tries -eq 0 ]; do
			tries=$((tries - 1))
			sleep 0.05
		done
		sleep 0.5
		printf 'stop\nshow port xstats all\nquit\n'
	} | timeout 60 stdbuf -oL dpdk-testpmd --lcores "0@$first,1@$second" --no-pci \
		--no-telemetry --no-huge --no-shconf -m 256 -d librte_net_cpx.so "$@" -- -i \
		--total-num-mbufs=8192 --no-mlockall --no-flush-rx >"$DIR/out" 2>&1 ||
		fail "testpmd did not run"
}

# Value of a statistic of the n-th port shown.
stat() { # port, name
	awk -v port="$1" -v name="$2:" '
		/NIC extended statistics for port/ { at = $NF }
		at == port && $1 == name { print $2; exit }' "$DIR/out"
}

equal() { # what, left, right
	[ "$2" -eq "$3" ] || fail "$1: $2, not $3"
}

echo "checksums of a capture: left to the port, right when they come back"
checksums=
for what in ip udp tcp; do
	checksums="${checksums}csum set $what hw 1\n"
done
for what in ipv4 udp tcp; do
	checksums="${checksums}port config 1 rx_offload ${what}_cksum on\n"
done
testpmd "port stop all\n${checksums}port start all\nset fwd csum\nstart\n" \
	--vdev="net_pcap0,rx_pcap=$SRC/tests/captures/lan.pcap,tx_pcap=$DIR/back.pcap" \
	--vdev=net_cpx0
equal "frames back" "$(stat 1 rx_good_packets)" 117
equal "requests refused" "$(stat 1 lane0_tx_unfit)" 0
! grep -E 'Bad-(ip|l4)csum: [1-9]' "$DIR/out" || fail "bad checksums"
# testpmd puts in other MAC addresses; everything behind them is as it was in the capture
python3 - "$SRC/tests/captures/lan.pcap" "$DIR/back.pcap" <<'PY' || fail "other bytes came back"
import struct
import sys


def frames(path):
    data, at = open(path, "rb").read(), 24
    while at < len(data):
        length = struct.unpack("<IIII", data[at:at + 16])[2]
        yield data[at + 16 + 12:at + 16 + length]
        at += 16 + length


sys.exit(list(frames(sys.argv[1])) != list(frames(sys.argv[2])))
PY

# testpmd sends 32 frames out of port 0 to 02:00:00:00:00:00.
vlan() { # commands before start, VLAN id of port 0's frames
	testpmd "port stop all\ntx_vlan set 0 $2\nvlan set strip on 1\nvlan set filter on 1\n$1
port start all\nrx_vlan add 5 1\nset verbose 1\nset promisc 1 off\nset fwd rxonly\nstart tx_first 1\n" \
		--vdev=net_cpx0,carrier=fiber:a \
		--vdev=net_cpx1,carrier=fiber:a,mac=02:00:00:00:00:00
}

echo "tags: in at one end, out at the other"
vlan '' 5
equal "frames" "$(stat 1 rx_good_packets)" 32
equal "bytes with the tags" "$(stat 1 rx_good_bytes)" 2176
equal "told of a tag" "$(grep -c 'VLAN tci=0x5 ' "$DIR/out")" 32
equal "flags" "$(grep -c RTE_MBUF_F_RX_VLAN_STRIPPED "$DIR/out")" 32

echo "filters: another VLAN, another address"
vlan '' 6
equal "frames of another VLAN" "$(stat 1 lane0_rx_filtered_vlan)" 32
vlan 'mac_addr set 1 02:00:00:00:00:07\n' 5
equal "frames to another address" "$(stat 1 lane0_rx_filtered_mac)" 32
equal "frames" "$(stat 1 rx_good_packets)" 0
