#!/usr/bin/env bash
# The smallest bundle: layers that docker compressed are taken apart and compressed once more, and are the same, byte for byte,
# behind the gap, where podman, skopeo and containerd take them. What podman compressed is left as it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
need zstd tar curl skopeo podman containerd ctr dockerd docker docker-registry cc
build lsrepo
workspace archive
cd "$work"
export LSREPO_HOME=$work/near

step 'an image of docker with three layers; the same of podman'
registry_here upstream
mkdir context
tar -c -C / usr/share/perl usr/share/perl5 2>/dev/null >context/one.tar || true
tar -c -C / usr/share/zoneinfo usr/share/common-licenses usr/sbin 2>/dev/null >context/two.tar || true
printf 'FROM scratch\nADD one.tar /\nADD two.tar /\nCOPY hello /hello\n' >context/Dockerfile
printf '#include <stdio.h>\nint main(void) { puts("hello from the archive"); }\n' >hello.c
cc -static -o context/hello hello.c
dockerd_here "\"insecure-registries\": [\"$registry\"]"
DOCKER_BUILDKIT=0 docker_here build --quiet --tag "$registry/org/app:1" context
docker_here push --quiet "$registry/org/app:1"
podman_here
podman build --quiet --tag "$registry/org/other:1" context >/dev/null
podman push --quiet --tls-verify=false "$registry/org/other:1"
# A program, as files are.
cp "$lsrepo" program

step 'prepare, an estimate, two bundles'
"$lsrepo" prepare --no-progress --os debian-12 --arch "$(dpkg --print-architecture)" --image "$registry/org/app:1" \
  --image "$registry/org/other:1" --file program
"$lsrepo" export --dry-run --level archive=9 -o x.tar.zst | tee log
grep -q 'samples come to .* in about ' log
[ ! -e x.tar.zst ]
"$lsrepo" export --no-progress -o stored.tar.zst
"$lsrepo" export --no-progress --level archive=9 -o small.tar.zst 2>&1 | tee log
grep -q ' packed into ' log
before=$(stat -c %s stored.tar.zst) after=$(stat -c %s small.tar.zst)
echo "$before bytes as they are, $after packed"
[ "$after" -lt $((before * 85 / 100)) ] || fail 'it is not much smaller'
blobs() { (cd "$1/blobs/sha256" && sha256sum -- * | sort); }
blobs near >sums
while read -r digest name; do [ "$digest" = "$name" ] || fail "$name is damaged"; done <sums
[ -z "$(find near/archive near/tmp -type f)" ] || fail 'something was left in the store'

step 'other tools read it; lsrepo says what is packed'
zstd -t -q small.tar.zst
tar --zstd -tf small.tar.zst >/dev/null
"$lsrepo" inspect small.tar.zst | tee log
grep -q '^packed (--level archive): ' log
"$lsrepo" verify --no-progress --full small.tar.zst
"$lsrepo" extract -d taken small.tar.zst program
cmp program taken/*/*/files/program
export LSREPO_HOME=$work/other
if "$lsrepo" import --register --trust-on-first-use small.tar.zst 2>log; then fail 'it is used where it lies'; fi
grep -q 'lsrepo import. makes them' log || fail "$(cat log)"

step 'killed in the middle, six times; then imported: the same blobs, nothing left'
export LSREPO_HOME=$work/far
for part in 1 2 3 4 5 6; do
  "$lsrepo" import --no-progress --trust-on-first-use small.tar.zst >/dev/null 2>&1 &
  sleep "0.$((part * 15))"
  kill -9 $! 2>/dev/null || true
  wait $! 2>/dev/null || true
done
"$lsrepo" import --no-progress --trust-on-first-use small.tar.zst
blobs far >there
cut -d' ' -f1 there | sort >of-there
while read -r digest name; do [ "$digest" = "$name" ] || fail "$name came out as something else"; done <there
cut -d' ' -f1 sums | sort | comm -23 - of-there >missing
[ ! -s missing ] || fail "missing: $(cat missing)"
[ -z "$(find far/tmp -type f)" ] || fail 'something was left in the store'

step 'clients behind the gap'
port=$(free_port)
"$lsrepo" serve --no-progress --listen "127.0.0.1:$port" >serve.log 2>&1 &
background+=($!)
wait_for curl -sS "http://127.0.0.1:$port/v2/"
for app in app other; do
  skopeo inspect --raw --tls-verify=false "docker://$registry/org/$app:1" >raw
  skopeo inspect --raw --tls-verify=false "docker://127.0.0.1:$port/org/$app:1" | cmp raw -
  podman pull --quiet --tls-verify=false "127.0.0.1:$port/org/$app:1"
  "${podman_run[@]}" "127.0.0.1:$port/org/$app:1" /hello | grep -q 'hello from the archive'
done
# shellcheck disable=SC2119  # not of this script
containerd_here
ctr_here images pull --plain-http "127.0.0.1:$port/org/app:1" >/dev/null
echo passed
