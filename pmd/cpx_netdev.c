/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet and net_af_xdp of DPDK 22.11 say "link up" from start to stop, also when their
 * interface is set down, loses its peer or is deleted, and raise no event. So cpx_dev.c asks the
 * kernel itself when it refreshes the link: a few ioctls, a few times a second. An interface is
 * known by its index, which a new one of the same name does not get.
 */
#include "pmd/cpx_netdev.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool cpx_netdev_unwatched(const char *driver)
{
	return strcmp(driver, "net_af_packet") == 0 || strcmp(driver, "net_af_xdp") == 0;
}

/* Carrier as the driver sees it; IFF_RUNNING follows up to a second later. */
static bool has_carrier(int s, struct ifreq *ifr)
{
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
	const bool up = (ifr->ifr_flags & IFF_UP) != 0;
	const bool running = (ifr->ifr_flags & IFF_RUNNING) != 0;

	ifr->ifr_data = (char *)&link;
	return up && (ioctl(s, SIOCETHTOOL, ifr) == 0 ? link.data != 0 : running);
}

bool cpx_netdev_up(unsigned index)
{
	struct ifreq ifr = { .ifr_ifindex = (int)index };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	if (s < 0)
		return true;
	up = ioctl(s, SIOCGIFNAME, &ifr) == 0 && ioctl(s, SIOCGIFFLAGS, &ifr) == 0 &&
	     has_carrier(s, &ifr);
	close(s);
	return up;
}

bool cpx_netdev_name(unsigned index, char name[IF_NAMESIZE])
{
	name[0] = '\0';
	return if_indextoname(index, name) != NULL;
}

bool cpx_netdev_vanished(unsigned index)
{
	char name[IF_NAMESIZE];

	return !cpx_netdev_name(index, name) && (errno == ENXIO || errno == ENODEV);
}

bool cpx_netdev_ready(const char *name)
{
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ready;

	if (s < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ready = ioctl(s, SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_UP) != 0;
	close(s);
	return ready;
}
