"""Random colours and colour changes, as numpy arrays: what makes one sprite look like many."""

import numpy as np

Rng = np.random.RandomState
LUMA = np.array([0.299, 0.587, 0.114])
# The rotation of hue about the grey axis, to first order in sine (a standard matrix of the YIQ space).
HUE = np.array([[0.168, 0.330, -0.497], [-0.328, 0.035, 0.292], [1.25, -1.05, -0.203]])


def random_rgb(rng: Rng, count: int) -> np.ndarray:
    """(count, 3) float32 0..1: greys, pastels and strong colours, dark to bright."""
    hue = rng.rand(count)
    saturation = rng.choice([0, 0.15, 0.4, 0.7, 1.0], count) * rng.uniform(0.7, 1, count)
    value = rng.choice([0.1, 0.35, 0.7, 0.9, 1.0], count) * rng.uniform(0.85, 1, count)
    k = (np.array([5, 3, 1])[None] + hue[:, None] * 6) % 6
    return (value[:, None] * (1 - saturation[:, None] * np.clip(np.minimum(k, 4 - k), 0, 1))).astype(np.float32)


def matrices(rng: Rng, strong: np.ndarray) -> np.ndarray:
    """(n, 3, 3): hue turned (fully where `strong`), saturation and gain changed."""
    count = len(strong)
    turn = rng.uniform(-1, 1, count) * np.where(strong, np.pi, 0.35)
    saturation, gain = rng.uniform(0.4, 1.4, count), rng.uniform(0.65, 1.2, count)
    grey = np.outer(np.ones(3), LUMA)
    rotated = np.cos(turn)[:, None, None] * (np.eye(3) - grey) + np.sin(turn)[:, None, None] * HUE
    return (grey + saturation[:, None, None] * rotated) * gain[:, None, None]


def tints(rng: Rng, count: int) -> np.ndarray:
    """(n, 3, 3): everything drawn in shades of one colour, partly or wholly: red figures on red."""
    hue = random_rgb(rng, count)
    hue = hue / np.maximum(hue @ LUMA, 0.25)[:, None]
    full = np.einsum("ni,j->nij", hue, LUMA)
    amount = rng.uniform(0.4, 0.95, count)[:, None, None]
    return full * amount + np.eye(3) * (1 - amount)


def sprite_colours(rng: Rng, image: np.ndarray, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """For sprites of the images `image` (n,): matrices (n, 3, 3) and offsets (n, 3), float32.

    In three scenes of ten all sprites change alike; in one and a half all share one tint; elsewhere each its own way.
    """
    count = len(image)
    own = matrices(rng, rng.rand(count) < 0.35)
    own[rng.rand(count) < 0.35] = np.eye(3)
    shared, alike = matrices(rng, rng.rand(batch) < 0.5), rng.rand(batch) < 0.3
    own = np.where(alike[image][:, None, None], shared[image], own)
    tint, tinted = tints(rng, batch), rng.rand(batch) < 0.15
    own = np.where(tinted[image][:, None, None], tint[image] @ own, own)
    silhouette = rng.rand(count) < 0.04
    own[silhouette] = 0
    offset = np.where(silhouette[:, None], random_rgb(rng, count), rng.randn(count, 1) * 0.04)
    return own.astype(np.float32), offset.astype(np.float32)
