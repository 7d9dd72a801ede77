"""The benchmarks; started by bench.sh. Data is kept in $BENCH (default: <tmp>/lsrepo-bench) between runs."""

import glob
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.parse
import urllib.request

from measure import Cost, best, once, row

LSREPO = os.environ["LSREPO"]
MAIN, SECURITY = sys.argv[1], sys.argv[2]
WORK = pathlib.Path(os.environ.get("BENCH", tempfile.gettempdir() + "/lsrepo-bench"))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
REQUESTS = (pathlib.Path(__file__).parent / "requests.txt").read_text(encoding="utf-8").split()
HOME = WORK / "home"
LOCK = WORK / "lsrepo.lock"
OURS = {**os.environ, "LSREPO_HOME": str(HOME)}


def lsrepo(*words):
    return [LSREPO, "--quiet", *map(str, words)]


def sources():
    security = SECURITY or MAIN
    return [f"deb [signed-by={KEYRING}] {MAIN} bookworm main", f"deb [signed-by={KEYRING}] {MAIN} bookworm-updates main",
            f"deb [signed-by={KEYRING}] {security} bookworm-security main"]


def asked():
    words = ["--os", "debian-12", "--arch", "amd64", "--base", "none"]
    for request in REQUESTS:
        words += ["--package", request]
    return words


def prepared():
    """The packages of the 44 requests, from an empty root; downloaded where they are not there."""
    WORK.mkdir(parents=True, exist_ok=True)
    words = lsrepo("prepare", *asked(), "--lock-file", LOCK)
    for line in sources():
        words += ["--source", line]
    once(words, OURS)


def packages():
    """Path, size and digest of every locked package."""
    platform = tomllib.loads(LOCK.read_text(encoding="utf-8"))["platform"][0]
    return [(one["path"], one["size"], one["digest"].removeprefix("sha256:")) for one in platform["package"]]


def apt_root(name, line_of=sources):
    """Configuration of an apt that sees an empty root and these sources only."""
    root = WORK / name
    for folder in ("lists/partial", "cache/archives/partial", "empty"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "status").write_text("")
    (root / "sources.list").write_text("".join(line + "\n" for line in line_of()))
    (root / "apt.conf").write_text(
        f'Dir::State "{root}"; Dir::State::status "{root}/status"; Dir::State::lists "{root}/lists";\n'
        f'Dir::Cache "{root}/cache"; Dir::Etc::sourcelist "{root}/sources.list"; Dir::Etc::sourceparts "/dev/null";\n'
        'Dir::Etc::parts "/dev/null"; Dir::Etc::main "/dev/null"; Dir::Etc::preferences "/dev/null";\n'
        'Dir::Etc::preferencesparts "/dev/null"; APT::Architecture "amd64"; APT::Architectures { "amd64"; };\n'
        'APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::GzipIndexes "false";\n')
    return root, {**os.environ, "APT_CONFIG": str(root / "apt.conf")}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def resolve():
    print("resolve: the closure of 44 requests over all of bookworm, from plain indexes")
    root, environment = apt_root("apt-resolve")
    once(["apt-get", "-qq", "update"], environment)
    command = ["apt-get", "-qq", "-y", "-o", f"Dir::Cache::archives={root}/empty", "--print-uris", "--no-install-recommends",
               "install", "?essential", "?priority(required)", *REQUESTS]

    def cold():
        for cache in glob.glob(str(root / "cache/*.bin")):
            os.remove(cache)

    once(command, environment)
    warm = row("apt, warm cache", best(command, 5, environment=environment))
    cold_cost = row("apt, cold cache", best(command, 5, before=cold, environment=environment))
    words = lsrepo("resolve", *asked(), "-o", "json")
    for line in sources():
        words += ["--source", line]
    once(words, OURS)
    ours = best(words, 5, environment=OURS)
    row("lsrepo resolve (no cache of its own)", ours, cold_cost)
    print(f"  {'':44} {ours.cpu / warm.cpu:5.2f} × apt warm, {ours.cpu / cold_cost.cpu:5.2f} × apt cold")


def nginx(folder):
    port = free_port()
    conf = folder.parent / "nginx.conf"
    conf.write_text(f"""worker_processes 1; daemon off; pid {folder.parent}/nginx.pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{ access_log off; sendfile on; keepalive_requests 100000; default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; root {folder}; disable_symlinks off; }} }}
""")
    server = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(conf)], stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, f"http://127.0.0.1:{port}/"
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx does not listen")


def fetch():
    prepared()
    listed = packages()
    total = sum(size for _, size, _ in listed)
    print(f"fetch and verify: {len(listed)} packages, {total / 1e9:.2f} GB, from nginx on the loopback")
    tree = WORK / "mirror"
    shutil.rmtree(tree, ignore_errors=True)
    for path, _, digest in listed:
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(HOME / "blobs/sha256" / digest, target)
    server, url = nginx(tree)
    try:
        out = WORK / "out"

        def fresh():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()

        config = WORK / "curl.conf"
        config.write_text("".join(f'url = "{url}{urllib.parse.quote(path)}"\noutput = "{out}/{digest}"\n' for path, _, digest in listed))
        curl = row("curl, 8 at once, nothing verified", best(["curl", "-fsS", "-Z", "--parallel-max", "8", "-K", str(config)], 3, before=fresh))
        home = WORK / "fetch-home"
        lock = WORK / "fetch.lock"
        lock.write_text(re.sub(r"(?m)^uris = .*$", f'uris = ["{url}"]', LOCK.read_text()))

        def empty():
            shutil.rmtree(home, ignore_errors=True)

        environment = {**os.environ, "LSREPO_HOME": str(home)}
        command = lsrepo("prepare", "--locked", *asked(), "--lock-file", lock)
        ours = row("lsrepo prepare --locked, on disk and verified", best(command, 3, before=empty, environment=environment), curl)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    shutil.rmtree(out, ignore_errors=True)
    server, url, _ = served()
    try:
        key = WORK / "key.asc"
        key.write_bytes(urllib.request.urlopen(url + "keys/lsrepo.asc").read())
        root, environment = apt_root("apt-fetch", lambda: [f"deb [signed-by={key}] {url}apt/debian-12 debian-12 main"])
        once(["apt-get", "-qq", "update"], environment)
        command = ["apt-get", "-qq", "-y", "--no-install-recommends", "--download-only", "install",
                   "?essential", "?priority(required)", *REQUESTS]

        def emptied():
            for file in (root / "cache/archives").glob("*.deb"):
                file.unlink()

        apt = row("apt-get --download-only, from lsrepo serve", best(command, 2, before=emptied, environment=environment))
        emptied()
        print(f"  {'':44} {ours.cpu / apt.cpu:5.2f} × apt")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def served():
    """Starts a server and waits until it listens; gives it, its address and the seconds."""
    started = time.monotonic()
    server = subprocess.Popen([LSREPO, "serve", "--listen", "127.0.0.1:0"], env=OURS, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if line.startswith("listening on "):
            return server, line.split()[-1], time.monotonic() - started
    sys.exit("lsrepo serve does not listen")


def index():
    prepared()
    listed = packages()
    print(f"index: the APT repository of {len(listed)} packages")
    debs = WORK / "debs"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir()
    for path, _, digest in listed:
        os.link(HOME / "blobs/sha256" / digest, debs / path.rsplit("/", 1)[1])
    hashes = [word for name in ("MD5", "SHA1", "SHA512") for word in ("-o", f"APT::FTPArchive::{name}=false")]
    peer = row("apt-ftparchive packages (SHA-256 only)", best(["apt-ftparchive", *hashes, "packages", str(debs)], 3))
    cost = None
    for _ in range(3):
        server, url, wall = served()
        one = Cost(wall, cpu_of(server.pid), peak_of(server.pid))
        cost = one if cost is None or one.cpu < cost.cpu else cost
        server.send_signal(signal.SIGTERM)
        server.wait()
    row("lsrepo serve until it listens: index, xz, gz, signatures", cost, peer)
    server, url, _ = served()
    text = urllib.request.urlopen(url + "apt/debian-12/dists/debian-12/main/binary-amd64/Packages").read().decode()
    files = re.findall(r"(?m)^Filename: (.*)$", text)
    config = WORK / "serve.conf"
    config.write_text("".join(f'url = "{url}apt/debian-12/{file}"\noutput = "/dev/null"\n' for file in files))
    once(["curl", "-fsS", "-Z", "--parallel-max", "8", "-K", str(config)])
    print(f"  lsrepo serve after {len(files)} packages: {cpu_of(server.pid):.2f} s CPU, {peak_of(server.pid):.0f} MiB at most")
    server.send_signal(signal.SIGTERM)
    server.wait()


def carry():
    prepared()
    listed = packages()
    total = sum(size for _, size, _ in listed)
    print(f"carry: {len(listed)} packages, {total / 1e9:.2f} GB, over the gap")
    bundle, plain, out, home = WORK / "bundle.tar.zst", WORK / "plain.tar", WORK / "x", WORK / "import-home"

    def fresh():
        for one in (out, home):
            shutil.rmtree(one, ignore_errors=True)
        out.mkdir()

    blobs = HOME / "blobs"
    peer = row("tar -c, openssl sha256 of it", best(f"tar -cf {plain} -C {blobs} sha256 && openssl sha256 {plain}"))
    ours = row("lsrepo export", best(lsrepo("export", "-o", bundle), environment=OURS), peer)
    size = bundle.stat().st_size
    print(f"  the bundle is {size / total:.5f} × the payload; {ours.cpu / (total / 1e9):.2f} CPU s/GB")
    peer = row("tar -x, openssl sha256 of every file", best(f"tar -xf {plain} -C {out} && openssl sha256 {out}/sha256/*", before=fresh))
    environment = {**os.environ, "LSREPO_HOME": str(home)}
    row("lsrepo import", best(lsrepo("import", bundle, "--trust-on-first-use"), before=fresh, environment=environment), peer)
    for one in (out, home):
        shutil.rmtree(one, ignore_errors=True)
    plain.unlink()


def noop():
    prepared()
    print("no-op: prepare --locked where everything is there")
    command = lsrepo("prepare", "--locked", *asked(), "--lock-file", LOCK)
    before = {path: path.stat().st_mtime_ns for path in HOME.rglob("*")}
    row("lsrepo prepare --locked", best(command, 5, environment=OURS))
    after = {path: path.stat().st_mtime_ns for path in HOME.rglob("*")}
    changed = [str(path) for path in after if after[path] != before.get(path)] + [str(path) for path in before if path not in after]
    print(f"  files changed: {len(changed)} {' '.join(changed[:5])}")
    if shutil.which("strace"):
        trace = WORK / "strace.txt"
        once(["strace", "-f", "-o", str(trace), "-e", "trace=connect,sendto", *command], OURS)
        asked_for = [line for line in trace.read_text().splitlines() if "(" in line]
        print(f"  connections: {len(asked_for)}")


ALL = {"resolve": resolve, "fetch": fetch, "index": index, "carry": carry, "noop": noop}
for word in sys.argv[3:] or ALL:
    ALL[word]()
