#!/usr/bin/env bash
# `lsrepo serve` beside nginx with the same files in the same run: requests and bytes a second, CPU of the server; memory with 1,000
# clients that stay; and how it starts with a snapshot of many packages.
#
#   scripts/bench/serve.sh [SECONDS [PACKAGES]]     of each measurement (default 5); packages in the snapshot (default 100,000)
#
# Asked for: at least 0.9 × nginx for 1 MB and larger, 0.6 × its rate for 1 KB; at most 30 MiB and 8 KiB a client; a start within
# 0.1 s and 25 MiB. LSREPO names the program; it should be a release build as it is shipped.
set -euo pipefail
. "$(dirname "$0")/../system/lib.sh"
need python3 wrk nginx curl gpg
build lsrepo
workspace bench-serve
seconds=${1:-5} count=${2:-100000}
wait_for() { for _ in $(seq 300); do curl -fs -o /dev/null "$1" && return; sleep 0.02; done; fail "$1 does not answer"; }
cpu() { # user and system, in hundredths of a second, of a process and its children
  local pid total=0
  for pid in "$1" $(pgrep -P "$1" || :); do
    total=$((total + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
  done
  echo "$total"
}
kilobytes() { awk -v what="$2" '$1 == what { print $2 }' "/proc/$1/status"; }

step 'files of 1 kB, 64 kB, 1 MB and 100 MB'
mkdir "$work/static" "$work/visit"
cd "$work/visit"
asked=()
for size in 1000 64000 1000000 100000000; do
  head -c "$size" /dev/urandom >"$work/static/$size.bin"
  asked+=(--file "$work/static/$size.bin")
done
export LSREPO_HOME=$work/home
"$lsrepo" --quiet prepare --os debian-12 --arch x86_64 "${asked[@]}"
ours=127.0.0.1:$(free_port) theirs=127.0.0.1:$(free_port)
"$lsrepo" --quiet serve --config /dev/null --listen "$ours" 2>"$work/ours.log" &
our_pid=$!
background+=("$our_pid")
mkdir -p "$work/nginx"
cat >"$work/nginx.conf" <<END
worker_processes 2; pid $work/nginx/pid; error_log $work/nginx/error.log; daemon off; user root;
events { worker_connections 4096; }
http { sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000; open_file_cache max=1000;
  default_type application/octet-stream; client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
  fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u; scgi_temp_path $work/nginx/s;
  server { listen $theirs; location /files/ { alias $work/static/; } } }
END
nginx -c "$work/nginx.conf" >"$work/nginx.log" 2>&1 &
their_pid=$!
background+=("$their_pid")
wait_for "http://$ours/files/1000.bin"
wait_for "http://$theirs/files/1000.bin"

# one WHO SIZE CONNECTIONS: requests a second, and CPU microseconds a request
one() {
  local address pid before after rate
  case $1 in ours) address=$ours pid=$our_pid ;; *) address=$theirs pid=$their_pid ;; esac
  before=$(cpu "$pid")
  wrk -t 1 -c "$3" -d "${seconds}s" --timeout 30s "http://$address/files/$2.bin" >"$work/wrk.log"
  after=$(cpu "$pid")
  grep -qE 'Non-2xx|Socket errors: .*(read|write) [1-9]' "$work/wrk.log" && { cat "$work/wrk.log"; fail 'wrong answers'; }
  rate=$(awk '/^Requests\/sec/ { print $2 }' "$work/wrk.log")
  awk -v rate="$rate" -v ticks=$((after - before)) -v seconds="$seconds" 'BEGIN { printf "%.1f %.1f\n", rate, ticks * 10000 / (rate * seconds) }'
}
step "beside nginx, ${seconds} s each, in turn, medians of three"
printf '%10s %5s %12s %12s %7s   %s\n' bytes conns ours/s nginx/s ratio 'CPU us a request: ours, nginx'
for what in '1000 32' '64000 32' '1000000 8' '100000000 4'; do
  read -r size connections <<<"$what"
  : >"$work/ours.txt"
  : >"$work/theirs.txt"
  for _ in 1 2 3; do
    one ours "$size" "$connections" >>"$work/ours.txt"
    one theirs "$size" "$connections" >>"$work/theirs.txt"
  done
  read -r our_rate our_cpu <<<"$(sort -n "$work/ours.txt" | sed -n 2p)"
  read -r their_rate their_cpu <<<"$(sort -n "$work/theirs.txt" | sed -n 2p)"
  awk -v size="$size" -v conns="$connections" -v a="$our_rate" -v b="$their_rate" -v c="$our_cpu" -v d="$their_cpu" \
    'BEGIN { printf "%10d %5d %12.0f %12.0f %7.2f   %.1f, %.1f\n", size, conns, a, b, a / b, c, d }'
done
printf 'memory after all: %s kB now, %s kB at most\n' "$(kilobytes "$our_pid" VmRSS:)" "$(kilobytes "$our_pid" VmHWM:)"
kill "$our_pid"

step '1,000 clients that stay'
"$lsrepo" --quiet serve --config /dev/null --listen "$ours" 2>"$work/ours.log" &
our_pid=$!
background+=("$our_pid")
wait_for "http://$ours/files/1000.bin"
before=$(kilobytes "$our_pid" VmRSS:)
wrk -t 1 -c 1000 -d "${seconds}s" "http://$ours/files/1000.bin" >"$work/wrk.log"
printf '%s kB before; with 1,000 clients that ask all the time: %s kB at most\n' "$before" "$(kilobytes "$our_pid" VmHWM:)"
kill "$our_pid"

step "a snapshot of $count packages"
mkdir -m 700 "$work/gpg" "$work/many"
gpg --homedir "$work/gpg" --batch --quiet --passphrase '' --quick-generate-key 'bench <bench@example.org>' rsa3072 sign never
gpg --homedir "$work/gpg" --batch --export >"$work/many.gpg"
python3 "$project/scripts/bench/many-packages.py" "$work/many" "$count" "$work/gpg"
gpgconf --homedir "$work/gpg" --kill all
export LSREPO_HOME=$work/large
"$lsrepo" --quiet prepare --os debian-12 --arch x86_64 --base none --requirements "$work/many/wanted.txt" \
  --source "deb [signed-by=$work/many.gpg] file://$work/many ./"
begun=$(date +%s%N)
"$lsrepo" --quiet serve --config /dev/null --listen "$ours" 2>"$work/ours.log" &
our_pid=$!
background+=("$our_pid")
for _ in $(seq 6000); do curl -fs -o /dev/null "http://$ours/healthz" && break; sleep 0.02; done
printf 'first start, which publishes it: %s ms\n' $((($(date +%s%N) - begun) / 1000000))
kill "$our_pid"
wait "$our_pid" 2>/dev/null || :
for _ in 1 2 3; do
  begun=$(date +%s%N)
  "$lsrepo" --quiet serve --config /dev/null --listen "$ours" 2>"$work/ours.log" &
  our_pid=$!
  background+=("$our_pid")
  while ! curl -fs -o /dev/null "http://$ours/healthz"; do :; done
  listening=$((($(date +%s%N) - begun) / 1000000))
  memory=$(kilobytes "$our_pid" VmRSS:)
  curl -fsS "http://$ours/apt/debian-12/dists/debian-12/main/binary-amd64/Packages" -o "$work/Packages"
  curl -fsS "http://$ours/search?q=part0500" -o "$work/found.html"
  curl -fsS "http://$ours/packages/debian-12/x86_64/part000500" -o "$work/package.html"
  printf 'start: %s ms and %s kB; after its list (%s packages), a search and a page: %s kB\n' "$listening" "$memory" \
    "$(grep -c '^Package: ' "$work/Packages")" "$(kilobytes "$our_pid" VmRSS:)"
  kill "$our_pid"
  wait "$our_pid" 2>/dev/null || :
done
