#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Debian's own dpdk-testpmd loads librte_net_cpx.so and forwards between two net_cpx ports, over
# fiber, loop and dev carriers; counters prove it. With hugepages where there are some.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM

fail() {
	echo "FAILED: $*"
	cat "$DIR/out"
	exit 1
}

if ! command -v dpdk-testpmd >/dev/null; then
	echo "skip: dpdk-testpmd is missing: apt-get install dpdk"
	exit 77
fi

free=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0)
if [ "$(id -u)" -eq 0 ] && [ "$free" -ge 128 ]; then
	memory='--in-memory'
else
	memory='--no-huge --no-shconf -m 256'
fi
# Two CPUs we may use, or one twice.
cpus=$(taskset -pc $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= ($2 ? $2 : $1); i++) print i }' | head -2)
first=$(echo "$cpus" | head -1)
second=$(echo "$cpus" | tail -1)

# testpmd QUEUES START VDEV…: give the commands START, let it forward for a moment, stop, show. A
# plugin is given by bare name, found through LD_LIBRARY_PATH, because EAL loads none by path from a
# folder that everybody may write to.
testpmd() {
	queues=$1 commands=$2
	shift 2
	vdevs= engines=0
	for v in "$@"; do
		vdevs="$vdevs --vdev=$v"
		case $v in
		*carrier=dev*) ;;
		net_cpx*) engines=$((engines + 1)) ;;
		esac
	done
	: >"$DIR/out"
	# shellcheck disable=SC2086,SC2094 # lists of arguments; the output is watched as it grows
	{
		# links come with their engines, a quarter of a second after the start
		tries=40
		until [ "$(grep -c 'link state change event' "$DIR/out")" -ge $engines ] ||
			grep -q 'Bye\|EAL: Error' "$DIR/out" || [ $tries -eq 0 ]; do
			tries=$((tries - 1))
			sleep 0.05
		done
		printf '%b' "$commands"
		tries=600
		until grep -q 'forwards packets on\|Bye\|EAL: Error' "$DIR/out" || [ $tries -eq 0 ]; do
			tries=$((tries - 1))
			sleep 0.05
		done
		sleep 0.5
		printf 'stop\nshow port xstats all\nquit\n'
	} | LD_LIBRARY_PATH=$BUILD/pmd timeout 60 stdbuf -oL dpdk-testpmd --lcores "0@$first,1@$second" \
		--no-pci --no-telemetry $memory -d librte_net_cpx.so $vdevs -- -i --rxq="$queues" \
		--txq="$queues" --total-num-mbufs=16384 --no-mlockall >"$DIR/out" 2>&1
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

above() { # what, left, right
	[ "$2" -gt "$3" ] || fail "$1: $2, not above $3"
}

# A known number of frames goes out of every queue; what comes in is counted and freed.
counted='set fwd rxonly\nstart tx_first 10\n'
burst_total=320

echo "fiber, 4 lanes: every frame arrives on its lane"
testpmd 4 "$counted" \
	net_cpx0,engine=oe0,lanes=0-3,carrier=fiber:a net_cpx1,engine=oe1,lanes=4-7,carrier=fiber:a ||
	fail "testpmd did not run"
for port in 0 1; do
	equal "port $port active lanes" "$(stat $port active_lanes)" 4
	for lane in 0 1 2 3; do
		equal "port $port lane $lane sent" "$(stat $port lane${lane}_tx_packets)" $burst_total
		equal "port $port lane $lane received" "$(stat $port lane${lane}_rx_packets)" \
			$burst_total
		equal "port $port lane $lane bytes" "$(stat $port lane${lane}_rx_bytes)" \
			$((burst_total * 64))
	done
done

echo "fiber, io: frames go round and none is lost"
testpmd 1 "set fwd io\nstart tx_first\n" \
	net_cpx0,carrier=fiber:a net_cpx1,carrier=fiber:a || fail "testpmd did not run"
above "received" "$(stat 0 rx_good_packets)" 10000
for port in 0 1; do
	other=$((1 - port))
	in_flight=$(($(stat $port tx_good_packets) - $(stat $other rx_good_packets)))
	if [ "$in_flight" -lt 0 ] || [ "$in_flight" -gt 64 ]; then
		fail "port $port: $in_flight frames neither received nor still on the fiber"
	fi
	equal "port $port refused" "$(stat $port lane0_tx_full)" 0
done
grep -q 'link state change event' "$DIR/out" || fail "no link event"

echo "loop, 2 lanes"
testpmd 2 "$counted" net_cpx0,lanes=2 net_cpx1,lanes=2,carrier=loop ||
	fail "testpmd did not run"
for port in 0 1; do
	for lane in 0 1; do
		equal "port $port lane $lane" "$(stat $port lane${lane}_rx_packets)" $burst_total
	done
done

echo "dev over net_ring, 2 lanes"
testpmd 2 "$counted" net_ring0 net_ring1 \
	net_cpx0,lanes=2,carrier=dev:net_ring0 net_cpx1,lanes=2,carrier=dev:net_ring1 ||
	fail "testpmd did not run"
for port in 2 3; do # the carriers keep their ids and are not seen
	equal "port $port carrier queues" "$(stat $port carrier_rx_queues)" 2
	for lane in 0 1; do
		equal "port $port lane $lane" "$(stat $port lane${lane}_rx_packets)" $burst_total
	done
done
[ -z "$(stat 0 rx_good_packets)" ] || fail "the carrier net_ring0 is still the program's"

echo "dev over net_null"
testpmd 1 "set fwd io\nstart\n" net_null0 net_null1 \
	net_cpx0,carrier=dev:net_null0 net_cpx1,carrier=dev:net_null1 || fail "testpmd did not run"
above "sent" "$(stat 2 lane0_tx_packets)" 10000
above "received" "$(stat 3 lane0_rx_packets)" 10000

echo "a bad argument is named"
if testpmd 1 'quit\n' net_cpx0,rate=100; then
	grep -q 'rate=100 is not allowed; allowed: 53, 106 or 212' "$DIR/out" ||
		fail "no message for rate=100"
else
	grep -q 'rate=100 is not allowed' "$DIR/out" || fail "no message for rate=100"
fi
echo "done"
