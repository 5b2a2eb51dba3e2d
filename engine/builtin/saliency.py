"""The main object of a photograph, by u2netp where it is there."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from engine.alone import alone
from engine.cancel import Check, never
from engine.imaging.arrays import Bools, Floats, Real, components, resize
from engine.models import subject

SIDE = 320
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
SURE = 0.5
MIN_SHARE = 0.01
MAX_SHARE = 0.8
STRIP = 64
"""Rows that are solved between two looks at whether to stop."""


@lru_cache(maxsize=1)
def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = max(1, min(4, os.cpu_count() or 1))
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


def available() -> bool:
    return subject.path_if_present() is not None


def saliency(image: Floats, check: Check = never) -> Floats | None:
    """How likely each pixel belongs to the main object, H x W 0..1, edges snapped to the picture's; None without the
    model. `image` is RGB 0..255."""
    path = subject.path_if_present()
    if path is None:
        return None
    height, width = image.shape[:2]
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / max(1.0, float(image.max()))
    batch = ((small - MEAN) / SPREAD).transpose(2, 0, 1)[None].astype(np.float32)
    answer = _answer(path, batch, check)
    check()
    raw = resize(answer.astype(np.float32), width, height)
    return guided(image / 255, raw, max(4, round(0.012 * max(height, width))), 1e-3, check)


def _answer(path: Path, batch: Floats, check: Check) -> Floats:
    """The model's first output, SIDE x SIDE. Raises what onnxruntime raises where the model cannot be used."""
    import onnxruntime

    options = onnxruntime.RunOptions()

    def run() -> Floats:
        session = _session(path)
        return cast(Floats, session.run(None, {session.get_inputs()[0].name: batch}, options)[0][0, 0])

    def end() -> None:
        options.terminate = True

    return alone(run, check, end)


def main_object(probability: Floats) -> Bools | None:
    """The main object as a mask; None where nothing stands out."""
    mask = probability > SURE
    share = float(mask.mean())
    if not MIN_SHARE <= share <= MAX_SHARE or float(probability[mask].mean()) < 0.78:
        return None
    count, labels, stats = components(mask)
    area = stats[1:, 4]
    keep = np.concatenate([[False], area >= 0.08 * area.max()])
    unsure = float(((probability > 0.2) & (probability < 0.8)).mean())
    del count
    return cast(Bools, keep[labels]) if unsure < 0.6 * share + 0.05 else None


def guided(guide: Real, values: Floats, radius: int, epsilon: float, check: Check = never) -> Floats:
    """Guided filter with a colour guide (He, Sun and Tang 2010): `values` with the edges of `guide` (RGB 0..1)."""
    size = (2 * radius + 1, 2 * radius + 1)
    guide = guide.astype(np.float32)

    def mean(array: Real) -> Floats:
        return cast(Floats, cv2.boxFilter(array, -1, size, borderType=cv2.BORDER_REFLECT))

    middle, middle_values = mean(guide), mean(values)
    covariance = mean(guide * values[..., None]) - middle * middle_values[..., None]
    spread = np.empty((*values.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            check()
            product = mean(np.ascontiguousarray(guide[..., i] * guide[..., j])) - middle[..., i] * middle[..., j]
            spread[..., i, j] = spread[..., j, i] = product
    spread += epsilon * np.eye(3, dtype=np.float32)
    slope = np.concatenate([_solved(spread[at], covariance[at], check) for at in _strips(len(spread))])
    offset = middle_values - (slope * middle).sum(2)
    out = (mean(slope.astype(np.float32)) * guide).sum(2) + mean(offset.astype(np.float32))
    return cast(Floats, np.clip(out, 0, 1).astype(np.float32))


def _solved(matrices: Floats, right: Floats, check: Check) -> Floats:
    check()
    return cast(Floats, np.linalg.solve(matrices, right[..., None])[..., 0])


def _strips(rows: int) -> list[slice]:
    return [slice(top, top + STRIP) for top in range(0, rows, STRIP)]
