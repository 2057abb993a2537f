/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines of running boards; see engine_board.h. */
#include "dataplane/cli/engine_board.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/cli/control.h"
#include "dataplane/cli/engine.h"
#include "dataplane/ctl/control.h"
#include "lib/telemetry/path.h"

#define ROOT_BASE   "/run/cpx"
#define PATIENCE_MS 3000 /* of a board that may be none of what is looked for */
#define BOARDS_MAX  64

/* What is done with each engine of each board that answers. */
struct search {
	void (*each)(void *arg, const struct engine_board *e);
	void *arg;
	char seen[BOARDS_MAX][ENGINE_NAME_LEN]; /* a name in an earlier folder wins */
	unsigned n_seen;
};

/* Another program's text becomes a name here only if it is one. */
static bool copy_name(char out[ENGINE_NAME_LEN], const char *name)
{
	if (!name || !name[0] || strlen(name) >= ENGINE_NAME_LEN ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")])
		return false;
	strcpy(out, name);
	return true;
}

static int ask_board(struct search *s, const char *board, struct err *err)
{
	json_t *request = json_pack("{s:s}", "verb", "engines"), *reply;
	int ret = control_ask_within(board, request, PATIENCE_MS, &reply, err);
	const json_t *engine;
	size_t i;

	json_decref(request);
	if (ret)
		return ret;
	json_array_foreach(json_object_get(reply, "engines"), i, engine)
	{
		const char *mgmt = json_string_value(json_object_get(engine, "mgmt"));
		struct engine_board e = { .emulated = mgmt && strcmp(mgmt, "emulated") == 0 };

		if (copy_name(e.board, board) &&
		    copy_name(e.engine, json_string_value(json_object_get(engine, "engine"))))
			s->each(s->arg, &e);
	}
	json_decref(reply);
	return 0;
}

static bool first_time(struct search *s, const char *board)
{
	for (unsigned i = 0; i < s->n_seen; i++)
		if (strcmp(s->seen[i], board) == 0)
			return false;
	if (s->n_seen == BOARDS_MAX || !copy_name(s->seen[s->n_seen], board))
		return false;
	s->n_seen++;
	return true;
}

/* Boards have folders in base, with a socket inside. One that does not answer has no engines. */
static void scan(struct search *s, const char *base)
{
	DIR *d = opendir(base);
	const struct dirent *entry;
	char path[TELEMETRY_PATH_LEN + 300];
	struct stat st;

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s/" CONTROL_FILE, base, entry->d_name);
		if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && first_time(s, entry->d_name))
			ask_board(s, entry->d_name, NULL);
	}
	if (d)
		closedir(d);
}

/* This user's folder of boards, then root's. */
static void scan_all(struct search *s)
{
	char base[TELEMETRY_PATH_LEN];

	if (telemetry_path(base, sizeof(base), "any", NULL) == 0) {
		*strrchr(base, '/') = '\0';
		*strrchr(base, '/') = '\0';
		scan(s, base);
	}
	scan(s, ROOT_BASE);
}

int engine_board_each(const char *instance, void (*each)(void *arg, const struct engine_board *e),
		      void *arg, struct err *err)
{
	struct search s = { .each = each, .arg = arg };
	const char *usual = getenv("CPX_INSTANCE");

	if (instance)
		return ask_board(&s, instance, err);
	if (usual && usual[0])
		ask_board(&s, usual, NULL);
	else
		scan_all(&s);
	return 0;
}

struct find {
	const char *engine;
	struct engine_board found;
	char boards[200]; /* "first, lab" */
	unsigned n;
};

static void compare(void *arg, const struct engine_board *e)
{
	struct find *f = arg;
	const size_t used = strlen(f->boards);

	if (strcmp(e->engine, f->engine) != 0)
		return;
	f->found = *e;
	f->n++;
	snprintf(f->boards + used, sizeof(f->boards) - used, "%s%s", used ? ", " : "", e->board);
}

int engine_board_find(struct engine_board *e, const char *engine, const char *instance,
		      struct err *err)
{
	struct find f = { .engine = engine };
	int ret = engine_board_each(instance, compare, &f, err);

	if (ret)
		return ret;
	if (f.n > 1)
		return err_set(err, -EEXIST,
			       "engine %s: several boards have one of this name: %s. Choose with "
			       "-i INSTANCE",
			       engine, f.boards);
	if (f.n == 0 && instance)
		return err_set(err, -ENOENT,
			       "engine %s: instance %s manages none of this name. `cpx engine "
			       "list` says where engines live",
			       engine, instance);
	*e = f.found;
	return 0;
}

int engine_board_need(struct engine_board *e, const char *engine, const char *instance,
		      struct err *err)
{
	char path[ENGINE_PATH_LEN];
	int ret = engine_board_find(e, engine, instance, err);

	if (ret || e->board[0])
		return ret;
	if (engine_path_find(path, engine, NULL) == 0)
		return err_set(err, -ENOENT,
			       "engine %s: it is served on %s, but no running board of yours "
			       "manages it, and this needs an owner. Give it `mgmt: unix:%s` under "
			       "`engines:` of a board's file and start that with cpx run -c FILE",
			       engine, path, path);
	return err_set(err, -ENOENT,
		       "engine %s: no running board of yours manages one of this name. `cpx engine "
		       "list` shows those there are, cpx run -c FILE starts a board; boards of "
		       "root want sudo",
		       engine);
}

int engine_board_ask(const struct engine_board *e, const char *verb, json_t *request,
		     json_t **reply, struct err *err)
{
	const size_t len = strlen(e->engine);
	json_t *unwanted = NULL;
	struct err why;
	int ret;

	json_object_set_new(request, "verb", json_string(verb));
	json_object_set_new(request, "engine", json_string(e->engine));
	ret = control_ask(e->board, request, reply ? reply : &unwanted, &why);
	json_decref(unwanted);
	if (!ret)
		return 0;
	if (strncmp(why.text, e->engine, len) == 0 && why.text[len] == ':')
		return err_set(err, ret, "%s", why.text);
	return err_set(err, ret, "%s: %s", e->engine, why.text);
}

static int from_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int engine_board_read(const struct engine_board *e, unsigned page, unsigned bank,
		      uint8_t half[CMIS_HALF], struct err *err)
{
	json_t *reply, *request = json_pack("{s:i, s:i}", "page", (int)page, "bank", (int)bank);
	int ret = engine_board_ask(e, "engine-read", request, &reply, err);
	const char *hex;

	json_decref(request);
	if (ret)
		return ret;
	hex = json_string_value(json_object_get(reply, "bytes"));
	if (!hex || strlen(hex) != (size_t)CMIS_HALF * 2)
		ret = -EPROTO;
	for (unsigned i = 0; !ret && i < CMIS_HALF; i++) {
		const int high = from_hex(hex[2 * i]), low = from_hex(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			ret = -EPROTO;
		half[i] = (uint8_t)(high << 4 | low);
	}
	json_decref(reply);
	return ret ? err_set(err, ret,
			     "%s: the answer of instance %s is no page. Are both of one version?",
			     e->engine, e->board)
		   : 0;
}
