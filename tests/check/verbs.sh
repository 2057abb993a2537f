#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The command line of cpx as a person meets it: help, suggestions, exit codes, completion, and
# cpx check on good and bad files. Needs no root and starts no board. $1: the program cpx.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
CPX=$1
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
export LC_ALL=C

fail() {
	echo "FAILED: $*"
	[ ! -s "$DIR/out" ] || cat "$DIR/out"
	[ ! -s "$DIR/err" ] || cat "$DIR/err"
	exit 1
}

expect() { # exit code, command …: output in $DIR/out, $DIR/err
	want=$1
	shift
	code=0
	"$@" >"$DIR/out" 2>"$DIR/err" </dev/null || code=$?
	[ $code -eq "$want" ] || fail "$* ended with $code, not $want"
}

says() { # file, pattern
	grep -q -- "$2" "$DIR/$1" || fail "no '$2' in $1"
}

expect 0 "$CPX" --help
says out "cpx VERB --help"
verbs=$(sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p' "$DIR/out" | grep -v '^cpx$')
for verb in $verbs; do
	expect 0 "$CPX" "$verb" --help
	says out "usage: cpx $verb"
	expect 2 "$CPX" "$verb" --no-such-option
	expect 0 "$CPX" help "$verb"
done
expect 2 "$CPX"
says err "usage: cpx VERB"
expect 2 "$CPX" chek
says err 'did you mean "cpx check"?'
expect 2 "$CPX" frobnicate
says err 'no verb "frobnicate"'
expect 0 "$CPX" --version
says out "^cpx [0-9]"
says out "DPDK 22.11"
expect 2 "$CPX" --completion zsh
expect 0 "$CPX" --completion bash
cp "$DIR/out" "$DIR/completion"
complete() { # word …: what is offered for the last one
	PATH=$(dirname "$CPX"):$PATH bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cpx
		printf "%s\n" "${COMPREPLY[@]}" | sort -u | paste -sd " "' - "$DIR/completion" "$@"
}
if command -v bash >/dev/null; then
	words=$(complete cpx che)
	[ "$words" = check ] || fail "completion of 'che' is '$words'"
	words=$(complete cpx check --js)
	[ "$words" = "--json --json-schema" ] || fail "completion of 'check --js' is '$words'"
	words=$(complete cpx check "$SRC/config/samples/edge-r")
	[ "$words" = "$SRC/config/samples/edge-router.yaml" ] || fail "completion of a file is '$words'"
fi

# a link to cpx elsewhere still finds its verbs
ln -s "$(readlink -f "$CPX")" "$DIR/link"
expect 0 "$DIR/link" check --help

for sample in "$SRC"/config/samples/*.yaml; do
	expect 0 "$CPX" check "$sample"
	says out "^$sample: ok: board "
	expect 0 "$CPX" check --json "$sample"
	says out '"ok": true'
done
printf 'engines: {oe0: {profile: oif-3.2t}}\nports:\n  p0:\n    lane: oe0/0-7\n' >"$DIR/a:1:b.yaml"
expect 2 "$CPX" check "$DIR/a:1:b.yaml"
says err 'a:1:b.yaml:4:5: ports.p0: unknown key "lane"'
says err '^    4 |     lane: oe0/0-7$'
says err '^      |     ^~~~$'
says err 'did you mean "lanes"?'
expect 2 "$CPX" check --json "$DIR/a:1:b.yaml"
says out '"line": 4'
says out '"column": 5'
says out '"message": "ports.p0: unknown key'
expect 2 "$CPX" check "$DIR/none.yaml"
says err "cannot be read: No such file"
expect 2 "$CPX" check "$DIR"
says err "is a directory, not a file"
expect 2 "$CPX" check
expect 2 "$CPX" check a b
expect 0 "$CPX" check --schema
says out "mtu:"
expect 0 "$CPX" check --json-schema
python3 -m json.tool <"$DIR/out" >/dev/null || fail "the JSON schema is not JSON"

# verbs that ask a running board: what is wrong is said before one is looked for
refuses() { # text, verb and arguments
	text=$1
	shift
	expect 2 "$CPX" "$@"
	says err "$text"
}
refuses 'usage: cpx route' route
refuses 'usage: cpx route' route add
refuses 'add or del, not frob' route frob 10.0.0.0/8
refuses 'nothing behind via. Try: cpx route --help' route add 10.0.0.0/8 via
refuses 'no place for frob' route add 10.0.0.0/8 frob 1
refuses 'no place for weight' route add 10.0.0.0/8 weight 1
refuses 'not a number: x' route add 10.0.0.0/8 via 10.0.0.1 metric x
refuses 'which file?' apply
refuses 'one file at a time' apply a b
refuses "$DIR/none.yaml.* cannot be read" apply "$DIR/none.yaml"
refuses 'unknown key "lane"' apply "$DIR/a:1:b.yaml"
refuses 'one file at a time' save a b
{
	sed 's/lane:/lanes:/' "$DIR/a:1:b.yaml"
	echo '    carrier: loop'
} >"$DIR/good.yaml"
for verb in 'route del 10.0.0.0/8' save "apply $DIR/good.yaml" 'show routes' 'show punt'; do
	# shellcheck disable=SC2086
	expect 1 "$CPX" $verb -i "not-there-$$"
	says err "instance not-there-$$: no such cpx is running.*Start it with: cpx run -c FILE"
done

# a bad file stops cpx run before anything is started
if [ -x "$(dirname "$CPX")/cpx-run" ]; then
	sed -i '1i instance: verbs-test' "$DIR/a:1:b.yaml"
	expect 2 "$CPX" run -c "$DIR/a:1:b.yaml"
	says err 'a:1:b.yaml:5:5: ports.p0: unknown key "lane"'
	[ ! -e /run/cpx/verbs-test ] || fail "a telemetry folder was made for a bad file"
fi

# doctor: whatever it finds, exit code and verdict agree
code=0
"$CPX" doctor --json >"$DIR/out" 2>"$DIR/err" || code=$?
[ $code -eq 0 ] || [ $code -eq 3 ] || fail "doctor ended with $code"
python3 - "$DIR/out" $code <<'END' || fail "doctor --json does not fit its exit code $code"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["can_demo"] == (sys.argv[2] == "0")
assert len(d["checks"]) >= 10
for c in d["checks"]:
    assert c["severity"] in ("ok", "note", "warn", "blocked") and c["found"], c
    assert c["severity"] == "ok" or c["fix"] or c["why"], c
    assert c["severity"] != "blocked" or c["blocks"], c
END
cat >"$DIR/lacking.yaml" <<'END'
engines: {oe0: {profile: oif-3.2t}}
devices: {net_af_packet0: iface=cpx-none0}
ports: {p0: {lanes: oe0/0, carrier: dev:net_af_packet0}}
memory: {hugepages: false}
END
expect 3 "$CPX" doctor -c "$DIR/lacking.yaml"
says out "no interface cpx-none0 in this network namespace; blocks"
says out "cpx run -c $DIR/lacking.yaml cannot"
sed -i 's/net_af_packet0/net_frob0/' "$DIR/lacking.yaml"
expect 3 "$CPX" doctor -c "$DIR/lacking.yaml"
says out "no driver for net_frob in"
sed -i 's/^memory:.*/workers: {cpus: [1023]}/' "$DIR/lacking.yaml"
expect 3 "$CPX" doctor -c "$DIR/lacking.yaml"
says out "CPU 1023 of workers.cpus may not be used here"
echo 'host: {twins: true, netns: cpx-none0}' >>"$DIR/lacking.yaml"
expect 3 "$CPX" doctor -c "$DIR/lacking.yaml"
says out "lacks CAP_\|there is no network namespace cpx-none0\|/dev/net/tun is not there"
expect 2 "$CPX" doctor -c "$DIR/a:1:b.yaml"
says err "unknown key"
expect 2 "$CPX" doctor what
echo "ok: $(echo "$verbs" | tr '\n' ' ')"
