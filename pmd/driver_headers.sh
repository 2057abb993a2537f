#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Find the driver headers of the installed DPDK and print the folder that holds them.
#
#   driver_headers.sh VERSION OUT [FOLDER]
#
# VERSION is what `pkg-config --modversion libdpdk` says, OUT a folder of the build, FOLDER the
# value of the meson option driver_headers: the headers themselves beside DPDK's file VERSION, or
# a whole DPDK source tree. Without FOLDER the source package that libdpdk-dev was built from is
# fetched with apt and only the headers are unpacked into OUT, once. apt reads a private copy of
# the machine's sources, "deb" turned into "deb-src", and keeps its lists in a private folder, so
# neither root nor any change to the machine is needed. Called by pmd/meson.build.
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

for tool in apt-get dpkg-query; do
	command -v $tool >/dev/null ||
		fail "this is no Debian system (no $tool), so there is no source package to fetch"
done
# shellcheck disable=SC2016 # dpkg-query expands these
package=$(dpkg-query -W -f='${source:Package} ${source:Version}' libdpdk-dev 2>/dev/null) ||
	fail "libdpdk-dev is not installed as a package, so no source package matches it"
name=${package% *}
package_version=${package#* }
upstream=${package_version#*:}
[ "${upstream%-*}" = "$version" ] ||
	fail "pkg-config finds libdpdk $version, but the package libdpdk-dev is $package_version"
command -v xz >/dev/null || fail "xz is missing (apt install xz-utils)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work/parts" "$work/state/lists/partial" "$work/cache/archives/partial" "$work/src"

# The machine's own sources, each as its source half.
list='' parts='' status=''
eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d \
	status Dir::State::status/f)"
{
	cat "$list" 2>/dev/null || :
	for f in "$parts"/*.list; do
		[ -f "$f" ] || continue
		cat "$f"
		printf '\n'
	done
} | sed -n -E 's/^[[:space:]]*deb(-src)?([[:space:]]+)/deb-src\2/p' | grep -v ' cdrom:' |
	sort -u >"$work/sources.list" || :
for f in "$parts"/*.sources; do
	[ -f "$f" ] || continue
	sed -E 's/^[Tt]ypes:.*/Types: deb-src/' "$f" >"$work/parts/${f##*/}"
done

# Hooks of the machine (desktop notices, cache cleaning) have no place here and may need root.
cat >"$work/apt.conf" <<EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Dir::State "$work/state";
Dir::State::status "$status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/parts";
EOF

# A repository without sources makes update complain; what counts is whether ours arrives.
if ! (
	cd "$work/src"
	apt-get -q -c "$work/apt.conf" update || :
	apt-get -q -c "$work/apt.conf" source --download-only "$name=$package_version"
) >"$work/log" 2>&1 </dev/null; then
	fail "apt could not fetch the source package $name $package_version:
$(sed -n 's/^[EW]: /  apt: /p' "$work/log" | tail -n 5)
(has the archive moved on? apt update && apt install libdpdk-dev, then build again)"
fi

for orig in "$work/src"/*.orig.tar.*; do
	case $orig in *.asc) continue ;; esac
	# shellcheck disable=SC2046,SC2086 # one word a header
	tar -xf "$orig" -C "$work" --wildcards --no-wildcards-match-slash \
		--transform 's,^[^/]*,tree,' $(printf '*/%s ' VERSION $headers) ||
		fail "the source package $name $package_version does not unpack"
done
pick "$work/tree" "$out" || fail "the source package $name $package_version lacks a header"
all_there "$out" ||
	fail "the source package $name $package_version holds DPDK $(cat "$out/VERSION")"
printf '%s\n' "$out"
