#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# stop.sh CARRIER: SIGTERM under traffic ends cpx with 0 within two seconds; after kill -9 it starts
# again with nothing cleaned by hand; a second instance of the same name is refused, naming the pid.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board "$1"
start_cpx
ip netns exec "$NS-h1" ping -n -i 0.005 10.0.2.2 >"$DIR/ping" 2>&1 &

if in_ns r "$CPX" run -c "$DIR/cpx.yaml" >"$DIR/second" 2>&1; then
	fail "a second instance started"
fi
grep -qw "$CPX_PID" "$DIR/second" ||
	fail "the second instance does not name the pid $CPX_PID: $(cat "$DIR/second")"
forwards() { in_ns h2 ping -n -q -c 1 -W 1 10.0.1.2; }
wait_for 5 forwards || fail "the first instance suffered from the second"

kill -TERM "$CPX_PID"
wait_for 2 gone "$CPX_PID" || fail "still there 2 s after SIGTERM"
code=0
wait "$CPX_PID" || code=$?
[ $code -eq 0 ] || fail "SIGTERM: exit code $code"

for round in 1 2; do
	start_cpx
	wait_for 20 forwards || fail "round $round: does not forward after the start"
	kill -9 "$CPX_PID"
	wait "$CPX_PID" || :
done
start_cpx
wait_for 20 forwards || fail "does not forward after kill -9 and restart"
kill -INT "$CPX_PID"
wait "$CPX_PID" || fail "SIGINT: exit code $?"
