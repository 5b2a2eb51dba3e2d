"""Stacks items into an image with Qt's raster engine; agrees with `engine.imaging.compositing` within 2/255.

Composition pixels: the document scaled by `scale` (at most 1), origin at its top left corner. The image starts
transparent, so blend modes never meet what is painted behind it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import groupby

import cv2
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from engine.document import BlendMode, Layer
from gui.canvas.images import LayerImages
from gui.canvas.qimages import Array, pixel_view
from gui.canvas.scene import QT_MODES, Folder, Item, Leaf, Live, Nest, Step, Still, Wash, holds
from gui.canvas.snapping import Box

FAST = QImage.Format.Format_ARGB32_Premultiplied
EXACT = QImage.Format.Format_RGBA64_Premultiplied
MOST_STILLS = 24
"""Images of layers that stand still above a changing one; each is as large as the view, the others are drawn anew."""
FAR = 1 << 24
"""Composition px beyond which a box ends: Qt's rectangles count in 32 bits."""
SMALL = 600_000
"""Px up to which turned layers get smooth edges while they are dragged."""
OPAQUE = 255
ROUNDING = 1e-6
"""Px that a place may be off and still be a whole one."""
LINEAR = frozenset({BlendMode.NORMAL, BlendMode.MULTIPLY, BlendMode.SCREEN})
WORTH_A_WASH = 3
"""Fewer layers than that are drawn one by one: a wash is two passes over the whole view."""


class Compositor:
    """Draws items of one document at one scale.

    Attributes:
        view: document box that is shown; images of large layers are prepared only there.
        drafts: whether anything drawn since the last reset was not final.
    """

    def __init__(self, images: LayerImages) -> None:
        self._images = images
        self.scale = 1.0
        self.view: Box = (0, 0, 1, 1)
        self.drafts = False
        self._sources: dict[tuple[Layer, bool, float], tuple[QImage, QTransform, bool]] = {}

    def begin_frame(self) -> None:
        """Images found for the frame before may be better now."""
        self._sources.clear()

    def compose(self, steps: Sequence[Step], live: dict[str, Item], rect: QRect, exact: bool) -> QImage:
        """The stack within `rect` (composition px), transparent where nothing is."""
        first = steps[0] if steps else None
        if isinstance(first, Still) and not exact and first.opacity == 1 and first.rect.contains(rect):
            # What is below everything needs no blending: a copy saves a pass over the whole picture.
            image = first.image.copy(rect.translated(-first.rect.topLeft()))
            steps = steps[1:]
        else:
            image = QImage(rect.size(), EXACT if exact else FAST)
            image.fill(Qt.GlobalColor.transparent)
        for step in steps:
            self._draw(image, step, live, rect, exact)
        return image

    def prepare(
        self, items: Sequence[Item], active: Collection[str], rect: QRect, opaque: bool = False
    ) -> tuple[Step, ...]:
        """The stack with everything that is not active drawn once within `rect`.

        `opaque`: what it is drawn on is opaque everywhere, so that more can be drawn together.
        """
        steps: list[Step] = []
        first = next((i for i, item in enumerate(items) if holds(item, active)), len(items))
        if first:
            below = self.compose(items[:first], {}, rect, False)
            opaque = opaque or is_opaque(below)
            steps.append(Still(below, rect))
        run: list[Item] = []
        for item in items[first:]:
            if holds(item, active):
                steps += self._stand_still(run, rect, opaque)
                run = []
                steps.append(self._active_step(item, active, rect))
            else:
                run.append(item)
        return tuple(steps + self._stand_still(run, rect, opaque))

    def _active_step(self, item: Item, active: Collection[str], rect: QRect) -> Step:
        if isinstance(item, Folder) and not item.fades:
            return Nest(item.group.id, self.prepare(item.items, active, rect))
        return Live(item.node.id)

    def _stand_still(self, items: Sequence[Item], rect: QRect, opaque: bool) -> list[Step]:
        """Steps for items above an active one, as few as will do."""
        steps: list[Step] = []
        for look, group in groupby(items, lambda item: _look_of(item, opaque)):
            run = list(group)
            if look == "apart":
                steps += [self._still_of(item, rect, len(steps)) for item in run]
            elif all(_is_normal(item) for item in run):
                steps.append(Still(self.compose(run, {}, rect, False), rect))
            elif len(run) < WORTH_A_WASH:
                steps += [self._still_of(item, rect, len(steps)) for item in run]
            else:
                steps.append(self._wash_of(run, rect))
        return steps

    def _wash_of(self, items: Sequence[Item], rect: QRect) -> Wash:
        """What the items do to black is the offset; what they do to white, less that, is the gain."""
        ends = []
        for backdrop in (Qt.GlobalColor.black, Qt.GlobalColor.white):
            image = QImage(rect.size(), FAST)
            image.fill(backdrop)
            for item in items:
                self._draw(image, item, {}, rect, False)
            ends.append(image)
        offset, gain = ends
        with QPainter(gain) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
            painter.drawImage(0, 0, offset)
        return Wash(gain, offset, rect)

    def _still_of(self, item: Item, rect: QRect, count: int) -> Step:
        """A layer with a blend mode of its own must meet its backdrop anew each frame; its pixels are made once."""
        part = rect & self.rect_of(item.box)
        if count >= MOST_STILLS or (isinstance(item, Folder) and item.fades):
            return item
        image = QImage(part.size().expandedTo(QSize(1, 1)), FAST)
        image.fill(Qt.GlobalColor.transparent)
        if isinstance(item, Leaf):
            self._draw_leaf(image, item, part, False, plain=True)
        else:
            image = self.compose(item.items, {}, part, False)
        return Still(image, part, item.node.opacity, item.node.blend_mode)

    def rect_of(self, box: Box) -> QRect:
        """The composition pixels that a document box touches, with a pixel around for smoothing."""
        left, top = math.floor(box[0] * self.scale) - 1, math.floor(box[1] * self.scale) - 1
        right, bottom = math.ceil(box[2] * self.scale) + 1, math.ceil(box[3] * self.scale) + 1
        left, top, right, bottom = (min(max(v, -FAR), FAR) for v in (left, top, right, bottom))
        return QRect(left, top, right - left, bottom - top)

    def _draw(self, image: QImage, step: Step, live: dict[str, Item], rect: QRect, exact: bool) -> None:
        if isinstance(step, Live):
            if (item := live.get(step.node_id)) is not None:
                self._draw(image, item, live, rect, exact)
        elif isinstance(step, Still):
            part = step.rect & rect
            if not part.isEmpty():
                with _painter(image, step.opacity, step.blend_mode) as painter:
                    at = part.topLeft() - rect.topLeft()
                    painter.drawImage(at, step.image, part.translated(-step.rect.topLeft()))
        elif isinstance(step, Wash):
            _wash(image, step, rect)
        elif isinstance(step, Leaf):
            if self.rect_of(step.box).intersects(rect):
                self._draw_leaf(image, step, rect, exact)
        elif isinstance(step, Folder) and step.fades:
            self._draw_fading(image, step, rect, exact)
        else:
            folder = step if isinstance(step, Folder) else live.get(step.node_id)
            if isinstance(folder, Folder):
                inner = self.compose(step.steps if isinstance(step, Nest) else folder.items, live, rect, exact)
                _fade(inner, folder.group.opacity)
                with _painter(image, 1.0, folder.group.blend_mode) as painter:
                    painter.drawImage(0, 0, inner)

    def _draw_leaf(self, image: QImage, leaf: Leaf, rect: QRect, exact: bool, plain: bool = False) -> None:
        layer = leaf.layer
        if exact and not plain and layer.opacity < 1:
            # QPainter's own opacity has 256 steps, too few for the exact picture.
            part = self.rect_of(leaf.box) & rect
            inner = QImage(part.size(), EXACT)
            inner.fill(Qt.GlobalColor.transparent)
            self._draw_leaf(inner, leaf, part, exact, plain=True)
            _fade(inner, layer.opacity)
            with _painter(image, 1.0, layer.blend_mode) as painter:
                painter.drawImage(part.topLeft() - rect.topLeft(), inner)
            return
        image_of_layer, place, final = self._source(layer, exact)
        self.drafts |= not final
        place = place * QTransform.fromTranslate(-rect.x(), -rect.y())
        whole = not place.isScaling() and _whole(place)
        look = (1.0, BlendMode.NORMAL) if plain else (layer.opacity, layer.blend_mode)
        with _painter(image, *look) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not whole)
            # Smooth edges cost as much again; a large layer does without them while it is being dragged.
            smooth_edge = place.isRotating() and (exact or rect.width() * rect.height() < SMALL)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth_edge)
            if whole:
                painter.drawImage(round(place.dx()), round(place.dy()), image_of_layer)
            else:
                painter.setTransform(place)
                painter.drawImage(0, 0, image_of_layer)

    def _source(self, layer: Layer, exact: bool) -> tuple[QImage, QTransform, bool]:
        """The image of a layer, from its px to composition px, and whether it is final; kept for the frame's tiles."""
        key = (layer, exact, self.scale)
        found = self._sources.get(key)
        if found is None:
            source = self._images.source(layer, self.scale, exact, self.view)
            place = source.to_document
            if self.scale != 1:
                place = place * QTransform.fromScale(self.scale, self.scale)
            found = self._sources[key] = (source.image, place, source.final)
        return found

    def _draw_fading(self, image: QImage, folder: Folder, rect: QRect, exact: bool) -> None:
        """backdrop + (with children - backdrop) x opacity, as one sum of two premultiplied images."""
        inner = image.copy()
        for item in folder.items:
            self._draw(inner, item, {}, rect, exact)
        _fade(inner, folder.group.opacity)
        _fade(image, 1 - folder.group.opacity)
        with _painter(image, 1.0, BlendMode.NORMAL) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
            painter.drawImage(0, 0, inner)


def _fade(image: QImage, opacity: float) -> None:
    """Multiply a whole image by an opacity, with 16 bits where the image has them."""
    if opacity < 1:
        with QPainter(image) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
            painter.fillRect(image.rect(), QColor.fromRgbF(0, 0, 0, min(max(opacity, 0.0), 1.0)))


def _painter(image: QImage, opacity: float, mode: BlendMode) -> QPainter:
    """A painter to be used in a `with` statement, so that an error cannot leave it active."""
    painter = QPainter(image)
    painter.setOpacity(min(max(opacity, 0.0), 1.0))
    painter.setCompositionMode(QT_MODES[mode])
    return painter


def _whole(place: QTransform) -> bool:
    return all(abs(v - round(v)) < ROUNDING for v in (place.dx(), place.dy()))


def is_opaque(image: QImage) -> bool:
    """Whether no pixel of a 4-byte-a-pixel image is transparent."""
    return bool((pixel_view(image)[..., 3] == OPAQUE).all())


def _wash(image: QImage, wash: Wash, rect: QRect) -> None:
    part = wash.rect & rect
    if part.isEmpty():
        return
    target = _window(pixel_view(image), part.translated(-rect.topLeft()))
    at = part.translated(-wash.rect.topLeft())
    # The alpha channels are all 255, and stay so.
    cv2.multiply(target, _window(pixel_view(wash.gain), at), dst=target, scale=1 / 255)
    cv2.add(target, _window(pixel_view(wash.offset), at), dst=target)


def _window(pixels: Array, rect: QRect) -> Array:
    return pixels[rect.y() : rect.y() + rect.height(), rect.x() : rect.x() + rect.width()]


def _look_of(item: Item, opaque: bool) -> str:
    """Neighbours of the same look can be drawn in one step: "normal", "linear" (see `Wash`); "apart" stands alone."""
    if isinstance(item, Folder) and item.fades:
        return "apart"
    if opaque and item.node.blend_mode in LINEAR:
        return "linear"
    return "normal" if _is_normal(item) else "apart"


def _is_normal(item: Item) -> bool:
    return item.node.blend_mode is BlendMode.NORMAL
