
# apt: our source, and all others off in place. A file that stays is not made anew by the package that it belongs to.

list_off() {
    awk '/^[ \t]*deb(-src)?[ \t]/ { print "# lsrepo: " $0; next } { print }'
}

# Each stanza gets `Enabled: no`, but those that have it.
stanzas_off() {
    awk '
        function flush(   i) {
            if (fields && !off) print "Enabled: no"
            for (i = 1; i <= count; i++) print line[i]
            count = fields = off = 0
        }
        /^[ \t\r]*$/ { flush(); print; next }
        tolower($0) ~ /^enabled[ \t]*:/ {
            off = 1
            value = tolower($0)
            sub(/^enabled[ \t]*:[ \t]*/, "", value)
            sub(/[ \t\r]+$/, "", value)
            if (value !~ /^(no|false|0|off|without|disable)$/) $0 = "Enabled: no"
        }
        /^[^# \t]/ { fields = 1 }
        { line[++count] = $0 }
        END { flush() }
    '
}

plan_apt() {
    [ -d "$root/etc/apt" ] || fail "no $root/etc/apt: is this a system with apt?"
    files_apt
    [ "$keep" = no ] || return 0
    for file in "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*.list "$root"/etc/apt/sources.list.d/*.sources; do
        path=${file#"$root"}
        case $path in
            "$own_source") ;;
            *.sources) edit "$path" stanzas_off ;;
            *) edit "$path" list_off ;;
        esac
    done
}
