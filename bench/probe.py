"""UDP echo through a tunnel, timed with CLOCK_MONOTONIC (shared by all processes of the machine).

probe.py echo ADDRESS PORT          answers every datagram; a line on stdin is answered with
                                    `last <ns of the newest datagram> <count>`
probe.py send ADDRESS PORT US       sends one every US microseconds; `arm <since ns>` on stdin is answered with
                                    `first <ns>`, when a datagram sent at or after `since` has come back;
                                    `interval <us>` changes the pace (0 pauses)
"""
import os
import select
import socket
import struct
import sys
import time

now = time.monotonic_ns


def lines(buffer):
    """What stdin has for us; ends the process with its parent."""
    data = os.read(0, 4096)
    if not data:
        sys.exit(0)
    buffer.extend(data)
    while b"\n" in buffer:
        line, _, rest = bytes(buffer).partition(b"\n")
        buffer[:] = rest
        yield line.decode().split()


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def echo(address, port):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, port))
    say("ready")
    last, count, buffer = 0, 0, bytearray()
    while True:
        readable, _, _ = select.select([udp, 0], [], [])
        if udp in readable:
            data, sender = udp.recvfrom(2048)
            last, count = now(), count + 1
            try:
                udp.sendto(data, sender)
            except OSError:
                pass  # the tunnel went down meanwhile: that is what is being measured
        if 0 in readable:
            for _ in lines(buffer):
                say("last", last, count)


def send(address, port, interval_us):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setblocking(False)
    say("ready")
    due, since, buffer = now(), None, bytearray()
    while True:
        if interval_us and now() >= due:
            try:
                udp.sendto(struct.pack("<Q", now()) + b"x" * 56, (address, port))
            except OSError:
                pass  # no route: the tunnel is down
            due = max(due + interval_us * 1000, now())
        wait = max(0, (due - now()) / 1e9) if interval_us else None
        readable, _, _ = select.select([udp, 0], [], [], wait)
        if udp in readable:
            try:
                data = udp.recv(2048)
                if since is not None and struct.unpack_from("<Q", data)[0] >= since:
                    say("first", now())
                    since = None
            except OSError:
                pass  # an ICMP error of a packet that found no way
        if 0 in readable:
            for word, value in lines(buffer):
                if word == "arm":
                    since = int(value)
                else:
                    interval_us, due = int(value), now()


if sys.argv[1] == "echo":
    echo(sys.argv[2], int(sys.argv[3]))
else:
    send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
