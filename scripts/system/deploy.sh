#!/usr/bin/env bash
# `lambdastack` with real Ansible over SSH, onto a bare Debian 12: all modules are applied, answer, and need nothing more; what
# was changed by hand is found and repaired; an apply that is killed is gone on with.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes a host'
need mmdebstrap unshare ansible-playbook ssh ssh-keygen ssh-keyscan curl python3
main=$(debian_uri main) security=$(debian_uri security)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
build lambdastack
workspace deploy
cd "$work"

step 'a bare Debian with an SSH server'
mmdebstrap --quiet --variant=apt --include=python3,python3-apt,sudo,openssh-server bookworm root \
  "deb $main bookworm main" "deb ${security:-$main} bookworm-security main"
cp /etc/resolv.conf root/etc/resolv.conf
ssh-keygen -q -t ed25519 -N '' -f key
chroot root useradd -m -s /bin/bash operations
echo 'operations ALL=(ALL) NOPASSWD: ALL' >root/etc/sudoers.d/operations
install -d -m 700 root/home/operations/.ssh
cp key.pub root/home/operations/.ssh/authorized_keys
chroot root chown -R operations: /home/operations/.ssh
cat >host.sh <<'END'
mount --bind /dev root/dev
mount -t proc proc root/proc
mkdir -p root/run/sshd
exec chroot root /usr/sbin/sshd -D -p 2299 -o ListenAddress=127.0.0.1
END
unshare --mount --pid --fork --kill-child sh host.sh &
host_runs=$!
# it takes no milder signal, and all of the host ends with it
end_host() { { kill -9 "$host_runs"; wait "$host_runs"; } 2>/dev/null; }
hooks+=(end_host)
known() { ssh-keyscan -p 2299 127.0.0.1 2>/dev/null >known_hosts && [ -s known_hosts ]; }
wait_for known

# Only here are the host's keys known: nothing is written into the home of whoever runs this.
cat >with_keys.sh <<'END'
mkdir -p ~/.ssh
mount -t tmpfs none ~/.ssh
cp known_hosts ~/.ssh/known_hosts
exec "$@"
END
deploy() { unshare --mount sh with_keys.sh "$lambdastack" --quiet "$@"; }

step 'from nothing to four modules that answer'
deploy init --name demo --key "$work/key" --machine all-1=127.0.0.1 --component haproxy=all-1 --component node-exporter=all-1 \
  --component prometheus=all-1
sed -i 's/port: 22$/port: 2299/' cluster.yml
cat >>cluster.yml <<'END'
---
kind: configuration/haproxy
specification:
  stats_port: 18404
  frontends:
    - {name: metrics, port: 18099, mode: http, servers: [{name: self, address: 127.0.0.1, port: 19100}]}
---
kind: configuration/node-exporter
specification: {listen_port: 19100}
---
kind: configuration/prometheus
specification: {listen_port: 19090, node_exporter_port: 19100, haproxy_port: 18404, scrape_interval_seconds: 1}
END
code 2 deploy plan -f cluster.yml --out plan.json
code 0 deploy apply -f cluster.yml --agreed plan.json
code 0 deploy plan -f cluster.yml
curl -fsS http://127.0.0.1:18404/metrics | grep ^haproxy_ >/dev/null
curl -fsS http://127.0.0.1:18099/metrics | grep ^node_ >/dev/null
scraped() {
  curl -fsS http://127.0.0.1:19090/api/v1/targets | python3 -c '
import json, sys
targets = json.load(sys.stdin)["data"]["activeTargets"]
sys.exit(not (len(targets) == 3 and all(target["health"] == "up" for target in targets)))'
}
wait_for scraped

step 'what was changed by hand is found and repaired'
code 0 deploy audit -f cluster.yml
sed -i 's/maxconn 4000/maxconn 77/' root/etc/haproxy/haproxy.cfg
code 2 deploy audit -f cluster.yml --out seen.json
code 2 deploy plan -f cluster.yml --observed seen.json
grep -q '^! haproxy on all-1' said.log
code 0 deploy apply -f cluster.yml --observed seen.json --yes
code 0 deploy audit -f cluster.yml

step 'an apply that is killed is gone on with'
sed -i 's/{listen_port: 19100}/{listen_port: 19100, disabled_collectors: [wifi]}/' cluster.yml
unshare --mount sh with_keys.sh "$lambdastack" apply -f cluster.yml --yes >killed.log 2>&1 &
killed=$!
wait_for grep -q '^node-exporter: ' killed.log
kill -9 "$killed"
wait "$killed" 2>/dev/null || :
# Ansible goes on without us, and holds the lock until it is done
free() { flock -n lambdastack.state.json.lock true; }
wait_for free
code 2 deploy plan -f cluster.yml
grep -q '^~ node-exporter on all-1: is finished' said.log
code 0 deploy apply -f cluster.yml --yes
code 0 deploy plan -f cluster.yml
step 'a reload that failed is done by the next apply'
cp -a root/etc/init.d/haproxy haproxy.init
printf '#!/bin/sh\nexit 1\n' >root/etc/init.d/haproxy
sed -i 's/^  stats_port: 18404$/&\n  maximum_connections: 321/' cluster.yml
code 1 deploy apply -f cluster.yml --yes
cp -a haproxy.init root/etc/init.d/haproxy
code 0 deploy apply -f cluster.yml --yes
wait_for sh -c 'curl -fsS http://127.0.0.1:18404/metrics | grep -qx "haproxy_process_max_connections 321"'
code 0 deploy plan -f cluster.yml

step 'a module is taken away, and comes again'
code 0 deploy teardown -f cluster.yml --yes haproxy
for left in etc/haproxy usr/sbin/haproxy; do [ ! -e "root/$left" ] || fail "/$left is still there"; done
if curl -fsS http://127.0.0.1:18404/metrics >/dev/null 2>&1; then fail 'HAProxy still runs'; fi
code 0 deploy audit -f cluster.yml
code 2 deploy plan -f cluster.yml
code 0 deploy apply -f cluster.yml --yes
curl -fsS http://127.0.0.1:18404/metrics | grep ^haproxy_ >/dev/null
printf 'deployed\n'
