#!/usr/bin/env bash
# The page at `/` as a person meets it: a real small snapshot, walked in headless Chromium with the script and without, by
# keyboard too; looked at by an accessibility checker on a desk's screen and on a phone's, light and dark. What was seen stays
# in ${LSREPO_SCREENSHOTS:-target/screenshots}.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients.sh"
[ "$(id -u)" = 0 ] || skip 'only root builds the image'
need chromium python3 curl skopeo buildah docker-registry cc
workspace page
venv=${LSREPO_PAGE_VENV:-$work/venv}
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv" || skip 'this Python makes no virtual environments'
  "$venv/bin/pip" install --quiet axe-playwright-python || skip 'axe-playwright-python cannot be installed'
fi
build lsrepo
screenshots=${LSREPO_SCREENSHOTS:-$project/target/screenshots}
mkdir -p "$screenshots"
screenshots=$(cd "$screenshots" && pwd)
podman_here
cd "$work"

step 'a snapshot: packages of this machine, an image with a signature, a file, a chart'
two_architectures app
registry_here upstream
skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false oci:app:1 "docker://$registry/hub/library/app:1"
python3 "$project/scripts/system/page_data.py" "$registry" hub/library/app charts
echo 'not a secret' >tool.txt
export LSREPO_HOME=$work/home
prepare() {
  "$lsrepo" prepare --os debian-12 --arch amd64 --no-progress --image app:1 --registry-mirror "docker.io=$registry/hub" \
    --file "$work/tool.txt tools/tool.txt" --chart "file://$work/charts web" "$@"
}
prepare --module tools --package jq

step 'serve it, and a second one after it'
"$lsrepo" serve --listen 127.0.0.1:0 >serve.log 2>&1 &
background+=($!)
url=$(served serve.log)
curl -fsS "$url/search?q=jq" | grep -q '/packages/debian-12/x86_64/jq"' || fail 'the search does not find it'
prepare --module tools --package jq --package tree
wait_for grep -q 'snapshot 2 is shown' serve.log

step 'walk, look, check'
TMPDIR=$work "$venv/bin/python" "$project/scripts/system/page.py" "$url" "$screenshots"
if grep warning serve.log; then fail 'the server warned'; fi
