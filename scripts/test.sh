#!/usr/bin/env bash
# Every check of the project.
set -euo pipefail
cd "$(dirname "$0")/.."
exec bash ci/check.sh
