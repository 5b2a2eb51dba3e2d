"""The built-in engine: separates a picture by its text, its flat shapes and its objects."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from engine.builtin.alpha import backdrop, clip_ground, is_cut_out, opaque, over, restore_alpha
from engine.builtin.background import Ground, find_ground, noise_of
from engine.builtin.busy import find_graphics, find_subject, is_scenery
from engine.builtin.drafts import CAP, Draft, reduce_to
from engine.builtin.elements import Element, Study
from engine.builtin.glyphs import Glyphs, find_glyphs
from engine.builtin.lines import group_lines
from engine.builtin.names import numbered, text_name
from engine.builtin.naming import kind_of, name_of
from engine.builtin.render import Canvas, Cut, cut_element, cut_text, lay_ground
from engine.builtin.saliency import available
from engine.builtin.scene import take_apart
from engine.decomposer import Progress, Report, Request, Stage, WorkingLayer, WorkingStack, check
from engine.document import LayerKind, Pixels
from engine.imaging.arrays import Bools, Floats, dilate, resize, window
from engine.imaging.fills import harmonic
from engine.imaging.patches import texture_fill
from engine.models.subject import COMMAND
from engine.text.reading import read_lines, reader

STUDY_SIDE = 1200
MIN_SUBJECT_SIDE = 48
SAMPLE_SIDE = 1536


@dataclass(slots=True, eq=False)
class Clock:
    """Progress of a run: the share done of the whole, and the time left at the pace so far."""

    report: Report
    cancelled: Event
    start: float = field(default_factory=time.monotonic)
    done: float = 0.0

    def at(self, stage: Stage, fraction: float, step: int = 0, total: int = 0) -> None:
        """Say where the run stands. Raises Cancelled where the user has asked to stop."""
        check(self.cancelled)
        self.done = max(self.done, min(1.0, fraction))
        spent = time.monotonic() - self.start
        left = spent * (1 - self.done) / self.done if self.done > 0.08 and spent > 0.5 else None
        self.report(Progress(stage, step, total, self.done, left))


class BuiltinEngine:
    """The engine that is always there. Implements `engine.decomposer.Decomposer`."""

    id = "builtin"
    title = "Built-in"

    def missing(self, _options: object | None = None, /) -> None:
        """None: it needs nothing that is not installed with the program."""
        return

    def unwise(self, _options: object | None = None, /) -> None:
        """None: it is quick everywhere."""
        return

    def run(self, request: Request, report: Report, cancelled: Event) -> WorkingStack:
        """Layers of `request.image` at its own size, bottom to top, tight, straight alpha.

        Raises Cancelled soon after `cancelled` is set.
        """
        return _Run(request, Clock(report, cancelled)).stack()


@dataclass(slots=True, eq=False)
class _Run:
    request: Request
    clock: Clock
    notes: list[str] = field(default_factory=list)

    def stack(self) -> WorkingStack:
        height, width = self.request.image.shape[:2]
        drafts = self._all_drafts()
        self.clock.at(Stage.NAMING, 0.96)
        found = len(drafts)
        wanted = self.request.layers
        drafts = reduce_to(drafts, wanted or CAP)
        if wanted is not None and found < wanted:
            self.notes.append(f"Only {_layers_word(found)} found; {wanted} were asked for.")
        self.clock.at(Stage.NAMING, 1.0)
        return WorkingStack(width, height, _layers(drafts), tuple(self.notes))

    def _all_drafts(self) -> list[Draft]:
        image = self.request.image
        alpha = image[..., 3]
        if not alpha.any():
            return [Draft(Cut(np.zeros((1, 1, 4), np.uint8), 0, 0), "Empty", LayerKind.OBJECT)]
        if (alpha == 255).all():
            return self._drafts(np.ascontiguousarray(image[..., :3]))
        if not is_cut_out(image):
            return clip_ground(self._drafts(opaque(image)), alpha)
        ground = backdrop(image)
        return restore_alpha(self._drafts(over(image, ground), ground)[1:], image)

    def _drafts(self, image: Pixels, backing: Floats | None = None) -> list[Draft]:
        """The layers of an opaque picture; `backing` is the colour of its ground where that is known."""
        self.clock.at(Stage.LOADING, 0.0)
        reader()
        glyphs, noise = self._read(image)
        small, hidden = _study_size(image, glyphs)
        self.clock.at(Stage.SEPARATING, 0.42)
        clean = harmonic(small, ~hidden) if hidden.any() else small
        ground = find_ground(clean, hidden, noise) if backing is None else self._backed(clean, backing)
        if not ground.plain and hidden.any():
            clean = texture_fill(clean, hidden, ~dilate(hidden, 2))
        self.clock.at(Stage.SEPARATING, 0.5)
        elements = self._elements(clean, ground, noise)
        return self._cut(image, clean, ground, elements, glyphs, hidden)

    def _backed(self, clean: Floats, backing: Floats) -> Ground:
        height, width = clean.shape[:2]
        solid = resize(self.request.image[..., 3].astype(np.float32), width, height)
        colours = np.broadcast_to(backing, clean.shape).astype(np.float32)
        return Ground(True, colours, solid < 6, 5.0)

    def _read(self, image: Pixels) -> tuple[list[Glyphs], float]:
        noise = noise_of(_sample(image))
        lines = read_lines(image, lambda part: self.clock.at(Stage.READING, 0.05 + 0.3 * part))
        found = []
        for index, line in enumerate(lines):
            self.clock.at(Stage.DESCRIBING, 0.35 + 0.07 * index / len(lines), index + 1, len(lines))
            found.append(find_glyphs(image, line, lines, noise))
        return [glyphs for glyphs in found if glyphs is not None], noise

    def _elements(self, clean: Floats, ground: Ground, noise: float) -> list[Element]:
        study = Study(clean, noise, ground.tolerance)
        if ground.plain:
            found = take_apart(study, ~ground.known, ground.colours)
            if not any(is_scenery(element) for element in found):
                return found
            ground.plain = False
        graphics = find_graphics(study)
        self.clock.at(Stage.SEPARATING, 0.54)
        subject = self._subject(study, graphics)
        return ([subject] if subject is not None else []) + graphics

    def _subject(self, study: Study, graphics: list[Element]) -> Element | None:
        if min(study.calm.shape) < MIN_SUBJECT_SIDE:
            return None
        if not available():
            self.notes.append(f"The subject model is missing, so no main object was cut out; get it with: {COMMAND}")
            return None
        covered = np.zeros(study.calm.shape, bool)
        for element in graphics:
            covered |= element.full
        return find_subject(harmonic(study.image, ~covered) if covered.any() else study.image, covered)

    def _cut(
        self,
        image: Pixels,
        clean: Floats,
        ground: Ground,
        elements: list[Element],
        glyphs: list[Glyphs],
        hidden: Bools,
    ) -> list[Draft]:
        self.clock.at(Stage.FINISHING, 0.62)
        scale = image.shape[1] / clean.shape[1]
        covers = _covers(elements, dilate(hidden, 1))
        covered = dilate(covers[0], 3)
        if not ground.plain and any(element.matte is not None for element in elements):
            covered = dilate(covered, round(0.004 * max(covered.shape)))
        fill = ground.colours if ground.plain else texture_fill(clean, covered, ~covered)
        stack = lay_ground(image, fill, covered)
        canvas = Canvas(image, stack.copy(), scale, ground.plain)
        drafts = [_background(stack)]
        for index, element in enumerate(elements):
            self.clock.at(Stage.FINISHING, 0.64 + 0.22 * index / len(elements), index + 1, len(elements))
            cut = cut_element(canvas, element, covers[index + 1], clean)
            if cut is not None:
                drafts.append(_element_draft(cut, element, clean, covers[index + 1], hidden))
        groups = group_lines(glyphs)
        for index, group in enumerate(groups):
            self.clock.at(Stage.FINISHING, 0.86 + 0.1 * index / len(groups), index + 1, len(groups))
            cut = cut_text(canvas, group)
            if cut is not None:
                drafts.append(_text_draft(cut, group, image.size))
        return drafts


def _sample(image: Pixels) -> Floats:
    """The middle of the picture, cut on the grid of JPEG blocks."""
    top, left = (max(0, (length - SAMPLE_SIDE) // 16 * 8) for length in image.shape[:2])
    return image[top : top + SAMPLE_SIDE, left : left + SAMPLE_SIDE].astype(np.float32)


def _study_size(image: Pixels, glyphs: list[Glyphs]) -> tuple[Floats, Bools]:
    """The picture at the size of study, and where its text is."""
    height, width = image.shape[:2]
    text = np.zeros((height, width), np.uint8)
    for item in glyphs:
        text[window(item.box)] |= item.support.view(np.uint8)
    shrink = min(1.0, STUDY_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = resize(image.astype(np.float32) if shrink == 1 else image, *size).astype(np.float32)  # type: ignore[arg-type]
    hidden = resize(text.astype(np.float32), *size) > 0.02
    return small, hidden


def _covers(elements: list[Element], text: Bools) -> list[Bools]:
    """Item k: what lies over element k - 1, text included; item 0: everything on the background."""
    out = [text]
    for element in reversed(elements):
        extent = element.full if element.soft is None else element.full | element.soft
        out.append(out[-1] | extent)
    return out[::-1]


def _background(stack: Pixels) -> Draft:
    opaque = np.full((*stack.shape[:2], 1), 255, np.uint8)
    pixels = np.concatenate([stack, opaque], 2)
    return Draft(Cut(pixels, 0, 0), "Background", LayerKind.BACKGROUND, weight=float("inf"))


def _element_draft(cut: Cut, element: Element, clean: Floats, above: Bools, text: Bools) -> Draft:
    name = name_of(element, clean, above, text)
    weight = element.area / text.size
    return Draft(cut, name, kind_of(element), score=None, weight=weight + 0.002, level=element.depth)


def _text_draft(cut: Cut, group: list[Glyphs], size: int) -> Draft:
    texts = [glyphs.line.text for glyphs in group]
    boxes = sum((g.box[2] - g.box[0]) * (g.box[3] - g.box[1]) for g in group)
    score = float(np.mean([glyphs.line.score for glyphs in group]))
    weight = boxes / size * 3 + 0.004
    return Draft(cut, text_name(texts), LayerKind.TEXT, "\n".join(texts), score, weight, level=1)


def _layers_word(count: int) -> str:
    return "1 layer was" if count == 1 else f"{count} layers were"


def _layers(drafts: list[Draft]) -> tuple[WorkingLayer, ...]:
    names = numbered([draft.name for draft in drafts])
    return tuple(
        WorkingLayer(d.cut.pixels, d.cut.left, d.cut.top, name, d.kind, d.text, d.score)
        for d, name in zip(drafts, names, strict=True)
    )
