/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as the pages of a module: what it supports, its applications, every field and a dump of
 * every page. Input: lengths of lower memory, page 01h and the page (3 bytes), its number, then the
 * bytes of the three.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/cdb.h"
#include "lib/cmis/dump.h"
#include "lib/cmis/vdm.h"

/* `len` bytes in memory of their own, so that ASan sees a read behind their end. */
static uint8_t *take(const uint8_t **data, size_t *size, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);
	size_t n = len < *size ? len : *size;

	memset(bytes, 0, len);
	memcpy(bytes, *data, n);
	*data += n;
	*size -= n;
	return bytes;
}

static void decode_all(const struct cmis_support *s, const uint8_t *bytes, size_t len)
{
	char text[64];

	for (unsigned id = 0; id <= CMIS_FIELD_COUNT; id++)
		for (unsigned i = 0; id < CMIS_FIELD_COUNT && i <= cmis_field_count(id); i++) {
			struct cmis_value v;
			int ret = cmis_decode(s, id, i, bytes, len, &v);

			if (ret != 0 && ret != -ENODATA && ret != -ERANGE)
				abort();
			if (ret == 0 &&
			    (!cmis_has(s, id) ||
			     strlen(cmis_value_text(id, &v, text, sizeof(text))) == 0) &&
			    cmis_fields[id].type != CMIS_TYPE_TEXT)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	size_t lower_len, page01_len, len;
	uint8_t *lower, *page01, *bytes;
	struct cmis_firmware_info info;
	struct cmis_application a;
	struct cmis_support s;
	unsigned page;

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (size < 4)
		return 0;
	lower_len = data[0] % (CMIS_HALF + 1);
	page01_len = data[1] % (CMIS_HALF + 1);
	len = data[2] % (CMIS_HALF + 1);
	page = data[2] >> 7 ? CMIS_LOWER : data[3];
	data += 4;
	size -= 4;
	lower = take(&data, &size, lower_len);
	page01 = take(&data, &size, page01_len);
	bytes = take(&data, &size, len);
	if (cmis_support_read(&s, lower, lower_len, page01, page01_len) == 0) {
		struct cmis_page p = { page, 0, bytes, len, page01, page01_len };

		if (s.banks < 1 || s.banks > CMIS_MAX_BANKS)
			abort();
		decode_all(&s, bytes, len);
		cmis_dump(null, &s, &p, CMIS_DUMP_HEX | CMIS_DUMP_FIELDS);
	}
	for (unsigned n = 0; n <= 16; n++)
		cmis_application(&a, n, lower, lower_len, page01, page01_len);
	cmis_firmware_info_read(&info, bytes, len);
	free(lower);
	free(page01);
	free(bytes);
	return 0;
}
