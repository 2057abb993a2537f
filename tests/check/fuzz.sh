#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Each libFuzzer target (tests/fuzz) runs with ASan and UBSan: first its corpus, in which every input
# once found stays as a regression test, then new inputs: FUZZ_SECONDS (60) for parsers of what comes
# from packets, sockets and files, a few for the others, as many at a time as there are CPUs. A
# failing input is kept in BUILD-check-fuzz and its path printed.
#
#   fuzz.sh          all
#   fuzz.sh NAME     one, already built
. "$(dirname "$0")/lib.sh"
folder=$BUILD-check-fuzz
export CC=clang SRC BUILD
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS-}"
export LSAN_OPTIONS="suppressions=$SRC/tests/check/lsan.supp:print_suppressions=0:${LSAN_OPTIONS-}"
# In this order: what takes long begins first.
long='config control fpm net rtnl segment'

fuzz() {
	target=$folder/tests/fuzz/fuzz_$1
	case " $long " in *" $1 "*) seconds=${FUZZ_SECONDS:-60} ;; *) seconds=4 ;; esac
	# New inputs go to the build, the tree's corpus is only read.
	mkdir -p "$folder/corpus/$1"
	seeds=$SRC/tests/fuzz/corpus/$1
	[ -d "$seeds" ] || seeds=
	if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$folder/$1-" "$folder/corpus/$1" \
		${seeds:+"$seeds"} >"$folder/$1.log" 2>&1; then
		tail -n 40 "$folder/$1.log"
		echo "check: $1 failed; its input is named above"
		return 1
	fi
	echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$1.log") inputs"
}

if [ $# -eq 1 ]; then
	fuzz "$1"
	exit
fi

need clang clang
echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return p && n < 0; }' |
	clang -x c -fsanitize=fuzzer,address - -o "$BUILD/fuzz-probe" 2>/dev/null ||
	skip "clang has no libFuzzer here: apt-get install libclang-rt-14-dev"
rm -f "$BUILD/fuzz-probe"
extra_build "$folder" -Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false \
	--buildtype=debugoptimized -Dc_args=-fsanitize=fuzzer-no-link
ninja -C "$folder" build.ninja >/dev/null # of an older tree: it knows no new targets
names=$(ninja -C "$folder" -t targets all | sed -n 's,^tests/fuzz/fuzz_\([a-z0-9_]*\): .*,\1,p')
[ -n "$names" ] || skip "there are no fuzz targets"
# Only these: clang cannot link our shared library with sanitizers inside.
# shellcheck disable=SC2046,SC2086 # one word a target
ninja -C "$folder" $(printf 'tests/fuzz/fuzz_%s ' $names) >"$folder/log" 2>&1 || {
	tail -n 40 "$folder/log"
	echo "check: the fuzz targets do not build"
	exit 1
}
for name in $names; do
	case " $long " in *" $name "*) echo "0 $name" ;; *) echo "1 $name" ;; esac
done | sort | cut -d' ' -f2 | xargs -P "$(nproc)" -n 1 "$0"
