"""The few photographs whose licence is clear: grounds cropped from them, and cut-outs inside a box set by hand."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import bank_svg
from .bank_grounds import GROUND_PX
from .bank_sources import Named

CROPS = 9  # crops a photograph: one of the whole, the others closer
# CC0, public domain or CC BY (lomiri-wallpapers: Berasategi, Mudgal, Engelhardt; the others: scikit-image).
GROUNDS = {
    "aitzgorri_by_Aitzol_Berasategi.jpg": (0.0, 1.0), "life_by_Aitzol_Berasategi.jpg": (0.0, 1.0),
    "picosdeeuropa_by_Aitzol_Berasategi.jpg": (0.0, 1.0), "sunset_by_Aitzol_Berasategi.jpg": (0.0, 0.75),
    "umang_by_Abhishek_Mudgal.jpg": (0.0, 1.0), "seeding_by_Clements_Engelhardt.jpg": (0.55, 1.0),
    "hubble_deep_field.jpg": (0.0, 1.0), "brick.png": (0.0, 1.0), "grass.png": (0.0, 1.0), "gravel.png": (0.0, 1.0),
}  # fmt: skip  # rows used, as shares of the height: what shows a thing is left out
# Box (x0, y0, x1, y1) around the thing, as shares of the picture; looked at one by one.
CUTOUTS = {
    "Picture_0B_by_freespace.jpg": (0.2, 0.0, 1.0, 0.97), "flower.jpg": (0.25, 0.18, 0.71, 0.84),
    "camera.png": (0.0, 0.1, 0.68, 1.0), "china.jpg": (0.12, 0.05, 0.56, 0.83),
}  # fmt: skip


def _find(folders: list[Path], name: str) -> Image.Image | None:
    for folder in folders:
        for path in folder.rglob(name):
            return Image.open(path).convert("RGB")
    return None


def grounds(folders: list[Path], seed: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """Square crops of the photographs: ("photo", file name, (GROUND_PX, GROUND_PX, 3) uint8)."""
    rng = np.random.default_rng(seed)
    for name, (top, bottom) in GROUNDS.items():
        picture = _find(folders, name)
        if picture is None:
            continue
        picture = picture.crop((0, int(picture.height * top), picture.width, int(picture.height * bottom)))
        for number in range(CROPS):
            side = min(picture.size) if number == 0 else int(min(picture.size) * rng.uniform(0.35, 0.9))
            x, y = rng.integers(0, picture.width - side + 1), rng.integers(0, picture.height - side + 1)
            crop = picture.crop((x, y, x + side, y + side)).resize((GROUND_PX, GROUND_PX), Image.LANCZOS)
            yield "photo", name, np.asarray(crop)


def cutouts(folders: list[Path]) -> Iterator[Named]:
    """The things of CUTOUTS, cut out."""
    for name, box in CUTOUTS.items():
        picture = _find(folders, name)
        if picture is None:
            continue
        picture.thumbnail((560, 560), Image.LANCZOS)
        rgb = np.asarray(picture)
        height, width = rgb.shape[:2]
        x0, y0, x1, y1 = (int(v * s) for v, s in zip(box, (width, height, width, height), strict=True))
        mask = np.zeros((height, width), np.uint8)
        size = (x0, y0, max(1, x1 - x0 - 1), max(1, y1 - y0 - 1))
        cv2.setRNGSeed(1)
        cv2.grabCut(rgb[..., ::-1].copy(), mask, size, np.zeros((1, 65)), np.zeros((1, 65)), 8, cv2.GC_INIT_WITH_RECT)
        solid = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
        solid = (labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.float32)
        alpha = cv2.GaussianBlur(cv2.erode(solid, np.ones((3, 3))), (0, 0), 0.8)
        found = bank_svg.fit(np.dstack([rgb, (alpha * 255).astype(np.uint8)]))
        if found:
            yield name, found
