/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/transport/ethtool.c against a kernel of our own: this program's mnl_socket_… stand in
 * for libmnl's, so that what is asked is seen and what is answered is chosen. Debian's ethtool on
 * the other side of the same messages: tests/cli/ethtool.sh.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cmis/transport/ethtool.h"
#include "tests/unit/cmis_managed.h"

#define FAMILY 0x1C

enum manner {
	HONEST,
	REFUSES,   /* with kernel.code and words */
	SILENT,    /* no answer */
	LATE,      /* no answer, and the one to this before that to the next */
	SHORT,     /* a byte less */
	LONG,      /* a byte more */
	EMPTY,     /* an answer without data */
	NO_FAMILY, /* no ethtool there */
};

static struct {
	enum manner manner;
	int code;
	const char *words;
	unsigned opened, closed, asked;
	char iface[32];
	uint32_t offset, length;
	uint8_t page, bank, address;
	bool pending;
	union {
		struct nlmsghdr header;
		uint8_t bytes[512];
	} answer;
	int fd;
} kernel;

static uint8_t content(unsigned bank, unsigned page, unsigned at)
{
	return (uint8_t)(bank * 131 + page * 17 + at);
}

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	kernel.opened++;
	kernel.pending = false;
	kernel.fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	return (struct mnl_socket *)&kernel;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned groups, pid_t pid)
{
	return 0;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	kernel.closed++;
	return close(kernel.fd);
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return kernel.fd;
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	return 0;
}

static int take(const struct nlattr *attr, void *arg)
{
	const void *p = mnl_attr_get_payload(attr);

	switch (mnl_attr_get_type(attr)) {
	case ETHTOOL_A_MODULE_EEPROM_HEADER:
		snprintf(kernel.iface, sizeof(kernel.iface), "%s",
			 mnl_attr_get_str((const struct nlattr *)p));
		break;
	case ETHTOOL_A_MODULE_EEPROM_OFFSET:
		kernel.offset = mnl_attr_get_u32(attr);
		break;
	case ETHTOOL_A_MODULE_EEPROM_LENGTH:
		kernel.length = mnl_attr_get_u32(attr);
		break;
	case ETHTOOL_A_MODULE_EEPROM_PAGE:
		kernel.page = mnl_attr_get_u8(attr);
		break;
	case ETHTOOL_A_MODULE_EEPROM_BANK:
		kernel.bank = mnl_attr_get_u8(attr);
		break;
	case ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS:
		kernel.address = mnl_attr_get_u8(attr);
		break;
	}
	return MNL_CB_OK;
}

static struct nlmsghdr *begin(const struct nlmsghdr *to, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(kernel.answer.bytes);

	h->nlmsg_type = type;
	h->nlmsg_seq = to->nlmsg_seq;
	kernel.pending = true;
	return h;
}

static void refuse(const struct nlmsghdr *to, int code, const char *words)
{
	struct nlmsghdr *h = begin(to, NLMSG_ERROR);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

	e->error = code;
	e->msg = *to;
	h->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	if (words)
		mnl_attr_put_strz(h, NLMSGERR_ATTR_MSG, words);
}

static struct nlmsghdr *reply(const struct nlmsghdr *to, uint8_t cmd)
{
	struct nlmsghdr *h = begin(to, to->nlmsg_type);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = cmd;
	return h;
}

static void give_bytes(const struct nlmsghdr *to)
{
	struct nlmsghdr *h = reply(to, ETHTOOL_MSG_MODULE_EEPROM_GET_REPLY);
	uint8_t bytes[256];
	size_t len = kernel.length + (kernel.manner == LONG) - (kernel.manner == SHORT);

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = content(kernel.bank, kernel.page, kernel.offset + i);
	if (kernel.manner != EMPTY)
		mnl_attr_put(h, ETHTOOL_A_MODULE_EEPROM_DATA, len, bytes);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *bytes, size_t len)
{
	const struct nlmsghdr *to = bytes;
	bool late = kernel.manner == LATE && kernel.pending;

	kernel.asked++;
	if (to->nlmsg_type == GENL_ID_CTRL) {
		if (kernel.manner == NO_FAMILY)
			refuse(to, -ENOENT, NULL);
		else
			mnl_attr_put_u16(reply(to, CTRL_CMD_NEWFAMILY), CTRL_ATTR_FAMILY_ID,
					 FAMILY);
		return (ssize_t)len;
	}
	cr_assert_eq(to->nlmsg_type, FAMILY);
	mnl_attr_parse(to, sizeof(struct genlmsghdr), take, NULL);
	if (kernel.manner == REFUSES)
		refuse(to, kernel.code, kernel.words);
	else if (!late)
		give_bytes(to);
	return (ssize_t)len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *bytes, size_t size)
{
	bool ctrl = kernel.answer.header.nlmsg_type == GENL_ID_CTRL;

	errno = EAGAIN;
	if (!kernel.pending || (kernel.manner == SILENT && !ctrl))
		return -1;
	if (kernel.manner == LATE && !ctrl) {
		kernel.manner = HONEST;
		return -1; /* and it stays in the socket */
	}
	kernel.pending = false;
	memcpy(bytes, kernel.answer.bytes, kernel.answer.header.nlmsg_len);
	return kernel.answer.header.nlmsg_len;
}

static struct cmis_ethtool *start(struct cmis_transport *bus)
{
	struct cmis_ethtool *e;
	struct err err = { "" };

	memset(&kernel, 0, sizeof(kernel));
	cr_assert_eq(cmis_ethtool_create(&e, "eth7", 0, &err), 0, "%s", err.text);
	*bus = cmis_ethtool_transport(e);
	return e;
}

static void end(struct cmis_ethtool *e)
{
	cmis_ethtool_destroy(e);
	cr_expect_eq(kernel.opened, kernel.closed, "sockets are closed");
}

static int pick(struct cmis_transport *bus, uint8_t bank, uint8_t page)
{
	const uint8_t select[2] = { bank, page };

	return bus->write(bus->module, 126, select, 2);
}

Test(ethtool, reads)
{
	struct cmis_transport bus;
	struct cmis_ethtool *e = start(&bus);
	uint8_t bytes[128];

	cr_expect_eq(bus.read(bus.module, 128, bytes, 128), 0);
	cr_expect_str_eq(kernel.iface, "eth7");
	cr_expect_eq(kernel.address, 0x50);
	cr_expect_eq(kernel.offset, 128);
	cr_expect_eq(kernel.length, 128);
	cr_expect_eq(bytes[127], content(0, 0, 255));
	cr_expect_eq(pick(&bus, 3, 0x11), 0);
	cr_expect_eq(bus.read(bus.module, 154, bytes, 16), 0);
	cr_expect(kernel.bank == 3 && kernel.page == 0x11);
	cr_expect_eq(bytes[15], content(3, 0x11, 169));
	cr_expect_eq(bus.read(bus.module, 120, bytes, 8), 0);
	cr_expect(kernel.bank == 0 && kernel.page == 0, "lower memory has no page");
	cr_expect_eq(bytes[5], content(0, 0, 125));
	cr_expect(bytes[6] == 3 && bytes[7] == 0x11, "the select is this host's");
	bytes[0] = 0x13;
	cr_expect_eq(bus.write(bus.module, 127, bytes, 1), 0);
	cr_expect_eq(bus.read(bus.module, 255, bytes, 1), 0);
	cr_expect(kernel.bank == 3 && kernel.page == 0x13 && kernel.length == 1);
	cr_expect_eq(kernel.opened, 1);
	end(e);
}

Test(ethtool, ranges)
{
	static const struct {
		uint8_t addr;
		unsigned len;
	} bad[] = { { 0, 0 },   { 0, 129 },   { 127, 2 },       { 120, 16 },
		    { 255, 2 }, { 128, 129 }, { 1, 0xFFFFFFFF } };
	struct cmis_transport bus;
	struct cmis_ethtool *e = start(&bus);
	unsigned asked = kernel.asked;
	uint8_t bytes[256] = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(bus.read(bus.module, bad[i].addr, bytes, bad[i].len), -EREMOTEIO,
			     "%zu", i);
	cr_expect_eq(kernel.asked, asked);
	end(e);
}

Test(ethtool, writes_nothing)
{
	static const struct {
		uint8_t addr;
		unsigned len;
	} bad[] = { { 26, 1 },  { 125, 2 }, { 120, 8 }, { 126, 3 },         { 127, 2 },
		    { 128, 1 }, { 143, 1 }, { 126, 0 }, { 126, 0xFFFFFFFF } };
	struct cmis_transport bus;
	struct cmis_ethtool *e = start(&bus);
	unsigned asked = kernel.asked;
	uint8_t bytes[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(bus.write(bus.module, bad[i].addr, bytes, bad[i].len), -EROFS, "%zu",
			     i);
	cr_expect_eq(kernel.asked, asked);
	cr_expect_eq(bus.read(bus.module, 128, bytes, 1), 0);
	cr_expect(kernel.bank == 0 && kernel.page == 0, "nothing was selected");
	end(e);
}

Test(ethtool, refusals)
{
	static const struct {
		int code, meaning;
		const char *words, *remedy;
	} cases[] = {
		{ -EINVAL, -EREMOTEIO, "no such page", "(no such page)" },
		{ -EIO, -EREMOTEIO, NULL, "(Input/output error)" },
		{ -ETIMEDOUT, -EREMOTEIO, NULL, "absent, busy" },
		{ -EBUSY, -EREMOTEIO, NULL, "ethtool -m eth7" },
		{ -ENODEV, -ENODEV, "no device matches name", "ip link" },
		{ -EPERM, -EPERM, NULL, "as root" },
		{ -EOPNOTSUPP, -EOPNOTSUPP, NULL, "Take an interface" },
	};
	struct cmis_transport bus;
	struct cmis_ethtool *e = start(&bus);
	uint8_t byte = 0xEE;

	kernel.manner = REFUSES;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kernel.code = cases[i].code;
		kernel.words = cases[i].words;
		cr_expect_eq(bus.read(bus.module, 0, &byte, 1), cases[i].meaning, "%zu", i);
		cr_expect_not_null(strstr(cmis_ethtool_complaint(e), cases[i].remedy), "%s",
				   cmis_ethtool_complaint(e));
	}
	cr_expect_eq(byte, 0xEE, "nothing was read");
	cr_expect_eq(kernel.opened, 1, "an answer is no reason to hang up");
	kernel.manner = HONEST;
	cr_expect_eq(bus.read(bus.module, 0, &byte, 1), 0);
	end(e);
}

Test(ethtool, bad_answers)
{
	static const struct {
		enum manner manner;
		int meaning;
	} cases[] = {
		{ SILENT, -ETIMEDOUT }, { SHORT, -EREMOTEIO }, { LONG, -EPROTO }, { EMPTY, -EPROTO }
	};
	struct cmis_transport bus;
	struct cmis_ethtool *e = start(&bus);
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kernel.manner = cases[i].manner;
		cr_expect_eq(bus.read(bus.module, 4, bytes, 16), cases[i].meaning, "%zu", i);
		kernel.manner = HONEST;
		cr_expect_eq(bus.read(bus.module, 4, bytes, 16), 0, "%zu", i);
		cr_expect_eq(bytes[15], content(0, 0, 19));
	}
	end(e);
}

/* What comes after the patience has ended is not taken for the answer to the next question. */
Test(ethtool, late_answer)
{
	struct cmis_transport bus;
	struct cmis_ethtool *e = start(&bus);
	uint8_t byte;

	kernel.manner = LATE;
	cr_expect_eq(bus.read(bus.module, 10, &byte, 1), -ETIMEDOUT);
	cr_expect_eq(bus.read(bus.module, 20, &byte, 1), 0);
	cr_expect_eq(byte, content(0, 0, 20));
	cr_expect_eq(kernel.opened, 2, "on a new socket");
	end(e);
}

Test(ethtool, nobody_to_ask)
{
	struct cmis_ethtool *e = NULL;
	struct err err = { "" };
	char name[200];

	memset(&kernel, 0, sizeof(kernel));
	kernel.manner = NO_FAMILY;
	cr_expect_eq(cmis_ethtool_create(&e, "eth7", 0, &err), -EOPNOTSUPP);
	cr_expect_not_null(strstr(err.text, "ethtool:eth7: this kernel has no"), "%s", err.text);
	cr_expect_eq(kernel.opened, kernel.closed);
	cr_expect_eq(cmis_ethtool_create(&e, "", 0, &err), -EINVAL);
	memset(name, 'x', sizeof(name));
	name[128] = 0;
	cr_expect_eq(cmis_ethtool_create(&e, name, 0, &err), -EINVAL);
	cr_expect_null(e);
}

/* An engine behind a way that only reads. */
static struct {
	struct cmis_transport inside;
	unsigned refused;
} reader;

static int only_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	return reader.inside.read(reader.inside.module, addr, bytes, len);
}

static int only_select(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	if (addr == 126 && len == 2)
		return reader.inside.write(reader.inside.module, addr, bytes, len);
	reader.refused++;
	return -EROFS;
}

/* The manager knows the module, says why it does no more, and does not try again and again. */
Test(ethtool, manager_stops)
{
	struct cmis_manager_settings set = { .monitor_ns = 0 };
	struct managed g = { .host = host_start("oif-3.2t") };

	reader.inside = g.host.bus;
	managed_settings(&g, &set);
	g.plugged = (struct cmis_transport){ only_read, only_select, NULL };
	cr_assert_eq(cmis_manager_create(&g.manager, &set), 0);
	managed_want(&g, 0, 8);
	managed_run(&g, 60000);
	cr_expect_str_eq(managed_seen(&g)->part, "OIF-3.2T-DR8");
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_READ_ONLY);
	cr_expect_not_null(strstr(g.last, "only reads"), "%s", g.last);
	cr_expect_lt(reader.refused, 20, "%u tries in a minute", reader.refused);
	cr_expect_leq(g.events, 12, "%u events", g.events);
	cr_expect_eq(host_state(&g.host), CMIS_MODULE_LOW_PWR);
	managed_end(&g);
}
