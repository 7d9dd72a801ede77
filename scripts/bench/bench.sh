#!/usr/bin/env bash
# lsrepo and its peers on the same data in the same run: resolve, fetch, index, export, import, no-op.
#
#   scripts/bench/bench.sh [resolve|fetch|index|carry|noop …]     default: all; about 1 GB is downloaded once
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
need python3 curl apt-get
build lsrepo
export LSREPO=$lsrepo
exec python3 "$project/scripts/bench/bench.py" "$(debian_uri main)" "$(debian_uri security)" "$@"
