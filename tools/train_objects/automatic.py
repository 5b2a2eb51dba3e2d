"""Masks of everything in a picture, from a grid of points. Plain numpy: validate.py and infer.py share it."""

from dataclasses import dataclass

import numpy as np

GRID = 32  # points a side
MIN_CELLS = 12  # mask pixels; less is a speck
MAX_SHARE = 0.92  # of the picture; more is the ground


@dataclass
class Candidate:
    """Masks of many points at one level: `mask` (n, H, W) bool, `score` (n,), `point` (n,) numbers of the points."""

    mask: np.ndarray
    score: np.ndarray
    point: np.ndarray


def grid_points(grid: int = GRID) -> np.ndarray:
    """(grid * grid, 2) float32, x and y in 0..1."""
    line = (np.arange(grid, dtype=np.float32) + 0.5) / grid
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def stability(logits: np.ndarray) -> np.ndarray:
    """How little a mask (n, H, W) changes with its threshold: 1 is not at all."""
    return (logits > 1).sum((1, 2)) / np.maximum(1, (logits > -1).sum((1, 2)))


def keep_best(
    found: Candidate, threshold: float, *, overlap: float = 0.6, inside: float = 0.88, most: int = 80,
    least: float = MIN_CELLS,
) -> Candidate:  # fmt: skip
    """Drops doubles, best first: two masks are one thing when they overlap much, or when one lies in the other and is
    nearly as large."""
    area = found.mask.sum((1, 2)).astype(np.float64)
    cells = found.mask.shape[1] * found.mask.shape[2]
    order = np.where((area >= least) & (area < MAX_SHARE * cells) & (found.score > threshold))[0]
    order = order[np.argsort(-found.score[order], kind="stable")]
    flat = found.mask[order].reshape(len(order), cells).astype(np.float32)
    shared, area = flat @ flat.T, area[order]
    kept: list[int] = []
    for i in range(len(order)):
        for j in kept:
            both = shared[i, j]
            near = min(area[i], area[j]) > 0.45 * max(area[i], area[j])
            if both > overlap * (area[i] + area[j] - both) or (near and both > inside * min(area[i], area[j])):
                break
        else:
            kept.append(i)
        if len(kept) >= most:
            break
    chosen = order[kept]
    return Candidate(found.mask[chosen], found.score[chosen], found.point[chosen])


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, H, W) and (m, H, W) bool -> (n, m)."""
    a, b = a.reshape(len(a), -1).astype(np.float32), b.reshape(len(b), -1).astype(np.float32)
    shared = a @ b.T
    return shared / np.maximum(a.sum(1)[:, None] + b.sum(1)[None] - shared, 1)
