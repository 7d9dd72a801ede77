# Shared by the checks on a whole system; sourced, not run. No mirror is named: addresses come from this
# machine's own apt.
# shellcheck shell=bash disable=SC2034

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

step() { printf -- '-- %s\n' "$*"; }
skip() { printf 'skipped: %s\n' "$*"; exit 0; }
fail() { printf 'failed: %s\n' "$*" >&2; exit 1; }

# need COMMAND …: what the check cannot do without
need() {
  local command
  for command; do
    command -v "$command" >/dev/null 2>&1 || [ -x "/usr/sbin/$command" ] || skip "$command is not installed"
  done
}

# build PROGRAM …: those under test, built where nobody says where they are
lsrepo=${LSREPO:-} lambdastack=${LAMBDASTACK:-}
build() {
  local program
  for program; do
    [ -z "${!program}" ] || continue
    (cd "$project" && cargo build --locked --quiet --release --package "$program")
    printf -v "$program" %s "${CARGO_TARGET_DIR:-$project/target}/release/$program"
  done
}

# debian_uri main|security: where this machine's apt finds that archive of Debian
debian_uri() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v want="$1" '{ security = ($2 ~ /-security$/) } (want == "security") == security { print $1; exit }'
}

# runs PID: it is a job of this shell that still runs. Numbers come again: what ended long ago may be somebody else by now.
runs() { jobs -pr | grep -qx "$1"; }
# end PID: such a job is asked to end
end() {
  if runs "$1"; then kill "$1" 2>/dev/null || :; fi
  wait "$1" 2>/dev/null || :
}

# A folder of its own, gone at the end; what runs in the background is ended by its number.
work=
background=()
workspace() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/lsrepo-$1.XXXXXX")
  trap clean EXIT
}
clean() {
  local pid
  for pid in "${background[@]}"; do end "$pid"; done
  for hook in "${hooks[@]}"; do "$hook" || :; done
  rm -rf --one-file-system "$work"
}
hooks=()

# free_port: one that nobody listens on
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# wait_for COMMAND …: until it succeeds; whether it did within `patience` seconds
patience=30
wait_for() {
  local last=$((SECONDS + patience))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$last" ] || { printf 'not so within %d s: %s\n' "$patience" "$*" >&2; return 1; }
    sleep 0.1
  done
}
# until_true WHAT COMMAND …: asks until it is so
until_true() {
  local what=$1 _
  shift
  for _ in $(seq 300); do
    "$@" 2>/dev/null && return
    sleep 0.1
  done
  fail "$what"
}

# closed_network PREFIX: the namespaces $repo (PREFIX.1) and $host (PREFIX.2) that reach nothing but each other
closed_network() {
  local side namespace device address
  repo=lsr-$$-repo host=lsr-$$-host
  ip netns add "$repo" 2>/dev/null || skip 'this machine makes no network namespaces'
  hooks+=(remove_namespaces)
  ip netns add "$host"
  ip link add "r$$" netns "$repo" type veth peer name "h$$" netns "$host"
  for side in "$repo r$$ $1.1" "$host h$$ $1.2"; do
    read -r namespace device address <<<"$side"
    ip -n "$namespace" link set lo up
    ip -n "$namespace" addr add "$address/24" dev "$device"
    ip -n "$namespace" link set "$device" up
  done
}
remove_namespaces() { ip netns del "$repo"; ip netns del "$host"; }
inside() { ip netns exec "$host" "$@"; }

# served LOG: waits until `lsrepo serve` says where it listens, and prints that address
served() {
  local _
  for _ in $(seq 300); do
    sed -n 's/^listening on \(.*\)\/$/\1/p' "$1" | grep . && return
    sleep 0.1
  done
  cat "$1" >&2
  fail 'the server does not listen'
}

# apt_root FOLDER ARCH SOURCES: apt's own state for a foreign root: nothing of this machine is seen
apt_root() {
  mkdir -p "$1"/{lists/partial,cache/archives/partial,empty}
  cp "$3" "$1/sources.list"
  [ -e "$1/status" ] || : >"$1/status"
  cat >"$1/apt.conf" <<CONF
Dir::State "$1";
Dir::State::status "$1/status";
Dir::State::lists "$1/lists";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
CONF
}

# code CODE COMMAND …: it ends with that exit code; what it said is in said.log
code() {
  local wanted=$1 got=0
  shift
  "$@" >said.log 2>&1 || got=$?
  [ "$got" = "$wanted" ] || { cat said.log; fail "$* ended with $got, not $wanted"; }
}
