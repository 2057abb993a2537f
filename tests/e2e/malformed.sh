#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# malformed.sh CARRIER: malformed frames of every kind are counted under their own reason, exactly;
# none is forwarded; and every packet that came in is accounted for.
. "$(dirname "$0")/lib.sh"
/usr/bin/python3 -c 'import scapy.all' 2>/dev/null || skip "scapy is missing: apt-get install python3-scapy"
need ping iputils-ping
two_hosts
board "$1"
cat >>"$DIR/cpx.yaml" <<-EOF
	routes:
	  - {to: 10.66.0.0/16, type: blackhole}
	  - {to: "2001:db8:66::/48", type: blackhole}
EOF
start_cpx
in_ns h1 ping -n -q -c 2 -i 0.1 -W 5 10.0.2.2 >"$DIR/ping" 2>&1 || fail "no way through: $(cat "$DIR/ping")"

for reason in $(drop_reasons); do
	echo "$reason $(drops "$reason")"
done >"$DIR/before"
ip netns exec "$NS-h2" tshark -i eth0 -l -n -f 'udp port 9' >"$DIR/leaked" 2>"$DIR/tshark" &
wait_for 20 grep -q 'Capturing on' "$DIR/tshark" || need tshark tshark
in_ns h1 /usr/bin/python3 "$SRC/tests/e2e/malformed.py" "$(port_mac p0)" >"$DIR/sent" 2>"$DIR/err" ||
	fail "malformed.py: $(cat "$DIR/err")"

counted() { # every reason grew by what was sent, hosts' own noise aside
	bad=''
	while read -r reason n; do
		was=$(sed -n "s/^$reason //p" "$DIR/before")
		now=$(drops "$reason")
		case $reason in
		ip6_group | ip4_group) [ "$now" -ge $((${was:-0} + n)) ] ;; # the hosts send multicast too
		*) [ "$now" -eq $((${was:-0} + n)) ] ;;
		esac || bad="$bad $reason: $n sent, counted $((now - ${was:-0}));"
	done <"$DIR/sent"
	[ -z "$bad" ]
}
wait_for 5 counted || fail "wrong drop counts:$bad"
[ ! -s "$DIR/leaked" ] || fail "forwarded all the same: $(cat "$DIR/leaked")"
wait_for 5 balanced || fail "$(cat "$DIR/balance")"
