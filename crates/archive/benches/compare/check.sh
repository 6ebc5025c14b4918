#!/bin/bash
# Compares `check` with fastwarc and warcio from PyPI on one WARC, in one run: parse, inflate, verify block and payload
# digests. Prints seconds of processor time and of the clock, the most memory, and ours divided by each peer's, of the
# best of ROUNDS rounds; first on one core, then on all.
# Processor times may be compared on a busy machine; clock times only on an idle one, so the load is printed too.
# usage: check.sh FILE.warc.gz [ROUNDS]
# needs: cargo, python3 with venv, taskset. FILE: shared/bench/make-warc.py makes one out of make-corpus.sh's files.
set -euo pipefail
file=$(realpath "${1:?usage: check.sh FILE.warc.gz [ROUNDS]}"); rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd); crate=$(cd "$here/../.." && pwd)
venv=${VENV:-$(mktemp -d)/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" -q install fastwarc==2.0.1 warcio==1.8.1
(cd "$crate" && cargo build -q --release -p witnessmark-archive --example check)
target=$(cd "$crate" && cargo metadata --format-version 1 --no-deps | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/peer_fastwarc.py" <<'PY'
import sys
from fastwarc.warc import ArchiveIterator
for record in ArchiveIterator(sys.argv[1], parse_http=False):
    record.verify_block_digest()
    if 'WARC-Payload-Digest' in record.headers and record.is_http:
        record.parse_http()
        record.verify_payload_digest()
PY
cat "$file" > /dev/null
for cores in 1 "$(nproc)"; do
  echo "on $cores of $(nproc) cores; load $(cut -d' ' -f1 /proc/loadavg)"
  taskset -c "0-$((cores - 1))" python3 "$here/measure.py" "$rounds" \
    "witnessmark	$target/release/examples/check	$file" \
    "fastwarc	$venv/bin/python	$work/peer_fastwarc.py	$file" \
    "warcio	$venv/bin/warcio	check	$file"
done
