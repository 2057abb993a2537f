/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes of the rings and pools of a board's ports. */
#ifndef CPX_DATAPLANE_CTL_PORTS_H
#define CPX_DATAPLANE_CTL_PORTS_H

#define PORTS_RX_DESC    512
#define PORTS_TX_DESC    512
#define PORTS_POOL_CACHE 256

#endif
