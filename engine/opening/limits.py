"""How much a file may hold: checked against what it says of itself before anything is decoded."""

from __future__ import annotations

from engine.errors import InputError

DEFAULT_MAX_MEGAPIXELS = 250.0
LAYERS_SHARE = 4
"""All layers together may have so many times the pixels of one picture."""
MAX_LAYERS = 4_000
MAX_DEPTH = 100
"""Groups within groups."""
HARMLESS_PIXELS = 64_000_000
"""So many are decoded whatever they were packed from."""
BEST_PACKING = 64
"""Bytes out for a byte in: run-length coding packs 128 bytes into 2 at best."""
MEGA = 1e6


def max_megapixels() -> float:
    """The largest image that is opened, in millions of pixels: the setting, or what is built in."""
    from engine.settings import current

    return current().opening.max_megapixels or DEFAULT_MAX_MEGAPIXELS


def check_size(width: int, height: int, name: str, limit: float) -> None:
    """Refuse a picture without pixels, or one above `limit` megapixels. Raises InputError."""
    if width < 1 or height < 1:
        raise InputError("opening.no-pixels", name=name, width=width, height=height)
    if width * height > limit * MEGA:
        size = width * height / MEGA
        raise InputError("opening.too-large", name=name, width=width, height=height, megapixels=size, limit=limit)


def check_counts(layers: int, pixels: int, file_bytes: int, name: str, limit: float) -> None:
    """Refuse more layers or pixels than a real file of that size holds.

    Args:
        layers: records in the file.
        pixels: sum of their areas.
        limit: megapixels that one image may have; all layers together may have LAYERS_SHARE times that.

    Raises:
        InputError: with what is too much.
    """
    if layers > MAX_LAYERS:
        raise InputError("opening.too-many-layers", name=name, layers=layers, limit=MAX_LAYERS)
    if pixels > HARMLESS_PIXELS and pixels * 4 > file_bytes * BEST_PACKING:
        raise InputError("opening.claims-pixels", name=name)
    if pixels > limit * LAYERS_SHARE * MEGA:
        size, most = pixels / MEGA, limit * LAYERS_SHARE
        raise InputError("opening.layers-too-large", name=name, megapixels=size, limit=most)
