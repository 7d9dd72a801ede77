#!/usr/bin/env bash
# How small a bundle gets, and what that takes on both sides, beside what the plain tools make of the same bytes: the bundle as it
# is, zstd over that, and zstd over what is in the layers, which cannot give the layers back.
#
#   scripts/bench/archive.sh [LEVEL …]     default: 3 9 19; layers of this machine's /usr, compressed by gzip -6
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
need gzip zstd tar python3
build lsrepo
workspace bench-archive
cd "$work"
[ $# -gt 0 ] || set -- 3 9 19

# Three layers of about 100 MB each
at=0
for folder in /usr/lib/x86_64-linux-gnu /usr/lib/aarch64-linux-gnu /usr/bin /usr/share /usr/lib/python3 /usr/lib/git-core; do
  if [ ! -d "$folder" ] || [ $at = 3 ]; then continue; fi
  at=$((at + 1))
  # What is behind the first 100 MB is not waited for.
  { tar -c -C / "${folder#/}" 2>/dev/null || :; } | head -c 100000000 >"plain-$at"
  gzip -6 -n -c "plain-$at" >"layer-$at.tar.gz"
done
export LSREPO_HOME=$work/near
files=()
for layer in layer-*.tar.gz; do files+=(--file "$layer"); done
"$lsrepo" prepare --no-progress --os debian-12 --arch x86_64 "${files[@]}" 2>/dev/null

# timed COMMAND …: sets $seconds and $memory (MiB)
timed() {
  /usr/bin/env python3 - "$@" 2>figures <<'PY'
import resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(f"{time.monotonic() - started:.1f} {peak}", file=sys.stderr)
sys.exit(done.returncode)
PY
  read -r seconds memory <figures
}
row() { printf '%-42s %12d bytes  %5.3f  %s\n' "$1" "$2" "$(python3 -c "print($2 / $layers)")" "${3:-}"; }

layers=$(cat layer-*.tar.gz | wc -c)
echo "layers: $layers bytes, $(cat plain-* | wc -c) plain; $(nproc) cores"
timed "$lsrepo" export --no-progress --no-tools -o stored.tar.zst
row 'export' "$(stat -c %s stored.tar.zst)" "$seconds s, $memory MiB"
for level; do
  timed zstd -q -f -"$level" -T0 --long=27 stored.tar.zst -o again.zst
  row "zstd -$level over that" "$(stat -c %s again.zst)" "$seconds s, $memory MiB"
  cat plain-* >plain
  timed zstd -q -f -"$level" -T0 --long=27 plain -o plain.zst
  row "zstd -$level over what is in the layers" "$(stat -c %s plain.zst)" "$seconds s, $memory MiB"
  timed "$lsrepo" export --no-progress --no-tools --level "archive=$level" -o small.tar.zst
  row "export --level archive=$level" "$(stat -c %s small.tar.zst)" "$seconds s, $memory MiB"
  rm -rf far
  timed env LSREPO_HOME="$work/far" "$lsrepo" import --no-progress --trust-on-first-use small.tar.zst
  row '  import' "$(stat -c %s small.tar.zst)" "$seconds s, $memory MiB"
  for layer in layer-*.tar.gz; do
    cmp "$layer" "far/blobs/sha256/$(sha256sum "$layer" | cut -d' ' -f1)"
  done
done
