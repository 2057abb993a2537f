#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# show.sh SEGMENT CPX-SHOW: tables, JSON, exit codes and messages of `cpx show`, against the
# stand-alone Python reader of the same file.
. "$(dirname "$0")/lib.sh"

expect() { # exit code, text of stderr, arguments
	wanted=$1 text=$2 code=0
	shift 2
	"$PROGRAM" "$@" >"$DIR/out" 2>"$DIR/err" || code=$?
	[ $code -eq "$wanted" ] || fail "cpx show $*: exit $code, not $wanted: $(cat "$DIR/err")"
	[ -z "$text" ] || grep -qF -- "$text" "$DIR/err" || fail "cpx show $*: no '$text' in: $(cat "$DIR/err")"
}

expect 2 'usage' # no subject
expect 2 'lanes ports' nonsense
expect 2 '--watch' lanes --watch=0
expect 2 '--color' lanes --color=blue
expect 2 'lane or reason' drops --by=port
expect 2 'only drops takes it' lanes --by=lane
expect 2 'only routes takes it' drops -4
expect 2 'only routes takes it' neighbors --source=fpm
expect 2 'only routes take a prefix' nexthops 10.0.0.0/8
expect 2 'one subject' punt 10.0.0.0/8
for subject in routes nexthops neighbors; do
	expect 2 'of a running board, once' $subject --watch
	expect 2 'of a running board, once' $subject -f "$FILE"
	expect 1 'instance not-there: no such cpx is running' $subject -i not-there
	grep -q 'Start it with: cpx run' "$DIR/err" || fail "$subject: no remedy in: $(cat "$DIR/err")"
done
expect 2 "a letter first" lanes -i 'No Name'
expect 1 'is running' lanes -i not-there
expect 1 "$DIR/nothing" lanes -f "$DIR/nothing"
expect 1 'V1' lanes -f /dev/null

writer 3
wait_for 10 published lanes || fail "nothing was published"
still() { [ "$("$PROGRAM" board -f "$FILE" --json | grep generation)" = ' "generation": 3,' ]; }
wait_for 10 still || fail "the numbers do not stand still"

for subject in lanes ports engines optics workers drops punt board; do
	expect 0 '' $subject -f "$FILE"
	cp "$DIR/out" "$DIR/$subject"
	expect 0 '' $subject -f "$FILE" # the same order, the same text every time
	cmp -s "$DIR/out" "$DIR/$subject" || fail "$subject changes while the numbers do not"
	if grep -q "$(printf '\033')" "$DIR/out"; then fail "$subject: colour without a terminal"; fi
	if grep -q ' $' "$DIR/out"; then fail "$subject: spaces at a line's end"; fi
	expect 0 '' $subject -f "$FILE" --json
	cp "$DIR/out" "$DIR/$subject.json"
done
expect 0 '' lanes -f "$FILE" --color=always
grep -q "$(printf '\033')" "$DIR/out" || fail "no colour with --color=always"
[ "$(wc -l <"$DIR/lanes")" -eq 17 ] || fail "16 lanes and a heading: $(cat "$DIR/lanes")"
grep -q '^oe0/11 *p1 *down *106 Gb/s' "$DIR/lanes" || fail "lane 11: $(cat "$DIR/lanes")"
grep -q '^p1 *up *7/8 ' "$DIR/ports" || fail "port p1: $(cat "$DIR/ports")"
grep -q '^oe0  *cpx-6.4t  *Ready  *2/2  *15/16  *-  *48.5  *p1: DPInitialized did not come  *OE-16$' \
	"$DIR/engines" || fail "engine oe0: $(cat "$DIR/engines")"
grep -q '^oe1  *oif-3.2t  *Absent  *-  *-  *-  *-  *the module does not acknowledge  *-$' "$DIR/engines" ||
	fail "engine oe1, which does not answer: $(cat "$DIR/engines")"
grep -q '^oe2  *cpc-passive  *unmanaged ' "$DIR/engines" || fail "engine oe2: $(cat "$DIR/engines")"
grep -q '^oe0-lasers  *els-8  *Ready  *-  *-  *7/8 ' "$DIR/engines" || fail "$(cat "$DIR/engines")"
lane() { # number, the rest of its line
	grep -Eq "^oe0/$1 +p[01] +$2\$" "$DIR/optics" || fail "lane $1 is not '$2': $(cat "$DIR/optics")"
}
lane 3 'Activated +1.50 +-2.28 +103.0 +19.0 +1.0e-06 +0 +240 x'
lane 5 'Activated +- +- +- +- +- +- +-' # copper
lane 6 'Activated .* 2.0e-05 +0 +12 x'
lane 7 'Activated .* 4.8e-04 +77 +over'
lane 11 'Init +dark +dark .*'
awk 'length > 80 { exit 1 }' "$DIR/optics" || fail "more than 80 columns: $(cat "$DIR/optics")"
awk 'length > 80 { exit 1 }' "$DIR/drops" "$DIR/board" "$DIR/punt" || fail "more than 80 columns"
[ "$(grep -c '^p[01] ' "$DIR/drops")" -eq 16 ] || fail "a row a lane: $(cat "$DIR/drops")"
sed -n 2p "$DIR/drops" | grep -Eq '^p1 +oe0/15 +ip\*_error +ttl_expired +48 +TTL or hop limit' ||
	fail "most of them first: $(cat "$DIR/drops")"
grep -q '^p0 .*oe0/0 .*no_route .* 3  as above$' "$DIR/drops" || fail "lane 0: $(cat "$DIR/drops")"
for subject in drops board; do
	[ "$(tail -n 1 "$DIR/$subject")" = "Nothing is missing." ] || fail "$(cat "$DIR/$subject")"
	grep -q '^In:  received 2856000 + .* = 2856000$' "$DIR/$subject" || fail "$(cat "$DIR/$subject")"
	grep -q '^Out: sent 2855592 + dropped 408 ' "$DIR/$subject" || fail "$(cat "$DIR/$subject")"
done
expect 0 '' drops -f "$FILE" --by=reason
grep -Eq '^ip\*_error +no_route +192 +no route to the destination' "$DIR/out" || fail "$(cat "$DIR/out")"
grep -Eq '^ip\*_error +ttl_expired +216 ' "$DIR/out" || fail "$(cat "$DIR/out")"
if grep -q '^p[01] ' "$DIR/out"; then fail "--by=reason shows lanes: $(cat "$DIR/out")"; fi
expect 0 '' drops -f "$FILE" --all
grep -Eq '^- +- +ip4_input +ip4_version +0 ' "$DIR/out" || fail "--all: $(cat "$DIR/out")"
grep -q '^1 .* oe0/8-15 *node 0, least loaded' "$DIR/workers" || fail "$(cat "$DIR/workers")"
grep -q '^control *2 ' "$DIR/workers" || fail "$(cat "$DIR/workers")"

grep -Eq '^bgp +routing +6000 +[1-9][0-9]* +0 +0 +BGP: TCP 179$' "$DIR/punt" || fail "$(cat "$DIR/punt")"

[ -x /usr/bin/python3 ] || skip "no python3: the JSON was not checked"
/usr/bin/python3 -B - "$DIR" "$FILE" <<'EOP' || fail "the JSON is not what the Python reader says"
import json, sys
sys.path.insert(0, __import__("os").environ["SRC"] + "/lib/telemetry")
import cpx_telemetry
directory, path = sys.argv[1:]
metrics = cpx_telemetry.Segment(path).snapshot()["metrics"]
doc = {name: json.load(open(f"{directory}/{name}.json"))
       for name in ("lanes", "ports", "engines", "optics", "workers", "drops", "punt", "board")}
for d in doc.values():
    assert d["life"] == "running" and d["board"]["instance"] == "synthetic", d
lanes = doc["lanes"]["lanes"]
assert [l["name"] for l in lanes] == metrics["lane_name"]["values"]
for key in ("receive_packets", "receive_bytes", "transmit_packets", "transmit_bytes", "icmp_errors"):
    assert [l[key] for l in lanes] == metrics["lane_" + key]["values"], key
    assert lanes[3][key] > 0 or key == "icmp_errors"
for lane, reasons in zip(lanes, metrics["lane_drop_packets"]["values"]):
    assert lane["drop_packets"] == sum(reasons.values())
    assert lane["drops"] == {k: v for k, v in reasons.items() if v}
assert [l["up"] for l in lanes] == [l["lane"] != 11 for l in lanes]
ports = {p["name"]: p for p in doc["ports"]["ports"]}
assert ports["p1"]["lanes_up"] == 7 and ports["p1"]["speed"] == 7 * 106250000000
for name, port in ports.items():
    ours = [l for l in lanes if l["port"] == name]
    assert port["receive_packets"] == sum(l["receive_packets"] for l in ours)
    assert port["lane_names"] == [l["name"] for l in ours]
engines = doc["engines"]["engines"]
assert [e["name"] for e in engines] == metrics["engine_name"]["values"] == ["oe0", "oe1", "oe2", "oe0-lasers"]
assert engines[0]["lanes"] == 16 and engines[0]["lanes_up"] == 15 and engines[0]["ports"] == 2
near = lambda a, b: a is b is None or abs(a - b) <= 1e-11 * abs(b)
for name, m in metrics.items():
    key = name.removeprefix("engine_")
    if m["scope"] != "engine" or key == name:
        continue
    for e, v in zip(engines, m["values"]):
        assert near(e[key], v) if m["kind"] == "gauge_f64" else e[key] == (v if v != "" else None), (name, e, v)
assert engines[0]["source"] == "oe0-lasers" and engines[0]["lasers"] is None and engines[3]["lasers_on"] == 7
for key in ("module_state", "vendor", "part", "temperature_celsius"):
    assert engines[0][key] is not None and engines[1][key] is None and engines[2][key] is None, key
assert engines[1]["reason"] == "nack" and engines[1]["nacks"] == 200 and engines[2]["nacks"] is None
assert engines[0]["trouble"] == "p1: DPInitialized did not come" and engines[3]["trouble"] is None
optics = doc["optics"]["optics"]
assert [o["name"] for o in optics] == metrics["lane_name"]["values"]
for key in ("dp_state", "path", "reason", "tx_power_dbm", "rx_power_dbm", "tx_bias_ma", "snr_db", "pre_fec_ber"):
    for o, l, v in zip(optics, lanes, metrics["lane_" + key]["values"]):
        assert o[key] == l[key] and (o[key] == v if isinstance(v, str) else near(o[key], v)), (key, o, v)
for o, bins in zip(optics, metrics["lane_fec_codewords"]["values"]):
    if o["lane"] == 5: # copper: nothing is known, and nothing is 0
        assert set(bins.values()) == {None}
        for key in ("tx_power_dbm", "rx_power_dbm", "tx_bias_ma", "snr_db", "pre_fec_ber", "ber_margin",
                    "fec_codewords", "uncorrectable_codewords"):
            assert o[key] is None, key
    else:
        assert o["fec_codewords"] == {k: v for k, v in bins.items() if v}
        assert o["uncorrectable_codewords"] == bins["uncorrectable"] == (77 if o["lane"] == 7 else 0)
        assert near(o["ber_margin"], 2.4e-4 / o["pre_fec_ber"])
drops = {d["reason"]: d["packets"] for d in doc["drops"]["drops"]}
assert list(drops) == list(metrics["lane_drop_packets"]["values"][0])
assert sum(drops.values()) == sum(l["drop_packets"] for l in lanes) > 0
for d in doc["drops"]["drops"]:
    assert sum(d["lanes"].values()) == sum(w["packets"] for w in d["where"]) == d["packets"], d
    assert [w["lane"] for w in d["where"]] == list(d["lanes"]) and d["node"] and d["help"], d
    assert all(w["port"] == next(l["port"] for l in lanes if l["name"] == w["lane"]) for w in d["where"]), d
balance = doc["board"]["board"]["balance"]
assert balance["drop_packets"] == sum(drops.values()) and balance["on_their_way"] == 0, balance
assert balance["receive_packets"] == sum(l["receive_packets"] for l in lanes), balance
punt = {p["class"]: p for p in doc["punt"]["punt"]}
assert list(punt) == list(metrics["punt_packets"]["values"][0]), punt
bgp, arp = punt["bgp"], punt["arp"]
assert bgp["queue"] == "routing" and bgp["rate"] == 6000 and bgp["policed"] == bgp["queue_full"] == 0, bgp
assert bgp["passed"] * 3 == arp["policed"] * 2 > 0 and arp["passed"] == 0, (bgp, arp)
workers = doc["workers"]["workers"]
assert [w["role"] for w in workers] == ["worker", "worker", "control"]
assert workers[0]["busy_percent"] == 75 and workers[2]["busy_percent"] is None
EOP

# A board that was killed: its last values and exit 1; the next one is followed.
"$PROGRAM" lanes -f "$FILE" --json --watch=0.1 >"$DIR/watch" 2>"$DIR/notes" &
watcher=$!
no_writer KILL
expect 1 'killed' lanes -f "$FILE"
grep -q '^oe0/11 ' "$DIR/out" || fail "the last values are not shown"
writer
wait_for 10 grep -q "\"pid\":$WRITER" "$DIR/watch" || fail "--watch does not follow a new board"
kill $watcher
no_writer TERM
expect 1 'stopped cleanly' ports -f "$FILE"
