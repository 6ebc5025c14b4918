#!/usr/bin/env bash
# Our reader of PDF files beside pdftotext (Debian's poppler-utils) and PyMuPDF (from PyPI), in one run on one core: are the
# characters of a page the same, is their order, and how many pages are read in a second of processor time.
#
# FOLDER holds PDF files, such as unpacked documentation packages of Debian. Of each content one file is taken, in an order
# that a digest of its path decides (SEED gives another order), and of each file at most 60 pages, until there are PAGES; `all`
# reads every page of every file.
# A page is judged by F1: of the two multisets of its characters after NFKC, without spaces, controls and the marks of
# direction that pdftotext adds (U+202A to U+202E), twice what both share by what both hold. Order is judged apart, by the
# share of the runs of eight characters that both have. pdftotext is not always right: for a glyph whose name it does not
# know it prints the ASCII character of its code (`h` for ⟨, `X` for ∑, `b` for a part of a frame). Such a page counts as a
# miss all the same; how many of the misses are of this kind, and on how many PyMuPDF says what ours says, is printed beside it.
# Times hold everything that a program does, its start too; pdftotext starts once a file. WORST=40 lists the worst pages.
#
#   benches/compare/pdf.sh FOLDER [PAGES|all] [SEED]
set -euo pipefail
folder=$(realpath "${1:?name a folder of PDF files}")
cd "$(dirname "$0")/../.."
cargo build --release --quiet -p witnessmark-document --example read
program=$(realpath "${CARGO_TARGET_DIR:-target}/release/examples/read")
environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet pymupdf
"$environment/bin/python" benches/compare/pdf.py "$program" "$folder" "${2:-6000}" "${3:-}"
