"""What the list calls things: kinds, blend modes, and a row as a whole."""

from __future__ import annotations

from engine.document import BlendMode, Group, Layer, LayerKind, Node

KIND_NAMES: dict[str, str] = {
    LayerKind.BACKGROUND: "Background",
    LayerKind.OBJECT: "Object",
    LayerKind.TEXT: "Text",
    LayerKind.SHAPE: "Shape",
    LayerKind.EFFECT: "Effect",
    "group": "Group",
}


def blend_name(mode: BlendMode | str) -> str:
    """A blend mode as designers write it, e.g. "Color Dodge"."""
    return str(mode).replace("-", " ").title()


def sweep_text(field: str, value: bool, count: int) -> str:
    """How undo calls showing, hiding, locking or unlocking that many rows."""
    verb = {"visible": ("Hide", "Show"), "locked": ("Unlock", "Lock")}[field][value]
    return f"{verb} {count} layers" if count > 1 else verb


def describe(node: Node) -> str:
    """One line about a node for its tool tip and for screen readers."""
    if isinstance(node, Group):
        count = len(node.children)
        parts = [f"group of {count}"]
        plain = BlendMode.PASS_THROUGH
    else:
        parts = [KIND_NAMES[node.kind].lower(), f"{node.width} × {node.height} px"]
        plain = BlendMode.NORMAL
    if node.opacity < 1:
        parts.append(f"{node.opacity * 100:.0f} %")
    if node.blend_mode is not plain:
        parts.append(blend_name(node.blend_mode))
    if isinstance(node, Layer) and node.mask is not None:
        parts.append("masked")
    if isinstance(node, Layer) and not node.recolor.is_identity:
        parts.append("recoloured")
    if not node.visible:
        parts.append("hidden")
    if node.locked:
        parts.append("locked")
    return f"{node.name}\n{', '.join(parts)}"
