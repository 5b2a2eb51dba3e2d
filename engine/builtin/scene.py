"""What lies on the ground: the picture's foreground taken apart into shapes and objects, in order."""

from __future__ import annotations

import heapq
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.builtin.background import COMPRESSED
from engine.builtin.elements import MOST_AT_ONCE, Element, Study, join_like
from engine.builtin.shapes import Completion, complete, hull
from engine.builtin.softness import split_soft
from engine.cancel import Check
from engine.imaging.arrays import (
    AREA,
    BY_SIDES,
    HEIGHT,
    WIDTH,
    Bools,
    Box,
    Floats,
    Labels,
    bounds,
    channel_max,
    close,
    components,
    dilate,
    erode,
    fill_holes,
    grown_box,
    meet,
    opened,
    window,
)
from engine.imaging.fills import Surface, fit_surface

TINY = 1.2e-4
MAX_DEPTH = 6
WHOLE_BELOW = 0.06
HIDES = 8
"""px: less may be the seam between two that only touch."""

# px of study.
MARGIN, REST_MARGIN = 8, 4
BESIDE, TOUCH = 3, 4
"""How near lies beside; and what a shadow's owner may be away."""
CONTACT = 6
"""Pixels that a shadow's owner shares with it."""
LEAST_AREA, LEAST_LINE, LEAST_ZONE = 12, 8, 20
THICK = 400
"""A zone of that area can do without its edge when a surface is fitted to it."""

# Shares of the picture, or of its diagonal.
GAP = 0.0035
"""Parts that are no further apart are one thing."""
LONG = 0.035
"""A thin part of this length is worth a layer."""
FRINGE = 0.004
"""Smears of compression are smaller."""
LARGE = 0.01
"""A zone from which on a surface of `FINE_ORDER` can be fitted."""
ZONE = 5e-5
LEAST_RECTANGLE, LEAST_ROUND, LEAST_OUTLINE = 0.006, 0.012, 0.03
"""Shapes that may be layers of their own; the less sure their geometry, the larger."""

# Shares of a part.
STANDS_OUT = 1.4
"""Tolerances of the ground that a part's contrast must reach."""
ALONG, SEAM_BESIDE, SEAM = 0.7, 0.8, 0.85
"""Of a smear, a seam beside what was taken out, a seam along a base: what must lie along it."""
ON_TOP = 0.3
"""Of a part that lies on a base: what lies within the base."""
PINHOLE = 0.002
EXPLAINED, ALL_OF_IT = 0.6, 0.97
"""What a surface must explain of a zone; and what is as good as all."""
DOMINANT_SEEN, DOMINANT = 0.4, 0.55
"""A base shows this much of its component, or is this large with what is hidden of it …"""
FEW_ZONES, FEW_SEEN = 4, 0.15
"""… or shows this much where there are not more zones."""
HIDDEN, BEYOND = 0.07, 0.03
"""What of a shape must be hidden for it to lie under another; what may lie beyond a panel that holds the rest."""
LONE_SOFT = 8
"""A shadow that belongs to nothing must be this many times the smallest thing."""

SAME_COLOUR = 7
"""0..255: zones that differ by less may be one that something crosses."""
MOST_ZONES, MOST_BASES = 12, 6
"""Zones of a component, the largest first, that are looked at, and that are tried as its base."""
FINE_ORDER, COARSE_ORDER = 4, 2
"""Orders of surfaces: with radial gradients, and gently bent."""


def take_apart(study: Study, mask: Bools, under: Floats, cover: Bools | None = None, depth: int = 0) -> list[Element]:
    """The elements that make up `mask`, bottom to top.

    Args:
        under: RGB of what lies below them.
        cover: pixels that something else may hide (beside `mask` itself).
    """
    box = bounds(mask, MARGIN)
    if box is None:
        return []
    cover = mask if cover is None else cover | mask
    hard, soft = split_soft(study.image, study.steep, mask, under, study.noise)
    joined = close(hard, max(1, round(GAP * study.diagonal)))
    _, labels, stats = components(joined)
    areas = np.bincount(labels[hard], minlength=len(stats))
    contrast = channel_max(study.image - under)
    strength = np.bincount(labels[hard], contrast[hard], len(stats)) / np.maximum(areas, 1)
    seams = _seams(labels, len(stats), cover & ~mask, study.slack) if depth else np.zeros(len(stats), bool)
    worth = [
        index
        for index in range(1, len(stats))
        if _worth(int(areas[index]), stats[index], study)
        and not seams[index]
        and strength[index] > STANDS_OUT * study.tolerance
    ]
    chosen, rest = _most_worth(study, worth, areas)
    out: list[Element] = []
    for index in chosen:
        study.care.check()
        out += _component_or_whole(study, hard & (labels == index), under, cover, depth)
    if rest:
        together = hard & np.isin(labels, rest)
        out.append(Element(together, together, depth=depth, pieces=len(rest)))
    if study.noise >= COMPRESSED:
        out = _without_fringes(study, out)
    _give_soft(out, soft, study)
    return _in_order(join_like(study, out), study.care.check)


def _most_worth(study: Study, indices: list[int], areas: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """(the components that are told apart, the smallest ones that there is no room for), each in order."""
    most = min(study.room, MOST_AT_ONCE)
    study.room -= min(most, len(indices))
    if len(indices) <= most:
        return indices, []
    study.care.say("builtin.many-things")
    largest = set(sorted(indices, key=lambda index: (-areas[index], index))[:most])
    return [i for i in indices if i in largest], [i for i in indices if i not in largest]


def _component_or_whole(study: Study, part: Bools, under: Floats, cover: Bools, depth: int) -> list[Element]:
    """The elements of a component; where taking it apart fails, the component as it is."""
    return study.care.over(
        lambda: _component(study, part, under, cover, depth),
        lambda: [Element(part, part, depth=depth)],
        "builtin.thing-left",
    )


def _without_fringes(study: Study, elements: list[Element]) -> list[Element]:
    """The elements without the thin smears that compression leaves along the edges of others."""
    reach = study.slack + BESIDE
    out = []
    for element in elements:
        study.care.check()
        place = window(grown_box(element.shown_box(), reach, study.calm.shape))
        thin = element.area < FRINGE * study.size and not opened(element.visible[place], study.slack).any()
        if thin and any(e.area > element.area for e in elements):
            others = [e.full[place] for e in elements if e.area > element.area]
            beside = dilate(np.logical_or.reduce(others), reach)
            if (beside & element.visible[place]).sum() > ALONG * element.visible[place].sum():
                continue
        out.append(element)
    return out


def _seams(labels: Labels, count: int, neighbours: Bools, slack: int) -> Bools:
    """Which components are only the antialiased seam beside what was taken out already: thin, and along it."""
    beside = np.bincount(labels[dilate(neighbours, slack)], minlength=count)
    thick = np.bincount(labels[opened(labels > 0, slack)], minlength=count)
    total = np.bincount(labels.ravel(), minlength=count)
    return cast(Bools, (beside > SEAM_BESIDE * total) & (thick == 0))


def _worth(area: int, stats: Labels, study: Study) -> bool:
    """Whether a part is large or long enough to be a layer of its own."""
    length = max(int(stats[WIDTH]), int(stats[HEIGHT]))
    return area >= max(LEAST_AREA, TINY * study.size) or (area >= LEAST_LINE and length >= LONG * study.diagonal)


def _component(study: Study, part: Bools, under: Floats, cover: Bools, depth: int) -> list[Element]:
    base = _base(study, part, cover) if depth < MAX_DEPTH and study.room else None
    if base is None:
        return [_object(study, part, depth)]
    box = bounds(base.full)
    assert base.surface is not None
    assert box is not None
    place = window(box)
    model = base.surface.render(box)
    own = np.zeros_like(part)
    own[place] = base.full[place] & (channel_max(study.image[place] - model) < study.tolerance) & part[place]
    own |= base.visible & base.full
    base.visible, base.depth = own, depth
    on_top, beside = _rest(part & ~own, base.full, study.slack)
    below = under.copy()
    below[place] = np.where(base.full[place][..., None], model, under[place])
    return [
        base,
        *take_apart(study, on_top, below, cover & ~own, depth + 1),
        *take_apart(study, beside, under, cover, depth + 1),
    ]


def _rest(rest: Bools, full: Bools, slack: int) -> tuple[Bools, Bools]:
    """What a component holds beside its base: (parts that lie on the base, parts next to or below it). The seams that
    antialiasing leaves along the base's outline are in neither."""
    on_top, beside = np.zeros_like(rest), np.zeros_like(rest)
    box = bounds(rest, REST_MARGIN)
    if box is not None:
        place = window(box)
        on_top[place], beside[place] = _rest_parts(rest[place], full[place], slack)
    return on_top, beside


def _rest_parts(rest: Bools, full: Bools, slack: int) -> tuple[Bools, Bools]:
    rim = dilate(full, slack + 1) & ~erode(full, slack + 1)
    rest = rest & dilate(opened(rest, slack - 1) | (rest & ~rim), 2)
    _, labels, stats = components(rest)
    total = np.maximum(stats[:, AREA], 1)
    seam = np.bincount(labels[rim], minlength=len(stats)) > SEAM * total
    inside = np.bincount(labels[full], minlength=len(stats)) > ON_TOP * total
    on_top, beside = inside & ~seam, ~inside & ~seam
    on_top[0] = beside[0] = False
    return on_top[labels], beside[labels]


def _object(study: Study, part: Bools, depth: int) -> Element:
    """A part that stays whole: an illustration, a picture, an icon."""
    visible = _without_pinholes(part)
    surface = fit_surface(study.image, erode(visible, 1), 2, study.tolerance)
    if surface is not None and surface.inliers < ALL_OF_IT:
        surface = None
    found = complete(visible, np.zeros_like(visible), slack=study.slack)
    shape = found.shape if found is not None else None
    return Element(visible, visible if shape is None else found.full, None, shape, surface, depth)  # type: ignore[union-attr]


def _without_pinholes(mask: Bools) -> Bools:
    filled = fill_holes(mask)
    count, labels, stats = components(filled & ~mask, BY_SIDES)
    small = stats[:, AREA] < PINHOLE * mask.sum()
    small[0] = False
    return mask | cast(Bools, small[labels]) if count > 1 else mask


def _base(study: Study, part: Bools, cover: Bools) -> Element | None:
    """The shape that the rest of a component lies on (or beside): its largest flat region, if it may stand alone."""
    zones, unions = _zones(study, part)
    best: Element | None = None
    for position, zone in enumerate(zones[:MOST_BASES]):
        study.care.check()
        order = FINE_ORDER if zone.sum() > LARGE * study.size else COARSE_ORDER
        surface = fit_surface(study.image, erode(zone, 1) if zone.sum() > THICK else zone, order, study.tolerance)
        if surface is None or surface.inliers < EXPLAINED:
            continue
        region = _matching(study, surface, zone, part)
        found = complete(region, cover & ~region, outline=position >= unions, slack=study.slack)
        if found is None or not _may_stand(study, found, region, zones, part):
            continue
        element = Element(region, found.full, None, found.shape, surface)
        if best is None or element.area > best.area:
            best = element
    return best


def _matching(study: Study, surface: Surface, zone: Bools, part: Bools) -> Bools:
    """The pixels of a zone that its surface explains, with the edge pixels beside them that it explains too."""
    box = bounds(zone, 2)
    assert box is not None
    out = np.zeros_like(zone)
    place = window(box)
    close_by = channel_max(study.image[place] - surface.render(box)) < study.tolerance
    near = dilate(zone[place], 2) & part[place]
    out[place] = near & (close_by | _shading(zone[place], close_by))
    return out


def _shading(zone: Bools, close_by: Bools) -> Bools:
    """Calm parts along a zone's outline that its surface misses: the zone's own shading, unlike a shadow, which lies
    beside something in the zone's midst."""
    filled = fill_holes(zone)
    _, labels, stats = components(zone & ~close_by)
    content = opened(filled & ~zone, 2)
    beside_content = np.bincount(labels[dilate(content, BESIDE)], minlength=len(stats))
    beside_rim = np.bincount(labels[~erode(filled, BESIDE)], minlength=len(stats))
    chosen = (beside_rim > 0) & (beside_content == 0)
    chosen[0] = False
    return cast(Bools, chosen[labels])


def _zones(study: Study, part: Bools) -> tuple[list[Bools], int]:
    """(calm regions of a component, how many of them are unions): first the unions of regions of one colour, which
    something may cross, then the single ones, the largest first."""
    _, labels, stats = components(study.calm & part, BY_SIDES)
    order = np.argsort(-stats[1:, AREA], kind="stable")[:MOST_ZONES] + 1
    kept = [labels == index for index in order if stats[index, AREA] >= max(LEAST_ZONE, ZONE * study.size)]
    colours = [np.median(study.image[zone], 0) for zone in kept]
    unions: list[Bools] = []
    for index in range(len(kept)):
        alike = [j for j in range(len(kept)) if np.abs(colours[j] - colours[index]).max() < SAME_COLOUR]
        if len(alike) > 1 and alike[0] == index:
            unions.append(cast(Bools, np.logical_or.reduce([kept[j] for j in alike])))
    return unions[:2] + kept, len(unions[:2])


def _may_stand(study: Study, found: Completion, region: Bools, zones: list[Bools], part: Bools) -> bool:
    """Whether a completed region is a layer of its own, rather than a patch of an illustration."""
    own, full, area = float(region.sum()), float(found.full.sum()), float(part.sum())
    if own > ALL_OF_IT * area:
        return True
    if area < WHOLE_BELOW * study.size and not _lies_under(found, region, part):
        return False
    share = full / study.size
    dominant = own >= DOMINANT_SEEN * area or full >= DOMINANT * area
    few = len(zones) <= FEW_ZONES and own >= FEW_SEEN * area
    if found.shape is not None and found.shape.kind == "rectangle":
        return share >= LEAST_RECTANGLE and (dominant or few)
    if found.shape is not None:
        return share >= LEAST_ROUND and (dominant or few)
    return share >= LEAST_OUTLINE and dominant


def _lies_under(found: Completion, region: Bools, part: Bools) -> bool:
    """Whether a small component is a shape with things on it, rather than an illustration of parts side by side: the
    shape runs on below another, or is a panel that holds all the rest."""
    if found.shape is None:
        return False
    hidden = found.full & ~hull(region)
    if hidden.sum() > HIDDEN * found.full.sum():
        return True
    return found.shape.kind == "rectangle" and bool((part & ~dilate(found.full, 2)).sum() < BEYOND * part.sum())


def _give_soft(elements: list[Element], soft: Bools, study: Study) -> None:
    """Each soft part goes to the element it touches most; one that touches none becomes a layer of its own."""
    count, labels, stats = components(soft)
    lone: list[Element] = []
    for index in range(1, count):
        if stats[index, AREA] < max(LEAST_AREA, TINY * study.size):
            continue
        study.care.check()
        part = labels == index
        near = dilate(part, TOUCH)
        contact = [int((near & element.visible).sum()) for element in elements]
        if contact and max(contact) >= CONTACT:
            owner = elements[int(np.argmax(contact))]
            owner.soft = part if owner.soft is None else owner.soft | part
        elif stats[index, AREA] > LONE_SOFT * TINY * study.size:
            lone.append(Element(part, part, part))
    elements[:0] = lone


def _in_order(elements: list[Element], check: Check) -> list[Element]:
    """Bottom to top: what another hides a part of lies below it; otherwise the larger lies below.

    `above[i]` counts those that must come before element i: which i hides a part of, and more than they hide of i.
    Where all that are left wait for each other, the largest goes first.
    """
    waits = _who_waits(elements, check)
    above = [0] * len(elements)
    for later in waits:
        for i in later:
            above[i] += 1
    free = [(-element.area, i) for i, element in enumerate(elements) if not above[i]]
    left = sorted((-element.area, i) for i, element in enumerate(elements))
    heapq.heapify(free)
    placed = [False] * len(elements)
    out: list[Element] = []
    for _ in elements:
        chosen = heapq.heappop(free)[1] if free else next(i for _, i in left if not placed[i])
        placed[chosen] = True
        out.append(elements[chosen])
        for i in waits[chosen]:
            above[i] -= 1
            if not above[i] and not placed[i]:
                heapq.heappush(free, (-elements[i].area, i))
    return out


def _who_waits(elements: list[Element], check: Check) -> list[list[int]]:
    """For each element those that must come after it, because they hide more of it than it hides of them."""
    shown = [element.shown_box() for element in elements]
    waits: list[list[int]] = [[] for _ in elements]
    for i, one in enumerate(elements):
        check()
        for j in range(i + 1, len(elements)):
            other = elements[j]
            first, second = _hidden(one, other, shown[j]), _hidden(other, one, shown[i])
            if first > second and first >= HIDES:
                waits[i].append(j)
            elif second > first and second >= HIDES:
                waits[j].append(i)
    return waits


def _hidden(lower: Element, upper: Element, shown: Box) -> int:
    """Pixels of `lower` that `upper`, which shows in the box `shown`, hides."""
    box = meet(lower.box, shown)
    if box is None:
        return 0
    place = window(box)
    return int(np.count_nonzero(lower.full[place] & upper.visible[place] & ~lower.visible[place]))
