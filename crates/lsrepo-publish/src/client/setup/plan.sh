
# The plan: what each file shall be. A line has a number, a mode and a path; the content is in a file of that number.

planned=0
# put PATH [MODE]: this file shall have what stdin says; mode `=` is that which it has
put() {
    case $1 in *"$tab"* | *"$newline"*) fail "this name cannot be kept in a journal: $1" ;; esac
    [ ! -d "$root$1" ] || fail "this is a folder: $root$1"
    planned=$((planned + 1))
    cat >"$plan/$planned"
    printf '%s\t%s\t%s\n' "$planned" "${2:-644}" "$1" >>"$plan/list"
}

# edit PATH COMMAND …: what the host has there, as the command changes it; nothing where that changes nothing
edit() {
    edit_path=$1
    shift
    edit_from=$(before "$edit_path")
    [ -n "$edit_from" ] || return 0
    "$@" <"$edit_from" >"$plan/edited"
    [ "$(digest "$plan/edited")" = "$(digest "$edit_from")" ] || put "$edit_path" = <"$plan/edited"
}

# has NAME: is this program on the host
has() {
    for has_folder in usr/bin usr/sbin usr/local/bin usr/local/sbin bin sbin opt/bin; do
        [ ! -x "$root/$has_folder/$1" ] || return 0
    done
    return 1
}

# wanted WHAT: by --only, or because the host has it
wanted() {
    if [ -n "$only" ]; then
        case ",$only," in *",$1,"*) return 0 ;; *) return 1 ;; esac
    fi
    case $1 in
        "$packages" | ca) return 0 ;;
        apt | yum) return 1 ;;
    esac
    [ "$images" = yes ] || return 1
    case $1 in
        containerd) has containerd || [ -d "$root/etc/containerd" ] ;;
        docker) has dockerd || [ -d "$root/etc/docker" ] ;;
        podman) has podman || has skopeo || has buildah || [ -d "$root/etc/containers" ] ;;
        crio) has crio || [ -d "$root/etc/crio" ] ;;
    esac
}

make_plan() {
    rm -rf "$plan"
    mkdir -p "$plan"
    : >"$plan/list"
    : >"$plan/advice"
    : >"$plan/todo"
    : >"$plan/stale"
    case $packages in
        apt) ! wanted apt || plan_apt ;;
        yum) ! wanted yum || plan_yum ;;
        *) return 0 ;;
    esac
    ca_needed=no
    if [ -n "$ca_name" ]; then
        for one in "$packages" containerd docker podman crio ca; do ! wanted "$one" || ca_needed=yes; done
        if [ "$ca_needed" = yes ]; then
            ca_pem >"$plan/pem"
            put "$ca_name" <"$plan/pem"
        fi
        ! wanted ca || plan_trust
    fi
    ! wanted containerd || plan_containerd
    ! wanted docker || plan_docker
    if wanted podman || wanted crio; then files_containers; fi
    ! wanted crio || files_crio
    while IFS=$tab read -r number mode path; do
        is_there "$number" "$mode" "$path" || printf '%s\t%s\t%s\n' "$number" "$mode" "$path" >>"$plan/todo"
    done <"$plan/list"
    # What an earlier run wrote and this one does not want goes back to what it was.
    stale_kinds=fFaA
    if [ -n "$trust_anchor" ] && cut -f 3 "$plan/list" | grep -Fqx -e "$trust_anchor"; then stale_kinds=fa; fi
    lines "$stale_kinds" | while IFS=$tab read -r kind number path; do
        if ! cut -f 3 "$plan/list" | grep -Fqx -e "$path" && [ "$(mark "$root$path")" != "$(saved "$path")" ]; then
            printf '%s\n' "$path" >>"$plan/stale"
        fi
    done
}

# is_there NUMBER MODE PATH: the file is as it shall be
is_there() {
    if [ -h "$root$3" ] || [ ! -f "$root$3" ]; then return 1; fi
    [ "$(digest "$plan/$1")" = "$(digest "$root$3")" ] || return 1
    [ "$2" = = ] || [ "$(stat -c %a "$root$3")" = "$2" ]
}

# advise LINE: something that a person has to do
advise() { printf '%s\n' "$*" >>"$plan/advice"; }
