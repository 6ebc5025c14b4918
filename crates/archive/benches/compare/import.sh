#!/bin/bash
# Compares importing a WARC (`witnessmark add` into a fresh open case: the bytes kept, every record listed with its digest,
# one signed entry) with `wacz create` and then `cdxj-indexer` from PyPI, in one run; the best of ROUNDS rounds.
# Prints two comparisons: of FILE as it is, where `add` also reads the text of every page and indexes it for the search,
# which the peers do not do; and of the same records with every body called application/octet-stream, where it imports only.
# usage: import.sh WITNESSMARK_BINARY FILE.warc.gz [ROUNDS]      needs: python3 with venv
set -euo pipefail
binary=$(realpath "${1:?usage: import.sh WITNESSMARK_BINARY FILE.warc.gz [ROUNDS]}")
file=$(realpath "${2:?usage: import.sh WITNESSMARK_BINARY FILE.warc.gz [ROUNDS]}"); rounds=${3:-3}
here=$(cd "$(dirname "$0")" && pwd)
venv=${VENV:-$(mktemp -d)/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" -q install wacz==0.6.0 cdxj-indexer==1.5.0 warcio==1.8.1
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/ours.sh" <<'SH'
rm -rf "$3"; "$1" --no-progress init "$3" --open && "$1" --no-progress --case "$3" add "$2"
SH
cat > "$work/peers.sh" <<'SH'
"$1/wacz" create -f "$2" -o "$3.wacz" && "$1/cdxj-indexer" -s -o "$3.cdxj" "$2"; rm -f "$3.wacz" "$3.cdxj"
SH
cat > "$work/without_pages.py" <<'PY'
import sys
from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter
with open(sys.argv[1], 'rb') as old, open(sys.argv[2], 'wb') as new:
    writer = WARCWriter(new, gzip=True, warc_version='1.1')
    for record in ArchiveIterator(old, no_record_parse=False):
        if record.http_headers and record.rec_type == 'response':
            record.http_headers.replace_header('Content-Type', 'application/octet-stream')
            for name in ('WARC-Block-Digest', 'WARC-Payload-Digest', 'Content-Length'):
                record.rec_headers.remove_header(name)
            record.length = None
        writer.write_record(record)
PY
"$venv/bin/python" "$work/without_pages.py" "$file" "$work/plain.warc.gz"
for input in "$file" "$work/plain.warc.gz"; do
  cat "$input" > /dev/null
  echo "$(basename "$input"), $(stat -c %s "$input") bytes; load $(cut -d' ' -f1 /proc/loadavg)"
  python3 "$here/measure.py" "$rounds" \
    "witnessmark	bash	$work/ours.sh	$binary	$input	$work/case" \
    "wacz + cdxj	bash	$work/peers.sh	$venv/bin	$input	$work/out"
done
