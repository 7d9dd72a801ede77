#!/usr/bin/env bash
# Modules that deploy services, by `lambdastack` with real Ansible over SSH, on two hosts with systemd that reach nothing but
# each other and their desk: an alert is told, keys come back from a backup, a firewall that would lock out undoes itself.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hosts.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap systemd-nspawn dpkg-scanpackages ansible-playbook ssh ssh-keygen ssh-keyscan ip nsenter nft pgrep setsid curl python3
build lambdastack
workspace deploy-services
cd "$work"

step 'two hosts with systemd, whose packages lie on them'
# those of the module `common`, and of the modules that are shown here
hosts_root root ca-certificates curl ethtool gnupg iproute2 jq logrotate lsof net-tools openssl psmisc rsync tar unzip procps tzdata \
  containerd haproxy nftables prometheus prometheus-alertmanager prometheus-node-exporter redis-server runc
hosts_network
host app-1 11 "$work/root"
host app-2 12 "$work/root"
wait_for reachable 11 12

ask() { at_desk curl -fsS --noproxy '*' --max-time 5 "$@"; }

step 'Prometheus finds that something is down, and Alertmanager tells the desk once'
mkdir secrets
printf 'tea "for" \\two' >secrets/redis
cat >hook.py <<'END'
import http.server, json, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with open("alerts.log", "a") as log:
            for alert in told["alerts"]:
                label = alert["labels"]
                log.write(f'{told["receiver"]} {alert["status"]} {label["alertname"]} {label.get("job")} {label.get("machine")}\n')
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("10.79.0.1", 9999), Hook).serve_forever()
END
: >alerts.log
at_desk python3 hook.py &
background+=($!)

cat >cluster.yml <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components: {every: {machines: [app-1, app-2]}, watch: {machines: [app-1]}}
---
kind: infrastructure/machine
name: app-1
specification: {ip: 10.79.0.11}
---
kind: infrastructure/machine
name: app-2
specification: {ip: 10.79.0.12}
---
kind: configuration/feature-mapping
specification:
  roles_mapping: {every: [common, node-exporter, alertmanager, redis, containerd], watch: [haproxy, prometheus]}
---
kind: configuration/prometheus
specification: {scrape_interval_seconds: 1, alert_after_minutes: 0}
---
kind: configuration/alertmanager
specification:
  group_by: [alertname, instance]
  group_wait_seconds: 0
  group_interval_seconds: 1
  default_receiver: nobody
  receivers:
    - {name: desk, webhook: "http://10.79.0.1:9999/"}
    - {name: nobody}
  routes: [{label: alertname, value: InstanceDown, receiver: desk}]
---
kind: configuration/redis
specification: {primary: app-1, password: "file:$work/secrets/redis"}
---
kind: configuration/containerd
specification: {registries: [{host: quay.io, mirrors: ["http://10.79.0.1:5000"], only: true}]}
END
modules='alertmanager containerd haproxy prometheus redis'
# what is common to all stays
sed 's/{every: \[common.*/{every: [common], watch: [common]}/' cluster.yml >common.yml
code 0 deploy --quiet apply -f common.yml --yes
for name in app-1 app-2; do in_etc "$name" >"before-$name"; done
code 0 deploy --quiet apply -f cluster.yml --yes
code 0 deploy --quiet test -f cluster.yml
for module in $modules; do said "^$module: works"; done
all_up() { ask 10.79.0.11:9090/api/v1/query --data-urlencode 'query=count(up{machine!=""} == 1)' | grep -q '"5"'; }
wait_for all_up
: >alerts.log
in_host app-2 systemctl stop prometheus-node-exporter
down() { grep -qx 'desk firing InstanceDown node-exporter app-2' alerts.log; }
wait_for down
# the other Alertmanager waits 15 seconds before it would tell it
sleep 20
[ "$(grep -c 'firing InstanceDown node-exporter app-2' alerts.log)" = 1 ] || { cat alerts.log; fail 'it was told twice'; }
in_host app-2 systemctl start prometheus-node-exporter
up() { grep -qx 'desk resolved InstanceDown node-exporter app-2' alerts.log; }
wait_for up

step 'a second apply changes nothing, and what was changed by hand is found'
# shellcheck disable=SC2086  # several words
again $modules
code 0 deploy apply -f cluster.yml --yes
for module in $modules; do said "^$module: nothing had to be changed"; done
code 0 deploy --quiet audit -f cluster.yml
files='alertmanager:/etc/prometheus/alertmanager.yml containerd:/etc/containerd/lambdastack.toml containerd:/etc/containerd/certs.d/quay.io/hosts.toml
  haproxy:/etc/haproxy/haproxy.cfg prometheus:/etc/prometheus/rules/lambdastack.yml redis:/etc/redis/redis.conf'
for one in $files; do echo '# by hand' >>"$work/hosts/app-1/root${one#*:}"; done
code 2 deploy --quiet audit -f cluster.yml --out seen.json
for one in $files; do said "^! app-1: ${one%%:*}: ${one#*:} was changed by hand"; done
code 0 deploy --quiet apply -f cluster.yml --observed seen.json --yes
code 0 deploy --quiet audit -f cluster.yml

step 'Redis: what is written to the one is read from the other'
# keys HOST COMMAND …: of Redis; nobody sees the password
keys() {
  local name=$1
  shift
  # shellcheck disable=SC2016  # in the host
  in_host "$name" sh -c 'IFS= read -r REDISCLI_AUTH; export REDISCLI_AUTH; exec redis-cli --raw "$@" </dev/null' keys "$@" <<<"$(cat secrets/redis)"
}
keys app-1 SET drink tea | grep -qx OK
has_tea() { [ "$(keys app-2 GET drink)" = tea ]; }
wait_for has_tea
keys app-2 SET drink coffee | grep -q READONLY || fail 'the one that follows was written to'
if in_host app-1 redis-cli GET drink | grep -q tea; then fail 'it was read without a password'; fi
for name in app-1 app-2; do
  if in_host "$name" grep -rlF --exclude=password.conf -- 'tea "for"' /etc /home /root /tmp /var/log /var/tmp; then
    fail "there is the password, on $name"
  fi
done
if grep -rlF 'tea "for"' lambdastack.state.json* ./*.log; then fail 'there is the password'; fi

step 'what is lost comes back from a backup: keys, metrics, rules, silences, certificates'
silence='{"matchers": [{"name": "alertname", "value": "InstanceDown", "isRegex": false}], "comment": "work", "createdBy": "desk",
  "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}'
id=$(ask -H 'content-type: application/json' -d "$silence" 10.79.0.11:9093/api/v2/silences | sed 's/.*"silenceID":"\([^"]*\)".*/\1/')
# silenced NUMBER: that Alertmanager keeps still
silenced() { ask "10.79.0.1$1:9093/api/v2/silence/$id" | grep -q '"state":"active"'; }
wait_for silenced 2
in_host app-1 sh -c 'mkdir -p /etc/haproxy/certs; echo pem >/etc/haproxy/certs/own.pem; chmod 600 /etc/haproxy/certs/own.pem
  printf "groups: []\n" >/etc/prometheus/rules/own.yml'
moment=$(date +%s)
known() { ask 10.79.0.11:9090/api/v1/query --data-urlencode 'query=up{job="haproxy"}' -d "time=$moment" | grep -q '"1"'; }
wait_for known
code 0 deploy --quiet backup --build . --target saved
archive=$(grep '^saved/demo_' said.log)
keys app-1 FLUSHALL | grep -qx OK
ask -X DELETE "10.79.0.12:9093/api/v2/silence/$id"
in_host app-1 sh -c 'systemctl stop prometheus; rm -rf /var/lib/prometheus/metrics2/* /etc/prometheus/rules/own.yml /etc/haproxy/certs
  systemctl start prometheus'
code 0 deploy --quiet test -f cluster.yml prometheus
if known || silenced 1 || has_tea; then fail 'it was not lost'; fi
code 0 deploy --quiet restore --build . --target "$archive" --yes
[ "$(keys app-1 GET drink)" = tea ] || fail 'the key is not back'
wait_for has_tea
wait_for known
wait_for silenced 1
wait_for silenced 2
[ "$(in_host app-1 stat -c %a:%U /etc/haproxy/certs/own.pem)" = 600:root ] || fail 'the certificate is not as it was'
in_host app-1 test -e /etc/prometheus/rules/own.yml || fail 'the rules are not there'
if in_host app-1 sh -c 'ls -d /var/lib/*/lambdastack* /var/lib/prometheus/*-saved /etc/haproxy.before /etc/lambdastack.* 2>/dev/null'; then
  fail 'something was left behind'
fi
code 0 deploy --quiet test -f cluster.yml
code 0 deploy --quiet audit -f cluster.yml
code 0 deploy --quiet plan -f cluster.yml

step 'Redis: a log of writes begins with what is there, also where Redis cannot be asked'
cp cluster.yml logged.yml
sed -i '/^specification: {primary: app-1/ s/primary: app-1/&, append_only: false/' cluster.yml
code 0 deploy --quiet apply -f cluster.yml --yes
keys app-1 SET drink cocoa | grep -qx OK
in_host app-1 systemctl stop redis-server
cp logged.yml cluster.yml
code 1 deploy --quiet apply -f cluster.yml --yes
said 'move the older of them away'
in_host app-1 rm -r /var/lib/redis/appendonlydir
code 0 deploy --quiet apply -f cluster.yml --yes
[ "$(keys app-1 GET drink)" = cocoa ] || fail 'what a stopped Redis had is gone'
sed -i '/^specification: {primary: app-1/ s/primary: app-1/&, append_only: false/' cluster.yml
code 0 deploy --quiet apply -f cluster.yml --yes
keys app-1 SET drink milk | grep -qx OK
for name in app-1 app-2; do in_host "$name" rm -r /var/lib/redis/appendonlydir; done
printf 'another' >secrets/another
sed 's:secrets/redis:secrets/another:' logged.yml >cluster.yml
code 0 deploy --quiet apply -f cluster.yml --yes
cp secrets/another secrets/redis
[ "$(keys app-1 GET drink)" = milk ] || fail 'what a Redis with another password had is gone'
has_milk() { [ "$(keys app-2 GET drink)" = milk ]; }
wait_for has_milk
cp logged.yml cluster.yml
code 0 deploy --quiet apply -f cluster.yml --yes
code 0 deploy --quiet test -f cluster.yml redis
code 0 deploy --quiet audit -f cluster.yml

step 'a firewall: what is closed is closed, and SSH stays'
open() { at_desk timeout 3 bash -c "</dev/tcp/10.79.0.$1/$2" 2>/dev/null; }
within() { in_host app-1 timeout 3 bash -c "</dev/tcp/10.79.0.12/$1" 2>/dev/null; }
# tables HOST COMMAND …: of nftables in that host
tables() {
  local name=$1
  shift
  nsenter -t "$(leader "$name")" --net nft "$@"
}
tables app-2 add table inet others
open 12 6379 || fail 'the port does not answer before'
sed -i 's/redis, containerd\]/redis, containerd, firewall]/' cluster.yml
cat >>cluster.yml <<'END'
---
kind: configuration/firewall
specification: {enabled: true, allowed: [{port: 9090, last: 9094, from: [10.79.0.0/29]}], back_seconds: 30}
END
code 0 deploy --quiet apply -f cluster.yml --yes
if open 12 6379; then fail 'a closed port is open'; fi
if ! open 12 22 || ! open 11 9090 || ! within 6379 || ! within 9100; then fail 'what is to be open is closed'; fi
code 0 deploy --quiet test -f cluster.yml firewall
again firewall
code 0 deploy apply -f cluster.yml --yes
said '^firewall: nothing had to be changed'
code 0 deploy --quiet audit -f cluster.yml
tables app-2 add rule inet lambdastack input tcp dport 6379 accept
code 2 deploy --quiet audit -f cluster.yml --out seen.json
said '^! app-2: firewall: the table in force is not that of /etc/lambdastack/firewall.nft'
code 0 deploy --quiet apply -f cluster.yml --observed seen.json --yes
if open 12 6379; then fail 'a closed port is open'; fi

step 'one that would lock out undoes itself'
tables app-2 --stateless list ruleset >before
cp cluster.yml good.yml
sed -i 's/back_seconds: 30/back_seconds: 30, ssh_from: [192.0.2.0\/24]/' cluster.yml
code 1 deploy --quiet apply -f cluster.yml --yes
said 'with this table nobody could log in any more; the earlier one is back'
open 12 22 || fail 'it is locked out'
tables app-2 --stateless list ruleset | cmp - before
cp good.yml cluster.yml
code 0 deploy --quiet apply -f cluster.yml --yes
code 0 deploy --quiet audit -f cluster.yml
in_host app-2 systemctl restart lambdastack-firewall
tables app-2 --stateless list ruleset | cmp - before

step 'and is taken away, without those of others'
code 0 deploy --quiet teardown -f cluster.yml --yes firewall
open 12 6379 || fail 'the port is still closed'
[ "$(tables app-2 list ruleset)" = 'table inet others {
}' ] || fail 'another table is not as it was'
if in_host app-2 systemctl cat lambdastack-firewall >/dev/null 2>&1; then fail 'the service is still there'; fi

step 'Redis and Prometheus are torn down: what they stored stays, and is found again'
moment=$(date +%s)
wait_for known
code 0 deploy --quiet teardown -f cluster.yml --yes redis prometheus
for program in redis-server prometheus; do if in_host app-1 sh -c "command -v $program || pgrep -x $program"; then fail "$program is still there"; fi; done
code 0 deploy --quiet apply -f cluster.yml --yes
[ "$(keys app-1 GET drink)" = milk ] || fail 'the key is gone'
wait_for known

step 'and everything is purged, of a package that was held and of one that was half set up too'
in_host app-1 apt-mark -q hold redis-server
in_host app-2 sh -c 'sed -i "/^Package: prometheus-alertmanager$/,/^$/ s/^Status: .*/Status: install ok half-configured/" /var/lib/dpkg/status'
purged cluster.yml alertmanager containerd prometheus redis
# shellcheck disable=SC2086  # several words
code 0 deploy --quiet teardown -f cluster.yml --yes $modules node-exporter firewall
for name in app-1 app-2; do
  in_host "$name" dpkg -P nftables 2>/dev/null || :
  in_etc "$name" | diff "before-$name" - || fail "$name is not as it was before"
  if in_host "$name" sh -c 'ls -d /var/lib/containerd /var/lib/redis /var/lib/prometheus /var/lib/haproxy /var/lib/lambdastack* 2>/dev/null'; then
    fail "something was left behind on $name"
  fi
done
printf 'deployed\n'
