
# The repository's own authority, in the system's list of them. A tool makes that list; what it changes is found by
# looking before and after, and goes into the journal like everything else.

trust_tool=
trust_tree=
if [ -d "$root/usr/local/share/ca-certificates" ] || [ -x "$root/usr/sbin/update-ca-certificates" ]; then
    trust_anchor=/usr/local/share/ca-certificates/lsrepo.crt
    [ ! -x "$root/usr/sbin/update-ca-certificates" ] || trust_tool='/usr/sbin/update-ca-certificates'
    trust_tree=/etc/ssl/certs
elif [ -d "$root/etc/pki/ca-trust/source/anchors" ]; then
    trust_anchor=/etc/pki/ca-trust/source/anchors/lsrepo.crt
    [ ! -x "$root/usr/bin/update-ca-trust" ] || trust_tool='/usr/bin/update-ca-trust extract'
    trust_tree=/etc/pki/ca-trust/extracted
else
    trust_anchor=
fi

plan_trust() {
    if [ -z "$trust_anchor" ]; then
        advise "this host has no list of authorities; curl is told with --cacert $ca_name"
        return 0
    fi
    ca_pem >"$plan/pem"
    put "$trust_anchor" <"$plan/pem"
}

# run_tool: the list is made anew
run_tool() {
    [ -n "$trust_tool" ] || return 0
    # shellcheck disable=SC2086  # a command and its words
    act ${root:+env TMPDIR=/tmp chroot "$root"} $trust_tool </dev/null >"$state/tool.log" 2>&1 ||
        say "warning: $trust_tool${root:+ below $root} ended badly: $(tail -n 1 "$state/tool.log")"
}

# watch_tree: how it is now, before the tool changes it. To be followed by `commit`.
watch_tree() {
    if [ -z "$trust_tool" ] || [ ! -d "$root$trust_tree" ]; then return 0; fi
    [ -z "$(lines t)" ] || return 0
    mkdir -p "$state/tree"
    rm -rf "$state/tree/1"
    act cp -aT "$root$trust_tree" "$state/tree/1"
    note t 1 "$trust_tree"
}

# inventory FOLDER PREFIX: a line for each thing below it: path, tab, what it is
inventory() {
    for entry in "$1"/* "$1"/.[!.]*; do
        if [ -h "$entry" ] || [ ! -d "$entry" ]; then continue; fi
        printf '%s\tfolder\n' "$2/${entry##*/}"
        (inventory "$entry" "$2/${entry##*/}")
    done
    (
        cd "$1"
        for entry in * .[!.]*; do
            if [ -h "$entry" ] || [ -f "$entry" ]; then set -- "$@" "$entry"; fi
        done
        prefix=$2
        shift 2
        [ $# -gt 0 ] || exit 0
        {
            stat --printf '%n\t%a %u %g %N\n' -- "$@"
            sha256sum -- "$@" 2>/dev/null | sed 's/^\(.\{64\}\)  \(.*\)/\2\t\1/'
        } | prefix=$prefix awk '{ print ENVIRON["prefix"] "/" $0 }'
    )
}

# settle: what the tool changed in the tree becomes lines of the journal
settle() {
    settle_line=$(lines t)
    [ -n "$settle_line" ] || return 0
    settle_tree=${settle_line#t"$tab"1"$tab"}
    inventory "$state/tree/1" '' | sort >"$state/inventory.was"
    inventory "$root$settle_tree" '' | sort >"$state/inventory.now"
    # what has other lines than before; folders first
    awk -F '\t' '
        FILENAME ~ /was$/ { was[$1] = was[$1] "\n" $2; next }
        { now[$1] = now[$1] "\n" $2 }
        END {
            for (path in now) if (now[path] != was[path]) print (now[path] == "\nfolder" ? 0 : 1) "\t" path
            for (path in was) if (!(path in now)) print "1\t" path
        }
    ' "$state/inventory.was" "$state/inventory.now" | sort >"$state/inventory.changed"
    begin
    grep -v "^t$tab" "$journal" >"$journal.new" || :
    while IFS=$tab read -r order name; do
        settle_path=$settle_tree$name
        if [ "$order" = 0 ]; then
            noted d "$settle_path" || note d - "$settle_path"
            continue
        fi
        if [ -z "$(origin "$settle_path")" ]; then
            settle_was=$state/tree/1$name
            if [ -h "$settle_was" ] || [ -f "$settle_was" ]; then
                save "$settle_was" "$settle_path" F
            else
                note A - "$settle_path"
            fi
        fi
        note w "$(mark "$root$settle_path")" "$settle_path"
    done <"$state/inventory.changed"
    on_disk
    commit
    rm -rf "$state/tree" "$state"/inventory.*
}
