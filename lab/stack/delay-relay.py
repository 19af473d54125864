#!/usr/bin/env python3
"""Joins two Ethernet interfaces and holds every frame back for half of the round trip wanted.

usage: delay-relay.py ONE OTHER RTT_MS     join the two and delay
       delay-relay.py --complete-checksums INTERFACE...

Kernels without netem are common, raw packet sockets are everywhere. A virtual link hands over frames whose
checksum the "hardware" would fill in; read through a packet socket they would be wrong, so the senders'
checksum offload is turned off first.
"""
import array
import collections
import fcntl
import select
import socket
import struct
import sys
import time

SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17
ETHTOOL_STSO = 0x1F
ETHTOOL_SGSO = 0x24
ETH_P_ALL = 3
PACKET_OUTGOING = 4


def complete_checksums(interface):
    """Lets the kernel finish checksums and cut large segments before a frame leaves on `interface`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in (ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO):
            value = array.array("B", struct.pack("II", command, 0))
            address, _ = value.buffer_info()
            request = struct.pack("16sP", interface.encode(), address)
            try:
                fcntl.ioctl(control, SIOCETHTOOL, request)
            except OSError as error:
                if command == ETHTOOL_STXCSUM:
                    raise SystemExit(f"{interface}: checksum offload cannot be turned off: {error}")


def open_interface(interface):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    raw.bind((interface, 0))
    raw.setblocking(False)
    return raw


def relay(one, other, rtt_ms):
    delay = rtt_ms / 2000
    ends = {one: open_interface(one), other: open_interface(other)}
    to = {ends[one]: ends[other], ends[other]: ends[one]}
    waiting = collections.deque()
    print(f"relaying {one} <-> {other} with {rtt_ms} ms round trip", flush=True)
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, target, frame = waiting.popleft()
            try:
                target.send(frame)
            except OSError as error:
                print(f"dropped a frame of {len(frame)} bytes: {error}", flush=True)
        timeout = waiting[0][0] - now if waiting else None
        readable, _, _ = select.select(list(to), [], [], timeout)
        for source in readable:
            for _ in range(64):
                try:
                    frame, address = source.recvfrom(65536)
                except BlockingIOError:
                    break
                if address[2] != PACKET_OUTGOING:
                    waiting.append((time.monotonic() + delay, to[source], frame))


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "--complete-checksums":
        for interface in arguments[1:]:
            complete_checksums(interface)
    elif len(arguments) == 3:
        relay(arguments[0], arguments[1], float(arguments[2]))
    else:
        raise SystemExit(__doc__)


main(sys.argv[1:])
