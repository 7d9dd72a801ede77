#!/usr/bin/env bash
# Container images over the gap: from a registry of Debian (TLS, a password) by prepare, export and import into a closed
# network, where skopeo, podman and containerd find them under their own names; every digest is what it was.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root makes network namespaces'
need ip skopeo podman buildah umoci containerd ctr docker-registry openssl curl python3 cc
build lsrepo
workspace oci
closed_network 10.79.0
podman_here
cd "$work"

step 'an image for two architectures, one without a media type, a signature; a registry with TLS and a password'
two_architectures app
umoci init --layout plain
umoci new --image plain:1
umoci config --image plain:1 --architecture amd64 --os linux --config.cmd /hello
mkdir rootfs
umoci unpack --rootless --image plain:1 rootfs/plain
cp build/hello rootfs/plain/rootfs/hello
umoci repack --image plain:1 rootfs/plain >/dev/null
# Its own authority, as `openssl req` makes it and many a private registry has it.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=registry \
  -addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.crt 2>/dev/null
# `secret`, by bcrypt
echo 'me:$2b$04$TOADUn4l5TzOTsKZWB5vduTujO05fM0rdxJUS6CBcIr5i4RJGOIsi' >htpasswd
mkdir -p up
registry=127.0.0.1:$(free_port)
cat >up/config.yml <<CONF
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/up/data}}
http: {addr: $registry, tls: {certificate: $work/tls.crt, key: $work/tls.key}}
auth: {htpasswd: {realm: closed, path: $work/htpasswd}}
CONF
env -u REGISTRY_AUTH_FILE docker-registry serve up/config.yml >up/log 2>&1 &
background+=($!)
wait_for curl -sS --cacert tls.crt "https://$registry/v2/"
for image in app plain; do
  skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false --dest-creds me:secret \
    "oci:$image:1" "docker://$registry/org/$image:1"
done
digest() { sed 's/.*"digest":"\(sha256:[0-9a-f]*\)".*/\1/' "$1/index.json"; }
app=$(digest app) plain=$(digest plain)
skopeo copy --quiet --dest-tls-verify=false --dest-creds me:secret oci:plain:1 "docker://$registry/org/app:${app/:/-}.sig"

step 'prepare: without a password, with one; once more; one layer is gone'
export LSREPO_HOME=$work/near
asked=(--os debian-12 --arch x86_64,arm64 --image "$registry/org/app:1")
flags=(--registry-ca tls.crt --no-progress)
if "$lsrepo" prepare "${asked[@]}" "${flags[@]}" 2>log; then fail 'no password was asked for'; fi
cat log
grep -q 'hint: log in first' log
printf '{"auths": {"%s": {"auth": "%s"}}}' "$registry" "$(printf me:secret | base64)" >podman/auth.json
if "$lsrepo" prepare "${asked[@]}" 2>log; then fail 'nobody knows this certificate'; fi
cat log
grep -q 'its certificate is not trusted' log
"$lsrepo" prepare "${asked[@]}" "${flags[@]}" --dry-run
"$lsrepo" prepare "${asked[@]}" "${flags[@]}"
grep -q "digest = \"$app\"" lsrepo.lock
grep -q "tag = \"${app/:/-}.sig\"" lsrepo.lock
cp lsrepo.lock before.lock
largest=$(find near/blobs -type f -size +1M | head -1)
rm "$largest"
"$lsrepo" prepare "${flags[@]}"
[ -f "$largest" ] || fail 'what is gone does not come back'
cmp lsrepo.lock before.lock
# An image for one architecture is refused for the other, before anything is fetched.
if "$lsrepo" prepare "${asked[@]}" --image "$registry/org/plain:1" "${flags[@]}" 2>log; then fail 'amd64 for arm64'; fi
grep -q 'nothing for linux/arm64 (it has: linux/amd64)' log
cmp lsrepo.lock before.lock
"$lsrepo" prepare --os debian-12 --arch x86_64 --image "$registry/org/app:1" --image "$registry/org/plain@$plain" "${flags[@]}"

step 'export, import, serve into the closed network'
"$lsrepo" export -o bundle.tar.zst
"$lsrepo" key export >key.asc
"$lsrepo" inspect bundle.tar.zst
export LSREPO_HOME=$work/far
"$lsrepo" key trust key.asc
"$lsrepo" import bundle.tar.zst
ip netns exec "$repo" "$lsrepo" serve --listen 10.79.0.1:8080 >serve.log 2>&1 &
background+=($!)
served serve.log >/dev/null
cat serve.log
here=10.79.0.1:8080

step "skopeo: everything, by the bare name"
for name in org/app:1 "org/app@$app"; do
  rm -rf copy
  inside skopeo copy --quiet --all --preserve-digests --src-tls-verify=false "docker://$here/$name" dir:copy
  [ "$(digest_of copy/manifest.json)" = "$app" ] || fail "$name has another digest"
done
rm -rf copy
inside skopeo copy --quiet --preserve-digests --src-tls-verify=false "docker://$here/org/plain@$plain" dir:copy
[ "$(digest_of copy/manifest.json)" = "$plain" ] || fail 'the image without a media type has another digest'
inside skopeo list-tags --tls-verify=false "docker://$here/org/app" | tee log
grep -q "${app/:/-}.sig" log || fail 'the signature did not come along'

step 'podman: pulled by its upstream name, and run'
mkdir -p files
inside "$lsrepo" serve --print-config podman --url "http://$here" >files/podman.txt
cp files/podman.txt podman/registries.conf
for name in "$registry/org/app:1" "$registry/org/app@$app"; do
  inside podman pull --quiet "$name" >/dev/null
done
# A namespace of the network hides what limits containers: it is run outside.
[ "$("${podman_run[@]}" "$registry/org/app:1" 2>run.log)" = hello ] || fail 'it does not say hello'

step 'containerd: every registry by one mirror'
containerd_here ip netns exec "$host"
inside "$lsrepo" serve --print-config containerd --url "http://$here" >containerd.txt
# hosts_files PRINTED FOLDER: the files of a printed configuration, below a folder
hosts_files() { awk -v root="$2" '/^# file: / { file = root $3; dir = file; sub("/[^/]*$", "", dir); system("mkdir -p " dir); next } file { print > file }' "$1"; }
hosts_files containerd.txt "$work/files"
inside ctr --address "$work/containerd/sock" images pull --snapshotter native \
  --hosts-dir "$work/files/etc/containerd/certs.d" "$registry/org/app:1" >/dev/null
[ "$(ctr_here images ls | awk -v name="$registry/org/app:1" '$1 == name { print $3 }')" = "$app" ] || fail 'containerd has another digest'
