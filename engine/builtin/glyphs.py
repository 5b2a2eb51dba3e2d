"""Where the glyphs of a line are: its support (all that its ink, outline or shadow touches) and its ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from engine.builtin.background import steepness
from engine.document import Pixels
from engine.imaging.arrays import (
    AREA,
    CHANNELS,
    WHITE,
    Bools,
    Box,
    Floats,
    components,
    dilate,
    erode,
    fill_holes,
    opened,
    size_of,
    window,
)
from engine.imaging.fills import fit_surface, harmonic
from engine.text.reading import TextLine

MARGIN = 0.35
WORK_HEIGHT = 96.0
FLAT_INK = 16.0

# Set on the training posters; colours and tolerances are 0..255, lengths px of the crop.
REACH = 0.16
"""Heights beyond the line's box that its glyphs may reach."""
LEAST_MARGIN = 3
LEAST_INK, ENOUGH_INK = 8, 20
"""Pixels that are too few for glyphs, and from which on a colour can be told."""
LEAST_HEIGHT = 4
TOUCHED = 0.3
"""Part of a pixel from which on the mask, brought to full size, holds it."""

# A smooth ground.
RIM_OUT, RIM_IN = 14, 10
"""Parts of the height that the rim of the box is wide, outside and inside."""
LEAST_RIM = 12
GROUND_SEED = 28
"""Distance from the rim's commonest colour of what the ground is fitted to …"""
FIT_TOLERANCE = 8.0
"""… which may be off by this."""
TOLERANCE, TOLERANCE_NOISE, LEAST_TOLERANCE = 4, 3.5, 9.0
CALM_RIM, CALM_INSIDE = 0.55, 0.25
"""Shares of the rim and of the box that must be ground."""
MOST, LEAST_CONTRAST = 80, 16
"""Percentile of the glyphs' distances from the ground, and what it must be."""
FLAT, FLAT_NOISE = 6, 4
"""Steepness of ground between glyphs, and more for each step of noise."""
SHADING_ROUNDS = (2.0, 1.5)
"""Tolerances within which ground is believed while its shading is sought, round by round."""
LEAST_KNOWN = 0.2
MOST_STRAYS = 1.5
"""Strays that are more than this many times the glyphs are no strays."""

# Ink.
SAME_INK, NEAR_INK, WIDE_INK = 24, 40, 60
"""How near a pixel is to an ink: of it, of it where it is thin, mixed with what is below."""
ONE_INK, MOSTLY = 0.4, 0.5
"""Shares of pixels from which on one ink is all of it."""
FARTHEST = 85
"""Percentile of distances from the ground from which on thin glyphs show their ink."""
FLAT_SLACK, FLAT_SHARE = 1.5, 0.72
LEAST_CORE = 0.15
SPREAD, NOISY = 0.7, 1.5
"""Working px that mixing spreads ink, and the noise from which on one px more is taken."""
BIN = 16
BIN_KEYS = np.array([4096, 64, 1])
"""Colours are counted in steps of this size; each step of a channel has its place in a key."""

# Thin strokes.
LEAST_STROKE, STROKE = 3, 6
"""Strokes are thinner than this part of the height …"""
RELIEF, CLEAR_RELIEF = 22, 40
"""… and stand out by this; by the second so clearly that their ink can be told …"""
LENGTHWISE = 0.3
"""… and lie along this share of the line."""

# A busy ground.
LEAST_COLOURS, SAMPLES, COLOURS, SEED = 40, 4000, 5, 7
"""k-means: pixels needed and looked at, colours sought, seed."""
KMEANS_ENDS = (20, 0.5)
"""Rounds, and the change (0..255) after which nothing changes any more."""
LEAST_SCORE = 0.12
OTSU, LEAST_INK_REACH, MOST_INK_REACH = 0.8, 18.0, 70.0
"""Part of Otsu's threshold between ink and the rest that is taken, and its limits."""
LEAST_DENSITY, MOST_DENSITY = 0.03, 0.7
"""Shares of the box that ink covers."""
OUTSIDE = 1.5
"""How much ink outside the box counts against it."""
THICKEST, THICK, THICK_SCORE = 95, 0.22, 0.2
"""Percentile of depths, in heights, above which strokes are too thick, and what their score is then multiplied by."""
WITHIN, AT_EDGE = 0.45, 0.25
"""A glyph lies in the box by more than this share, and touches its edge by less than this part of its side."""

# An outline around glyphs, or glyphs that are the outline of a filling.
OUTLINE = 12
"""Part of the height that an outline may be wide."""
FAR, LEAST_FAR = 5, 3
"""What is further off than this part of the height is not the outline."""
SAME_OUTLINE, NEAR_OUTLINE = 36, 48
ALIKE, COMMON = 0.6, 0.45
"""A ring of one colour, which is less common elsewhere, is an outline."""
LEAST_HOLES = 0.2
OUTLINE_WIDTH, OUTLINE_SLACK = 75, 1.25
"""Percentile of the outline's distances from the filling that tells its width, and the slack given to it."""


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
    reach = _quad_mask(line, box, crop.shape, REACH) & ~_foreign(line, others, box, crop.shape)
    mask = _on_smooth(crop, inside, reach, noise)
    mask = _on_busy(crop, inside, reach) if mask is None else _with_strays(crop, mask, inside, reach)
    if mask is None:
        mask = _thin_strokes(crop, inside, reach)
    if mask is None or mask.sum() < LEAST_INK:
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
    return round(MARGIN * line.height) + LEAST_MARGIN


def _box(line: TextLine, shape: tuple[int, ...], margin: int) -> Box | None:
    low, high = line.quad.min(0) - margin, line.quad.max(0) + margin
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(shape[1], int(high[0]) + 1), min(shape[0], int(high[1]) + 1)
    return (left, top, right, bottom) if right - left > 2 and bottom - top > 2 else None


def _quad_mask(line: TextLine, box: Box, shape: tuple[int, ...], grow: float) -> Bools:
    """The line's own box, grown by `grow` of its height on each side."""
    scale = np.array([shape[1], shape[0]] / np.array(size_of(box)[::-1]), np.float32)
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
    return bool((high > box[:2]).all() and (low < box[2:]).all())


def _on_smooth(crop: Floats, inside: Bools, reach: Bools, noise: float) -> Bools | None:
    """What differs from a smooth ground fitted to the colours that are most common along the box's rim."""
    height = max(LEAST_HEIGHT, int(inside.any(1).sum()))
    rim = dilate(inside, max(1, height // RIM_OUT)) & ~erode(inside, max(1, height // RIM_IN)) & reach
    if rim.sum() < LEAST_RIM:
        return None
    seed = _mode(crop[rim])
    near = (np.abs(crop - seed).max(2) < GROUND_SEED) & reach
    tolerance = max(LEAST_TOLERANCE, TOLERANCE_NOISE * noise + TOLERANCE)
    ground = _smooth_ground(crop, near, tolerance, noise)
    if ground is None:
        return None
    distance = np.abs(crop - ground).max(2)
    calm = distance < tolerance
    if calm[rim].mean() < CALM_RIM or calm[inside].mean() < CALM_INSIDE:
        return None
    mask = _drop_strangers(~calm & reach, inside, reach)
    contrast = np.percentile(distance[mask], MOST) if mask.any() else 0.0
    return mask if contrast > LEAST_CONTRAST else None


def _smooth_ground(crop: Floats, near: Bools, tolerance: float, noise: float) -> Floats | None:
    """A surface through the ground's colours, and what it misses of their shading, spread smoothly."""
    surface = fit_surface(crop, near, 2, FIT_TOLERANCE + 2 * noise)
    if surface is None:
        return None
    ground = surface.render((0, 0, crop.shape[1], crop.shape[0]))
    flat = steepness(crop) < FLAT + FLAT_NOISE * noise
    for reach in SHADING_ROUNDS:
        known = flat & (np.abs(crop - ground).max(2) < reach * tolerance)
        if known.mean() < LEAST_KNOWN:
            break
        rest = harmonic(np.where(known[..., None], crop - ground, 0).astype(np.float32), known)
        ground = ground + cast(Floats, cv2.GaussianBlur(rest, (0, 0), 2.0))
    return ground


def _with_strays(crop: Floats, mask: Bools, inside: Bools, reach: Bools) -> Bools:
    """`mask` with glyphs of its own ink that the ground's shading hid."""
    core = erode(mask, 1)
    colours = crop[core if core.sum() > ENOUGH_INK else mask]
    ink = _mode(colours)
    same = np.abs(crop - ink).max(2) < SAME_INK
    if same[mask].mean() < ONE_INK:
        return mask
    more = _drop_strangers(same & reach & ~dilate(mask, 1), inside, reach)
    return mask | (dilate(more, 1) & reach) if more.sum() < MOST_STRAYS * mask.sum() else mask


def _thin_strokes(crop: Floats, inside: Bools, reach: Bools) -> Bools | None:
    """Strokes that are thinner, and lighter or darker, than all around them, whatever the ground."""
    height = max(LEAST_HEIGHT, int(min(inside.any(1).sum(), inside.any(0).sum())))
    size = max(LEAST_STROKE, height // STROKE)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    grey = np.ascontiguousarray(crop.mean(2))
    best: Bools | None = None
    for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        relief = cv2.morphologyEx(grey, kind, kernel)
        mask = _drop_strangers((relief > RELIEF) & reach, inside, reach)
        colours = crop[mask & (relief > CLEAR_RELIEF)]
        if len(colours) < ENOUGH_INK:
            continue
        mask = mask & (np.abs(crop - _mode(colours)).max(2) < WIDE_INK)
        one_ink = float((np.abs(colours - _mode(colours)).max(1) < NEAR_INK).mean())
        spread = float((mask & inside).any(0 if inside.any(0).sum() >= inside.any(1).sum() else 1).mean())
        if one_ink > MOSTLY and spread > LENGTHWISE and (best is None or mask.sum() > best.sum()):
            best = mask
    return best


def _with_fill(crop: Floats, mask: Bools, reach: Bools) -> Bools:
    """Where `mask` is the outline of glyphs that are filled with another colour: the glyphs whole."""
    holes = fill_holes(mask) & ~mask
    if holes.sum() < LEAST_HOLES * mask.sum():
        return mask
    fill = _mode(crop[holes])
    filled = np.abs(crop - fill).max(2) < NEAR_INK
    if filled[holes].mean() < MOSTLY:
        return mask
    core = opened(filled & holes, 1)
    distance = cv2.distanceTransform((~core).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    if not core.any() or not (mask & reach).any():
        return mask
    width = OUTLINE_SLACK * float(np.percentile(distance[mask], OUTLINE_WIDTH)) + 1
    return core | dilate(core, 1) | (mask & (distance <= width))


def _mode(colours: Floats) -> Floats:
    """The most common colour, to within 16 steps."""
    bins = (colours // BIN).astype(np.int64)
    keys = bins @ BIN_KEYS
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
    area = stats[:, AREA]
    keep = (within > WITHIN * area) & (touching < AT_EDGE * np.sqrt(area) + 2) & (area >= 2)
    keep[0] = False
    return keep[labels]


def _on_busy(crop: Floats, inside: Bools, reach: Bools) -> Bools | None:
    """The colour that is common inside and rare around, with its outline."""
    colours = crop[inside]
    if len(colours) < LEAST_COLOURS:
        return None
    step = max(1, len(colours) // SAMPLES)
    cv2.setRNGSeed(SEED)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, *KMEANS_ENDS)
    seeds = np.ascontiguousarray(colours[::step])
    centres = cv2.kmeans(seeds, min(COLOURS, len(seeds)), None, criteria, 2, cv2.KMEANS_PP_CENTERS)[2]  # type: ignore[call-overload]
    nearest = np.linalg.norm(crop[:, :, None] - centres[None, None], axis=-1).argmin(2)
    best, best_score = None, 0.0
    for index in range(len(centres)):
        mask = (nearest == index) & reach
        score = _glyph_score(mask, inside, reach)
        if score > best_score:
            best, best_score = index, score
    if best is None or best_score < LEAST_SCORE:
        return None
    outlined = _with_outline(crop, _ink_mask(crop, centres[best], reach), inside, reach)
    return _with_fill(crop, outlined, reach) if outlined.any() else None


def _ink_mask(crop: Floats, ink: Floats, reach: Bools) -> Bools:
    distance = np.linalg.norm(crop - ink, axis=2)
    scaled = np.clip(distance, 0, WHITE).astype(np.uint8)
    level, _ = cv2.threshold(scaled[reach].reshape(-1, 1), 0, WHITE, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return cast(Bools, (distance < min(max(level * OTSU, LEAST_INK_REACH), MOST_INK_REACH)) & reach)


def _glyph_score(mask: Bools, inside: Bools, reach: Bools) -> float:
    """How much a colour's pixels look like a line of glyphs: thin, spread along the line, and only inside the box."""
    area = float((mask & inside).sum())
    if area < LEAST_DENSITY * inside.sum() or area > MOST_DENSITY * inside.sum():
        return 0.0
    rim = reach & ~inside
    outside = float((mask & rim).sum()) / max(1.0, float(rim.sum()))
    density = area / float(inside.sum())
    height, width = inside.any(1).sum(), inside.any(0).sum()
    lengthwise = (mask & inside).any(0 if width >= height else 1).sum() / max(width, height)
    depth = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    thick = float(np.percentile(depth[mask], THICKEST)) / max(1.0, float(min(height, width)))
    return max(0.0, density - OUTSIDE * outside) * float(lengthwise) * (1.0 if thick < THICK else THICK_SCORE) * 2


def _with_outline(crop: Floats, mask: Bools, inside: Bools, reach: Bools) -> Bools:
    """`mask` with the ring of one other colour around its glyphs, where there is one."""
    mask = _drop_strangers(mask, inside, reach)
    height = max(LEAST_HEIGHT, int(min(inside.any(1).sum(), inside.any(0).sum())))
    grown = mask
    for _ in range(max(2, height // OUTLINE)):
        ring = dilate(grown, 1) & ~dilate(mask, 1) & ~grown & reach
        near = dilate(mask, 2) & ~dilate(mask, 1) & reach
        if min(ring.sum(), near.sum()) < LEAST_INK:
            break
        colour = np.median(crop[near], 0)
        far = reach & ~dilate(mask, max(LEAST_FAR, height // FAR))
        alike = float((np.abs(crop[ring] - colour).max(1) < SAME_OUTLINE).mean())
        common = float((np.abs(crop[far] - colour).max(1) < SAME_OUTLINE).mean()) if far.sum() > ENOUGH_INK else 0.0
        if alike < ALIKE or common > COMMON:
            break
        grown = grown | (ring & (np.abs(crop - colour).max(2) < NEAR_OUTLINE)) | (dilate(mask, 1) & reach)
    return grown


def _finish(line: TextLine, box: Box, part: Pixels, mask: Bools, noise: float) -> Glyphs:
    height, width = part.shape[:2]
    zoom = width / mask.shape[1]
    full = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > TOUCHED
    support = dilate(full, round(1 + SPREAD * zoom + (1 if noise > NOISY else 0)))
    core = erode(full, max(1, round(zoom)))
    if core.sum() < LEAST_CORE * full.sum():
        core = full
    ink = _ink(part[core].astype(np.float32), part, full)
    away = np.abs(part.astype(np.float32) - ink).max(2)
    flat = float((away[core] < FLAT_INK * FLAT_SLACK).mean()) > FLAT_SHARE
    core = (full & (away < FLAT_INK)) if flat else core
    return Glyphs(line, box, support, core if core.any() else full, ink, flat)


def _ink(colours: Floats, part: Pixels, full: Bools) -> Floats:
    """The main ink: of thin glyphs, whose pixels are nearly all mixed, the colours farthest from the ground."""
    ground_pixels = part[~dilate(full, 2)]
    ground = np.median(ground_pixels, 0) if len(ground_pixels) else np.zeros(CHANNELS)
    mode = _mode(colours)
    distance = np.linalg.norm(colours - ground, axis=1)
    near_mode = np.abs(colours - mode).max(1) < SAME_INK
    if near_mode.mean() > ONE_INK:
        return cast(Floats, np.median(colours[near_mode], 0).astype(np.float32))
    far = distance >= np.percentile(distance, FARTHEST)
    return cast(Floats, np.median(colours[far], 0).astype(np.float32))
