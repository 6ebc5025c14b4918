#!/bin/bash
# Captures the same pages by `wget --warc-file` and by this crate's example `fetch`, from one local server in one run,
# turn by turn, and prints the ratios. wget hashes by SHA-1 and has no TLS here, like ours.
#
# usage: http.sh [PAGES] [ROUNDS]     needs: wget, python3, cargo.    CORPUS=DIR: serve the HTML files below DIR
# instead of pages that are made up (3,000 of about 12 KB in the mean, the same each time).
set -euo pipefail
pages=${1:-3000} rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

cargo build --quiet --release --manifest-path "$here/../../Cargo.toml" --example fetch
target=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../../Cargo.toml" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
fetch=$target/release/examples/fetch

cat >"$work/serve.py" <<'PYTHON'
import functools, http.server, os, random, sys, urllib.parse
work, pages, corpus = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if not corpus:
    corpus = work + "/site"
    os.mkdir(corpus)
    draw = random.Random(1)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 11))) for _ in range(20000)]
    for number in range(pages):
        text = " ".join(draw.choices(words, k=min(20000, int(draw.lognormvariate(7, 0.8)))))
        with open(f"{corpus}/{number}.html", "w") as page:
            page.write(f"<!doctype html><title>{number}</title><p>{text}")
found = sorted(os.path.relpath(os.path.join(folder, name), corpus)
               for folder, _, names in os.walk(corpus) for name in names if name.endswith((".html", ".htm")))
found = found[:: max(1, len(found) // pages)][:pages]

class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # one packet an answer, or Nagle and delayed acknowledgements cost 40 ms each
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=corpus))
server.daemon_threads = True
with open(work + "/list.part", "w") as out:
    out.writelines(f"http://127.0.0.1:{server.server_port}/{urllib.parse.quote(path)}\n" for path in found)
os.rename(work + "/list.part", work + "/list.txt")
server.serve_forever()
PYTHON
python3 "$work/serve.py" "$work" "$pages" "${CORPUS:-}" &
server=$!
until [ -f "$work/list.txt" ]; do sleep 0.1; done

# Prints wall and CPU seconds of a command.
measure() {
  local TIMEFORMAT='%R %U %S'
  { time "$@" >/dev/null 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }; } 2>&1 | awk '{ print $1, $2 + $3 }'
}
for round in $(seq "$rounds"); do
  rm -f "$work"/wget* "$work"/ours*
  echo "wget $(measure wget --quiet --no-config --no-warc-keep-log --tries 1 --input-file "$work/list.txt" \
    --output-document /dev/null --warc-file "$work/wget")"
  echo "ours $(measure "$fetch" "$work/list.txt" "$work/ours.warc.gz")"
done >"$work/times"
for name in wget ours; do
  got=$(zcat "$work/$name.warc.gz" | grep -a -c '^WARC-Type: \(response\|revisit\)' || true)
  [ "$got" = "$(wc -l <"$work/list.txt")" ] || { echo "$name kept $got pages of $(wc -l <"$work/list.txt")" >&2; exit 1; }
done
stat -c '%n %s bytes' "$work/wget.warc.gz" "$work/ours.warc.gz" | sed 's|.*/||'
awk -v pages="$(wc -l <"$work/list.txt")" '
  { if (!($1 in wall) || $2 < wall[$1]) wall[$1] = $2; if (!($1 in cpu) || $3 < cpu[$1]) cpu[$1] = $3 }
  END {
    for (name in wall) printf "%s: %.0f pages/s, %.2f CPU-s\n", name, pages / wall[name], cpu[name]
    printf "pages/s, ours : wget = %.2f (at least 1)\n", wall["wget"] / wall["ours"]
    printf "CPU time, ours : wget = %.2f\n", cpu["ours"] / cpu["wget"]
  }' "$work/times"
