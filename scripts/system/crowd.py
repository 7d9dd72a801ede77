"""Many connections at once to one server, of the kinds that servers fear.

    crowd.py idle  HOST PORT COUNT          COUNT connections that asked once and stay; prints a line when all are there
    crowd.py slow  HOST PORT COUNT          COUNT connections that send a head byte by byte and never end it
    crowd.py wrong HOST PORT COUNT PATH     COUNT requests with a wrong password each; prints how they were answered

`idle` and `slow` stay until their stdin ends, and then print how many connections the server had ended.
"""

import base64
import collections
import resource
import selectors
import socket
import sys


def connect(host, port):
    one = socket.create_connection((host, port), timeout=20)
    one.setblocking(True)
    return one


def raise_limit(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 100
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))


def idle(host, port, count):
    held = []
    for _ in range(count):
        one = connect(host, port)
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while b"ok\n" not in answer:
            part = one.recv(4096)
            if not part:
                raise SystemExit(f"the server ended connection {len(held)}: {answer!r}")
            answer += part
        held.append(one)
    return held


def slow(host, port, count):
    held = []
    for _ in range(count):
        one = connect(host, port)
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        held.append(one)
    return held


def stay(held, dribble):
    print(f"{len(held)} connections", flush=True)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    while True:
        if selector.select(timeout=0.2):
            break
        if dribble:
            for one in held:
                try:
                    one.send(b"x", socket.MSG_DONTWAIT)
                except OSError:
                    pass
    ended = 0
    for one in held:
        one.setblocking(False)
        try:
            ended += one.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            ended += 1
    print(f"{ended} ended by the server", flush=True)


def wrong(host, port, count, path):
    statuses = collections.Counter()
    for number in range(count):
        one = connect(host, port)
        login = base64.b64encode(f"ana:guess{number}".encode()).decode()
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic {login}\r\n\r\n".encode())
        statuses[one.recv(4096).split(b" ")[1].decode()] += 1
        one.close()
    print(" ".join(f"{status}:{times}" for status, times in sorted(statuses.items())))


def main():
    kind, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    raise_limit(count)
    if kind == "idle":
        stay(idle(host, port, count), dribble=False)
    elif kind == "slow":
        stay(slow(host, port, count), dribble=True)
    else:
        wrong(host, port, count, sys.argv[5])


main()
