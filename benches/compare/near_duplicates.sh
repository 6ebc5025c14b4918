#!/usr/bin/env bash
# Nearly equal texts among 20,000 HTML files of FOLDER, by us and by rensa (from PyPI, into a virtual environment under
# $VENV), on one core each and on the same texts. Prints times and their ratio, and our recall and precision against the
# exact Jaccard index. Needs python3 and a network.
#
#   benches/compare/near_duplicates.sh FOLDER [TEXTS]
set -euo pipefail
folder=$(realpath "${1:?name a folder of HTML files}")
count=${2:-20000}
cd "$(dirname "$0")/../.."
venv=${VENV:-${TMPDIR:-/tmp}/witnessmark-compare-venv}
if ! "$venv/bin/python" -c 'import rensa' 2>/dev/null; then
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet rensa
fi
texts=$(mktemp)
trap 'rm -f "$texts"' EXIT
said=$(cargo bench --quiet -p witnessmark-text --bench near_duplicates -- "$folder" "$count" "$texts")
echo "$said" | grep -v '^seconds'
ours=$(echo "$said" | sed -n 's/^seconds //p')
theirs=$("$venv/bin/python" benches/compare/near_duplicates.py "$texts")
echo "$theirs" | grep -v '^seconds'
awk -v own="$ours" -v peer="$(echo "$theirs" | sed -n 's/^seconds //p')" \
  'BEGIN { printf "ours to rensa: %.3f of its time (must be at most 0.25)\n", own / peer }'
