#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# engine.sh SEGMENT CPX-ENGINE: emulate engines of three kinds and a laser source, read each by
# name and by path, break and heal them; bad files, bad words, peers that are dead or talk nonsense.
. "$(dirname "$0")/lib.sh"
export CPX_ENGINES="$DIR/run/engines"
mkdir "$DIR/s"

expect() { # exit code, text of stderr, arguments
	wanted=$1 text=$2 code=0
	shift 2
	"$PROGRAM" "$@" >"$DIR/out" 2>"$DIR/err" || code=$?
	[ $code -eq "$wanted" ] || fail "cpx engine $*: exit $code, not $wanted: $(cat "$DIR/err")"
	[ -z "$text" ] || grep -qF -- "$text" "$DIR/err" || fail "cpx engine $*: no '$text' in: $(cat "$DIR/err")"
}

says() { # what the last command printed
	grep -q -- "$1" "$DIR/out" || fail "no '$1' in: $(cat "$DIR/out")"
}

bad() { # text of stderr, file
	printf '%b' "$2" >"$DIR/bad.yaml"
	expect 2 "$1" emulate -c "$DIR/bad.yaml"
}

emulate() { # file; $WRITER is it
	rm -f "$DIR/ready"
	"$PROGRAM" emulate -c "$1" >"$DIR/ready" 2>"$DIR/notes" &
	WRITER=$!
	wait_for 10 grep -q . "$DIR/ready" || fail "nothing is served: $(cat "$DIR/notes")"
}

ended() { # signal
	kill "-$1" "$WRITER"
	code=0
	wait "$WRITER" || code=$?
	WRITER=
	[ $code -eq 0 ] || fail "emulate ended with $code on SIG$1: $(cat "$DIR/notes")"
	[ -z "$(find "$DIR" -type s)" ] || fail "sockets are left: $(find "$DIR" -type s)"
}

# words
expect 2 usage
expect 2 'Did you mean "cpx engine show"?' shwo oe0
expect 2 '-c FILE is missing' emulate
expect 2 'which engine?' show
expect 2 "'1g'" dump x --page 1g
expect 2 '0 to 7' dump x --bank 8
expect 2 'Did you mean "tx-drop"?' inject oe0 tx-drp
expect 2 'N or N-M' inject oe0 nack --lane 5-3
expect 1 'Start it with cpx engine emulate' show nobody
expect 1 'no module answers' show "$DIR/nothing"
expect 1 'no emulated engine' inject "$DIR/nothing" nack
expect 2 'which engine?' up
expect 2 "'oe0/9-3' is not ENGINE, ENGINE/LANE" down oe0/9-3
expect 2 'write oe0, without lanes' reset oe0/3
expect 2 'Did you mean "media-output"?' loopback oe0 media-outpt
expect 2 'a word is missing: TARGET start|stop|show' prbs oe0
expect 2 "'3' is one word too many" up oe0 3
expect 2 "'3' is one word too many" lowpower oe0 on 3
expect 2 'no such option' up oe0 --side host
expect 2 'one word too many' alarms oe0
expect 1 "instance $CPX_INSTANCE: no such cpx is running" alarms
expect 1 'cpx run -c FILE starts a board' up nobody
expect 1 'instance nobody: no such cpx' prbs oe0 show -i nobody
for verb in '' emulate list show dump inject alarms up down reset lowpower loopback prbs breakout; do
	# shellcheck disable=SC2086
	expect 0 '' $verb --help
	says '^usage: cpx engine'
	awk 'length > 80 {exit 1}' "$DIR/out" || fail "cpx engine $verb --help is wider than 80 columns"
done
expect 0 '' emulate --profiles
says '^bailly-6.4t '
expect 0 '' emulate --keys
says '^lasers.\*.profile: .*required'
expect 0 '' inject --list
[ "$(wc -l <"$DIR/out")" -ge 20 ] || fail "faults: $(cat "$DIR/out")"
expect 0 '' emulate --check -c "$SRC/config/samples/emulate/bench.yaml"

# files
bad 'begin with `engines:`' ''
bad 'bad.yaml:1:1: engines: empty' 'engines: {}\n'
bad 'bad.yaml:2:18: engines.oe0.profile: no profile "oif-3.2"' 'engines:\n  oe0: {profile: oif-3.2}\n'
bad 'did you mean "oif-3.2t"?' 'engines:\n  oe0: {profile: oif-3.2}\n'
bad 'belongs under `lasers:`' 'engines: {a: {profile: els-8}}\n'
bad 'did you mean "socket"?' 'engines: {a: {profile: oif-3.2t, soket: x}}\n'
bad '"profile" is missing' 'engines: {a: {seed: 1}}\n'
bad 'has this socket already' 'engines: {a: {profile: oif-3.2t, socket: /x}, b: {profile: oif-3.2t, socket: /x}}\n'
bad 'no laser source "els1"' 'engines: {a: {profile: cpx-6.4t, lasers: els1}}\nlasers: {els0: {profile: els-8}}\n'
bad 'takes no light' 'engines: {a: {profile: oif-3.2t, lasers: e}}\nlasers: {e: {profile: els-8}}\n'
bad 'has this name too' 'engines: {a: {profile: oif-3.2t}}\nlasers: {a: {profile: els-8}}\n'
bad 'no laser source to answer for' 'engines: {a: {profile: cpx-6.4t, joint: true}}\n'
bad 'seed' 'engines: {a: {profile: oif-3.2t, seed: -1}}\n'
bad ':1:' 'engines: [\n'
bad 'is not UTF-8' '\0377\n'
expect 2 'is a directory' emulate -c "$DIR"
printf 'engines:\n  a: {profile: oif-3.2t, socket: %s/none/a}\n' "$DIR" >"$DIR/bad.yaml"
expect 1 "bad.yaml:2: a: " emulate -c "$DIR/bad.yaml"
grep -q 'make the folder' "$DIR/err" || fail "no remedy: $(cat "$DIR/err")"
echo file >"$DIR/s/file"
printf 'engines:\n  a: {profile: oif-3.2t, socket: %s/s/file}\n' "$DIR" >"$DIR/bad.yaml"
expect 1 'no socket' emulate -c "$DIR/bad.yaml"
[ -s "$DIR/s/file" ] || fail "a file was removed"

cat >"$DIR/bench.yaml" <<END
engines:
  oe0: {profile: oif-3.2t, socket: $DIR/s/oe0, serial: CPX-TEST-1}
  oe1: {profile: bailly-6.4t, lasers: els0, joint: true}
  cu0: {profile: cpc-passive}
  oe2: {profile: cpx-6.4t, identifier: osfp, durations: {mgmt-init: 1}}
lasers:
  els0: {profile: els-16}
END
emulate "$DIR/bench.yaml"
[ "$(wc -l <"$DIR/ready")" -eq 5 ] || fail "a line a device: $(cat "$DIR/ready")"
grep -q "^oe0: oif-3.2t, 32 lanes, on $DIR/s/oe0$" "$DIR/ready" || fail "$(cat "$DIR/ready")"
grep -q '^oe2: .*dark' "$DIR/ready" || fail "oe2 is dark: $(cat "$DIR/ready")"
expect 1 'in use by another process' emulate -c "$DIR/bench.yaml"

expect 0 '' show "$DIR/s/oe0"
says '^oe0: CPX EMULATOR OIF-3.2T-DR8, .*serial CPX-TEST-1$'
says '32 lanes in 4 banks'
says '^oe0/31 *3/8 *Deactivated '
expect 0 '' show oe1
says '^oe1/63 *7/8 '
expect 0 '' show cu0
says 'flat memory$'
says '^module -, temperature -, Vcc -$'
expect 0 '' show els0
says '^els0/15 *'
expect 0 '' show oe2
says '^OSFP, '
expect 1 "it is served on $CPX_ENGINES/oe1, but no running board of yours manages it" reset oe1
grep -q "mgmt: unix:$CPX_ENGINES/oe1" "$DIR/err" || fail "no remedy: $(cat "$DIR/err")"
expect 1 'needs an owner' prbs oe1 start
expect 0 '' list
[ "$(wc -l <"$DIR/out")" -eq 5 ] || fail "four engines have names: $(cat "$DIR/out")"
says '^els0 *ELSFP *ELSFP-16 '
says '^cu0 *CPO *CPC-1M *CPX[0-9]* *- '
expect 0 '' list --json
cp "$DIR/out" "$DIR/list.json"
expect 0 '' dump "$DIR/s/oe0" --page 11h --bank 2
says '^page 11h bank 2$'
says '^128  11 11 11 11 '
says 'DPState  *Deactivated'
expect 0 '' dump oe1 --page 11 --bank 7 --hex
[ "$(wc -l <"$DIR/out")" -eq 9 ] || fail "eight lines of bytes: $(cat "$DIR/out")"
expect 0 '' dump oe1 --page 24h --page 20h --fields
says 'PreFECBERMedia'
expect 0 '' dump cu0
says 'VendorPN *CPC-1M'
expect 1 'flat memory' dump cu0 --page 11h
expect 1 'banks 0 to 3' dump "$DIR/s/oe0" --page 11h --bank 4
expect 0 '' dump cu0 --json
cp "$DIR/out" "$DIR/cu0-dump.json"
for engine in oe1 cu0 els0; do
	expect 0 '' show $engine --json
	cp "$DIR/out" "$DIR/$engine.json"
done

# faults
expect 0 '' inject "$DIR/s/oe0" rx-drop --value 20 --lane 3
"$PROGRAM" show "$DIR/s/oe0" >"$DIR/dark"
awk '$1 == "oe0/3" && $6 < -15 {a = 1} $1 == "oe0/4" && $6 > -5 {b = 1} END {exit !(a && b)}' "$DIR/dark" ||
	fail "lane 3 alone is dark: $(cat "$DIR/dark")"
expect 1 'rx-drop: 1000 is not within' inject "$DIR/s/oe0" rx-drop --value 1000
expect 1 'lanes 0 to 31 only' inject "$DIR/s/oe0" rx-drop --value 1 --lane 32
expect 0 '' inject "$DIR/s/oe0" --off
expect 0 '' inject oe1 removed
expect 1 'no module answers' show oe1
expect 0 '' inject oe1 removed --off
expect 0 '' show oe1 # waits for MgmtInit
expect 0 '' inject oe2 nack --for 400
expect 0 '' show oe2
expect 0 '' inject oe2 nack
expect 1 'not acknowledged' show oe2
expect 0 '' inject oe2 nack --off

# showing reads no flags, dumping does
expect 0 '' inject oe2 fw-module --for 20
sleep 0.3
expect 0 '' show oe2
expect 0 '' dump oe2 --page lower --fields
says 'ModuleFirmwareErrorFlag *1'
expect 0 '' dump oe2 --page lower --fields
says 'ModuleFirmwareErrorFlag *0'

[ -x /usr/bin/python3 ] || skip "no python3: nonsense on sockets and the JSON were not checked"
/usr/bin/python3 -B - "$DIR" <<'EOP' || fail "the wire or the JSON is not as promised"
import json, os, random, socket, sys
directory = sys.argv[1]
oe0 = directory + "/s/oe0"

def connect(path, kind=socket.SOCK_STREAM):
    s = socket.socket(socket.AF_UNIX, kind)
    s.connect(path)
    s.settimeout(5)
    return s

def transact(s, op, addr, length, data=b""):
    s.sendall(op + bytes([addr]) + length.to_bytes(2, "big") + data)
    head = s.recv(3, socket.MSG_WAITALL)
    return head[0], s.recv(int.from_bytes(head[1:], "big"), socket.MSG_WAITALL) if head[1:] != b"\0\0" else b""

host = connect(oe0)
assert transact(host, b"R", 0, 1) == (0, b"\x80")
assert transact(host, b"W", 126, 2, b"\0\0") == (0, b"")
assert b"CPX EMULATOR" in transact(host, b"R", 129, 16)[1]
assert transact(host, b"R", 120, 16)[0] == 1  # over the border of 127
rng = random.Random(1)
for i in range(200):
    s = connect(oe0)
    try:
        s.sendall(rng.randbytes(rng.randrange(1, 2000)))
    except BrokenPipeError:
        pass  # it was dropped, as it should
    s.close()
    control = connect(oe0 + ".ctl", socket.SOCK_DGRAM)
    control.send(rng.choice([b"", b"inject", b"inject nack", b"inject nack 1 0 0 x", b"heal", b"x" * 4000,
                             b"inject tx-drop nan 0 0", b"inject frob 1 0 0", rng.randbytes(200)]))
    control.close()
slow = connect(oe0)
slow.sendall(b"R")  # a request that never ends keeps nobody waiting
assert transact(host if not host._closed else connect(oe0), b"R", 0, 1) == (0, b"\x80")
for name, lanes, lasers in ("oe1", 64, 0), ("cu0", 0, 0), ("els0", 0, 16):
    d = json.load(open(f"{directory}/{name}.json"))
    assert d["engine"] == name and d["vendor"] == "CPX EMULATOR", d
    assert (len(d["lanes"]), len(d["lasers"])) == (lanes, lasers), d
    if name == "cu0":
        assert d["flat_memory"] and d["temperature"] is None and d["module_state"] is None, d
    else:
        assert 20 < d["temperature"] < 70 and 3 < d["vcc"] < 3.6, d
named = {e["engine"]: e for e in json.load(open(directory + "/list.json"))["engines"]}
assert set(named) == {"oe1", "cu0", "oe2", "els0"}, named
assert named["oe1"]["board"] is None and named["oe1"]["socket"] == directory + "/run/engines/oe1", named
assert named["oe1"]["answers"] and named["oe1"]["module_state"] == "ModuleLowPwr", named
assert named["cu0"]["module_state"] is None, named
lane = json.load(open(directory + "/oe1.json"))["lanes"][63]
assert lane["state"] == "Deactivated" and lane["bank"] == 7 and lane["bank_lane"] == 8, lane
assert lane["tx_dbm"] == -40 and lane["bias_ma"] is None and 0 < lane["pre_fec_ber"] < 1e-4, lane
page = json.load(open(directory + "/cu0-dump.json"))["pages"][1]
assert len(page["bytes"]) == 256
assert {f["name"]: f for f in page["fields"]}["VendorPN"]["text"] == "CPC-1M"
EOP
expect 0 '' show "$DIR/s/oe0"

# a host that only clears low power: everything comes up, and a laser's failure is that of its lanes
/usr/bin/python3 -B - "$CPX_ENGINES" <<'EOP' || fail "low power is not cleared"
import socket, sys
for name in "els0", "oe1":
    s = socket.socket(socket.AF_UNIX)
    s.connect(f"{sys.argv[1]}/{name}")
    s.sendall(b"W\x1a\0\1\0")
    assert s.recv(3) == b"\0\0\0"
EOP
activated() { "$PROGRAM" show oe1 | grep -c ' Activated ' | grep -qx 64; }
wait_for 10 activated || fail "lanes are not up: $("$PROGRAM" show oe1)"
expect 0 '' show els0
says '^els0/3 *yes *on '
expect 0 '' inject els0 laser-fail --lane 3
sleep 0.3
expect 0 '' show oe1
[ "$(awk '$5 == "-40.00" {printf "%s ", $1}' "$DIR/out")" = "oe1/12 oe1/13 oe1/14 oe1/15 " ] ||
	fail "laser 3 feeds lanes 12 to 15: $(cat "$DIR/out")"
expect 0 '' inject els0 --off

# peers that are not engines
/usr/bin/python3 -B - "$DIR/s" <<'EOP' &
import socket, sys, threading
def serve(name, answer):
    s = socket.socket(socket.AF_UNIX)
    s.bind(sys.argv[1] + "/" + name)
    s.listen()
    while True:
        c, _ = s.accept()
        c.recv(4096)
        if answer is not None:
            c.sendall(answer)
            c.close()
        else:
            kept.append(c)
kept = []
threading.Thread(target=serve, args=("silent", None), daemon=True).start()
serve("noise", b"HTTP/1.1 400 Bad Request\r\n\r\n")
EOP
other=$!
wait_for 10 test -S "$DIR/s/noise" || fail "no peer of noise"
wait_for 10 test -S "$DIR/s/silent" || fail "no silent peer"
expect 1 'does not speak two-wire' show "$DIR/s/noise"
expect 1 'no answer within' show "$DIR/s/silent"
kill $other
wait $other 2>/dev/null || :
expect 1 'no module answers' show "$DIR/s/noise" # a socket whose server is dead
rm "$DIR/s/noise" "$DIR/s/silent"

ended TERM
expect 1 '' show oe1
emulate "$DIR/bench.yaml" # again, in the same places
expect 0 '' show cu0
kill -KILL "$WRITER"
wait "$WRITER" || :
expect 0 '' list
says '^oe1 *- *- *- *no answer '
[ -S "$DIR/s/oe0" ] || fail "a killed emulator leaves its sockets"
emulate "$DIR/bench.yaml" # takes over what the dead one left
expect 0 '' show "$DIR/s/oe0"
expect 0 '' inject "$DIR/s/oe0" reset
ended INT
