"""Small documents for tests of the panels."""

from __future__ import annotations

import numpy as np

from engine.document import BlendMode, Document, Group, Layer, LayerKind, Provenance


def block(width: int, height: int, color: tuple[int, int, int] = (200, 60, 40), alpha: int = 255) -> np.ndarray:
    """A filled rectangle, uint8 height x width x 4."""
    out = np.empty((height, width, 4), np.uint8)
    out[...] = (*color, alpha)
    return out


def poster() -> Document:
    """Bottom to top: Sky (locked background), Land (group: Hills, Boat), Sun, Head (group: Banner, Title)."""
    sky = Layer(block(400, 300, (90, 140, 220)), id="sky", name="Sky", kind=LayerKind.BACKGROUND, locked=True)
    hills = Layer(block(400, 90, (60, 140, 70)), top=210, id="hills", name="Hills")
    boat = Layer(block(60, 40, (120, 60, 30)), left=50, top=180, id="boat", name="Boat")
    sun = Layer(
        block(50, 50, (255, 200, 60)), left=300, top=20, id="sun", name="Sun", kind=LayerKind.SHAPE,
        blend_mode=BlendMode.SCREEN,
    )  # fmt: skip
    banner = Layer(block(200, 40), left=100, top=100, id="banner", name="Banner", kind=LayerKind.SHAPE)
    title = Layer(
        block(160, 20, (255, 255, 255)), left=120, top=110, id="title", name="Title", kind=LayerKind.TEXT,
        provenance=Provenance("builtin", 0.9, "Summer"),
    )  # fmt: skip
    land = Group((hills, boat), id="land", name="Land")
    head = Group((banner, title), id="head", name="Head")
    return Document(400, 300, (sky, land, sun, head))
