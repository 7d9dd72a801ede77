#!/usr/bin/env bash
# `/lsrepo` with the clients of LambdaStack's roles, in their own words: the probe by curl, apt with a flat repository, dnf
# with the roles' `.repo`, listings by their regular expression, archives for docker (and podman, containerd, skopeo, and
# a script that unpacks layers), charts. Real Debian packages, a signed set of RPM packages, images made here.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root runs container daemons'
need curl dnf rpm rpmbuild createrepo_c gpg apt-get skopeo podman buildah containerd ctr dockerd docker docker-registry \
  python3 cc jq
[ -n "$(debian_uri main)" ] || skip "this machine's apt knows no Debian archive"
build lsrepo
workspace lambdastack-paths
bash "$(dirname "$0")/rpm-set.sh" "$work/set"
podman_here
cd "$work"

step 'a store: Debian 12 and AlmaLinux 8, with images, files, dashboards and a chart'
two_architectures app
registry_here upstream
for name in library/haproxy:2.2.2-alpine calico/cni:v3.20.2 coreos/cni:v3.20.2; do
  skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$registry/hub/$name"
done
for version in 3.2.0 3.10.0; do echo "$version" >"helm-v$version-linux-amd64.tar.gz"; done
echo '{}' >dashboard
mkdir -p charts/web
printf 'apiVersion: v2\nname: web\nversion: 1.2.0\n' >charts/web/Chart.yaml
tar -C charts -czf charts/web-1.2.0.tgz web
printf 'apiVersion: v1\nentries:\n  web:\n  - {version: 1.2.0, urls: [web-1.2.0.tgz], digest: %s}\n' \
  "$(sha256sum charts/web-1.2.0.tgz | cut -d' ' -f1)" >charts/index.yaml
cat >wishes.txt <<WISHES
[packages]
jq
[files]
file://$work/helm-v3.2.0-linux-amd64.tar.gz
file://$work/helm-v3.10.0-linux-amd64.tar.gz
file://$work/dashboard grafana_dashboards/grafana_dashboard_405.json
[images]
haproxy:2.2.2-alpine
calico/cni:v3.20.2
quay.io/coreos/cni:v3.20.2
WISHES
export LSREPO_HOME=$work/home
mirrors=(--no-referrers --registry-mirror "docker.io=$registry/hub" --registry-mirror "quay.io=$registry/hub")
"$lsrepo" prepare --no-progress --os debian-12 --arch x86_64,arm64 --base none --requirements wishes.txt "${mirrors[@]}" \
  --chart "file://$work/charts web"
# shellcheck disable=SC2016  # lsrepo's own variable
"$lsrepo" prepare --no-progress --os almalinux-8 --arch x86_64 --base none --package webd,webd-plain "${mirrors[@]}" \
  --image haproxy:2.2.2-alpine --source "rpm [id=set,gpgkey=$work/set/key.asc,repo_gpgcheck=1] file://$work/set/\$basearch"
touch serve.log
"$lsrepo" serve --listen "127.0.0.1:$(free_port)" >serve.log 2>&1 &
background+=($!)
server=$(served serve.log)
cat serve.log
grep -q '^/lsrepo shows debian-12/x86_64 and almalinux-8/x86_64; ' serve.log || fail 'it does not say what /lsrepo shows'
grep -q 'quay.io/coreos/cni:v3.20.2 is images/quay.io_coreos_cni-v3.20.2.tar' serve.log || fail 'it hides an image without a word'
url=$server/lsrepo

step 'the probe'
for path in lsrepo epirepo lsrepo/almalinux-8/x86_64 lsrepo/debian-12/aarch64; do
  curl --silent --show-error --head --location "$server/$path" | grep -E 'HTTP/.{1,3} 200 OK' || fail "$path is not probed well"
done

# with_apt NAME ARCHITECTURE LINE: everything that the package needs, as a host without anything downloads it. A host that
# trusts whatever it gets says that it does not know our key, and goes on.
with_apt() {
  printf '%s\n' "$3" >"$1.list"
  apt_root "$work/$1" "$2" "$1.list"
  APT_CONFIG=$work/$1/apt.conf apt-get update 2>&1 | tee "$1.log"
  ! grep -E '^[WE]:' "$1.log" | grep -v "^${4:-nothing}" || fail 'apt-get update warns'
  APT_CONFIG=$work/$1/apt.conf apt-get -qq -y --download-only --no-install-recommends install jq >"$1.log" 2>&1 ||
    { cat "$1.log"; fail 'apt-get install'; }
  ! grep -E '^[WE]:' "$1.log" || fail 'apt-get install warns'
  find "$1/cache/archives" -name '*.deb' | wc -l
}
step "apt, with the roles' line"
with_apt trusted amd64 "deb [trusted=yes] $url/packages ./" "W: GPG error: .* NO_PUBKEY"
step 'apt, with our key, for both architectures'
curl -fsS "$server/keys/lsrepo.asc" -o lsrepo.asc
with_apt signed amd64 "deb [signed-by=$work/lsrepo.asc] $url/packages ./"
with_apt arm64 arm64 "deb [signed-by=$work/lsrepo.asc] $url/debian-12/aarch64/packages ./"
ls signed/cache/archives/jq_*_amd64.deb arm64/cache/archives/jq_*_arm64.deb >/dev/null

step "dnf, with the roles' .repo"
mkdir -p root/etc/yum.repos.d yum.repos.d
# with_dnf URL [LINE …]
with_dnf() {
  printf '%s\n' '[lsrepo]' 'name=lsrepo' "baseurl=$1/packages/" 'enabled=1' 'gpgcheck=0' "${@:2}" >yum.repos.d/lsrepo.repo
  rm -rf root cache
  dnf -y --quiet --disableplugin=local --installroot="$work/root" --releasever=8 --setopt=reposdir="$work/yum.repos.d" \
    --setopt=cachedir="$work/cache" --setopt=install_weak_deps=False --setopt=module_platform_id=platform:el8 install webd
  rpm --root "$work/root" -q webd webd-libs webd-data
}
with_dnf "$url" module_hotfixes=true
with_dnf "$url/almalinux-8/x86_64"
with_dnf "$server/epirepo" repo_gpgcheck=1 "gpgkey=$server/keys/lsrepo.asc"

step 'files, as the roles list them and take the newest'
python3 - "$url" <<'PYTHON'
import json, re, sys, urllib.request, hashlib
url = sys.argv[1]
def get(path):
    with urllib.request.urlopen(f"{url}/{path}") as answer:
        return answer.read()
def listed(folder):
    regexp = r'.*<li><a href="([^"]+)".*'
    lines = get(f"{folder}/?F=0").decode().splitlines()
    lines = [line for line in lines if re.match(regexp, line) and not re.match(".*Parent Directory.*", line)]
    return [re.sub(regexp, r"\1", line) for line in lines]
def newest(names, regexp):
    names = [name for name in names if re.match(regexp, name)]
    padded = ["{:0>4s}.{:0>4s}.{:0>4s}".format(*re.sub(regexp, r"\1", name).split(".")) for name in names]
    return dict(zip(padded, names))[max(padded)]
names = listed("files")
print(names, listed("images"))
assert get("files/" + newest(names, r"^helm-v([0-9.]+)-linux-amd64.tar.gz$")) == b"3.10.0\n"
assert "grafana_dashboard_405.json" in names and get("grafana_dashboards/grafana_dashboard_405.json") == b"{}\n"
assert listed("images") == ["cni-v3.20.2.tar", "haproxy-2.2.2-alpine.tar", "quay.io_coreos_cni-v3.20.2.tar"]
try:
    import yaml
    index = yaml.safe_load(get("charts/system/index.yaml"))
except ImportError:
    index = json.loads(get("charts/system/index.yaml"))
for entry in index["entries"]["web"]:
    assert hashlib.sha256(get("charts/system/" + entry["urls"][0])).hexdigest() == entry["digest"]
PYTHON

step 'images: docker load, docker tag, docker push, as the image_registry role does'
registry_here cluster
dockerd_here "\"insecure-registries\": [\"$registry\"]"
for image in haproxy:2.2.2-alpine calico/cni:v3.20.2; do
  base=${image##*/}
  file=${base/:/-}.tar
  curl -fsS -O "$url/images/$file"
  docker_here load --quiet --input "$file"
  docker_here tag "$image" "$registry/$image"
  docker_here push --quiet "$registry/$image"
  [ "$(docker_here run --rm --network host "$image")" = hello ] || fail "$image does not say hello"
  skopeo inspect --tls-verify=false "docker://$registry/$image" | jq -r '"\(.Name) \(.Architecture)"'
done

step 'podman, containerd, skopeo'
file=haproxy-2.2.2-alpine.tar name=docker.io/library/haproxy:2.2.2-alpine
podman load --quiet --input "$file"
[ "$("${podman_run[@]}" "$name" 2>/dev/null)" = hello ] || fail 'podman does not run it'
containerd_here
ctr_here images import --snapshotter native "$file" >/dev/null
ctr_here run --rm --net-host --snapshotter native "$name" try | grep -q hello || fail 'containerd does not run it'
skopeo inspect "docker-archive:$file:$name" | jq -r '.Architecture, (.Layers | length)'
curl -fsS "$url/debian-12/arm64/images/$file" -o arm64.tar
[ "$(skopeo inspect docker-archive:arm64.tar | jq -r .Architecture)" = arm64 ] || fail 'it is of another architecture'

step 'layers unpacked one by one, as the role of haproxy does'
mkdir image rootfs
tar -xpf "$file" -C image
jq -r '.[0].Layers[]' image/manifest.json | while read -r layer; do tar -xpf "image/$layer" -C rootfs; done
[ "$(rootfs/hello)" = hello ] || fail 'the layers are not the image'

step 'a download that was cut goes on; platforms have the same archive'
[ "$(curl -fsS --head "$url/images/$file" | tr -d '\r' | sed -n 's/^content-length: //p')" = "$(stat -c %s "$file")" ]
head -c 1000000 "$file" >part.tar
curl -fsS --continue-at - -o part.tar "$url/images/$file"
cmp part.tar "$file"
curl -fsS "$url/almalinux-8/amd64/images/$file" | cmp - "$file"
step 'done'
