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

step 'on a bare host, check mode runs to the end'
broken=()
for module in "${on_paper[@]}"; do
  # shellcheck disable=SC2016
  at_hosts sh -c 'cd "$1" && exec ansible-playbook --check --extra-vars @variables.json module/playbooks/apply.yml' - "small/$module" \
    >"check-$module.log" 2>&1 || { tail -n 3 "check-$module.log"; broken+=("$module"); }
done
[ ${#broken[@]} = 0 ] || fail "${broken[*]}"

step 'stand-ins are installed, and need nothing more; what was changed by hand is found and repaired'
stand_in_cluster >stand-in.yml
run() { at_hosts "$lambdastack" --modules "$modules" "$@"; }
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
printf 'played\n'
