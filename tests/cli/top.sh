#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# top.sh SEGMENT CPX-TOP: plain lines without a terminal; in tmux the screen, its sort keys, resizing,
# a dead board, and quitting.
. "$(dirname "$0")/lib.sh"

code=0
"$PROGRAM" -i not-there >"$DIR/out" 2>&1 || code=$?
[ $code -eq 1 ] && grep -q 'is running' "$DIR/out" || fail "no board: exit $code, $(cat "$DIR/out")"
code=0
"$PROGRAM" --sort color >"$DIR/out" 2>&1 || code=$?
[ $code -eq 2 ] || fail "--sort color: exit $code"

writer
wait_for 10 published --once -d 0.1 || fail "nothing was published"
published --once -d 0.5 >"$DIR/once" || fail "--once: exit $?"
grep -q '^oe0/15 *p1 *up *[0-9.]* Mp/s *[0-9.]* Gb/s *[0-9.]* %' "$DIR/once" || fail "$(cat "$DIR/once")"
grep -q '^! 1 of 16 lanes down' "$DIR/once" || fail "no alarm: $(cat "$DIR/once")"
grep -q '^dropped ttl_expired ' "$DIR/once" || fail "no drops: $(cat "$DIR/once")"
published --once --sort rx -d 0.5 | grep '^oe0/' | head -n 1 | grep -q '^oe0/15 ' || fail "--sort rx"
timeout --preserve-status -s INT 1 "$PROGRAM" -f "$FILE" -d 0.1 >"$DIR/lines" || fail "SIGINT: exit $?"
[ "$(grep -c '^cpx top' "$DIR/lines")" -ge 2 ] || fail "one block of lines only"

command -v tmux >/dev/null || skip "no tmux: the screen was not tested"
tm() { tmux -L "cpx-test-$$" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null || :; finish' EXIT
tm new-session -d -x 80 -y 24 "TERM=dumb '$PROGRAM' -f '$FILE' -d 0.2; sleep 30"
screen() { tm capture-pane -p >"$DIR/screen" && grep -qE "$1" "$DIR/screen"; }
sees() { wait_for 10 screen "$2" || fail "$1: $(cat "$DIR/screen")"; }
sees "plain lines on a terminal that can do no more" '^dropped ttl_expired .* in all'
tm kill-server
tm new-session -d -x 80 -y 24 "'$PROGRAM' -f '$FILE' -d 0.2; echo ended \$?; sleep 30"

sees "title" '^cpx top  synthetic  up 00:00:[0-9]{2}   in [0-9.]+ Gb/s'
sees "a lane with rates" '^oe0/2 +p0 +up +[0-9.]+k +[0-9.]+[MG] +\|? +[0-9]+%'
sees "the alarm" '^! 1 of 16 lanes down: oe0/11 \(p1\)'
sees "a worker" '^worker 0 +CPU 0 .*busy +\|+ +75%'
sees "drops" '^dropped: (ttl_expired|no_route) '
sees "lane order" '^oe0/0 '
tm send-keys r
third() { tm capture-pane -p >"$DIR/screen" && sed -n 4p "$DIR/screen" | grep -q '^oe0/15 '; }
wait_for 10 third || fail "r does not sort by rx: $(cat "$DIR/screen")"
tm resize-window -x 60 -y 20
sees "too small" 'needs 80x24, this is 60x20'
tm resize-window -x 160 -y 40
sees "all lanes on a large screen" '^oe0/0 +p0'
no_writer KILL
sees "a dead board" '^! this cpx is not running'
writer
sees "the next board" '^! 1 of 16 lanes down'
tm send-keys q
sees "the end" '^ended 0'
