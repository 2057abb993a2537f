#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# cpx engine on a running board, as an operator uses it: two engines joined by a fiber, read, broken
# and healed, tested with patterns, looped, taken down and up, put to sleep and reset; after each,
# cpx show and cpx engine show tell what became of it. A second board has an engine of the same name.
. "$(dirname "$0")/lib.sh"
unset CPX_INSTANCE
SECOND=$INSTANCE-b
LATE=20 # seconds, for what managers do on their own time

engine() { # arguments of cpx engine: must end with 0, output in $DIR/out
	"$CPX" engine "$@" >"$DIR/out" 2>"$DIR/err" || fail "cpx engine $*: $? $(cat "$DIR/err")"
}

refused() { # exit code, text of stderr, arguments of cpx engine
	wanted=$1 text=$2 code=0
	shift 2
	"$CPX" engine "$@" >"$DIR/out" 2>"$DIR/err" || code=$?
	[ $code -eq "$wanted" ] || fail "cpx engine $*: exit $code, not $wanted: $(cat "$DIR/err")"
	grep -qF -- "$text" "$DIR/err" || fail "cpx engine $*: no '$text' in: $(cat "$DIR/err")"
}

says() { # what the last one printed
	grep -q -- "$1" "$DIR/out" || fail "no '$1' in: $(cat "$DIR/out")"
}

holds() { # Python over the document of a command: EXPRESSION cpx arguments …
	expression=$1
	shift
	"$CPX" "$@" --json >"$DIR/doc.json" 2>"$DIR/err" && [ "$(json "$expression" "$DIR/doc.json")" = True ]
}

becomes() { # the same, until it holds
	wait_for $LATE holds "$@" || fail "never '$1' in cpx $2 $3 …: $(head -c 3000 "$DIR/doc.json")"
}

lanes_up() { # port, how many
	becomes "[p['lanes_up'] for p in d['ports'] if p['name'] == '$1'] == [$2]" show ports -i "$INSTANCE"
}

alarms() { # Python over the list a of (alarm, device, lanes of it)
	becomes "(lambda a: $1)([(x['alarm'], x['device'], sum((l['lanes'] for l in x['lanes']), [])) for x in d['alarms']])" \
		engine alarms -i "$INSTANCE"
}

states() { # engine, state of lanes 0 to 7
	becomes "{l['state'] for l in d['lanes'][:8]} == {'$2'}" engine show "$1" -i "$INSTANCE"
}

start_second() {
	ip netns exec "$NS-r" "$CPX" run -c "$DIR/second.yaml" >>"$DIR/cpx.log" 2>&1 &
	SECOND_PID=$!
	wait_for 30 "$CPX" show ports -i "$SECOND" --json || fail "the second board did not come up"
}

stop_second() {
	kill -TERM "$SECOND_PID"
	wait "$SECOND_PID" || fail "the second board ended with $?"
}

namespace r
cat >"$DIR/cpx.yaml" <<END
instance: $INSTANCE
memory: {hugepages: false}
workers: {count: 1}
engines:
  a$$: {profile: oif-3.2t}
  b$$: {profile: oif-3.2t}
ports:
  p0: {lanes: a$$/0-7, carrier: "fiber:x"}
  p1: {lanes: b$$/0-7, carrier: "fiber:x"}
END
A=a$$ B=b$$
start_cpx
lanes_up p0 8
lanes_up p1 8

# found by name, read through the manager
engine list
says "^$A *CPO *OIF-3.2T-DR8 *$A *ModuleReady *board $INSTANCE$"
engine show "$B"
says "^$B/7 *0/8 *Activated "
states "$A" Activated
engine dump "$A" --page 11h --fields
says '^128  DPState  *Activated Activated '
refused 1 'banks 0 to 3' dump "$A" --page 11h --bank 5
refused 1 "instance nobody$$: no such cpx" show "$A" -i "nobody$$"
refused 1 "manages none of this name" show nothing$$ -i "$INSTANCE"
refused 1 'its lanes are numbers from 0 to 31' down "$A/32"
refused 1 'pattern "PRBS99"' prbs "$A" start --pattern PRBS99
refused 1 'not within' inject "$A" rx-drop --value 1000

# a fault of the fiber, from alarm to alarm's end
alarms "a == []" # both saw a dark far end while that came up
engine alarms -i "$INSTANCE"
says '^no alarms$'
engine inject "$A" rx-drop --value 20 --lane 3
alarms "a == [('rx_los', '$A', [3])]"
holds "0 <= d['alarms'][0]['age_s'] < 60 and 'no light' in d['alarms'][0]['text']" engine alarms -i "$INSTANCE" ||
	fail "age or text: $(cat "$DIR/doc.json")"
engine alarms -i "$INSTANCE"
says "^major *$A *$A/3 *[0-9]* s *$A/3: no light received"
lanes_up p0 7
becomes "-40 <= d['lanes'][3]['rx_dbm'] < -15 < d['lanes'][4]['rx_dbm']" engine show "$A"
engine inject "$A" --off
alarms "a == []"
lanes_up p0 8

# flags that dump reads are counted: the manager raises the alarm all the same
engine inject "$A" rx-drop --value 20 --lane 5
engine dump "$A" --page 11h --hex
alarms "a == [('rx_los', '$A', [5])]"
engine inject "$A" rx-drop --off
alarms "a == []"

# test patterns over the fiber: no frames, errors are counted at the other end
engine prbs "$A/0-7" start
says "^$A/0-7: asked for: test patterns .*cpx show engines"
engine prbs "$B/0-7" start --json
becomes "all(l['locked'] and l['bits'] > 0 for l in d['lanes']) and len(d['lanes']) == 8" engine prbs "$B/0-7" show
holds "all(l['generates'] == l['checks'] == 'PRBS31Q' for l in d['lanes']) and d['board'] == '$INSTANCE'" \
	engine prbs "$A/0-7" show || fail "patterns: $(cat "$DIR/doc.json")"
becomes "all((l['ber_limit'] is None) == (l['errors'] > 0) for l in d['lanes'])" engine prbs "$B/0-7" show
engine prbs "$B/2" show
says "^$B/2  *PRBS31Q  *PRBS31Q  *yes  *[1-9]"
lanes_up p0 0
engine prbs "$A" stop
engine prbs "$B" stop
lanes_up p0 8
becomes "all(l['checks'] is None and l['locked'] is None and l['bits'] is None for l in d['lanes'])" engine prbs "$A/0-7" show
engine prbs "$A/4" start --generate --side host --pattern PRBS13Q
becomes "(d['lanes'][0]['generates'], d['lanes'][0]['checks']) == ('PRBS13Q', None)" engine prbs "$A/4" show --side host
engine prbs "$A/4" stop --side host

# loopback: the fiber's signal goes back, so it brings no frames
engine loopback "$A/0-7" media-input
looped() { "$CPX" engine dump "$A" --page 13h --fields | grep -q "^181  LoopbackMediaInput  *$1 $1 $1"; }
wait_for $LATE looped 1 || fail "no loopback in the registers"
lanes_up p0 0
engine loopback "$A" off
wait_for $LATE looped 0 || fail "the loopback stays"
lanes_up p0 8

# down and up: all lanes of a port, some of them
engine down "$A/0-7"
lanes_up p0 0
states "$A" Deactivated
engine up "$A"
lanes_up p0 8
engine down "$B/6-7" --json
[ "$(json "d['lanes'] == [6, 7] and d['verb'] == 'engine-down' and d['ok']" "$DIR/out")" = True ] || fail "$(cat "$DIR/out")"
lanes_up p1 6
states "$B" Activated
engine up "$B/6-7"
lanes_up p1 8

# low power, reset
engine lowpower "$B" on
becomes "d['module_state'] == 'ModuleLowPwr'" engine show "$B"
lanes_up p1 0
engine lowpower "$B" off
becomes "d['module_state'] == 'ModuleReady'" engine show "$B"
lanes_up p1 8
engine reset "$A"
becomes "[e['resets_done'] for e in d['engines'] if e['name'] == '$A'] == [1]" show engines -i "$INSTANCE"
lanes_up p0 8
states "$A" Activated

# another board with an engine of this name: which one is meant must be said
sed "s/^instance: .*/instance: $SECOND/; s/$B/c$$/" "$DIR/cpx.yaml" >"$DIR/second.yaml"
start_second
refused 1 "several boards have one of this name: " show "$A"
grep -q "$INSTANCE.*$SECOND\|$SECOND.*$INSTANCE" "$DIR/err" || fail "which boards? $(cat "$DIR/err")"
refused 1 '-i INSTANCE' down "$A"
becomes "d['module_state'] == 'ModuleReady'" engine show "c$$"
engine down "$A" -i "$SECOND"
becomes "[p['lanes_up'] for p in d['ports'] if p['name'] == 'p0'] == [0]" show ports -i "$SECOND"
lanes_up p0 8
CPX_INSTANCE=$INSTANCE "$CPX" engine show "$A" >/dev/null || fail "\$CPX_INSTANCE does not choose"
stop_second
engine show "$A"

# one that is only served has no owner
printf 'engines: {s%s: {profile: oif-3.2t, socket: %s/s%s}}\n' $$ "$DIR" $$ >"$DIR/alone.yaml"
CPX_ENGINES=$DIR "$CPX" engine emulate -c "$DIR/alone.yaml" >"$DIR/alone" 2>&1 &
wait_for 10 grep -q . "$DIR/alone" || fail "nothing is emulated"
CPX_ENGINES=$DIR refused 1 "no running board of yours manages it" reset s$$
kill -TERM $!
kill -TERM "$CPX_PID"
wait "$CPX_PID" || fail "cpx run ended with $?"
