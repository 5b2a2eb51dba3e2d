"""The few photographs whose licence is clear: grounds cropped from them, and cut-outs inside a box set by hand."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import bank_svg
from .bank_grounds import GROUND_PX
from .bank_sources import Named

PICTURES = (".jpg", ".png", ".webp")
CROPS = 9  # crops a photograph: one of the whole, the others closer
# CC0, public domain or CC BY (lomiri-wallpapers: Berasategi, Mudgal, Engelhardt; the others: scikit-image).
GROUNDS = {
    "aitzgorri_by_Aitzol_Berasategi.jpg": (0.0, 1.0), "life_by_Aitzol_Berasategi.jpg": (0.0, 1.0),
    "picosdeeuropa_by_Aitzol_Berasategi.jpg": (0.0, 1.0), "sunset_by_Aitzol_Berasategi.jpg": (0.0, 0.75),
    "umang_by_Abhishek_Mudgal.jpg": (0.0, 1.0), "seeding_by_Clements_Engelhardt.jpg": (0.55, 1.0),
    "hubble_deep_field.jpg": (0.0, 1.0), "brick.png": (0.0, 1.0), "grass.png": (0.0, 1.0), "gravel.png": (0.0, 1.0),
    "greatWall": (0.0, 1.0), "mountRushmore": (0.0, 1.0), "dam2": (0.0, 1.0), "dam3": (0.0, 1.0), "leMusee": (0.0, 1.0),
}  # fmt: skip  # rows used, as shares of the height: what shows a thing is left out
# Box (x0, y0, x1, y1) around the thing, as shares of the picture; looked at one by one. Where a name has no ending, the
# picture is from gcompris-qt-data (public domain, CC0 or CC BY by its copyright file).
CUTOUTS = {
    "Picture_0B_by_freespace.jpg": (0.2, 0.0, 1.0, 0.97), "flower.jpg": (0.25, 0.18, 0.71, 0.84),
    "camera.png": (0.0, 0.1, 0.68, 1.0), "china.jpg": (0.12, 0.05, 0.56, 0.83),
    "bucket": (0.05, 0.02, 0.97, 0.97), "buffetset": (0.15, 0.28, 0.87, 0.88), "fish1": (0.18, 0.01, 0.87, 0.99),
    "fish14": (0.32, 0.2, 0.78, 0.85), "fish15": (0.31, 0.28, 0.84, 0.68), "fish23": (0.18, 0.33, 0.82, 0.66),
    "fish24": (0.18, 0.28, 0.87, 0.62), "fish25": (0.04, 0.04, 0.98, 0.98), "fish26": (0.12, 0.22, 0.92, 0.66),
    "fish27": (0.04, 0.28, 0.98, 0.76), "fish28": (0.18, 0.22, 0.87, 0.82), "fish3": (0.06, 0.08, 0.87, 0.62),
    "fish8": (0.06, 0.13, 0.97, 0.78), "hammer5": (0.02, 0.05, 0.98, 0.95),
    "leaningTowerOfPisa": (0.18, 0.04, 0.82, 0.93), "measuringTape3": (0.04, 0.1, 0.98, 0.92),
    "measuringTape4": (0.04, 0.15, 0.98, 0.9), "multimeter2": (0.03, 0.02, 0.97, 0.98),
    "pan": (0.04, 0.2, 0.96, 0.85), "pencil": (0.02, 0.02, 0.98, 0.98),
    "plier1": (0.02, 0.05, 0.98, 0.95), "plier2": (0.05, 0.02, 0.95, 0.98), "scissors2": (0.02, 0.05, 0.98, 0.95),
    "screwDriver": (0.05, 0.05, 0.98, 0.95), "screwDriver2": (0.2, 0.04, 0.8, 0.98),
    "sideCutter1": (0.01, 0.08, 0.98, 0.95), "solar7": (0.12, 0.08, 0.9, 0.98),
    "volleyball": (0.01, 0.01, 0.99, 0.99), "windmill": (0.08, 0.03, 0.96, 0.93),
    "windmill12": (0.18, 0.13, 0.87, 0.92), "windmill14": (0.04, 0.08, 0.98, 0.96),
    "windmill7": (0.08, 0.08, 0.98, 0.92), "wrench": (0.05, 0.08, 0.98, 0.95), "wrench1": (0.02, 0.1, 0.98, 0.92),
    "crocodile": (0.01, 0.1, 0.98, 0.76), "moose": (0.18, 0.13, 0.82, 0.96), "panda": (0.08, 0.04, 0.98, 0.96),
}  # fmt: skip
# Public-domain cut-outs of fish, two views side by side, from the same package.
FISH = (
    "QueenAngel", "blueking2", "butfish", "cichlid1", "cichlid4", "collaris", "discus2", "discus3", "f00", "f01", "f02",
    "f03", "f04", "f05", "f06", "f07", "f08", "f09", "f10", "f11", "f12", "f13", "manta", "newf1", "shark1",
    "six_barred",
)  # fmt: skip


def _find(folders: list[Path], name: str) -> Image.Image | None:
    pattern = name if "." in name else name + ".*"
    found = (path for folder in folders for path in sorted(folder.rglob(pattern)) if path.suffix in PICTURES)
    path = next(found, None)
    return Image.open(path) if path else None


def grounds(folders: list[Path], seed: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """Square crops of the photographs: ("photo", file name, (GROUND_PX, GROUND_PX, 3) uint8)."""
    rng = np.random.default_rng(seed)
    for name, (top, bottom) in GROUNDS.items():
        picture = _find(folders, name)
        if picture is None:
            continue
        picture = picture.convert("RGB").crop(
            (0, int(picture.height * top), picture.width, int(picture.height * bottom))
        )
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
        picture = picture.convert("RGB")
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


def fish(folders: list[Path]) -> Iterator[Named]:
    """The first view of each of FISH."""
    for name in FISH:
        picture = _find(folders, name)
        if picture is not None:
            rgba = np.asarray(picture.convert("RGBA"))
            found = bank_svg.fit(rgba[:, : rgba.shape[1] // 2])
            if found:
                yield name, found
