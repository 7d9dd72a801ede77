#!/usr/bin/env bash
# Whether modules are well, by `lambdastack` with real Ansible over SSH on two hosts with systemd: asked once from the desk,
# and again and again by the module `health`, from which Prometheus hears of it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hosts.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap systemd-nspawn dpkg-scanpackages ansible-playbook ssh ssh-keygen ssh-keyscan ip nsenter pgrep setsid curl jq
build lambdastack
workspace deploy-health
cd "$work"

step 'two hosts with systemd, whose packages lie on them'
hosts_root root curl procps tzdata haproxy prometheus prometheus-node-exporter
hosts_network
host web-1 11 "$work/root"
host mon-1 12 "$work/root"
wait_for reachable 11 12

step 'all is applied, and all is well'
cat >cluster.yml <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components: {front: {machines: [web-1]}, watch: {machines: [mon-1]}}
---
kind: infrastructure/machine
name: web-1
specification: {ip: 10.79.0.11}
---
kind: infrastructure/machine
name: mon-1
specification: {ip: 10.79.0.12}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {front: [common, haproxy, node-exporter], watch: [common, health, prometheus]}}
---
kind: configuration/common
specification: {packages: [curl]}
---
kind: configuration/health
specification: {program: $(realpath "$lambdastack"), interval_seconds: 1}
---
kind: configuration/prometheus
specification: {scrape_interval_seconds: 1}
END
code 2 deploy --quiet plan -f cluster.yml --out plan.json
code 0 deploy --quiet apply -f cluster.yml --agreed plan.json
well() { at_desk "$lambdastack" --quiet health >said.log 2>&1; }
wait_for well
cat said.log
said '^demo: 4 of 4 up'
code 0 deploy --quiet test -f cluster.yml health prometheus

# heard VALUE: what Prometheus knows of HAProxy on web-1, by the name of that machine
heard() {
  at_desk curl -fsS --noproxy '*' --get --data-urlencode 'query=lambdastack_health_up{module="haproxy",machine="web-1"}' \
    http://10.79.0.12:9090/api/v1/query | jq -e --arg value "$1" '.data.result | length == 1 and .[0].value[1] == $value' >/dev/null
}
wait_for heard 1

step 'it runs as a user of its own, who may do little'
[ "$(in_host mon-1 ps -o user:32= -C lambdastack)" = lambdastack-health ] || fail 'it runs as somebody else'
in_host mon-1 systemd-analyze security lambdastack-health | tail -n 1

step 'what is down is told, here and to Prometheus'
in_host web-1 systemctl stop haproxy
code 1 at_desk "$lambdastack" --quiet health
said '^haproxy on web-1: metrics .*: down: .*refused'
code 0 at_desk "$lambdastack" --quiet health node-exporter prometheus
wait_for heard 0
in_host web-1 systemctl start haproxy
wait_for heard 1

step 'a client that takes all it gets takes nothing from others'
at_desk python3 - <<'PY' &
import socket, time
held = []
end = time.time() + 8
while time.time() < end:
    try:
        held.append(socket.create_connection(("10.79.0.12", 9180), 1))
        held[-1].sendall(b"GET /metrics HTTP/1.1\r\nA: ")
    except OSError:
        time.sleep(0.01)
    held = held[-500:]
PY
crowd=$!
background+=("$crowd")
for _ in 1 2 3 4 5; do
  in_host mon-1 curl -fsS --max-time 3 http://127.0.0.1:9180/metrics | grep -q '^lambdastack_health_up' || fail 'nobody else is served'
  sleep 1
done
wait "$crowd"

step 'a second apply changes nothing, and what was changed by hand is found'
again health
code 0 deploy apply -f cluster.yml --yes
said '^health: nothing had to be changed'
code 0 deploy --quiet audit -f cluster.yml
sed -i 's/10.79.0.11/10.79.0.99/' "$work/hosts/mon-1/root/etc/lambdastack-health/targets.json"
in_host mon-1 systemctl stop lambdastack-health
[ "$(in_host mon-1 systemctl show -p Result --value lambdastack-health)" = success ] || fail 'it does not end well'
code 2 deploy --quiet audit -f cluster.yml --out seen.json
said '^! mon-1: health: .*targets.json was changed by hand'
code 0 deploy --quiet apply -f cluster.yml --observed seen.json --yes
code 0 deploy --quiet audit -f cluster.yml

step 'what is asked elsewhere is a change here'
sed -i 's/\[common, health, prometheus\]/[common, health, node-exporter, prometheus]/' cluster.yml
code 2 deploy --quiet plan -f cluster.yml
said '+ targets.modules.node-exporter.mon-1.metrics.port: 9100'
code 0 deploy --quiet apply -f cluster.yml --yes
wait_for well
said '^demo: 5 of 5 up'

step 'torn down, nothing of it is left'
code 0 deploy --quiet teardown -f cluster.yml --yes health
for left in etc/lambdastack-health usr/local/lib/lambdastack-health etc/systemd/system/lambdastack-health.service; do
  [ ! -e "$work/hosts/mon-1/root/$left" ] || fail "/$left is left"
done
if in_host mon-1 getent passwd lambdastack-health; then fail 'its user is left'; fi
printf 'well\n'
