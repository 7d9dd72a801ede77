#!/usr/bin/env bash
# The main job with real clients: a fresh Debian root in a network namespace that reaches only `lsrepo serve`
# installs a stack from it; nothing in the carried repository is broken for dose-debcheck.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes network namespaces'
need ip mmdebstrap unshare dose-debcheck curl python3
build lsrepo
workspace airgap
closed_network 10.78.0

main=$(debian_uri main) security=$(debian_uri security)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
wanted=(postgresql rabbitmq-server haproxy nginx prometheus openjdk-17-jre-headless)

step "prepare, export: ${wanted[*]}, for both architectures"
mkdir "$work/visit"
cd "$work/visit"
asked=("${wanted[@]/#/--package=}")
LSREPO_HOME=$work/online "$lsrepo" prepare --os debian-12 --arch x86_64,arm64 "${asked[@]}"
LSREPO_HOME=$work/online "$lsrepo" export -o bundle.tar.zst
LSREPO_HOME=$work/online "$lsrepo" key export >key.asc

step 'import on the other machine, serve into the closed network'
export LSREPO_HOME=$work/offline
"$lsrepo" key trust key.asc
"$lsrepo" import bundle.tar.zst
"$lsrepo" inspect bundle.tar.zst
ip netns exec "$repo" "$lsrepo" serve --listen 10.78.0.1:8080 >"$work/serve.log" 2>&1 &
background+=($!)
url=$(served "$work/serve.log")

step 'a host with nothing but a minimal system'
mmdebstrap --quiet --variant=minbase --customize-hook='rm -rf "$1"/etc/apt/sources.list*' bookworm "$work/root" \
  "deb $main bookworm main" "deb $main bookworm-updates main" "deb ${security:-$main} bookworm-security main"
mkdir -p "$work/root/etc/apt/sources.list.d"
cp "$work/root/var/lib/dpkg/status" "$work/root.status"
cat >"$work/enter" <<'ENTER'
set -e
root=$1
shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mkdir -p "$root/run/lock"
: >"$root/etc/resolv.conf"
hostname closed
echo '127.0.0.1 localhost closed' >"$root/etc/hosts"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive "$@"
ENTER
on_host() { inside unshare --mount --pid --fork --uts --ipc --kill-child sh "$work/enter" "$work/root" "$@"; }

step 'apt-get update, install'
inside curl -fsS "$url/setup/debian-12.sh" -o "$work/root/setup.sh"
on_host sh /setup.sh
on_host apt-get update 2>&1 | tee "$work/update.log"
! grep -E '^[WE]:' "$work/update.log" || fail 'apt-get update warns'
printf 'exit 101\n' >"$work/root/usr/sbin/policy-rc.d"
chmod +x "$work/root/usr/sbin/policy-rc.d"
on_host apt-get -qq -y --no-install-recommends install "${wanted[@]}" >"$work/install.log" 2>&1 ||
  { tail -n 30 "$work/install.log"; fail 'apt-get install'; }
! grep -E '^[WE]:' "$work/install.log" || fail 'apt-get install warns'
on_host dpkg --audit | grep . && fail 'dpkg finds something unfinished'
on_host dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' "${wanted[@]}"

step 'PostgreSQL answers'
answer=$(on_host sh -c 'pg_ctlcluster 15 main start && su postgres -c "psql -Atc \"select 1\"" && pg_ctlcluster 15 main stop -m fast')
[ "$answer" = 1 ] || fail "select 1 gave: $answer"
on_host sh -c 'java -version 2>&1 | head -n 1; haproxy -v | head -n 1; nginx -v 2>&1; prometheus --version 2>&1 | head -n 1'

step 'arm64: everything downloads, and is what was signed'
printf 'deb [signed-by=%s] %s debian-12 main\n' "$work/key.asc" "$url/apt/debian-12" >"$work/arm64.list"
inside curl -fsS "$url/keys/lsrepo.asc" -o "$work/key.asc"
printf 'deb %s bookworm main\n' "$main" >"$work/upstream.list"
apt_root "$work/upstream" arm64 "$work/upstream.list"
APT_CONFIG=$work/upstream/apt.conf apt-get -qq update
APT_CONFIG=$work/upstream/apt.conf apt-cache dumpavail >"$work/upstream/available"
apt_root "$work/arm64" arm64 "$work/arm64.list"
APT_CONFIG=$work/upstream/apt.conf python3 "$project/scripts/system/base.py" "$work/upstream" >"$work/arm64/status"
export APT_CONFIG=$work/arm64/apt.conf
inside apt-get update 2>&1 | tee "$work/arm64.log"
! grep -E '^[WE]:' "$work/arm64.log" || fail 'apt-get update warns'
inside apt-get -qq -y --no-install-recommends --download-only install "${wanted[@]}" >"$work/arm64.log" 2>&1 ||
  { tail -n 30 "$work/arm64.log"; fail 'apt-get install --download-only'; }
find "$work/arm64/cache/archives" -name '*.deb' | wc -l
unset APT_CONFIG

step 'dose-debcheck: nothing is broken'
inside curl -fsS "$url/apt/debian-12/dists/debian-12/main/binary-arm64/Packages" -o "$work/Packages.arm64"
inside curl -fsS "$url/apt/debian-12/dists/debian-12/main/binary-amd64/Packages" -o "$work/Packages.amd64"
dose-debcheck --deb-native-arch=arm64 --failures --explain --fg "$work/Packages.arm64" --bg "$work/arm64/status"
dose-debcheck --deb-native-arch=amd64 --failures --explain --fg "$work/Packages.amd64" --bg "$work/root.status"
step 'done'
