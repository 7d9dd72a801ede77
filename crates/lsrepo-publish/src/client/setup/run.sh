
# What is done: apply, status, revert.

# What has to be restarted is remembered until it is done, or said at the end.
need() { grep -qx "$1" "$state/services" 2>/dev/null || printf '%s\n' "$1" >>"$state/services"; }
touched() {
    case $1 in
        /etc/containerd/config.toml) need containerd ;;
        /etc/docker/daemon.json) need docker ;;
        /etc/crio/* | /etc/containers/registries.conf.d/*) ! has crio || need crio ;;
    esac
}
restart_services() {
    [ -s "$state/services" ] || return 0
    while read -r service; do
        verb=restart
        case $service in docker | crio) verb=reload ;; esac
        if [ "$restart" = yes ] && [ -z "$root" ] && command -v systemctl >/dev/null 2>&1; then
            act systemctl "$verb" "$service" </dev/null || say "this ended badly: systemctl $verb $service"
        else
            say "then: systemctl $verb $service"
        fi
    done <"$state/services"
    rm -f "$state/services"
}

# is_locked FILE: some process holds a lock on it
is_locked() {
    [ -f "$1" ] && [ -r /proc/locks ] || return 1
    device=0x$(stat -c %D "$1")
    device=$(printf '%02x:%02x' $(((device >> 8) & 0xfff)) $(((device & 0xff) | ((device >> 12) & 0xfff00))))
    grep -q " $device:$(stat -c %i "$1") " /proc/locks
}

# os_word NAME: what os-release says
os_word() {
    word=$(sed -n "s/^$1=//p" "$root/etc/os-release" | tail -n 1 | tr -d "\"'")
    printf '%s' "${word:-unknown}"
}

check_os() {
    if [ -n "${LSREPO_ANY_OS:-}" ] || [ ! -r "$root/etc/os-release" ]; then return 0; fi
    # It is read and not run: below LSREPO_ROOT it may be somebody else's.
    found=$(os_word ID)-$(os_word VERSION_ID)
    # 9.4 is 9; and Red Hat has two names for itself
    case $found in
        "$os" | "$os".*) return 0 ;;
        rhel-*) case redhat-${found#rhel-} in "$os" | "$os".*) return 0 ;; esac ;;
    esac
    refuse "this host is $found, the repository is for $os"
}

check_host() {
    for tool in awk sed grep stat sha256sum readlink cut sort head df sync; do
        command -v "$tool" >/dev/null 2>&1 || fail "this needs $tool, and there is none"
    done
    check_os
    for file in var/lib/dpkg/lock-frontend var/lib/dpkg/lock var/lib/apt/lists/lock var/lib/rpm/.rpm.lock; do
        ! is_locked "$root/$file" || fail "a package manager is running: it holds $root/$file; run this when it has ended"
    done
    for file in var/run/yum.pid var/cache/dnf/metadata_lock.pid var/cache/dnf/download_lock.pid; do
        if [ -z "$root" ] && [ -s "/$file" ] && kill -0 "$(head -n 1 "/$file")" 2>/dev/null; then
            fail "a package manager is running: see /$file; run this when it has ended"
        fi
    done
    for folder in "$root/etc" "$root/var/lib"; do
        [ -d "$folder" ] || mkdir -p "$folder" || fail "cannot make $folder"
        { : >"$folder/.lsrepo-new"; } 2>/dev/null || fail "cannot write below $folder: is it mounted read-only?"
        rm -f "$folder/.lsrepo-new"
        free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
        [ "${free:-8192}" -ge 8192 ] || fail "not enough room below $folder: $free KiB are free, 8192 are wanted"
    done
}

# alone: no other run at the same time. What a killed one had started holds the lock until it has ended.
alone() {
    command -v flock >/dev/null 2>&1 || return 0
    exec 9>"$state/lock"
    flock -w 60 9 || fail "another run of this script is under way: it holds $state/lock"
    # A revert that has just ended took the folder away, and the lock with it.
    [ "$(stat -c %i "$state/lock" 2>/dev/null)" = "$(stat -L -c %i /proc/self/fd/9 2>/dev/null)" ] ||
        fail "another run of this script has just ended: run this again"
}

# info NAME: what is remembered of this set-up
info() { [ ! -f "$state/info" ] || name=$1 awk -F '\t' '$1 == ENVIRON["name"] { print $2; exit }' "$state/info"; }
remember() {
    since=$(info since)
    printf '%s\t%s\n' url "$url" os "$os" since "${since:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}" state "$1" keep "$keep" only "$only" \
        >"$state/info.new"
    on_disk "$state/info.new"
    act mv -f "$state/info.new" "$state/info"
}

# What earlier scripts did, without a journal: they moved other sources into a folder `lsrepo-aside`.
old_source() { head -n 1 "$1" 2>/dev/null | grep -q '; undo: sh [a-z0-9._-]*\.sh --revert$'; }
has_old_setup() {
    [ ! -f "$journal" ] || return 1
    for file in "$root"/etc/apt/sources.list.d/lsrepo.* "$root"/etc/yum.repos.d/lsrepo.repo; do
        ! old_source "$file" || return 0
    done
    [ -d "$root/etc/apt/lsrepo-aside" ] || [ -d "$root/etc/yum.repos.d/lsrepo-aside" ]
}
old_revert() {
    for folder in "$root/etc/apt" "$root/etc/yum.repos.d"; do
        aside=$folder/lsrepo-aside
        for file in "$aside"/sources.list "$aside"/sources.list.d/*.list "$aside"/sources.list.d/*.sources "$aside"/*.repo; do
            [ -f "$file" ] || continue
            name=${file#"$aside"/}
            if [ -e "$folder/$name" ]; then
                say "kept $file: $folder/$name is there again"
            else
                act mv -fT "$file" "$folder/$name"
                say "restored: $folder/$name"
            fi
        done
        rmdir "$aside/sources.list.d" "$aside" 2>/dev/null || :
    done
    for file in "$root"/etc/apt/sources.list.d/lsrepo.* "$root"/etc/yum.repos.d/lsrepo.repo; do
        old_source "$file" || continue
        case $file in
            *.repo) act rm -f "$root"/etc/pki/rpm-gpg/lsrepo.asc "$root"/etc/pki/rpm-gpg/lsrepo-* ;;
            *) act rm -f "$root/etc/apt/keyrings/lsrepo.asc" ;;
        esac
        act rm -f "$file"
    done
}

# folders PATH: those above it that are not there yet
folders() {
    folder=${1%/*}
    missing=
    while [ -n "$folder" ] && [ ! -d "$root$folder" ]; do
        noted d "$folder" || missing=$folder$newline$missing
        folder=${folder%/*}
    done
    printf '%s' "$missing" | while read -r folder; do note d - "$folder"; done
}

# stage NUMBER MODE PATH: the new file, complete, beside the old one
stage() {
    staged=$root$3.lsrepo-new
    [ -d "${staged%/*}" ] || act mkdir -p "${staged%/*}"
    rm -f "$staged"
    stage_from=$(before "$3")
    if [ "$2" = = ] && [ -n "$stage_from" ]; then
        act cp -aL "$stage_from" "$staged"
        cat "$plan/$1" >"$staged"
    else
        act cp -T "$plan/$1" "$staged"
        chmod 644 "$staged"
    fi
    on_disk "$staged"
}

carry_out() {
    begin
    tree=$again
    while IFS=$tab read -r number mode path; do
        [ "$path" != "$trust_anchor" ] || tree=yes
        [ -z "$(origin "$path")" ] || continue
        folders "$path"
        if [ -e "$root$path" ] || [ -h "$root$path" ]; then save "$root$path" "$path" f; else note a - "$path"; fi
    done <"$plan/todo"
    [ "$tree" = no ] || watch_tree
    on_disk
    commit

    begin
    while IFS=$tab read -r number mode path; do
        stage "$number" "$mode" "$path"
        note w "$(mark "$root$path.lsrepo-new")" "$path"
    done <"$plan/todo"
    while read -r path; do note w "$(saved "$path")" "$path"; done <"$plan/stale"
    commit
    undo=no

    while IFS=$tab read -r number mode path; do
        current=$(mark "$root$path")
        if [ "$current" != absent ] && [ "$current" != "$(saved "$path")" ] && ! is_ours "$path" "$current"; then
            keep_aside "$path"
        fi
        touched "$path"
        act mv -fT "$root$path.lsrepo-new" "$root$path"
        say "wrote $path"
    done <"$plan/todo"
    while read -r path; do
        put_back "$path"
        say "put back $path"
    done <"$plan/stale"
    if [ -n "$(lines t)" ]; then
        run_tool
        settle
    fi
    on_disk
}

# What apt knows of this address may be of another repository that was there before, with another key. Its date can be the same,
# and then apt would not ask for more.
forget_lists() {
    [ "$packages" = apt ] || return 0
    lists=$(printf '%s' "${url#*://}" | sed 's,/,_,g')
    rm -f "$root/var/lib/apt/lists/${lists}_"*
}

# An end before anything was changed leaves nothing behind.
undo=no
ended() {
    code=$?
    trap - EXIT
    if [ "$undo" = yes ] && [ "$code" != 0 ]; then
        say "hint: nothing was changed"
        revert_all
    elif [ "$code" != 0 ]; then
        say "hint: it is half done: run it again, or with --revert"
    fi
    exit "$code"
}

apply() {
    [ "$packages" != none ] || refuse "this script knows no repository: it can only --revert and tell --status"
    check_host
    rm -rf "$state.gone"
    mkdir -p "$state"
    chmod 700 "$state"
    alone
    [ -n "$(info state)" ] || undo=yes
    trap ended EXIT
    trap 'exit 2' HUP INT TERM
    if has_old_setup; then
        undo=no
        old_revert
    fi
    if command -v lsrepo_setup >/dev/null; then
        lsrepo_setup >"$state/setup.sh.new"
        on_disk "$state/setup.sh.new"
        act mv -f "$state/setup.sh.new" "$state/setup.sh"
    fi
    plan=$state/plan
    make_plan
    # what a run that was killed had written beside
    lines fFaA | while IFS=$tab read -r kind number path; do rm -f "$root$path.lsrepo-new"; done
    # A revert that was killed may have put back some of what the tool makes.
    again=no
    if [ "$(info state)" = reverting ] && [ -n "$trust_anchor" ] && grep -q "$tab$trust_anchor\$" "$plan/list"; then again=yes; fi
    remember applying
    if [ "$again" = yes ] || [ -s "$plan/todo" ] || [ -s "$plan/stale" ] || [ -n "$(lines t)" ]; then
        carry_out
        forget_lists
    else
        undo=no
        say "everything is as it should be"
    fi
    remember applied
    while IFS= read -r line; do say "$line"; done <"$plan/advice"
    restart_services
    rm -rf "$plan"
    trap - EXIT
    say "this host now uses $url"
    case $packages in apt) say "next: apt-get update" ;; yum) say "next: yum makecache" ;; esac
    say "undo: lsrepo client revert, or sh $state/setup.sh --revert"
}

revert_all() {
    tool_again=no
    if [ -f "$state/info" ]; then
        awk -F '\t' -v OFS='\t' '$1 == "state" { $2 = "reverting" } { print }' "$state/info" >"$state/info.new"
        on_disk "$state/info.new"
        act mv -f "$state/info.new" "$state/info"
    fi
    settle
    if [ -f "$journal" ]; then
        awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' "$journal" >"$state/back"
        while IFS=$tab read -r kind what path; do
            case $kind in
                [fFaA]) put_back "$path" ;;
                d) if [ -d "$root$path" ] && [ -z "$(ls -A "$root$path")" ]; then act rmdir "$root$path"; fi ;;
            esac
        done <"$state/back"
        [ "$tool_again" = no ] || run_tool
    fi
    # Only what is on the disk may be forgotten.
    on_disk
    restart_services
    act mv -T "$state" "$state.gone"
    act rm -rf "$state.gone"
}

revert() {
    rm -rf "$state.gone"
    if [ -d "$state" ]; then
        alone
        trap 'say "hint: it is half reverted: run it again"' EXIT
        trap 'exit 2' HUP INT TERM
        if has_old_setup; then old_revert; fi
        revert_all
        trap - EXIT
        say "everything is as it was before"
    elif has_old_setup; then
        old_revert
        say "everything is as it was before"
    else
        say "this host is not set up: there is nothing to revert"
    fi
}

# report: what is the case, for people's eyes and for programs: fields with tabs between them
report() {
    for name in url os since state keep only; do printf '%s\t%s\n' "$name" "$(info "$name")"; done
    make_plan
    lines fa | while IFS=$tab read -r kind number path; do
        now=$(mark "$root$path")
        before=$(saved "$path")
        last=$(lines w "$path" | tail -n 1 | cut -f 2)
        # an earlier run wrote it, and a later one put it back
        [ "$last" != "$before" ] || [ "$now" != "$before" ] || continue
        if [ "$now" = "$last" ]; then what=as-written
        elif [ "$now" = absent ]; then what=missing
        else what=changed
        fi
        printf 'file\t%s\t%s\n' "$what" "$path"
        [ "$kind" = a ] || printf 'aside\t%s\t%s\n' "$path" "${state#"$root"}/was/$number"
    done
    cut -f 3 "$plan/todo" | while read -r path; do
        [ -n "$(origin "$path")" ] || printf 'file\tnew\t%s\n' "$path"
    done
}

status() {
    if [ ! -d "$state" ]; then
        if has_old_setup; then
            printf 'state\told\n'
        else
            printf 'state\tnone\n'
        fi
        return 1
    fi
    [ -r "$state" ] || fail "this needs root: run it with sudo"
    keep=$(info keep)
    only=$(info only)
    temporary
    report >"$plan.report"
    cat "$plan.report"
    ! grep -q "^file$tab\(changed\|missing\|new\)" "$plan.report" && [ "$(info state)" = applied ]
}

# temporary: a place for a plan that is not carried out
temporary() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 2' HUP INT TERM
    plan=$scratch/plan
}

dry_run() {
    check_os
    temporary
    ! has_old_setup || say "an earlier set-up is reverted first"
    make_plan
    while IFS=$tab read -r number mode path; do
        from=$root$path
        [ -f "$from" ] || from=/dev/null
        if command -v diff >/dev/null 2>&1; then
            diff -u --label "$path" --label "$path" "$from" "$plan/$number" || :
        else
            say "would write $path"
        fi
        if [ "$path" = "$trust_anchor" ] && [ -n "$trust_tool" ]; then say "would run $trust_tool"; fi
    done <"$plan/todo"
    while read -r path; do say "would put back $path"; done <"$plan/stale"
    while IFS= read -r line; do say "$line"; done <"$plan/advice"
    [ -s "$plan/todo" ] || [ -s "$plan/stale" ] || say "nothing would change"
}

main() {
    action=apply
    keep=no
    only=
    restart=no
    again_as=no
    while [ $# -gt 0 ]; do
        case $1 in
            --keep) keep=yes ;;
            --only) [ $# -gt 1 ] || fail "--only: of what?"; shift; only=$1 ;;
            --only=*) only=${1#--only=} ;;
            --again) again_as=yes ;;
            --restart) restart=yes ;;
            --revert) action=revert ;;
            --status) action=status ;;
            --dry-run) action=dry_run ;;
            --help | -h) usage; exit 0 ;;
            *) fail "unknown option \`$1' (see --help)" ;;
        esac
        shift
    done
    if [ "$again_as" = yes ] && [ -n "$(info url)" ]; then
        keep=$(info keep)
        only=$(info only)
    fi
    for word in $(printf '%s' "$only" | tr ',' ' '); do
        case $word in
            apt | yum) [ "$word" = "$packages" ] || refuse "--only $word: this is a script for $packages" ;;
            containerd | docker | podman | crio | ca) ;;
            *) fail "--only: unknown word \`$word' (known: apt, yum, containerd, docker, podman, crio, ca)" ;;
        esac
    done
    if [ -z "$root" ] && [ "$action" != dry_run ] && [ "$(id -u)" != 0 ]; then
        fail "this needs root: run it with sudo"
    fi
    "$action"
}

main "$@"
