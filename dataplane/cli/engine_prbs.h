/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the checkers of test patterns have found, as a board tells it (its verb
 * "engine-prbs-results"): a row a lane. One thread.
 */
#ifndef CPX_DATAPLANE_CLI_ENGINE_PRBS_H
#define CPX_DATAPLANE_CLI_ENGINE_PRBS_H

#include <jansson.h>

/*
 * Puts "ber_limit" into each lane: the BER is below it with a probability of 95 %, which is 3/bits
 * as long as no bit was wrong (the rule of three); null with errors, or without bits.
 */
void prbs_judge(json_t *reply);
/* The table, with lanes as `engine`/3. After prbs_judge(). 0, or -ENOMEM. */
int prbs_print(const json_t *reply, const char *engine);

#endif
