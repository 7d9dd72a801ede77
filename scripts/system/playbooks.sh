#!/usr/bin/env bash
# Every playbook of every module, as far as it can be tried without what it installs: each is what its module claims, Ansible
# reads it, and templates give files that parse, for a small cluster and for one with everything switched on. What is in no
# Debian (Kafka, Kubernetes, OpenSearch, Grafana, Keycloak, Vault) goes through Ansible's check mode on a bare host; some of it
# is then really applied there, with stand-ins that only listen in the place of the programs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hosts.sh"
. "$(dirname "$0")/playbooks-data.sh"
need python3 ansible-playbook openssl
build lambdastack
workspace playbooks
cd "$work"
modules=$project/modules
# those that are not in Debian
on_paper=(grafana kafka keycloak kubernetes-master kubernetes-node opensearch opensearch-dashboards vault)
all=()
for folder in "$modules"/*/module.yml; do all+=("$(basename "$(dirname "$folder")")"); done
deploy() { "$lambdastack" --modules "$modules" --quiet "$@"; }

step 'modules are what they claim to be'
for module in "${all[@]}"; do deploy module check "$modules/$module" >said.log 2>&1 || { cat said.log; fail "$module"; }; done

step 'a small cluster, and one with everything: each module gets all that Ansible needs'
secrets_and_certificates
small_cluster >small.yml
large_cluster >large.yml
for cluster in small large; do
  deploy apply -f "$cluster.yml" --state "$cluster.state.json" --dry-run --render "$cluster" >said.log 2>&1 || { cat said.log; fail "$cluster.yml"; }
  for module in "${all[@]}"; do [ -f "$cluster/$module/variables.json" ] || fail "$module is not in the cluster $cluster"; done
done

step 'Ansible reads every playbook'
for module in "${all[@]}"; do
  (cd "small/$module" && ansible-playbook --syntax-check --extra-vars @variables.json module/playbooks/*.yml) >said.log 2>&1 ||
    { cat said.log; fail "$module"; }
done

step 'templates give files that parse'
render_playbook >render.yml
for cluster in small large; do
  for module in "${on_paper[@]}"; do
    cp render.yml "$cluster/$module/render.yml"
    (cd "$cluster/$module" && ansible-playbook --extra-vars @variables.json --extra-vars "@$work/stand-ins.json" \
      --extra-vars "{\"group\": \"${module//-/_}\", \"out\": \"$work/files/$cluster/$module\"}" render.yml) >said.log 2>&1 ||
      { cat said.log; fail "$cluster: templates of $module"; }
  done
done
python3 "$project/scripts/system/playbooks.py" files

[ "$(id -u)" = 0 ] || skip 'only root makes hosts: the rest is not tried'
need mmdebstrap systemd-nspawn dpkg-scanpackages dpkg-deb zip ssh ssh-keygen ssh-keyscan ip nsenter pgrep setsid
step 'two bare hosts, and a desk with stand-ins in the place of the repository'
hosts_root root procps tzdata curl unzip
stand_ins root
hosts_network
host one 11 "$work/root"
host two 12 "$work/root"
at_desk python3 -m http.server --bind 10.79.0.1 --directory repository 8080 >repository.log 2>&1 &
background+=($!)
wait_for reachable 11 12
cat >with_keys.sh <<'END'
mkdir -p ~/.ssh
mount -t tmpfs none ~/.ssh
cp known_hosts ~/.ssh/known_hosts
exec "$@"
END
at_hosts() { at_desk unshare --mount sh with_keys.sh "$@"; }

# play MODULE METHOD [FLAG …]: that playbook for the small cluster, with what Ansible says in MODULE-METHOD.log
play() {
  local module=$1 method=$2
  shift 2
  # shellcheck disable=SC2016
  at_hosts sh -c 'cd "$1" && playbook=$2 && shift 2 && exec ansible-playbook "$@" --extra-vars @variables.json module/playbooks/$playbook.yml' - \
    "small/$module" "$method" "$@" >"$module-$method.log" 2>&1
}

step 'on a bare host, check mode runs to the end'
broken=()
for module in "${on_paper[@]}"; do
  for method in apply teardown; do
    play "$module" "$method" --check || { tail -n 3 "$module-$method.log"; broken+=("$module: $method"); }
  done
done
[ ${#broken[@]} = 0 ] || fail "${broken[*]}"

step 'what never came is torn down, and nothing changes'
for module in "${on_paper[@]}"; do
  play "$module" teardown || { tail -n 20 "$module-teardown.log"; fail "$module"; }
  grep -q '"changed": false' "$module-teardown.log" || fail "$module: it was played nowhere"
  if grep '"changed": true' "$module-teardown.log"; then cat "$module-teardown.log"; fail "$module: something was changed"; fi
done

step 'stand-ins are installed, and need nothing more; what was changed by hand is found and repaired'
stand_in_cluster >stand-in.yml
run() { at_hosts "$lambdastack" --modules "$modules" "$@"; }
# what is common to all stays
sed 's/everything: \[common,.*\]/everything: [common]/' stand-in.yml >common.yml
code 0 run apply -f common.yml --yes
in_etc one >before
code 0 run apply -f stand-in.yml --yes
code 0 run test -f stand-in.yml
again all
code 0 run apply -f stand-in.yml --yes
for module in "${stood_in[@]}"; do said "^$module: nothing had to be changed"; done
code 0 run audit -f stand-in.yml
for file in kafka/server.properties vault/vault.hcl opensearch/opensearch.yml opensearch-dashboards/opensearch_dashboards.yml grafana/grafana.ini; do
  echo '# by hand' >>"$work/hosts/one/root/etc/$file"
done
code 2 run audit -f stand-in.yml --out seen.json
for module in "${stood_in[@]}"; do said "^! one: $module: .* was changed by hand"; done
code 0 run apply -f stand-in.yml --observed seen.json --yes
code 0 run audit -f stand-in.yml
if grep -rlF 'it is "secret' lambdastack.state.json* ./*.log; then fail 'there is a secret'; fi

step 'they are torn down: what was stored stays, and is found again'
stored='kafka vault opensearch grafana'
for module in $stored; do in_host one sh -c "echo stored >/var/lib/$module/stored"; done
code 0 run teardown -f stand-in.yml --yes "${stood_in[@]}"
gone() { [ -z "$(in_host one sh -c "ls -d $1 2>/dev/null")" ]; }
for one in '/opt/*' '/usr/local/bin/*' /var/cache/lambdastack /etc/opensearch-dashboards /etc/sysctl.d/60-opensearch.conf; do gone "$one" || fail "$one is there"; done
if in_host one systemctl list-units --all --no-legend 'kafka*' 'vault*' 'opensearch*' 'grafana*' | grep .; then fail 'a service is there'; fi
code 0 run apply -f stand-in.yml --yes
for module in $stored; do [ "$(in_host one cat "/var/lib/$module/stored")" = stored ] || fail "what $module stored is gone"; done
code 0 run test -f stand-in.yml

step 'and purged: what is in /etc is as it was'
purged stand-in.yml "${stood_in[@]}"
code 0 run teardown -f stand-in.yml --yes "${stood_in[@]}"
in_etc one | diff before - || fail 'it is not as before'
for module in $stored opensearch-dashboards; do gone "/var/lib/$module /var/log/$module" || fail "something of $module is left"; done
for user in kafka vault opensearch opensearch-dashboards; do ! in_host one id "$user" 2>/dev/null || fail "the user $user is left"; done

step 'a node of Kubernetes leaves by a control plane, which goes last'
kubernetes_stand_ins
play kubernetes-node teardown || { tail -n 20 kubernetes-node-teardown.log; fail 'the node does not leave'; }
for told in 'one:drain two .*' 'one:delete node two' 'two:reset --force .*'; do said_by "${told%%:*}" "${told#*:}" || fail "nobody was told: $told"; done
for place in /etc/kubernetes /var/lib/kubelet /usr/local/bin/kubeadm /opt/kubernetes-1.22.4; do ! in_host two test -e "$place" || fail "$place is left"; done
play kubernetes-master teardown || { tail -n 20 kubernetes-master-teardown.log; fail 'the control plane does not go'; }
said_by one 'reset --force .*--skip-phases remove-etcd-member' || fail 'kubeadm was not told'
[ "$(in_host one sh -c 'cat /var/lib/etcd.before-*/member/data /etc/kubernetes.before-*/pki/ca.key')" = 'stored
stored' ] || fail 'what it knew does not lie aside'
play kubernetes-master teardown
if grep '"changed": true' kubernetes-master-teardown.log; then cat kubernetes-master-teardown.log; fail 'something was changed'; fi
printf 'played\n'
