/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports on emulated engines: lanes carry when the engine has them up, and only then. */
#include <math.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "pmd/cpx_engine.h"
#include "tests/unit/cpx_port.h"

#define PATIENCE_MS 5000

static bool eventually(bool (*is)(uint16_t port, unsigned value), uint16_t port, unsigned value)
{
	for (unsigned i = 0; i < PATIENCE_MS; i++) {
		if (is(port, value))
			return true;
		usleep(1000);
	}
	return false;
}

static bool has_speed(uint16_t port, unsigned mbps)
{
	const struct rte_eth_link link = link_of(port);

	return link.link_status ? link.link_speed == mbps : mbps == 0;
}

#define LANE 106250u

static void inject(const char *engine, const char *request)
{
	struct cpx_engine *e = cpx_engine_find(engine);
	struct err err;

	cr_assert_not_null(e, "no engine %s", engine);
	cr_assert_eq(cpx_engine_inject(e, request, &err), 0, "%s", err.text);
}

static struct cpx_engine_view look(const char *engine)
{
	static struct cpx_engine_view view;

	cpx_engine_look(cpx_engine_find(engine), &view);
	return view;
}

/* Frames sent on a queue and received on any, of `n`. */
static unsigned through(uint16_t from, uint16_t queue, uint16_t to, uint16_t queues, unsigned n)
{
	unsigned got = 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = frame(64, 1);

		if (send_one(from, queue, m) == 0)
			rte_pktmbuf_free(m);
		for (uint16_t q = 0; q < queues; q++)
			while ((m = receive_one(to, q)) != NULL) {
				rte_pktmbuf_free(m);
				got++;
			}
	}
	return got;
}

static void finish(uint16_t port)
{
	rte_eth_dev_stop(port);
	cr_expect_eq(rte_eth_dev_close(port), 0);
}

static void drain(uint16_t port)
{
	struct rte_mbuf *m;

	while ((m = receive_one(port, 0)) != NULL)
		rte_pktmbuf_free(m);
}

TestSuite(cpx_engine, .init = start_eal, .timeout = 60);

Test(cpx_engine, link_comes_with_the_data_path)
{
	const uint16_t port = running_port("net_cpx0", "engine=oe0,lanes=0-3,mgmt=emulated", 4);

	cr_expect(has_speed(port, 0), "not before");
	cr_expect_eq(through(port, 0, port, 4, 10), 0);
	cr_expect(eventually(has_speed, port, 4 * LANE));
	cr_expect_eq(through(port, 0, port, 4, 10), 10);
	cr_expect_str_eq(look("oe0").seen.part, "OIF-3.2T-DR8");
	cr_expect_eq(look("oe0").lane[3].state, CMIS_DP_ACTIVATED);
	cr_expect_eq(look("oe0").lane[4].state, CMIS_DP_DEACTIVATED, "lanes of no port stay down");
	finish(port);
	cr_expect_null(cpx_engine_find("oe0"), "gone with its last port");
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(cpx_engine, is_the_default)
{
	uint16_t port;

	cr_assert_eq(rte_vdev_init("net_cpx0", "lanes=1"), 0);
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_cpx0", &port), 0);
	set_up(port, 1);
	start(port);
	cr_expect(eventually(has_speed, port, LANE));
	cr_expect_not_null(cpx_engine_find("net_cpx0"), "named after the port");
	finish(port);
}

/* 2 lanes of 106 Gb/s and 3 lanes are no application of oif-3.2t. */
Test(cpx_engine, widths_without_an_application_are_single_lanes)
{
	const uint16_t two = running_port("net_cpx0", "engine=oe0,lanes=0-1,mgmt=emulated", 2);
	const uint16_t three = running_port("net_cpx1", "engine=oe0,lanes=8-10,mgmt=emulated", 3);

	cr_expect(eventually(has_speed, two, 2 * LANE));
	cr_expect(eventually(has_speed, three, 3 * LANE));
	cr_expect_eq(look("oe0").bank[0].port_count, 2);
	finish(two);
	finish(three);
}

Test(cpx_engine, a_dead_lane_narrows_the_port_at_both_ends)
{
	const uint16_t a =
		running_port("net_cpx0", "engine=a,lanes=0-3,carrier=fiber:x,mgmt=emulated", 4);
	const uint16_t b =
		running_port("net_cpx1", "engine=b,lanes=0-3,carrier=fiber:x,mgmt=emulated", 4);

	cr_expect(eventually(has_speed, a, 4 * LANE));
	cr_expect(eventually(has_speed, b, 4 * LANE));
	inject("a", "inject laser-fail 0 2 0"); /* lane 1 */
	cr_expect(eventually(has_speed, a, 3 * LANE));
	cr_expect(eventually(has_speed, b, 3 * LANE), "it has lost the light");
	cr_expect_eq(look("a").lane[1].tx_dbm, -40);
	cr_expect_eq(look("b").lane[1].rx_dbm, -40);
	cr_expect_eq(through(a, 1, b, 4, 50), 50, "frames of the lane's queue go another way");
	cr_expect_eq(xstat(b, "lane1_rx_packets"), 0);
	cr_expect_eq(xstat(a, "lane1_tx_packets"), 0, "another lane carries them");
	cr_expect_eq(xstat(a, "lane2_tx_packets"), 50);
	inject("a", "heal all");
	cr_expect(eventually(has_speed, a, 4 * LANE));
	cr_expect(eventually(has_speed, b, 4 * LANE));
	finish(a);
	finish(b);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

static bool loses(uint16_t port, unsigned any)
{
	through(port, 0, port, 1, 1000);
	return (xstat(port, "lane0_rx_fec_lost") != 0) == (any != 0);
}

Test(cpx_engine, weak_light_loses_frames)
{
	const uint16_t port = running_port("net_cpx0", "engine=oe0,mgmt=emulated,seed=7", 1);

	cr_expect(eventually(has_speed, port, LANE));
	cr_expect(loses(port, 0), "healthy light loses nothing");
	inject("oe0", "inject rx-drop 3.2 0 0");
	cr_expect(eventually(loses, port, 1));
	cr_expect(eventually(has_speed, port, LANE), "it still has lock");
	finish(port);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

static bool is_looped(uint16_t port, unsigned frames)
{
	return through(port, 0, port, 1, frames) == frames;
}

static int loop_host(struct cmis_manager *m, void *arg)
{
	const uint8_t lanes = *(const uint8_t *)arg;

	return cmis_manager_write(m, 0, 0x13, 180, &lanes, 1);
}

Test(cpx_engine, loopback_brings_frames_back)
{
	const uint16_t a = running_port("net_cpx0", "engine=a,carrier=fiber:x,mgmt=emulated", 1);
	const uint16_t b = running_port("net_cpx1", "engine=b,carrier=fiber:x,mgmt=emulated", 1);
	uint8_t on = 1, off = 0;

	cr_expect(eventually(has_speed, a, LANE));
	cr_expect(eventually(has_speed, b, LANE));
	cr_expect_eq(through(a, 0, b, 1, 10), 10);
	cr_expect_eq(cpx_engine_do(cpx_engine_find("a"), loop_host, &on), 0);
	cr_expect(eventually(is_looped, a, 20));
	drain(b); /* what went out before */
	cr_expect_eq(through(a, 0, b, 1, 10), 0, "nothing goes out");
	through(a, 0, a, 1, 1);
	cr_expect_eq(cpx_engine_do(cpx_engine_find("a"), loop_host, &off), 0);
	for (unsigned i = 0; i < PATIENCE_MS && through(a, 0, b, 1, 10) != 10; i++) {
		drain(a);
		usleep(1000);
	}
	cr_expect_eq(through(a, 0, b, 1, 10), 10);
	finish(a);
	finish(b);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(cpx_engine, module_pulled_and_put_back)
{
	const uint16_t port = running_port("net_cpx0", "engine=oe0,lanes=0-7,mgmt=emulated", 8);

	for (unsigned i = 0; i < 3; i++) {
		cr_expect(eventually(has_speed, port, 8 * LANE));
		inject("oe0", "inject removed 0 0 0");
		cr_expect(eventually(has_speed, port, 0));
		inject("oe0", "heal removed");
	}
	cr_expect(eventually(has_speed, port, 8 * LANE));
	finish(port);
}

Test(cpx_engine, an_operator_takes_lanes_down)
{
	const uint16_t port = running_port("net_cpx0", "engine=oe0,lanes=0-3,mgmt=emulated", 4);

	cr_expect(eventually(has_speed, port, 4 * LANE));
	rte_eth_dev_set_link_down(port);
	cr_expect(eventually(has_speed, port, 0));
	for (unsigned i = 0; i < PATIENCE_MS; i++, usleep(1000))
		if (look("oe0").lane[0].state == CMIS_DP_DEACTIVATED)
			break;
	cr_expect_eq(look("oe0").lane[0].state, CMIS_DP_DEACTIVATED, "its light is off");
	rte_eth_dev_set_link_up(port);
	cr_expect(eventually(has_speed, port, 4 * LANE));
	finish(port);
}

/* 32 lanes of 8 lasers: laser 1 feeds lanes 4 to 7 of both engines. */
Test(cpx_engine, a_laser_feeds_lanes_of_two_engines)
{
	const uint16_t a = running_port("net_cpx0",
					"engine=a,lanes=0-7,rate=212,lasers=els0,mgmt=emulated", 8);
	const uint16_t b = running_port("net_cpx1",
					"engine=b,lanes=0-7,rate=212,lasers=els0,mgmt=emulated", 8);

	cr_expect(eventually(has_speed, a, 8 * 212500));
	cr_expect(eventually(has_speed, b, 8 * 212500));
	cr_expect(look("els0").is_source);
	cr_expect_str_eq(look("a").source, "els0");
	inject("els0", "inject laser-fail 0 2 0");
	cr_expect(eventually(has_speed, a, 4 * 212500));
	cr_expect(eventually(has_speed, b, 4 * 212500));
	inject("els0", "heal all");
	cr_expect(eventually(has_speed, a, 8 * 212500));
	cr_expect(eventually(has_speed, b, 8 * 212500));
	inject("els0", "inject removed 0 0 0");
	cr_expect(eventually(has_speed, b, 0));
	inject("els0", "heal all");
	cr_expect(eventually(has_speed, b, 8 * 212500));
	finish(a);
	finish(b);
	cr_expect_null(cpx_engine_find("els0"));
}

Test(cpx_engine, registers_fec_and_codewords_are_the_engines)
{
	const uint16_t port = new_port("net_cpx0", "engine=oe0,lanes=8-15,mgmt=emulated");
	struct rte_eth_dev_module_info info;
	struct rte_dev_eeprom_info eeprom = { 0 };
	uint8_t bytes[5 * 128];
	uint64_t before;
	uint32_t fec;

	cr_expect_eq(rte_eth_fec_get(port, &fec), 0);
	cr_expect_eq(fec, RTE_ETH_FEC_MODE_CAPA_MASK(AUTO), "as long as the link is down");
	set_up(port, 8);
	start(port);
	cr_assert(eventually(has_speed, port, 8 * LANE));
	cr_expect_eq(rte_eth_fec_get(port, &fec), 0);
	cr_expect_eq(fec, RTE_ETH_FEC_MODE_CAPA_MASK(RS));
	cr_assert_eq(rte_eth_dev_get_module_info(port, &info), 0);
	cr_assert_eq(info.eeprom_len, sizeof(bytes));
	eeprom.data = bytes;
	eeprom.length = sizeof(bytes);
	cr_assert_eq(rte_eth_dev_get_module_eeprom(port, &eeprom), 0);
	cr_expect_eq(bytes[0], CMIS_CPO);
	cr_expect_arr_eq(bytes + 128 + 1, "CPX EMULATOR    ", 16, "vendor of page 00h");
	cr_expect_eq(bytes[4 * 128], 0x44, "lanes 1 and 2 of bank 1 are Activated");
	eeprom.offset = 128;
	eeprom.length = 17;
	cr_assert_eq(rte_eth_dev_get_module_eeprom(port, &eeprom), 0);
	cr_expect_arr_eq(bytes + 1, "CPX EMULATOR    ", 16);
	eeprom.length = sizeof(bytes);
	cr_expect_eq(rte_eth_dev_get_module_eeprom(port, &eeprom), -EINVAL);
	before = xstat(port, "lane0_fec_s0");
	usleep(300000);
	cr_expect_gt(xstat(port, "lane0_fec_s0"), before, "codewords come without frames");
	cr_expect_eq(xstat(port, "lane0_fec_uncorrectable"), 0);
	inject("oe0", "inject removed 0 0 0");
	for (unsigned i = 0; i < PATIENCE_MS; i++, usleep(1000))
		if (rte_eth_dev_get_module_info(port, &info) == -ENODEV)
			break;
	cr_expect_eq(rte_eth_dev_get_module_info(port, &info), -ENODEV);
	finish(port);
}

/* Numbered frames on every queue while a lane goes and comes: none overtakes another of its queue.
 */
Test(cpx_engine, order_is_kept_while_lanes_go_and_come)
{
	const uint16_t a =
		running_port("net_cpx0", "engine=a,lanes=0-3,carrier=fiber:x,mgmt=emulated", 4);
	const uint16_t b =
		running_port("net_cpx1", "engine=b,lanes=0-3,carrier=fiber:x,mgmt=emulated", 4);
	uint32_t next[4] = { 0 }, expect[4] = { 0 };
	uint64_t lost = 0;

	cr_assert(eventually(has_speed, a, 4 * LANE));
	cr_assert(eventually(has_speed, b, 4 * LANE));
	for (unsigned round = 0; round < 6; round++) {
		inject("a", round & 1 ? "heal all" : "inject laser-fail 0 5 0");
		for (unsigned i = 0; i < 20000; i++) {
			const uint16_t q = (uint16_t)(i % 4);
			struct rte_mbuf *m = frame(64, (uint8_t)q);

			memcpy(rte_pktmbuf_mtod_offset(m, void *, 32), &next[q], 4);
			if (send_one(a, q, m) == 1)
				next[q]++;
			else
				rte_pktmbuf_free(m);
			while ((m = receive_one(b, (uint16_t)(i / 4 % 4))) != NULL) {
				const uint8_t from = *rte_pktmbuf_mtod(m, uint8_t *);
				uint32_t number;

				memcpy(&number, rte_pktmbuf_mtod_offset(m, void *, 32), 4);
				cr_assert_geq(number, expect[from], "one came late");
				lost += number - expect[from];
				expect[from] = number + 1;
				rte_pktmbuf_free(m);
			}
			if (i % 64 == 0)
				usleep(100);
		}
	}
	cr_expect_eq(lost,
		     xstat(b, "lane0_rx_fec_lost") + xstat(b, "lane1_rx_fec_lost") +
			     xstat(b, "lane2_rx_fec_lost") + xstat(b, "lane3_rx_fec_lost"),
		     "what was lost was counted");
	finish(a);
	finish(b);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(cpx_engine, joint_mode_needs_no_second_device)
{
	const uint16_t port =
		running_port("net_cpx0", "engine=oe0,lanes=0-7,rate=212,joint=1,mgmt=emulated", 8);

	cr_expect(eventually(has_speed, port, 8 * 212500));
	cr_expect_null(cpx_engine_find("oe0-lasers"));
	inject("oe0", "lasers inject laser-fail 0 1 0");
	cr_expect(eventually(has_speed, port, 4 * 212500));
	inject("oe0", "lasers heal all");
	cr_expect(eventually(has_speed, port, 8 * 212500));
	finish(port);
}

Test(cpx_engine, differing_words_of_one_engine_are_refused)
{
	const uint16_t port = new_port("net_cpx0", "engine=oe0,lanes=0-3,mgmt=emulated");

	cr_expect_lt(rte_vdev_init("net_cpx1", "engine=oe0,lanes=4-7,mgmt=unix:/nowhere"), 0);
	cr_expect_eq(rte_vdev_init("net_cpx1", "engine=oe0,lanes=4-7,mgmt=emulated"), 0);
	finish(port);
}

/* A socket that takes connections and never answers. */
static int silent(struct sockaddr_un *at, const char *folder, const char *name)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(at->sun_path, sizeof(at->sun_path), "%s/%s", folder, name);
	cr_assert_eq(bind(fd, (struct sockaddr *)at, sizeof(*at)), 0);
	cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

/* Who asks before a module said anything has to know a laser source from an engine. */
Test(cpx_engine, is_known_before_its_first_step)
{
	char folder[] = "/tmp/cpx-test-XXXXXX", text[512];
	struct sockaddr_un engine_at, lasers_at;
	struct cpx_engine *e;
	struct cpx_args args;
	struct err err;
	int engine, lasers;

	cr_assert_not_null(mkdtemp(folder));
	engine = silent(&engine_at, folder, "e");
	lasers = silent(&lasers_at, folder, "l");
	snprintf(text, sizeof(text), "engine=slow,mgmt=unix:%s,lasers=source:els-8@%s",
		 engine_at.sun_path, lasers_at.sun_path);
	cr_assert_eq(cpx_args_parse(&args, text, &err), 0, "%s", err.text);
	cr_assert_eq(cpx_engine_open(&e, &args, &err), 0, "%s", err.text);
	cr_expect(look("source").is_source);
	cr_expect_str_eq(look("source").name, "source");
	cr_expect_not(look("slow").is_source);
	cr_expect_str_eq(look("slow").source, "source");
	cr_expect_eq(look("slow").mgmt, CPX_MGMT_UNIX);
	cpx_engine_close(e);
	close(engine);
	close(lasers);
	unlink(engine_at.sun_path);
	unlink(lasers_at.sun_path);
	rmdir(folder);
}
