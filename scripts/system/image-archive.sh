#!/usr/bin/env bash
# Archives of images: docker, podman, containerd and skopeo load what is written, the programs in them run, and the
# digests that an archive keeps are those of the image.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root runs container daemons'
need skopeo podman buildah containerd ctr dockerd docker python3 cc
workspace image-archive
cd "$project"
cargo build --locked --quiet --workspace --example image_archive
archive=${CARGO_TARGET_DIR:-$project/target}/debug/examples/image_archive
podman_here
containerd_here
dockerd_here
cd "$work"

step 'an image for two architectures'
two_architectures app
name=docker.io/library/app:1
root=$(sed 's/.*"digest":"\([^"]*\)".*/\1/' app/index.json)
amd64=$(python3 - "app/blobs/sha256/${root#*:}" <<'PYTHON'
import json, sys
print(next(one["digest"] for one in json.load(open(sys.argv[1]))["manifests"] if one["platform"]["architecture"] == "amd64"))
PYTHON
)

# holds FILE DIGEST: what podman and containerd make of it
holds() {
  podman load --quiet --input "$1" >/dev/null
  [ "$(podman image inspect --format '{{.Digest}}' "$name")" = "$2" ] || fail "$1: podman has another digest"
  "${podman_run[@]}" "$name"
  podman rmi --force --all >/dev/null
  ctr_here images import --snapshotter native "$1" >/dev/null
  [ "$(ctr_here images ls | awk -v name="$name" '$1 == name { print $3 }')" = "$2" ] || fail "$1: ctr has another digest"
  ctr_here run --rm --net-host --snapshotter native "$name" try
  ctr_here images rm "$name" >/dev/null
}

step 'an image layout: whole, with one platform of two, and of one platform'
"$archive" oci whole.tar - "app=$name"
"$archive" oci sparse.tar - "app#linux/amd64=$name"
"$archive" oci one.tar linux/amd64 "app=$name"
holds whole.tar "$root"
holds sparse.tar "$root"
holds one.tar "$amd64"
skopeo copy --quiet --all --preserve-digests "oci-archive:whole.tar:$name" dir:whole
[ "$(digest_of whole/manifest.json)" = "$root" ] || fail 'skopeo has another digest'
skopeo copy --quiet "oci-archive:sparse.tar:$name" dir:sparse
[ "$(digest_of sparse/manifest.json)" = "$amd64" ] || fail 'skopeo has another digest'
if skopeo copy --quiet --all "oci-archive:sparse.tar:$name" dir:all 2>all.log; then fail 'what is not there was copied'; fi
grep -q 'reading blob sha256:' all.log || fail "$(cat all.log)"

step "Docker's format: one image, and two that share layers"
"$archive" docker docker.tar linux/amd64 "app=$name"
"$archive" docker two.tar linux/amd64 "app=$name" "app=quay.example/org/app:2"
holds docker.tar "$amd64"
for file in docker.tar two.tar; do
  docker_here load --quiet --input "$file"
  docker_here run --rm --network host app:1
  docker_here image inspect app:1 >/dev/null
  docker_here rmi --force "$(docker_here images --quiet | head -n 1)" >/dev/null
  skopeo copy --quiet "docker-archive:$file:$name" "dir:$file.dir"
done
podman load --quiet --input two.tar
[ "$(tar --list --file docker.tar | sort)" = "$(tar --list --file two.tar | sort)" ] || fail 'blobs are there twice'
