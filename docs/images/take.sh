#!/usr/bin/env bash
# Takes the documents' pictures of the report anew; needs gameday and chromium.
set -euo pipefail
cd "$(dirname "$0")"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
gameday run elevenlabs-intermittent --seed 1 --runs 200 --report "$folder" >/dev/null || test $? -eq 1

take() { # name, first line of pixels, height
    # A page that shows the report through a window: a picture of a page that is scrolled comes out empty.
    echo "<body style='margin:0;overflow:hidden'><iframe src=report.html scrolling=no" \
        "style='position:absolute;top:-$2px;width:1200px;height:5200px;border:0'></iframe>" >"$folder/window.html"
    chromium --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run --hide-scrollbars \
        --user-data-dir="$folder/browser" --force-device-scale-factor=1 --window-size="1200,$3" \
        --screenshot="$PWD/$1.png" "file://$folder/window.html" 2>/dev/null
}
take report 0 1090
take timeline 2555 690
