#!/usr/bin/env bash
# The checks on a whole system: real packages from this machine's apt sources, real clients, a host behind an air
# gap, power that fails. What this machine cannot do is skipped with a reason.
#
#   scripts/test-system.sh [CHECK …]     default: all of those below; other checks of `deploy-…` take longer, and are asked for by name
set -euo pipefail
cd "$(dirname "$0")/.."
# As fast to build as to run: what is released is linked as a whole, which takes minutes.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2
cargo build --locked --quiet --release --package lsrepo
export LSREPO=${LSREPO:-${CARGO_TARGET_DIR:-$PWD/target}/release/lsrepo}
all=(quickstart closure stack airgap rpm hostile bundle archive service scale-out lambdastack-paths oci registry-serve image-archive image-push registry-config client page module-source image-registry deploy)
if [ $# = 0 ]; then set -- "${all[@]}"; fi
for check; do
  started=$SECONDS
  printf '\n== %s\n' "$check"
  case $check in
    quickstart) bash scripts/quickstart.sh ;;
    *) bash "scripts/system/$check.sh" ;;
  esac
  printf '== %s: %d s\n' "$check" "$((SECONDS - started))"
done
