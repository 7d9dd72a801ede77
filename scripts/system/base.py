"""A dpkg status file of a minimal system, as apt would install it into an empty root: base.py APT-ROOT"""

import os
import re
import subprocess
import sys
import urllib.parse


def minimal(root):
    """The stanzas of the minimal system, by name_version_arch; `root` holds apt.conf and available."""
    environment = dict(os.environ, APT_CONFIG=root + "/apt.conf")
    command = ["apt-get", "-qq", "-y", "-o", "Dir::Cache::archives=" + root + "/empty", "-o",
               "Dir::State::status=/dev/null", "--print-uris", "--no-install-recommends", "install",
               "?essential", "?priority(required)", "apt"]
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    files = {urllib.parse.unquote(line.split()[1]).removesuffix(".deb") for line in lines if line.startswith("'")}
    found = {}
    with open(root + "/available", encoding="utf-8") as available:
        for stanza in available.read().split("\n\n"):
            field = dict(re.findall(r"^(Package|Version|Architecture): (.*)$", stanza, re.M))
            name = "_".join(field.get(key, "") for key in ("Package", "Version", "Architecture"))
            if name in files:
                found[name] = re.sub(r"^(Package: .*)$", r"\1\nStatus: install ok installed", stanza, count=1, flags=re.M)
    return found


if __name__ == "__main__":
    for text in minimal(sys.argv[1]).values():
        print(text + "\n")
