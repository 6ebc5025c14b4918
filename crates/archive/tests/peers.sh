#!/bin/sh
# Runs the tests that hold what we write against other people's tools: py-wacz, warcio, fastwarc, pywb.
# usage: peers.sh [VENV]    VENV is made when it is not there; without it, one in a temporary folder.
set -eu
folder=$(cd "$(dirname "$0")/.." && pwd)
venv=${1:-${TMPDIR:-/tmp}/witnessmark-peers}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet wacz==0.6.0 warcio==1.8.1 fastwarc==2.0.1 pywb==2.10.0
fi
cd "$folder"
WITNESSMARK_PEERS="$venv" exec cargo test --test wacz_write_peers -- --nocapture
