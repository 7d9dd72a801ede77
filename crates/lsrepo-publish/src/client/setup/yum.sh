
# yum and dnf: our repository, and `enabled=0` in every section of every other file. A file that was moved away would
# come back with the next update of its package; one that was edited stays.

# sections_off others|main: all sections but [main], or [main] alone
sections_off() {
    awk -v which="$1" '
        function flush(   i) {
            for (i = 1; i <= count; i++) {
                print line[i]
                if (i == 1 && applies && !seen) print "enabled=0"
            }
            count = seen = applies = 0
        }
        /^\[/ { flush(); applies = (which == "main") == ($0 ~ /^\[main\]/) }
        applies && tolower($0) ~ /^enabled[ \t]*[=:]/ {
            seen = 1
            value = tolower($0)
            sub(/^enabled[ \t]*[=:][ \t]*/, "", value)
            sub(/[ \t\r]+$/, "", value)
            if (value !~ /^(0|no|false|off)$/) $0 = "enabled=0"
        }
        { line[++count] = $0 }
        END { flush() }
    '
}

plan_yum() {
    [ -d "$root/etc/yum.repos.d" ] || fail "no $root/etc/yum.repos.d: is this a system with yum or dnf?"
    files_yum
    [ "$keep" = no ] || return 0
    for file in "$root"/etc/yum.repos.d/*.repo "$root"/etc/yum/repos.d/*.repo "$root"/etc/distro.repos.d/*.repo \
        "$root"/etc/yum.conf "$root"/etc/dnf/dnf.conf; do
        path=${file#"$root"}
        case $path in
            /etc/yum.repos.d/lsrepo.repo) ;;
            *.conf) [ -h "$file" ] || edit "$path" sections_off others ;;
            *) edit "$path" sections_off others ;;
        esac
    done
    # Plugins that ask somebody, and that write repositories anew.
    for name in subscription-manager fastestmirror rhnplugin spacewalk amazon-id rhui-lb; do
        for folder in /etc/yum/pluginconf.d /etc/dnf/plugins; do
            edit "$folder/$name.conf" sections_off main
        done
    done
}
