#!/usr/bin/env bash
# A registry of one's own behind the gap: images are pushed into it, and with `configuration/image-registry` containerd finds them
# there under their upstream names, with and without the upstream's host before them, though the upstream is away.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
need skopeo buildah docker-registry containerd ctr ansible-playbook curl python3 cc
build lsrepo lambdastack
workspace image-registry
cd "$work"
export LSREPO_HOME=$work/near
podman_here
two_architectures app

step 'carried from an upstream, pushed into a registry by both of its names'
registry_here upstream
upstream=$registry upstream_runs=${background[-1]}
skopeo copy --quiet --all --dest-tls-verify=false oci:app:1 "docker://$upstream/org/app:1"
"$lsrepo" prepare --no-progress --os debian-12 --arch x86_64,arm64 --image "$upstream/org/app:1"
registry_here own
"$lsrepo" image push --no-progress --all "$registry/short"
"$lsrepo" image push --no-progress --all --keep-host "$registry/whole"
end "$upstream_runs"

step 'containerd asks it for what the upstream has'
# shellcheck disable=SC2119  # here, and not elsewhere
containerd_here
for project in short whole; do
  cat >cluster.yml <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components: {all: {machines: [here]}}
---
kind: infrastructure/machine
name: here
specification: {ip: 127.0.0.1}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {all: [common, containerd]}}
---
kind: configuration/image-registry
specification:
  address: $registry/$project
  insecure: true
  keep_host: $([ "$project" = whole ] && echo true || echo false)
  holds: ["$upstream", quay.io]
END
  rm -rf run
  "$lambdastack" apply -f cluster.yml --dry-run --render run >/dev/null
  # what the role writes, into a folder of this check
  cat >run/containerd/try.yml <<END
- hosts: containerd
  connection: local
  gather_facts: false
  vars_files: [module/roles/containerd/vars/main.yml]
  vars: {certs: $work/containerd/certs.d}
  tasks:
    - ansible.builtin.set_fact: {of_repository: []}
    - ansible.builtin.set_fact: {registries: "{{ lambdastack_config.registries + of_image_registry }}"}
    - ansible.builtin.file: {path: "{{ certs }}/{{ item.host }}", state: directory}
      loop: "{{ registries }}"
    - ansible.builtin.template: {src: module/roles/containerd/templates/hosts.toml.j2, dest: "{{ certs }}/{{ item.host }}/hosts.toml"}
      loop: "{{ registries }}"
END
  (cd run/containerd && ANSIBLE_CONFIG=ansible.cfg ansible-playbook --extra-vars @variables.json --extra-vars "certs=$work/containerd/certs.d" try.yml) >said.log 2>&1 ||
    { cat said.log; fail 'the role cannot be tried'; }
  grep -q "$registry/v2/$project" "$work/containerd/certs.d/$upstream/hosts.toml"
  ctr_here images pull --hosts-dir "$work/containerd/certs.d" --platform linux/amd64 "$upstream/org/app:1" >pull.log 2>&1 || { cat pull.log; fail "containerd does not find it in $project"; }
  ctr_here images list | grep -q "$upstream/org/app:1"
  ctr_here images rm "$upstream/org/app:1" >/dev/null
  ctr_here content prune references >/dev/null 2>&1 || :
done
printf 'found under their upstream names\n'
