"""A design with known layers, and its folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""H x W x 4 straight alpha, H x W x 3 or H x W."""
Floats = NDArray[np.float32]

BUSY = frozenset({"busy", "photo", "texture", "painterly"})
"""Grounds on which a colour model of the whole ground cannot hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A flat picture and the layers that it was made of.

    Attributes:
        input: uint8 H x W x 4, what an engine is given; it may be damaged by JPEG or resampling, the layers are not.
        layers: uint8 H x W x 4 each, bottom first; the first is the ground, whole behind everything.
        kinds: of each layer: "background", "object", "text", "shape", "effect".
        names: of each layer, for people.
        ground: what the ground is: "plain", "gradient" or one of BUSY.
        meta: whatever else is known: seed, family, damage.
    """

    input: Pixels
    layers: tuple[Pixels, ...]
    kinds: tuple[str, ...]
    names: tuple[str, ...] = ()
    ground: str = "plain"
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether it counts among the busy grounds."""
        return self.ground in BUSY


def flatten(layers: Sequence[Pixels]) -> Floats:
    """Premultiplied float32 H x W x 4, 0..1: layers bottom first, each over what lies below (Porter and Duff 1984)."""
    out = np.zeros(layers[0].shape, np.float32)
    for layer in layers:
        alpha = layer[..., 3:].astype(np.float32) / 255
        out *= 1 - alpha
        out[..., :3] += layer[..., :3].astype(np.float32) / 255 * alpha
        out[..., 3:] += alpha
    return out


def flat_pixels(layers: Sequence[Pixels]) -> Pixels:
    """The same as uint8 straight alpha."""
    stacked = flatten(layers)
    colour = stacked[..., :3] / np.maximum(stacked[..., 3:], 1e-6)
    straight = np.concatenate([np.clip(colour, 0, 1), stacked[..., 3:]], 2)
    return np.rint(straight * 255).astype(np.uint8)


def write(design: Design, folder: Path) -> None:
    """Write a design as its folder; the files of another one there go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("layer_*.png"):
        old.unlink()
    Image.fromarray(design.input).save(folder / "input.png", compress_level=3)
    for number, layer in enumerate(design.layers):
        Image.fromarray(layer).save(folder / f"layer_{number:02d}.png", compress_level=3)
    names = design.names or ("",) * len(design.layers)
    listed = [{"kind": kind, "name": name} for kind, name in zip(design.kinds, names, strict=True)]
    meta = {**design.meta, "ground": design.ground, "layers": listed}
    (folder / "meta.json").write_text(json.dumps(meta, indent=1, ensure_ascii=False), encoding="utf-8")


def read(folder: Path) -> Design:
    """The design of a folder. What `meta.json` does not say is guessed: the lowest layer is a plain background.

    Raises FileNotFoundError where there is no input or no layer, ValueError where a layer has another size.
    """
    picture = rgba(folder / "input.png")
    layers = tuple(rgba(path) for path in sorted(folder.glob("layer_*.png")))
    if not layers:
        raise FileNotFoundError(folder / "layer_00.png")
    if wrong := [n for n, layer in enumerate(layers) if layer.shape != picture.shape]:
        raise ValueError(f"{folder}: layer {wrong[0]} is not as large as the input")
    path = folder / "meta.json"
    meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    listed = meta.get("layers")
    said = listed if isinstance(listed, list) and len(listed) == len(layers) else [{}] * len(layers)
    facts = [fact if isinstance(fact, dict) else {} for fact in said]
    kinds = tuple(str(f.get("kind", "background" if n == 0 else "object")) for n, f in enumerate(facts))
    names = tuple(str(f.get("name", f.get("text", ""))) for f in facts)
    ground = meta.get("ground", meta.get("background", "plain"))
    return Design(picture, layers, kinds, names, str(ground), meta)


def rgba(path: Path) -> Pixels:
    """A picture file as uint8 H x W x 4."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
