"""Makes a large rpm-md repository of a small one: the same packages again and again under other names.

rpm_universe.py FROM TO [COPIES [RELATIONS]]

FROM is a folder with repodata, TO is made. Each copy needs its own copies only; of what a package provides and nobody
needs, and of what it requires, a copy keeps RELATIONS at most, so that the whole has the shape of a large
distribution's repository: with CentOS Stream 9 BaseOS, the defaults make about 19,000 packages in 50 MB.
"""

import glob
import gzip
import hashlib
import pathlib
import re
import sys

NAMED = re.compile(r'(<rpm:entry name=")([^"(][^"]*)(")')
ENTRIES = re.compile(r"(<rpm:(?:provides|requires)>)(.*?)(</rpm:(?:provides|requires)>)", re.S)
ENTRY = re.compile(r"\s*<rpm:entry [^>]*/>")


def name(entry):
    return re.search(r'name="([^"]*)"', entry).group(1)


def copied(package, number, most, needed):
    """The package under another name, with what it names under other names too."""
    own = re.search(r"<name>([^<]*)</name>", package).group(1)
    package = package.replace(f"<name>{own}</name>", f"<name>{own}-x{number}</name>", 1)
    package = re.sub(r'(<location href="[^"]*?)(\.rpm")', rf"\1-x{number}\2", package, count=1)
    package = re.sub(r'(pkgid="YES">)([0-9a-f]+)', lambda m: m[1] + hashlib.sha256(f"{m[2]}{number}".encode()).hexdigest(), package)
    package = re.sub(r"<file([^>]*)>([^<]*)</file>", rf"<file\1>\2-x{number}</file>", package)

    def entries(match):
        all_ = ENTRY.findall(match[2])
        kept = [entry for entry in all_ if name(entry) == own or "provides" in match[1] and name(entry) in needed]
        kept += [entry for entry in all_ if entry not in kept][:most - min(most, len(kept))]
        return match[1] + "".join(kept) + match[3]

    package = ENTRIES.sub(entries, package)
    return NAMED.sub(rf"\1\2-x{number}\3", package)


def main(source, target, copies=17, most=12):
    index = next(path for path in glob.glob(f"{source}/repodata/*primary.xml.gz"))
    text = gzip.open(index, "rt", encoding="utf-8").read()
    head, rest = text.split("<package ", 1)
    packages = ["<package " + part for part in rest.rsplit("</metadata>", 1)[0].split("<package ")]
    requires = (match[2] for package in packages for match in ENTRIES.finditer(package) if "requires" in match[1])
    needed = {name(entry) for entries in requires for entry in ENTRY.findall(entries)}
    whole = list(packages)
    for number in range(1, copies):
        whole += [copied(package, number, most, needed) for package in packages]
    head = re.sub(r'packages="\d+"', f'packages="{len(whole)}"', head)
    data = (head + "".join(whole) + "</metadata>\n").encode()
    folder = pathlib.Path(target, "repodata")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "primary.xml.gz").write_bytes(gzip.compress(data, 6, mtime=0))
    print(f"{len(whole)} packages, {len(data) / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
