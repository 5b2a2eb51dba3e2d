"""One run of the built-in engine, from the picture to its layers: read, study, cut, merge."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from engine.builtin import progress
from engine.builtin.alpha import backdrop, clip_ground, is_cut_out, opaque, over, own_colours, restore_alpha
from engine.builtin.background import Ground, find_ground, noise_of, tolerance_of
from engine.builtin.busy import find_graphics, find_subject, is_scenery
from engine.builtin.care import Care
from engine.builtin.cuts import Cut, NamedCut
from engine.builtin.elements import Element, Study
from engine.builtin.glyphs import Glyphs, find_glyphs, neighbours
from engine.builtin.lines import group_lines
from engine.builtin.merging import CAP, reduce_to
from engine.builtin.names import numbered, text_name
from engine.builtin.naming import kind_of, name_of
from engine.builtin.progress import Pace
from engine.builtin.render import Canvas, cut_element, cut_plainly, cut_text, grown, lay_ground, reveal, zoomed
from engine.builtin.saliency import available
from engine.builtin.scene import take_apart
from engine.decomposer import Request, Stage, WorkingLayer, WorkingStack
from engine.document import LayerKind, Pixels
from engine.errors import Cancelled
from engine.imaging.arrays import (
    ALPHA,
    HALF,
    RGB,
    WHITE,
    Bools,
    Floats,
    Labels,
    dilate,
    resize,
    size_of,
    window,
)
from engine.imaging.fills import harmonic
from engine.imaging.patches import texture_fill
from engine.models.subject import COMMAND
from engine.text.reading import TextLine, load, read_lines

log = logging.getLogger(__name__)

STUDY_SIDE = 1200
"""px: the longest side at which the picture is studied; finer gains nothing on posters and takes longer."""
SAMPLE_SIDE = 1536
"""px: the noise is measured in the middle of the picture, on a square of at most this side …"""
BLOCK = 8
"""… that begins on the grid of JPEG's blocks of 8 x 8 px."""
MIN_SUBJECT_SIDE = 48
"""px: on less the subject model sees nothing."""
TOUCHED = 0.02
"""A pixel of study that text covers by more than this counts as text."""
CLEAR = 6
"""0..255: alpha below which a cut-out's pixel, at the size of study, shows its ground."""
TEXT_REACH, COVER_REACH = 2, 3
"""px of study: how far beyond text, and beyond what lies on the ground, its blurred edge still shows."""
HAZE = 0.004
"""Part of the picture's longer side by which a subject's soft outline reaches beyond its mask."""

# What a layer weighs when layers are merged: its share of the picture, text more than pictures, and a little for being.
TEXT_WEIGHT = 3
LEAST_WEIGHT = 0.002
LEAST_TEXT_WEIGHT = 0.004


@dataclass(slots=True, eq=False)
class Run:
    """Takes one picture apart. `stack` is the only door."""

    request: Request
    pace: Pace
    care: Care = field(init=False)
    _own: Floats | None = field(init=False, default=None)
    """The colours of a cut-out at the size of study without a ground under them, which is what it is named by."""

    def __post_init__(self) -> None:
        self.care = Care(self.pace.check)

    def stack(self) -> WorkingStack:
        """The layers, as many as were asked for, or as there are up to `CAP`."""
        height, width = self.request.image.shape[:2]
        found = self._all_layers()
        self.pace.at(Stage.NAMING, progress.MERGING)
        wanted = self.request.layers
        check = self.care.check
        layers = self.care.over(lambda: reduce_to(found, wanted or CAP, check), lambda: found, "builtin.not-merged")
        if wanted is not None and len(found) < wanted:
            if len(found) == 1:
                self.care.say("builtin.only-one-found", wanted=wanted)
            else:
                self.care.say("builtin.only-found", found=len(found), wanted=wanted)
        self.pace.at(Stage.NAMING, progress.DONE)
        return WorkingStack(width, height, _numbered(layers), tuple(self.care.notes))

    def _all_layers(self) -> list[NamedCut]:
        image = self.request.image
        alpha = image[..., ALPHA]
        if not alpha.any():
            return [NamedCut(Cut(np.zeros((1, 1, image.shape[2]), np.uint8), 0, 0), "Empty", LayerKind.OBJECT)]
        if (alpha == WHITE).all():
            return self._layers(np.ascontiguousarray(image[..., RGB]))
        if not is_cut_out(image):
            return clip_ground(self._layers(opaque(image, self.care.check)), alpha)
        ground = backdrop(image)
        return restore_alpha(self._layers(over(image, ground), ground)[1:], image, self.care.check)

    def _layers(self, image: Pixels, backing: Floats | None = None) -> list[NamedCut]:
        """The layers of an opaque picture; `backing` is the colour of its ground where that is known."""
        self.pace.at(Stage.LOADING, 0.0)
        noise = noise_of(_sample(image))
        glyphs = self._glyphs(image, self._lines(image), noise)
        small, hidden = _study_size(image, glyphs)
        self.pace.at(Stage.SEPARATING, progress.GROUND)
        clean = harmonic(small, ~hidden, self.care.check) if hidden.any() else small
        ground = self._ground(clean, hidden, noise) if backing is None else self._backed(clean, backing)
        if not ground.plain and hidden.any():
            clean = self._textured(clean, hidden, ~dilate(hidden, TEXT_REACH))
        self.pace.at(Stage.SEPARATING, progress.THINGS)
        elements = self._elements(clean, ground, noise)
        return self._cut(image, clean, ground, elements, glyphs, hidden)

    def _ground(self, clean: Floats, hidden: Bools, noise: float) -> Ground:
        """The picture's ground; where finding it fails, the picture is taken for a busy one."""
        none = np.zeros(hidden.shape, bool)
        return self.care.over(
            lambda: find_ground(clean, hidden, noise, self.care.check),
            lambda: Ground(False, clean, none, tolerance_of(noise)),
            "builtin.thing-left",
        )

    def _backed(self, clean: Floats, backing: Floats) -> Ground:
        height, width = clean.shape[:2]
        self._own = own_colours(self.request.image, width, height)
        solid = resize(self.request.image[..., ALPHA].astype(np.float32), width, height)
        colours = np.broadcast_to(backing, clean.shape).astype(np.float32)
        return Ground(True, colours, solid < CLEAR, tolerance_of(0.0))

    def _textured(self, image: Floats, hole: Bools, allowed: Bools) -> Floats:
        """The hole filled with texture; smoothly, with a note, where that fails."""
        check = self.care.check
        return self.care.over(
            lambda: texture_fill(image, hole, allowed, check),
            lambda: harmonic(image, ~hole, check),
            "builtin.fill-smooth",
        )

    def _lines(self, image: Pixels) -> list[TextLine]:
        """The lines of text in the picture; none, with a note, where the reader is missing or fails."""

        def poll(part: float) -> None:
            self.pace.at(Stage.READING, progress.READING + (progress.GLYPHS - progress.READING) * part)

        def read() -> list[TextLine]:
            load(self.care.check)
            return read_lines(image, poll, self.care.check)

        return self.care.over(read, list, "builtin.no-reader")

    def _glyphs(self, image: Pixels, lines: list[TextLine], noise: float) -> list[Glyphs]:
        """Where the lines' ink is; lines without clear ink stay on the layer below, with a note."""
        found: list[Glyphs] = []
        left: list[TextLine] = []
        near = neighbours(lines)
        for index, line in enumerate(lines):
            self.pace.through(Stage.DESCRIBING, progress.GLYPHS, progress.GROUND, index + 1, len(lines))
            glyphs = None
            try:
                glyphs = find_glyphs(image, line, [lines[i] for i in near[index]], noise)
            except (Cancelled, MemoryError):
                raise
            except Exception:
                log.exception("the glyphs of a line could not be found")
            if glyphs is None:
                left.append(line)
            else:
                found.append(glyphs)
        if len(left) == 1:
            self.care.say("builtin.line-left", text=left[0].text)
        elif left:
            self.care.say("builtin.lines-left", count=len(left))
        return found

    def _elements(self, clean: Floats, ground: Ground, noise: float) -> list[Element]:
        study = Study(clean, noise, ground.tolerance, self.care)
        if ground.plain:
            found = self._things(lambda: take_apart(study, ~ground.known, ground.colours))
            if not any(is_scenery(element) for element in found):
                return found
            ground.plain = False
        graphics = self._things(lambda: find_graphics(study))
        self.pace.at(Stage.SEPARATING, progress.SUBJECT)
        subject = self._subject(study, graphics)
        return ([subject] if subject is not None else []) + graphics

    def _things(self, find: Callable[[], list[Element]]) -> list[Element]:
        return self.care.over(find, list, "builtin.thing-left")

    def _subject(self, study: Study, graphics: list[Element]) -> Element | None:
        if min(study.calm.shape) < MIN_SUBJECT_SIDE:
            return None
        if not available():
            self.care.say("builtin.no-subject-model", command=COMMAND)
            return None
        check = self.care.check
        covered = np.zeros(study.calm.shape, bool)
        for element in graphics:
            covered |= element.full
        seen = harmonic(study.image, ~covered, check) if covered.any() else study.image
        find = partial(find_subject, seen, covered, check)
        return self.care.over(find, lambda: None, "builtin.subject-failed", command=COMMAND)

    def _cut(
        self,
        image: Pixels,
        clean: Floats,
        ground: Ground,
        elements: list[Element],
        glyphs: list[Glyphs],
        hidden: Bools,
    ) -> list[NamedCut]:
        self.pace.at(Stage.FINISHING, progress.BEHIND)
        tops = _topmost(elements, dilate(hidden, 1))
        covered = dilate(tops >= 0, COVER_REACH)
        if not ground.plain and any(element.matte is not None for element in elements):
            covered = dilate(covered, round(HAZE * max(covered.shape)))
        fill = ground.colours if ground.plain else self._textured(clean, covered, ~covered)
        stack = lay_ground(image, fill, covered, self.care.check)
        canvas = Canvas(image, stack.copy(), image.shape[1] / clean.shape[1], ground.plain, self.care.check)
        layers: list[NamedCut] = []
        for index, element in enumerate(elements):
            self.pace.through(Stage.FINISHING, progress.CUTTING, progress.TEXT, index + 1, len(elements))
            layers += self._element_layer(canvas, element, tops > index, clean, hidden)
        groups = group_lines(glyphs, self.care.check)
        for index, group in enumerate(groups):
            self.pace.through(Stage.FINISHING, progress.TEXT, progress.MERGING, index + 1, len(groups))
            layers += self._text_layer(canvas, group)
        reveal(stack, canvas, covered, (layer.cut for layer in layers), clean, ground.tolerance)
        return [_background(stack), *layers]

    def _element_layer(
        self, canvas: Canvas, element: Element, above: Bools, clean: Floats, text: Bools
    ) -> list[NamedCut]:
        """The element's layer; none where it has no pixels, or where not even its outline can be cut."""
        named = clean if self._own is None else self._own
        name = self.care.over(lambda: name_of(element, named, above, text), lambda: "Object", "builtin.not-named")

        def plainly() -> Cut | None:
            shape = canvas.image.shape
            box = grown(element.shown_box(), canvas.scale, shape, 0)
            mask = zoomed(element.visible, box, shape) > HALF
            return cut_plainly(canvas, box, mask, (zoomed(above, box, shape) > 0, zoomed(clean, box, shape)))

        cut = self.care.over(
            lambda: cut_element(canvas, element, above, clean),
            lambda: self.care.over(plainly, lambda: None, "builtin.thing-left"),
            "builtin.cut-plainly",
            name=name,
        )
        if cut is None:
            return []
        weight = element.area / text.size + LEAST_WEIGHT
        return [NamedCut(cut, name, kind_of(element), weight=weight, level=element.depth)]

    def _text_layer(self, canvas: Canvas, group: list[Glyphs]) -> list[NamedCut]:
        """The layer of a block of text; the same."""
        texts = [glyphs.line.text for glyphs in group]
        name = text_name(texts)

        def plainly() -> list[NamedCut]:
            cuts = [cut_plainly(canvas, glyphs.box, glyphs.support) for glyphs in group]
            return [_text_layer(cut, [glyphs], canvas) for cut, glyphs in zip(cuts, group, strict=True)]

        def softly() -> list[NamedCut]:
            cut = cut_text(canvas, group)
            return [] if cut is None else [_text_layer(cut, group, canvas)]

        return self.care.over(softly, plainly, "builtin.cut-plainly", name=name)


def _sample(image: Pixels) -> Floats:
    """The middle of the picture, cut on the grid of JPEG blocks."""
    top, left = (max(0, (length - SAMPLE_SIDE) // (2 * BLOCK) * BLOCK) for length in image.shape[:2])
    return image[top : top + SAMPLE_SIDE, left : left + SAMPLE_SIDE].astype(np.float32)


def _study_size(image: Pixels, glyphs: list[Glyphs]) -> tuple[Floats, Bools]:
    """The picture at the size of study, and where its text is."""
    height, width = image.shape[:2]
    text = np.zeros((height, width), np.uint8)
    for item in glyphs:
        text[window(item.box)] |= item.support.view(np.uint8)
    shrink = min(1.0, STUDY_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = resize(image.astype(np.float32) if shrink == 1 else image, *size).astype(np.float32)
    hidden = resize(text.astype(np.float32), *size) > TOUCHED
    return small, hidden


def _topmost(elements: list[Element], text: Bools) -> Labels:
    """The index of what lies on top at each pixel of study: -1 for the ground, `len(elements)` for text."""
    out = np.full(text.shape, -1, np.int32)
    for index, element in enumerate(elements):
        out[element.full] = index
        if element.soft is not None:
            out[element.soft] = index
    out[text] = len(elements)
    return out


def _background(stack: Pixels) -> NamedCut:
    opaque = np.full((*stack.shape[:2], 1), WHITE, np.uint8)
    pixels = np.concatenate([stack, opaque], axis=2)
    return NamedCut(Cut(pixels, 0, 0), "Background", LayerKind.BACKGROUND, weight=float("inf"))


def _text_layer(cut: Cut, group: list[Glyphs], canvas: Canvas) -> NamedCut:
    texts = [glyphs.line.text for glyphs in group]
    boxes = sum(math.prod(size_of(g.box)) for g in group)
    score = float(np.mean([glyphs.line.score for glyphs in group]))
    weight = boxes / canvas.image.size * TEXT_WEIGHT + LEAST_TEXT_WEIGHT
    return NamedCut(cut, text_name(texts), LayerKind.TEXT, "\n".join(texts), score, weight, level=1)


def _numbered(layers: list[NamedCut]) -> tuple[WorkingLayer, ...]:
    names = numbered([layer.name for layer in layers])
    return tuple(
        WorkingLayer(d.cut.pixels, d.cut.left, d.cut.top, name, d.kind, d.text, d.score)
        for d, name in zip(layers, names, strict=True)
    )
