#!/bin/sh
# Stands in for yt-dlp in the tests. The last argument's path decides what it does. It writes down how it was run.
here=$(dirname "$0")
folder=""; look=no; ask=""; url=""
for argument in "$@"; do
    case "$last" in --paths) folder="$argument" ;; esac
    case "$argument" in
        --version | --help) ask="$argument" ;;
        --dump-single-json) look=yes ;;
    esac
    last="$argument"; url="$argument"
done
case "$ask" in
    --version) echo "2026.10.26"; exit 0 ;;
    --help)
        cat "$here/options"
        exit 0 ;;
esac
config=$(cat)
{ echo "look=$look"; printf '%s\n' "$@"; } >> "$here/arguments"
env | sort >> "$here/environment"
printf '%s\n' "$config" >> "$here/config"
name=$(basename "$url")
if [ "$look" = yes ]; then
    case "$name" in
        list) echo '{"_type":"playlist","extractor_key":"YoutubeTab","entries":[]}' ;;
        live) echo '{"id":"l","extractor_key":"Fake","is_live":true}' ;;
        missing) echo "ERROR: This video is gone $(printf '\033[31m')" >&2; exit 1 ;;
        slow-look) sleep 60 ;;
        garbage) echo 'not json' ;;
        *) echo '{"id":"item-1","extractor_key":"Fake","_type":"video"}' ;;
    esac
    exit 0
fi
case "$name" in
    slow) printf half > "$folder/item.mp4.part"; sleep 60 & sleep 60 ;;
    large) while :; do head -c 1000000 /dev/zero >> "$folder/item.mp4.part"; done ;;
    nothing) echo "WARNING: nothing to fetch" >&2; exit 0 ;;
    broken) printf half > "$folder/item.mp4.part"; echo "ERROR: connection lost" >&2; exit 1 ;;
esac
printf 'moving pictures' > "$folder/item.mp4"
printf '{"id":"item-1"}' > "$folder/item.info.json"
printf 'a picture' > "$folder/item.webp"
printf 'WEBVTT' > "$folder/item.zh.vtt"
ln -s /etc/passwd "$folder/item.link"
exit 101
