#!/usr/bin/env bash
# What goes wrong on the way: power that fails at any moment, a disk that is full, a bundle that was changed.
# Always a clear error or a clean continuation, and never a wrong byte under a digest.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need python3 apt-get sha256sum timeout
build lsrepo
workspace hostile
cd "$work"
rounds=${ROUNDS:-50}
RANDOM=${SEED:-4711}

run() { "$lsrepo" --quiet "$@"; }
# Every blob is what its name says, and nothing is half-written where it would be served.
sound() {
  [ -d "$1/blobs/sha256" ] || return 0
  (cd "$1/blobs/sha256" && find . -type f -exec sha256sum {} + |
    awk '$2 != "./" $1 { print "wrong bytes under " $2; bad = 1 } END { exit bad }') || fail "$1: $2"
}
# killed SECONDS COMMAND …: ends it with SIGKILL at a random moment of that span
killed() {
  local span=$1
  shift
  span=$(awk -v r=$RANDOM -v s="$span" 'BEGIN { print 0.001 + r / 32767 * s }')
  (timeout -s KILL "$span" "$@" || :) >/dev/null 2>&1
}
# refused TEXT COMMAND …: it ends with exit code 1 or 2, one error, and says TEXT
refused() {
  local text=$1 code=0
  shift
  "$@" >out.log 2>&1 || code=$?
  case $code in 1 | 2) ;; *) cat out.log; fail "exit code $code of: $*" ;; esac
  grep -q '^error: ' out.log || { cat out.log; fail "no error from: $*"; }
  ! grep -q 'panicked' out.log || { cat out.log; fail "a panic of: $*"; }
  grep -qiE "$text" out.log || { cat out.log; fail "no word of \`$text' from: $*"; }
}

step 'a reference'
asked=(--package postgresql,nginx,jq)
LSREPO_HOME=$work/online run prepare "${asked[@]}" --lock-file reference.lock >/dev/null
LSREPO_HOME=$work/online run export -o reference.tar.zst >/dev/null
LSREPO_HOME=$work/online run key export >key.asc
seconds() { python3 -c 'import subprocess, sys, time; t = time.time(); subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); print(time.time() - t)' "$@"; }

step "prepare, killed $rounds times"
export LSREPO_HOME=$work/fresh
span=$(seconds "$lsrepo" --quiet prepare "${asked[@]}" --lock-file fresh.lock)
finished=0
for round in $(seq "$rounds"); do
  # every fifth round starts from nothing, the others continue
  [ $((round % 5)) != 1 ] || rm -rf fresh fresh.lock
  killed "$span" "$lsrepo" --quiet prepare "${asked[@]}" --lock-file fresh.lock
  sound fresh "prepare, round $round"
  if [ $((round % 5)) = 0 ]; then
    run prepare "${asked[@]}" --lock-file fresh.lock >/dev/null || fail "prepare does not continue, round $round"
    cmp reference.lock fresh.lock || fail "another lock, round $round"
    finished=$((finished + 1))
  fi
done
sound fresh 'prepare, at the end'
printf '%s times completed, always with the lock of the reference\n' "$finished"

step "export, killed $rounds times"
export LSREPO_HOME=$work/online
span=$(seconds "$lsrepo" --quiet export -o timed.tar.zst)
for round in $(seq "$rounds"); do
  rm -f killed.tar.zst
  killed "$span" "$lsrepo" --quiet export -o killed.tar.zst
  [ ! -e killed.tar.zst ] || cmp reference.tar.zst killed.tar.zst || fail "half a bundle under its name, round $round"
done
run export -o killed.tar.zst >/dev/null
cmp reference.tar.zst killed.tar.zst || fail 'export does not reproduce the bundle'

step "import, killed $rounds times"
export LSREPO_HOME=$work/offline
run key trust key.asc >/dev/null
span=$(seconds "$lsrepo" --quiet import reference.tar.zst)
for round in $(seq "$rounds"); do
  [ $((round % 5)) != 1 ] || { rm -rf offline && run key trust key.asc >/dev/null; }
  killed "$span" "$lsrepo" --quiet import reference.tar.zst
  sound offline "import, round $round"
  if [ $((round % 5)) = 0 ]; then run import reference.tar.zst >/dev/null || fail "import does not continue, round $round"; fi
done
# What is there besides what was carried is what was published from it, and nothing that nobody needs.
run gc --grace 0s | grep -q '^removed 0 blobs' || fail 'import left blobs that nobody needs'

step 'a bundle with one flipped bit, at 100 places; cut off, at 20'
LSREPO_HOME=$work/online run prepare --package jq --lock-file small.lock >/dev/null
rm -rf online/roots
LSREPO_HOME=$work/online run prepare --package jq --lock-file small.lock >/dev/null
LSREPO_HOME=$work/online run export -o small.tar.zst >/dev/null
export LSREPO_HOME=$work/changed
for round in $(seq 120); do
  rm -rf changed && run key trust key.asc >/dev/null
  python3 - small.tar.zst changed.tar.zst "$round" <<'PY'
import random, sys
data, round = bytearray(open(sys.argv[1], "rb").read()), int(sys.argv[3])
chance = random.Random(round)
if round > 100:
    data = data[:chance.randrange(len(data))]
else:
    # as many in the documents at the front as in the packages
    data[chance.randrange(len(data) if round % 2 else min(len(data), 20_000))] ^= 1 << chance.randrange(8)
open(sys.argv[2], "wb").write(data)
PY
  refused '.' "$lsrepo" import changed.tar.zst
  sound changed "changed bundle, round $round"
  [ -z "$(ls -A changed/roots 2>/dev/null)" ] || fail "a changed bundle was taken in, round $round"
done
tail -n 2 out.log

step 'a signer nobody knows'
LSREPO_HOME=$work/stranger run key generate >/dev/null
LSREPO_HOME=$work/stranger run key export >stranger.asc
rm -rf changed && run key trust stranger.asc >/dev/null
refused 'not trusted' "$lsrepo" import small.tar.zst
cat out.log

if [ "$(id -u)" = 0 ] && mkdir tiny && mount -t tmpfs -o size=200M,nr_inodes=60 tmpfs tiny 2>/dev/null; then
  hooks+=(unmount)
  unmount() { umount "$work/tiny"; }
  step 'no room on the disk, all at once or in the middle'
  export LSREPO_HOME=$work/tiny/home
  refused 'full' "$lsrepo" prepare "${asked[@]}" --lock-file tiny.lock
  cat out.log
  sound tiny/home 'no inodes for prepare'
  rm -rf tiny/home && run key trust key.asc >/dev/null
  refused 'full' "$lsrepo" import reference.tar.zst
  cat out.log
  sound tiny/home 'no inodes for import'
  [ -z "$(ls -A tiny/home/roots 2>/dev/null)" ] || fail 'half an import has roots'
  # What was taken so far stays, for the next run to go on with; here it has to make room.
  rm -rf tiny/home
  mount -o remount,nr_inodes=10000,size=20M tiny
  run key trust key.asc >/dev/null
  refused 'full|room|free' "$lsrepo" import reference.tar.zst
  cat out.log
  refused 'full|room|free' "$lsrepo" prepare "${asked[@]}" --lock-file tiny.lock
  cat out.log
  LSREPO_HOME=$work/fresh refused 'full|room|free' "$lsrepo" export -o tiny/bundle.tar.zst
  cat out.log
  [ -z "$(ls tiny/*.zst 2>/dev/null)" ] || fail 'half a bundle under its name'
  mount -o remount,size=400M tiny
  run import reference.tar.zst >/dev/null || fail 'import does not continue when there is room again'
  run prepare "${asked[@]}" --lock-file tiny.lock >/dev/null || fail 'prepare does not continue when there is room again'
  cmp reference.lock tiny.lock || fail 'another lock'
  sound tiny/home 'room again'
else
  printf 'skipped: a full disk needs root and tmpfs\n'
fi
step 'done'
