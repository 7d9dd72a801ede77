# Container clients that leave the rest of the machine alone: each has its own folder in $work. Sourced after lib.sh.
# They need no systemd, no network of their own, and no right to raise limits.
# shellcheck shell=bash disable=SC2034,SC2154

# podman and skopeo: images as plain folders; `$podman_run IMAGE COMMAND …`
podman_here() {
  mkdir -p "$work/podman/tmp"
  cat >"$work/podman/storage.conf" <<CONF
[storage]
driver = "vfs"
graphroot = "$work/podman/root"
runroot = "$work/podman/run"
CONF
  cat >"$work/podman/containers.conf" <<CONF
[containers]
netns = "host"
cgroups = "disabled"
[engine]
runtime = "crun"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$work/podman/libpod"
volume_path = "$work/podman/volumes"
CONF
  echo '{}' >"$work/podman/auth.json"
  : >"$work/podman/registries.conf"
  export CONTAINERS_STORAGE_CONF=$work/podman/storage.conf CONTAINERS_CONF=$work/podman/containers.conf
  export CONTAINERS_REGISTRIES_CONF=$work/podman/registries.conf REGISTRY_AUTH_FILE=$work/podman/auth.json
  export TMPDIR=$work/podman/tmp
}
# Of the ways to start a container without more rights than a build machine gives, this one works.
podman_run=(podman --runtime runc run --rm --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --network host --cgroups enabled)

# containerd_here [COMMAND …]: `ctr_here ARGUMENT …` talks to it; mirrors are read from $work/containerd/certs.d. The
# command, which must be a program, runs it elsewhere.
containerd_here() {
  mkdir -p "$work/containerd/certs.d"
  cat >"$work/containerd/config.toml" <<CONF
version = 2
root = "$work/containerd/root"
state = "$work/containerd/state"
[grpc]
address = "$work/containerd/sock"
[plugins."io.containerd.grpc.v1.cri"]
disable_cgroup = true
disable_apparmor = true
restrict_oom_score_adj = true
disable_hugetlb_controller = true
disable_tcp_service = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
disable_snapshot_annotations = true
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "$work/containerd/certs.d"
CONF
  "$@" containerd --config "$work/containerd/config.toml" >"$work/containerd/log" 2>&1 &
  background+=($!)
  wait_for ctr_here version
}
ctr_here() { ctr --address "$work/containerd/sock" "$@"; }

# dockerd_here [JSON …]: `docker_here ARGUMENT …` talks to it; members such as "registry-mirrors": […] are added
dockerd_here() {
  mkdir -p "$work/docker"
  local member more=
  for member; do more+=", $member"; done
  cat >"$work/docker/daemon.json" <<CONF
{"data-root": "$work/docker/root", "exec-root": "$work/docker/exec", "pidfile": "$work/docker/pid",
 "hosts": ["unix://$work/docker/sock"], "storage-driver": "vfs", "bridge": "none", "iptables": false,
 "ip6tables": false, "ip-forward": false, "ip-masq": false$more}
CONF
  dockerd --config-file "$work/docker/daemon.json" >"$work/docker/log" 2>&1 &
  background+=($!)
  hooks+=(docker_leaves)
  wait_for docker_here version
}
# It forgets a mount of its own.
docker_leaves() { umount "$work/docker/exec/netns/default" 2>/dev/null; }
docker_here() { env -u TMPDIR docker --host "unix://$work/docker/sock" "$@"; }

# registry_here NAME [YAML]: Debian's registry on the loopback; $registry is host:port
registry_here() {
  mkdir -p "$work/$1"
  registry=127.0.0.1:$(free_port)
  cat >"$work/$1/config.yml" <<CONF
version: 0.1
log: {level: warn, accesslog: {disabled: ${registry_quiet:-true}}}
storage: {filesystem: {rootdirectory: $work/$1/data}, delete: {enabled: true}, cache: {blobdescriptor: inmemory}}
http: {addr: $registry}
${2:-}
CONF
  # It would take podman's variable for a part of its own configuration.
  env -u REGISTRY_AUTH_FILE docker-registry serve "$work/$1/config.yml" >"$work/$1/log" 2>&1 &
  background+=($!)
  wait_for curl -sS "http://$registry/v2/"
}

# two_architectures NAME: an image layout $work/NAME with an index for amd64 and arm64, made by buildah; it says hello.
# Both have the same program: nobody here runs the other one.
two_architectures() {
  mkdir -p "$work/build"
  printf '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n' >"$work/build/hello.c"
  cc -static -o "$work/build/hello" "$work/build/hello.c"
  head -c 3000000 /dev/urandom >"$work/build/noise-amd64"
  head -c 3000000 /dev/urandom >"$work/build/noise-arm64"
  printf 'FROM scratch\nARG TARGETARCH\nCOPY hello /hello\nCOPY noise-$TARGETARCH /noise\nCMD ["/hello"]\n' \
    >"$work/build/Containerfile"
  buildah bud --quiet --isolation chroot --format oci --platform linux/amd64,linux/arm64 --manifest "$1" "$work/build" >/dev/null
  buildah manifest push --quiet --all "$1" "oci:$work/$1:1" >/dev/null
  buildah rmi --all --force >/dev/null
}

# digest_of FILE: as registries write it
digest_of() { printf 'sha256:%s\n' "$(sha256sum <"$1" | cut -d' ' -f1)"; }
