
# The journal: what was there before the first change, in lines of three fields with tabs between them.
#   f N    PATH   a file or a link; it is in was/N         a -  PATH   nothing was there
#   F, A          the same, of what a tool changed for us  d -  PATH   a folder that was not there
#   w MARK PATH   what was written there; all of them are ours, the last one is what should be there
#   t N    PATH   a folder that a tool is about to change; it is in tree/N as it was
# It is only ever replaced as a whole, and only after what it speaks of is on the disk.

changes=0
# act COMMAND …: one change of the host
act() {
    if [ "$changes" = "${LSREPO_STOP_AFTER:-}" ]; then
        kill -9 $$
    fi
    changes=$((changes + 1))
    "$@"
}

# on_disk [FILE …]: what was written there, or anywhere, is there after a power cut too. Older ones of `sync` know no files.
on_disk() {
    if [ $# = 0 ]; then set -- -f "$root/etc" "$root/var/lib"; fi
    sync "$@" 2>/dev/null || sync
}

digest() {
    digest_line=$(sha256sum <"$1")
    printf '%s\n' "${digest_line%% *}"
}

# mark FILE: what is there, in one word
mark() {
    if [ -h "$1" ]; then
        printf 'link:%s\n' "$(readlink "$1" | sha256sum | cut -c 1-64)"
    elif [ -f "$1" ]; then
        printf 'file:%s:%s\n' "$(digest "$1")" "$(stat -c %a:%u:%g "$1")"
    elif [ -e "$1" ]; then
        echo other
    else
        echo absent
    fi
}

# lines FIELD-1-PATTERN [PATH]: the journal's lines, all of that kind, or those of one path
lines() {
    [ -f "$journal" ] || return 0
    kinds=$1 path=${2:-} awk -F '\t' '$1 ~ "^[" ENVIRON["kinds"] "]$" && (ENVIRON["path"] == "" || $3 == ENVIRON["path"])' "$journal"
}

# origin PATH: the line that says what was there
origin() {
    [ ! -f "$journal" ] || path=$1 awk -F '\t' '$3 == ENVIRON["path"] && $1 ~ /^[fFaA]$/ { print; exit }' "$journal"
}

# is_ours PATH MARK: we wrote that
is_ours() {
    [ -f "$journal" ] && path=$1 mark=$2 awk -F '\t' '
        $1 == "w" && $2 == ENVIRON["mark"] && $3 == ENVIRON["path"] { found = 1 } END { exit !found }' "$journal"
}

# saved PATH: the mark of what was there before us
saved() {
    saved_line=$(origin "$1")
    case $saved_line in
        [fF]*) saved_line=${saved_line#?"$tab"}; mark "$state/was/${saved_line%%"$tab"*}" ;;
        *) echo absent ;;
    esac
}

# before PATH: the file with what the host itself has there; nothing where it has none. A link is followed.
before() {
    before_file=$root$1
    before_line=$(origin "$1")
    if [ -n "$before_line" ] && is_ours "$1" "$(mark "$before_file")"; then
        case $before_line in
            [fF]*) before_line=${before_line#?"$tab"}; before_file=$state/was/${before_line%%"$tab"*} ;;
            *) return 0 ;;
        esac
    fi
    if [ -h "$before_file" ]; then
        before_file=$(readlink "$before_file")
        case $before_file in
            /*) before_file=$root$before_file ;;
            *) before_file=$root${1%/*}/$before_file ;;
        esac
    fi
    [ ! -f "$before_file" ] || printf '%s\n' "$before_file"
}

# begin, note KIND WHAT PATH …, commit: lines are added to the journal
begin() {
    if [ -f "$journal" ]; then cp "$journal" "$journal.new"; else : >"$journal.new"; fi
}
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$journal.new"; }
commit() {
    on_disk "$journal.new"
    act mv -f "$journal.new" "$journal"
    on_disk "$state"
}
noted() { path=$2 kind=$1 awk -F '\t' '$1 == ENVIRON["kind"] && $3 == ENVIRON["path"] { found = 1 } END { exit !found }' "$journal.new"; }

# free_number: one that no line names
free_number() { awk -F '\t' '$1 ~ /^[fF]$/ && $2 + 0 > most { most = $2 + 0 } END { print most + 1 }' "$journal.new"; }

# save FILE PATH KIND: a copy of a file becomes what was at PATH
save() {
    save_number=$(free_number)
    mkdir -p "$state/was"
    rm -rf "$state/was/$save_number"
    act cp -aT "$1" "$state/was/$save_number"
    note "$3" "$save_number" "$2"
}

# keep_aside PATH: what somebody else wrote there is not lost
keep_aside() {
    aside_mark=$(mark "$root$1")
    aside=$kept$1
    aside_number=0
    while [ -e "$aside" ] || [ -h "$aside" ]; do
        [ "$(mark "$aside")" != "$aside_mark" ] || return 0
        aside_number=$((aside_number + 1))
        aside=$kept$1.$aside_number
    done
    if [ ! -d "$kept" ]; then
        mkdir "$kept"
        chmod 700 "$kept"
    fi
    mkdir -p "${aside%/*}"
    act cp -aT "$root$1" "$aside"
    on_disk "$aside"
    say "changed since it was set up: $1; kept as ${aside#"$root"}"
}

# put_back PATH: what was there is there again
put_back() {
    back_line=$(origin "$1")
    back_now=$(mark "$root$1")
    rm -f "$root$1.lsrepo-new"
    [ "$back_now" != "$(saved "$1")" ] || return 0
    if ! is_ours "$1" "$back_now" && [ "$back_now" != absent ]; then
        keep_aside "$1"
        case $back_line in [FA]*) tool_again=yes ;; esac
    fi
    touched "$1"
    [ "$back_now" != other ] || act rm -rf "$root$1"
    case $back_line in
        [aA]*) [ "$back_now" = absent ] || act rm -rf "$root$1" ;;
        *)
            back_line=${back_line#?"$tab"}
            mkdir -p "$root${1%/*}"
            act cp -aT "$state/was/${back_line%%"$tab"*}" "$root$1.lsrepo-new"
            on_disk "$root$1.lsrepo-new"
            act mv -fT "$root$1.lsrepo-new" "$root$1" ;;
    esac
}
