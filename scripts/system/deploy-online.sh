#!/usr/bin/env bash
# A repository machine that is online, through a proxy that lets nobody else out: it fetches by itself what the modules of the
# cluster need, serves it with TLS of its own authority, and the other machine, which reaches nothing else, is set up from there;
# then another edition, other sources that stay, and everything as it was before.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hosts.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes hosts'
need mmdebstrap systemd-nspawn ansible-playbook ssh ssh-keygen ssh-keyscan ip nsenter pgrep setsid unshare python3 curl
build lsrepo lambdastack
workspace deploy-online
cd "$work"

step 'two bare hosts, of which one may ask a proxy'
bare_root root
rm -rf root/var/lib/apt/lists/*
hosts_network
declare -A number=([repo-1]=11 [app-1]=12)
for name in "${!number[@]}"; do host "$name" "${number[$name]}" "$work/root"; done
cat >proxy.py <<'END'
"""A proxy for the clients in a file: it listens where it was started, and asks from the namespace that descriptor 3 is."""
import ctypes, http.server, shutil, sys, urllib.error, urllib.request

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.client_address[0] not in open(sys.argv[2]).read().split():
            return self.send_error(403)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "proxy-connection")}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(self.path, headers=headers), timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.end_headers()
        shutil.copyfileobj(answer, self.wfile)

server = http.server.ThreadingHTTPServer((sys.argv[1], 3128), Handler)
if ctypes.CDLL(None, use_errno=True).setns(3, 0x40000000):
    sys.exit("setns")
server.serve_forever()
END
echo 10.79.0.11 >online
at_desk python3 proxy.py 10.79.0.1 online 3</proc/self/ns/net 2>proxy.log &
background+=($!)
# for the archive alone: the repository is asked without it
archive=$(debian_uri main | cut -d/ -f3)
for name in "${!number[@]}"; do echo "Acquire::http::Proxy::$archive \"http://10.79.0.1:3128\";" >"hosts/$name/root/etc/apt/apt.conf.d/80proxy"; done
up() { in_host "$1" systemctl --quiet is-active systemd-user-sessions; }
for name in "${!number[@]}"; do
  wait_for up "$name" || { cat "$name.log"; fail "$name does not start"; }
  cp -a "hosts/$name/root/etc" "before-$name"
done
wait_for reachable "${number[@]}" || fail 'not all hosts are reachable'

# documents EDITION KEEP-SOURCES MORE
documents() {
  cat <<END
kind: lambdastack-cluster
specification:
  name: demo
  admin_user: {name: operations, key_path: $work/key}
  components:
    repository: {machines: [repo-1]}
    every: {machines: [repo-1, app-1]}
    front: {machines: [app-1]}
---
kind: infrastructure/machine
name: repo-1
specification: {ip: 10.79.0.11}
---
kind: infrastructure/machine
name: app-1
specification: {ip: 10.79.0.12}
---
kind: configuration/feature-mapping
specification:
  roles_mapping: {repository: [repository], every: [common, node-exporter], front: [haproxy]}
---
kind: configuration/repository
specification:
  mode: fetched
  tls: true
  listen_port: 8443
  program: $lsrepo
  purge: true
  keep_sources: $2
  fetch: {edition: $1, proxy: "http://10.79.0.1:3128", without: [files, images]$3}
END
}

step 'what the modules need is fetched, and the machine that is not online has it by TLS'
documents first false '' >cluster.yml
code 2 deploy plan -f cluster.yml --out plan.json
code 0 deploy apply -f cluster.yml --agreed plan.json
code 0 deploy plan -f cluster.yml
again all
code 0 deploy apply -f cluster.yml --yes
if grep ': changed on' said.log; then cat said.log; fail 'a second apply changed something'; fi
code 0 deploy test -f cluster.yml
code 0 deploy audit -f cluster.yml
code 0 at_desk "$lambdastack" health
sources=hosts/app-1/root/etc/apt
grep -q 'https://10.79.0.11:8443' "$sources"/sources.list.d/lsrepo.*
if grep -q '^deb ' "$sources/sources.list"; then fail 'its other sources are still there'; fi
diff -r --no-dereference before-repo-1/apt hosts/repo-1/root/etc/apt
at_desk curl -fsS --noproxy '*' http://10.79.0.12:8404/metrics | grep ^haproxy_ >/dev/null

step 'another edition, more packages, and all are online: other sources stay'
echo 10.79.0.12 >>online
documents second true ', packages: [tree]' >cluster.yml
code 2 deploy plan -f cluster.yml
code 0 deploy apply -f cluster.yml --yes
in_host app-1 apt-get -qq -y install tree >install.log 2>&1 || { tail -n 20 install.log; fail 'what was fetched later does not install'; }
diff before-app-1/apt/sources.list "$sources/sources.list"
shown() { in_host repo-1 /usr/local/bin/lsrepo snapshot list -o json | python3 -c 'import json, sys; print([one["cause"] for one in json.load(sys.stdin) if one["shown"]][0])'; }
[ "$(shown)" = 'fetch second' ]

step 'torn down, every file is as it was'
code 0 deploy teardown -f cluster.yml --yes repository
for name in "${!number[@]}"; do diff -r --no-dereference "before-$name/apt" "hosts/$name/root/etc/apt"; done
for left in repo-1/root/usr/local/bin/lsrepo repo-1/root/etc/lsrepo app-1/root/etc/lsrepo app-1/root/var/lib/lsrepo-client; do
  [ ! -e "hosts/$left" ] || fail "$left is left"
done
printf 'a repository that is online\n'
