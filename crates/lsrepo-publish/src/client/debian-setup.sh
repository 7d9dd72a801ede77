#!/bin/sh
# Points apt on this host (@OS@) at the repository at @BASE_URL@
#
#   sh @OS@.sh             set up: other sources are moved aside, not deleted
#   sh @OS@.sh --keep      set up beside the other sources
#   sh @OS@.sh --revert    everything as before
#
# Running it again is safe. LSREPO_ROOT=/mnt works on a system below /mnt.
# LSREPO_ANY_OS=1 skips the check of the operating system.
set -eu
umask 022

root=${LSREPO_ROOT:-}
apt=$root/etc/apt
key=$apt/keyrings/lsrepo.asc
sources=$apt/sources.list.d/lsrepo.@EXTENSION@
aside=$apt/lsrepo-aside
new=.lsrepo-new

say() { printf '%s\n' "lsrepo: $*"; }
fail() { printf '%s\n' "lsrepo: $*" >&2; exit 1; }

# Moves one file; where the name is taken, under the next free number.
move_aside() {
    name=${1#"$apt"/}
    target=$aside/$name
    number=1
    while [ -e "$target" ]; do
        target=$aside/$name.$number
        number=$((number + 1))
    done
    mkdir -p "${target%/*}"
    mv "$1" "$target"
    say "moved aside: $1"
}

# Puts back what was moved aside. A file that has come back meanwhile wins; the old one stays aside.
restore() {
    for old in "$aside"/sources.list "$aside"/sources.list.d/*.list "$aside"/sources.list.d/*.sources; do
        [ -f "$old" ] || continue
        name=${old#"$aside"/}
        if [ -e "$apt/$name" ]; then
            say "kept $old: $apt/$name is there again"
        else
            mkdir -p "$apt/sources.list.d"
            mv "$old" "$apt/$name"
            say "restored: $apt/$name"
        fi
    done
    rmdir "$aside/sources.list.d" "$aside" 2>/dev/null || :
}

revert() {
    rm -f "$apt"/sources.list.d/lsrepo.sources "$apt"/sources.list.d/lsrepo.list "$key"
    rm -f "$sources$new" "$key$new"
    restore
}

action=set-up
case ${1:-} in
    '') ;;
    --keep) action=keep ;;
    --revert) action=revert ;;
    --help | -h)
        say "usage: sh @OS@.sh [--keep | --revert]"
        exit 0 ;;
    *) fail "unknown option \`$1' (known: --keep, --revert)" ;;
esac

if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    fail "this needs root: run it with sudo"
fi
[ -d "$apt" ] || fail "no $apt: is this a system with apt?"
if [ "$action" = revert ]; then
    revert
    say "reverted; next: apt-get update"
    exit 0
fi
if [ -z "${LSREPO_ANY_OS:-}" ] && [ -r "$root/etc/os-release" ]; then
    found=$(. "$root/etc/os-release" && printf '%s-%s' "${ID:-unknown}" "${VERSION_ID:-unknown}")
    [ "$found" = '@OS@' ] || fail "this host is $found, the repository is for @OS@"
fi

# Everything that can fail for want of space happens under names that apt does not read.
trap 'rm -f "$sources$new" "$key$new"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$apt/keyrings" "$apt/sources.list.d"
cat >"$key$new" <<'LSREPO_KEY'
@KEY@
LSREPO_KEY
cat >"$sources$new" <<'LSREPO_SOURCES'
# @OS@ from @BASE_URL@; undo: sh @OS@.sh --revert
@SOURCES@
LSREPO_SOURCES
chmod 644 "$key$new" "$sources$new"

# The new source is there before the others go: a host never stays without any.
mv "$key$new" "$key"
mv "$sources$new" "$sources"
for form in sources list; do
    [ "$form" = '@EXTENSION@' ] || rm -f "$apt/sources.list.d/lsrepo.$form"
done
if [ "$action" = set-up ]; then
    for other in "$apt/sources.list" "$apt"/sources.list.d/*.list "$apt"/sources.list.d/*.sources; do
        [ "$other" != "$sources" ] || continue
        [ -s "$other" ] || continue
        move_aside "$other"
    done
fi

say "apt on this host now uses @BASE_URL@/apt/@OS@"
say "next: apt-get update"
say "undo: run this script again with --revert"
