/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending a capture through the board; see replay.h. */
#include "bench/demo/replay.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "lib/base/order.h"

#define HANDFUL    128 /* sent before the books must balance */
#define PATIENCE_S 3

static unsigned find_kind(struct replay *r, const char *text)
{
	unsigned k = 0;

	while (k < r->n_kinds && strcmp(r->kinds[k].text, text) != 0)
		k++;
	if (k < r->n_kinds)
		return k;
	if (k == REPLAY_MAX_KINDS - 1)
		text = "anything else";
	if (k == REPLAY_MAX_KINDS)
		return k - 1;
	snprintf(r->kinds[k].text, CLASSIFY_TEXT, "%s", text);
	return r->n_kinds++;
}

static void note_vlan(int vlan, uint16_t *vlans, unsigned most, unsigned *n)
{
	if (vlan <= 0 || vlan > 4094 || *n == most)
		return;
	for (unsigned i = 0; i < *n; i++)
		if (vlans[i] == vlan)
			return;
	vlans[(*n)++] = (uint16_t)vlan;
}

int replay_load(struct replay *r, const void *data, size_t len, uint16_t *vlans, unsigned most,
		unsigned *n_vlans, struct err *err)
{
	struct capture c;
	struct capture_packet p;
	char text[CLASSIFY_TEXT];
	size_t room = 0;
	int ret = capture_open(&c, data, len, err);

	*n_vlans = 0;
	if (ret)
		return ret;
	while ((ret = capture_next(&c, &p, err)) > 0) {
		if (p.original > p.len || p.len > REPLAY_MAX_FRAME) {
			r->cut += p.original > p.len;
			r->too_long += p.original == p.len;
			continue;
		}
		if (r->n_packets == room) {
			struct replay_packet *more;

			room = room ? room * 2 : 1024;
			more = realloc(r->packets, room * sizeof(*more));
			if (!more)
				return err_set(err, -ENOMEM, "capture: no memory for %zu packets",
					       room);
			r->packets = more;
		}
		classify(p.data, p.len, text);
		note_vlan(classify_vlan(p.data, p.len), vlans, most, n_vlans);
		r->packets[r->n_packets++] = (struct replay_packet){ .data = p.data,
								     .len = p.len,
								     .kind = find_kind(r, text) };
	}
	return ret;
}

void replay_free(struct replay *r)
{
	free(r->packets);
	r->packets = NULL;
}

/* What the generator thread keeps while it runs. */
struct player {
	struct replay *r;
	struct telemetry_reader *reader;
	struct rte_mempool *pool;
	struct replay_kind *kind; /* the one on its way; NULL while resolving */
	uint64_t *keys;           /* expected packets, open addressing; 0 free */
	uint32_t *missing;        /* how many of each are still to come */
	size_t n_keys;            /* power of two */
	uint64_t sent, received;  /* frames, both ports, the hosts' own included */
	uint64_t host_sent;       /* of these */
	uint8_t gateway_mac[6];
};

static size_t key_place(const struct player *p, uint64_t key)
{
	size_t at = key & (p->n_keys - 1);

	while (p->keys[at] && p->keys[at] != key)
		at = (at + 1) & (p->n_keys - 1);
	return at;
}

static bool take_expected(struct player *p, const void *frame, size_t len)
{
	uint64_t key;

	if (!p->kind || !classify_key(frame, len, 0, &key))
		return false;
	size_t at = key_place(p, key | 1);

	if (!p->keys[at] || !p->missing[at])
		return false;
	p->missing[at]--;
	return true;
}

static void send_frame(struct player *p, unsigned side, unsigned lane, const void *frame,
		       size_t len, const uint8_t *dst_mac)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);
	uint8_t *data = m ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (!data) {
		rte_pktmbuf_free(m);
		return;
	}
	memcpy(data, frame, len);
	if (dst_mac)
		memcpy(data, dst_mac, 6);
	while (rte_eth_tx_burst(p->r->setup->port_id[side], (uint16_t)lane, &m, 1) != 1) {
		if (load_acquire(&p->r->quit)) {
			rte_pktmbuf_free(m);
			return;
		}
		sched_yield();
	}
	p->sent++;
}

static void receive(struct player *p, unsigned side, struct rte_mbuf *m)
{
	uint8_t whole[2048], reply[HOST_MAX_FRAME];
	size_t len = rte_pktmbuf_pkt_len(m), reply_len;
	const void *frame =
		len <= sizeof(whole) ? rte_pktmbuf_read(m, 0, (uint32_t)len, whole) : NULL;

	p->received++;
	if (frame && take_expected(p, frame, len)) {
		p->kind->forwarded++;
	} else if (frame &&
		   host_receive(&p->r->setup->gen[side]->host, frame, len, reply, &reply_len)) {
		if (reply_len) {
			send_frame(p, side, 0, reply, reply_len, NULL);
			p->host_sent++;
		}
	} else if (p->kind) {
		if (frame && classify_is_answer(frame, len))
			p->kind->answered++;
		else
			p->kind->altered++;
	}
}

static void poll_ports(struct player *p)
{
	struct rte_mbuf *pkts[32];

	for (unsigned side = 0; side < DEMO_PORTS; side++) {
		for (uint16_t lane = 0; lane < DEMO_LANES; lane++) {
			uint16_t n = rte_eth_rx_burst(p->r->setup->port_id[side], lane, pkts, 32);

			for (uint16_t i = 0; i < n; i++)
				receive(p, side, pkts[i]);
			rte_pktmbuf_free_bulk(pkts, n);
		}
	}
}

static bool expired(uint64_t since)
{
	return rte_get_tsc_cycles() - since > PATIENCE_S * rte_get_tsc_hz();
}

/* Waits until the board's published books account for every frame. */
static int settle(struct player *p, struct demo_books *b)
{
	uint64_t since = rte_get_tsc_cycles();
	struct err ignored;

	for (;;) {
		poll_ports(p);
		if (telemetry_reader_snapshot(p->reader, &ignored) == 0) {
			demo_books(p->reader, b);
			if (b->in == p->sent && b->out == p->received && demo_books_balance(b))
				return 0;
		}
		if (load_acquire(&p->r->quit))
			return -EINTR;
		if (expired(since))
			return err_set(&p->r->err, -ETIMEDOUT,
				       "%s: after %u s the books still do not balance: sent to the "
				       "board %llu, it took %llu, sent out %llu, arrived %llu, "
				       "dropped %llu",
				       p->kind ? p->kind->text : "resolving", PATIENCE_S,
				       (unsigned long long)p->sent, (unsigned long long)b->in,
				       (unsigned long long)b->out, (unsigned long long)p->received,
				       (unsigned long long)b->dropped);
		sched_yield();
	}
}

/* Both hosts learn the board's addresses, and so it learns theirs. */
static int resolve(struct player *p)
{
	uint64_t since = rte_get_tsc_cycles(), asked = 0;
	struct gen_port **gen = p->r->setup->gen;
	struct demo_books books;

	while (!host_ready(&gen[0]->host) || !host_ready(&gen[1]->host)) {
		if (!asked || rte_get_tsc_cycles() - asked > rte_get_tsc_hz() / 5) {
			asked = rte_get_tsc_cycles();
			for (unsigned i = 0; i < DEMO_PORTS * 2; i++) {
				uint8_t frame[HOST_MAX_FRAME];
				size_t len = host_ask(&gen[i / 2]->host, i % 2, frame);

				if (len) {
					send_frame(p, i / 2, 0, frame, len, NULL);
					p->host_sent++;
				}
			}
		}
		poll_ports(p);
		if (load_acquire(&p->r->quit))
			return -EINTR;
		if (expired(since))
			return err_set(&p->r->err, -ETIMEDOUT,
				       "the board's ports did not answer ARP or neighbour "
				       "solicitations");
		sched_yield();
	}
	memcpy(p->gateway_mac, gen[0]->host.gateway4_mac, 6);
	return settle(p, &books);
}

static int expect_kind(struct player *p, unsigned kind)
{
	size_t n = 0;
	uint64_t key;

	for (size_t i = 0; i < p->r->n_packets; i++)
		n += p->r->packets[i].kind == kind;
	for (p->n_keys = 16; p->n_keys < n * 2; p->n_keys *= 2)
		;
	free(p->keys);
	free(p->missing);
	p->keys = calloc(p->n_keys, sizeof(*p->keys));
	p->missing = calloc(p->n_keys, sizeof(*p->missing));
	if (!p->keys || !p->missing)
		return err_set(&p->r->err, -ENOMEM, "capture: no memory for %zu packets", n);
	for (size_t i = 0; i < p->r->n_packets; i++) {
		const struct replay_packet *packet = &p->r->packets[i];

		if (packet->kind != kind || !classify_key(packet->data, packet->len, 1, &key))
			continue;
		size_t at = key_place(p, key | 1); /* 0 means free */

		p->keys[at] = key | 1;
		p->missing[at]++;
	}
	return 0;
}

/* Sends all packets of one kind and books what became of them. */
static int play_kind(struct player *p, unsigned kind)
{
	struct replay_kind *k = &p->r->kinds[kind];
	struct demo_books before, after;
	uint64_t reasons[DROP_COUNT], host_sent;
	int ret = expect_kind(p, kind);

	if (!ret)
		ret = settle(p, &before);
	if (ret)
		return ret;
	for (unsigned i = 0; i < DROP_COUNT; i++)
		reasons[i] = demo_sum(p->reader, "lane_drop_packets", i);
	host_sent = p->host_sent;
	p->kind = k;
	for (size_t i = 0; i < p->r->n_packets && !ret; i++) {
		const struct replay_packet *packet = &p->r->packets[i];

		if (packet->kind != kind)
			continue;
		/* unicast goes to the router; broadcast and multicast stay what they are */
		bool group = packet->len > 0 && (packet->data[0] & 1);

		send_frame(p, 0, k->in % DEMO_LANES, packet->data, packet->len,
			   packet->len >= 6 && !group ? p->gateway_mac : NULL);
		if (++k->in % HANDFUL == 0)
			ret = settle(p, &after);
	}
	if (!ret)
		ret = settle(p, &after);
	p->kind = NULL;
	if (ret)
		return ret;
	k->used = after.host - before.host - (p->host_sent - host_sent);
	for (unsigned i = 0; i < DROP_COUNT; i++) {
		k->reason[i] = demo_sum(p->reader, "lane_drop_packets", i) - reasons[i];
		k->dropped += k->reason[i];
	}
	return 0;
}

int replay_run(void *arg)
{
	struct replay *r = arg;
	struct player p = { .r = r, .pool = board_pool(r->setup->board) };

	r->result = telemetry_reader_open(&p.reader, r->telemetry_path, &r->err);
	if (!r->result)
		r->result = resolve(&p);
	for (unsigned k = 0; k < r->n_kinds && !r->result; k++)
		r->result = play_kind(&p, k);
	free(p.keys);
	free(p.missing);
	telemetry_reader_close(p.reader);
	store_release(&r->done, true);
	return 0;
}
