#!/usr/bin/env bash
# Metadata of about 1,000 packages, beside createrepo_c in the same run.
#
#   scripts/bench/rpm.sh [FOLDER]     packages to measure; default: made by rpm-packages.py, about 1 GB, once
#
# Asked for: from package files at most 0.9 × the CPU of createrepo_c, from records at most 0.1 s.
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
need python3 rpmbuild createrepo_c
folder=${1:-${TMPDIR:-/tmp}/lsrepo-bench-rpms}
[ -d "$folder" ] || python3 "$project/scripts/bench/rpm-packages.py" "$folder"
(cd "$project" && cargo build --locked --quiet --release --package lsrepo-publish --example yum_metadata)
export METADATA=${CARGO_TARGET_DIR:-$project/target}/release/examples/yum_metadata
exec python3 - "$folder" "$project/scripts/bench" <<'PYTHON'
import os, pathlib, shutil, subprocess, sys, tempfile
folder, bench = sys.argv[1:]
sys.path.insert(0, bench)
from measure import best, row
ours = os.environ["METADATA"]
print(f"{len(list(pathlib.Path(folder).glob('*.rpm')))} packages, {sum(path.stat().st_size for path in pathlib.Path(folder).glob('*.rpm')) >> 20} MiB")
with tempfile.TemporaryDirectory() as out:
    repodata = pathlib.Path(folder, "repodata")
    fresh = lambda: shutil.rmtree(repodata, ignore_errors=True)
    command = ["createrepo_c", "-q", "--no-database", "--general-compress-type", "gz", "--workers", "2", folder]
    peer = row("createrepo_c, gz, 2 workers", best(command, 3, before=fresh))
    fresh()
    row("from package files", best([ours, "packages", folder, out], 3), peer)
    row("from records, with reading them", best([ours, "records", out], 3), peer)
    print("  CPU seconds of the steps:")
    print(subprocess.run([ours, "records", out], capture_output=True, text=True, check=True).stdout.replace("parsed", "    read the records     ").replace("published", "    publish from records ").rstrip())
PYTHON
