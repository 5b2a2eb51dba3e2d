"""Builds the bank: every sprite and ground of the training, in one zip of about 30 MB.

usage: python -m train_objects.bank PACKAGES OUT.zip [--scale 1.0]

PACKAGES is the folder that fetch_sources.sh and figures.mjs filled. In the zip: `s/N.webp` sprites (SPRITE_PX square,
RGBA), `p/N.png` their part maps (8-bit, 0 = unknown), `g/N.webp` grounds (GROUND_PX square, RGB) and `index.json`.
"""

import argparse
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import skimage
from PIL import Image

from . import bank_drawn, bank_grounds, bank_photos, bank_sources, bank_text_soft
from .bank_grounds import GROUND_PX
from .bank_sources import Named
from .bank_svg import SPRITE_PX

SEED = 20261127
SPRITE_QUALITY = 56  # WebP; what the network sees is resampled and recoloured anyway
ROUGH_QUALITY = 36  # for sprites and grounds that would take much room
LARGE_SPRITE, LARGE_GROUND = 10_000, 26_000  # bytes
HELD_OUT_SHARE = 10  # of 100 drawings and grounds, by name: never trained on
FIGURES = ("humaaans", "peeps", "dicebear-openPeeps", "dicebear-lorelei", "dicebear-notionists", "dicebear-pixelArt",
           "dicebear-thumbs")  # fmt: skip


def held_out(kind: str, name: str) -> bool:
    """Whether a drawing is for validation only; depends on its name alone, so it survives changes of the bank."""
    return zlib.crc32(f"{kind}/{name}".encode()) % 100 < HELD_OUT_SHARE


def encoded(picture: np.ndarray, quality: int) -> bytes:
    """WebP bytes of (H, W, 3 or 4) uint8."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "WEBP", quality=quality, alpha_quality=75, method=4)
    return out.getvalue()


def compact(picture: np.ndarray, limit: int) -> bytes:
    data = encoded(picture, SPRITE_QUALITY)
    return data if len(data) <= limit else encoded(picture, ROUGH_QUALITY)


def sprites(packages: Path, photos: list[Path], scale: float) -> Iterator[tuple[str, str, bank_sources.Sprite]]:
    """Every sprite: (kind, name, sprite)."""

    def count(number: int) -> int:
        return max(2, int(number * scale))

    def tagged(kind: str, found: Iterator[Named]) -> Iterator[tuple[str, str, bank_sources.Sprite]]:
        for name, sprite in found:
            yield kind, name, sprite

    random = Random(SEED)
    yield from tagged("openclipart", bank_sources.openclipart(packages, count(2200), random))
    yield from tagged("fluent3d", bank_sources.fluent_3d(packages, count(560), random))
    for name, number in bank_sources.ICONIFY.items():
        yield from tagged(name, bank_sources.iconify(packages, name, count(number), random))
    for prefix in FIGURES:
        yield from tagged(prefix, bank_sources.figures(packages / "figures", prefix))
    yield from tagged("text", bank_text_soft.texts(packages, count(320), random))
    yield from tagged("shape", bank_drawn.drawn(bank_drawn.SHAPES, count(260), random))
    yield from tagged("panel", bank_drawn.drawn(bank_drawn.PANELS, count(240), random))
    yield from tagged("soft", bank_text_soft.softs(count(180), SEED))
    yield from tagged("photo", bank_photos.cutouts(photos))
    yield from tagged("photo", bank_photos.fish(photos))


def grounds(photos: list[Path]) -> Iterator[tuple[str, str, np.ndarray]]:
    """Every ground: (kind, name, picture); crops of one photograph share its name."""
    yield from bank_photos.grounds(photos, SEED)
    yield from bank_grounds.made(SEED)


def build(packages: Path, target: Path, scale: float) -> Counter:
    """Writes the zip; returns how many of each kind there are."""
    photos = [packages / "deb/x/usr/share/backgrounds", Path(skimage.__file__).parent / "data", packages / "wheels",
              packages / "gcompris"]  # fmt: skip
    index: dict = {"sprite_px": SPRITE_PX, "ground_px": GROUND_PX, "sprites": [], "grounds": []}
    tally: Counter = Counter()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bank:
        for kind, name, sprite in sprites(packages, photos, scale):
            number = len(index["sprites"])
            bank.writestr(f"s/{number}.webp", compact(sprite.rgba, LARGE_SPRITE))
            if sprite.parts is not None:
                out = io.BytesIO()
                Image.fromarray(sprite.parts).save(out, "PNG", optimize=True)
                bank.writestr(f"p/{number}.png", out.getvalue())
            index["sprites"].append([kind, name, sprite.parts is not None, held_out(kind, name)])
            tally[kind] += 1
        for kind, name, picture in grounds(photos):
            bank.writestr(f"g/{len(index['grounds'])}.webp", compact(picture, LARGE_GROUND))
            index["grounds"].append([kind, name, held_out("ground", name)])
            tally["ground " + kind] += 1
        bank.writestr("index.json", json.dumps(index))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the sprites, for trying things out")
    args = parser.parse_args()
    tally = build(args.packages, args.target, args.scale)
    print(f"{args.target.stat().st_size / 1e6:.1f} MB", dict(tally))


if __name__ == "__main__":
    main()
