#!/bin/sh
# Points a host at an lsrepo repository, and back. What it is pointed at stands in the next lines, the files that it
# gets stand in the functions `files_…`, and everything else is the same for all hosts.
#
# Decide, then do: a plan says what every file shall be; what was there is copied into the journal's folder; then the
# new files are written beside the old ones, and take their places one by one. Ended anywhere (kill -9, power), it is
# run again, or reverted.
os='@OS@'
url='@URL@'
packages='@PACKAGES@'
images='@IMAGES@'
ca_name='@CA_NAME@'
own_source='@OWN_SOURCE@'

usage() {
    cat <<'LSREPO_USAGE'
usage: sh SCRIPT [--keep] [--only WHAT,…] [--again] [--restart] [--dry-run]
       sh SCRIPT --status | --revert [--restart]

  --keep           leave the host's other sources as they are
  --only WHAT,…    only these of: apt yum containerd docker podman crio ca    (default: what the host has)
  --again          with --keep and --only as they were the last time
  --restart        restart what has to be restarted; without it, it is said
  --dry-run        show what would change, as a diff, and change nothing
  --status         is the host set up, and everything as it was written? exit code 0: yes, 1: no
  --revert         everything as before, byte for byte

LSREPO_ROOT=/mnt works on a system below /mnt. LSREPO_ANY_OS=1 skips the check of the operating system.
For tests: LSREPO_STOP_AFTER=N ends the script, as kill -9 does, before its change N+1.
LSREPO_USAGE
}

set -eu
umask 022
LC_ALL=C
export LC_ALL
root=${LSREPO_ROOT:-}
root=${root%/}
state=$root/var/lib/lsrepo-client
kept=$root/var/lib/lsrepo-client-kept
journal=$state/journal
plan=
tab='	'
newline='
'

# stdout is for what was asked for: a status, a diff
say() { printf '%s\n' "lsrepo: $*" >&2; }
# The request cannot be met; wrong use, or something is wrong with the machine.
refuse() { say "$*"; exit 1; }
fail() { say "$*"; exit 2; }
