#!/bin/sh
# Puts lsrepo where it is found. Run it in the folder it was unpacked in: sh bootstrap.sh [FOLDER]
set -eu
folder=${1:-/usr/local/bin}
here=$(dirname "$0")
case $(uname -m) in
  x86_64 | amd64) program=lsrepo-x86_64 ;;
  aarch64 | arm64) program=lsrepo-arm64 ;;
  *) echo "error: there is no lsrepo for $(uname -m)" >&2; exit 1 ;;
esac
if [ ! -f "$here/$program" ]; then
  echo "error: this bundle carries no lsrepo for $(uname -m)" >&2
  exit 1
fi
mkdir -p "$folder"
cp "$here/$program" "$folder/.lsrepo.new"
chmod 755 "$folder/.lsrepo.new"
mv -f "$folder/.lsrepo.new" "$folder/lsrepo"
"$folder/lsrepo" --version
echo "next: lsrepo inspect BUNDLE, then: lsrepo serve --bundle BUNDLE --listen 0.0.0.0:8080" >&2
