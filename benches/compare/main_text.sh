#!/usr/bin/env bash
# The main text of pages: F1 against what a person marked, and pages a second on one core.
#
# TRUTH is a folder of scrapinghub's article-extraction-benchmark (html/*.html.gz and ground-truth.json; F1 over runs of four
# words, mean over pages, as its README says). FOLDER holds pages in any number of folders, such as unpacked documentation
# packages of Debian; at most MOST of them, evenly spread, are read from memory three times, and the best time of the processor counts. Read are
# charset, tree, title, author, date, links, all visible text and main text; neither language nor mentions.
#
#   benches/compare/main_text.sh TRUTH FOLDER [MOST]
set -euo pipefail
truth=$(realpath "${1:?name the folder of the benchmark}")
folder=$(realpath "${2:?name a folder of pages}")
cd "$(dirname "$0")/../.."
cargo run --release --quiet -p witnessmark-text --example main_text -- "$truth" "$folder" "${3:-10000}"
