#!/usr/bin/env bash
# What sealing costs: adds the same invented pages to an open and to a sealed case, searches both for the same words, and
# prints CPU seconds, milliseconds and ratios. The key is held by `unlock`, as it is for people, so that the passphrase
# (about a second a time) is not counted. Needs python3. With PROGRAM set, that binary is measured and nothing is built.
#
#   benches/compare/sealed.sh [PAGES]
set -euo pipefail
cd "$(dirname "$0")/../.."
pages=${1:-5000}
if [ -z "${PROGRAM:-}" ]; then
  cargo build --release --quiet -p witnessmark
  PROGRAM=${CARGO_TARGET_DIR:-target}/release/witnessmark
fi
program=$(realpath "$PROGRAM")
folder=$(mktemp -d)
trap '"$program" --case "$folder/sealed" lock --quiet || true; rm -rf "$folder"' EXIT
python3 benches/compare/sealed.py "$pages" "$folder/pages" "$folder/queries"
cd "$folder"
export WITNESSMARK_PASSPHRASE='lantern gravel otter mosaic thistle anchor'
"$program" init open --open --quiet >/dev/null
"$program" init sealed --quiet >/dev/null
"$program" --case sealed unlock --quiet >/dev/null
unset WITNESSMARK_PASSPHRASE

TIMEFORMAT='%R %U %S'
declare -A cpu p50 p99
for kind in open sealed; do
  { time "$program" --case "$kind" add pages --quiet >/dev/null; } 2>time
  read -r wall user system <time
  cpu[$kind]=$(awk -v a="$user" -v b="$system" 'BEGIN { print a + b }')
  echo "$kind: add of $pages pages: ${cpu[$kind]} CPU-s, $wall s"
done
for kind in open sealed; do
  while read -r query; do
    "$program" --case "$kind" search "$query" --json
  done <queries | sed -nE 's/.*"took_ms": ?([0-9]+).*/\1/p' | sort -n >took
  count=$(wc -l <took)
  p50[$kind]=$(sed -n "$((count / 2))p" took)
  p99[$kind]=$(sed -n "$((count * 99 / 100))p" took)
  echo "$kind: $count searches, each by a program of its own: p50 ${p50[$kind]} ms, p99 ${p99[$kind]} ms"
done
awk -v a="${cpu[sealed]}" -v b="${cpu[open]}" 'BEGIN { printf "add: %.2f times (must be at most 1.5)\n", a / b }'
awk -v a="${p99[sealed]}" -v b="${p99[open]}" 'BEGIN { printf "search, p99: %.2f times (must be at most 2)\n", a / (b ? b : 1) }'
