#!/usr/bin/env bash
# Several servers without a store of their own, behind HAProxy: what they show lies in object storage, spoken to over TLS. Clients
# install and pull while snapshots change, while one server is killed and comes back, and while the storage is away.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
need apt-get curl openssl python3 gpg skopeo containerd ctr haproxy
build lsrepo
workspace scale-out


step 'object storage: a server from the package index of Python, with a certificate of its own authority'
if command -v moto_server >/dev/null 2>&1 && moto_server --help >/dev/null 2>&1; then
  moto=moto_server
else
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" --quiet --disable-pip-version-check install 'moto[server]==5.2.1' >"$work/pip.log" 2>&1 ||
    skip 'the storage server cannot be installed'
  moto=$work/venv/bin/moto_server
fi
(
  cd "$work"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=storage authority' \
    -keyout authority.key -out authority.crt
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 -keyout storage.key -out storage.csr
  printf 'subjectAltName=IP:127.0.0.1\n' >names
  openssl x509 -req -days 2 -in storage.csr -CA authority.crt -CAkey authority.key -CAcreateserial -extfile names -out storage.crt
) >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log"; fail 'no certificate'; }
storage=$(free_port)
storage_starts() {
  "$moto" -H 127.0.0.1 -p "$storage" -c "$work/storage.crt" -k "$work/storage.key" >"$work/storage.log" 2>&1 &
  storage_id=$!
  background+=("$storage_id")
}
storage_starts
reachable() { curl -sS --cacert "$work/authority.crt" -o /dev/null "https://127.0.0.1:$storage/"; }
until_true 'the storage does not answer' reachable
printf 'aws_access_key_id = us\naws_secret_access_key = secret\n' >"$work/login"
export AWS_ENDPOINT_URL=https://127.0.0.1:$storage
flags=(--s3-ca "$work/authority.crt" --s3-credentials "$work/login")
curl -fsS --cacert "$work/authority.crt" -X PUT -o /dev/null -H 'Authorization: AWS4-HMAC-SHA256 Credential=us/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x' \
  "$AWS_ENDPOINT_URL/stack" || fail 'no bucket'

step 'two visits: hello, then also sl; an image of 60 MB in both'
main=$(debian_uri main)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
export LSREPO_HOME=$work/near
mkdir "$work/visit" "$work/image"
cd "$work/visit"
pushed=$(free_port)
"$lsrepo" --quiet serve --listen "127.0.0.1:$pushed" --allow-push --anonymous-push 2>"$work/pushed.log" &
background+=($!)
until_true 'nobody takes the image' curl -fsS -o /dev/null "http://127.0.0.1:$pushed/healthz"
for n in 1 2 3; do head -c 20000000 /dev/urandom >"$work/image/$n"; done
tar -C "$work/image" -cf "$work/layer.tar" .
skopeo copy --quiet --insecure-policy "tarball:$work/layer.tar" "oci:$work/oci:1"
skopeo copy --quiet --insecure-policy --dest-tls-verify=false "oci:$work/oci:1" "docker://127.0.0.1:$pushed/team/app:1"
for wanted in hello hello,sl; do
  "$lsrepo" --quiet prepare --os debian-12 --arch x86_64 --package "$wanted" --image "127.0.0.1:$pushed/team/app:1" \
    --plain-http "127.0.0.1:$pushed" --update
  "$lsrepo" --quiet export -o "$wanted.tar.zst"
done
"$lsrepo" key export >key.asc
export LSREPO_HOME=$work/far
"$lsrepo" key trust key.asc
"$lsrepo" import hello.tar.zst
"$lsrepo" import hello,sl.tar.zst
"$lsrepo" snapshot switch 1

step 'the first is put into object storage; what is there is not sent again'
"$lsrepo" sync --to s3://stack/site "${flags[@]}" 2>"$work/first"
cat "$work/first"
"$lsrepo" sync --to s3://stack/site "${flags[@]}" 2>"$work/again"
grep -q ' 0 blobs new (0 B)' "$work/again" || { cat "$work/again"; fail 'it was sent again'; }

step 'two servers with nothing of their own, behind HAProxy'
front=$(free_port)
ports=("$(free_port)" "$(free_port)")
"$lsrepo" token robot >"$work/token" 2>"$work/line"
grep '^robot:' "$work/line" >"$work/users"
cat >"$work/serve.toml" <<TOML
store = "s3://stack/site"
proxies = ["127.0.0.1"]
users = "$work/users"
[[rights]]
path = "/v2/127.0.0.1:$pushed/team"
read = "users"
[s3]
ca = "$work/authority.crt"
credentials = "$work/login"
[log]
access = "plain"
TOML
# starts NUMBER: that server
starts() {
  LSREPO_HOME=$work/server-$1 "$lsrepo" serve --config "$work/serve.toml" --listen "127.0.0.1:${ports[$1]}" --cache-size 200M \
    >>"$work/access-$1.log" 2>>"$work/server-$1.log" &
  servers[$1]=$!
  background+=("${servers[$1]}")
}
servers=()
starts 0
starts 1
cat >"$work/haproxy.cfg" <<CFG
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option forwardfor
  option redispatch 1
  retries 3
  retry-on all-retryable-errors
frontend clients
  bind 127.0.0.1:$front
  default_backend servers
backend servers
  balance roundrobin
  option httpchk GET /healthz
  server a 127.0.0.1:${ports[0]} check inter 500ms fall 1 rise 1
  server b 127.0.0.1:${ports[1]} check inter 500ms fall 1 rise 1
CFG
for n in 0 1; do until_true "server $n does not answer" curl -fsS -o /dev/null "http://127.0.0.1:${ports[$n]}/healthz"; done
"$(command -v haproxy || echo /usr/sbin/haproxy)" -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1 &
background+=($!)
base=http://127.0.0.1:$front
until_true 'nobody answers at the front' curl -fsS -o /dev/null "$base/healthz"
curl -fsS --interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.9' -o /dev/null "$base/keys/lsrepo.asc"
until_true 'who asks is not written down' grep -q '^127.0.0.2 .*GET /keys/lsrepo.asc' "$work/access-0.log" "$work/access-1.log"

step 'a token of one server is good at the other'
name=127.0.0.1:$front/team/app
robot=robot:$(cat "$work/token")
skopeo copy --quiet --insecure-policy --src-tls-verify=false "docker://$name:1" "dir:$work/nobody" 2>/dev/null && fail 'a hidden image was given to nobody'
for _ in 1 2 3; do
  skopeo copy --quiet --insecure-policy --src-tls-verify=false --src-creds "$robot" "docker://$name:1" "dir:$work/pulled"
  rm -r "$work/pulled"
done

curl -fsS "$base/keys/lsrepo.asc" -o "$work/visit/lsrepo.asc"
printf 'deb [signed-by=%s] %s/apt/debian-12 debian-12 main\n' "$work/visit/lsrepo.asc" "$base" >"$work/lsrepo.list"
apt_root "$work/apt" amd64 "$work/lsrepo.list"
mkdir "$work/downloads"
large=$(python3 - "$work/far" <<'PY'
import os, sys
blobs = os.path.join(sys.argv[1], "blobs/sha256")
print(max(os.listdir(blobs), key=lambda name: os.path.getsize(os.path.join(blobs, name))))
PY
)
# while_busy WHAT COMMAND …: does it again and again, and says how often; ends badly at the first failure
while_busy() {
  local what=$1 count=0
  shift
  while [ -e "$work/busy" ]; do
    "$@" || { echo "$what: failed after $count times"; return 1; }
    count=$((count + 1))
  done
  echo "$what: $count times"
}
installs() {
  APT_CONFIG=$work/apt/apt.conf apt-get update >"$work/update.log" 2>&1 || { cat "$work/update.log"; return 1; }
  if grep -E '^[WE]:' "$work/update.log"; then return 1; fi
  (cd "$work/downloads" && APT_CONFIG=$work/apt/apt.conf apt-get -qq download hello && rm ./*.deb) >"$work/download.log" 2>&1 ||
    { cat "$work/download.log"; return 1; }
}
skopeo_pulls() {
  skopeo copy --quiet --insecure-policy --src-tls-verify=false --src-creds "$robot" "docker://$name:1" "dir:$work/pulled-$1" &&
    rm -r "$work/pulled-$1"
}
containerd_pulls() {
  ctr_here content fetch --plain-http --user "$robot" "$name:1" >"$work/fetch.log" 2>&1 || { cat "$work/fetch.log"; return 1; }
  ctr_here images rm --sync "$name:1" >/dev/null
}
downloads() {
  curl -fsS --user "$robot" "$@" -o "$work/large" "$base/sync/blobs/sha256/$large" || return 1
  [ "$(sha256sum <"$work/large")" = "$large  -" ] || { echo 'other bytes'; return 1; }
  rm "$work/large"
}
# shows NUMBER: switches to that snapshot
shows() {
  "$lsrepo" --quiet snapshot switch "$1"
  "$lsrepo" --quiet sync --to s3://stack/site "${flags[@]}"
}
# comes_back NUMBER: starts that server and waits for it
comes_back() {
  wait "${servers[$1]}" 2>/dev/null || :
  starts "$1"
  until_true "server $1 does not come back" curl -fsS -o /dev/null "http://127.0.0.1:${ports[$1]}/healthz"
}
ends_well() {
  local client
  rm "$work/busy"
  for client in "${clients[@]}"; do wait "$client" || fail 'a client failed'; done
}

step 'clients install and pull, without trying twice, while snapshots change and servers are restarted one by one'
: >"$work/busy"
while_busy 'apt-get update and a download' installs &
clients=($!)
for n in 1 2; do
  while_busy 'skopeo' skopeo_pulls "$n" &
  clients+=($!)
done
while_busy 'a blob of 60 MB' downloads &
clients+=($!)
for n in 2 1 2 1; do
  shows "$n"
  sleep 1
  kill "${servers[$((n % 2))]}"
  comes_back "$((n % 2))"
  sleep 1
done
ends_well

step 'one server is killed in the middle of what it is sending, and comes back, four times'
# skopeo and podman of this age give a blob up that was cut; whoever uses them repeats it.
# shellcheck disable=SC2119  # no command before it
containerd_here
: >"$work/busy"
while_busy 'apt-get update and a download' installs &
clients=($!)
while_busy 'containerd' containerd_pulls &
clients+=($!)
while_busy 'a blob of 60 MB, resumed where it was cut' downloads --retry 5 --retry-all-errors --retry-delay 0 -C - &
clients+=($!)
for n in 2 1 2 1; do
  shows "$n"
  sleep 1
  kill -9 "${servers[$((n % 2))]}"
  sleep 1
  comes_back "$((n % 2))" 2>/dev/null
  sleep 1
done
ends_well
for n in 0 1; do
  until_true "server $n does not show the last snapshot" sh -c "curl -fsS http://127.0.0.1:${ports[$n]}/metrics | grep -qx 'lsrepo_snapshot 1'"
  curl -fsS "http://127.0.0.1:${ports[$n]}/metrics" | grep -E '^lsrepo_(cache|store)_.* [0-9]'
done

step 'a server that is asked to go finishes what it is sending'
curl -fsS --user "$robot" --limit-rate 20M -o "$work/large" "http://127.0.0.1:${ports[0]}/sync/blobs/sha256/$large" &
slow=$!
sleep 1
kill "${servers[0]}"
wait "$slow" || fail 'it was cut'
[ "$(sha256sum <"$work/large")" = "$large  -" ] || fail 'other bytes'
comes_back 0

step 'another repository is filled from the front, and only with what it lacks'
LSREPO_HOME=$work/branch "$lsrepo" sync "http://$robot@127.0.0.1:$front" 2>"$work/refused" && fail 'a stranger was believed'
grep -q 'not trusted here' "$work/refused" || { cat "$work/refused"; fail 'the wrong reason'; }
"$lsrepo" key export >"$work/far.asc"
LSREPO_HOME=$work/branch "$lsrepo" key trust "$work/far.asc"
LSREPO_HOME=$work/branch "$lsrepo" sync "http://$robot@127.0.0.1:$front" 2>"$work/taken"
cat "$work/taken"
LSREPO_HOME=$work/branch "$lsrepo" sync "http://$robot@127.0.0.1:$front" 2>"$work/nothing"
grep -q ' 0 blobs new (0 B)' "$work/nothing" || { cat "$work/nothing"; fail 'it was taken again'; }
LSREPO_HOME=$work/branch "$lsrepo" fsck
step 'object storage is away: what was asked for before is served, also by a server that starts now'
kill "$storage_id"
wait "$storage_id" 2>/dev/null || :
APT_CONFIG=$work/apt/apt.conf apt-get update >"$work/update.log" 2>&1 || { cat "$work/update.log"; fail 'apt-get update'; }
kill "${servers[1]}"
wait "${servers[1]}" || :
starts 1
until_true 'server 1 does not come back' curl -fsS -m 2 -o /dev/null "http://127.0.0.1:${ports[1]}/healthz"
grep -q 'what was shown last is shown' "$work/server-1.log" || { cat "$work/server-1.log"; fail 'it does not say so'; }
APT_CONFIG=$work/apt/apt.conf apt-get update >"$work/update.log" 2>&1 || { cat "$work/update.log"; fail 'apt-get update'; }

printf 'several servers and one storage: no client failed\n'
