#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# pmd/driver_headers.sh: a folder, a source tree, a wrong version, a missing file, a system without
# apt, and the real thing: Debian's source package, fetched by an ordinary user.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$DIR"
cp "$SRC/pmd/driver_headers.sh" "$DIR/find"
cp "$SRC/pmd/dpdk_source.sh" "$DIR/"

fail() {
	echo "FAILED: $*"
	cat "$DIR/err" 2>/dev/null || :
	exit 1
}

# The script with these arguments finds this folder.
finds() { # folder, arguments …
	want=$1
	shift
	got=$(sh "$DIR/find" "$@" 2>"$DIR/err") || fail "refused: $*"
	[ "$got" = "$want" ] || fail "found $got, not $want"
}

# It fails, says these words, and names the three ways.
refuses() { # words, arguments …
	words=$1
	shift
	! sh "$DIR/find" "$@" >"$DIR/out" 2>"$DIR/err" || fail "accepted: $*"
	[ ! -s "$DIR/out" ] || fail "printed a folder all the same"
	grep -q "$words" "$DIR/err" || fail "does not say: $words"
	for way in Ddriver_headers=FOLDER enable_driver_sdk=true "Debian's libdpdk-dev"; do
		grep -q "$way" "$DIR/err" || fail "does not name the way $way"
	done
}

tree=$DIR/tree flat=$DIR/flat
mkdir -p "$tree/lib/ethdev" "$tree/lib/eal/include" "$tree/drivers/bus/vdev" "$flat"
for h in lib/ethdev/ethdev_driver.h lib/ethdev/ethdev_vdev.h lib/eal/include/dev_driver.h \
	drivers/bus/vdev/bus_vdev_driver.h; do
	echo "/* $h */" >"$tree/$h"
	cp "$tree/$h" "$flat/"
done
echo 99.1.2 >"$tree/VERSION"
cp "$tree/VERSION" "$flat/"

finds "$flat" 99.1.2 "$DIR/out1" "$flat"
finds "$DIR/out2" 99.1.2 "$DIR/out2" "$tree"
cmp -s "$DIR/out2/dev_driver.h" "$flat/dev_driver.h" || fail "the source tree's header is another"
finds "$DIR/out2" 99.1.2 "$DIR/out2" # found before: nothing to fetch
refuses 'holds headers of DPDK 99.1.2' 99.1.3 "$DIR/out3" "$flat"
rm "$flat/dev_driver.h"
refuses 'lacks at least one' 99.1.2 "$DIR/out3" "$flat"
rm "$flat/VERSION"
refuses 'no file VERSION' 99.1.2 "$DIR/out3" "$flat"
rm "$tree/lib/ethdev/ethdev_vdev.h"
refuses 'lacks a header' 99.1.2 "$DIR/out4" "$tree"

mkdir "$DIR/bin"
for tool in sh cat mkdir cp rm sed; do
	ln -s "$(command -v $tool)" "$DIR/bin/$tool"
done
PATH=$DIR/bin sh "$DIR/find" 99.1.2 "$DIR/out5" 2>"$DIR/err" && fail "worked without apt"
grep -q 'no apt-get' "$DIR/err" || fail "does not say that there is no apt-get"

if ! version=$(pkg-config --modversion libdpdk 2>/dev/null) || ! command -v apt-get >/dev/null; then
	echo "skip: no libdpdk-dev or no apt-get here, so no source package to fetch"
	exit 77
fi
refuses 'the package libdpdk-dev is' "$version.1" "$DIR/out6"
user=
if [ "$(id -u)" -eq 0 ]; then
	user='setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent'
	mkdir "$DIR/fetched"
	chown 65534:65534 "$DIR/fetched"
fi
before=$(find /etc/apt /var/lib/apt -newer "$DIR/find" 2>/dev/null | sort)
# shellcheck disable=SC2086 # a command
if ! $user sh "$DIR/find" "$version" "$DIR/fetched" >"$DIR/out" 2>"$DIR/err"; then
	grep -q 'Three ways' "$DIR/err" || fail "fails without naming the three ways"
	sed -n '1,3p' "$DIR/err"
	echo "skip: apt reaches no mirror that has the source package"
	exit 77
fi
[ "$(cat "$DIR/fetched/VERSION")" = "$version" ] || fail "fetched headers of another version"
grep -q rte_eth_dev_allocate "$DIR/fetched/ethdev_driver.h" || fail "not the driver's header"
[ "$(find /etc/apt /var/lib/apt -newer "$DIR/find" 2>/dev/null | sort)" = "$before" ] ||
	fail "the machine's own apt was touched"
echo "done"
