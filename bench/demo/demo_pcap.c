/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/demo/demo.h"
int demo_pcap(const struct demo_options *o)
{
	return o->pcap ? EXIT_FAILED : EXIT_USAGE;
}
