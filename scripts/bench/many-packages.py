"""A signed flat apt repository of many tiny packages, for what grows with their number.

    many-packages.py FOLDER COUNT GNUPGHOME

Writes FOLDER/pool/…, FOLDER/Packages, FOLDER/InRelease (signed by the only secret key of GNUPGHOME) and FOLDER/wanted.txt, a
requirements file that asks for all of them.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile


def ar(members):
    out = [b"!<arch>\n"]
    for name, data in members:
        out.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        out.append(data + b"\n" * (len(data) % 2))
    return b"".join(out)


def control_tar(text):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("./control")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    # two empty blocks end it; the rest is only padding
    return buffer.getvalue()[: 512 + (len(text) + 511) // 512 * 512 + 1024]


def main():
    folder, count, home = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    empty = bytes(1024)
    stanzas = []
    for number in range(count):
        name = f"part{number:06}"
        group = f"pool/{number // 1000:03}"
        os.makedirs(f"{folder}/{group}", exist_ok=True)
        needs = f"Depends: part{number // 10:06} (>= 1.0)\n" if number % 10 else ""
        control = (
            f"Package: {name}\nVersion: 1.{number % 97}-{number % 13}\nArchitecture: amd64\nMaintainer: nobody <nobody@example.org>\n"
            f"{needs}Section: misc\nPriority: optional\nDescription: part {number} of many\n It is one of {count}.\n"
        )
        deb = ar([("debian-binary", b"2.0\n"), ("control.tar", control_tar(control.encode())), ("data.tar", empty)])
        path = f"{group}/{name}_1.{number % 97}-{number % 13}_amd64.deb"
        with open(f"{folder}/{path}", "wb") as file:
            file.write(deb)
        stanzas.append(f"{control}Filename: {path}\nSize: {len(deb)}\nSHA256: {hashlib.sha256(deb).hexdigest()}\n")
    packages = "\n".join(stanzas).encode()
    with open(f"{folder}/Packages", "wb") as file:
        file.write(packages)
    release = (
        "Suite: many\nCodename: many\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nArchitectures: amd64\nSHA256:\n"
        f" {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n"
    )
    with open(f"{folder}/Release", "w") as file:
        file.write(release)
    subprocess.run(
        ["gpg", "--homedir", home, "--batch", "--yes", "--clearsign", "--digest-algo", "SHA256", "-o", f"{folder}/InRelease", f"{folder}/Release"],
        check=True,
    )
    with open(f"{folder}/wanted.txt", "w") as file:
        file.write("[packages]\n" + "".join(f"part{number:06}\n" for number in range(count)))


main()
