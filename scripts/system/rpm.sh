#!/usr/bin/env bash
# The RPM road with real clients: a signed set of packages goes prepare → export → import → serve, and dnf behind an
# air gap installs from it, with every signature checked. What must not pass is tried as well.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes network namespaces'
need ip unshare curl dnf rpm rpmbuild rpmsign createrepo_c modifyrepo_c gpg gpgv
build lsrepo
workspace rpm
closed_network 10.78.1

bash "$(dirname "$0")/rpm-set.sh" "$work/set"
# shellcheck disable=SC2016  # lsrepo's own variable
source="rpm [id=set,gpgkey=$work/set/key.asc,repo_gpgcheck=1] file://$work/set/\$basearch"

step 'prepare for two architectures, export'
mkdir "$work/visit"
cd "$work/visit"
wanted=(--package @web --package newdb --package webd-doc --package stream)
online=(env LSREPO_HOME="$work/online" "$lsrepo")
"${online[@]}" prepare --os almalinux-9 --arch x86_64,arm64 --base none --source "$source" "${wanted[@]}"
# the clients of this one know neither zstd nor elliptic curves
"${online[@]}" prepare --os centos-7 --arch x86_64 --base none --source "$source" --package newdb --package webd-plain
"${online[@]}" prepare --locked
cp lsrepo.lock before.lock
"${online[@]}" prepare
cmp before.lock lsrepo.lock || fail 'another lock without a reason'
"${online[@]}" export -o bundle.tar.zst
"${online[@]}" key export >key.asc

step 'what is not as it should be is refused'
refused() {
  local text=$1 code=0
  shift
  "$@" >out.log 2>&1 || code=$?
  [ "$code" = 1 ] || { cat out.log; fail "exit code $code of: $*"; }
  grep -q "$text" out.log || { cat out.log; fail "no word of \`$text' from: $*"; }
  grep -m 1 '^error: ' out.log
}
other=(env LSREPO_HOME="$work/other" "$lsrepo")
mkdir -p "$work/bad"
cp -r "$work/set/x86_64" "$work/bad/unsigned"
cp "$work/set/unsigned/"*.rpm "$work/bad/unsigned/"
createrepo_c --quiet --no-database "$work/bad/unsigned"
refused 'not signed' "${other[@]}" prepare --os almalinux-9 --base none --lock-file bad.lock --package unsigned \
  --source "rpm [gpgkey=$work/set/key.asc] file://$work/bad/unsigned"
refused 'does not fit' "${other[@]}" prepare --os almalinux-9 --base none --lock-file bad.lock --package webd \
  --source "rpm [gpgkey=$work/set/key.asc,repo_gpgcheck=1] file://$work/bad/unsigned"
"${other[@]}" key generate 2>/dev/null >stranger && "${other[@]}" key export >stranger.asc
refused 'key' "${other[@]}" prepare --os almalinux-9 --base none --lock-file bad.lock --package webd \
  --source "rpm [gpgkey=$work/visit/stranger.asc] file://$work/set/x86_64"
cp -r "$work/set/x86_64" "$work/bad/swapped"
cp -f "$work/bad/swapped/webd-plain-1.0-1.x86_64.rpm" "$work/bad/swapped/webd-ssl-1.0-1.x86_64.rpm"
refused 'webd-ssl' "${other[@]}" prepare --os almalinux-9 --base none --lock-file bad.lock --package webd-ssl \
  --source "rpm [gpgkey=$work/set/key.asc,repo_gpgcheck=1] file://$work/bad/swapped"
[ -z "$(ls -A "$work/other/roots" 2>/dev/null)" ] || fail 'something refused was taken in'

step 'import on the other machine, serve into the closed network'
export LSREPO_HOME=$work/offline
"$lsrepo" key trust key.asc
"$lsrepo" import bundle.tar.zst
ip netns exec "$repo" "$lsrepo" serve --listen 10.78.1.1:8080 >"$work/serve.log" 2>&1 &
background+=($!)
url=$(served "$work/serve.log")
cat "$work/serve.log"

step 'the metadata, by gpgv and by repoclosure'
inside curl -fsS "$url/yum/almalinux-9/x86_64/repodata/repomd.xml" -o repomd.xml
inside curl -fsS "$url/yum/almalinux-9/x86_64/repodata/repomd.xml.asc" -o repomd.xml.asc
inside curl -fsS "$url/keys/lsrepo.gpg" -o lsrepo.gpg
gpgv --keyring ./lsrepo.gpg repomd.xml.asc repomd.xml

inside curl -fsS "$url/yum/centos-7/x86_64/repodata/repomd.xml" -o repomd.xml
inside curl -fsS "$url/yum/centos-7/x86_64/repodata/repomd.xml.asc" -o repomd.xml.asc
inside curl -fsS "$url/keys/lsrepo-rsa.asc" | gpg --homedir "$work" --dearmor >rsa.gpg
gpgv --keyring ./rsa.gpg repomd.xml.asc repomd.xml 2>&1 | tee gpgv.log
grep -q 'using RSA' gpgv.log || fail 'clients of CentOS 7 could not check this'
! grep 'zst' repomd.xml || fail 'yum 3 could not read this'

step 'another stream of a module than the default one'
LSREPO_HOME=$work/online "$lsrepo" resolve --os almalinux-9 --base none --source "$source" --package stream \
  --module-stream stream:6 -o json | grep -F '"6.0-1.module_el9+2"'

step 'a host that has nothing: the set-up script, then dnf'
root=$work/root
mkdir -p "$root/etc/yum.repos.d" "$work/over"
inside curl -fsS "$url/setup/almalinux-9.sh" -o setup.sh
LSREPO_ROOT=$root LSREPO_ANY_OS=1 sh setup.sh
cat "$root/etc/yum.repos.d/lsrepo.repo"
cat >"$work/enter" <<'ENTER'
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" /etc
mkdir -p /etc/pki/rpm-gpg /etc/yum.repos.d
cp "$2"/etc/pki/rpm-gpg/* /etc/pki/rpm-gpg/
cp "$2"/etc/yum.repos.d/lsrepo.repo /etc/yum.repos.d/
: >/etc/resolv.conf
shift 2
exec "$@"
ENTER
on_host() {
  inside unshare --mount sh "$work/enter" "$work/over" "$root" dnf -y --disableplugin=local --installroot="$root" --releasever=9 \
    --forcearch="$arch" --setopt=cachedir="$work/cache-$arch" --setopt=install_weak_deps=False --setopt=module_platform_id=platform:el9 "$@"
}
arch=x86_64
on_host makecache
on_host module list | tee module.log
grep -q 'stream *5 \[d\]' module.log || fail 'dnf sees no default stream'
on_host group list -v | tee group.log
grep -qi 'web' group.log || fail 'dnf sees no group'
on_host group install web
on_host install newdb stream webd-doc
rpm --root "$root" -qa | grep -v gpg-pubkey | sort | tee installed.log
for name in webd-2.0 webd-tools-1.0 webd-data-3.0 newdb-3.0 stream-5.0 webd-libs-0.5; do
  grep -q "^$name" installed.log || fail "$name is not installed"
done
! grep -q '^olddb\|^middb' installed.log || fail 'something obsolete is installed'
rpm --root "$root" -q --qf '%{RSAHEADER:pgpsig}\n' webd | grep -q RSA || fail 'the signature of the package is gone'
on_host updateinfo list --all | tee updateinfo.log
grep -q 'LSRS-2024:1 .*webd-libs' updateinfo.log || fail 'dnf sees no advisory'
on_host repoclosure --repo lsrepo
on_host reposync --repo lsrepo --download-path "$work/synced" --gpgcheck --download-metadata >sync.log 2>&1 || { cat sync.log; fail reposync; }
find "$work/synced" -name '*.rpm' | wc -l

step 'arm64: everything downloads, and is what was signed'
arch=aarch64 root=$work/root-arm64
mkdir -p "$root/etc/yum.repos.d"
LSREPO_ROOT=$root LSREPO_ANY_OS=1 sh setup.sh >/dev/null
on_host install --downloadonly webd newdb stream
find "$work/cache-aarch64" -name '*.rpm' | wc -l

step 'the set-up is undone'
LSREPO_ROOT=$root LSREPO_ANY_OS=1 sh setup.sh --revert
[ -z "$(ls -A "$root/etc/yum.repos.d")" ] || fail 'something is left of the set-up'
step 'done'
