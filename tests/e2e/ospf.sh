#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# OSPF over our ports: FRR of our router, in t, finds two neighbours by the multicast hellos that go
# through the twins: FRR in x1 on a broadcast link, and bird in x2 on a point-to-point one. What they
# announce is forwarded, and goes when they do not say hello any more.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/e2e/frr_lib.sh"
need bird bird2

hellos() { # interface, more of its settings
	printf 'interface %s\n ip ospf hello-interval 1\n ip ospf dead-interval 4\n%s\n' "$1" "$2"
}

ospf() { # namespace, router id, network, what else
	echo "hostname $1" >"$DIR/$1.zebra.conf"
	printf 'router ospf\n ospf router-id %s\n network %s area 0\n%s\n' "$2" "$3" "$4" \
		>>"$DIR/$1.ospfd.conf"
	for daemon in zebra ospfd; do frr_start "$1" $daemon; done
}

full() { # neighbours
	[ "$(frr_ask t 'show ip ospf neighbor' | grep -c ' Full/')" -eq "$1" ]
}

learnt() { # address: a route of the kernel's, where OSPF has put it, is used
	"$CPX" show routes "$1" -i "$INSTANCE" | grep -q ' kernel .* valid, used '
}

lost() { ! learnt "$1"; }

frr_hosts
frr_board af_packet
start_cpx
ip -n "$NS-x1" addr add 100.64.7.1/24 dev lo

hellos eth0 '' >"$DIR/x1.ospfd.conf"
ospf x1 10.0.11.2 10.0.11.0/24 ' redistribute connected'
cat >"$DIR/bird.conf" <<'CONF'
router id 10.0.12.2;
protocol device {}
protocol static { ipv4; route 100.65.7.0/24 blackhole; }
protocol kernel { ipv4 { export where source ~ [RTS_OSPF, RTS_OSPF_EXT2]; }; }
protocol ospf v2 {
	ipv4 { export where source = RTS_STATIC; };
	area 0 { interface "eth0" { type ptp; hello 1; dead 4; }; };
}
CONF
in_ns x2 bird -c "$DIR/bird.conf" -s "$DIR/bird.ctl" -P "$DIR/bird.pid" >"$DIR/bird.out" 2>&1 ||
	fail "bird: $(cat "$DIR/bird.out")"
hellos p1 '' >"$DIR/t.ospfd.conf"
hellos p2 ' ip ospf network point-to-point' >>"$DIR/t.ospfd.conf"
ospf t 10.0.1.1 10.0.0.0/16 ' passive-interface p0'

wait_for 30 full 2 || fail "neighbours: $(frr_ask t 'show ip ospf neighbor')"
for to in 100.64.7.1 100.65.7.1; do
	wait_for 20 learnt $to || fail "$to is not learnt: $("$CPX" show routes -i "$INSTANCE")"
	wait_for 20 in_ns h1 ping -n -c 1 -W 1 $to || fail "$to is learnt and does not answer"
	lossless h1 20 $to -i 0.01
done
"$CPX" show punt -i "$INSTANCE" --json >"$DIR/punt.json"
[ "$(json "sum(p['passed'] for p in d['punt'] if p['class'] == 'ospf')" "$DIR/punt.json")" -gt 10 ] ||
	fail "OSPF is not punted as OSPF: $("$CPX" show punt -i "$INSTANCE")"

# --- bird is silent
kill -KILL "$(cat "$DIR/bird.pid")"
wait_for 20 lost 100.65.7.1 || fail "bird has gone, its route has not"
lossless h1 5 100.64.7.1 -i 0.01
wait_for 5 balanced || fail "packets are missing: $(cat "$DIR/balance")"
