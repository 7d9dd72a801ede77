#!/usr/bin/env bash
# A bundle on its way: volumes and parity, served to real clients from where it lies, read by tools that know nothing of
# lsrepo, sent as a difference; kills at random moments, bits turned over.
#
#   scripts/system/bundle.sh [KILLS [FLIPS]]     default: 40 and 60
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
need zstd tar curl python3 skopeo podman buildah docker-registry apt-get gpgv cc
build lsrepo
workspace bundle
podman_here
cd "$work"
export LSREPO_HOME=$work/near

step 'prepare: packages of this machine, an image, files'
two_architectures app
registry_here upstream
skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$registry/org/app:1"
for at in 1 2 3; do head -c 30000000 /dev/urandom >"noise-$at.bin"; done
"$lsrepo" prepare --no-progress --os debian-12 --arch "$(dpkg --print-architecture)" --package curl --image "$registry/org/app:1" \
  --file noise-1.bin --file noise-2.bin --file noise-3.bin

step 'volumes with parity; one is lost, another is damaged'
mkdir media
"$lsrepo" export --no-progress -o media/stack.tar.zst --split 10MB --parity 20
volumes=$(ls media/stack.tar.zst.0*)
sha256sum $volumes >sums
rm media/stack.tar.zst.002
printf x | dd of=media/stack.tar.zst.004 bs=1 seek=5000000 conv=notrunc status=none
if "$lsrepo" import media 2>log; then fail 'it took what is not whole'; fi
grep -q 'is missing: 2' log || fail "$(cat log)"
"$lsrepo" repair --no-progress media
sha256sum --quiet --check sums
"$lsrepo" verify --no-progress --full media

step 'other tools read it: zstd, tar, skopeo'
for volume in $volumes; do zstd -t -q "$volume"; done
mkdir layout
# shellcheck disable=SC2086  # a list of names
cat $volumes | tar --zstd -x -C layout
skopeo inspect --raw "oci:layout:$registry/org/app:1" >raw
[ "$(digest_of raw)" = "$(sed 's/.*"digest":"\([^"]*\)".*/\1/' app/index.json)" ] || fail 'the image has another digest'

step 'a registry keeps it; a file is pulled by its name, as any client of registries can'
"$lsrepo" export --no-progress -o "oci://$registry/stack:1"
python3 - "$registry" noise-2.bin <<'PY'
import hashlib, json, sys, urllib.request
registry, title = sys.argv[1:]
def get(path):
    accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
    return urllib.request.urlopen(urllib.request.Request(f"http://{registry}/v2/stack/{path}", headers={"Accept": accept})).read()
for one in json.loads(get("manifests/1"))["manifests"]:
    for layer in json.loads(get(f"manifests/{one['digest']}"))["layers"]:
        if layer.get("annotations", {}).get("org.opencontainers.image.title") == title:
            bytes_ = get(f"blobs/{layer['digest']}")
            assert bytes_ == open(title, "rb").read() and layer["digest"] == "sha256:" + hashlib.sha256(bytes_).hexdigest()
            print(f"{title}: {len(bytes_)} bytes")
            sys.exit(0)
sys.exit(f"{title} is not there")
PY

step 'the far side serves it from the media: apt, skopeo, curl'
"$lsrepo" key export -o key.asc
export LSREPO_HOME=$work/far
"$lsrepo" key trust key.asc
here=127.0.0.1:$(free_port)
"$lsrepo" serve --listen "$here" --bundle $volumes >serve.log 2>&1 &
server=$!
background+=("$server")
served serve.log >/dev/null
curl -fsS "http://$here/files/noise-3.bin" | cmp - noise-3.bin
curl -fsS -r 8388000-12000000 "http://$here/files/noise-1.bin" | cmp - <(tail -c +8388001 noise-1.bin | head -c 3612001)
mkdir -p apt/lists/partial apt/cache/archives/partial
curl -fsS "http://$here/keys/lsrepo.asc" >apt/key.asc
echo "deb [signed-by=$work/apt/key.asc] http://$here/apt/debian-12 debian-12 main" >apt/sources
apt_here=(-o Dir::Etc::SourceList="$work/apt/sources" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$work/apt/lists"
  -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User=root)
apt-get -qq "${apt_here[@]}" update
(cd apt && apt-get -qq "${apt_here[@]}" download curl && dpkg-deb --info curl_*.deb >/dev/null)
skopeo inspect --raw --tls-verify=false "docker://$here/org/app:1" | cmp - raw
# Lists for the pages are made; nothing of what was carried is copied.
[ ! -e far/blobs ] || [ "$(du -s --apparent-size --block-size=1 far/blobs | cut -f1)" -lt 1000000 ] || fail 'something was copied'
kill "$server"

step 'registered, then copied while volumes arrive; a difference; a wrong base'
"$lsrepo" import --register $volumes
"$lsrepo" image list | grep -q "org/app:1"
"$lsrepo" bundle forget media/stack.tar.zst.001
mkdir arriving
(for volume in $(ls -r media/stack.tar.zst.0*); do cp "$volume" arriving/; done) &
"$lsrepo" import --no-progress --watch arriving
wait $!
"$lsrepo" receipt -o have.lsr
export LSREPO_HOME=$work/near
head -c 1000000 /dev/urandom >new.bin
"$lsrepo" prepare --no-progress --os debian-12 --arch "$(dpkg --print-architecture)" --package curl --image "$registry/org/app:1" \
  --file noise-1.bin --file noise-2.bin --file noise-3.bin --file new.bin
"$lsrepo" export --no-progress -o second.tar.zst --receipt have.lsr
delta=$(stat -c %s second.tar.zst)
[ "$delta" -lt 1100000 ] || fail "the difference of 1,000,000 bytes has $delta"
echo "a new file of 1,000,000 bytes: a bundle of $delta"
if LSREPO_HOME=$work/stranger "$lsrepo" import --trust-on-first-use second.tar.zst 2>log; then fail 'it took a difference without its base'; fi
grep -q 'import the bundle it was made against first' log || fail "$(cat log)"
LSREPO_HOME=$work/far "$lsrepo" import --no-progress second.tar.zst

step "a bare host: tail, tar and sh"
mkdir bare
"$lsrepo" export --no-progress -o bare/stack.tar.zst --tool "$lsrepo"
(cd bare && sh -c 'tail -c +9 stack.tar.zst | tar -x && sh bootstrap.sh bin && LSREPO_HOME=$PWD/home bin/lsrepo inspect stack.tar.zst | tail -1')

step 'kills, and bits turned over'
python3 "$project/scripts/system/kill.py" "$lsrepo" near kills "${1:-40}"
"$lsrepo" export --no-progress -o flips.tar.zst
python3 "$project/scripts/system/flips.py" "$lsrepo" near flips.tar.zst "${2:-60}"
