"""Names for layers: text by what it says, everything else by what Qwen2.5-VL sees on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from engine.document import LayerKind, Pixels

LONGEST = 39
MIN_TEXT_SCORE = 0.7
ASK = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "This is one layer of a design, on grey. Name what it shows in two to five words, such as: woman in red coat. "
    "Answer with the name only.<|im_end|>\n<|im_start|>assistant\n"
)
SIDE = 448
GREY = 128

Name = tuple[str, LayerKind, str]
"""(name, kind, text read on the layer)."""


def name_layers(
    layers: Sequence[Pixels],
    read: Callable[[Pixels], str] | None,
    describe: Callable[[Pixels], str] | None,
    step: Callable[[int], None] = lambda _done: None,
) -> list[Name]:
    """A name for each layer, bottom first: unique, under 40 characters.

    `read` gives the text on a layer ("" for none), `describe` a phrase for what it shows; without them, or where they
    give nothing usable, a layer is called after its kind and place.
    """
    found: list[Name] = []
    for index, layer in enumerate(layers):
        text = read(layer) if read and index > 0 else ""
        said = clean(text) if text else clean(describe(layer)) if describe else ""
        kind = kind_of(layer, index, text)
        found.append((said or _plain(kind, index), kind, text))
        step(index + 1)
    return [(name, kind, text) for name, (_, kind, text) in zip(unique([n for n, _, _ in found]), found, strict=True)]


def kind_of(layer: Pixels, index: int, text: str) -> LayerKind:
    """The lowest layer that covers nearly all of the canvas is the background."""
    if index == 0 and float((layer[..., 3] > 127).mean()) > 0.9:
        return LayerKind.BACKGROUND
    return LayerKind.TEXT if text else LayerKind.OBJECT


def clean(said: str) -> str:
    """A phrase as a layer's name: one line, no quotes or full stop, under 40 characters, "" where nothing is left."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines:
        return ""
    line = re.sub(r"^(the\s+)?(layer\s+)?name\s*(is)?\s*:\s*", "", lines[0], flags=re.IGNORECASE)
    line = "".join(c for c in line if c.isprintable() and c != "\ufffd").strip(" \t\"'`*_.,;:“”‘’«»「」。")
    line = re.sub(r"\s+", " ", line)
    if not any(c.isalnum() for c in line):
        return ""
    if len(line) <= LONGEST:
        return line
    cut = line[: LONGEST - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > LONGEST // 2 else cut).rstrip(" ,;:-") + "…"


def unique(names: Sequence[str]) -> list[str]:
    """The same names, numbered from the second of a kind on, still under 40 characters."""
    seen: set[str] = set()
    out = []
    for name in names:
        chosen, number = name, 2
        while chosen.casefold() in seen:
            tail = f" {number}"
            chosen = name[: LONGEST - len(tail)].rstrip() + tail
            number += 1
        seen.add(chosen.casefold())
        out.append(chosen)
    return out


def on_grey(layer: Pixels, side: int = SIDE) -> Image.Image:
    """The layer's own box over grey, at most `side` px, as an RGB picture for the describing model."""
    rows, cols = np.nonzero(layer[..., 3] > 16)
    if len(rows):
        layer = layer[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1]
    picture = Image.new("RGBA", (layer.shape[1], layer.shape[0]), (GREY, GREY, GREY, 255))
    picture.alpha_composite(Image.fromarray(np.ascontiguousarray(layer)))
    small = picture.convert("RGB")
    small.thumbnail((side, side))
    wide, high = max(56, small.width), max(56, small.height)
    padded = Image.new("RGB", (wide, high), (GREY, GREY, GREY))
    padded.paste(small, ((wide - small.width) // 2, (high - small.height) // 2))
    return padded


def text_reader() -> Callable[[Pixels], str]:
    """A function that reads the text on a layer, with the recogniser that the program carries. Needs no network.

    A layer counts as text where what was read covers a good part of what the layer shows.
    """
    from rapidocr import RapidOCR

    recogniser = RapidOCR()

    def read(layer: Pixels) -> str:
        flat = np.asarray(on_grey(layer, side=960))[..., ::-1]
        result: Any = recogniser(flat)
        if result.txts is None or result.boxes is None or result.scores is None:
            return ""
        sure = [
            (str(t), b) for t, b, s in zip(result.txts, result.boxes, result.scores, strict=True) if s >= MIN_TEXT_SCORE
        ]
        area = sum(float(np.ptp(np.asarray(b)[:, 0]) * np.ptp(np.asarray(b)[:, 1])) for _, b in sure)
        shown = float((np.abs(flat.astype(np.int16) - GREY).max(axis=2) > 8).sum())
        return " ".join(t for t, _ in sure) if sure and area >= 0.5 * shown else ""

    return read


def _plain(kind: LayerKind, index: int) -> str:
    return "Background" if kind is LayerKind.BACKGROUND else f"Layer {index + 1}"
