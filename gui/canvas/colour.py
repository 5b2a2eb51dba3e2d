"""From the document's colours to the screen's: a finished view is converted, blending never is."""

from __future__ import annotations

from PySide6.QtCore import QLoggingCategory
from PySide6.QtGui import QColorSpace, QColorTransform

SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)


def view_transform(icc: bytes | None) -> QColorTransform | None:
    """What to apply to a finished view of a document with that profile; None where the pixels can be shown as is."""
    if not icc:
        return None
    space = read_profile(icc)
    if space is None:
        return None
    transform = space.transformationToColorSpace(SRGB)
    return None if transform.isIdentity() else transform


def read_profile(icc: bytes) -> QColorSpace | None:
    """The profile, or None where it cannot be read as an RGB profile."""
    QLoggingCategory.setFilterRules("qt.gui.icc=false")
    space = QColorSpace.fromIccProfile(icc)
    return space if space.isValid() and space.colorModel() == QColorSpace.ColorModel.Rgb else None
