# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Sourced by the tests of this folder: NAME.sh SEGMENT PROGRAM. SEGMENT (segment.c) writes a moving
# telemetry file; $FILE is where. A test ends with 0, with fail() 1, or with skip() 77.
set -eu
SEGMENT=$1
PROGRAM=$2
DIR=$(mktemp -d)
FILE=$DIR/telemetry
export LC_ALL=C TERM=xterm
unset NO_COLOR XDG_RUNTIME_DIR
export CPX_INSTANCE=nobody-$$ # engines of boards that run here are none of ours

skip() {
	echo "skip: $*"
	exit 77
}

fail() {
	echo "FAILED: $*"
	exit 1
}

finish() {
	code=$?
	trap - EXIT
	[ -z "${WRITER-}" ] || kill "$WRITER" 2>/dev/null || :
	rm -rf "$DIR"
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

wait_for() { # seconds, command
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

published() { "$PROGRAM" -f "$FILE" "$@"; }

writer() { # [PASSES]: how many times it publishes, 0 without end
	"$SEGMENT" "$FILE" 60 "${1:-0}" &
	WRITER=$!
}

no_writer() { # the signal it gets
	kill "-$1" "$WRITER"
	wait "$WRITER" || :
	WRITER=
}
