#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ping.sh CARRIER [hugepages]: two hosts reach each other and the appliance, IPv4 and IPv6, without
# any loss.
. "$(dirname "$0")/lib.sh"
need ping iputils-ping
two_hosts
board "$1"
if [ "${2-}" = hugepages ]; then
	free=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0)
	[ "$free" -ge 256 ] || skip "needs 256 free hugepages of 2 MiB, there are $free"
	sed -i '/hugepages: false/d' "$DIR/cpx.yaml"
fi
start_cpx

for size in 0 56 1472; do
	lossless h1 50 10.0.2.2 -i 0.005 -s $size
	lossless h2 50 10.0.1.2 -i 0.005 -s $size
	lossless h1 50 10.0.1.1 -i 0.005 -s $size
	lossless h2 50 10.0.1.1 -i 0.005 -s $size
done
for size in 0 56 1452; do
	lossless h1 50 2001:db8:2::2 -i 0.005 -s $size
	lossless h2 50 2001:db8:1::2 -i 0.005 -s $size
	lossless h1 50 2001:db8:1::1 -i 0.005 -s $size
	lossless h2 50 2001:db8:1::1 -i 0.005 -s $size
done
