#!/bin/sh
# Points this host (@OS@) at the repository at @BASE_URL@, and back.
#
#   sh @OS@.sh              set up; the host's other sources are switched off, nothing is deleted
#   sh @OS@.sh --dry-run    show what would change, as a diff
#   sh @OS@.sh --status     is it set up, and as it was written? exit code 0: yes, 1: no
#   sh @OS@.sh --revert     everything as before, byte for byte
#   sh @OS@.sh --help       the other options
#
# or, without a file:      curl -fsS @BASE_URL@/setup/@OS@.sh | sh -s -- --dry-run
#
# The script itself is the text below. It stands here as a text because it is kept on the host, in
# /var/lib/lsrepo-client/setup.sh, also where it came through a pipe; and nothing runs before all of it has arrived.
lsrepo_setup() {
    cat <<'LSREPO_SETUP'
@SETUP@
LSREPO_SETUP
}
eval "$(lsrepo_setup)"
