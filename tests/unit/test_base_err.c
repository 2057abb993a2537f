/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/base/err.c: text and code of an error, and what happens to text that is too long. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"

Test(err, fills_text_and_returns_the_code)
{
	struct err e;

	cr_assert_eq(err_set(&e, -ENOENT, "port %s: lane %d", "p0", 3), -ENOENT);
	cr_assert_str_eq(e.text, "port p0: lane 3");
}

Test(err, takes_no_object)
{
	cr_assert_eq(err_set(NULL, -EINVAL, "%s", "unused"), -EINVAL);
}

Test(err, drops_trailing_newlines_only)
{
	struct err e;

	err_set(&e, -EINVAL, "a\nb\n\n");
	cr_assert_str_eq(e.text, "a\nb");
}

Test(err, cuts_long_text_visibly)
{
	char room[sizeof(struct err) + 1], full[sizeof(struct err)];
	struct err *e = (struct err *)room;

	memset(full, 'x', sizeof(full));
	room[sizeof(struct err)] = '!';
	err_set(e, -EINVAL, "%.*s", (int)sizeof(full), full);
	cr_assert_eq(strlen(e->text), sizeof(e->text) - 1);
	cr_assert_str_eq(e->text + sizeof(e->text) - 4, "...");
	cr_assert_eq(room[sizeof(struct err)], '!');

	err_set(e, -EINVAL, "%.*s", (int)sizeof(e->text) - 1, full);
	cr_assert_eq(e->text[sizeof(e->text) - 2], 'x', "text that just fits is left whole");
}
