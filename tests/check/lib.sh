# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Sourced by the checks. meson's tests/check/meson.build sets SRC (the tree) and BUILD (the build).
# A check explains itself on stdout, ends with 0, 1 or, through skip(), 77.
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
cd "$SRC"

skip() {
	echo "skip: $*"
	exit 77
}

need() { # program, Debian package
	command -v "$1" >/dev/null || skip "$1 is missing: apt-get install $2"
}

# C sources and headers of the tree: what git tracks, or everything where there is no git.
sources() {
	git -c safe.directory="$SRC" ls-files -- '*.c' '*.h' 2>/dev/null |
		while read -r f; do [ ! -f "$f" ] || echo "$f"; done | grep . ||
		find . -name 'build*' -prune -o -name '*.[ch]' -print | sed 's,^\./,,'
}

# Set up the build folder $1 beside the main one, with its driver headers; the rest goes to meson.
extra_build() {
	folder=$1
	shift
	headers=$(sed -n 's/.*-isystem \?\([^ "]*\).*/\1/p' "$BUILD/compile_commands.json" |
		sort -u | while read -r d; do [ ! -f "$d/ethdev_driver.h" ] || echo "$d"; done | head -n 1)
	[ -f "$folder/build.ninja" ] && return
	rm -rf "$folder"
	if ! meson setup "$folder" "$SRC" ${headers:+"-Ddriver_headers=$headers"} "$@" >"$folder.log" 2>&1
	then
		tail -n 20 "$folder.log"
		echo "check: meson setup $* failed"
		exit 1
	fi
	rm -f "$folder.log"
}
