#!/usr/bin/env bash
# A stack out of one bundle, and what becomes of it: four hosts with systemd, of which none reaches anything but the others and a desk
# that has nothing but the bundle either, and its Ansible out of it.
# A repository, a PostgreSQL that another one follows, behind HAProxy and PgBouncer, RabbitMQ, and Prometheus that looks at all of them;
# interrupted, audited, lost and restored, upgraded out of another bundle, and torn down.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hosts.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap systemd-nspawn ssh-keygen ssh-keyscan ip nsenter pgrep setsid unshare python3 curl
main=$(debian_uri main)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
build lsrepo lambdastack
workspace deploy-stack
cd "$work"
# took: how long it is since the beginning
took() { printf '   (after %d s)\n' "$SECONDS"; }

step 'four bare hosts behind a gap'
bare_root root
# sources of its own that lead nowhere: they are switched off by the set-up, and come back
rm -rf root/var/lib/apt/lists/*
printf 'deb http://archive.invalid/debian bookworm main\n' >root/etc/apt/sources.list
printf 'Types: deb\nURIs: http://archive.invalid/security\nSuites: bookworm-security\nComponents: main\n' >root/etc/apt/sources.list.d/own.sources
hosts_network
declare -A number=([repo-1]=11 [lb-1]=12 [db-1]=13 [db-2]=14)
for name in "${!number[@]}"; do host "$name" "${number[$name]}" "$work/root"; done

step 'two bundles: what Debian was released with, and what was mended since'
export LSREPO_HOME=$work/near
packages=()
for name in ansible-core openssh-client haproxy pgbouncer postgresql-15 postgresql-15-pgaudit prometheus prometheus-alertmanager prometheus-node-exporter rabbitmq-server procps tzdata \
  ca-certificates curl ethtool gnupg iproute2 jq logrotate lsof net-tools openssl psmisc rsync tar unzip; do
  packages+=(--package "$name")
done
"$lsrepo" --quiet prepare --os debian-12 --arch x86_64 --source "deb $main bookworm main" "${packages[@]}"
"$lsrepo" --quiet export -o first.tar.zst
rm -f lsrepo.lock
"$lsrepo" --quiet prepare --os debian-12 --arch x86_64 "${packages[@]}"
"$lsrepo" --quiet export -o second.tar.zst
"$lsrepo" key export >key.asc
unset LSREPO_HOME
took

up() { in_host "$1" systemctl --quiet is-active systemd-user-sessions && at_desk ssh-keyscan -t ed25519 "10.79.0.${number[$1]}" 2>/dev/null | grep -q .; }
for name in "${!number[@]}"; do
  wait_for up "$name" || { cat "$name.log"; fail "$name does not start"; }
  cp -a "hosts/$name/root/etc" "before-$name"
done
wait_for reachable "${number[@]}" || fail 'not all hosts are reachable'
for name in "${!number[@]}"; do
  if in_host "$name" ip route show default | grep .; then fail "$name has a way out"; fi
done

step 'a desk that has nothing: Ansible comes out of the bundle'
mkdir -p hosts/desk/{over,work,root}
mount -t overlay overlay -o "lowerdir=$work/root,upperdir=$work/hosts/desk/over,workdir=$work/hosts/desk/work" hosts/desk/root
cat >enter.sh <<'END'
set -e
root=$1 work=$2
shift 2
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root$work"
mount --bind "$work" "$root$work"
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
export HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$work" "$@"
END
desk_runs() { at_desk unshare --mount --pid --fork --kill-child sh enter.sh "$work/hosts/desk/root" "$work" "$@"; }
deploy() { desk_runs lambdastack "$@"; }
install -m 755 "$lsrepo" hosts/desk/root/usr/local/bin/lsrepo
install -m 755 "$lambdastack" hosts/desk/root/usr/local/bin/lambdastack
install -D -m 600 known_hosts hosts/desk/root/root/.ssh/known_hosts
desk_runs lsrepo --quiet key trust key.asc
desk_runs lsrepo serve --bundle first.tar.zst --listen 127.0.0.1:8080 >serve.log 2>&1 &
server=$!
background+=("$server")
served serve.log >/dev/null
desk_runs lsrepo --quiet client apply --url http://127.0.0.1:8080
desk_runs apt-get -qq update
desk_runs apt-get -qq -y --no-install-recommends install ansible-core openssh-client >install.log 2>&1 || { tail -n 20 install.log; fail 'Ansible does not install'; }
desk_runs ansible-playbook --version | sed -n 1p
end "$server"
took

step 'a repository alone, and away again: every file is as it was'
mkdir secrets
printf 'correct horse' >secrets/password
export LAMBDASTACK_VAULT_PASSWORD_FILE=$work/secrets/password
printf "it's 100%% /secret@:1" >secrets/shop
printf '00123' >secrets/cookie
deploy vault init
printf 'follow: \\me' | deploy vault set replication
deploy vault set worker --from-file secrets/shop
head_of() {
  cat <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components: {$1}
END
  for name in "${!number[@]}"; do
    printf -- '---\nkind: infrastructure/machine\nname: %s\nspecification: {ip: 10.79.0.%s}\n' "$name" "${number[$name]}"
  done
  cat <<END
---
kind: configuration/repository
specification: {bundle: $work/first.tar.zst, key: $work/key.asc, program: /usr/local/bin/lsrepo, purge: true}
END
}
head_of 'repository: {machines: [repo-1]}' >only.yml
code 0 deploy apply -f only.yml --state only.json --yes
code 0 deploy teardown -f only.yml --state only.json --yes
for name in lb-1 db-1 db-2; do diff -r --no-dereference "before-$name" "hosts/$name/root/etc"; done
diff -r --no-dereference before-repo-1/apt hosts/repo-1/root/etc/apt
took

step 'a plan, and one host that loses its power in the middle of its apply'
{
  head_of 'repository: {machines: [repo-1]}, every: {machines: [repo-1, lb-1, db-1, db-2]}, front: {machines: [lb-1]}, data: {machines: [db-1, db-2]}, watch: {machines: [repo-1]}'
  cat <<END
---
kind: configuration/feature-mapping
specification:
  roles_mapping: {every: [common, node-exporter], front: [haproxy], data: [postgresql, rabbitmq], watch: [alertmanager, health, prometheus]}
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
    - {name: shop, port: 5000, servers: [{name: db-1, address: 10.79.0.13, port: 6432}]}
---
kind: configuration/rabbitmq
specification:
  cookie: file:$work/secrets/cookie
  vhosts: [jobs]
  users: [{name: worker, password: "vault:worker", vhost: jobs, tag: management}]
---
kind: configuration/prometheus
specification: {scrape_interval_seconds: 1}
---
kind: configuration/health
specification: {program: /usr/local/bin/lambdastack, interval_seconds: 1}
END
} >cluster.yml
code 2 deploy plan -f cluster.yml --out plan.json
deploy apply -f cluster.yml --agreed plan.json >first.log 2>&1 &
first=$!
background+=("$first")
begun() { grep -q '^postgresql: ' first.log || ! kill -0 "$first"; }
wait_for begun || :
grep -q '^postgresql: ' first.log || { cat first.log; fail 'the first apply does not get that far'; }
power_off db-2
if wait "$first"; then cat first.log; fail 'it says that all is well'; fi
power_on db-2
wait_for up db-2 || { cat db-2.log; fail 'db-2 does not start again'; }
code 2 deploy plan -f cluster.yml
said '^~ postgresql on .* is finished'
took

step 'the next apply completes it, and then nothing is left to do or to change'
code 0 deploy apply -f cluster.yml --yes
code 0 deploy plan -f cluster.yml
again all
code 0 deploy apply -f cluster.yml --yes
if grep ': changed on' said.log; then cat said.log; fail 'a second apply changed something'; fi
[ "$(grep -c ': nothing had to be changed' said.log)" = 9 ]
code 0 deploy test -f cluster.yml
code 0 at_desk "$lambdastack" health
took

step 'rows that are written through the balancer are read from the one that follows'
# sql ADDRESS STATEMENT: as the user shop, whose password nobody sees
sql() {
  printf '%s\n' "\\connect 'postgresql://shop:it%27s%20100%25%20%2Fsecret%40%3A1@$1/shop'" "$2" |
    timeout 20 nsenter -t "$(leader db-2)" --all runuser -u postgres -- psql -X -w -A -t -q -v ON_ERROR_STOP=1 -f - 2>/dev/null
}
front=10.79.0.12:5000 follower=10.79.0.14:6432
wait_for sql "$front" 'CREATE TABLE orders (what text)'
sql "$front" "INSERT INTO orders VALUES ('tea')"
read_there() { [ "$(sql "$follower" 'TABLE orders')" = tea ]; }
wait_for read_there
if sql "$follower" "INSERT INTO orders VALUES ('coffee')"; then fail 'the one that follows was written to'; fi

step 'what one RabbitMQ is given, the other one hands out; Prometheus sees everything'
# ask MACHINE METHOD PATH BODY: of the management, as the worker; the password is in no list of processes
ask() {
  printf 'user = "worker:%s"\n' "$(cat secrets/shop)" |
    at_desk curl -fsS --noproxy '*' -K - -X "$2" -H 'content-type: application/json' -d "$4" "http://10.79.0.${number[$1]}:15672/api/$3"
}
ask db-1 PUT queues/jobs/tasks '{"durable": true}'
ask db-1 POST exchanges/jobs/amq.default/publish '{"properties": {}, "routing_key": "tasks", "payload": "brew tea", "payload_encoding": "string"}' |
  grep -q '"routed":true'
taken() { ask db-2 POST queues/jobs/tasks/get '{"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}' | grep -q '"payload":"brew tea"'; }
wait_for taken
scraped() {
  at_desk curl -fsS --max-time 5 http://10.79.0.11:9090/api/v1/targets | python3 -c '
import json, sys
targets = json.load(sys.stdin)["data"]["activeTargets"]
sys.exit(not (len(targets) >= 6 and all(target["health"] == "up" for target in targets)))'
}
wait_for scraped || fail 'Prometheus does not reach all of its targets'

step 'what was changed by hand is found and repaired'
code 0 deploy audit -f cluster.yml
source=$(find hosts/lb-1/root/etc/apt/sources.list.d -name 'lsrepo.*' | head -n 1)
printf '# by hand\n' >>"$source"
sed -i 's/maxconn 4000/maxconn 77/' hosts/lb-1/root/etc/haproxy/haproxy.cfg
echo 'host all all 0.0.0.0/0 trust' >>hosts/db-2/root/etc/postgresql/15/main/pg_hba.conf
in_host repo-1 systemctl stop lsrepo
code 2 deploy --quiet audit -f cluster.yml --out seen.json
cat said.log
for found in 'lb-1: haproxy' 'lb-1: repository' 'repo-1: repository' 'db-2: postgresql'; do said "^! $found"; done
code 2 deploy audit -f cluster.yml --take taken.yml
grep -q '^  maximum_connections: 77$' taken.yml
code 0 deploy apply -f cluster.yml --observed seen.json --yes
code 0 deploy audit -f cluster.yml
took

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
code 0 deploy --quiet backup --build . --target saved
archive=$(grep '^saved/demo_' said.log)
in_host db-1 runuser -u postgres -- psql -q -c 'DROP DATABASE shop WITH (FORCE)' -c 'DROP ROLE shop'
code 0 deploy restore --build . --target "$archive" --yes postgresql
back() { [ "$(sql "$front" 'TABLE orders')" = tea ]; }
wait_for back
wait_for read_there
code 0 deploy audit -f cluster.yml
took

step 'another bundle: a plan, an upgrade that goes wrong, and one that does not'
# version HOST PACKAGE
# shellcheck disable=SC2016  # dpkg-query's own
version() { in_host "$1" dpkg-query -W -f '${Version}' "$2"; }
before=$(version lb-1 haproxy) database=$(version db-1 postgresql-15)
sed -i 's/first\.tar\.zst/second.tar.zst/' cluster.yml
code 1 deploy upgrade --plan --build .
said 'lambdastack apply. first'
code 2 deploy plan -f cluster.yml --out plan.json
code 0 deploy apply -f cluster.yml --agreed plan.json
[ "$(version lb-1 haproxy)" = "$before" ] || fail 'a new bundle alone upgraded something'
code 2 deploy --quiet upgrade --plan --build . --out upgrade.json
cat said.log
said '^~ haproxy on lb-1: is upgraded'
said '^~ postgresql on db-1, db-2: is upgraded; its data is saved before'
# it does not start any more, and nobody finds that out before
sed -i '1i nonsense' hosts/lb-1/root/etc/haproxy/haproxy.cfg
code 1 deploy upgrade --build . --yes haproxy
cat said.log
said 'shows again what it showed before'
[ "$(in_host repo-1 /usr/local/bin/lsrepo snapshot list -o json | python3 -c 'import json, sys; print([one["number"] for one in json.load(sys.stdin) if one["shown"]][0])')" = 1 ]
sed -i '1d' hosts/lb-1/root/etc/haproxy/haproxy.cfg
code 2 deploy audit -f cluster.yml --out seen.json
said '^! repo-1: repository: it shows another snapshot'
code 0 deploy apply -f cluster.yml --observed seen.json --yes
code 0 deploy audit -f cluster.yml
took
code 2 deploy upgrade --plan --build . --out upgrade.json
code 0 deploy upgrade --build . --agreed upgrade.json
[ "$(version db-1 postgresql-15)" != "$database" ] || fail 'PostgreSQL was not upgraded'
[ "$(version db-1 postgresql-15)" = "$(version db-2 postgresql-15)" ]
[ "$(version lb-1 haproxy)" != "$before" ] || fail 'HAProxy was not upgraded'
code 0 deploy upgrade --plan --build .
code 0 deploy plan -f cluster.yml
wait_for back
sql "$front" "INSERT INTO orders VALUES ('coffee')"
read_both() { [ "$(sql "$follower" 'SELECT count(*) FROM orders')" = 2 ]; }
wait_for read_both
[ -n "$(ls backups/demo_*.tar.zst)" ]
code 0 deploy test -f cluster.yml
code 0 deploy status --build .
cat said.log
code 0 deploy components --build .
code 1 deploy scale --build . front=+1
said 'has 1, and 0 are free'
took

step 'a database that is torn down is found again with all its rows'
code 0 deploy teardown -f cluster.yml --yes postgresql
for name in db-1 db-2; do ! in_host "$name" pgrep -x 'postgres|pgbouncer' || fail "PostgreSQL still runs on $name"; done
code 0 deploy apply -f cluster.yml --yes
wait_for read_both
took

step 'torn down, no host knows of the repository any more, nor of anything that came out of it'
purged cluster.yml alertmanager postgresql prometheus rabbitmq
code 0 deploy teardown -f cluster.yml --yes
for name in "${!number[@]}"; do
  diff -r --no-dereference "before-$name/apt" "hosts/$name/root/etc/apt"
  diff "before-$name/hosts" "hosts/$name/root/etc/hosts"
  # what somebody had changed by hand is kept for them
  remains=$(find "hosts/$name/root/var/lib" -maxdepth 1 -name 'lsrepo*' ! -name lsrepo-client-kept)
  [ -z "$remains" ] || fail "$name: $remains is left"
  remains=$(cd "hosts/$name/root" && find etc var/lib var/log -path var/lib/dpkg -prune -o -path var/lib/apt -prune -o \
    -path 'var/lib/systemd/*' -prune -o -regextype egrep -regex '.*/[^/]*(haproxy|pgbouncer|postgres|prometheus|rabbitmq|erlang)[^/]*' -print)
  [ -z "$remains" ] || fail "$name: $remains is left"
done
for left in usr/local/bin/lsrepo etc/lsrepo; do [ ! -e "hosts/repo-1/root/$left" ] || fail "/$left is left"; done
! in_host repo-1 getent passwd lsrepo || fail 'the user of the repository is left'
took
printf 'a stack out of one bundle\n'
