/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way in: a file or a text becomes a struct config, or an error that points at its place.
 * Called by every verb that takes a configuration, on its main thread, before anything starts.
 */
#include <errno.h>
#include <stdlib.h>

#include "config/build.h"
#include "config/file.h"

static int build(struct config *c, struct tree *tree, struct err *err)
{
	struct build b = { .c = c, .tree = tree, .err = err };
	static int (*const parts[])(struct build *) = {
		build_engines, build_devices, build_vrfs,      build_ports, build_host,
		build_subnets, build_routes,  build_neighbors, build_sizes
	};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		ret = parts[i](&b);
	return ret;
}

int config_parse(struct config **out, const char *name, const char *text, size_t len,
		 struct err *err)
{
	struct tree tree = { .src = { name, text, len }, .schema = schema_root() };
	struct config *c;
	int ret;

	*out = NULL;
	if (len > CONFIG_MAX_FILE_BYTES)
		return file_too_big(name, err);
	ret = tree_read(&tree, err);
	if (ret < 0)
		return ret;
	c = calloc(1, sizeof(*c));
	ret = c ? build(c, &tree, err)
		: err_set(err, -ENOMEM, "%s: out of memory while reading it", name);
	tree_free(&tree);
	if (ret < 0) {
		config_free(c);
		return ret;
	}
	*out = c;
	return 0;
}

int config_load(struct config **out, const char *path, struct err *err)
{
	char *text;
	size_t len;
	int ret = file_read(path, &text, &len, err);

	*out = NULL;
	if (ret < 0)
		return ret;
	ret = config_parse(out, path, text, len, err);
	free(text);
	return ret;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	free(c->routes);
	free(c->paths);
	free(c->neighbors);
	free(c);
}
