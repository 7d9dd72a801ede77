"""Asks each server for the same bytes, in turns, and compares. Called by registry.sh, which started them."""

import json
import os
import pathlib
import re
import subprocess
import sys

seconds = sys.argv[1]
work, ours, theirs, static = (os.environ[name] for name in ("work", "ours", "theirs", "static"))
tick = os.sysconf("SC_CLK_TCK")


def children(pid):
    listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in listed]


def cpu(pid):
    """User and system seconds of a server and of its workers."""
    total = 0
    for one in [pid, *children(pid)]:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / tick


def ask(url, pid, connections):
    """Requests a second, CPU in µs of each, p99, and bytes a second."""
    accept = "Accept: application/vnd.oci.image.manifest.v1+json"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-H", accept, url]
    before = cpu(pid)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu(pid) - before
    if "Non-2xx" in said:
        sys.exit(f"{url}: {said}")
    requests = int(re.search(r"(\d+) requests in", said)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return rate, used / max(requests, 1) * 1e6, re.search(r"99%\s+(\S+)", said)[1]


def digests(image):
    root = json.loads(pathlib.Path(work, image, "index.json").read_text())["manifests"][0]["digest"]
    manifest = json.loads(pathlib.Path(work, image, "blobs/sha256", root[7:]).read_text())
    return root, manifest["config"]["digest"], manifest["layers"][0]["digest"]


big, config, large = digests("big")
_, _, middle = digests("small")
rows = [
    ("manifest by tag", "bench/big/manifests/1", big, 16, 10, 0.8),
    ("manifest by digest", f"bench/big/manifests/{big}", big, 16, 10, 0.8),
    ("blob of 1.4 kB", f"bench/big/blobs/{config}", config, 16, 10, 0.8),
    ("blob of 1.1 MB", f"bench/small/blobs/{middle}", middle, 16, 0, 0),
    ("blob of 113 MB", f"bench/big/blobs/{large}", large, 4, 0, 0.9),
]
servers = [("ours", ours, int(os.environ["our_pid"])), ("docker-registry", theirs, int(os.environ["their_pid"])),
           ("nginx", static, int(os.environ["nginx_pid"]))]
missed = 0
for what, path, digest, connections, least_theirs, least_nginx in rows:
    best = {}
    for _ in range(2):
        for name, address, pid in servers:
            url = f"http://{address}/{digest[7:]}" if name == "nginx" else f"http://{address}/v2/{path}"
            found = ask(url, pid, connections)
            if name not in best or found[0] > best[name][0]:
                best[name] = found
    print(f"  {what}")
    for name, (rate, used, worst) in best.items():
        print(f"    {name:16} {rate:10.1f}/s {used:9.0f} µs CPU  p99 {worst}")
    to_theirs, to_nginx = best["ours"][0] / best["docker-registry"][0], best["ours"][0] / best["nginx"][0]
    fits = to_theirs >= least_theirs and to_nginx >= least_nginx
    missed += not fits
    print(f"    {to_theirs:.1f} × docker-registry, {to_nginx:.2f} × nginx{'' if fits else '   (less than asked for)'}", flush=True)
sys.exit(1 if missed else 0)
