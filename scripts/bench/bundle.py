"""Bundles: what each stage costs, and what a plain tool needs for the same bytes. Started by bundle.sh."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

LSREPO = os.environ["LSREPO"]
GIGABYTES = float(sys.argv[1])
PIECE = 50_000_000
WORK = pathlib.Path(os.environ.get("BENCH", tempfile.gettempdir())) / "lsrepo-bench-bundle"


def used(*folders):
    """Bytes that these folders take on the disk: blocks, so that holes do not count."""
    total = 0
    for folder in folders:
        for top, _, names in os.walk(folder):
            for name in names:
                try:
                    total += os.lstat(os.path.join(top, name)).st_blocks * 512
                except FileNotFoundError:
                    pass
    return total


class Stage:
    """One run of a program, watched: seconds, peak memory, syscalls' bytes, peak disk of the folders."""

    def __init__(self, what, command, folders=(), home=None, stdout=subprocess.DEVNULL, before=None):
        environment = {**os.environ, **({"LSREPO_HOME": str(home)} if home else {})}
        if before:
            before()
        started, self.peak, stop = time.monotonic(), used(*folders), threading.Event()
        child = subprocess.Popen(command, env=environment, cwd=WORK, stdout=stdout, stderr=subprocess.PIPE,
                                 shell=isinstance(command, str))
        self.io = {}

        def watch():
            while not stop.wait(0.05):
                self.peak = max(self.peak, used(*folders))

        # The figures of a process are there until somebody waits for it.
        watcher = threading.Thread(target=watch)
        if folders:
            watcher.start()
        said = child.stderr.read().decode(errors="replace")
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        self.wall = time.monotonic() - started
        try:
            lines = pathlib.Path(f"/proc/{child.pid}/io").read_text(encoding="ascii").split("\n")
            self.io = {line.split(": ")[0]: int(line.split(": ")[1]) for line in lines if line}
        except OSError:
            pass
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        stop.set()
        if folders:
            watcher.join()
            self.peak = max(self.peak, used(*folders))
        self.memory = usage.ru_maxrss / 1024
        self.cpu = usage.ru_utime + usage.ru_stime
        if child.returncode:
            sys.exit(f"{command}: exit code {child.returncode}\n{said[-2000:]}")
        disk = f"  disk at most {self.peak / PAYLOAD:5.3f} P" if folders and PAYLOAD else ""
        read, wrote = self.io.get("rchar", 0), self.io.get("wchar", 0)
        moved = f"  read {read / PAYLOAD:5.3f} P, wrote {wrote / PAYLOAD:5.3f} P" if PAYLOAD else ""
        print(f"  {what:34} {self.wall:7.2f} s {self.cpu:7.2f} s CPU {self.memory:6.0f} MiB{moved}{disk}", flush=True)


def ratio(what, value, wanted):
    print(f"    -> {what}: {value} (wanted: {wanted})", flush=True)


PAYLOAD = 0
shutil.rmtree(WORK, ignore_errors=True)
WORK.mkdir(parents=True)
NEAR, FAR = WORK / "near", WORK / "far"
count = max(1, int(GIGABYTES * 1e9 / PIECE))
names = []
for at in range(count):
    subprocess.run(f"head -c {PIECE} /dev/urandom > piece-{at}.bin", shell=True, cwd=WORK, check=True)
    names += ["--file", f"piece-{at}.bin"]
print(f"{count} files of {PIECE / 1e6:.0f} MB")
ours = [LSREPO, "prepare", "--quiet", "--os", "debian-12", "--arch", "amd64", "--base", "none",
        "--source", "deb [trusted=yes] file:///nowhere x main", *names]
Stage("prepare (files into the store)", ours, home=NEAR)
PAYLOAD = count * PIECE
bundle = WORK / "bundle.tar.zst"


def drop(*paths):
    for path in paths:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    os.sync()


def best(what, command, runs=3, before=None, **more):
    return min((Stage(what, command, before=before, **more) for _ in range(runs)), key=lambda stage: stage.wall)


print("export")
everything = WORK / "all.bin"
store = NEAR / "blobs/sha256"
# The page cache holds what is read and what is written, and not what the store was made of.
for piece in WORK.glob("piece-*.bin"):
    with open(piece, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
copies, exports = [], []
for _ in range(3):
    copies.append(Stage("cat of the blobs | sync (as cp)", f"cat {store}/* > {everything} && sync {everything}").wall)
    drop(everything)
    drop(bundle)
    exports.append(Stage("export", [LSREPO, "export", "-q", "-o", bundle], home=NEAR).wall)
ratio("beside cp, median of three", f"{sorted(copies)[1] / sorted(exports)[1]:.2f} x", ">= 0.9 x")
if "export" in sys.argv[2:]:
    shutil.rmtree(WORK)
    sys.exit()
split = Stage("export --split", [LSREPO, "export", "-q", "-o", WORK / "v.tar.zst", "--split", "200MB"], home=NEAR)
volumes = sorted(str(path) for path in WORK.glob("v.tar.zst.*"))
Stage("parity of 10 %", [LSREPO, "export", "-q", "-o", WORK / "v.tar.zst", "--split", "200MB", "--parity", "10"], home=NEAR)

print("read by others")
Stage("zstd -t", ["zstd", "-t", "-q", bundle])
Stage("tar --zstd -tf", f"tar --zstd -tf {bundle} | wc -l")

print("look")
Stage("inspect", [LSREPO, "inspect", bundle], home=NEAR)
looked = min((Stage("inspect", [LSREPO, "inspect", bundle], home=NEAR) for _ in range(3)), key=lambda stage: stage.wall)
ratio("inspect", f"{looked.wall * 1000:.0f} ms, {looked.io.get('rchar', 0) / 1e6:.2f} MB read", "<= 50 ms, <= 1 MB")
verify = best("verify --full", [LSREPO, "verify", "--full", bundle], home=NEAR)
ratio("verify", f"{PAYLOAD / verify.wall / 1e9:.2f} GB/s", ">= 1 GB/s")
peer = best("openssl sha256, two at once", f"ls {store}/* | xargs -P 2 -n 8 openssl sha256")
ratio("beside openssl on two threads", f"{peer.wall / verify.wall:.2f} x", ">= 0.9 x")

print("far side")
key = subprocess.run([LSREPO, "key", "export"], env={**os.environ, "LSREPO_HOME": str(NEAR)}, capture_output=True, check=True)
(WORK / "key.asc").write_bytes(key.stdout)
Stage("key trust", [LSREPO, "key", "trust", WORK / "key.asc"], home=FAR)


def until_serving(words):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    child = subprocess.Popen([LSREPO, "serve", "-q", "--listen", f"127.0.0.1:{port}", *words],
                             env={**os.environ, "LSREPO_HOME": str(FAR)}, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/files/piece-0.bin"
    while True:
        try:
            request = urllib.request.Request(url, headers={"Range": "bytes=0-99"})
            with urllib.request.urlopen(request) as answer:
                answer.read()
            break
        except OSError:
            time.sleep(0.005)
    took = time.monotonic() - started
    memory = [line for line in pathlib.Path(f"/proc/{child.pid}/status").read_text(encoding="ascii").split("\n") if "VmHWM" in line]
    child.send_signal(signal.SIGTERM)
    child.wait()
    return took, int(memory[0].split()[1]) / 1024


for what, words in [("file", [bundle]), ("volumes", volumes[:1])]:
    took, memory = min(until_serving(["--bundle", *words]) for _ in range(3))
    ratio(f"media -> first bytes of a file, from the {what}", f"{took:.2f} s, {memory:.0f} MiB", "<= 1 s")
Stage("import --register", [LSREPO, "import", "-q", "--register", bundle], folders=[FAR], home=FAR)
Stage("bundle forget", [LSREPO, "bundle", "forget", bundle], home=FAR)
Stage("import (a copy)", [LSREPO, "import", "-q", bundle], folders=[FAR], home=FAR)
drop(FAR / "blobs", FAR / "roots")
Stage("import from a pipe", f"cat {bundle} | {LSREPO} import -q -", home=FAR)
drop(FAR / "blobs", FAR / "roots")
moved = Stage("import --move", [LSREPO, "import", "-q", "--move", *volumes], folders=[FAR, WORK / "none"], home=FAR,
              before=lambda: None)
drop(FAR / "blobs", FAR / "roots", *[pathlib.Path(path) for path in volumes], *WORK.glob("v.tar.zst*"))

print("disk, where it is short")
media = WORK / "media"
media.mkdir()
shutil.move(bundle, media / "bundle.tar.zst")
Stage("import --move, media and store", [LSREPO, "import", "-q", "--move", media / "bundle.tar.zst"], folders=[FAR, media], home=FAR)
out = WORK / "out"
out.mkdir()
Stage("export --move, store and bundle", [LSREPO, "export", "-q", "--move", "-o", out / "bundle.tar.zst"], folders=[NEAR, out],
      home=NEAR)
drop(NEAR / "blobs", NEAR / "roots", NEAR / "bundles", out)
out.mkdir()
Stage("export --from-lock", [LSREPO, "export", "-q", "--from-lock", "-o", out / "bundle.tar.zst"], folders=[NEAR, out], home=NEAR)
shutil.rmtree(WORK)
print(json.dumps({"payload": PAYLOAD}))
