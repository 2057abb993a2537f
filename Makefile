# SPDX-License-Identifier: BSD-3-Clause
# A thin front of meson and ninja: each target installs what it lacks (or says what), builds, runs.
#
#   make          build into build/          make demo     the virtual board, no root needed
#   make test     every test                 make bench    the measurements
#   make install  under PREFIX               make clean    remove what was built
BUILD  = build
PREFIX = /usr/local
CPX    = $(BUILD)/dataplane/cli/cpx

.PHONY: all demo test bench install clean deps

all: deps
	@[ -f $(BUILD)/build.ninja ] || meson setup --prefix=$(PREFIX) --libdir=lib $(BUILD)
	@ninja -C $(BUILD)

deps:
	@.ci/deps build

demo: all
	@$(CPX) demo

# A test needs packages before meson looks for them, so they come first.
test:
	@.ci/deps build test
	@$(MAKE) --no-print-directory all
	@tests/run $(BUILD)

bench:
	@.ci/deps build bench
	@$(MAKE) --no-print-directory all
	@bench/table.py $(BUILD) --json $(BUILD)/bench.json

install: all
	@meson configure $(BUILD) --prefix=$(PREFIX)
	@meson install -C $(BUILD)

clean:
	@rm -rf $(BUILD) $(BUILD)-check-*
