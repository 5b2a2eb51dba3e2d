"""Documents that the export tests write."""

from pathlib import Path

import numpy as np

from engine.document import BlendMode, Document, Group, Layer, LayerKind, Mask, Pixels

WIDTH, HEIGHT = 320, 240


def picture(width: int, height: int, seed: int, alpha: str = "opaque") -> Pixels:
    """A noisy gradient whose colour is not 0 under alpha 0; alpha `opaque`, `ramp` or `soft` (a disc)."""
    y, x = np.mgrid[0:height, 0:width]
    colour = np.stack([x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + y) * 3 % 256], axis=-1)
    colour = np.clip(colour + np.random.default_rng(seed).integers(-20, 21, (height, width, 3)), 0, 255)
    if alpha == "ramp":
        matte = 40 + x * 215 // max(width - 1, 1)
    elif alpha == "soft":
        distance = np.hypot(x - (width - 1) / 2, y - (height - 1) / 2) / (min(width, height) / 2)
        matte = np.clip((1 - distance) * 4, 0, 1) * 255
    else:
        matte = np.full((height, width), 255)
    return np.dstack([colour, matte]).astype(np.uint8)


def plain_document(bottom: str = "opaque") -> Document:
    """Bottom picture, a group with a Multiply layer and a half transparent locked one over the edge, a hidden layer."""
    inside = (
        Layer(picture(120, 90, 1, "soft"), 40, 30, name="商品 🎨 multiply", blend_mode=BlendMode.MULTIPLY),
        Layer(picture(100, 100, 2, "soft"), -20, 150, name="half off", opacity=0.5, locked=True, kind=LayerKind.TEXT),
    )
    nodes = (
        Layer(picture(WIDTH, HEIGHT, 0, bottom), name="base photo", kind=LayerKind.BACKGROUND),
        Group(inside, name="グループ é"),
        Layer(picture(60, 61, 3), 200, 20, name="hidden", visible=False),
    )
    return Document(WIDTH, HEIGHT, nodes, dpi=(300.0, 300.0), source=Path("a picture.jpg"))


def full_document(bottom: str = "opaque") -> Document:
    """Every blend mode, nested and hidden groups with opacity, a mask, odd boxes, and what `plain_document` holds."""
    modes = [m for m in BlendMode if m not in (BlendMode.NORMAL, BlendMode.PASS_THROUGH)]
    blends = tuple(
        Layer(picture(40, 30, 10 + i, "soft"), 10 + 25 * i, 100 + 8 * (i % 3), name=f"blend {m}", blend_mode=m)
        for i, m in enumerate(modes)
    )
    mask = np.tile(np.linspace(0, 255, 50).astype(np.uint8), (50, 1))
    nested = Group(
        (Layer(picture(50, 50, 40), 150, 60, name="masked", mask=Mask(mask)), Group((), name="nothing inside")),
        name="inner",
        opacity=0.6,
        blend_mode=BlendMode.NORMAL,
    )
    plain = plain_document(bottom)
    more = (
        Group((*blends, nested), name="outer"),
        Group((Layer(picture(20, 20, 41), 5, 5, name="in hidden group"),), name="hidden group", visible=False),
        Layer(picture(30, 30, 42), 500, 400, name="wholly outside"),
        Layer(picture(1, 1, 43), 319, 239, name="one pixel"),
    )
    return plain.with_siblings(None, (*plain.nodes, *more))
