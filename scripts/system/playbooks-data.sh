# Clusters and stand-ins for the check of playbooks. Sourced, after hosts.sh.
# shellcheck shell=bash disable=SC2154

# what is applied with stand-ins
stood_in=(grafana kafka opensearch opensearch-dashboards vault)

secrets_and_certificates() {
  mkdir secrets
  printf 'it is "secret\\@:1' >secrets/password
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=check' -addext 'subjectAltName=IP:127.0.0.1' \
    -keyout secrets/key.pem -out secrets/certificate.pem 2>/dev/null
  printf '{"title": "own"}\n' >secrets/own.json
  printf 'apiVersion: v1\nkind: List\nitems: []\n' >secrets/network.yml
  : >secrets/bundle
}

# names JOINED: modules but for those of Kubernetes' nodes, which are elsewhere
names() { printf '%s\n' "${all[@]}" | grep -vx kubernetes-node | paste -sd, | sed 's/,/, /g'; }

# head MACHINE …: the documents that say who is there
head_of_cluster() {
  local number=10 machine
  cat <<END
kind: lambdastack-cluster
specification:
  name: playbooks
  admin_user: {name: operations, key_path: $work/key}
  components: {everything: {machines: [$1]}, nodes: {machines: [$2]}}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {everything: [$(names)], nodes: [common, kubernetes-node]}}
---
kind: configuration/repository
specification: {bundle: $work/secrets/bundle}
---
kind: configuration/common
specification: {packages: []}
---
kind: configuration/redis
specification: {password: "file:$work/secrets/password", primary: one}
END
  for machine in ${1//,/ } $2; do
    number=$((number + 1))
    printf -- '---\nkind: infrastructure/machine\nname: %s\nspecification: {ip: 10.79.0.%s}\n' "$machine" "$number"
  done
}

small_cluster() {
  head_of_cluster one two
  cat <<END
---
kind: configuration/kafka
specification: {zookeeper: ["10.79.0.1:2181"], repository_url: "http://10.79.0.1:8080"}
---
kind: configuration/grafana
specification: {admin_password: "file:$work/secrets/password", repository_url: "http://10.79.0.1:8080"}
---
kind: configuration/vault
specification: {encryption: false, storage: file, repository_url: "http://10.79.0.1:8080"}
---
kind: configuration/keycloak
specification:
  hostname: login.example
  admin_password: file:$work/secrets/password
  database_host: 10.79.0.11
  database_password: file:$work/secrets/password
END
}

large_cluster() {
  local machine map='' keys=''
  for machine in one two three; do
    map+="$machine: $work/secrets/certificate.pem, "
    keys+="$machine: \"file:$work/secrets/key.pem\", "
  done
  head_of_cluster 'one, two, three' four
  cat <<END
---
kind: configuration/postgresql
specification: {primary: one, replication_password: "file:$work/secrets/password"}
---
kind: configuration/rabbitmq
specification: {cookie: "file:$work/secrets/password"}
---
kind: configuration/kafka
specification:
  zookeeper: ["10.79.0.1:2181", "10.79.0.2:2181"]
  encryption: true
  authentication: scram
  ca_certificate: $work/secrets/certificate.pem
  certificates: {${map%, }}
  keys: {${keys%, }}
  broker_password: file:$work/secrets/password
  users: [{name: shop, password: "file:$work/secrets/password"}]
  settings: [{key: num.network.threads, value: "8"}]
---
kind: configuration/grafana
specification:
  admin_password: file:$work/secrets/password
  prometheus: ["http://10.79.0.1:9090", "https://[fd00::1]:9090"]
  own_dashboards: [$work/secrets/own.json]
  anonymous: true
  certificate: $work/secrets/certificate.pem
  key: file:$work/secrets/key.pem
---
kind: configuration/vault
specification:
  ca_certificate: $work/secrets/certificate.pem
  certificates: {${map%, }}
  keys: {${keys%, }}
  ui: true
  core_dumps: false
  unseal_script: true
  snapshot_token: file:$work/secrets/password
---
kind: configuration/opensearch
specification:
  security: true
  ca_certificate: $work/secrets/certificate.pem
  certificates: {${map%, }}
  keys: {${keys%, }}
  machine_names: ["CN=*.search.example,O=example"]
  admin_certificate: $work/secrets/certificate.pem
  admin_key: file:$work/secrets/key.pem
  admin_name: CN=admin,O=example
  users: [{name: kibanaserver, password: "file:$work/secrets/password", roles: [kibana_server]}]
  settings: [{key: action.auto_create_index, value: "false"}]
---
kind: configuration/opensearch-dashboards
specification:
  security: true
  ca_certificate: $work/secrets/certificate.pem
  password: file:$work/secrets/password
  certificate: $work/secrets/certificate.pem
  key: file:$work/secrets/key.pem
---
kind: configuration/keycloak
specification:
  hostname: login.example
  proxy: passthrough
  certificate: $work/secrets/certificate.pem
  key: file:$work/secrets/key.pem
  admin_password: file:$work/secrets/password
  database_host: fd00::5
  database_password: file:$work/secrets/password
---
kind: configuration/kubernetes-master
specification:
  names: [api.example, 10.79.0.100]
  admission_plugins: [NodeRestriction, AlwaysPullImages]
  schedule_here: true
END
}

# one machine with what stand-ins can be for
stand_in_cluster() {
  cat <<END
kind: lambdastack-cluster
specification:
  name: stand-ins
  admin_user: {name: operations, key_path: $work/key}
  components: {everything: {machines: [one]}}
---
kind: configuration/feature-mapping
specification: {roles_mapping: {everything: [common, $(printf '%s\n' "${stood_in[@]}" | paste -sd, | sed 's/,/, /g')]}}
---
kind: infrastructure/machine
name: one
specification: {ip: 10.79.0.11}
---
kind: configuration/common
specification: {packages: [curl, unzip]}
---
kind: configuration/kafka
specification:
  zookeeper: ["10.79.0.1:2181"]
  authentication: scram
  broker_password: file:$work/secrets/password
  users: [{name: shop, password: "file:$work/secrets/password"}]
  repository_url: http://10.79.0.1:8080
---
kind: configuration/vault
specification: {encryption: false, repository_url: "http://10.79.0.1:8080/"}
---
kind: configuration/opensearch
specification: {repository_url: "http://10.79.0.1:8080"}
---
kind: configuration/opensearch-dashboards
specification: {repository_url: "http://10.79.0.1:8080"}
---
kind: configuration/grafana
specification:
  admin_password: file:$work/secrets/password
  prometheus: ["http://10.79.0.11:3000"]
  dashboards: [grafana_dashboard_1860.json]
  own_dashboards: [$work/secrets/own.json]
  repository_url: http://10.79.0.1:8080
END
}

# a playbook that gives every template of a module, and of the roles that it takes, as a file
render_playbook() {
  cat >stand-ins.json <<'END'
{
  "ansible_facts": {"architecture": "x86_64"},
  "ansible_user": "operations",
  "join_token": {"stdout": "abcdef.0123456789abcdef"},
  "join_key": {"stdout_lines": ["said", "0123456789abcdef"]},
  "join_pin": {"stdout": "0123456789abcdef"},
  "join_as": "control-plane",
  "environment_written": {"changed": false}
}
END
  cat <<'END'
- name: Templates
  hosts: "{{ group }}"
  connection: local
  gather_facts: false
  tasks:
    - name: Its own roles and those that it takes
      ansible.builtin.set_fact:
        found: "{{ lookup('ansible.builtin.pipe', 'ls module/roles/*/templates/*.j2 roles/*/templates/*.j2 2>/dev/null || true').split() }}"
      vars: {ansible_connection: local}
      when: true
    - name: Their variables
      ansible.builtin.include_vars:
        file: "{{ item }}"
      loop: "{{ lookup('ansible.builtin.pipe', 'ls $PWD/module/roles/*/vars/main.yml $PWD/roles/' ~ ('kubernetes' if group is match('kubernetes') else 'none') ~ '/vars/main.yml 2>/dev/null || true').split() }}"
    - name: A folder for each machine
      ansible.builtin.file:
        path: "{{ out }}/{{ inventory_hostname }}"
        state: directory
        mode: "0700"
    - name: Files
      ansible.builtin.template:
        src: "{{ lookup('ansible.builtin.pipe', 'pwd') }}/{{ template }}"
        dest: "{{ out }}/{{ inventory_hostname }}/{{ template | basename | regex_replace('[.]j2$', '') }}"
        mode: "0600"
      vars:
        item: "{{ {'security.yml.j2': 'config'}[template | basename] | default({'name': 'shop', 'password': lambdastack_config.broker_password | default('')}) }}"
        container_name: stand-in
        container_about: stands in
        container_image: example.org/stand-in:1
        container_after: []
        container_arguments: [one]
        container_mounts: [{from: /a, to: /b}]
        container_environment: /c
      loop: "{{ found }}"
      loop_control:
        loop_var: template
      when: >-
        (template is match('module/') or template is match('roles/container/') or (group is match('kubernetes') and template is match('roles/kubernetes/')))
        and (template is not search('user.properties|machine.pem') or lambdastack_config.broker_password is defined)
END
}

# stand_ins ROOT: what only listens where the programs would, in `repository/files`, and as packages of the root
stand_ins() {
  local folder version package
  mkdir -p repository/files/grafana_dashboards make
  # what the kernel of this machine is told is no matter of a host
  printf '#!/bin/sh\n' | tee "$1/usr/local/sbin/sysctl" >"$1/usr/local/sbin/swapon"
  cat >listen.py <<'END'
#!/usr/bin/env python3
# answers every request with what its module waits for
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"status": "green", "number_of_nodes": 1, "database": "ok"}')
    def log_message(self, *said):
        pass
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
END
  printf '#!/bin/sh\nexec python3 /usr/local/lib/listen.py "$@"\n' >listen
  chmod 755 listen listen.py "$1/usr/local/sbin/sysctl" "$1/usr/local/sbin/swapon"
  cp listen.py "$1/usr/local/lib/listen.py"

  folder=make/kafka_2.12-2.8.1/bin
  mkdir -p "$folder"
  printf '#!/bin/sh\nexec python3 /usr/local/lib/listen.py 9092\n' >"$folder/kafka-server-start.sh"
  printf '#!/bin/sh\necho "10.79.0.11:9092 (id: 1001 rack: null) -> ("\n' >"$folder/kafka-broker-api-versions.sh"
  printf '#!/bin/sh\n' >"$folder/kafka-topics.sh"
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nfor last; do :; done\ncat "$last" >/dev/null\n' >"$folder/kafka-configs.sh"
  chmod 755 "$folder"/*
  tar -C make -czf repository/files/kafka_2.12-2.8.1.tgz kafka_2.12-2.8.1

  mkdir make/vault
  printf '#!/bin/sh\nexec python3 /usr/local/lib/listen.py 8200\n' >make/vault/vault
  chmod 755 make/vault/vault
  (cd make/vault && zip -q "$work/repository/files/vault_1.7.0_linux_amd64.zip" vault)

  folder=make/opensearch-1.2.4
  mkdir -p "$folder"/{bin,config,logs}
  printf '#!/bin/sh\nexec python3 /usr/local/lib/listen.py 9200\n' >"$folder/bin/opensearch"
  chmod 755 "$folder/bin/opensearch"
  touch "$folder"/config/{jvm.options,log4j2.properties}
  tar -C make -czf repository/files/opensearch-1.2.4-linux-x64.tar.gz opensearch-1.2.4

  folder=make/opensearch-dashboards-1.2.0-linux-x64/bin
  mkdir -p "$folder"
  printf '#!/bin/sh\nexec python3 /usr/local/lib/listen.py 5601\n' >"$folder/opensearch-dashboards"
  chmod 755 "$folder/opensearch-dashboards"
  tar -C make -czf repository/files/opensearch-dashboards-1.2.0-linux-x64.tar.gz opensearch-dashboards-1.2.0-linux-x64

  # shellcheck disable=SC2016
  printf '{"title": "node", "panels": [{"datasource": "${DS_PROMETHEUS}", "hide": true}]}\n' >repository/files/grafana_dashboards/grafana_dashboard_1860.json

  for package in openjdk-17-jre-headless grafana; do
    version=17.0 && [ "$package" = grafana ] && version=8.3.2
    folder=make/$package
    mkdir -p "$folder/DEBIAN"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: stands in\n' "$package" "$version" >"$folder/DEBIAN/control"
    if [ "$package" = grafana ]; then
      mkdir -p "$folder"/{usr/sbin,lib/systemd/system,etc/grafana,var/lib/grafana}
      printf '[Service]\nUser=grafana\nExecStart=/usr/bin/python3 /usr/local/lib/listen.py 3000\n[Install]\nWantedBy=multi-user.target\n' >"$folder/lib/systemd/system/grafana-server.service"
      printf '#!/bin/sh\nid grafana >/dev/null 2>&1 || useradd --system grafana\n' >"$folder/DEBIAN/postinst"
      chmod 755 "$folder/DEBIAN/postinst"
    fi
    dpkg-deb --root-owner-group -b "$folder" "$1/srv/packages/${package}_${version}_all.deb" >/dev/null
  done
  (cd "$1/srv/packages" && dpkg-scanpackages -m . >Packages 2>/dev/null)
  # as if the archives had the digests that modules expect of them
  modules=$work/modules
  cp -r "$project/modules" "$modules"
  local file
  for file in kafka_2.12-2.8.1.tgz:kafka opensearch-1.2.4-linux-x64.tar.gz:opensearch opensearch-dashboards-1.2.0-linux-x64.tar.gz:opensearch-dashboards; do
    sed -Ei "s/^(kafka_checksum|  x86_64): [0-9a-f]{64}$/\1: \"$(sha256sum "repository/files/${file%:*}" | cut -d ' ' -f 1)\"/" \
      "$modules/${file#*:}/roles/${file#*:}/vars/main.yml"
  done
}

# kubernetes_stand_ins: `one` is a control plane, and `two` a node, of programs that only write down what they are told
kubernetes_stand_ins() {
  local name tree program
  for name in one two; do
    tree=$work/hosts/$name/root
    mkdir -p "$tree"/{opt/kubernetes-1.22.4,etc/kubernetes/pki,etc/kubernetes/manifests,var/lib/kubelet,var/lib/etcd/member}
    for program in kubeadm kubectl; do
      # shellcheck disable=SC2016
      printf '#!/bin/sh\necho "$@" >>/root/told\ncase "$*" in *"get node two"*) echo node/two ;; *"get nodes"*) echo node/one ;; esac\n' \
        >"$tree/opt/kubernetes-1.22.4/$program"
      chmod 755 "$tree/opt/kubernetes-1.22.4/$program"
      ln -s "/opt/kubernetes-1.22.4/$program" "$tree/usr/local/bin/$program"
    done
    printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >"$tree/etc/systemd/system/kubelet.service"
    echo stored >"$tree/etc/kubernetes/pki/ca.key"
    echo stored >"$tree/var/lib/etcd/member/data"
    touch "$tree/etc/kubernetes/kubelet.conf"
    in_host "$name" systemctl enable --quiet --now kubelet
  done
  touch "$work/hosts/one/root/etc/kubernetes/admin.conf"
}
# said_by HOST PATTERN: a program there was told that, as the end of a line
said_by() { in_host "$1" grep -qx -e "\(.* \)\?$2" /root/told; }
