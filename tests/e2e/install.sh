#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What `meson install` leaves is all that a stranger needs: EAL loads the driver from its folder, and
# a program that links its drivers gets it through pkg-config. dpdk-pmdinfo.py's string is there.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
DIR=$(mktemp -d "$BUILD/install-test.XXXXXX")
trap 'rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM

fail() {
	echo "FAILED: $*"
	exit 1
}

meson install -C "$BUILD" --no-rebuild --destdir "$DIR" >"$DIR/log" 2>&1 || {
	cat "$DIR/log"
	fail "meson install"
}
plugin=$(find "$DIR" -name librte_net_cpx.so)
archive=$(find "$DIR" -name librte_net_cpx.a)
pc=$(find "$DIR" -name librte_net_cpx.pc)
[ -n "$plugin" ] && [ -n "$archive" ] && [ -n "$pc" ] || fail "not everything is installed"
case $plugin in */dpdk/pmds-23.0/*) ;; *) fail "$plugin is not in DPDK's folder of drivers" ;; esac
grep -aq 'PMD_INFO_STRING= {"name" : "net_cpx", "params" : "engine=<name> ' "$plugin" ||
	fail "dpdk-pmdinfo.py would not find the driver's arguments"
if nm -D --defined-only "$plugin" | grep -v ' A DPDK_23'; then
	fail "the plugin shows names of its own"
fi

cat >"$DIR/count.c" <<'END'
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		return 1;
	printf("%u ports\n", rte_eth_dev_count_avail());
	return rte_eal_cleanup();
}
END
options='--no-huge --no-shconf --no-pci --no-telemetry -m 64 -l 0 --log-level=*:error'
vdevs='--vdev=net_cpx0,lanes=8 --vdev=net_cpx1,carrier=fiber:a'

echo "linked into a program"
PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --libs librte_net_cpx >/dev/null || fail "pkg-config"
# The prefix is not where the files lie for this test, so name the folder.
# shellcheck disable=SC2046 # lists of flags
cc -o "$DIR/linked" "$DIR/count.c" $(pkg-config --cflags libdpdk) -L"$(dirname "$archive")" \
	$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --libs librte_net_cpx)
# shellcheck disable=SC2086
"$DIR/linked" $options $vdevs >"$DIR/out" 2>&1 || { cat "$DIR/out"; fail "it does not run"; }
grep -q '^2 ports$' "$DIR/out" || fail "not two ports: $(cat "$DIR/out")"

echo "loaded from the folder of drivers"
# shellcheck disable=SC2046
cc -o "$DIR/plain" "$DIR/count.c" $(pkg-config --cflags --libs libdpdk)
at=$(dirname "$plugin")
while [ "$at" != / ]; do
	case $(stat -c %A "$at") in
	????????w?)
		echo "skip: EAL loads nothing from below $at, which everybody may write to"
		exit 77
		;;
	esac
	at=$(dirname "$at")
done
# shellcheck disable=SC2086
"$DIR/plain" -d "$(dirname "$plugin")" $options $vdevs >"$DIR/out" 2>&1 || {
	cat "$DIR/out"
	fail "it does not load"
}
grep -q '^2 ports$' "$DIR/out" || fail "not two ports: $(cat "$DIR/out")"
echo "done"
