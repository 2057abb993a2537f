/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine emulate: engines and laser sources of a file, each on its socket, on real time. One
 * thread: it sleeps until a host or a fault comes, or until something in an engine is due.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "config/emulation.h"
#include "dataplane/cli/engine.h"
#include "lib/cmis/emulator/emulator.h"

#define DEVICES (2 * EMULATION_MAX_DEVICES)

static const char usage[] =
	"usage: cpx engine emulate -c FILE\n"
	"       cpx engine emulate --profiles | --keys\n"
	"\n"
	"  -c, --config FILE   engines and laser sources to serve, each on a unix socket\n"
	"      --check         say whether the file is good, and serve nothing\n"
	"      --profiles      what can be emulated\n"
	"      --keys          what may stand in the file\n"
	"  -h, --help          this text\n"
	"\n"
	"Prints a line a device when all are ready; SIGINT or SIGTERM ends it. A message\n"
	"on a socket is a two-wire transaction: op 'R' or 'W', address, length (16 bits,\n"
	"big endian), data; answered by status (0 acknowledged, 1 not, 2 no module),\n"
	"length, data.\n"
	"\n"
	"Exit: 0 ended by a signal, 1 a socket cannot be served, 2 wrong usage, bad file.\n";

struct device {
	const struct emulation_device *what;
	char path[ENGINE_PATH_LEN];
	struct cmis_module *module;
};

/* Laser sources first: they are there before who they feed, and longer. */
struct emulator {
	const char *file;
	struct cmis_emulator *modules;
	struct device device[DEVICES];
	unsigned count;
	int signals;
};

static int start(struct emulator *em, const struct emulation_device *what, struct err *err)
{
	struct device *d = &em->device[em->count++];
	const struct cmis_engine_settings settings = {
		.profile = what->profile,
		.seed = what->seed,
		.identifier = what->identifier,
		.serial = what->serial[0] ? what->serial : NULL,
		.durations = &what->durations,
	};
	int ret = 0;

	d->what = what;
	if (what->socket[0])
		snprintf(d->path, sizeof(d->path), "%s", what->socket);
	else
		ret = engine_path_new(d->path, what->name, err);
	return ret ? ret : cmis_emulator_add(em->modules, &settings, d->path, &d->module, err);
}

static int start_all(struct emulator *em, const struct emulation *e, struct err *err)
{
	int ret = cmis_emulator_create(&em->modules, NULL, err);

	for (unsigned i = 0; ret == 0 && i < e->n_lasers; i++)
		ret = start(em, &e->lasers[i], err);
	for (unsigned i = 0; ret == 0 && i < e->n_engines; i++) {
		const struct emulation_device *what = &e->engines[i];

		ret = start(em, what, err);
		if (ret == 0 && what->lasers >= 0 &&
		    cmis_emulator_feed(em->device[em->count - 1].module,
				       em->device[what->lasers].module, what->joint) != 0)
			ret = err_set(err, -ERANGE, "no light from %s",
				      em->device[what->lasers].what->name);
	}
	return ret;
}

static void stop_all(struct emulator *em)
{
	cmis_emulator_destroy(em->modules);
	if (em->signals >= 0)
		close(em->signals);
}

static void tell(const struct emulator *em)
{
	for (unsigned i = 0; i < em->count; i++) {
		const struct device *d = &em->device[i];
		const struct cmis_engine *engine = cmis_module_engine(d->module);
		unsigned lanes = cmis_engine_lanes(engine);

		printf("%s: %s, %u %s, on %s%s\n", d->what->name, d->what->profile->name,
		       lanes ? lanes : cmis_engine_lasers(engine), lanes ? "lanes" : "lasers",
		       d->path,
		       d->what->profile->external_lasers && d->what->lasers < 0
			       ? " (dark: no lasers feed it)"
			       : "");
	}
	fflush(stdout);
}

/* Until something is due in a module: milliseconds for poll(), -1 when nothing is. */
static int until(uint64_t next)
{
	struct timespec ts;
	uint64_t t;

	if (next == CMIS_NEVER)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	t = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return next <= t ? 0 : next - t > 1000 * CMIS_MS ? 1000 : (int)((next - t) / CMIS_MS) + 1;
}

static int serve(struct emulator *em, struct err *err)
{
	struct pollfd p[] = { { cmis_emulator_fd(em->modules), POLLIN, 0 },
			      { em->signals, POLLIN, 0 } };

	while (p[1].revents == 0)
		if (poll(p, 2, until(cmis_emulator_run(em->modules))) < 0 && errno != EINTR)
			return err_set(err, -errno, "poll: %s", strerror(errno));
	return 0;
}

/* The device that was started last is the one that failed. */
static void complain(const struct emulator *em, int code, const struct err *err)
{
	const struct emulation_device *d = em->count > 0 ? em->device[em->count - 1].what : NULL;

	if (d == NULL) {
		fprintf(stderr, "cpx engine emulate: %s\n", err->text);
		return;
	}
	fprintf(stderr, "%s:%u: %s: %s\n", em->file, d->line, d->name, err->text);
	if (code == -ENOENT || code == -ENOTDIR || code == -EACCES)
		fprintf(stderr, "make the folder, let this user write there, or give another path "
				"with socket:\n");
}

/* A device takes three descriptors and one a host: more than the usual 1024 with many of them. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int emulate(const char *file, const struct emulation *e)
{
	struct emulator *em = calloc(1, sizeof(*em));
	struct err err;
	sigset_t set;
	int ret;

	if (em == NULL) {
		fprintf(stderr, "cpx engine emulate: no memory for its engines\n");
		return EXIT_FAILED;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	raise_limit();
	em->file = file;
	em->signals = signalfd(-1, &set, SFD_CLOEXEC);
	ret = em->signals < 0 ? err_set(&err, -errno, "signalfd: %s", strerror(errno))
			      : start_all(em, e, &err);
	if (ret != 0) {
		complain(em, ret, &err);
	} else {
		tell(em);
		ret = serve(em, &err);
		if (ret != 0)
			fprintf(stderr, "cpx engine emulate: %s\n", err.text);
	}
	stop_all(em);
	free(em);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

static int print_profiles(void)
{
	for (const struct cmis_profile *const *p = cmis_profiles; *p; p++)
		printf("%-12s %s\n", (*p)->name, (*p)->help);
	return EXIT_DONE;
}

int engine_emulate(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'C' },
		{ "profiles", no_argument, NULL, 'p' },     { "keys", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },         { 0 }
	};
	const char *file = NULL;
	struct emulation *e;
	struct err err;
	bool check = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'C':
			check = true;
			break;
		case 'p':
			return print_profiles();
		case 'k':
			emulation_print_keys(stdout);
			return EXIT_DONE;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (!file || optind != argc)
		return engine_usage("emulate", file ? "'%s' is one word too many" : "-c FILE is %s",
				    file ? argv[optind] : "missing");
	if (emulation_load(&e, file, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	ret = EXIT_DONE;
	if (check)
		printf("%s: ok: %u engine%s, %u laser source%s\n", file, e->n_engines,
		       e->n_engines == 1 ? "" : "s", e->n_lasers, e->n_lasers == 1 ? "" : "s");
	else
		ret = emulate(file, e);
	free(e);
	return ret;
}
