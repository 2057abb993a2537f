#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# apply.sh CARRIER: routes, addresses, VLANs, MTU, ports and settings of a running board change by
# `cpx apply` and SIGHUP while two hosts ping each other and lose nothing; what would change is said
# as written here; bad files are refused with their place and change nothing; what `cpx save` writes
# is what runs.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board "$1"
cat >>"$DIR/cpx.yaml" <<EOF
  q0: {lanes: oe0/16-17, carrier: "fiber:q", addresses: [10.0.8.1/24]}
  q1: {lanes: oe0/24-25, carrier: "fiber:q", addresses: [10.0.9.1/24]}
EOF
cp "$DIR/cpx.yaml" "$DIR/old.yaml"
sed -e 's|addresses: \[10.0.2.1/24, |addresses: [10.0.2.1/24, 10.7.0.1/24, |' \
	-e 's|lanes: oe0/8$|lanes: oe0/8\n    vlans: {100: {addresses: [10.100.0.1/24]}}|' \
	-e '/^  q0:/d; /^  q1:/d' "$DIR/old.yaml" >"$DIR/new.yaml"
sed -i '0,/mtu: 1500/s//mtu: 1400/' "$DIR/new.yaml"
cat >>"$DIR/new.yaml" <<EOF
  q2: {lanes: oe0/24, carrier: loop, mtu: 1300, addresses: [10.0.9.1/24]}
routes:
  - {to: 10.60.0.0/16, via: 10.0.2.2}
  - {to: 10.61.0.0/16, type: blackhole}
neighbors:
  - {ip: 10.7.0.9, mac: "02:00:00:00:00:09"}
arp: {age: 60}
telemetry: {period: 10}
EOF
start_cpx
apply() { "$CPX" apply "$@" >"$DIR/out" 2>"$DIR/err"; }
does() {
	apply "$@" || fail "apply $*: $(cat "$DIR/out" "$DIR/err")"
}
says() { # exactly this
	[ "$(cat "$DIR/out")" = "$1" ] || fail "it says: $(cat "$DIR/out")"
}
refused() { # exit code, text of stderr, arguments
	want=$1 text=$2 code=0
	shift 2
	apply "$@" || code=$?
	[ $code -eq "$want" ] || fail "apply $* ended with $code: $(cat "$DIR/out" "$DIR/err")"
	grep -qF -- "$text" "$DIR/err" || fail "apply $*: no '$text' in: $(cat "$DIR/err")"
}
saved() { "$CPX" save -i "$INSTANCE" "$@" || fail "save $*"; }
runs() { # file
	does --diff "$1"
	[ ! -s "$DIR/out" ]
}

lossless h1 5 10.0.2.2 -i 0.1
lossless h1 5 2001:db8:2::2 -i 0.1
lossless h1 500 10.0.2.2 -i 0.02 &
pings=$!

runs "$DIR/old.yaml" || fail "it does not run its own file: $(cat "$DIR/out")"
does --diff "$DIR/new.yaml"
says '~ arp.age 300 -> 60
~ telemetry.period 100 -> 10
- port q0
- port q1
~ port p0 mtu 1500 -> 1400
+ port q2 lanes oe0/24 carrier loop mtu 1300
+ VLAN 100 on p1
- address 10.0.8.1/24 on q0
- address 10.0.9.1/24 on q1
+ address 10.7.0.1/24 on p1
+ address 10.0.9.1/24 on q2
+ address 10.100.0.1/24 on p1 VLAN 100
+ neighbor 10.7.0.9 on p1 mac 02:00:00:00:00:09
+ route 10.60.0.0/16 via 10.0.2.2 on p1
+ route 10.61.0.0/16 blackhole'
does --check "$DIR/new.yaml"
says "$DIR/new.yaml: can be applied, 15 changes"
runs "$DIR/old.yaml" || fail "--check or --diff has changed something: $(cat "$DIR/out")"
does "$DIR/new.yaml"
says "$DIR/new.yaml: applied, 15 changes"
does "$DIR/new.yaml"
says "$DIR/new.yaml: nothing to do, the board runs it"
in_ns h2 ip addr add 10.60.0.1/32 dev lo
in_ns h2 ip addr add 10.7.0.2/24 dev eth0
for to in 10.60.0.1 10.7.0.2 10.7.0.1 10.0.9.1 10.100.0.1; do
	in_ns h1 ping -n -c 2 -w 5 "$to" >"$DIR/one" 2>&1 || fail "no $to: $(cat "$DIR/one")"
done

saved "$DIR/saved.yaml"
runs "$DIR/saved.yaml" || fail "what was saved differs: $(cat "$DIR/out")"
saved >"$DIR/saved2.yaml"
cmp "$DIR/saved.yaml" "$DIR/saved2.yaml" || fail "saved twice, two files"
"$CPX" check "$DIR/saved.yaml" >/dev/null || fail "what was saved is no good file"

for bad in '  p9: {lanes: oe0/77, carrier: loop}' 'routes: [{to: 1.2.3.4/33, via: 10.0.2.2}]' 'x: 1' '['; do
	{ cat "$DIR/old.yaml"; echo "$bad"; } >"$DIR/bad.yaml"
	refused 2 "$DIR/bad.yaml:" "$DIR/bad.yaml"
	grep -q 'bad.yaml:[0-9]*:[0-9]*: ' "$DIR/err" || fail "no place: $(cat "$DIR/err")"
done
refused 2 'cannot be read' "$DIR/none.yaml"
sed 's/oif-3.2t/cpx-6.4t/' "$DIR/new.yaml" >"$DIR/bad.yaml"
refused 1 'engine oe0 profile oif-3.2t -> cpx-6.4t: engines are opened when the board starts' "$DIR/bad.yaml"
sed 's/oe0\/24,/oe0\/31,/' "$DIR/new.yaml" >"$DIR/bad.yaml"
refused 1 'lane oe0/31 was in no port' "$DIR/bad.yaml"
refused 1 "no-$INSTANCE" "$DIR/new.yaml" -i "no-$INSTANCE"
runs "$DIR/new.yaml" || fail "a refused file has changed something: $(cat "$DIR/out")"

# SIGHUP reads its file again; a bad one changes nothing
echo 'x: 1' >>"$DIR/cpx.yaml"
kill -HUP "$CPX_PID"
wait_for 10 grep -q 'cpx.yaml:.*unknown key "x"' "$DIR/cpx.log" || fail "SIGHUP of a bad file"
runs "$DIR/new.yaml" || fail "a bad file at SIGHUP has changed something: $(cat "$DIR/out")"
cp "$DIR/old.yaml" "$DIR/cpx.yaml"
kill -HUP "$CPX_PID"
wait_for 10 runs "$DIR/old.yaml" || fail "SIGHUP: $(cat "$DIR/out")"

# two at once, and one that dies somewhere: the board runs one of the files, not half of each
for round in 1 2 3 4 5; do
	"$CPX" apply "$DIR/new.yaml" >"$DIR/one" 2>&1 &
	one=$!
	timeout -s KILL 0.0$round "$CPX" apply "$DIR/new.yaml" >/dev/null 2>&1 || :
	does "$DIR/old.yaml"
	wait $one || fail "one of two: $(cat "$DIR/one")"
	runs "$DIR/old.yaml" || runs "$DIR/new.yaml" || fail "half of each: $(cat "$DIR/out")"
done
does "$DIR/old.yaml"

wait $pings || fail "packets between the hosts were lost: $(cat "$DIR/ping")"
lossless h1 5 2001:db8:2::2 -i 0.1
wait_for 5 balanced || fail "packets are missing: $(cat "$DIR/balance")"
kill -TERM "$CPX_PID"
code=0
wait "$CPX_PID" || code=$?
[ $code -eq 0 ] || fail "SIGTERM: exit code $code"
