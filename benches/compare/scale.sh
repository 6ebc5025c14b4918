#!/usr/bin/env bash
# Whether the cost of a case grows with its pages and no faster: adds 1,000, 10,000 and 100,000 HTML files of FOLDER to an open
# case of its own each, and 10,000 to a sealed one; prints wall time, CPU time and the most memory that was held. Needs GNU
# time (Debian's package `time`). With PROGRAM set, that binary is measured and nothing is built.
#
#   benches/compare/scale.sh FOLDER [PAGES…]
set -euo pipefail
source=$(realpath "${1:?name a folder of HTML files}")
shift
counts=("${@:-1000}")
[ $# -gt 0 ] || counts=(1000 10000 100000)
cd "$(dirname "$0")/../.."
if [ -z "${PROGRAM:-}" ]; then
  cargo build --release --quiet -p witnessmark
  PROGRAM=${CARGO_TARGET_DIR:-target}/release/witnessmark
fi
program=$(realpath "$PROGRAM")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# Every nth file, so that each count has pages of all kinds.
find "$source" -name '*.html' -type f | sort >all
total=$(wc -l <all)
export WITNESSMARK_PASSPHRASE='lantern gravel otter mosaic thistle anchor'

measure() { # KIND PAGES
  rm -rf pages case
  mkdir pages
  awk -v wanted="$2" -v total="$total" 'int(NR * wanted / total) > int((NR - 1) * wanted / total)' all |
    nl -nrz -w6 | while read -r number file; do ln "$file" "pages/$number.html" 2>/dev/null || cp "$file" "pages/$number.html"; done
  bytes=$(du -sbL pages | cut -f1)
  if [ "$1" = open ]; then "$program" init case --open --quiet >/dev/null; else "$program" init case --quiet >/dev/null; fi
  /usr/bin/time -f '%e %U %S %M' -o time "$program" --case case add pages --quiet --no-progress >/dev/null
  tail -1 time | awk -v kind="$1" -v pages="$2" -v bytes="$bytes" '{
    printf "%s, %d pages, %.0f MB: %.1f s, %.1f CPU-s, %.2f CPU-ms a page, most memory %.0f MiB (must be at most 512)\n",
      kind, pages, bytes / 1e6, $1, $2 + $3, ($2 + $3) * 1000 / pages, $4 / 1024 }'
}
for pages in "${counts[@]}"; do measure open "$pages"; done
measure sealed "${SEALED_PAGES:-10000}"
