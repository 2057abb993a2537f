# SPDX-License-Identifier: BSD-3-Clause
"""A host inside a VLAN, for kernels without VLAN devices: tagged_host.py VLAN IPV4 IPV6.

Answers ARP, neighbour solicitations and echo requests on eth0, but only those that arrive with its
tag, and with that tag. Prints "ready", then runs until it is killed."""

import sys

from scapy.all import ARP, AsyncSniffer, Dot1Q, Ether, ICMP, ICMPv6EchoReply, ICMPv6EchoRequest, \
    ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IP, IPv6, Raw, conf, get_if_hwaddr

VLAN, IP4, IP6 = int(sys.argv[1]), sys.argv[2], sys.argv[3]
MAC = get_if_hwaddr("eth0")
out = conf.L2socket(iface="eth0")


def reply(frame, payload):
    out.send(Ether(src=MAC, dst=frame[Ether].src) / Dot1Q(vlan=VLAN) / payload)


def answer(frame):
    if frame[Ether].src == MAC or Dot1Q not in frame or frame[Dot1Q].vlan != VLAN:
        return
    if ARP in frame and frame[ARP].op == 1 and frame[ARP].pdst == IP4:
        reply(frame, ARP(op=2, hwsrc=MAC, psrc=IP4, hwdst=frame[ARP].hwsrc, pdst=frame[ARP].psrc))
    elif ICMPv6ND_NS in frame and frame[ICMPv6ND_NS].tgt == IP6:
        reply(frame, IPv6(src=IP6, dst=frame[IPv6].src, hlim=255) /
              ICMPv6ND_NA(tgt=IP6, R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=MAC))
    elif ICMP in frame and frame[ICMP].type == 8 and frame[IP].dst == IP4:
        echo = frame[ICMP]
        data = bytes(echo.payload)[:frame[IP].len - 28]
        reply(frame, IP(src=IP4, dst=frame[IP].src) / ICMP(type=0, id=echo.id, seq=echo.seq) /
              Raw(data))
    elif ICMPv6EchoRequest in frame and frame[IPv6].dst == IP6:
        echo = frame[ICMPv6EchoRequest]
        reply(frame, IPv6(src=IP6, dst=frame[IPv6].src) /
              ICMPv6EchoReply(id=echo.id, seq=echo.seq, data=echo.data))


sniffer = AsyncSniffer(iface="eth0", prn=answer, store=False,
                       started_callback=lambda: print("ready", flush=True))
sniffer.start()
sniffer.join()
