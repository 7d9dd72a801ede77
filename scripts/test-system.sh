#!/usr/bin/env bash
# The checks on a whole system: real packages from this machine's apt sources, real clients, a host behind an air
# gap, power that fails. What this machine cannot do is skipped with a reason.
#
#   scripts/test-system.sh [CHECK …]     default: all of those below; other checks of `deploy-…` take longer, and are asked for by name
set -euo pipefail
cd "$(dirname "$0")/.."
# As fast to build as to run: what is released is linked as a whole, which takes minutes.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2
# one after the other: together they would have what the other one asks of their dependencies, and be built again for each alone
for program in lsrepo lambdastack; do cargo build --locked --quiet --release --package "$program"; done
built=${CARGO_TARGET_DIR:-$PWD/target}/release
export LSREPO=${LSREPO:-$built/lsrepo} LAMBDASTACK=${LAMBDASTACK:-$built/lambdastack}
all=(quickstart closure stack airgap rpm hostile bundle archive service scale-out lambdastack-paths oci registry-serve image-archive image-push registry-config client page module-source image-registry)
# check NAME: told with its time
check() {
  local started=$SECONDS
  printf '\n== %s\n' "$1"
  case $1 in
    quickstart) bash scripts/quickstart.sh ;;
    *) bash "scripts/system/$1.sh" ;;
  esac
  printf '== %s: %d s\n' "$1" "$((SECONDS - started))"
}
beside=
# ended, told and forgotten
tell() {
  if [ -n "$beside" ]; then kill "$beside" 2>/dev/null || :; fi
  cat "$log"
  rm -f "$log"
}
if [ $# = 0 ]; then
  set -- "${all[@]}"
  # it mostly waits for hosts and for Ansible: beside the others, and told after them
  log=$(mktemp)
  trap tell EXIT
  printf '\n== deploy, beside the others\n' >"$log"
  bash scripts/system/deploy.sh >>"$log" 2>&1 &
  beside=$!
fi
for name; do check "$name"; done
if [ -n "$beside" ]; then
  wait "$beside"
  beside=
fi
