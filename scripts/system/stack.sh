#!/usr/bin/env bash
# The whole stack: every platform's expansion beside the origin's lists, where they are; on Debian 12 all of it resolved,
# carried and served for both architectures, nothing broken for dose-debcheck; what kafka takes holds nothing that only
# PostgreSQL needs; module documents, CycloneDX and SPDX valid for validators of their own.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need dose-debcheck curl python3
build lsrepo
workspace stack
lists=$project/../shared/stack
if [ -d "$lists" ]; then
  step 'requirements/ beside the lists of the origin'
  python3 "$project/scripts/compare-stack.py" "$lists" >"$work/compared" || { cat "$work/compared"; fail 'something is missing'; }
  grep ': all there' "$work/compared"
else
  printf 'skipped: the lists of the origin are not here\n'
fi
# Validators are fetched while the rest goes on.
(python3 -m venv "$work/venv" &&
  "$work/venv/bin/pip" --quiet --disable-pip-version-check install 'cyclonedx-python-lib[json-validation]' spdx-tools check-jsonschema pyyaml
) >"$work/pip.log" 2>&1 &
validators=$!
background+=($validators)
[ -n "$(debian_uri main)" ] || skip "this machine's apt knows no Debian archive"

cd "$work"
export LSREPO_HOME=$work/home
# Grafana's package is in no archive of Debian, and this check asks nobody else
mkdir bom
printf 'kind: module\nname: grafana\nversion: 1.0.0\nsummary: Left out\nlabels: {kind: monitoring}\n' >bom/grafana.yml
only=(--os debian-12 --arch "x86_64,arm64" --base none --without "images,files" --bom bom)
step 'the default stack on debian-12'
TIMEFORMAT='resolved in %1R s'
time "$lsrepo" prepare "${only[@]}" --dry-run --quiet >plan.txt
grep debian-12 plan.txt
TIMEFORMAT='prepared in %1R s'
time "$lsrepo" prepare "${only[@]}" --no-progress

step 'served: nothing is broken'
"$lsrepo" serve --listen 127.0.0.1:0 >serve.log 2>&1 &
background+=($!)
url=$(served serve.log)
for arch in amd64 arm64; do
  curl -fsS "$url/apt/debian-12/dists/debian-12/main/binary-$arch/Packages" -o "Packages.$arch"
  dose-debcheck --deb-native-arch=$arch --failures --summary --fg "Packages.$arch" >"dose.$arch" || { cat "dose.$arch"; fail 'broken packages'; }
  printf '%s: %s\n' "$arch" "$(grep -E 'total-packages|broken-packages' "dose.$arch" | tr -s ' \n' ' ')"
done

step 'kafka alone: no byte that only PostgreSQL needs'
for module in kafka postgresql; do
  "$lsrepo" resolve --os debian-12 --arch x86_64 --without images,files -m $module -o json --quiet >$module.json
done
python3 - <<'PY'
import json
of = lambda name: {(p["name"], p["version"]): p for p in json.load(open(name + ".json"))["packages"]}
kafka, postgresql = of("kafka"), of("postgresql")
own = {"postgresql", "pgaudit", "pgbouncer", "repmgr", "postgres-exporter"}
only = {key for key, package in postgresql.items() if set(package["wanted_by"]) <= own}
size = lambda keys, all: sum(all[key]["size"] for key in keys)
print(f"kafka: {len(kafka)} packages, {size(kafka, kafka)} bytes; postgresql: {len(postgresql)}, of which {len(only)} "
      f"({size(only, postgresql)} bytes) are wanted by it and its extensions alone")
shared = {key for key in only & set(kafka) if not set(kafka[key]["wanted_by"]) - own}
assert only and not shared, shared
PY

step 'documents, by validators of their own'
wait "$validators" || skip "the validators cannot be installed: $(tail -n 1 "$work/pip.log")"
printf 'a file\n' >tool.txt
LSREPO_HOME=$work/home "$lsrepo" prepare "${only[@]}" --all --file tool.txt --quiet --no-progress
"$lsrepo" bom --format cyclonedx -o carried.cdx.json
"$lsrepo" bom --format spdx -o carried.spdx.json
"$lsrepo" bom --format json -o carried.json
"$lsrepo" bom schema >module.schema.json
venv/bin/check-jsonschema --schemafile module.schema.json "$project"/bom/[a-bd-z]*.yml "$project"/bom/c[ae]*.yml "$project"/bom/common.yml
venv/bin/pyspdxtools -i carried.spdx.json && printf 'SPDX: valid\n'
venv/bin/python - <<'PY'
import json, re
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = open("carried.cdx.json").read()
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
assert wrong is None, wrong
ours = {a["digest"].removeprefix("sha256:") for a in json.load(open("carried.json"))["artifacts"]}
theirs = {h["content"] for c in json.loads(text)["components"] for h in c["hashes"]}
spdx = {c["checksumValue"] for p in json.load(open("carried.spdx.json"))["packages"] for c in p["checksums"]}
lock = set(re.findall(r'^digest = "sha256:([0-9a-f]{64})"', open("lsrepo.lock").read(), re.M))
assert ours == theirs == spdx == lock, [len(x) for x in (ours, theirs, spdx, lock)]
print(f"CycloneDX: valid; {len(ours)} digests in lock, CycloneDX and SPDX alike")
PY
step 'done'
