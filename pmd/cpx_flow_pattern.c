/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An rte_flow pattern made into what the matcher compares; see cpx_flow_parse.h. Each item's header
 * is laid out as on the wire in rte_flow's structures, so spec and mask are cut into the words that
 * are read from a frame. Control threads only. It must take nothing for granted of what it is given
 * but that spec, last and mask are as large as their types say.
 */
#include "pmd/cpx_flow_parse.h"

#include <errno.h>
#include <string.h>

struct field {
	uint8_t at, bytes;
};

enum layer { LAYER_NONE, LAYER_ETH, LAYER_VLAN, LAYER_L3, LAYER_L4 };

struct kind {
	const char *name;
	enum layer layer;
	uint32_t header;     /* bit that a frame must have */
	uint8_t base, bytes; /* where the header is read from, and how much of it */
	const void *mask;    /* in place of none */
	struct field field[10];
};

static const struct kind kinds[] = {
	[RTE_FLOW_ITEM_TYPE_ETH] = { "eth",
				     LAYER_ETH,
				     CPX_FLOW_ETH,
				     CPX_FLOW_AT_ETH,
				     14,
				     &rte_flow_item_eth_mask,
				     { { 0, 6 }, { 6, 6 }, { 12, 2 } } },
	[RTE_FLOW_ITEM_TYPE_VLAN] = { "vlan",
				      LAYER_VLAN,
				      CPX_FLOW_VLAN1,
				      CPX_FLOW_AT_VLAN1,
				      4,
				      &rte_flow_item_vlan_mask,
				      { { 0, 2 }, { 2, 2 } } },
	[RTE_FLOW_ITEM_TYPE_IPV4] = { "ipv4",
				      LAYER_L3,
				      CPX_FLOW_IP4,
				      CPX_FLOW_AT_L3,
				      20,
				      &rte_flow_item_ipv4_mask,
				      { { 0, 1 },
					{ 1, 1 },
					{ 2, 2 },
					{ 4, 2 },
					{ 6, 2 },
					{ 8, 1 },
					{ 9, 1 },
					{ 10, 2 },
					{ 12, 4 },
					{ 16, 4 } } },
	[RTE_FLOW_ITEM_TYPE_IPV6] = { "ipv6",
				      LAYER_L3,
				      CPX_FLOW_IP6,
				      CPX_FLOW_AT_L3,
				      40,
				      &rte_flow_item_ipv6_mask,
				      { { 0, 4 },
					{ 4, 2 },
					{ 6, 1 },
					{ 7, 1 },
					{ 8, 16 },
					{ 24, 16 } } },
	[RTE_FLOW_ITEM_TYPE_UDP] = { "udp",
				     LAYER_L4,
				     CPX_FLOW_UDP,
				     CPX_FLOW_AT_L4,
				     8,
				     &rte_flow_item_udp_mask,
				     { { 0, 2 }, { 2, 2 }, { 4, 2 }, { 6, 2 } } },
	[RTE_FLOW_ITEM_TYPE_TCP] = { "tcp",
				     LAYER_L4,
				     CPX_FLOW_TCP,
				     CPX_FLOW_AT_L4,
				     20,
				     &rte_flow_item_tcp_mask,
				     { { 0, 2 },
				       { 2, 2 },
				       { 4, 4 },
				       { 8, 4 },
				       { 12, 1 },
				       { 13, 1 },
				       { 14, 2 },
				       { 16, 2 },
				       { 18, 2 } } },
};

/* What reading a pattern goes by. */
struct reader {
	struct cpx_flow_pattern *pattern;
	const struct rte_flow_item *item;
	struct rte_flow_error *error;
	enum layer layer; /* of the last item */
	unsigned tags;
};

static int refuse(const struct reader *r, int code, enum rte_flow_error_type type, const char *why)
{
	return cpx_flow_error(r->error, code, type, r->item, "item %s: %s",
			      kinds[r->item->type].name, why);
}

/* Ask that frames have the header, or that they have not. */
static int ask(const struct reader *r, uint32_t header, bool there)
{
	struct cpx_flow_shape *s = &r->pattern->shape;
	const uint32_t want = there ? header : 0;

	if ((s->care & header) != 0 && (s->want & header) != want)
		return refuse(r, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM,
			      "no frame can have what it and the items below ask for; change one");
	s->care |= header;
	s->want |= want;
	return 0;
}

/* Does `last` ask for a range in any field? Zero or equal to spec, under the mask, does not. */
static bool is_range(const struct kind *k, const uint8_t *spec, const uint8_t *last,
		     const uint8_t *mask)
{
	for (unsigned f = 0; f < RTE_DIM(k->field) && k->field[f].bytes != 0; f++) {
		bool zero = true, same = true;

		for (unsigned i = k->field[f].at; i < k->field[f].at + k->field[f].bytes; i++) {
			zero = zero && (last[i] & mask[i]) == 0;
			same = same && (last[i] & mask[i]) == (spec[i] & mask[i]);
		}
		if (!zero && !same)
			return true;
	}
	return false;
}

/* Cut a header into words of 8 bytes, the last one reaching back where it must; none is empty. */
static void add_words(struct cpx_flow_pattern *p, unsigned base, const uint8_t *spec,
		      const uint8_t *mask, unsigned bytes)
{
	for (unsigned done = 0; done < bytes; done += 8) {
		const unsigned at = done + 8 <= bytes ? done : bytes - 8;
		uint8_t m[8] = { 0 }, v[8];
		uint64_t m64, v64;

		memcpy(m + (done - at), mask + done, 8 - (done - at));
		for (unsigned i = 0; i < 8; i++)
			v[i] = spec[at + i] & m[i];
		memcpy(&m64, m, sizeof(m64));
		memcpy(&v64, v, sizeof(v64));
		if (m64 == 0)
			continue;
		p->shape.word[p->shape.n_words] = (struct cpx_flow_word){ .mask = m64,
									  .base = (uint8_t)base,
									  .at = (uint8_t)at };
		p->value[p->shape.n_words++] = v64;
	}
}

/* The bits beside the header of one item: a mask bit, a spec bit, the header it is about. */
static int read_flags(const struct reader *r)
{
	const struct rte_flow_item *item = r->item;
	int rc = 0;

#define FLAG(type, bit, header)                                                      \
	do {                                                                         \
		if (rc == 0 && ((const struct type *)item->mask)->bit)               \
			rc = ask(r, header, ((const struct type *)item->spec)->bit); \
	} while (0)
#define RESERVED(type)                                                                      \
	do {                                                                                \
		if (((const struct type *)item->mask)->reserved)                            \
			return refuse(r, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_MASK,            \
				      "reserved bits cannot be matched; clear their mask"); \
	} while (0)
	if (item->mask == NULL) /* the default masks leave the bits out */
		return 0;
	switch (item->type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		RESERVED(rte_flow_item_eth);
		FLAG(rte_flow_item_eth, has_vlan, CPX_FLOW_VLAN1);
		break;
	case RTE_FLOW_ITEM_TYPE_VLAN:
		RESERVED(rte_flow_item_vlan);
		FLAG(rte_flow_item_vlan, has_more_vlan,
		     r->tags == 1 ? CPX_FLOW_VLAN2 : CPX_FLOW_VLAN3);
		break;
	case RTE_FLOW_ITEM_TYPE_IPV6:
		RESERVED(rte_flow_item_ipv6);
		FLAG(rte_flow_item_ipv6, has_hop_ext, CPX_FLOW_IP6_HOP);
		FLAG(rte_flow_item_ipv6, has_route_ext, CPX_FLOW_IP6_ROUTE);
		FLAG(rte_flow_item_ipv6, has_frag_ext, CPX_FLOW_IP6_FRAGMENT);
		FLAG(rte_flow_item_ipv6, has_auth_ext, CPX_FLOW_IP6_AUTH);
		FLAG(rte_flow_item_ipv6, has_esp_ext, CPX_FLOW_IP6_ESP);
		FLAG(rte_flow_item_ipv6, has_dest_ext, CPX_FLOW_IP6_DEST);
		FLAG(rte_flow_item_ipv6, has_mobil_ext, CPX_FLOW_IP6_MOBILITY);
		FLAG(rte_flow_item_ipv6, has_hip_ext, CPX_FLOW_IP6_HIP);
		FLAG(rte_flow_item_ipv6, has_shim6_ext, CPX_FLOW_IP6_SHIM6);
		break;
	default:
		break;
	}
#undef FLAG
#undef RESERVED
	return rc;
}

/* Is the item where its layer may stand? */
static int check_place(struct reader *r, const struct kind *k)
{
	const bool again = k->layer == LAYER_VLAN && r->layer == LAYER_VLAN;

	if (again && r->tags == 2)
		return refuse(r, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM,
			      "a pattern has at most two of them");
	if (k->layer <= r->layer && !again)
		return refuse(r, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM,
			      "out of place; the order is eth, vlan, ipv4 or ipv6, udp or tcp");
	if (k->layer == LAYER_L4 && r->layer != LAYER_NONE && r->layer != LAYER_L3)
		return refuse(r, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM,
			      "needs ipv4 or ipv6 before it where there is a layer below");
	r->layer = k->layer;
	r->tags += k->layer == LAYER_VLAN;
	return 0;
}

static int read_item(struct reader *r, const struct kind *k)
{
	const struct rte_flow_item *item = r->item;
	const uint8_t *mask = item->mask != NULL ? item->mask : k->mask;
	/* a tag's word starts 4 bytes before it */
	uint8_t wide[2][8] = { { 0 } };
	int rc = check_place(r, k);

	if (rc != 0)
		return rc;
	rc = ask(r, k->layer == LAYER_VLAN && r->tags == 2 ? CPX_FLOW_VLAN2 : k->header, true);
	if (rc != 0)
		return rc;
	/* a fragment, or what is encrypted, shows no layer 4 */
	if (k->layer == LAYER_L4) {
		rc = ask(r, CPX_FLOW_IP6_FRAGMENT, false);
		if (rc == 0)
			rc = ask(r, CPX_FLOW_IP6_ESP, false);
		if (rc != 0)
			return rc;
	}
	if (item->spec == NULL) {
		if (item->last != NULL)
			return refuse(r, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_LAST,
				      "last without spec");
		if (item->mask != NULL)
			return refuse(r, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_MASK,
				      "mask without spec");
		return 0;
	}
	if (item->last != NULL && is_range(k, item->spec, item->last, mask))
		return refuse(r, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_LAST,
			      "ranges are not supported; use a mask, or several rules");
	rc = read_flags(r);
	if (rc != 0)
		return rc;
	if (k->layer != LAYER_VLAN) {
		add_words(r->pattern, k->base, item->spec, mask, k->bytes);
		return 0;
	}
	memcpy(wide[0] + 4, item->spec, 4);
	memcpy(wide[1] + 4, mask, 4);
	add_words(r->pattern, CPX_FLOW_AT_VLAN1 + r->tags - 1, wide[0], wide[1], 8);
	return 0;
}

int cpx_flow_read_pattern(const struct rte_flow_item *item, struct cpx_flow_pattern *pattern,
			  struct rte_flow_error *error)
{
	struct reader r = { .pattern = pattern, .error = error };

	if (item == NULL)
		return cpx_flow_error(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_NUM, NULL,
				      "no pattern; one of end alone is met by every frame");
	for (; item->type != RTE_FLOW_ITEM_TYPE_END; item++) {
		int rc;

		if (item->type == RTE_FLOW_ITEM_TYPE_VOID)
			continue;
		if ((unsigned)item->type >= RTE_DIM(kinds) || kinds[item->type].name == NULL) {
			const char *name = NULL;

			if (rte_flow_conv(RTE_FLOW_CONV_OP_ITEM_NAME_PTR, &name, sizeof(name),
					  (const void *)(intptr_t)item->type, NULL) <= 0)
				name = NULL;
			return cpx_flow_error(
				error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
				"item %s (%d): not supported; there are eth, vlan, ipv4, ipv6, "
				"udp, tcp, void",
				name != NULL ? name : "of a type", (int)item->type);
		}
		r.item = item;
		rc = read_item(&r, &kinds[item->type]);
		if (rc != 0)
			return rc;
	}
	return 0;
}
