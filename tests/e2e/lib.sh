# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Sourced by the end-to-end tests: a router namespace in which `cpx run` forwards, and hosts on veth
# pairs. Names carry the process id, so tests never meet; whatever a killed test left behind is
# removed by the next. A test ends with 0, with fail() 1, or with skip() 77.
#
#   two_hosts            h1 10.0.1.2, 2001:db8:1::2 -- p0 [router] p1 -- h2 10.0.2.2, 2001:db8:2::2
#   board CARRIER [MTU]  writes $DIR/cpx.yaml for that picture; more can be appended
#   start_cpx            runs it in the router namespace and waits until it forwards
#   in_ns NAME CMD …     runs a command in h1, h2 or r
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
CPX=$BUILD/dataplane/cli/cpx
NS=cpxt$$
INSTANCE=$NS
export LC_ALL=C

skip() {
	echo "skip: $*"
	exit 77
}

fail() {
	echo "FAILED: $*"
	exit 1
}

need() { # program, Debian package
	command -v "$1" >/dev/null || skip "$1 is missing: apt-get install $2"
}

in_ns() {
	ns=$NS-$1
	shift
	ip netns exec "$ns" "$@"
}

# Try a command every 50 ms for so many seconds.
wait_for() {
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

# Every ping of so many is answered, once. ping -c alone gives the last reply no more time than twice
# the longest round trip, which without room for a time stamp (-s 0) is the interval, whatever -W
# says; on a busy machine that is not enough. With -w it goes on asking until it has as many replies:
# among those must be one to each of the first ones.
lossless() { # namespace, number, destination, options of ping …
	from=$1 pings=$2 to=$3
	shift 3
	in_ns "$from" ping -n -w 30 -c "$pings" "$@" "$to" >"$DIR/ping" 2>&1 || :
	[ "$(sed -n 's/.* icmp_seq=\([0-9]*\) ttl=.*/\1/p' "$DIR/ping" | sort -n |
		awk -v n="$pings" '$1 <= n')" = "$(seq "$pings")" ] || {
		cat "$DIR/ping"
		fail "$from lost packets to $to: ping $*"
	}
}

gone() { # pid: not there, or a zombie
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

remove_namespaces() { # prefix
	for ns in $(ip netns list | sed -n "s/^\($1-[a-z0-9]*\).*/\1/p"); do
		for pid in $(ip netns pids "$ns"); do
			kill -9 "$pid" 2>/dev/null || :
		done
		ip netns del "$ns" || :
	done
}

finish() {
	code=$?
	trap - EXIT
	if [ $code -ne 0 ] && [ $code -ne 77 ] && [ -f "$DIR/cpx.log" ]; then
		echo "--- cpx.yaml"
		cat "$DIR/cpx.yaml"
		echo "--- the last lines of cpx run"
		tail -n 25 "$DIR/cpx.log"
		"$CPX" show lanes -i "$INSTANCE" 2>&1 | head -n 20 || :
		"$CPX" show drops -i "$INSTANCE" 2>&1 | head -n 20 || :
	fi
	remove_namespaces "$NS"
	rm -rf "$DIR" "/run/cpx/$INSTANCE" "/run/cpx/$INSTANCE"-*
	exit $code
}

[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
need ip iproute2
need ethtool ethtool
[ -x "$CPX" ] || fail "$CPX is not built: run make"
DIR=${TMPDIR:-/tmp}/$NS
mkdir "$DIR"
trap finish EXIT
trap 'exit 130' INT TERM HUP
for old in $(ip netns list | sed -n 's/^\(cpxt[0-9]*\)-.*/\1/p' | sort -u); do
	[ -d "/proc/${old#cpxt}" ] && continue
	remove_namespaces "$old"
	rm -rf "${TMPDIR:-/tmp}/$old" "/run/cpx/$old" "/run/cpx/$old"-*
done

namespace() { # name: loopback up, IPv6 quiet
	ip netns add "$NS-$1" 2>"$DIR/err" || skip "no network namespaces here: $(cat "$DIR/err")"
	# ip makes / a slave mount first, which fails where / is no mount point (a plain chroot)
	in_ns "$1" true 2>"$DIR/err" || skip "ip netns exec does not work here: $(cat "$DIR/err")"
	ip -n "$NS-$1" link set lo up
	for key in all default; do
		ipv6_setting "$1" $key accept_ra 0
		ipv6_setting "$1" $key router_solicitations 0
		ipv6_setting "$1" $key accept_dad 0
	done
}

ipv6_setting() { # namespace, interface or all, key, value
	in_ns "$1" sh -c 'echo "$3" >"/proc/sys/net/ipv6/conf/$1/$2"' sh "$2" "$3" "$4"
}

offloads_off() { # namespace, interface
	in_ns "$1" ethtool -K "$2" rx off tx off sg off tso off gso off gro off >/dev/null 2>&1 ||
		fail "ethtool cannot switch off the offloads of $2"
}

# veth HOST ROUTER-INTERFACE [MTU]: eth0 in HOST, the other end in r, where the kernel has no
# addresses. Offloads are off: a veth would pass frames without checksum or larger than the MTU.
veth() {
	ip link add name eth0 mtu "${3:-1500}" netns "$NS-$1" type veth \
		peer name "$2" mtu "${3:-1500}" netns "$NS-r" 2>"$DIR/err" ||
		skip "no veth devices here: $(cat "$DIR/err")"
	offloads_off "$1" eth0
	offloads_off r "$2"
	ipv6_setting r "$2" disable_ipv6 1
	ip -n "$NS-$1" link set eth0 up
	ip -n "$NS-r" link set "$2" up
}

host() { # namespace, its number: addresses and default routes
	ip -n "$NS-$1" addr add "10.0.$2.2/24" dev eth0
	ip -n "$NS-$1" addr add "2001:db8:$2::2/64" dev eth0 nodad
	ip -n "$NS-$1" route add default via "10.0.$2.1"
	ip -n "$NS-$1" -6 route add default via "2001:db8:$2::1"
}

two_hosts() { # [MTU]
	for name in h1 h2 r; do namespace $name; done
	veth h1 p0 "${1:-1500}"
	veth h2 p1 "${1:-1500}"
	host h1 1
	host h2 2
}

device() { # CARRIER NUMBER INTERFACE [MTU]: a line of `devices`
	case $1 in
	af_packet)
		if [ "${4:-1500}" -gt 1500 ]; then
			echo "  net_af_packet$2: iface=$3,framesz=16384,blocksz=65536,framecnt=256"
		else
			echo "  net_af_packet$2: iface=$3"
		fi
		;;
	af_xdp) echo "  net_af_xdp$2: iface=$3" ;;
	esac
}

board() { # CARRIER [MTU]
	cat >"$DIR/cpx.yaml" <<-EOF
		instance: $INSTANCE
		memory: {hugepages: false}
		workers: {count: 1}
		engines:
		  oe0: {profile: oif-3.2t}
		devices:
		$(device "$1" 0 p0 "${2-}")
		$(device "$1" 1 p1 "${2-}")
		ports:
		  p0:
		    lanes: oe0/0
		    carrier: dev:net_$1$((0))
		    mtu: ${2:-1500}
		    addresses: [10.0.1.1/24, "2001:db8:1::1/64"]
		  p1:
		    lanes: oe0/8
		    carrier: dev:net_$1$((1))
		    mtu: ${2:-1500}
		    addresses: [10.0.2.1/24, "2001:db8:2::1/64"]
	EOF
}

start_cpx() {
	ip netns exec "$NS-r" "$CPX" run -c "$DIR/cpx.yaml" >>"$DIR/cpx.log" 2>&1 &
	CPX_PID=$!
	wait_for 30 ready || fail "cpx run did not come up"
	! gone "$CPX_PID" || fail "cpx run ended at once"
}

ready() {
	gone "$CPX_PID" && return 0 # no use in waiting
	"$CPX" show ports -i "$INSTANCE" --json
}

# json EXPRESSION FILE: evaluate Python over the document d.
json() {
	/usr/bin/python3 -c 'import json, sys; d = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' \
		"$1" "$2"
}

# Frames a host has sent or received: host_count h1 tx
host_count() {
	in_ns "$1" cat "/sys/class/net/eth0/statistics/$2_packets"
}

lane_count() { # port, counter
	"$CPX" show lanes -i "$INSTANCE" --json >"$DIR/lanes.json"
	json "sum(l['$2'] for l in d['lanes'] if l['port'] == '$1')" "$DIR/lanes.json"
}

drop_reasons() {
	"$CPX" show drops -i "$INSTANCE" --json --all >"$DIR/drops.json"
	json "'\n'.join(r['reason'] for r in d['drops'])" "$DIR/drops.json"
}

drops() { # reason
	"$CPX" show drops -i "$INSTANCE" --json >"$DIR/drops.json"
	json "sum(r['packets'] for r in d['drops'] if r['reason'] == '$1')" "$DIR/drops.json"
}

port_mac() { # the carrier's own address
	in_ns r cat "/sys/class/net/$1/address"
}

# Every packet that came in, began here or is a fragment made here left, was dropped, is held, was used
# up here or cut into fragments.
balanced() {
	"$CPX" show lanes -i "$INSTANCE" --json >"$DIR/lanes.json"
	total() { json "sum(l['$1'] for l in d['lanes'])" "$DIR/lanes.json"; }
	in=$(($(total receive_packets) + $(total originated_packets) + $(total fragment_packets)))
	held=$(json "d['board']['held_packets']" "$DIR/lanes.json")
	out=$(($(total transmit_packets) + $(total drop_packets) + $(total host_packets)))
	out=$((out + $(total fragmented_packets) + held))
	for what in receive originated fragment transmit drop host fragmented; do
		echo "$what $(total ${what}_packets)"
	done >"$DIR/balance"
	echo "held $held: in $in, out $out" >>"$DIR/balance"
	[ "$in" -eq "$out" ]
}
