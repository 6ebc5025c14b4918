#!/usr/bin/env bash
# How fast `verify` reads a case, against `openssl dgst -sha256` over the same stored objects: makes an open case of
# generated files, runs both in turn, twice each, and prints gigabytes a CPU second and ratios. Needs python3 and openssl,
# and twice the size on the disk for a while.
#
#   benches/compare/verify.sh [GIGABYTES] [FOLDER]
#
# With PROGRAM set, that binary is measured and nothing is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
gigabytes=${1:-10}
folder=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/verify.XXXXXX")
trap 'rm -rf "$folder"' EXIT
if [ -z "${PROGRAM:-}" ]; then
  cargo build --release --quiet -p witnessmark
  PROGRAM=${CARGO_TARGET_DIR:-target}/release/witnessmark
fi
program=$(realpath "$PROGRAM")
cd "$folder"
"$program" init case --open --quiet >/dev/null
# 64 MB a file, each unlike the others, as random bytes from a seed: pictures and films do not deflate either.
left=$((gigabytes * 1000000000 / 64000000))
while [ "$left" -gt 0 ]; do
  batch=$((left < 16 ? left : 16))
  python3 - "$left" "$batch" <<'PY'
import os, random, sys
first, count = map(int, sys.argv[1:])
os.makedirs("files", exist_ok=True)
for number in range(first, first - count, -1):
    with open("files/%04d.bin" % number, "wb") as file:
        file.write(random.Random(number).randbytes(64000000))
PY
  "$program" --case case add files --quiet --no-progress >/dev/null || true
  rm -r files
  left=$((left - batch))
done
bytes=$(du -sb case/blobs | cut -f1)
files=$(find case/blobs -type f | wc -l)
echo "a case with $files stored objects, $bytes bytes"

TIMEFORMAT='%R %U %S'
best() { # name, command…
  local name=$1 least='' row
  shift
  for _ in 1 2; do
    { time "$@" >/dev/null 2>said; } 2>time
    row=$(awk -v b="$bytes" '{ printf "%s %.3f", $1, $2 + $3 }' time)
    echo "$name: ${row% *} s, ${row#* } CPU-s" >&2
    if [ -z "$least" ] || awk -v a="${row#* }" -v b="${least#* }" 'BEGIN { exit !(a < b) }'; then least=$row; fi
  done
  echo "$least"
}
digests() { find case/blobs -type f -print0 | xargs -0 openssl dgst -sha256; }
ours=$(best 'witnessmark verify' "$program" verify case)
theirs=$(best 'openssl dgst -sha256, one core' digests)
awk -v b="$bytes" -v ow="${ours% *}" -v oc="${ours#* }" -v tw="${theirs% *}" -v tc="${theirs#* }" 'BEGIN {
  printf "a CPU second: ours %.2f GB, openssl %.2f GB; ours is %.2f of openssl (must be at least 0.80)\n", b / oc / 1e9, b / tc / 1e9, tc / oc
  printf "wall clock: ours %.2f s, openssl on one core %.2f s; ours uses %.2f cores, %.2f of its time\n", ow, tw, oc / ow, ow / tw
}'
