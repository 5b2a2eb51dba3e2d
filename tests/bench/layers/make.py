"""Generates designs: `python -m tests.bench.layers.make OUT --split test --count 300 [--material FOLDER]`.

A design is decided by its seed and the material alone. Half of them stand on busy grounds; a third is damaged as files
that people bring are: JPEG, resampling, both.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.layers.design import BUSY, Design, Pixels, flat_pixels, write
from tests.bench.layers.families import FAMILIES, unified
from tests.bench.layers.grounds import KINDS
from tests.bench.layers.material import SEEDS, Material, load
from tests.bench.layers.palette import palette
from tests.bench.layers.raster import on_canvas
from tests.bench.layers.things import Scene

SHAPES = ((1000, 1000), (840, 1188), (1188, 840), (1280, 720), (720, 1280), (1120, 900))
"""Canvas sizes in px, about 1 MP each."""
LEAST = 60
"""px of alpha that a layer must show for a person to want it: what is hidden or off the canvas is left out."""


def design(seed: int, material: Material, busy: bool | None = None) -> Design:
    """The design of a seed. `busy`: on a busy ground or not; None leaves it to chance."""
    rng = np.random.default_rng(seed)
    family = str(rng.choice(sorted(FAMILIES)))
    make, offered = FAMILIES[family]
    wanted = [g for g in offered if busy is None or (KINDS[g][0] in BUSY) == busy]
    if not wanted:
        return design(seed + 500_000, material, busy)
    ground = wanted[int(rng.integers(len(wanted)))]
    width, height = SHAPES[int(rng.integers(len(SHAPES)))]
    colours = unified(rng) if rng.random() < 0.12 else palette(rng)
    scene = Scene(rng, colours, material, width, height)
    called, lay = KINDS[ground]
    base = np.rint(np.clip(lay(rng, colours, material, width, height), 0, 255)).astype(np.uint8)
    layers = [np.dstack([base, np.full((height, width), 255, np.uint8)])]
    kinds, names = ["background"], ["Ground"]
    for piece in make(scene):
        layers.append(on_canvas(piece, width, height))
        kinds.append(piece.kind)
        names.append(piece.name)
    kept = seen(layers)
    layers, kinds, names = [layers[i] for i in kept], [kinds[i] for i in kept], [names[i] for i in kept]
    picture, damage = damaged(flat_pixels(layers), rng)
    meta = {"seed": seed, "family": family, "ground_kind": ground, "damage": damage}
    return Design(picture, tuple(layers), tuple(kinds), tuple(names), called, meta)


def seen(layers: list[Pixels]) -> list[int]:
    """Indices of the ground and of layers of which enough is seen."""
    covered = np.zeros(layers[0].shape[:2], np.float32)
    kept = []
    for number in range(len(layers) - 1, -1, -1):
        alpha = layers[number][..., 3].astype(np.float32) / 255
        if number == 0 or float((alpha * (1 - covered)).sum()) >= LEAST:
            kept.append(number)
            covered = np.maximum(covered, alpha)
    return kept[::-1]


def damaged(pixels: Pixels, rng: np.random.Generator) -> tuple[Pixels, str]:
    """The picture as a file brings it, and what was done to it."""
    kind = str(rng.choice(["none", "none", "none", "jpeg", "resampled", "both"]))
    image = Image.fromarray(pixels).convert("RGB")
    if kind in ("resampled", "both"):
        w, h = image.size
        factor = rng.uniform(0.7, 1.4)
        size = max(2, round(w * factor)), max(2, round(h * factor))
        image = image.resize(size, Image.Resampling.BICUBIC).resize((w, h), Image.Resampling.BICUBIC)
    if kind in ("jpeg", "both"):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(rng.integers(60, 95)))
        image = Image.open(file)
    return np.asarray(image.convert("RGBA")), kind


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=sorted(SEEDS), default="validation")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--material", type=Path)
    given = parser.parse_args()
    material = load(given.split, given.material)
    for number in range(given.count):
        made = design(SEEDS[given.split] + number, material, busy=bool(number % 2))
        write(made, given.out / f"{given.split}_{number:03d}")
        print(f"\r{number + 1} of {given.count}", end="", flush=True)
    print()


if __name__ == "__main__":
    main()
