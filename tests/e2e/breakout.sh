#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# breakout.sh CARRIER: banks of a running board are cut and made whole again by `cpx engine breakout`
# while two hosts ping each other through other banks and lose nothing; what cannot be done is said
# and changes nothing; garbage on the control socket does no harm.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board "$1"
cat >>"$DIR/cpx.yaml" <<EOF
  q0: {lanes: oe0/16-23, carrier: "fiber:q", addresses: [10.0.8.1/24]}
  q1: {lanes: oe0/24-31, carrier: "fiber:q", addresses: [10.0.9.1/24]}
EOF
start_cpx
breakout() { "$CPX" engine breakout "$@" -i "$INSTANCE" >"$DIR/out" 2>"$DIR/err"; }
cut() {
	breakout "$@" || fail "breakout $*: $(cat "$DIR/err")"
}
refused() { # text of stderr, arguments
	text=$1 code=0
	shift
	breakout "$@" || code=$?
	[ $code -eq 1 ] || fail "breakout $* ended with $code: $(cat "$DIR/out" "$DIR/err")"
	grep -qF -- "$text" "$DIR/err" || fail "breakout $*: no '$text' in: $(cat "$DIR/err")"
}
ports() { # "name:lanes up/lanes …" of every port
	"$CPX" show ports -i "$INSTANCE" --json >"$DIR/ports.json"
	json "' '.join('%s:%s/%s' % (p['name'], p['lanes_up'], p['lanes']) for p in d['ports'])" "$DIR/ports.json"
}
are() { # their engine takes a moment to bring them up
	for _ in $(seq 100); do
		now=$(ports)
		[ "$now" = "$1" ] && return
		sleep 0.1
	done
	fail "ports are $now, not $1"
}

lossless h1 5 10.0.2.2 -i 0.1
are 'p0:1/1 p1:1/1 q0:8/8 q1:8/8'
lossless h1 400 10.0.2.2 -i 0.02 &
pings=$!

cut oe0/2 2x400G
[ "$(cat "$DIR/out")" = 'removed  q0           oe0/16-23
made     q0           oe0/16-19
made     q0-2         oe0/20-23' ] || fail "it says: $(cat "$DIR/out")"
cut oe0/3 2x400G --json
[ "$(json "(d['ok'], [p['port'] + ' ' + p['lanes'] for p in d['made']], len(d['kept']))" "$DIR/out")" = \
	"(True, ['q1 oe0/24-27', 'q1-2 oe0/28-31'], 0)" ] || fail "it says: $(cat "$DIR/out")"
are 'p0:1/1 p1:1/1 q0:4/4 q0-2:4/4 q1:4/4 q1-2:4/4' # joined piece by piece
cut oe0/3 1x400G+4x100G
grep -q '^kept  *q1  *oe0/24-27$' "$DIR/out" || fail "q1 was not kept: $(cat "$DIR/out")"
"$CPX" show lanes -i "$INSTANCE" --json >"$DIR/lanes.json"
[ "$(json "[(l['port'], l['carrier']) for l in d['lanes'] if l['name'] == 'oe0/31']" "$DIR/lanes.json")" = \
	"[('q1-5', 'fiber:q-5')]" ] || fail "lane 31: $(cat "$DIR/lanes.json")"
for shape in 8x100G 1x200G 4x200G 2x400G 8x100G 1x800G 8x100G; do
	cut oe0/2 $shape
	cut oe0/3 $shape
done
cut oe0/2 8x100G
grep -q 'nothing to do' "$DIR/out" || fail "it says: $(cat "$DIR/out")"

all='p0:1/1 p1:1/1'
for port in q0 q1; do
	for piece in '' -2 -3 -4 -5 -6 -7 -8; do
		all="$all $port$piece:1/1"
	done
done
are "$all"
before=$(ports)
refused 'no engine "oe1"' oe1/0 2x400G
refused 'only 0 to 3' oe0/4 2x400G
refused '12 lanes' oe0/2 3x400G
refused 'wide ports first' oe0/2 1x100G+1x400G
refused 'lane oe0/1 is in no port' oe0/0 1x200G
for bad in 'oe0' 'oe0/' 'oe0/x 2x400G' 'oe0/0' '/0 2x400G' 'oe0/0 2x400G more'; do
	code=0
	# shellcheck disable=SC2086 # words
	breakout $bad || code=$?
	[ $code -eq 2 ] || fail "breakout $bad ended with $code"
done
code=0
"$CPX" engine breakout oe0/0 1x800G -i "no-$INSTANCE" >"$DIR/out" 2>"$DIR/err" || code=$?
[ $code -eq 1 ] && grep -q "no-$INSTANCE" "$DIR/err" || fail "no such instance: $(cat "$DIR/err")"
are "$before"

/usr/bin/python3 - "/run/cpx/$INSTANCE/control" <<'EOF' || fail "the control socket"
import json, os, random, socket, sys
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])          # blocks while the crowd's requests are read; no time limit does
    s.settimeout(10)
    return s
assert os.stat(sys.argv[1]).st_mode & 0o777 == 0o600
random.seed(3)
crowd = [connect() for _ in range(30)]
for s in crowd:
    try:
        s.send(random.randbytes(random.randint(1, 70000)))
    except OSError:
        pass
for s in crowd:
    s.close()
s = connect()
def ask(text):
    s.send(text.encode())
    return json.loads(s.recv(65536))
assert ask('{"verb": "ports"')["ok"] is False
assert ask("[" * 60000)["code"] == 22
assert ask('{"verb": "port"}')["code"] == 2
assert {"ports", "breakout"} <= {v["verb"] for v in ask('{"verb": "help"}')["verbs"]}
ports = {p["port"]: p for p in ask('{"verb": "ports"}')["ports"]}
assert len(ports) == 18, ports
assert ports["q0-3"]["piece_of"] == "q0" and ports["q0"]["piece_of"] is None
assert ports["q0-3"]["lanes"] == "oe0/18" and ports["q0-3"]["up"] is True
EOF

cut oe0/2 1x800G
cut oe0/3 1x800G
are 'p0:1/1 p1:1/1 q0:8/8 q1:8/8'
wait $pings || fail "packets between the hosts were lost: $(cat "$DIR/ping")"
wait_for 5 balanced || fail "packets are missing: $(cat "$DIR/balance")"
kill -TERM "$CPX_PID"
code=0
wait "$CPX_PID" || code=$?
[ $code -eq 0 ] || fail "SIGTERM: exit code $code"
[ ! -e "/run/cpx/$INSTANCE/control" ] || fail "the control socket is left"
refused 'no cpx run of that name' oe0/0 1x800G
