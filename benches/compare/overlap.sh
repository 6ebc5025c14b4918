#!/usr/bin/env bash
# CPU seconds for estimates from overlap, ours beside R's dga, Rcapture and LCMCR. R itself comes from Debian
# (r-base-core). Where it has the packages, both run here, and the ratio is of one run. Where it has not, the ratio is
# to figures that were measured on two cores of an AMD EPYC Zen 5 on 22 November 2026, and the line says "not in one run".
#
#   benches/compare/overlap.sh [SHARED]
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=${1:-${WITNESSMARK_SHARED:-../shared}}
data=$shared/data/stats
[ -f "$data/kosovo/kosovo_capture_patterns.csv" ] || { echo "needs $data (name the shared folder)" >&2; exit 2; }
cargo build --release --quiet -p witnessmark-estimate --example speed
speed=${CARGO_TARGET_DIR:-target}/release/examples/speed
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
TIMEFORMAT='%U %S'

has() { command -v Rscript >/dev/null && Rscript -e "quit(status = !requireNamespace('$1', quietly = TRUE))" 2>/dev/null; }

# compare NAME TASK FILE PACKAGE STORED LIMIT REPEATS
compare() {
  { time "$speed" "$2" "$3" "$7" > /dev/null; } 2> "$scratch/time"
  own=$(awk -v repeats="$7" '{ printf "%.4f", ($1 + $2) / repeats }' "$scratch/time")
  if has "$4"; then
    peer=$(Rscript benches/compare/overlap.R "$2" "$3"); note="in one run"
  else
    peer=$5; note="not in one run: $4 is not here, its stored figure is $5 s"
  fi
  awk -v name="$1" -v own="$own" -v peer="$peer" -v limit="$6" -v note="$note" \
    'BEGIN { printf "%s: %s CPU-s, ratio %.4f (must be at most %s; %s)\n", name, own, own / peer, limit, note }'
}

compare "dga, 5 lists, 30,000 unseen values" dga "$data/modern_slavery/UKdat_5.csv" dga 3 0.05 5
compare "113 log-linear models with profile intervals" loglinear "$data/kosovo/kosovo_capture_patterns.csv" Rcapture 0.79 0.05 20
compare "one latent-class chain, 1,000,000 rounds" chain "$data/kosovo/kosovo_capture_patterns.csv" LCMCR 28 0.5 1
echo "four chains on two cores (elapsed seconds; on a loaded machine halve the CPU seconds instead):"
TIMEFORMAT='%R s elapsed, %U + %S CPU-s; must be at most 28 s elapsed, the least stored figure of one chain of LCMCR'
time "$speed" chains "$data/kosovo/kosovo_capture_patterns.csv" 1 > /dev/null
