/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_args.c: every key's good values, bad values and what the message says of them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pmd/cpx_args.h"

static struct cpx_args good(const char *text)
{
	struct cpx_args a;
	struct err err = { "" };

	cr_assert_eq(cpx_args_parse(&a, text, &err), 0, "%s: %s", text, err.text);
	return a;
}

/* Refused with `code`, and the message holds each of the words. */
static void bad(const char *text, int code, const char *word, const char *allowed)
{
	struct cpx_args a;
	struct err err = { "" };

	cr_expect_eq(cpx_args_parse(&a, text, &err), code, "%s: %s", text, err.text);
	cr_expect(strstr(err.text, word), "%s: no \"%s\" in: %s", text, word, err.text);
	cr_expect(strstr(err.text, allowed), "%s: no \"%s\" in: %s", text, allowed, err.text);
}

Test(args, defaults)
{
	const char *const nothing[] = { NULL, "" };

	for (unsigned i = 0; i < 2; i++) {
		struct cpx_args a = good(nothing[i]);

		cr_expect_eq(a.first_lane, 0);
		cr_expect_eq(a.n_lanes, 1);
		cr_expect_eq(a.lane_mbps, 106250);
		cr_expect_str_eq(a.kind, "cpo");
		cr_expect_eq(a.carrier, CPX_CARRIER_LOOP);
		cr_expect_eq(a.numa, -1);
		cr_expect(!a.has_mac);
		cr_expect_str_eq(a.engine, "");
	}
}

Test(args, all_keys_at_once)
{
	struct cpx_args a =
		good("engine=oe0,lanes=8-15,rate=212,kind=cpc-active,carrier=fiber:a.b-1,"
		     "mac=02:00:00:00:00:0f,mgmt=none,pace=0,numa=1");

	cr_expect_str_eq(a.engine, "oe0");
	cr_expect_eq(a.first_lane, 8);
	cr_expect_eq(a.n_lanes, 8);
	cr_expect_eq(a.lane_mbps, 212500);
	cr_expect_str_eq(a.kind, "cpc-active");
	cr_expect_eq(a.carrier, CPX_CARRIER_FIBER);
	cr_expect_str_eq(a.carrier_name, "a.b-1");
	cr_expect(a.has_mac);
	cr_expect_arr_eq(a.mac, "\x02\0\0\0\0\x0f", 6);
	cr_expect_eq(a.numa, 1);
}

Test(args, lanes)
{
	static const struct {
		const char *text;
		unsigned first, n;
	} ok[] = {
		{ "lanes=1", 0, 1 },      { "lanes=8", 0, 8 },   { "lanes=0-0", 0, 1 },
		{ "lanes=0-7", 0, 8 },    { "lanes=4-7", 4, 4 }, { "lanes=31-31", 31, 1 },
		{ "lanes=56-63", 56, 8 },
	};
	static const char *const wrong[] = {
		"lanes=0",     "lanes=9",     "lanes=-1",
		"lanes=",      "lanes=a",     "lanes=1-",
		"lanes=7-4",   "lanes=0-64",  "lanes= 1",
		"lanes=1 ",    "lanes=+1",    "lanes=0x1",
		"lanes=1-2-3", "lanes=64-65", "lanes=18446744073709551617",
		"lanes=1.5",
	};

	for (unsigned i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		struct cpx_args a = good(ok[i].text);

		cr_expect_eq(a.first_lane, ok[i].first, "%s", ok[i].text);
		cr_expect_eq(a.n_lanes, ok[i].n, "%s", ok[i].text);
	}
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		bad(wrong[i], -EINVAL, wrong[i], "within one bank of 8");
	bad("lanes=4-8", -EINVAL, "lanes=4-8", "different banks");
	bad("lanes=0-15", -EINVAL, "lanes=0-15", "different banks");
}

Test(args, rate)
{
	cr_expect_eq(good("rate=53").lane_mbps, 53125);
	cr_expect_eq(good("rate=106").lane_mbps, 106250);
	cr_expect_eq(good("rate=212").lane_mbps, 212500);
	bad("rate=100", -EINVAL, "rate=100", "53, 106 or 212");
	bad("rate=53.125", -EINVAL, "rate=53.125", "53, 106 or 212");
	bad("rate=", -EINVAL, "rate=", "53, 106 or 212");
}

Test(args, kind)
{
	static const char *const kinds[] = { "cpo", "npo", "cpc-passive", "cpc-active" };

	for (unsigned i = 0; i < 4; i++) {
		char text[32];

		snprintf(text, sizeof(text), "kind=%s", kinds[i]);
		cr_expect_str_eq(good(text).kind, kinds[i]);
	}
	bad("kind=cpc", -EINVAL, "kind=cpc", "cpc-passive");
	bad("kind=CPO", -EINVAL, "kind=CPO", "npo");
}

Test(args, carrier)
{
	struct cpx_args a = good("carrier=dev:0000:3b:00.0");

	cr_expect_eq(a.carrier, CPX_CARRIER_DEV);
	cr_expect_str_eq(a.carrier_name, "0000:3b:00.0");
	cr_expect_eq(good("carrier=loop").carrier, CPX_CARRIER_LOOP);
	cr_expect_str_eq(a.carrier_devargs, "");
	a = good("rate=53,carrier=dev:[net_af_xdp0,iface=eth1,x=[1,2]],lanes=2");
	cr_expect_eq(a.carrier, CPX_CARRIER_DEV);
	cr_expect_str_eq(a.carrier_name, "net_af_xdp0");
	cr_expect_str_eq(a.carrier_devargs, "net_af_xdp0,iface=eth1,x=[1,2]");
	cr_expect_eq(a.n_lanes, 2);
	cr_expect_str_eq(good("carrier=dev:[net_ring0]").carrier_devargs, "net_ring0");
	bad("carrier=dev:[]", -EINVAL, "dev:[]", "dev:[<device>");
	bad("carrier=dev:[,a=1]", -EINVAL, "dev:[,a=1]", "dev:[<device>");
	bad("carrier=dev:[a]b", -EINVAL, "dev:[a]b", "dev:[<device>");
	bad("carrier=dev:[a,b=1", -EINVAL, "dev:[a,b=1", "brackets");
	bad("carrier=dev:a],lanes=1", -EINVAL, "dev:a]", "brackets");
	bad("]carrier=dev:[a", -EINVAL, "]carrier", "brackets");
	cr_expect_str_eq(good("carrier=fiber:a").carrier_name, "a");
	/* 31 letters fit, 32 do not */
	good("carrier=fiber:abcdefghijklmnopqrstuvwxyz01234");
	bad("carrier=fiber:abcdefghijklmnopqrstuvwxyz012345", -EINVAL,
	    "carrier=fiber:", "fiber:<name>");
	bad("carrier=fiber:", -EINVAL, "carrier=fiber:", "loop");
	bad("carrier=fiber:a b", -EINVAL, "a b", "fiber:<name>");
	bad("carrier=dev:", -EINVAL, "carrier=dev:", "dev:<ethdev>");
	bad("carrier=dev:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -EINVAL,
	    "carrier=dev:", "dev:<ethdev>");
	bad("carrier=loop:", -EINVAL, "carrier=loop:", "loop");
	bad("carrier=wire", -EINVAL, "carrier=wire", "loop");
	a = good("carrier=fiber:/run/x.sock,role=server,trust=1");
	cr_expect_eq(a.carrier, CPX_CARRIER_PEER);
	cr_expect_str_eq(a.path, "/run/x.sock");
	cr_expect(a.server && a.trust && !a.wake);
	cr_expect_not(good("carrier=fiber:/x,role=client").server);
	bad("carrier=fiber:/run/x.sock", -EINVAL, "carrier=fiber:/run/x.sock", "role=server");
	bad("role=server", -EINVAL, "role=", "carrier=fiber:/<path>");
	bad("carrier=fiber:a,wake=1", -EINVAL, "wake=1", "carrier=fiber:/<path>");
	bad("carrier=fiber:/x,role=both", -EINVAL, "role=both", "server or client");
}

Test(args, mac)
{
	bad("mac=02:00:00:00:00", -EINVAL, "mac=", "unicast");
	bad("mac=02-00-00-00-00-01x", -EINVAL, "mac=", "unicast");
	bad("mac=0200.0000.0001", -EINVAL, "mac=", "unicast");
	bad("mac=01:00:5e:00:00:01", -EINVAL, "mac=01:00:5e:00:00:01", "multicast");
	bad("mac=00:00:00:00:00:00", -EINVAL, "mac=00", "zero");
	bad("mac=ff:ff:ff:ff:ff:ff", -EINVAL, "mac=ff", "multicast");
}

/* Real devices are not switched by an engine that is not there, unless asked. */
Test(args, management)
{
	cr_expect_eq(good("").mgmt, CPX_MGMT_EMULATED);
	cr_expect_eq(good("carrier=fiber:a").mgmt, CPX_MGMT_EMULATED);
	cr_expect_eq(good("carrier=dev:net_null0").mgmt, CPX_MGMT_NONE);
	cr_expect_eq(good("carrier=dev:net_null0,mgmt=emulated").mgmt, CPX_MGMT_EMULATED);
	cr_expect_eq(good("mgmt=none").mgmt, CPX_MGMT_NONE);
	cr_expect_str_eq(good("mgmt=unix:/x").mgmt_path, "/x");
	cr_expect_eq(good("mgmt=optoe:/y").mgmt, CPX_MGMT_OPTOE);
	bad("mgmt=maybe", -EINVAL, "mgmt=maybe", "none");
	bad("mgmt=unix:", -EINVAL, "mgmt=unix:", "unix:/<socket>");
	bad("mgmt=unix:x", -EINVAL, "mgmt=unix:x", "unix:/<socket>");
	bad("carrier=dev:net_null0,passthrough=1,mgmt=emulated", -EINVAL, "passthrough=1",
	    "mgmt=none");
}

Test(args, emulated_engines)
{
	cr_expect_str_eq(good("").profile, "oif-3.2t");
	cr_expect_str_eq(good("rate=212").profile, "cpx-6.4t");
	cr_expect_str_eq(good("lanes=56-63").profile, "bailly-6.4t");
	cr_expect_str_eq(good("kind=cpc-passive").profile, "cpc-passive");
	cr_expect_str_eq(good("profile=bailly-6.4t").profile, "bailly-6.4t");
	bad("profile=els-8", -EINVAL, "profile=els-8", "kind of engine");
	bad("profile=oif-3.2t,lanes=32-39", -EINVAL, "lanes=32-39", "lanes 0 to 31");
	bad("mgmt=none,serve=/x", -EINVAL, "serve=", "mgmt=emulated");
	bad("mgmt=unix:/x,profile=oif-3.2t", -EINVAL, "profile=", "mgmt=emulated");
	cr_expect_str_eq(good("serve=/x").serve, "/x");
	cr_expect_str_eq(good("lasers=els0").lasers, "els0");
	cr_expect_str_eq(good("lasers=els0@/x").lasers_mgmt, "/x");
	bad("lasers=els0@x", -EINVAL, "lasers=els0@x", "/<socket>");
	bad("lasers=@/x", -EINVAL, "lasers=@/x", "<name>");
	cr_expect_eq(good("seed=4294967295").seed, UINT32_MAX);
	bad("seed=4294967296", -EINVAL, "seed=4294967296", "2^32");
}

Test(args, pace)
{
	cr_expect(good("pace=1").pace);
	cr_expect(!good("pace=0").pace);
	bad("pace=2", -EINVAL, "pace=2", "0 or 1");
}

Test(args, engine_and_numa)
{
	cr_expect_str_eq(good("engine=A-z_0.9").engine, "A-z_0.9");
	bad("engine=", -EINVAL, "engine=", "1 to 31");
	bad("engine=a/b", -EINVAL, "engine=a/b", "1 to 31");
	bad("engine=abcdefghijklmnopqrstuvwxyz012345", -EINVAL, "engine=abc", "1 to 31");
	cr_expect_eq(good("numa=0").numa, 0);
	bad("numa=32", -EINVAL, "numa=32", "node");
	bad("numa=-1", -EINVAL, "numa=-1", "node");
}

Test(args, keys_themselves)
{
	bad("lane=1", -EINVAL, "lane=1", "known: engine lanes rate");
	bad("lanes", -EINVAL, "lanes=", "within one bank");
	bad("lanes=1,lanes=1", -EINVAL, "lanes=1", "twice");
	bad("=1", -EINVAL, "=1", "known:");
	bad("rate=53,carrier=loop,x=y", -EINVAL, "x=y", "known:");
	good("rate=53,"); /* kvargs ignores an empty pair */
}
