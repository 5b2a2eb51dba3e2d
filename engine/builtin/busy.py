"""Pictures without a smooth ground: flat graphics laid over a photograph, and the photograph's main object."""

from __future__ import annotations

from functools import partial
from typing import cast

import numpy as np

from engine.builtin.elements import Element, Study
from engine.builtin.saliency import main_object, saliency
from engine.builtin.scene import WHOLE_BELOW, take_apart
from engine.builtin.shapes import complete, hull
from engine.cancel import Check, never
from engine.imaging.arrays import (
    AREA,
    BY_SIDES,
    CHANNELS,
    Bools,
    Floats,
    Labels,
    bounds,
    channel_max,
    components,
    dilate,
    erode,
    fill_holes,
    grown_box,
    meet,
    window,
)
from engine.imaging.fills import Surface, fit_surface

MIN_GRAPHIC = 0.003
MAX_GRAPHIC = 0.85
FLAT_ERROR = 1.3
EDGE = 12.0
PATTERN = 5
SCENERY = 0.2

BESIDE = 3
"""px: what is no further off lies beside, at the edge, or at the frame."""
RIM = 2
"""px around a graphic that its blurred edge takes; as much again is looked at for what lies around it."""
CONTACT = 12
"""px that two parts must share of their edges to lie side by side."""
HIDDEN = 0.07
"""Part of a shape that may be hidden without its lying below something."""
SAME_SIZE, SAME_COLOUR = 0.12, 8
"""Tiles of a pattern differ by less: in area, as a share, and in colour, 0..255."""
MOST_GRAPHICS = 16
"""Zones that are looked at; what comes after is small."""
EXPLAINED, NOISE_ERROR, ONE_COLOUR = 0.9, 0.5, 0.4
"""A graphic's surface explains this share of it; its error may grow by so much for each step of noise; up to the last
(0..255) it is of one colour."""
BLACK, BURNT_OUT = 6, 249
"""0..255: beyond them a photograph's flat parts are only clipped."""
FEW, MOST_OF_IT = 20, 0.75
"""px of outline that must be seen, and the share of them that must stand out."""
RUNS_OFF = 0.3
"""Share of a side of the frame that scenery touches."""

# The subject's matte from the model's probability, which is seldom quite 0 or 1.
SURELY_NOT, SURELY = 0.12, 0.88
SHOWS = 0.02
"""Alpha from which on it shows."""
SOFT_REACH = 6
"""px beyond the subject's mask that its soft edge may reach."""
SMALL_HOLE = 0.04
"""Share of the subject up to which a hole in it is the model's mistake."""


def find_graphics(study: Study) -> list[Element]:
    """Flat panels, discs and bars over a photograph, each with what lies on it, bottom to top."""
    _, labels, stats = components(study.calm, BY_SIDES)
    taken = np.zeros(study.calm.shape, bool)
    found: list[Element] = []
    for index in _candidates(study, labels, stats[:, AREA]):
        study.care.check()
        element = _graphic_or_none(study, labels == index, taken)
        if element is not None:
            taken |= element.full
            found.append(element)
    out: list[Element] = []
    for element in found:
        out.append(element)
        out += study.care.over(partial(_content, study, element), lambda: [], "builtin.thing-left")
    return _illustrations(study, out)


def _illustrations(study: Study, elements: list[Element]) -> list[Element]:
    """The graphics, with small ones that lie side by side, none hiding a part of another, as one illustration."""
    out: list[Element] = []
    for element in elements:
        study.care.check()
        mates = [other for other in out if _side_by_side(study, element, other)]
        if not mates:
            out.append(element)
            continue
        together = [*mates, element]
        visible = np.logical_or.reduce([e.visible & e.full for e in together])
        out = [other for other in out if other not in mates]
        out.append(Element(visible, visible, depth=min(e.depth for e in together)))
    return out


def _side_by_side(study: Study, a: Element, b: Element) -> bool:
    if a.area + b.area > WHOLE_BELOW * study.size or a.soft is not None or b.soft is not None:
        return False
    shape = study.calm.shape
    box = meet(grown_box(a.shown_box(), BESIDE, shape), b.shown_box())
    if box is None:
        return False
    place = window(grown_box(box, BESIDE, shape))
    contact = int((dilate(a.visible[place], BESIDE) & b.visible[place]).sum())
    return contact > CONTACT and all(_is_whole(e) for e in (a, b))


def _is_whole(element: Element) -> bool:
    """Whether nearly all of it shows, or lies between what shows."""
    first, second = element.box, element.shown_box()
    low, high = np.minimum(first[:2], second[:2]), np.maximum(first[2:], second[2:])
    place = window((int(low[0]), int(low[1]), int(high[0]), int(high[1])))
    return bool((element.full[place] & ~hull(element.visible[place])).sum() < HIDDEN * element.area)


def _candidates(study: Study, labels: Labels, areas: Labels) -> list[int]:
    """The calm zones that may be graphics, the largest first; without tiles of the ground's pattern, which are many, of
    one colour and one size."""
    fits = (areas >= MIN_GRAPHIC * study.size) & (areas <= MAX_GRAPHIC * study.size)
    fits[0] = False
    chosen = np.flatnonzero(fits)
    flat = labels.ravel()
    sums = [np.bincount(flat, study.image[..., c].ravel(), len(areas)) for c in range(CHANNELS)]
    colours = np.stack(sums, 1)[chosen] / np.maximum(areas[chosen], 1)[:, None]
    size = areas[chosen].astype(np.float64)
    alike = np.abs(size[:, None] - size) < SAME_SIZE * size
    alike &= np.abs(colours[:, None] - colours).max(2, initial=0) < SAME_COLOUR
    kept = chosen[alike.sum(1) < PATTERN]
    return [int(index) for index in kept[np.argsort(-areas[kept], kind="stable")][:MOST_GRAPHICS]]


def _graphic_or_none(study: Study, zone: Bools, taken: Bools) -> Element | None:
    return study.care.over(lambda: _graphic(study, zone, taken), lambda: None, "builtin.thing-left")


def _graphic(study: Study, zone: Bools, taken: Bools) -> Element | None:
    surface = fit_surface(study.image, erode(zone, 1), 2, study.tolerance)
    if surface is None or surface.inliers < EXPLAINED or surface.error > FLAT_ERROR + NOISE_ERROR * study.noise:
        return None
    box = bounds(zone, BESIDE)
    assert box is not None
    region = np.zeros_like(zone)
    place = window(box)
    close_by = channel_max(study.image[place] - surface.render(box)) < study.tolerance
    region[place] = dilate(zone[place], 2) & close_by
    cover = (fill_holes(region) & ~region) | (taken & ~region)
    one_colour = surface.error < ONE_COLOUR and not _clipped(study.image, region)
    found = complete(region, cover, outline=one_colour)
    if found is None or not _has_edge(study, found.full, surface, EDGE if found.shape is not None else 2 * EDGE):
        return None
    return Element(region, found.full, None, found.shape, surface)


def _clipped(image: Floats, region: Bools) -> bool:
    """Whether a region is burnt out or black, as flat parts of photographs are."""
    middle = float(np.median(image[region]))
    return middle < BLACK or middle > BURNT_OUT


def _has_edge(study: Study, full: Bools, surface: Surface, least: float) -> bool:
    """Whether the shape stands out from what is around it along most of its outline."""
    around = dilate(full, 2 * RIM) & ~dilate(full, RIM)
    box = bounds(around)
    if box is None:
        return False
    place = window(box)
    away = channel_max(study.image[place] - surface.render(box))[around[place]]
    return bool(len(away) > FEW and (away > least).mean() > MOST_OF_IT)


def _content(study: Study, base: Element) -> list[Element]:
    box = base.box
    assert base.surface is not None
    place = window(box)
    under = study.image.copy()
    under[place] = np.where(base.full[place][..., None], base.surface.render(box), under[place])
    rest = erode(base.full, BESIDE) & ~base.visible
    base.visible = base.full & ~rest
    return take_apart(study, rest, under, rest, 1)


def is_scenery(element: Element) -> bool:
    """Whether what was taken for an object on a plain ground is the rest of a photograph: large, detailed and running
    off the frame."""
    if element.surface is not None or element.shape is not None or element.visible.mean() < SCENERY:
        return False
    mask = element.visible
    sides = (mask[:BESIDE].any(0), mask[-BESIDE:].any(0), mask[:, :BESIDE].any(1), mask[:, -BESIDE:].any(1))
    return sum(float(side.mean()) > RUNS_OFF for side in sides) >= 2


def find_subject(clean: Floats, graphics: Bools, check: Check = never) -> Element | None:
    """The main object with its matte; None where none stands out or the model is missing."""
    probability = saliency(clean, check)
    if probability is None:
        return None
    probability = np.where(graphics, 0, probability).astype(np.float32)
    mask = main_object(probability)
    if mask is None:
        return None
    matte = np.clip((probability - SURELY_NOT) / (SURELY - SURELY_NOT), 0, 1) * dilate(mask, SOFT_REACH)
    solid = _without_small_holes(mask)
    matte = np.where(erode(solid, BESIDE), np.maximum(matte, 1.0), matte)
    return Element(solid, matte > SHOWS, matte=cast(Floats, matte.astype(np.float32)))


def _without_small_holes(mask: Bools) -> Bools:
    holes = fill_holes(mask) & ~mask
    _, labels, stats = components(holes, BY_SIDES)
    small = stats[:, AREA] < SMALL_HOLE * mask.sum()
    small[0] = False
    return mask | cast(Bools, small[labels])
