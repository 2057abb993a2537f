#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# jumbo.sh: packets of 9000 bytes pass whole. Only af_packet: an AF_XDP frame ends at one page.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts 9000
board af_packet 9000
start_cpx

lossless h1 50 10.0.2.2 -i 0.02 -M do -s 8972
lossless h1 50 2001:db8:2::2 -i 0.02 -M do -s 8952
