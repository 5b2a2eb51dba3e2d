"""Where the glyphs of a line are: its support (all that its ink, outline or shadow touches) and its ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from engine.builtin.background import steepness
from engine.document import Pixels
from engine.imaging.arrays import Bools, Box, Floats, components, dilate, erode, fill_holes, opened, window
from engine.imaging.fills import fit_surface, harmonic
from engine.text.reading import TextLine

MARGIN = 0.35
WORK_HEIGHT = 96.0
FLAT_INK = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """The ink of one line at the image's own size.

    Attributes:
        box: where `support` lies.
        support: every pixel that belongs to the text or is mixed with it.
        core: pixels of pure ink, for the text's own colour.
        ink: RGB 0..255, the text's main colour.
        flat: whether the ink is one colour.
    """

    line: TextLine
    box: Box
    support: Bools
    core: Bools
    ink: Floats
    flat: bool


def find_glyphs(image: Pixels, line: TextLine, others: list[TextLine], noise: float) -> Glyphs | None:
    """The glyphs of `line` in `image` (uint8 H x W x 3), or None where no clear ink is found.

    Two readings are tried: the text lies on a smooth ground (then everything that differs from it is text), or on a
    busy one (then its colour is the one that is common inside the box and rare around it).
    """
    box = _box(line, image.shape, _margin(line))
    if box is None:
        return None
    shrink = min(1.0, WORK_HEIGHT / line.height)
    part = image[window(box)]
    size = (max(2, round(part.shape[1] * shrink)), max(2, round(part.shape[0] * shrink)))
    crop = cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    inside = _quad_mask(line, box, crop.shape, 0.0)
    reach = _quad_mask(line, box, crop.shape, 0.16) & ~_foreign(line, others, box, crop.shape)
    mask = _on_smooth(crop, inside, reach, noise)
    mask = _on_busy(crop, inside, reach) if mask is None else _with_strays(crop, mask, inside, reach)
    if mask is None:
        mask = _thin_strokes(crop, inside, reach)
    if mask is None or mask.sum() < 8:
        return None
    return _finish(line, box, part, mask, noise)


def neighbours(lines: list[TextLine]) -> list[list[int]]:
    """For each line, which others may reach into what is looked at for its glyphs."""
    if not lines:
        return []
    low, high = (np.stack([edge(line.quad, axis=0) for line in lines]) for edge in (np.min, np.max))
    margins = np.array([_margin(line) for line in lines])[:, None]
    near = []
    for index in range(len(lines)):
        reaching = (high > low[index] - margins[index] - 1) & (low < high[index] + margins[index] + 1)
        near.append([int(i) for i in np.flatnonzero(reaching.all(axis=1)) if i != index])
    return near


def _margin(line: TextLine) -> int:
    return round(MARGIN * line.height) + 3


def _box(line: TextLine, shape: tuple[int, ...], margin: int) -> Box | None:
    low, high = line.quad.min(0) - margin, line.quad.max(0) + margin
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(shape[1], int(high[0]) + 1), min(shape[0], int(high[1]) + 1)
    return (left, top, right, bottom) if right - left > 2 and bottom - top > 2 else None


def _quad_mask(line: TextLine, box: Box, shape: tuple[int, ...], grow: float) -> Bools:
    """The line's own box, grown by `grow` of its height on each side."""
    scale = np.array([shape[1] / (box[2] - box[0]), shape[0] / (box[3] - box[1])], np.float32)
    corners = (line.quad - np.array(box[:2], np.float32)) * scale
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), 1)
    return dilate(mask.astype(bool), round(grow * line.height * float(scale[1])))


def _foreign(line: TextLine, others: list[TextLine], box: Box, shape: tuple[int, ...]) -> Bools:
    out = np.zeros(shape[:2], bool)
    for other in others:
        if other is not line and _near(other, box):
            out |= _quad_mask(other, box, shape, 0.0)
    return out & ~_quad_mask(line, box, shape, 0.0)


def _near(line: TextLine, box: Box) -> bool:
    low, high = line.quad.min(0), line.quad.max(0)
    return bool(high[0] > box[0] and low[0] < box[2] and high[1] > box[1] and low[1] < box[3])


def _on_smooth(crop: Floats, inside: Bools, reach: Bools, noise: float) -> Bools | None:
    """What differs from a smooth ground fitted to the colours that are most common along the box's rim."""
    height = max(4, int(inside.any(1).sum()))
    rim = dilate(inside, max(1, height // 14)) & ~erode(inside, max(1, height // 10)) & reach
    if rim.sum() < 12:
        return None
    seed = _mode(crop[rim])
    near = (np.abs(crop - seed).max(2) < 28) & reach
    tolerance = max(9.0, 3.5 * noise + 4)
    ground = _smooth_ground(crop, near, tolerance, noise)
    if ground is None:
        return None
    distance = np.abs(crop - ground).max(2)
    calm = distance < tolerance
    if calm[rim].mean() < 0.55 or calm[inside].mean() < 0.25:
        return None
    mask = _drop_strangers(~calm & reach, inside, reach)
    contrast = np.percentile(distance[mask], 80) if mask.any() else 0.0
    return mask if contrast > 16 else None


def _smooth_ground(crop: Floats, near: Bools, tolerance: float, noise: float) -> Floats | None:
    """A surface through the ground's colours, and what it misses of their shading, spread smoothly."""
    surface = fit_surface(crop, near, 2, 8.0 + 2 * noise)
    if surface is None:
        return None
    ground = surface.render((0, 0, crop.shape[1], crop.shape[0]))
    flat = steepness(crop) < 6 + 4 * noise
    for reach in (2.0, 1.5):
        known = flat & (np.abs(crop - ground).max(2) < reach * tolerance)
        if known.mean() < 0.2:
            break
        rest = harmonic(np.where(known[..., None], crop - ground, 0).astype(np.float32), known)
        ground = ground + cast(Floats, cv2.GaussianBlur(rest, (0, 0), 2.0))
    return ground


def _with_strays(crop: Floats, mask: Bools, inside: Bools, reach: Bools) -> Bools:
    """`mask` with glyphs of its own ink that the ground's shading hid."""
    core = erode(mask, 1)
    colours = crop[core if core.sum() > 20 else mask]
    ink = _mode(colours)
    same = np.abs(crop - ink).max(2) < 24
    if same[mask].mean() < 0.4:
        return mask
    more = _drop_strangers(same & reach & ~dilate(mask, 1), inside, reach)
    return mask | (dilate(more, 1) & reach) if more.sum() < 1.5 * mask.sum() else mask


def _thin_strokes(crop: Floats, inside: Bools, reach: Bools) -> Bools | None:
    """Strokes that are thinner, and lighter or darker, than all around them, whatever the ground."""
    height = max(4, int(min(inside.any(1).sum(), inside.any(0).sum())))
    size = max(3, height // 6)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    grey = np.ascontiguousarray(crop.mean(2))
    best: Bools | None = None
    for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        relief = cv2.morphologyEx(grey, kind, kernel)
        mask = _drop_strangers((relief > 22) & reach, inside, reach)
        colours = crop[mask & (relief > 40)]
        if len(colours) < 20:
            continue
        mask = mask & (np.abs(crop - _mode(colours)).max(2) < 60)
        one_ink = float((np.abs(colours - _mode(colours)).max(1) < 40).mean())
        spread = float((mask & inside).any(0 if inside.any(0).sum() >= inside.any(1).sum() else 1).mean())
        if one_ink > 0.5 and spread > 0.3 and (best is None or mask.sum() > best.sum()):
            best = mask
    return best


def _with_fill(crop: Floats, mask: Bools, reach: Bools) -> Bools:
    """Where `mask` is the outline of glyphs that are filled with another colour: the glyphs whole."""
    holes = fill_holes(mask) & ~mask
    if holes.sum() < 0.2 * mask.sum():
        return mask
    fill = _mode(crop[holes])
    filled = np.abs(crop - fill).max(2) < 40
    if filled[holes].mean() < 0.5:
        return mask
    core = opened(filled & holes, 1)
    distance = cv2.distanceTransform((~core).view(np.uint8), cv2.DIST_L2, 3)
    if not core.any() or not (mask & reach).any():
        return mask
    width = 1.25 * float(np.percentile(distance[mask], 75)) + 1
    return core | dilate(core, 1) | (mask & (distance <= width))


def _mode(colours: Floats) -> Floats:
    """The most common colour, to within 16 steps."""
    bins = (colours // 16).astype(np.int64)
    keys = bins[:, 0] * 4096 + bins[:, 1] * 64 + bins[:, 2]
    names, counts = np.unique(keys, return_counts=True)
    return cast(Floats, np.median(colours[keys == names[counts.argmax()]], 0).astype(np.float32))


def _drop_strangers(mask: Bools, inside: Bools, reach: Bools) -> Bools:
    """`mask` without parts that are not glyphs: those that run out of the box, or only pass by it."""
    count, labels, stats = components(mask)
    edge = reach & ~erode(reach, 2)
    frame = np.zeros_like(edge)
    frame[[0, -1]] = frame[:, [0, -1]] = True
    touching = np.bincount(labels[edge & ~frame], minlength=count)
    within = np.bincount(labels[inside], minlength=count)
    area = stats[:, 4]
    keep = (within > 0.45 * area) & (touching < 0.25 * np.sqrt(area) + 2) & (area >= 2)
    keep[0] = False
    return keep[labels]


def _on_busy(crop: Floats, inside: Bools, reach: Bools) -> Bools | None:
    """The colour that is common inside and rare around, with its outline."""
    colours = crop[inside]
    if len(colours) < 40:
        return None
    step = max(1, len(colours) // 4000)
    cv2.setRNGSeed(7)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    seeds = np.ascontiguousarray(colours[::step])
    centres = cv2.kmeans(seeds, min(5, len(seeds)), None, criteria, 2, cv2.KMEANS_PP_CENTERS)[2]  # type: ignore[call-overload]
    nearest = np.linalg.norm(crop[:, :, None] - centres[None, None], axis=3).argmin(2)
    best, best_score = None, 0.0
    for index in range(len(centres)):
        mask = (nearest == index) & reach
        score = _glyph_score(mask, inside, reach)
        if score > best_score:
            best, best_score = index, score
    if best is None or best_score < 0.12:
        return None
    outlined = _with_outline(crop, _ink_mask(crop, centres[best], reach), inside, reach)
    return _with_fill(crop, outlined, reach) if outlined.any() else None


def _ink_mask(crop: Floats, ink: Floats, reach: Bools) -> Bools:
    distance = np.linalg.norm(crop - ink, axis=2)
    scaled = np.clip(distance, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(scaled[reach].reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return cast(Bools, (distance < min(max(level * 0.8, 18.0), 70.0)) & reach)


def _glyph_score(mask: Bools, inside: Bools, reach: Bools) -> float:
    """How much a colour's pixels look like a line of glyphs: thin, spread along the line, and only inside the box."""
    area = float((mask & inside).sum())
    if area < 0.03 * inside.sum() or area > 0.7 * inside.sum():
        return 0.0
    rim = reach & ~inside
    outside = float((mask & rim).sum()) / max(1.0, float(rim.sum()))
    density = area / float(inside.sum())
    height, width = inside.any(1).sum(), inside.any(0).sum()
    lengthwise = (mask & inside).any(0 if width >= height else 1).sum() / max(width, height)
    depth = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 3)
    thick = float(np.percentile(depth[mask], 95)) / max(1.0, float(min(height, width)))
    return max(0.0, density - 1.5 * outside) * float(lengthwise) * (1.0 if thick < 0.22 else 0.2) * 2


def _with_outline(crop: Floats, mask: Bools, inside: Bools, reach: Bools) -> Bools:
    """`mask` with the ring of one other colour around its glyphs, where there is one."""
    mask = _drop_strangers(mask, inside, reach)
    height = max(4, int(min(inside.any(1).sum(), inside.any(0).sum())))
    grown = mask
    for _ in range(max(2, height // 12)):
        ring = dilate(grown, 1) & ~dilate(mask, 1) & ~grown & reach
        near = dilate(mask, 2) & ~dilate(mask, 1) & reach
        if ring.sum() < 8 or near.sum() < 8:
            break
        colour = np.median(crop[near], 0)
        far = reach & ~dilate(mask, max(3, height // 5))
        alike = float((np.abs(crop[ring] - colour).max(1) < 36).mean())
        common = float((np.abs(crop[far] - colour).max(1) < 36).mean()) if far.sum() > 20 else 0.0
        if alike < 0.6 or common > 0.45:
            break
        grown = grown | (ring & (np.abs(crop - colour).max(2) < 48)) | (dilate(mask, 1) & reach)
    return grown


def _finish(line: TextLine, box: Box, part: Pixels, mask: Bools, noise: float) -> Glyphs:
    height, width = part.shape[:2]
    zoom = width / mask.shape[1]
    full = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.3
    support = dilate(full, round(1 + 0.7 * zoom + (1 if noise > 1.5 else 0)))
    core = erode(full, max(1, round(zoom)))
    if core.sum() < 0.15 * full.sum():
        core = full
    ink = _ink(part[core].astype(np.float32), part, full)
    away = np.abs(part.astype(np.float32) - ink).max(2)
    flat = float((away[core] < FLAT_INK * 1.5).mean()) > 0.72
    core = (full & (away < FLAT_INK)) if flat else core
    return Glyphs(line, box, support, core if core.any() else full, ink, flat)


def _ink(colours: Floats, part: Pixels, full: Bools) -> Floats:
    """The main ink: of thin glyphs, whose pixels are nearly all mixed, the colours farthest from the ground."""
    ground_pixels = part[~dilate(full, 2)]
    ground = np.median(ground_pixels, 0) if len(ground_pixels) else np.zeros(3)
    mode = _mode(colours)
    distance = np.linalg.norm(colours - ground, axis=1)
    near_mode = np.abs(colours - mode).max(1) < 24
    if near_mode.mean() > 0.4:
        return cast(Floats, np.median(colours[near_mode], 0).astype(np.float32))
    far = distance >= np.percentile(distance, 85)
    return cast(Floats, np.median(colours[far], 0).astype(np.float32))
