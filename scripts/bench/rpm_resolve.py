"""Parse and solve a large rpm-md repository: lsrepo beside libsolv and dnf, on the same data in the same run.

rpm_resolve.py SMALL REQUEST…     SMALL is a folder with repodata, of which rpm_universe.py makes a large one

Needs python3-solv (in the system's Python) and cargo; dnf is measured where it is installed. Fails where the packages
picked are not the same, or where lsrepo takes more CPU to parse and solve than libsolv, or than 0.3 of dnf's command,
or more than 200 MiB.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from measure import best

PROJECT = pathlib.Path(__file__).resolve().parents[2]
WORK = pathlib.Path(os.environ.get("BENCH", tempfile.gettempdir() + "/lsrepo-bench"))
LIBSOLV = """
import solv, sys
pool = solv.Pool()
pool.setdisttype(solv.Pool.DISTTYPE_RPM)
pool.setarch("x86_64")
pool.set_flag(solv.Pool.POOL_FLAG_IMPLICITOBSOLETEUSESCOLORS, 1)
repo = pool.add_repo("big")
repo.add_rpmmd(solv.xfopen(sys.argv[1] + "/repodata/primary.xml.gz"), None)
pool.addfileprovides()
pool.createwhatprovides()
jobs = []
for name in sys.argv[2:]:
    jobs += pool.select(name, solv.Selection.SELECTION_NAME).jobs(solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_FORCEBEST)
solver = pool.Solver()
solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
problems = solver.solve(jobs)
if problems:
    sys.exit(str(problems[0]))
for package in solver.transaction().newsolvables():
    print(package)
"""


def listed(big):
    """The repomd.xml that a client begins with."""
    primary = (big / "repodata/primary.xml.gz").read_bytes()
    (big / "repodata/repomd.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>'
        f'<data type="primary"><checksum type="sha256">{hashlib.sha256(primary).hexdigest()}</checksum>'
        f'<location href="repodata/primary.xml.gz"/><timestamp>1</timestamp><size>{len(primary)}</size></data></repomd>\n')


def beside_dnf(big, requests):
    """Both commands as a whole, from the repository's files to the answer, neither with a cache. Gives dnf's cost."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "lsrepo"], cwd=PROJECT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    listed(big)
    with tempfile.TemporaryDirectory() as work:
        fresh = lambda: [shutil.rmtree(f"{work}/{name}", ignore_errors=True) for name in ("home", "cache", "root")]
        dnf = ["dnf", "--noplugins", f"--installroot={work}/root", f"--repofrompath=big,file://{big}", "--repo=big",
               f"--setopt=cachedir={work}/cache", "--setopt=reposdir=/dev/null", "--setopt=install_weak_deps=False", "--nogpgcheck",
               "--releasever=9", "--forcearch=x86_64", "--assumeno", "install", *requests]
        # what it was told not to do is an error to dnf
        there = best(f"{' '.join(dnf)} >{work}/out 2>&1; grep -q '^Install .* Packages' {work}/out", before=fresh)
        ours = [target / "release/lsrepo", "--quiet", f"--home={work}/home", "resolve", "--source", f"file://{big}", "--base=none"]
        here = best([*ours, *(f"--package={name}" for name in requests)], before=fresh)
    print(f"lsrepo resolve  {here}\ndnf install     {there}\nratio   {here.cpu / there.cpu:.2f}")
    return there


def output(command):
    return sorted(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split())


def main(small, requests):
    big = WORK / "rpm-universe"
    # In a process of its own: what this one has had in memory counts as its children's peak.
    subprocess.run([sys.executable, pathlib.Path(__file__).with_name("rpm_universe.py"), small, big], check=True)
    subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "lsrepo-resolve", "--example", "rpm_closure"], cwd=PROJECT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    ours = [target / "release/examples/rpm_closure", big, "--", *requests]
    peer = ["/usr/bin/python3", "-c", LIBSOLV, big, *requests]
    here, there = output(ours), output(peer)
    print(f"{len(here)} packages, {'the same' if here == there else 'not the same'}")
    cost, other = best(ours), best(peer)
    print(f"lsrepo  {cost}\nlibsolv {other}\nratio   {cost.cpu / other.cpu:.2f}")
    dnf = beside_dnf(big, requests) if shutil.which("dnf") else None
    if dnf:
        print(f"parse and solve alone: {cost.cpu / dnf.cpu:.2f} of dnf's")
    sys.exit(0 if here == there and cost.cpu <= min(other.cpu, 0.3 * dnf.cpu if dnf else other.cpu) and cost.memory <= 200 else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
