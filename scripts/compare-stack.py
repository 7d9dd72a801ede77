#!/usr/bin/env python3
"""Compare requirements/ with the lists of the origin, line by line.

usage: compare-stack.py STACK

STACK holds the lists of LambdaStack 1.3.4 and Epiphany 2.0.14dev as tab-separated text, one folder per OS and architecture.
Everything they name has to be in requirements/, spelt as it is there or otherwise for one of the reasons below. What is there
in addition is counted and named. Exit code 1 where something is missing.
"""

import pathlib
import sys

SETS = [
    ("centos-7", "x86_64"), ("centos-7", "aarch64"), ("redhat-7", "x86_64"), ("ubuntu-18.04", "x86_64"),
    ("almalinux-8", "x86_64"), ("almalinux-8", "aarch64"), ("rhel-8", "x86_64"), ("ubuntu-20.04", "x86_64"),
]
OURS = {"x86_64": "x86_64", "aarch64": "arm64"}


def rows(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield (line.split("\t") + [""] * 8)[:8]


def ours(path):
    """Section -> the first words of its lines, and whole lines of files."""
    sections, section = {}, None
    for line in path.read_text().splitlines():
        line = line.split("  #")[0].strip()
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            section.append(line)
    return sections


def package(name, version, debian):
    """How requirements/ spells a package: apt's `name=version*`, yum's `name-version`."""
    if not version:
        return name
    return f"{name}={version.rstrip('*')}*" if debian else f"{name}-{version}"


def compare(root, stack, os, arch):
    theirs = stack / os / arch
    have = ours(root / "requirements" / os / f"requirements_{OURS[arch]}.txt")
    packages = set(have.get("packages-repo-prereqs", [])) | set(have.get("packages", []))
    urls = {line.split()[0]: line.split()[1:] for line in have.get("packages", []) + have.get("files", []) if "://" in line}
    images = set(have.get("images", []))
    missing, reasons = [], {}
    wanted_packages, wanted_urls, wanted_images = set(), set(), set()

    def because(reason):
        reasons[reason] = reasons.get(reason, 0) + 1

    for _, name, version, *_ in rows(theirs / "packages.txt"):
        spelt = package(name, version, os.startswith("ubuntu"))
        if spelt in wanted_packages:
            because("listed twice by the origin")
        wanted_packages.add(spelt)
        if spelt not in packages:
            missing.append(f"package {spelt}")
    for section, url, saved, sha256, *_ in rows(theirs / "files.txt"):
        if section.startswith("crane"):
            because("crane is not needed: images are fetched without it")
            continue
        if url.startswith("http://") and url.replace("http://", "https://", 1) in urls:
            because("asked over https instead of http")
            url = url.replace("http://", "https://", 1)
        wanted_urls.add(url)
        if url not in urls:
            missing.append(f"file {url}")
            continue
        said = urls[url]
        if sha256 and f"sha256:{sha256}" not in said:
            missing.append(f"digest of {url}")
        if not sha256 and any(word.startswith("sha256:") for word in said):
            because("a digest that the other list of the origin has for the same address")
        if saved.startswith("grafana_dashboard_"):
            because("dashboards lie in a folder of their own, grafana_dashboards/")
    for _, image, *_ in rows(theirs / "images.txt"):
        if image in wanted_images:
            because("listed twice by the origin")
        wanted_images.add(image)
        if image not in images:
            missing.append(f"image {image}")
    more = {
        "packages": sorted(one for one in packages - wanted_packages if "://" not in one),
        "addresses": sorted(urls.keys() - wanted_urls),
        "images": sorted(images - wanted_images),
    }
    counts = f"{len(wanted_packages)} packages, {len(wanted_urls)} addresses, {len(wanted_images)} images"
    print(f"{os}/{OURS[arch]}: {counts}: {'all there' if not missing else f'{len(missing)} MISSING'}")
    for one in missing:
        print(f"  missing: {one}")
    for reason, count in sorted(reasons.items()):
        print(f"  {count} x {reason}")
    for kind, names in more.items():
        if names:
            print(f"  more {kind}: {', '.join(names)}")
    return len(missing)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    stack, root = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).resolve().parent.parent
    sys.exit(1 if sum(compare(root, stack, os, arch) for os, arch in SETS) else 0)


if __name__ == "__main__":
    main()
