/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scalars: text to value, by the schema's type and range. Nothing here knows of files or places;
 * a refusal is one line that says what is wrong and one that says what to write. No locale is
 * consulted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/nearest.h"
#include "config/prefix.h"
#include "config/tree.h"

struct refusal {
	char *text;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct refusal *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, r->room, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Decimal digits only, no sign, no leading zero; stops at the first other byte. -1: none, or huge
 */
static int64_t digits(const char **s)
{
	const char *p = *s;
	int64_t n = 0;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return -1;
	for (; is_digit(*p); p++) {
		n = n * 10 + (*p - '0');
		if (n > UINT32_MAX)
			return -1;
	}
	*s = p;
	return n;
}

static int number(const struct schema_key *key, const char *text, bool quoted, union value *v,
		  struct refusal *r)
{
	struct shown word = shown(text, strlen(text));
	const char *p = text, *end;
	char range[96];
	int64_t n;

	schema_describe(key, range, sizeof(range));
	if (key->type == SCHEMA_AUTO && strcmp(text, "auto") == 0) {
		v->number = 0;
		return 0;
	}
	if (quoted)
		return refuse(r, "\"%s\" is text, a number is wanted\nwrite it without quotes; %s",
			      word.text, range);
	n = digits(&p);
	if (n < 0 || p == text) {
		bool all_digits = *text && text[strspn(text, "0123456789")] == '\0';

		if (all_digits && text[0] == '0')
			return refuse(r,
				      "%s starts with a zero\nwrite the number without leading "
				      "zeros; %s",
				      word.text, range);
		if (!all_digits)
			return refuse(r, "\"%s\" is not a whole number\nwrite %s", word.text,
				      range);
	}
	end = p;
	if (n >= 0 && key->unit && strcmp(p, key->unit) == 0)
		p += strlen(p);
	if (n >= 0 && *p)
		return refuse(r, "\"%s\" is not a whole number\nwrite %s", word.text, range);
	if (n < key->min || n > key->max)
		return refuse(r, "%s is out of range\nallowed: %s", word.text, range);
	for (const char *const *c = key->choices; c; c++) {
		if (!*c)
			return refuse(r, "%s is none of the values\nallowed: %s", word.text, range);
		if (strlen(*c) == (size_t)(end - text) && strncmp(*c, text, strlen(*c)) == 0)
			break;
	}
	v->number = (uint32_t)n;
	return 0;
}

static int boolean(const char *text, bool quoted, union value *v, struct refusal *r)
{
	static const char *const yes[] = { "yes", "on", "True", "TRUE", "y", "1", NULL };

	if (!quoted && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
		v->number = text[0] == 't';
		return 0;
	}
	for (const char *const *y = yes; *y; y++)
		if (strcmp(text, *y) == 0)
			return refuse(r, "%s is not true or false\nwrite true", *y);
	return refuse(r, "%s%s%s is not true or false\nwrite true or false, without quotes",
		      quoted ? "\"" : "", shown(text, strlen(text)).text, quoted ? "\"" : "");
}

static int choice(const struct schema_key *key, const char *text, union value *v, struct refusal *r)
{
	struct nearest near = { .typed = text };
	char all[160];

	for (uint32_t i = 0; key->choices[i]; i++) {
		if (strcmp(key->choices[i], text) == 0) {
			v->number = i;
			return 0;
		}
		nearest_offer(&near, key->choices[i]);
	}
	schema_describe(key, all, sizeof(all));
	if (near.word)
		return refuse(r, "\"%s\" is no %s\ndid you mean %s? allowed: %s",
			      shown(text, strlen(text)).text, schema_leaf(key), near.word, all);
	return refuse(r, "\"%s\" is no %s\nallowed: %s", shown(text, strlen(text)).text,
		      schema_leaf(key), all);
}

bool value_is_name(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n >= CONFIG_NAME_LEN || !is_lower(text[0]))
		return false;
	for (; *text; text++)
		if (!is_lower(*text) && !is_digit(*text) && *text != '_' && *text != '-')
			return false;
	return true;
}

bool value_is_device(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n >= sizeof(((struct config_device *)0)->name))
		return false;
	for (; *text; text++)
		if (!is_lower(*text) && !is_digit(*text) && !(*text >= 'A' && *text <= 'Z') &&
		    !strchr("_-:.", *text))
			return false;
	return true;
}

static int name(const char *text, union value *v, struct refusal *r)
{
	if (!value_is_name(text))
		return refuse(r,
			      "\"%s\" is not a name\nuse a-z, 0-9, _ and -, first a letter, at "
			      "most %d characters",
			      shown(text, strlen(text)).text, CONFIG_NAME_LEN - 1);
	v->text = text;
	return 0;
}

static int plain_text(const struct schema_key *key, const char *text, union value *v,
		      struct refusal *r)
{
	size_t n = strlen(text);

	if (n > key->max)
		return refuse(r, "text of %zu bytes is too long\nat most %u bytes", n, key->max);
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~')
			return refuse(r,
				      "\"%s\" has a space or another character that may not "
				      "stand here\nwrite printable ASCII without spaces, "
				      "for example %s",
				      shown(text, n).text,
				      key->example ? key->example : key->preset);
	v->text = text;
	return 0;
}

static int lanes(char *text, union value *v, struct refusal *r)
{
	struct shown whole = shown(text, strlen(text));
	char *slash = strchr(text, '/');
	const char *p;
	int64_t first, last;

	if (!slash)
		return refuse(r,
			      "\"%s\" names no engine and lanes\nwrite ENGINE/FIRST-LAST, for "
			      "example oe0/0-7, or ENGINE/LANE",
			      whole.text);
	*slash = '\0';
	p = slash + 1;
	first = last = digits(&p);
	if (first >= 0 && *p == '-') {
		p++;
		last = digits(&p);
	}
	if (first < 0 || last < 0 || *p || !value_is_name(text))
		return refuse(r,
			      "\"%s\" names no engine and lanes\nwrite ENGINE/FIRST-LAST, for "
			      "example oe0/0-7, or ENGINE/LANE; lanes count from 0",
			      whole.text);
	if (last < first)
		return refuse(r, "lanes %lld-%lld run backwards\nwrite %.20s/%lld-%lld",
			      (long long)first, (long long)last, text, (long long)last,
			      (long long)first);
	if (last >= CONFIG_MAX_ENGINE_LANES)
		return refuse(r,
			      "no engine has a lane %lld\nlanes count from 0 through the engine; "
			      "the largest has %d",
			      (long long)last, CONFIG_MAX_ENGINE_LANES);
	v->lanes = (struct lanes_value){ text, (uint16_t)first, (uint16_t)last };
	return 0;
}

static int carrier(const char *text, union value *v, struct refusal *r)
{
	struct shown whole = shown(text, strlen(text));

	if (strcmp(text, "loop") == 0) {
		v->carrier = (struct carrier_value){ "", CONFIG_CARRIER_LOOP };
		return 0;
	}
	if (strncmp(text, "fiber:/", 7) == 0) {
		if (strlen(text + 6) >= CONFIG_PATH_LEN || strpbrk(text, ",[] \t") != NULL)
			return refuse(
				r,
				"\"%s\" is no path for a fiber\nat most %d characters, without "
				"comma, brackets and blanks",
				whole.text, CONFIG_PATH_LEN - 1);
		v->carrier = (struct carrier_value){ text + 6, CONFIG_CARRIER_PEER };
		return 0;
	}
	if (strncmp(text, "fiber:", 6) == 0) {
		if (!value_is_name(text + 6))
			return refuse(r,
				      "\"%s\" names no fiber\nwrite fiber:NAME or fiber:/PATH; "
				      "NAME is a-z, "
				      "0-9, _ and -, first a letter, at most %d characters",
				      whole.text, CONFIG_NAME_LEN - 1);
		v->carrier = (struct carrier_value){ text + 6, CONFIG_CARRIER_FIBER };
		return 0;
	}
	if (strncmp(text, "dev:", 4) == 0) {
		if (!value_is_device(text + 4))
			return refuse(r,
				      "\"%s\" names no device\nwrite dev:NAME with a NAME of "
				      "`devices`, for example dev:net_af_packet0",
				      whole.text);
		v->carrier = (struct carrier_value){ text + 4, CONFIG_CARRIER_DEV };
		return 0;
	}
	return refuse(r, "unknown carrier \"%s\"\nallowed: loop, fiber:NAME, fiber:/PATH, dev:NAME",
		      whole.text);
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int mac(const char *text, union value *v, struct refusal *r)
{
	struct shown whole = shown(text, strlen(text));
	static const uint8_t zero[6];

	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

		if (low < 0 || (i < 5 ? text[2] != ':' && text[2] != '-' : text[2] != '\0'))
			return refuse(r,
				      "\"%s\" is not an Ethernet address\nwrite six bytes in "
				      "hex, for example \"02:00:00:00:00:01\"",
				      whole.text);
		v->mac[i] = (uint8_t)(high << 4 | low);
	}
	if (memcmp(v->mac, zero, 6) == 0)
		return refuse(r,
			      "%s is the zero address\nwrite the interface's own address, for "
			      "example \"02:00:00:00:00:01\"",
			      whole.text);
	if (v->mac[0] & 1)
		return refuse(r,
			      "%s is a %s address\nan interface has a unicast one: the first byte "
			      "is even",
			      whole.text,
			      memcmp(v->mac, "\xff\xff\xff\xff\xff\xff", 6) ? "multicast"
									    : "broadcast");
	return 0;
}

int value_address(const char *text, struct config_prefix *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out->addr) == 1) {
		out->family = AF_INET;
		out->len = 32;
		return 0;
	}
	if (inet_pton(AF_INET6, text, out->addr) == 1) {
		out->family = AF_INET6;
		out->len = 128;
		return 0;
	}
	return -EINVAL;
}

const char *value_show_prefix(const struct config_prefix *p, bool bare, char *out, size_t room)
{
	char addr[INET6_ADDRSTRLEN] = "?";

	inet_ntop(p->family, p->addr, addr, sizeof(addr));
	if (bare)
		snprintf(out, room, "%s", addr);
	else
		snprintf(out, room, "%s/%u", addr, p->len);
	return out;
}

/* Address with or without length, as the key's type wants it. */
static int address(const struct schema_key *key, char *text, union value *v, struct refusal *r)
{
	struct shown whole = shown(text, strlen(text));
	char *slash = strchr(text, '/'), net[64];
	bool wants_len = key->type != SCHEMA_ADDRESS;
	unsigned min = key->type == SCHEMA_OWN;
	struct config_prefix masked;
	const char *p;
	int64_t len;

	if (key->type == SCHEMA_PREFIX && strcmp(text, "default") == 0)
		return refuse(r, "\"default\" could be IPv4 or IPv6\nwrite 0.0.0.0/0 or ::/0");
	if (slash)
		*slash = '\0';
	if (value_address(text, &v->prefix) < 0)
		return refuse(r,
			      "\"%s\" is not an IPv4 or IPv6 address%s\nwrite %s, for example %s",
			      whole.text, wants_len ? " with length" : "",
			      wants_len ? "ADDRESS/LENGTH" : "an address", key->example);
	if (!wants_len)
		return slash ? refuse(r,
				      "%s is a prefix, an address is wanted\nleave out the "
				      "/LENGTH",
				      whole.text)
			     : 0;
	if (!slash)
		return refuse(r,
			      "%s has no prefix length\nwrite %s/%d for this address alone, or "
			      "the length of its subnet",
			      whole.text, text, v->prefix.len);
	p = slash + 1;
	len = digits(&p);
	if (len < min || *p || len > v->prefix.len)
		return refuse(r, "\"%s\": the prefix length is wrong\nallowed for %s: %u to %d",
			      whole.text, v->prefix.family == AF_INET ? "IPv4" : "IPv6", min,
			      v->prefix.len);
	v->prefix.len = (uint8_t)len;
	if (key->type != SCHEMA_PREFIX)
		return 0;
	masked = v->prefix;
	prefix_mask(&masked);
	if (memcmp(masked.addr, v->prefix.addr, sizeof(masked.addr)) != 0)
		return refuse(r,
			      "%s has bits set behind its length\nwrite %s for the network, or "
			      "%s/%d for the host",
			      whole.text, value_show_prefix(&masked, false, net, sizeof(net)), text,
			      masked.family == AF_INET ? 32 : 128);
	return 0;
}

int value_parse(const struct schema_key *key, char *text, bool quoted, union value *v, char *why,
		size_t room)
{
	struct refusal r = { why, room };

	switch (key->type) {
	case SCHEMA_NUMBER:
	case SCHEMA_AUTO:
		return number(key, text, quoted, v, &r);
	case SCHEMA_BOOL:
		return boolean(text, quoted, v, &r);
	case SCHEMA_CHOICE:
		return choice(key, text, v, &r);
	case SCHEMA_NAME:
		return name(text, v, &r);
	case SCHEMA_TEXT:
		return plain_text(key, text, v, &r);
	case SCHEMA_LANES:
		return lanes(text, v, &r);
	case SCHEMA_CARRIER:
		return carrier(text, v, &r);
	case SCHEMA_MAC:
		return mac(text, v, &r);
	case SCHEMA_OWN:
	case SCHEMA_PREFIX:
	case SCHEMA_ADDRESS:
		return address(key, text, v, &r);
	case SCHEMA_MAP:
	case SCHEMA_NAMED:
	case SCHEMA_LIST:
		break;
	}
	return refuse(&r, "not a single value\nwrite the keys below it");
}
