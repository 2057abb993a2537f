#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Control-plane protection as a host sees it: ten times what may come to this box floods it, while a
# session on the port of BGP goes on, neighbours are resolved and pings pass through. None of those
# packets is policed or lost, and the flood gets its rate and no more.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
[ -x /usr/bin/python3 ] || skip "no python3"

two_hosts
namespace t
board af_packet
cat >>"$DIR/cpx.yaml" <<-EOF2
	host: {twins: true, netns: $NS-t}
	punt: {ip2me: {pps: 400, burst: 100}}
EOF2
start_cpx
lossless h1 3 10.0.2.2 -i 0.2

class() { # class, key
	"$CPX" show punt -i "$INSTANCE" --json >"$DIR/punt.json"
	json "sum(p['$2'] for p in d['punt'] if p['class'] == '$1')" "$DIR/punt.json"
}

# the host's end of a session, and the other one: 200 turns, 10 ms apart
ip netns exec "$NS-t" /usr/bin/python3 -c '
import socket
s = socket.create_server(("10.0.2.1", 179))
c, _ = s.accept()
while data := c.recv(64):
    c.sendall(data)' &
wait_for 10 in_ns t sh -c 'grep -q ":00B3 .* 0A " /proc/net/tcp' || fail "the session's server is not there"

in_ns h1 /usr/bin/python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 6
while time.monotonic() < end:
    for _ in range(40):
        s.sendto(b"flood", ("10.0.1.1", 9))
    time.sleep(0.01)' &
FLOOD=$!
wait_for 10 sh -c "[ \$('$CPX' show punt -i '$INSTANCE' --json |
	/usr/bin/python3 -c 'import json, sys
print(sum(p[\"policed\"] for p in json.load(sys.stdin)[\"punt\"]))') -gt 0 ]" || fail "nothing is policed"
before=$(class ip2me passed)
begin=$(cut -d' ' -f1 /proc/uptime)
in_ns h2 /usr/bin/python3 -c '
import socket, time
s = socket.create_connection(("10.0.2.1", 179), 10)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for i in range(200):
    s.sendall(b"x")
    assert s.recv(1) == b"x"
    time.sleep(0.01)' || fail "the session broke"
lossless h1 20 10.0.2.2 -i 0.02
after=$(class ip2me passed)
end=$(cut -d' ' -f1 /proc/uptime)
wait $FLOOD

"$CPX" show punt -i "$INSTANCE"
[ "$(class bgp passed)" -ge 200 ] || fail "the session was not seen as BGP"
for name in bgp arp nd; do
	[ "$(class $name policed)" -eq 0 ] || fail "$name was policed"
	[ "$(class $name queue_full)" -eq 0 ] || fail "$name found its queue full"
done
[ "$(class ip2me queue_full)" -eq 0 ] || fail "ip2me found its queue full"
# at most its rate; the flood may have been slower on a busy machine
echo "$before $after $begin $end" | awk '{ exit !($2 - $1 <= 400 * ($4 - $3) * 1.05 + 100) }' ||
	fail "ip2me passed faster than its 400 a second: $before to $after in $begin to $end s"
wait_for 5 balanced || { cat "$DIR/balance"; fail "unbalanced"; }
