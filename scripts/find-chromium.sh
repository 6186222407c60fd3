#!/bin/sh
# Prints the path of a Chromium for the tests of the report's pages. Installs Debian's where there is none and we may;
# otherwise prints nothing and says why those tests will be skipped.
set -eu

find_chromium() {
    for name in "${KEMBAR_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && command -v "$name"; then
            return 0
        fi
    done
    return 1
}

find_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian's Chromium" >&2
    { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } >&2 || true
    find_chromium && exit 0
fi
echo "no Chromium: the tests of the report's pages are skipped; install chromium, or name one in KEMBAR_CHROMIUM" >&2
