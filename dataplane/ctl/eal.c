/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starting DPDK for a board: CPUs from placement, a look at hugepages before EAL fails for want of
 * them with a message that names neither, and no shared files or sockets. Once per process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_version.h>

#include "dataplane/ctl/board_priv.h"

#define HUGEPAGE_FILE "/sys/kernel/mm/hugepages/hugepages-2048kB/%s"

struct placement eal_placement;
struct board_options eal_options;

static long hugepages(const char *which)
{
	char path[128];
	long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), HUGEPAGE_FILE, which);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static unsigned count_lanes(const struct config *cfg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cfg->n_ports; i++)
		n += cfg->ports[i].n_lanes;
	return n;
}

static int place(const struct config *cfg, struct err *err)
{
	struct placement_lane lanes[CONFIG_MAX_PORTS * CONFIG_LANES_PER_BANK];
	struct placement_wish wish = { .n_workers = cfg->n_workers,
				       .n_pins = cfg->n_worker_cpus,
				       .pins = cfg->worker_cpus,
				       .lanes = lanes,
				       .n_spare = eal_options.extra_lcores,
				       .spread = cfg->spread };
	struct topo *topo = malloc(sizeof(*topo));
	int ret;

	if (!topo)
		return err_set(err, -ENOMEM, "topology: no memory");
	for (unsigned i = 0; i < cfg->n_ports; i++) {
		const struct config_port *p = &cfg->ports[i];
		const int node = p->numa >= 0 ? p->numa : cfg->engines[p->engine].numa;

		for (unsigned k = 0; k < p->n_lanes; k++)
			lanes[wish.n_lanes++] = (struct placement_lane){ .node = node };
	}
	ret = topo_read(topo, err);
	if (!ret)
		ret = placement_cpus(&eal_placement, topo, &wish, err);
	free(topo);
	return ret;
}

static bool only_virtual_devices(const struct config *cfg)
{
	for (unsigned i = 0; i < cfg->n_devices; i++)
		if (strchr(cfg->devices[i].name, ':'))
			return false;
	return true;
}

/* What the kernel could give without swapping, in MB; 0: it does not say. */
static unsigned long available_mb(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kb = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lu", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb >> 10;
}

/* Memory without hugepages is had when it is used: later, and then the kernel ends the process. */
static int check_memory(const struct config *cfg, unsigned mb, struct err *err)
{
	const unsigned long have = available_mb();

	if (cfg->hugepages || !have || mb <= have)
		return 0;
	return err_set(err, -ENOMEM,
		       "memory: this configuration needs %u MB, this machine has %lu MB left; "
		       "lower `tables: routes4`, `routes6` or `memory: buffers`",
		       mb, have);
}

static int check_hugepages(const struct config *cfg, unsigned mb, struct err *err)
{
	const long need = (long)(mb + 1) / 2, have = hugepages("free_hugepages");

	if (!cfg->hugepages || have >= need)
		return 0;
	return err_set(
		err, -ENOMEM,
		"hugepages: this configuration needs about %ld free pages of 2 MiB, there are "
		"%ld.\nReserve them:  echo %ld > " HUGEPAGE_FILE "   (as root)\n"
		"or, for a trial without speed, put `memory: {hugepages: false}` in the file",
		need, have, need - have + hugepages("nr_hugepages"), "nr_hugepages");
}

int board_memory_mb(const struct config *cfg, struct err *err)
{
	const int ret = place(cfg, err);

	return ret ? ret : (int)memory_estimate_mb(cfg, count_lanes(cfg), &eal_placement);
}

int board_eal_init(const struct config *cfg, const struct board_options *opts, struct err *err)
{
	char lcores[512], memory[16];
	const char *argv[24];
	unsigned mb, len;
	int argc = 0, ret;

	eal_options = opts ? *opts : (struct board_options){ 0 };
	ret = place(cfg, err);
	if (ret)
		return ret;
	mb = memory_estimate_mb(cfg, count_lanes(cfg), &eal_placement) + eal_options.extra_mb;
	ret = check_hugepages(cfg, mb, err);
	if (!ret)
		ret = check_memory(cfg, mb, err);
	if (ret)
		return ret;

	len = (unsigned)snprintf(lcores, sizeof(lcores), "0@%d", eal_placement.control_cpu);
	for (unsigned w = 0; w < eal_placement.n_places; w++)
		len += (unsigned)snprintf(lcores + len, sizeof(lcores) - len, ",%u@%d", w + 1,
					  eal_placement.workers[w].cpu);
	for (unsigned i = 0; i < eal_options.extra_lcores; i++)
		len += (unsigned)snprintf(lcores + len, sizeof(lcores) - len, ",%u@%d",
					  board_extra_lcore(i),
					  i < eal_placement.n_spare ? eal_placement.spare[i]
								    : eal_placement.control_cpu);
	argv[argc++] = "cpx";
	argv[argc++] = "--lcores";
	argv[argc++] = lcores;
	argv[argc++] = "--no-telemetry";
	argv[argc++] = "--log-level=lib.*:error";
	argv[argc++] = "--log-level=bus.*:error";
	if (only_virtual_devices(cfg)) {
		argv[argc++] = "--no-pci";
		argv[argc++] = "--iova-mode=va";
	}
	if (cfg->hugepages) {
		argv[argc++] = "--in-memory";
	} else {
		/* 22.11 refuses --in-memory with --no-huge; this leaves no files either. */
		snprintf(memory, sizeof(memory), "%u", mb);
		argv[argc++] = "--no-shconf";
		argv[argc++] = "--no-huge";
		argv[argc++] = "-m";
		argv[argc++] = memory;
	}
	argv[argc] = NULL;
	if (rte_eal_init(argc, (char **)argv) < 0)
		return err_set(err, -rte_errno,
			       "%s did not start (%s); its own lines above say at which step, "
			       "`cpx doctor` checks what it needs",
			       rte_version(), rte_strerror(rte_errno));
	return 0;
}

unsigned board_extra_lcore(unsigned i)
{
	return eal_placement.n_places + 1 + i;
}
