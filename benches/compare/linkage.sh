#!/usr/bin/env bash
# Links FEBRL 4 with Splink (from PyPI, into a virtual environment under $VENV) and with us, in one run, and prints F1
# against the true links, CPU seconds, and their ratio. Needs ../shared with data/stats/febrl, python3 and a network.
#
#   benches/compare/linkage.sh [SHARED]
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=${1:-${WITNESSMARK_SHARED:-../shared}}
data=$shared/data/stats/febrl
[ -f "$data/febrl4a.csv" ] || { echo "needs $data (name the shared folder)" >&2; exit 2; }
venv=${VENV:-${TMPDIR:-/tmp}/witnessmark-compare-venv}
if ! "$venv/bin/python" -c 'import splink' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'splink==5.0.0' pandas pyarrow
fi
cargo build --release --quiet -p witnessmark-estimate --example speed
target=${CARGO_TARGET_DIR:-target}
peer=$("$venv/bin/python" benches/compare/linkage.py "$data")
read -r peer_f1 peer_cpu <<<"$peer"
TIMEFORMAT='%U %S'
{ time f1=$("$target/release/examples/speed" link "$data/febrl4a.csv" "$data/febrl4b.csv" "$data/febrl4_links.csv"); } \
  2> "$venv/time"
own_cpu=$(awk '{ printf "%.2f", $1 + $2 }' "$venv/time")
echo "Splink $("$venv/bin/python" -c 'import splink; print(splink.__version__)'): F1 $peer_f1, $peer_cpu CPU-s"
echo "witnessmark: F1 $f1, $own_cpu CPU-s"
awk -v own="$own_cpu" -v peer="$peer_cpu" 'BEGIN { printf "ratio %.3f (must be at most 0.5)\n", own / peer }'
