#!/bin/sh
# Installs the Debian packages named as arguments that are missing. Elsewhere, or without the right to, it says what is
# needed and goes on: the packages may be there under another name.
set -eu
command -v apt-get >/dev/null 2>&1 || exit 0
missing=""
for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q "install ok installed" || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then root=""; elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then root="sudo"; else
    echo "These system packages are missing; install them and run again if something fails:$missing" >&2
    exit 0
fi
echo "Installing system packages:$missing"
$root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
