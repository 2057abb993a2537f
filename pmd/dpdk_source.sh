#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Fetch parts of the source package that libdpdk-dev was built from and unpack them.
#
#   dpdk_source.sh VERSION OUT PATH…
#
# VERSION is what `pkg-config --modversion libdpdk` says; PATHs are files or folders of DPDK's tree
# (examples/l3fwd), which appear below the folder OUT. apt reads a private copy of the machine's
# sources, "deb" turned into "deb-src", and keeps its lists in a private folder, so neither root nor
# any change to the machine is needed. What went wrong is said on standard error. Called by
# driver_headers.sh and by tests; nothing that it fetches is ever committed.
set -eu

version=$1
out=$2
shift 2

fail() {
	printf '%s\n' "$1" >&2
	exit 1
}

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
	set -f # the patterns are tar's
	case $orig in *.asc) continue ;; esac
	mkdir -p "$work/tree"
	# shellcheck disable=SC2046 # one word a path
	tar -xf "$orig" -C "$work/tree" --strip-components=1 --wildcards \
		--no-wildcards-match-slash $(printf '*/%s ' "$@") ||
		fail "the source package $name $package_version does not unpack, or lacks one of: $*"
done
set +f
mkdir -p "$out"
cp -R "$work/tree/." "$out/"
