# SPDX-License-Identifier: BSD-3-Clause
"""Our router beside DPDK's l3fwd (LPM) and l3fwd-graph, on the same core and the same feed (net_feed).

l3fwd checks version and lengths, leaves the sum to the device, looks at no source, TTL or MTU, counts
nothing and knows no neighbour: it writes a fixed address by port. l3fwd-graph has the routes it is built with, eight. Both run on net_cpx ports, as
ours does, and l3fwd on the feed itself too. All of what a packet takes is counted: the feed makes
the packets and frees them on the same core."""
import os
import subprocess

from feed import Example, Ours, example
from programs import Check, alternate, close_all, print_windows, ratio, windows_json

L3FWD = [("l3fwd_lpm.c", r"s/(define IPV4_L3FWD_LPM_MAX_RULES).*/\1 (1 << 20)/;"
                         r"s/(define IPV4_L3FWD_LPM_NUMBER_TBL8S).*/\1 (1 << 12)/;"
                         r"s/(define IPV6_L3FWD_LPM_MAX_RULES).*/\1 (1 << 18)/;"
                         r"s/(define IPV6_L3FWD_LPM_NUMBER_TBL8S).*/\1 (1 << 16)/")]
GRAPH = [("main.c", r"s/RTE_IPV4\(198, 18, [12], 0\)/RTE_IPV4(32, 0, 0, 0)/g")]  # the feed's first, by port 1 or 2


def rules(machine, family, n, port):
    """The feed's routes as l3fwd takes them."""
    path = os.path.join(machine.folder.name, f"rules{family}-{n}-{port}")
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii") as f:
            subprocess.run([f"{machine.build}/bench/feed/feed_rules", str(family), str(n),
                            str(port)], stdout=f, check=True)
    return path


def l3fwd(machine, name, key, cpx, routes4=1, routes6=1, ipv6=False):
    port = 2 if cpx else 1
    feed = f"routes={routes6 if ipv6 else routes4},ipv6={int(ipv6)}"
    return Example(name, machine, example(machine, "l3fwd", L3FWD), key, cpx, feed,
                   [f"--rule_ipv4={rules(machine, 4, routes4, port)}",
                    f"--rule_ipv6={rules(machine, 6, routes6, port)}", "--lookup=lpm"])


def graph(machine, key, cpx):
    return Example("l3fwd-graph, its 8 routes" + (", net_cpx" if cpx else ", bare"), machine,
                   example(machine, "l3fwd-graph", GRAPH), key, cpx, "routes=1", [], 1)


def ours(machine, key, name, *args, **more):
    return Ours("cpx, " + name, machine, key, *args, **more)


# What runs side by side: key, and what makes it.
GROUPS = [
    {"ours 10k": lambda m: ours(m, "ours10k", "10 k routes", 10000),
     "l3fwd 10k": lambda m: l3fwd(m, "l3fwd, 10 k routes, net_cpx", "l3c10k", True, 10000),
     "l3fwd 10k bare": lambda m: l3fwd(m, "l3fwd, 10 k routes, bare", "l3b10k", False, 10000),
     "graph": lambda m: graph(m, "graph", True),
     "ours 10k ecmp": lambda m: ours(m, "oursecmp", "10 k routes of two ways each", 10000,
                                     options=["--ecmp"]),
     "ours 1M 1M": lambda m: ours(m, "ours1M1M", "1 M routes, 1 M flows", 1000000, 1 << 20)},
    {"ours 1M": lambda m: ours(m, "ours1M", "1 M routes, 64 k flows", 1000000),
     "ours 1": lambda m: ours(m, "ours1", "1 route, 64 k flows", 1),
     "ours 1 one": lambda m: ours(m, "ours1one", "1 route, 1 flow", 1, 1),
     "l3fwd 1": lambda m: l3fwd(m, "l3fwd, 1 route, net_cpx", "l3c1", True),
     "l3fwd 1 bare": lambda m: l3fwd(m, "l3fwd, 1 route, bare", "l3b1", False),
     "ours 10k one": lambda m: ours(m, "ours10kone", "10 k routes, 1 flow", 10000, 1),
     "ours 10k 1M": lambda m: ours(m, "ours10k1M", "10 k routes, 1 M flows", 10000, 1 << 20),
     "ours 10k imix": lambda m: ours(m, "oursimix", "10 k routes, IMIX", 10000,
                                     options=["--imix"])},
    {"ours6 1": lambda m: ours(m, "ours61", "IPv6, 1 route", 1, options=["--ipv6"]),
     "ours6 10k": lambda m: ours(m, "ours610k", "IPv6, 10 k routes", 10000, options=["--ipv6"]),
     "ours6 200k": lambda m: ours(m, "ours6200k", "IPv6, 200 k routes", 200000,
                                  options=["--ipv6"]),
     "l3fwd6 1": lambda m: l3fwd(m, "l3fwd, IPv6, 1 route, net_cpx", "l3c61", True, ipv6=True),
     "l3fwd6 10k": lambda m: l3fwd(m, "l3fwd, IPv6, 10 k routes, net_cpx", "l3c610k", True,
                                   routes6=10000, ipv6=True)},
]


def run_group(machine, group, windows, ms):
    p = {}
    try:
        for key, make in group.items():
            p[key] = make(machine)
        alternate(p.values(), windows, ms)
    finally:
        close_all(p.values())
    print_windows(p.values())
    return p


def run(machine, windows, ms):
    p = {}
    for group in GROUPS:
        p.update(run_group(machine, group, windows, ms))
    return {"programs": windows_json(p)}, [
        Check("10 k routes: to l3fwd on the same ports", ratio(p["ours 10k"], p["l3fwd 10k"]), "x",
              1.25),
        Check("10 k routes: to l3fwd on the bare feed",
              ratio(p["ours 10k"], p["l3fwd 10k bare"]), "x"),
        Check("10 k routes: to l3fwd-graph on the same ports", ratio(p["ours 10k"], p["graph"]),
              "x", 0.75),
        Check("1 M routes, 1 M random destinations: to our 10 k",
              ratio(p["ours 1M 1M"], p["ours 10k"]), "x", 1.5),
        Check("1 route: to l3fwd on the same ports", ratio(p["ours 1"], p["l3fwd 1"]), "x"),
        Check("IPv6, 10 k routes: to l3fwd on the same ports",
              ratio(p["ours6 10k"], p["l3fwd6 10k"]), "x"),
    ]
