
# Container tools: exact files for each, as `lsrepo serve --print-config` shows them.

# What an existing config.toml of containerd says of `config_path`: one word, and a value.
#   set FOLDERS | line | table | append | off | unclear
containerd_case() {
    awk '
        function answer(word) { said = 1; print word; exit }
        { text = $0; sub(/^[ \t]+/, "", text); sub(/[ \t\r]+$/, "", text) }
        text ~ /^#/ || text == "" { next }
        text ~ /"""/ || text ~ /\047\047\047/ { answer("unclear") }
        text ~ /^\[/ {
            table = text
            sub(/[ \t]*#.*$/, "", table)
            gsub(/["\047 \t]/, "", table)
            if (table ~ /(^|\.)registry\.(mirrors|configs|auths)/) answer("unclear")
            if (table == "[plugins.io.containerd.grpc.v1.cri.registry]" || table == "[plugins.io.containerd.cri.v1.images.registry]") found = 1
            next
        }
        table == "" && text ~ /^version[ \t]*=/ { version = text; gsub(/[^0-9]/, "", version); next }
        table == "" && text ~ /^disabled_plugins[ \t]*=/ {
            if (text !~ /\]/) answer("unclear")
            if (text ~ /["\047](io\.containerd\.grpc\.v1\.)?cri["\047]/) answer("off")
            next
        }
        text ~ /^plugins[ \t."\047=]/ || text ~ /^["\047]?registry["\047]?[ \t]*[.=]/ { answer("unclear") }
        text ~ /^["\047]?(mirrors|configs|auths)["\047]?[ \t]*[.=]/ && table ~ /registry\]$/ { answer("unclear") }
        text ~ /^config_path[ \t]*=/ && table ~ /registry\]$/ {
            value = text
            sub(/^config_path[ \t]*=[ \t]*/, "", value)
            sub(/[ \t]*#.*$/, "", value)
            gsub(/["\047]/, "", value)
            if (value != "") answer("set " value)
            line = 1
        }
        END {
            if (said) exit
            if (version != 2 && version != 3) print "unclear"
            else if (line) print "line"
            else if (found) print "table"
            else print "append " version
        }
    '
}

# containerd_write CASE: the line `config_path`, in its place
containerd_write() {
    awk -v how="$1" -v folder=/etc/containerd/certs.d '
        function ours() { return "config_path = \"" folder "\"" }
        {
            text = $0
            sub(/^[ \t]+/, "", text)
            if (text ~ /^\[/) {
                table = text
                sub(/[ \t]*#.*$/, "", table)
                gsub(/["\047 \t\r]/, "", table)
            }
            here = table == "[plugins.io.containerd.grpc.v1.cri.registry]" || table == "[plugins.io.containerd.cri.v1.images.registry]"
        }
        how == "line" && here && text ~ /^config_path[ \t]*=/ { print "      " ours(); next }
        { print }
        how == "table" && here && text ~ /^\[/ { print "      " ours() }
        END {
            if (how == "append 2") print "\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  " ours()
            if (how == "append 3") print "\n[plugins.\"io.containerd.cri.v1.images\".registry]\n  " ours()
        }
    '
}

plan_containerd() {
    certs=/etc/containerd/certs.d
    config=/etc/containerd/config.toml
    from=$(before "$config")
    if [ -z "$from" ]; then
        files_containerd_config
    else
        how=$(containerd_case <"$from")
        case $how in
            "set "*) certs=${how#set }; certs=${certs%%:*} ;;
            line | table | "append "*) edit "$config" containerd_write "$how" ;;
            off) ;;
            *)
                advise "$config is not as simple as this script would need it; what it must say:"
                advise "  [plugins.\"io.containerd.grpc.v1.cri\".registry]"
                advise "    config_path = \"$certs\"        # and neither registry.mirrors nor registry.configs" ;;
        esac
    fi
    case $certs in
        /*) files_containerd ;;
        *) advise "$config has a config_path that is no folder: $certs" ;;
    esac
}

# docker_merge: daemon.json on stdin, with our members. Mirrors of others would be asked after ours, on the Internet.
docker_merge() {
    ours=$plan/docker
    if command -v python3 >/dev/null 2>&1; then
        python3 -c '
import json, sys
old, new = json.load(sys.stdin), json.load(open(sys.argv[1]))
if not isinstance(old, dict):
    sys.exit(1)
merged = dict(old)
for name, value in new.items():
    others = old.get(name, [])
    keeps = name != "registry-mirrors" or sys.argv[2] == "yes"
    merged[name] = value + [one for one in others if one not in value] if keeps else value
if merged == old:
    sys.exit(3)
json.dump(merged, sys.stdout, indent=2)
print()
' "$ours" "$keep"
    elif command -v jq >/dev/null 2>&1; then
        jq --slurpfile new "$ours" --arg keep "$keep" '
            . as $old | reduce ($new[0] | to_entries[]) as $one ($old;
                .[$one.key] = ($one.value + (if $one.key != "registry-mirrors" or $keep == "yes"
                    then ($old[$one.key] // []) - $one.value else [] end)))'
    else
        return 1
    fi
}

plan_docker() {
    files_docker
    docker_json >"$plan/docker"
    [ -s "$plan/docker" ] || return 0
    from=$(before /etc/docker/daemon.json)
    if [ -z "$from" ]; then
        put /etc/docker/daemon.json <"$plan/docker"
        return 0
    fi
    result=0
    docker_merge <"$from" >"$plan/edited" 2>/dev/null || result=$?
    case $result in
        0) put /etc/docker/daemon.json = <"$plan/edited" ;;
        3) ;;
        *)
            advise "/etc/docker/daemon.json cannot be merged here (no python3 and no jq, or it is no JSON); what it must say:"
            advise "$(sed 's/^/  /' "$plan/docker")" ;;
    esac
}

