/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx doctor [-c FILE]: what this machine lacks, why it matters, and the command that changes it.
 * The checks are one table; each is a function of doctor_*.c. Links no DPDK, so that it runs where
 * nothing else does.
 */
#include "dataplane/cli/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: cpx doctor [-c FILE] [--json]\n"
	"\n"
	"  -c, --config FILE  check what this configuration needs, too\n"
	"  -j, --json         one JSON object\n"
	"      --color=WHEN   auto, always or never; NO_COLOR is obeyed\n"
	"  -h, --help         this text\n"
	"\n"
	"Looks only; changes nothing and needs no rights.\n"
	"Exit codes: 0 cpx demo (with -c: cpx run -c FILE) can run here, 2 bad usage or\n"
	"file, 3 it cannot.\n";

static const struct check {
	const char *name;
	const char *help; /* what it asks */
	void (*run)(const struct doctor *d, struct finding *f);
} checks[] = {
	{ "cpu-flags", "the processor knows what DPDK was compiled for", check_cpu_flags },
	{ "cpus", "a CPU for control and one for each worker", check_cpus },
	{ "control", "the control thread has a CPU to itself", check_control },
	{ "priority", "the control thread may go before others", check_priority },
	{ "isolated", "CPUs kept for workers are used by them", check_isolated },
	{ "cores", "workers need not share a physical core", check_siblings },
	{ "numa", "memory nodes", check_numa },
	{ "governor", "CPUs run at full speed", check_governor },
	{ "steal", "the host gives this machine its CPUs", check_steal },
	{ "busy", "nobody else keeps a CPU busy", check_busy },
	{ "memory", "free memory", check_memory },
	{ "hugepages", "pages of 2 MiB for packet buffers", check_hugepages },
	{ "memlock", "memory that may be locked", check_memlock },
	{ "io_uring", "the ring of the control thread", check_io_uring },
	{ "runtime", "the folder of telemetry files", check_runtime_folder },
	{ "instance", "the board's name is free", check_instance },
	{ "twins", "interfaces of the kernel for the ports", check_twins },
	{ "drivers", "DPDK and its device drivers", check_drivers },
	{ "af_packet", "rights for net_af_packet devices", check_af_packet },
	{ "af_xdp", "kernel, libraries and rights for net_af_xdp devices", check_af_xdp },
	{ "interfaces", "network interfaces the configuration names", check_interfaces },
	{ "pci", "PCI devices the configuration names", check_pci },
};
enum { N_CHECKS = sizeof(checks) / sizeof(checks[0]) };

static const char *const severity_names[] = { "ok", "note", "warn", "blocked" };

static const struct {
	unsigned bit;
	const char *name;
} blocked_things[] = {
	{ BLOCKS_DEMO, "cpx demo" },
	{ BLOCKS_RUN, "cpx run -c FILE" },
	{ BLOCKS_AF_PACKET, "net_af_packet devices" },
	{ BLOCKS_AF_XDP, "net_af_xdp devices" },
	{ BLOCKS_HUGEPAGES, "boards with huge pages" },
	{ BLOCKS_PCI, "PCI devices" },
};
enum { N_BLOCKED = sizeof(blocked_things) / sizeof(blocked_things[0]) };

static void format(char *out, size_t room, const char *fmt, va_list ap)
{
	vsnprintf(out, room, fmt, ap);
}

void found(struct finding *f, enum severity s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(f->found, sizeof(f->found), fmt, ap);
	va_end(ap);
	if (s > f->severity)
		f->severity = s;
}

void why(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
}

void fix(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(f->fix, sizeof(f->fix), fmt, ap);
	va_end(ap);
}

void blocks(struct finding *f, unsigned what)
{
	f->blocks |= what;
	f->severity = DOCTOR_BLOCKED;
}

bool uses_driver(const struct doctor *d, const char *driver)
{
	size_t n = strlen(driver);

	for (unsigned i = 0; d->config && i < d->config->n_devices; i++)
		if (strncmp(d->config->devices[i].name, driver, n) == 0)
			return true;
	return false;
}

const char *as_root(const struct doctor *d)
{
	return d->root ? "" : "sudo ";
}

long file_number(long missing, const char *fmt, ...)
{
	char path[256];
	long n = missing;
	va_list ap;
	FILE *file;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	file = fopen(path, "re");
	if (!file)
		return missing;
	if (fscanf(file, "%ld", &n) != 1)
		n = missing;
	fclose(file);
	return n;
}

unsigned long long capabilities(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long mask = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &mask) == 1)
			break;
	if (f)
		fclose(f);
	return mask;
}

static void print_finding(const struct check *c, const struct finding *f, bool color)
{
	static const char *const colors[] = { "\033[32m", "", "\033[33m", "\033[31m" };
	bool what = false;

	printf("%s%-7s%s  %-10s  %s", color ? colors[f->severity] : "", severity_names[f->severity],
	       color && colors[f->severity][0] ? "\033[0m" : "", c->name, f->found);
	for (int i = 0; i < N_BLOCKED; i++)
		if (f->blocks & blocked_things[i].bit) {
			printf("%s%s", what ? ", " : "; blocks ", blocked_things[i].name);
			what = true;
		}
	printf("\n");
	if (f->severity == DOCTOR_OK)
		return;
	if (f->why[0])
		printf("%21swhy: %s\n", "", f->why);
	if (f->fix[0])
		printf("%21sfix: %s\n", "", f->fix);
}

static void print_verdict(const struct doctor *d, unsigned blocked)
{
	printf("\ncpx demo %s run here.", blocked & BLOCKS_DEMO ? "cannot" : "can");
	if (d->config)
		printf(" cpx run -c %s %s.", d->file, blocked & BLOCKS_RUN ? "cannot" : "can");
	printf("\n");
}

static json_t *json_finding(const struct check *c, const struct finding *f)
{
	json_t *list = json_array();

	for (int i = 0; i < N_BLOCKED; i++)
		if (f->blocks & blocked_things[i].bit)
			json_array_append_new(list, json_string(blocked_things[i].name));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "check", c->name, "asks", c->help,
			 "severity", severity_names[f->severity], "found", f->found, "why", f->why,
			 "fix", f->fix, "blocks", list);
}

static int print_json(const struct doctor *d, json_t *list, unsigned blocked)
{
	json_t *o = json_pack("{s:o, s:b}", "checks", list, "can_demo", !(blocked & BLOCKS_DEMO));
	int ret;

	if (o && d->config)
		json_object_set_new(o, "can_run", json_boolean(!(blocked & BLOCKS_RUN)));
	ret = o ? json_dumpf(o, stdout, JSON_INDENT(2)) : -1;
	printf("\n");
	json_decref(o);
	return ret;
}

static int examine(struct doctor *d, bool json, bool color)
{
	json_t *list = json ? json_array() : NULL;
	unsigned blocked = 0;

	sample_load(d);
	for (int i = 0; i < N_CHECKS; i++) {
		struct finding f = { 0 };

		checks[i].run(d, &f);
		if (!f.found[0])
			continue;
		blocked |= f.blocks;
		if (json)
			json_array_append_new(list, json_finding(&checks[i], &f));
		else
			print_finding(&checks[i], &f, color);
	}
	if (json && print_json(d, list, blocked) < 0)
		return EXIT_FAILED;
	if (!json)
		print_verdict(d, blocked);
	return blocked & (d->config ? BLOCKS_RUN : BLOCKS_DEMO) ? EXIT_MACHINE : EXIT_DONE;
}

/* Programs of verbs live side by side. */
static void find_run_program(struct doctor *d)
{
	char self[200];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	snprintf(d->run_program, sizeof(d->run_program), "%s/cpx-run", slash ? self : ".");
}

static bool wants_color(const char *when)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "color", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct config *config = NULL;
	const char *color = "auto";
	struct doctor d = { 0 };
	struct err err;
	bool json = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "c:jh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			d.file = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'C':
			color = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		fprintf(stderr,
			"cpx doctor: \"%s\" is more than it takes; a file goes behind -c\n%s",
			argv[optind], usage);
		return EXIT_USAGE;
	}
	if (d.file && config_load(&config, d.file, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	d.config = config;
	d.root = geteuid() == 0;
	find_run_program(&d);
	if (topo_read(&d.topo, &err) < 0) {
		fprintf(stderr, "cpx doctor: %s\n", err.text);
		return EXIT_MACHINE;
	}
	ret = examine(&d, json, wants_color(color));
	config_free(config);
	return ret;
}
