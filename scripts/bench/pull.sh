#!/usr/bin/env bash
# An image of ten layers, 1.1 GB, from Debian's docker-registry into a store of ours, beside skopeo into a folder and into
# an image layout: wall and CPU seconds, peak memory. Then the same again, where nothing is new.
#
#   scripts/bench/pull.sh [RUNS]     of each, in turn; default 3
#
# Asked for: at most 1.0 × skopeo's best wall, at most 2.0 CPU s.
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/clients.sh"
need python3 skopeo docker-registry curl
build lsrepo
workspace bench-pull
podman_here
registry_here up
step 'an image of ten layers, 1.1 GB'
python3 "$project/scripts/bench/registry_image.py" "$work/big" 10 113000000
skopeo copy -q --preserve-digests --dest-tls-verify=false "oci:$work/big:1" "docker://$registry/bench/big:1"
rm -rf "$work/big"
# Into the page cache, which is what is measured against.
cat "$work"/up/data/docker/registry/v2/blobs/sha256/*/*/data >/dev/null
cd "$work"
step 'in turn'
PYTHONPATH=$project/scripts/bench python3 "$project/scripts/bench/pull.py" "$lsrepo" "$registry/bench/big:1" "${1:-3}"
