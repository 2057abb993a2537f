/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's ethtool netlink, played for an unmodified program: preloaded, this answers its
 * generic netlink socket from the socket of an engine, whatever the interface is called.
 *
 *   LD_PRELOAD=./ethtool_shim.so CPX_SHIM_ENGINE=/run/cpx/engines/oe0 ethtool -m lo
 *
 * The program's socket is one end of a pair; a message is answered into the other end before
 * sendto() returns, as the kernel does. Answered are the look-up of the family and
 * ETHTOOL_MSG_MODULE_EEPROM_GET, by the kernel's rules. One netlink socket at a time, one thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cmis/transport/wire.h"

#define FAMILY   0x21 /* any number that is no other family's */
#define HALF     128
#define SELECT   126
#define TWO_WIRE 0x50

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

static int ours = -1, kernel = -1; /* the program's end of the pair, and the other */

union message {
	struct nlmsghdr header;
	uint8_t bytes[4096];
};

/* ---- the engine ---- */

/* One transaction: 0, or a negative errno as a driver would give it. */
static int transact(bool write, uint8_t addr, uint8_t *bytes, uint16_t len)
{
	struct wire_request r = { write, addr, len, bytes };
	uint8_t out[WIRE_REQUEST_HEAD + WIRE_DATA_MAX], in[WIRE_ANSWER_HEAD + WIRE_DATA_MAX];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), whole = 0;
	size_t size = wire_request_put(out, &r), got = 0;
	struct wire_answer answer = { .status = WIRE_NACK };
	ssize_t n = -1;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", getenv("CPX_SHIM_ENGINE"));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		n = send(fd, out, size, MSG_NOSIGNAL);
	while (whole == 0 && n > 0) {
		n = recv(fd, in + got, sizeof(in) - got, 0);
		got += n > 0 ? (size_t)n : 0;
		whole = wire_answer_parse(&answer, &r, in, got);
	}
	close(fd);
	if (whole <= 0 || answer.status == WIRE_ABSENT)
		return -ENXIO;
	if (answer.status == WIRE_ACK && !write)
		memcpy(bytes, answer.data, len);
	return answer.status == WIRE_ACK ? 0 : -EIO;
}

static int read_module(uint8_t bank, uint8_t page, uint8_t offset, uint8_t *bytes, uint16_t len)
{
	uint8_t select[2] = { bank, page };
	int ret = offset < HALF ? 0 : transact(true, SELECT, select, 2);

	return ret ? ret : transact(false, offset, bytes, len);
}

/* ---- the kernel ---- */

static void reply(const struct nlmsghdr *h)
{
	if (send(kernel, h, h->nlmsg_len, MSG_DONTWAIT) < 0)
		abort();
}

static struct nlmsghdr *begin(union message *m, const struct nlmsghdr *to, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->bytes);

	h->nlmsg_type = type;
	h->nlmsg_seq = to->nlmsg_seq;
	h->nlmsg_pid = (uint32_t)getpid();
	return h;
}

static struct nlmsghdr *begin_genl(union message *m, const struct nlmsghdr *to, uint8_t cmd)
{
	struct nlmsghdr *h = begin(m, to, to->nlmsg_type);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = cmd;
	g->version = 1;
	return h;
}

/* An acknowledgement (code 0) or an error, with the request and words behind it. */
static void acknowledge(const struct nlmsghdr *to, int code, const char *why)
{
	size_t more = code ? to->nlmsg_len - sizeof(*to) : 0;
	union message m;
	struct nlmsghdr *h = begin(&m, to, NLMSG_ERROR);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e) + more);

	e->error = code;
	memcpy(&e->msg, to, sizeof(*to) + more);
	h->nlmsg_flags = code ? NLM_F_ACK_TLVS : NLM_F_CAPPED;
	if (code)
		mnl_attr_put_strz(h, NLMSGERR_ATTR_MSG, why);
	reply(h);
}

static int collect(const struct nlattr *attr, void *arg)
{
	const struct nlattr **at = arg;

	if (mnl_attr_get_type(attr) <= ETHTOOL_A_MODULE_EEPROM_MAX)
		at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* ethtool looks whether its request is among the operations. */
static int look_up(const struct nlmsghdr *to, const char **why)
{
	const struct nlattr *at[ETHTOOL_A_MODULE_EEPROM_MAX + 1] = { NULL };
	struct nlattr *list, *one;
	struct nlmsghdr *h;
	union message m;

	mnl_attr_parse(to, sizeof(struct genlmsghdr), collect, at);
	if (at[CTRL_ATTR_FAMILY_NAME] == NULL ||
	    strcmp(mnl_attr_get_str(at[CTRL_ATTR_FAMILY_NAME]), ETHTOOL_GENL_NAME) != 0) {
		*why = "no such family";
		return -ENOENT;
	}
	h = begin_genl(&m, to, CTRL_CMD_NEWFAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME);
	mnl_attr_put_u16(h, CTRL_ATTR_FAMILY_ID, FAMILY);
	mnl_attr_put_u32(h, CTRL_ATTR_VERSION, ETHTOOL_GENL_VERSION);
	list = mnl_attr_nest_start(h, CTRL_ATTR_OPS);
	one = mnl_attr_nest_start(h, 1);
	mnl_attr_put_u32(h, CTRL_ATTR_OP_ID, ETHTOOL_MSG_MODULE_EEPROM_GET);
	mnl_attr_put_u32(h, CTRL_ATTR_OP_FLAGS, GENL_CMD_CAP_DO | GENL_UNS_ADMIN_PERM);
	mnl_attr_nest_end(h, one);
	mnl_attr_nest_end(h, list);
	list = mnl_attr_nest_start(h, CTRL_ATTR_MCAST_GROUPS);
	one = mnl_attr_nest_start(h, 1);
	mnl_attr_put_u32(h, CTRL_ATTR_MCAST_GRP_ID, FAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_MCAST_GRP_NAME, ETHTOOL_MCGRP_MONITOR_NAME);
	mnl_attr_nest_end(h, one);
	mnl_attr_nest_end(h, list);
	reply(h);
	return 0;
}

/* What Linux checks before it asks a driver. */
static const char *objection(uint32_t offset, uint32_t length, uint8_t page)
{
	if (length == 0 || length > HALF)
		return "integer out of range";
	if (page != 0 && offset < HALF)
		return "reading from lower half page is allowed for page 0 only";
	if (offset < HALF && offset + length > HALF)
		return "reading cross half page boundary is illegal";
	if (offset >= 2 * HALF || offset + length > 2 * HALF)
		return "reading cross page boundary is illegal";
	return NULL;
}

static int read_eeprom(const struct nlmsghdr *to, const char **why)
{
	const struct nlattr *at[ETHTOOL_A_MODULE_EEPROM_MAX + 1] = { NULL };
	uint32_t offset, length;
	uint8_t page, bank, bytes[HALF];
	struct nlmsghdr *h;
	union message m;
	int ret;

	mnl_attr_parse(to, sizeof(struct genlmsghdr), collect, at);
	*why = "an attribute is missing";
	for (unsigned i = ETHTOOL_A_MODULE_EEPROM_HEADER; i <= ETHTOOL_A_MODULE_EEPROM_PAGE; i++)
		if (at[i] == NULL)
			return -EINVAL;
	if (at[ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS] == NULL)
		return -EINVAL;
	offset = mnl_attr_get_u32(at[ETHTOOL_A_MODULE_EEPROM_OFFSET]);
	length = mnl_attr_get_u32(at[ETHTOOL_A_MODULE_EEPROM_LENGTH]);
	page = mnl_attr_get_u8(at[ETHTOOL_A_MODULE_EEPROM_PAGE]);
	bank = at[ETHTOOL_A_MODULE_EEPROM_BANK] ? mnl_attr_get_u8(at[ETHTOOL_A_MODULE_EEPROM_BANK])
						: 0;
	*why = objection(offset, length, page);
	if (*why)
		return -EINVAL;
	*why = "the module does not acknowledge";
	if (mnl_attr_get_u8(at[ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS]) != TWO_WIRE)
		return -EIO;
	ret = read_module(bank, page, (uint8_t)offset, bytes, (uint16_t)length);
	if (ret != 0)
		return ret;
	h = begin_genl(&m, to, ETHTOOL_MSG_MODULE_EEPROM_GET_REPLY);
	mnl_attr_put(h, ETHTOOL_A_MODULE_EEPROM_DATA, length, bytes);
	reply(h);
	return 0;
}

static void answer(const struct nlmsghdr *to)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(to);
	const char *why = "not played";
	int ret = -EOPNOTSUPP;

	if (to->nlmsg_type == GENL_ID_CTRL && g->cmd == CTRL_CMD_GETFAMILY)
		ret = look_up(to, &why);
	else if (to->nlmsg_type == FAMILY && g->cmd == ETHTOOL_MSG_MODULE_EEPROM_GET)
		ret = read_eeprom(to, &why);
	if (ret != 0 || to->nlmsg_flags & NLM_F_ACK)
		acknowledge(to, ret, why);
}

/* ---- what the program calls ---- */

int socket(int domain, int type, int protocol)
{
	int pair[2];

	if (domain != AF_NETLINK || protocol != NETLINK_GENERIC ||
	    getenv("CPX_SHIM_ENGINE") == NULL)
		return REAL(socket)(domain, type, protocol);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	ours = pair[0];
	kernel = pair[1];
	return ours;
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return fd == ours ? 0 : REAL(bind)(fd, address, len);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid() };

	if (fd != ours)
		return REAL(getsockname)(fd, address, len);
	memcpy(address, &us, *len < sizeof(us) ? *len : sizeof(us));
	*len = sizeof(us);
	return 0;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return fd == ours && level == SOL_NETLINK ? 0
						  : REAL(setsockopt)(fd, level, name, value, len);
}

ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	union message m;

	if (fd != ours)
		return REAL(sendto)(fd, bytes, len, flags, to, to_len);
	memcpy(m.bytes, bytes, len < sizeof(m) ? len : sizeof(m));
	if (len > sizeof(m) || !mnl_nlmsg_ok(&m.header, (int)len) ||
	    mnl_nlmsg_get_payload_len(&m.header) < sizeof(struct genlmsghdr)) {
		errno = EINVAL;
		return -1;
	}
	answer(&m.header);
	return (ssize_t)len;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	ssize_t n = REAL(recvmsg)(fd, message, flags);

	if (fd == ours && n >= 0 && message->msg_name) {
		memcpy(message->msg_name, &from, sizeof(from));
		message->msg_namelen = sizeof(from);
	}
	return n;
}

int close(int fd)
{
	if (fd == ours && fd >= 0) {
		REAL(close)(kernel);
		ours = kernel = -1;
	}
	return REAL(close)(fd);
}
