/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/rtnl/fpm.h"

#include <errno.h>

#define VERSION 1
#define NETLINK 1 /* 2 is protobuf, which nobody sends */

int fpm_frame(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	unsigned whole;

	/* garbage is known by its first byte, however slowly it comes */
	if ((len > 0 && p[0] != VERSION) || (len > 1 && p[1] != NETLINK))
		return -EPROTO;
	if (len < FPM_HEADER)
		return 0;
	whole = (unsigned)p[2] << 8 | p[3];
	if (whole < FPM_HEADER)
		return -EPROTO;
	return whole <= len ? (int)whole : 0;
}

void fpm_header(uint8_t out[FPM_HEADER], size_t payload)
{
	const size_t whole = payload + FPM_HEADER;

	out[0] = VERSION;
	out[1] = NETLINK;
	out[2] = (uint8_t)(whole >> 8);
	out[3] = (uint8_t)whole;
}
