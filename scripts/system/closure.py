"""Compares the closures of `lsrepo resolve` with those of apt, request by request.

The base is what apt itself would install into an empty root to get a minimal system; both sides are told that
it is installed, in the form of a dpkg status file.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.parse

from base import minimal

parser = argparse.ArgumentParser()
for name in ("lsrepo", "root", "os", "arch", "sources", "requests", "home"):
    parser.add_argument("--" + name, required=True)
args = parser.parse_args()
environment = dict(os.environ, APT_CONFIG=args.root + "/apt.conf")


def apt(words):
    """What apt would fetch to install `words`, as name_version_arch, or None where it cannot."""
    command = ["apt-get", "-qq", "-y", "-o", "Dir::Cache::archives=" + args.root + "/empty", "--print-uris",
               "--no-install-recommends", "install", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    files = (line.split()[1] for line in done.stdout.splitlines() if line.startswith("'"))
    return {urllib.parse.unquote(file).removesuffix(".deb") for file in files}


def ours(words):
    command = [args.lsrepo, "resolve", "--home", args.home, "--os", args.os, "--arch", args.arch, "--base",
               args.root + "/status", "-o", "json", "--progress", "none"]
    with open(args.sources, encoding="utf-8") as sources:
        for line in sources:
            command += ["--source", line.strip()]
    for word in words:
        command += ["--package", word]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None, done.stderr
    packages = json.loads(done.stdout)["packages"]
    return {"{name}_{version}_{arch}".format(**package) for package in packages}, done.stderr


base = minimal(args.root)
assert base, "apt finds no base"
with open(args.root + "/status", "w", encoding="utf-8") as status:
    status.writelines(stanza + "\n\n" for stanza in base.values())

equal = explained = different = packages = 0
with open(args.requests, encoding="utf-8") as requests:
    for line in requests:
        request, _, note = line.partition("#")
        words = request.split()
        if not words:
            continue
        theirs, (mine, said) = apt(words), ours(words)
        packages += len(mine or ())
        if theirs == mine:
            equal += 1
            continue
        if theirs is None or mine is None:
            found = "apt refuses" if mine else "lsrepo refuses: " + said
        else:
            only = ["-" + name.split("_")[0] for name in sorted(theirs - mine)]
            found = " ".join(only + ["+" + name.split("_")[0] for name in sorted(mine - theirs)])
        known = note.strip().split(":")[0] == found
        explained += known
        different += not known
        print(f"{args.os}/{args.arch}: {words[0]}{' …' if words[1:] else ''}: {note.strip() if known else found}")
print(f"{args.os}/{args.arch}: base of {len(base)}; {equal} closures equal to apt's, {explained} explained, "
      f"{different} different; {packages} packages")
sys.exit(1 if different else 0)
