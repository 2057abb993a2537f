/* SPDX-License-Identifier: BSD-3-Clause */
/* Validity rules of the segment (format.h V1..V8, E1..E4); every input byte is the peer's. */
#include "lib/telemetry/check.h"

#include <errno.h>
#include <string.h>

/* Does [offset, + bytes) lie behind the superblock and inside a file of `size` bytes? */
static bool inside(const struct telemetry_superblock *sb, uint64_t offset, uint64_t bytes,
		   uint64_t size)
{
	return offset >= sb->superblock_bytes && offset <= size && bytes <= size - offset;
}

static const char *broken_rule(const struct telemetry_superblock *sb, uint64_t size)
{
	const uint64_t *at = sb->published_offset;

	if (size < sizeof(*sb))
		return "V1: it is too short for a superblock";
	if (memcmp(sb->magic, TELEMETRY_MAGIC, sizeof(sb->magic)) != 0)
		return "V2: it does not begin with CPXTLM";
	if (sb->byte_order != TELEMETRY_BYTE_ORDER)
		return "V2: its byte order is not this machine's";
	if (sb->major != TELEMETRY_MAJOR)
		return "V2: its major version is not ours; use the reader that came with that cpx";
	if (sb->file_size != size)
		return "V1: its size is not what it says";
	if (sb->superblock_bytes < 256 || sb->superblock_bytes > 4096 ||
	    sb->superblock_bytes % 64 != 0 || sb->entry_bytes < 128 || sb->entry_bytes > 4096 ||
	    sb->entry_bytes % 64 != 0)
		return "V3: superblock or entry size out of range";
	if (size > TELEMETRY_MAX_FILE)
		return "V4: it is larger than any segment";
	if (sb->directory_count > sb->directory_capacity ||
	    sb->directory_capacity > TELEMETRY_MAX_ENTRIES || sb->directory_offset % 64 != 0 ||
	    !inside(sb, sb->directory_offset, (uint64_t)sb->directory_capacity * sb->entry_bytes,
		    size))
		return "V5: directory out of range";
	if (sb->catalogue_bytes > TELEMETRY_MAX_CATALOGUE ||
	    !inside(sb, sb->catalogue_offset, sb->catalogue_bytes, size))
		return "V6: catalogue out of range";
	if (sb->published_bytes < sizeof(struct telemetry_published) ||
	    sb->published_bytes % 8 != 0 || sb->published_bytes > TELEMETRY_MAX_PUBLISHED ||
	    at[0] % 64 != 0 || at[1] % 64 != 0 || !inside(sb, at[0], sb->published_bytes, size) ||
	    !inside(sb, at[1], sb->published_bytes, size) ||
	    (at[0] < at[1] ? at[1] - at[0] : at[0] - at[1]) < sb->published_bytes)
		return "V7: published buffers out of range";
	if (sb->lanes > TELEMETRY_MAX_INSTANCES || sb->engines > TELEMETRY_MAX_INSTANCES ||
	    sb->lcores > TELEMETRY_MAX_INSTANCES)
		return "V8: lanes, engines or lcores out of range";
	return NULL;
}

int check_superblock(const struct telemetry_superblock *sb, uint64_t size, struct err *err)
{
	const char *rule = broken_rule(sb, size);

	if (rule == NULL)
		return 0;
	return err_set(err, -EBADMSG, "it is not a whole telemetry segment (%s)", rule);
}

static bool name_ok(const char *name)
{
	size_t n = strnlen(name, TELEMETRY_NAME_LEN);

	return n > 0 && n < TELEMETRY_NAME_LEN &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool element_ok(const struct telemetry_entry *e)
{
	switch (e->kind) {
	case TELEMETRY_GAUGE_I64:
	case TELEMETRY_GAUGE_F64:
	case TELEMETRY_ENUM:
		return e->element_bytes == 8;
	default:
		return e->element_bytes % 8 == 0 && e->element_bytes >= 8 &&
		       e->element_bytes <= TELEMETRY_MAX_ELEMENT;
	}
}

bool check_entry(const struct telemetry_entry *e, const struct telemetry_superblock *sb)
{
	uint64_t last;

	if (!name_ok(e->name) || memchr(e->unit, '\0', sizeof(e->unit)) == NULL)
		return false;
	if (e->kind < TELEMETRY_COUNTER || e->kind > TELEMETRY_EVENTS ||
	    e->scope < TELEMETRY_SCOPE_PROCESS || e->scope > TELEMETRY_SCOPE_NEXT_HOP)
		return false;
	if (!element_ok(e))
		return false;
	if (e->published_offset == 0)
		return true;
	if (e->published_offset < sizeof(struct telemetry_published) ||
	    e->published_offset % 8 != 0 || e->published_offset > sb->published_bytes ||
	    e->published_stride % 8 != 0 || e->published_stride < e->element_bytes ||
	    e->published_instances == 0 || e->published_instances > TELEMETRY_MAX_INSTANCES)
		return false;
	last = (uint64_t)(e->published_instances - 1) * e->published_stride; /* < 2^52 */
	return last + e->element_bytes <= sb->published_bytes - e->published_offset;
}

/* Bytes of the valid UTF-8 character at s (n > 0 bytes there), 0 if it is none. RFC 3629. */
static size_t character(const uint8_t *s, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80       ? 1
		     : s[0] >> 5 == 6  ? 2
		     : s[0] >> 4 == 14 ? 3
		     : s[0] >> 3 == 30 ? 4
				       : 0;
	uint32_t code;

	if (len <= 1)
		return len;
	if (len > n)
		return 0;
	code = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
	    code < 0xa0)
		return 0; /* overlong, out of range, surrogate, or a C1 control */
	return len;
}

void check_text(char *to, size_t len, const void *from, size_t n)
{
	const uint8_t *s = from;
	size_t out = 0;

	for (size_t i = 0; i < n && s[i] != '\0';) {
		size_t c = character(&s[i], n - i);
		bool bad = c == 0 || s[i] < 0x20 || s[i] == 0x7f;
		size_t take = bad ? 1 : c;

		if (take >= len - out)
			break;
		if (bad)
			to[out] = '?';
		else
			memcpy(&to[out], &s[i], c);
		out += take;
		i += take;
	}
	to[out] = '\0';
}
