# SPDX-License-Identifier: BSD-3-Clause
"""malformed.py ROUTER_MAC: sends each bad frame below three times from eth0 and prints, a line for
each, the drop reason it must be counted under and the number sent."""

import collections
import socket
import sys

from scapy.all import ARP, Dot1Q, Ether, ICMP, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IP, IPv6, Raw, \
    UDP, get_if_hwaddr

ROUTER, MAC, TIMES = sys.argv[1], get_if_hwaddr("eth0"), 3
H1, H2, R4 = "10.0.1.2", "10.0.2.2", "10.0.1.1"
H1_6, H2_6, R6 = "2001:db8:1::2", "2001:db8:2::2", "2001:db8:1::1"
eth = Ether(src=MAC, dst=ROUTER)
udp = UDP(sport=1, dport=9) / Raw(b"x" * 30)


def ip4(**fields):
    return eth / IP(**{"src": H1, "dst": H2, **fields}) / udp


def ip6(**fields):
    return eth / IPv6(**{"src": H1_6, "dst": H2_6, **fields}) / udp


def cut(frame, length):
    return bytes(frame)[:length]


FRAMES = [
    ("eth_not_for_us", Ether(src=MAC, dst="02:00:00:00:00:99") / IP(src=H1, dst=H2) / udp),
    ("eth_type_unknown", Ether(src=MAC, dst=ROUTER, type=0x88b5) / Raw(b"x" * 46)),
    ("eth_unicast_ip_in_group", Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff") / IP(src=H1, dst=H2) / udp),
    ("vlan_unknown", eth / Dot1Q(vlan=9) / IP(src=H1, dst=H2) / udp),
    ("ip4_truncated", cut(ip4(), 14)),
    ("ip4_truncated", cut(ip4(), 14 + 1)),
    ("ip4_truncated", cut(ip4(), 14 + 19)),
    ("ip4_version", ip4(version=5)),
    ("ip4_header_length", ip4(ihl=4)),
    ("ip4_header_length", ip4(ihl=0)),
    ("ip4_header_length", cut(ip4(ihl=15, len=40), 14 + 40)),
    ("ip4_total_length", ip4(len=19)),
    ("ip4_total_length", ip4(len=0)),
    ("ip4_total_length", ip4(len=1000)),
    ("ip4_checksum", ip4(chksum=0x1234)),
    ("ip4_source_loopback", ip4(src="127.0.0.1")),
    ("ip4_source_this_network", ip4(src="0.1.2.3")),
    ("ip4_source_multicast", ip4(src="224.0.0.1")),
    ("ip4_destination_loopback", ip4(dst="127.0.0.1")),
    ("ip4_destination_this_network", ip4(dst="0.0.0.1")),
    ("ip4_destination_reserved", ip4(dst="240.0.0.1")),
    ("ip4_group", Ether(src=MAC, dst="01:00:5e:00:00:05") / IP(src=H1, dst="224.0.0.5") / udp),
    ("ip4_icmp_bad", eth / IP(src=H1, dst=R4) / ICMP(chksum=0x1234) / Raw(b"x" * 20)),
    ("ip4_icmp_bad", cut(eth / IP(src=H1, dst=R4, len=24, chksum=None) / ICMP(), 14 + 24)),
    ("ip6_truncated", cut(ip6(), 14)),
    ("ip6_truncated", cut(ip6(), 14 + 39)),
    ("ip6_version", ip6(version=4)),
    ("ip6_payload_length", ip6(plen=1000)),
    ("ip6_source_multicast", ip6(src="ff02::1")),
    ("ip6_source_loopback", ip6(src="::1")),
    ("ip6_destination_loopback", ip6(dst="::1")),
    ("ip6_link_local", ip6(src="fe80::1")),
    ("ip6_group", Ether(src=MAC, dst="33:33:00:00:12:34") / IPv6(src=H1_6, dst="ff02::1234") / udp),
    ("arp_bad", cut(Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff") / ARP(psrc=H1, pdst=R4), 14 + 27)),
    ("arp_bad", Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff") / ARP(hwlen=5, psrc=H1, pdst=R4)),
    # RFC 4861 7.1.1: a solicitation that passed a router (hop limit not 255)
    ("nd_bad", Ether(src=MAC, dst="33:33:ff:00:00:01") / IPv6(src=H1_6, dst="ff02::1:ff00:1", hlim=64)
     / ICMPv6ND_NS(tgt=R6) / ICMPv6NDOptSrcLLAddr(lladdr=MAC)),
    # RFC 1122 3.2.2: no error about an error
    ("ttl_expired", eth / IP(src=H1, dst=H2, ttl=1) / ICMP(type=3, code=1) / IP(src=H2, dst=H1) / udp),
    ("blackhole", ip4(dst="10.66.1.1")),
    ("blackhole", ip6(dst="2001:db8:66::1")),
]

raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("eth0", 0))
sent = collections.Counter()
for reason, frame in FRAMES:
    for _ in range(TIMES):
        raw.send(bytes(frame))
    sent[reason] += TIMES
for reason in sent:
    print(reason, sent[reason])
