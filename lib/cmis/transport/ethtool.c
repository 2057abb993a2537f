/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two-wire transactions as requests to the kernel's ethtool, at most a half each, as the kernel
 * wants them too.
 */
#include "lib/cmis/transport/ethtool.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool_netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/transport/genl.h"

#define FAMILY       "ethtool"
#define HALF         128
#define SELECT       126
#define TWO_WIRE     0x50 /* where all modules of CMIS are */
#define NAME_MAX_LEN 127  /* of an alternative name */
#define TIMEOUT_MS   1000

struct cmis_ethtool {
	char iface[NAME_MAX_LEN + 1];
	unsigned timeout_ms;
	struct genl *kernel; /* NULL: to be opened */
	uint8_t select[2];   /* bank, page */
	struct err complaint;
};

#define complain(e, code, ...) err_set(&(e)->complaint, code, __VA_ARGS__)

static void hang_up(struct cmis_ethtool *e)
{
	genl_close(e->kernel);
	e->kernel = NULL;
}

static int call(struct cmis_ethtool *e)
{
	int ret = e->kernel ? 0 : genl_open(&e->kernel, FAMILY, e->timeout_ms);

	switch (ret) {
	case 0:
		return 0;
	case -ENOMEM:
		return complain(e, ret, "no memory for netlink");
	case -ENOENT:
	case -EPROTONOSUPPORT:
	case -EAFNOSUPPORT:
		return complain(e, -EOPNOTSUPP,
				"this kernel has no ethtool netlink. It takes Linux 5.13 or newer "
				"with CONFIG_ETHTOOL_NETLINK");
	default:
		return complain(e, -EIO,
				"the kernel cannot be asked by netlink: %s. Look whether this "
				"program may open such sockets",
				strerror(-ret));
	}
}

/* The kernel's or its driver's "no". */
static int refused(struct cmis_ethtool *e, const struct genl_answer *a)
{
	const char *why = a->said[0] ? a->said : strerror(-a->refused);

	switch (-a->refused) {
	case ENODEV:
		return complain(e, -ENODEV,
				"no such network interface (%s). Take one that ip link shows", why);
	case EPERM:
	case EACCES:
		return complain(e, -EPERM,
				"reading a module needs CAP_NET_ADMIN (%s). Run this as root", why);
	case EOPNOTSUPP:
		return complain(
			e, -EOPNOTSUPP,
			"its driver shows no module (%s). Take an interface that ethtool -m "
			"can read",
			why);
	default:
		return complain(e, -EREMOTEIO,
				"its driver refuses (%s). The module is absent, busy, or without "
				"this page; see ethtool -m %s",
				why, e->iface);
	}
}

static int no_answer(struct cmis_ethtool *e, int ret)
{
	hang_up(e);
	switch (ret) {
	case -ETIMEDOUT:
		return complain(e, ret,
				"the kernel did not answer within %u ms. Look into its log for "
				"what its driver does",
				e->timeout_ms);
	case -EPROTO:
		return complain(e, ret,
				"the kernel's answer is not of the kind that it documents. Update "
				"this program or the kernel");
	case -EINTR:
		return complain(e, -EREMOTEIO, "a signal came before the answer. Try again");
	default:
		return complain(e, -EIO, "netlink failed: %s. Try again", strerror(-ret));
	}
}

static int read_half(struct cmis_ethtool *e, uint8_t addr, uint8_t *bytes, unsigned len)
{
	bool upper = addr >= HALF;
	union genl_request request;
	struct genl_answer a;
	struct nlattr *header;
	const void *data;
	size_t got;
	int ret;

	genl_begin(e->kernel, &request, ETHTOOL_MSG_MODULE_EEPROM_GET);
	header = mnl_attr_nest_start(&request.header, ETHTOOL_A_MODULE_EEPROM_HEADER);
	mnl_attr_put_strz(&request.header, ETHTOOL_A_HEADER_DEV_NAME, e->iface);
	mnl_attr_nest_end(&request.header, header);
	mnl_attr_put_u32(&request.header, ETHTOOL_A_MODULE_EEPROM_OFFSET, addr);
	mnl_attr_put_u32(&request.header, ETHTOOL_A_MODULE_EEPROM_LENGTH, len);
	mnl_attr_put_u8(&request.header, ETHTOOL_A_MODULE_EEPROM_PAGE, upper ? e->select[1] : 0);
	mnl_attr_put_u8(&request.header, ETHTOOL_A_MODULE_EEPROM_BANK, upper ? e->select[0] : 0);
	mnl_attr_put_u8(&request.header, ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS, TWO_WIRE);
	ret = genl_ask(e->kernel, &request, ETHTOOL_MSG_MODULE_EEPROM_GET_REPLY, &a);
	if (ret != 0)
		return no_answer(e, ret);
	if (a.refused != 0)
		return refused(e, &a);
	data = genl_attribute(a.message, ETHTOOL_A_MODULE_EEPROM_DATA, &got);
	if (data == NULL || got > len)
		return no_answer(e, -EPROTO);
	if (got < len)
		return complain(e, -EREMOTEIO,
				"its driver gives %zu bytes where %u are asked for. Try again", got,
				len);
	memcpy(bytes, data, len);
	return 0;
}

static int ethtool_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	struct cmis_ethtool *e = module;
	int ret;

	if (len == 0 || len > HALF || addr % HALF + len > HALF)
		return complain(e, -EREMOTEIO,
				"no module gives %u bytes from byte %u on. Read within one half",
				len, addr);
	ret = call(e);
	if (ret == 0)
		ret = read_half(e, addr, bytes, len);
	/* what the driver selected for its own sake is not what this host selected */
	for (unsigned i = 0; ret == 0 && i < len; i++)
		if (addr + i == SELECT || addr + i == SELECT + 1)
			bytes[i] = e->select[addr + i - SELECT];
	return ret;
}

static int ethtool_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct cmis_ethtool *e = module;

	if (addr < SELECT || len == 0 || len > HALF || addr + len > HALF)
		return complain(e, -EROFS,
				"ethtool only reads: byte %u cannot be written. Manage the module "
				"by a transport that writes",
				addr);
	memcpy(e->select + addr - SELECT, bytes, len);
	return 0;
}

struct cmis_transport cmis_ethtool_transport(struct cmis_ethtool *e)
{
	return (struct cmis_transport){ ethtool_read, ethtool_write, e };
}

const char *cmis_ethtool_complaint(const struct cmis_ethtool *e)
{
	return e->complaint.text;
}

int cmis_ethtool_create(struct cmis_ethtool **out, const char *iface, unsigned timeout_ms,
			struct err *err)
{
	struct cmis_ethtool *e;
	int ret;

	if (strlen(iface) == 0 || strlen(iface) > NAME_MAX_LEN)
		return err_set(
			err, -EINVAL,
			"ethtool:%.20s: an interface's name has 1 to %d characters. Take one "
			"that ip link shows",
			iface, NAME_MAX_LEN);
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return err_set(err, -ENOMEM, "ethtool:%s: no memory for it", iface);
	strcpy(e->iface, iface);
	e->timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS;
	ret = call(e);
	if (ret != 0) {
		ret = err_set(err, ret, "ethtool:%s: %s", iface, e->complaint.text);
		cmis_ethtool_destroy(e);
		return ret;
	}
	*out = e;
	return 0;
}

void cmis_ethtool_destroy(struct cmis_ethtool *e)
{
	if (e == NULL)
		return;
	hang_up(e);
	free(e);
}
