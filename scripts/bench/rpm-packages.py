#!/usr/bin/env python3
"""Packages for measuring, made by rpmbuild: as many files, relations and changes as a real set has.

rpm-packages.py FOLDER [COUNT [KILOBYTES]]      default: 1000 packages of about 1000 kB

Nothing is downloaded, and equal arguments give equal contents. Numbers are those of 1,037 packages of Debian that were
converted to RPM: 134 files, 16 requires and 12 changes each, 1.1 MB of payload.
"""

import datetime
import os
import pathlib
import random
import shutil
import subprocess
import sys

WORDS = ("archive base cache core daemon data driver engine filter gateway handler index journal kernel library "
         "manager module network object parser plugin queue registry runtime schema server session socket storage "
         "stream table thread token update vector worker zone").split()
PLACES = ["/usr/lib64", "/usr/share/doc", "/usr/share/locale", "/usr/lib/python3.9/site-packages", "/usr/share/man/man3",
          "/usr/bin", "/etc", "/usr/include", "/usr/share/icons", "/opt"]
PER_SPEC = 100


def words(chance, count, joint="-"):
    return joint.join(chance.choice(WORDS) for _ in range(count))


def package(chance, number, names, root, kilobytes):
    """The lines of a spec for one package, and its files below `root`."""
    name = names[number]
    lines = [f"%package -n {name}", f"Summary: {words(chance, 6, ' ')}", f"Provides: lib{name}.so.1()(64bit)"]
    for _ in range(chance.randrange(4, 24)):
        other = chance.choice(names)
        lines.append(f"Requires: {other}{chance.choice(['', ' >= 1.0', ' = 1.2-1'])}")
    if number % 20 == 0:
        lines.append(f"Requires: ({chance.choice(names)} or {chance.choice(names)})")
    lines += [f"%description -n {name}", *(words(chance, 10, " ") for _ in range(5)), f"%files -n {name}"]
    count = int(chance.lognormvariate(4, 1.2)) + 2
    for at in range(count):
        path = f"{chance.choice(PLACES)}/{name}/{words(chance, 2, '/')}/{words(chance, 2)}-{at}.{chance.choice(['so', 'py', 'h', 'gz'])}"
        target = pathlib.Path(root + path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"x\n" if at else chance.randbytes(max(1, int(chance.lognormvariate(0, 1) * kilobytes * 600))))
        lines.append(path)
    return lines


def build(folder, part, names, first, kilobytes):
    work = folder / f"work-{part}"
    root = str(work / "files")
    chance = random.Random(part)
    head = [f"Name: part{part}", "Version: 1.2", "Release: 1", "Summary: parts", "License: MIT", "AutoReqProv: no",
            "%description", "parts"]
    body = [line for number in range(first, min(first + PER_SPEC, len(names)))
            for line in package(chance, number, names, root, kilobytes)]
    log = ["%changelog"]
    for change in range(12):
        day = datetime.date(2024, 1, 12 - change).strftime("%a %b %d %Y")
        log += [f"* {day} Jane Doe <jane@example.org> - 1.{12 - change}-1", f"- {words(chance, 12, ' ')}",
                f"- {words(chance, 9, ' ')}"]
    install = ["%install", "mkdir -p %{buildroot}", f"cp -a {root}/. %{{buildroot}}/"]
    spec = work / "part.spec"
    spec.write_text("\n".join(head + body + install + log) + "\n")
    defines = {"_topdir": work, "_rpmdir": work / "rpms", "_binary_payload": "w1.zstdio", "__os_install_post": "%{nil}",
               "debug_package": "%{nil}", "_build_id_links": "none", "source_date_epoch_from_changelog": "0"}
    arguments = [argument for name, value in defines.items() for argument in ("--define", f"{name} {value}")]
    subprocess.run(["rpmbuild", "--quiet", "-bb", "--target", "x86_64", *arguments, str(spec)], check=True)
    for rpm in (work / "rpms").rglob("*.rpm"):
        rpm.rename(folder / rpm.name)
    shutil.rmtree(work)


def main():
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    kilobytes = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(0)
    names = [f"{words(chance, 2)}{number}" for number in range(count)]
    os.environ["LC_ALL"] = "C.UTF-8"
    for part, first in enumerate(range(0, count, PER_SPEC)):
        build(folder, part, names, first, kilobytes)


main()
