#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Find the driver headers of the installed DPDK and print the folder that holds them.
#
#   driver_headers.sh VERSION OUT [FOLDER]
#
# VERSION is what `pkg-config --modversion libdpdk` says, OUT a folder of the build, FOLDER the
# value of the meson option driver_headers: the headers themselves beside DPDK's file VERSION, or
# a whole DPDK source tree. Without FOLDER dpdk_source.sh fetches the source package that libdpdk-dev
# was built from, once. Called by pmd/meson.build.
set -eu

headers='lib/ethdev/ethdev_driver.h lib/ethdev/ethdev_vdev.h
	lib/eal/include/dev_driver.h drivers/bus/vdev/bus_vdev_driver.h'
version=$1
out=$2
folder=${3-}

fail() {
	printf '%s\n' "driver_headers.sh: $1" \
		"The driver headers of DPDK $version are needed (ethdev_driver.h, ethdev_vdev.h," \
		"dev_driver.h, bus_vdev_driver.h; libdpdk-dev does not carry them). Three ways:" \
		"  1. meson setup -Ddriver_headers=FOLDER: the four headers and DPDK's file VERSION, or a DPDK source tree" \
		"  2. a DPDK built with -Denable_driver_sdk=true, first on PKG_CONFIG_PATH" \
		"  3. Debian's libdpdk-dev, its mirror reachable: apt fetches the matching source package by itself" >&2
	exit 1
}

# All headers in $1, from the DPDK that $1/VERSION names?
all_there() {
	for h in $headers; do
		[ -f "$1/${h##*/}" ] || return 1
	done
	[ "$(cat "$1/VERSION" 2>/dev/null)" = "$version" ]
}

# Copy the headers and VERSION of the source tree $1 to $2.
pick() {
	mkdir -p "$2"
	for h in $headers VERSION; do
		cp "$1/$h" "$2/" || return 1
	done
}

if [ -n "$folder" ]; then
	found=$(cat "$folder/VERSION" 2>/dev/null) ||
		fail "$folder has no file VERSION, so nothing tells which DPDK its headers are of"
	[ "$found" = "$version" ] ||
		fail "$folder holds headers of DPDK $found, but pkg-config finds libdpdk $version"
	if [ -f "$folder/lib/ethdev/ethdev_driver.h" ]; then
		pick "$folder" "$out" || fail "$folder looks like a DPDK source tree but lacks a header"
		folder=$out
	fi
	all_there "$folder" || fail "$folder lacks at least one of the headers"
	printf '%s\n' "$folder"
	exit 0
fi

if all_there "$out"; then
	printf '%s\n' "$out"
	exit 0
fi

trap 'rm -rf "$out/tree"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2086 # one word a header
why=$(sh "${0%/*}/dpdk_source.sh" "$version" "$out/tree" VERSION $headers 2>&1) || fail "$why"
pick "$out/tree" "$out" || fail "the source package lacks a header"
all_there "$out" || fail "the source package holds DPDK $(cat "$out/VERSION")"
printf '%s\n' "$out"
