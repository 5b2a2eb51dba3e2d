"""Layers as Qt images: the pixels themselves without a copy, half-size steps of them, and finished versions.

Everything is kept by the identity of the pixels, so an edit that does not touch pixels costs nothing here. What is
quick is made at once; what is not is made in the background, and a draft is shown until `ready` says it is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QRect, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QTransform

from engine.document import Layer, Mask, Pixels, Recolor
from engine.imaging.compositing import Raster, bounds
from gui.canvas.cache import ByteCache
from gui.canvas.making import bake, can_bake, halved, level_for, to_document, treated, window_of
from gui.canvas.qimages import PREMULTIPLIED, straight_image
from gui.canvas.workshop import Workshop

AT_ONCE = 1 << 19
"""Pixels that may be recoloured, masked or turned while someone waits."""
FRAME_CREDIT = 6 << 20
"""Pixels that may be halved within one frame; beyond it a draft is shown first."""
SMALLEST_DRAFT = 1 << 13
"""Pixels that each layer may recolour or mask in a frame in which others have used up what there is time for."""
SMALLEST_BUDGET = 256 << 20
"""Bytes that images may take beside however small a document."""
FETCH_MS = 15
"""How often the workshop is asked for what it made."""


@dataclass(frozen=True, slots=True)
class Source:
    """An image to draw for a layer.

    Attributes:
        to_document: from the image's pixel coordinates to document coordinates.
        final: False for a draft that will be replaced.
    """

    image: QImage
    to_document: QTransform
    final: bool = True


class TreatedKey(NamedTuple):
    """By what a masked and recoloured image is kept.

    Attributes:
        pixels, mask: identities. level: how often it is halved. window: x, y, width, height in the layer's own px.
    """

    pixels: int
    mask: int
    recolor: Recolor
    level: int
    window: tuple[int, int, int, int]


class LayerImages(QObject):
    """The images of layers, bounded in memory.

    Signals:
        ready(): something better than the draft shown can be had now.
    """

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = ByteCache(SMALLEST_BUDGET)
        self._credit = FRAME_CREDIT
        self._treating = AT_ONCE
        self._failed: set[Hashable] = set()
        self._workshop = Workshop()
        self._owners: dict[Hashable, tuple[Any, ...]] = {}
        self._fetch_timer = QTimer(self, interval=FETCH_MS)
        self._fetch_timer.timeout.connect(self._fetch)
        self.destroyed.connect(self._workshop.stop)

    @property
    def busy(self) -> bool:
        """Whether something is being made in the background."""
        return self._workshop.busy

    @property
    def bytes(self) -> int:
        """Memory of what is kept, in bytes; the layers' own pixels are shared and not counted."""
        return self._cache.bytes

    def begin_frame(self) -> None:
        """What may be made at once counts anew."""
        self._credit = FRAME_CREDIT
        self._treating = AT_ONCE

    def set_layers(self, layers: Iterable[Layer]) -> None:
        """Tell which layers are open: bounds the memory to half of their pixels (or 256 MiB)."""
        seen = {id(layer.pixels): layer.pixels.nbytes for layer in layers}
        self._cache.budget = max(SMALLEST_BUDGET, sum(seen.values()) // 2)
        self._cache.trim()

    def clear(self) -> None:
        """Let go of all images, and of what was to be made: another document comes."""
        self._workshop.drop()
        self._cache.clear()
        self._failed.clear()
        self._owners.clear()

    def stop(self) -> None:
        """End the background work; call before the application ends."""
        self._workshop.stop()

    def source(self, layer: Layer, scale: float, exact: bool, view: tuple[float, float, float, float]) -> Source:
        """The image for a layer at `scale` device px per document px (at most 1).

        `exact`: the compositor's own pixels where scale is 1, if they are there or quickly made; without it, whatever
        is quick. `view`: the part of the document that is shown.
        """
        t = layer.transform
        if scale == 1 and not t.is_integer_move:
            baked = self._baked(layer, exact)
            if baked is not None:
                return baked
        level = level_for(scale * max(abs(t.scale_x), abs(t.scale_y)), layer.width, layer.height)
        if layer.mask is None and layer.recolor.is_identity:
            image, final = self.level(layer.pixels, level)
            window = QRect(0, 0, layer.width, layer.height)
        else:
            image, window, final = self._treated(layer, level, exact, view)
        final = final and (scale < 1 or t.is_integer_move or not can_bake(layer))
        return Source(image, to_document(layer, window, image), final)

    def level(self, pixels: Pixels, level: int) -> tuple[QImage, bool]:
        """Pixels halved `level` times (0: the pixels themselves, straight), and whether that is final."""
        key: Hashable = ("level", id(pixels), level)
        found = self._cache.get(key)
        if found is not None:
            return found, True
        if level == 0:
            image = straight_image(pixels)
            self._cache.put(key, image, 0, (pixels,))
            return image, True
        base = next((k for k in range(level - 1, 0, -1) if self._cache.get(("level", id(pixels), k)) is not None), 0)
        base_image = self._cache.get(("level", id(pixels), base)) if base else None
        cost = base_image.width() * base_image.height() if base_image else pixels.shape[0] * pixels.shape[1]
        if cost <= self._credit:
            self._credit -= cost
            for k, made in halved(pixels, base_image, base, level).items():
                self._cache.put(("level", id(pixels), k), made, made.sizeInBytes(), (pixels,))
            return self._cache.get(key), True
        self._ask(("levels", id(pixels), level), lambda: halved(pixels, base_image, base, level), (pixels,))
        return self._draft(pixels, level), False

    def _draft(self, pixels: Pixels, level: int) -> QImage:
        key = ("draft", id(pixels), level)
        image: QImage | None = self._cache.get(key)
        if image is None:
            step = 1 << level
            rows = np.ascontiguousarray(pixels).view(np.uint32)[step // 2 :: step, step // 2 :: step]
            picked = np.ascontiguousarray(rows).view(np.uint8)
            image = straight_image(picked).convertToFormat(PREMULTIPLIED)
            self._cache.put(key, image, image.sizeInBytes(), (pixels,))
        return image

    def _treated(
        self, layer: Layer, level: int, exact: bool, view: tuple[float, float, float, float]
    ) -> tuple[QImage, QRect, bool]:
        """A level with mask and recolour: the image, the layer's own px it covers, and whether it is final."""
        window = window_of(layer, level, view)
        wanted = self._treat_key(layer, level, window)
        found = self._cache.get(wanted)
        if found is not None:
            return found, window, True
        area = window.width() * window.height()
        allowed = AT_ONCE if exact else max(SMALLEST_DRAFT, min(AT_ONCE // 2, self._treating))
        if area >> (2 * level) <= allowed:
            self._treating -= area >> (2 * level)
            image, final = self._treat(layer, level, window)
            if final:
                self._cache.put(wanted, image, image.sizeInBytes(), (layer.pixels, layer.mask))
            return image, window, final
        if exact:
            base = self.level(layer.pixels, level)[0] if level else None
            self._ask(wanted, lambda: treated(layer, base, window), (layer.pixels, layer.mask))
        coarse = level
        while area >> (2 * coarse) > min(allowed, AT_ONCE // 2):
            coarse += 1
        key = self._treat_key(layer, coarse, window)
        image = self._cache.get(key)
        if image is None:
            self._treating -= area >> (2 * coarse)
            image, final = self._treat(layer, coarse, window)
            if final:
                self._cache.put(key, image, image.sizeInBytes(), (layer.pixels, layer.mask))
        return image, window, False

    def prime(self, layer: Layer, scale: float, view: tuple[float, float, float, float]) -> None:
        """Make the masked and recoloured image that will be shown at that scale, however long it takes."""
        t = layer.transform
        level = level_for(scale * max(abs(t.scale_x), abs(t.scale_y)), layer.width, layer.height)
        window = window_of(layer, level, view)
        key = self._treat_key(layer, level, window)
        if self._cache.get(key) is None:
            image, _ = self._treat(layer, level, window)
            self._cache.put(key, image, image.sizeInBytes(), (layer.pixels, layer.mask))

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None:
        """The layer's mask differs from `old` only within `box` (layer px; None: nowhere): mend what is kept."""
        mine = (id(layer.pixels), id(old), layer.recolor)
        for key in self._cache.kept_keys():
            if not isinstance(key, TreatedKey) or key[: len(mine)] != mine:
                continue
            image: QImage = self._cache.pop(key)
            if box is not None:
                image = self._mended(layer, image, key.level, QRect(*key.window), box)
            kept = key._replace(mask=id(layer.mask))
            self._cache.put(kept, image, image.sizeInBytes(), (layer.pixels, layer.mask))

    def _mended(self, layer: Layer, image: QImage, level: int, window: QRect, box: tuple[int, int, int, int]) -> QImage:
        grid = 1 << level
        left, top = box[0] // grid * grid, box[1] // grid * grid
        part = QRect(left, top, -(-box[2] // grid) * grid - left, -(-box[3] // grid) * grid - top) & window
        if part.isEmpty():
            return image
        piece, _ = self._treat(layer, level, part)
        with QPainter(image) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage((part.x() - window.x()) >> level, (part.y() - window.y()) >> level, piece)
        return image

    def _treat(self, layer: Layer, level: int, window: QRect) -> tuple[QImage, bool]:
        base, final = self.level(layer.pixels, level) if level else (None, True)
        return treated(layer, base, window), final

    def _treat_key(self, layer: Layer, level: int, window: QRect) -> TreatedKey:
        box = (window.x(), window.y(), window.width(), window.height())
        return TreatedKey(id(layer.pixels), id(layer.mask), layer.recolor, level, box)

    def _baked(self, layer: Layer, exact: bool) -> Source | None:
        """The compositor's raster of a turned, scaled or fractionally placed layer, or None where it is not there."""
        t = layer.transform
        # Rasters are placed with round(), whose halves go to even numbers: only moves by even px keep them.
        dx, dy = math.floor(t.dx / 2) * 2, math.floor(t.dy / 2) * 2
        still = replace(layer, transform=replace(t, dx=t.dx - dx, dy=t.dy - dy))
        key = ("baked", id(layer.pixels), id(layer.mask), layer.recolor, still.transform, layer.left, layer.top)
        found: tuple[Raster, QImage] | None = self._cache.get(key)
        if found is None and exact and can_bake(layer):
            owners = (layer.pixels, layer.mask)
            left, top, right, bottom = bounds(layer)
            if max((right - left) * (bottom - top), layer.width * layer.height) <= AT_ONCE:
                found = bake(still)
                self._cache.put(key, found, found[0].pixels.nbytes, owners)
            else:
                self._ask(key, lambda: bake(still), owners)
        if found is None:
            return None
        raster, image = found
        return Source(image, QTransform.fromTranslate(raster.left + dx, raster.top + dy))

    def _ask(self, key: Hashable, make: Callable[[], Any], owners: tuple[Any, ...]) -> None:
        if key not in self._failed and key not in self._owners and self._workshop.submit(key, make):
            self._owners[key] = owners
            self._fetch_timer.start()

    @Slot()
    def _fetch(self) -> None:
        if not self._workshop.busy:
            self._fetch_timer.stop()
            self._owners.clear()
        taken = [self._take(key, result) for key, result in self._workshop.results()]
        if any(taken):
            self.ready.emit()

    def _take(self, key: Hashable, result: Any) -> bool:
        owners = self._owners.pop(key, None)
        if owners is None:
            return False
        if result is None:
            self._failed.add(key)
            return False
        if isinstance(result, dict):
            for level, image in result.items():
                self._cache.put(("level", id(owners[0]), level), image, image.sizeInBytes(), owners)
                self._cache.pop(("draft", id(owners[0]), level))
        elif isinstance(result, QImage):
            self._cache.put(key, result, result.sizeInBytes(), owners)
        else:
            self._cache.put(key, result, result[0].pixels.nbytes, owners)
        return True
