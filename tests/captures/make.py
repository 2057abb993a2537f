#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the two captures of this folder with scapy (Debian: python3-scapy). The same bytes each
time: fixed addresses, ports and times. lan.pcap is what a small office network carries; odd.pcapng
is what a router must survive."""
import os
import sys

from scapy.all import (
    ARP, BOOTP, DHCP, DNS, DNSQR, DNSRR, Dot1AD, Dot1Q, Dot3, Ether, ICMP, IP, IPOption_RR, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, LLC, PadN,
    ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr, PcapNgWriter, PcapWriter, Raw, RouterAlert, STP, TCP, UDP, fragment, raw)

PC, GW = "02:00:5e:00:00:10", "02:00:5e:00:00:01"
PC4, WEB4, DNS4 = "192.168.1.16", "203.0.113.80", "203.0.113.53"
PC6, WEB6, DNS6 = "2001:db8:1::10", "2001:db8:80::80", "2001:db8:53::53"


def text(n):
    """n bytes that are neither all zeros nor all ones."""
    return bytes((i * 7 + 13) % 251 for i in range(n))


def tcp_talk(l2, ip, sport, dport, request, reply):
    """Handshake, request, reply in segments, close; both ways as seen on the wire."""
    out, back = ip
    a, b = 1000, 9000
    yield l2 / out / TCP(sport=sport, dport=dport, seq=a, flags="S", options=[("MSS", 1460)])
    yield l2 / back / TCP(sport=dport, dport=sport, seq=b, ack=a + 1, flags="SA")
    a, b = a + 1, b + 1
    yield l2 / out / TCP(sport=sport, dport=dport, seq=a, ack=b, flags="A")
    yield l2 / out / TCP(sport=sport, dport=dport, seq=a, ack=b, flags="PA") / Raw(request)
    a += len(request)
    for at in range(0, len(reply), 1420):
        part = reply[at:at + 1420]
        yield l2 / back / TCP(sport=dport, dport=sport, seq=b, ack=a, flags="A") / Raw(part)
        b += len(part)
        yield l2 / out / TCP(sport=sport, dport=dport, seq=a, ack=b, flags="A")
    yield l2 / out / TCP(sport=sport, dport=dport, seq=a, ack=b, flags="FA")
    yield l2 / back / TCP(sport=dport, dport=sport, seq=b, ack=a + 1, flags="FA")


def pair(cls, a, b):
    return cls(src=a, dst=b), cls(src=b, dst=a)


def lan():
    l2 = Ether(src=PC, dst=GW)
    yield Ether(src=PC, dst="ff:ff:ff:ff:ff:ff") / ARP(
        op=1, hwsrc=PC, psrc=PC4, hwdst="00:00:00:00:00:00", pdst="192.168.1.1")
    yield Ether(src=GW, dst=PC) / ARP(op=2, hwsrc=GW, psrc="192.168.1.1", hwdst=PC, pdst=PC4)
    yield Ether(src=PC, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(
        sport=68, dport=67) / BOOTP(chaddr=bytes.fromhex(PC.replace(":", "")), xid=1) / DHCP(
            options=[("message-type", "discover"), "end"])
    yield Ether(src=PC, dst="33:33:ff:00:00:01") / IPv6(
        src=PC6, dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(
            tgt="2001:db8:1::1") / ICMPv6NDOptSrcLLAddr(lladdr=PC)
    yield Ether(src=GW, dst=PC) / IPv6(src="2001:db8:1::1", dst=PC6, hlim=255) / ICMPv6ND_NA(
        tgt="2001:db8:1::1", R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=GW)
    yield Ether(src=PC, dst="01:00:5e:00:00:fb") / IP(src=PC4, dst="224.0.0.251", ttl=255) / UDP(
        sport=5353, dport=5353) / DNS(qd=DNSQR(qname="_ipp._tcp.local", qtype="PTR"))
    yield Ether(src=PC, dst="33:33:00:00:00:fb") / IPv6(
        src="fe80::5eff:fe00:10", dst="ff02::fb", hlim=255) / UDP(
            sport=5353, dport=5353) / DNS(qd=DNSQR(qname="_ipp._tcp.local", qtype="PTR"))
    yield Ether(src=GW, dst="01:80:c2:00:00:0e", type=0x88cc) / Raw(
        bytes.fromhex("0207040200 5e000001 0403076574 6830060200780000".replace(" ", "")))
    yield Dot3(src=GW, dst="01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP()
    for n, name in enumerate(["example.com", "www.example.org", "mail.example.net"]):
        q = DNS(id=n, rd=1, qd=DNSQR(qname=name))
        a = DNS(id=n, qr=1, qd=DNSQR(qname=name), an=DNSRR(rrname=name, rdata=WEB4))
        for cls, me, it in ((IP, PC4, DNS4), (IPv6, PC6, DNS6)):
            out, back = pair(cls, me, it)
            yield l2 / out / UDP(sport=40000 + n, dport=53) / q
            yield l2 / back / UDP(sport=53, dport=40000 + n) / a
    yield from tcp_talk(l2, pair(IP, PC4, WEB4), 50000, 80,
                        b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", text(9000))
    yield from tcp_talk(l2, pair(IPv6, PC6, WEB6), 50001, 443, text(517), text(5000))
    for n in range(4):
        out, back = pair(IP, PC4, WEB4)
        yield l2 / out / ICMP(id=7, seq=n) / Raw(text(56))
        yield l2 / back / ICMP(type=0, id=7, seq=n) / Raw(text(56))
        out, back = pair(IPv6, PC6, WEB6)
        yield l2 / out / ICMPv6EchoRequest(id=7, seq=n, data=text(56))
        yield l2 / back / ICMPv6EchoReply(id=7, seq=n, data=text(56))
    for n in range(6):
        yield l2 / IP(src=PC4, dst=WEB4, flags="DF") / UDP(sport=51000, dport=443) / Raw(text(1200))
        yield l2 / IPv6(src=PC6, dst=WEB6) / UDP(sport=51001, dport=443) / Raw(text(1232))
    for ttl in (1, 2, 3):  # the start of a traceroute
        yield l2 / IP(src=PC4, dst=WEB4, ttl=ttl) / UDP(sport=33000, dport=33434) / Raw(text(32))
        yield l2 / IPv6(src=PC6, dst=WEB6, hlim=ttl) / UDP(sport=33000, dport=33434) / Raw(text(32))
    for vlan in (10, 20):
        tagged = Ether(src=PC, dst=GW) / Dot1Q(vlan=vlan)
        net = "192.168.%d" % vlan
        yield tagged / IP(src=net + ".5", dst=DNS4) / UDP(sport=41000, dport=53) / DNS(
            id=vlan, qd=DNSQR(qname="example.com"))
        yield from tcp_talk(tagged, pair(IP, net + ".5", WEB4), 52000 + vlan, 80, b"GET /\r\n",
                            text(3000))
        yield tagged / IPv6(src="2001:db8:%d::5" % vlan, dst=WEB6) / ICMPv6EchoRequest(data=b"hi")


def bad4(**fields):
    """An IPv4 UDP packet whose fields are wrong on purpose, header checksum right."""
    return raw(IP(src=PC4, dst=WEB4, **fields) / UDP(sport=1, dport=2) / Raw(text(20)))


def odd():
    l2 = Ether(src=PC, dst=GW)
    l2_4 = Ether(src=PC, dst=GW, type=0x0800)
    ip, ip6 = IP(src=PC4, dst=WEB4), IPv6(src=PC6, dst=WEB6)
    whole = l2 / ip / UDP(sport=1, dport=2) / Raw(text(40))
    good = raw(whole)

    # fragments: whole datagram in four, overlapping, tiny, last of one that would exceed 65535
    yield from fragment(l2 / IP(src=PC4, dst=WEB4, id=1) / UDP(sport=1, dport=2) / Raw(text(3000)),
                        fragsize=800)
    yield l2 / IP(src=PC4, dst=WEB4, id=2, flags="MF") / Raw(text(64))
    yield l2 / IP(src=PC4, dst=WEB4, id=2, frag=4) / Raw(text(64))
    yield l2 / IP(src=PC4, dst=WEB4, id=3, flags="MF") / Raw(text(8))
    yield l2 / IP(src=PC4, dst=WEB4, id=3, frag=8189, proto=1) / Raw(text(200))
    for offset, more in ((0, 1), (100, 1), (200, 0)):
        yield l2 / ip6 / IPv6ExtHdrFragment(offset=offset, m=more, id=4, nh=17) / Raw(text(800))

    # extension headers, options
    yield l2 / ip6 / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / UDP(sport=1, dport=2) / text(8)
    yield l2 / ip6 / IPv6ExtHdrHopByHop(options=[PadN(optdata=text(4))]) / IPv6ExtHdrDestOpt(
        options=[PadN(optdata=text(4))]) / IPv6ExtHdrRouting(
            addresses=[WEB6], segleft=0) / IPv6ExtHdrFragment(id=5) / TCP(sport=1, dport=2)
    chain = ip6
    for _ in range(20):
        chain = chain / IPv6ExtHdrDestOpt(options=[PadN(optdata=text(4))])
    yield l2 / chain / UDP(sport=1, dport=2)
    yield l2 / IPv6(src=PC6, dst=WEB6, nh=59) / Raw(text(16))
    yield l2 / IP(src=PC4, dst=WEB4, options=[IPOption_RR(length=11, pointer=4, routers=["0.0.0.0"] * 2)]) / UDP(
        sport=1, dport=2) / text(8)

    # fields that cannot be
    yield l2_4 / Raw(bad4(chksum=0x1234))
    for fields in ({"ihl": 4}, {"ihl": 0}, {"len": 19}, {"len": 0}, {"len": 1500}, {"version": 5}):
        yield l2_4 / Raw(bad4(**fields))
    yield Ether(src=PC, dst=GW, type=0x86dd) / Raw(b"\x40" + raw(ip6 / UDP())[1:])
    yield l2 / IPv6(src=PC6, dst=WEB6, plen=1400, nh=17) / Raw(text(20))
    for ttl in (0, 1):
        yield l2 / IP(src=PC4, dst=WEB4, ttl=ttl) / UDP(sport=1, dport=2) / text(8)
        yield l2 / IPv6(src=PC6, dst=WEB6, hlim=ttl) / UDP(sport=1, dport=2) / text(8)

    # addresses that cannot be
    for src in ("127.0.0.1", "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"):
        yield l2 / IP(src=src, dst=WEB4) / UDP(sport=1, dport=2) / text(8)
    for dst in ("127.0.0.1", "0.0.0.0", "240.0.0.1"):
        yield l2 / IP(src=PC4, dst=dst) / UDP(sport=1, dport=2) / text(8)
    for src in ("::", "::1", "ff02::1"):
        yield l2 / IPv6(src=src, dst=WEB6) / UDP(sport=1, dport=2) / text(8)
    yield l2 / IPv6(src=PC6, dst="::1") / UDP(sport=1, dport=2) / text(8)
    yield l2 / IPv6(src="fe80::10", dst=WEB6) / UDP(sport=1, dport=2) / text(8)
    yield l2 / IPv6(src=PC6, dst="fe80::99") / UDP(sport=1, dport=2) / text(8)

    # upper layers a router does not look into
    yield l2 / ip / UDP(sport=1, dport=2, len=8)
    yield l2 / ip / UDP(sport=1, dport=2, len=3) / text(8)
    yield l2 / ip6 / UDP(sport=1, dport=2, chksum=0) / text(8)
    yield l2 / ip / TCP(sport=1, dport=2, dataofs=2) / text(8)
    for proto in (0, 50, 132, 255):
        yield l2 / IP(src=PC4, dst=WEB4, proto=proto) / Raw(text(24))

    # neighbours that lie
    arp = raw(ARP(op=1, hwsrc=PC, psrc=PC4, pdst="192.168.1.1"))
    bcast = Ether(src=PC, dst="ff:ff:ff:ff:ff:ff", type=0x0806)
    yield bcast / Raw(arp[:20])
    yield bcast / Raw(b"\x00\x06" + arp[2:])
    yield bcast / Raw(arp[:8] + b"\xff" * 6 + arp[14:])
    ns = ICMPv6ND_NS(tgt="2001:db8:1::1")
    yield Ether(src=PC, dst="33:33:ff:00:00:01") / IPv6(src=PC6, dst="ff02::1:ff00:1", hlim=64) / ns
    yield Ether(src=PC, dst="33:33:ff:00:00:01") / IPv6(
        src=PC6, dst="ff02::1:ff00:1", hlim=255) / ns / Raw(b"\x01\x00" + bytes(6))

    # link layer
    yield Ether(src=PC, dst=GW) / Dot1AD(vlan=100) / Dot1Q(vlan=10) / ip / UDP(sport=1, dport=2)
    yield l2 / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / ip / UDP(sport=1, dport=2)
    yield l2 / Dot1Q(vlan=30) / ip6 / UDP(sport=1, dport=2) / text(8)
    yield Ether(src=PC, dst=GW, type=0x8847) / Raw(bytes.fromhex("000641ff") + raw(ip / UDP()))
    yield Ether(src=PC, dst="01:00:5e:00:00:01") / ip / UDP(sport=1, dport=2) / text(8)
    yield Raw(bytes(60))
    yield Raw(b"\xff" * 60)

    # a good frame, cut after every byte up to its UDP header, whole, and padded
    for n in list(range(1, 14)) + list(range(14, 42, 3)):
        yield Raw(good[:n])
    yield whole
    yield whole / Raw(bytes(400))


def write(writer, frames):
    for n, frame in enumerate(frames):
        frame = Raw(raw(frame))
        frame.time = 1600000000 + n * 0.001
        if n == 0:
            writer.write_header(frame)
        writer.write_packet(frame)
    writer.close()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    there = sys.argv[1] if len(sys.argv) > 1 else here
    write(PcapWriter(os.path.join(there, "lan.pcap"), linktype=1), lan())
    write(PcapNgWriter(os.path.join(there, "odd.pcapng")), odd())


main()
