#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A long life in twenty seconds: routes, neighbours, breakouts and whole files change all at once
# while two hosts ping each other. No ping is lost, packets add up, and the process has no more
# descriptors at the end than after its first round, and no more memory than after half of them.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board af_packet
cat >>"$DIR/cpx.yaml" <<EOF
  q0: {lanes: oe0/16-23, carrier: loop, addresses: [10.0.8.1/24]}
tables: {routes4: 20000}
EOF
sed 's|addresses: \[10.0.8.1/24\]|addresses: [10.0.8.1/24, 10.0.9.1/24]|' "$DIR/cpx.yaml" >"$DIR/other.yaml"
cat >>"$DIR/other.yaml" <<EOF
neighbors:
  - {ip: 10.0.9.7, mac: "02:00:00:00:09:07"}
routes:
  - {to: 10.99.0.0/16, via: 10.0.2.2}
EOF
start_cpx
lossless h1 5 10.0.2.2 -i 0.1
lossless h1 1000 10.0.2.2 -i 0.02 &
PINGS=$!

routes() { # add|del: 500 prefixes on the control socket
	/usr/bin/python3 - "/run/cpx/$INSTANCE/control" "$1" <<'PY'
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.settimeout(10)
for i in range(500):
    route = {"verb": "route-" + sys.argv[2], "to": f"20.{i >> 8}.{i & 255}.0/24"}
    if sys.argv[2] == "add":
        route["paths"] = [{"via": "10.0.2.2"}]
    s.send(json.dumps(route).encode())
    reply = json.loads(s.recv(65536))
    assert reply["ok"], reply
PY
}
neighbours() { # forty that do not answer, one that comes and goes
	in_ns h1 /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(40):
    s.sendto(b"who", (f"10.0.2.{100 + i}", 9))'
	ip -n "$NS-h2" neigh flush all
	in_ns h2 ping -n -c 1 -W 2 10.0.1.2 >/dev/null || :
}
turn() {
	routes add || fail "routes are not added"
	neighbours
	"$CPX" engine breakout oe0/2 2x400G -i "$INSTANCE" >"$DIR/out" 2>&1 || fail "breakout: $(cat "$DIR/out")"
	"$CPX" engine breakout oe0/2 1x800G -i "$INSTANCE" >"$DIR/out" 2>&1 || fail "breakout: $(cat "$DIR/out")"
	for file in other cpx; do
		"$CPX" apply "$DIR/$file.yaml" -i "$INSTANCE" >"$DIR/out" 2>&1 || fail "apply: $(cat "$DIR/out")"
	done
	routes del || fail "routes are not deleted"
}
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$CPX_PID/status"; }
fds() { find "/proc/$CPX_PID/fd" -mindepth 1 2>/dev/null | wc -l; }

turn
sleep 1
FDS=$(fds) turns=1
while ! gone $PINGS; do
	turn
	turns=$((turns + 1))
	rss >>"$DIR/rss"
done
wait $PINGS || fail "packets were lost: $(cat "$DIR/ping")"
wait_for 10 sh -c "[ \$(find '/proc/$CPX_PID/fd' -mindepth 1 | wc -l) -le $FDS ]" ||
	fail "$(fds) descriptors after $turns turns, $FDS after the first"
RSS=$(sed -n "$((turns / 2))p" "$DIR/rss")
echo "$turns turns: half of them $RSS kB, then $(rss)"
[ "$(rss)" -le $((RSS + 1024)) ] || fail "memory grew from $RSS kB to $(rss) kB in the last of $turns turns"
[ $turns -gt 2 ] || fail "only $turns turns"
wait_for 10 balanced || { cat "$DIR/balance"; fail "unbalanced"; }
