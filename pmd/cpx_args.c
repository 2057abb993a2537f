/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * devargs of net_cpx: one table row a key, one small strict parser a row. Called at probe on the
 * thread that probes. See cpx_args.h.
 */
#include "pmd/cpx_args.h"

#include <rte_common.h>
#include <rte_ether.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/engine/profile.h"

#define LANES_PER_BANK 8

struct key {
	const char *name;
	const char *allowed;
	/* 0, -EINVAL (the value is not what `allowed` says), or another -errno with err filled */
	int (*parse)(struct cpx_args *a, const char *value, struct err *err);
};

/* Decimal digits only, no sign, no space, nothing after; *end is where they stop. */
static int parse_number(const char *s, unsigned max, unsigned *out, const char **end)
{
	unsigned long v;
	char *stop;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	v = strtoul(s, &stop, 10);
	if (errno != 0 || v > max)
		return -EINVAL;
	*out = (unsigned)v;
	if (end != NULL)
		*end = stop;
	else if (*stop != '\0')
		return -EINVAL;
	return 0;
}

static int parse_name(char *out, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len >= size ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
		    len)
		return -EINVAL;
	memcpy(out, value, len + 1);
	return 0;
}

static int parse_engine(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_name(a->engine, sizeof(a->engine), value);
}

static int parse_lanes(struct cpx_args *a, const char *value, struct err *err)
{
	unsigned first, last;
	const char *end;

	if (parse_number(value, CPX_ENGINE_LANES - 1, &first, &end) < 0)
		return -EINVAL;
	if (*end == '\0') { /* lanes=n: the first n */
		if (first < 1 || first > CPX_MAX_LANES)
			return -EINVAL;
		a->first_lane = 0;
		a->n_lanes = (uint16_t)first;
		return 0;
	}
	if (*end != '-' || parse_number(end + 1, CPX_ENGINE_LANES - 1, &last, NULL) < 0 ||
	    last < first)
		return -EINVAL;
	if (first / LANES_PER_BANK != last / LANES_PER_BANK)
		return err_set(err, -ERANGE,
			       "lanes=%s: lanes %u and %u are in different banks (banks are lanes "
			       "0-7, 8-15, …); a port's lanes are all in one bank",
			       value, first, last);
	a->first_lane = (uint16_t)first;
	a->n_lanes = (uint16_t)(last - first + 1);
	return 0;
}

static int parse_rate(struct cpx_args *a, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		uint32_t mbps;
	} rates[] = { { "53", 53125 }, { "106", 106250 }, { "212", 212500 } };

	for (size_t i = 0; i < RTE_DIM(rates); i++) {
		if (strcmp(value, rates[i].name) == 0) {
			a->lane_mbps = rates[i].mbps;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_kind(struct cpx_args *a, const char *value, struct err *err)
{
	static const char *const kinds[] = { "cpo", "npo", "cpc-passive", "cpc-active" };

	for (size_t i = 0; i < RTE_DIM(kinds); i++) {
		if (strcmp(value, kinds[i]) == 0) {
			snprintf(a->kind, sizeof(a->kind), "%s", kinds[i]);
			return 0;
		}
	}
	return -EINVAL;
}

/* name[,arguments] and the closing bracket. */
static int parse_device(struct cpx_args *a, const char *text)
{
	size_t len = strlen(text), name = strcspn(text, ",]");

	if (len == 0 || text[len - 1] != ']' || len - 1 >= sizeof(a->carrier_devargs) ||
	    name == 0 || name >= sizeof(a->carrier_name))
		return -EINVAL;
	a->carrier = CPX_CARRIER_DEV;
	snprintf(a->carrier_devargs, sizeof(a->carrier_devargs), "%.*s", (int)len - 1, text);
	snprintf(a->carrier_name, sizeof(a->carrier_name), "%.*s", (int)name, text);
	return 0;
}

static int parse_carrier(struct cpx_args *a, const char *value, struct err *err)
{
	size_t len;

	if (strcmp(value, "loop") == 0) {
		a->carrier = CPX_CARRIER_LOOP;
		a->carrier_name[0] = '\0';
		return 0;
	}
	if (strncmp(value, "fiber:", 6) == 0 && value[6] == '/') {
		len = strlen(value + 6);
		if (len >= sizeof(a->path))
			return err_set(
				err, -ERANGE,
				"carrier=%s: a path of %zu bytes; a socket's has at most %zu",
				value, len, sizeof(a->path) - 1);
		a->carrier = CPX_CARRIER_PEER;
		memcpy(a->path, value + 6, len + 1);
		return 0;
	}
	if (strncmp(value, "fiber:", 6) == 0) {
		a->carrier = CPX_CARRIER_FIBER;
		return parse_name(a->carrier_name, CPX_NAME_LEN, value + 6);
	}
	if (strncmp(value, "dev:", 4) == 0) {
		if (value[4] == '[')
			return parse_device(a, value + 5);
		/* ethdev names are free text ("0000:3b:00.0"), the port is looked up at probe */
		len = strlen(value + 4);
		if (len == 0 || len >= sizeof(a->carrier_name))
			return -EINVAL;
		a->carrier = CPX_CARRIER_DEV;
		memcpy(a->carrier_name, value + 4, len + 1);
		return 0;
	}
	return -EINVAL;
}

static int parse_mac(struct cpx_args *a, const char *value, struct err *err)
{
	struct rte_ether_addr mac;

	if (strlen(value) != 17 || rte_ether_unformat_addr(value, &mac) != 0)
		return -EINVAL;
	if (!rte_is_valid_assigned_ether_addr(&mac))
		return err_set(err, -ERANGE,
			       "mac=%s: a port's address is neither zero nor multicast", value);
	memcpy(a->mac, mac.addr_bytes, sizeof(a->mac));
	a->has_mac = true;
	return 0;
}

static int parse_path(char out[CPX_PATH_LEN], const char *value)
{
	const size_t len = strlen(value);

	if (value[0] != '/' || len >= CPX_PATH_LEN)
		return -EINVAL;
	memcpy(out, value, len + 1);
	return 0;
}

static int parse_mgmt(struct cpx_args *a, const char *value, struct err *err)
{
	a->has_mgmt = true;
	if (strcmp(value, "none") == 0) {
		a->mgmt = CPX_MGMT_NONE;
		return 0;
	}
	if (strcmp(value, "emulated") == 0) {
		a->mgmt = CPX_MGMT_EMULATED;
		return 0;
	}
	if (strncmp(value, "unix:", 5) == 0) {
		a->mgmt = CPX_MGMT_UNIX;
		return parse_path(a->mgmt_path, value + 5);
	}
	if (strncmp(value, "optoe:", 6) == 0) {
		a->mgmt = CPX_MGMT_OPTOE;
		return parse_path(a->mgmt_path, value + 6);
	}
	return -EINVAL;
}

static int parse_profile(struct cpx_args *a, const char *value, struct err *err)
{
	const struct cmis_profile *profile = cmis_profile_find(value);

	if (profile == NULL || profile->kind == CMIS_KIND_ELS)
		return -EINVAL;
	snprintf(a->profile, sizeof(a->profile), "%s", value);
	return 0;
}

/* name[:profile][@socket] */
static int parse_lasers(struct cpx_args *a, const char *value, struct err *err)
{
	const size_t name = strcspn(value, ":@"), profile = strcspn(value, "@");
	const struct cmis_profile *known;
	char text[CPX_NAME_LEN];

	if (profile >= sizeof(text))
		return -EINVAL;
	snprintf(text, sizeof(text), "%.*s", (int)name, value);
	if (parse_name(a->lasers, sizeof(a->lasers), text) != 0)
		return -EINVAL;
	if (value[name] == ':') {
		snprintf(text, sizeof(text), "%.*s", (int)(profile - name - 1), value + name + 1);
		known = cmis_profile_find(text);
		if (known == NULL || known->kind != CMIS_KIND_ELS)
			return -EINVAL;
		snprintf(a->lasers_profile, sizeof(a->lasers_profile), "%s", text);
	}
	return value[profile] == '@' ? parse_path(a->lasers_mgmt, value + profile + 1) : 0;
}

static int parse_switch(bool *out, const char *value)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	*out = value[0] == '1';
	return 0;
}

static int parse_joint(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_switch(&a->joint, value);
}

static int parse_seed(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_number(value, UINT32_MAX, &a->seed, NULL);
}

static int parse_serve(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_path(a->serve, value);
}

static int parse_role(struct cpx_args *a, const char *value, struct err *err)
{
	if (strcmp(value, "server") != 0 && strcmp(value, "client") != 0)
		return -EINVAL;
	a->server = value[0] == 's';
	a->has_role = true;
	return 0;
}

static int parse_trust(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_switch(&a->trust, value);
}

static int parse_lent(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_switch(&a->lent, value);
}

static int parse_passthrough(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_switch(&a->passthrough, value);
}

static int parse_wake(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_switch(&a->wake, value);
}

static int parse_pace(struct cpx_args *a, const char *value, struct err *err)
{
	return parse_switch(&a->pace, value);
}

/* Numbered within the port, as its queues are. */
static int parse_dark(struct cpx_args *a, const char *value, struct err *err)
{
	unsigned first, last;
	const char *end;

	if (parse_number(value, CPX_MAX_LANES - 1, &first, &end) < 0)
		return -EINVAL;
	last = first;
	if (*end != '\0' &&
	    (*end != '-' || parse_number(end + 1, CPX_MAX_LANES - 1, &last, NULL) < 0 ||
	     last < first))
		return -EINVAL;
	for (unsigned i = first; i <= last; i++)
		a->dark |= 1u << i;
	return 0;
}

static int parse_spread(struct cpx_args *a, const char *value, struct err *err)
{
	if (strcmp(value, "queue") != 0 && strcmp(value, "hash") != 0)
		return -EINVAL;
	a->spread = value[0] == 'h';
	return 0;
}

static int parse_numa(struct cpx_args *a, const char *value, struct err *err)
{
	unsigned node;

	if (parse_number(value, RTE_MAX_NUMA_NODES - 1, &node, NULL) < 0)
		return -EINVAL;
	a->numa = (int16_t)node;
	return 0;
}

/* clang-format off */
static const struct key keys[] = {
	{ "engine", "a name of 1 to 31 of A-Z a-z 0-9 _ - .", parse_engine },
	{ "lanes", "n (1 to 8, the first n lanes) or a-b (0-based, within one bank of 8, at most 63)",
	  parse_lanes },
	{ "rate", "53, 106 or 212 (Gb/s a lane)", parse_rate },
	{ "kind", "cpo, npo, cpc-passive or cpc-active", parse_kind },
	{ "carrier",
	  "loop, fiber:<name> (1 to 31 of A-Z a-z 0-9 _ - .), fiber:/<path> (another process), "
	  "dev:<ethdev> or dev:[<device>,<args>]",
	  parse_carrier },
	{ "role", "server or client (of carrier=fiber:/<path>)", parse_role },
	{ "trust", "0 or 1 (believe what the other process says of checksums)", parse_trust },
	{ "lent", "0 or 1 (lend frames to the other process, read its own in place)", parse_lent },
	{ "wake", "0 or 1 (wake the other process's receivers when they sleep)", parse_wake },
	{ "dark", "n or a-b (lanes of the port, 0-based, that carry nothing)", parse_dark },
	{ "passthrough", "0 or 1 (of carrier=dev: its own burst functions, at no cost)",
	  parse_passthrough },
	{ "spread", "queue (tx queue i feeds lane i) or hash (a flow's hash chooses its lane)",
	  parse_spread },
	{ "mac", "a unicast address xx:xx:xx:xx:xx:xx", parse_mac },
	{ "mgmt", "emulated, unix:/<socket>, optoe:/<file> or none", parse_mgmt },
	{ "profile", "a kind of engine (cpx engine emulate --profiles)", parse_profile },
	{ "lasers", "<name>[:els-8|els-16|els-32][@/<socket>] (of the laser source that feeds it)",
	  parse_lasers },
	{ "joint", "0 or 1 (the engine speaks for its lasers, on its own pages)", parse_joint },
	{ "seed", "a number below 2^32 (of an emulated engine: the same losses each time)",
	  parse_seed },
	{ "serve", "/<socket> (where an emulated engine is to be reached)", parse_serve },
	{ "pace", "0 or 1 (hold each lane to its line rate)", parse_pace },
	{ "numa", "a NUMA node number below " RTE_STR(RTE_MAX_NUMA_NODES), parse_numa },
};
/* clang-format on */

static int parse_pair(struct cpx_args *a, const char *key, const char *value, unsigned *seen,
		      struct err *err)
{
	const char *shown = value != NULL ? value : "";

	for (size_t i = 0; i < RTE_DIM(keys); i++) {
		int rc;

		if (strcmp(key, keys[i].name) != 0)
			continue;
		if (*seen & 1u << i)
			return err_set(err, -EINVAL, "%s=%s: the key is given twice", key, shown);
		*seen |= 1u << i;
		rc = value != NULL ? keys[i].parse(a, value, err) : -EINVAL;
		if (rc == -EINVAL)
			return err_set(err, -EINVAL, "%s=%s is not allowed; allowed: %s", key,
				       shown, keys[i].allowed);
		return rc == -ERANGE ? -EINVAL : rc;
	}
	err_set(err, -EINVAL, "%s=%s: no such key; known:", key, shown);
	for (size_t i = 0; err != NULL && i < RTE_DIM(keys); i++) {
		size_t used = strlen(err->text);

		snprintf(err->text + used, sizeof(err->text) - used, " %s", keys[i].name);
	}
	return -EINVAL;
}

static bool brackets_match(const char *text)
{
	int depth = 0;

	for (; *text != '\0' && depth >= 0; text++)
		depth += (*text == '[') - (*text == ']');
	return depth == 0;
}

/*
 * Ends the pair that starts at `at`; where the next one starts, NULL after the last. Not by
 * rte_kvargs: 22.11's cuts a value within brackets.
 */
static char *cut(char *at)
{
	for (int depth = 0; *at != '\0'; at++) {
		depth += (*at == '[') - (*at == ']');
		if (*at == ',' && depth == 0) {
			*at = '\0';
			return at + 1;
		}
	}
	return NULL;
}

/* The emulated engine that has such lanes. */
static const char *usual_profile(const struct cpx_args *a)
{
	if (strcmp(a->kind, "cpc-passive") == 0 || strcmp(a->kind, "cpc-active") == 0)
		return a->kind;
	if (a->lane_mbps == 212500)
		return "cpx-6.4t";
	return a->first_lane >= 32 ? "bailly-6.4t" : "oif-3.2t";
}

static int check_management(struct cpx_args *a, struct err *err)
{
	const struct cmis_profile *profile;

	/* a real device's lanes are not switched by an engine that is not there, unless asked */
	if (!a->has_mgmt)
		a->mgmt = a->carrier == CPX_CARRIER_DEV ? CPX_MGMT_NONE : CPX_MGMT_EMULATED;
	if (a->mgmt != CPX_MGMT_EMULATED && (a->profile[0] != '\0' || a->serve[0] != '\0'))
		return err_set(err, -EINVAL, "%s= goes with mgmt=emulated only",
			       a->profile[0] != '\0' ? "profile" : "serve");
	if (a->joint && a->lasers_mgmt[0] != '\0')
		return err_set(
			err, -EINVAL,
			"joint=1: the lasers are reached through the engine, so lasers=%s has "
			"no socket of its own",
			a->lasers);
	if (a->mgmt != CPX_MGMT_NONE && a->passthrough)
		return err_set(err, -EINVAL,
			       "passthrough=1 leaves frames to the device, which no engine can "
			       "hold back: use mgmt=none, or passthrough=0");
	if (a->profile[0] == '\0')
		snprintf(a->profile, sizeof(a->profile), "%s", usual_profile(a));
	profile = cmis_profile_find(a->profile);
	if (a->mgmt == CPX_MGMT_EMULATED && a->first_lane + a->n_lanes > profile->banks * 8)
		return err_set(err, -EINVAL, "lanes=%u-%u: an engine %s has lanes 0 to %u only",
			       a->first_lane, a->first_lane + a->n_lanes - 1, a->profile,
			       profile->banks * 8 - 1);
	return 0;
}

static int check_together(struct cpx_args *a, struct err *err)
{
	if (a->carrier == CPX_CARRIER_PEER && !a->has_role)
		return err_set(err, -EINVAL,
			       "carrier=fiber:%s joins two processes: say role=server here and "
			       "role=client at the other end, or the other way round",
			       a->path);
	if (a->carrier != CPX_CARRIER_PEER && (a->has_role || a->trust || a->wake || a->lent))
		return err_set(err, -EINVAL,
			       "%s goes with carrier=fiber:/<path> only, which joins two processes",
			       a->has_role ? "role="
			       : a->trust  ? "trust=1"
			       : a->lent   ? "lent=1"
					   : "wake=1");
	if (a->passthrough && a->carrier != CPX_CARRIER_DEV)
		return err_set(err, -EINVAL, "passthrough=1 goes with carrier=dev:<ethdev> only");
	if (a->dark >> a->n_lanes != 0)
		return err_set(err, -EINVAL, "dark=: the port has lanes 0 to %u only",
			       a->n_lanes - 1u);
	return check_management(a, err);
}

int cpx_args_parse(struct cpx_args *a, const char *text, struct err *err)
{
	char *copy;
	unsigned seen = 0;
	int rc = 0;

	*a = (struct cpx_args){
		.n_lanes = 1,
		.lane_mbps = 106250,
		.kind = "cpo",
		.carrier = CPX_CARRIER_LOOP,
		.lasers_profile = "els-8",
		.numa = -1,
	};
	if (text == NULL || *text == '\0')
		return check_together(a, err);
	if (!brackets_match(text))
		return err_set(err, -EINVAL, "\"%s\": the brackets do not match", text);
	copy = strdup(text);
	if (copy == NULL)
		return err_set(err, -ENOMEM, "no memory for the arguments");
	for (char *at = copy, *next; at != NULL && rc == 0; at = next) {
		char *value;

		next = cut(at);
		if (*at == '\0')
			continue;
		value = strchr(at, '=');
		if (value != NULL)
			*value++ = '\0';
		rc = parse_pair(a, at, value, &seen, err);
	}
	free(copy);
	return rc == 0 ? check_together(a, err) : rc;
}
