#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A file that cannot be right is refused by `cpx check` and `cpx run` alike: exit 2, the place and a
# caret where there is one, and nothing half-started. A device that is not there: exit 1, named.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
CPX=$BUILD/dataplane/cli/cpx
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
cd "$DIR"
bad=0

complain() {
	echo "FAILED: $1: $2"
	sed 's/^/    /' out | head -n 8
	bad=$((bad + 1))
}

refused() { # what, words that must be in the message; the file is bad.yaml
	for verb in "check bad.yaml" "run -c bad.yaml"; do
		code=0
		# shellcheck disable=SC2086 # verb and arguments
		timeout 20 "$CPX" $verb >out 2>&1 || code=$?
		[ $code -eq 2 ] || complain "$1" "cpx $verb ended with $code, not 2"
		[ "$(wc -c <out)" -lt 4096 ] || complain "$1" "cpx $verb wrote more than a screen"
		grep -q "$2" out || complain "$1" "cpx $verb does not say '$2'"
	done
}

good='instance: badtest
engines: {oe0: {profile: oif-3.2t}}
ports:
  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24]}
  p1: {lanes: oe0/8-15, carrier: loop}'
echo "$good" >good.yaml
"$CPX" check good.yaml >out 2>&1 || complain "a good file" "is refused"

place='bad.yaml:[0-9]*:[0-9]*:'
change() { echo "$good" | sed "$1" >bad.yaml; }

change 's/carrier: loop}/carier: loop}/'; refused "unknown key" "$place.*carier"
grep -q '\^' out || complain "unknown key" "no caret"
grep -q 'carrier' out || complain "unknown key" "no proposal"
change 's/oe0.0-7/[1, 2]/'; refused "wrong type" "$place"
change 's/p1:/p0:/'; refused "duplicate port" "$place.*p0"
change 's/8-15/4-11/'; refused "lanes across a bank" "$place"
change 's/8-15/0-7/'; refused "overlapping lanes" "$place"
change 's/8-15/32-39/'; refused "lanes the engine lacks" "$place"
change 's/8-15/8-10/'; refused "three lanes" "$place"
change 's/carrier: loop}/carrier: dev:nothere0}/'; refused "unknown device" "$place.*nothere0"
change 's/carrier: loop}/carrier: fiber:a}/'; refused "fiber with one end" "$place"
change 's/carrier: loop}/carrier: wire:a}/'; refused "unknown carrier" "$place"
change 's/10.0.0.1.24/10.0.0.1\/33/'; refused "prefix length" "$place"
change 's/profile: oif-3.2t/profile: oif-9t/'; refused "unknown profile" "$place"
{ echo "$good"; echo 'routes: [{to: 10.1.0.0/16, via: 10.9.9.9}]'; } >bad.yaml
refused "route to nowhere" "$place"
{ echo "$good"; echo 'mtu: 1500'; } >bad.yaml; refused "key at the wrong place" "$place.*mtu"
printf 'ports: {p0: [' >bad.yaml; refused "no YAML" "$place"
: >bad.yaml; refused "empty file" "bad.yaml"
head -c 20000 /dev/urandom >bad.yaml; refused "binary" "bad.yaml"
yes '# filler filler filler' | head -c 10000000 >bad.yaml; refused "10 MB" "bad.yaml"
ln -sf /dev/zero bad.yaml; refused "an endless device" "bad.yaml"
rm bad.yaml; refused "no such file" "bad.yaml"
mkdir bad.yaml; refused "a folder" "bad.yaml"
rmdir bad.yaml
[ ! -e /run/cpx/badtest ] || complain "bad files" "left /run/cpx/badtest behind"

if [ "$(id -u)" -eq 0 ]; then
	cat >bad.yaml <<-EOF
		instance: badtest
		memory: {hugepages: false}
		engines: {oe0: {profile: oif-3.2t}}
		devices: {net_af_packet0: iface=nothere0}
		ports: {p0: {lanes: oe0/0, carrier: "dev:net_af_packet0"}}
	EOF
	code=0
	timeout 30 "$CPX" run -c bad.yaml >out 2>&1 || code=$?
	[ $code -eq 1 ] || complain "missing interface" "cpx run ended with $code, not 1"
	grep -q 'cpx run: .*net_af_packet0' out || complain "missing interface" "the device is not named"
	rm -rf /run/cpx/badtest
fi
[ $bad -eq 0 ]
