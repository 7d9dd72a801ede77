#!/usr/bin/env bash
# The closure, by others: for many requests, the packages lsrepo picks are those that apt itself would install
# on a host with the same base.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need apt-get python3
build lsrepo
workspace closure
main=$(debian_uri main)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
security=$(debian_uri security)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || skip "$keyring is not there"

# platform OS CODENAME ARCH REQUESTS
platform() {
  local root=$work/$1-$3
  {
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$main" "$2" "$keyring" "$main" "$2-updates"
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "${security:-$main}" "$2-security"
  } >"$work/$1.list"
  apt_root "$root" "$3" "$work/$1.list"
  APT_CONFIG=$root/apt.conf apt-get -qq update || skip "the archive has no usable $2"
  APT_CONFIG=$root/apt.conf apt-cache dumpavail >"$root/available"
  python3 "$(dirname "$0")/closure.py" --lsrepo "$lsrepo" --root "$root" --os "$1" --arch "$3" \
    --sources "$work/$1.list" --requests "$4" --home "$work/home"
}

here=$(cd "$(dirname "$0")" && pwd)
platform debian-12 bookworm amd64 "$here/requests-bookworm.txt"
platform debian-13 trixie amd64 "$here/requests-other.txt"
platform debian-12 bookworm arm64 "$here/requests-other.txt"
