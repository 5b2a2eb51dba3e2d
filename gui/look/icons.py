"""Our line icons: one SVG of 24 x 24 each, drawn in one colour and tinted by the scheme in use."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from gui.look import theme
from gui.look.tokens import SCHEMES

ICON_DIR = Path(resources.__file__).parent / "icons"

# The sizes that tool bars, buttons and rows ask for, and their doubles for dense screens; Qt scales down from these.
SIZES = (16, 20, 24, 32, 40, 48)


def names() -> list[str]:
    """Every icon there is."""
    return sorted(path.stem for path in ICON_DIR.glob("*.svg"))


def icon(name: str) -> QIcon:
    """That icon in the colours of the scheme in use, with its disabled state. Raises KeyError for no such."""
    return _icon(name, theme.tokens().scheme)


def pixmap(name: str, size: int, color: QColor | str, ratio: float = 1.0) -> QPixmap:
    """One icon in any colour, `size` logical px wide on a screen of `ratio` device px per logical one."""
    return _pixmap(name, size, QColor(color).name(QColor.NameFormat.HexArgb), ratio)


@cache
def _icon(name: str, scheme: str) -> QIcon:
    t = SCHEMES[scheme]
    states = (
        (QIcon.Mode.Normal, t.text),
        (QIcon.Mode.Disabled, t.text_disabled),
    )
    out = QIcon()
    for size in SIZES:
        shape = _shape(name, size)
        for mode, color in states:
            out.addPixmap(QPixmap.fromImage(_tinted(shape, QColor(color))), mode, QIcon.State.Off)
    return out


@cache
def _pixmap(name: str, size: int, color: str, ratio: float) -> QPixmap:
    out = QPixmap.fromImage(_tinted(_shape(name, round(size * ratio)), QColor(color)))
    out.setDevicePixelRatio(ratio)
    return out


@cache
def _shape(name: str, side: int) -> QImage:
    renderer = _renderer(name)
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


@cache
def _renderer(name: str) -> QSvgRenderer:
    try:
        text = (ICON_DIR / f"{name}.svg").read_bytes()
    except FileNotFoundError:
        raise KeyError(f"no icon called {name!r}") from None
    return QSvgRenderer(QByteArray(text))


def _tinted(shape: QImage, color: QColor) -> QImage:
    out = QImage(shape)
    painter = QPainter(out)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(out.rect(), color)
    painter.end()
    return out
