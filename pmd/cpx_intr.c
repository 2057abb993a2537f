/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive interrupts: an application may sleep until a queue has frames. What it waits for is one
 * descriptor a queue, the same for as long as the port runs: an epoll instance that holds an
 * eventfd of our own (senders of this process ring it) and whatever else wakes the queue at the
 * moment, such as the bell of a peer process that comes and goes (cpx_intr_add). Enabling arms
 * every source that the queue reads; where a frame is there already the eventfd is rung at once.
 *
 * Set up and taken down by the control thread while the port is stopped; enable and disable are
 * called by the lcore that drives the queue.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_interrupts.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pmd/cpx_flow.h"
#include "pmd/cpx_logs.h"

static int open_queue(struct cpx_port *p, unsigned i)
{
	p->wake[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	p->wait[i] = epoll_create1(EPOLL_CLOEXEC);
	if (p->wake[i] < 0 || p->wait[i] < 0)
		return -errno;
	return cpx_intr_add(p, i, p->wake[i]);
}

int cpx_intr_add(struct cpx_port *p, unsigned queue, int fd)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };

	return epoll_ctl(p->wait[queue], EPOLL_CTL_ADD, fd, &e) == 0 || errno == EEXIST ? 0
											: -errno;
}

void cpx_intr_close(struct cpx_port *p)
{
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		if (p->wake[i] >= 0)
			close(p->wake[i]);
		if (p->wait[i] >= 0)
			close(p->wait[i]);
		p->wake[i] = p->wait[i] = -1;
	}
	rte_intr_instance_free(p->dev->intr_handle);
	p->dev->intr_handle = NULL;
}

int cpx_intr_open(struct cpx_port *p)
{
	struct rte_intr_handle *handle;
	const unsigned n = RTE_MIN(p->data->nb_rx_queues, p->args.n_lanes);
	int rc = 0;

	cpx_intr_close(p);
	if (!p->interrupts)
		return 0;
	/* VDEV, with no bytes to read after a wake-up, says that each queue has one of its own; of
	 * EXT the event adapter thinks that all share one */
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (handle == NULL || rte_intr_vec_list_alloc(handle, NULL, (int)n) != 0 ||
	    rte_intr_type_set(handle, RTE_INTR_HANDLE_VDEV) != 0 ||
	    rte_intr_nb_efd_set(handle, (int)n) != 0)
		rc = -ENOMEM;
	p->dev->intr_handle = handle;
	for (unsigned i = 0; rc == 0 && i < n; i++) {
		rc = open_queue(p, i);
		if (rc == 0 && (rte_intr_efds_index_set(handle, (int)i, p->wait[i]) != 0 ||
				rte_intr_vec_list_index_set(
					handle, (int)i, RTE_INTR_VEC_RXTX_OFFSET + (int)i) != 0))
			rc = -ENOMEM;
	}
	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: no receive interrupts: %s; raise the limit of open files",
			    cpx_port_name(p), rte_strerror(-rc));
		cpx_intr_close(p);
	}
	return rc;
}

static void ring(const struct cpx_port *p, unsigned queue)
{
	const uint64_t one = 1;

	/* an eventfd that is full is one that is rung */
	if (write(p->wake[queue], &one, sizeof(one)) < 0)
		return;
}

int cpx_rx_intr_enable(struct rte_eth_dev *dev, uint16_t i)
{
	struct cpx_port *p = cpx_port_of(dev);
	bool waiting;
	uint64_t rung;

	if (!p->interrupts || p->wait[i] < 0 || cpx_ops(p)->arm == NULL)
		return -ENOTSUP;
	while (read(p->wake[i], &rung, sizeof(rung)) > 0)
		continue;
	waiting = cpx_steer_arm(p, i, p->wake[i]) == -EAGAIN;
	for (unsigned s = 0; s < p->sources.n; s++) {
		int rc;

		if (load_acquire(&p->sources.owner[s]) != i)
			continue;
		rc = cpx_ops(p)->arm(p, s, p->wake[i]);
		if (rc == -EAGAIN || load_relaxed(&p->sources.wanted[s]) != i)
			waiting = true;
		else if (rc != 0)
			return rc;
	}
	if (waiting)
		ring(p, i);
	return 0;
}

int cpx_rx_intr_disable(struct rte_eth_dev *dev, uint16_t i)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (!p->interrupts || p->wait[i] < 0 || cpx_ops(p)->disarm == NULL)
		return -ENOTSUP;
	for (unsigned s = 0; s < p->sources.n; s++)
		if (load_acquire(&p->sources.owner[s]) == i)
			cpx_ops(p)->disarm(p, s);
	cpx_steer_disarm(p, i);
	return 0;
}

void cpx_intr_kick(struct cpx_port *p)
{
	for (unsigned i = 0; p->interrupts && i < CPX_MAX_LANES; i++)
		if (p->wake[i] >= 0)
			ring(p, i);
}
