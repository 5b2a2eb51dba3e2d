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
from engine.imaging.arrays import (
    AREA,
    CHANNELS,
    WHITE,
    Bools,
    Floats,
    Real,
    components,
    resize,
)
from engine.models import subject

SIDE = 320
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
SURE = 0.5
MIN_SHARE = 0.01
MAX_SHARE = 0.8
STRIP = 64
"""Rows that are solved between two looks at whether to stop."""

ONLY_FATAL = 4
"""onnxruntime's level of what it prints."""
MOST_THREADS = 4
SNAP, LEAST_SNAP = 0.012, 4
"""Radius within which the model's edges, found at 320 px, are drawn to the picture's: part of its longer side, px …"""
SNAP_EPSILON = 1e-3
"""… and how flat (variance of 0..1) a neighbourhood is that has none."""
SURENESS = 0.78
"""Mean probability of an object that stands out."""
PART = 0.08
"""Parts smaller than this share of the largest are dropped."""
UNSURE_FROM, UNSURE_TO = 0.2, 0.8
UNSURE, UNSURE_ALWAYS = 0.6, 0.05
"""Pixels between may take this part of the object's share of the picture, and that much of the picture more."""


@lru_cache(maxsize=1)
def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = ONLY_FATAL
    options.intra_op_num_threads = max(1, min(MOST_THREADS, os.cpu_count() or 1))
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


def available() -> bool:
    """Whether the subject model is there and whole."""
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
    return guided(image / WHITE, raw, max(LEAST_SNAP, round(SNAP * max(height, width))), SNAP_EPSILON, check)


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
    if not MIN_SHARE <= share <= MAX_SHARE or float(probability[mask].mean()) < SURENESS:
        return None
    count, labels, stats = components(mask)
    area = stats[1:, AREA]
    keep = np.concatenate([[False], area >= PART * area.max()])
    unsure = float(((probability > UNSURE_FROM) & (probability < UNSURE_TO)).mean())
    del count
    return cast(Bools, keep[labels]) if unsure < UNSURE * share + UNSURE_ALWAYS else None


def guided(guide: Real, values: Floats, radius: int, epsilon: float, check: Check = never) -> Floats:
    """Guided filter with a colour guide (He, Sun and Tang 2010): `values` with the edges of `guide` (RGB 0..1)."""
    size = (2 * radius + 1, 2 * radius + 1)
    guide = guide.astype(np.float32)

    def mean(array: Real) -> Floats:
        return cast(Floats, cv2.boxFilter(array, -1, size, borderType=cv2.BORDER_REFLECT))

    middle, middle_values = mean(guide), mean(values)
    covariance = mean(guide * values[..., None]) - middle * middle_values[..., None]
    spread = np.empty((*values.shape, CHANNELS, CHANNELS), np.float32)
    for i in range(CHANNELS):
        for j in range(i, CHANNELS):
            check()
            product = mean(np.ascontiguousarray(guide[..., i] * guide[..., j])) - middle[..., i] * middle[..., j]
            spread[..., i, j] = spread[..., j, i] = product
    spread += epsilon * np.eye(CHANNELS, dtype=np.float32)
    slope = np.concatenate([_solved(spread[at], covariance[at], check) for at in _strips(len(spread))])
    offset = middle_values - (slope * middle).sum(2)
    out = (mean(slope.astype(np.float32)) * guide).sum(2) + mean(offset.astype(np.float32))
    return cast(Floats, np.clip(out, 0, 1).astype(np.float32))


def _solved(matrices: Floats, right: Floats, check: Check) -> Floats:
    check()
    return cast(Floats, np.linalg.solve(matrices, right[..., None])[..., 0])


def _strips(rows: int) -> list[slice]:
    return [slice(top, top + STRIP) for top in range(0, rows, STRIP)]
