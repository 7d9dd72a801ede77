#!/usr/bin/env bash
# Modules whose machines agree by majority, by `lambdastack` with real Ansible over SSH, on three hosts with systemd that
# reach nothing but each other and their desk: what is written to one is read from another, one may be gone, one that lost its
# data joins again, and what is deleted comes back from a backup, of RabbitMQ as well.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hosts.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap systemd-nspawn dpkg-scanpackages ansible-playbook ssh ssh-keygen ssh-keyscan ip nsenter pgrep setsid
build lambdastack
workspace deploy-quorum
cd "$work"

step 'three hosts with systemd, whose packages lie on them'
hosts_root root ca-certificates curl ethtool gnupg iproute2 jq logrotate lsof net-tools openssl psmisc rsync tar unzip procps tzdata \
  etcd-client etcd-server rabbitmq-server zookeeper
hosts_network
for number in 1 2 3; do host "q-$number" "1$number" "$work/root"; done
wait_for reachable 11 12 13

# etcd MACHINE COMMAND …: of the member there, with the certificate of that machine
etcd() {
  local name=$1
  shift
  in_host "$name" timeout 20 etcdctl --endpoints "https://10.79.0.1${name#q-}:2379" --cacert /etc/etcd/ca.crt \
    --cert /etc/etcd/machine.crt --key /etc/etcd/machine.key "$@"
}
# zookeeper MACHINE COMMAND …: of the one there; the last line of what it says
zookeeper() {
  local name=$1
  shift
  in_host "$name" timeout 30 /usr/share/zookeeper/bin/zkCli.sh -server 127.0.0.1:2181 "$@" 2>/dev/null | tail -n 1
}
# reads MACHINE KEY VALUE: both of them say so there
etcd_reads() { [ "$(etcd "$1" get --print-value-only "$2")" = "$3" ]; }
zookeeper_reads() { [ "$(zookeeper "$1" get "/$2")" = "$3" ]; }
reads() { etcd_reads "$@" && zookeeper_reads "$@"; }

step 'what is written to one is read from another'
mkdir secrets
printf "it's 100%% /secret@:1" >secrets/super
cat >cluster.yml <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components: {quorum: {machines: [q-1, q-2, q-3]}, broker: {machines: [q-1]}}
---
kind: infrastructure/machine
name: q-1
specification: {ip: 10.79.0.11}
---
kind: infrastructure/machine
name: q-2
specification: {ip: 10.79.0.12}
---
kind: infrastructure/machine
name: q-3
specification: {ip: 10.79.0.13}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {quorum: [common, etcd, zookeeper], broker: [rabbitmq]}}
---
kind: configuration/etcd
specification: {clients: [shop]}
---
kind: configuration/zookeeper
specification: {super_password: "file:$work/secrets/super"}
---
kind: configuration/rabbitmq
specification: {vhosts: [jobs]}
END
# what is common to all stays
sed 's/{quorum: \[common.*/{quorum: [common], broker: [common]}}/' cluster.yml >common.yml
code 0 deploy apply -f common.yml --yes
for name in q-1 q-2 q-3; do in_etc "$name" >"before-$name"; done
code 0 deploy apply -f cluster.yml --yes
etcd q-1 put tea hot >put.log
zookeeper q-1 create /tea hot >create.log
reads q-2 tea hot
reads q-3 tea hot
code 0 deploy test -f cluster.yml
# with the certificate that was made for others, and not without one
as_shop() { in_host q-1 etcdctl --endpoints https://10.79.0.13:2379 --cacert /etc/etcd/ca.crt "$@" get --print-value-only tea; }
[ "$(as_shop --cert /etc/etcd/clients/shop.crt --key /etc/etcd/clients/shop.key)" = hot ]
if as_shop --command-timeout 2s >as_shop.log 2>&1; then fail 'without a certificate it is read as well'; fi
zookeeper_says() { in_host q-1 bash -c "exec 3<>/dev/tcp/10.79.0.12/2181 && printf $1 >&3 && cat <&3"; }
[ "$(zookeeper_says ruok)" = imok ]
zookeeper_says dump | grep -q 'not in the whitelist'

step 'a second apply changes nothing'
again etcd zookeeper
code 0 deploy apply -f cluster.yml --yes
for module in etcd zookeeper; do said "^$module: nothing had to be changed"; done

step 'one host is without power, and the others go on'
power_off q-3
# Who is left goes on at once: the lost one is not waited for.
patience=30 wait_for etcd q-2 put tea warm
patience=30 wait_for zookeeper_reads q-2 tea hot
zookeeper q-2 set /tea warm >set.log
reads q-1 tea warm
power_on q-3
wait_for etcd_reads q-3 tea warm
wait_for zookeeper_reads q-3 tea warm

step 'what was changed by hand is found, and who lost its data joins again'
code 0 deploy audit -f cluster.yml
echo ETCD_LOG_LEVEL=debug >>"$work/hosts/q-1/root/etc/default/etcd"
echo maxSessionTimeout=1 >>"$work/hosts/q-2/root/etc/zookeeper/lambdastack/zoo.cfg"
in_host q-3 systemctl stop etcd
in_host q-3 rm -r /var/lib/etcd/default
code 2 deploy audit -f cluster.yml --out seen.json
for found in 'q-1: etcd: .*/etc/default/etcd was changed by hand' 'q-3: etcd: .*it does not answer' \
  'q-2: zookeeper: .*/zoo.cfg was changed by hand'; do
  said "^! $found"
done
code 0 deploy apply -f cluster.yml --observed seen.json --yes
etcd_reads q-3 tea warm
code 0 deploy audit -f cluster.yml

step 'what is deleted comes back on all from a backup'
in_host q-1 rabbitmqctl -q set_policy -p jobs short '^tasks' '{"max-length": 5}'
code 0 deploy backup --build . --target saved
archive=$(grep '^saved/demo_' said.log)
etcd q-2 del tea >del.log
zookeeper q-2 delete /tea >delete.log
in_host q-1 rabbitmqctl -q delete_vhost jobs
code 0 deploy restore --build . --target "$archive" --yes
for name in q-1 q-2 q-3; do
  reads "$name" tea warm || fail "it is not back on $name"
done
in_host q-1 rabbitmqctl -q list_policies -p jobs | grep -q '^jobs.short'
code 0 deploy test -f cluster.yml
code 0 deploy audit -f cluster.yml
code 0 deploy plan -f cluster.yml

step 'no secret is where it should not be'
if grep -rlF -- 'secret@:1' lambdastack.state.json* ./*.log; then fail 'there it is'; fi
for name in q-1 q-2 q-3; do
  if in_host "$name" grep -rlF -- 'secret@:1' /etc /home /root /tmp /var/log /var/tmp /var/lib/zookeeper; then fail "there it is on $name"; fi
  [ "$(in_host "$name" stat -c '%U %a' /etc/etcd/machine.key)" = 'etcd 600' ]
  [ "$(in_host "$name" find / -xdev -name ca.key)" = "$([ "$name" != q-1 ] || echo /etc/etcd/authority/ca.key)" ]
done

step 'torn down, and what was stored is found again'
code 0 deploy teardown -f cluster.yml --yes etcd zookeeper
for name in q-1 q-2 q-3; do
  if in_host "$name" pgrep -f 'etcd|zookeeper'; then fail "it still runs on $name"; fi
  in_host "$name" test -e /var/lib/etcd/default/member
done
code 0 deploy apply -f cluster.yml --yes
for name in q-1 q-2 q-3; do reads "$name" tea warm || fail "it is not back on $name"; done
code 0 deploy test -f cluster.yml

step 'and purged, while one has no power: the others do not ask it'
purged cluster.yml etcd zookeeper rabbitmq
power_off q-3
code 1 deploy teardown -f cluster.yml --yes zookeeper
power_on q-3
wait_for reachable 11 12 13
code 0 deploy teardown -f cluster.yml --yes etcd zookeeper rabbitmq
for name in q-1 q-2 q-3; do
  in_etc "$name" | diff "before-$name" - || fail "$name is not as it was before"
  if in_host "$name" sh -c 'ls -d /var/lib/etcd /var/lib/zookeeper /var/lib/rabbitmq /var/log/zookeeper /var/lib/lambdastack* 2>/dev/null'; then
    fail "something was left behind on $name"
  fi
done
printf 'deployed\n'
