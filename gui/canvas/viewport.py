"""Zoom and pan as plain arithmetic: where a document lies in a view, in device pixels.

`zoom` is device pixels per document pixel, so 1.0 shows every pixel exactly, on any screen. The document's corner
always lies on a whole device pixel: scrolling then moves finished pixels instead of drawing new ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MIN_ZOOM = 1 / 128
MAX_ZOOM = 64.0
STEPS = (
    *(1 / 128, 1 / 64, 1 / 32, 1 / 20, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)
KEEP = 64
"""Device pixels of the document that always stay in the view."""

NOTCH, NOTCH_FACTOR, MOST_NOTCHES = 120, 1.2, 10.0
"""One notch of a wheel, in eighths of a degree, and what it does to the zoom; no turn counts for more than ten."""
NEARLY = 1e-3
"""Zooms whose ratio is this near to 1 are the same."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Viewport:
    """A document of `doc_width` x `doc_height` px in a view of `width` x `height` device px.

    Attributes:
        x, y: device position of the document's top left corner.
    """

    width: int = 1
    height: int = 1
    doc_width: int = 1
    doc_height: int = 1
    zoom: float = 1.0
    x: int = 0
    y: int = 0

    def to_document(self, vx: float, vy: float) -> tuple[float, float]:
        """A place in device px as one in document px."""
        return (vx - self.x) / self.zoom, (vy - self.y) / self.zoom

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """A place in document px as one in device px."""
        return self.x + x * self.zoom, self.y + y * self.zoom

    @property
    def canvas(self) -> Box:
        """The document's rectangle in device px; at least one pixel each way."""
        right = self.x + max(1, round(self.doc_width * self.zoom))
        bottom = self.y + max(1, round(self.doc_height * self.zoom))
        return self.x, self.y, right, bottom

    @property
    def shown(self) -> Box:
        """The part of the canvas inside the view, in device px; empty (0, 0, 0, 0) where there is none."""
        left, top, right, bottom = self.canvas
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, self.width), min(bottom, self.height)
        return (left, top, right, bottom) if left < right and top < bottom else (0, 0, 0, 0)

    def fit_zoom(self, margin: int = 0) -> float:
        """The zoom at which the whole document is seen with `margin` device px around it."""
        w, h = max(1, self.width - 2 * margin), max(1, self.height - 2 * margin)
        return min(max(min(w / self.doc_width, h / self.doc_height), MIN_ZOOM), MAX_ZOOM)

    def fitted(self, margin: int = 0, largest: float = MAX_ZOOM) -> Viewport:
        """The whole document in the middle of the view, never larger than `largest`."""
        return self.centred(min(self.fit_zoom(margin), largest))

    def centred(self, zoom: float) -> Viewport:
        """The document's middle in the middle of the view."""
        zoom = _limited(zoom)
        x = round((self.width - self.doc_width * zoom) / 2)
        y = round((self.height - self.doc_height * zoom) / 2)
        return replace(self, zoom=zoom, x=x, y=y)

    def zoomed(self, zoom: float, vx: float, vy: float) -> Viewport:
        """Another zoom; the document point under (`vx`, `vy`) stays there to half a device pixel."""
        zoom = _limited(zoom)
        x, y = self.to_document(vx, vy)
        return replace(self, zoom=zoom, x=round(vx - x * zoom), y=round(vy - y * zoom)).kept()

    def scrolled(self, dx: int, dy: int) -> Viewport:
        """The document moved by whole device px."""
        return replace(self, x=self.x + dx, y=self.y + dy).kept()

    def resized(self, width: int, height: int) -> Viewport:
        """Another view size; what was in the middle stays there."""
        width, height = max(1, width), max(1, height)
        x, y = self.x + (width - self.width) // 2, self.y + (height - self.height) // 2
        return replace(self, width=width, height=height, x=x, y=y).kept()

    def kept(self) -> Viewport:
        """The same, moved back so far that some of the document stays in the view."""
        left, top, right, bottom = self.canvas
        keep_x, keep_y = min(KEEP, right - left, self.width), min(KEEP, bottom - top, self.height)
        x = min(max(self.x, keep_x - (right - left)), self.width - keep_x)
        y = min(max(self.y, keep_y - (bottom - top)), self.height - keep_y)
        return self if (x, y) == (self.x, self.y) else replace(self, x=x, y=y)


def next_step(zoom: float) -> float:
    """The next larger zoom of the usual steps."""
    return next((s for s in STEPS if s > zoom * (1 + NEARLY)), MAX_ZOOM)


def previous_step(zoom: float) -> float:
    """The next smaller zoom of the usual steps."""
    return next((s for s in reversed(STEPS) if s < zoom * (1 - NEARLY)), MIN_ZOOM)


def wheel_factor(angle: float) -> float:
    """Zoom factor for a wheel turn in eighths of a degree: one notch (120) is a fifth more or less."""
    notches = max(-MOST_NOTCHES, min(MOST_NOTCHES, angle / NOTCH))
    return math.exp(notches * math.log(NOTCH_FACTOR))


def _limited(zoom: float) -> float:
    if not math.isfinite(zoom):
        return 1.0
    zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
    # A wheel turned there and back should end at exactly 100 %, where pixels are shown as they are.
    return 1.0 if abs(zoom - 1) < NEARLY else zoom
