#!/usr/bin/env bash
# The main job on this machine, with nothing set up before: builds lsrepo, prepares a small real set from this
# machine's own apt sources, exports it, imports it into a second home, serves it, and fetches a package back.
#
#   scripts/quickstart.sh [PACKAGE …]     default: the module `tools`
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*" | sed "s|$work|DIR|g; s|$lsrepo|lsrepo|g"; "$@"; }

step '1. build'
cargo build --locked --release --package lsrepo
lsrepo=${CARGO_TARGET_DIR:-$PWD/target}/release/lsrepo
work=$(mktemp -d "${TMPDIR:-/tmp}/lsrepo-quickstart.XXXXXX")
server=
end() {
  [ -z "$server" ] || { kill "$server" && wait "$server" || :; } 2>/dev/null
  rm -rf "$work"
}
trap end EXIT
cd "$work"

asked=()
for package; do asked+=(--package "$package"); done
[ ${#asked[@]} -gt 0 ] || asked=(--module tools)

step '2. prepare: resolve, lock and download, from the sources of this machine'
export LSREPO_HOME=$work/online
show "$lsrepo" prepare "${asked[@]}"
show "$lsrepo" export --output bundle.tar.zst
"$lsrepo" key export >key.asc
show "$lsrepo" inspect bundle.tar.zst

step '3. on the other side: trust the key that was carried along, import'
export LSREPO_HOME=$work/offline
show "$lsrepo" key trust key.asc
show "$lsrepo" import bundle.tar.zst

step '4. serve'
printf '$ lsrepo serve --listen 127.0.0.1:0 &\n'
: >serve.log
"$lsrepo" serve --listen 127.0.0.1:0 >serve.log 2>&1 &
server=$!
for _ in $(seq 100); do
  url=$(sed -n 's|^listening on \(.*\)/$|\1|p' serve.log)
  [ -z "$url" ] || break
  sleep 0.1
done
cat serve.log
[ -n "$url" ] || exit 1

step '5. a client: the key, the signed index, a package'
get() { curl -fsS "$url/$1" -o "$2"; }
get keys/lsrepo.gpg lsrepo.gpg
os=$(curl -fsS "$url/" | sed -n 's|.*href="/apt/\([^/]*\)/".*|\1|p' | head -n 1)
get "apt/$os/dists/$os/InRelease" InRelease
if command -v gpgv >/dev/null; then
  show gpgv --keyring ./lsrepo.gpg --output Release InRelease
else
  printf 'skipped: gpgv is not installed, the signature is not looked at\n'
  cp InRelease Release
fi
index=$(sed -n 's|^ \([0-9a-f]\{64\}\) *\([0-9]*\) \(main/binary-[a-z0-9]*/Packages\)$|\1 \3|p' Release | grep -v binary-all | head -n 1)
get "apt/$os/dists/$os/${index#* }" Packages
printf '%s  Packages\n' "${index% *}" | sha256sum --check
file=$(sed -n 's/^Filename: //p' Packages | head -n 1)
digest=$(sed -n 's/^SHA256: //p' Packages | head -n 1)
get "apt/$os/$file" package.deb
printf '%s  package.deb\n' "$digest" | sha256sum --check
show dpkg-deb --show package.deb

step 'done: a host that reaches this server runs'
printf 'curl -fsSO %s/setup/%s.sh && sh %s.sh && apt-get update\n' "$url" "$os" "$os"
