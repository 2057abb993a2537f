/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the shape of a bank; see shape.h. */
#include "dataplane/ctl/shape.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define RATES "50G, 100G, 200G, 400G, 800G, 1600G or 1.6T"

static const struct {
	const char *text;
	unsigned gbps;
} rates[] = { { "50G", 50 },   { "100G", 100 },   { "200G", 200 }, { "400G", 400 },
	      { "800G", 800 }, { "1600G", 1600 }, { "1.6T", 1600 } };

/* 0: no such rate. */
static unsigned rate_of(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (strlen(rates[i].text) == len && strncasecmp(rates[i].text, text, len) == 0)
			return rates[i].gbps;
	return 0;
}

/* One NxRATE of len bytes, its ports behind those there are. */
static int add(struct board_shape *s, const char *part, size_t len, unsigned lane_gbps,
	       struct err *err)
{
	unsigned first = s->n ? s->port[s->n - 1].first + s->port[s->n - 1].lanes : 0;
	unsigned count, gbps, lanes;

	if (len < 3 || part[0] < '1' || part[0] > '8' || (part[1] != 'x' && part[1] != 'X'))
		return err_set(err, -EINVAL,
			       "\"%.*s\" is not NxRATE with N from 1 to 8, as in 2x400G", (int)len,
			       part);
	count = (unsigned)(part[0] - '0');
	gbps = rate_of(part + 2, len - 2);
	if (!gbps)
		return err_set(err, -EINVAL, "\"%.*s\" is no rate of a port: " RATES,
			       (int)(len - 2), part + 2);
	lanes = gbps / lane_gbps;
	if (lanes < 1 || lanes > CONFIG_LANES_PER_BANK)
		return err_set(err, -EINVAL,
			       "a port of %uG cannot be made of lanes of %uG: %s; from %uG to %uG "
			       "can",
			       gbps, lane_gbps,
			       lanes ? "a bank has eight" : "a lane is not divided", lane_gbps,
			       lane_gbps * CONFIG_LANES_PER_BANK);
	if (first % lanes)
		return err_set(err, -EINVAL,
			       "a port of %u lanes cannot begin at lane %u of the bank, only at a "
			       "multiple of %u: name the wide ports first",
			       lanes, first, lanes);
	if (first + count * lanes > CONFIG_LANES_PER_BANK)
		return err_set(err, -EINVAL,
			       "the ports need %u lanes of %uG, a bank has %u: ask for fewer",
			       first + count * lanes, lane_gbps, CONFIG_LANES_PER_BANK);
	for (; count > 0; count--, first += lanes) {
		s->port[s->n].first = (uint8_t)first;
		s->port[s->n++].lanes = (uint8_t)lanes;
	}
	return 0;
}

int shape_parse(struct board_shape *out, const char *text, uint32_t lane_mbps, struct err *err)
{
	/* 256B/257B coding and RS(544,514) make 17 bits on the line of 16 (802.3 clause 119) */
	const unsigned lane_gbps = lane_mbps / 17 * 16 / 1000;
	const char *part = text;
	int ret = 0;

	*out = (struct board_shape){ 0 };
	if (!lane_gbps)
		return err_set(err, -EINVAL, "lanes of %u Mb/s carry no port", lane_mbps);
	if (strnlen(text, SHAPE_TEXT_MAX + 1) > SHAPE_TEXT_MAX)
		return err_set(err, -EINVAL, "longer than %d characters", SHAPE_TEXT_MAX);
	while (ret == 0) {
		const size_t len = strcspn(part, "+");

		ret = add(out, part, len, lane_gbps, err);
		if (part[len] == '\0')
			break;
		part += len + 1;
	}
	return ret;
}
