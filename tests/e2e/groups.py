#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""groups.py say|hear INTERFACE: what routing and link protocols send to groups of the link: OSPF
(224.0.0.5), OSPFv3 (ff02::5), LLDP (01:80:c2:00:00:0e). `hear` joins as they do and prints."""

import select
import socket
import struct
import sys

OSPF = 89
LLDP = 0x88CC
LLDP_GROUP = bytes.fromhex("0180c200000e")
PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST, SOL_PACKET = 1, 0, 263


def say(name, index):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, OSPF)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", b"", index))
    s.sendto(b"ospf hello", ("224.0.0.5", 0))
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, OSPF)
    s.sendto(b"ospf6 hello", ("ff02::5", 0, 0, index))
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(LLDP))
    s.sendto(b"lldp hello", (name, LLDP, 0, 0, LLDP_GROUP))


def hear(name, index):
    v4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, OSPF)
    v4.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                  struct.pack("4s4si", socket.inet_aton("224.0.0.5"), b"", index))
    v6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, OSPF)
    v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                  socket.inet_pton(socket.AF_INET6, "ff02::5") + struct.pack("i", index))
    link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(LLDP))
    link.bind((name, LLDP))
    link.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                    struct.pack("iHH8s", index, PACKET_MR_MULTICAST, 6, LLDP_GROUP))
    print("listening", flush=True)
    while True:
        for s in select.select([v4, v6, link], [], [])[0]:
            print(s.recv(2048), flush=True)


if __name__ == "__main__":
    {"say": say, "hear": hear}[sys.argv[1]](sys.argv[2], socket.if_nametoindex(sys.argv[2]))
