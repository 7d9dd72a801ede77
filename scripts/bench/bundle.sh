#!/usr/bin/env bash
# Bundles of a given size: time, disk, memory and bytes read and written of each stage, beside cp, sha256sum, zstd and tar.
#
#   scripts/bench/bundle.sh [GIGABYTES [export]]     default: 1 and everything; needs four times that on the disk of $BENCH (default: <tmp>)
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
need python3 curl zstd openssl
build lsrepo
export LSREPO=$lsrepo
exec python3 "$project/scripts/bench/bundle.py" "${1:-1}" "${@:2}"
