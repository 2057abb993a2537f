#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Each libFuzzer target (tests/fuzz) runs for a while with ASan and UBSan: first its corpus, in which
# every input once found stays as a regression test, then new inputs. All targets share
# FUZZ_SECONDS (60). A failing input is kept in BUILD-check-fuzz and its path printed.
. "$(dirname "$0")/lib.sh"
need clang clang
folder=$BUILD-check-fuzz
echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return p && n < 0; }' |
	clang -x c -fsanitize=fuzzer,address - -o "$BUILD/fuzz-probe" 2>/dev/null ||
	skip "clang has no libFuzzer here: apt-get install libclang-rt-14-dev"
rm -f "$BUILD/fuzz-probe"

export CC=clang
extra_build "$folder" -Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false \
	--buildtype=debugoptimized -Dc_args=-fsanitize=fuzzer-no-link
# Only these: clang cannot link our shared library with sanitizers inside.
targets=$(ninja -C "$folder" -t targets all | sed -n 's,^\(tests/fuzz/fuzz_[a-z0-9_]*\): .*,\1,p')
[ -n "$targets" ] || skip "there are no fuzz targets"
# shellcheck disable=SC2086 # one word a target
ninja -C "$folder" $targets >"$folder/log" 2>&1 || {
	tail -n 40 "$folder/log"
	echo "check: the fuzz targets do not build"
	exit 1
}
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS-}"
export LSAN_OPTIONS="suppressions=$SRC/tests/check/lsan.supp:print_suppressions=0:${LSAN_OPTIONS-}"
# shellcheck disable=SC2086 # one word a target
set -- $targets
seconds=$((${FUZZ_SECONDS:-60} / $#))
[ "$seconds" -ge 2 ] || seconds=2
bad=0
for target in "$@"; do
	target=$folder/$target
	name=$(basename "$target")
	# New inputs go to the build, the tree's corpus is only read.
	mkdir -p "$folder/corpus/$name"
	seeds=$SRC/tests/fuzz/corpus/${name#fuzz_}
	[ -d "$seeds" ] || seeds=
	if "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$folder/$name-" "$folder/corpus/$name" ${seeds:+"$seeds"} \
		>"$folder/$name.log" 2>&1; then
		echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$name.log") inputs"
	else
		tail -n 40 "$folder/$name.log"
		echo "check: $name failed; its input is named above"
		bad=1
	fi
done
exit $bad
