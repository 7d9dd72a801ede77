"""Pulls one image in turn with lsrepo and skopeo: pull.py LSREPO IMAGE RUNS. The working folder is for what comes."""

import os
import shutil
import sys

from measure import once

lsrepo, image, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
environment = {**os.environ, "LSREPO_HOME": os.path.abspath("home")}
ours = [lsrepo, "prepare", "--quiet", "--os", "debian-12", "--arch", "amd64", "--image", image]
skopeo = ["skopeo", "copy", "-q", "--src-tls-verify=false", "--preserve-digests", f"docker://{image}"]
ways = {
    "lsrepo prepare": ours,
    "skopeo copy dir:": [*skopeo, "dir:copy"],
    "skopeo copy oci:": [*skopeo, "oci:copy:1"],
}
costs = {way: [] for way in ways}
for _ in range(runs):
    for way, command in ways.items():
        for folder in ("home", "copy", "lsrepo.lock"):
            shutil.rmtree(folder) if os.path.isdir(folder) else os.path.exists(folder) and os.remove(folder)
        costs[way].append(once(command, environment))
for way, all_costs in costs.items():
    for cost in all_costs:
        print(f"  {way:20} {cost}")
best = {way: (min(cost.wall for cost in all_costs), min(cost.cpu for cost in all_costs)) for way, all_costs in costs.items()}
wall = min(wall for way, (wall, _) in best.items() if way != "lsrepo prepare")
own = best["lsrepo prepare"]
print(f"  best: {own[0] / wall:.2f} × skopeo's best wall, {own[1]:.2f} s CPU")
once(ours, environment)
print(f"  {'again, lsrepo':20} {once([*ours, '--update'], environment)}")
