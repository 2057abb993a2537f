/* SPDX-License-Identifier: BSD-3-Clause */
/* Files: the samples to their exact values, and what is no configuration at all (config/parse.c).
 */
#include "tests/unit/test_config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config *sample(const char *name)
{
	char path[1024];
	struct err err = { "" };
	struct config *c;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", CONFIG_SAMPLES, name);
	ret = config_load(&c, path, &err);
	cr_assert_eq(ret, 0, "%s", err.text);
	return c;
}

static void expect_addr(const struct config_prefix *p, const char *addr, unsigned len)
{
	uint8_t bytes[16] = { 0 };
	int family = strchr(addr, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, addr, bytes);
	cr_expect_eq(p->family, family, "%s", addr);
	cr_expect_eq(p->len, len, "%s", addr);
	cr_expect_arr_eq(p->addr, bytes, 16, "%s", addr);
}

Test(config_parse, sample_two_ports)
{
	struct config *c = sample("two-ports.yaml");

	cr_expect_str_eq(c->instance, "two-ports");
	cr_expect_not(c->hugepages);
	cr_expect_eq(c->n_workers, 0);
	cr_expect_eq(c->n_engines, 1);
	cr_expect_str_eq(c->engines[0].name, "oe0");
	cr_expect_str_eq(c->engines[0].profile, "oif-3.2t");
	cr_expect_eq(c->engines[0].lanes, 32);
	cr_expect_eq(c->engines[0].lane_mbps, 106250);
	cr_expect_eq(c->engines[0].numa, -1);
	cr_assert_eq(c->n_ports, 4);
	cr_expect_eq(c->n_ifaces, 4);
	cr_expect_eq(c->n_devices, 0);
	cr_expect_str_eq(c->ports[0].name, "left");
	cr_expect_eq(c->ports[0].first_lane, 0);
	cr_expect_eq(c->ports[0].n_lanes, 8);
	cr_expect_eq(c->ports[0].carrier, CONFIG_CARRIER_FIBER);
	cr_expect_str_eq(c->ports[0].carrier_name, "a");
	cr_expect_eq(c->ports[0].mtu, 1500);
	cr_expect_not(c->ports[0].has_mac);
	cr_expect_eq(c->ports[0].numa, -1);
	cr_expect_eq(c->ports[1].first_lane, 8);
	cr_expect_str_eq(c->ports[3].name, "right-neighbor");
	cr_expect_str_eq(c->ports[3].carrier_name, "b");
	cr_assert_eq(c->ifaces[1].n_addrs, 2);
	expect_addr(&c->ifaces[1].addrs[0], "10.0.2.1", 24);
	expect_addr(&c->ifaces[1].addrs[1], "2001:db8:2::1", 64);
	config_free(c);
}

Test(config_parse, sample_edge_router)
{
	struct config *c = sample("edge-router.yaml");
	uint8_t via[16] = { 198, 51, 100, 1 };

	cr_expect_eq(c->engines[0].lane_mbps, 212500);
	cr_assert_eq(c->n_devices, 2);
	cr_expect_str_eq(c->devices[1].name, "net_af_packet1");
	cr_expect_str_eq(c->devices[1].args, "iface=eth2");
	cr_expect_eq(c->ports[0].carrier, CONFIG_CARRIER_DEV);
	cr_expect_str_eq(c->ports[0].carrier_name, "net_af_packet0");
	cr_expect_eq(c->ports[0].n_lanes, 4);
	cr_assert_eq(c->n_routes, 5);
	expect_addr(&c->routes[0].to, "0.0.0.0", 0);
	cr_expect_arr_eq(c->routes[0].via, via, 16);
	cr_expect_eq(c->routes[0].iface, 1);
	cr_expect_eq(c->routes[2].iface, 0);
	cr_expect_eq(c->routes[3].kind, CONFIG_ROUTE_UNREACHABLE);
	cr_expect_eq(c->routes[4].kind, CONFIG_ROUTE_BLACKHOLE);
	cr_assert_eq(c->n_neighbors, 1);
	cr_expect_eq(c->neighbors[0].family, AF_INET);
	cr_expect_arr_eq(c->neighbors[0].addr, via, 16);
	cr_expect_arr_eq(c->neighbors[0].mac, "\x02\0\0\0\xff\x01", 6);
	cr_expect_eq(c->neighbors[0].iface, 1);
	cr_expect_eq(c->icmp_errors_pps, 500);
	config_free(c);
}

Test(config_parse, sample_af_xdp)
{
	struct config *c = sample("af-xdp.yaml");

	cr_expect_eq(c->n_workers, 1);
	cr_expect_eq(c->worker_cpus[0], 1);
	cr_expect(c->idle_poll);
	cr_expect_eq(c->engines[0].numa, 0);
	cr_expect_str_eq(c->devices[0].args, "iface=eth1,start_queue=0,queue_count=1");
	cr_expect_eq(c->ports[0].mtu, 3000);
	cr_expect(c->ports[0].has_mac);
	cr_expect_arr_eq(c->ports[1].mac, "\x02\0\0\0\0\x02", 6);
	cr_expect_eq(c->max_routes4, 100000);
	cr_expect_eq(c->max_nexthops, 8192);
	cr_expect_eq(c->telemetry_period_ms, 10);
	config_free(c);
}

Test(config_parse, sample_vlans)
{
	struct config *c = sample("vlans.yaml");

	cr_expect_eq(c->engines[0].lanes, 64);
	cr_expect(c->ports[0].promiscuous);
	cr_expect_eq(c->ports[1].numa, 0);
	cr_assert_eq(c->n_ifaces, 5);
	cr_expect_eq(c->ifaces[2].vlan, 100);
	cr_expect_eq(c->ifaces[4].vlan, 300);
	cr_expect_eq(c->ifaces[4].n_addrs, 2);
	cr_expect_eq(c->routes[1].iface, 2);
	cr_expect_eq(c->routes[2].iface, 4);
	cr_expect_eq(c->routes[3].kind, CONFIG_ROUTE_PROHIBIT);
	cr_expect_eq(c->neighbors[0].iface, 3);
	cr_expect_eq(c->arp_age_s, 120);
	config_free(c);
}

Test(config_parse, every_sample)
{
	DIR *dir = opendir(CONFIG_SAMPLES);
	struct dirent *e;
	unsigned n = 0;

	cr_assert_not_null(dir);
	while ((e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".yaml") != 0)
			continue;
		config_free(sample(e->d_name));
		n++;
	}
	closedir(dir);
	cr_expect_geq(n, 4);
}

/* A folder of odd files, removed afterwards. */
static char folder[] = "/tmp/cpx-test-config-XXXXXX";
static char path[64];

static void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void remove_folder(void)
{
	unlink(path);
	rmdir(path);
	rmdir(folder);
}

static void expect_load(int code, const char *text)
{
	struct config *c = (void *)&c;
	struct err err = { "" };
	int ret = config_load(&c, path, &err);

	cr_expect_eq(ret, code, "%d: %s", ret, err.text);
	cr_expect_null(c);
	cr_expect(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
	cr_expect_not_null(strstr(err.text, text), "wanted %s\ngot %s", text, err.text);
	cr_expect_not_null(strchr(err.text, '\n'), "no remedy: %s", err.text);
}

/* `n` times `unit` into the file. */
static void write_file(const char *unit, size_t size, size_t n)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	while (n--)
		fwrite(unit, 1, size, f);
	fclose(f);
}

TestSuite(config_files, .init = make_folder, .fini = remove_folder);

Test(config_files, no_file)
{
	expect_load(-ENOENT, "cannot be read: No such file");
}

Test(config_files, folder)
{
	cr_assert_eq(mkdir(path, 0700), 0);
	expect_load(-EINVAL, "is a directory, not a file");
}

Test(config_files, pipe_nobody_writes)
{
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_load(-EINVAL, "is a pipe, not a file");
}

Test(config_files, link_to_dev_zero)
{
	cr_assert_eq(symlink("/dev/zero", path), 0);
	expect_load(-EINVAL, "is a device, not a file");
}

Test(config_files, link_to_itself)
{
	cr_assert_eq(symlink(path, path), 0);
	expect_load(-ELOOP, "cannot be read");
}

Test(config_files, unreadable)
{
	write_file("a: b\n", 5, 1);
	cr_assert_eq(chmod(path, 0), 0);
	if (geteuid() == 0 && seteuid(65534) != 0)
		cr_skip_test("cannot become an ordinary user");
	cr_assert_eq(geteuid() == 0, 0);
	expect_load(-EACCES, "cannot be read");
	cr_assert_eq(seteuid(getuid()), 0);
}

Test(config_files, empty)
{
	write_file("", 0, 1);
	expect_load(-EINVAL, ":1:1: the file says nothing");
}

Test(config_files, hundred_megabytes)
{
	write_file("# comment\n", 10, 10 << 20);
	expect_load(-EFBIG, "larger than 64 MiB");
}

Test(config_files, binary)
{
	write_file("\x7f"
		   "ELF\x02\x01\x01\0",
		   8, 1000);
	expect_load(-EINVAL, ":1:1: control character 0x7f");
}

Test(config_files, zeros)
{
	write_file("\0\0\0\0", 4, 1 << 18);
	expect_load(-EINVAL, ":1:1: control character 0x00");
}

/* A sanitizer's own memory would count too. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/*
 * Bombs of nearly 4 MiB: refused, and the memory it took stays small. The peak is the process's, so
 * each runs in a test (a process) of its own.
 */
static void expect_bomb(const char *head, const char *unit, const char *text)
{
	size_t n = ((4u << 20) - strlen(head)) / strlen(unit);
	FILE *f = fopen(path, "w");
	struct rusage before, after;

	fputs(head, f);
	while (n--)
		fputs(unit, f);
	fclose(f);
	getrusage(RUSAGE_SELF, &before);
	expect_load(-EINVAL, text);
	getrusage(RUSAGE_SELF, &after);
	if (!SANITIZED)
		cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 64 << 10, "%ld KiB",
			     after.ru_maxrss);
}

Test(config_files, bomb_brackets)
{
	expect_bomb("", "[", ":1:1: a list where keys are wanted");
}

/* A list where keys are wanted, or more than 64 KiB that belong together: libfyaml looks at a byte
 * that nobody wrote (MALLOC_PERTURB_=42 makes it a `*`), and says then that it wants more. */
Test(config_files, bomb_brackets_in_lines)
{
	expect_bomb("", "[\n", ":1:1: ");
}

Test(config_files, bomb_braces)
{
	expect_bomb("", "{a: ", "");
}

Test(config_files, bomb_root_list)
{
	expect_bomb("", "[a]\n", ":1:1: ");
}

/* JSON without line breaks: no bomb, but more than the parser would hold at once. */
Test(config_files, long_line_of_json)
{
	expect_bomb("{routes: [", "{to: 1.0.0.0/8, via: 10.0.0.1}, ",
		    ":1:32: more than 64 KiB that belong together");
}

Test(config_files, bomb_root_json)
{
	expect_bomb("\n# JSON\n  {", "-\n", ":3:");
}

Test(config_files, bomb_dashes)
{
	expect_bomb("routes:\n", "- \n", ":3:1: ");
}

Test(config_files, bomb_long_line)
{
	expect_bomb("routes: [", "{to: a},", "routes[0].to: \"a\" is not an IPv4");
}

Test(config_files, bomb_blanks)
{
	expect_bomb("ports: {p0: ", " \n", "more than 256 blanks in a row");
}

Test(config_files, bomb_nested_values)
{
	expect_bomb("routes: [{to: ", "[],", "routes[0].to: a list");
}

Test(config_files, bomb_anchors)
{
	expect_bomb("", "&a\n", ":1:1: ");
}

Test(config_files, bomb_anchored_keys)
{
	expect_bomb("ports:\n", "  &a\n", ":1:1: ");
}

Test(config_files, bomb_aliases)
{
	expect_bomb("instance: &a lol\nports: [", "*a,\n", "anchors (&name) are not used here");
}

Test(config_files, bomb_long_word)
{
	expect_bomb("instance: ", "xxxxxxxx", "");
}

Test(config_files, bomb_long_text)
{
	expect_bomb("instance: ", "xxxxxxxx\n  ", "is not a name");
}

Test(config_files, bomb_keys)
{
	expect_bomb("", "xxxxxxx:\n", "unknown key \"xxxxxxx\"");
}

Test(config_files, bomb_documents)
{
	expect_bomb("instance: a\n", "---\n", "\"engines\" is missing");
}

Test(config_files, bomb_empty_routes)
{
	expect_bomb("routes:\n", "- {}\n", "\"to\" is missing");
}

/* The largest file there may be, of the smallest routes there are: read, then refused as a whole.
 */
Test(config_files, bomb_routes)
{
	expect_bomb("routes:\n", "- {to: ::/0, via: ::1}\n", "\"engines\" is missing");
}
