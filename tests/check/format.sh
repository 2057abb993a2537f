#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every C file is as clang-format 14 (Debian 12) writes it with our .clang-format.
. "$(dirname "$0")/lib.sh"
need clang-format clang-format
case $(clang-format --version) in
*'version 14.'*) ;;
*) skip "clang-format 14 decides, here is $(clang-format --version)" ;;
esac

bad=0
for f in $(sources); do
	if ! clang-format "$f" | cmp -s - "$f"; then
		echo "$f: not as clang-format would write it:"
		clang-format "$f" | diff -u "$f" - | sed -n '3,12p'
		bad=$((bad + 1))
	fi
done
[ "$bad" -eq 0 ] || {
	echo "check: $bad files differ; run clang-format -i on them"
	exit 1
}
