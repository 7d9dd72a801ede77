# Hosts of their own for the checks: systemd as PID 1 over a throw-away layer of one Debian root, each in a network
# namespace on a bridge that has no way out. Their packages lie in the root already. Sourced, after lib.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# several of them start at the same time
patience=180

# bare_root FOLDER [MMDEBSTRAP-FLAG …]: a Debian 12 with systemd and sshd, into which `operations` logs in with the file `key`
bare_root() {
  local root=$1 main security
  shift
  main=$(debian_uri main) security=$(debian_uri security)
  [ -n "$main" ] || skip "this machine's apt knows no Debian archive"
  mmdebstrap --quiet --variant=minbase --include=systemd-sysv,dbus,openssh-server,sudo,python3,python3-apt,iproute2,ca-certificates \
    "$@" bookworm "$root" "deb $main bookworm main" "deb ${security:-$main} bookworm-security main"
  chroot "$root" useradd -m -s /bin/bash operations
  echo 'operations ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/operations"
  ssh-keygen -q -t ed25519 -N '' -f key
  install -d -m 700 "$root/home/operations/.ssh"
  cp key.pub "$root/home/operations/.ssh/authorized_keys"
  chroot "$root" chown -R operations: /home/operations/.ssh
  printf 'UseDNS no\n' >"$root/etc/ssh/sshd_config.d/check.conf"
  chroot "$root" systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer
}

# hosts_root FOLDER PACKAGE …: one that has those packages, and what they need, as its only apt source
hosts_root() {
  local root=$1
  shift
  cat >download.sh <<END
set -e
chroot "\$1" apt-get -qq -y --no-install-recommends --download-only install $*
mkdir "\$1/srv/packages"
find "\$1/var/cache/apt/archives" -name '*.deb' -exec mv -t "\$1/srv/packages" {} +
cd "\$1/srv/packages" && dpkg-scanpackages -m . >Packages 2>/dev/null
rm -rf "\$1"/var/lib/apt/lists/* "\$1"/etc/apt/sources.list*
echo 'deb [trusted=yes] file:/srv/packages ./' >"\$1/etc/apt/sources.list"
END
  # shellcheck disable=SC2016  # mmdebstrap gives the root
  bare_root "$root" --customize-hook='sh download.sh "$1"'
}

# hosts_network: the segment, and `$desk` on it, where one works (address .1)
hosts_network() {
  segment=lsr-$$-net desk=lsr-$$-desk
  ip netns add "$segment" 2>/dev/null || skip 'this machine makes no network namespaces'
  # Ansible keeps connections by address: those of another check lead to other hosts with the same ones
  export ANSIBLE_SSH_CONTROL_PATH_DIR=$work/cp
  hooks+=(remove_hosts)
  ip -n "$segment" link add bridge type bridge
  ip -n "$segment" link set bridge up
  joined "$desk" 1
}

# joined NAMESPACE NUMBER: a new namespace on the segment
joined() {
  ip netns add "$1"
  namespaces+=("$1")
  ip -n "$segment" link add "port$2" type veth peer name eth0 netns "$1"
  ip -n "$segment" link set "port$2" master bridge up
  ip -n "$1" link set lo up
  ip -n "$1" addr add "10.79.0.$2/24" dev eth0
  ip -n "$1" link set eth0 up
}
namespaces=()
machines=()

# host NAME NUMBER ROOT: a host that starts, at 10.79.0.NUMBER
host() {
  local name=$1 tree=$work/hosts/$1
  joined "lsr-$$-$name" "$2"
  mkdir -p "$tree"/{over,work,root}
  mount -t overlay overlay -o "lowerdir=$3,upperdir=$tree/over,workdir=$tree/work" "$tree/root" || skip 'no overlay can be mounted here'
  echo "$name" >"$tree/root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$tree/root/etc/hosts"
  : >"$tree/root/etc/machine-id"
  power_on "$name"
}

# power_on NAME: it starts
power_on() {
  setsid systemd-nspawn --quiet --register=no --keep-unit --directory "$work/hosts/$1/root" --machine "$1" \
    --network-namespace-path="/run/netns/lsr-$$-$1" --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off --console=pipe --boot \
    </dev/null >>"$work/$1.log" 2>&1 &
  machines+=("$1:$!")
}

# power_off NAME: as if its power failed
power_off() {
  local machine left=()
  kill -9 "$(leader "$1")"
  for machine in "${machines[@]}"; do
    case $machine in
      "$1":*) wait "${machine#*:}" 2>/dev/null || : ;;
      *) left+=("$machine") ;;
    esac
  done
  machines=("${left[@]}")
}

# leader NAME: the first process of that host; its number is not somebody else's by now
leader() {
  local machine
  for machine in "${machines[@]}"; do
    if [ "${machine%:*}" = "$1" ] && grep -qsF "$work/hosts/$1/root" "/proc/${machine#*:}/cmdline"; then
      pgrep -P "${machine#*:}" | head -n 1
    fi
  done
}
# in_host NAME COMMAND …: as root in that host
in_host() {
  local name=$1
  shift
  nsenter -t "$(leader "$name")" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}
at_desk() { ip netns exec "$desk" "$@"; }
# reachable NUMBER …: their keys are known once they answer
reachable() {
  local number
  : >known_hosts.new
  for number; do at_desk ssh-keyscan "10.79.0.$number" >>known_hosts.new 2>/dev/null || return; done
  [ "$(cut -d' ' -f1 known_hosts.new | sort -u | wc -l)" = $# ] && mv known_hosts.new known_hosts
}

remove_hosts() {
  local machine namespace tree
  for machine in "${machines[@]}"; do end "${machine#*:}"; done
  for tree in "$work"/hosts/*/root; do umount "$tree" 2>/dev/null || umount -l "$tree" 2>/dev/null || :; done
  for namespace in "${namespaces[@]}" "$segment"; do ip netns del "$namespace" 2>/dev/null || :; done
}

# Only there are the hosts' keys known: nothing is written into the home of whoever runs this.
# deploy ARGUMENT …: `lambdastack` at the desk
deploy() {
  [ -e with_keys.sh ] || cat >with_keys.sh <<'END'
mkdir -p ~/.ssh
mount -t tmpfs none ~/.ssh
cp known_hosts ~/.ssh/known_hosts
exec "$@"
END
  at_desk unshare --mount sh with_keys.sh "$lambdastack" "$@"
}
# said WORDS: the last command said that
said() { grep -q -e "$1" said.log || { cat said.log; fail "nobody said: $1"; }; }
# again MODULE …|all: as if they had been applied with other playbooks
again() {
  python3 - "$@" <<'PY'
import json, sys
path = "lambdastack.state.json"
state = json.load(open(path))
for module in state["modules"] if sys.argv[1:] == ["all"] else sys.argv[1:]:
    state["modules"][module]["inputs"]["playbooks"] = "0" * 16
json.dump(state, open(path, "w"))
PY
}
# in_etc HOST: each file below its /etc with its digest, and each link and folder. Users and groups that packages make stay, as Debian
# wants it, and so does what is made of all libraries; apt leaves netbase, which Perl recommends.
in_etc() {
  in_host "$1" sh -c 'cd /etc && find . -type f -exec sha256sum {} + && find . ! -type f -printf "%y %p %l\n"' | sort -k 2 |
    grep -v -E '[ /](passwd|group|shadow|gshadow|subuid|subgid)-?$|/ld\.so\.cache$|/(ethertypes|networks|protocols|rpc|services)$'
}
# purged FILE MODULE …: a teardown of them takes what they stored as well
purged() {
  local file=$1
  shift
  python3 - "$file" "$@" <<'PY'
import sys, yaml
path, modules = sys.argv[1], sys.argv[2:]
documents = list(yaml.safe_load_all(open(path)))
for module in modules:
    kind = f"configuration/{module}"
    if not any(one["kind"] == kind for one in documents):
        documents.append({"kind": kind, "specification": {}})
    for one in documents:
        if one["kind"] == kind and module not in ("haproxy", "node-exporter", "keycloak", "opensearch-dashboards"):
            one["specification"]["purge"] = True
yaml.safe_dump_all(documents, open(path, "w"))
PY
}
