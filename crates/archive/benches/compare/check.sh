#!/bin/bash
# Compares `check` with fastwarc and warcio from PyPI on one WARC, in one run: parse, inflate, verify block and payload
# digests. Prints seconds of processor time, of the clock, and the ratios of the best of ROUNDS runs.
# usage: check.sh FILE.warc.gz [ROUNDS]      needs: cargo, python3 with venv. FILE: make-warc.py beside the corpus makes one.
set -euo pipefail
file=$(realpath "${1:?usage: check.sh FILE.warc.gz [ROUNDS]}"); rounds=${2:-3}
crate=$(cd "$(dirname "$0")/../.." && pwd)
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
cat > "$work/measure.py" <<'PY'
import resource, subprocess, sys, time
rounds, commands = int(sys.argv[1]), [line.split('\t') for line in sys.argv[2:]]
best = {}
for _ in range(rounds):
    for name, *command in commands:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        clock, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        old = best.get(name, (1e9, 1e9))
        best[name] = (min(old[0], cpu), min(old[1], clock))
ours = best['witnessmark']
for name, (cpu, clock) in best.items():
    print(f'{name:12} processor {cpu:6.2f} s  clock {clock:6.2f} s  ours/this: processor {ours[0] / cpu:.2f} clock {ours[1] / clock:.2f}')
PY
cat "$file" > /dev/null
python3 "$work/measure.py" "$rounds" \
  "witnessmark	$target/release/examples/check	$file" \
  "fastwarc	$venv/bin/python	$work/peer_fastwarc.py	$file" \
  "warcio	$venv/bin/warcio	check	$file"
