#!/usr/bin/env bash
# `lsrepo client` with real clients behind an air gap, over plain http and over TLS with an authority of its own: apt, curl,
# podman, skopeo, containerd, docker and dnf work on hosts that it set up, and after a revert /etc is what it was, also where
# set-up and revert were killed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes network namespaces'
need ip mmdebstrap unshare nsenter timeout curl openssl skopeo podman buildah containerd ctr dockerd docker \
  docker-registry dnf rpm rpmbuild rpmsign createrepo_c modifyrepo_c gpg python3 cc
build lsrepo
main=$(debian_uri main) security=$(debian_uri security)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
workspace client
closed_network 10.78.3
podman_here
plain=http://10.78.3.1:8080 secure=https://repo.test:8443

step 'something of each kind: Debian and RPM packages, images of two registries'
cd "$work"
bash "$project/scripts/system/rpm-set.sh" "$work/set" >/dev/null
two_architectures app
root_digest=$(sed 's/.*"digest":"\([^"]*\)".*/\1/' app/index.json)
registry_here upstream
for name in library/app org/app; do
  skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$registry/hub/$name:1"
done
export LSREPO_HOME=$work/home
"$lsrepo" prepare --os debian-12 --arch x86_64 --no-progress --package hello,curl,ca-certificates --image app:1 \
  --image quay.io/org/app:1 --registry-mirror "docker.io=$registry/hub" --registry-mirror "quay.io=$registry/hub"
# shellcheck disable=SC2016  # lsrepo's own variable
"$lsrepo" prepare --os almalinux-9 --arch x86_64 --no-progress --base none --lock-file rpm.lock --package newdb \
  --source "rpm [id=set,gpgkey=$work/set/key.asc,repo_gpgcheck=1] file://$work/set/\$basearch"
"$lsrepo" key generate >/dev/null 2>&1
"$lsrepo" key export >key.asc

step 'a server that speaks plain http and, with an authority of its own, TLS'
"$lsrepo" --quiet tls init --name repo.test --name 10.78.3.1 >/dev/null
ip netns exec "$repo" "$lsrepo" serve --config /dev/null --listen 10.78.3.1:8080 --listen https://10.78.3.1:8443 >serve.log 2>&1 &
background+=($!)
wait_for test -e serve.log
served serve.log >/dev/null
mkdir tls
"$lsrepo" tls export >tls/ca.crt
chmod 755 "$work"
wait_for inside curl -fsS --cacert tls/ca.crt --resolve repo.test:8443:10.78.3.1 "$secure/healthz"
fingerprint=$(openssl x509 -in tls/ca.crt -noout -fingerprint -sha256 | cut -d= -f2)

# as_it_was FOLDER BEFORE: the same names, contents, modes, owners and links
as_it_was() {
  diff -r --no-dereference "$2" "$1" || fail "$1 is not what it was"
  diff <(cd "$2" && find . -printf '%P %y %m %U %G %l\n' | sort) <(cd "$1" && find . -printf '%P %y %m %U %G %l\n' | sort) ||
    fail "modes or owners below $1 are not what they were"
}
quiet() { "$@" >quiet.log 2>&1 || { cat quiet.log; fail "$*"; }; }

step 'a bare Debian over http: apt'
# shellcheck disable=SC2016  # mmdebstrap's own variable
mmdebstrap --quiet --variant=minbase --customize-hook='rm -f "$1"/etc/resolv.conf "$1"/etc/hostname' bookworm root \
  "deb $main bookworm main" "deb $main bookworm-updates main" "deb ${security:-$main} bookworm-security main"
printf '127.0.0.1 localhost\n10.78.3.1 repo.test\n' >root/etc/hosts
: >root/etc/resolv.conf
cat >enter <<'ENTER'
set -e
root=$1
shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
ENTER
on_host() { inside unshare --mount --pid --fork --kill-child sh "$work/enter" "$work/root" "$@"; }
# outside COMMAND …: beside the root, but in its network, with the name of the server and with its devices
cat >beside <<'BESIDE'
set -e
mount --make-rprivate /
mount --bind "$1/etc/hosts" /etc/hosts
mount --rbind /dev "$1/dev"
shift
exec "$@"
BESIDE
outside() { inside unshare --mount sh "$work/beside" "$work/root" "$@"; }
client() { outside "$lsrepo" client "$@" --root "$work/root"; }
update() {
  on_host apt-get update >update.log 2>&1 || { cat update.log; fail 'apt-get update'; }
  ! grep -E '^[WE]:' update.log || fail 'apt-get update warns'
  ! grep -vE '^(Hit|Get|Reading|Fetched|Ign)' update.log | grep -i 'http' || fail 'apt asks somebody else'
}
cp -a root/etc etc.bare
client apply --url "$plain" --dry-run >dry.diff
grep -q '^+Suites: debian-12' dry.diff || fail 'the dry run shows nothing'
as_it_was root/etc etc.bare
client apply --url "$plain"
client status
update
client revert
as_it_was root/etc etc.bare
client apply --url "$plain"
update
quiet on_host apt-get -y --no-install-recommends install curl ca-certificates
client revert
cp -a root/etc etc.before

step 'the same over TLS, by the fingerprint of the authority, and as curl | sh: apt, curl'
if client apply --url "$secure" 2>refused.log; then fail 'it believed an unknown authority'; fi
grep -q -- '--ca-sha256 HEX' refused.log || { cat refused.log; fail 'no word of --ca'; }
if client apply --url "$secure" --ca-sha256 "${fingerprint//[0-9]/0}" 2>refused.log; then fail 'it believed another authority'; fi
grep 'no certificate there has the fingerprint' refused.log
client apply --url "$secure" --ca-sha256 "$fingerprint"
client status -o json | python3 -c 'import json, sys; status = json.load(sys.stdin); assert status["intact"] and not status["keep"], status'
update
grep -q "$secure" update.log || fail 'apt asked another server'
quiet on_host apt-get -y install hello
on_host hello
on_host curl -fsS "$secure/healthz"
client revert
if on_host curl -fsS "$secure/healthz" 2>/dev/null; then fail 'the authority is still known'; fi
as_it_was root/etc etc.before
cp tls/ca.crt root/root/ca.crt
on_host sh -c "curl -fsS --cacert /root/ca.crt $secure/setup/debian-12.sh | sh"
on_host curl -fsS "$secure/healthz"
rm root/root/ca.crt
on_host sh /var/lib/lsrepo-client/setup.sh --status >/dev/null

step 'killed at many moments, with the real tool for authorities'
cp root/var/lib/lsrepo-client/setup.sh set-up.sh
cp -a root/etc etc.after
killed=0
for moment in 0.05 0.2 0.35 0.5 0.7 0.9 1.1 1.4 1.7 2.1 2.6 3.2; do
  for word in '' --revert; do
    LSREPO_ROOT=$work/root outside timeout --signal KILL "$moment" sh set-up.sh ${word:+$word} >/dev/null 2>&1 || killed=$((killed + 1))
  done
done
printf '%s runs were killed\n' "$killed"
[ "$killed" -ge 6 ] || fail 'too few runs were killed'
LSREPO_ROOT=$work/root quiet outside sh set-up.sh
as_it_was root/etc etc.after
for changes in 3 9 15 21 27 33 39 45; do
  LSREPO_STOP_AFTER=$changes LSREPO_ROOT=$work/root outside sh set-up.sh --revert >/dev/null 2>&1 || :
  LSREPO_ROOT=$work/root quiet outside sh set-up.sh --revert
  as_it_was root/etc etc.before
  LSREPO_STOP_AFTER=$changes LSREPO_ROOT=$work/root outside sh set-up.sh >/dev/null 2>&1 || :
  LSREPO_ROOT=$work/root quiet outside sh set-up.sh
  as_it_was root/etc etc.after
done
client revert
as_it_was root/etc etc.before
[ ! -e root/var/lib/lsrepo-client ] || fail 'the journal is still there'

step 'this machine with all its container tools, in a namespace where nothing of it is changed'
mkdir over
cat >machine <<'MACHINE'
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
for folder in etc var/lib var/cache usr/local; do
  mkdir -p "$1/$folder/up" "$1/$folder/work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$1/$folder/up,workdir=$1/$folder/work" "/$folder"
done
: >/etc/resolv.conf
printf '127.0.0.1 localhost\n10.78.3.1 repo.test\n' >/etc/hosts
mkdir -p /etc/pki/rpm-gpg /etc/yum.repos.d
cp -a /etc "$1/before"
: >"$1/ready"
exec sleep infinity
MACHINE
# `ip netns exec` would hide the control groups, which docker needs
nsenter --net="/run/netns/$host" unshare --mount sh machine "$work/over" &
holder=$!
background+=("$holder")
within=(nsenter --target "$holder" --mount --net --wd="$work")
here() { "${within[@]}" "$@"; }
wait_for here test -e "$work/over/ready"
unset CONTAINERS_REGISTRIES_CONF
for url in "$plain" "$secure"; do
  trusting=()
  [ "$url" = "$plain" ] || trusting=(--ca "$work/tls/ca.crt")
  step "there, over ${url%%:*}: apt, podman, skopeo, containerd, docker, curl"
  here "$lsrepo" client apply --url "$url" "${trusting[@]}"
  here "$lsrepo" client status
  here apt-get update >update.log 2>&1 || { cat update.log; fail 'apt-get update'; }
  ! grep -E '^[WE]:' update.log || fail 'apt-get update warns'
  here curl -fsS "$url/healthz"
  for name in docker.io/library/app quay.io/org/app "${url#*://}/quay.io/org/app"; do
    quiet here podman pull --quiet "$name:1"
    podman rmi --force "$name:1" >/dev/null 2>&1 || :
    here skopeo inspect --raw "docker://$name:1" >raw
    [ "$(digest_of raw)" = "$root_digest" ] || fail "skopeo: $name has another digest"
  done
  here containerd config dump | grep -q "config_path = ['\"]/etc/containerd/certs.d['\"]" || fail 'containerd does not look there'
  rm -rf containerd
  mkdir containerd
  "${within[@]}" containerd --address "$work/containerd/sock" --root "$work/containerd/root" --state "$work/containerd/state" >containerd/log 2>&1 &
  daemon=$!
  background+=("$daemon")
  wait_for ctr_here version
  for name in docker.io/library/app quay.io/org/app; do
    quiet here ctr --address "$work/containerd/sock" images pull --snapshotter native --hosts-dir /etc/containerd/certs.d "$name:1"
    [ "$(ctr_here images ls | awk -v name="$name:1" '$1 == name { print $3 }')" = "$root_digest" ] || fail "containerd: $name"
  done
  kill "$daemon"
  wait "$daemon" || :
  rm -rf docker
  mkdir docker
  "${within[@]}" dockerd --data-root "$work/docker/root" --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" --storage-driver vfs \
    --host "unix://$work/docker/sock" --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    >docker/log 2>&1 &
  daemon=$!
  background+=("$daemon")
  wait_for docker_here version
  quiet docker_here pull --quiet app:1
  docker_here image inspect --format '{{json .RepoDigests}}' app:1 | grep -q "$root_digest" || fail 'docker has another digest'
  quiet docker_here pull --quiet "${url#*://}/quay.io/org/app:1"
  kill "$daemon"
  wait "$daemon" || :
  here umount "$work/docker/exec/netns/default" 2>/dev/null || :

  step "dnf, over ${url%%:*}"
  rm -rf dnf
  mkdir -p dnf/etc/yum.repos.d dnf/etc/dnf dnf/var/lib
  printf '[vendor]\nbaseurl=http://vendor.example/\n' >dnf/etc/yum.repos.d/vendor.repo
  cp -a dnf/etc dnf.before
  LSREPO_ANY_OS=1 here "$lsrepo" client apply --root "$work/dnf" --os almalinux-9 --url "$url" "${trusting[@]}"
  # shellcheck disable=SC2016  # of that shell
  here sh -c 'cp -r "$0"/etc/pki/rpm-gpg/. /etc/pki/rpm-gpg/ && cp "$0"/etc/yum.repos.d/* /etc/yum.repos.d/' "$work/dnf"
  quiet here dnf -y --disableplugin=local --installroot="$work/dnf" --releasever=9 --forcearch=x86_64 --setopt=reposdir=/etc/yum.repos.d \
    --setopt=cachedir="$work/cache" --setopt=install_weak_deps=False --setopt=module_platform_id=platform:el9 install newdb
  here sh -c 'rm /etc/yum.repos.d/lsrepo.repo /etc/yum.repos.d/vendor.repo /etc/pki/rpm-gpg/lsrepo*'
  rpm --root "$work/dnf" -q newdb
  rm -rf cache
  here "$lsrepo" client revert --root "$work/dnf"
  diff -r dnf.before/yum.repos.d dnf/etc/yum.repos.d
  [ ! -e dnf/etc/lsrepo ] || fail 'the authority is still there'
  rm -rf dnf.before
done
# from TLS back to plain http, and back to nothing
here "$lsrepo" client apply --url "$plain"
here "$lsrepo" client status | head -n 2
here "$lsrepo" client revert
here bash -c "$(declare -f as_it_was fail); as_it_was /etc '$work/over/before'"
step 'done'
