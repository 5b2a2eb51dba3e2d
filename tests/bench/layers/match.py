"""Predicted layers against true ones: matched one to one, and what the matching says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tests.bench.layers.design import Floats, Pixels

GOOD = 0.8
"""Soft IoU from which a designer would keep a layer."""
PARTLY = 0.5
"""Share of a layer that lies on another one for the two to count as over- or under-segmented."""
SEEN = 1 / 255


def soft_iou(a: Floats, b: Floats) -> float:
    """Sum of minima over sum of maxima of two alphas (0..1); 1 for two empty ones."""
    union = float(np.maximum(a, b).sum())
    return float(np.minimum(a, b).sum()) / union if union > 0 else 1.0


def alpha_of(layer: Pixels) -> Floats:
    """float32 H x W, 0..1."""
    return layer[..., 3].astype(np.float32) / np.float32(255)


@dataclass(frozen=True, slots=True)
class Matching:
    """A one-to-one matching of true to predicted layers, the grounds left out (Kuhn 1955, by soft IoU of alphas).

    Attributes:
        iou: of each true layer with its partner, 0 where it has none.
        partner: index among the predicted of each true layer's partner, or -1.
        over: true layers that lie on two or more predicted ones.
        under: predicted layers that hold two or more true ones.
        predicted: how many predicted layers there are.
    """

    iou: tuple[float, ...]
    partner: tuple[int, ...]
    over: int
    under: int
    predicted: int

    @property
    def mean(self) -> float:
        """Mean IoU over true layers; 1 where there is none and none was predicted."""
        return float(np.mean(self.iou)) if self.iou else float(self.predicted == 0)


def match(true: Sequence[Pixels], predicted: Sequence[Pixels]) -> Matching:
    """Match layers without their grounds."""
    wanted, found = [alpha_of(layer) for layer in true], [alpha_of(layer) for layer in predicted]
    table = np.zeros((len(wanted), len(found)), np.float64)
    shared = np.zeros_like(table)
    for i, a in enumerate(wanted):
        for j, b in enumerate(found):
            both = float(np.minimum(a, b).sum())
            shared[i, j] = both
            table[i, j] = both / max(float(np.maximum(a, b).sum()), 1e-9)
    iou, partner = [0.0] * len(wanted), [-1] * len(wanted)
    if table.size:
        for row, column in zip(*linear_sum_assignment(-table), strict=True):
            if table[row, column] > 0:
                iou[int(row)], partner[int(row)] = float(table[row, column]), int(column)
    of_true = np.array([max(float(a.sum()), 1e-9) for a in wanted])
    of_found = np.array([max(float(b.sum()), 1e-9) for b in found])
    # A predicted layer is a part of the true one that holds most of it, and the other way round.
    parts = _homes(shared / of_found[None], 0) if table.size else []
    holds = _homes(shared / of_true[:, None], 1) if table.size else []
    over, under = (sum(1 for home in set(homes) if homes.count(home) > 1) for homes in (parts, holds))
    return Matching(tuple(iou), tuple(partner), over, under, len(found))


def _homes(share: NDArray[np.float64], axis: int) -> list[int]:
    """Along `axis`, where each layer of the other side has its largest share, for those that are mostly there."""
    best = share.argmax(axis)
    return [int(home) for home, most in zip(best, share.max(axis), strict=True) if most > PARTLY]


def order_right(true: Sequence[Pixels], partner: Sequence[int]) -> tuple[int, int]:
    """(right, all) pairs of true layers that overlap, both matched: does the upper one's partner lie above?"""
    right = total = 0
    alphas = [alpha_of(layer) > SEEN for layer in true]
    for low in range(len(true)):
        for high in range(low + 1, len(true)):
            if min(partner[low], partner[high]) < 0 or not (alphas[low] & alphas[high]).any():
                continue
            total += 1
            right += int(partner[high] > partner[low])
    return right, total


def matte_errors(true: Pixels, predicted: Pixels) -> tuple[float, float]:
    """(SAD in thousands of px, gradient error in thousands) of a layer's alpha against the true one.

    As Rhemann et al. 2009 define them: the sum of absolute differences, and the squared difference of the magnitudes
    of Gaussian derivatives (sigma 1.4 px).
    """
    a, b = alpha_of(true), alpha_of(predicted)
    sad = float(np.abs(a - b).sum()) / 1000
    return sad, float(((_slope(a) - _slope(b)) ** 2).sum()) / 1000


def _slope(alpha: Floats) -> NDArray[np.floating]:
    smooth = cv2.GaussianBlur(alpha, (0, 0), 1.4)
    return np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1))
