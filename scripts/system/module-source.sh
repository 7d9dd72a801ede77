#!/usr/bin/env bash
# A module as an OCI artifact: packed, in a registry of Debian, carried in a bundle like an image, handed out on the far side and
# used there; the plan knows of a module that changed, and a copy that is damaged is refused.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
need skopeo docker-registry curl python3 tar
build lsrepo lambdastack
workspace module-source
cd "$work"
export LSREPO_HOME=$work/near

step 'a module of ones own, with a role that it shares, as the same archive each time'
mkdir -p mine/shop/playbooks mine/roles/open-shop/tasks
cat >mine/shop/module.yml <<'END'
kind: lambdastack-module
name: shop
version: 0.1.0
summary: Sells
methods: [metadata, init, plan, apply, audit]
roles: [open-shop]
configuration:
  port: {type: port, default: 80}
returns: {}
END
cat >mine/shop/playbooks/apply.yml <<'END'
- hosts: shop
  roles: [open-shop]
  post_tasks:
    - ansible.builtin.set_stats:
        per_host: true
        data: {lambdastack_returns: {}}
END
cat >mine/shop/playbooks/audit.yml <<'END'
- hosts: shop
  tasks:
    - ansible.builtin.set_stats:
        per_host: true
        data: {lambdastack_audit: {in_order: true, differences: []}}
END
printf -- '- name: It is open\n  ansible.builtin.ping: {}\n' >mine/roles/open-shop/tasks/main.yml
"$lambdastack" module pack mine/shop --out shop.tar | tee log
digest=$(grep -o 'sha256:[0-9a-f]*' log)
cp -r mine again
find again -exec touch -d 2001-01-01 {} +
"$lambdastack" module pack again/shop --out again.tar >/dev/null
cmp shop.tar again.tar

step 'into a registry, and nobody changes it on the way'
registry_here upstream
skopeo copy --quiet --dest-tls-verify=false oci-archive:shop.tar "docker://$registry/modules/shop:1"
skopeo inspect --raw --tls-verify=false "docker://$registry/modules/shop:1" >raw
[ "$(digest_of raw)" = "$digest" ] || fail 'the registry has another digest'

step 'carried in a bundle, handed out on the far side'
"$lsrepo" prepare --no-progress --os debian-12 --arch x86_64 --image "$registry/modules/shop:1"
"$lsrepo" export --no-progress -o bundle.tar.zst
export LSREPO_HOME=$work/far
"$lsrepo" import --no-progress --trust-on-first-use bundle.tar.zst
"$lsrepo" image export --no-progress "$registry/modules/shop:1" -o far.tar
"$lambdastack" --modules far.tar module show shop | tee log
grep -q "from: far.tar ($digest)" log || fail 'another module came out'
"$lambdastack" module check far.tar

step 'a cluster of it: the archive, a layout, and a bundle by mistake'
cat >cluster.yml <<'END'
kind: lambdastack-cluster
specification: {name: demo, components: {shop: {machines: [a]}}}
---
kind: infrastructure/machine
name: a
specification: {ip: 10.0.0.1}
END
"$lambdastack" --modules far.tar validate cluster.yml
code 2 "$lambdastack" --modules far.tar plan -f cluster.yml --out plan.json
cat said.log
mkdir layout
tar -C layout -xf far.tar
code 2 "$lambdastack" --modules layout plan -f cluster.yml --agreed plan.json
code 2 "$lambdastack" --modules oci:layout:modules/shop:1 plan -f cluster.yml --agreed plan.json
code 1 "$lambdastack" --modules bundle.tar.zst plan -f cluster.yml
grep -q 'hint: .*lsrepo image export' said.log || fail "$(cat said.log)"

step 'a module that changed is another plan'
sed -i 's/It is open/It is wide open/' mine/roles/open-shop/tasks/main.yml
"$lambdastack" module pack mine/shop --out changed.tar >/dev/null
code 1 "$lambdastack" --modules changed.tar plan -f cluster.yml --agreed plan.json
grep -q 'is not what would be done now' said.log || fail "$(cat said.log)"

step 'a copy that is damaged'
layer=$(python3 -c 'import json, sys; print(json.load(open("raw"))["layers"][0]["digest"].split(":")[1])')
printf 'x' | dd of="layout/blobs/sha256/$layer" bs=1 seek=100 conv=notrunc status=none
code 1 "$lambdastack" --modules layout plan -f cluster.yml
cat said.log
grep -q "sha256:$layer: its bytes have the digest" said.log

step 'both at once, as skopeo puts them together'
skopeo copy --quiet oci-archive:shop.tar oci:two:old
skopeo copy --quiet oci-archive:changed.tar oci:two:new
code 1 "$lambdastack" --modules two module list
grep -q 'is in it twice' said.log || fail "$(cat said.log)"
code 2 "$lambdastack" --modules oci:two:old plan -f cluster.yml --agreed plan.json
