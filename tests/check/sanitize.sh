#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Unit tests built with AddressSanitizer and UndefinedBehaviorSanitizer find nothing. A report of
# either ends its test. Leaks inside DPDK and other libraries are named in lsan.supp.
. "$(dirname "$0")/lib.sh"
need gcc gcc
pkg-config --exists criterion || skip "Criterion is missing: apt-get install libcriterion-dev"

folder=$BUILD-check-asan
export CC=gcc
extra_build "$folder" -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized
ninja -C "$folder" >"$folder/log" 2>&1 || {
	tail -n 40 "$folder/log"
	echo "check: the build with sanitizers failed"
	exit 1
}
export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1:${ASAN_OPTIONS-}"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS-}"
export LSAN_OPTIONS="suppressions=$SRC/tests/check/lsan.supp:print_suppressions=0:${LSAN_OPTIONS-}"
if ! meson test -C "$folder" --no-rebuild --suite unit -t 4 --logbase testlog-asan; then
	python3 - "$folder/meson-logs/testlog-asan.json" <<-'EOF'
		import json, re, sys
		bad = re.compile(r"not ok - |ERROR: \w+Sanitizer|runtime error:|FAILED")
		for line in open(sys.argv[1]):
		    test = json.loads(line)
		    if test["result"] in ("OK", "SKIP"):
		        continue
		    print(f"--- {test['name']}: {test['result']}")
		    show = 0
		    for out in (test.get("stdout", "") + test.get("stderr", "")).splitlines():
		        show = 16 if bad.search(out) else 0 if out.startswith("ok - ") else show - 1
		        if show > 0:
		            print(out)
	EOF
	echo "check: a sanitizer or test complains; see: meson test -C $folder --suite unit -v"
	exit 1
fi
