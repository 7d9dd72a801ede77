#!/usr/bin/env bash
# A cluster out of one bundle: four hosts with systemd, of which none reaches anything but the others. `lambdastack` makes one of them
# the repository, points all of them there and installs the rest; it is audited, interrupted, and torn down without a trace.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap unshare ip systemd-nspawn nsenter ansible-playbook ssh ssh-keygen ssh-keyscan python3 curl pgrep
main=$(debian_uri main) security=$(debian_uri security)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
build
lambdastack=${LAMBDASTACK:-}
if [ -z "$lambdastack" ]; then
  (cd "$project" && cargo build --locked --quiet --release --package lambdastack)
  lambdastack=${CARGO_TARGET_DIR:-$project/target}/release/lambdastack
fi
workspace cluster
cd "$work"

hosts=(repo-1 lb-1 app-1 mon-1)
prefix=lsc$$
address() { case $1 in repo-1) echo 10.78.0.11 ;; lb-1) echo 10.78.0.12 ;; app-1) echo 10.78.0.13 ;; mon-1) echo 10.78.0.14 ;; esac; }

step 'a network without a way out'
ip netns add "$prefix-switch" 2>/dev/null || skip 'this machine makes no network namespaces'
hooks+=(remove_cluster)
remove_cluster() {
  local name
  for name in "${hosts[@]}"; do stop_host "$name"; done
  for name in switch controller "${hosts[@]}"; do ip netns del "$prefix-$name" 2>/dev/null || :; done
}
# member NAME ADDRESS: a namespace on the bridge
member() {
  ip netns add "$prefix-$1"
  ip -n "$prefix-$1" link set lo up
  ip -n "$prefix-switch" link add "p-$1" type veth peer name eth0 netns "$prefix-$1"
  ip -n "$prefix-switch" link set "p-$1" master bridge up
  ip -n "$prefix-$1" addr add "$2/24" dev eth0
  ip -n "$prefix-$1" link set eth0 up
}
ip -n "$prefix-switch" link set lo up
ip -n "$prefix-switch" link add bridge type bridge || skip 'this machine makes no bridges'
ip -n "$prefix-switch" link set bridge up
member controller 10.78.0.1
for name in "${hosts[@]}"; do member "$name" "$(address "$name")"; done

step 'a bare Debian with systemd and an SSH server'
ssh-keygen -q -t ed25519 -N '' -f key
mmdebstrap --quiet --variant=minbase --include=systemd-sysv,dbus,openssh-server,python3,python3-apt,sudo,iproute2,ca-certificates \
  bookworm root "deb $main bookworm main" "deb ${security:-$main} bookworm-security main"
# sources of its own that lead nowhere: they are switched off by the set-up, and come back
printf 'deb http://archive.invalid/debian bookworm main\n' >root/etc/apt/sources.list
printf 'Types: deb\nURIs: http://archive.invalid/security\nSuites: bookworm-security\nComponents: main\n' \
  >root/etc/apt/sources.list.d/own.sources
chroot root useradd -m -s /bin/bash operations
echo 'operations ALL=(ALL) NOPASSWD: ALL' >root/etc/sudoers.d/operations
install -d -m 700 root/home/operations/.ssh
cp key.pub root/home/operations/.ssh/authorized_keys
chroot root chown -R operations: /home/operations/.ssh
chroot root systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer

declare -A runs=()
start_host() {
  local name=$1
  mkdir -p "$name"/{upper,work,root}
  mountpoint -q "$name/root" || mount -t overlay overlay -o "lowerdir=$work/root,upperdir=$work/$name/upper,workdir=$work/$name/work" "$name/root"
  echo "$name" >"$name/root/etc/hostname"
  [ -e "$name/began" ] || : >"$name/root/etc/machine-id"
  : >"$name/began"
  setsid systemd-nspawn --quiet --register=no --keep-unit --directory="$work/$name/root" --machine="$name" \
    --network-namespace-path="/run/netns/$prefix-$name" --resolv-conf=off --timezone=off --console=pipe --boot \
    </dev/null >"$name/log" 2>&1 &
  runs[$name]=$!
}
# stop_host NAME: as if its power failed
stop_host() {
  local pid=${runs[$1]:-} init
  if [ -n "$pid" ]; then
    init=$(pgrep -P "$pid" | head -n 1)
    [ -z "$init" ] || kill -9 "$init" 2>/dev/null || :
    { kill "$pid"; wait "$pid"; } 2>/dev/null || :
    unset "runs[$1]"
  fi
  ! mountpoint -q "$work/$1/root" || umount "$work/$1/root"
}
# in_host NAME COMMAND …
in_host() {
  local init
  init=$(pgrep -P "${runs[$1]}" | head -n 1)
  shift
  nsenter --target "$init" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}
# patiently COMMAND …: until it succeeds, for three minutes: four hosts start at the same time
patiently() {
  local _
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.3
  done
  return 1
}
# before that, nobody may log in
up() {
  in_host "$1" systemctl --quiet is-active systemd-user-sessions &&
    ip netns exec "$prefix-controller" ssh-keyscan -t ed25519 "$(address "$1")" 2>/dev/null | grep -q .
}
for name in "${hosts[@]}"; do start_host "$name"; done

step 'what the modules install, in a bundle'
export LSREPO_HOME=$work/near
carried=(haproxy prometheus prometheus-node-exporter procps tzdata)
carried+=(ca-certificates curl ethtool gnupg iproute2 jq logrotate lsof net-tools openssl psmisc rsync tar unzip)
packages=()
for name in "${carried[@]}"; do packages+=(--package "$name"); done
"$lsrepo" --quiet prepare --os debian-12 --arch x86_64 "${packages[@]}"
"$lsrepo" --quiet export -o bundle.tar.zst
"$lsrepo" key export >key.asc
unset LSREPO_HOME
for name in "${hosts[@]}"; do
  sleep 0.1
  kill -0 "${runs[$name]}" 2>/dev/null || skip "this machine starts no hosts with systemd: $(tail -n 1 "$name/log")"
  patiently up "$name" || { cat "$name/log"; fail "$name does not start"; }
  ip netns exec "$prefix-controller" ssh-keyscan -t ed25519 "$(address "$name")" 2>/dev/null >>known_hosts
  # what was there before anything was done
  cp -a "$name/root/etc" "$name/before"
done

# Only there are the hosts' keys known: nothing is written into the home of whoever runs this.
cat >with_keys.sh <<'SH'
mkdir -p ~/.ssh
mount -t tmpfs none ~/.ssh
cp known_hosts ~/.ssh/known_hosts
exec "$@"
SH
there=(ip netns exec "$prefix-controller" unshare --mount sh with_keys.sh)
deploy() { "${there[@]}" "$lambdastack" "$@"; }
# code CODE COMMAND …: it ends with that exit code
code() {
  local wanted=$1 got=0
  shift
  "$@" >said.log 2>&1 || got=$?
  [ "$got" = "$wanted" ] || { cat said.log; fail "$* ended with $got, not $wanted"; }
}

step 'documents and a plan'
machines=()
for name in "${hosts[@]}"; do machines+=(--machine "$name=$(address "$name")"); done
deploy --quiet init --name demo --key "$work/key" "${machines[@]}" --component repository=repo-1 \
  --component common=repo-1,lb-1,app-1,mon-1 --component node-exporter=repo-1,lb-1,app-1,mon-1 --component haproxy=lb-1 \
  --component prometheus=mon-1
python3 - "$work" "$lsrepo" <<'PY'
import pathlib, re, sys
work, lsrepo = sys.argv[1:]
path = pathlib.Path("cluster.yml")
documents = [text for text in path.read_text().split("---\n") if "kind: configuration/repository" not in text]
documents.append(f"""kind: configuration/repository
specification: {{bundle: {work}/bundle.tar.zst, key: {work}/key.asc, program: {lsrepo}, purge: true}}
""")
documents.append("""kind: configuration/haproxy
specification:
  frontends:
    - {name: metrics, port: 8099, mode: http, servers: [{name: app, address: 10.78.0.13, port: 9100}]}
""")
documents.append("""kind: configuration/prometheus
specification: {scrape_interval_seconds: 1}
""")
path.write_text("---\n".join(documents))
PY
code 2 deploy plan -f cluster.yml --out plan.json
cat said.log

step 'one host loses its power in the middle of an apply'
"${there[@]}" "$lambdastack" apply -f cluster.yml --agreed plan.json >first.log 2>&1 &
first=$!
background+=("$first")
begun() { grep -q '^common: ' first.log || ! kill -0 "$first"; }
patiently begun || :
grep -q '^common: ' first.log || { cat first.log; fail 'the first apply does not get that far'; }
stop_host app-1
if wait "$first"; then cat first.log; fail 'it says that all is well'; fi
start_host app-1
patiently up app-1 || { cat app-1/log; fail 'app-1 does not start again'; }
code 2 deploy plan -f cluster.yml
grep -q '^~ common on .* is finished' said.log

step 'the next apply completes it, and then there is nothing to do'
code 0 deploy apply -f cluster.yml --yes
code 0 deploy plan -f cluster.yml
code 0 deploy apply -f cluster.yml --yes
ask() { ip netns exec "$prefix-controller" curl -fsS --max-time 5 "$1"; }
ask http://10.78.0.12:8099/metrics >metrics
grep -q ^node_ metrics
scraped() {
  ask http://10.78.0.14:9090/api/v1/targets | python3 -c '
import json, sys
targets = json.load(sys.stdin)["data"]["activeTargets"]
sys.exit(not (len(targets) == 6 and all(target["health"] == "up" for target in targets)))'
}
patiently scraped || fail 'Prometheus does not reach all of its targets'

step 'what was changed by hand is found and repaired'
code 0 deploy audit -f cluster.yml
source=$(find lb-1/root/etc/apt/sources.list.d -name 'lsrepo.*' | head -n 1)
printf '# by hand\n' >>"$source"
sed -i 's/maxconn 4000/maxconn 77/' lb-1/root/etc/haproxy/haproxy.cfg
in_host repo-1 systemctl stop lsrepo
code 2 deploy --quiet audit -f cluster.yml --out seen.json
cat said.log
for found in 'lb-1: haproxy' 'lb-1: repository' 'repo-1: repository'; do grep -q "^! $found" said.log; done
code 0 deploy apply -f cluster.yml --observed seen.json --yes
code 0 deploy audit -f cluster.yml

step 'applied again after an end that nobody knows of, the repository is started anew, and nothing else is changed'
python3 - <<'PY'
import json
path = "lambdastack.state.json"
state = json.load(open(path))
state["modules"]["repository"]["status"] = "applying"
json.dump(state, open(path, "w"))
PY
code 0 deploy apply -f cluster.yml --yes
grep -qx 'repository: changed on repo-1' said.log || { cat said.log; fail 'more was changed than has to be'; }

step 'torn down, no host knows of it any more'
code 0 deploy teardown -f cluster.yml --dry-run
cat said.log
code 0 deploy teardown -f cluster.yml --yes
for name in "${hosts[@]}"; do
  diff -r --no-dereference "$name/before/apt" "$name/root/etc/apt"
  # what somebody had changed by hand is kept for them
  left=$(find "$name/root/var/lib" -maxdepth 1 -name 'lsrepo*' ! -name lsrepo-client-kept)
  [ -z "$left" ] || fail "$name: $left is left"
done
for left in usr/local/bin/lsrepo etc/lsrepo; do [ ! -e "repo-1/root/$left" ] || fail "/$left is left"; done
find repo-1/root/etc -path '*systemd*' -name 'lsrepo*' | grep . && fail 'units of the repository are left'
! in_host repo-1 getent passwd lsrepo || fail 'the user of the repository is left'
code 0 deploy teardown -f cluster.yml --yes
grep -q 'nothing to tear down' said.log
printf 'a cluster out of one bundle\n'
