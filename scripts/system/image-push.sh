#!/usr/bin/env bash
# Images into a registry of Debian: digests are equal at both ends, what is there is not sent again, other repositories
# get mounts, a password is given, and what the registry does not take is said in words.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
need skopeo podman buildah docker-registry curl python3 cc
workspace image-push
cd "$project"
cargo build --locked --quiet --workspace --example image_push
push() { "${CARGO_TARGET_DIR:-$project/target}/debug/examples/image_push" "store=$work/store" "$@"; }
podman_here
cd "$work"
two_architectures app
root=$(sed 's/.*"digest":"\([^"]*\)".*/\1/' app/index.json)
registry_here open
open=$registry
# `secret`, by bcrypt
echo 'me:$2b$04$TOADUn4l5TzOTsKZWB5vduTujO05fM0rdxJUS6CBcIr5i4RJGOIsi' >htpasswd
registry_here closed "auth: {htpasswd: {realm: closed, path: $work/htpasswd}}"
closed=$registry

# equal REFERENCE [skopeo's words]: what is there is what was here
equal() {
  skopeo inspect --raw --tls-verify=false "${@:2}" "docker://$1" >raw
  [ "$(digest_of raw)" = "$root" ] || fail "$1 has another digest"
}

step 'an index: sent, there already, under another name, in another repository'
push "app=$open/a/app:1" | tee log
grep -q 'manifests_sent: 3, .*blobs_sent: 4, blobs_mounted: 0' log
equal "$open/a/app:1"
rm -rf copy
skopeo copy --quiet --all --preserve-digests --src-tls-verify=false "docker://$open/a/app:1" dir:copy
[ "$(digest_of copy/manifest.json)" = "$root" ] || fail 'not everything is there'
push "app=$open/a/app:1" | tee log
grep -q 'manifests_sent: 0, .*blobs_sent: 0, .*bytes: 0 ' log
push "app=$open/a/app:1" "app=$open/a/app:2" "app=$open/b/app:1" | tee log
grep -q '/a/app:2 .*manifests_sent: 1, .*bytes: 0 ' log
# What is found, or sent, in one repository is mounted in the next.
grep -q '/b/app:1 .*blobs_mounted: 4, .*bytes: 0 ' log
equal "$open/b/app:1"
push "app=$open/c/app:1" "app=$open/d/app:1" | tee log
grep -q '/d/app:1 .*blobs_mounted: 4, .*bytes: 0 ' log
equal "$open/d/app:1"

step 'in pieces, and with a password'
if push "app=$closed/a/app:1" 2>log; then fail 'a password was not asked for'; fi
grep -q 'hint: log in first' log
push login=me:secret chunk=500000 "app=$closed/a/app:1" | tee log
equal "$closed/a/app:1" --creds me:secret

step 'one platform of two: the registry says no, and the error says what to do'
if push "app#linux/amd64=$open/sparse/app:1" 2>log; then fail 'docker-registry takes sparse images now'; fi
cat log
grep -q 'there is: linux/amd64' log
grep -q -- '--platform linux/amd64' log
push platform=linux/amd64 "app#linux/amd64=$open/sparse/app:1"
podman pull --quiet --tls-verify=false "$open/sparse/app:1"

step "a signature under cosign's tag, and one on the list of referrers"
python3 - app "$root" <<'PYTHON'
import hashlib, json, os, sys
layout, root = sys.argv[1:]
def blob(data):
    digest = hashlib.sha256(data).hexdigest()
    open(f"{layout}/blobs/sha256/{digest}", "wb").write(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}
index = json.load(open(f"{layout}/index.json"))
manifest = "application/vnd.oci.image.manifest.v1+json"
for tag, subject in ((root.replace(":", "-") + ".sig", None), (None, index["manifests"][0])):
    config = {"mediaType": "application/vnd.oci.empty.v1+json", **blob(b"{}")}
    signature = {"schemaVersion": 2, "mediaType": manifest, "artifactType": "text/plain", "config": config,
                 "layers": [{"mediaType": "text/plain", **blob(b"signed")}]}
    if subject:
        signature["subject"] = {key: subject[key] for key in ("mediaType", "digest", "size")}
    entry = {"mediaType": manifest, **blob(json.dumps(signature).encode())}
    if tag:
        entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    index["manifests"].append(entry)
json.dump(index, open(f"{layout}/index.json", "w"))
PYTHON
push "app@1=$open/e/app:1"
skopeo list-tags --tls-verify=false "docker://$open/e/app" | tee log
grep -q "\"${root/:/-}.sig\"" log
grep -q "\"${root/:/-}\"" log
curl -fsS "http://$open/v2/e/app/manifests/${root/:/-}" -H 'Accept: application/vnd.oci.image.index.v1+json' >list
grep -q '"artifactType":"text/plain"' list
push "app@1=$open/e/app:1" | tee log
grep -q 'manifests_sent: 0, .*blobs_sent: 0, .*bytes: 0 ' log
