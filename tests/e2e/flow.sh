#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Flow rules by programs we did not write: dpdk-testpmd validates, makes, lists, queries, destroys
# and flushes some, isolates a port, and counters say what frames met them; dpdk-test-flow-perf
# makes and destroys many thousands.
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

for program in dpdk-testpmd dpdk-test-flow-perf; do
	command -v $program >/dev/null || {
		echo "skip: $program is missing: apt-get install dpdk dpdk-dev"
		exit 77
	}
done
free=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0)
if [ "$(id -u)" -eq 0 ] && [ "$free" -ge 160 ]; then
	memory='--in-memory'
else
	memory='--no-huge --no-shconf -m 320'
fi
# Two CPUs we may use, or one twice.
cpus=$(taskset -pc $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= ($2 ? $2 : $1); i++) print i }' | head -2)
first=$(echo "$cpus" | head -1)
second=$(echo "$cpus" | tail -1)

# testpmd OPTIONS BEFORE AFTER: a loop of two lanes. Commands before 10 bursts of 32 UDP frames
# (198.18.0.1 port 9) go out of each queue and what comes back is counted and freed; then AFTER.
testpmd() {
	: >"$DIR/out"
	# shellcheck disable=SC2086,SC2094 # lists of options; the output is watched as it grows
	{
		printf '%b' "$2"
		printf 'set fwd rxonly\nstart tx_first 10\n'
		tries=600
		until grep -q 'forwards packets on\|Bye\|EAL: Error' "$DIR/out" || [ $tries -eq 0 ]; do
			tries=$((tries - 1))
			sleep 0.05
		done
		sleep 0.5
		printf 'stop\n%bshow port xstats all\nquit\n' "$3"
	} | timeout 60 stdbuf -oL dpdk-testpmd --lcores "0@$first,1@$second" --no-pci --no-telemetry \
		$memory -d librte_net_cpx.so --vdev=net_cpx0,lanes=2,mgmt=none -- -i --rxq=2 --txq=2 \
		--total-num-mbufs=16384 --no-mlockall $1 >"$DIR/out" 2>&1 || fail "testpmd did not run"
}

says() {
	grep -q -- "$1" "$DIR/out" || fail "no '$1'"
}

stat() { # name, value
	value=$(awk -v name="$1:" '$1 == name { print $2; exit }' "$DIR/out")
	[ "${value:-none}" = "$2" ] || fail "$1: ${value:-none}, not $2"
}

sent=320 # by each queue
udp='pattern eth / ipv4 src is 198.18.0.1 / udp dst is 9 / end'

echo "validate says what is wrong"
testpmd '' "flow validate 0 ingress $udp actions queue index 1 / end
flow validate 0 ingress pattern eth / udp / end actions drop / end
flow validate 0 egress pattern eth / end actions drop / end
flow validate 0 group 1 ingress pattern eth / end actions drop / end
flow validate 0 ingress pattern eth / end actions queue index 2 / end
flow validate 0 ingress pattern eth / end actions drop / queue index 0 / end
flow validate 0 ingress pattern eth / end actions count / end
flow validate 0 ingress pattern eth / ipv4 / icmp / end actions drop / end
flow validate 0 ingress pattern udp src spec 5 src last 9 src mask 0xffff / end actions drop / end
" ''
says 'Flow rule validated'
says 'item udp: needs ipv4 or ipv6'
says 'egress: rules are about received frames'
says 'group 1: there is group 0 only'
says 'rx queue 2: the port has queues 0 to 1'
says 'action queue: the rule has drop already'
says 'nothing says where frames go'
says 'item ICMP .*not supported'
says 'item udp: ranges are not supported'
[ "$(grep -c 'Flow rule validated' "$DIR/out")" -eq 1 ] || fail "more than one was validated"

echo "queue and count: all frames are received on queue 1"
testpmd '' "flow create 0 priority 1 ingress pattern end actions drop / end
flow create 0 ingress $udp actions count / queue index 1 / end
" 'flow query 0 1 count\nflow list 0\nflow destroy 0 rule 1\nflow list 0\nflow flush 0\nflow list 0\n'
says 'Flow rule #1 created'
says "hits: $((2 * sent))"
says 'ETH IPV4 UDP => COUNT QUEUE'
says 'Flow rule #1 destroyed'
stat lane0_rx_packets 0
stat lane1_rx_packets $((2 * sent))
stat lane0_rx_flow_dropped 0

echo "drop"
testpmd '' "flow create 0 ingress $udp actions drop / end\n" ''
stat rx_good_packets 0
stat lane0_rx_flow_dropped $sent
stat lane1_rx_flow_dropped $sent

echo "rss: flows are spread, none is lost"
testpmd '--txonly-multi-flow' \
	'flow create 0 ingress pattern ipv4 / end actions rss queues 0 1 end / mark id 7 / end\n' ''
stat rx_good_packets $((2 * sent))
for lane in 0 1; do
	[ "$(sed -n "s/^lane${lane}_rx_packets: //p" "$DIR/out")" -gt 0 ] ||
		fail "lane $lane got no flow"
done

echo "isolated from the start: only what a rule takes"
testpmd '--flow-isolate-all' \
	'flow create 0 ingress pattern ipv4 dst is 9.9.9.9 / end actions queue index 0 / end\n' \
	'flow isolate 0 0\n'
says 'is now restricted to the defined flow rules'
says 'is not restricted anymore to the defined flow rules'
stat rx_good_packets 0
stat lane0_rx_flow_dropped $sent
testpmd '' 'flow isolate 0 1\nflow isolate 0 0\n' ''
stat rx_good_packets $((2 * sent))

# rules, then options of dpdk-test-flow-perf
perf() {
	rules=$1
	shift
	echo "flow-perf, $rules rules: $*"
	# shellcheck disable=SC2086 # a list of options
	timeout 60 dpdk-test-flow-perf --lcores "0@$first,1@$second" --no-pci --no-telemetry $memory \
		-d librte_net_cpx.so --vdev=net_cpx0,lanes=4,mgmt=none -- --ingress --rules-count="$rules" \
		--rules-batch=500 --deletion-rate --rxq=4 --txq=4 "$@" >"$DIR/out" 2>&1 ||
		fail "dpdk-test-flow-perf did not run"
	says "All Cores :: Port 0 :: The time for creating $rules rules"
	says "All Cores :: Port 0 :: The time for deleting $rules rules"
	says 'Bye'
	sed -n 's/.*Latency.*All Cores :: Port 0 :: The time/  the time/p' "$DIR/out"
}

perf 1000 --ether --ipv4 --udp --queue
perf 10000 --ether --ipv4 --udp --queue --count --mark
perf 10000 --ether --vlan --ipv6 --tcp --drop --random-priority=100,7
perf 10000 --ether --ipv4 --rss
perf 5000 --ether --queue
echo "done"
