#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# engines.sh: a board of emulated engines comes up, and `cpx show engines` and `optics` say so: two
# oif-3.2t on fibers with all lanes Activated and plausible light, copper that has no light rather than
# 0, and an engine that is fed by lasers of its own. An engine that is pulled out is shown as absent,
# its lanes as down, and nothing is known of either; it comes back.
. "$(dirname "$0")/lib.sh"
namespace r

cat >"$DIR/cpx.yaml" <<-EOF
	instance: $INSTANCE
	memory: {hugepages: false}
	workers: {count: 1}
	engines:
	  oe0: {profile: oif-3.2t}
	  oe1: {profile: oif-3.2t, serve: $DIR/oe1}
	  oe2: {profile: cpx-6.4t}
	  cu0: {profile: cpc-passive}
	ports:
	  a0: {lanes: oe0/0-7, carrier: "fiber:f0"}
	  a1: {lanes: oe0/8-15, carrier: "fiber:f1"}
	  a2: {lanes: oe0/16-23, carrier: "fiber:f2"}
	  a3: {lanes: oe0/24-31, carrier: "fiber:f3"}
	  b0: {lanes: oe1/0-7, carrier: "fiber:f0"}
	  b1: {lanes: oe1/8-15, carrier: "fiber:f1"}
	  b2: {lanes: oe1/16-23, carrier: "fiber:f2"}
	  b3: {lanes: oe1/24-31, carrier: "fiber:f3"}
	  l0: {lanes: oe2/0-7, carrier: loop}
	  c0: {lanes: cu0/0-7, carrier: "fiber:copper"}
	  c1: {lanes: cu0/8-15, carrier: "fiber:copper"}
EOF
start_cpx

says() { # subject, Python over the document d
	"$CPX" show "$1" -i "$INSTANCE" --json >"$DIR/$1.json" && [ "$(json "($2)" "$DIR/$1.json")" = True ]
}
must() {
	says "$@" || {
		"$CPX" show engines -i "$INSTANCE" || :
		"$CPX" show optics -i "$INSTANCE" || :
		fail "$1: not $2"
	}
}
wait_says() {
	seconds=$1
	shift
	wait_for "$seconds" says "$@" || must "$@"
}

wait_says 60 engines 'all(e["state"] == "Ready" and e["lanes_up"] in (e["lanes"], None) for e in d["engines"])'
must engines '[(e["name"], e["kind"], e["lanes"]) for e in d["engines"]] == [("oe0", "oif-3.2t", 32),
	("oe1", "oif-3.2t", 32), ("oe2", "cpx-6.4t", 8), ("cu0", "cpc-passive", 16), ("oe2-lasers", "els-8", 0)]'
must engines 'all(e["management"] == "emulated" and e["trouble"] is None and e["reason"] == "none" and
	e["part"] and e["serial"] and e["reads"] > 0 and e["steps"] > 0 for e in d["engines"])'
must engines 'all(10 < e["temperature_celsius"] < 70 and 3 < e["vcc_volts"] < 3.6 and
	e["module_state"] == "ModuleReady" for e in d["engines"] if e["name"] != "cu0")'
must engines 'd["engines"][2]["source"] == "oe2-lasers" and
	d["engines"][4]["lasers"] == d["engines"][4]["lasers_on"] == 8'

# Light, some time after the lanes came up: monitors are read once a second.
wait_says 20 optics 'all(o["up"] and o["dp_state"] == "Activated" and o["path"] == "up" and
	-5 < o["tx_power_dbm"] < 6 and -8 < o["rx_power_dbm"] < 6 and 10 < o["tx_bias_ma"] < 500 and
	o["rx_power_dbm"] < o["tx_power_dbm"] + 1 and 12 < o["snr_db"] < 40 and 0 <= o["pre_fec_ber"] < 2.4e-4 and
	(o["ber_margin"] is None or o["ber_margin"] > 1) and o["uncorrectable_codewords"] == 0 and
	o["fec_codewords"]["0"] > 1000000 for o in d["optics"] if o["port"][0] in "ab")'
codewords() { json 'sum(o["fec_codewords"]["0"] for o in d["optics"] if o["fec_codewords"])' "$DIR/optics.json"; }
before=$(codewords)
grow() { must optics True && [ "$(codewords)" -gt "$before" ]; }
wait_for 5 grow || fail "codewords stand still at $before"

# Copper: it carries, and there is no light that could be 0.
must optics 'all(o["up"] and o["dp_state"] == "Activated" and all(o[key] is None for key in ("tx_power_dbm",
	"rx_power_dbm", "tx_bias_ma", "snr_db", "pre_fec_ber", "ber_margin"))
	for o in d["optics"] if o["port"][0] == "c")'
must engines 'd["engines"][3]["module_state"] is None and d["engines"][3]["vcc_volts"] is None'
"$CPX" show engines -i "$INSTANCE" >"$DIR/table"
awk 'length > 80 { exit 1 }' "$DIR/table" || fail "more than 80 columns: $(cat "$DIR/table")"

# One lane in the dark: it alone is down, and its port is not.
in_ns r "$CPX" engine inject "$DIR/oe1" rx-drop --value 50 --lane 3 || fail "oe1/3 can not be darkened"
wait_says 10 optics '[(o["name"], o["rx_power_dbm"]) for o in d["optics"] if not o["up"]] == [("oe1/3", -40)]'
must engines '[(e["lanes_up"], e["ports_up"]) for e in d["engines"] if e["name"] == "oe1"] == [(31, 4)]'
in_ns r "$CPX" engine inject "$DIR/oe1" rx-drop --off || fail "oe1/3 can not be lit"
wait_says 10 optics 'all(o["up"] for o in d["optics"])'

in_ns r "$CPX" engine inject "$DIR/oe1" removed || fail "oe1 can not be pulled out"
wait_says 10 engines '[(e["state"], e["lanes_up"], e["part"], e["temperature_celsius"])
	for e in d["engines"] if e["name"] == "oe1"] == [("Absent", 0, None, None)]'
must optics 'all(not o["up"] and o["dp_state"] is None and o["rx_power_dbm"] is None and o["reason"] == "absent"
	for o in d["optics"] if o["port"][0] == "b")'
wait_says 10 optics 'all(not o["up"] and o["rx_power_dbm"] <= -39 for o in d["optics"] if o["port"][0] == "a")'
"$CPX" show engines -i "$INSTANCE" | grep -q '^oe1 .*Absent .*no module answers' || fail "oe1 is not told as absent"
in_ns r "$CPX" engine inject "$DIR/oe1" removed --off || fail "oe1 can not be put in"
wait_says 60 optics 'all(o["up"] for o in d["optics"])'
must engines '[e["removals"] for e in d["engines"]] == [0, 1, 0, 0, 0]'
