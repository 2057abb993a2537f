/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request without NLM_F_ACK has one answer: what was asked for, or an error message.
 */
#include "lib/cmis/transport/genl.h"

#include <ctype.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

struct genl {
	struct mnl_socket *socket;
	uint16_t family;
	uint32_t seq;
	uint32_t answer[8192 / sizeof(uint32_t)]; /* aligned */
};

struct wanted {
	uint16_t type;
	const struct nlattr *found;
};

static int match(const struct nlattr *attr, void *arg)
{
	struct wanted *w = arg;

	if (mnl_attr_get_type(attr) != w->type)
		return MNL_CB_OK;
	w->found = attr;
	return MNL_CB_STOP;
}

static const void *attribute_at(const struct nlmsghdr *message, size_t offset, uint16_t type,
				size_t *len)
{
	struct wanted w = { .type = type };

	if (offset > mnl_nlmsg_get_payload_len(message))
		return NULL;
	mnl_attr_parse(message, (unsigned)offset, match, &w);
	if (w.found == NULL)
		return NULL;
	*len = mnl_attr_get_payload_len(w.found);
	return mnl_attr_get_payload(w.found);
}

const void *genl_attribute(const struct nlmsghdr *message, uint16_t type, size_t *len)
{
	return attribute_at(message, sizeof(struct genlmsghdr), type, len);
}

/* Behind the error stands the request's header, and the rest of it unless the kernel capped that.
 */
static int refusal(struct genl_answer *a, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	size_t behind = sizeof(*e), len = 0;
	const char *said = NULL;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*e) || e->error >= 0 || e->error < -4095)
		return -EPROTO; /* an ACK that nobody asked for */
	a->refused = e->error;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		behind += e->msg.nlmsg_len - sizeof(e->msg);
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		said = attribute_at(h, behind, NLMSGERR_ATTR_MSG, &len);
	for (size_t i = 0; said && i < len && i < sizeof(a->said) - 1 && said[i]; i++)
		a->said[i] = (char)(isprint((unsigned char)said[i]) ? said[i] : '?');
	return 0;
}

int genl_answer_parse(struct genl_answer *a, const void *bytes, size_t len,
		      const struct nlmsghdr *request, uint8_t cmd)
{
	const struct nlmsghdr *h = bytes;
	const struct genlmsghdr *g;

	memset(a, 0, sizeof(*a));
	/* mnl_nlmsg_ok() takes a length above INT_MAX for a negative one, which is always within;
	 * mnl_attr_parse() goes on to the next multiple of 4, and so does all that the kernel sends
	 */
	if (len < sizeof(*h) || h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len ||
	    h->nlmsg_len % MNL_ALIGNTO != 0 || h->nlmsg_seq != request->nlmsg_seq)
		return -EPROTO;
	if (h->nlmsg_type == NLMSG_ERROR)
		return refusal(a, h);
	g = mnl_nlmsg_get_payload(h);
	if (h->nlmsg_type != request->nlmsg_type || mnl_nlmsg_get_payload_len(h) < sizeof(*g) ||
	    g->cmd != cmd)
		return -EPROTO;
	a->message = h;
	return 0;
}

static void begin(union genl_request *request, uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(request->bytes);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	g->cmd = cmd;
	g->version = 1;
}

void genl_begin(const struct genl *g, union genl_request *request, uint8_t cmd)
{
	begin(request, g->family, cmd);
}

int genl_ask(struct genl *g, union genl_request *request, uint8_t cmd, struct genl_answer *a)
{
	struct nlmsghdr *h = &request->header;
	ssize_t n;

	memset(a, 0, sizeof(*a));
	h->nlmsg_seq = ++g->seq;
	if (mnl_socket_sendto(g->socket, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(g->socket, g->answer, sizeof(g->answer));
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : errno == ENOSPC ? -EPROTO : -errno;
	return genl_answer_parse(a, g->answer, (size_t)n, h, cmd);
}

static int find(struct genl *g, const char *family)
{
	union genl_request request;
	struct genl_answer a;
	const void *id;
	size_t len;
	int ret;

	begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(&request.header, CTRL_ATTR_FAMILY_NAME, family);
	ret = genl_ask(g, &request, CTRL_CMD_NEWFAMILY, &a);
	if (ret != 0 || a.refused != 0)
		return ret ? ret : a.refused;
	id = genl_attribute(a.message, CTRL_ATTR_FAMILY_ID, &len);
	if (id == NULL || len != sizeof(g->family))
		return -EPROTO;
	memcpy(&g->family, id, sizeof(g->family));
	return 0;
}

static int start(struct genl *g, const char *family, unsigned timeout_ms)
{
	struct timeval patience = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	int on = 1, fd;

	g->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (g->socket == NULL || mnl_socket_bind(g->socket, 0, MNL_SOCKET_AUTOPID) != 0)
		return -errno;
	fd = mnl_socket_get_fd(g->socket);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
		return -errno;
	/* words of the kernel's errors; an old one has none */
	mnl_socket_setsockopt(g->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	return find(g, family);
}

int genl_open(struct genl **out, const char *family, unsigned timeout_ms)
{
	struct genl *g = calloc(1, sizeof(*g));
	int ret = g ? start(g, family, timeout_ms) : -ENOMEM;

	if (ret != 0) {
		genl_close(g);
		return ret;
	}
	*out = g;
	return 0;
}

void genl_close(struct genl *g)
{
	if (g == NULL)
		return;
	if (g->socket)
		mnl_socket_close(g->socket);
	free(g);
}
