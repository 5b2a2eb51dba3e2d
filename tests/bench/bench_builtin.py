"""How well and how fast the built-in engine separates generated posters. Run: python -m tests.bench.bench_builtin

Prints the mean layer IoU (each true layer matched to one found layer), the share of pixels given back within 8 steps
before lifting, and seconds as a multiple of reading the text alone, which any engine of this kind pays.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence

import numpy as np

from engine.builtin.engine import BuiltinEngine
from engine.decomposer import Request
from engine.text.reading import read_lines
from tests.engine.builtin.posters import BUSY_STYLES, PLAIN_STYLES, composite, layer_iou, make_poster

SEEDS = tuple(range(201, 206))


def measure(seed: int, style: str) -> tuple[float, float, float]:
    """(layer IoU, share of pixels within 8 steps, seconds over seconds of OCR) of one poster."""
    poster = make_poster(seed, style)
    rgb = np.ascontiguousarray(poster.image[..., :3])
    start = time.perf_counter()
    read_lines(rgb, lambda part: None)
    baseline = time.perf_counter() - start
    start = time.perf_counter()
    stack = BuiltinEngine().run(Request(poster.image), lambda progress: None, threading.Event())
    seconds = time.perf_counter() - start
    error = np.abs(composite(stack)[..., :3] - poster.image[..., :3]).max(2)
    return layer_iou(poster, stack), float((error <= 8).mean()), seconds / baseline


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options = parser.parse_args(arguments)
    print(f"{'style':10} {'layer IoU':>9} {'within 8':>9} {'x OCR':>6}")
    for style in (*PLAIN_STYLES, *BUSY_STYLES):
        rows = np.array([measure(seed, style) for seed in options.seeds])
        print(f"{style:10} {rows[:, 0].mean():9.3f} {rows[:, 1].mean():9.4f} {np.median(rows[:, 2]):6.1f}")


if __name__ == "__main__":
    main()
