"""What a PSD says about a node and Unflatten does not understand: kept as it came, as long as it is still true."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class CarriedKind(StrEnum):
    """What a block makes of its node, as a designer would say."""

    TEXT = "text"
    SMART_OBJECT = "smart-object"
    SHAPE = "shape"
    ADJUSTMENT = "adjustment"
    FILL = "fill"
    EFFECTS = "effects"
    OTHER = "other"


_PLACE = frozenset({"pixels", "left", "top", "transform"})

DESCRIBES: dict[CarriedKind, frozenset[str]] = {
    CarriedKind.TEXT: _PLACE,
    CarriedKind.SMART_OBJECT: _PLACE,
    CarriedKind.SHAPE: _PLACE | {"paint"},
    CarriedKind.ADJUSTMENT: frozenset({"parameters"}),
    CarriedKind.FILL: frozenset({"paint"}),
    CarriedKind.EFFECTS: frozenset({"effects"}),
    CarriedKind.OTHER: _PLACE | {"mask", "recolor", "paint", "parameters", "effects", "clip"},
}
"""Fields of a node that a block of each kind speaks of: when one of them changes, the block is no longer true."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One tagged block of a layer record.

    Attributes:
        key: its four letters in the file, b"TySh" for instance.
        data: its content as it stood there, without key, length and padding.
        kind: what is lost when it is dropped, and (by `DESCRIBES`) when that is.
    """

    key: bytes
    data: bytes = field(repr=False)
    kind: CarriedKind = CarriedKind.OTHER

    @property
    def describes(self) -> frozenset[str]:
        """Names of the node's fields that it speaks of."""
        return DESCRIBES[self.kind]
