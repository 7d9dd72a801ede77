#!/usr/bin/env bash
# The server as a service: readiness, reload, an end without a cut, sockets that the system hands over; snapshots switched under
# apt-get update and 64 pulls; clients that mean no good; disks that are full or read-only; certificates that have ended.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip 'only root mounts file systems'
need apt-get curl openssl python3 gpg skopeo unshare
build lsrepo
workspace service
crowd=$project/scripts/system/crowd.py

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
ended() { ! kill -0 "$1" 2>/dev/null; }

step 'two visits: hello, then also sl; an image of 3 layers'
main=$(debian_uri main)
[ -n "$main" ] || skip "this machine's apt knows no Debian archive"
export LSREPO_HOME=$work/near
mkdir "$work/visit"
cd "$work/visit"
for wanted in hello hello,sl; do
  "$lsrepo" --quiet prepare --os debian-12 --arch x86_64 --package "$wanted" --update
  "$lsrepo" --quiet export -o "$wanted.tar.zst"
done
"$lsrepo" key export >key.asc
export LSREPO_HOME=$work/far
"$lsrepo" key trust key.asc
"$lsrepo" import hello.tar.zst
"$lsrepo" import hello,sl.tar.zst
"$lsrepo" --quiet tls init --name 127.0.0.1
"$lsrepo" snapshot list

step 'readiness, several addresses, TLS'
http=$(free_port) https=$(free_port)
python3 - "$work/notify" >"$work/notified" <<'PY' &
import socket, sys
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(sys.argv[1])
while True:
    print(told.recv(4096).decode().replace("\n", " "), flush=True)
PY
background+=($!)
until_true 'nobody listens to what the service says' [ -S "$work/notify" ]
cat >"$work/serve.toml" <<TOML
listen = ["127.0.0.1:$http", "https://127.0.0.1:$https"]
users = "$work/users"
push = "users"
[registry]
allow_push = true
[log]
access = "json"
file = "$work/access.log"
[limits]
header_timeout = "2s"
TOML
"$lsrepo" token ana >"$work/token" 2>"$work/line"
grep '^ana:' "$work/line" >"$work/users"
NOTIFY_SOCKET=$work/notify "$lsrepo" serve --config "$work/serve.toml" 2>"$work/serve.log" &
server=$!
background+=("$server")
until_true 'it does not say that it is ready' grep -q 'READY=1' "$work/notified"
curl -fsS "http://127.0.0.1:$http/keys/ca.crt" -o "$work/ca.crt"
secure() { curl -fsS --cacert "$work/ca.crt" "$@"; }
[ "$(secure -o /dev/null -w '%{http_version}' "https://127.0.0.1:$https/healthz")" = 2 ] || fail 'no HTTP/2'
[ "$(secure --http1.1 -o /dev/null -w '%{http_version}' "https://127.0.0.1:$https/healthz")" = 1.1 ] || fail 'no HTTP/1.1'
openssl verify -attime 1700000000 -CAfile "$work/ca.crt" "$work/far/tls/server.pem" >/dev/null ||
  fail 'a host whose clock is years behind does not trust the certificate'
openssl s_client -connect "127.0.0.1:$https" -tls1_1 </dev/null >/dev/null 2>&1 && fail 'TLS 1.1 is spoken'

step 'an image is pushed with a token'
mkdir "$work/image"
for n in 1 2 3; do head -c 2000000 /dev/urandom >"$work/image/$n"; done
tar -C "$work/image" -cf "$work/layers.tar" .
skopeo copy --quiet --insecure-policy "tarball:$work/layers.tar" "oci:$work/oci:1"
skopeo copy --quiet --insecure-policy --dest-tls-verify=false --dest-creds "ana:$(cat "$work/token")" "oci:$work/oci:1" \
  "docker://127.0.0.1:$http/team/app:1"
skopeo copy --quiet --insecure-policy --dest-tls-verify=false "oci:$work/oci:1" "docker://127.0.0.1:$http/team/other:1" 2>/dev/null &&
  fail 'a push without a login was taken'

step 'snapshots are switched 12 times under apt-get update and 64 pulls'
printf 'deb [signed-by=%s] http://127.0.0.1:%s/apt/debian-12 debian-12 main\n' "$work/visit/lsrepo.asc" "$http" >"$work/lsrepo.list"
curl -fsS "http://127.0.0.1:$http/keys/lsrepo.asc" -o "$work/visit/lsrepo.asc"
apt_root "$work/apt" amd64 "$work/lsrepo.list"
mkdir "$work/downloads"
: >"$work/switching"
(
  count=0
  while [ -e "$work/switching" ]; do
    APT_CONFIG=$work/apt/apt.conf apt-get update >"$work/update.log" 2>&1 || { cat "$work/update.log"; exit 1; }
    ! grep -E '^[WE]:' "$work/update.log" || exit 1
    (cd "$work/downloads" && APT_CONFIG=$work/apt/apt.conf apt-get -qq download hello && rm ./*.deb) >"$work/download.log" 2>&1 ||
      { cat "$work/download.log"; exit 1; }
    count=$((count + 1))
  done
  echo "apt-get update and a download: $count times"
) &
updating=$!
(
  seq 64 | xargs -P 4 -I{} sh -c "skopeo copy --quiet --insecure-policy --src-tls-verify=false docker://127.0.0.1:$http/team/app:1 dir:$work/pulled-{} && rm -r $work/pulled-{}" ||
    exit 1
  echo '64 pulls'
) &
pulling=$!
for n in 1 2 1 2 1 2 1 2 1 2 1 2; do
  "$lsrepo" --quiet snapshot switch "$n"
  sleep 0.7
done
wait "$pulling" || fail 'a pull failed'
rm "$work/switching"
wait "$updating" || fail 'apt-get update failed while snapshots were switched'
until_true 'the snapshot that was switched to last is not shown' \
  sh -c "curl -fsS http://127.0.0.1:$http/metrics | grep -qx 'lsrepo_snapshot 2'"
"$lsrepo" --quiet snapshot switch --back
until_true 'the one before is not shown' sh -c "curl -fsS http://127.0.0.1:$http/apt/debian-12/dists/debian-12/main/binary-amd64/Packages | grep -q '^Package: hello' && ! curl -fsS http://127.0.0.1:$http/apt/debian-12/dists/debian-12/main/binary-amd64/Packages | grep -q '^Package: sl'"

step 'who guesses passwords waits; who is logged in does not'
printf '[[rights]]\npath = "/files"\nread = "users"\n' >>"$work/serve.toml"
printf 'bob:$2y$10$%s\n' 'CwTycUXWue0Thq9StjUM0uJ8l6z9gYkRk0b1iE1j1pQ3O9jUQp0gG' >>"$work/users"
kill -HUP "$server"
until_true 'the configuration is not read again' grep -q 'the configuration was read again' "$work/serve.log"
until_true 'it does not say that it is ready again' sh -c "[ \$(grep -c READY=1 $work/notified) = 2 ]"
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http/files/")" = 401 ] || fail 'files are open'
answers=$(python3 "$crowd" wrong 127.0.0.1 "$http" 200 /files/)
echo "$answers"
[ "$answers" = '401:10 429:190' ] || fail 'guesses at speed were not stopped'
code=$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(cat "$work/token")" "http://127.0.0.1:$http/files/")
[ "$code" != 401 ] && [ "$code" != 429 ] || fail "a token was refused: $code"

step 'heads that never end, heads without end, paths that climb'
mkfifo "$work/hold"
python3 "$crowd" slow 127.0.0.1 "$http" 2000 <"$work/hold" >"$work/slow.log" &
background+=($!)
exec 9>"$work/hold"
until_true 'the slow ones do not come' grep -q '^2000 connections' "$work/slow.log"
curl -fsS -m 2 "http://127.0.0.1:$http/healthz" >/dev/null || fail 'nobody is served while 2,000 clients are slow'
until_true 'slow connections are held for ever' \
  sh -c "[ \$(curl -fsS http://127.0.0.1:$http/metrics | awk '/^lsrepo_connections / { print \$2 }') -lt 100 ]"
exec 9>&-
head -c 200000 /dev/zero | tr '\0' a >"$work/long"
code=$(curl -s -o /dev/null -w '%{http_code}' -H "X: $(head -c 100000 "$work/long")" "http://127.0.0.1:$http/healthz" || :)
[ "$code" = 431 ] || [ "$code" = 000 ] || fail "a head of 100 kB: $code"
for path in /../../etc/passwd /files/..%2f..%2f..%2fetc/passwd /apt/%2e%2e/%2e%2e/etc/passwd '/files/\..\..\etc\passwd' /v2/../../etc/passwd/tags/list; do
  code=$(curl -s --path-as-is -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http$path")
  case $code in 400 | 401 | 404) ;; *) fail "$path: $code" ;; esac
done

step '10,000 connections that stay'
ulimit -n "$(ulimit -Hn)"
if [ "$(ulimit -n)" -ge 10200 ]; then
  crowded=$(free_port)
  "$lsrepo" --quiet serve --config /dev/null --listen "127.0.0.1:$crowded" 2>"$work/crowded.log" &
  many=$!
  background+=("$many")
  until_true 'the second server does not listen' curl -fsS -o /dev/null "http://127.0.0.1:$crowded/healthz"
  before=$(memory "$many")
  mkfifo "$work/stay"
  python3 "$crowd" idle 127.0.0.1 "$crowded" 9990 <"$work/stay" >"$work/idle.log" &
  background+=($!)
  exec 9>"$work/stay"
  until_true 'the 9,990 do not all get in' grep -q '^9990 connections' "$work/idle.log"
  after=$(memory "$many")
  curl -fsS -m 2 "http://127.0.0.1:$crowded/apt/debian-12/dists/debian-12/InRelease" >/dev/null || fail 'nobody else is served'
  exec 9>&-
  printf '%s kB with none, %s kB with 9,990: %s bytes each\n' "$before" "$after" $(((after - before) * 1024 / 9990))
  [ $(((after - before) * 1024 / 9990)) -le 8192 ] || fail 'a connection that waits takes more than 8 KiB'
  kill "$many"
else
  echo "skipped: this machine allows $(ulimit -n) open files"
fi

step 'an end without a cut'
blob=$(curl -fsS "http://127.0.0.1:$http/v2/team/app/manifests/1" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["layers"][0]["digest"])')
curl -fsS --limit-rate 1500k "http://127.0.0.1:$http/v2/team/app/blobs/$blob" -o "$work/layer" &
download=$!
sleep 1
kill -TERM "$server"
wait "$download" || fail 'a download was cut by the end of the server'
[ "sha256:$(sha256sum "$work/layer" | cut -d' ' -f1)" = "$blob" ] || fail 'the layer is not what its digest says'
until_true 'it does not end' ended "$server"
grep -q 'STOPPING=1' "$work/notified" || fail 'it did not say that it stops'
python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$work/access.log" || fail 'the access log is not JSON'
echo "access log: $(wc -l <"$work/access.log") lines"

step 'a socket that the system hands over'
if command -v systemd-socket-activate >/dev/null; then
  handed=$(free_port)
  systemd-socket-activate -l "127.0.0.1:$handed" --setenv="LSREPO_HOME=$LSREPO_HOME" "$lsrepo" serve --config /dev/null 2>"$work/handed.log" &
  background+=($!)
  until_true 'the socket that was handed over is not served' curl -fsS -o /dev/null "http://127.0.0.1:$handed/healthz"
else
  echo 'skipped: systemd-socket-activate is not installed'
fi

step 'root works in the store of a user as that user'
cp -r "$work/far" "$work/theirs"
chown -R nobody:nogroup "$work/theirs"
chmod a+rx "$work" "$work/visit"
chmod a+r "$work/visit/hello.tar.zst" "$work/visit/hello,sl.tar.zst"
cp "$lsrepo" "$work/lsrepo"
"$work/lsrepo" --home "$work/theirs" import "$work/visit/hello.tar.zst" 2>"$work/theirs.log" || { cat "$work/theirs.log"; fail 'root cannot import for a user'; }
LSREPO_HOME=$work/theirs "$work/lsrepo" image list >/dev/null
find "$work/theirs" ! -user nobody | grep . && fail 'root left files of its own'

step 'a store that became read-only'
readonly=$(free_port)
unshare --mount sh -c "mount --bind '$work/far' '$work/far' && mount -o remount,bind,ro '$work/far' &&
  exec '$lsrepo' serve --config /dev/null --listen 127.0.0.1:$readonly" 2>"$work/readonly.log" &
background+=($!)
until_true 'a store that cannot be written is not served' \
  curl -fsS -o /dev/null "http://127.0.0.1:$readonly/apt/debian-12/dists/debian-12/InRelease"

step 'a disk that is full while an image is pushed'
mkdir "$work/small"
mount -t tmpfs -o size=12m tmpfs "$work/small"
unmount_small() { umount "$work/small"; }
hooks+=(unmount_small)
small=$(free_port)
LSREPO_HOME=$work/small "$lsrepo" serve --config /dev/null --listen "127.0.0.1:$small" --allow-push --anonymous-push 2>"$work/small.log" &
full=$!
background+=("$full")
until_true 'the small one does not listen' curl -fsS -o /dev/null "http://127.0.0.1:$small/healthz"
head -c 30000000 /dev/urandom >"$work/image/large"
tar -C "$work/image" -cf "$work/large.tar" large
skopeo copy --quiet --insecure-policy "tarball:$work/large.tar" "oci:$work/oci:2"
skopeo copy --quiet --insecure-policy --dest-tls-verify=false "oci:$work/oci:2" "docker://127.0.0.1:$small/x:1" 2>"$work/full.log" &&
  fail 'an image larger than the disk was taken'
skopeo copy --quiet --insecure-policy --dest-tls-verify=false "oci:$work/oci:1" "docker://127.0.0.1:$small/y:1" ||
  { cat "$work/small.log"; ls -la "$work/small/tmp"; fail 'an image that fits was not taken afterwards'; }
kill "$full"

step 'a certificate that has ended'
openssl ecparam -genkey -name prime256v1 -noout -out "$work/old.key"
openssl req -new -key "$work/old.key" -subj /CN=old -out "$work/old.csr"
printf 'subjectAltName=IP:127.0.0.1\n' >"$work/old.ext"
openssl x509 -req -in "$work/old.csr" -signkey "$work/old.key" -days -1 -extfile "$work/old.ext" -out "$work/old.crt" 2>/dev/null
old=$(free_port)
"$lsrepo" serve --config /dev/null --listen "https://127.0.0.1:$old" --tls-certificate "$work/old.crt" --tls-key "$work/old.key" \
  2>"$work/old.log" &
background+=($!)
until_true 'it is not served at all' curl -fsSk -o /dev/null "https://127.0.0.1:$old/healthz"
curl -sS -o /dev/null --cacert "$work/old.crt" "https://127.0.0.1:$old/healthz" 2>/dev/null && fail 'a certificate that has ended was taken'
until_true 'it is not told' sh -c "curl -fsSk https://127.0.0.1:$old/metrics | grep -q '^lsrepo_certificate_seconds_left -'"
step 'done'
