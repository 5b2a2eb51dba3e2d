"""Predictions: this tree's engine, another program's command, and the baselines."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import cv2
import numpy as np
from PIL import Image

from tests.bench.layers.design import Pixels, flatten, rgba

COLOURS = 6
"""Clusters of the colour baseline, the ground's among them: about as many as a design has layers."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a method made of a picture.

    Attributes:
        layers: uint8 H x W x 4 at the picture's size, bottom first. grounds: indices of those that are grounds.
        raw: the same layers before the lift, where the method has one, else the layers.
        seconds: of processor time.
    """

    layers: tuple[Pixels, ...]
    grounds: frozenset[int] = frozenset({0})
    raw: tuple[Pixels, ...] = field(default=())
    seconds: float = 0.0

    @property
    def objects(self) -> list[Pixels]:
        """The layers without grounds, bottom first."""
        return [layer for n, layer in enumerate(self.layers) if n not in self.grounds]

    def stack_error(self, picture: Pixels) -> int:
        """The largest difference of the stack from the picture, 0..255."""
        stacked = flatten(self.layers)
        wanted = picture.astype(np.float32) / 255
        premultiplied = np.concatenate([wanted[..., :3] * wanted[..., 3:], wanted[..., 3:]], 2)
        return int(np.ceil(np.abs(stacked - premultiplied).max() * 255 - 0.5))


Method = Callable[[Pixels], Prediction]


def engine(picture: Pixels) -> Prediction:
    """This tree's built-in engine, whose layers are kept before and after the lift."""
    from engine.decomposer import Lift, Request
    from engine.document import LayerKind
    from engine.engines import engine_for
    from engine.lifting.lift import lift

    started = time.process_time()
    made = engine_for("builtin").run(Request(picture, "builtin"), lambda _progress: None, Event())
    lifted = lift(picture, made, mode=Lift.FULL, engine="builtin")
    seconds = time.process_time() - started
    bare = lift(picture, made, mode=Lift.NONE, engine="builtin")
    shape = picture.shape
    layers = tuple(_placed(layer.pixels, layer.left, layer.top, shape) for layer in lifted.layers)
    raw = tuple(_placed(layer.pixels, layer.left, layer.top, shape) for layer in bare.layers)
    grounds = frozenset(n for n, layer in enumerate(lifted.layers) if layer.kind is LayerKind.BACKGROUND)
    return Prediction(layers, grounds, raw, seconds)


def _placed(pixels: Pixels, left: int, top: int, shape: tuple[int, ...]) -> Pixels:
    out = np.zeros(shape, np.uint8)
    h, w = pixels.shape[:2]
    out[max(top, 0) : top + h, max(left, 0) : left + w] = pixels[
        max(-top, 0) : shape[0] - top, max(-left, 0) : shape[1] - left
    ]
    return out


def program(command: str, *options: str) -> Method:
    """Any version of Unflatten, by its command: the engine as found, for instance."""

    def run(picture: Pixels) -> Prediction:
        with tempfile.TemporaryDirectory() as folder:
            source, layers = Path(folder) / "input.png", Path(folder) / "layers"
            Image.fromarray(picture).save(source)
            arguments = [command, "decompose", source, "--png", layers, "-o", Path(folder) / "a.psd", *options]
            started = time.perf_counter()
            subprocess.run([str(a) for a in arguments], check=True, capture_output=True, timeout=600)
            seconds = time.perf_counter() - started
            return _read(layers, picture.shape, seconds)

    return run


def _read(folder: Path, shape: tuple[int, ...], seconds: float) -> Prediction:
    listed = json.loads((folder / "layers.json").read_text(encoding="utf-8"))["layers"]
    layers = tuple(_placed(rgba(folder / entry["file"]), entry["left"], entry["top"], shape) for entry in listed)
    grounds = frozenset(n for n, entry in enumerate(listed) if entry["kind"] == "background")
    return Prediction(layers, grounds, (), seconds)


def cut_out(picture: Pixels) -> Prediction:
    """What a background remover gives: the salient subject of u2netp over the rest, filled by OpenCV."""
    from engine.builtin.saliency import saliency

    started = time.process_time()
    image = picture[..., :3].astype(np.float32)
    found = saliency(image)
    alpha = np.zeros(picture.shape[:2], np.float32) if found is None else np.clip(found, 0, 1)
    hole = (alpha > 0.05).astype(np.uint8) * 255
    below = cv2.inpaint(np.ascontiguousarray(picture[..., :3]), hole, 5, cv2.INPAINT_TELEA)
    ground = np.dstack([below, np.full(hole.shape, 255, np.uint8)])
    subject = np.dstack([picture[..., :3], np.rint(alpha * 255).astype(np.uint8)])
    return Prediction((ground, subject), seconds=time.process_time() - started)


def colours(picture: Pixels) -> Prediction:
    """What colour separation gives: clusters of colours (k-means), the one most at the border below."""
    started = time.process_time()
    image = np.ascontiguousarray(picture[..., :3])
    small = cv2.resize(image, (160, 160), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 1.0)
    _, _, centres = cv2.kmeans(small, COLOURS, np.zeros((0, 1), np.int32), criteria, 3, cv2.KMEANS_PP_CENTERS)
    away = ((image[:, :, None].astype(np.float32) - centres[None, None]) ** 2).sum(3)
    nearest = away.argmin(2)
    border = np.concatenate([nearest[0], nearest[-1], nearest[:, 0], nearest[:, -1]])
    lowest = int(np.bincount(border, minlength=COLOURS).argmax())
    order = [lowest, *(k for k in range(COLOURS) if k != lowest)]
    layers = [np.dstack([image, np.where(nearest == k, 255, 0).astype(np.uint8)]) for k in order]
    layers[0] = np.dstack([np.full_like(image, np.rint(centres[lowest])), np.full(nearest.shape, 255, np.uint8)])
    return Prediction(tuple(layers), seconds=time.process_time() - started)
