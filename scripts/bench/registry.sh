#!/usr/bin/env bash
# Our registry beside Debian's docker-registry and nginx's static files, on the same blobs in the same run: requests a
# second, CPU of the server per request, and memory after an image of 1.1 GB was pushed and pulled.
#
#   scripts/bench/registry.sh [SECONDS]     of each measurement; default 5
#
# REGISTRY names another server, which is called as `REGISTRY STORE ADDRESS push`; default: the example `registry`.
# Asked for: manifests and small blobs at least 10 × docker-registry and 0.8 × nginx, blobs of 113 MB at least 0.9 × nginx,
# at most 30 MiB of memory.
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
need python3 skopeo wrk nginx docker-registry curl
if [ -z "${REGISTRY:-}" ]; then
  (cd "$project" && cargo build --locked --quiet --release --package lsrepo-serve --example registry)
  REGISTRY=${CARGO_TARGET_DIR:-$project/target}/release/examples/registry
fi
workspace bench-registry
step 'an image of ten layers, 1.1 GB, and one of 1.1 MB'
python3 "$project/scripts/bench/registry_image.py" "$work/big" 10 113000000
python3 "$project/scripts/bench/registry_image.py" "$work/small" 1 1100000

wait_for() { for _ in $(seq 100); do curl -s -o /dev/null "$1" && return; sleep 0.1; done; fail "$1 does not answer"; }
ours=127.0.0.1:$(free_port) theirs=127.0.0.1:$(free_port) static=127.0.0.1:$(free_port)

"$REGISTRY" "$work/store" "$ours" push >"$work/ours.log" 2>&1 &
our_pid=$!
background+=("$our_pid")
cat >"$work/registry.yml" <<END
version: 0.1
log: {accesslog: {disabled: true}, level: warn}
storage: {cache: {blobdescriptor: inmemory}, filesystem: {rootdirectory: $work/theirs}}
http: {addr: $theirs}
END
docker-registry serve "$work/registry.yml" >"$work/theirs.log" 2>&1 &
their_pid=$!
background+=("$their_pid")
mkdir -p "$work/nginx"
cat >"$work/nginx.conf" <<END
worker_processes 2; pid $work/nginx/pid; error_log $work/nginx/error.log; daemon off; user root;
events { worker_connections 1024; }
http { sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000; root $work/static;
  default_type application/octet-stream; client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
  fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u; scgi_temp_path $work/nginx/s;
  server { listen $static; } }
END
nginx -c "$work/nginx.conf" >"$work/nginx.log" 2>&1 &
nginx_pid=$!
background+=("$nginx_pid")
wait_for "http://$ours/v2/"
wait_for "http://$theirs/v2/"
wait_for "http://$static/"

step 'push and pull of 1.1 GB'
export TMPDIR=$work
for registry in "$ours" "$theirs"; do
  for image in big small; do
    skopeo copy -q --preserve-digests --dest-tls-verify=false "oci:$work/$image:1" "docker://$registry/bench/$image:1"
  done
  skopeo copy -q --src-tls-verify=false "docker://$registry/bench/big:1" "dir:$work/pulled"
  rm -rf "$work/pulled"
done
mkdir -p "$work/static"
for image in big small; do ln "$work/$image"/blobs/sha256/* "$work/static/"; done
memory() { awk '/^VmHWM/ { printf "%.0f MiB", $2 / 1024 }' "/proc/$1/status"; }
printf '  peak memory: ours %s, docker-registry %s\n' "$(memory "$our_pid")" "$(memory "$their_pid")"

step 'requests'
export work ours theirs static our_pid their_pid nginx_pid
python3 "$project/scripts/bench/registry_requests.py" "${1:-5}"
printf '  peak memory after all: ours %s, docker-registry %s\n' "$(memory "$our_pid")" "$(memory "$their_pid")"
