/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that dev:[<device>,<args>] made over a kernel interface, and that interface is deleted:
 * its sockets are bound to nothing and stay so, also when an interface of that name is back. We
 * made it, so we remove it and, once the interface is there and set up, make it again; how it
 * becomes our carrier again is cpx_dev_return.c's.
 *
 * DPDK's interrupt thread, but where said otherwise in cpx_dev.h. Removing and making lock the
 * virtual bus, whose lock may be held by a thread that closes our port and asks for our locks: none
 * of ours is held meanwhile. Instead `remaking` is set, and who closes the port then leaves the
 * carrier to us (`orphan`).
 */
#include "pmd/cpx_dev.h"

#include <rte_bus_vdev.h>

#include <errno.h>
#include <string.h>

#include "pmd/cpx_logs.h"

#define RETRY_US 250000u

bool cpx_dev_remakes(const struct cpx_dev *c)
{
	return c->interface[0] != '\0' && (c->lost || c->arrived || !cpx_dev_gone(c));
}

/* Is it not for us to mend? Says so once. */
static bool needs_help(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	const bool ours = c->interface[0] != '\0';

	if (ours && !p->passing)
		return false;
	if (c->noted)
		return true;
	c->noted = true;
	if (!ours) {
		PMD_DRV_LOG(WARNING,
			    "%s: the interface under its carrier %s was deleted, the lanes are "
			    "down; remove that device and make it again when the interface is "
			    "back. One made by carrier=dev:[…] is made again by the port",
			    cpx_port_name(p), p->args.carrier_name);
		return true;
	}
	PMD_DRV_LOG(WARNING,
		    "%s: interface %s under its carrier %s was deleted, and frames are passed "
		    "through; stop the port, it is made again then",
		    cpx_port_name(p), c->interface, p->args.carrier_name);
	cpx_want_reset(p);
	return true;
}

bool cpx_dev_lose(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;

	if (c->lost)
		return true;
	if (c->if_index == 0 || (cpx_dev_gone(c) && !c->arrived) ||
	    !cpx_netdev_vanished(c->if_index) || needs_help(p))
		return false;
	cpx_dev_lock();
	c->lost = true;
	cpx_dev_went(p);
	cpx_dev_unlock();
	c->refusals = 0;
	PMD_DRV_LOG(WARNING,
		    "%s: interface %s under its carrier %s was deleted; the lanes are down until "
		    "one of that name is there and up",
		    cpx_port_name(p), c->interface, p->args.carrier_name);
	return true;
}

/*
 * Not by EAL's hot-plug calls: these touch its list of devices outside of any lock, and the
 * application may be in one of them. The bus's own have its lock all the while. Secondary processes
 * do not hear of it; they do not drive devices.
 */
static int remove_device(const char *name)
{
	int rc = rte_vdev_uninit(name);

	return rc == -ENOENT || rc == -ENODEV || rc == -EINVAL ? 0 : rc;
}

static int make_device(const char *devargs, const char *name)
{
	const char *comma = strchr(devargs, ',');
	const char *args = comma != NULL ? comma + 1 : NULL;
	uint16_t id;
	int rc = rte_vdev_init(name, args);

	if (rc == -EEXIST && !cpx_dev_first_port(name, &id)) { /* closed, but not gone */
		remove_device(name);
		rc = rte_vdev_init(name, args);
	}
	if (rc == -EEXIST) /* somebody else made it */
		return 0;
	if (rc != 0 || cpx_dev_first_port(name, &id))
		return rc;
	remove_device(name);
	return -ENODEV;
}

/* The device of a port that was closed meanwhile. No other port gets it before that is done. */
static void clean_up(const char *name)
{
	int rc = remove_device(name);

	if (rc != 0)
		PMD_DRV_LOG(WARNING, "carrier %s stays: %s", name, rte_strerror(-rc));
}

/* Copies of what a port that is closed takes away. */
struct job {
	struct cpx_dev *c;
	char name[sizeof(((struct cpx_args *)0)->carrier_name)];
	char devargs[sizeof(((struct cpx_args *)0)->carrier_devargs)];
	bool there; /* to be removed first */
};

/* Lock held. */
static bool has_work(uint16_t id, struct job *job)
{
	const struct cpx_port *p = cpx_dev_port(id);
	struct cpx_dev *c = p != NULL ? p->carrier : NULL;

	if (c == NULL || !c->lost)
		return false;
	job->c = c;
	job->there = cpx_dev_carried_by(c->id) == p;
	snprintf(job->name, sizeof(job->name), "%s", p->args.carrier_name);
	snprintf(job->devargs, sizeof(job->devargs), "%s", p->args.carrier_devargs);
	return true;
}

static const struct job *now; /* with the lock */

bool cpx_dev_remaking(const char *name)
{
	bool same;

	cpx_dev_lock();
	same = now != NULL && strcmp(now->name, name) == 0;
	cpx_dev_unlock();
	return same;
}

static void tell_failed(struct cpx_dev *c, const struct job *job, int rc)
{
	if (c->refusals++ == 0)
		PMD_DRV_LOG(ERR, "carrier %s cannot be %s: %s; it is tried again", job->name,
			    job->there ? "removed" : "made again", rte_strerror(-rc));
}

/* Was our port closed, or about to be, while a job was done? Lock held. */
static bool is_closed(uint16_t id, const struct cpx_dev *c)
{
	const struct cpx_port *p = cpx_dev_port(id);

	return p == NULL || p->carrier != c;
}

/* True: the port lives on. */
static bool finish(uint16_t id, const struct job *job, int rc)
{
	struct cpx_dev *c = job->c;
	bool closed, orphan;

	cpx_dev_lock();
	closed = is_closed(id, c);
	cpx_dev_unlock();
	if (closed)
		clean_up(job->name);
	cpx_dev_lock();
	/* closed only since: who closes it waits, or sees `remaking` and knows nothing of cleaning
	 */
	if (!closed && is_closed(id, c)) {
		cpx_dev_unlock();
		return finish(id, job, rc);
	}
	if (!closed && rc != 0)
		tell_failed(c, job, rc);
	else if (!closed && !job->there)
		c->lost = false; /* cpx_dev_return.c has it, or somebody else made it */
	c->cleaned = closed;
	c->remaking = false;
	orphan = c->orphan;
	now = NULL;
	cpx_dev_unlock();
	if (orphan)
		cpx_dev_free(c);
	return !closed;
}

unsigned cpx_dev_remake(uint16_t id)
{
	struct job job;
	int rc;

	cpx_dev_lock();
	if (!has_work(id, &job)) {
		cpx_dev_unlock();
		return 0;
	}
	if (!job.there && !cpx_netdev_ready(job.c->interface)) {
		cpx_dev_unlock();
		return CPX_DEV_WATCH_US;
	}
	job.c->remaking = true;
	now = &job;
	cpx_dev_unlock();
	rc = job.there ? remove_device(job.name) : make_device(job.devargs, job.name);
	if (!finish(id, &job, rc))
		return 0;
	return rc == 0 ? CPX_DEV_WATCH_US : RETRY_US;
}
