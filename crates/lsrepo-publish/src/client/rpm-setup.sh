#!/bin/sh
# Points yum or dnf on this host (@OS@) at the repository at @BASE_URL@
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
sources=$root/etc/yum.repos.d
repo=$sources/lsrepo.repo
keys=$root/etc/pki/rpm-gpg
# yum and dnf read no folders in there
aside=$sources/lsrepo-aside
new=.lsrepo-new

say() { printf '%s\n' "lsrepo: $*"; }
fail() { printf '%s\n' "lsrepo: $*" >&2; exit 1; }

# Moves one file; where the name is taken, under the next free number.
move_aside() {
    target=$aside/${1##*/}
    number=1
    while [ -e "$target" ]; do
        target=$aside/${1##*/}.$number
        number=$((number + 1))
    done
    mkdir -p "$aside"
    mv "$1" "$target"
    say "moved aside: $1"
}

# Puts back what was moved aside. A file that has come back meanwhile wins; the old one stays aside.
restore() {
    for old in "$aside"/*.repo; do
        [ -f "$old" ] || continue
        name=${old##*/}
        if [ -e "$sources/$name" ]; then
            say "kept $old: $sources/$name is there again"
        else
            mv "$old" "$sources/$name"
            say "restored: $sources/$name"
        fi
    done
    rmdir "$aside" 2>/dev/null || :
}

# All names that a run of this script, or of another for this host, can have given.
clean() { rm -f "$repo$new" "$keys"/lsrepo*"$new"; }
revert() {
    clean
    rm -f "$repo" "$keys"/lsrepo.asc "$keys"/lsrepo-*
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
[ -d "$sources" ] || fail "no $sources: is this a system with yum or dnf?"
if [ "$action" = revert ]; then
    revert
    say "reverted; next: yum clean metadata"
    exit 0
fi
if [ -z "${LSREPO_ANY_OS:-}" ] && [ -r "$root/etc/os-release" ]; then
    found=$(. "$root/etc/os-release" && printf '%s-%s' "${ID:-unknown}" "${VERSION_ID:-unknown}")
    # 9.4 is 9; and Red Hat's own word for itself is shorter than ours
    case $found in rhel-*) found=redhat-${found#rhel-} ;; esac
    case $found in
        @OS@ | @OS@.*) ;;
        *) fail "this host is $found, the repository is for @OS@" ;;
    esac
fi

# Everything that can fail for want of space happens under names that yum does not read.
trap 'clean' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$keys"
@KEYS@
cat >"$repo$new" <<'LSREPO_REPO'
# @OS@ from @BASE_URL@; undo: sh @OS@.sh --revert
@REPO@
LSREPO_REPO
chmod 644 "$repo$new"

# The new source is there before the others go: a host never stays without any.
for key in "$keys"/lsrepo*"$new"; do
    [ -f "$key" ] || continue
    chmod 644 "$key"
    mv "$key" "${key%"$new"}"
done
mv "$repo$new" "$repo"
if [ "$action" = set-up ]; then
    for other in "$sources"/*.repo; do
        [ "$other" != "$repo" ] || continue
        [ -s "$other" ] || continue
        move_aside "$other"
        case ${other##*/} in
            redhat.repo) say "subscription-manager writes it again, unless: subscription-manager config --rhsm.manage_repos=0" ;;
        esac
    done
fi

say "yum and dnf on this host now use @BASE_URL@/yum/@OS@"
say "next: yum makecache"
say "undo: run this script again with --revert"
