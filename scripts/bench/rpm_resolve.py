"""Parse and solve a large rpm-md repository: lsrepo beside libsolv, on the same data in the same run.

rpm_resolve.py SMALL REQUEST…     SMALL is a folder with repodata, of which rpm_universe.py makes a large one

Needs python3-solv (in the system's Python) and cargo. Fails where the packages picked are not the same, or where
lsrepo takes more CPU than libsolv or more than 200 MiB.
"""

import os
import pathlib
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
    sys.exit(0 if here == there and cost.cpu <= other.cpu and cost.memory <= 200 else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
