#!/usr/bin/env bash
# `lsrepo serve` as a registry for the clients of Debian: images that were prepared under their upstream names, and pushes
# by skopeo, podman, docker and by lsrepo itself; archives and bundles in registries. Digests are equal everywhere.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root runs container daemons'
need skopeo podman buildah containerd ctr dockerd docker docker-registry curl python3 cc
build lsrepo
workspace registry-serve
podman_here
cd "$work"
two_architectures app
root=$(sed 's/.*"digest":"\([^"]*\)".*/\1/' app/index.json)

step "prepare two of Docker Hub's and quay.io's images, from a mirror of them"
registry_here upstream
upstream=$registry
for name in library/app org/app; do
  skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$upstream/hub/$name:1"
done
export LSREPO_HOME=$work/near
"$lsrepo" prepare --os debian-12 --arch amd64,arm64 --no-progress --image app:1 --image quay.io/org/app:1 \
  --registry-mirror "docker.io=$upstream/hub" --registry-mirror "quay.io=$upstream/hub"
"$lsrepo" image list

step 'serve them, with pushes by users'
# `secret`, by bcrypt
echo 'me:$2b$04$TOADUn4l5TzOTsKZWB5vduTujO05fM0rdxJUS6CBcIr5i4RJGOIsi' >htpasswd
here=127.0.0.1:$(free_port)
"$lsrepo" serve --listen "$here" --allow-push --htpasswd htpasswd --quota 1G >serve.log 2>&1 &
server=$!
background+=("$server")
served serve.log >/dev/null
# equal NAME [skopeo's words]: it is what it was
equal() {
  skopeo inspect --raw --tls-verify=false "${@:2}" "docker://$here/$1" >raw
  [ "$(digest_of raw)" = "$root" ] || fail "$1 has another digest"
}
for name in library/app:1 docker.io/library/app:1 quay.io/org/app:1 org/app:1 "org/app@$root"; do equal "$name"; done

step skopeo
if skopeo copy --quiet --all --dest-tls-verify=false oci:app:1 "docker://$here/team/app:1" 2>log; then fail 'it took a push of nobody'; fi
skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false --dest-creds me:secret oci:app:1 "docker://$here/team/app:1"
equal team/app:1
rm -rf copy
skopeo copy --quiet --all --preserve-digests --src-tls-verify=false "docker://$here/team/app:1" dir:copy
skopeo list-tags --tls-verify=false "docker://$here/team/app" | grep -q '"1"'

step podman
podman pull --quiet --tls-verify=false "$here/team/app:1" >/dev/null
[ "$("${podman_run[@]}" "$here/team/app:1" 2>run.log)" = hello ] || fail "$(cat run.log)"
podman tag "$here/team/app:1" "$here/podman/app:1"
podman push --quiet --tls-verify=false --creds me:secret "$here/podman/app:1"
podman pull --quiet --tls-verify=false "$here/podman/app:1" >/dev/null

step docker
"$lsrepo" serve --listen "$here" --print-config docker >docker.txt
grep -q "\"registry-mirrors\": \[\"http://$here\"\]" docker.txt || { cat docker.txt; fail 'there is no mirror'; }
dockerd_here "\"registry-mirrors\": [\"http://$here\"]"
docker_here pull --quiet app:1
[ "$(docker_here run --rm --network host app:1)" = hello ] || fail 'it does not say hello'
docker_here image inspect --format '{{json .RepoDigests}}' app:1 | grep -q "$root" || fail 'docker has another digest'
docker_here pull --quiet "$here/quay.io/org/app:1"
docker_here tag app:1 "$here/docker/app:1"
if docker_here push --quiet "$here/docker/app:1" 2>log; then fail 'docker pushed without a password'; fi
mkdir dockercfg
printf '{"auths": {"%s": {"auth": "%s"}}}' "$here" "$(printf me:secret | base64)" >dockercfg/config.json
docker_here --config dockercfg push --quiet "$here/docker/app:1"
docker_here pull --quiet "$here/docker/app:1"

step containerd
containerd_here
mkdir -p files
"$lsrepo" serve --listen "$here" --print-config containerd >containerd.txt
awk -v root=files '/^# file: / { file = root $3; dir = file; sub("/[^/]*$", "", dir); system("mkdir -p " dir); next } { print > file }' containerd.txt
for name in docker.io/library/app:1 quay.io/org/app:1 "$here/team/app:1"; do
  ctr_here images pull --snapshotter native --hosts-dir files/etc/containerd/certs.d "$name" >/dev/null
  [ "$(ctr_here images ls | awk -v name="$name" '$1 == name { print $3 }')" = "$root" ] || fail "$name: another digest"
done

step 'lsrepo: archives for all of them, pushes on, a bundle in a registry'
"$lsrepo" image export docker.io/library/app -o app.tar
"$lsrepo" image export docker.io/library/app -o docker.tar --format docker-archive
podman load --quiet --input app.tar >/dev/null
[ "$(podman image inspect --format '{{.Digest}}' docker.io/library/app:1)" = "$root" ] || fail 'podman load: another digest'
ctr_here images rm docker.io/library/app:1 >/dev/null
ctr_here images import --snapshotter native app.tar >/dev/null
[ "$(ctr_here images ls | awk '$1 == "docker.io/library/app:1" { print $3 }')" = "$root" ] || fail 'ctr import: another digest'
docker_here rmi --force app:1 >/dev/null
docker_here load --quiet --input docker.tar
[ "$(docker_here run --rm --network host app:1)" = hello ] || fail 'docker load: it does not say hello'
skopeo copy --quiet --all --preserve-digests oci-archive:app.tar:docker.io/library/app:1 dir:archive
[ "$(digest_of archive/manifest.json)" = "$root" ] || fail 'skopeo: another digest'
registry_here onward
"$lsrepo" image push --all "$registry/all" --keep-host
"$lsrepo" image push --all "$registry/all" --keep-host | tee log
[ "$(grep -c ': was there' log)" = 2 ] || fail 'something was sent twice'
skopeo inspect --raw --tls-verify=false "docker://$registry/all/quay.io/org/app:1" >raw
[ "$(digest_of raw)" = "$root" ] || fail 'the pushed image has another digest'
printf '{"auths": {"%s": {"auth": "%s"}}}' "$here" "$(printf me:secret | base64)" >podman/auth.json
"$lsrepo" key export >key.asc
for place in "$registry" "$here"; do
  "$lsrepo" export -o "oci://$place/bundles/stack:1"
  LSREPO_HOME=$work/far-$place "$lsrepo" key trust key.asc
  LSREPO_HOME=$work/far-$place "$lsrepo" import "oci://$place/bundles/stack:1" --no-progress
  LSREPO_HOME=$work/far-$place "$lsrepo" image list | grep -q "$root"
done
# Another index under the same name: the signature beside it is of another one.
skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$registry/bundles/stack:1"
if LSREPO_HOME=$work/other "$lsrepo" import --trust-on-first-use "oci://$registry/bundles/stack:1" 2>log; then fail 'that was no bundle'; fi
cat log

step 'deleted, collected, and another start'
skopeo delete --tls-verify=false --creds me:secret "docker://$here/team/app:1"
if skopeo inspect --raw --tls-verify=false "docker://$here/team/app:1" >raw 2>log; then fail 'it is still there'; fi
if "$lsrepo" gc --grace 0s 2>log; then fail 'a server takes pushes'; fi
cat log
kill "$server"
wait "$server" || :
"$lsrepo" gc --grace 0s
"$lsrepo" serve --listen "$here" >again.log 2>&1 &
background+=($!)
served again.log >/dev/null
equal library/app:1
podman pull --quiet --tls-verify=false "$here/docker/app:1" >/dev/null
[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST "http://$here/v2/x/blobs/uploads/")" = 405 ] || fail 'it is not read-only'
awk '/^VmHWM/ { printf "peak memory of the server: %.0f MiB\n", $2 / 1024 }' "/proc/$!/status"
