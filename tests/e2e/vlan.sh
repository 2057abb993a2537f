#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# vlan.sh CARRIER: hosts inside VLANs reach untagged ones and each other through the appliance, with
# the right tag on each side; a VLAN that no interface has is dropped for that reason.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
/usr/bin/python3 -c 'import scapy.all' 2>/dev/null || skip "scapy is missing: apt-get install python3-scapy"
two_hosts
board "$1"
sed -i "s,^  p1:,    vlans:\n\
      100: {addresses: [10.0.100.1/24\, \"2001:db8:100::1/64\"]}\n\
      4094: {addresses: [10.0.200.1/24\, \"2001:db8:200::1/64\"]}\n  p1:," "$DIR/cpx.yaml"
start_cpx

tagged() { # VLAN, number
	ip netns exec "$NS-h1" /usr/bin/python3 "$SRC/tests/e2e/tagged_host.py" "$1" "10.0.$2.2" \
		"2001:db8:$2::2" >"$DIR/tagged$1" 2>&1 &
	wait_for 30 grep -q ready "$DIR/tagged$1" || fail "tagged host: $(cat "$DIR/tagged$1")"
}
tagged 100 100
tagged 4094 200

for to in 10.0.100.2 2001:db8:100::2 10.0.200.2 2001:db8:200::2; do
	lossless h2 10 "$to" -i 0.1
done
in_ns h1 ping -n -q -c 5 -i 0.1 -W 5 10.0.2.2 >"$DIR/ping" 2>&1 || fail "untagged: $(cat "$DIR/ping")"

drops "vlan_unknown" >"$DIR/before"
in_ns h1 /usr/bin/python3 - <<-EOF 2>"$DIR/err" || fail "scapy: $(cat "$DIR/err")"
	from scapy.all import Dot1Q, Ether, IP, UDP, sendp
	sendp([Ether(dst="$(port_mac p0)") / Dot1Q(vlan=7) / IP(dst="10.0.2.2", src="10.0.1.2") / UDP()] * 9,
	      iface="eth0", verbose=False)
EOF
counted() { [ "$(drops vlan_unknown)" -eq $(($(cat "$DIR/before") + 9)) ]; }
wait_for 5 counted || fail "vlan_unknown went from $(cat "$DIR/before") to $(drops vlan_unknown), not by 9"
