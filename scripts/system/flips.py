"""Bits turned over at random in a bundle, one at a time: each is found, and found where it is.

    flips.py LSREPO HOME BUNDLE FLIPS
"""

import json
import os
import random
import subprocess
import sys

LSREPO, HOME, BUNDLE, FLIPS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
chance = random.Random(int(os.environ.get("SEED", "1")))
environment = {**os.environ, "LSREPO_HOME": HOME}
size = os.path.getsize(BUNDLE)
located = 0
with open(BUNDLE, "r+b", buffering=0) as file:
    for _ in range(FLIPS):
        at, bit = chance.randrange(size), 1 << chance.randrange(8)
        byte = os.pread(file.fileno(), 1, at)[0]
        os.pwrite(file.fileno(), bytes([byte ^ bit]), at)
        done = subprocess.run([LSREPO, "--no-progress", "verify", "--full", "-o", "json", BUNDLE], env=environment,
                              capture_output=True, text=True, check=False)
        os.pwrite(file.fileno(), bytes([byte]), at)
        if done.returncode != 1:
            sys.exit(f"bit {bit} of byte {at}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        if done.stdout:
            damage = json.loads(done.stdout)["damage"]
            if not any(one["offset"] <= at < one["offset"] + one["bytes"] and one["bytes"] <= 9 << 20 for one in damage):
                sys.exit(f"byte {at} is not in {damage}")
            located += 1
print(f"{FLIPS} bits, all found; {located} in blobs, located; {FLIPS - located} in the head, which is refused as a whole")
