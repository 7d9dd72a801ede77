#!/usr/bin/env bash
# Formats, lints, tests, documentation, generated files, licences; then the checks on a whole system.
# Installs what it needs where it is missing (Debian packages only as root).
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0
export DEBIAN_FRONTEND=noninteractive

step() {
  printf '\n== %s (after %d s)\n' "$*" "$SECONDS"
}

# What the tests and the checks on a whole system use; each is missed with a `skipped:` where it is not there.
packages=(gpgv gnupg zstd dose-distcheck mmdebstrap curl iproute2 python3 python3-venv util-linux
  rpm createrepo-c dnf dnf-plugins-core python3-solv
  skopeo podman buildah umoci containerd docker.io docker-registry runc crun openssl gcc libc6-dev chromium
  haproxy ansible-core openssh-client systemd-container procps shellcheck)

install_packages() {
  local wanted
  wanted=$(for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || printf '%s ' "$package"; done)
  [ -n "$wanted" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    printf 'not installed, and only root can install it: %s\n' "$wanted"
    return 0
  fi
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  # shellcheck disable=SC2086  # a list of words
  apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=600 install $wanted >/dev/null
}

# install_tool COMMAND CRATE: a cargo subcommand, built where it is missing
install_tool() {
  command -v "$1" >/dev/null 2>&1 || cargo install --quiet --locked "$2"
}

step tools
install_packages
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
install_tool cargo-nextest cargo-nextest
install_tool cargo-deny cargo-deny

step format
cargo fmt --all --check

step lints
cargo clippy --locked --workspace --all-targets -- -D warnings

step tests
cargo nextest run --locked --workspace --no-fail-fast
cargo test --locked --workspace --doc --quiet

step documentation
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --quiet

step "generated files"
cargo xtask generate --check

step "licences and sources"
cargo deny --log-level error check bans licenses sources

if [ -f scripts/test-system.sh ]; then
  step "a whole system"
  bash scripts/test-system.sh
fi

step done
