/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about DPDK's drivers and the devices a configuration names. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_build_config.h> /* constants only: nothing of DPDK is linked */

#include "dataplane/cli/doctor.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif

enum { CAP_NET_ADMIN_BIT = 12, CAP_NET_RAW_BIT = 13, CAP_SYS_ADMIN_BIT = 21, CAP_BPF_BIT = 39 };

static bool driver_there(const char *driver)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/librte_%s.so", RTE_EAL_PMD_PATH, driver);
	return access(path, R_OK) == 0;
}

/* "net_af_packet0" -> "net_af_packet"; "" for a PCI address. */
static void driver_of(const char *device, char *out, size_t room)
{
	size_t n = strlen(device);

	while (n > 0 && device[n - 1] >= '0' && device[n - 1] <= '9')
		n--;
	snprintf(out, room, "%.*s", strncmp(device, "net_", 4) == 0 ? (int)n : 0, device);
}

void check_drivers(const struct doctor *d, struct finding *f)
{
	char driver[64], missing[128] = "";
	size_t n = 0;

	why(f, "`carrier: dev:` ports are DPDK devices; each kind has its own driver");
	if (access(RTE_EAL_PMD_PATH, R_OK | X_OK) != 0) {
		found(f, DOCTOR_BLOCKED, "no folder %s", RTE_EAL_PMD_PATH);
		why(f, "DPDK loads its drivers from there, and cpx was built with this DPDK");
		fix(f, "%sapt-get install libdpdk-dev", as_root(d));
		blocks(f, BLOCKS_DEMO | BLOCKS_RUN);
		return;
	}
	for (unsigned i = 0; d->config && i < d->config->n_devices; i++) {
		driver_of(d->config->devices[i].name, driver, sizeof(driver));
		if (driver[0] && !driver_there(driver) && n < sizeof(missing))
			n += (size_t)snprintf(missing + n, sizeof(missing) - n, " %s", driver);
	}
	if (n > 0) {
		found(f, DOCTOR_BLOCKED, "no driver for%s in %s", missing, RTE_EAL_PMD_PATH);
		fix(f, "correct the name under `devices:`, or %sapt-get install libdpdk-dev",
		    as_root(d));
		blocks(f, BLOCKS_RUN);
		return;
	}
	if (!driver_there("net_af_packet") || !driver_there("net_af_xdp")) {
		found(f, DOCTOR_NOTE, "%s lacks %s", RTE_EAL_PMD_PATH,
		      driver_there("net_af_packet") ? "net_af_xdp" : "net_af_packet");
		fix(f, "%sapt-get install libdpdk-dev", as_root(d));
		return;
	}
	found(f, DOCTOR_OK, "DPDK %d.%d in %s", RTE_VER_YEAR, RTE_VER_MONTH, RTE_EAL_PMD_PATH);
}

void check_af_packet(const struct doctor *d, struct finding *f)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		close(fd);
		found(f, DOCTOR_OK, "may open packet sockets");
		return;
	}
	why(f, "net_af_packet devices read and write raw frames");
	if (errno == EPERM || errno == EACCES) {
		found(f, DOCTOR_NOTE, "may not open packet sockets");
		fix(f, "run as root, or %ssetcap cap_net_raw,cap_net_admin+ep %s", as_root(d),
		    d->run_program);
	} else {
		found(f, DOCTOR_NOTE, "no packet sockets: %s", strerror(errno));
		fix(f, "use a kernel with CONFIG_PACKET");
	}
	blocks(f, BLOCKS_AF_PACKET);
	if (uses_driver(d, "net_af_packet"))
		blocks(f, BLOCKS_RUN);
	else
		f->severity = DOCTOR_NOTE;
}

void check_af_xdp(const struct doctor *d, struct finding *f)
{
	unsigned long long caps = capabilities();
	bool admin = caps >> CAP_NET_ADMIN_BIT & 1;
	bool bpf = (caps >> CAP_BPF_BIT & 1) || (caps >> CAP_SYS_ADMIN_BIT & 1);
	void *library = dlopen("libxdp.so.1", RTLD_LAZY | RTLD_LOCAL);
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), code = errno;

	if (fd >= 0)
		close(fd);
	if (library)
		dlclose(library);
	why(f, "net_af_xdp devices load a small program into the kernel and share buffers with it");
	if (fd < 0 && code == EAFNOSUPPORT) {
		found(f, DOCTOR_NOTE, "this kernel has no AF_XDP");
		fix(f, "use a kernel with CONFIG_XDP_SOCKETS, or net_af_packet devices");
	} else if (!library) {
		found(f, DOCTOR_NOTE, "libxdp is missing");
		fix(f, "%sapt-get install libxdp1", as_root(d));
	} else if (fd < 0 || !admin || !bpf) {
		found(f, DOCTOR_NOTE, "lacks%s%s%s", fd < 0 ? " CAP_NET_RAW" : "",
		      admin ? "" : " CAP_NET_ADMIN", bpf ? "" : " CAP_BPF");
		fix(f,
		    "run as root, or %ssetcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep %s",
		    as_root(d), d->run_program);
	} else {
		found(f, DOCTOR_OK, "kernel, libxdp and rights are there");
		return;
	}
	blocks(f, BLOCKS_AF_XDP);
	if (uses_driver(d, "net_af_xdp"))
		blocks(f, BLOCKS_RUN);
	else
		f->severity = DOCTOR_NOTE;
}

/* Value of key in "a=b,key=value"; false: not there. */
static bool argument(const char *args, const char *key, char *out, size_t room)
{
	size_t n = strlen(key);

	for (const char *p = args; p && *p; p = strchr(p, ','), p += p != NULL) {
		if (strncmp(p, key, n) != 0 || p[n] != '=')
			continue;
		snprintf(out, room, "%.*s", (int)strcspn(p + n + 1, ","), p + n + 1);
		return true;
	}
	return false;
}

/* The port a device carries, or NULL. */
static const struct config_port *carried(const struct config *c, const char *device)
{
	for (unsigned i = 0; i < c->n_ports; i++)
		if (c->ports[i].carrier == CONFIG_CARRIER_DEV &&
		    strcmp(c->ports[i].carrier_name, device) == 0)
			return &c->ports[i];
	return NULL;
}

/* The first thing wrong with one interface; false: nothing. */
static bool bad_interface(const struct doctor *d, struct finding *f,
			  const struct config_device *dev, const char *name)
{
	const struct config_port *port = carried(d->config, dev->name);
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	bool up = true;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%.15s", name);
	if (if_nametoindex(name) == 0) {
		found(f, DOCTOR_BLOCKED, "%s: no interface %s in this network namespace", dev->name,
		      name);
		why(f, "the device is made from it at start");
		fix(f, "`ip link` lists what there is; correct iface= under `devices:`");
		blocks(f, BLOCKS_RUN);
	} else if (fd >= 0) {
		if (ioctl(fd, SIOCGIFFLAGS, &r) == 0)
			up = r.ifr_flags & IFF_UP;
		if (ioctl(fd, SIOCGIFMTU, &r) == 0)
			mtu = r.ifr_mtu;
		if (!up) {
			found(f, DOCTOR_WARN, "%s is down", name);
			why(f, "its port has no link until it is up");
			fix(f, "%sip link set %s up", as_root(d), name);
		} else if (port && mtu > 0 && mtu < port->mtu) {
			found(f, DOCTOR_WARN, "%s has MTU %d, port %s has %u", name, mtu,
			      port->name, port->mtu);
			why(f, "packets between the two sizes are lost without a word");
			fix(f, "%sip link set %s mtu %u, or lower ports.%s.mtu", as_root(d), name,
			    port->mtu, port->name);
		}
	}
	if (fd >= 0)
		close(fd);
	return f->severity != DOCTOR_OK;
}

void check_interfaces(const struct doctor *d, struct finding *f)
{
	unsigned n = 0;
	char name[64];

	for (unsigned i = 0; d->config && i < d->config->n_devices; i++) {
		const struct config_device *dev = &d->config->devices[i];
		bool kernel = strncmp(dev->name, "net_af_packet", 13) == 0 ||
			      strncmp(dev->name, "net_af_xdp", 10) == 0;

		if (!kernel)
			continue;
		if (!argument(dev->args, "iface", name, sizeof(name))) {
			found(f, DOCTOR_BLOCKED, "%s has no iface=", dev->name);
			why(f, "the driver needs to know its interface");
			fix(f, "write `%s: iface=NAME` under `devices:`", dev->name);
			blocks(f, BLOCKS_RUN);
			return;
		}
		if (bad_interface(d, f, dev, name))
			return;
		n++;
	}
	if (n > 0)
		found(f, DOCTOR_OK, "%u interface%s there, up, large enough", n, n == 1 ? "" : "s");
}

void check_pci(const struct doctor *d, struct finding *f)
{
	unsigned n = 0;

	for (unsigned i = 0; d->config && i < d->config->n_devices; i++) {
		const char *name = d->config->devices[i].name, *address = name;
		char path[256], bound[256];
		ssize_t len;
		const char *driver;

		if (!strchr(name, ':'))
			continue;
		n++;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s%s",
			 strlen(address) < 12 ? "0000:" : "", address);
		if (access(path, F_OK) != 0) {
			found(f, DOCTOR_BLOCKED, "no PCI device %s", name);
			why(f, "the device is taken by its address");
			fix(f, "`lspci -D | grep -i ether` lists what there is");
			blocks(f, BLOCKS_RUN);
			return;
		}
		strncat(path, "/driver", sizeof(path) - strlen(path) - 1);
		len = readlink(path, bound, sizeof(bound) - 1);
		bound[len > 0 ? len : 0] = '\0';
		driver = strrchr(bound, '/') ? strrchr(bound, '/') + 1 : "no driver";
		/* mlx4, mlx5 and mana stay with their kernel driver */
		if (strcmp(driver, "vfio-pci") != 0 && strncmp(driver, "mlx", 3) != 0 &&
		    strcmp(driver, "mana") != 0) {
			found(f, DOCTOR_BLOCKED, "%s is bound to %s", name, driver);
			why(f, "DPDK reaches it through vfio-pci only");
			fix(f,
			    "%sdpdk-devbind.py -b vfio-pci %s   (its kernel interface disappears)",
			    as_root(d), name);
			blocks(f, BLOCKS_PCI | BLOCKS_RUN);
			return;
		}
	}
	if (n > 0)
		found(f, DOCTOR_OK, "%u device%s there and bound", n, n == 1 ? "" : "s");
}
