#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ethtool.sh SEGMENT CPX-ENGINE: Debian's ethtool, unmodified, decodes an emulated engine, and says
# the same as cpx engine show does, all lanes up; and cpx engine by its own ethtool transport says
# the same again. The kernel's netlink is played by ethtool_shim.c, and time stands still meanwhile.
. "$(dirname "$0")/lib.sh"
ethtool=$(PATH=$PATH:/usr/sbin:/sbin command -v ethtool) || skip "ethtool is missing: apt-get install ethtool"
[ -x /usr/bin/python3 ] || skip "python3 is missing: apt-get install python3"
export CPX_ENGINES="$DIR/engines" CPX_SHIM_ENGINE="$DIR/engines/oe0" CPX_STILL="$DIR/still"
export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}" # ours come first, and may

printf 'engines:\n  oe0: {profile: oif-3.2t, identifier: qsfp-dd, serial: CPX-TEST-7}\n' >"$DIR/e.yaml"
LD_PRELOAD=$STILL "$PROGRAM" emulate -c "$DIR/e.yaml" >"$DIR/ready" &
WRITER=$!
wait_for 10 grep -q . "$DIR/ready" || fail "nothing is served"
"$BRING_UP" "$CPX_SHIM_ENGINE" 2>"$DIR/events" || fail "lanes do not come up: $(cat "$DIR/events")"

by_ethtool() { LD_PRELOAD=$SHIM "$ethtool" "$@" 2>"$DIR/err"; }
by_kernel() { LD_PRELOAD=$SHIM "$PROGRAM" "$@" 2>"$DIR/err"; }

same() { # what is looked at
	touch "$CPX_STILL"
	sleep 0.2 # a tick that has begun
	"$PROGRAM" show oe0 --json >"$DIR/ours.json" || fail "$1: cpx engine show"
	by_ethtool -m lo >"$DIR/theirs" || fail "$1: ethtool -m: $(cat "$DIR/err")"
	by_kernel show ethtool:lo --json >"$DIR/kernel.json" || fail "$1: ethtool:lo: $(cat "$DIR/err")"
	sed -i 's/"engine": "ethtool:lo"/"engine": "oe0"/' "$DIR/kernel.json"
	cmp "$DIR/ours.json" "$DIR/kernel.json" || fail "$1: cpx engine show ethtool:lo says otherwise"
	/usr/bin/python3 -B - "$DIR/ours.json" "$DIR/theirs" <<-'EOP' || fail "$1: ethtool -m says otherwise"
		import json, re, sys
		ours = json.load(open(sys.argv[1]))
		theirs = {}
		for line in open(sys.argv[2]):
		    name, _, value = line.partition(":")
		    name = " ".join(name.split())
		    assert name not in theirs, name
		    theirs[name] = value.strip()

		def expect(name, value):
		    assert theirs[name] == value, f"{name}: ethtool says {theirs[name]}, cpx {value}"

		def power(dbm):
		    return f"{10 ** (dbm / 10):.4f} mW / {dbm:.2f} dBm"

		assert theirs["Identifier"].startswith("0x18 (" + ours["identifier"]), theirs["Identifier"]
		expect("Vendor name", ours["vendor"])
		expect("Vendor PN", ours["part"])
		expect("Vendor rev", ours["revision"])
		expect("Vendor SN", ours["serial"])
		expect("Revision compliance", "Rev. " + ours["cmis_revision"])
		expect("Module State", f"0x03 ({ours['module_state']})")
		celsius, volts = ours["temperature"], ours["vcc"]
		expect("Module temperature", f"{celsius:.2f} degrees C / {celsius * 9 / 5 + 32:.2f} degrees F")
		expect("Module voltage", f"{volts:.4f} V")
		assert ours["serial"] == "CPX-TEST-7" and len(ours["lanes"]) == 32
		for lane in ours["lanes"]:
		    channel = lane["lane"] + 1
		    assert lane["state"] == "Activated" and lane["tx_dbm"] > -2 and lane["bias_ma"] > 20, lane
		    expect(f"Laser tx bias current (Channel {channel})", f"{lane['bias_ma']:.3f} mA")
		    expect(f"Transmit avg optical power (Channel {channel})", power(lane["tx_dbm"]))
		    expect(f"Rcvr signal avg optical power (Channel {channel})", power(lane["rx_dbm"]))
		measured = [name for name in theirs if re.search(r"(current|power) \(Channel \d+\)$", name)]
		assert len(measured) == 3 * 32, measured
	EOP
	rm "$CPX_STILL"
}

same "all lanes up"
cp "$DIR/ours.json" "$DIR/before.json"

# what does not move: the module's description and its thresholds
"$PROGRAM" dump oe0 --page 00 --page 01 --page 02 --json >"$DIR/fixed.json"
/usr/bin/python3 -B - "$DIR/fixed.json" "$DIR/theirs" <<-'EOP' || fail "ethtool -m describes another module"
	import json, math, sys
	ours = {(field["name"], field["element"]): field
	        for page in json.load(open(sys.argv[1]))["pages"] for field in page["fields"]}
	theirs = {" ".join(name.split()): value.strip()
	          for name, _, value in (line.partition(":") for line in open(sys.argv[2]))}

	def expect(name, text):
	    assert theirs[name] == text, f"{name}: ethtool says {theirs[name]}, cpx {text}"

	def value(name, element=""):
	    return ours[name, element]["value"]

	expect("Power class", f"{value('ModulePowerClass'):.0f}")
	expect("Max power", f"{value('MaxPower'):.2f}W")
	expect("Laser wavelength", f"{value('NominalWavelength'):.3f}nm")
	expect("Laser wavelength tolerance", f"{value('WavelengthTolerance'):.3f}nm")
	expect("Length (SMF)", f"{value('LengthSMF') / 1000:.2f}km")
	expect("Date code", ours["DateCode", ""]["text"])
	expect("Vendor OUI", int(value("VendorOUI")).to_bytes(3, "big").hex(":"))
	for level in "high alarm", "low alarm", "high warning", "low warning":
	    celsius, light = value("TempThreshold", level), value("TxPowerThreshold", level)
	    received = value("RxPowerThreshold", level)
	    expect(f"Module temperature {level} threshold",
	           f"{celsius:.2f} degrees C / {celsius * 9 / 5 + 32:.2f} degrees F")
	    expect(f"Module voltage {level} threshold", f"{value('VccThreshold', level):.4f} V")
	    expect(f"Laser bias current {level} threshold", f"{value('TxBiasThreshold', level):.3f} mA")
	    expect(f"Laser output power {level} threshold", f"{light:.4f} mW / {10 * math.log10(light):.2f} dBm")
	    expect(f"Laser rx power {level} threshold",
	           f"{received:.4f} mW / {10 * math.log10(received):.2f} dBm")
EOP

"$PROGRAM" inject oe0 rx-drop --value 3 --lane 19
"$PROGRAM" inject oe0 tx-drop --value 1 --lane 31
sleep 0.3
same "weak light"
/usr/bin/python3 -B - "$DIR/before.json" "$DIR/ours.json" <<-'EOP' || fail "the values do not follow the engine"
	import json, sys
	before, after = (json.load(open(name))["lanes"] for name in sys.argv[1:])
	assert 2.5 < before[19]["rx_dbm"] - after[19]["rx_dbm"] < 3.5
	assert 0.5 < before[31]["tx_dbm"] - after[31]["tx_dbm"] < 1.5
EOP

# registers one by one: ethtool's, the transport's and the engine's
for where in '00 0' '01 0' '02 0' '10 0' '10 3' '13 1' '20 2'; do
	page=${where% *} bank=${where#* }
	"$PROGRAM" dump oe0 --page "$page" --bank "$bank" --json >"$DIR/ours.json"
	by_kernel dump ethtool:lo --page "$page" --bank "$bank" --json >"$DIR/kernel.json" ||
		fail "page $page bank $bank: $(cat "$DIR/err")"
	sed -i 's/"engine": "ethtool:lo"/"engine": "oe0"/' "$DIR/kernel.json"
	cmp "$DIR/ours.json" "$DIR/kernel.json" || fail "page $page bank $bank differs by ethtool:lo"
	by_ethtool -m lo page 0x"$page" bank "$bank" offset 128 length 128 >"$DIR/theirs" ||
		fail "ethtool page $page bank $bank: $(cat "$DIR/err")"
	bytes=$(sed -n 's/^0x[0-9a-f]*:[[:space:]]*//p' "$DIR/theirs" | tr -d ' \n')
	[ ${#bytes} -eq 256 ] || fail "128 bytes of page $page: $(cat "$DIR/theirs")"
	grep -q "\"bytes\": \"$bytes\"" "$DIR/ours.json" || fail "page $page bank $bank differs by ethtool"
done

# a module that answers nothing, none at all, and what ethtool cannot do
refused() { # text, arguments
	text=$1
	shift
	by_kernel "$@" && fail "cpx engine $* was done"
	grep -qF -- "$text" "$DIR/err" || fail "cpx engine $*: no '$text' in: $(cat "$DIR/err")"
}
"$PROGRAM" inject oe0 nack
refused 'driver refuses (the module does not acknowledge)' show ethtool:lo
by_ethtool -m lo && fail "ethtool reads a module that does not acknowledge"
"$PROGRAM" inject oe0 --off
refused 'has 1 to 127 characters' show ethtool:
refused 'engine ethtool:lo' inject ethtool:lo nack
kill "$WRITER"
wait "$WRITER" || :
WRITER=
refused 'The module is absent' show ethtool:lo
