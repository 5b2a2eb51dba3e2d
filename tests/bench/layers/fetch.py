"""Fetches what designs are made with, from package registries: `python -m tests.bench.layers.fetch FOLDER`.

Nothing of it is committed or shipped; it is art of others, used to measure only, and none of it is in the material
that our own network is trained on. Needs apt-get (Debian), npm and `pip install resvg-py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

ART = {
    "@iconify-json/flat-color-icons": 300,
    "@iconify-json/emojione-v1": 500,
    "@iconify-json/fxemoji": 400,
    "@iconify-json/streamline-emojis": 400,
    "@iconify-json/meteocons": 100,
    "@iconify-json/circle-flags": 100,
}
"""Icon sets, and how many of each are taken (every n-th by name)."""
FONTS = ("fonts-lato", "fonts-roboto-unhinted", "fonts-open-sans", "fonts-noto-core", "fonts-linuxlibertine")
FONT_LIMIT = 12
"""Files of one package: families have dozens of weights."""
CJK = "fonts-wqy-zenhei"
PHOTOS = (
    "gnome-backgrounds",
    "mate-backgrounds",
    "ukui-wallpapers",
    "plasma-workspace-wallpapers",
    "lomiri-wallpapers-16.04",
)
SIDE = 512
"""px of the longer side that art is rendered at."""
LEAST_PHOTO = 900
"""px of the shorter side of a photograph that is kept."""


def icons(package: str, count: int, out: Path) -> None:
    """Render `count` icons of an iconify package as PNG."""
    import resvg_py  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
        archive = next(Path(folder).glob("*.tgz"))
        with tarfile.open(archive) as tar:
            listed = json.loads(tar.extractfile("package/icons.json").read())  # type: ignore[union-attr]
    names = sorted(listed["icons"])
    side = listed.get("height", 16)
    for name in names[:: max(1, len(names) // count)][:count]:
        icon = listed["icons"][name]
        w, h = icon.get("width", listed.get("width", side)), icon.get("height", side)
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}">{icon["body"]}</svg>'
        target = out / f"{package.rpartition('/')[2]}-{name}.png"
        try:
            target.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE)))
        except ValueError:  # an icon that the renderer cannot draw is no loss
            target.unlink(missing_ok=True)


def unpacked(package: str) -> Iterator[Path]:
    """Every file of a Debian package, unpacked, not installed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
        archive = next(Path(folder).glob("*.deb"))
        subprocess.run(["dpkg", "-x", archive, "files"], cwd=folder, check=True)
        yield from sorted((Path(folder) / "files").rglob("*"))


def fonts(package: str, out: Path) -> None:
    """Keep some font files of a package."""
    found = unpacked_files(package, (".ttf", ".otf", ".ttc"))
    for path, data in found[:: max(1, len(found) // FONT_LIMIT)][:FONT_LIMIT]:
        (out / path).write_bytes(data)


def unpacked_files(package: str, suffixes: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """(name, bytes) of a package's files with those suffixes."""
    return [
        (p.name, p.read_bytes())
        for p in unpacked(package)
        if p.suffix.lower() in suffixes and p.is_file() and not p.is_symlink()
    ]


def photographs(package: str, out: Path) -> None:
    """Keep the larger pictures of a package, reduced; what has few colours is no photograph."""
    for path in unpacked(package):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or path.is_symlink():
            continue
        with Image.open(path) as image:
            if min(image.size) < LEAST_PHOTO:
                continue
            image.thumbnail((1800, 1800))
            rgb = image.convert("RGB")
        if len(np.unique(np.asarray(rgb.resize((200, 200))).reshape(-1, 3) // 8, axis=0)) > LEAST_COLOURS:
            rgb.save(out / f"{package}-{path.parent.name}-{path.stem}.jpg", quality=92)


LEAST_COLOURS = 400
"""Colours, five bits a channel, among 40,000 px: fewer is an abstract wallpaper, not a photograph."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    out = parser.parse_args().folder
    for room in ("art", "fonts", "photos"):
        (out / room).mkdir(parents=True, exist_ok=True)
    for package, count in ART.items():
        icons(package, count, out / "art")
    for package in (*FONTS, CJK):
        fonts(package, out / "fonts")
    for package in PHOTOS:
        photographs(package, out / "photos")
    print({room: len(list((out / room).iterdir())) for room in ("art", "fonts", "photos")})


if __name__ == "__main__":
    main()
