#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The whole tree builds without a warning: warnings.sh gcc|clang. Incremental, in BUILD-check-NAME.
. "$(dirname "$0")/lib.sh"
compiler=$1
need "$compiler" "$compiler"
need ninja ninja-build

export CC="$compiler"
extra_build "$BUILD-check-$compiler" --werror
ninja -C "$BUILD-check-$compiler" >"$BUILD-check-$compiler/log" 2>&1 || {
	grep -A 12 -E 'error:|undefined reference|FAILED' "$BUILD-check-$compiler/log" | head -n 80
	echo "check: $compiler warns (as errors, above); see: ninja -C $BUILD-check-$compiler"
	exit 1
}
