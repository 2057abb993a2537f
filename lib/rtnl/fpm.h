/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of the Forwarding Plane Manager's protocol, by which zebra (FRR) gives routes away: a
 * stream of { version 1, type, length of the whole in network order } and messages of rtnetlink
 * (rtnl.h). Pure.
 */
#ifndef CPX_LIB_RTNL_FPM_H
#define CPX_LIB_RTNL_FPM_H

#include <stddef.h>
#include <stdint.h>

#define FPM_PORT      2620
#define FPM_HEADER    4
#define FPM_FRAME_MAX UINT16_MAX

/* Length of the first frame of a stream, header included, all of it there; 0: not all is there yet;
 * -EPROTO: this is no such stream. What is behind the header are messages for rtnl_first(). */
int fpm_frame(const void *bytes, size_t len);
/* A header for so many bytes, at most FPM_FRAME_MAX - FPM_HEADER. */
void fpm_header(uint8_t out[FPM_HEADER], size_t payload);

#endif
