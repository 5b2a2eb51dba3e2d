"""Fonts, art and photographs that designs are made with, split so that tests never see what was tuned on.

`python -m tests.bench.layers.fetch FOLDER` fills a folder from package registries; without one there are the fonts of
this computer and what the generator draws itself.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.bench.layers.design import Pixels

SPLITS = {"train": (0, 6), "validation": (6, 7), "test": (7, 10)}
"""Tenths of the material, by the hash of a file's name."""
SEEDS = {"train": 0, "validation": 1_000_000, "test": 2_000_000}
"""The first seed of each split."""
SYSTEM_FONTS = (Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts"))


@dataclass(frozen=True, slots=True)
class Material:
    """Files of one split.

    Attributes:
        fonts: TrueType, OpenType or WOFF files. art: RGBA pictures cut out. photos: photographs.
    """

    fonts: tuple[Path, ...]
    art: tuple[Path, ...] = ()
    photos: tuple[Path, ...] = ()

    def font(self, rng: np.random.Generator, size: float, words: str) -> ImageFont.FreeTypeFont:
        """A font that has the glyphs of `words`; `size` in px. Raises ValueError where none has."""
        able = able_to_write(self.fonts, words)
        if not able:
            raise ValueError(f"no font has the glyphs of {words}")
        return _font(able[int(rng.integers(len(able)))], max(8, round(size)))

    def can_write(self, words: str) -> bool:
        """Whether some font has the glyphs of `words`."""
        return bool(able_to_write(self.fonts, words))

    def sprite(self, rng: np.random.Generator) -> Pixels | None:
        """uint8 H x W x 4, tight, or None where there is no art."""
        return _tight(self.art[int(rng.integers(len(self.art)))]) if self.art else None

    def photo(self, rng: np.random.Generator) -> Pixels:
        """uint8 H x W x 3."""
        return _rgb(self.photos[int(rng.integers(len(self.photos)))])


def load(split: str, folder: Path | None = None) -> Material:
    """The material of "train", "validation" or "test". Raises FileNotFoundError where there is no font at all."""
    fonts = [p for root in SYSTEM_FONTS if root.exists() for p in sorted(root.rglob("*")) if _is_font(p)]
    art: list[Path] = []
    photos: list[Path] = []
    if folder is not None:
        fonts += [p for p in sorted((folder / "fonts").rglob("*")) if _is_font(p)]
        art = sorted((folder / "art").rglob("*.png"))
        photos = [p for p in sorted((folder / "photos").rglob("*")) if p.suffix.lower() in (".jpg", ".png", ".webp")]
    if not fonts:
        raise FileNotFoundError("no font was found; install fonts-dejavu-core")
    # With few fonts of its own a computer gives the same ones to every split.
    own = _of(split, fonts) if len(fonts) > 20 else tuple(fonts)
    return Material(own, _of(split, art), _of(split, photos))


FONTS = frozenset({".ttf", ".otf", ".ttc", ".woff"})
PICTURES = re.compile("symbol|dingbat|D050000L|opens___|emoji|icons", re.IGNORECASE)
"""Fonts whose letters are pictures."""


def _is_font(path: Path) -> bool:
    return path.suffix.lower() in FONTS and not PICTURES.search(path.name)


def _of(split: str, paths: list[Path]) -> tuple[Path, ...]:
    low, high = SPLITS[split]
    return tuple(p for p in paths if low <= int(hashlib.sha256(p.name.encode()).hexdigest(), 16) % 10 < high)


@lru_cache(256)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


@lru_cache(512)
def able_to_write(fonts: tuple[Path, ...], words: str) -> tuple[Path, ...]:
    """The fonts that have every glyph of `words`."""
    return tuple(path for path in fonts if _has(_font(path, 32), words))


def _has(font: ImageFont.FreeTypeFont, words: str) -> bool:
    """Whether every glyph is there: a missing one looks like a character that no font has."""
    missing = _glyph(font, "\U000f1234")
    return all(c.isspace() or _glyph(font, c) != missing for c in sorted(set(words)))


def _glyph(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    image = Image.new("L", (64, 64))
    ImageDraw.Draw(image).text((8, 48), character, font=font, fill=255, anchor="ls")
    return image.tobytes()


@lru_cache(64)
def _tight(path: Path) -> Pixels:
    with Image.open(path) as image:
        rgba = image.convert("RGBA")
        return np.asarray(rgba.crop(rgba.getchannel("A").getbbox() or (0, 0, 1, 1)))


@lru_cache(8)
def _rgb(path: Path) -> Pixels:
    with Image.open(path) as image:
        image.thumbnail((2400, 2400))
        return np.asarray(image.convert("RGB"))
