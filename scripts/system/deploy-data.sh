#!/usr/bin/env bash
# Modules that keep data, by `lambdastack` with real Ansible over SSH, on two hosts with systemd that reach nothing but each
# other and their desk: what is written to the one PostgreSQL is read from the other, what is lost comes back from a backup.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
. "$(dirname "$0")/hosts.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap systemd-nspawn dpkg-scanpackages ansible-playbook ssh ssh-keygen ssh-keyscan ip nsenter pgrep setsid
lambdastack=${LAMBDASTACK:-}
if [ -z "$lambdastack" ]; then
  (cd "$project" && cargo build --locked --quiet --release --package lambdastack)
  lambdastack=${CARGO_TARGET_DIR:-$project/target}/release/lambdastack
fi
workspace deploy-data
cd "$work"

step 'two hosts with systemd, whose packages lie on them'
# those of the module `common`, and of the modules that are shown here
hosts_root root ca-certificates curl ethtool gnupg iproute2 jq logrotate lsof net-tools openssl psmisc rsync tar unzip procps tzdata \
  haproxy pgbouncer postgresql-15 postgresql-15-pgaudit rabbitmq-server
hosts_network
host db-1 11 "$work/root"
host db-2 12 "$work/root"
wait_for reachable 11 12

# Only here are the hosts' keys known: nothing is written into the home of whoever runs this.
cat >with_keys.sh <<'END'
mkdir -p ~/.ssh
mount -t tmpfs none ~/.ssh
cp known_hosts ~/.ssh/known_hosts
exec "$@"
END
deploy() { at_desk unshare --mount sh with_keys.sh "$lambdastack" --quiet "$@"; }
# code CODE COMMAND …: it ends with that exit code
code() {
  local wanted=$1 got=0
  shift
  "$@" >said.log 2>&1 || got=$?
  [ "$got" = "$wanted" ] || { cat said.log; fail "$* ended with $got, not $wanted"; }
}

step 'PostgreSQL: what is written to the one is read from the other'
mkdir secrets
printf '%s\n' 'correct horse' >secrets/password
export LAMBDASTACK_VAULT_PASSWORD_FILE=$work/secrets/password
"$lambdastack" --quiet vault init
printf 'follow: \\me' | "$lambdastack" --quiet vault set replication
printf "it's 100%% /secret@:1" >secrets/shop

cat >cluster.yml <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components: {data: {machines: [db-1, db-2]}, front: {machines: [db-2]}}
---
kind: infrastructure/machine
name: db-1
specification: {ip: 10.79.0.11}
---
kind: infrastructure/machine
name: db-2
specification: {ip: 10.79.0.12}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {data: [common, postgresql], front: [haproxy]}}
---
kind: configuration/postgresql
specification:
  primary: db-1
  replication_password: vault:replication
  users: [{name: shop, password: "file:$work/secrets/shop"}]
  databases: [{name: shop, owner: shop}]
  clients: [10.79.0.0/24]
  pgaudit: true
  pgbouncer: true
---
kind: configuration/haproxy
specification:
  frontends:
    - {name: shop, port: 5000, servers: [{name: db-1, address: 10.79.0.11, port: 6432}]}
END
code 2 deploy plan -f cluster.yml --out plan.json
code 0 deploy apply -f cluster.yml --agreed plan.json
# sql ADDRESS STATEMENT: as the user shop, whose password nobody sees
sql() {
  printf '%s\n' "\\connect 'postgresql://shop:it%27s%20100%25%20%2Fsecret%40%3A1@$1/shop'" "$2" |
    timeout 20 nsenter -t "$(leader db-2)" --all runuser -u postgres -- psql -X -w -A -t -q -v ON_ERROR_STOP=1 -f - 2>/dev/null
}
# by HAProxy and PgBouncer to the one that is written to; by PgBouncer from the one that follows
front=10.79.0.12:5000 follower=10.79.0.12:6432
wait_for sql "$front" 'CREATE TABLE orders (what text)'
sql "$front" "INSERT INTO orders VALUES ('tea')"
read_there() { [ "$(sql "$follower" 'TABLE orders')" = tea ]; }
wait_for read_there
if sql "$follower" "INSERT INTO orders VALUES ('coffee')"; then fail 'the one that follows was written to'; fi
code 0 deploy test -f cluster.yml
grep -q '^postgresql: works' said.log

# again MODULE: as if it had been applied with other playbooks
again() {
  python3 - "$1" <<'PY'
import json, sys
path = "lambdastack.state.json"
state = json.load(open(path))
state["modules"][sys.argv[1]]["inputs"]["playbooks"] = "0" * 16
json.dump(state, open(path, "w"))
PY
}

step 'a second apply changes nothing, and what was changed by hand is found'
again postgresql
code 0 at_desk unshare --mount sh with_keys.sh "$lambdastack" apply -f cluster.yml --yes
grep -q '^postgresql: nothing had to be changed' said.log || { cat said.log; fail 'a second apply changed something'; }
code 0 deploy audit -f cluster.yml
echo 'host all all 0.0.0.0/0 trust' >>"$work/hosts/db-2/root/etc/postgresql/15/main/pg_hba.conf"
code 2 deploy audit -f cluster.yml --out seen.json
grep -q '^! db-2: postgresql: .*pg_hba.conf was changed by hand' said.log
code 0 deploy apply -f cluster.yml --observed seen.json --yes
code 0 deploy audit -f cluster.yml

step 'no secret is where it should not be'
for secret in 'secret@:1' 'follow: ' 'correct horse'; do
  if grep -rlF -- "$secret" lambdastack.* plan.json ./*.log; then fail "there it is: $secret"; fi
  for name in db-1 db-2; do
    if in_host "$name" grep -rlF --exclude=lambdastack.pgpass -- "$secret" /etc /home /root /tmp /var/log /var/tmp /var/lib/postgresql; then
      fail "there it is on $name: $secret"
    fi
  done
done

step 'what is lost comes back from a backup, and the one that follows has it too'
code 0 deploy backup --build . --target saved
archive=$(grep '^saved/demo_' said.log)
in_host db-1 runuser -u postgres -- psql -q -c 'DROP DATABASE shop WITH (FORCE)' -c 'DROP ROLE shop'
code 2 deploy restore --build . --target "$archive"
code 0 deploy restore --build . --target "$archive" --yes postgresql
back() { [ "$(sql "$front" 'TABLE orders')" = tea ]; }
wait_for back
wait_for read_there
code 0 deploy audit -f cluster.yml
code 0 deploy plan -f cluster.yml

step 'RabbitMQ: what one machine is given, the other one hands out'
printf '00123' >secrets/cookie
cp secrets/shop secrets/worker
"$lambdastack" --quiet vault set worker --from-file secrets/worker
sed -i 's/\[common, postgresql\]/[common, postgresql, rabbitmq]/' cluster.yml
cat >>cluster.yml <<END
---
kind: configuration/rabbitmq
specification:
  cookie: file:$work/secrets/cookie
  vhosts: [jobs]
  users: [{name: worker, password: "vault:worker", vhost: jobs, tag: management}]
END
code 0 deploy apply -f cluster.yml --yes
# ask MACHINE METHOD PATH BODY: of the management, as the worker; the password is in no list of processes
ask() {
  printf 'user = "worker:%s"\n' "$(cat secrets/worker)" |
    at_desk curl -fsS --noproxy '*' -K - -X "$2" -H 'content-type: application/json' -d "$4" "http://10.79.0.1$1:15672/api/$3"
}
ask 1 PUT queues/jobs/tasks '{"durable": true}'
ask 1 POST exchanges/jobs/amq.default/publish '{"properties": {}, "routing_key": "tasks", "payload": "brew tea", "payload_encoding": "string"}' |
  grep -q '"routed":true'
taken() { ask 2 POST queues/jobs/tasks/get '{"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}' | grep -q '"payload":"brew tea"'; }
wait_for taken
code 0 deploy test -f cluster.yml rabbitmq
again rabbitmq
code 0 at_desk unshare --mount sh with_keys.sh "$lambdastack" apply -f cluster.yml --yes
grep -q '^rabbitmq: nothing had to be changed' said.log || { cat said.log; fail 'a second apply changed something'; }
echo 'vm_memory_high_watermark.relative = 0.9' >>"$work/hosts/db-1/root/etc/rabbitmq/rabbitmq.conf"
code 2 deploy audit -f cluster.yml
grep -q '^! db-1: rabbitmq: /etc/rabbitmq/rabbitmq.conf was changed by hand' said.log
if grep -F 'secret@:1' lambdastack.*; then fail 'there it is'; fi
printf 'deployed\n'
