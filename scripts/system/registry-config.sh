#!/usr/bin/env bash
# The client files of `lsrepo serve --print-config` with the clients themselves: podman, skopeo, containerd and docker
# find images under their upstream names on a registry of Debian, and ask nobody else where it says no.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root runs container daemons'
need skopeo podman buildah containerd ctr dockerd docker docker-registry curl python3 cc
workspace registry-config
cd "$project"
cargo build --locked --quiet --workspace --example registry_config
config=${CARGO_TARGET_DIR:-$project/target}/debug/examples/registry_config
podman_here
cd "$work"
two_architectures app
registry_quiet=false registry_here registry

step 'images below the names of their registries, and by their bare paths'
for name in docker.io/library/app library/app quay.example/org/app org/app; do
  skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$registry/$name:1"
done
root=$(sed 's/.*"digest":"\([^"]*\)".*/\1/' app/index.json)
hosts=(docker.io quay.example old.example:5000)
for client in containerd podman crio docker kubeadm; do
  "$config" "files/$client" "$client" "http://$registry" "${hosts[@]}" >"$client.txt"
done

# refused LOG COMMAND …: it fails, and by the word of the server alone
refused() {
  local log=$1
  shift
  if "$@" >"$log" 2>&1; then fail "it was found: $*"; fi
  if grep -E 'lookup|dial tcp|no such host' "$log"; then fail "another server was asked: $*"; fi
}

step podman
export CONTAINERS_REGISTRIES_CONF=$work/files/podman/etc/containers/registries.conf.d/900-lsrepo.conf
cmp "$CONTAINERS_REGISTRIES_CONF" files/crio/etc/containers/registries.conf.d/900-lsrepo.conf
for name in docker.io/library/app quay.example/org/app old.example:5000/org/app "$registry/quay.example/org/app"; do
  podman pull --quiet "$name:1" >/dev/null
  podman pull --quiet "$name@$root" >/dev/null
done
refused podman.log podman pull --quiet quay.example/org/other:1
skopeo --registries-conf "$CONTAINERS_REGISTRIES_CONF" inspect --raw docker://quay.example/org/app:1 >raw
[ "$(digest_of raw)" = "$root" ] || fail 'skopeo reads another manifest'

step containerd
containerd_here
# pulls NAME …: containerd says whose image it wants
pulls() { ctr_here images pull --snapshotter native --hosts-dir "$work/files/containerd/etc/containerd/certs.d" "$@"; }
for name in docker.io/library/app quay.example/org/app old.example:5000/org/app other.example/org/app "$registry/quay.example/org/app"; do
  pulls "$name:1" >/dev/null
  [ "$(ctr_here images ls | awk -v name="$name:1" '$1 == name { print $3 }')" = "$root" ] || fail "$name has another digest"
done
for host in docker.io quay.example old.example%3A5000 other.example; do
  grep -q "ns=$host" registry/log || fail "ns=$host was not asked"
done
refused ctr.log pulls quay.example/org/other:1
grep -q 'not found' ctr.log || fail "$(cat ctr.log)"

step docker
members=$(python3 - files/docker/etc/docker/daemon.json <<'PYTHON'
import json, sys
print(json.dumps(json.load(open(sys.argv[1])))[1:-1])
PYTHON
)
dockerd_here "$members"
docker_here pull --quiet app:1
docker_here pull --quiet "app@$root"
docker_here pull --quiet "$registry/quay.example/org/app:1"
grep -q "docker pull $registry/quay.example/NAME:TAG" docker.txt

step 'kubeadm, CRI-O: as text'
python3 -c 'import sys, tomllib; tomllib.load(open(sys.argv[1], "rb"))' files/crio/etc/crio/crio.conf.d/90-lsrepo.conf
grep -q "^imageRepository: $registry/registry.k8s.io\$" files/kubeadm/kubeadm.yaml
