#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# eeprom.sh SEGMENT CPX-ENGINE: what a driver like optoe shows of a module is a file of all its
# pages. Such files are written from what cpx engine dump says of emulated engines of all kinds, and
# show and dump of the file have to say what they say of the engine. Time stands still meanwhile.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || skip "python3 is missing: apt-get install python3"
export CPX_ENGINES="$DIR/engines" CPX_STILL="$DIR/still"
export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}" # still.so comes first, and may

cat >"$DIR/e.yaml" <<-END
	engines:
	  oe0: {profile: oif-3.2t}
	  oe1: {profile: bailly-6.4t, lasers: els0, joint: true}
	  cu0: {profile: cpc-passive}
	  cu1: {profile: cpc-active}
	lasers:
	  els0: {profile: els-16}
END
LD_PRELOAD=$STILL "$PROGRAM" emulate -c "$DIR/e.yaml" >"$DIR/ready" &
WRITER=$!
wait_for 10 grep -q . "$DIR/ready" || fail "nothing is served"
for engine in els0 oe0 oe1; do
	"$BRING_UP" "$CPX_ENGINES/$engine" 2>"$DIR/events" || fail "$engine: $(cat "$DIR/events")"
done
touch "$CPX_STILL"
sleep 0.2 # a tick that has begun

# The pages of an engine to a file, and what is said of both: PROGRAM ENGINE FILE BANKS PAGES, and
# PAGES that are in each bank.
cat >"$DIR/compare.py" <<'EOP'
import json, subprocess, sys

program, target, path, banks, low, banked = sys.argv[1:]
places = [(page, 0) for page in low.split()]
places += [(page, bank) for page in banked.split() for bank in range(int(banks))]


def ask(verb, what, *words):
    done = subprocess.run([program, verb, what, "--json", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"cpx engine {verb} {what} {' '.join(words)}: {done.stderr}"
    answer = json.loads(done.stdout)
    del answer["engine"]
    return answer


def dump(what):
    return {place: ask("dump", what, "--page", place[0], "--bank", str(place[1]))["pages"]
            for place in places}


shown = ask("show", target)
dumped = dump(target)
with open(path, "wb") as file:
    for (page, bank), (content,) in dumped.items():
        at = 0 if page == "lower" else (bank * 256 + int(page, 16)) * 128 + 128
        file.seek(at)
        file.write(bytes.fromhex(content["bytes"]))
again = ask("show", path)
assert again == shown, f"show {target}:\n{shown}\nshow {path}:\n{again}"
for place, pages in dump(path).items():
    assert pages == dumped[place], f"dump {place}:\n{dumped[place]}\n{path}:\n{pages}"
assert len(shown["lanes"]) + len(shown["lasers"]) == (0 if not banked else 16 if "1A" in banked else
                                                      8 * int(banks)), shown
EOP
low='lower 00 01 02' vdm='20 21 24 25 28 29 2C 2D 2F'
compare() {
	/usr/bin/python3 -B "$DIR/compare.py" "$PROGRAM" "$1" "$DIR/$1.eeprom" "$2" "$3" "$4" ||
		fail "$1: its file says otherwise"
}
compare oe0 4 "$low 9F" "10 11 13 14 $vdm"
compare oe1 8 "$low 9F B1 B2 B3" "10 11 13 14 $vdm"
compare els0 2 "$low" '1A 1B'
compare cu0 0 'lower 00' ''
compare cu1 4 "$low" '10 11'

# A file that ends too early, one that is none of a module, and no file
refused() { # text, arguments
	text=$1
	shift
	"$PROGRAM" "$@" >"$DIR/out" 2>"$DIR/err" && fail "cpx engine $* was done: $(cat "$DIR/out")"
	grep -qF -- "$text" "$DIR/err" || fail "cpx engine $*: no '$text' in: $(cat "$DIR/err")"
}
head -c 300 "$DIR/oe0.eeprom" >"$DIR/short"
refused 'short: page 01h' show "$DIR/short"
: >"$DIR/empty"
refused 'empty: lower memory' show "$DIR/empty"
refused 'banks 0 to 3' dump "$DIR/oe0.eeprom" --page 11 --bank 4
refused 'no module answers' show "$DIR/none"
