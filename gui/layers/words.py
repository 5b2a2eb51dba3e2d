"""What the list calls things: kinds, blend modes, and a row as a whole."""

from __future__ import annotations

from engine.document import Adjustment, AdjustmentKind, BlendMode, Fill, Group, Layer, LayerKind, Node
from engine.words import said

SWEEPS = {
    ("visible", True): ("Show", "layers.show-several"),
    ("visible", False): ("Hide", "layers.hide-several"),
    ("locked", True): ("Lock", "layers.lock-several"),
    ("locked", False): ("Unlock", "layers.unlock-several"),
}
"""Field and value -> what undo calls it for one row, and for several."""

KIND_NAMES: dict[str, str] = {
    LayerKind.BACKGROUND: "Background",
    LayerKind.OBJECT: "Object",
    LayerKind.TEXT: "Text",
    LayerKind.SHAPE: "Shape",
    LayerKind.EFFECT: "Effect",
    "adjustment": "Adjustment",
    "fill": "Fill",
    "group": "Group",
}

ADJUSTMENT_NAMES: dict[AdjustmentKind, str] = {
    AdjustmentKind.BRIGHTNESS_CONTRAST: "Brightness/Contrast",
    AdjustmentKind.HUE_SATURATION: "Hue/Saturation",
    AdjustmentKind.BLACK_WHITE: "Black & White",
    AdjustmentKind.OTHER: "Other adjustment",
}
"""Those whose name is not that of their kind."""


def kind_of(node: Node) -> str:
    """A key of `KIND_NAMES`."""
    if isinstance(node, Layer):
        return node.kind.value
    return {Group: "group", Adjustment: "adjustment", Fill: "fill"}[type(node)]


def adjustment_name(kind: AdjustmentKind) -> str:
    """An adjustment as designers write it, e.g. "Photo Filter"."""
    return ADJUSTMENT_NAMES.get(kind) or kind.value.replace("-", " ").title()


def blend_name(mode: BlendMode | str) -> str:
    """A blend mode as designers write it, e.g. "Color Dodge"."""
    return str(mode).replace("-", " ").title()


def sweep_text(field: str, value: bool, count: int) -> str:
    """How undo calls showing, hiding, locking or unlocking that many rows."""
    one, several = SWEEPS[field, value]
    return said(several, count=count) if count > 1 else one


def count_text(count: int) -> str:
    """That many layers, e.g. "1 layer"."""
    return said("layers.count-one") if count == 1 else said("layers.count", count=count)


def _about(node: Layer | Adjustment | Fill) -> list[str]:
    if isinstance(node, Layer):
        return [KIND_NAMES[node.kind].lower(), f"{node.width} × {node.height} px"]
    if isinstance(node, Adjustment):
        return [f"adjustment: {adjustment_name(node.kind)}"]
    return [f"{type(node.paint).__name__.lower()} fill"]


def describe(node: Node) -> str:
    """One line about a node for its tool tip and for screen readers."""
    if isinstance(node, Group):
        count = len(node.children)
        parts = [f"group of {count}"]
        plain = BlendMode.PASS_THROUGH
    else:
        parts = _about(node)
        plain = BlendMode.NORMAL
    if node.opacity < 1:
        parts.append(f"{node.opacity * 100:.0f} %")
    if node.blend_mode is not plain:
        parts.append(blend_name(node.blend_mode))
    if not isinstance(node, Group) and node.mask is not None:
        parts.append("masked")
    if isinstance(node, Layer) and not node.recolor.is_identity:
        parts.append("recoloured")
    if node.clip:
        parts.append("clipped to the one below")
    if node.effects:
        parts.append("with effects")
    if not node.visible:
        parts.append("hidden")
    if node.locked:
        parts.append("locked")
    return f"{node.name}\n{', '.join(parts)}"
