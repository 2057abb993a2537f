#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# carriers.sh DRIVER: Debian's own dpdk-testpmd answers pings (icmpecho) on net_cpx over a real
# interface of af_packet, af_xdp or tap: dev:<name> and dev:[<device>], each also passed through. While
# pings pass the interface is deleted, the device detached under the polling lcore, and attached again
# over a new interface; dev:[<device>] over an interface of the kernel's does that by itself (see
# remake.py), but where it is passed through: then nobody may poll meanwhile, as the guide says.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
need dpdk-testpmd dpdk
DRIVER=$1
PMD=net_${DRIVER}0
BYTES=98 # of an echo frame
namespace r

free=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0)
memory='--no-huge --no-shconf -m 256'
[ "$free" -lt 128 ] || memory='--in-memory'
cpus=$(taskset -pc $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= ($2 ? $2 : $1); i++) print i }' | head -2)

# The kernel's end of the wire is eth0 in `host`; the driver takes p0 (or makes the tap eth0) in r.
if [ "$DRIVER" = tap ]; then
	host=r
	iface=eth0
	args=iface=eth0
else
	host=h1
	iface=p0
	args=iface=p0
	namespace h1
fi

plug() { # the interface as it is before the driver comes
	[ "$DRIVER" = tap ] && return
	veth h1 p0
	address
}

address() {
	ip -n "$NS-$host" addr add 10.0.1.2/24 dev eth0 2>/dev/null || :
	ip -n "$NS-$host" link set eth0 up
}

# testpmd VDEV…: answers pings until quit.
start_testpmd() {
	vdevs=
	for v in "$@"; do
		vdevs="$vdevs --vdev=$v"
	done
	rm -f "$DIR/in"
	mkfifo "$DIR/in"
	# shellcheck disable=SC2086 # lists of arguments
	ip netns exec "$NS-r" env LD_LIBRARY_PATH="$BUILD/pmd" timeout 120 stdbuf -oL dpdk-testpmd \
		--lcores "0@$(echo "$cpus" | head -1),1@$(echo "$cpus" | tail -1)" --no-pci --no-telemetry \
		$memory -d librte_net_cpx.so $vdevs -- -i --total-num-mbufs=16384 --no-mlockall \
		<"$DIR/in" >"$DIR/out" 2>&1 &
	TESTPMD=$!
	exec 3>"$DIR/in"
	say 'set fwd icmpecho\nstart\n'
	wait_for 20 grep -q 'forwards packets on' "$DIR/out" || broken "testpmd does not start"
	[ "$DRIVER" != tap ] || address
}

say() {
	printf "$1" >&3
}

broken() {
	tail -n 40 "$DIR/out" >&2
	fail "$*" >&2
}

end_testpmd() {
	say 'stop\nquit\n'
	exec 3>&-
	wait "$TESTPMD" || broken "testpmd ends with $?"
}

# The neighbour's address is that of the port; a returned one keeps it, a new process may not.
reaches() {
	in_ns "$host" ping -n -q -c 1 -W 1 10.0.1.1
}

pings() { # number
	lossless "$host" "$1" 10.0.1.1 -i 0.01
}

# value NAME: of the net_cpx port, now; the answer ends with a mark of its own
value() {
	mark=$(($(grep -c '> mark' "$DIR/out" || :) + 1))
	say "show port xstats all\nmark $mark\n"
	wait_for 10 grep -q "^testpmd> mark $mark[^0-9]" "$DIR/out" || broken "no statistics"
	awk -v name="$1:" '$1 == name { v = $2 } END { print v }' "$DIR/out"
}

link_is() { # up or down
	say 'show port summary all\n'
	sleep 0.1
	tail -n 4 "$DIR/out" | grep -q "net_cpx.* $1 "
}

counted() { # pings since the start: at least that many frames both ways
	for name in lane0_rx_packets lane0_tx_packets; do
		n=$(value $name)
		[ "$n" -ge "$1" ] || broken "$name is $n after $1 pings"
	done
	n=$(value lane0_rx_bytes)
	[ "$n" -ge $(($1 * BYTES)) ] || broken "lane0_rx_bytes is $n after $1 pings"
}

no_error() {
	for name in rx_missed_errors rx_errors rx_mbuf_allocation_errors tx_errors; do
		n=$(value $name)
		[ "$n" -eq 0 ] || broken "$name is $n"
	done
}

by_hand() {
	case $DRIVER$carrier in
	tap* | *dev:"$PMD"* | *passthrough=1) ;;
	*) false ;;
	esac
}

# Are the carrier's own burst functions called? Or ours, without passthrough=1.
check_bursts() {
	say 'show port summary all\n'
	wait_for 10 grep -q '^[0-9]* .*net_cpx' "$DIR/out" || broken "no port"
	port=$(sed -n 's/^\([0-9]*\) .*net_cpx.*/\1/p' "$DIR/out" | tail -n 1)
	seen=$(grep -c '^Burst mode: ' "$DIR/out" || :)
	say "show rxq info $port 0\n"
	wait_for 10 sh -c "[ \$(grep -c '^Burst mode: ' '$DIR/out') -gt $seen ]" || broken "no mode"
	mode=$(grep '^Burst mode: ' "$DIR/out" | tail -n 1)
	case $mode$PASS in
	*Pass-through\ "$PMD"*yes | *Lane*no) ;;
	*) broken "passed through: $PASS, but: $mode" ;;
	esac
}

polling() { # yes or no
	[ "$PASS" = yes ] || return 0
	if [ "$1" = yes ]; then
		say 'start\n'
		return
	fi
	stops=$(grep -c 'Done\.' "$DIR/out" || :)
	say 'stop\n'
	wait_for 10 sh -c "[ \$(grep -c 'Done\.' '$DIR/out') -gt $stops ]" || broken "it does not stop"
}

# The interface goes away while pings pass, its device is removed and made again over a new one.
return_it() {
	ip netns exec "$NS-$host" ping -n -i 0.002 10.0.1.1 >/dev/null 2>&1 &
	before=$(value lane0_rx_packets)
	polling no
	ip -n "$NS-r" link del "$iface"
	! by_hand || say "device detach $PMD\n"
	! by_hand || wait_for 10 grep -q 'is detached' "$DIR/out" || broken "not detached"
	wait_for 10 link_is down || broken "the link is up without a carrier"
	plug
	! by_hand || say "port attach $PMD,$args\n"
	[ "$DRIVER" != tap ] || wait_for 10 ip -n "$NS-r" link show eth0 || broken "no tap again"
	[ "$DRIVER" != tap ] || address
	wait_for 10 link_is up || broken "the link is down with a carrier"
	check_bursts
	polling yes
	wait_for 10 reaches || broken "no answer after its return"
	pings 100
	counted $((before + 100))
}

for carrier in "dev:$PMD" "dev:[$PMD,$args]" "dev:$PMD,passthrough=1" \
	"dev:[$PMD,$args],passthrough=1"; do
	echo "carrier=$carrier"
	PASS=no
	[ "${carrier%passthrough=1}" = "$carrier" ] || PASS=yes
	plug
	case $carrier in
	*\[*) start_testpmd "net_cpx0,carrier=$carrier" ;;
	*) start_testpmd "$PMD,$args" "net_cpx0,carrier=$carrier" ;;
	esac
	check_bursts
	wait_for 10 reaches || broken "no answer"
	pings 100
	counted 100
	no_error
	for life in 1 2; do
		echo "carrier=$carrier: return $life"
		return_it
	done
	end_testpmd
	ip -n "$NS-r" link del "$iface" 2>/dev/null || :
done
