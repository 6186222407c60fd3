#!/bin/sh
# Prints the home of a Java 17 or newer. Installs Debian's headless one where there is none and we may.
set -eu

is_new_enough() {
    version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] && [ "$version" -ge 17 ]
}

find_java() {
    on_path=$(command -v java || true)
    [ -z "$on_path" ] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
    for home in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/*; do
        if [ -x "$home/bin/java" ] && is_new_enough "$home"; then
            echo "$home"
            return 0
        fi
    done
    return 1
}

find_java && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian's Java 17" >&2
    { apt-get update -q && apt-get install -y -q --no-install-recommends openjdk-17-jre-headless; } >&2
    find_java && exit 0
fi
echo "kembar needs Java 17 or newer: install openjdk-17-jre-headless (or set JAVA_HOME) and run make again" >&2
exit 1
