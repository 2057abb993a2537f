/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A carrier that is a virtual device may be removed by anybody at any time (rte_dev_remove,
 * rte_vdev_uninit, testpmd's `device detach`), and its driver frees rings and sockets before
 * ethdev says a word: an lcore of ours that polls it would read freed memory. So while a device
 * carries, the driver in its struct rte_device is a copy of its own with another `remove`, which
 * first closes our lanes, waits until every lcore was seen outside (cpx_inside.h), reads the last
 * statistics and stops the carrier; then the driver's own goes on. Only this one device is
 * touched, not its driver, and the copy has the driver's name.
 *
 * Devices of other buses are not guarded: they announce a removal by RMV before it is done.
 * Called by whoever probes, closes or removes, also with the virtual bus locked; waits for no
 * thread that might wait for the bus.
 */
#include "pmd/cpx_dev.h"

#include <bus_vdev_driver.h>
#include <rte_bus.h>
#include <rte_interrupts.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pmd/cpx_inside.h"
#include "pmd/cpx_logs.h"

#define TRY_US   200
#define PATIENCE (5000000 / TRY_US) /* an lcore leaves in microseconds, unless it is stopped */
#define PATIENCE_INTRS \
	(100000 / TRY_US) /* others wait for the interrupt thread, which asks again */

struct guard {
	struct rte_vdev_driver copy;
	const struct rte_vdev_driver *real;
};

static struct guard guards[RTE_MAX_ETHPORTS]; /* one a driver, never freed; with the lock */

/* With the lock held. */
static struct cpx_port *carried_over(const struct rte_device *device)
{
	for (uint16_t id = 0; id < RTE_MAX_ETHPORTS; id++)
		if (cpx_dev_carried_by(id) != NULL && rte_eth_devices[id].device == device)
			return cpx_dev_carried_by(id);
	return NULL;
}

/*
 * Close the lanes and wait until nobody is in the carrier. 0 and *p, control of its carrier held;
 * *p is NULL where nothing is carried. Or -EBUSY, and it carries on.
 */
static int part(const struct rte_device *device, struct cpx_port **p)
{
	const unsigned patience = rte_thread_is_intr() ? PATIENCE_INTRS : PATIENCE;
	struct cpx_outside outside = { 0 };
	bool closed = false, arrived = false;
	struct cpx_dev *c = NULL;

	for (unsigned tries = 0; tries < patience; tries++) {
		cpx_dev_lock();
		*p = carried_over(device);
		if (*p == NULL) {
			cpx_dev_unlock();
			return 0;
		}
		c = (*p)->carrier;
		if (!closed) {
			closed = !cpx_dev_gone(c);
			arrived = c->arrived;
			if (closed || arrived)
				cpx_dev_went(*p);
		}
		/* not waited for: who holds it may be closing our port and free it */
		if (pthread_mutex_trylock(&c->control) == 0) {
			cpx_dev_unlock();
			if (cpx_all_outside((*p)->rx, (*p)->tx, &outside))
				return 0;
			cpx_dev_leave(c);
		} else {
			cpx_dev_unlock();
		}
		usleep(TRY_US);
	}
	cpx_dev_lock();
	*p = carried_over(device);
	if (*p != NULL && (*p)->carrier == c)
		cpx_dev_stays(*p, closed, arrived);
	cpx_dev_unlock();
	return -EBUSY;
}

/* The guard of a device, whether its driver is the copy at this moment or the real one. */
static const struct guard *guard_of(const struct rte_device *device)
{
	for (unsigned i = 0; i < RTE_DIM(guards) && guards[i].real != NULL; i++)
		if (device->driver == &guards[i].copy.driver ||
		    device->driver == &guards[i].real->driver)
			return &guards[i];
	return NULL;
}

static int guarded_remove(struct rte_vdev_device *vdev)
{
	const struct guard *g = guard_of(&vdev->device);
	struct cpx_port *p;
	int rc = part(&vdev->device, &p);

	if (rc != 0 && rte_thread_is_intr())
		return rc; /* ours: cpx_dev_remake.c says so */
	if (rc != 0) {
		PMD_DRV_LOG(ERR,
			    "%s is not removed: it carries a net_cpx port that has been in a call "
			    "for %u seconds, in one of its burst functions or in a control call; "
			    "stop that port first",
			    rte_vdev_device_name(vdev), PATIENCE * TRY_US / 1000000);
		return rc;
	}
	if (p != NULL) {
		struct cpx_dev *c = p->carrier;

		cpx_dev_drain(p);
		cpx_dev_read_stats(c);
		rte_eth_dev_stop(c->id);
		cpx_dev_leave(c);
	}
	vdev->device.driver = &g->real->driver;
	return g->real->remove(vdev);
}

/* With the lock held. */
static struct guard *new_guard(const struct rte_vdev_driver *driver)
{
	for (unsigned i = 0; i < RTE_DIM(guards); i++) {
		struct guard *g = &guards[i];

		if (g->real == NULL) {
			g->copy = *driver;
			g->copy.remove = guarded_remove;
			g->real = driver;
		}
		if (g->real == driver)
			return g;
	}
	return NULL;
}

static struct rte_device *virtual_device(uint16_t id)
{
	struct rte_device *device = rte_eth_devices[id].device;

	return device != NULL && device->driver != NULL && device->bus != NULL &&
			       strcmp(rte_bus_name(device->bus), "vdev") == 0
		       ? device
		       : NULL;
}

void cpx_dev_guard(uint16_t id)
{
	struct rte_device *device = virtual_device(id);
	const struct rte_vdev_driver *driver;
	struct guard *g;

	if (device == NULL)
		return;
	driver = container_of(device->driver, const struct rte_vdev_driver, driver);
	cpx_inside_prepare();
	cpx_dev_lock();
	g = driver->remove == guarded_remove ? NULL : new_guard(driver);
	if (g != NULL)
		device->driver = &g->copy.driver;
	cpx_dev_unlock();
}

void cpx_dev_unguard(uint16_t id)
{
	struct rte_device *device = virtual_device(id);
	const struct guard *g = device != NULL ? guard_of(device) : NULL;

	if (g != NULL)
		device->driver = &g->real->driver;
}
