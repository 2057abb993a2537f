/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which DPDK port carries: the one named by dev:<ethdev>, or the first port of the device that
 * dev:[<device>,<args>] makes and takes away again. Called at probe and close, on the thread that
 * probes or closes; knows nothing of queues or events.
 *
 * A port that is removed without a close only closes a device it made: EAL's cleanup walks its
 * list of devices while it removes us, and the next one on the list is the carrier. The bare
 * device goes at the end of the process, or when it is named again.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <string.h>

#include "pmd/cpx_logs.h"

bool cpx_dev_first_port(const char *device, uint16_t *id)
{
	for (uint16_t i = 0; i < RTE_MAX_ETHPORTS; i++) {
		if (rte_eth_dev_is_valid_port(i) && rte_eth_devices[i].device != NULL &&
		    strcmp(rte_eth_devices[i].device->name, device) == 0) {
			*id = i;
			return true;
		}
	}
	return false;
}

static int make(const char *text, const char *name, uint16_t *id)
{
	int rc = rte_dev_probe(text);

	if (rc == 0 && !cpx_dev_first_port(name, id)) {
		/* closed, but not gone: see the top of this file */
		rte_eal_hotplug_remove("vdev", name);
		rc = rte_dev_probe(text);
	}
	if (rc != 0 || cpx_dev_first_port(name, id))
		return rc;
	rte_eal_hotplug_remove("vdev", name);
	return -ENODEV;
}

static int make_device(const struct cpx_port *p, uint16_t *id, struct err *err)
{
	const char *text = p->args.carrier_devargs, *name = p->args.carrier_name;
	int rc;

	/* EAL does not take two threads that make or remove one device */
	if (cpx_dev_remaking(name))
		return err_set(err, -EBUSY,
			       "carrier=dev:[%s]: %s of a port that was removed is just going; try "
			       "again",
			       text, name);
	if (cpx_dev_first_port(name, id))
		return err_set(err, -EEXIST,
			       "carrier=dev:[%s]: there is a device %s already; carrier=dev:%s "
			       "uses it",
			       text, name, name);
	rc = make(text, name, id);
	if (rc != 0)
		err_set(err, rc,
			"carrier=dev:[%s]: no such device, it has no port, or its driver refuses "
			"it: %s; what it said is above",
			text, rte_strerror(-rc));
	return rc;
}

void cpx_dev_unmake(const struct cpx_port *p, uint16_t id)
{
	int rc;

	rte_eth_dev_stop(id); /* one that was lost a moment ago still runs, and cannot be closed */
	rc = p->removing ? rte_eth_dev_close(id) : rte_dev_remove(rte_eth_devices[id].device);
	if (rc != 0)
		PMD_DRV_LOG(WARNING, "%s: carrier %s stays: %s", cpx_port_name(p),
			    p->args.carrier_name, rte_strerror(-rc));
}

static int unknown_carrier(const char *name, struct err *err)
{
	char known[512] = "";
	uint16_t id;

	RTE_ETH_FOREACH_DEV (id) {
		char other[RTE_ETH_NAME_MAX_LEN];
		size_t used = strlen(known);

		if (rte_eth_dev_get_name_by_port(id, other) == 0)
			snprintf(known + used, sizeof(known) - used, " %s", other);
	}
	return err_set(err, -ENODEV,
		       "carrier=dev:%s: no such DPDK port; free ports:%s (the carrier's --vdev or "
		       "-a comes before this one)",
		       name, known[0] != '\0' ? known : " none");
}

int cpx_dev_find(const struct cpx_port *p, uint16_t *id, bool *made, struct err *err)
{
	*made = p->args.carrier_devargs[0] != '\0';
	if (!*made)
		return rte_eth_dev_get_port_by_name(p->args.carrier_name, id) == 0
			       ? 0
			       : unknown_carrier(p->args.carrier_name, err);
	return make_device(p, id, err);
}
