# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Sourced after lib.sh by tests with Debian's FRR: our router's daemons live in namespace t, where the
# twins are, and peers with daemons of their own in x1, x2.
#
#   h1 10.0.1.2 -- p0 [router, its FRR in t] p1 -- x1 10.0.11.2, AS 65011
#                                            p2 -- x2 10.0.12.2, AS 65012
need ping iputils-ping
FRR=${FRR:-/usr/lib/frr}
[ -x "$FRR/bgpd" ] || skip "FRR is missing: apt-get install frr"

frr_start() { # namespace, daemon, options …
	in=$1 daemon=$2
	shift 2
	mkdir -p "$DIR/frr-$in"
	chown frr:frr "$DIR/frr-$in"
	ip netns exec "$NS-$in" "$FRR/$daemon" -d -f "$DIR/$in.$daemon.conf" \
		-i "$DIR/frr-$in/$daemon.pid" -z "$DIR/frr-$in/zserv" --vty_socket "$DIR/frr-$in" \
		--log file:"$DIR/frr-$in/$daemon.log" "$@" >"$DIR/frr-$in/$daemon.out" 2>&1 ||
		fail "$daemon in $in: $(cat "$DIR/frr-$in/$daemon.out")"
}

frr_ask() { # namespace, command of vtysh
	ip netns exec "$NS-$1" vtysh --vty_socket "$DIR/frr-$1" -c "$2" 2>"$DIR/vtysh"
}

frr_kill() { # namespace, signal, daemon …
	in=$1 sig=$2
	shift 2
	for daemon in "$@"; do
		kill "-$sig" "$(cat "$DIR/frr-$in/$daemon.pid")" 2>/dev/null || :
	done
	for daemon in "$@"; do
		wait_for 10 gone "$(cat "$DIR/frr-$in/$daemon.pid")" || fail "$daemon does not end"
	done
}

frr_hosts() {
	for name in h1 x1 x2 r t; do namespace $name; done
	veth h1 p0
	veth x1 p1
	veth x2 p2
	host h1 1
	for n in 1 2; do
		ip -n "$NS-x$n" addr add "10.0.1$n.2/24" dev eth0
		ip -n "$NS-x$n" addr add "2001:db8:1$n::2/64" dev eth0 nodad
		in_ns "x$n" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
		# whoever is behind this prefix, it is this host that answers for all of it
		ip -n "$NS-x$n" route add local 100.64.0.0/10 dev lo
		ip -n "$NS-x$n" -6 route add local 2001:db8:6400::/40 dev lo
	done
}

frr_board() { # af_packet …
	cat >"$DIR/cpx.yaml" <<-YAML
		instance: $INSTANCE
		memory: {hugepages: false}
		workers: {count: 1}
		tables: {routes4: 65536, routes6: 16384}
		engines:
		  oe0: {profile: oif-3.2t}
		devices:
		$(device "$1" 0 p0)
		$(device "$1" 1 p1)
		$(device "$1" 2 p2)
		ports:
		  p0: {lanes: oe0/0, carrier: dev:net_$1$((0)), addresses: [10.0.1.1/24, "2001:db8:1::1/64"]}
		  p1: {lanes: oe0/8, carrier: dev:net_$1$((1)), addresses: [10.0.11.1/24, "2001:db8:11::1/64"]}
		  p2: {lanes: oe0/16, carrier: dev:net_$1$((2)), addresses: [10.0.12.1/24, "2001:db8:12::1/64"]}
		host: {twins: true, netns: $NS-t}
	YAML
}

# What a peer announces: N prefixes of IPv4 in 100.64/10, N/10 of IPv6.
frr_networks() { # family, N
	/usr/bin/python3 - "$@" <<-'PY'
		import sys
		for i in range(int(sys.argv[2])):
		    print(f"  network 100.{64 + i // 256}.{i % 256}.0/24" if sys.argv[1] == "4" else
		          f"  network 2001:db8:64{i // 256:02x}:{i % 256:x}::/64")
	PY
}

frr_peer() { # number, prefixes
	for daemon in zebra bfdd; do echo "hostname x$1" >"$DIR/x$1.$daemon.conf"; done
	cat >"$DIR/x$1.bgpd.conf" <<-CONF
		router bgp 6501$1
		 bgp router-id 10.0.1$1.2
		 no bgp ebgp-requires-policy
		 no bgp default ipv4-unicast
		 no bgp network import-check
		 bgp graceful-restart
		 neighbor 10.0.1$1.1 remote-as 65000
		 neighbor 10.0.1$1.1 timers 1 5
		 neighbor 10.0.1$1.1 timers connect 1
		 neighbor 10.0.1$1.1 bfd
		 neighbor 10.0.1$1.1 bfd check-control-plane-failure
		 neighbor 2001:db8:1$1::1 remote-as 65000
		 neighbor 2001:db8:1$1::1 timers 1 5
		 neighbor 2001:db8:1$1::1 timers connect 1
		 address-family ipv4 unicast
		$(frr_networks 4 "$2")
		  neighbor 10.0.1$1.1 activate
		 exit-address-family
		 address-family ipv6 unicast
		$(frr_networks 6 $(($2 / 10)))
		  neighbor 2001:db8:1$1::1 activate
		 exit-address-family
	CONF
	for daemon in zebra bfdd bgpd; do frr_start "x$1" $daemon; done
}

frr_router() { # options of zebra …
	echo "fpm address 127.0.0.1" >"$DIR/t.zebra.conf" # unused, but for dplane_fpm_nl
	echo "hostname t" >"$DIR/t.bfdd.conf"
	{
		cat <<-CONF
			router bgp 65000
			 bgp router-id 10.0.1.1
			 no bgp ebgp-requires-policy
			 no bgp default ipv4-unicast
			 bgp bestpath as-path multipath-relax
			 bgp graceful-restart
			 bgp graceful-restart preserve-fw-state
			 bgp graceful-restart stalepath-time 60
		CONF
		for n in 1 2; do
			for peer in 10.0.1$n.2 2001:db8:1$n::2; do
				echo " neighbor $peer remote-as 6501$n"
				echo " neighbor $peer timers 1 5"
				echo " neighbor $peer timers connect 1"
			done
			echo " neighbor 10.0.1$n.2 bfd"
			echo " neighbor 10.0.1$n.2 bfd check-control-plane-failure"
		done
		for family in 4 6; do
			echo " address-family ipv$family unicast"
			echo "  redistribute connected"
			for n in 1 2; do
				[ $family = 4 ] && peer=10.0.1$n.2 || peer=2001:db8:1$n::2
				echo "  neighbor $peer activate"
			done
			echo "  maximum-paths 2"
			echo " exit-address-family"
		done
	} >"$DIR/t.bgpd.conf"
	frr_router_daemons "$@"
}

frr_router_daemons() { # options of zebra …
	frr_start t zebra -K 60 "$@" # routes of the zebra before stay that long
	frr_start t bfdd
	frr_start t bgpd
}

routes_of() { # source: how many routes we have of it
	"$CPX" show routes -i "$INSTANCE" --json --source "$1" >"$DIR/routes.json" 2>"$DIR/err" &&
		json "d.get('total', len(d['routes']))" "$DIR/routes.json"
}
