#!/usr/bin/env bash
# A small signed set of RPM packages with all that makes resolving and publishing hard, built from nothing:
#
#   scripts/system/rpm-set.sh OUT          OUT/{x86_64,aarch64}/{*.rpm,repodata/}, OUT/key.asc, OUT/unsigned/*.rpm
#
#   webd         a service: unit, configuration, needs its library, a path in /opt, and one package or another
#   webd-libs    three versions whose order is easily mistaken: 1.9, 1.10, and 1:0.5~rc1 with its epoch
#   webd-data    has the path in /opt, which stands in no short list of files
#   webd-tools   rich dependencies: `or`, `if … else`, `with`; webd-ssl and webd-plain are what they choose from
#   webd-doc     only recommended
#   olddb → middb → newdb    each obsoletes the one before
#   stream       a module with two streams, of which the default is the older
#
# With modules, errata (updateinfo) and groups (comps); repomd.xml is signed too. SIGN=no leaves all signatures out.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ $# = 1 ] || fail "usage: $0 OUT"
need rpmbuild rpmsign createrepo_c modifyrepo_c gpg
mkdir -p "$1"
out=$(cd "$1" && pwd)
workspace rpm-set

# spec NAME VERSION RELEASE [LINE …] reads `%install` and `%files` from stdin; lines go to the head
spec() {
  local name=$1 version=$2 release=$3
  shift 3
  {
    printf '%s\n' "Name: $name" "Version: $version" "Release: $release" "Summary: $name for tests" "License: MIT" \
      "URL: https://example.org/$name" "AutoReqProv: no" "$@" "%description" "A package for tests." "" "%install"
    cat
    printf '%s\n' "%changelog" "* Mon Jan 01 2024 Jane Doe <jane@example.org> - $version-$release" "- as it is"
  } >"$work/specs/$name-$version-$release.spec"
}

# files PATH …: an `%install` that makes them and a `%files` that lists them
files() {
  local path
  for path; do
    # shellcheck disable=SC2016  # rpmbuild's own words
    printf 'mkdir -p %%{buildroot}%s\necho %%{name}-%%{version} >%%{buildroot}%s\n' "${path%/*}" "$path"
  done
  printf '%%files\n'
  for path; do
    case $path in
      /etc/*) printf '%%config(noreplace) %s\n' "$path" ;;
      */bin/* | */sbin/*) printf '%%attr(755, root, root) %s\n' "$path" ;;
      *) printf '%s\n' "$path" ;;
    esac
  done
}

step "specs"
mkdir -p "$work/specs" "$work/gnupg"
files /usr/sbin/webd /usr/lib/systemd/system/webd.service /etc/webd.conf |
  spec webd 2.0 1 'Requires: webd-libs >= 1.10' 'Requires: /opt/webd/share/data' 'Requires: (webd-ssl or webd-plain)' \
    'Recommends: webd-doc' 'Provides: web-server = 2.0' 'Conflicts: olddb'
files /usr/lib64/libwebd.so.1 | spec webd-libs 1.9 1 'Provides: libwebd.so.1()(64bit)'
files /usr/lib64/libwebd.so.1 | spec webd-libs 1.10 1 'Provides: libwebd.so.1()(64bit)'
files /usr/lib64/libwebd.so.1 | spec webd-libs 0.5~rc1 1 'Epoch: 1' 'Provides: libwebd.so.1()(64bit)'
files /opt/webd/share/data | spec webd-data 3.0^20240101 1 'BuildArch: noarch'
files /usr/bin/webd-tool | spec webd-tools 1.0 1 'Requires: (webd-ssl if webd else webd-plain)' \
  'Requires: (web-server or newdb)' 'Requires: (webd-libs with libwebd.so.1()(64bit))' 'Supplements: (webd and newdb)'
files /usr/lib64/webd/ssl.so | spec webd-ssl 1.0 1 'Requires: libwebd.so.1()(64bit)' 'Conflicts: webd-plain'
files /usr/lib64/webd/plain.so | spec webd-plain 1.0 1 'Requires: libwebd.so.1()(64bit)'
files /usr/share/doc/webd/README | spec webd-doc 2.0 1 'BuildArch: noarch'
files /usr/bin/db | spec olddb 1.0 1
files /usr/bin/db | spec middb 2.0 1 'Obsoletes: olddb < 2.0' 'Provides: olddb = %{version}-%{release}'
files /usr/bin/db | spec newdb 3.0 1 'Obsoletes: middb < 3.0' 'Provides: middb = %{version}-%{release}'
files /usr/bin/stream | spec stream 5.0 1.module_el9+1 'ModularityLabel: stream:5:1:aaaaaaaa'
files /usr/bin/stream | spec stream 6.0 1.module_el9+2 'ModularityLabel: stream:6:2:bbbbbbbb'
files /usr/bin/unsigned | spec unsigned 1.0 1 'BuildArch: noarch'

build_for() {
  rpmbuild --quiet -bb --target "$1" --define "_topdir $work/top" --define "_rpmdir $work/rpms/$1" \
    --define '__os_install_post %{nil}' --define 'debug_package %{nil}' --define '_build_id_links none' \
    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' --define '_buildhost localhost' \
    --define 'source_date_epoch_from_changelog 1' --define 'use_source_date_epoch_as_buildtime 1' \
    --define 'clamp_mtime_to_source_date_epoch 1' "$work"/specs/*.spec >>"$work/log" 2>&1 || { tail "$work/log"; fail "rpmbuild"; }
}

modules() {
  local stream context version
  for stream in 5 6; do
    case $stream in 5) context=aaaaaaaa version=1 ;; *) context=bbbbbbbb version=2 ;; esac
    printf '%s\n' '---' 'document: modulemd' 'version: 2' 'data:' '  name: stream' "  stream: \"$stream\"" "  version: $version" \
      "  context: $context" "  arch: $1" '  summary: A module' '  description: A module for tests.' '  license: {module: [MIT]}' \
      '  profiles: {common: {rpms: [stream]}}' "  artifacts: {rpms: ['stream-0:$stream.0-1.module_el9+$version.$1']}" '...'
  done
  printf '%s\n' '---' 'document: modulemd-defaults' 'version: 1' 'data:' '  module: stream' '  stream: "5"' \
    '  profiles: {"5": [common], "6": [common]}' '...'
}

updateinfo() {
  cat <<XML
<?xml version="1.0" encoding="UTF-8"?>
<updates>
  <update from="security@example.org" status="final" type="security" version="1">
    <id>LSRS-2024:1</id><title>webd-libs security update</title><severity>Important</severity>
    <issued date="2024-01-01 00:00:00"/><updated date="2024-01-01 00:00:00"/>
    <references><reference href="https://example.org/CVE-2024-0001" id="CVE-2024-0001" type="cve" title="CVE-2024-0001"/></references>
    <description>An error.</description>
    <pkglist><collection short="set"><name>set</name>
      <package name="webd-libs" version="0.5~rc1" release="1" epoch="1" arch="$1"><filename>webd-libs-0.5~rc1-1.$1.rpm</filename></package>
    </collection></pkglist>
  </update>
</updates>
XML
}

comps() {
  cat <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>
  <group>
    <id>web</id><name>Web</name><description>A web server.</description><default>true</default><uservisible>true</uservisible>
    <packagelist>
      <packagereq type="mandatory">webd</packagereq><packagereq type="default">webd-tools</packagereq>
      <packagereq type="optional">webd-doc</packagereq>
    </packagelist>
  </group>
</comps>
XML
}

step "key"
export GNUPGHOME=$work/gnupg
chmod 700 "$GNUPGHOME"
hooks+=(agent_away)
agent_away() { gpgconf --kill gpg-agent; }
sign=${SIGN:-yes}
if [ "$sign" = yes ]; then
  gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key 'lsrepo test set' rsa3072 sign never
  gpg --batch --armor --export >"$out/key.asc"
fi
mkdir -p "$out/unsigned"
for arch in x86_64 aarch64; do
  step "$arch"
  build_for "$arch"
  rm -rf "${out:?}/$arch"
  mkdir -p "$out/$arch"
  find "$work/rpms/$arch" -name 'unsigned-*.rpm' -exec mv -f {} "$out/unsigned/" \;
  find "$work/rpms/$arch" -name '*.rpm' -exec mv {} "$out/$arch/" \;
  if [ "$sign" = yes ]; then
    rpmsign --define '_gpg_name lsrepo test set' --define "_gpg_path $GNUPGHOME" --define "__gpg $(command -v gpg)" \
      --addsign "$out/$arch"/*.rpm >>"$work/log" 2>&1 || { tail "$work/log"; fail "rpmsign"; }
  fi
  comps >"$work/comps.xml"
  modules "$arch" >"$work/modules.yaml"
  updateinfo "$arch" >"$work/updateinfo.xml"
  createrepo_c --quiet --no-database --general-compress-type gz --groupfile "$work/comps.xml" "$out/$arch"
  modifyrepo_c --mdtype modules --compress-type gz "$work/modules.yaml" "$out/$arch/repodata" >/dev/null
  modifyrepo_c --mdtype updateinfo --compress-type gz "$work/updateinfo.xml" "$out/$arch/repodata" >/dev/null
  if [ "$sign" = yes ]; then
    gpg --batch --quiet --yes --armor --detach-sign "$out/$arch/repodata/repomd.xml"
  fi
  printf '   %s packages\n' "$(find "$out/$arch" -name '*.rpm' | wc -l)"
done
